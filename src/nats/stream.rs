//! The stream: made if there is none, checked if there is.

use super::options::Delivery;
use async_nats::jetstream::Context;
use async_nats::jetstream::stream::{Config, StorageType};

/// Makes sure that a stream takes these subjects.
///
/// # Errors
/// In words: that it cannot be made, or is there and takes something else.
pub(super) async fn ensure(
    context: &Context,
    delivery: &Delivery,
    subjects: &[String],
) -> Result<(), String> {
    let Delivery::Stream {
        name,
        duplicate_window,
        max_age,
    } = delivery
    else {
        return Ok(());
    };
    let wanted = Config {
        name: name.clone(),
        subjects: subjects.to_vec(),
        duplicate_window: *duplicate_window,
        max_age: max_age.unwrap_or_default(),
        storage: StorageType::File,
        description: Some("events of CyTube channels".to_owned()),
        ..Config::default()
    };
    let stream = context.get_or_create_stream(wanted).await;
    let stream = stream.map_err(|error| format!("stream {name}: {error}"))?;
    let found = &stream.cached_info().config;
    let missing: Vec<_> = subjects
        .iter()
        .filter(|subject| {
            !found
                .subjects
                .iter()
                .any(|pattern| covers(pattern, subject))
        })
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        return Err(format!(
            "stream {name} is there, but does not take {}: add these subjects to it, or name another",
            missing.join(", ")
        ));
    }
    if found.no_ack {
        return Err(format!(
            "stream {name} acknowledges nothing (`no_ack`): change it, or name another"
        ));
    }
    if found.duplicate_window.is_zero() {
        return Err(format!(
            "stream {name} has no window for duplicates: give it one, or name another"
        ));
    }
    Ok(())
}

/// Whether a pattern takes every subject that another takes.
fn covers(pattern: &str, other: &str) -> bool {
    let (mut ours, mut theirs) = (pattern.split('.'), other.split('.'));
    loop {
        match (ours.next(), theirs.next()) {
            (Some(">"), Some(_)) | (None, None) => return true,
            (Some("*"), Some(token)) if token != ">" => {}
            (Some(mine), Some(token)) if mine == token => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_pattern_takes() {
        for (pattern, other, expected) in [
            ("a.>", "a.b", true),
            ("a.>", "a.b.>", true),
            ("a.>", "a", false),
            ("a.*", "a.b", true),
            ("a.*", "a.>", false),
            ("a.b", "a.b", true),
            ("a.b", "a.b.c", false),
            (">", "a.b.>", true),
            ("a.b.>", "a.>", false),
        ] {
            assert_eq!(covers(pattern, other), expected, "{pattern} {other}");
        }
    }
}
