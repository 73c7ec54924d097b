//! Old logs open, for ever: a log as the first build wrote it, with a body of every kind.
//!
//! The file is never made again once released. Another schema, of the file or of a body, gets a
//! file of its own beside it.

use crate::samples::{open, record, said, shown};
use projectionist::{
    Event, Kind, Read, Recorded, Seq, SqliteReader, UnixMicros,
    event::Origin,
    event_log::EventLog,
    sqlite::{LogOptions, SqliteLog, verify},
};
use std::path::{Path, PathBuf};

pub(crate) const FIXTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/log-v1.events.db"
);

/// The hash of the whole log: it covers every column of every event.
const CHAIN: &str = "8364eddcf02f744752be9df22974fd40006e9ce83383fcbf121f51285060b0ff";

/// A body of each kind, as the first build wrote them.
#[rustfmt::skip]
const BODIES: [(&str, &str); 70] = [
    ("connected", r#"{"endpoint":"http://127.0.0.1:1338","transport":"websocket","attempt":1}"#),
    ("login", r#"{"success":true,"name":"reel","guest":true,"error":null,"retry_after_s":60}"#),
    ("joined", r#"{"permissions":{"chat":0,"kick":1.5},"locked":true,"emotes":[{"name":":x:","image":"http://127.0.0.1/x.png","source":"(^|\\s):x:(?!\\S)"}],"drink_count":0,"css_js":{"css":"a{}","js":""},"motd":null,"options":{"allow_voteskip":true,"pagetitle":"t"},"playlist_meta":{"count":2,"total_seconds":212.5},"playlist":[{"uid":3,"temp":true,"queued_by":"Alice","media":{"type":"yt","id":"abcdefghijk","title":"One","seconds":212,"meta":{"restricted":"DE"}}},{"uid":4,"temp":false,"queued_by":null,"media":{"type":"fi","id":"http://127.0.0.1/a.mp4","title":"Two","seconds":0.5}}],"current":3,"media":{"uid":3,"media":{"type":"yt","id":"abcdefghijk","title":"One","seconds":212},"position_s":-2.5,"paused":true},"poll":null,"users":[{"name":"Bob","rank":1.5,"profile":{"image":"http://127.0.0.1/b.png","text":"hi"},"afk":true,"muted":false},{"name":"Al","rank":2,"profile":{"image":"","text":""},"afk":false,"muted":true,"moderator":{"shadow_muted":true,"aliases":["Al2"],"ip":"127.0.0.1"}}],"leader":"Bob","user_count":3,"registered":true,"viewpoint":{"name":null,"guest":null,"rank":-1},"replay":{"received":15,"new":3,"overlap":12}}"#),
    ("own_rank", r#"{"rank":2}"#),
    ("kicked", r#"{"reason":"Kicked: bye","class":"moderator"}"#),
    ("password_needed", r#"{"wrong":true,"settled":false}"#),
    ("moved", r#"{"servers":["https://127.0.0.1:8443"]}"#),
    ("announcement", r#"{"id":"7","title":"News","text":"down","html":"<b>down</b>","from":"sysop"}"#),
    ("message", r#"{"user":{"name":"Bob","rank":1.5,"afk":false,"muted":null},"html":"<b>hi</b>","text":"hi","style":"action","source":"user","shadow":true,"modflair":2,"forced_name":true}"#),
    ("pm", r#"{"from":"Alice","to":"reel","direction":"in","html":"psst","text":"psst"}"#),
    ("chat_clear", r#"{"by":"Alice"}"#),
    ("drink_count", r#"{"count":-1}"#),
    ("user_join", r#"{"user":{"name":"Bob","rank":1.5,"profile":{"image":"http://127.0.0.1/b.png","text":"hi"},"afk":true,"muted":false}}"#),
    ("user_leave", r#"{"name":"bob","user":{"name":"Bob","rank":1.5,"profile":{"image":"http://127.0.0.1/b.png","text":"hi"},"afk":true,"muted":false}}"#),
    ("user_list", r#"{"users":[{"name":"Al","rank":2,"profile":{"image":"","text":""},"afk":false,"muted":true,"moderator":{"shadow_muted":true,"aliases":["Al2"],"ip":"127.0.0.1"}}]}"#),
    ("user_rank", r#"{"name":"Bob","rank":2,"before":1.5}"#),
    ("user_meta", r#"{"name":"Bob","afk":true,"muted":false,"before":{"afk":false,"muted":false}}"#),
    ("user_profile", r#"{"name":"Bob","profile":{"image":"","text":"new"}}"#),
    ("user_count", r#"{"count":4}"#),
    ("leader_change", r#"{"name":null}"#),
    ("media_change", r#"{"uid":3,"media":{"type":"yt","id":"abcdefghijk","title":"One","seconds":212},"position_s":-3,"paused":true,"resync":false}"#),
    ("media_stop", r#"{"reason":"cleared"}"#),
    ("media_update", r#"{"position_s":12.25,"paused":false,"expected_s":10.5}"#),
    ("media_queue", r#"{"item":{"uid":3,"temp":true,"queued_by":"Alice","media":{"type":"yt","id":"abcdefghijk","title":"One","seconds":212,"meta":{"restricted":"DE"}}},"after":"prepend"}"#),
    ("media_delete", r#"{"uid":3,"item":{"uid":3,"temp":true,"queued_by":"Alice","media":{"type":"yt","id":"abcdefghijk","title":"One","seconds":212,"meta":{"restricted":"DE"}}}}"#),
    ("playlist_move", r#"{"uid":3,"after":0}"#),
    ("playlist_current", r#"{"uid":4}"#),
    ("playlist_temp", r#"{"uid":4,"temp":true}"#),
    ("playlist_update", r#"{"items":[{"uid":4,"temp":false,"queued_by":null,"media":{"type":"fi","id":"http://127.0.0.1/a.mp4","title":"Two","seconds":0.5}}],"cause":"shuffle"}"#),
    ("playlist_lock", r#"{"locked":false}"#),
    ("playlist_meta", r#"{"count":1,"total_seconds":0.5}"#),
    ("voteskip", r#"{"count":1,"need":2,"withdrawn":false}"#),
    ("poll_open", r#"{"title":"Next?","options":["a","b"],"counts":[1,null],"hidden":true,"initiator":"Alice","opened_ms":1795385348000}"#),
    ("poll_update", r#"{"title":"Next?","options":["a","b"],"counts":[1,null],"hidden":true,"initiator":"Alice","opened_ms":1795385348000}"#),
    ("poll_close", r#"{"poll":{"title":"Next?","options":["a","b"],"counts":[1,null],"hidden":true,"initiator":"Alice","opened_ms":1795385348000}}"#),
    ("options_change", r#"{"options":{"afk_timeout":600}}"#),
    ("permissions_change", r#"{"permissions":{"chat":0,"seeplaylist":-1}}"#),
    ("motd_change", r#"{"motd":"<p>welcome</p>"}"#),
    ("css_js_change", r#"{"css":"","js":"1"}"#),
    ("emote_list", r#"{"emotes":[{"name":":x:","image":"http://127.0.0.1/x.png","source":"(^|\\s):x:(?!\\S)"}]}"#),
    ("emote_update", r#"{"name":":x:","image":"http://127.0.0.1/x.png","source":"(^|\\s):x:(?!\\S)"}"#),
    ("emote_rename", r#"{"old":":y:","emote":{"name":":x:","image":"http://127.0.0.1/x.png","source":"(^|\\s):x:(?!\\S)"}}"#),
    ("emote_remove", r#"{"name":":x:"}"#),
    ("filter_list", r#"{"filters":[{"name":"bold","source":"a","flags":"g","replace":"b","active":true,"filterlinks":false}]}"#),
    ("filter_update", r#"{"name":"bold","source":"a","flags":"g","replace":"b","active":true,"filterlinks":false}"#),
    ("filter_remove", r#"{"name":"bold"}"#),
    ("ban_list", r#"{"bans":[{"id":1,"name":"eve","reason":"spam","banned_by":"Alice","scope":"address","ip":"127.0.0.*"}]}"#),
    ("ban_remove", r#"{"id":1,"name":"eve"}"#),
    ("rank_list", r#"{"ranks":[{"name":"Alice","rank":5}]}"#),
    ("saved_playlists", r#"{"playlists":[{"name":"mine","count":2,"seconds":212.5}]}"#),
    ("search_results", r#"{"source":"library","results":[{"id":"abcdefghijk"}]}"#),
    ("channel_log", r#"{"success":true,"bytes":12}"#),
    ("registration", r#"{"registered":false}"#),
    ("error", r#"{"msg":"no","code":"REQ_PLAYLIST_LIMIT_REACHED","alert":true}"#),
    ("queue_fail", r#"{"msg":"no","link":null,"id":"x"}"#),
    ("queue_warn", r#"{"msg":"slow","link":"http://127.0.0.1/a.mp4"}"#),
    ("cooldown", r#"{"wait_ms":250}"#),
    ("noflood", r#"{"action":"chat","msg":"muted"}"#),
    ("spam_filtered", r#"{"reason":"NEW_USER_CHAT_LINK"}"#),
    ("validation", r##"{"target":"#cs-pagetitle","message":null}"##),
    ("rank_fail", r#"{"msg":"until they leave"}"#),
    ("large_state_warning", r#"{"limit":1048576,"actual":1048577}"#),
    ("command_sent", r#"{"command":"say","args":{"text":"hello"}}"#),
    ("command_settled", r#"{"outcome":"confirmed","detail":null,"by":9}"#),
    ("redaction", r#"{"target":10}"#),
    ("import", r#"{"source":"a.jsonl","conn":"alice","digest":"00"}"#),
    ("unrecognised", r#"{"name":"newThing","why":"unknown name"}"#),
    ("chat_gap", r#"{"last_seq":9,"last_sent_ms":1795385348100,"first_replayed_ms":1795385349000,"received":15}"#),
    ("shed", r#"{"kind":"mediaUpdate","count":3}"#),
    ("disconnected", r#"{"cause":"closed","detail":"bye","close_code":1005,"retry_in_ms":5000}"#),
];

fn events() -> Vec<Recorded> {
    let of = |(seq, (kind, body)): (u64, &(&str, &str))| {
        let kind = Kind::parse(kind).unwrap_or_else(|| panic!("{kind}"));
        let event = Event::decode(kind, 1, body).unwrap_or_else(|error| panic!("{error}"));
        record(seq, 1, event)
    };
    let mut events: Vec<_> = (1..).zip(&BODIES).map(of).collect();
    let full = events
        .iter_mut()
        .find(|r| r.kind() == Kind::MessageSaid)
        .unwrap();
    full.sent_ms = Some(1_795_385_348_100);
    full.origin = Origin::Replay;
    full.cause = Some(Seq(2));
    full.corr = Some("c-1".to_owned());
    full.dedup_key = Some("chat:1".to_owned());
    full.raw = Some(r#"{"username":"Bob","msg":"<b>hi</b>"}"#.to_owned());
    events
}

/// A copy that may be written to.
fn copy() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    std::fs::copy(FIXTURE, &path).unwrap();
    (dir, path)
}

#[test]
fn p7_a_log_of_the_first_schema_reads_as_it_was_written() {
    let (_dir, path) = copy();
    let reader = SqliteReader::open(&path).unwrap();
    assert_eq!(reader.log_id(), "01".repeat(16));
    assert_eq!(reader.created().to_string(), "2026-11-22T22:09:08.233Z");
    let verdict = verify(&reader, |_, _| {}).unwrap();
    assert_eq!(verdict.findings, []);
    assert_eq!(verdict.chain.to_string(), CHAIN);
    // A file that is only read is not migrated: what it lacks is worked out.
    let as_written = Read::default().as_written();
    assert_eq!(reader.read(&as_written).unwrap(), events());
    let shown = shown(&events());
    assert!(shown[9].redacted);
    assert_eq!(reader.read(&Read::default()).unwrap(), shown);
    // Given to a newer build meanwhile, the same reader goes on.
    open(&path).close().unwrap();
    assert_eq!(reader.read(&Read::default()).unwrap(), shown);
    assert_eq!(reader.read(&as_written).unwrap(), events());
    assert_eq!(verify(&reader, |_, _| {}).unwrap().findings, []);
}

#[test]
fn p7_a_log_of_the_first_schema_goes_on() {
    let (_dir, path) = copy();
    let mut log = open(&path);
    let next = log.head().seq.next();
    let mut line = record(next.0, 2, said("Bob", "still here"));
    line.received_at = UnixMicros(line.received_at.0 + 1);
    log.append(&[line]).unwrap();
    log.close().unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    assert_eq!(verify(&reader, |_, _| {}).unwrap().findings, []);
    assert_eq!(reader.head().unwrap().seq, next);
}

/// Makes the file: `cargo test --test event_log make_fixture -- --ignored`, before a release only.
#[test]
#[ignore = "the fixture stays as it was released"]
fn make_fixture() {
    let events = events();
    let missing = Kind::ALL
        .iter()
        .find(|kind| !events.iter().any(|r| r.kind() == **kind));
    assert_eq!(missing, None);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    let options = LogOptions::new("TestChan", "http://127.0.0.1:1337")
        .log_id([1; 16])
        .created(crate::samples::START);
    let mut log = SqliteLog::create_or_open(&path, &options).unwrap();
    let head = log.append(&events).unwrap();
    log.put_checkpoint("bus", 1, head.seq, head.chain).unwrap();
    log.close().unwrap();
    std::fs::create_dir_all(Path::new(FIXTURE).parent().unwrap()).unwrap();
    std::fs::copy(&path, FIXTURE).unwrap();
    println!("CHAIN = {}", head.chain);
}
