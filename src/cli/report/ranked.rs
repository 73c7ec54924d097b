//! What is counted and ranked: who talks, which emotes, who queues, what staff did. Of staff only
//! the kinds of what they did: a page that is published names nobody who was punished.

use crate::cli::report::asking::Asker;
use crate::cli::report::figures::Ranked;
use crate::cli::report::page::{Cells, Section, Table};
use projectionist::views::rusqlite::Result;

/// Rows of a ranking.
const RANKED: u32 = 20;

/// The rankings, each from one query over the range.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Rankings {
    pub(crate) chatters: Vec<Ranked>,
    pub(crate) emotes: Vec<Ranked>,
    pub(crate) queuers: Vec<Ranked>,
    pub(crate) moderation: Vec<Ranked>,
}

impl Rankings {
    /// Asks for all of them.
    pub(crate) fn asked(asker: &Asker<'_>) -> Result<Self> {
        let ranked = |name: &str, count: &str, rows: &str, group: &str| {
            let sql = format!(
                "SELECT {name}, {count} AS n FROM {rows}
                 GROUP BY {group} ORDER BY n DESC, {group} LIMIT {RANKED}"
            );
            asker.rows(&sql, |row| {
                Ok(Ranked {
                    name: row.get(0)?,
                    count: row.get(1)?,
                })
            })
        };
        let said = "messages WHERE kind = 'message' AND source = 'user'
                    AND said_us >= ?1 AND said_us < ?2";
        // From emote to emote, so that of each the range alone is read.
        let used = "emotes e CROSS JOIN emote_lines l ON l.emote = e.emote
                    AND l.said_us >= ?1 AND l.said_us < ?2";
        let queued = "queue_history WHERE told_us >= ?1 AND told_us < ?2
                      AND outcome = 'accepted' AND identity IS NOT NULL";
        let done = "moderation WHERE told_us >= ?1 AND told_us < ?2";
        Ok(Self {
            chatters: ranked("max(name)", "count(*)", said, "identity")?,
            emotes: ranked("e.emote", "sum(l.uses)", used, "e.emote")?,
            queuers: ranked("max(name)", "count(*)", queued, "identity")?,
            moderation: ranked("replace(action, '_', ' ')", "count(*)", done, "action")?,
        })
    }

    /// A section for each.
    pub(crate) fn sections(&self) -> [Section; 4] {
        [
            section(
                ("chatters", "Who talks", "name", "lines"),
                "Users by their lines of public chat.",
                &self.chatters,
            ),
            section(
                ("emotes", "Emotes", "emote", "uses"),
                "Emotes by how often they were used.",
                &self.emotes,
            ),
            section(
                ("queuers", "Who adds to the playlist", "name", "items"),
                "Users by what they added; what was refused is left out.",
                &self.queuers,
            ),
            section(
                ("moderation", "What staff did", "what", "times"),
                "As far as the room was told; nobody is named.",
                &self.moderation,
            ),
        ]
    }
}

fn section(
    (id, title, name, count): (&'static str, &'static str, &'static str, &'static str),
    caption: &str,
    ranked: &[Ranked],
) -> Section {
    let rows = ranked
        .iter()
        .map(|row| vec![row.name.clone(), row.count.to_string()]);
    Section {
        id,
        title,
        caption: caption.to_owned(),
        chart: !ranked.is_empty(),
        legend: &[],
        table: Table {
            columns: vec![(name, Cells::Text), (count, Cells::Number)],
            rows: rows.collect(),
        },
    }
}
