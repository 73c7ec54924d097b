//! The page about a room: whole, in one file, and with nothing of the channel's that would run.

use crate::tool::Tool;

#[test]
fn a_report_is_one_page_that_loads_nothing_and_runs_nothing_of_the_channels() {
    let tool = Tool::new();
    let args = [
        "generate", "--events", "3000", "--seed", "7", "--log", "big.db",
    ];
    tool.run(&args).ok();
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
    let figures = html.split("id=\"figures\">").nth(1).unwrap();
    let figures = figures.split("</script>").next().unwrap();
    let figures: serde_json::Value = serde_json::from_str(figures).unwrap();
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
        let rows = tool
            .run(&["sql", "big.db", sql, "--json"])
            .ok()
            .json_lines();
        assert_eq!(figures[ranking][0]["count"], rows[0]["n"], "{ranking}");
    }
    let done = figures["moderation"].as_array().unwrap();
    assert!(!done.is_empty() && done.iter().all(|row| row.as_object().unwrap().len() == 2));
}

#[test]
fn a_report_of_nothing_says_so_and_writes_nothing() {
    let tool = Tool::new();
    let args = [
        "generate", "--events", "3000", "--seed", "7", "--log", "big.db",
    ];
    tool.run(&args).ok();
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
