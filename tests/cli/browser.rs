//! The report in a real browser: every chart draws, nothing is asked of the network, nothing of the
//! channel's runs, and the figures are those of the log.
//!
//! Without a Chromium the test says so and passes, unless `REQUIRE_BROWSER=1` is set. `CHROMIUM`
//! names one that is not on the path.

use crate::tool::Tool;
use projectionist::event_log::EventLog;
use projectionist::sqlite::{LogOptions, SqliteLog};
use projectionist::views::rusqlite::Connection;
use projectionist::{Event, Kind, Recorded, Seq, SqliteReader, UnixMicros, event::Origin};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};

/// What a channel can try: it would mark the page if it ran, and be heard if it were loaded.
const HOSTILE: [&str; 5] = [
    "</script><script>document.documentElement.dataset.owned = 1</script>",
    "<img src=\"http://evil.example/a.png\" onerror=\"document.documentElement.dataset.owned = 2\">",
    "\"><svg onload=\"document.documentElement.dataset.owned = 3\"><style>@import 'http://evil.example/b.css';",
    "javascript:document.documentElement.dataset.owned=4//&lt;script&gt;'-->",
    "</title></td></table>\u{202e}\u{0}&#60;script&#62;",
];

fn chromium() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok();
    let known = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    let runs = |name: &String| Command::new(name).arg("--version").output().is_ok();
    let found = named.into_iter().chain(known).find(runs);
    assert!(
        found.is_some() || std::env::var_os("REQUIRE_BROWSER").is_none(),
        "no Chromium, but REQUIRE_BROWSER is set"
    );
    found
}

/// A proxy that lets nothing through and tells what was asked of it.
fn proxy() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (asked, told) = channel();
    let answer = move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut line = String::new();
            let _ = BufReader::new(&stream).read_line(&mut line);
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
            if asked.send(line).is_err() {
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().name("proxy".to_owned());
    thread.spawn(answer).unwrap();
    (port, told)
}

