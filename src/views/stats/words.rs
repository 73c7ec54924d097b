//! What somebody types to find lines of chat, as a query of the full-text index.
//!
//! Whatever is typed is a query: there is no wrong one. Every word is quoted for the index, so that
//! nothing of its own language gets through.

/// Words and phrases taken into account; more than anybody means.
const TERMS_MAX: usize = 32;

/// One word or phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    text: String,
    /// Must not occur.
    not: bool,
    /// Its last word may go on.
    prefix: bool,
}

/// The index query for lines with all these words, of a user if one is named; `None`: there is no
/// word to look for.
pub(super) fn expression(words: &str, user: Option<&str>) -> Option<String> {
    let (barred, wanted): (Vec<Term>, Vec<Term>) =
        terms(words).into_iter().partition(|term| term.not);
    if wanted.is_empty() {
        return None;
    }
    let mut all: Vec<String> = wanted.iter().map(in_text).collect();
    // The index narrows to a few names; which of them it is, the caller checks.
    if let Some(user) = user.filter(|user| has_word(user)) {
        all.push(format!("name : {}", quoted(user)));
    }
    let mut query = all.join(" ");
    if !barred.is_empty() {
        let any: Vec<String> = barred.iter().map(in_text).collect();
        query += &format!(" NOT ({})", any.join(" OR "));
    }
    Some(query)
}

/// Words, `"phrases"`, `-without`, `begin*`; what holds no letter and no digit is left out.
fn terms(words: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    let mut rest = words.trim_start();
    while !rest.is_empty() && terms.len() < TERMS_MAX {
        let (not, from) = rest
            .strip_prefix('-')
            .map_or((false, rest), |from| (true, from));
        let (text, behind) = match from.strip_prefix('"') {
            Some(phrase) => phrase.split_once('"').unwrap_or((phrase, "")),
            None => {
                let end = |c: char| c.is_whitespace() || c == '"';
                from.split_at(from.find(end).unwrap_or(from.len()))
            }
        };
        let (prefix, behind) = behind
            .strip_prefix('*')
            .map_or((text.ends_with('*'), behind), |behind| (true, behind));
        if has_word(text) {
            let text = text.to_owned();
            terms.push(Term { text, not, prefix });
        }
        rest = behind.trim_start();
    }
    terms
}

fn in_text(term: &Term) -> String {
    let star = if term.prefix { " *" } else { "" };
    format!("text : {}{star}", quoted(&term.text))
}

/// Whether the index finds a word in it.
fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// As a string of the index's language, which ends at a zero byte.
fn quoted(text: &str) -> String {
    let text = text.replace('\0', " ").replace('"', "\"\"");
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &str, expected: &str) {
        assert_eq!(expression(words, None).as_deref(), Some(expected));
    }

    #[test]
    fn words_are_all_looked_for() {
        check("one", r#"text : "one""#);
        check("  one   two ", r#"text : "one" text : "two""#);
        check("AND OR NOT", r#"text : "AND" text : "OR" text : "NOT""#);
        check("name:x (y)", r#"text : "name:x" text : "(y)""#);
    }

    #[test]
    fn phrases_stand_in_quotes_and_need_no_end() {
        check(r#""a b" c"#, r#"text : "a b" text : "c""#);
        check(r#"a"b c"d"#, r#"text : "a" text : "b c" text : "d""#);
        check(r#"a "b c"#, r#"text : "a" text : "b c""#);
    }

    #[test]
    fn a_star_lets_a_word_go_on_and_a_dash_bars_one() {
        check("film*", r#"text : "film*" *"#);
        check(r#""a fil"* b"#, r#"text : "a fil" * text : "b""#);
        let barred = r#"text : "a" NOT (text : "b" OR text : "c d")"#;
        check(r#"a -b -"c d""#, barred);
        check("a-b", r#"text : "a-b""#);
    }

    #[test]
    fn a_user_is_narrowed_to() {
        let found = expression("a -b", Some("Bob"));
        let expected = r#"text : "a" name : "Bob" NOT (text : "b")"#;
        assert_eq!(found.as_deref(), Some(expected));
        assert_eq!(
            expression("a", Some("___")).as_deref(),
            Some(r#"text : "a""#)
        );
    }

    #[test]
    fn without_a_word_there_is_nothing_to_look_for() {
        for words in ["", "  ", "\"", "\"\"", "-", "*", "-a", ":) \u{1f3ac}", "\0"] {
            assert_eq!(expression(words, Some("bob")), None, "{words:?}");
        }
    }

    #[test]
    fn nobody_means_more_than_some_words() {
        let found = expression(&"a ".repeat(1_000), None).unwrap();
        assert_eq!(found.matches('a').count(), TERMS_MAX);
    }
}
