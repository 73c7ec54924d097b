//! From figures to the sections of the page: captions, and the tables behind the charts.

use crate::cli::report::figures::Figures;
use crate::cli::report::page::{Cells, Page, Section, Table};
use crate::cli::report::zone::shown;
use indicatif::HumanCount;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The page of these figures.
pub(crate) fn page(title: &str, made: String, figures: &Figures) -> Page {
    let totals = &figures.totals;
    let count = |number: i64| HumanCount(number.unsigned_abs()).to_string();
    Page {
        title: title.to_owned(),
        subtitle: format!("{} to {}", shown(figures.from), shown(figures.until)),
        totals: vec![
            ("messages", count(totals.messages)),
            ("plays", count(totals.plays)),
            ("most viewers", totals.peak.map_or("–".to_owned(), count)),
            ("hours observed", tenths(totals.observed_us as f64 / 3600e6)),
            ("share observed", percent(totals.share)),
        ],
        sections: [
            population(figures),
            week(figures),
            quality(figures),
            figures.lists.causes_section(totals.share),
            plays(figures),
            media(figures),
            presence(figures),
        ]
        .into_iter()
        .chain([figures.lists.polls_section()])
        .chain(figures.rankings.sections())
        .chain(figures.lists.actions_section())
        .collect(),
        made,
    }
}

fn population(figures: &Figures) -> Section {
    let rows = figures.population.iter().map(|people| {
        vec![
            shown(people.t),
            optional(people.named),
            optional(people.total),
        ]
    });
    Section {
        id: "population",
        title: "People over time",
        caption: "Viewers, anonymous ones included, and users with a name: means over each step. \
                  Grey: we were not there, and nobody knows."
            .to_owned(),
        chart: true,
        legend: &[
            ("--accent", "viewers"),
            ("--second", "with a name"),
            ("--void", "not observed"),
        ],
        table: Table {
            columns: vec![
                ("from", Cells::Time),
                ("with a name", Cells::Number),
                ("viewers", Cells::Number),
            ],
            rows: rows.collect(),
        },
    }
}

fn week(figures: &Figures) -> Section {
    let rows = figures.week.iter().map(|hour| {
        vec![
            format!("{} {:02}:00", DAYS.get(hour.day).unwrap_or(&""), hour.hour),
            optional(hour.viewers),
            optional(hour.messages),
            tenths(hour.observed_h),
        ]
    });
    Section {
        id: "week",
        title: "The week by hour",
        caption: "Mean number of viewers in each hour of the week, over the time observed. Empty: \
                  never observed."
            .to_owned(),
        chart: true,
        legend: &[("--void", "few"), ("--accent", "many viewers")],
        table: Table {
            columns: vec![
                ("hour", Cells::Time),
                ("viewers", Cells::Number),
                ("messages an hour", Cells::Number),
                ("hours observed", Cells::Number),
            ],
            rows: rows.collect(),
        },
    }
}

fn quality(figures: &Figures) -> Section {
    let missed = figures.days.iter().filter(|day| day.share < 0.005).count();
    let rows = figures.gaps.iter().map(|gap| {
        let minutes = (gap.until - gap.from) as f64 / 60e3;
        vec![
            shown(gap.from),
            shown(gap.until),
            tenths(minutes),
            gap.kind.replace('_', " "),
        ]
    });
    Section {
        id: "days",
        title: "Data quality",
        caption: format!(
            "How much of each day was observed. {} of {} days are missing wholly; the gaps are \
             listed below.",
            missed,
            figures.days.len()
        ),
        chart: true,
        legend: &[],
        table: Table {
            columns: vec![
                ("from", Cells::Time),
                ("until", Cells::Time),
                ("minutes", Cells::Number),
                ("what ended our view", Cells::Text),
            ],
            rows: rows.collect(),
        },
    }
}

fn plays(figures: &Figures) -> Section {
    let rows = figures.plays.iter().rev().map(|play| {
        vec![
            shown(play.from),
            tenths((play.until - play.from) as f64 / 60e3),
            play.title.clone(),
            play.by.clone().unwrap_or_default(),
            play.ended.clone().unwrap_or_else(|| "running".to_owned()),
        ]
    });
    Section {
        id: "plays",
        title: "What played",
        caption: "The last day, or as much of it as there is, and how each showing ended."
            .to_owned(),
        chart: !figures.plays.is_empty(),
        legend: &[
            ("--third", "finished"),
            ("--second", "skipped or voted off"),
            ("--soft", "cut short"),
            ("--accent", "running"),
        ],
        table: Table {
            columns: vec![
                ("from", Cells::Time),
                ("minutes", Cells::Number),
                ("title", Cells::Text),
                ("queued by", Cells::Text),
                ("ended", Cells::Text),
            ],
            rows: rows.collect(),
        },
    }
}

fn media(figures: &Figures) -> Section {
    let rows = figures.media.iter().map(|media| {
        vec![
            media.title.clone(),
            media.plays.to_string(),
            tenths(media.shown_h),
            media.peak.map_or(String::new(), |peak| peak.to_string()),
        ]
    });
    Section {
        id: "media",
        title: "Most played",
        caption: "Media by how often they were played.".to_owned(),
        chart: !figures.media.is_empty(),
        legend: &[],
        table: Table {
            columns: vec![
                ("title", Cells::Text),
                ("plays", Cells::Number),
                ("hours shown", Cells::Number),
                ("most viewers", Cells::Number),
            ],
            rows: rows.collect(),
        },
    }
}

fn presence(figures: &Figures) -> Section {
    let rows = figures.presence.iter().map(|person| {
        vec![
            person.name.clone(),
            tenths(person.hours),
            person.count.to_string(),
        ]
    });
    Section {
        id: "presence",
        title: "Who was here",
        caption: "Registered users by the time they were here. Guests are left out: whoever takes \
                  the name next is somebody else."
            .to_owned(),
        chart: !figures.presence.is_empty(),
        legend: &[],
        table: Table {
            columns: vec![
                ("name", Cells::Text),
                ("hours", Cells::Number),
                ("stays", Cells::Number),
            ],
            rows: rows.collect(),
        },
    }
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), tenths)
}

pub(crate) fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
