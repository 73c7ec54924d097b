//! The server's notices to moderators, read: who did what to whom (`src/channel/kickban.js`,
//! `src/channel/chat.js`, `src/channel/ranks.js`).
//!
//! They are sentences, not data: what fits none of the known ones is left alone.

/// What a notice tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told<'a> {
    /// A word of the table's.
    pub(super) action: &'static str,
    /// `None`: the server itself.
    pub(super) actor: Option<&'a str>,
    pub(super) target: Option<&'a str>,
    pub(super) detail: Option<&'a str>,
}

/// The verbs whose object is a user.
const VERBS: [(&str, &str); 7] = [
    ("kicked", "kick"),
    ("banned", "ban"),
    ("namebanned", "ban"),
    ("unbanned", "unban"),
    ("muted", "mute"),
    ("shadowmuted", "shadow_mute"),
    ("unmuted", "unmute"),
];

/// What the text of a notice tells; `None`: nothing of this kind.
pub(super) fn told(text: &str) -> Option<Told<'_>> {
    let (subject, rest) = text.split_once(' ')?;
    if rest == "was kicked (name is banned)" {
        return Some(Told {
            action: "kick",
            actor: None,
            target: Some(subject),
            detail: Some("name is banned"),
        });
    }
    let (verb, object) = rest.split_once(' ')?;
    let by = Told {
        action: "",
        actor: Some(subject),
        target: None,
        detail: None,
    };
    if verb == "kicked" && object == "anonymous users" {
        return Some(Told {
            action: "kick_anonymous",
            ..by
        });
    }
    if verb == "set" {
        let (target, rank) = object.split_once("'s rank to ")?;
        return Some(Told {
            action: "rank",
            target: name(target),
            detail: Some(rank),
            ..by
        });
    }
    let (_, action) = VERBS.iter().find(|(known, _)| *known == verb)?;
    Some(Told {
        action,
        target: Some(banned(object).or_else(|| name(object))?),
        ..by
    })
}

/// The name in `ADDRESS (name)`, as a ban of an address tells it.
fn banned(object: &str) -> Option<&str> {
    let (_, rest) = object.split_once(" (")?;
    name(rest.strip_suffix(')')?)
}

/// A name has no blanks.
fn name(word: &str) -> Option<&str> {
    (!word.is_empty() && !word.contains(char::is_whitespace)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_tell_who_did_what_to_whom() {
        for (text, expected) in [
            ("bob kicked dave", ("kick", "bob", "dave")),
            ("alice banned [address] (erin3)", ("ban", "alice", "erin3")),
            ("bob namebanned dave", ("ban", "bob", "dave")),
            ("bob unbanned dave", ("unban", "bob", "dave")),
            ("bob shadowmuted erin", ("shadow_mute", "bob", "erin")),
            ("bob kicked anonymous users", ("kick_anonymous", "bob", "")),
            ("dave was kicked (name is banned)", ("kick", "", "dave")),
            ("alice set dave's rank to 2", ("rank", "alice", "dave")),
        ] {
            let told = told(text).unwrap();
            let (actor, target) = (told.actor.unwrap_or(""), told.target.unwrap_or(""));
            assert_eq!((told.action, actor, target), expected, "{text}");
        }
    }

    #[test]
    fn other_notices_tell_nothing() {
        for text in [
            "",
            "carol joined",
            "alice cleared chat.",
            "bob kicked",
            "bob kicked a man",
            "bob set the clock",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
