//! Aligning replayed chat with what the log already holds.
//!
//! On each join the server sends up to 15 lines again, without ids; several may share one
//! millisecond, even equal ones (`src/channel/chat.js`). So a line is known as often as the log's
//! tail holds one that is equal in author, time and words. Lines of the tail that the block lacks
//! are shadow-muted authors' (an anonymous viewer cannot tell them apart) or were lost in a server
//! crash; lines of the block that the tail lacks are new. Order says nothing: a crash that takes the
//! server back behind lines we missed shows them to us after later ones. Nor is time used to filter:
//! clocks step and channels move.

use crate::event::{Event, Message, Recorded, Seq, Source};
use std::collections::VecDeque;

/// Lines of the tail kept for comparison: the server's 15, and room for a shadow-muted author who
/// talks a lot in front of an anonymous viewer.
pub(crate) const TAIL_MAX: usize = 256;

/// The server's replay buffer.
const SERVER_BUFFER: usize = 15;

/// Whether the server keeps such a line for replay: a user's, not shadow-muted.
pub(crate) fn is_buffered(message: &Message) -> bool {
    message.source == Source::User && !message.shadow
}

/// What makes a line itself: who said what when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) sent_ms: i64,
    pub(super) name: Box<str>,
    pub(super) html: Box<str>,
}

/// The end of the log's bufferable chat.
#[derive(Debug, Default)]
pub(super) struct Tail {
    lines: VecDeque<(Line, Seq)>,
    /// Lines since the last time the chat was cleared.
    since_clear: usize,
}

/// How a replay block met the tail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alignment {
    /// For each replayed line whether the log has it.
    pub(super) known: Vec<bool>,
    /// Whether messages are missing in between.
    pub(super) gap: bool,
}

impl Tail {
    /// Takes in a line that the server's buffer holds as well.
    pub(super) fn push(&mut self, line: Line, seq: Seq) {
        if self.lines.len() == TAIL_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back((line, seq));
        self.since_clear = (self.since_clear + 1).min(TAIL_MAX);
    }

    /// The server emptied its buffer. The lines stay: a crash may bring them back.
    pub(super) fn clear(&mut self) {
        self.since_clear = 0;
    }

    /// The newest line's position and time.
    pub(super) fn last(&self) -> Option<(Seq, i64)> {
        self.lines.back().map(|(line, seq)| (*seq, line.sent_ms))
    }

    /// Takes in what an event of the log says; for opening.
    pub(super) fn remember(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::ChatCleared(_) => self.clear(),
            Event::MessageSaid(message) if is_buffered(message) => {
                let line = Line {
                    sent_ms: recorded.sent_ms.unwrap_or_default(),
                    name: message.user.name.as_str().into(),
                    html: message.html.as_str().into(),
                };
                self.push(line, recorded.seq);
            }
            _ => {}
        }
    }

    /// Lays a replay block against the tail.
    pub(super) fn align(&self, block: &[Line]) -> Alignment {
        let known = self.known(block);
        let overlaps = known.contains(&true);
        // With nothing in common something is missing, unless we never had anything that the
        // server should still have: an empty log, or a clear that we saw ourselves. An empty block
        // is no gap but a clear, or a crash that forgot: there is nothing to be missing between.
        let expected =
            self.since_clear > 0 || (block.len() >= SERVER_BUFFER && !self.lines.is_empty());
        let gap = !overlaps && expected && !block.is_empty();
        Alignment { known, gap }
    }

    /// Which lines of a block stand in the tail, each of which counts once.
    fn known(&self, block: &[Line]) -> Vec<bool> {
        let mut ours: Vec<_> = self.lines.iter().map(|(line, _)| Some(line)).collect();
        let mut take = |line: &Line| {
            let found = ours.iter_mut().find(|ours| **ours == Some(line));
            found.and_then(Option::take).is_some()
        };
        block.iter().map(&mut take).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each letter is a line; a digit behind it its millisecond (else 0).
    fn lines(text: &str) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for c in text.chars() {
            match (c.to_digit(10), lines.last_mut()) {
                (Some(ms), Some(line)) => line.sent_ms = i64::from(ms),
                _ => lines.push(Line {
                    sent_ms: 0,
                    name: "u".into(),
                    html: c.to_string().into(),
                }),
            }
        }
        lines
    }

    fn tail(text: &str) -> Tail {
        let mut tail = Tail::default();
        for (index, line) in lines(text).into_iter().enumerate() {
            tail.push(line, Seq(index as u64 + 1));
        }
        tail
    }

    fn fresh(tail_text: &str, block: &str) -> (String, bool) {
        let alignment = tail(tail_text).align(&lines(block));
        let fresh = block
            .chars()
            .zip(&alignment.known)
            .filter(|(_, known)| !**known);
        (fresh.map(|(c, _)| c).collect(), alignment.gap)
    }

    #[test]
    fn p2_replayed_lines_are_new_once() {
        for (tail, block, new, gap) in [
            ("", "abc", "abc", false),
            ("abc", "abc", "", false),
            ("abc", "bcde", "de", false),
            ("abc", "cd", "d", false),
            // A crash rolled c back, d was said after it.
            ("abc", "abd", "d", false),
            // Shadow-muted lines x, y stand in an anonymous viewer's tail only.
            ("axbyc", "abcd", "d", false),
            // Equal lines in one millisecond count as often as they stand.
            ("aa", "aaa", "a", false),
            ("aa", "a", "", false),
            // The block begins with a line we never had.
            ("bc", "abcd", "ad", false),
            ("abc", "xyz", "xyz", true),
            ("abc", "", "", false),
            // A crash rolled back to before g, which stands ahead of the missed a and b by now.
            ("gdeab", "abgh", "h", false),
        ] {
            assert_eq!(
                fresh(tail, block),
                (new.to_owned(), gap),
                "{tail} / {block}"
            );
        }
    }

    #[test]
    fn the_same_words_at_another_time_are_another_line() {
        let alignment = tail("a1").align(&lines("a1a2"));
        assert_eq!(alignment.known, [true, false]);
    }

    #[test]
    fn a_clear_we_saw_is_no_gap_but_a_full_foreign_block_is() {
        let mut tail = tail("abc");
        tail.clear();
        assert!(!tail.align(&lines("xy")).gap);
        assert!(!tail.align(&[]).gap);
        assert!(tail.align(&lines("defghijklmnopqr")).gap);
    }

    #[test]
    fn a_crash_that_brings_cleared_lines_back_doubles_nothing() {
        let mut tail = tail("abc");
        tail.clear();
        assert_eq!(tail.align(&lines("abcd")).known, [true, true, true, false]);
    }
}
