//! A frame in, frames and a verdict out; time is an argument.

use super::*;

const OPEN: &str =
    r#"0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":120000,"maxPayload":1048576}"#;

fn at(ms: i64) -> Now {
    Now::from_millis(ms)
}

fn config() -> Config {
    Config::new("https://cytu.be", "Room")
}

/// A session whose connect packet was accepted at time 0, and the frames it sent so far.
fn accepted(config: &Config) -> (Session, Vec<String>) {
    let mut session = Session::new(config, false);
    session.dialling();
    session.opened(at(0), "https://s:1", "websocket");
    assert!(session.frame(at(0), OPEN).event.is_none());
    let heard = session.frame(at(0), "40{\"sid\":\"y\"}");
    assert_eq!(heard.connected.unwrap().endpoint, "https://s:1");
    let sent = drain(&mut session);
    (session, sent)
}

fn drain(session: &mut Session) -> Vec<String> {
    std::iter::from_fn(|| session.poll_transmit()).collect()
}

fn join(session: &mut Session) {
    for frame in [r#"42["setPermissions",{}]"#, r#"42["userlist",[]]"#] {
        assert!(session.frame(at(10), frame).ended.is_none());
    }
    assert!(session.is_live());
}

fn end_of(session: &mut Session, frame: &str) -> Ended {
    session
        .frame(at(20), frame)
        .ended
        .expect("the session ends")
}

