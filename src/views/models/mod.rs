//! The built-in read models, one file each, with its SQL beside it.

mod activity;
mod chatters;
mod emote_names;
mod emotes;
mod gaps;
mod messages;
mod moderation;
mod notices;
mod observed;
mod plays;
mod polls;
mod population;
mod presence;
mod queue_history;
mod said;
mod showing;
mod watch;

use crate::event::Recorded;
use crate::views::options::ViewsOptions;
use crate::views::projector::Projector;

/// All of them.
pub(super) fn built_in(options: &ViewsOptions) -> Vec<Box<dyn Projector>> {
    vec![
        Box::<activity::Activity>::default(),
        Box::<gaps::Gaps>::default(),
        Box::<messages::Messages>::default(),
        Box::<moderation::Moderation>::default(),
        Box::<observed::Observed>::default(),
        Box::<plays::Plays>::default(),
        Box::<polls::Polls>::default(),
        Box::<population::Population>::default(),
        Box::new(presence::Presence::new(options)),
        Box::<queue_history::QueueHistory>::default(),
    ]
}

/// When something happened, microseconds: by the server's clock where the frame tells, else when we
/// received it. What came late, in a replay or an import, counts where it happened.
fn happened_us(event: &Recorded) -> i64 {
    event
        .sent_ms
        .map_or(event.received_at.0, |ms| ms.saturating_mul(1_000))
}

/// The SQL of all of them, in order.
pub(super) fn schema() -> String {
    let projectors = built_in(&ViewsOptions::default());
    let texts: Vec<_> = projectors
        .iter()
        .map(|projector| projector.schema())
        .collect();
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Kind, Origin, Recorded, Seq};
    use crate::state::ChannelState;
    use crate::time::UnixMicros;
    use crate::views::projector::Step;
    use rusqlite::Connection;
    use serde_json::{Value, json};

    fn event(seq: u64, kind: &str, body: &Value) -> Recorded {
        let kind = Kind::parse(kind).unwrap();
        Recorded {
            seq: Seq(seq),
            session: 1,
            received_at: UnixMicros(i64::try_from(seq).unwrap() * 10_000_000),
            sent_ms: None,
            origin: Origin::Live,
            actor: None,
            cause: None,
            corr: None,
            dedup_key: None,
            event: Event::decode(kind, kind.schema_v(), &body.to_string()).unwrap(),
            raw: None,
            redacted: false,
        }
    }

    /// Someone is there, something plays, we are told how many watch; then a user leaves.
    fn events() -> Vec<Recorded> {
        let media = json!({ "type": "yt", "id": "a", "title": "a", "seconds": 100 });
        let joined = json!({
            "users": [{ "name": "carol", "rank": 1 }, { "name": "foo", "rank": 0 }],
            "media": { "uid": 1, "media": media, "position_s": 0, "paused": false },
            "viewpoint": { "name": null, "guest": null, "rank": -1 },
            "replay": { "received": 0, "new": 0, "overlap": 0 },
        });
        vec![
            event(1, "joined", &joined),
            event(2, "user_count", &json!({ "count": 3 })),
            event(3, "user_leave", &json!({ "name": "foo", "user": null })),
            event(4, "user_count", &json!({ "count": 2 })),
        ]
    }

    /// What all models make of the events behind `after`, with the state as it was there.
    fn built(after: Seq) -> Connection {
        let tables = Connection::open_in_memory().unwrap();
        let mut projectors = built_in(&ViewsOptions::default());
        for projector in &projectors {
            tables.execute_batch(projector.schema()).unwrap();
        }
        for projector in &mut projectors {
            projector.resume(&tables).unwrap();
        }
        let mut state = ChannelState::default();
        for event in &events() {
            state.apply(event);
            let state = &state;
            for projector in projectors.iter_mut().filter(|_| event.seq > after) {
                projector.project(&Step { event, state }, &tables).unwrap();
            }
        }
        for projector in &mut projectors {
            projector.settle(&tables).unwrap();
        }
        tables
    }

    fn told(tables: &Connection, sql: &str) -> Vec<String> {
        let mut statement = tables.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn a_log_whose_beginning_was_cut_off_begins_with_the_picture_of_that_moment() {
        for (after, expected) in [
            (
                Seq(0),
                [
                    "carol 30.0 0 1",
                    "foo 20.0 0 1",
                    "a 0 30.0 10",
                    "30.0 30000000",
                ],
            ),
            (
                Seq(1),
                [
                    "carol 20.0 0 2",
                    "foo 10.0 0 2",
                    "a 0 20.0 10",
                    "20.0 20000000",
                ],
            ),
            (
                Seq(2),
                ["carol 10.0 0 3", "", "a 0 10.0 10", "10.0 10000000"],
            ),
        ] {
            let tables = built(after);
            let stays = told(
                &tables,
                "SELECT name || ' ' || seconds || ' ' || joined_seen || ' ' || joined_seq
                 FROM presence ORDER BY stay_id",
            );
            let plays = told(
                &tables,
                "SELECT title || ' ' || start_seen || ' ' || shown_s || ' ' || (started_us / 1000000)
                 FROM plays",
            );
            let sums = told(
                &tables,
                "SELECT (SELECT sum(seconds) FROM observed) || ' ' || sum(observed_us)
                 FROM activity",
            );
            let seconds = told(&tables, "SELECT sum(seconds) || '' FROM population");
            let expected: Vec<_> = expected.into_iter().filter(|e| !e.is_empty()).collect();
            assert_eq!([stays, plays, sums].concat(), expected, "{after}");
            assert_eq!(
                seconds[0],
                expected.last().unwrap().split(' ').next().unwrap()
            );
        }
    }
}
