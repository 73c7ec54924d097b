//! How often this process may knock at one site.
//!
//! A server admits an address 5 connects at once and then one each 10 s, 10 sockets at a time
//! (`src/io/ioserver.js`), and one guest login a minute (`src/user.js`). All channels of a process
//! share its address, so they share one pacer. Pure: the moment is an argument, nothing here
//! waits. Limits are counted when a dial starts, also for dials that fail before the server
//! noticed: erring on the quiet side costs a wait, erring on the loud one a refusal.

use crate::config::Pace;
use std::collections::BTreeMap;
use std::time::Duration;

/// Whether a dial may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// Now: it is counted, and holds a socket until [`Pacer::release`].
    Now,
    /// Not before this moment; nothing is counted.
    At(Duration),
    /// Not before a socket is released; nothing is counted.
    WhenReleased,
}

/// Paces dials by origin.
#[derive(Debug, Default)]
pub(crate) struct Pacer {
    origins: BTreeMap<String, Origin>,
}

/// What one origin has been asked.
#[derive(Debug, Default)]
struct Origin {
    /// When the bucket of connects will be full again. Each connect moves it on by one interval;
    /// more than a full bucket ahead of now means empty. One moment serves as token count and
    /// time of the last refill.
    connects_full_at: Duration,
    /// When the next guest may log in.
    guest_at: Duration,
    /// Sockets open or being opened.
    sockets: usize,
}

impl Pacer {
    /// Starts a dial to `origin` if its limits allow one `now` (any monotonic origin, always the
    /// same), else says when to ask again. Who asks brings its own idea of the limits; what was
    /// counted, by whomever, counts for all.
    pub(crate) fn reserve(
        &mut self,
        origin: &str,
        pace: Pace,
        guest_login: bool,
        now: Duration,
    ) -> Grant {
        self.origins.retain(|_, known| !known.is_forgettable(now));
        let known = self.origins.entry(origin.to_owned()).or_default();
        if known.sockets >= pace.sockets_max {
            return Grant::WhenReleased;
        }
        let at = known.free_at(pace, guest_login);
        if at > now {
            return Grant::At(at);
        }
        known.sockets += 1;
        known.connects_full_at = known.connects_full_at.max(now) + pace.connect_interval;
        if guest_login {
            known.guest_at = now + pace.guest_interval;
        }
        Grant::Now
    }

    /// Gives back the socket of a dial that was granted.
    pub(crate) fn release(&mut self, origin: &str) {
        if let Some(known) = self.origins.get_mut(origin) {
            known.sockets = known.sockets.saturating_sub(1);
        }
    }
}

impl Origin {
    /// When connects, and guest logins if it is one, are next allowed.
    fn free_at(&self, pace: Pace, guest_login: bool) -> Duration {
        let burst_left = pace.connect_interval * pace.connects_burst.saturating_sub(1);
        let connect_at = self.connects_full_at.saturating_sub(burst_left);
        match guest_login {
            true => connect_at.max(self.guest_at),
            false => connect_at,
        }
    }