#[test]
fn an_anonymous_viewer_joins_at_once() {
    let (mut session, sent) = accepted(&config());
    assert_eq!(sent, ["40", r#"42["joinChannel",{"name":"Room"}]"#]);
    join(&mut session);
}

#[test]
fn a_guest_logs_in_before_joining_and_waits_when_told() {
    let (mut session, sent) = accepted(&config().guest("reel"));
    let login = r#"42["login",{"name":"reel"}]"#;
    assert_eq!(sent, ["40", login]);
    let wait = r#"42["login",{"success":false,"error":"Guest logins are restricted to one per IP address per 60 seconds."}]"#;
    assert!(session.frame(at(100), wait).ended.is_none());
    assert_eq!(drain(&mut session), Vec::<String>::new());
    assert_eq!(session.phase(), Phase::LoginWaiting);
    // Pings keep the silence limit away meanwhile.
    for t in [25_000, 50_000] {
        session.frame(at(t), "2");
        assert!(session.timeout(at(t)).is_none());
    }
    assert_eq!(drain(&mut session), ["3", "3"]);
    assert_eq!(session.deadline(), Some(Duration::from_millis(60_100)));
    assert!(session.timeout(at(60_100)).is_none());
    assert_eq!(drain(&mut session), [login], "only the login is repeated");
    session.frame(
        at(60_200),
        r#"42["login",{"success":true,"name":"Reel","guest":true}]"#,
    );
    assert_eq!(
        drain(&mut session),
        [r#"42["joinChannel",{"name":"Room"}]"#]
    );
}

#[test]
fn an_account_logs_in_by_password_and_gives_the_rooms() {
    let config = config().account("me", "hunter2").channel_password("sesame");
    let (mut session, sent) = accepted(&config);
    assert_eq!(sent, ["40", r#"42["login",{"name":"me","pw":"hunter2"}]"#]);
    session.frame(at(1), r#"42["login",{"success":true,"name":"me"}]"#);
    assert_eq!(
        drain(&mut session),
        [r#"42["joinChannel",{"name":"Room","pw":"sesame"}]"#]
    );
    let heard = session.frame(at(20), r#"42["needPassword",true]"#);
    assert!(heard.ended.is_none(), "a moderator's rank may spare it yet");
    let ended = session.timeout(at(2_020)).expect("the grace is over");
    assert_eq!(
        (ended.cause, ended.retry),
        (DisconnectCause::PasswordNeeded, Retry::Never)
    );
    assert_eq!(
        ended.detail.as_deref(),
        Some("the room's password is wrong")
    );
}

#[test]
fn a_cookie_is_greeted_or_was_ignored() {
    let config = config().cookie("c");
    let (mut session, sent) = accepted(&config);
    assert_eq!(sent, ["40"]);
    session.frame(
        at(1),
        r#"42["login",{"success":true,"name":"me","guest":false}]"#,
    );
    assert_eq!(
        drain(&mut session),
        [r#"42["joinChannel",{"name":"Room"}]"#]
    );

    let (mut session, _) = accepted(&config);
    let ended = end_of(&mut session, r#"42["rank",-1]"#);
    assert_eq!(
        (ended.cause, ended.retry),
        (DisconnectCause::LoginFailed, Retry::Never)
    );
    assert!(ended.detail.unwrap().contains("cookie"));

    let allowed = Login::Cookie {
        auth: "c".into(),
        ip_session: None,
        anonymous_allowed: true,
    };
    let (mut session, _) = accepted(&config.login(allowed));
    session.frame(at(1), r#"42["rank",-1]"#);
    assert_eq!(
        drain(&mut session),
        [r#"42["joinChannel",{"name":"Room"}]"#]
    );
}

#[test]
fn a_moderator_may_be_let_in_without_the_password() {
    let (mut session, _) = accepted(&config().account("mod", "pw"));
    session.frame(at(1), r#"42["login",{"success":true,"name":"mod"}]"#);
    assert!(
        session
            .frame(at(2), r#"42["needPassword",false]"#)
            .ended
            .is_none()
    );
    join(&mut session);

    let (mut session, _) = accepted(&config().account("me", "pw"));
    session.frame(at(1), r#"42["login",{"success":true,"name":"me"}]"#);
    session.frame(at(2), r#"42["needPassword",false]"#);
    let ended = session.timeout(at(2_002)).expect("the grace is over");
    assert_eq!(
        (ended.cause, ended.retry),
        (DisconnectCause::PasswordNeeded, Retry::Never)
    );
}

#[test]
fn a_kick_ends_with_the_packet_after_it_and_what_follows_is_ignored() {
    let (mut session, _) = accepted(&config());
    join(&mut session);
    let heard = session.frame(at(11), r#"42["kick",{"reason":"Channel reloading"}]"#);
    assert!(heard.ended.is_none() && heard.event.is_some());
    let ended = end_of(&mut session, "41");
    assert_eq!(ended.cause, DisconnectCause::Kicked);
    assert_eq!(
        ended.retry,
        Retry::At {
            delay: Duration::from_secs(2),
            servers: vec![]
        }
    );
    let after = session.frame(at(30), r#"42["chatMsg",{}]"#);
    assert!(after.event.is_none() && after.ended.is_none());
}

#[test]
fn a_kick_without_its_end_is_ended_by_us() {
    let (mut session, _) = accepted(&config());
    join(&mut session);
    session.frame(at(11), r#"42["kick",{"reason":"bye"}]"#);
    let ended = session.timeout(at(1_011)).expect("we hang up");
    assert_eq!(
        (ended.cause, ended.retry),
        (DisconnectCause::Kicked, Retry::Never)
    );
    assert_eq!(session.phase(), Phase::Closed);
}

#[test]
fn a_moved_channel_is_followed_to_its_servers() {
    let (mut session, _) = accepted(&config());
    join(&mut session);
    let moved = r#"42["partitionChange",{"servers":[{"url":"https://b:1","secure":true}]}]"#;
    session.frame(at(11), moved);
    let ended = end_of(&mut session, "41");
    let servers = vec!["https://b:1".to_owned()];
    assert_eq!(
        ended.retry,
        Retry::At {
            delay: Duration::ZERO,
            servers
        }
    );
}

#[test]
fn silence_refusals_and_slow_joins_end_a_connection() {
    let (mut session, _) = accepted(&config());
    join(&mut session);
    assert_eq!(session.deadline(), Some(Duration::from_millis(50_010)));
    let ended = session.timeout(at(50_010)).unwrap();
    assert_eq!(
        (ended.cause, ended.retry),
        (DisconnectCause::Silence, Retry::BACKOFF)
    );

    let (mut session, _) = accepted(&config());
    let ended = session.timeout(at(30_000)).unwrap();
    assert_eq!(ended.cause, DisconnectCause::JoinTimeout);

    let mut session = Session::new(&config(), false);
    session.opened(at(0), "e", "websocket");
    session.frame(at(0), OPEN);
    let ended = end_of(&mut session, r#"44{"message":"Rate limit exceeded"}"#);
    assert_eq!(
        ended.retry,
        Retry::Backoff {
            at_least: Duration::from_secs(10)
        }
    );
    assert!(!ended.was_connected);
    session.opened(at(0), "e", "websocket");
    let ended = end_of(
        &mut session,
        r#"44{"message":"You are banned from the server"}"#,
    );
    assert_eq!(ended.retry, Retry::Never);
}

#[test]
fn hosted_elsewhere_and_anonymous_blocked() {
    let (mut session, _) = accepted(&config());
    let moved = r#"42["errorMsg",{"msg":"Channel 'x' is hosted on another server. Try refreshing the page to update the connection URL."}]"#;
    assert_eq!(end_of(&mut session, moved).cause, DisconnectCause::Moved);
    let (mut session, _) = accepted(&config());
    let blocked = r#"42["errorMsg",{"msg":"This channel has blocked anonymous users. Please provide a user name to join."}]"#;
    assert_eq!(
        end_of(&mut session, blocked).cause,
        DisconnectCause::AnonymousBlocked
    );
}

#[test]
fn nothing_waits_in_the_outbox_across_connections() {
    let (mut session, _) = accepted(&config());
    join(&mut session);
    session.send("chatMsg", Some(&serde_json::json!({"msg": "x"})), None);
    session
        .closed(DisconnectCause::Closed, None, Some(1006))
        .expect("it was open");
    session.opened(at(100), "e", "websocket");
    assert_eq!(drain(&mut session), Vec::<String>::new());
}
