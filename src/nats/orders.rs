//! What a message on a command's subject asks for. Pure.
//!
//! Names and arguments are those of [`Command`]; beside them, the names and payloads of the original
//! design (`chat` with `message` or `text`, `pm` with `username` and `message`, `media_queue` with
//! `media`, `playlist.add` with `params` …) and of the other family (`action` and `data`) are
//! taken, so that what was written for those need not change. Whatever does not fit is told, in
//! words and by a code; nothing is guessed.

use super::subjects::Asked;
use crate::command::{Command, CommandSyntax};
use serde::Serialize;
use serde_json::{Map, Value};

/// Bytes of a request at most; the largest command is a list of emotes.
const PAYLOAD_MAX: usize = 1 << 20;

/// Characters of a correlation id that are kept.
const CORRELATION_MAX: usize = 200;

/// A request, understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) wish: Wish,
    /// Which channel it names, if it names one.
    pub(crate) channel: Option<String>,
    pub(crate) correlation_id: Option<String>,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wish {
    Do(Command),
    Tell { what: String, args: Value },
}

/// Why a request was not taken, by a word that programs read and a text that people do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Complaint {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Complaint {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message }
    }
}

/// What of a request is known even if it does not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sender {
    pub(crate) channel: Option<String>,
    pub(crate) correlation_id: Option<String>,
}

/// Reads a request.
pub(crate) fn read(asked: Asked, payload: &[u8]) -> Result<Order, (Sender, Complaint)> {
    let nobody = |complaint| (Sender::default(), complaint);
    let mut outer = fields(payload).map_err(nobody)?;
    let taken = |outer: &mut Map<String, Value>, name: &str| {
        let text = outer.remove(name)?.as_str().map(str::to_owned);
        text.map(|text| text.chars().take(CORRELATION_MAX).collect::<String>())
    };
    let correlation_id = taken(&mut outer, "correlation_id");
    let mut channel = taken(&mut outer, "channel");
    let named = taken(&mut outer, "action").or_else(|| match outer.get("data") {
        Some(Value::Object(data)) => data.get("command")?.as_str().map(str::to_owned),
        _ => None,
    });
    let mut args = arguments(outer);
    channel = channel.or_else(|| taken(&mut args, "channel"));
    let sender = Sender {
        channel: channel.clone(),
        correlation_id: correlation_id.clone(),
    };
    let wish = match asked {
        Asked::Query(what) => Ok(Wish::Tell {
            what,
            args: Value::Object(args),
        }),
        Asked::Command(action) => command(&action, args).map(Wish::Do),
        Asked::Named => named
            .ok_or_else(|| Complaint::new("bad_payload", "the field `action` is missing"))
            .and_then(|action| command(&action, args))
            .map(Wish::Do),
    };
    let wish = wish.map_err(|complaint| (sender, complaint))?;
    Ok(Order {
        wish,
        channel,
        correlation_id,
    })
}

fn fields(payload: &[u8]) -> Result<Map<String, Value>, Complaint> {
    if payload.len() > PAYLOAD_MAX {
        return Err(Complaint::new("too_large", "more than 1 MiB"));
    }
    if payload.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(payload) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Complaint::new("bad_payload", "not a JSON object")),
        // What was sent is not repeated: it may hold a secret.
        Err(error) => Err(Complaint::new(
            "bad_payload",
            format!("no JSON (line {}, column {})", error.line(), error.column()),
        )),
    }
}

/// The arguments, out of whatever they are wrapped in: `data` of an event, `params` of a playlist
/// command, `args`.
fn arguments(mut fields: Map<String, Value>) -> Map<String, Value> {
    for wrapper in ["data", "params", "args"] {
        if let Some(Value::Object(inner)) = fields.get_mut(wrapper) {
            fields = std::mem::take(inner);
        }
    }
    // What an event of the bus has beside its data.
    for name in [
        "subject",
        "event_type",
        "timestamp",
        "priority",
        "metadata",
        "command",
    ] {
        fields.remove(name);
    }
    fields
}

