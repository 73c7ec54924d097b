//! Small HAR files in, lines out.

use super::*;
use serde_json::{Value, json};

fn read(entries: &Value) -> Result<Har, RecordingError> {
    let file = json!({ "log": { "version": "1.2", "pages": [], "entries": entries } });
    read_har(file.to_string().as_bytes())
}

fn lines(har: &Har) -> Vec<Value> {
    let text = std::str::from_utf8(&har.lines).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn websocket(query: &str, messages: &Value) -> Value {
    json!({
        "startedDateTime": "2026-11-22T22:17:41.690Z",
        "_resourceType": "websocket",
        "_webSocketMessages": messages,
        "request": {
            "url": format!("wss://example.com:8443/socket.io/?EIO=4&transport=websocket{query}"),
            "headers": [{ "name": "Cookie", "value": "auth=s3cret" }],
            "cookies": [{ "name": "auth", "value": "s3cret" }],
        },
        "response": { "status": 101, "content": { "size": 0 } },
    })
}

fn polling(at: &str, query: &str, asked: Option<&str>, answer: &str) -> Value {
    json!({
        "startedDateTime": at,
        "time": 12.7,
        "request": {
            "url": format!("https://example.com/socket.io/?EIO=4&transport=polling{query}"),
            "postData": asked.map(|text| json!({ "mimeType": "text/plain", "text": text })),
        },
        "response": { "status": 200, "content": { "text": answer } },
    })
}

fn message(way: &str, time: f64, data: &str) -> Value {
    json!({ "type": way, "time": time, "opcode": 1, "data": data })
}

#[test]
fn messages_of_a_socket_become_lines_with_times_in_milliseconds() {
    let har = read(&json!([websocket(
        "",
        &json!([
            message("receive", 1_795_385_861.690_4, r#"0{"sid":"x"}"#),
            message("send", 1_795_385_861.697, r#"42["joinChannel",{"name":"lobby"}]"#),
            { "type": "receive", "time": 1.0, "opcode": 2, "data": "AAAA" },
            { "type": "error", "time": 1.0, "opcode": -1, "data": "gone" },
        ])
    )]))
    .unwrap();
    assert_eq!(
        lines(&har),
        [
            json!({ "t": 1_795_385_861_690_i64, "conn": "1", "dir": "recv",
                    "frame": r#"0{"sid":"x"}"# }),
            json!({ "t": 1_795_385_861_697_i64, "conn": "1", "dir": "send",
                    "frame": r#"42["joinChannel",{"name":"lobby"}]"# }),
        ]
    );
    assert_eq!(har.not_text, 1);
    let told: Vec<_> = har.sockets.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["1 (wss://example.com:8443, joins lobby, 2 frames)"]);
    assert!(!String::from_utf8(har.lines).unwrap().contains("s3cret"));
}

#[test]
fn polling_before_the_upgrade_belongs_to_the_same_socket() {
    let har = read(&json!([
        polling("2026-11-22T22:17:41.100Z", "", None, r#"0{"sid":"abc"}"#),
        polling("2026-11-22T22:17:41.200Z", "&sid=abc", Some("40"), "ok"),
        polling(
            "2026-11-22T23:17:41.300+01:00",
            "&sid=abc",
            None,
            "40\u{1e}42[\"rank\",-1]"
        ),
        websocket(
            "&sid=abc",
            &json!([message("send", 1_795_385_862.0, "2probe")])
        ),
        polling("2026-11-22T22:17:43.000Z", "", None, r#"0{"sid":"other"}"#),
    ]))
    .unwrap();
    let told: Vec<_> = lines(&har)
        .iter()
        .map(|line| format!("{} {} {}", line["conn"], line["dir"], line["t"]))
        .collect();
    assert_eq!(
        told,
        [
            r#""1" "recv" 1795385861112"#,
            r#""1" "send" 1795385861200"#,
            r#""1" "recv" 1795385861312"#,
            r#""1" "send" 1795385862000"#,
            r#""2" "recv" 1795385863012"#,
        ]
    );
    assert_eq!(har.sockets[0].frames, 4);
}

#[test]
fn what_is_no_har_file_of_a_channel_says_what_to_do() {
    for (file, expected) in [
        ("{\"log\":{}}", "entries"),
        ("{\"log\":{\"entries\":[]}}", "developer tools"),
        ("{\"log\":", "EOF"),
    ] {
        let error = read_har(file.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let other = json!([{ "request": { "url": "https://u:p@example.com/?q=1" } }]);
    assert!(read(&other).is_err());
}

#[test]
fn a_har_file_is_told_from_lines_by_its_first_key() {
    assert!(is_har(b"\xef\xbb\xbf{\n  \"log\": {"));
    assert!(is_har(b"{\"log\":{"));
    assert!(!is_har(b"{\"t\":1,\"conn\":\"log\"}"));
    assert!(!is_har(b""));
}

#[test]
fn a_damaged_file_is_read_or_refused() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/browser.har");
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(read_har(bytes.as_slice()).unwrap().sockets.len(), 1);
    for at in (0..bytes.len()).step_by(61) {
        assert!(read_har(&bytes[..at]).is_err(), "cut at {at}");
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x15;
        if let Ok(har) = read_har(damaged.as_slice()) {
            assert!(!har.sockets.is_empty());
        }
    }
}
