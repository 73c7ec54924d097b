//! What a synthetic room is made of: words, names, titles, emotes.
//!
//! Only data, all of it made up; addresses are those reserved for examples. `HOSTILE` holds what
//! breaks naive readers of a log: markup, quotes of SQL and CSV, marks of writing direction,
//! escape sequences of terminals.

/// Words of chat, the common ones first: a small index is drawn more often.
#[rustfmt::skip]
pub(super) const WORDS: &[&str] = &[
    "the", "this", "that", "it", "is", "and", "a", "so", "was", "what", "who", "lol", "not", "you",
    "one", "film", "scene", "good", "again", "really", "just", "like", "never", "best", "wait",
    "next", "queued", "skip", "song", "music", "ending", "love", "hate", "classic", "director",
    "actor", "again?", "why", "always", "sound", "frame", "cut", "reel", "popcorn", "title",
    "credits", "sequel", "old", "new", "colour", "subtitles", "dubbed", "plot", "twist", "hero",
    "villain", "train", "dog", "cat", "night", "rain", "city", "ocean", "moon", "robot", "ghost",
    "garden", "letter", "mirror", "bridge", "circus", "violin", "winter", "window", "whistle",
    "ümläut", "größer", "été", "señor", "кино", "映画", "film?", "first", "last", "hours", "minute",
    "remember", "forgot", "watch", "watched", "watching", "turn", "louder", "quiet", "brb", "back",
    "hello", "hi", "bye", "night!", "thanks", "sorry", "please", "maybe", "sure", "no",
];

/// First halves of account names.
#[rustfmt::skip]
pub(super) const NAMES: &[&str] = &[
    "reel", "Foley", "dolly", "Gaffer", "iris", "Celluloid", "matte", "bokeh", "Nitrate", "silver",
    "Grain", "zoom", "Pan", "tilt", "Montage", "shutter", "Lumen", "vertigo", "Rosebud", "noir",
    "Technic", "vista", "Cine", "Mono", "stereo", "flicker", "jump", "Slate", "boom", "Grip",
    "focus", "Lens", "aperture", "Wide", "tele", "macro", "Kino", "Ciak", "bobine", "Atelier",
];

/// Second halves.
#[rustfmt::skip]
pub(super) const TAILS: &[&str] = &[
    "", "_two", "Fan", "cat", "_x", "99", "er", "Bird", "-roll", "Moth", "mouse", "_de", "_fi",
    "Star", "box", "wolf", "Kid", "ette", "_1931", "Moon", "fox", "OwO", "-ng", "Baron", "ine",
    "smith", "_", "ology", "Queen", "44",
];

/// Names that guests take, one after the other.
#[rustfmt::skip]
pub(super) const GUESTS: &[&str] = &[
    "guest", "popcorn", "back_row", "someone", "TicketStub", "latecomer", "anon", "newbie",
    "friend_of_a_friend", "usher2", "wanderer", "rando", "visitor", "viewer1", "viewer2", "test",
    "hello", "lurker", "nobody", "temp",
];

/// Emotes of the channel; the common ones first.
#[rustfmt::skip]
pub(super) const EMOTES: &[&str] = &[
    ":popcorn:", ":clap:", ":lol:", ":cry:", ":hype:", ":sleep:", ":cat:", ":facepalm:", ":heart:",
    ":reel:", "/wave", "/rip", ":skip:", ":boo:", ":salute:", ":think:", ":dance:", ":fire:",
    ":ghost:", ":train:", "/shrug", ":tea:", ":umbrella:", ":eyes:", ":pray:", ":robot:", ":moon:",
    ":noir:", ":cut:", ":oscar:",
];

/// First halves of titles.
#[rustfmt::skip]
pub(super) const TITLES: &[&str] = &[
    "The Last", "Return of the", "Night of the", "A Day with the", "Making of the", "Beyond the",
    "Trailer: the", "Concert for the", "History of the", "The Silent", "Curse of the", "How to film a",
    "Ten hours of", "The Invisible", "Requiem for a", "Documentary:", "Short film:", "東京の",
    "Live: the", "Restored: the",
];

/// Second halves.
#[rustfmt::skip]
pub(super) const SUBJECTS: &[&str] = &[
    "Projectionist", "Lighthouse", "Train Station", "Paper Fox", "Orchestra", "Snowstorm", "Magician",
    "Typewriter", "Carousel", "Northern Lights", "Clockmaker", "Cinema", "Harbour", "Violinist",
    "Desert", "Robot", "Ghost Ship", "Winter Garden", "Astronomer", "Balloon", "Submarine", "雨",
    "Detective", "Marching Band", "Botanist",
];

/// Questions of polls, with their options.
pub(super) const POLLS: &[(&str, &[&str])] = &[
    (
        "What next?",
        &["a film", "music", "shorts", "whatever is queued"],
    ),
    ("Skip this?", &["yes", "no"]),
    ("Subtitles?", &["on", "off", "only for the songs"]),
    (
        "Marathon on Saturday?",
        &["yes", "no", "only the good ones"],
    ),
    ("Best of the evening?", &["first", "second", "third"]),
];

/// Why somebody was put out.
pub(super) const REASONS: &[&str] = &["spam", "spoilers", "flooding", "be nice", ""];

/// What is typed, titled or asked to break something.
pub(super) const HOSTILE: &[&str] = &[
    "</script><script>alert(1)</script>",
    "'; DROP TABLE event; --",
    "=HYPERLINK(\"http://example.com\",\"click\")",
    "+cmd|' /C calc'!A0",
    "\u{202e}txet desrever",
    "\u{2066}isolated\u{2069} \u{200f}mark",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "\"quoted\", with a comma; and a \\ backslash",
    "🎬👩‍👩‍👧‍👦🇫🇮 emoji 👍🏽",
    "<img src=x onerror=alert(1)>",
    "a\u{300}\u{301}\u{302}\u{303}\u{304} zalgo",
    "NULL",
    "%s%s%n {0} ${HOME} {{7*7}}",
    "one\u{a0}word\u{2028}two lines",
    "url(javascript:alert(1)); } body { display: none",
    "MATCH \"NEAR( OR * ^",
];
