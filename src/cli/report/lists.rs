//! What is listed one by one: the last polls, the gaps by cause, and what staff did to whom. The last
//! of these names people, and is asked for only where the page is to show it.

use crate::cli::report::asking::Asker;
use crate::cli::report::page::{Cells, Section, Table};
use crate::cli::report::sections::{percent, tenths};
use crate::cli::report::zone::shown;
use projectionist::views::rusqlite::Result;
use serde::Serialize;

/// Polls shown, at most; the latest.
const POLLS_MAX: u32 = 10;

/// Actions of staff listed, at most; the latest.
const ACTIONS_MAX: u32 = 500;

/// A poll, and what was voted for.
#[derive(Debug, Serialize)]
pub(crate) struct Poll {
    pub(crate) opened: i64,
    pub(crate) title: String,
    pub(crate) open: bool,
    pub(crate) options: Vec<Choice>,
}

/// Something to vote for; `None`: hidden from us.
#[derive(Debug, Serialize)]
pub(crate) struct Choice {
    pub(crate) text: String,
    pub(crate) votes: Option<i64>,
}

/// Gaps of one cause.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// `chat_gap`, `shed`, or what ended a connection.
    pub(crate) name: String,
    pub(crate) count: i64,
    /// How long they were together, counted once where they overlap; those whose beginning or end
    /// nobody knows add nothing.
    pub(crate) length_us: i64,
    pub(crate) longest_us: i64,
}

/// Something that staff did.
#[derive(Debug)]
pub(crate) struct Action {
    told: i64,
    action: String,
    actor: Option<String>,
    target: Option<String>,
    detail: Option<String>,
}

/// The lists, each from one query over the range.
#[derive(Debug, Serialize)]
pub(crate) struct Lists {
    pub(crate) polls: Vec<Poll>,
    /// The page says these in a table alone.
    #[serde(skip)]
    pub(crate) causes: Vec<Cause>,
    /// `None`: not asked for. No chart needs the names.
    #[serde(skip)]
    pub(crate) actions: Option<Vec<Action>>,
}

impl Lists {
    /// Asks for all of them; for what staff did to whom only with `named`.
    pub(crate) fn asked(asker: &Asker<'_>, named: bool) -> Result<Self> {
        let actions = if named { Some(actions(asker)?) } else { None };
        Ok(Self {
            polls: polls(asker)?,
            causes: causes(asker)?,
            actions,
        })
    }
}

/// The latest polls of the range, the last first.
fn polls(asker: &Asker<'_>) -> Result<Vec<Poll>> {
    let sql = format!(
        "SELECT p.poll_id, p.opened_us, p.title, p.open, o.text, o.votes
         FROM (SELECT poll_id, opened_us, title, open FROM polls
               WHERE opened_us < ?2 AND (closed_us IS NULL OR closed_us >= ?1)
               ORDER BY opened_us DESC, poll_id DESC LIMIT {POLLS_MAX}) p
         LEFT JOIN poll_options o ON o.poll_id = p.poll_id
         ORDER BY p.opened_us DESC, p.poll_id DESC, o.place"
    );
    let mut polls: Vec<(i64, Poll)> = Vec::new();
    for (id, poll, choice) in asker.rows(&sql, |row| {
        let poll = Poll {
            opened: asker.ms(row, 1)?,
            title: row.get(2)?,
            open: row.get(3)?,
            options: Vec::new(),
        };
        let votes = row.get(5)?;
        let text: Option<String> = row.get(4)?;
        let choice = text.map(|text| Choice { text, votes });
        Ok((row.get(0)?, poll, choice))
    })? {
        if polls.last().is_none_or(|(last, _)| *last != id) {
            polls.push((id, poll));
        }
        if let Some((_, poll)) = polls.last_mut() {
            poll.options.extend(choice);
        }
    }
    Ok(polls.into_iter().map(|(_, poll)| poll).collect())
}