/// The command that an action is, under whatever name.
fn command(action: &str, mut args: Map<String, Value>) -> Result<Command, Complaint> {
    let name = known(action);
    for (theirs, ours) in renamed(name) {
        if let Some(value) = args.remove(*theirs) {
            args.entry(*ours).or_insert(value);
        }
    }
    match name {
        "queue" => queued(&mut args),
        "move" => numbered(&mut args, &["uid", "after"]),
        "delete" | "jump" | "set_temp" => numbered(&mut args, &["uid"]),
        _ => {}
    }
    Command::parse(name, &Value::Object(args)).map_err(|error| match error {
        CommandSyntax::Unknown(_) => Complaint::new(
            "unknown_action",
            format!("no action is called {action:?}: see Command::NAMES"),
        ),
        other => Complaint::new("bad_payload", other.to_string()),
    })
}

/// Our name for an action.
fn known(action: &str) -> &str {
    match action {
        "chat" | "message" => "say",
        "media_queue" | "playlist.add" | "add_video" => "queue",
        "media_delete" | "playlist.remove" | "delete_video" => "delete",
        "playlist.move" | "move_video" => "move",
        "playlist.jump" | "jump_to" => "jump",
        "playlist.clear" | "clear" => "clear_playlist",
        "playlist.shuffle" | "shuffle_playlist" => "shuffle",
        "setTemp" => "set_temp",
        "playNext" | "play_next" => "next",
        "assignLeader" | "assign_leader" => "set_leader",
        "kick_user" => "kick",
        "ban_user" => "ban",
        "mute_user" => "mute",
        "unmute_user" => "unmute",
        "smute" | "shadow_mute_user" => "shadow_mute",
        "setMotd" => "set_motd",
        "setChannelCSS" | "set_channel_css" => "set_css",
        "setChannelJS" | "set_channel_js" => "set_js",
        "setOptions" => "set_options",
        "setPermissions" => "set_permissions",
        "updateEmote" => "update_emote",
        "removeEmote" => "remove_emote",
        "newPoll" | "new_poll" => "open_poll",
        "closePoll" => "close_poll",
        "setChannelRank" | "set_channel_rank" => "set_rank",
        "requestChannelRanks" | "request_channel_ranks" => "request_ranks",
        "requestBanlist" | "request_banlist" => "request_bans",
        "readChanLog" | "read_chan_log" => "read_log",
        "searchLibrary" | "search_library" => "search",
        "deleteFromLibrary" | "delete_from_library" => "uncache",
        other => other,
    }
}

/// Names of fields in other designs, and ours.
fn renamed(name: &str) -> &'static [(&'static str, &'static str)] {
    match name {
        "say" | "me" | "spoiler" | "shout" => &[("message", "text"), ("msg", "text")],
        "pm" => &[("username", "to"), ("message", "text"), ("msg", "text")],
        "queue" => &[("pos", "position"), ("temporary", "temp"), ("url", "media")],
        "move" => &[("from", "uid")],
        "kick" | "ban" | "mute" | "unmute" | "shadow_mute" | "set_leader" | "set_rank" => {
            &[("username", "name")]
        }
        _ => &[],
    }
}

/// `type` and `id` beside each other become what they are of.
fn queued(args: &mut Map<String, Value>) {
    if !args.contains_key("media")
        && let (Some(kind), Some(id)) = (args.remove("type"), args.remove("id"))
    {
        args.insert(
            "media".to_owned(),
            serde_json::json!({ "type": kind, "id": id }),
        );
    }
}

