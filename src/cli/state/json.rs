//! A state as the JSON object that `state --json` prints: a contract with other programs.
//!
//! Unknown is `null` and named in `unknown`; empty is `[]`. Numbers are whole where they are.

use projectionist::{
    ChannelState, Uid, UnixMicros,
    event::{DisconnectCause, Source, Style},
    model::{
        Announcement, Ban, ChannelRank, ChatFilter, CssJs, Emote, Item, Options, Permissions, Poll,
        SavedPlaylist, User, Voteskip,
    },
    state::{ChatLine, Connection, ConnectionPhase, Me, Playing, Playlist},
};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// What identifies the log, beside the state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogName<'a> {
    /// The channel's name.
    pub(crate) channel: &'a str,
    /// The log's identity.
    pub(crate) log_id: &'a str,
}

/// The object. Its keys stay; it may gain some.
#[derive(Debug, Serialize)]
pub(crate) struct StateJson<'a> {
    channel: &'a str,
    log_id: &'a str,
    seq: u64,
    at: Option<String>,
    at_us: Option<i64>,
    connection: ConnectionJson<'a>,
    registered: Option<bool>,
    me: &'a Me,
    users: Option<Vec<&'a User>>,
    user_count: Option<i64>,
    leader: Option<&'a str>,
    locked: Option<bool>,
    playlist: PlaylistJson<'a>,
    media: Option<MediaJson<'a>>,
    poll: Option<&'a Poll>,
    voteskip: Option<Voteskip>,
    drink_count: Option<i64>,
    motd: Option<&'a str>,
    options: Option<&'a Options>,
    permissions: Option<&'a Permissions>,
    emotes: Option<&'a [Emote]>,
    css_js: Option<&'a CssJs>,
    announcement: Option<&'a Announcement>,
    filters: Option<&'a [ChatFilter]>,
    bans: Option<&'a [Ban]>,
    ranks: Option<&'a [ChannelRank]>,
    saved_playlists: Option<&'a [SavedPlaylist]>,
    chat: Vec<ChatJson<'a>>,
    misfits: u64,
    unknown: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct ConnectionJson<'a> {
    phase: ConnectionPhase,
    endpoint: Option<&'a str>,
    transport: Option<&'a str>,
    /// Why it ended, while down.
    lost: Option<DisconnectCause>,
    since: Option<String>,
    since_us: Option<i64>,
    session: u64,
}

#[derive(Debug, Serialize)]
struct PlaylistJson<'a> {
    /// Whether we may see the items; `null` before the first join.
    visible: Option<bool>,
    locked: Option<bool>,
    items: Option<Vec<&'a Item>>,
    current_uid: Option<Uid>,
    /// The server's own count, which is told to everybody.
    count: Option<i64>,
    #[serde(serialize_with = "whole")]
    total_seconds: Option<f64>,
}

#[derive(Debug, Serialize)]
struct MediaJson<'a> {
    uid: Option<Uid>,
    #[serde(rename = "type")]
    kind: &'a str,
    id: &'a str,
    title: &'a str,
    #[serde(serialize_with = "whole")]
    seconds: Option<f64>,
    #[serde(serialize_with = "whole")]
    position_seconds: Option<f64>,
    paused: bool,
    meta: &'a Value,
}

#[derive(Debug, Serialize)]
struct ChatJson<'a> {
    seq: u64,
    received_at: String,
    received_us: i64,
    sent_ms: Option<i64>,
    name: &'a str,
    text: &'a str,
    style: &'a Style,
    source: Source,
    shadow: bool,
    redacted: bool,
}

impl<'a> StateJson<'a> {
    /// The object for a state, as of a moment: what plays has moved on until then.
    pub(crate) fn new(state: &'a ChannelState, log: LogName<'a>, at: UnixMicros) -> Self {
        let begun = state.seq.0 > 0;
        Self {
            channel: log.channel,
            log_id: log.log_id,
            seq: state.seq.0,
            at: begun.then(|| at.to_string()),
            at_us: begun.then_some(at.0),
            connection: connection(&state.connection),
            registered: state.registered,
            me: &state.me,
            users: state.users.as_ref().map(|users| users.iter().collect()),
            user_count: state.user_count,
            leader: state.leader.as_ref().map(String::as_str),
            locked: state.playlist_locked,
            playlist: playlist(state),
            media: state.media.as_ref().map(|playing| media(playing, at)),
            poll: state.poll.as_ref().map(AsRef::as_ref),
            voteskip: state.voteskip,
            drink_count: state.drink_count,
            motd: state.motd.as_deref(),
            options: state.options.as_deref(),
            permissions: state.permissions.as_deref(),
            emotes: state.emotes.as_deref().map(Vec::as_slice),
            css_js: state.css_js.as_deref(),
            announcement: state.announcement.as_deref(),
            filters: state.filters.as_deref().map(Vec::as_slice),
            bans: state.bans.as_deref().map(Vec::as_slice),
            ranks: state.ranks.as_deref().map(Vec::as_slice),
            saved_playlists: state.saved_playlists.as_deref().map(Vec::as_slice),
            chat: state.chat.iter().map(chat).collect(),
            misfits: state.misfits,
            unknown: unknown(state),
        }
    }
}

