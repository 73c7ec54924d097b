//! Rows as a table on a terminal: aligned, numbers to the right, no wider than the window.
//!
//! Every cell passes through `text`: what the channel wrote is shown, never obeyed. Columns are as
//! wide as the first rows ask for; where there is no room, the widest columns of text are cut.

use super::cell::Cell;
use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::text::plain;
use console::{measure_text_width, truncate_str};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use projectionist::UnixMicros;
use std::io::Write;

/// Rows that widths are taken from.
const ROWS_MEASURED: usize = 500;

/// A column is not cut below this.
const WIDTH_LEAST: usize = 6;

/// A column of text is not wider than this, even with room.
const WIDTH_MOST: usize = 80;

/// Between two columns.
const GAP: &str = "  ";

/// A table under way.
pub(super) struct Table {
    names: Vec<String>,
    /// Rows not yet printed: while widths are not settled.
    waiting: Vec<Vec<Shown>>,
    widths: Option<Vec<usize>>,
    zone: TimeZone,
    window: Option<usize>,
}

/// A cell as shown.
struct Shown {
    text: String,
    is_number: bool,
}

impl Table {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self {
            names: Vec::new(),
            waiting: Vec::new(),
            widths: None,
            zone,
            window: window(),
        }
    }

    /// Names the columns.
    pub(super) fn name(&mut self, names: Vec<String>) {
        self.names = names;
    }

    pub(super) fn row(&mut self, out: &mut Out, cells: &[Cell]) -> Result<(), Failure> {
        let shown = cells.iter().map(|cell| Shown {
            text: self.show(cell),
            is_number: cell.is_number(),
        });
        let shown: Vec<Shown> = shown.collect();
        if let Some(widths) = &self.widths {
            return line(out, &shown, widths);
        }
        self.waiting.push(shown);
        if self.waiting.len() == ROWS_MEASURED {
            self.settle(out)?;
        }
        Ok(())
    }

    pub(super) fn finish(&mut self, out: &mut Out) -> Result<(), Failure> {
        if self.widths.is_none() && !self.names.is_empty() {
            self.settle(out)?;
        }
        Ok(())
    }

    /// Settles widths, and prints the heading and what has waited.
    fn settle(&mut self, out: &mut Out) -> Result<(), Failure> {
        let rows = std::mem::take(&mut self.waiting);
        let widths = self.names.iter().enumerate().map(|(column, name)| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            let widest = cells.map(|shown| measure_text_width(&shown.text)).max();
            let widest = widest.unwrap_or(0).min(WIDTH_MOST);
            widest.max(measure_text_width(name))
        });
        let mut widths: Vec<usize> = widths.collect();
        if let Some(window) = self.window {
            fit(&mut widths, window);
        }
        // A heading stands as its numbers do.
        let heading = self.names.iter().enumerate().map(|(column, name)| Shown {
            text: plain(name).into_owned(),
            is_number: rows
                .iter()
                .any(|row| row.get(column).is_some_and(|shown| shown.is_number)),
        });
        line(out, &heading.collect::<Vec<_>>(), &widths)?;
        for row in &rows {
            line(out, row, &widths)?;
        }
        self.widths = Some(widths);
        Ok(())
    }

    fn show(&self, cell: &Cell) -> String {
        match cell {
            Cell::Null => "-".to_owned(),
            Cell::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Cell::Integer(number) => number.to_string(),
            Cell::Number(number) => number_text(*number),
            Cell::Text(text) => plain(text).into_owned(),
            Cell::Json(value) => plain(&value.to_string()).into_owned(),
            Cell::Time(time) => time_text(*time, &self.zone),
        }
    }
}

/// A moment as people read it, in a zone of theirs.
pub(crate) fn time_text(time: UnixMicros, zone: &TimeZone) -> String {
    match Timestamp::from_microsecond(time.0) {
        Ok(at) => {
            let at = at.to_zoned(zone.clone());
            at.strftime("%Y-%m-%d %H:%M:%S").to_string()
        }
        Err(_) => time.to_string(),
    }
}

/// Two digits behind the point; of what is small, those that tell.
fn number_text(number: f64) -> String {
    if number != 0.0 && number.abs() < 0.01 {
        return format!("{number:.1e}");
    }
    format!("{number:.2}")
}

/// How wide the window is: as `COLUMNS` says, else as the terminal does; `None` in a pipe.
fn window() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok().and_then(|n| n.parse().ok());
    columns.or_else(|| {
        let (_, columns) = console::Term::stdout().size_checked()?;
        Some(usize::from(columns))
    })
}

/// Takes from the widest until all fit, or nothing more can be taken.
fn fit(widths: &mut [usize], window: usize) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > window {
        match widths.iter_mut().max() {
            Some(widest) if *widest > WIDTH_LEAST => *widest -= 1,
            _ => return,
        }
    }
}

fn line(out: &mut Out, cells: &[Shown], widths: &[usize]) -> Result<(), Failure> {
    let mut line = String::new();
    for (shown, width) in cells.iter().zip(widths) {
        let text = truncate_str(&shown.text, *width, "…");
        let blanks = " ".repeat(width.saturating_sub(measure_text_width(&text)));
        if shown.is_number {
            line.push_str(&blanks);
            line.push_str(&text);
        } else {
            line.push_str(&text);
            line.push_str(&blanks);
        }
        line.push_str(GAP);
    }
    Ok(writeln!(out, "{}", line.trim_end())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_columns_give_way_first() {
        let mut widths = [10, 40, 12, 30];
        fit(&mut widths, 66);
        assert_eq!(widths, [10, 19, 12, 19]);
        fit(&mut widths, 5);
        assert_eq!(widths, [6, 6, 6, 6]);
    }

    #[test]
    fn small_numbers_keep_what_they_tell() {
        for (number, text) in [(0.0, "0.00"), (7200.004, "7200.00"), (0.00123, "1.2e-3")] {
            assert_eq!(number_text(number), text);
        }
    }
}
