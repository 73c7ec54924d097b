//! Redaction: which events are no longer to be shown, and what is left of one.
//!
//! Pure, and the only place that decides either: logs, the fold and the rewrite of a log all ask
//! here, so that a masked read folds to the very state that was live.

use super::{Author, Event, Kind, Recorded, Seq, Style};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `redaction`: events whose content is no longer to be shown, by their positions or by who said
/// them. It covers events before its own position only, and only those of [`Redaction::KINDS`];
/// of all others the state is made, and so they stay.
///
/// What is covered keeps its position, session, times, kind and cause, and loses its actor, its
/// words and its raw payload, in every read and view, whenever it was said: history honours a
/// redaction of a later date. The row itself stays in the file, for the hash chain covers it; see
/// [`erase`](crate::sqlite::erase) for the rest. Names of a person elsewhere (user lists, comings
/// and goings, who queued an item, notices of the server, what others say of them) are not touched.
///
/// ```
/// use projectionist::{Seq, event::Redaction};
/// let of_one = Redaction::of_events([Seq(12)]);
/// let of_person = Redaction::of_user("Mallory").after(Seq(100)).because("asked for it");
/// # let _ = (of_one, of_person);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// Which events.
    #[serde(flatten)]
    pub scope: Scope,
    /// Why, in the words of whoever asked for it.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Which events a redaction covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scope {
    /// These.
    Events {
        /// Their positions.
        targets: Vec<Seq>,
    },
    /// What a person said.
    User {
        /// Identity of the person: ASCII case is ignored, and stored in lower case.
        user: String,
        /// What of theirs.
        kinds: Vec<Kind>,
        /// Behind this position.
        after: Seq,
        /// Up to and including this position: what they say later is not covered.
        until: Seq,
    },
}

impl Redaction {
    /// Kinds that can be redacted, and all that a person's redaction covers by default: chat and
    /// private messages they wrote, and, where the person is the account that records, what it
    /// asked for, since `args` hold its words a second time. Private messages *to* a person are
    /// somebody else's words.
    pub const KINDS: &'static [Kind] = &[
        Kind::MessageSaid,
        Kind::PmSaid,
        Kind::CommandKept,
        Kind::CommandSent,
        Kind::CommandSettled,
        Kind::Unrecognised,
    ];

    /// A redaction of single events.
    #[must_use]
    pub fn of_events(targets: impl IntoIterator<Item = Seq>) -> Self {
        let mut targets: Vec<_> = targets.into_iter().collect();
        targets.sort_unstable();
        targets.dedup();
        Self {
            scope: Scope::Events { targets },
            reason: None,
        }
    }

    /// A redaction of everything a person said until it is written.
    #[must_use]
    pub fn of_user(name: &str) -> Self {
        let scope = Scope::User {
            user: name.to_ascii_lowercase(),
            kinds: Self::KINDS.to_vec(),
            after: Seq(0),
            until: Seq(u64::MAX),
        };
        Self {
            scope,
            reason: None,
        }
    }

    /// Of a person: only what they said behind this position.
    #[must_use]
    pub fn after(mut self, seq: Seq) -> Self {
        if let Scope::User { after, .. } = &mut self.scope {
            *after = seq;
        }
        self
    }

    /// Of a person: only what they said up to and including this position.
    #[must_use]
    pub fn until(mut self, seq: Seq) -> Self {
        if let Scope::User { until, .. } = &mut self.scope {
            *until = seq;
        }
        self
    }

    /// Of a person: only these kinds.
    #[must_use]
    pub fn kinds(mut self, only: impl IntoIterator<Item = Kind>) -> Self {
        if let Scope::User { kinds, .. } = &mut self.scope {
            *kinds = only.into_iter().collect();
        }
        self
    }

    /// With a reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Fixes the end of its range: it stands at `seq`, and covers what is before.
    #[must_use]
    pub fn standing_at(mut self, seq: Seq) -> Self {
        if let Scope::User { until, .. } = &mut self.scope {
            *until = (*until).min(Seq(seq.0.saturating_sub(1)));
        }
        self
    }

    /// Whether this redaction, standing at `by`, covers an event.
    #[must_use]
    pub fn covers(&self, by: Seq, recorded: &Recorded) -> bool {
        self.covers_one(by, recorded.seq, recorded.kind(), recorded.actor.as_deref())
    }

    /// As [`Redaction::covers`], for what is known of an event without its body.
    pub(crate) fn covers_one(&self, by: Seq, seq: Seq, kind: Kind, actor: Option<&str>) -> bool {
        let fits = match &self.scope {
            Scope::Events { targets } => targets.contains(&seq),
            Scope::User {
                user,
                kinds,
                after,
                until,
            } => {
                kinds.contains(&kind)
                    && (seq > *after && seq <= *until)
                    && actor.is_some_and(|actor| actor.eq_ignore_ascii_case(user))
            }
        };
        fits && seq < by && Self::KINDS.contains(&kind)
    }
}

impl Recorded {
    /// What is left of this event once it is redacted: position, session, times, kind, origin,
    /// cause and correlation, and what the state is made of. Who did it, what was said and the raw
    /// payload are gone. Events of a kind that cannot be redacted stay as they are.
    #[must_use]
    pub fn masked(mut self) -> Self {
        if !mask(&mut self.event) {
            return self;
        }
        self.actor = None;
        self.raw = None;
        self.redacted = true;
        self
    }
}

