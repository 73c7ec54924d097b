//! The views by the tool: built, stopped and gone on with, asked, and refused.

use crate::running::Running;
use crate::tool::Tool;
use projectionist::views::{Views, ViewsBuilder, path_of};
use projectionist::{Event, Read, SqliteReader};
use serde_json::{Value, json};

/// A generated log.
fn log(tool: &Tool, events: &str) -> &'static str {
    let args = [
        "generate", "--events", events, "--seed", "7", "--log", "a.db",
    ];
    tool.run(&args).ok();
    "a.db"
}

fn joins(tool: &Tool, log: &str) -> usize {
    let reader = SqliteReader::open(tool.path(log)).unwrap();
    let events = reader.read(&Read::default()).unwrap();
    let joined = |event: &&projectionist::Recorded| matches!(event.event, Event::Joined(_));
    events.iter().filter(joined).count()
}

#[test]
fn views_are_built_once_told_of_and_built_anew_on_demand() {
    let tool = Tool::new();
    let log = log(&tool, "6000");
    let status = || tool.run(&["views", "status", log, "--json"]);
    let missing = status().fails_with(3);
    assert_eq!(
        (&missing.json()["lag"], &missing.json()["views"]),
        (&json!(6000), &Value::Null)
    );
    assert!(missing.err.contains("views build"), "{}", missing.err);

    let built = tool.run(&["views", "build", log, "--json"]).ok().json();
    assert_eq!(
        (&built["events"], &built["complete"]),
        (&json!(6000), &json!(true))
    );
    let again = tool.run(&["views", "build", log, "--json"]).ok().json();
    assert_eq!(
        (&again["events"], &again["rebuilt"]),
        (&json!(0), &Value::Null)
    );
    let told = status().ok().json();
    assert_eq!((&told["lag"], &told["head"]), (&json!(0), &json!(6000)));
    assert_eq!(told["views"]["quarantined"], 0);
    assert_eq!(told["views"]["channel"], "synthetic");

    let anew = tool.run(&["views", "rebuild", log, "--json"]).ok().json();
    assert_eq!(
        (&anew["events"], &anew["rebuilt"]),
        (&json!(6000), &json!("asked for"))
    );
    let text = tool.run(&["views", "status", log]).ok().out;
    assert!(
        text.contains("up to event 6000 of 6000: 0 behind"),
        "{text}"
    );
}

/// Settings are of the file: what only asks must not build it anew under others.
#[test]
fn settings_stay_until_others_are_asked_for() {
    let tool = Tool::new();
    let log = log(&tool, "1000");
    let debounce = ["views", "build", log, "--presence-debounce", "7", "--json"];
    tool.run(&debounce).ok();
    tool.run(&["stats", log, "observed"]).ok();
    assert_eq!(
        tool.run(&["views", "build", log, "--json"]).ok().json()["rebuilt"],
        Value::Null
    );
    let told = tool.run(&["views", "status", log, "--json"]).ok().json();
    assert_eq!(told["views"]["options"]["presence_debounce"], 7);
    let other = ["views", "build", log, "--presence-debounce", "8", "--json"];
    let why = tool.run(&other).ok().json()["rebuilt"].clone();
    assert_eq!(why, "the settings have changed");
}

#[test]
fn stats_bring_the_views_up_to_date_and_print_what_the_log_tells() {
    let tool = Tool::new();
    let log = log(&tool, "6000");
    let stats = |more: &[&str]| {
        let args = [&["stats", log, "observed"], more].concat();
        tool.run(&args).ok()
    };
    let rows = stats(&["--json"]).json_lines();
    assert!(rows.len() > 3);
    assert_eq!(rows.len(), joins(&tool, log));
    let from = rows[0]["from_at"].as_str().unwrap();
    assert!(from.starts_with("2026-01-05T16:00:00."), "{from}");
    let (from, until) = (&rows[0]["from_us"], &rows[0]["until_us"]);
    let seconds = (until.as_i64().unwrap() - from.as_i64().unwrap()) as f64 / 1e6;
    assert_eq!(rows[0]["seconds"], seconds);

    let csv = stats(&["--csv", "--limit", "2", "--offset", "1"]).out;
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[0], "from,until,seconds,open,ended_by");
    assert!(
        lines[1].starts_with(rows[1]["from_at"].as_str().unwrap()),
        "{csv}"
    );
    assert_eq!(lines.len(), 4, "{csv}");

    let last = stats(&["--json", "--reversed", "--limit", "1"]).json_lines();
    assert_eq!(last[0], rows[rows.len() - 1]);
    let none = stats(&["--since", "2030-01-01"]);
    assert_eq!((none.out.as_str(), none.err.trim()), ("", "nothing there"));
}

