//! Links of all providers, refusals, and the way back.

use super::*;
use proptest::prelude::*;

/// A link, and the type and id it means.
const LINKS: [(&str, &str, &str); 72] = [
    (
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "yt",
        "dQw4w9WgXcQ",
    ),
    (
        "http://youtube.com/watch?v=dQw4w9WgXcQ",
        "yt",
        "dQw4w9WgXcQ",
    ),
    (
        "https://m.youtube.com/watch?v=dQw4w9WgXcQ",
        "yt",
        "dQw4w9WgXcQ",
    ),
    (
        "https://music.youtube.com/watch?v=dQw4w9WgXcQ",
        "yt",
        "dQw4w9WgXcQ",
    ),
    (
        "https://www.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ&t=42s",
        "yt",
        "dQw4w9WgXcQ",
    ),
    (
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PL0123456789abcdef0123456789abcdef",
        "yt",
        "dQw4w9WgXcQ",
    ),
    (
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ#t=1",
        "yt",
        "dQw4w9WgXcQ",
    ),
    (
        "HTTPS://WWW.YouTube.com/watch?v=dQw4w9WgXcQ",
        "yt",
        "dQw4w9WgXcQ",
    ),
    ("youtube.com/watch?v=dQw4w9WgXcQ", "yt", "dQw4w9WgXcQ"),
    ("https://youtu.be/dQw4w9WgXcQ", "yt", "dQw4w9WgXcQ"),
    ("https://youtu.be/dQw4w9WgXcQ?t=42", "yt", "dQw4w9WgXcQ"),
    ("youtu.be/-_-_-_-_-_-", "yt", "-_-_-_-_-_-"),
    (
        "https://www.youtube.com/shorts/dQw4w9WgXcQ",
        "yt",
        "dQw4w9WgXcQ",
    ),
    (
        "https://www.youtube.com/live/dQw4w9WgXcQ?feature=share",
        "yt",
        "dQw4w9WgXcQ",
    ),
    (
        "https://www.youtube.com/embed/dQw4w9WgXcQ",
        "yt",
        "dQw4w9WgXcQ",
    ),
    ("https://www.youtube.com/v/dQw4w9WgXcQ", "yt", "dQw4w9WgXcQ"),
    ("  https://youtu.be/dQw4w9WgXcQ \n", "yt", "dQw4w9WgXcQ"),
    ("yt:dQw4w9WgXcQ", "yt", "dQw4w9WgXcQ"),
    (
        "https://www.youtube.com/playlist?list=PL0123456789abcdef0123456789abcdef",
        "yp",
        "PL0123456789abcdef0123456789abcdef",
    ),
    (
        "https://www.youtube.com/playlist?list=PL0123456789ABCDEF",
        "yp",
        "PL0123456789ABCDEF",
    ),
    ("yp:PL0123456789ABCDEF", "yp", "PL0123456789ABCDEF"),
    ("https://vimeo.com/76979871", "vi", "76979871"),
    (
        "https://vimeo.com/76979871/0123abcdef",
        "vi",
        "76979871/0123abcdef",
    ),
    ("https://www.vimeo.com/76979871/", "vi", "76979871"),
    (
        "https://player.vimeo.com/video/76979871?title=0",
        "vi",
        "76979871",
    ),
    ("vi:76979871", "vi", "76979871"),
    ("https://www.dailymotion.com/video/x8abcde", "dm", "x8abcde"),
    (
        "https://www.dailymotion.com/video/x8abcde_a-long-title_news",
        "dm",
        "x8abcde",
    ),
    ("https://dai.ly/x8abcde", "dm", "x8abcde"),
    ("dm:x8abcde", "dm", "x8abcde"),
    (
        "https://drive.google.com/file/d/0B-abcdefghij_k/view?usp=sharing",
        "gd",
        "0B-abcdefghij_k",
    ),
    (
        "https://docs.google.com/file/d/0B-abcdefghij_k/edit",
        "gd",
        "0B-abcdefghij_k",
    ),
    (
        "https://drive.google.com/open?id=0B-abcdefghij_k",
        "gd",
        "0B-abcdefghij_k",
    ),
    (
        "https://drive.google.com/uc?export=download&id=0B-abcdefghij_k",
        "gd",
        "0B-abcdefghij_k",
    ),
    ("gd:0B-abcdefghij_k", "gd", "0B-abcdefghij_k"),
    ("https://streamable.com/moo", "sb", "moo"),
    ("sb:moo", "sb", "moo"),
    (
        "https://clips.twitch.tv/ProudSlugName",
        "tc",
        "ProudSlugName",
    ),
    (
        "https://clips.twitch.tv/ProudSlugName-abc_DEF-1",
        "tc",
        "ProudSlugName-abc_DEF-1",
    ),
    (
        "https://www.twitch.tv/channel/clip/ProudSlugName?filter=clips",
        "tc",
        "ProudSlugName",
    ),
    ("https://www.twitch.tv/videos/123456789", "tv", "v123456789"),
    (
        "https://www.twitch.tv/channel/v/123456789",
        "tv",
        "v123456789",
    ),
    ("tv:v123456789", "tv", "v123456789"),
    ("https://www.twitch.tv/some_channel", "tw", "some_channel"),
    ("https://twitch.tv/some_channel/", "tw", "some_channel"),
    ("tw:some_channel", "tw", "some_channel"),
    (
        "https://tube.example.org/w/kkGMgK9ZtnKfYAgnEtQxbv",
        "pt",
        "tube.example.org;kkGMgK9ZtnKfYAgnEtQxbv",
    ),
    (
        "https://tube.example.org/videos/watch/9c9de5e8-0a1e-484a-b099-e80766180a6d",
        "pt",
        "tube.example.org;9c9de5e8-0a1e-484a-b099-e80766180a6d",
    ),
    (
        "https://tube.example.org/w/9c9de5e8-0a1e-484a-b099-e80766180a6d",
        "pt",
        "tube.example.org;9c9de5e8-0a1e-484a-b099-e80766180a6d",
    ),
    (
        "pt:tube.example.org;kkGMgK9ZtnKfYAgnEtQxbv",
        "pt",
        "tube.example.org;kkGMgK9ZtnKfYAgnEtQxbv",
    ),
    (
        "https://www.bitchute.com/video/aBcDeF123456/",
        "bc",
        "aBcDeF123456",
    ),
    (
        "https://www.bitchute.com/embed/aBcDeF123456",
        "bc",
        "aBcDeF123456",
    ),
    (
        "https://artist.bandcamp.com/track/a-song-of-mine",
        "bn",
        "artist;a-song-of-mine",
    ),
    ("bn:artist;a-song-of-mine", "bn", "artist;a-song-of-mine"),
    (
        "https://odysee.com/@Someone:5/a-video:7",
        "od",
        "Someone;a-video",
    ),
    (
        "https://odysee.com/@Someone/a-video",
        "od",
        "Someone;a-video",
    ),
    ("https://www.nicovideo.jp/watch/sm9", "nv", "sm9"),
    ("https://nico.ms/sm9", "nv", "sm9"),
    (
        "https://livestream.com/accounts/123/events/456",
        "li",
        "123;456",
    ),
    (
        "https://livestream.com/accounts/123/events/456/videos/7",
        "li",
        "123;456",
    ),
    (
        "rtmp://stream.example.com/live/key",
        "rt",
        "rtmp://stream.example.com/live/key",
    ),
    (
        "https://stream.example.com/live/index.m3u8?token=a",
        "hl",
        "https://stream.example.com/live/index.m3u8?token=a",
    ),
    (
        "https://files.example.com/manifest.json",
        "cm",
        "https://files.example.com/manifest.json",
    ),
    (
        "https://files.example.com/a/film.mp4",
        "fi",
        "https://files.example.com/a/film.mp4",
    ),
    (
        "https://files.example.com/song.FLAC?x=1",
        "fi",
        "https://files.example.com/song.FLAC?x=1",
    ),
    (
        "https://files.example.com:8443/film.webm",
        "fi",
        "https://files.example.com:8443/film.webm",
    ),
    (
        "fi:https://files.example.com/download?id=7",
        "fi",
        "https://files.example.com/download?id=7",
    ),
    (
        "cm:https://files.example.com/m?id=7",
        "cm",
        "https://files.example.com/m?id=7",
    ),
    (
        "https://soundcloud.com/artist/track",
        "sc",
        "https://soundcloud.com/artist/track",
    ),
    (
        "<iframe src=\"https://player.example.com/1\"></iframe>",
        "cu",
        "<iframe src=\"https://player.example.com/1\"></iframe>",
    ),
    (
        "<IFRAME SRC='https://a.b'>",
        "cu",
        "<IFRAME SRC='https://a.b'>",
    ),
    (
        "<object data=\"https://player.example.com/1\"></object>",
        "cu",
        "<object data=\"https://player.example.com/1\"></object>",
    ),
];

