//! Segments that are not what was written. Goal: each is refused, with the line and the event, and
//! without a word of what it holds; none costs more memory than a line may be long.

use crate::samples::{evening, open};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use projectionist::{
    LogError, Seq, SqliteReader,
    event_log::EventLog,
    segment::{self, Segment},
    sqlite::SqliteLog,
};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A segment of sixteen events, and a folder to break copies of it in.
struct Bench {
    dir: tempfile::TempDir,
    bytes: Vec<u8>,
    sound: Segment,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (log, to) = (dir.path().join("log.db"), dir.path().join("a.gz"));
        let mut log = open(&log);
        log.append(&evening()).unwrap();
        let reader = SqliteReader::open(log.path()).unwrap();
        let sound = reader.archive(Seq(16), &to, &mut |_, _| true).unwrap();
        Self {
            bytes: std::fs::read(&to).unwrap(),
            sound: sound.unwrap(),
            dir,
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("bad.gz")
    }

    fn verify(&self, bytes: &[u8]) -> Result<Segment, LogError> {
        std::fs::write(self.path(), bytes).unwrap();
        segment::verify(&self.path(), &mut |_, _| true).map(Option::unwrap)
    }

    /// The lines, each with its end.
    fn lines(&self) -> Vec<String> {
        let mut text = String::new();
        GzDecoder::new(&*self.bytes)
            .read_to_string(&mut text)
            .unwrap();
        text.split_inclusive('\n').map(str::to_owned).collect()
    }

    /// What is said of lines somebody changed.
    fn verify_lines(&self, lines: &[String]) -> Result<Segment, LogError> {
        self.verify(&zipped(lines.concat().as_bytes()))
    }
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut sink = GzEncoder::new(Vec::new(), Compression::fast());
    sink.write_all(bytes).unwrap();
    sink.finish().unwrap()
}

/// Gives the lines the hash that they have now, as somebody with a plan would.
fn rehash(lines: &mut [String]) {
    let (trailer, before) = lines.split_last_mut().unwrap();
    let digest = Sha256::digest(before.concat());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let at = trailer.find("\"sha256\":\"").unwrap() + 10;
    trailer.replace_range(at..at + 64, &hex);
}

/// Line and event of the complaint.
fn place(error: &LogError) -> (u64, Option<Seq>) {
    match error {
        LogError::SegmentDamaged { line, seq, .. } => (*line, *seq),
        other => panic!("{other}"),
    }
}

#[test]
fn p8_a_flipped_bit_is_found_wherever_it_is() {
    let bench = Bench::new();
    for index in (0..bench.bytes.len()).step_by(3) {
        let mut bytes = bench.bytes.clone();
        bytes[index] ^= 1 << (index / 3 % 8);
        // Some bits of gzip's own header mean nothing, and those that fill up the last byte before its
        // eight of checksum and length: then all the rest was found right.
        let idle = index < 10 || index == bytes.len() - 9;
        match bench.verify(&bytes) {
            Ok(found) => assert!(idle && found == bench.sound, "{index}"),
            Err(LogError::SegmentDamaged { .. } | LogError::SegmentUnfit { .. }) => {}
            Err(other) => panic!("{index}: {other}"),
        }
    }
}

#[test]
fn a_segment_cut_off_anywhere_or_with_something_behind_it_is_refused() {
    let bench = Bench::new();
    for length in (0..bench.bytes.len()).step_by(5) {
        assert!(bench.verify(&bench.bytes[..length]).is_err(), "{length}");
    }
    let behind: [&[u8]; 3] = [b"\0", b"garbage", &bench.bytes];
    for behind in behind {
        let error = bench.verify(&[&bench.bytes, behind].concat()).unwrap_err();
        assert!(error.to_string().contains("behind the trailer"), "{error}");
    }
    let mut lines = bench.lines();
    lines.push("\n".to_owned());
    let error = bench.verify_lines(&lines).unwrap_err();
    assert!(error.to_string().contains("behind the trailer"), "{error}");
    for cut in 1..18 {
        let error = bench.verify_lines(&bench.lines()[..cut]).unwrap_err();
        let due = (cut < 17).then_some(Seq(cut as u64));
        assert_eq!(place(&error), (cut as u64 + 1, due));
    }
}

