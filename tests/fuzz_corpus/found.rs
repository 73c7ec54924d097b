//! What the fuzzers found, each by a name. The inputs are in no corpus that could lose them.

use crate::targets::media_link;
use projectionist::MediaRef;

/// A short form must be written as a link that means the same.
fn reads_back(link: &str) -> MediaRef {
    media_link::check(link);
    MediaRef::parse(link).unwrap()
}

#[test]
fn a_short_form_with_a_control_character_is_no_media() {
    for link in [
        "fi:https://files.example.com/a\u{7f}b.mp4",
        "rt:rtmp://a b",
        "od:a b;c",
    ] {
        assert!(MediaRef::parse(link).is_err(), "{link}");
    }
}

#[test]
fn a_host_within_an_id_is_in_lower_case() {
    assert_eq!(reads_back("bn:Artist;Some-track").id, "artist;Some-track");
    let peertube = reads_back("pt:Tube.Example.ORG;0123456789abcdefghijkl");
    assert_eq!(peertube.id, "tube.example.org;0123456789abcdefghijkl");
}

#[test]
fn an_artist_is_what_a_host_can_be_called() {
    for id in ["an_artist;a", "www;a", "m;a"] {
        assert!(MediaRef::parse(&format!("bn:{id}")).is_err(), "{id}");
    }
}

#[test]
fn a_peertube_server_may_be_called_www() {
    let media = reads_back("https://www.tube.example/w/0123456789abcdefghijkl");
    assert_eq!(media.id, "www.tube.example;0123456789abcdefghijkl");
}

#[test]
fn a_scheme_in_capitals_is_that_scheme() {
    assert_eq!(reads_back("RTMP://live.example.com/a").kind, "rt");
}

#[test]
fn an_https_address_that_no_site_owns_is_written_with_its_code() {
    let media = reads_back("sc:https://example.com/x");
    assert_eq!(media.to_string(), "sc:https://example.com/x");
}

#[test]
fn the_longest_embed_is_written_and_read() {
    let embed = format!("<iframe src=\"{}\">", "x".repeat(2_048 - 15));
    assert_eq!(embed.len(), 2_048);
    assert_eq!(reads_back(&embed).id, embed);
    assert!(MediaRef::parse(&format!("{embed}!")).is_err());
}