#[test]
fn tables_are_aligned_show_a_zone_of_ones_own_and_fit_the_window() {
    let tool = Tool::new();
    let log = log(&tool, "1000");
    let args = [
        "stats",
        log,
        "observed",
        "--tz",
        "Europe/Helsinki",
        "--limit",
        "2",
    ];
    let table = tool.run(&args).ok().out;
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[0].starts_with("from                 until "),
        "{table}"
    );
    assert!(
        lines[1].starts_with("2026-01-05 18:00:00  2026-01-0"),
        "{table}"
    );
    let end = |line: &str, part: &str| line.find(part).map(|at| at + part.len());
    assert_eq!(
        end(lines[0], "seconds"),
        end(lines[1], "  no").map(|at| at - 4),
        "{table}"
    );

    let sql = "select seq, text from log.messages where length(text) > 40 limit 3";
    let mut narrow = tool.command(&["sql", log, sql]);
    let output = narrow.env("COLUMNS", "30").output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.lines().all(|line| line.chars().count() <= 30),
        "{table}"
    );
    assert!(table.lines().nth(1).unwrap().ends_with('…'), "{table}");
    tool.run(&["stats", log, "observed", "--tz", "Nowhere/Land"])
        .fails_with(2);
}

/// What the channel wrote is shown, never obeyed; data stays what it is.
#[test]
fn nothing_hostile_reaches_a_terminal_and_csv_stays_one_row_a_row() {
    let tool = Tool::new();
    let log = log(&tool, "20000");
    let sql = "select seq, text from log.messages where text like '%' || char(27) || '%'
               or text like '%' || char(8238) || '%' or text like '%\"%'";
    let table = tool.run(&["sql", log, sql]).ok().out;
    assert!(table.lines().count() > 5, "{table}");
    let is_unsafe = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!table.contains(is_unsafe), "{table:?}");
    let rows = tool.run(&["sql", log, sql, "--json"]).ok().json_lines();
    assert_eq!(rows.len() + 1, table.lines().count());
    assert!(
        rows.iter()
            .any(|row| row["text"].as_str().unwrap().contains('\u{1b}'))
    );
    let csv = tool.run(&["sql", log, sql, "--csv"]).ok().out;
    assert_eq!(csv.matches("\r\n").count(), rows.len() + 1);
    let quoted = "\"=HYPERLINK(\"\"http://example.com\"\",\"\"click\"\")\"";
    assert!(csv.contains(quoted), "{csv}");
}