/// Goal: whoever changes a line and knows how to hash it is caught by the chain, at that line.
#[test]
fn p8_a_changed_line_is_named_by_its_event() {
    let bench = Bench::new();
    for (line, from, to) in [
        (4, "\"seq\":4", "\"seq\":5"),
        (4, "\"session_id\":1", "\"session_id\":2"),
        (4, "\"received_us\":1", "\"received_us\":2"),
        (4, "\"sent_ms\":1", "\"sent_ms\":2"),
        (4, "\"sent_ms\":1795385352000", "\"sent_ms\":null"),
        (4, "\"kind\":\"message\"", "\"kind\":\"pm\""),
        (4, "\"kind\":\"message\"", "\"kind\":\"no_such\""),
        (4, "\"schema_v\":1", "\"schema_v\":2"),
        (4, "\"origin\":\"live\"", "\"origin\":\"replay\""),
        (4, "\"origin\":\"live\"", "\"origin\":\"dead\""),
        (4, "\"actor\":\"Bob\"", "\"actor\":\"Rob\""),
        (4, "\"actor\":\"Bob\"", "\"actor\":null"),
        (12, "\"cause_seq\":11", "\"cause_seq\":10"),
        (12, "\"cause_seq\":11", "\"cause_seq\":-11"),
        (12, "\"cause_seq\":11", "\"cause_seq\":18446744073709551615"),
        (12, "\"corr\":\"c-1\"", "\"corr\":\"c-2\""),
        (4, "\"dedup_key\":\"chat:1\"", "\"dedup_key\":\"chat:2\""),
        (4, "hello \u{1f3ac}", "hullo \u{1f3ac}"),
        (4, "\"text\":", "\"text\": "),
        (4, "\\\"msg\\\"", "\\\"nsg\\\""),
        (4, "\"chain\":\"", "\"chain\":\"0"),
        (4, "\"corr\":null", "\"corr\":null,\"more\":1"),
        (4, "\"corr\":null", "\"corr\":null,\"corr\":null"),
        (4, "{", "{{"),
        (4, "\n", " "),
        (4, "hello", "\u{0}"),
    ] {
        let mut lines = bench.lines();
        assert!(lines[line].contains(from), "{from}: {}", lines[line]);
        lines[line] = lines[line].replacen(from, to, 1);
        rehash(&mut lines);
        let error = bench.verify_lines(&lines).unwrap_err();
        let wanted = (line as u64 + 1, Some(Seq(line as u64)));
        assert_eq!(place(&error), wanted, "{from} -> {to}: {error}");
        let text = error.to_string();
        for word in ["hello", "hullo", "Bob", "Rob", "chat:", "c-1"] {
            assert!(!text.contains(word), "{text}");
        }
    }
}

#[test]
fn p8_a_changed_frame_of_the_segment_is_found() {
    let bench = Bench::new();
    type Change = (usize, &'static str, &'static str, &'static str);
    let changes: [Change; 13] = [
        (
            0,
            "\"channel\":\"TestChan\"",
            "\"channel\":\"BestChan\"",
            "hash differs",
        ),
        (0, "\"origin\":\"http", "\"origin\":\"HTTP", "hash differs"),
        (0, "\"created_us\":1", "\"created_us\":2", "hash differs"),
        (0, "\"first_seq\":1", "\"first_seq\":0", "contradicts"),
        (0, "\"first_seq\":1", "\"first_seq\":2", "contradicts"),
        (0, "\"last_seq\":16", "\"last_seq\":0", "contradicts"),
        (0, "\"last_seq\":16", "\"last_seq\":15", "its fields"),
        (0, "\"last_seq\":16", "\"last_seq\":17", "its fields"),
        (
            0,
            "\"chain_before\":\"0",
            "\"chain_before\":\"1",
            "contradicts",
        ),
        (0, "\"version\":1", "\"version\":2", "use a newer build"),
        (0, "\"format\":\"p", "\"format\":\"q", "no segment"),
        (17, "\"events\":16", "\"events\":15", "other events"),
        (17, "\"last_seq\":16", "\"last_seq\":17", "other events"),
    ];
    for (line, from, to, why) in changes {
        let mut lines = bench.lines();
        assert!(lines[line].contains(from), "{from}: {}", lines[line]);
        lines[line] = lines[line].replacen(from, to, 1);
        let error = bench.verify_lines(&lines).unwrap_err().to_string();
        assert!(error.contains(why), "{from} -> {to}: {error}");
    }
    let mut swapped = bench.lines();
    swapped.swap(5, 6);
    rehash(&mut swapped);
    assert_eq!(
        place(&bench.verify_lines(&swapped).unwrap_err()).1,
        Some(Seq(5))
    );
    for other in [
        &b"plain text"[..],
        b"",
        &zipped(b""),
        &zipped(b"{}\n"),
        &zipped(b"[\n"),
    ] {
        assert!(bench.verify(other).is_err());
    }
}

#[test]
fn what_unpacks_to_a_thousand_times_its_size_is_refused_at_the_first_line() {
    let bench = Bench::new();
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    let block = vec![b' '; 1 << 20];
    for _ in 0..65 {
        bomb.write_all(&block).unwrap();
    }
    bomb.write_all(b"\n").unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    let error = bench.verify(&bomb).unwrap_err();
    assert!(error.to_string().contains("longer than 64 MiB"), "{error}");
}

/// Method: the last line is broken, so that everything else was written before it shows.
#[test]
fn of_a_damaged_segment_nothing_is_taken_in() {
    let bench = Bench::new();
    let mut lines = bench.lines();
    let last = lines.last_mut().unwrap();
    *last = last.replacen("\"events\":16", "\"events\":15", 1);
    assert!(bench.verify_lines(&lines).is_err());
    let path = bench.dir.path().join("new.db");
    let mut log = SqliteLog::create_for(&path, &bench.sound).unwrap();
    let import = |log: &mut SqliteLog, from: &Path| log.import_segment(from, &mut |_, _| true);
    assert!(import(&mut log, &bench.path()).is_err());
    assert_eq!(log.head().seq, Seq(0));
    let conn = rusqlite::Connection::open(&path).unwrap();
    for table in ["event", "session", "kind", "actor", "base", "spent_key"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let count: i64 = conn.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(count, 0, "{table}");
    }
    // The sound one goes in all the same.
    import(&mut log, &bench.dir.path().join("a.gz")).unwrap();
    assert_eq!(log.head().chain, bench.sound.chain);
}
