//! What people said, by the tool: searched for, counted, exported, and gone once it is redacted.

use crate::tool::Tool;
use projectionist::{Event, Read, Recorded, SqliteReader};
use serde_json::Value;
use std::collections::BTreeMap;

/// A generated log.
fn log(tool: &Tool) -> &'static str {
    let args = [
        "generate", "--events", "20000", "--seed", "7", "--log", "a.db",
    ];
    tool.run(&args).ok();
    "a.db"
}

/// Names and texts of the lines.
fn lines(tool: &Tool, log: &str) -> Vec<(String, String)> {
    let reader = SqliteReader::open(tool.path(log)).unwrap();
    let line = |event: Recorded| match event.event {
        Event::MessageSaid(message) => Some((message.user.name, message.text)),
        Event::PmSaid(pm) => Some((pm.from, pm.text)),
        _ => None,
    };
    let events = reader.read(&Read::default()).unwrap();
    events.into_iter().filter_map(line).collect()
}

/// Lines that hold a word, whole.
fn with_word(lines: &[(String, String)], word: &str) -> usize {
    let holds = |text: &str| {
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        words.any(|found| found.eq_ignore_ascii_case(word))
    };
    lines.iter().filter(|line| holds(&line.1)).count()
}

#[test]
fn a_search_finds_every_line_and_says_how_many_more_there_are() {
    let tool = Tool::new();
    let log = log(&tool);
    let all = with_word(&lines(&tool, log), "film");
    assert!(all > 30, "{all}");
    let whole = tool.run(&["search", log, "FILM", "--json", "--limit", "100000"]);
    assert!(!whole.err.contains("more"), "{}", whole.err);
    let whole = whole.ok().json_lines();
    assert_eq!(whole.len(), all);
    let asked = [
        "search", log, "film", "--json", "--limit", "10", "--offset", "10",
    ];
    let page = tool.run(&asked);
    let more = format!("{} more", all - 20);
    assert!(page.err.replace(',', "").contains(&more), "{}", page.err);
    assert_eq!(page.ok().json_lines(), whole[10..20]);
    for hit in &whole {
        let (snippet, marks) = (hit["snippet"].as_str().unwrap(), &hit["marks"]);
        let mark = |end: &str| usize::try_from(marks[0][end].as_u64().unwrap()).unwrap();
        let marked = &snippet[mark("from")..mark("until")];
        assert!(marked.eq_ignore_ascii_case("film"), "{marked}");
    }
    let csv = tool.run(&["search", log, "film", "--csv"]).ok().out;
    assert!(
        csv.starts_with("seq,said,kind,name,snippet,marks,rank\r\n"),
        "{csv}"
    );
    let none = tool.run(&["search", log, "nobodysaidthis"]).ok();
    assert!(none.out.is_empty() && none.err.contains("nothing found"));
}

#[test]
fn words_may_be_several_arguments_phrases_and_barred() {
    let tool = Tool::new();
    let log = log(&tool);
    let found = |more: &[&str]| {
        let asked = [&["search", log, "--json", "--limit", "100000"], more].concat();
        tool.run(&asked).ok().json_lines().len()
    };
    let both = found(&["film", "train"]);
    assert_eq!(found(&["film train"]), both);
    assert_eq!(found(&["film", "--", "-train"]), found(&["film"]) - both);
    assert!(found(&["\"film train\""]) <= both);
    assert!(found(&["fil*"]) >= found(&["film"]));
    tool.run(&["search", log]).fails_with(2);
}

/// Colours are for terminals; what the channel wrote is never obeyed.
#[test]
fn hits_for_people_are_one_line_each_and_plain_in_a_pipe() {
    let tool = Tool::new();
    let log = log(&tool);
    let asked = ["search", log, "film", "--limit", "1000000", "--tz", "UTC"];
    let text = tool.run(&asked).ok().out;
    assert_eq!(text.lines().count(), with_word(&lines(&tool, log), "film"));
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
    assert!(text.lines().all(|line| line.starts_with("20")), "{text}");
    let mut forced = tool.command(&asked);
    let output = forced.env("CLICOLOR_FORCE", "1").output().unwrap();
    let coloured = String::from_utf8(output.stdout).unwrap();
    assert!(coloured.contains("\u{1b}[1m\u{1b}[33m"), "{coloured:?}");
    assert_eq!(coloured.lines().count(), text.lines().count());
}

fn counts(rows: &[Value], name: &str, count: &str) -> BTreeMap<String, i64> {
    let row = |row: &Value| {
        let name = row[name].as_str().unwrap().to_owned();
        (name, row[count].as_i64().unwrap())
    };
    rows.iter().map(row).collect()
}

#[test]
fn stats_and_export_tell_chatters_emotes_and_messages() {
    let tool = Tool::new();
    let log = log(&tool);
    for (model, name, count) in [
        ("chatters", "identity", "messages"),
        ("emotes", "emote", "uses"),
        ("messages", "name", "seq"),
    ] {
        let asked = ["stats", log, model, "--json", "--limit", "1000000"];
        let rows = tool.run(&asked).ok().json_lines();
        assert!(rows.len() > 3, "{model}");
        let export = ["export", log, "--model", model, "--format", "ndjson"];
        let exported = tool.run(&export).ok().json_lines();
        assert_eq!(rows.len(), exported.len());
        assert_eq!(counts(&rows, name, count), counts(&exported, name, count));
        let table = tool.run(&["stats", log, model, "--limit", "3"]).ok().out;
        assert_eq!(table.lines().count(), 4, "{table}");
        let csv = tool.run(&["stats", log, model, "--csv"]).ok().out;
        assert!(csv.lines().next().unwrap().contains(count), "{csv}");
    }
}

#[test]
fn what_is_redacted_is_found_no_more_and_counts_no_more() {
    let tool = Tool::new();
    let log = log(&tool);
    let chatters = |log| {
        let rows = tool.run(&["stats", log, "chatters", "--json", "--limit", "100000"]);
        counts(&rows.ok().json_lines(), "identity", "messages")
    };
    let mut expected = chatters(log);
    let hits = tool.run(&["search", log, "film", "--json"]).ok();
    let name = hits.json_lines()[0]["name"].as_str().unwrap().to_owned();
    let of_one = ["search", log, "film", "--user", &name, "--json"];
    assert!(!tool.run(&of_one).ok().json_lines().is_empty());
    tool.run(&["redact", log, "--user", &name]).ok();
    assert_eq!(tool.run(&of_one).ok().json_lines().len(), 0);
    assert!(expected.remove(&name.to_ascii_lowercase()).is_some());
    assert_eq!(chatters(log), expected);
}
