//! The connection to the broker: who we are, how it is encrypted, how it comes back.
//!
//! It is made and kept by the client of the broker's makers: the first attempt, too, is repeated
//! until it works, so that a bridge can start before its broker.

use super::error::BridgeError;
use super::health::Shared;
use super::options::{Auth, BridgeOptions};
use async_nats::{Client, ConnectOptions, Event};
use std::sync::Arc;
use std::time::Duration;

/// Between two attempts to connect, at most.
const RETRY_MAX: Duration = Duration::from_secs(5);

/// How long an attempt may take.
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);

/// How often a silent connection is asked for a sign of life.
const PING_EVERY: Duration = Duration::from_secs(10);

/// Begins to connect; the client is there at once, connected or not.
pub(super) async fn connect(
    options: &BridgeOptions,
    shared: Arc<Shared>,
) -> Result<Client, BridgeError> {
    let is_encrypted = options.tls.required
        || options.tls.ca.is_some()
        || options.servers.iter().any(|it| it.starts_with("tls://"));
    let connect = ConnectOptions::new()
        .name("projectionist")
        .retry_on_initial_connect()
        .connection_timeout(CONNECT_WAIT_MAX)
        .ping_interval(PING_EVERY)
        .reconnect_delay_callback(|attempts| {
            let shift = u32::try_from(attempts.min(10)).unwrap_or(10);
            RETRY_MAX.min(Duration::from_millis(50) * 2_u32.pow(shift))
        })
        .event_callback(move |event| {
            tell(&shared, event, is_encrypted);
            std::future::ready(())
        });
    let connect = encrypted(connect, options);
    let connect = match &options.auth {
        Auth::None => connect,
        Auth::Password { user, password } => {
            connect.user_and_password(user.clone(), password.expose().to_owned())
        }
        Auth::Token(token) => connect.token(token.expose().to_owned()),
        Auth::Nkey(seed) => connect.nkey(seed.expose().to_owned()),
        Auth::Credentials(path) => {
            let read = connect.credentials_file(path).await;
            read.map_err(|error| BridgeError::Options(format!("{}: {error}", path.display())))?
        }
    };
    let servers: Result<Vec<async_nats::ServerAddr>, _> = options
        .servers
        .iter()
        .map(|server| server.parse::<async_nats::ServerAddr>())
        .collect();
    // An address may hold a password: it is not repeated.
    let servers = servers.map_err(|error| {
        BridgeError::Options(format!("an address of the broker does not read: {error}"))
    })?;
    let connected = connect.connect(servers).await;
    connected.map_err(|error| BridgeError::Options(format!("cannot connect: {}", error.kind())))
}

fn encrypted(connect: ConnectOptions, options: &BridgeOptions) -> ConnectOptions {
    let tls = &options.tls;
    let mut connect = connect;
    if tls.required {
        connect = connect.require_tls(true);
    }
    if let Some(ca) = &tls.ca {
        connect = connect.add_root_certificates(ca.clone());
    }
    if let Some((certificate, key)) = &tls.client {
        connect = connect.add_client_certificate(certificate.clone(), key.clone());
    }
    connect
}

/// The client tells of a failed attempt by its kind alone: what a certificate did wrong is an I/O
/// error to it.
fn tell(shared: &Shared, event: Event, is_encrypted: bool) {
    match event {
        Event::Connected => {
            log::info!("NATS: connected");
            shared.connected(true);
        }
        Event::Disconnected | Event::Closed => {
            shared.connected(false);
            shared.failed("the connection is gone".to_owned());
        }
        Event::ServerError(error) => shared.failed(error.to_string()),
        Event::ClientError(error) => {
            let mut words = error.to_string();
            if is_encrypted && (words.ends_with("IO error") || words.ends_with("TLS error")) {
                words += ": nobody listens there, or a certificate is not accepted: \
                          see to the authority, the host's name and our own certificate";
            }
            shared.failed(words);
        }
        Event::SlowConsumer(_) => {
            shared.failed("requests came faster than they were read".to_owned());
        }
        Event::LameDuckMode | Event::Draining => {}
    }
}
