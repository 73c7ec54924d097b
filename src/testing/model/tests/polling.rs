//! Polls.

use super::World;
use serde_json::{Value, json};

#[test]
fn hidden_counts_are_revealed_at_the_end() {
    let mut world = World::relaxed();
    world.member(1, "bob");
    world.guest(2, "g");
    world.frame(
        1,
        r#"420["newPoll",{"title":"t?","obscured":true,"opts":["a","b"]}]"#,
    );
    assert_eq!(world.frames(1).pop().unwrap(), "430[{}]");
    assert_eq!(world.only(2, "newPoll")["counts"], json!(["?", "?"]));
    world.send(2, "vote", json!({ "option": 1 }));
    assert_eq!(world.only(1, "updatePoll")["counts"], json!(["0?", "1?"]));
    world.forget();
    world.send(1, "closePoll", Value::Null);
    let events = world.events(2);
    assert_eq!(events[0].1["counts"], json!([0, 1]));
    assert_eq!(events[1], ("closePoll".into(), Value::Null));
}

#[test]
fn invalid_poll_closes_the_old_one_first() {
    let mut world = World::relaxed();
    world.member(1, "bob");
    world.send(
        1,
        "newPoll",
        json!({ "title": "t", "obscured": false, "opts": ["a"] }),
    );
    world.forget();
    world.frame(
        1,
        r#"422["newPoll",{"title":"t","obscured":false,"opts":["a",""]}]"#,
    );
    assert_eq!(
        world.frames(1),
        [
            r#"42["closePoll",null]"#,
            r#"432[{"error":{"message":"Poll options must be 1-255 characters long."}}]"#
        ]
    );
}

#[test]
fn votes_are_changed_repeated_and_withdrawn_by_leaving() {
    let mut world = World::relaxed();
    world.member(1, "bob");
    world.guest(2, "");
    world.send(
        1,
        "newPoll",
        json!({ "title": "t", "obscured": false, "opts": ["a", "b"] }),
    );
    let mut counts = |arg: Value| {
        world.forget();
        world.send(2, "vote", arg);
        world
            .events(1)
            .pop()
            .map(|(_, poll)| poll["counts"].clone())
    };
    assert_eq!(counts(json!({ "option": 0 })), Some(json!([1, 0])));
    assert_eq!(counts(json!({ "option": 1 })), Some(json!([0, 1])));
    assert_eq!(counts(json!({ "option": 1 })), None);
    assert_eq!(counts(json!({ "option": 9 })), None);
    world.close(2);
    assert_eq!(world.only(1, "updatePoll")["counts"], json!([0, 0]));
}

#[test]
fn timed_poll_closes_by_itself() {
    let mut world = World::relaxed();
    world.member(1, "bob");
    world.send(
        1,
        "newPoll",
        json!({ "title": "t", "obscured": false, "opts": ["a"], "timeout": 3 }),
    );
    world.forget();
    world.wait(2_999);
    assert!(world.names(1).is_empty());
    world.wait(1);
    assert_eq!(world.names(1), ["closePoll"]);
}

#[test]
fn command_opens_a_poll_with_its_leading_space() {
    let mut world = World::relaxed();
    world.member(1, "bob");
    world.chat(1, "/poll Best <colour>?,red,green");
    let poll = world.only(1, "newPoll");
    assert_eq!(poll["title"], " Best &lt;colour&gt;?");
    assert_eq!(poll["options"], json!(["red", "green"]));
}