/// The page as it stands once its scripts have run, and what was asked of the network for it. What
/// the browser asks for on its own account does not count.
fn open(browser: &str, page: &Path, profile: &Path) -> (String, Vec<String>) {
    let (port, asked) = proxy();
    let output = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu"])
        .args(["--disable-background-networking", "--no-first-run"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--proxy-server=http://127.0.0.1:{port}"))
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(dom.contains("</html>"), "{output:?}");
    let own = ["google", "gvt1.com", "gstatic"];
    let foreign = |line: &String| !own.iter().any(|host| line.contains(host));
    (dom, asked.try_iter().filter(foreign).collect())
}

/// Events that nobody should have to trust, behind those of the log.
fn append_hostile(path: &Path) {
    let options = {
        let reader = SqliteReader::open(path).unwrap();
        LogOptions::new(reader.channel(), reader.origin())
    };
    let mut log = SqliteLog::create_or_open(path, &options).unwrap();
    let mut bodies = vec![
        (
            "connected",
            json!({"endpoint": "https://a:1", "transport": "websocket", "attempt": 1}),
        ),
        (
            "joined",
            json!({"users": [], "media": null, "viewpoint": {"name": null, "guest": null, "rank": -1},
                   "replay": {"received": 0, "new": 0, "overlap": 0}}),
        ),
    ];
    // Of a poll the server sends HTML: what it escaped is a text that looks like markup.
    let options = HOSTILE.map(|text| text.replace('&', "&amp;").replace('<', "&lt;"));
    let head = log.head();
    let at = head.received_at.0;
    let opened_ms = at / 1_000 + 1_000;
    bodies.push((
        "poll_open",
        json!({"title": options[0], "options": options, "counts": [5, 4, 3, 2, null],
               "hidden": false, "initiator": HOSTILE[1], "opened_ms": opened_ms}),
    ));
    for (n, text) in HOSTILE.iter().enumerate() {
        let user = json!({"name": text, "rank": 1, "afk": false, "muted": false,
                          "profile": {"image": text, "text": text}});
        bodies.push(("user_join", json!({ "user": user })));
        for _ in 0..60 {
            let media = json!({"type": "yt", "id": format!("id{n}"), "title": text, "seconds": 60});
            bodies.push((
                "media_change",
                json!({"uid": n, "media": media, "position_s": 0, "paused": false, "resync": false}),
            ));
            bodies.push((
                "message",
                json!({"user": {"name": text, "rank": 1, "afk": false, "muted": false}, "html": text,
                       "text": text, "style": "plain", "source": "user"}),
            ));
        }
    }
    let mut events = Vec::new();
    for (n, (kind, body)) in (1..).zip(&bodies) {
        let kind = Kind::parse(kind).unwrap();
        events.push(Recorded {
            seq: Seq(head.seq.0 + n),
            session: 1_000,
            received_at: UnixMicros(at + i64::try_from(n).unwrap() * 10_000_000),
            sent_ms: None,
            origin: Origin::Live,
            actor: None,
            cause: None,
            corr: None,
            dedup_key: None,
            event: Event::decode(kind, kind.schema_v(), &body.to_string()).unwrap(),
            raw: None,
            redacted: false,
        });
    }
    log.append(&events).unwrap();
    log.close().unwrap();
}

/// The rows of a section's table, cells as text.
fn table(dom: &str, section: &str) -> Vec<Vec<String>> {
    let (_, rest) = dom
        .split_once(&format!("<section id=\"{section}\""))
        .unwrap();
    let (section, _) = rest.split_once("</section>").unwrap();
    let (_, body) = section.split_once("<tbody>").unwrap();
    let rows = body.split("<tr>").skip(1);
    rows.map(|row| {
        let cells = row.split("<td").skip(1);
        let text = |cell: &str| {
            let (_, text) = cell.split_once('>').unwrap();
            projectionist::model::text_of_html(text.split("</td>").next().unwrap())
        };
        cells.map(text).collect()
    })
    .collect()
}

fn total(dom: &str, name: &str) -> String {
    let (_, rest) = dom.split_once(&format!("<dt>{name}</dt><dd>")).unwrap();
    rest.split('<').next().unwrap().replace(',', "")
}

#[test]
fn a_browser_draws_the_report_asks_for_nothing_and_runs_nothing_of_the_channels() {
    let Some(browser) = chromium() else {
        println!("NOT RUN: no Chromium here; set CHROMIUM, or REQUIRE_BROWSER=1 to insist");
        return;
    };
    let tool = Tool::new();
    let args = [
        "generate", "--events", "8000", "--seed", "7", "--log", "big.db",
    ];
    tool.run(&args).ok();
    append_hostile(&tool.path("big.db"));
    let args = [
        "report",
        "big.db",
        "--out",
        "room.html",
        "--tz",
        "UTC",
        "--title",
        HOSTILE[0],
    ];
    tool.run(&args).ok();
    let (dom, asked) = open(&browser, &tool.path("room.html"), &tool.path("profile"));

    // Every place for a chart holds one, with something in it.
    let places: Vec<_> = dom.split("data-chart=\"").skip(1).collect();
    assert!(places.len() >= 6, "{}", places.len());
    assert!(dom.contains(&format!("data-drawn=\"{}\"", places.len())));
    for place in &places {
        let name = place.split('"').next().unwrap();
        let (_, chart) = place.split_once("<svg").unwrap();
        let (chart, _) = chart.split_once("</figure>").unwrap();
        let marks = ["<rect", "<path", "<circle", "<line"];
        let count: usize = marks.iter().map(|mark| chart.matches(mark).count()).sum();
        assert!(count > 5, "{name}: {count} marks");
    }

    assert_eq!(asked, Vec::<String>::new());
    assert!(
        !dom.contains("data-owned"),
        "something of the channel's ran"
    );

    let polls = table(&dom, "polls");
    for (row, text) in polls.iter().zip(HOSTILE) {
        assert_eq!(spoken(&row[1]), spoken(HOSTILE[0]));
        assert_eq!(spoken(&row[2]), spoken(text));
    }
    let votes: Vec<_> = polls.iter().take(5).map(|row| row[3].as_str()).collect();
    assert_eq!(votes, ["5", "4", "3", "2", "hidden"]);

    // The figures, from the log by plain SQL.
    let log = Connection::open(tool.path("big.db")).unwrap();
    let (_, period) = dom.split_once("<p class=\"soft\">").unwrap();
    let from = period.split(" to ").next().unwrap();
    let sql = "SELECT count(*) FROM events WHERE kind = 'message'
               AND json_extract(body, '$.source') = 'user'
               AND coalesce(sent_ms / 1000, received_us / 1000000) >= unixepoch(?1)";
    let messages: i64 = log.query_row(sql, [from], |row| row.get(0)).unwrap();
    assert_eq!(total(&dom, "messages"), messages.to_string());
    let sql = "SELECT json_extract(body, '$.media.title'), count(*) FROM events
               WHERE kind = 'media_change' AND origin = 'live'
               GROUP BY json_extract(body, '$.media.id') ORDER BY 2 DESC LIMIT 5";
    let mut statement = log.prepare(sql).unwrap();
    let played = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let played: Vec<(String, i64)> = played.unwrap().map(Result::unwrap).collect();
    let shown = table(&dom, "media");
    for (title, count) in &played {
        assert_eq!(*count, 60, "the hostile ones lead");
        let told = |row: &&Vec<String>| spoken(&row[0]) == spoken(title);
        let row = shown
            .iter()
            .find(told)
            .unwrap_or_else(|| panic!("{title:?} in {shown:?}"));
        assert_eq!(row[1], count.to_string());
    }
}

/// A text without the signs that no page shows.
fn spoken(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).collect()
}

/// What the other test takes for silence would be heard.
#[test]
fn a_page_that_loads_and_runs_something_is_found_out() {
    let Some(browser) = chromium() else {
        return;
    };
    let tool = Tool::new();
    let page = format!("<!DOCTYPE html><html><body>{}</body></html>", HOSTILE[1]);
    std::fs::write(tool.path("page.html"), page).unwrap();
    let (dom, asked) = open(&browser, &tool.path("page.html"), &tool.path("profile"));
    let heard = asked.iter().any(|line| line.contains("evil.example/a.png"));
    assert!(heard, "{asked:?}");
    assert!(dom.contains("data-owned=\"2\""), "{dom}");
}
