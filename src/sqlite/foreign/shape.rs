//! The shapes of other bots' databases that are understood, by table and column.
//!
//! Names say what a table is; nothing is guessed from contents but the unit of its times. A table
//! that lacks a column asked for here, or has one that belongs to another bot, is left alone.
//!
//! | table | columns | as that bot writes it |
//! | --- | --- | --- |
//! | `chat` | `timestamp username msg [channel]` | CytubeBot (nuclearace) and its forks: the server's time in ms; text, tags taken out and the common entities decoded. Notices of the server and most commands to the bot were never stored |
//! | `user_count` | `timestamp count` | the same: viewers as the server told them; ms |
//! | `recent_chat` | `timestamp username message` | Rosey: the bot's own clock in s; HTML as the server sent it; older lines are deleted as new ones come |
//! | `user_count_history` | `timestamp connected_users [chat_users]` | Rosey: a sample every few minutes, s |
//! | `users` | `uname [rank blacklisted block points]` | CytubeBot: no times |
//! | `videos` | `type id [duration_ms title flags queued_by]` | CytubeBot: a library; `flags` 1: not to be picked at random, 2: not to be queued. No times |
//! | `video_stats` | `type id uname` | CytubeBot: one row each time somebody queued one. No times |
//! | `user_stats` | `username first_seen last_seen [total_chat_lines total_time_connected]` | Rosey: sums, s |
//! | `channel_stats` | `max_users [max_users_timestamp max_connected max_connected_timestamp]` | Rosey: peaks, s |
//!
//! What is private or secret there (tokens, queued commands, aliases) is in no column above, and so
//! is never read.

/// What the rows of a table hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Lines of chat as text.
    Text,
    /// Lines of chat as HTML.
    Html,
    /// Numbers of viewers.
    Count,
    /// Facts without a time of their own: a library, or sums.
    Facts,
}

/// A table that is understood.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) table: &'static str,
    pub(super) content: Content,
    /// Columns it must have. Of rows with a time: time, content, and of chat the name between.
    pub(super) needs: &'static [&'static str],
    /// Columns that are read where they are there.
    pub(super) may: &'static [&'static str],
    /// Columns that make it the table of another bot.
    pub(super) never: &'static [&'static str],
}

pub(super) const SHAPES: &[Shape] = &[
    Shape {
        table: "chat",
        content: Content::Text,
        needs: &["timestamp", "username", "msg"],
        may: &["channel"],
        // Naoko's: of Synchtube and IRC together.
        never: &["protocol"],
    },
    Shape {
        table: "recent_chat",
        content: Content::Html,
        needs: &["timestamp", "username", "message"],
        may: &[],
        never: &[],
    },
    Shape {
        table: "user_count",
        content: Content::Count,
        needs: &["timestamp", "count"],
        may: &[],
        never: &[],
    },
    Shape {
        table: "user_count_history",
        content: Content::Count,
        needs: &["timestamp", "connected_users"],
        may: &[],
        never: &[],
    },
    Shape {
        table: "users",
        content: Content::Facts,
        needs: &["uname"],
        may: &["rank", "blacklisted", "block", "points"],
        never: &[],
    },
    Shape {
        table: "videos",
        content: Content::Facts,
        needs: &["type", "id"],
        may: &["duration_ms", "title", "flags", "queued_by"],
        never: &[],
    },
    Shape {
        table: "video_stats",
        content: Content::Facts,
        needs: &["type", "id", "uname"],
        may: &[],
        never: &[],
    },
    Shape {
        table: "user_stats",
        content: Content::Facts,
        needs: &["username", "first_seen", "last_seen"],
        may: &["total_chat_lines", "total_time_connected"],
        never: &[],
    },
    Shape {
        table: "channel_stats",
        content: Content::Facts,
        needs: &["max_users"],
        may: &[
            "max_users_timestamp",
            "max_connected",
            "max_connected_timestamp",
        ],
        never: &[],
    },
];

impl Shape {
    /// The columns to read of a table that has these; `None` where it is not of this shape.
    pub(super) fn columns(&self, found: &[String]) -> Option<Vec<&'static str>> {
        let has = |wanted: &&str| found.iter().any(|name| name.eq_ignore_ascii_case(wanted));
        if !self.needs.iter().all(has) || self.never.iter().any(has) {
            return None;
        }
        let more = self.may.iter().filter(|name| has(name));
        Some(self.needs.iter().chain(more).copied().collect())
    }

    /// The shape in words, for whoever has a database of another one.
    pub(super) fn described(&self) -> String {
        format!("{}({})", self.table, self.needs.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(table: &str, found: &[&str]) -> Option<Vec<&'static str>> {
        let found: Vec<_> = found.iter().map(|name| (*name).to_owned()).collect();
        let shape = SHAPES.iter().find(|shape| shape.table == table).unwrap();
        shape.columns(&found)
    }

    #[test]
    fn a_table_is_known_by_its_columns_whatever_their_order_and_case() {
        let found = ["MSG", "channel", "username", "timestamp"];
        let read = ["timestamp", "username", "msg", "channel"];
        assert_eq!(columns("chat", &found).unwrap(), read);
        assert_eq!(columns("chat", &["timestamp", "username"]), None);
        let naoko = ["timestamp", "username", "userid", "msg", "protocol"];
        assert_eq!(columns("chat", &naoko), None);
    }

    #[test]
    fn columns_that_are_nobodys_business_are_not_read() {
        let found = ["uname", "rank", "aliases", "ip", "token"];
        assert_eq!(columns("users", &found).unwrap(), ["uname", "rank"]);
    }
}
