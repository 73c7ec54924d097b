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
