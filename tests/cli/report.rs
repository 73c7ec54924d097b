//! The page about a room: whole, in one file, and with nothing of the channel's that would run.

use crate::tool::Tool;
use serde_json::Value;

/// A place with a generated log, `big.db`.
fn generated(events: &str) -> Tool {
    let tool = Tool::new();
    let args = [
        "generate", "--events", events, "--seed", "7", "--log", "big.db",
    ];
    tool.run(&args).ok();
    tool
}

/// The report of it all.
fn report(tool: &Tool, more: &[&str]) -> String {
    let args = [&["report", "big.db", "--out", "room.html"], more].concat();
    tool.run(&args).ok();
    std::fs::read_to_string(tool.path("room.html")).unwrap()
}

/// The figures that a page's charts are drawn from.
fn figures(html: &str) -> Value {
    let (_, figures) = html.split_once("id=\"figures\">").unwrap();
    let (figures, _) = figures.split_once("</script>").unwrap();
    serde_json::from_str(figures).unwrap()
}

/// A section of a page, as markup.
fn section<'a>(html: &'a str, id: &str) -> Option<&'a str> {
    let (_, rest) = html.split_once(&format!("<section id=\"{id}\""))?;
    rest.split("</section>").next()
}

/// The first row that a query gives.
fn first(tool: &Tool, sql: &str) -> Value {
    let rows = tool.run(&["sql", "big.db", sql, "--json"]).ok();
    rows.json_lines().remove(0)
}

#[test]
fn a_report_is_one_page_that_loads_nothing_and_runs_nothing_of_the_channels() {
    let tool = generated("3000");
    let args = [
        "report",
        "big.db",
        "--out",
        "room.html",
        "--tz",
        "Europe/Vienna",
        "--title",
        "<i>x",
    ];
    let ran = tool.run(&args).ok();
    assert!(ran.out.contains("room.html"), "{}", ran.out);
    let html = std::fs::read_to_string(tool.path("room.html")).unwrap();
    assert!(
        html.contains("<title>&lt;i&gt;x</title>"),
        "the title is text"
    );
    assert_eq!(
        html.matches("<script").count(),
        4,
        "the figures and three of ours"
    );
    assert!(html.contains("default-src 'none'"), "nothing is loaded");
    let figures = figures(&html);
    assert_eq!(figures["week"].as_array().unwrap().len(), 7 * 24);
    assert!(figures["population"].as_array().unwrap().len() > 10);
    assert!(!figures["plays"].as_array().unwrap().is_empty());
    assert!(!figures["presence"].as_array().unwrap().is_empty());
    // The range is all of the log: the first of each ranking is the first of its table.
    for (ranking, sql) in [
        (
            "emotes",
            "SELECT sum(uses) AS n FROM emote_lines GROUP BY emote ORDER BY 1 DESC LIMIT 1",
        ),
        (
            "queuers",
            "SELECT accepted AS n FROM (SELECT count(*) AS accepted FROM queue_history
                     WHERE outcome = 'accepted' GROUP BY identity) ORDER BY 1 DESC LIMIT 1",
        ),
        ("chatters", "SELECT max(messages) AS n FROM chatters"),
    ] {
        let row = first(&tool, sql);
        assert_eq!(figures[ranking][0]["count"], row["n"], "{ranking}");
    }
    let talks = figures["chatters"].as_array().unwrap();
    assert!(talks.iter().all(|row| row["name"] != "[server]"));
    let done = figures["moderation"].as_array().unwrap();
    assert!(!done.is_empty() && done.iter().all(|row| row.as_object().unwrap().len() == 2));
}

#[test]
fn a_report_of_nothing_says_so_and_writes_nothing() {
    let tool = generated("3000");
    let args = ["report", "big.db", "--out", "room.html", "--since", "now"];
    let error = tool.run(&args).fails_with_text(2);
    assert!(error.contains("nothing was observed"), "{error}");
    let args = [
        "report",
        "big.db",
        "--out",
        "room.html",
        "--tz",
        "Mars/Olympus",
    ];
    let error = tool.run(&args).fails_with_text(2);
    assert!(error.contains("Mars/Olympus"), "{error}");
    assert!(!tool.path("room.html").exists());
}

#[test]
fn polls_are_told_newest_first_and_votes_that_were_hidden_are_no_zeros() {
    let tool = generated("20000");
    let html = report(&tool, &[]);
    let polls = figures(&html)["polls"].clone();
    let polls = polls.as_array().unwrap();
    let sql = "SELECT min(count(*), 10) AS n, max(opened_us) / 1000 AS last FROM polls";
    let told = first(&tool, sql);
    assert_eq!(Value::from(polls.len()), told["n"]);
    assert_eq!(polls[0]["opened"], told["last"]);
    let opened: Vec<_> = polls.iter().map(|poll| poll["opened"].as_i64()).collect();
    assert!(opened.is_sorted_by(|a, b| a >= b), "{opened:?}");
    let options = polls.iter().flat_map(|poll| poll["options"].as_array());
    let options: Vec<_> = options.flatten().collect();
    let hidden = options.iter().filter(|option| option["votes"].is_null());
    let table = section(&html, "polls").unwrap();
    assert_eq!(table.matches("<tr><td").count(), options.len());
    assert_eq!(table.matches(">hidden</td>").count(), hidden.count());
}

#[test]
fn who_did_what_to_whom_is_told_only_where_asked_for() {
    let tool = generated("20000");
    assert_eq!(section(&report(&tool, &[]), "actions"), None);
    let html = report(&tool, &["--moderation"]);
    let named = section(&html, "actions").unwrap();
    let told = first(&tool, "SELECT count(*) AS n FROM moderation");
    assert_eq!(Value::from(named.matches("<tr><td").count()), told["n"]);
    let sql = "SELECT actor, target FROM moderation WHERE action = 'kick' LIMIT 1";
    let kick = first(&tool, sql);
    let names = ["actor", "target"].map(|who| format!("<td>{}</td>", kick[who].as_str().unwrap()));
    assert!(named.contains(&names.concat()), "{names:?}");
}

#[test]
fn gaps_are_told_by_cause_with_how_many_there_were() {
    let tool = generated("20000");
    let html = report(&tool, &[]);
    let causes = section(&html, "causes").unwrap();
    let sql = "SELECT coalesce(detail ->> '$.cause', kind) AS cause, count(*) AS n FROM gaps
               WHERE until_us IS NOT NULL GROUP BY 1";
    let rows = tool.run(&["sql", "big.db", sql, "--json"]).ok();
    let rows = rows.json_lines();
    assert!(rows.len() > 2, "{rows:?}");
    for row in rows {
        let cause = row["cause"].as_str().unwrap().replace('_', " ");
        let cells = format!("<td>{cause}</td><td class=\"n\">{}</td>", row["n"]);
        assert!(causes.contains(&cells), "{cells} in {causes}");
    }
}