#[test]
fn links_of_all_providers_are_understood() {
    for (link, kind, id) in LINKS {
        assert_eq!(MediaRef::parse(link), Ok(MediaRef::new(kind, id)), "{link}");
    }
}

#[test]
fn every_provider_has_a_link_in_the_table_and_leads_back() {
    for (link, kind, id) in LINKS {
        let media = MediaRef::new(kind, id);
        let shown = media.to_string();
        // An embed has no address, and its text is not a short form.
        if kind != "cu" {
            assert_eq!(
                MediaRef::parse(&shown),
                Ok(media),
                "{link} is shown as {shown}"
            );
        }
    }
}

#[test]
fn what_is_no_media_is_refused_in_words() {
    let refused = |link: &str| MediaRef::parse(link).unwrap_err();
    for link in [
        "",
        "hello",
        "two words",
        "ftp://files.example.com/a.mp4",
        "https://",
        "://x",
        "javascript:alert(1)",
        "data:video/mp4;base64,AA",
    ] {
        assert_eq!(refused(link), MediaLinkError::NotALink, "{link}");
    }
    for (link, provider) in [
        ("https://www.youtube.com/", "YouTube"),
        ("https://www.youtube.com/@someone", "YouTube"),
        ("https://www.youtube.com/watch?list=x", "YouTube"),
        ("https://youtu.be/short", "YouTube"),
        (
            "https://www.youtube.com/playlist?list=RDdQw4w9WgXcQ",
            "YouTube",
        ),
        ("https://vimeo.com/channels/staffpicks", "Vimeo"),
        ("https://www.dailymotion.com/someone", "Dailymotion"),
        ("https://drive.google.com/drive/my-drive", "Google Drive"),
        ("https://www.twitch.tv/", "Twitch"),
        ("https://www.twitch.tv/channel/about", "Twitch"),
        ("https://livestream.com/someone/events", "Livestream"),
        ("https://artist.bandcamp.com/album/all", "Bandcamp"),
        ("https://odysee.com/$/discover", "Odysee"),
        ("https://www.nicovideo.jp/", "Niconico"),
        ("yt:dQw4w9WgXcQ&x", "YouTube"),
        ("fi:http://files.example.com/a.mp4", "a raw file"),
    ] {
        let MediaLinkError::NotMedia {
            provider: named,
            expected,
        } = refused(link)
        else {
            panic!("{link}: {:?}", refused(link));
        };
        assert_eq!(named, provider, "{link}");
        assert!(!expected.is_empty());
    }
    assert_eq!(
        refused("zz:1"),
        MediaLinkError::UnknownType("zz".to_owned())
    );
    assert_eq!(
        refused("https://example.com/page.html"),
        MediaLinkError::UnknownHost("example.com".to_owned())
    );
    assert_eq!(
        refused("http://files.example.com/a.mp4"),
        MediaLinkError::Insecure("files.example.com".to_owned())
    );
    assert_eq!(refused(&"x".repeat(2_049)), MediaLinkError::TooLong(2_049));
}