/// Numbers of items that stand as text become numbers.
fn numbered(args: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        if let Some(Value::String(text)) = args.get(*name)
            && let Ok(number) = text.parse::<i64>()
        {
            args.insert((*name).to_owned(), number.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn done(action: &str, payload: &Value) -> Command {
        let asked = Asked::Command(action.to_owned());
        match read(asked, payload.to_string().as_bytes()).unwrap().wish {
            Wish::Do(command) => command,
            Wish::Tell { .. } => panic!("a command"),
        }
    }

    fn complaint(asked: Asked, payload: &str) -> &'static str {
        read(asked, payload.as_bytes()).unwrap_err().1.code
    }

    #[test]
    fn the_payloads_of_the_original_design() {
        for (action, payload, name, args) in [
            (
                "chat",
                json!({"message": "hi"}),
                "say",
                json!({"text": "hi"}),
            ),
            (
                "chat",
                json!({"text": "hi", "channel": "c"}),
                "say",
                json!({"text": "hi"}),
            ),
            (
                "chat",
                json!({"channel": "c", "message": "hi", "metadata": {"a": 1}}),
                "say",
                json!({"text": "hi"}),
            ),
            (
                "pm",
                json!({"username": "bob", "message": "psst"}),
                "pm",
                json!({"to": "bob", "text": "psst"}),
            ),
            (
                "media_queue",
                json!({"media": {"type": "yt", "id": "dQw4w9WgXcQ"}}),
                "queue",
                json!({"media": {"type": "yt", "id": "dQw4w9WgXcQ"}}),
            ),
            (
                "media_queue",
                json!({"media": "https://youtu.be/dQw4w9WgXcQ"}),
                "queue",
                json!({"media": {"type": "yt", "id": "dQw4w9WgXcQ"}}),
            ),
            (
                "media_delete",
                json!({"uid": "12"}),
                "delete",
                json!({"uid": 12}),
            ),
            (
                "playlist.add",
                json!({"data": {"command": "playlist.add", "params": {"type": "yt", "id": "dQw4w9WgXcQ"}}}),
                "queue",
                json!({"media": {"type": "yt", "id": "dQw4w9WgXcQ"}}),
            ),
            (
                "playlist.move",
                json!({"params": {"uid": "3", "after": "prepend"}}),
                "move",
                json!({"uid": 3, "after": "prepend"}),
            ),
            (
                "kick",
                json!({"username": "mallory", "reason": "spam"}),
                "kick",
                json!({"name": "mallory", "reason": "spam"}),
            ),
            ("next", json!({}), "next", json!({})),
        ] {
            let expected = Command::parse(name, &args).unwrap();
            assert_eq!(done(action, &payload), expected, "{action} {payload}");
        }
    }

    #[test]
    fn the_payloads_of_the_other_family() {
        let payload = json!({"action": "queue", "data": {"type": "yt", "id": "dQw4w9WgXcQ", "pos": "end", "temp": true}});
        let order = read(Asked::Named, payload.to_string().as_bytes()).unwrap();
        let args = json!({"media": {"type": "yt", "id": "dQw4w9WgXcQ"}, "temp": true});
        assert_eq!(
            order.wish,
            Wish::Do(Command::parse("queue", &args).unwrap())
        );
        assert_eq!(complaint(Asked::Named, "{}"), "bad_payload");
    }

    #[test]
    fn every_command_goes_by_its_own_name() {
        for name in Command::NAMES {
            assert_eq!(known(name), *name);
        }
        let lock = done("set_lock", &json!({"locked": true, "correlation_id": "x"}));
        assert_eq!(lock, Command::SetLock { locked: true });
    }

    #[test]
    fn what_does_not_fit_is_told_by_a_code_and_never_repeated() {
        let action = |name: &str| Asked::Command(name.to_owned());
        assert_eq!(complaint(action("chatt"), "{}"), "unknown_action");
        assert_eq!(complaint(action("chat"), "{}"), "bad_payload");
        assert_eq!(complaint(action("chat"), "[]"), "bad_payload");
        assert_eq!(complaint(action("chat"), "{\"message\": 5}"), "bad_payload");
        assert_eq!(
            complaint(action("chat"), &"x".repeat(PAYLOAD_MAX + 1)),
            "too_large"
        );
        let (_, told) = read(action("chat"), b"{\"message\": hunter2}").unwrap_err();
        assert!(!told.message.contains("hunter2"), "{}", told.message);
    }

    #[test]
    fn who_asks_is_known_even_when_what_is_not() {
        let payload = br#"{"channel": "c", "correlation_id": "abc", "nothing": 1}"#;
        let (sender, _) = read(Asked::Command("chat".to_owned()), payload).unwrap_err();
        assert_eq!(sender.channel.as_deref(), Some("c"));
        assert_eq!(sender.correlation_id.as_deref(), Some("abc"));
    }
}
