//! Where a channel's socket server is: `GET {origin}/socketconfig/{channel}.json`
//! (`src/web/routes/socketconfig.js`).
//!
//! Asked anew for each dial and never cached, since a site moves channels between servers. The
//! document says nothing about whether the channel exists: any well-formed name gets an answer.

use crate::transport::attempt::Attempt;
use crate::transport::endpoint::Endpoint;
use crate::transport::http::{agent, dial_error, printable};
use crate::transport::{Dial, DialError};
use serde::Deserialize;
use std::time::Duration;

/// Largest document read. Real ones have a few hundred bytes.
const BODY_BYTES_MAX: u64 = 64 << 10;

/// Redirects followed: from a bare domain to `www`, say, and then to a language.
const REDIRECTS_MAX: u32 = 3;

/// What is under way, in error texts.
const STAGE: &str = "discovery";

/// Finds the socket server of the dial's channel, or takes the ones the dial names.
///
/// # Errors
/// A [`DialError`], of any kind but a refused upgrade.
pub(crate) fn discover(attempt: &Attempt<'_>) -> Result<Endpoint, DialError> {
    let dial = attempt.dial;
    if !dial.servers.is_empty() {
        let servers: Vec<_> = dial.servers.iter().map(Server::at).collect();
        return choose(&dial.origin, &servers, dial.allow_insecure);
    }
    let url = format!("{}/socketconfig/{}.json", dial.origin, dial.channel);
    let (status, body) = attempt.in_background(&dial.origin, STAGE, {
        let (dial, url) = (dial.clone(), url.clone());
        move |budget| fetch(&dial, &url, budget)
    })??;
    choose(&url, &parse(&url, status, &body)?, dial.allow_insecure)
}

/// One entry of the document. What else an entry holds is not ours to know.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct Server {
    #[serde(default)]
    url: String,
    #[serde(default, rename = "ipv6Only")]
    ipv6_only: bool,
}

impl Server {
    fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ipv6_only: false,
        }
    }
}

/// The document, or what comes instead of it.
#[derive(Debug, Deserialize)]
struct Document {
    servers: Option<Vec<Server>>,
    error: Option<String>,
}

fn fetch(dial: &Dial, url: &str, budget: Duration) -> Result<(u16, Vec<u8>), DialError> {
    let failed = |error: &ureq::Error| match error {
        ureq::Error::BodyExceedsLimit(_) => not_found(url, "more than 64 KiB came"),
        ureq::Error::TooManyRedirects => not_found(url, "redirected in circles"),
        _ => dial_error(url, error, dial.connect_wait_max, STAGE),
    };
    let mut response = agent(dial, url, REDIRECTS_MAX)?
        .get(url)
        .header("Accept", "application/json")
        .config()
        .timeout_global(Some(budget))
        .build()
        .call()
        .map_err(|error| failed(&error))?;
    let body = response
        .body_mut()
        .with_config()
        .limit(BODY_BYTES_MAX)
        .read_to_vec()
        .map_err(|error| failed(&error))?;
    Ok((response.status().as_u16(), body))
}

/// Reads an answer to the question.
///
/// A 404 counts as an impossible name only in CyTube's own words: a site that is down for
/// maintenance behind a proxy says 404 too, and must be asked again.
fn parse(url: &str, status: u16, body: &[u8]) -> Result<Vec<Server>, DialError> {
    let document = serde_json::from_slice::<Document>(body);
    match (status, document) {
        (
            200,
            Ok(Document {
                servers: Some(servers),
                ..
            }),
        ) => Ok(servers),
        (404, Ok(Document { error: Some(_), .. })) => Err(DialError::NoSuchChannel {
            url: url.to_owned(),
        }),
        (
            _,
            Ok(Document {
                error: Some(error), ..
            }),
        ) => Err(not_found(
            url,
            format!("HTTP {status}: {}", printable(&error)),
        )),
        (200, Ok(_)) => Err(not_found(url, "no list of servers came")),
        (200, Err(_)) if body.trim_ascii().is_empty() => Err(not_found(url, "nothing came")),
        (200, Err(_)) if body.trim_ascii().starts_with(b"<") => {
            Err(not_found(url, "a page came, not a list of servers"))
        }
        (200, Err(error)) => {
            let why = printable(&error.to_string());
            Err(not_found(url, format!("not a list of servers: {why}")))
        }
        _ => Err(not_found(url, format!("HTTP {status}"))),
    }
}

