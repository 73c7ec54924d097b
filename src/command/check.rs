//! Whether a command can work, as far as can be known from here.

use super::arguments::SearchSource;
use super::outcome::CommandError;
use super::rights::LIVE_TYPES;
use super::vocabulary::Command;
use super::wire::unbanned;
use crate::event::After;
use crate::model::{ChatFilter, Emote, Uid};
use crate::number::Rank;
use crate::state::{ChannelState, Known};

/// Longest texts, in UTF-16 units (`src/config.js`, `src/channel/poll.js`, `emotes.js`, …).
const QUERY_MAX: usize = 100;
const NAME_MAX: usize = 20;
const TITLE_MAX: usize = 255;
const OPTIONS_MAX: usize = 50;
const REASON_MAX: usize = 255;
const PAGE_MAX: usize = 20_000;
const IMAGE_MAX: usize = 1_000;
const FLAGS_MAX: usize = 4;
const TIMEOUT_MAX_S: u32 = 86_400;
const DRINKS_MAX: i64 = 10_000;
/// No frame to a server may pass 1 MiB (`src/io/ioserver.js`: maxHttpBufferSize).
const ARGS_BYTES_MAX: usize = (1 << 20) - 1_024;
/// Stored names and library ids: the server's columns are no wider.
const STORED_MAX: usize = 255;
/// Links of raw files and embeds.
const LINK_MAX: usize = 2_048;

impl Command {
    /// Whether it may be sent now. Nothing is sent that the server would pass over in silence, cut,
    /// or answer with a kick, as far as this state tells; `chat_length_max` is the server's limit
    /// of a chat line (`Config::chat_length_max`).
    ///
    /// # Errors
    /// - [`CommandError::Blank`], [`CommandError::TooLong`], [`CommandError::BadName`],
    ///   [`CommandError::BadArgument`], [`CommandError::ToSelf`]: the arguments cannot work.
    /// - [`CommandError::NotLive`]: not in the channel.
    /// - [`CommandError::NeedsName`], [`CommandError::NeedsAccount`],
    ///   [`CommandError::NotPermitted`], [`CommandError::Muted`]: the channel does not let us.
    /// - [`CommandError::NotHere`], [`CommandError::NoSuchItem`], [`CommandError::NotNow`]: what
    ///   it is about is not there.
    pub fn check(&self, state: &ChannelState, chat_length_max: usize) -> Result<(), CommandError> {
        self.check_args(state, chat_length_max)?;
        if !state.is_live() {
            return Err(CommandError::NotLive);
        }
        for need in self.needs() {
            need.met(state)?;
        }
        self.check_target(state)
    }

    /// Whether the channel is as wanted already, so that nothing need be sent: the server's
    /// toggles would undo it, and equal style sheets are met with silence.
    pub(crate) fn is_so_already(&self, state: &ChannelState) -> bool {
        match self {
            Self::SetLock { locked } => state.playlist_locked == Some(*locked),
            Self::SetAfk { afk } => {
                let me = state.me.name.as_deref();
                let user = state
                    .users
                    .as_ref()
                    .zip(me)
                    .and_then(|(users, me)| users.find(me));
                user.is_some_and(|user| user.afk == *afk)
            }
            Self::SetCss { css } => state.css_js.as_ref().is_some_and(|now| now.css == *css),
            Self::SetJs { js } => state.css_js.as_ref().is_some_and(|now| now.js == *js),
            _ => false,
        }
    }

    fn check_args(&self, state: &ChannelState, line_max: usize) -> Result<(), CommandError> {
        if let Some(line) = self.line() {
            self.check_line(&line, line_max)?;
        }
        match self {
            Self::Pm { to, text } => {
                text_within("text", text, line_max)?;
                user_name(to)?;
                not_ourselves(state, to)
            }
            Self::Drink { count, .. } if count.abs() > DRINKS_MAX => {
                bad("count", "from -10000 to 10000")
            }
            Self::Kick { name, .. } | Self::Mute { name } | Self::ShadowMute { name } => {
                user_name(name)?;
                not_ourselves(state, name)
            }
            Self::Ban { name, reason } | Self::IpBan { name, reason, .. } => {
                user_name(name)?;
                not_ourselves(state, name)?;
                within("reason", reason, REASON_MAX)
            }
            Self::Unmute { name } | Self::SetRank { name, .. } => {
                user_name(name)?;
                not_ourselves(state, name)
            }
            Self::Unban {
                id: None,
                name: None,
            } => bad("unban", "give a number or a name"),
            Self::SetLeader { name: Some(name) } => user_name(name),
            _ => self
                .check_playlist_args()
                .and_then(|()| self.check_settings_args()),
        }
    }

    /// A line of chat, whatever it carries. Only the speaker's own words may be blank or too long;
    /// control characters would become spaces.
    fn check_line(&self, line: &str, max: usize) -> Result<(), CommandError> {
        match self {
            Self::Say { text, .. }
            | Self::Me { text }
            | Self::Spoiler { text }
            | Self::Shout { text }
            | Self::AdminSay { text } => text_within("text", text, max)?,
            Self::CleanByUser { pattern } | Self::CleanByTitle { pattern } => {
                filled("pattern", pattern)?;
            }
            _ => {}
        }
        within("line", line, max)
    }

