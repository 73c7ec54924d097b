//! Polls, the playlist's additions and gaps, by the tool: what `stats` and `export` print is what
//! the tables hold.

use crate::tool::Tool;
use serde_json::Value;

/// A generated log.
fn log(tool: &Tool) -> &'static str {
    let args = [
        "generate", "--events", "20000", "--seed", "7", "--log", "a.db",
    ];
    tool.run(&args).ok();
    "a.db"
}

/// The one number that a query gives.
fn number(tool: &Tool, log: &str, sql: &str) -> Value {
    let rows = tool.run(&["sql", log, sql, "--json"]).ok().json_lines();
    rows[0]["n"].clone()
}

#[test]
fn stats_and_export_print_as_many_rows_as_the_table_holds() {
    let tool = Tool::new();
    let log = log(&tool);
    for (model, table) in [
        ("gaps", "gaps"),
        ("moderation", "moderation"),
        ("polls", "polls"),
        ("queue", "queue_history"),
    ] {
        let count = number(&tool, log, &format!("SELECT count(*) AS n FROM {table}"));
        let args = ["stats", log, model, "--json", "--limit", "1000000"];
        let rows = tool.run(&args).ok().json_lines();
        assert_eq!(Value::from(rows.len()), count, "{model}");
        assert!(!rows.is_empty(), "{model}");
        let args = ["export", log, "--model", model, "--format", "ndjson"];
        let exported = tool.run(&args).ok().json_lines();
        assert_eq!(exported.len(), rows.len(), "{model}");
        let csv = tool
            .run(&["stats", log, model, "--csv", "--limit", "3"])
            .ok();
        assert!(csv.out.lines().count() > 1, "{model}");
        let table = tool.run(&["stats", log, model, "--limit", "3"]).ok();
        assert!(!table.out.is_empty(), "{model}");
    }
}

#[test]
fn queuers_are_the_sums_of_what_was_queued_most_first() {
    let tool = Tool::new();
    let log = log(&tool);
    let args = ["stats", log, "queuers", "--json", "--limit", "100000"];
    let rows = tool.run(&args).ok().json_lines();
    let accepted: Vec<_> = rows
        .iter()
        .map(|row| row["accepted"].as_i64().unwrap())
        .collect();
    assert!(accepted.is_sorted_by(|a, b| a >= b), "{accepted:?}");
    let sql = "SELECT count(*) AS n FROM queue_history WHERE outcome = 'accepted'";
    let sum: i64 = accepted.iter().sum();
    assert_eq!(Value::from(sum), number(&tool, log, sql));
}

#[test]
fn stats_of_a_user_an_actor_or_an_action_are_theirs_alone() {
    let tool = Tool::new();
    let log = log(&tool);
    for (model, from, column, option) in [
        ("queue", "queue_history", "identity", "--user"),
        ("messages", "messages", "identity", "--user"),
        ("presence", "presence", "identity", "--user"),
        ("moderation", "moderation", "actor_identity", "--actor"),
        ("moderation", "moderation", "action", "--action"),
        ("emotes", "emote_uses", "identity", "--user"),
    ] {
        let sql = format!(
            "SELECT {column} AS who, count(*) AS n FROM {from} WHERE {column} IS NOT NULL
             GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
        );
        let row = tool.run(&["sql", log, &sql, "--json"]).ok().json_lines();
        let who = row[0]["who"].as_str().unwrap();
        let args = ["stats", log, model, "--json", "--limit", "1000000"];
        let all = tool.run(&args).ok().json_lines().len();
        let args = [args.as_slice(), &[option, who]].concat();
        let rows = tool.run(&args).ok().json_lines();
        assert_eq!(Value::from(rows.len()), row[0]["n"], "{model} {option}");
        assert!(rows.len() < all || model == "emotes", "{model} {option}");
    }
}

#[test]
fn stats_of_a_user_are_refused_where_they_would_be_those_of_everybody() {
    let tool = Tool::new();
    let log = log(&tool);
    let error = tool.run(&["stats", log, "plays", "--user", "bob"]);
    let error = error.fails_with_text(2);
    assert!(error.contains("--user is for"), "{error}");
    for option in ["--actor", "--action"] {
        let error = tool.run(&["stats", log, "messages", option, "kick"]);
        let error = error.fails_with_text(2);
        assert!(error.contains("are for moderation"), "{error}");
    }
}
