//! Each event of the server reads from a payload seen on the wire; what does not fit says so.

use super::*;

fn show(name: &str, json: &str) -> String {
    let raw = serde_json::value::to_raw_value(&serde_json::from_str::<Value>(json).unwrap());
    match decode(name, Some(&raw.unwrap())) {
        Ok(incoming) => format!("{incoming:?}"),
        Err(misfit) => misfit.to_string(),
    }
}

#[test]
fn odd_payloads_read_as_the_wire_has_them() {
    for (name, json, shown) in [
        ("rank", "1.5", "Rank(Rank(1.5))"),
        ("setCurrent", "0", "SetCurrent(Uid(0))"),
        ("setPlaylistLocked", "true", "SetPlaylistLocked(true)"),
        ("closePoll", "null", "ClosePoll"),
        ("setLeader", "\"\"", "SetLeader(\"\")"),
        ("kick", "{}", "Kick(None)"),
        ("kick", "{\"reason\":\"x\"}", "Kick(Some(\"x\"))"),
        (
            "moveVideo",
            "{\"from\":3,\"after\":\"12\"}",
            "MoveVideo(Uid(3), Uid(Uid(12)))",
        ),
        (
            "moveVideo",
            "{\"from\":3,\"after\":\"prepend\"}",
            "MoveVideo(Uid(3), Front)",
        ),
        ("delete", "{\"uid\":7}", "Delete(Uid(7))"),
        ("needPassword", "false", "NeedPassword(false)"),
        ("usercount", "2", "UserCount(2)"),
        ("drinkCount", "-3", "DrinkCount(-3)"),
        ("partitionChange", "null", "PartitionChange([])"),
        (
            "partitionChange",
            "{\"servers\":[{\"url\":\"u\",\"x\":1},{}]}",
            "PartitionChange([\"u\"])",
        ),
        (
            "removeEmote",
            "{\"name\":\"a\",\"extra\":{}}",
            "RemoveEmote(\"a\")",
        ),
        (
            "setPermissions",
            "{\"chat\":0,\"kick\":null}",
            "SetPermissions(Permissions({\"chat\": Rank(0.0)}))",
        ),
        ("acp-anything", "{}", "Redundant"),
        ("noSuchEvent", "{}", "Unknown"),
    ] {
        assert_eq!(show(name, json), shown, "{name} {json}");
    }
}

#[test]
fn what_does_not_fit_is_a_misfit() {
    for (name, json) in [
        ("rank", "\"high\""),
        ("setCurrent", "1.5"),
        ("playlist", "{}"),
        ("chatMsg", "{\"username\":1}"),
        ("usercount", "1e300"),
        ("userlist", "[1]"),
        ("moveVideo", "{\"from\":1,\"after\":{}}"),
    ] {
        assert!(
            show(name, json).starts_with("payload does not fit"),
            "{name} {json}"
        );
    }
}

#[test]
fn hidden_polls_count_what_they_show() {
    for (counts, expected, hidden) in [
        ("[1,0]", vec![Some(1), Some(0)], false),
        ("[\"3?\",\"0?\"]", vec![Some(3), Some(0)], true),
        ("[\"?\",\"?\"]", vec![None, None], true),
    ] {
        let json = format!(
            "{{\"title\":\"t\",\"options\":[\"a\",\"b\"],\"counts\":{counts},\"initiator\":\"x\",\"timestamp\":5}}"
        );
        let poll: crate::model::Poll = serde_json::from_str::<PollWire>(&json).unwrap().into();
        assert_eq!((poll.counts, poll.hidden), (expected, hidden));
    }
}

#[test]
fn a_message_is_not_lost_over_odd_meta() {
    let shown = show(
        "chatMsg",
        r#"{"username":"a","msg":"b","meta":{"modflair":{}},"time":5}"#,
    );
    assert!(shown.contains("msg: \"b\""), "{shown}");
}

#[test]
fn every_recorded_event_reads() {
    let mut count = 0;
    for path in std::fs::read_dir("tests/fixtures/recordings").unwrap() {
        let text = std::fs::read_to_string(path.unwrap().path()).unwrap();
        for line in text.lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let frame = record["frame"].as_str().unwrap_or_default();
            if record["dir"] != "recv" || record["elided"] == true {
                continue;
            }
            let Some(message) = frame.strip_prefix('4') else {
                continue;
            };
            if let Ok(crate::socketio::Packet::Event(event)) = crate::socketio::decode(message) {
                let incoming = decode(&event.name, event.arg);
                assert!(incoming.is_ok(), "{frame}: {incoming:?}");
                assert!(!matches!(incoming, Ok(Incoming::Unknown)), "{frame}");
                count += 1;
            }
        }
    }
    assert!(count > 1000, "{count} events read");
}