    fn check_playlist_args(&self) -> Result<(), CommandError> {
        match self {
            Self::Queue {
                media,
                duration_s,
                title,
                ..
            } => {
                text_within("media id", &media.id, LINK_MAX)?;
                text_within("media type", &media.kind, 2)?;
                within("title", title.as_deref().unwrap_or_default(), STORED_MAX)?;
                match duration_s {
                    Some(s) if !s.is_finite() || *s < 0.0 => bad("duration_s", "seconds from 0"),
                    Some(_) if !LIVE_TYPES.contains(&media.kind.as_str()) => {
                        bad("duration_s", "only live media take one")
                    }
                    _ => Ok(()),
                }
            }
            Self::QueueSaved { name, .. }
            | Self::SavePlaylist { name }
            | Self::DeleteSaved { name } => text_within("name", name, STORED_MAX),
            Self::Lead { id, position_s, .. } => {
                text_within("id", id, LINK_MAX)?;
                if position_s.is_finite() {
                    Ok(())
                } else {
                    bad("position_s", "not a number")
                }
            }
            Self::Search { query, .. } => text_within("query", query, QUERY_MAX),
            Self::Uncache { id } => text_within("id", id, STORED_MAX),
            Self::OpenPoll {
                title,
                options,
                timeout_s,
                ..
            } => {
                text_within("title", title, TITLE_MAX)?;
                if options.len() > OPTIONS_MAX {
                    return bad("options", "at most 50");
                }
                for option in options {
                    text_within("option", option, TITLE_MAX)?;
                }
                match timeout_s {
                    Some(s) if !(1..=TIMEOUT_MAX_S).contains(s) => bad("timeout_s", "1 to 86400"),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn check_settings_args(&self) -> Result<(), CommandError> {
        match self {
            Self::SetRank { rank, .. } | Self::BorrowRank { rank } if !rank.0.is_finite() => {
                bad("rank", "not a number")
            }
            Self::SetOptions { options } if options.is_empty() => bad("options", "none given"),
            Self::SetPermissions { permissions } if permissions.0.is_empty() => {
                bad("permissions", "none given")
            }
            Self::SetPermissions { permissions }
                if permissions.0.values().any(|rank| !rank.0.is_finite()) =>
            {
                bad("permissions", "not a number")
            }
            Self::SetMotd { motd } => within("motd", motd, PAGE_MAX),
            Self::SetCss { css } => within("css", css, PAGE_MAX),
            Self::SetJs { js } => within("js", js, PAGE_MAX),
            Self::UpdateEmote { name, image } => emote(name, image),
            Self::RenameEmote { old, name, image } => {
                filled("old", old)?;
                emote(name, image)
            }
            Self::RemoveEmote { name } | Self::RemoveFilter { name } => filled("name", name),
            Self::ImportEmotes { emotes } => {
                self.fits_a_frame("emotes")?;
                let check = |Emote { name, image, .. }: &Emote| emote(name, image);
                emotes.iter().try_for_each(check)
            }
            Self::AddFilter { filter } | Self::UpdateFilter { filter } => chat_filter(filter),
            Self::ImportFilters { filters } => {
                self.fits_a_frame("filters")?;
                filters.iter().try_for_each(chat_filter)
            }
            _ => Ok(()),
        }
    }

    fn fits_a_frame(&self, what: &'static str) -> Result<(), CommandError> {
        if self.args().to_string().len() < ARGS_BYTES_MAX {
            Ok(())
        } else {
            bad(what, "more than the server takes in one frame (1 MiB)")
        }
    }

    /// What it is about, as the room stands.
    fn check_target(&self, state: &ChannelState) -> Result<(), CommandError> {
        match self {
            // Other commands about someone absent are refused in words.
            Self::Kick { name, .. } | Self::SetLeader { name: Some(name) } => present(state, name),
            Self::SetRank { rank, .. } if below_ours(state, *rank) => Ok(()),
            Self::SetRank { rank, .. } => Err(CommandError::NotPermitted {
                permission: "setChannelRank",
                needed: Some(Rank(rank.0 + 1.0)),
                ours: state.me.rank.unwrap_or(Rank::ANONYMOUS),
            }),
            Self::Unban { id, name } if unbanned(state, *id, name.as_deref()).is_none() => {
                not_now("no such ban in the list we have: ask for it with request_bans")
            }
            Self::Delete { uid, .. } | Self::Jump { uid, .. } | Self::SetTemp { uid, .. } => {
                match &state.playlist {
                    Some(list) if list.find(*uid).is_none() => Err(CommandError::NoSuchItem(*uid)),
                    _ => Ok(()),
                }
            }
            Self::Move { uid, after, .. } => movable(state, *uid, *after),
            Self::Lead { id, .. } => leading(state, id),
            Self::Voteskip if option_off(state, "allow_voteskip") => {
                not_now("the channel does not allow voteskip")
            }
            Self::Voteskip if state.media == Known::Absent => not_now("nothing plays"),
            Self::Search {
                source: SearchSource::Library,
                ..
            } if state.registered == Some(false) => {
                not_now("an unregistered channel has no library: search yt")
            }
            Self::ClosePoll | Self::Vote { .. } if state.poll == Known::Absent => {
                not_now("no poll is open")
            }
            Self::Vote { option } => match state.poll.as_ref() {
                Some(poll) if *option >= poll.options.len() => bad("option", "no such choice"),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Why it may not wait in the log for the next join, if it may not.
    pub(crate) fn keep_error(&self) -> Option<CommandError> {
        if self.items().is_some() {
            let why = "items have other numbers after a join";
            return Some(CommandError::NotKept(why));
        }
        let why = "the log must not hold its secret";
        self.has_secret().then_some(CommandError::NotKept(why))
    }

    /// The numbers of items it names, and when they were read. Such numbers never cross a join or a
    /// whole playlist.
    pub(crate) fn items(&self) -> Option<(Uid, Option<crate::event::Seq>)> {
        match self {
            Self::Delete { uid, seen }
            | Self::Move { uid, seen, .. }
            | Self::Jump { uid, seen }
            | Self::SetTemp { uid, seen, .. } => Some((*uid, *seen)),
            _ => None,
        }
    }
}

fn bad<T>(what: &'static str, problem: &str) -> Result<T, CommandError> {
    let problem = problem.to_owned();
    Err(CommandError::BadArgument { what, problem })
}

fn not_now(why: &'static str) -> Result<(), CommandError> {
    Err(CommandError::NotNow(why))
}

fn filled(what: &'static str, text: &str) -> Result<(), CommandError> {
    if text.trim().is_empty() {
        Err(CommandError::Blank(what))
    } else {
        Ok(())
    }
}

fn within(what: &'static str, text: &str, max: usize) -> Result<(), CommandError> {
    let units = text.encode_utf16().count();
    if units > max {
        Err(CommandError::TooLong { what, units, max })
    } else {
        Ok(())
    }
}

fn text_within(what: &'static str, text: &str, max: usize) -> Result<(), CommandError> {
    filled(what, text)?;
    within(what, text, max)
}

fn user_name(name: &str) -> Result<(), CommandError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(())
    } else {
        Err(CommandError::BadName(name.to_owned()))
    }
}

fn not_ourselves(state: &ChannelState, name: &str) -> Result<(), CommandError> {
    if state.me.is(name) {
        Err(CommandError::ToSelf)
    } else {
        Ok(())
    }
}

fn emote(name: &str, image: &str) -> Result<(), CommandError> {
    filled("name", name)?;
    text_within("image", image, IMAGE_MAX)
}

fn chat_filter(filter: &ChatFilter) -> Result<(), CommandError> {
    filled("name", &filter.name)?;
    filled("source", &filter.source)?;
    within("flags", &filter.flags, FLAGS_MAX)?;
    within("replace", &filter.replace, IMAGE_MAX)
}

fn present(state: &ChannelState, name: &str) -> Result<(), CommandError> {
    match &state.users {
        Some(users) if users.find(name).is_none() => Err(CommandError::NotHere(name.to_owned())),
        _ => Ok(()),
    }
}

/// Owners (rank 4) may appoint their equals.
fn below_ours(state: &ChannelState, rank: Rank) -> bool {
    let ours = state.me.rank.unwrap_or(Rank::ANONYMOUS);
    rank < ours || (ours == Rank(4.0) && rank == ours)
}

fn option_off(state: &ChannelState, key: &str) -> bool {
    state.options.as_ref().and_then(|options| options.flag(key)) == Some(false)
}

/// The server loses an item that is moved behind one it does not have, without telling anyone: so
/// a move needs a list that has both.
fn movable(state: &ChannelState, uid: Uid, after: After) -> Result<(), CommandError> {
    let Some(list) = &state.playlist else {
        return not_now("the playlist is hidden from us: a move could lose the item");
    };
    let has = |uid: Uid| {
        list.find(uid)
            .map(|_| ())
            .ok_or(CommandError::NoSuchItem(uid))
    };
    has(uid)?;
    match after {
        After::Uid(after) if after == uid => bad("after", "the item itself"),
        After::Uid(after) => has(after),
        After::Front | After::End => Ok(()),
    }
}

fn leading(state: &ChannelState, id: &str) -> Result<(), CommandError> {
    let leads = state.leader.as_ref().is_some_and(|name| state.me.is(name));
    if !leads {
        return not_now("we do not lead playback");
    }
    match state.media.as_ref() {
        Some(playing) if playing.media.id != id => not_now("something else plays"),
        None => not_now("nothing plays"),
        Some(_) => Ok(()),
    }
}
