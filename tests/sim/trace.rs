//! What happened, in words, for the one seed that is looked at.

use projectionist::Recorded;

/// Lines kept: what led to a failure stands at the end.
const LINES_MAX: usize = 1_000;

#[derive(Debug)]
pub(crate) struct Trace {
    is_on: bool,
    now_ms: i64,
    lines: Vec<String>,
}

impl Trace {
    pub(crate) fn new(is_on: bool) -> Self {
        Self {
            is_on,
            now_ms: 0,
            lines: Vec::new(),
        }
    }

    pub(crate) fn at(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
    }

    pub(crate) fn note(&mut self, what: impl FnOnce() -> String) {
        if self.is_on {
            if self.lines.len() == LINES_MAX {
                self.lines.remove(0);
            }
            let seconds = (self.now_ms - crate::plan::START_MS) as f64 / 1e3;
            self.lines.push(format!("{seconds:10.3} {}", what()));
        }
    }

    pub(crate) fn frame(&mut self, arrow: &str, frame: &str) {
        self.note(|| format!("{arrow} {}", frame.chars().take(160).collect::<String>()));
    }

    pub(crate) fn row(&mut self, row: &Recorded) {
        self.note(|| {
            let mut body = Vec::new();
            row.event.write_body(&mut body).unwrap();
            let body: String = String::from_utf8_lossy(&body).chars().take(120).collect();
            let (seq, kind) = (row.seq, row.kind().as_str());
            format!("  row {seq} {kind} {} {body}", row.origin.as_str())
        });
    }
}

/// A failure is told with what led to it.
impl Drop for Trace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for line in &self.lines {
                println!("{line}");
            }
        }
    }
}