/// Chooses as the web client does: encrypted before plain, then what is not for IPv6 only, then
/// the first. Whether an entry is encrypted its scheme says, since that is what will be dialled;
/// entries without a usable address are skipped, as some servers list empty ones.
fn choose(url: &str, servers: &[Server], allow_insecure: bool) -> Result<Endpoint, DialError> {
    let mut usable: Vec<(&Server, Endpoint)> = servers
        .iter()
        .filter_map(|server| Some((server, Endpoint::parse(&server.url)?)))
        .collect();
    // The sort is stable: among equals the server's order stands.
    usable.sort_by_key(|(server, endpoint)| (reluctance(endpoint), server.ipv6_only));
    match usable.into_iter().next() {
        None => Err(not_found(url, "no usable server on the list")),
        Some((_, endpoint)) if endpoint.secure && !cfg!(feature = "tls") => Err(DialError::NoTls {
            url: endpoint.http(),
        }),
        Some((_, endpoint)) if !endpoint.secure && !allow_insecure => Err(DialError::Insecure {
            url: endpoint.http(),
        }),
        Some((_, endpoint)) => Ok(endpoint),
    }
}

/// Encrypted, then plain, then what this build cannot speak.
fn reluctance(endpoint: &Endpoint) -> u8 {
    match (endpoint.secure, cfg!(feature = "tls")) {
        (true, true) => 0,
        (false, _) => 1,
        (true, false) => 2,
    }
}

fn not_found(url: &str, detail: impl Into<String>) -> DialError {
    DialError::Discovery {
        url: url.to_owned(),
        detail: detail.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is dialled after this answer, or the error's text.
    fn check(status: u16, body: &str, allow_insecure: bool, expected: &str) {
        let answer = parse("URL", status, body.as_bytes())
            .and_then(|servers| choose("URL", &servers, allow_insecure));
        let text = match answer {
            Ok(endpoint) => endpoint.http(),
            Err(error) => error.to_string(),
        };
        assert!(text.starts_with(expected), "{status} {body}: {text}");
    }

    #[test]
    fn a_server_is_found() {
        let plain = r#"{"servers":[{"url":"http://127.0.0.1:1338","secure":false}]}"#;
        check(200, plain, true, "http://127.0.0.1:1338");
        check(200, plain, false, "http://127.0.0.1:1338 is not encrypted");
        let odd = r#"{"alt":[1],"servers":[{"url":"","ipv6":true},{"url":"http://a:1","x":{}}]}"#;
        check(200, odd, true, "http://a:1");
    }

    #[cfg(feature = "tls")]
    #[test]
    fn encrypted_first_then_what_is_not_for_ipv6_only() {
        let list = r#"{"servers":[
            {"url":"http://plain:80","secure":false},
            {"url":"https://six:443","secure":true,"ipv6Only":true},
            {"url":"https://first:8443","secure":true},
            {"url":"https://second:8443","secure":true}]}"#;
        check(200, list, true, "https://first:8443");
        let six = r#"{"servers":[{"url":"http://a"},{"url":"https://six","ipv6Only":true}]}"#;
        check(200, six, true, "https://six");
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn without_tls_only_plain_servers_serve() {
        let list = r#"{"servers":[{"url":"https://a"},{"url":"http://plain"}]}"#;
        check(200, list, true, "http://plain");
        check(
            200,
            r#"{"servers":[{"url":"https://a"}]}"#,
            true,
            "https://a needs TLS",
        );
    }

    #[test]
    fn other_answers_say_what_came() {
        let gone = r#"{"error":"Channel \"$bad$\" does not exist."}"#;
        check(404, gone, true, "URL: no such channel (HTTP 404)");
        check(404, "<h1>Not found</h1>", true, "URL: HTTP 404: is this");
        check(
            500,
            r#"{"error":"db\ndown"}"#,
            true,
            "URL: HTTP 500: db down: is this",
        );
        check(502, "", true, "URL: HTTP 502");
        check(200, "", true, "URL: nothing came");
        check(200, "  <!doctype html>", true, "URL: a page came");
        check(200, "[]", true, "URL: not a list of servers");
        check(200, "{}", true, "URL: no list of servers");
        check(200, r#"{"servers":[]}"#, true, "URL: no usable server");
        check(
            200,
            r#"{"servers":[{"url":""}]}"#,
            true,
            "URL: no usable server",
        );
        check(
            200,
            r#"{"servers":[{"url":7}]}"#,
            true,
            "URL: not a list of servers",
        );
        check(
            200,
            r#"{"servers":[{"url":"http://a/b"}]}"#,
            true,
            "URL: no usable server",
        );
    }
}
