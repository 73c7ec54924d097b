//! Many channels in one process: they share what the site grants one address, and nothing else.

use crate::site::*;
use projectionist::testing::{ModelConfig, ServerConfig};
use projectionist::{command::*, config::*, event::*, event_log::*};
use std::time::Duration;

/// Method: the server keeps all of its limits, but its time passes a hundred times as fast, and so
/// does ours for what it spaces. Its operator admits sixty sockets of an address.
#[test]
fn fifty_channels_start_without_one_refusal_and_one_that_ends_leaves_the_others() {
    let mut limits = ModelConfig::default();
    limits.connections_per_ip_max = 60;
    let mut server = ServerConfig::new(limits);
    server.clock_rate = 100.0;
    let site = Site::with(server);
    let pace = Pace {
        connect_interval: Duration::from_millis(120),
        sockets_max: 60,
        ..Pace::default()
    };
    let open = |n: usize| {
        let log = site.folder.path().join(format!("{n}.db"));
        let config = Config::new(site.server.url(), format!("room{n}")).log(log);
        opened(config.allow_insecure(true).pace(pace))
    };
    let mut rooms: Vec<_> = (0..50).map(open).collect();
    for room in &rooms {
        let live = room.wait_live(Duration::from_secs(60));
        assert!(live.is_ok(), "{:?}", room.health());
    }
    for room in &rooms {
        assert_eq!(losses(room), [], "refused at first");
        assert_eq!(room.state().connection.session, 1);
        assert_eq!(room.health().last_error, None);
    }
    rooms.remove(7).close().unwrap();
    for (n, room) in rooms.iter().enumerate() {
        assert!(room.state().is_live());
        let name = if n < 7 { n } else { n + 1 };
        let lobby = site.server.room(&format!("room{name}"));
        lobby.add_user("Newcomer", 0.0);
        until(room, |state| {
            state
                .users
                .as_ref()
                .is_some_and(|users| users.find("Newcomer").is_some())
        });
    }
}

/// Two hosts wait for one receipt, and a third has dropped its own.
#[test]
fn a_receipt_may_be_shared_and_dropped() {
    let site = Site::new();
    let room = live(site.owner());
    drop(room.say("nobody asks").unwrap());
    let receipt = room.say("two ask").unwrap();
    let other = receipt.clone();
    let waiting = std::thread::Builder::new().spawn(move || other.wait(WAIT));
    let outcome = receipt.wait(WAIT);
    assert!(outcome.as_ref().is_some_and(Outcome::is_done));
    assert_eq!(waiting.unwrap().join().unwrap(), outcome);
    assert_eq!(receipt.poll(), outcome);
    until(&room, |state| state.commands.is_empty());
}

/// A thousand lines from eight threads under the limits that servers have by default: a hundred
/// seconds, so only where asked for.
#[test]
fn a_thousand_lines_from_eight_threads_keep_the_servers_pace() {
    if std::env::var_os("SLOW_TESTS").is_none() {
        return;
    }
    let mut limits = ModelConfig::default();
    limits.accounts = model().accounts;
    limits.rooms = model().rooms;
    let site = Site::with(ServerConfig::new(limits));
    let config = site.owner().command_queue_max(2_000);
    let room = live(config.send_wait_max(Duration::from_secs(300)));
    #[expect(
        clippy::disallowed_methods,
        reason = "a measurement, printed and not asserted"
    )]
    let started = std::time::Instant::now();
    let speak = |thread: usize| {
        let room = room.clone();
        move || {
            let say = |n: usize| room.say(format!("line {n} of {thread}")).unwrap();
            let receipts: Vec<_> = (0..125).map(say).collect();
            let seqs =
                receipts
                    .iter()
                    .map(|receipt| match receipt.wait(Duration::from_secs(300)) {
                        Some(Outcome::Confirmed { seq, .. }) => seq,
                        other => panic!("{other:?}"),
                    });
            assert!(seqs.collect::<Vec<_>>().is_sorted());
        }
    };
    let spawn = |thread| std::thread::Builder::new().spawn(speak(thread)).unwrap();
    let threads: Vec<_> = (0..8).map(spawn).collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let told = room
        .history(&Read::default().kinds([Kind::CooldownTold]))
        .unwrap();
    assert!(
        told.is_empty(),
        "the server complained {} times",
        told.len()
    );
    let least = 0.1 * (1_000.0 - 20.0);
    let took = started.elapsed().as_secs_f64();
    println!(
        "1000 lines in {took:.1} s, {:.3} of what the limit allows",
        took / least
    );
}

#[test]
fn a_long_speech_is_said_in_lines_that_the_server_takes_whole() {
    let site = Site::new();
    let room = live(site.owner());
    let words = vec!["wherefore"; 100].join(" ");
    assert!(matches!(
        room.say(&words),
        Err(CommandError::TooLong { max: 320, .. })
    ));
    let receipts = room.say_long(&words).unwrap();
    assert_eq!(receipts.len(), 4);
    for receipt in receipts {
        assert!(receipt.wait(WAIT).unwrap().is_done());
    }
    assert_eq!(chat(&room).join(" "), words);
}
