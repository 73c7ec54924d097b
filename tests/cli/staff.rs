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
