//! A state as a page for a person.

use crate::cli::line::{duration, media_line, name};
use crate::cli::output::Out;
use crate::cli::state::json::LogName;
use crate::cli::text::{clip, plain};
use clap::builder::styling::Style;
use projectionist::{
    ChannelState, Rank, UnixMicros,
    model::{Poll, User, text_of_html},
    state::{ConnectionPhase, Known, Playing},
};
use std::io::{Result, Write};

/// Items of the playlist shown.
const ITEMS_MAX: usize = 10;
/// Users shown.
const USERS_MAX: usize = 30;
/// Lines of chat shown.
const CHAT_MAX: usize = 5;
/// Longest line of chat or title shown, in characters.
const TEXT_MAX: usize = 160;

/// Prints a state as of a moment.
pub(crate) fn print(
    out: &mut Out,
    state: &ChannelState,
    log: LogName<'_>,
    at: UnixMicros,
) -> Result<()> {
    let bold = Style::new().bold();
    let channel = name(log.channel);
    if state.seq.0 == 0 {
        return writeln!(out, "{bold}{channel}{bold:#}  nothing recorded by then");
    }
    writeln!(out, "{bold}{channel}{bold:#}  event {} at {at}", state.seq)?;
    field(out, "connection", &connection(state))?;
    field(out, "we are", &me(state))?;
    users(out, state)?;
    field(
        out,
        "leader",
        &state
            .leader
            .as_ref()
            .map_or_else(|| told(&state.leader).into(), |n| name(n)),
    )?;
    field(out, "playing", &playing(state, at))?;
    playlist(out, state)?;
    poll(out, &state.poll)?;
    settings(out, state)?;
    chat(out, state)
}

fn field(out: &mut Out, label: &str, text: &str) -> Result<()> {
    let dim = Style::new().dimmed();
    writeln!(out, "{dim}{label:<12}{dim:#} {text}")
}

fn connection(state: &ChannelState) -> String {
    let connection = &state.connection;
    let since = connection.since;
    let endpoint = connection.endpoint.as_deref().map(name).unwrap_or_default();
    match connection.phase {
        ConnectionPhase::Never => "none yet".to_owned(),
        ConnectionPhase::Connected => format!("connected to {endpoint}, not joined, since {since}"),
        ConnectionPhase::Joined => format!("joined at {endpoint} since {since}"),
        ConnectionPhase::Down => {
            let lost = connection.lost.map_or("lost", |cause| cause.as_str());
            format!("down since {since} ({lost}): what follows is as of then")
        }
    }
}

fn me(state: &ChannelState) -> String {
    let me = &state.me;
    let who = me
        .name
        .as_deref()
        .map_or_else(|| "anonymous".to_owned(), name);
    let guest = if me.guest == Some(true) {
        ", a guest"
    } else {
        ""
    };
    format!("{who}{guest}, rank {}", known(me.rank))
}

fn users(out: &mut Out, state: &ChannelState) -> Result<()> {
    let count = state
        .user_count
        .map_or(String::new(), |count| format!(", {count} viewers"));
    let Some(users) = &state.users else {
        return field(out, "users", &format!("unknown{count}"));
    };
    let mut shown: Vec<_> = users.iter().take(USERS_MAX).map(user).collect();
    if users.len() > USERS_MAX {
        shown.push("…".to_owned());
    }
    field(
        out,
        "users",
        &format!("{} named{count}: {}", users.len(), shown.join(", ")),
    )
}

fn user(user: &User) -> String {
    let mut marks = Vec::new();
    if user.rank > Rank(1.0) {
        marks.push(format!("rank {}", user.rank));
    }
    if user.afk {
        marks.push("away".to_owned());
    }
    if user.muted {
        marks.push("muted".to_owned());
    }
    let marks = if marks.is_empty() {
        String::new()
    } else {
        format!(" ({})", marks.join(", "))
    };
    name(&user.name) + &marks
}

