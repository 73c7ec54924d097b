//! What plays, and where it stands at any moment.

use crate::event::NowPlaying;
use crate::model::{Media, Uid};
use crate::number::plain;
use crate::time::UnixMicros;
use serde::{Deserialize, Serialize};

/// The server advances two seconds past the end (`src/channel/playlist.js` _leadLoop): a computed
/// position stops there.
const OVERRUN_MAX_S: f64 = 2.0;

/// What plays, with the server's last word on its clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Playing {
    /// The playlist item; `None` where it is not known.
    pub uid: Option<Uid>,
    /// What it is.
    pub media: Media,
    /// Seconds from the start, at `at`; negative during the lead-in.
    #[serde(serialize_with = "plain")]
    pub position_s: f64,
    /// Whether the clock stands.
    pub paused: bool,
    /// When the server said so.
    pub at: UnixMicros,
}

impl Playing {
    pub(crate) fn new(now: NowPlaying, at: UnixMicros) -> Self {
        let NowPlaying {
            uid,
            media,
            position_s,
            paused,
        } = now;
        Self {
            uid,
            media,
            position_s,
            paused,
            at,
        }
    }

    /// Position at a moment, in seconds. While paused it stands, except in the lead-in, which runs
    /// up to 0. A running clock stops 2 s behind the end, where the server changes media.
    #[must_use]
    pub fn position_at(&self, at: UnixMicros) -> f64 {
        let elapsed = at.seconds_since(self.at).max(0.0);
        if self.position_s < 0.0 && self.paused {
            return (self.position_s + elapsed).min(0.0);
        }
        if self.paused {
            return self.position_s;
        }
        let running = self.position_s + elapsed;
        if self.media.seconds > 0.0 {
            let end = self.media.seconds + OVERRUN_MAX_S;
            return running.min(end).max(self.position_s);
        }
        running
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playing(position_s: f64, paused: bool, seconds: f64) -> Playing {
        let media = Media {
            kind: "yt".into(),
            id: "x".into(),
            title: "t".into(),
            seconds,
            meta: serde_json::Value::Null,
        };
        Playing {
            uid: None,
            media,
            position_s,
            paused,
            at: UnixMicros(0),
        }
    }

    #[test]
    fn computes_the_position() {
        for (position_s, paused, seconds, after_s, expected) in [
            (10.0, false, 100.0, 5, 15.0),
            (10.0, true, 100.0, 5, 10.0),
            (-3.0, true, 100.0, 2, -1.0),
            (-3.0, true, 100.0, 9, 0.0),
            (99.0, false, 100.0, 60, 102.0),
            (500.0, false, 100.0, 60, 500.0),
            (0.0, false, 0.0, 3600, 3600.0),
            (10.0, false, 100.0, -5, 10.0),
        ] {
            let at = UnixMicros(after_s * 1_000_000);
            assert_eq!(
                playing(position_s, paused, seconds).position_at(at),
                expected
            );
        }
    }
}