#[test]
fn sql_reads_views_and_log_and_writes_nothing() {
    let tool = Tool::new();
    let log = log(&tool, "1000");
    let sql = |sql: &str| tool.run(&["sql", log, sql, "--json"]);
    let rows = sql("select (select count(*) from log.events) as events,
                    (select count(*) from observed) as spans");
    let rows = rows.ok().json_lines();
    assert_eq!(rows, [json!({"events": 1000, "spans": joins(&tool, log)})]);
    let before = std::fs::read(tool.path(log)).unwrap();
    for statement in [
        "delete from observed",
        "delete from log.event",
        "create table log.mine (x)",
        "create table mine (x)",
        "pragma query_only = off",
        "attach 'new.db' as new",
        "select 1; select 2",
        "",
        "selct",
    ] {
        let refused = sql(statement).fails_with(2);
        assert_eq!(refused.out, "", "{statement}");
    }
    assert_eq!(std::fs::read(tool.path(log)).unwrap(), before);
    assert!(!tool.path("new.db").exists());
}

#[test]
fn a_question_that_would_run_for_ever_is_stopped() {
    let tool = Tool::new();
    let log = log(&tool, "10");
    let sql = "with recursive n(i) as (select 1 union all select i + 1 from n)
               select count(*) from n";
    let text = tool
        .run(&["sql", log, sql, "--timeout", "50ms"])
        .fails_with_text(1);
    assert!(text.contains("stopped after 50ms"), "{text}");
    tool.run(&["sql", log, sql, "--timeout", "0s"])
        .fails_with(2);
}

#[test]
fn a_read_model_is_exported_whole() {
    let tool = Tool::new();
    let log = log(&tool, "6000");
    let export = |format: &str, more: &[&str]| {
        let args = [
            &["export", log, "--model", "observed", "--format", format],
            more,
        ]
        .concat();
        tool.run(&args)
    };
    let rows = export("ndjson", &[]).ok().json_lines();
    assert_eq!(rows.len(), joins(&tool, log));
    let from = rows[0]["from_at"].as_str().unwrap();
    assert!(from.starts_with("2026-01-05T16:00:00."), "{from}");
    export("csv", &["--out", "observed.csv"]).ok();
    let csv = std::fs::read_to_string(tool.path("observed.csv")).unwrap();
    assert!(
        csv.starts_with("from_seq,from_us,from_at,until_seq,"),
        "{csv}"
    );
    assert_eq!(csv.matches("\r\n").count(), rows.len() + 1);
    for out in [log, "a.db.views.db"] {
        let before = std::fs::read(tool.path(out)).unwrap();
        export("csv", &["--out", out]).fails_with(2);
        assert_eq!(std::fs::read(tool.path(out)).unwrap(), before);
    }
    export("csv", &["--kinds", "message"]).fails_with(2);
}

#[test]
fn views_may_be_elsewhere_and_must_be_of_the_log() {
    let tool = Tool::new();
    let log = log(&tool, "1000");
    let args = [
        "generate", "--events", "100", "--seed", "8", "--log", "b.db",
    ];
    tool.run(&args).ok();
    tool.run(&["views", "build", "b.db", "--views", "other.db"])
        .ok();
    assert!(!tool.path("b.db.views.db").exists());
    let asked = [
        "stats",
        log,
        "observed",
        "--views",
        "other.db",
        "--no-update",
    ];
    let text = tool.run(&asked).fails_with_text(3);
    assert!(text.contains("is of another log"), "{text}");
    let status = ["views", "status", log, "--views", "other.db", "--json"];
    assert_eq!(
        tool.run(&status).ok().json()["unfit"],
        "they are of another log"
    );
    // The log itself is no views file, and stays.
    let before = std::fs::read(tool.path(log)).unwrap();
    tool.run(&["views", "build", log, "--views", "b.db"])
        .fails_with(3);
    tool.run(&["stats", "missing.db", "observed"]).fails_with(3);
    tool.run(&[
        "stats",
        log,
        "observed",
        "--views",
        "none.db",
        "--no-update",
    ])
    .fails_with(3);
    assert_eq!(std::fs::read(tool.path(log)).unwrap(), before);
}

/// Method: another builder holds the file, in the midst of its run, while the tool asks.
#[test]
fn while_another_run_builds_what_there_is_is_asked() {
    let tool = Tool::new();
    let log = log(&tool, "1000");
    tool.run(&["views", "build", log]).ok();
    let reader = SqliteReader::open(tool.path(log)).unwrap();
    let mut asked = false;
    let run = ViewsBuilder::new(&reader).afresh().update(&mut |_, _| {
        if !std::mem::replace(&mut asked, true) {
            let ran = tool.run(&["stats", log, "observed", "--json"]).ok();
            assert!(ran.err.contains("in use"), "{}", ran.err);
            assert_eq!(ran.json_lines().len(), joins(&tool, log));
            tool.run(&["views", "build", log]).fails_with(3);
        }
        true
    });
    assert!(run.unwrap().complete && asked);
}

#[test]
fn what_is_old_is_said_where_nothing_is_brought_up_to_date() {
    let tool = Tool::new();
    let log = log(&tool, "1000");
    tool.run(&["views", "build", log]).ok();
    let conn = rusqlite::Connection::open(path_of(&tool.path(log))).unwrap();
    conn.execute("UPDATE projector SET seq = 900", []).unwrap();
    drop(conn);
    let ran = tool.run(&["stats", log, "observed", "--no-update"]).ok();
    assert!(
        ran.err.contains("lack the newest 100 events"),
        "{}",
        ran.err
    );
}

#[test]
fn a_search_finds_lines_with_all_the_words() {
    let tool = Tool::new();
    let log = log(&tool, "20000");
    let search = |more: &[&str]| {
        let args = [&["search", log, "FILM train", "--json"], more].concat();
        tool.run(&args).ok().json_lines()
    };
    let found = search(&["--limit", "1000"]);
    assert!(found.len() > 10);
    for hit in &found {
        let text = hit["snippet"].as_str().unwrap().to_lowercase();
        assert!(text.contains("film") && text.contains("train"), "{text}");
    }
    let name = found[0]["name"].as_str().unwrap().to_ascii_uppercase();
    let of_one = search(&["--limit", "1000", "--user", &name]);
    let expected = found.iter().filter(|hit| {
        let by = hit["name"].as_str().unwrap();
        by.eq_ignore_ascii_case(&name)
    });
    assert_eq!(of_one, expected.cloned().collect::<Vec<_>>());
    assert_eq!(search(&["--limit", "3"]).len(), 3);
    assert_eq!(search(&["--since", "2030-01-01"]).len(), 0);
    tool.run(&["search", log, "..."]).fails_with(2);
}

/// Method: the signal comes as soon as the run has begun. What was taken by then is not taken again.
#[test]
fn a_signal_stops_a_build_and_the_next_run_goes_on() {
    let tool = Tool::new();
    let log = log(&tool, "40000");
    let running = Running::start(&tool, &["views", "build", log, "--json", "-v"]);
    running.notes("bringing the views up to date");
    running.signal("INT");
    let stopped = running.end();
    assert_eq!(stopped.code, 0, "{}", stopped.err);
    let first = stopped.json();
    if first["complete"] == json!(false) {
        assert!(
            stopped.err.contains("the next run goes on"),
            "{}",
            stopped.err
        );
        let status = tool.run(&["views", "status", log, "--json"]).fails_with(3);
        assert_eq!(status.json()["partial_seq"], first["seq"]);
    }
    let second = tool.run(&["views", "build", log, "--json"]).ok().json();
    let taken = |run: &Value| run["events"].as_u64().unwrap();
    assert_eq!(taken(&first) + taken(&second), 40_000);
    assert_eq!(
        (&second["seq"], &second["complete"]),
        (&json!(40_000), &json!(true))
    );
}

#[test]
fn datasette_is_told_what_there_is_and_may_ask_what_is_proposed() {
    let tool = Tool::new();
    let log = log(&tool, "6000");
    tool.run(&["views", "build", log]).ok();
    let about = tool.run(&["views", "datasette", log]).ok().json();
    let of_file = &about["databases"]["a.db.views"];
    let views = Views::open(tool.path("a.db.views.db")).unwrap();
    let conn = views.connection();
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main'";
    let mut statement = conn.prepare(sql).unwrap();
    let there = statement.query_map([], |row| row.get(0)).unwrap();
    let there: Vec<String> = there.map(Result::unwrap).collect();
    let tables = of_file["tables"].as_object().unwrap();
    for (table, told) in tables {
        assert!(there.contains(table), "{table}");
        for column in told["columns"].as_object().unwrap().keys() {
            conn.prepare(&format!("SELECT \"{column}\" FROM \"{table}\""))
                .unwrap();
        }
    }
    assert!(tables["presence"]["columns"]["guest"].is_string());
    for (name, query) in of_file["queries"].as_object().unwrap() {
        let mut statement = conn.prepare(query["sql"].as_str().unwrap()).unwrap();
        assert!(statement.exists([]).unwrap(), "{name}");
    }
    let schema = tool.run(&["views", "schema"]).ok().out;
    assert!(schema.contains("CREATE TABLE presence"), "{schema}");
}

#[test]
fn every_model_can_be_asked_in_every_shape() {
    let tool = Tool::new();
    let log = log(&tool, "6000");
    let help = tool.run(&["stats", "--help"]).ok().out;
    let (_, models) = help.split_once("Which of the read models").unwrap();
    let (models, _) = models.split_once("Options:").unwrap();
    let names = models.lines().filter_map(|line| {
        let line = line.trim_start().trim_start_matches("- ");
        let (name, _) = line.split_once(": ")?;
        let is_name = |c: char| c.is_ascii_lowercase() || c == '-';
        (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
    });
    let names: Vec<String> = names.collect();
    assert!(names.len() >= 10, "{names:?} in {models}");
    for name in &names {
        let ask = |more: &[&str]| tool.run(&[&["stats", log, name], more].concat()).ok();
        ask(&[]);
        let rows = ask(&["--json"]).json_lines().len();
        let csv = ask(&["--csv"]).out;
        let lines = csv.lines().count();
        assert!(
            rows == 0 || lines > rows,
            "{name}: {rows} rows, {lines} lines"
        );
    }
}
