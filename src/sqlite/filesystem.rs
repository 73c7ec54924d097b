//! Whether a file lies on a network file system, where a write-ahead log must not be.
//!
//! Writer and readers share the log's index by mapped memory, which machines do not share, and
//! network file systems are known to lie about locks. Linux tells in `/proc/self/mountinfo`;
//! elsewhere nothing is detected, and SQLite's own locks must do.

use crate::log::LogError;
use std::path::{Path, PathBuf};

/// Types of file systems whose files live on another machine.
const NETWORK: [&str; 16] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
];

/// Refuses a log whose directory is known to be on a network file system.
///
/// # Errors
/// - [`LogError::NetworkFileSystem`]: it is.
pub(crate) fn check_local(log: &Path) -> Result<(), LogError> {
    let mounts = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    let directory = log.parent().unwrap_or(log);
    match network_kind(&String::from_utf8_lossy(&mounts), directory) {
        Some(kind) => Err(LogError::NetworkFileSystem {
            path: log.display().to_string(),
            kind: kind.to_owned(),
        }),
        None => Ok(()),
    }
}

/// The type of the network file system that `directory` (absolute, links resolved) is on.
///
/// The innermost mount point counts; of several on one point, the latest, which hides the others.
fn network_kind<'a>(mountinfo: &'a str, directory: &Path) -> Option<&'a str> {
    mountinfo
        .lines()
        .filter_map(mount)
        .filter(|(point, _)| directory.starts_with(point))
        .max_by_key(|(point, _)| point.components().count())
        .map(|(_, kind)| kind)
        .filter(|kind| NETWORK.contains(kind))
}

/// Mount point and type from a line such as `36 35 98:0 / /mnt rw shared:1 - ext4 /dev/sda rw`.
fn mount(line: &str) -> Option<(PathBuf, &str)> {
    let (mount, source) = line.split_once(" - ")?;
    let point = unescape(mount.split(' ').nth(4)?);
    Some((PathBuf::from(point), source.split(' ').next()?))
}

/// Undoes the kernel's octal escapes of blanks and backslashes.
fn unescape(text: &str) -> String {
    [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escape, character)| {
        text.replace(escape, character)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 0:40 / /home rw shared:5 master:2 - nfs4 server:/home rw
41 40 0:41 / /home/a\\040b rw - tmpfs none rw
42 27 0:42 / /mnt rw - ext4 /dev/vdb rw
43 27 0:43 / /mnt rw - fuse.sshfs host: rw
44 27 0:44 / /homes rw - ext4 /dev/vdc rw
nonsense
";

    #[test]
    fn the_innermost_and_latest_mount_decides() {
        for (directory, kind) in [
            ("/var/lib", None),
            ("/home", Some("nfs4")),
            ("/home/u/logs", Some("nfs4")),
            ("/home/a b/logs", None),
            ("/homes/u", None),
            ("/mnt/x", Some("fuse.sshfs")),
        ] {
            assert_eq!(
                network_kind(MOUNTS, Path::new(directory)),
                kind,
                "{directory}"
            );
        }
        assert_eq!(network_kind("", Path::new("/home")), None);
    }
}
