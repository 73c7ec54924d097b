//! What an evening is made of: nicknames, films, lines, questions.
//!
//! Only data. The nicknames are the trade's tools and terms; the addresses are those reserved for
//! examples. The lines hold what breaks naive clients: HTML, entities, emotes, several scripts.

/// Who may be there: nickname and rank.
pub(super) const CAST: &[(&str, f64)] = &[
    ("Projector", 4.0),
    ("Usher", 2.0),
    ("Gaffer", 2.0),
    ("reel_two", 1.0),
    ("Sprocket", 1.0),
    ("foley", 1.0),
    ("Dolly-Grip", 1.0),
    ("bokeh", 1.0),
    ("matinee", 1.0),
    ("Celluloid", 1.0),
    ("popcorn", 0.0),
    ("back_row", 0.0),
    ("IrisOut", 0.0),
    ("wipe", 0.0),
    ("jumpcut", 0.0),
    ("MacGuffin", 0.0),
    ("b-roll", 0.0),
    ("Clapper", 0.0),
    ("nitrate", 0.0),
    ("TicketStub", 0.0),
    ("zoetrope", 0.0),
    ("flicker24", 0.0),
    ("Aspect_185", 0.0),
    ("credits", 0.0),
];

/// What may be shown: type, id, title, seconds.
pub(super) const PROGRAMME: &[(&str, &str, &str, f64)] = &[
    ("yt", "aXr1v4lTr4n", "Arrival of a train, colourised", 58.0),
    (
        "yt",
        "m00nR0ck3tX",
        "A trip to the moon (restored) – part 1",
        142.0,
    ),
    (
        "yt",
        "c4tP14n0xxZ",
        "Cat plays the piano & nobody minds",
        47.0,
    ),
    ("yt", "7imelap5eQw", "Timelapse: 24 h of clouds <4K>", 95.0),
    ("vi", "76979871", "Stop motion: the paper fox", 124.0),
    ("vi", "22439234", "Northern lights over a harbour", 88.0),
    (
        "dm",
        "x2hwqlw",
        "Documentary short: how film is spliced",
        187.0,
    ),
    ("yt", "l0f1b34tsQQ", "Lo-fi for projectionists", 203.0),
    ("yt", "p4r4d0xTime", "東京の雨 – rain in the city", 76.0),
    (
        "bn",
        "quietduo;overture",
        "Overture for two tape machines",
        165.0,
    ),
    (
        "pt",
        "video.example.org;1b2c3d4e",
        "Opening credits, but only the fonts",
        64.0,
    ),
    (
        "yt",
        "wh1stl3Xyyz",
        "How to whistle with your fingers",
        52.0,
    ),
    ("tw", "lateshow_live", "Twitch.tv - lateshow_live", 0.0),
    ("od", "archive;newsreel-1936", "Newsreel, 1936", 110.0),
];

/// What may be said. `{}` is somebody present.
pub(super) const LINES: &[&str] = &[
    "hello everyone",
    "evening {}",
    "what did I miss?",
    "lol",
    "this is the best part",
    "no spoilers please :popcorn:",
    ">be me",
    ">implying the sequel was better",
    "/me dims the lights",
    "/me throws popcorn at {}",
    "/sp the butler did it",
    "source? https://example.com/films?id=42&lang=en",
    "see also http://example.org/wiki/Zoetrope",
    "1 < 2 && 3 > 2, \"obviously\"",
    "<b>not bold</b> at all",
    "*this* is bold, _this_ is not",
    "`fn main() {}`",
    "[sp]the rocket lands in the eye[/sp]",
    ":popcorn: :popcorn: :popcorn:",
    ":clap: :clap:",
    "naïve café – ¿qué tal? ありがとう 🎬🍿",
    "Привет, {}!",
    "brb",
    "the audio is a bit ahead for me",
    "{}: same here, reload the player",
    "who queued this",
    "skip?",
    "don't you dare skip this",
    "10/10 would watch again",
    "is it me or is it lagging",
    "~~never mind~~",
    "one more and then bed. one more. really.",
];

/// Questions and their options.
pub(super) const POLLS: &[(&str, &[&str])] = &[
    ("What next?", &["a short", "a feature", "the news"]),
    ("Subtitles?", &["on", "off"]),
    (
        "Best snack <salty> or sweet?",
        &["popcorn", "chocolate", "both & more"],
    ),
];