#[test]
fn json_takes_a_pair_or_a_link_and_gives_the_pair() {
    let read = |json: &str| serde_json::from_str::<MediaRef>(json);
    let media = read("\"https://youtu.be/dQw4w9WgXcQ\"").unwrap();
    assert_eq!(
        serde_json::to_string(&media).unwrap(),
        r#"{"type":"yt","id":"dQw4w9WgXcQ"}"#
    );
    assert_eq!(
        read(r#"{"type":"xx","id":"of a fork"}"#).unwrap(),
        MediaRef::new("xx", "of a fork")
    );
    assert!(
        read("\"https://example.com/\"")
            .unwrap_err()
            .to_string()
            .contains("example.com")
    );
    assert!(read("7").unwrap_err().to_string().contains("a link, or"));
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_understood_reads_back(
        link in "(https?://|rtmp://|[a-z]{2}:)?(www\\.)?[a-z.]{0,12}(youtube\\.com|twitch\\.tv|odysee\\.com|vimeo\\.com|x\\.y)?[/a-zA-Z0-9?=&;:@#_.-]{0,40}"
    ) {
        if let Ok(media) = MediaRef::parse(&link) {
            let json = serde_json::to_string(&media).unwrap();
            prop_assert_eq!(&serde_json::from_str::<MediaRef>(&json).unwrap(), &media);
            prop_assert_eq!(MediaRef::parse(&media.to_string()), Ok(media));
        }
    }

    #[test]
    fn no_text_at_all_panics(link in "\\PC{0,80}") {
        let _ = MediaRef::parse(&link);
    }
}