fn playing(state: &ChannelState, at: UnixMicros) -> String {
    match state.media.as_ref() {
        Some(playing) => format!(
            "{} at {}{}",
            title(playing),
            duration(playing.position_at(at)),
            paused(playing)
        ),
        None if state.media.is_unknown() => "unknown".to_owned(),
        None => "nothing".to_owned(),
    }
}

fn title(playing: &Playing) -> String {
    clip(&media_line(&playing.media), TEXT_MAX)
}

fn paused(playing: &Playing) -> &'static str {
    if playing.paused { ", paused" } else { "" }
}

fn playlist(out: &mut Out, state: &ChannelState) -> Result<()> {
    let lock = match state.playlist_locked {
        Some(true) => ", locked",
        Some(false) => ", open",
        None => "",
    };
    let meta = state.playlist_meta.map_or_else(
        || "length unknown".to_owned(),
        |meta| format!("{} items, {}", meta.count, duration(meta.total_seconds)),
    );
    let Some(list) = &state.playlist else {
        return field(out, "playlist", &format!("{meta}{lock}; we may not see it"));
    };
    field(out, "playlist", &format!("{meta}{lock}"))?;
    for item in list.iter().take(ITEMS_MAX) {
        let mark = if state.current == Some(item.uid) {
            "▶"
        } else {
            " "
        };
        let temp = if item.temp { " (once)" } else { "" };
        let by = item.queued_by.as_deref().map(name).unwrap_or_default();
        let title = clip(&media_line(&item.media), TEXT_MAX);
        writeln!(out, "  {mark} {title}{temp}  {by}")?;
    }
    match list.len().saturating_sub(ITEMS_MAX) {
        0 => Ok(()),
        more => writeln!(out, "    … and {more} more"),
    }
}

fn poll(out: &mut Out, poll: &Known<std::sync::Arc<Poll>>) -> Result<()> {
    let Some(open) = poll.as_ref() else {
        return field(out, "poll", told(poll));
    };
    let title = clip(&text_of_html(&open.title), TEXT_MAX);
    field(
        out,
        "poll",
        &format!("{title}, by {}", name(&open.initiator)),
    )?;
    for (option, count) in open.options.iter().zip(&open.counts) {
        let count = count.map_or_else(|| "?".to_owned(), |count| count.to_string());
        writeln!(
            out,
            "    {count:>4}  {}",
            clip(&text_of_html(option), TEXT_MAX)
        )?;
    }
    Ok(())
}

fn settings(out: &mut Out, state: &ChannelState) -> Result<()> {
    let title = state
        .options
        .as_ref()
        .and_then(|options| options.text("pagetitle"));
    field(
        out,
        "page title",
        &known(title.map(|title| clip(title, TEXT_MAX))),
    )?;
    let emotes = known(state.emotes.as_ref().map(|emotes| emotes.len()));
    let options = known(state.options.as_ref().map(|options| options.0.len()));
    let permissions = known(state.permissions.as_ref().map(|map| map.0.len()));
    let drinks = known(state.drink_count);
    let numbers =
        format!("{emotes} emotes, {options} settings, {permissions} permissions, {drinks} drinks");
    field(out, "numbers", &numbers)
}

fn known(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "unknown".to_owned(), |value| value.to_string())
}

/// Whether something may be there without our knowing, in words.
fn told<T>(known: &Known<T>) -> &'static str {
    if known.is_unknown() {
        "unknown"
    } else {
        "none"
    }
}

fn chat(out: &mut Out, state: &ChannelState) -> Result<()> {
    let skipped = state.chat.len().saturating_sub(CHAT_MAX);
    for (index, line) in state.chat.iter().skip(skipped).enumerate() {
        let label = if index == 0 { "last said" } else { "" };
        let said = if line.is_redacted() {
            "(redacted)".to_owned()
        } else {
            let text = clip(&plain(&line.text), TEXT_MAX);
            format!("{}: {text}", name(&line.name))
        };
        field(out, label, &said)?;
    }
    Ok(())
}
