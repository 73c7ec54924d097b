//! Links to media: what reads as one is written as a link that reads the same, as text and as JSON,
//! and its id is one that a server can be asked for.

use projectionist::MediaRef;

pub(crate) fn check(link: &str) {
    let parsed = MediaRef::parse(link);
    assert_eq!(
        parsed,
        MediaRef::parse(&format!("  {link}\n")),
        "blanks around it mean nothing"
    );
    let Ok(media) = parsed else {
        return;
    };
    assert_eq!(media.kind.len(), 2, "{media:?}");
    assert!(!media.id.is_empty() && media.id.len() <= 2_048, "{media:?}");
    if media.kind != "cu" {
        let is_plain = |c: char| !c.is_whitespace() && !c.is_control();
        assert!(media.id.chars().all(is_plain), "{media:?}");
    }
    let written = media.to_string();
    assert_eq!(
        MediaRef::parse(&written).as_ref(),
        Ok(&media),
        "written as {written}"
    );
    let json = serde_json::to_string(&media).unwrap();
    assert_eq!(serde_json::from_str::<MediaRef>(&json).unwrap(), media);
}