fn connection(connection: &Connection) -> ConnectionJson<'_> {
    let since = (connection.session > 0).then_some(connection.since);
    ConnectionJson {
        phase: connection.phase,
        endpoint: connection.endpoint.as_deref(),
        transport: connection.transport.as_deref(),
        lost: connection.lost,
        since: since.map(|at| at.to_string()),
        since_us: since.map(|at| at.0),
        session: connection.session,
    }
}

fn playlist(state: &ChannelState) -> PlaylistJson<'_> {
    let ever_joined = state.users.is_some();
    let meta = state.playlist_meta;
    PlaylistJson {
        visible: ever_joined.then_some(state.playlist.is_some()),
        locked: state.playlist_locked,
        items: state
            .playlist
            .as_deref()
            .map(|list: &Playlist| list.iter().collect()),
        current_uid: state.current,
        count: meta.map(|meta| meta.count),
        total_seconds: meta.map(|meta| meta.total_seconds),
    }
}

fn media(playing: &Playing, at: UnixMicros) -> MediaJson<'_> {
    let Playing {
        uid,
        ref media,
        paused,
        ..
    } = *playing;
    MediaJson {
        uid,
        kind: &media.kind,
        id: &media.id,
        title: &media.title,
        seconds: Some(media.seconds),
        position_seconds: Some(in_millis(playing.position_at(at))),
        paused,
        meta: &media.meta,
    }
}

fn chat(line: &ChatLine) -> ChatJson<'_> {
    ChatJson {
        seq: line.seq.0,
        received_at: line.received_at.to_string(),
        received_us: line.received_at.0,
        sent_ms: line.sent_ms,
        name: &line.name,
        text: &line.text,
        style: &line.style,
        source: line.source,
        shadow: line.shadow,
        redacted: line.is_redacted(),
    }
}

/// Names of the keys whose `null` means that we cannot tell, not that there is none.
fn unknown(state: &ChannelState) -> Vec<&'static str> {
    let told = [
        ("registered", state.registered.is_some()),
        ("users", state.users.is_some()),
        ("user_count", state.user_count.is_some()),
        ("leader", !state.leader.is_unknown()),
        ("locked", state.playlist_locked.is_some()),
        ("playlist", state.playlist.is_some()),
        ("media", !state.media.is_unknown()),
        ("poll", !state.poll.is_unknown()),
        ("voteskip", state.voteskip.is_some()),
        ("drink_count", state.drink_count.is_some()),
        ("motd", state.motd.is_some()),
        ("options", state.options.is_some()),
        ("permissions", state.permissions.is_some()),
        ("emotes", state.emotes.is_some()),
        ("css_js", state.css_js.is_some()),
        ("filters", state.filters.is_some()),
        ("bans", state.bans.is_some()),
        ("ranks", state.ranks.is_some()),
        ("saved_playlists", state.saved_playlists.is_some()),
    ];
    let unknown = told.into_iter().filter(|(_, is_told)| !is_told);
    unknown.map(|(key, _)| key).collect()
}

/// Milliseconds are more than the server's clock has.
fn in_millis(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}

/// A number, without a fraction where it is whole. `null` for what JSON has no number for.
fn whole<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match *value {
        Some(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
            serializer.serialize_i64(value as i64)
        }
        value => value.serialize(serializer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(state: &ChannelState) -> Value {
        let log = LogName {
            channel: "room",
            log_id: "id",
        };
        serde_json::to_value(StateJson::new(state, log, state.at)).unwrap()
    }

    #[test]
    fn before_the_first_event_everything_is_unknown_and_nothing_is_empty() {
        let value = object(&ChannelState::default());
        for key in [
            "users", "media", "poll", "leader", "options", "emotes", "motd", "at",
        ] {
            assert_eq!(value[key], Value::Null, "{key}");
        }
        assert_eq!(value["playlist"]["visible"], Value::Null);
        assert_eq!(value["playlist"]["items"], Value::Null);
        let unknown = value["unknown"].as_array().unwrap();
        assert!(unknown.contains(&json!("users")) && unknown.contains(&json!("playlist")));
    }

    #[test]
    fn whole_numbers_print_whole() {
        #[derive(Serialize)]
        struct Number(#[serde(serialize_with = "whole")] Option<f64>);
        let text = |value| serde_json::to_string(&Number(value)).unwrap();
        assert_eq!(text(Some(12.0)), "12");
        assert_eq!(text(Some(-2.5)), "-2.5");
        assert_eq!(text(Some(in_millis(1.234_567))), "1.235");
        assert_eq!(text(Some(f64::NAN)), "null");
        assert_eq!(text(None), "null");
    }
}