/// What left gaps in the range, that which left the longest first.
fn causes(asker: &Asker<'_>) -> Result<Vec<Cause>> {
    // A gap without a beginning or an end is a moment: that it was is known, how long it was is not.
    let sql = "SELECT coalesce(detail ->> '$.cause', kind),
                   max(coalesce(from_us, until_us), ?1), min(coalesce(until_us, from_us), ?2)
               FROM gaps
               WHERE coalesce(from_us, until_us) < ?2 AND coalesce(until_us, from_us) >= ?1
               ORDER BY 1, 2";
    let gaps = asker.rows(sql, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(summed(gaps))
}

/// Gaps by cause; they come by cause and beginning.
fn summed(gaps: Vec<(String, i64, i64)>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = Vec::new();
    let mut reached_us = i64::MIN;
    for (name, from_us, until_us) in gaps {
        if causes.last().is_none_or(|last| last.name != name) {
            causes.push(Cause {
                name,
                count: 0,
                length_us: 0,
                longest_us: 0,
            });
            reached_us = i64::MIN;
        }
        if let Some(cause) = causes.last_mut() {
            cause.count += 1;
            cause.length_us += (until_us - from_us.max(reached_us)).max(0);
            cause.longest_us = cause.longest_us.max(until_us - from_us);
        }
        reached_us = reached_us.max(until_us);
    }
    causes.sort_by_key(|cause| -cause.length_us);
    causes
}

/// The latest of what staff did in the range, the last first.
fn actions(asker: &Asker<'_>) -> Result<Vec<Action>> {
    let sql = format!(
        "SELECT told_us, replace(action, '_', ' '), actor, target, detail FROM moderation
         WHERE told_us >= ?1 AND told_us < ?2 ORDER BY told_us DESC, seq DESC LIMIT {ACTIONS_MAX}"
    );
    asker.rows(&sql, |row| {
        Ok(Action {
            told: asker.ms(row, 0)?,
            action: row.get(1)?,
            actor: row.get(2)?,
            target: row.get(3)?,
            detail: row.get(4)?,
        })
    })
}

impl Lists {
    /// The polls.
    pub(crate) fn polls_section(&self) -> Section {
        let rows = self.polls.iter().flat_map(|poll| {
            let row = |choice: &Choice| {
                vec![
                    shown(poll.opened),
                    poll.title.clone(),
                    choice.text.clone(),
                    choice.votes.map_or("hidden".to_owned(), |n| n.to_string()),
                ]
            };
            poll.options.iter().map(row).collect::<Vec<_>>()
        });
        let rows: Vec<_> = rows.collect();
        Section {
            id: "polls",
            title: "Polls",
            caption: format!(
                "The last {POLLS_MAX}, newest first, and the votes as last told. Hidden: the room \
                 was not shown them."
            ),
            chart: !rows.is_empty(),
            legend: &[],
            table: Table {
                columns: vec![
                    ("opened", Cells::Time),
                    ("poll", Cells::Text),
                    ("option", Cells::Text),
                    ("votes", Cells::Number),
                ],
                rows,
            },
        }
    }

    /// The causes of gaps, beside `share`, how much of the whole time was observed.
    pub(crate) fn causes_section(&self, share: f64) -> Section {
        let minutes = |us: i64| tenths(us as f64 / 60e6);
        let rows = self.causes.iter().map(|cause| {
            vec![
                cause.name.replace('_', " "),
                cause.count.to_string(),
                minutes(cause.length_us),
                minutes(cause.longest_us),
            ]
        });
        Section {
            id: "causes",
            title: "Why something is missing",
            caption: format!(
                "{} of the time was observed. Chat gap: lines are missing; shed: frames were left \
                 unrecorded under pressure; all else: what ended our view. Time missed for two \
                 causes stands under both, so these do not add up to what was not observed.",
                percent(share)
            ),
            chart: false,
            legend: &[],
            table: Table {
                columns: vec![
                    ("cause", Cells::Text),
                    ("gaps", Cells::Number),
                    ("minutes", Cells::Number),
                    ("longest", Cells::Number),
                ],
                rows: rows.collect(),
            },
        }
    }

    /// What staff did to whom, if it was asked for.
    pub(crate) fn actions_section(&self) -> Option<Section> {
        let rows = self.actions.as_ref()?.iter().map(|action| {
            let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
            vec![
                shown(action.told),
                action.action.clone(),
                or_none(&action.actor),
                or_none(&action.target),
                or_none(&action.detail),
            ]
        });
        Some(Section {
            id: "actions",
            title: "What staff did, by name",
            caption: format!(
                "The last {ACTIONS_MAX}, newest first. The room is seldom told who did it."
            ),
            chart: false,
            legend: &[],
            table: Table {
                columns: vec![
                    ("told", Cells::Time),
                    ("what", Cells::Text),
                    ("by", Cells::Text),
                    ("whom or what", Cells::Text),
                    ("more", Cells::Text),
                ],
                rows: rows.collect(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_of_one_cause_that_overlap_are_counted_each_and_measured_once() {
        let gap = |name: &str, from, until| (name.to_owned(), from, until);
        let gaps = vec![
            gap("chat_gap", 5, 5),
            gap("closed", 0, 10),
            gap("closed", 2, 4),
            gap("closed", 8, 15),
            gap("closed", 20, 21),
            gap("crash", 0, 3),
        ];
        let cause = |name: &str, count, length_us, longest_us| Cause {
            name: name.to_owned(),
            count,
            length_us,
            longest_us,
        };
        let expected = [
            cause("closed", 4, 16, 10),
            cause("crash", 1, 3, 3),
            cause("chat_gap", 1, 0, 0),
        ];
        assert_eq!(summed(gaps), expected);
    }
}
