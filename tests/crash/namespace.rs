//! File systems of our own: small ones and read-only ones, in a mount namespace that ends with the
//! child in it. Nothing outside sees them, and nothing is left behind.

use crate::child::play;
use std::path::Path;
use std::process::Command;

/// Makes it a failure that no file system can be mounted here.
const REQUIRE: &str = "REQUIRE_SMALL_DISK";

/// Plays `part` on an empty file system of so many KiB; `false`, loudly, where none can be had.
pub(crate) fn play_on_disk_of(kib: u32, part: &str) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let Some(flags) = flags(dir.path()) else {
        return cannot("mount a file system");
    };
    let script =
        format!("mount -t tmpfs -o size={kib}k small \"$CRASH_PLACE\" && exec \"$0\" \"$@\"");
    run(part, dir.path(), &["unshare", flags, "sh", "-c", &script]);
    true
}

/// Runs the program that plays `part` by way of another, which must be content.
pub(crate) fn run(part: &str, place: &Path, by: &[&str]) {
    let child = play(part, place);
    let mut command = Command::new(by[0]);
    command.args(&by[1..]).arg(child.get_program());
    command.args(child.get_args());
    for (name, value) in child.get_envs() {
        command.env(name, value.unwrap());
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{part}: {}\n{text}\n{err}",
        output.status
    );
    // A filter that matches nothing would also be a success.
    assert!(text.contains("1 passed"), "{text}");
}

/// How `unshare` gets a namespace here: as it is, or as root of a user namespace.
fn flags(dir: &Path) -> Option<&'static str> {
    ["-m", "-Urm"].into_iter().find(|flags| {
        let mount = ["sh", "-c", "mount -t tmpfs -o size=64k probe \"$0\""];
        let probe = Command::new("unshare")
            .arg(flags)
            .args(mount)
            .arg(dir)
            .output();
        probe.is_ok_and(|output| output.status.success())
    })
}

/// Says that a test could not do what it is there for.
pub(crate) fn cannot(what: &str) -> bool {
    assert!(
        std::env::var_os(REQUIRE).is_none(),
        "cannot {what}, and {REQUIRE} is set"
    );
    eprintln!("NOT TESTED: cannot {what} here; {REQUIRE}=1 makes this a failure");
    false
}
