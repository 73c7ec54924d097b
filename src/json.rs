//! What is wrong with a JSON text, said without repeating it.
//!
//! `serde_json` quotes the value that does not fit, and that value may be a password or an address:
//! its words go into the log. Nothing here parses anything.

/// The error's words without the value that caused it.
pub(crate) fn fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    for kind in ["invalid type", "invalid value"] {
        if !text.starts_with(kind) {
            continue;
        }
        // The value comes first, so the last mention is serde's own.
        let expected = text.rsplit_once(", expected ").map_or("", |(_, rest)| rest);
        return format!("{kind}, expected {expected}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p9_a_fault_is_told_without_its_value() {
        let told = |json: &str| fault(&serde_json::from_str::<Vec<u8>>(json).unwrap_err());
        assert_eq!(
            told("\"hunter2\""),
            "invalid type, expected a sequence at line 1 column 9"
        );
        assert_eq!(
            told("[\"hunter2, expected x\"]"),
            "invalid type, expected u8 at line 1 column 22"
        );
        assert_eq!(
            told("[777]"),
            "invalid value, expected u8 at line 1 column 4"
        );
        assert!(told("[1").starts_with("EOF while parsing"));
    }
}
