//! Whose complaint it is: `errorMsg` says in words that something failed, not what.
//!
//! The words are the server's (`src/io/ioserver.js` and `src/channel/*.js`). A complaint belongs to
//! the oldest command under way that it may be about, one whose name it mentions first.

use super::vocabulary::Command;
use crate::model::identity;

/// How well a complaint fits a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// Not at all.
    No,
    /// The command may fail with these words.
    Words,
    /// They name whom or what the command is about as well.
    Target,
}

impl Command {
    /// Whether an `errorMsg` may be about this command, sent as the event named.
    pub(crate) fn fits_complaint(&self, event: &str, msg: &str) -> Fit {
        if let Some(rest) = msg.strip_prefix("Unexpected error for message ") {
            let is_ours = rest
                .strip_prefix(event)
                .is_some_and(|rest| rest.starts_with(':'));
            return if is_ours { Fit::Words } else { Fit::No };
        }
        let msg = identity(msg);
        if !self.complaints().iter().any(|words| msg.contains(words)) {
            return Fit::No;
        }
        let named = self.target().is_some_and(|name| {
            msg.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
                .any(|word| word.eq_ignore_ascii_case(name))
        });
        if named { Fit::Target } else { Fit::Words }
    }

    /// Whom it is about.
    fn target(&self) -> Option<&str> {
        match self {
            Self::Pm { to: name, .. }
            | Self::Kick { name, .. }
            | Self::Ban { name, .. }
            | Self::IpBan { name, .. }
            | Self::Mute { name }
            | Self::ShadowMute { name }
            | Self::Unmute { name }
            | Self::SetLeader { name: Some(name) } => Some(name),
            _ => None,
        }
    }

    /// Parts of the words with which it may fail, in lower case.
    fn complaints(&self) -> &'static [&'static str] {
        match self {
            Self::Pm { .. } => &["pm failed", "pm yourself", "send pms"],
            Self::Kick { .. } => &["permission to kick", "kick target"],
            Self::Ban { .. } | Self::IpBan { .. } => &[
                "permission to ban",
                "ban permissions",
                "already banned",
                "cannot ban",
                "ban target",
                "invalid username",
                "invalid ip",
                "ban failed",
            ],
            Self::Unban { .. } => &["unban"],
            Self::Mute { .. } => &["/mute"],
            Self::ShadowMute { .. } => &["/smute"],
            Self::Unmute { .. } => &["/unmute", "is not muted", "unmute yourself"],
            Self::SetLeader { .. } => &["unable to assign leader"],
            Self::QueueSaved { .. } => &["playlist load failed", "user playlist function"],
            Self::ListSaved | Self::SavePlaylist { .. } | Self::DeleteSaved { .. } => {
                &["user playlist function", "playlist"]
            }
            Self::ResyncPlaylist => &["get playlist urls is limited"],
            Self::CleanByUser { .. } | Self::CleanByTitle { .. } => &["invalid regex", "/clean"],
            Self::OpenPoll { .. } => &["poll"],
            Self::SetOptions { .. } => &["expected number for", "page title", "pagetitle"],
            Self::UpdateEmote { .. } | Self::RenameEmote { .. } | Self::ImportEmotes { .. } => {
                &["emote"]
            }
            Self::AddFilter { .. } => &["filter add failed", "invalid regex", "filter"],
            Self::UpdateFilter { .. } => &["filter update failed", "invalid regex", "filter"],
            Self::ImportFilters { .. } | Self::RemoveFilter { .. } => &["filter"],
            _ => &[],
        }
    }
}
