//! What ids look like: predicates on plain text, one for each form that some provider uses.

pub(super) fn is_word(id: &str) -> bool {
    !id.is_empty()
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Each has a host of its own, in lower case; `www` and `m` are the site's.
pub(super) fn is_artist(id: &str) -> bool {
    !id.is_empty()
        && !matches!(id, "www" | "m")
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

pub(super) fn is_rtmp(id: &str) -> bool {
    let scheme = id.get(..7).unwrap_or_default();
    scheme.eq_ignore_ascii_case("rtmp://")
}

pub(super) fn is_letters(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

pub(super) fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())
}

/// A name as it stands in a path, perhaps percent-encoded.
pub(super) fn is_name(id: &str) -> bool {
    !id.is_empty() && !id.contains(['/', ';', ':', '?', '&', '#', '@'])
}

pub(super) fn is_host(host: &str) -> bool {
    host.contains('.')
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
}

/// A UUID, or its short form.
pub(super) fn is_peertube_id(id: &str) -> bool {
    let is_short = id.len() == 22 && is_letters(id);
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    let is_hex = id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    is_short || (lengths == [8, 4, 4, 4, 12] && is_hex)
}

/// Lists that a user made; the ones YouTube mixes are different for everybody.
pub(super) fn is_youtube_list(id: &str) -> bool {
    let of = |prefix: &str, length: usize| {
        id.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == length && is_word(rest))
    };
    of("PL", 32) || of("PL", 16) || of("OLA", 38)
}

pub(super) fn is_pair(id: &str, first: fn(&str) -> bool, second: fn(&str) -> bool) -> bool {
    id.split_once(';')
        .is_some_and(|(a, b)| first(a) && second(b))
}

pub(super) fn is_https(link: &str) -> bool {
    link.strip_prefix("https://")
        .is_some_and(|rest| rest.contains('.') && !rest.contains(char::is_whitespace))
}
