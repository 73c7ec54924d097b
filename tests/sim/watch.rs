//! What holds all along: nothing is seen that is not committed, the state is the fold of the log,
//! a join is seen whole or not at all, no secret shows, nobody knocks too often.

use crate::alike::{self, Leave};
use crate::plan::{self, Plan};
use crate::tally::Tally;
use crate::viewer::Viewer;
use crate::wishes;
use projectionist::channel::{Channel, Output};
use projectionist::event_log::{EventLog, LogReader};
use projectionist::state::ConnectionPhase;
use projectionist::{ChannelState, Kind, Read, Recorded, Seq};
use std::fmt::Debug;
use std::sync::Arc;

/// Never seen: passwords, addresses of anybody, the key that other names of a user stand under.
const SECRETS: [&str; 6] = [
    plan::ACCOUNT_PASSWORD,
    plan::ROOM_PASSWORD,
    plan::OTHER_PASSWORD,
    plan::OUR_IP,
    "10.99.",
    "\"aliases\"",
];

#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The fold of all that is committed, kept apart from the engine's.
    pub(crate) fold: ChannelState,
    pub(crate) viewer: Viewer,
    /// What was published when a burst began.
    before_burst: Option<Arc<ChannelState>>,
    /// Whether our rank was told since we were sent the list.
    pub(crate) rank_rose: bool,
    /// When this process dialled, in milliseconds.
    dials_ms: Vec<i64>,
}

pub(crate) fn no_secret(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} shows in {text}");
    }
}

pub(crate) fn no_secret_in(what: &impl Debug) {
    no_secret(&format!("{what:?}"));
}

impl Watch {
    /// A process opened the log: its state is the fold of all events, however it came by it.
    pub(crate) fn opened<L: EventLog>(&mut self, channel: &Channel<L>, fresh: &[Recorded]) {
        let all = channel.log().read(&Read::default()).unwrap();
        let before = all.len() - fresh.len();
        self.fold = ChannelState::fold(&all[..before]);
        self.dials_ms.clear();
        self.before_burst = None;
    }

    /// Before a commit: what is staged is nowhere to be seen.
    pub(crate) fn staged<L: EventLog>(&self, channel: &mut Channel<L>) {
        assert_eq!(
            channel.state().seq,
            channel.log().head().seq,
            "seen before it is committed"
        );
        if channel.has_staged() {
            let output = channel.poll_output();
            assert!(
                matches!(output, Output::Timeout(_)),
                "{output:?} before what led to it is committed"
            );
        }
        let bound = 256 * 20;
        assert!(channel.staged_len() < bound, "staged without bound");
    }

    /// After a commit.
    pub(crate) fn committed<L: EventLog>(
        &mut self,
        channel: &Channel<L>,
        fresh: &[Recorded],
        plan: &Plan,
        tally: &mut Tally,
    ) {
        for row in fresh {
            assert_eq!(row.seq, self.fold.seq.next(), "positions have no holes");
            assert!(row.received_at >= self.fold.at, "times never fall");
            self.no_silent_gap(row);
            self.fold.apply(row);
            self.rank_rose = match row.kind() {
                Kind::OwnRankSet => true,
                Kind::Joined | Kind::PlaylistReplaced => false,
                _ => self.rank_rose,
            };
            if let Some(joined) = self.viewer.row(row, tally) {
                let leave = Leave {
                    lagging: true,
                    ranks: true,
                    emote_order: false,
                    leader: true,
                    list_unknown: false,
                    position_s: Some(2.5),
                };
                let at = row.received_at;
                let found =
                    alike::differences(&self.fold, &joined.truth.view, plan.viewpoint, at, leave);
                assert!(found.is_empty(), "joined at {}: {found:#?}", joined.seq);
            }
        }
        let published = channel.state();
        assert_eq!(
            published.seq,
            channel.log().head().seq,
            "committed and not seen"
        );
        assert!(
            **published == self.fold,
            "the state is not the fold at {}",
            published.seq
        );
        self.whole(published);
    }

    /// P3: a connection that follows another, and what a process finds that follows one that died,
    /// begins behind the row that ends the one before.
    fn no_silent_gap(&self, row: &Recorded) {
        let phase = self.fold.connection.phase;
        let may = match row.kind() {
            Kind::Connected => matches!(phase, ConnectionPhase::Never | ConnectionPhase::Down),
            Kind::Joined => phase == ConnectionPhase::Connected,
            Kind::MessageSaid => phase != ConnectionPhase::Down,
            _ => true,
        };
        assert!(may, "{}: {} while {phase:?}", row.seq, row.kind().as_str());
    }

    /// P4: while a burst arrives, the room that is seen is the one before it.
    fn whole(&mut self, published: &Arc<ChannelState>) {
        if !self.viewer.is_in_burst() {
            self.before_burst = None;
            return;
        }
        let before = self
            .before_burst
            .get_or_insert_with(|| Arc::clone(published));
        assert!(!published.is_live(), "live with half a join");
        let same = same(&before.users, &published.users)
            && same(&before.playlist, &published.playlist)
            && same(&before.permissions, &published.permissions)
            && same(&before.options, &published.options)
            && same(&before.emotes, &published.emotes)
            && same(&before.css_js, &published.css_js)
            && before.motd == published.motd
            && before.current == published.current
            && before.media == published.media;
        assert!(same, "half a join is seen at {}", published.seq);
    }

    /// P6: a process never knocks more often than the site grants.
    pub(crate) fn dialled(&mut self, guest: bool, now_ms: i64) {
        self.dials_ms.push(now_ms);
        for (index, from_ms) in self.dials_ms.iter().enumerate() {
            let more = (self.dials_ms.len() - index) as i64 - 5;
            assert!(
                now_ms - from_ms >= more.max(0) * 10_000,
                "dials too often: {:?}",
                self.dials_ms
            );
        }
        let last = self.dials_ms.iter().rev().nth(1);
        assert!(
            !guest || last.is_none_or(|last| now_ms - last >= 60_000),
            "a guest too often"
        );
        if self.dials_ms.len() > 40 {
            self.dials_ms.remove(0);
        }
    }

    /// P1 to the byte, at a quiet moment.
    pub(crate) fn same_bytes(&self, state: &ChannelState) {
        let json = serde_json::to_string(state).unwrap();
        assert_eq!(json, serde_json::to_string(&self.fold).unwrap());
        no_secret(&json);
        let back: ChannelState = serde_json::from_str(&json).unwrap();
        assert!(back == *state, "a stored state reads back as another");
    }

    /// All of it, from the log alone.
    pub(crate) fn whole_log(&self, log: &impl LogReader, state: &ChannelState) {
        let rows = log.read(&Read::default()).unwrap();
        let folded = ChannelState::fold(&rows);
        assert_eq!(
            serde_json::to_string(&folded).unwrap(),
            serde_json::to_string(state).unwrap(),
            "the fold of the log is another state"
        );
        no_secret_in(&state);
        for row in &rows {
            let mut body = Vec::new();
            row.event.write_body(&mut body).unwrap();
            no_secret(std::str::from_utf8(&body).unwrap());
            no_secret(row.raw.as_deref().unwrap_or_default());
            no_secret_in(row);
        }
        wishes::check_rows(&rows);
    }

    /// The log was cut back to here, or its process died here.
    pub(crate) fn died(&mut self, head: Seq) {
        self.viewer.died(head);
        self.before_burst = None;
    }
}

fn same<T: ?Sized>(a: &Option<Arc<T>>, b: &Option<Arc<T>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}
