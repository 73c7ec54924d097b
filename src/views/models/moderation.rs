//! What staff did, as far as the room was told.
//!
//! A mute is told twice to those who see the server's notices: by the notice, which says by whom,
//! and by the user's flags. Where we see the notices they alone count; so it is with the ranks of
//! those who are not here.

use crate::event::{Event, Recorded, ReplaceCause, Source, UserMeta, UserRanked};
use crate::event::{Message, Origin, Scope};
use crate::html::text_of_html;
use crate::model::identity;
use crate::number::Rank;
use crate::state::ChannelState;
use crate::views::file::stored;
use crate::views::models::{happened_us, notices};
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, params};

/// The rank that follows a join comes at once; this is long.
const FRESH_US: i64 = 5_000_000;
/// So many joins are remembered.
const FRESH_MAX: usize = 64;
/// Characters of a detail.
const DETAIL_MAX: usize = 200;
/// Whose rank is raised while they lead.
const LEADER: Rank = Rank(1.5);

/// Builds `moderation`.
#[derive(Debug, Default)]
pub(crate) struct Moderation {
    /// Who joined in the last seconds, and when, oldest first.
    fresh: Vec<(String, i64)>,
}

/// What was done.
#[derive(Clone, Debug, Default)]
struct Done {
    action: &'static str,
    actor: Option<String>,
    target: Option<String>,
    detail: Option<String>,
}

impl Done {
    fn of(action: &'static str) -> Self {
        Self {
            action,
            ..Self::default()
        }
    }

    fn to(mut self, target: &str) -> Self {
        self.target = Some(target.to_owned());
        self
    }

    fn by(mut self, actor: &str) -> Self {
        self.actor = Some(actor.to_owned());
        self
    }

    fn with(mut self, detail: &str) -> Self {
        self.detail = Some(detail.chars().take(DETAIL_MAX).collect());
        self
    }
}

impl Moderation {
    /// Someone came: the rank told of them next says what they are, not that it was changed.
    fn joined(&mut self, name: &str, event: &Recorded) {
        let (name, now) = (identity(name), event.received_at.0);
        let is_recent = |at: i64| now.abs_diff(at) <= FRESH_US.unsigned_abs();
        self.fresh
            .retain(|(who, at)| *who != name && is_recent(*at));
        if self.fresh.len() < FRESH_MAX {
            self.fresh.push((name, now));
        }
    }

    fn ranked(&self, ranked: &UserRanked, step: &Step<'_>) -> Option<Done> {
        let (name, now) = (identity(&ranked.name), step.event.received_at.0);
        let is_fresh = |(who, at): &(String, i64)| {
            *who == name && now.abs_diff(*at) <= FRESH_US.unsigned_abs()
        };
        let is_here = || {
            let users = step.state.users.as_ref();
            users.is_some_and(|users| users.find(&ranked.name).is_some())
        };
        let has_led = ranked.rank == LEADER || ranked.before == Some(LEADER);
        let is_noticed = || !is_here() && step.state.me.rank >= Some(Rank::ADMIN);
        if has_led
            || ranked.before == Some(ranked.rank)
            || self.fresh.iter().any(is_fresh)
            || is_noticed()
        {
            return None;
        }
        let rank = ranked.rank.0.to_string();
        Some(Done::of("rank").to(&ranked.name).with(&rank))
    }

    fn done(&mut self, step: &Step<'_>) -> Option<Done> {
        match &step.event.event {
            Event::UserJoined(joined) => {
                self.joined(&joined.user.name, step.event);
                None
            }
            Event::UserRanked(ranked) => self.ranked(ranked, step),
            Event::UserMetaSet(meta) => muted(meta, step.state),
            Event::MessageSaid(message) => noticed(message),
            Event::ChatCleared(cleared) => Some(Done::of("chat_clear").by(&cleared.by)),
            Event::LeaderChanged(leader) => Some(Done {
                target: leader.name.clone(),
                ..Done::of("leader")
            }),
            other => playlist(other, step.state).or_else(|| settings(other)),
        }
    }
}

/// A mute seen by the user's flags, where no notice of it comes to us.
fn muted(meta: &UserMeta, state: &ChannelState) -> Option<Done> {
    let rank = state.me.rank;
    let sees_notices = rank >= Some(Rank::MODERATOR) || state.may("mute") == Some(true);
    let is_change = meta.before.is_some_and(|before| before.muted != meta.muted);
    if sees_notices || !is_change {
        return None;
    }
    let action = if meta.muted { "mute" } else { "unmute" };
    Some(Done::of(action).to(&meta.name))
}

