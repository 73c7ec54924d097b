//! Whether a state shows what the server has, as far as this viewer is told.
//!
//! Left out, each for its reason (protocol 9.20 and 9.14): who is muted, but for those who may mute,
//! since shadow mutes and mutes kept from an earlier visit are told to no others; the order of emotes once one was moved,
//! since nobody is told; who leads after a lead that failed; where playback stands while somebody
//! leads who never says; votes to skip; a list that we may see since our
//! rank rose, but are not sent; the list once the server lost an item of its own.

use crate::plan::Viewpoint;
use projectionist::testing::RoomView;
use projectionist::{ChannelState, UnixMicros};
use std::collections::BTreeSet;

/// What may differ.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Leave {
    /// The count of viewers lags, and the counter of drinks is set back behind a join.
    pub(crate) lagging: bool,
    /// Our rank is looked up behind the join.
    pub(crate) ranks: bool,
    /// An emote was moved.
    pub(crate) emote_order: bool,
    /// A lead failed, or is told behind the join.
    pub(crate) leader: bool,
    /// Our rank rose since we were sent the list: we may see it now, and are not sent it.
    pub(crate) list_unknown: bool,
    /// How far the position may be off, in seconds; none: not compared.
    pub(crate) position_s: Option<f64>,
}

struct Differences(Vec<String>);

impl Differences {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, ours: T, theirs: T) {
        if ours != theirs {
            self.0
                .push(format!("{what}: {ours:?}, the server has {theirs:?}"));
        }
    }
}

pub(crate) fn differences(
    state: &ChannelState,
    view: &RoomView,
    viewpoint: Viewpoint,
    at: UnixMicros,
    leave: Leave,
) -> Vec<String> {
    let mut found = Differences(Vec::new());
    people(&mut found, state, view, viewpoint, leave);
    playlist(&mut found, state, view, leave);
    playback(&mut found, state, view, at, leave);
    settings(&mut found, state, view, leave);
    found.0
}

fn people(
    found: &mut Differences,
    state: &ChannelState,
    view: &RoomView,
    viewpoint: Viewpoint,
    leave: Leave,
) {
    let sees_shadows = state.me.rank.is_some_and(|rank| rank.0 >= 2.0);
    let rank = |rank: f64| if leave.ranks { 0.0 } else { rank };
    let muted = |muted: bool| muted && sees_shadows;
    let users = state.users.iter().flat_map(|users| users.iter());
    let ours: BTreeSet<_> = users
        .map(|user| {
            format!(
                "{} {} {} {}",
                user.name,
                rank(user.rank.0),
                user.afk,
                muted(user.muted)
            )
        })
        .collect();
    let theirs: BTreeSet<_> = view
        .users
        .iter()
        .map(|user| {
            let muted = muted(user.muted);
            format!("{} {} {} {muted}", user.name, rank(user.rank), user.afk)
        })
        .collect();
    found.compare("users", ours, theirs);
    found.compare("our name", state.me.name.as_deref(), viewpoint.name());
    let me = |name: &str| view.users.iter().find(|user| user.name == name);
    let our_rank = viewpoint.name().and_then(me).map_or(-1.0, |user| user.rank);
    if !leave.ranks {
        found.compare("our rank", state.me.rank.map(|rank| rank.0), Some(our_rank));
    }
    if !leave.lagging {
        let count = (view.users.len() + view.anonymous_count) as i64;
        found.compare("user count", state.user_count, Some(count));
        found.compare("drinks", state.drink_count, Some(view.drinks));
    }
    if !leave.leader {
        found.compare("leader", state.leader.as_ref(), view.leader.as_ref());
    }
}

fn playlist(found: &mut Differences, state: &ChannelState, view: &RoomView, leave: Leave) {
    found.compare("lock", state.playlist_locked, Some(view.playlist_locked));
    let count = state.playlist_meta.map(|meta| meta.count);
    found.compare("playlist count", count, Some(view.playlist_count));
    let is_lost = view.playlist_count != view.playlist.len() as i64;
    if is_lost || (leave.list_unknown && state.playlist.is_none()) {
        return;
    }
    let ours = state.playlist.as_ref().map(|list| {
        let items = list.iter().map(|item| {
            let by = item.queued_by.clone().unwrap_or_default();
            let media = &item.media;
            let what = format!(
                "{} {} {} {}",
                media.kind, media.id, media.title, media.seconds
            );
            format!("{} {what} {} {by}", item.uid.0, item.temp)
        });
        items.collect::<Vec<_>>()
    });
    let theirs = view.playlist.iter().map(|item| {
        let what = format!("{} {} {} {}", item.kind, item.id, item.title, item.seconds);
        format!("{} {what} {} {}", item.uid, item.temp, item.queued_by)
    });
    let sees = state.may("seeplaylist") == Some(true);
    found.compare("playlist", ours, sees.then(|| theirs.collect()));
    if sees {
        let current = view.current.as_ref().map(|item| item.uid);
        found.compare("current", state.current.map(|uid| uid.0), current);
    }
}

fn playback(
    found: &mut Differences,
    state: &ChannelState,
    view: &RoomView,
    at: UnixMicros,
    leave: Leave,
) {
    let media = state
        .media
        .as_ref()
        .map(|playing| playing.media.id.as_str());
    let theirs = view.current.as_ref().map(|item| item.id.as_str());
    found.compare("media", media, theirs);
    // Where the clock stands, with a leader or without, nothing tells a viewer.
    let Some(tolerance_s) = leave.position_s.filter(|_| view.is_ticking) else {
        return;
    };
    let ours = state.position_at(at).unwrap_or(f64::NAN);
    if (ours - view.position_s).abs() > tolerance_s || ours.is_nan() {
        found.compare("position", ours, view.position_s);
    }
}

fn settings(found: &mut Differences, state: &ChannelState, view: &RoomView, leave: Leave) {
    let poll = state.poll.as_ref();
    found.compare("poll", poll.map(|p| &p.title), view.poll_title.as_ref());
    if let Some(poll) = poll {
        let shown = poll.counts.iter().all(Option::is_some);
        let ours: Vec<_> = poll
            .counts
            .iter()
            .map(|n| n.unwrap_or_default() as usize)
            .collect();
        if shown {
            found.compare("votes", &ours, &view.poll_counts);
        }
    }
    found.compare("motd", state.motd.as_deref(), Some(view.motd.as_str()));
    let css_js = state.css_js.as_ref();
    found.compare("css", css_js.map(|c| &c.css), Some(&view.css));
    found.compare("js", css_js.map(|c| &c.js), Some(&view.js));
    let mut options = view.options.clone();
    if let Some(map) = options.as_object_mut() {
        map.remove("password");
    }
    let ours = state.options.as_ref().map(|options| &options.0);
    found.compare("options", ours, options.as_object());
    let permissions = state.permissions.as_ref();
    let ours: Option<Vec<_>> = permissions.map(|p| {
        p.0.iter()
            .map(|(name, rank)| (name.clone(), rank.0))
            .collect()
    });
    let theirs = view
        .permissions
        .iter()
        .map(|(name, rank)| (name.clone(), *rank));
    found.compare("permissions", ours, Some(theirs.collect()));
    let names = |mut names: Vec<String>| {
        if leave.emote_order {
            names.sort();
        }
        names
    };
    let ours = state.emotes.as_ref();
    let ours = ours.map(|emotes| names(emotes.iter().map(|emote| emote.name.clone()).collect()));
    found.compare("emotes", ours, Some(names(view.emotes.clone())));
    found.compare("registered", state.registered, Some(view.registered));
}
