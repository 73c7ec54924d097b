//! Progress on the terminal, and log lines that do not run into it.
//!
//! Everything goes to standard error, and only to a terminal: elsewhere bars draw nothing.

use crate::cli::text::plain;
use clap::builder::styling::AnsiColor;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use log::LevelFilter;
use std::io::Write;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What draws all bars, so that whatever else is written can step around them.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// How often a bar moves by itself.
const TICK: Duration = Duration::from_millis(200);

/// A bar over something of known length.
pub(crate) fn bar(what: &'static str, length: u64) -> ProgressBar {
    let bar = BARS.add(ProgressBar::new(length));
    bar.set_style(style("{msg} {wide_bar} {human_pos}/{human_len} {eta}"));
    bar.set_message(what);
    bar
}

/// A line of text that is written anew.
pub(crate) fn status() -> ProgressBar {
    let bar = BARS.add(ProgressBar::new_spinner());
    bar.set_style(style("{spinner} {wide_msg}"));
    bar.enable_steady_tick(TICK);
    bar
}

fn style(template: &str) -> ProgressStyle {
    // Templates are constants; a plain bar is no worse than none.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Whether lines are written as JSON.
static JSON: AtomicBool = AtomicBool::new(false);

/// Prints a line to standard error, above any bar.
pub(crate) fn note(line: &str) {
    if JSON.load(Ordering::Relaxed) {
        return note_json("info", "projectionist", line);
    }
    BARS.suspend(|| {
        // Where standard error is gone there is nobody to tell.
        let _ = writeln!(anstream::stderr().lock(), "{line}");
    });
}

/// Prints what went wrong, to standard error.
pub(crate) fn error(text: &str) {
    if JSON.load(Ordering::Relaxed) {
        return note_json("error", "projectionist", text);
    }
    let red = AnsiColor::Red.on_default().bold();
    note(&format!("{red}error:{red:#} {text}"));
}

/// Prints a line as a JSON object.
fn note_json(level: &str, target: &str, message: &str) {
    let at = crate::cli::clock::wall().to_string();
    let line =
        serde_json::json!({ "at": at, "level": level, "target": target, "message": message });
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Whether a line may show a secret: below us, frames and headers are logged as they are sent.
fn is_telltale(metadata: &log::Metadata<'_>) -> bool {
    metadata.level() == log::Level::Trace && !metadata.target().starts_with("projectionist")
}

/// Sends the library's log lines to standard error: warnings, more with each `-v`; `RUST_LOG`
/// overrides, but for what other crates say at trace level.
pub(crate) fn start_logging(verbose: u8, json: bool) {
    JSON.store(json, Ordering::Relaxed);
    let level = match verbose {
        0 => LevelFilter::Warn,
        1 => LevelFilter::Info,
        2 => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    };
    let mut builder = env_logger::Builder::new();
    builder
        .filter_level(LevelFilter::Warn)
        .filter_module("projectionist", level)
        .parse_default_env()
        // Kicks and errors are quoted from the server.
        .format(|_, record| {
            if is_telltale(record.metadata()) {
                return Ok(());
            }
            let level = record.level().as_str().to_ascii_lowercase();
            if JSON.load(Ordering::Relaxed) {
                note_json(&level, record.target(), &record.args().to_string());
                return Ok(());
            }
            note(&format!("{level}: {}", plain(&record.args().to_string())));
            Ok(())
        });
    // A second start can only happen in tests.
    let _ = builder.try_init();
}
