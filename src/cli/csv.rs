//! Events as rows of a table: comma-separated values, as RFC 4180 has them.
//!
//! A field is quoted where it must be; a quote within is doubled; a row ends with CR LF. Absence
//! is an empty field, empty text a quoted one.

use crate::cli::event_json::Show;
use crate::cli::line::sent_at;
use projectionist::Recorded;

const COLUMNS: &[&str] = &[
    "seq",
    "received_at",
    "received_us",
    "sent_at",
    "sent_ms",
    "kind",
    "origin",
    "actor",
    "text",
    "session",
    "cause_seq",
    "corr",
    "redacted",
    "body",
];

/// Replaces what is in `out` by the heading.
pub(crate) fn heading(out: &mut Vec<u8>, raw: bool) {
    out.clear();
    let raw = raw.then_some("raw");
    for name in COLUMNS.iter().copied().chain(raw) {
        field(out, Some(name.as_bytes()));
    }
    end(out);
}

/// Replaces what is in `out` by an event's row.
///
/// # Errors
/// None in practice: everything in an event has a JSON form, and `out` is memory.
pub(crate) fn row(
    out: &mut Vec<u8>,
    recorded: &Recorded,
    show: Show,
) -> Result<(), serde_json::Error> {
    out.clear();
    let mut body = Vec::new();
    if !recorded.redacted {
        recorded.event.write_body(&mut body)?;
    }
    let text = Some(recorded.text()).filter(|text| !text.is_empty());
    for value in [
        Some(recorded.seq.to_string()),
        Some(recorded.received_at.to_string()),
        Some(recorded.received_at.0.to_string()),
        sent_at(recorded),
        recorded.sent_ms.map(|ms| ms.to_string()),
    ] {
        field(out, value.as_deref().map(str::as_bytes));
    }
    for value in [
        Some(recorded.kind().as_str()),
        Some(recorded.origin.as_str()),
        recorded.actor.as_deref(),
        text,
    ] {
        field(out, value.map(str::as_bytes));
    }
    field(out, Some(recorded.session.to_string().as_bytes()));
    let cause = recorded.cause.map(|seq| seq.to_string());
    field(out, cause.as_deref().map(str::as_bytes));
    field(out, recorded.corr.as_deref().map(str::as_bytes));
    field(out, Some(if recorded.redacted { b"1" } else { b"0" }));
    field(out, Some(body.as_slice()).filter(|_| !recorded.redacted));
    if show.raw {
        field(out, recorded.raw.as_deref().map(str::as_bytes));
    }
    end(out);
    Ok(())
}

/// Adds a field and the comma behind it.
pub(crate) fn field(out: &mut Vec<u8>, value: Option<&[u8]>) {
    let Some(value) = value else {
        out.push(b',');
        return;
    };
    let is_plain = !value.is_empty()
        && !value
            .iter()
            .any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
    if is_plain {
        out.extend_from_slice(value);
    } else {
        out.push(b'"');
        for byte in value {
            if *byte == b'"' {
                out.push(b'"');
            }
            out.push(*byte);
        }
        out.push(b'"');
    }
    out.push(b',');
}

/// Ends a row: the comma behind the last field makes way.
pub(crate) fn end(out: &mut Vec<u8>) {
    out.pop();
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::event_json::tests::sample;

    fn fields(values: &[Option<&str>]) -> String {
        let mut out = Vec::new();
        for value in values {
            field(&mut out, value.map(str::as_bytes));
        }
        end(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn quotes_where_it_must() {
        for (values, expected) in [
            (vec![Some("a"), Some("b c"), None], "a,b c,\r\n"),
            (vec![Some("a,b"), Some("")], "\"a,b\",\"\"\r\n"),
            (vec![Some("say \"hi\"")], "\"say \"\"hi\"\"\"\r\n"),
            (
                vec![Some("two\nlines"), Some("cr\rlf")],
                "\"two\nlines\",\"cr\rlf\"\r\n",
            ),
        ] {
            assert_eq!(fields(&values), expected);
        }
    }

    #[test]
    fn a_row_has_a_field_for_each_column() {
        let (mut head, mut body) = (Vec::new(), Vec::new());
        heading(&mut head, false);
        row(&mut body, &sample(), Show::default()).unwrap();
        let (head, body) = (
            String::from_utf8(head).unwrap(),
            String::from_utf8(body).unwrap(),
        );
        assert_eq!(head.trim_end().split(',').count(), COLUMNS.len());
        let expected = "7,2026-11-22T22:09:08.233Z,1795385348233000,2026-11-22T22:09:08.000Z,\
            1795385348000,unrecognised,live,alice,,1,3,,0,\
            \"{\"\"name\"\":\"\"odd, \\\"\"name\\\"\"\"\",\"\"why\"\":\"\"line\\nbreak\"\"}\"\r\n";
        assert_eq!(body, expected);
    }

    #[test]
    fn a_redacted_row_shows_nothing_of_its_content() {
        let mut out = Vec::new();
        row(&mut out, &sample().masked(), Show { raw: true }).unwrap();
        assert!(String::from_utf8(out).unwrap().ends_with(",1,3,,1,,\r\n"));
    }
}
