//! This test program once more, as another process that plays a part: to be killed, to hold a
//! lock, to live on a file system of its own.
//!
//! A part is told by the environment; without one the test that plays it has nothing to do.

use crate::{disk, in_the_way, kill, read_only};
use std::path::{Path, PathBuf};
use std::process::Command;

const PART: &str = "CRASH_PART";
const PLACE: &str = "CRASH_PLACE";

/// The program that plays `part` at `place`, not yet run.
pub(crate) fn play(part: &str, place: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "child::the_part_that_was_given_is_played",
            "--nocapture",
        ])
        .env(PART, part)
        .env(PLACE, place);
    command
}

#[test]
fn the_part_that_was_given_is_played() {
    let Ok(part) = std::env::var(PART) else {
        return;
    };
    let place = PathBuf::from(std::env::var_os(PLACE).unwrap());
    match part.as_str() {
        "record until killed" => kill::record_until_killed(&place),
        "hold the log" => in_the_way::hold(&place),
        "fill the disk" => disk::fill_and_make_room(&place),
        "fill the disk from the first page" => disk::open_without_room(&place),
        "record while the disk fills" => disk::record_while_it_fills(&place),
        "reach the limit of a file" => disk::reach_the_limit_of_a_file(&place),
        "read what cannot be written" => read_only::read_what_cannot_be_written(&place),
        "meet modes that bind" => read_only::meet_modes_that_bind(&place),
        _ => panic!("no such part: {part}"),
    }
}
