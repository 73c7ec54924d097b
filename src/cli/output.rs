//! Standard output: data and text, each in its own way.
//!
//! Data (JSON, CSV) leaves byte for byte, so that a pipe gets what the log holds; only on a
//! terminal is it made harmless. Text may be coloured; colours go where they are not wanted
//! (`NO_COLOR`, a pipe). Everything is buffered: a caller that wants it seen flushes.

use crate::cli::text::{json_for_terminal, plain};
use serde::Serialize;
use std::io::{BufWriter, IsTerminal, Result, Write};
use std::path::Path;

/// Somewhere to print to.
pub(crate) struct Out {
    sink: BufWriter<Box<dyn Write>>,
    is_terminal: bool,
}

impl Out {
    /// Text for people on standard output.
    pub(crate) fn text() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        Self::new(Box::new(anstream::stdout().lock()), is_terminal)
    }

    /// Data for programs on standard output.
    pub(crate) fn data() -> Self {
        let stdout = std::io::stdout();
        let is_terminal = stdout.is_terminal();
        Self::new(Box::new(stdout.lock()), is_terminal)
    }

    /// Data into a file, which is made or emptied.
    pub(crate) fn file(path: &Path) -> Result<Self> {
        let file = std::fs::File::create(path)?;
        let is_terminal = file.is_terminal();
        Ok(Self::new(Box::new(file), is_terminal))
    }

    fn new(sink: Box<dyn Write>, is_terminal: bool) -> Self {
        Self {
            sink: BufWriter::with_capacity(1 << 16, sink),
            is_terminal,
        }
    }

    /// Whether a person reads along.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Prints JSON that is already written out, and ends the line.
    pub(crate) fn json_line(&mut self, json: &[u8]) -> Result<()> {
        match std::str::from_utf8(json) {
            Ok(text) if self.is_terminal => {
                self.sink.write_all(json_for_terminal(text).as_bytes())?;
            }
            _ => self.sink.write_all(json)?,
        }
        self.sink.write_all(b"\n")
    }

    /// Prints text that is data: as it is, but harmless on a terminal.
    pub(crate) fn raw_text(&mut self, text: &[u8]) -> Result<()> {
        match std::str::from_utf8(text) {
            Ok(text) if self.is_terminal => {
                self.sink.write_all(plain(text.trim_end()).as_bytes())?;
                self.sink.write_all(b"\n")
            }
            _ => self.sink.write_all(text),
        }
    }

    /// Prints one value: on one line, or spread out for a person.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let json = if self.is_terminal {
            serde_json::to_vec_pretty(value)
        } else {
            serde_json::to_vec(value)
        };
        self.json_line(&json?)
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.sink.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.sink.flush()
    }
}