/// Empties a body; says whether it is of a kind that is ever emptied.
fn mask(event: &mut Event) -> bool {
    match event {
        Event::MessageSaid(message) => {
            // Whether the server would send it again is not of its content.
            message.user = Author {
                name: String::new(),
                rank: None,
                afk: None,
                muted: None,
            };
            message.html = String::new();
            message.text = String::new();
            message.style = Style::Plain;
            message.modflair = None;
            message.forced_name = false;
        }
        Event::PmSaid(pm) => {
            for text in [&mut pm.from, &mut pm.to, &mut pm.html, &mut pm.text] {
                *text = String::new();
            }
        }
        Event::CommandKept(kept) => kept.args = Value::Null,
        Event::CommandSent(sent) => sent.args = Value::Null,
        Event::CommandSettled(settled) => {
            settled.detail = None;
            settled.args = None;
        }
        Event::Unrecognised(frame) => frame.why = String::new(),
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{DrinkCounted, Origin, Unrecognised};
    use crate::time::UnixMicros;

    fn said(seq: u64, actor: &str) -> Recorded {
        let body = r#"{"user":{"name":"Bob","rank":2,"afk":false,"muted":false},"html":"h","text":"t",
            "style":"action","source":"server","shadow":true,"modflair":2,"forced_name":true}"#;
        Recorded {
            seq: Seq(seq),
            session: 1,
            received_at: UnixMicros(5),
            sent_ms: Some(4),
            origin: Origin::Live,
            actor: Some(actor.to_owned()),
            cause: Some(Seq(1)),
            corr: Some("c".to_owned()),
            dedup_key: None,
            event: Event::decode(Kind::MessageSaid, 1, body).unwrap(),
            raw: Some("raw".to_owned()),
            redacted: false,
        }
    }

    #[test]
    fn a_person_is_covered_within_the_range_and_before_the_redaction() {
        let redaction = Redaction::of_user("BOB").after(Seq(2)).until(Seq(9));
        for (seq, actor, covered) in [
            (2, "bob", false),
            (3, "bob", true),
            (3, "Bob", true),
            (3, "bobby", false),
            (9, "bob", true),
            (10, "bob", false),
        ] {
            let found = redaction.covers(Seq(20), &said(seq, actor));
            assert_eq!(found, covered, "{seq} {actor}");
        }
        assert!(
            !redaction.covers(Seq(3), &said(3, "bob")),
            "not its own place"
        );
        let only_pms = redaction.kinds([Kind::PmSaid]);
        assert!(!only_pms.covers(Seq(20), &said(3, "bob")));
    }

    #[test]
    fn the_range_ends_before_the_redaction_at_the_latest() {
        for (until, fixed) in [(u64::MAX, 19), (7, 7)] {
            let redaction = Redaction::of_user("bob").until(Seq(until));
            let expected = Redaction::of_user("bob").until(Seq(fixed));
            assert_eq!(redaction.standing_at(Seq(20)), expected);
        }
    }

    #[test]
    fn only_what_somebody_said_is_ever_covered() {
        let drinks = Recorded {
            event: Event::DrinksCounted(DrinkCounted { count: 1 }),
            ..said(3, "bob")
        };
        for redaction in [
            Redaction::of_events([Seq(3)]),
            Redaction::of_user("bob").kinds([Kind::DrinksCounted]),
        ] {
            assert!(!redaction.covers(Seq(20), &drinks), "{redaction:?}");
        }
        assert_eq!(drinks.clone().masked(), drinks);
    }

    #[test]
    fn what_is_left_is_its_place_and_its_times() {
        let masked = said(3, "Bob").masked();
        let mut body = Vec::new();
        masked.event.write_body(&mut body).unwrap();
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"user":{"name":"","rank":null,"afk":null,"muted":null},"html":"","text":"","style":"plain","source":"server","shadow":true}"#
        );
        assert!(masked.redacted && masked.actor.is_none() && masked.raw.is_none());
        assert_eq!((masked.seq, masked.sent_ms), (Seq(3), Some(4)));
        assert_eq!(masked.clone().masked(), masked, "twice is once");
    }

    /// Method: of every kind that can be redacted a body full of one word; none of it is left.
    #[test]
    fn nothing_that_was_said_is_left() {
        let bodies = [
            r#"{"from":"word","to":"word","direction":"in","html":"word","text":"word"}"#,
            r#"{"command":"say","args":{"text":"word"},"until_ms":5}"#,
            r#"{"command":"say","args":{"text":"word"}}"#,
            r#"{"outcome":"refused","detail":"word","by":9,"command":"say","args":{"text":"word"}}"#,
            r#"{"name":"newThing","why":"word"}"#,
        ];
        for (kind, body) in Redaction::KINDS.iter().skip(1).zip(bodies) {
            let event = Event::decode(*kind, 1, body).unwrap();
            let masked = Recorded {
                event,
                ..said(3, "word")
            };
            let mut left = Vec::new();
            masked.masked().event.write_body(&mut left).unwrap();
            let left = String::from_utf8(left).unwrap();
            assert!(!left.contains("word"), "{kind:?}: {left}");
        }
        let mut odd = Event::Unrecognised(Unrecognised {
            name: "newThing".to_owned(),
            why: "w".to_owned(),
        });
        assert!(mask(&mut odd));
    }

    #[test]
    fn a_stored_body_says_which_sort_it_is() {
        for (redaction, json) in [
            (
                Redaction::of_events([Seq(9), Seq(4), Seq(9)]),
                r#"{"targets":[4,9],"reason":null}"#,
            ),
            (
                Redaction::of_user("Bob")
                    .kinds([Kind::PmSaid])
                    .until(Seq(7))
                    .because("x"),
                r#"{"user":"bob","kinds":["pm"],"after":0,"until":7,"reason":"x"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&redaction).unwrap(), json);
            let read: Redaction = serde_json::from_str(json).unwrap();
            assert_eq!(read, redaction);
        }
        assert!(serde_json::from_str::<Redaction>(r#"{"user":"bob"}"#).is_err());
    }
}
