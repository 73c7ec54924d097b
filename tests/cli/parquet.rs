//! Parquet by the tool, read back by the format's own reader: cell for cell what NDJSON says.

use crate::tool::Tool;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use projectionist::UnixMicros;
use serde_json::{Value, json};

fn log(tool: &Tool) -> &'static str {
    let args = [
        "generate", "--events", "70000", "--seed", "3", "--log", "a.db",
    ];
    tool.run(&args).ok();
    "a.db"
}

/// A cell as NDJSON writes it.
fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Long(number) => json!(number),
        Field::Double(number) => json!(number),
        Field::Str(text) => json!(text),
        Field::TimestampMicros(us) => json!(UnixMicros(*us).to_string()),
        other => panic!("{other:?}"),
    }
}

/// Compares both exports; gives how many rows there are, and how many groups they come in.
fn check(tool: &Tool, which: &[&str], skipped: &[&str]) -> (usize, usize) {
    let export = |format: &str, out: &str| {
        let rest = ["--format", format, "--out", out];
        tool.run(&[which, &rest].concat()).ok();
        std::fs::read(tool.path(out)).unwrap()
    };
    let lines = String::from_utf8(export("ndjson", "a.ndjson")).unwrap();
    export("parquet", "a.parquet");
    assert!(!tool.path("a.parquet.partial").exists());
    let file = std::fs::File::open(tool.path("a.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let mut lines = lines.lines();
    let mut rows = 0;
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let line: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
        for (name, field) in row.get_column_iter() {
            let told = match (name.as_str(), value(field)) {
                (name, _) if skipped.contains(&name) => continue,
                ("redacted", told) => json!(told == json!(1)),
                ("body", Value::String(body)) => serde_json::from_str(&body).unwrap(),
                (_, told) => told,
            };
            assert_eq!(told, line[name], "{name} of row {rows}");
        }
        rows += 1;
    }
    assert_eq!(lines.next(), None);
    (rows, reader.metadata().num_row_groups())
}

#[test]
fn parquet_holds_what_ndjson_says_events_and_models_alike() {
    let tool = Tool::new();
    let log = log(&tool);
    let (rows, groups) = check(&tool, &["export", log], &["text"]);
    assert_eq!((rows, groups), (70_000, 2));
    for model in ["plays", "presence", "population", "activity", "observed"] {
        let (rows, _) = check(&tool, &["export", log, "--model", model], &[]);
        assert!(rows > 0, "{model}");
    }
}

#[test]
fn parquet_needs_a_file_and_spares_the_log() {
    let tool = Tool::new();
    let log = log(&tool);
    let told = tool.run(&["export", log, "--format", "parquet"]);
    assert!(told.fails_with(2).err.contains("--out FILE"));
    let onto = ["export", log, "--format", "parquet", "--out", log];
    assert!(tool.run(&onto).fails_with(2).err.contains("the log itself"));
}
