//! Numbers for the names of kinds and actors, and back.
//!
//! Both directions are caches of the file's dictionaries, filled as names turn up, so that opening
//! a log costs the same whatever it holds. Names come from the network: a cache that grows past
//! its limit is emptied and fills again. After a failed transaction the writer's cache is emptied
//! too, since it may hold numbers that were rolled back.

use crate::event::Kind;
use rusqlite::{Connection, OptionalExtension, Result, Row};
use std::collections::{BTreeMap, HashMap};

/// Names a cache holds at most: some megabytes.
const NAMES_MAX: usize = 1 << 16;

/// From names to numbers, for the writer.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    kinds: BTreeMap<Kind, i64>,
    actors: HashMap<String, i64>,
}

impl Ids {
    /// The number of a kind; makes one if it is new. Call within a transaction.
    pub(crate) fn kind(&mut self, conn: &Connection, kind: Kind) -> Result<i64> {
        if let Some(id) = self.kinds.get(&kind) {
            return Ok(*id);
        }
        let id = find_or_insert(
            conn,
            "SELECT kind_id FROM kind WHERE name = ?1",
            "INSERT INTO kind (name) VALUES (?1)",
            kind.as_str(),
        )?;
        self.kinds.insert(kind, id);
        Ok(id)
    }

    /// The number of an actor's display name; makes one if it is new. Call within a transaction.
    pub(crate) fn actor(&mut self, conn: &Connection, name: &str) -> Result<i64> {
        if let Some(id) = self.actors.get(name) {
            return Ok(*id);
        }
        let id = find_or_insert(
            conn,
            "SELECT actor_id FROM actor WHERE name = ?1",
            "INSERT INTO actor (name) VALUES (?1)",
            name,
        )?;
        if self.actors.len() >= NAMES_MAX {
            self.actors.clear();
        }
        self.actors.insert(name.to_owned(), id);
        Ok(id)
    }

    /// Forgets everything: what was learnt in a transaction that failed may not be so.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The number of a name in one dictionary, new or old.
fn find_or_insert(conn: &Connection, find: &str, insert: &str, name: &str) -> Result<i64> {
    let found = conn
        .prepare_cached(find)?
        .query_row([name], |row| row.get(0))
        .optional()?;
    match found {
        Some(id) => Ok(id),
        None => conn.prepare_cached(insert)?.insert([name]),
    }
}

/// From numbers to names, for readers: one dictionary. A number's name never changes, so what is
/// known stays true while another connection writes.
#[derive(Debug)]
pub(crate) struct Names {
    sql: &'static str,
    known: HashMap<i64, String>,
}

impl Names {
    /// The names of kinds.
    pub(crate) fn of_kinds() -> Self {
        Self::new("SELECT name FROM kind WHERE kind_id = ?1")
    }

    /// The display names of actors.
    pub(crate) fn of_actors() -> Self {
        Self::new("SELECT name FROM actor WHERE actor_id = ?1")
    }

    fn new(sql: &'static str) -> Self {
        let known = HashMap::new();
        Self { sql, known }
    }

    /// The name behind a number; `None` where the dictionary lacks it, or it is no text.
    pub(crate) fn name(&mut self, conn: &Connection, id: i64) -> Result<Option<&str>> {
        if !self.known.contains_key(&id) {
            let text = |row: &Row<'_>| Ok(row.get_ref(0)?.as_str().ok().map(str::to_owned));
            let mut statement = conn.prepare_cached(self.sql)?;
            let Some(name) = statement.query_row([id], text).optional()?.flatten() else {
                return Ok(None);
            };
            if self.known.len() >= NAMES_MAX {
                self.known.clear();
            }
            self.known.insert(id, name);
        }
        Ok(self.known.get(&id).map(String::as_str))
    }
}
