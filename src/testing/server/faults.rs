//! What may go wrong on purpose.

use parking_lot::{Condvar, Mutex};
use serde_json::{Value, json};

/// What discovery answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Discovery {
    /// This server.
    Own,
    /// These servers: address and whether it is called secure.
    Servers(Vec<(String, bool)>),
    /// HTTP 200 and nothing, as a partitioned site does for a channel it has no server for.
    EmptyBody,
    /// A page that is not the document, as a captive portal sends.
    Html,
    /// Only a status.
    Status(u16),
    /// Anything: status and body.
    Raw(u16, String),
}

impl Discovery {
    /// Status, content type and body for a valid channel name.
    pub(super) fn answer(&self, own_url: &str) -> (u16, &'static str, String) {
        const JSON: &str = "application/json; charset=utf-8";
        let list = |servers: &[(String, bool)]| {
            let server = |(url, secure): &(String, bool)| json!({ "url": url, "secure": secure });
            let servers: Vec<Value> = servers.iter().map(server).collect();
            json!({ "servers": servers }).to_string()
        };
        match self {
            Self::Own => {
                let own = (own_url.to_owned(), own_url.starts_with("https:"));
                (200, JSON, list(&[own]))
            }
            Self::Servers(servers) => (200, JSON, list(servers)),
            Self::EmptyBody => (200, JSON, String::new()),
            Self::Html => (
                200,
                "text/html; charset=utf-8",
                "<html><body>Welcome!</body></html>".into(),
            ),
            Self::Status(status) => (
                *status,
                JSON,
                json!({ "error": "refused on purpose" }).to_string(),
            ),
            Self::Raw(status, body) => (*status, JSON, body.clone()),
        }
    }
}

/// A gate that all reading and writing passes.
#[derive(Debug, Default)]
pub(super) struct Gate {
    closed: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    /// Waits while the gate is closed.
    pub(super) fn pass(&self) {
        let mut closed = self.closed.lock();
        while *closed {
            self.opened.wait(&mut closed);
        }
    }

    pub(super) fn close(&self) {
        *self.closed.lock() = true;
    }

    pub(super) fn open(&self) {
        *self.closed.lock() = false;
        self.opened.notify_all();
    }
}
