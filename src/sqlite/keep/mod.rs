//! Retention: the oldest events go into a segment and then out of the log, and come back from it.
//!
//! Nothing leaves the log that a verified segment does not hold. At every moment, whatever is
//! killed when, the file is a log: its base, the position it begins at and the rows that are gone
//! change in one transaction.

mod archive;
mod import;
mod trim;
