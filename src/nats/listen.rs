//! Listening in: whatever passes on a subject, for people and small programs.

use super::connection::connect;
use super::error::BridgeError;
use super::health::Shared;
use super::options::BridgeOptions;
use futures_util::StreamExt as _;
use std::sync::Arc;
use std::time::Duration;

/// How often the listener is asked whether to go on.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A message that passed.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passed {
    /// Its subject.
    pub subject: String,
    /// What it carries; hostile, like everything from a network.
    pub payload: Vec<u8>,
}

/// A message may be private: its payload stays out of `Debug`.
impl std::fmt::Debug for Passed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passed")
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// Hands over what passes on a subject, which may have wildcards, from now on: core NATS, so what
/// passes while there is no connection is missed. `take` is called with each message, and with
/// `None` some times a second; when it says `false`, this returns. Blocks until then, on the calling
/// thread. Of the options only those of the connection count.
///
/// # Errors
/// - [`BridgeError::Options`]: the options or the subject do not make sense.
/// - [`BridgeError::System`]: there is no runtime to be had.
pub fn listen(
    options: &BridgeOptions,
    subject: &str,
    take: &mut dyn FnMut(Option<Passed>) -> bool,
) -> Result<(), BridgeError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let shared = Arc::new(Shared::default());
        let client = connect(options, shared).await?;
        let messages = client.subscribe(subject.to_owned()).await;
        let mut messages = messages.map_err(|error| BridgeError::Options(error.to_string()))?;
        loop {
            let next = tokio::time::timeout(LOOK_EVERY, messages.next()).await;
            let passed = match next {
                Ok(Some(message)) => Some(Passed {
                    subject: message.subject.to_string(),
                    payload: message.payload.to_vec(),
                }),
                Ok(None) => return Ok(()),
                Err(_) => None,
            };
            if !take(passed) {
                return Ok(());
            }
        }
    })
}
