//! The connector of real networks: discovery, then WebSocket, and long polling where a proxy
//! stands in the way.

use crate::config::TransportChoice;
use crate::transport::attempt::Attempt;
use crate::transport::{Cancel, Connector, Dial, DialError, Transport};
use crate::transport::{discovery, polling, websocket};

/// Connects over TCP and TLS. Holds nothing: each dial finds its server and its way anew.
///
/// [`TransportChoice::Auto`] tries WebSocket and falls back to long polling only when the upgrade
/// is answered with an HTTP status, which is what reverse proxies do that know no upgrade. A
/// server that is down, too slow or not to be trusted is so for both, and is not asked twice.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct NetConnector;

impl NetConnector {
    /// A connector.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Connector for NetConnector {
    fn connect(&self, dial: &Dial, cancel: &Cancel) -> Result<Box<dyn Transport>, DialError> {
        let attempt = Attempt::start(dial, cancel);
        let endpoint = discovery::discover(&attempt)?;
        match dial.transport {
            TransportChoice::Websocket => websocket::open(&attempt, &endpoint),
            TransportChoice::Polling => polling::open(&attempt, &endpoint),
            TransportChoice::Auto => match websocket::open(&attempt, &endpoint) {
                Err(refused @ DialError::UpgradeRefused { .. }) => {
                    log::debug!("{refused}: trying long polling");
                    polling::open(&attempt, &endpoint).map_err(|error| worse(refused, error))
                }
                opened => opened,
            },
        }
    }
}

/// Which of two failures to tell: the refusal says more, unless time or interest ran out.
fn worse(refused: DialError, polling: DialError) -> DialError {
    match polling {
        DialError::Cancelled | DialError::TimedOut { .. } => polling,
        _ => {
            log::debug!("long polling failed too: {polling}");
            refused
        }
    }
}
