//! Chat and private messages, the index over their words, and what is counted of them: who talks,
//! with what emotes.
//!
//! One projector for all of it: a redaction takes lines away, and the counts go with them. A row and
//! its index entry are written as the event comes, in the run's own transaction; sums when the run
//! settles. The tables never tell whether a line was there before it was redacted.

use crate::event::{Event, Kind, Scope, Seq};
use crate::model::identity;
use crate::views::file::stored;
use crate::views::models::chatters::Chatters;
use crate::views::models::emote_names::EmoteNames;
use crate::views::models::emotes::Emotes;
use crate::views::models::said::{Counted, Said};
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, ToSql, params};

/// Builds `messages`, `messages_fts`, `chatters`, `chatters_by_day`, `emotes`, `emote_uses` and
/// `emote_lines`.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    chatters: Chatters,
    emotes: Emotes,
    names: EmoteNames,
}

impl Projector for Messages {
    fn name(&self) -> &'static str {
        "messages"
    }

    fn version(&self) -> u32 {
        2
    }

    fn schema(&self) -> &'static str {
        concat!(
            include_str!("messages.sql"),
            include_str!("chatters.sql"),
            include_str!("emotes.sql"),
        )
    }

    fn resume(&mut self, _: &Connection) -> Result<(), ProjectError> {
        self.chatters.clear();
        self.emotes.clear();
        Ok(())
    }

    fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError> {
        let seq = step.event.seq;
        if let Some(said) = Said::of(step.event) {
            let counted = Counted::of(&said, step.state, &mut self.names);
            keep(seq, &said, &counted, tables)?;
            if said.is_of_user() {
                self.chatters.add(&said, &counted);
            }
            if said.is_of_user() && said.to.is_none() {
                self.emotes.add(seq, &said, &counted, tables)?;
            }
        }
        if let Event::Redacted(redaction) = &step.event.event {
            self.take_back(seq, &redaction.scope, tables)?;
        }
        Ok(())
    }

    fn settle(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        self.chatters.settle(tables)?;
        self.emotes.settle(tables)?;
        Ok(())
    }
}

impl Messages {
    /// Takes away the lines that a redaction standing at `by` covers, with their entries in the index.
    /// Lines read after the log was redacted come without their words already.
    fn take_back(&mut self, by: Seq, scope: &Scope, tables: &Connection) -> rusqlite::Result<()> {
        match scope {
            Scope::Events { targets } => {
                let lines = "seq = ?1 AND seq < ?2";
                for target in targets {
                    self.forget(lines, &[&stored(*target), &stored(by)], tables)?;
                }
                Ok(())
            }
            Scope::User {
                user,
                kinds,
                after,
                until,
            } => {
                let (said, pm) = (Kind::MessageSaid, Kind::PmSaid);
                let (said, pm) = (kinds.contains(&said), kinds.contains(&pm));
                self.forget(
                    "identity = ?1 AND seq > ?2 AND seq <= ?3 AND seq < ?4
                 AND iif(kind = 'pm', ?5, ?6)",
                    &[
                        &identity(user),
                        &stored(*after),
                        &stored(*until),
                        &stored(by),
                        &pm,
                        &said,
                    ],
                    tables,
                )
            }
        }
    }

    /// Takes rows away with their entries in the index, which has to be told what it indexed.
    fn forget(
        &mut self,
        lines: &str,
        values: &[&dyn ToSql],
        tables: &Connection,
    ) -> rusqlite::Result<()> {
        let mut taken = tables.prepare_cached(&format!(
            "DELETE FROM messages WHERE {lines} RETURNING seq, text, name, said_us, identity"
        ))?;
        let mut entry = tables.prepare_cached(
            "INSERT INTO messages_fts (messages_fts, rowid, text, name)
             VALUES ('delete', ?1, ?2, ?3)",
        )?;
        let mut rows = taken.query(values)?;
        while let Some(row) = rows.next()? {
            let (seq, text, name): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            entry.execute(params![seq, text, name])?;
            self.emotes.take_back(seq, tables)?;
            self.chatters.take_back(row.get(3)?, row.get(4)?);
        }
        Ok(())
    }
}

