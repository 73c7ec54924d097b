//! Aligning replayed chat with what the log already holds.
//!
//! On each join the server sends up to 15 lines again, without ids; several may share one
//! millisecond, even equal ones (`src/channel/chat.js`). So identity is a place in a sequence, not
//! a key: the replay block is laid against the log's tail as a longest common subsequence. Lines of
//! the tail that the block lacks are shadow-muted authors' (an anonymous viewer cannot tell them
//! apart) or were lost in a server crash; lines of the block that the tail lacks are new. Time is
//! never used to filter: clocks step and channels move.

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
        let known = self.common_subsequence(block);
        let overlaps = known.contains(&true);
        // With nothing in common something is missing, unless we never had anything that the
        // server should still have: an empty log, or a clear that we saw ourselves. An empty block
        // is no gap but a clear, or a crash that forgot: there is nothing to be missing between.
        let expected =
            self.since_clear > 0 || (block.len() >= SERVER_BUFFER && !self.lines.is_empty());
        let gap = !overlaps && expected && !block.is_empty();
        Alignment { known, gap }
    }

    /// Marks the lines of a longest common subsequence of block and tail. The table is at most
    /// 256 wide; the block is bounded by the caller.
    fn common_subsequence(&self, block: &[Line]) -> Vec<bool> {
        let width = self.lines.len() + 1;
        // lengths[i * width + j]: longest match of block[i..] with lines[j..].
        let mut lengths = vec![0_u16; (block.len() + 1) * width];
        let at = |lengths: &[u16], i: usize, j: usize| {
            lengths.get(i * width + j).copied().unwrap_or_default()
        };
        for (i, line) in block.iter().enumerate().rev() {
            for (j, (ours, _)) in self.lines.iter().enumerate().rev() {
                let best = if line == ours {
                    at(&lengths, i + 1, j + 1) + 1
                } else {
                    at(&lengths, i + 1, j).max(at(&lengths, i, j + 1))
                };
                if let Some(cell) = lengths.get_mut(i * width + j) {
                    *cell = best;
                }
            }
        }
        let mut known = vec![false; block.len()];
        let (mut i, mut j) = (0, 0);
        while let (Some(line), Some((ours, _))) = (block.get(i), self.lines.get(j)) {
            if line == ours {
                if let Some(mark) = known.get_mut(i) {
                    *mark = true;
                }
                (i, j) = (i + 1, j + 1);
            } else if at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) {
                i += 1;
            } else {
                j += 1;
            }
        }
        known
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
