//! Who comes to a synthetic room, and when it is alive.
//!
//! Activity is heavy-tailed: the nth regular comes and talks about as often as 1/n says. All of it
//! is drawn with integers and plain arithmetic, so that a seed gives the same people everywhere.

use super::words::{GUESTS, NAMES, TAILS};
use crate::model::{Profile, User};
use crate::number::Rank;
use crate::testing::SplitMix64;

/// Microseconds in an hour.
const HOUR_US: i64 = 3_600_000_000;

/// How alive the room is in each hour of the day (UTC), in percent of its best.
const HOURS: [u64; 24] = [
    50, 38, 25, 16, 10, 7, 6, 8, 12, 16, 20, 24, 28, 30, 32, 36, 42, 52, 68, 86, 100, 98, 84, 66,
];

/// How alive it is on each day of the week, Monday first, in percent.
const DAYS: [u64; 7] = [80, 75, 80, 85, 120, 150, 130];

/// A regular: somebody with an account.
#[derive(Clone, Debug)]
pub(super) struct Regular {
    pub(super) user: User,
    /// How often the person comes and speaks, against the others.
    pub(super) weight: u64,
}

/// The regulars; the first of them are the staff.
pub(super) fn regulars(count: usize, random: &mut SplitMix64) -> Vec<Regular> {
    (0..count)
        .map(|index| {
            let rank = match index {
                0 => 4.0,
                1..=3 => 2.0,
                _ => 1.0,
            };
            let weight = 100_000 / (index as u64 + 3) + random.below(200);
            let user = user(name(index), rank, random);
            Regular { user, weight }
        })
        .collect()
}

/// A name of its own for each index.
fn name(index: usize) -> String {
    let head = NAMES.get(index % NAMES.len()).copied().unwrap_or("x");
    let round = index / NAMES.len();
    // Another tail for each round and head, so that the first forty do not look alike.
    let tail = TAILS.get((round + index * 7) % TAILS.len());
    let tail = tail.copied().unwrap_or("");
    match round / TAILS.len() {
        0 => format!("{head}{tail}"),
        again => format!("{head}{tail}{again}"),
    }
}

fn user(name: String, rank: f64, random: &mut SplitMix64) -> User {
    let profile = if random.chance(40) {
        Profile {
            image: format!("https://img.example.com/{}.png", random.below(1000)),
            text: "at the back".to_owned(),
        }
    } else {
        Profile::default()
    };
    User {
        name,
        rank: Rank(rank),
        profile,
        afk: false,
        muted: false,
        moderator: None,
    }
}

/// A guest: no account, a name that others had before and will have again, in this case or that.
pub(super) fn guest(random: &mut SplitMix64) -> User {
    let name = random.pick(GUESTS).copied().unwrap_or("guest");
    let name = match random.below(4) {
        0 => name.to_ascii_uppercase(),
        _ => name.to_owned(),
    };
    User {
        name,
        rank: Rank::GUEST,
        profile: Profile::default(),
        afk: false,
        muted: false,
        moderator: None,
    }
}

/// How alive the room is at a time, in percent of a good evening.
pub(super) fn liveliness(at_us: i64) -> u64 {
    let hours = at_us.div_euclid(HOUR_US);
    let hour = usize::try_from(hours.rem_euclid(24)).unwrap_or(0);
    // 1970-01-01 was a Thursday.
    let day = usize::try_from((hours.div_euclid(24) + 3).rem_euclid(7)).unwrap_or(0);
    let of_hour = HOURS.get(hour).copied().unwrap_or(50);
    let of_day = DAYS.get(day).copied().unwrap_or(100);
    (of_hour * of_day / 100).max(1)
}

/// The mean of [`liveliness`] over a week.
pub(super) fn liveliness_mean() -> f64 {
    let hours: u64 = HOURS.iter().sum();
    let days: u64 = DAYS.iter().sum();
    (hours * days) as f64 / (24.0 * 7.0 * 100.0)
}

/// A draw of mean 1 with a long tail, close to an exponential one. No logarithm is taken: those
/// differ from machine to machine in their last bit.
pub(super) fn waiting(random: &mut SplitMix64) -> f64 {
    const MANTISSA: f64 = 9_007_199_254_740_992.0;
    let halvings = f64::from(random.next_u64().leading_zeros());
    let fraction = (random.next_u64() >> 11) as f64 / MANTISSA;
    (halvings + 1.0 - fraction) * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::synthetic::scribe::OWN_NAME;
    use std::collections::BTreeSet;

    #[test]
    fn every_regular_has_a_name_of_its_own_that_is_no_guests() {
        let people = regulars(5000, &mut SplitMix64::new(1));
        let names: BTreeSet<String> = people
            .iter()
            .map(|person| person.user.name.to_ascii_lowercase())
            .collect();
        assert_eq!(names.len(), 5000);
        assert!(names.iter().all(|name| name.len() <= 20));
        assert!(!names.contains(OWN_NAME));
        assert!(
            GUESTS
                .iter()
                .all(|guest| !names.contains(&guest.to_ascii_lowercase()))
        );
    }

    #[test]
    fn waits_are_one_on_average() {
        let mut random = SplitMix64::new(3);
        let sum: f64 = (0..100_000).map(|_| waiting(&mut random)).sum();
        assert!((0.9..1.1).contains(&(sum / 100_000.0)), "{sum}");
    }

    #[test]
    fn evenings_are_livelier_than_mornings_and_saturdays_than_tuesdays() {
        let at = |days: i64, hours: i64| liveliness((days * 24 + hours) * HOUR_US);
        assert!(at(0, 20) > 5 * at(0, 6));
        // The third day of 1970 was a Saturday.
        assert!(at(2, 20) > at(5, 20));
    }
}