fn keep(seq: Seq, said: &Said<'_>, counted: &Counted, tables: &Connection) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "INSERT INTO messages (seq, said_us, kind, source, style, shadow, name, identity,
                 to_name, guest, words, characters, emotes, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            stored(seq),
            said.us,
            said.kind(),
            said.source,
            said.style,
            said.shadow,
            said.name,
            identity(said.name),
            said.to,
            counted.guest,
            counted.words,
            counted.characters,
            counted.uses(),
            said.text,
        ])?;
    tables
        .prepare_cached("INSERT INTO messages_fts (rowid, text, name) VALUES (?1, ?2, ?3)")?
        .execute(params![stored(seq), said.text, said.name])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Origin, Recorded, Redaction};
    use crate::state::ChannelState;
    use crate::time::UnixMicros;

    /// Alice and Bob say three lines each, in turn; the tenth event redacts.
    fn events(redaction: Redaction, before: &[u64]) -> Vec<Recorded> {
        let said = |seq: u64| {
            let name = if seq.is_multiple_of(2) {
                "Alice"
            } else {
                "Bob"
            };
            let body = format!(
                r#"{{"user":{{"name":"{name}","rank":0}},"html":"","text":"a line",
                    "style":"plain","source":"user","shadow":false}}"#
            );
            Event::decode(Kind::MessageSaid, 1, &body).unwrap()
        };
        let lines = before.iter().map(|seq| (*seq, said(*seq)));
        let all = lines.chain([(10, Event::Redacted(redaction))]);
        let recorded = all.map(|(seq, event)| Recorded {
            seq: Seq(seq),
            session: 1,
            received_at: UnixMicros(i64::try_from(seq).unwrap()),
            sent_ms: None,
            origin: Origin::Live,
            actor: None,
            cause: None,
            corr: None,
            dedup_key: None,
            event,
            raw: None,
            redacted: false,
        });
        recorded.collect()
    }

    /// Everybody's lines and words, and how many lines the index finds.
    fn built(events: &[Recorded], settled_after: usize) -> String {
        let tables = Connection::open_in_memory().unwrap();
        let mut messages = Messages::default();
        tables.execute_batch(messages.schema()).unwrap();
        let state = ChannelState::default();
        for (event, place) in events.iter().zip(1..) {
            let state = &state;
            messages.project(&Step { event, state }, &tables).unwrap();
            if place == settled_after {
                messages.settle(&tables).unwrap();
                messages.resume(&tables).unwrap();
            }
        }
        messages.settle(&tables).unwrap();
        let sql = "SELECT coalesce((SELECT group_concat(format('%s %d %d %d-%d', name, messages,
                 words, first_us, last_us), ', ') FROM chatters), '') || '; ' ||
             (SELECT count(*) FROM messages_fts WHERE messages_fts MATCH 'line')";
        tables.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Method: the projector alone, which sees the words of lines that a reader would mask.
    #[test]
    fn a_redaction_takes_back_what_came_in_the_same_run_or_in_one_before() {
        let lines = [1, 2, 3, 4, 5, 6];
        for (redaction, expected) in [
            (
                Redaction::of_events([Seq(1), Seq(4), Seq(11)]),
                "Alice 2 4 2-6, Bob 2 4 3-5; 4",
            ),
            (Redaction::of_user("BOB"), "Alice 3 6 2-6; 3"),
            (
                Redaction::of_user("bob").after(Seq(1)).until(Seq(4)),
                "Alice 3 6 2-6, Bob 2 4 1-5; 5",
            ),
            (
                Redaction::of_user("bob").kinds([Kind::PmSaid]),
                "Alice 3 6 2-6, Bob 3 6 1-5; 6",
            ),
            (Redaction::of_events(lines.map(Seq)), "; 0"),
        ] {
            let events = events(redaction, &lines);
            for settled_after in 0..=events.len() {
                assert_eq!(built(&events, settled_after), expected, "{settled_after}");
            }
        }
    }
}
