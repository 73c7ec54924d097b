//! From a [`Read`] to SQL: which index answers it, and in what order.
//!
//! Positions and received times rise together, so a bound on one gives a bound on the other. A few
//! kinds: one walk of `event_by_kind` each, merged in order. Otherwise: one walk of the log. Either
//! way the first row comes at once, however long the log; nothing is sorted. Only bound parameters
//! carry values.

use crate::event::Kind;
use crate::log::{Read, TimeBasis};
use crate::sqlite::row::{COLUMNS, origin_id, stored};
use rusqlite::types::Value;

/// With more kinds than this, most of the log is asked for anyway: one walk is cheaper.
const WALKS_MAX: usize = 8;

/// The range a read comes down to, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) seq_min: i64,
    pub(crate) seq_max: i64,
    pub(crate) us_min: i64,
    pub(crate) us_max: i64,
}

/// SQL with the values for its numbered parameters.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

/// Whether a read walks the index of kinds, and so wants bounds on the time.
pub(crate) fn walks_kinds(read: &Read) -> bool {
    (1..=WALKS_MAX).contains(&read.kinds.len())
}

/// The query for a read within `bounds`, of at most `limit` rows.
pub(crate) fn select(read: &Read, bounds: Bounds, limit: usize) -> Query {
    let mut values = Vec::new();
    let common = conditions(read, bounds, &mut values);
    let way = if read.descending { "DESC" } else { "ASC" };
    let limit = bind(&mut values, Value::Integer(stored(limit as u64)));
    let sql = if walks_kinds(read) {
        let mut kinds = read.kinds.clone();
        kinds.sort_unstable();
        kinds.dedup();
        let walks: Vec<_> = kinds
            .iter()
            .map(|kind| walk(*kind, &common, &mut values))
            .collect();
        let merged = walks.join(" UNION ALL ");
        format!("{merged} ORDER BY received_us {way}, seq {way} LIMIT {limit}")
    } else {
        let kinds = kinds_filter("IN", &read.kinds, &mut values);
        format!(
            "SELECT {COLUMNS} FROM event NOT INDEXED WHERE {common}{kinds} \
             ORDER BY seq {way} LIMIT {limit}"
        )
    };
    Query { sql, values }
}

/// What holds for every row, whichever way it is found.
fn conditions(read: &Read, bounds: Bounds, values: &mut Vec<Value>) -> String {
    let mut bound = |value: i64| bind(values, Value::Integer(value));
    // The unary plus keeps a walk by kind on its index; a walk of the log finds `seq` all the same.
    let plus = if walks_kinds(read) { "+" } else { "" };
    let mut sql = format!(
        "{plus}seq >= {} AND {plus}seq <= {} AND received_us >= {} AND received_us <= {}",
        bound(bounds.seq_min),
        bound(bounds.seq_max),
        bound(bounds.us_min),
        bound(bounds.us_max),
    );
    if read.basis == TimeBasis::Sent {
        if let Some(since) = read.since {
            sql += &format!(" AND sent_ms * 1000 >= {}", bound(since.0));
        }
        if let Some(before) = read.before {
            sql += &format!(" AND sent_ms * 1000 < {}", bound(before.0));
        }
    }
    if !read.origins.is_empty() {
        let origins: Vec<_> = read.origins.iter().map(|o| bound(origin_id(*o))).collect();
        sql += &format!(" AND origin IN ({})", origins.join(", "));
    }
    if let Some(actor) = &read.actor {
        let name = bind(values, Value::Text(actor.clone()));
        sql += &format!(
            " AND actor_id IN (SELECT actor_id FROM actor WHERE name = {name} COLLATE NOCASE)"
        );
    }
    sql + &kinds_filter("NOT IN", &read.except, values)
}

/// One kind's events, in the order of its index.
fn walk(kind: Kind, common: &str, values: &mut Vec<Value>) -> String {
    let name = bind(values, Value::Text(kind.as_str().to_owned()));
    format!(
        "SELECT {COLUMNS} FROM event INDEXED BY event_by_kind \
         WHERE kind_id = (SELECT kind_id FROM kind WHERE name = {name}) AND {common}"
    )
}

/// Kinds as a filter (`IN` or `NOT IN`), no way to find rows: hence the unary plus. Nothing for none.
fn kinds_filter(way: &str, kinds: &[Kind], values: &mut Vec<Value>) -> String {
    if kinds.is_empty() {
        return String::new();
    }
    let names: Vec<_> = kinds
        .iter()
        .map(|kind| bind(values, Value::Text(kind.as_str().to_owned())))
        .collect();
    format!(
        " AND +kind_id {way} (SELECT kind_id FROM kind WHERE name IN ({}))",
        names.join(", ")
    )
}

/// Adds a value and names its parameter.
fn bind(values: &mut Vec<Value>, value: Value) -> String {
    values.push(value);
    format!("?{}", values.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Origin, Seq};
    use rusqlite::Connection;

    const ALL: Bounds = Bounds {
        seq_min: 1,
        seq_max: i64::MAX,
        us_min: i64::MIN,
        us_max: i64::MAX,
    };

    /// The plan SQLite makes, one step a line.
    fn plan(read: &Read) -> String {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("../../migrations/0001_init.sql"))
            .unwrap();
        let query = select(read, ALL, 256);
        let mut statement = conn
            .prepare(&format!("EXPLAIN QUERY PLAN {}", query.sql))
            .unwrap();
        let steps = statement
            .query_map(rusqlite::params_from_iter(query.values), |row| {
                row.get::<_, String>(3)
            })
            .unwrap();
        steps.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    }

    #[test]
    fn kinds_walk_their_index_without_sorting() {
        let kinds = [Kind::MessageSaid, Kind::PmSaid, Kind::UserJoined];
        for count in 1..=3 {
            for read in [
                Read::default().kinds(kinds[..count].to_vec()),
                Read::default()
                    .kinds(kinds[..count].to_vec())
                    .newest_first()
                    .actor("Bob")
                    .origins([Origin::Live]),
            ] {
                let plan = plan(&read);
                assert!(
                    plan.contains("event_by_kind (kind_id=? AND received_us>? AND received_us<?)"),
                    "{plan}"
                );
                assert!(!plan.contains("TEMP B-TREE"), "{plan}");
                assert!(!plan.contains("SCAN event"), "{plan}");
            }
        }
    }

    #[test]
    fn everything_else_walks_the_log_without_sorting() {
        for read in [
            Read::default().after(Seq(7)),
            Read::default().newest_first().actor("Bob"),
            Read::default().kinds(Kind::ALL.iter().copied()),
        ] {
            let plan = plan(&read);
            assert!(
                plan.contains("event USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
                "{plan}"
            );
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
