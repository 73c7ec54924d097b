//! What a command can fail with, and the exit code it then ends with.
//!
//! The texts come from the library, which names files, positions and reasons and holds no secret.
//! The codes are a promise to scripts: `--help` lists them, tests hold them.

use projectionist::views::ViewsError;
use projectionist::{LogError, config::ConfigError, recording::RecordingError};

/// Appended to the help of the whole tool.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    done; also after a clean stop by SIGINT or SIGTERM
  1    a check failed, or what was to be read or written is damaged or cannot be
  2    the command line, a setting or a configuration file is wrong
  3    the log, or its views file, cannot be used: missing, in use, no log, of another
       channel, written by a newer build (in whole or in part), it holds this recording
       already, or events may not be trimmed or do not fit
  4    the server refused for good: ban, kick, wrong password, no such channel,
       bad certificate
  5    recording stopped because the log could not be written
  6    a command was not done: refused, not permitted, not answered, cut off
  130  stopped at once by a second signal";

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line or a setting makes no sense.
    #[error("{0}")]
    Usage(String),
    /// Something that was to be read is not what it should be, or a check failed.
    #[error("{0}")]
    Bad(String),
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The log is sound, but not for this.
    #[error("{0}")]
    Unfit(String),
    /// The server does not want us, and will not change its mind.
    #[error("{0}")]
    Refused(String),
    /// What happens in the channel can no longer be recorded.
    #[error("recording stopped: {0}")]
    NotRecorded(String),
    /// A command was not done; in words.
    #[error("{0}")]
    NotDone(String),
    /// Standard output or a file asked for cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
}

impl Failure {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Bad(_) | Self::Output(_) => 1,
            Self::Log(LogError::Damaged { .. } | LogError::SegmentDamaged { .. }) => 1,
            Self::Usage(_) => 2,
            Self::Log(_) | Self::Unfit(_) => 3,
            Self::Refused(_) => 4,
            Self::NotRecorded(_) => 5,
            Self::NotDone(_) => 6,
        }
    }

    /// Whether a reader such as `head` has seen enough: nothing to complain about.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<RecordingError> for Failure {
    fn from(error: RecordingError) -> Self {
        match error {
            RecordingError::Log(error) => Self::Log(error),
            RecordingError::NoSuchConnection { .. } => Self::Usage(error.to_string()),
            _ => Self::Bad(error.to_string()),
        }
    }
}

impl From<ViewsError> for Failure {
    fn from(error: ViewsError) -> Self {
        match error {
            ViewsError::Log(error) => Self::Log(error),
            ViewsError::Query(text) => Self::Usage(text),
            ViewsError::Storage { .. } | ViewsError::Deadline(_) => Self::Bad(error.to_string()),
            _ => Self::Unfit(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_as_documented() {
        let missing = LogError::Missing { path: "x".into() };
        let damaged = LogError::Damaged {
            seq: projectionist::Seq(7),
            detail: "x".into(),
        };
        for (failure, code) in [
            (Failure::from(damaged), 1),
            (Failure::Bad("x".into()), 1),
            (Failure::Usage("x".into()), 2),
            (Failure::from(missing), 3),
            (Failure::Unfit("x".into()), 3),
            (Failure::Refused("x".into()), 4),
            (Failure::NotRecorded("x".into()), 5),
        ] {
            assert_eq!(failure.code(), code, "{failure}");
            assert!(EXIT_CODES.contains(&format!("\n  {code}  ")));
        }
    }

    #[test]
    fn a_reader_that_has_seen_enough_is_no_failure() {
        let pipe = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(Failure::from(pipe).is_broken_pipe());
        assert!(!Failure::Bad(String::new()).is_broken_pipe());
    }
}