    /// Whether nothing would be different without it, so that a process that sees many origins
    /// does not keep them all.
    fn is_forgettable(&self, now: Duration) -> bool {
        self.sockets == 0 && self.connects_full_at <= now && self.guest_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SITE: &str = "https://cytu.be";

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn pacer() -> Pacer {
        Pacer::default()
    }

    #[test]
    fn five_connects_at_once_then_one_each_ten_seconds() {
        let mut pacer = pacer();
        for _ in 0..5 {
            assert_eq!(
                pacer.reserve(SITE, Pace::default(), false, s(100)),
                Grant::Now
            );
            pacer.release(SITE);
        }
        assert_eq!(
            pacer.reserve(SITE, Pace::default(), false, s(100)),
            Grant::At(s(110))
        );
        assert_eq!(
            pacer.reserve(SITE, Pace::default(), false, s(109)),
            Grant::At(s(110))
        );
        assert_eq!(
            pacer.reserve(SITE, Pace::default(), false, s(110)),
            Grant::Now
        );
        assert_eq!(
            pacer.reserve(SITE, Pace::default(), false, s(110)),
            Grant::At(s(120))
        );
    }

    #[test]
    fn a_quiet_time_refills_the_burst_and_no_more() {
        let mut pacer = pacer();
        for _ in 0..5 {
            assert_eq!(
                pacer.reserve(SITE, Pace::default(), false, s(0)),
                Grant::Now
            );
            pacer.release(SITE);
        }
        for _ in 0..5 {
            assert_eq!(
                pacer.reserve(SITE, Pace::default(), false, s(5000)),
                Grant::Now
            );
        }
        assert_eq!(
            pacer.reserve(SITE, Pace::default(), false, s(5000)),
            Grant::At(s(5010))
        );
    }

    #[test]
    fn one_guest_a_minute_while_others_connect() {
        let mut pacer = pacer();
        assert_eq!(pacer.reserve(SITE, Pace::default(), true, s(0)), Grant::Now);
        assert_eq!(
            pacer.reserve(SITE, Pace::default(), true, s(1)),
            Grant::At(s(60))
        );
        assert_eq!(
            pacer.reserve(SITE, Pace::default(), false, s(1)),
            Grant::Now
        );
        assert_eq!(
            pacer.reserve(SITE, Pace::default(), true, s(60)),
            Grant::Now
        );
    }

    #[test]
    fn the_eleventh_socket_waits_for_a_release() {
        let mut pacer = pacer();
        for n in 0..10 {
            assert_eq!(
                pacer.reserve(SITE, Pace::default(), false, s(n * 10)),
                Grant::Now
            );
        }
        assert_eq!(
            pacer.reserve(SITE, Pace::default(), false, s(1000)),
            Grant::WhenReleased
        );
        pacer.release(SITE);
        assert_eq!(
            pacer.reserve(SITE, Pace::default(), false, s(1000)),
            Grant::Now
        );
    }

    #[test]
    fn origins_do_not_share_limits_and_are_forgotten() {
        let mut pacer = pacer();
        for n in 0..100 {
            let origin = format!("https://{n}.example");
            assert_eq!(
                pacer.reserve(&origin, Pace::default(), true, s(0)),
                Grant::Now
            );
            pacer.release(&origin);
        }
        assert_eq!(
            pacer.reserve(SITE, Pace::default(), false, s(60)),
            Grant::Now
        );
        assert_eq!(pacer.origins.len(), 1);
    }

    proptest! {
        /// However dials come, no window of time sees more of them than the server admits.
        #[test]
        fn never_exceeds_what_the_server_admits(
            asks in proptest::collection::vec((0_u64..20_000, any::<bool>(), any::<bool>()), 1..200)
        ) {
            let mut pacer = pacer();
            let (mut now, mut open) = (Duration::ZERO, 0_usize);
            let (mut connects, mut guests) = (Vec::new(), Vec::new());
            for (step_ms, guest, release) in asks {
                now += Duration::from_millis(step_ms);
                if release && open > 0 {
                    pacer.release(SITE);
                    open -= 1;
                }
                match pacer.reserve(SITE, Pace::default(), guest, now) {
                    Grant::Now => {
                        open += 1;
                        connects.push(now);
                        if guest { guests.push(now) }
                    }
                    Grant::At(at) => prop_assert!(at > now && at <= now + s(60)),
                    Grant::WhenReleased => prop_assert_eq!(open, 10),
                }
                prop_assert!(open <= 10);
            }
            for (i, from) in connects.iter().enumerate() {
                for (count, to) in connects[i..].iter().enumerate() {
                    let admitted = 5.0 + (*to - *from).as_secs_f64() / 10.0;
                    prop_assert!(count as f64 + 1.0 <= admitted + 1e-9);
                }
            }
            prop_assert!(guests.windows(2).all(|two| two[1] - two[0] >= s(60)));
        }
    }
}
