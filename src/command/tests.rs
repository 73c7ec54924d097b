//! The vocabulary: names are stable, arguments read back, secrets do not show.

use super::*;
use crate::model::Permissions;

#[test]
fn arguments_read_back_as_they_were_written() {
    let options = json!({ "afk_timeout": 5 });
    for command in [
        Command::Say {
            text: "hi".into(),
            flair: true,
        },
        Command::Next,
        Command::SetLeader { name: None },
        Command::Unban {
            id: Some(3),
            name: None,
        },
        Command::SetOptions {
            options: options.as_object().cloned().unwrap(),
        },
        Command::SetPermissions {
            permissions: Permissions([("chat".to_owned(), crate::number::Rank(1.5))].into()),
        },
    ] {
        assert_eq!(Command::parse(command.name(), &command.args()), Ok(command));
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let problem = |name: &str, args: Value| Command::parse(name, &args).unwrap_err().to_string();
    assert!(problem("fly", json!({})).contains("\"fly\""));
    assert!(problem("delete", json!({})).contains("uid"));
    assert!(problem("delete", json!({ "uid": 1, "why": 2 })).contains("why"));
    assert!(problem("next", json!({ "now": true })).contains("next"));
    assert!(problem("say", json!("hi")).contains("say"));
    assert!(
        Command::parse("drink", &json!({})).is_ok(),
        "all of its arguments have defaults"
    );
    assert!(Command::parse("next", &Value::Null).is_ok());
}

#[test]
fn p9_no_secret_and_no_private_message_shows() {
    let Value::Object(options) = json!({ "password": "sesame", "allow_dupes": true }) else {
        unreachable!()
    };
    let command = Command::SetOptions { options };
    assert!(command.has_secret());
    assert!(!command.args().to_string().contains("sesame"));
    assert!(!format!("{command:?}").contains("sesame"));
    let pm = Command::Pm {
        to: "erin".into(),
        text: "psst".into(),
    };
    assert_eq!(format!("{pm:?}"), r#"pm {"to":"erin"}"#);
    assert_eq!(
        pm.args()["text"],
        "psst",
        "the log keeps what the channel brings back anyway"
    );
}

#[test]
fn names_are_unique_and_snake_case() {
    let mut names = Command::NAMES.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Command::NAMES.len());
    let snake = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    assert!(names.into_iter().all(snake));
}
