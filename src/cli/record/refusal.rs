//! A final end, in words: what happened, where, and what to do about it.

use projectionist::{
    ChannelHandle, Config, Event, Kind, LogError, Read, Seq, event::DisconnectCause,
};

/// Says why the engine stays down after `since`.
///
/// # Errors
/// What the log says.
pub(crate) fn explain(
    handle: &ChannelHandle,
    config: &Config,
    since: Seq,
    cause: Option<DisconnectCause>,
    last_error: Option<&str>,
) -> Result<String, LogError> {
    let ending = [Kind::Kicked, Kind::Disconnected];
    let read = Read::default()
        .kinds(ending)
        .after(since)
        .newest_first()
        .limit(2);
    let ending = handle.history(&read)?;
    let was_connected = !ending.is_empty();
    let class = ending.iter().find_map(|recorded| match &recorded.event {
        Event::Kicked(kick) => Some(kick.class.as_str()),
        _ => None,
    });
    let what = last_error.unwrap_or("no reason was given");
    let todo = match cause.filter(|_| was_connected) {
        Some(cause) => remedy(cause, class),
        None => dial_remedy(what),
    };
    let (channel, origin) = (&config.channel, &config.origin);
    Ok(format!(
        "refused for good by {origin}, channel {channel}: {what}; {todo}"
    ))
}

fn remedy(cause: DisconnectCause, kick: Option<&str>) -> &'static str {
    match cause {
        DisconnectCause::Kicked => kick_remedy(kick.unwrap_or_default()),
        DisconnectCause::LoginFailed => "check the name, the password and the cookie",
        DisconnectCause::PasswordNeeded => {
            "set CYTUBE_CHANNEL_PASSWORD or give --channel-password-file"
        }
        DisconnectCause::AnonymousBlocked => "join under a name: --as NAME or --account NAME",
        DisconnectCause::Refused => "the site does not admit this address: ask its operators",
        _ => "start again once the cause is mended",
    }
}

fn kick_remedy(class: &str) -> &'static str {
    match class {
        "banned" | "tor_banned" => "banned: ask the channel's moderators",
        "duplicate_login" => {
            "the same name joined from elsewhere: stop the other one, or take another name"
        }
        "channel_gone" | "invalid_channel" => "there is no such channel any more: check the name",
        "anonymous" => "join under a name: --as NAME or --account NAME",
        _ => "kicked: ask the channel's moderators, or give --rejoin-after-kick",
    }
}

/// What to do about a failed dial; the error itself names the place and often the remedy.
fn dial_remedy(error: &str) -> &'static str {
    if error.contains("certificate") {
        "give --ca FILE if the site has a certificate of its own"
    } else {
        "check the address"
    }
}