fn noticed(message: &Message) -> Option<Done> {
    if message.source != Source::Server {
        return None;
    }
    let told = notices::told(&message.text)?;
    let mut done = Done::of(told.action);
    done.actor = told.actor.map(str::to_owned);
    done.target = told.target.map(str::to_owned);
    Some(match told.detail {
        Some(detail) => done.with(detail),
        None => done,
    })
}

fn playlist(event: &Event, state: &ChannelState) -> Option<Done> {
    match event {
        Event::LockSet(lock) => Some(Done::of(if lock.locked { "lock" } else { "unlock" })),
        // What plays leaves by itself when it is over: what played stays the current item until then.
        Event::ItemDeleted(deleted) if state.current != Some(deleted.uid) => {
            let item = deleted.item.as_ref();
            let done = Done {
                target: item.and_then(|item| item.queued_by.clone()),
                ..Done::of("delete")
            };
            Some(match item {
                Some(item) => done.with(&item.media.title),
                None => done,
            })
        }
        Event::PlaylistReplaced(replaced) => match replaced.cause? {
            ReplaceCause::Clear => Some(Done::of("playlist_clear")),
            ReplaceCause::Shuffle => Some(Done::of("shuffle")),
            ReplaceCause::Requested | ReplaceCause::Visibility => None,
        },
        _ => None,
    }
}

fn settings(event: &Event) -> Option<Done> {
    Some(match event {
        Event::OptionsChanged(_) => Done::of("options"),
        Event::PermissionsChanged(_) => Done::of("permissions"),
        Event::MotdChanged(changed) => Done::of("motd").with(&text_of_html(&changed.motd)),
        Event::CssJsChanged(_) => Done::of("css_js"),
        Event::EmoteUpdated(emote) => Done::of("emote_set").to(&emote.name),
        Event::EmoteRenamed(renamed) => Done::of("emote_rename")
            .to(&renamed.old)
            .with(&renamed.emote.name),
        Event::EmoteRemoved(removed) => Done::of("emote_remove").to(&removed.name),
        Event::EmotesListed(_) => Done::of("emotes"),
        Event::FilterUpdated(filter) => Done::of("filter_set").to(&filter.name),
        Event::FilterRemoved(removed) => Done::of("filter_remove").to(&removed.name),
        _ => return None,
    })
}

impl Projector for Moderation {
    fn name(&self) -> &'static str {
        "moderation"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("moderation.sql")
    }

    fn resume(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        let sql = "SELECT identity, joined_us FROM moderation_fresh ORDER BY rowid";
        let mut statement = tables.prepare_cached(sql)?;
        let fresh = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        self.fresh = fresh.collect::<rusqlite::Result<_>>()?;
        Ok(())
    }

    fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError> {
        // What is said again at a join was done before; what another program noted is its word.
        if step.event.origin != Origin::Live {
            return Ok(());
        }
        if let Event::Redacted(redaction) = &step.event.event {
            take_back(&redaction.scope, tables)?;
        }
        if let Some(done) = self.done(step) {
            write(step.event, &done, tables)?;
        }
        Ok(())
    }

    fn settle(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        tables
            .prepare_cached("DELETE FROM moderation_fresh")?
            .execute([])?;
        let sql = "INSERT OR REPLACE INTO moderation_fresh (identity, joined_us) VALUES (?1, ?2)";
        let mut statement = tables.prepare_cached(sql)?;
        for (identity, joined_us) in &self.fresh {
            statement.execute(params![identity, joined_us])?;
        }
        Ok(())
    }
}

/// A notice that is redacted tells nothing any more. What a user said is none.
fn take_back(scope: &Scope, tables: &Connection) -> rusqlite::Result<()> {
    let Scope::Events { targets } = scope else {
        return Ok(());
    };
    let mut statement = tables.prepare_cached("DELETE FROM moderation WHERE seq = ?1")?;
    for target in targets {
        statement.execute([stored(*target)])?;
    }
    Ok(())
}

fn write(event: &Recorded, done: &Done, tables: &Connection) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "INSERT INTO moderation (seq, told_us, action, actor, actor_identity, target, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            stored(event.seq),
            happened_us(event),
            done.action,
            done.actor,
            done.actor.as_deref().map(identity),
            done.target,
            done.detail,
        ])?;
    Ok(())
}
