//! Whom to trust, and TLS over a socket that does not block.
//!
//! One list of authorities serves WebSocket (rustls directly) and HTTP (ureq, which builds its own
//! rustls configuration): Mozilla's, and the private ones of the dial beside them. Verification
//! cannot be turned off: whoever runs a server with a certificate of their own gives that
//! certificate as a root.

use crate::transport::DialError;
use crate::transport::endpoint::Endpoint;
use crate::transport::stream::Socket;
use rustls::client::ClientConnection;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use std::io::{self, Read, Write};
use std::sync::{Arc, OnceLock};

/// A TLS connection over a non-blocking socket. Reads and writes answer `WouldBlock`.
#[derive(Debug)]
pub(crate) struct TlsStream {
    tls: ClientConnection,
    pub(crate) socket: Socket,
}

impl TlsStream {
    /// Prepares a connection to `endpoint`, trusting `extra_roots` (PEM) too; sends nothing yet.
    ///
    /// # Errors
    /// [`DialError::Certificate`]: a root does not read, or the host's name cannot be verified.
    pub(crate) fn new(
        socket: Socket,
        endpoint: &Endpoint,
        extra_roots: &[Vec<u8>],
    ) -> Result<Self, DialError> {
        let url = endpoint.websocket();
        let name = ServerName::try_from(endpoint.host.clone())
            .map_err(|error| certificate_error(&url, error))?;
        let config =
            client_config(extra_roots).map_err(|detail| certificate_error(&url, detail))?;
        let tls =
            ClientConnection::new(config, name).map_err(|error| certificate_error(&url, error))?;
        Ok(Self { tls, socket })
    }

    /// Takes the handshake as far as the socket allows; whether it is complete.
    ///
    /// # Errors
    /// What the socket says; a broken handshake is `InvalidData` holding the [`rustls::Error`].
    pub(crate) fn handshake(&mut self) -> io::Result<bool> {
        while self.tls.is_handshaking() {
            let step = self.push().and_then(|()| self.pull());
            match step {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Says that nothing more will be sent; what of it goes out depends on the socket.
    pub(crate) fn close_notify(&mut self) {
        self.tls.send_close_notify();
        let _ = self.push();
    }

    /// Writes the records that wait.
    fn push(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.socket)?;
        }
        Ok(())
    }

    /// Reads records and decrypts them; how many bytes the socket gave, 0 at its end.
    fn pull(&mut self) -> io::Result<usize> {
        let count = self.tls.read_tls(&mut self.socket)?;
        let read = self.tls.process_new_packets();
        // Alerts and key updates are answered at once, as far as the socket takes them.
        let pushed = self.push();
        read.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        match pushed {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(count),
        }
    }
}

impl Read for TlsStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.pull()?,
                done => return done,
            };
        }
    }
}

impl Write for TlsStream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        loop {
            match self.tls.writer().write(buffer)? {
                // rustls says 0 when its buffer is full, which means the end of the world to
                // everyone else. Once records have gone there is room again.
                0 if !buffer.is_empty() => self.push()?,
                count => {
                    match self.push() {
                        Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                            return Err(error);
                        }
                        _ => return Ok(count),
                    };
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.push()
    }
}

/// The TLS settings of HTTP requests.
///
/// # Errors
/// [`DialError::Certificate`]: a root does not read.
pub(crate) fn http_config(
    url: &str,
    extra_roots: &[Vec<u8>],
) -> Result<ureq::tls::TlsConfig, DialError> {
    let private = private_roots(extra_roots).map_err(|detail| certificate_error(url, detail))?;
    let private = private
        .iter()
        .map(|root| ureq::tls::Certificate::from_der(root).to_owned());
    let mozilla = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|root| ureq::tls::Certificate::from_der(root));
    Ok(ureq::tls::TlsConfig::builder()
        .root_certs(mozilla.chain(private).collect::<Vec<_>>().into())
        .unversioned_rustls_crypto_provider(provider())
        .build())
}

/// What a failed handshake means.
pub(crate) fn handshake_error(url: &str, error: &io::Error) -> DialError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(error) => rustls_error(url, error),
        None => super::attempt::network(url, format!("TLS: {error}")),
    }
}

/// Tells certificates that do not verify from other failures of TLS.
pub(crate) fn rustls_error(url: &str, error: &rustls::Error) -> DialError {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            certificate_error(url, "its issuer is not trusted")
        }
        rustls::Error::InvalidCertificate(reason) => certificate_error(url, reason),
        rustls::Error::NoCertificatesPresented => certificate_error(url, error),
        _ => super::attempt::network(url, format!("TLS: {error}")),
    }
}

fn certificate_error(url: &str, detail: impl ToString) -> DialError {
    DialError::Certificate {
        endpoint: url.to_owned(),
        detail: detail.to_string(),
    }
}

/// One provider of cryptography, given explicitly: the process-wide default is the host's to set.
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER
        .get_or_init(|| Arc::new(rustls::crypto::ring::default_provider()))
        .clone()
}

fn client_config(extra_roots: &[Vec<u8>]) -> Result<Arc<ClientConfig>, String> {
    // Reading 140 certificates takes longer than the rest of a handshake: once is enough.
    static MOZILLA: OnceLock<RootCertStore> = OnceLock::new();
    let mozilla = MOZILLA.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        roots
    });
    let mut roots = mozilla.clone();
    for root in private_roots(extra_roots)? {
        roots
            .add(root)
            .map_err(|error| format!("extra_roots: {error}"))?;
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The certificates of all PEM texts; each must hold at least one.
fn private_roots(extra_roots: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut roots = Vec::new();
    for (index, pem) in extra_roots.iter().enumerate() {
        let before = roots.len();
        for root in CertificateDer::pem_slice_iter(pem) {
            roots.push(root.map_err(|error| format!("extra_roots[{index}]: {error}"))?);
        }
        if roots.len() == before {
            return Err(format!("extra_roots[{index}]: no certificate in PEM form"));
        }
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_root_does_not_read() {
        let error = private_roots(&[b"not a certificate".to_vec()]).unwrap_err();
        assert_eq!(error, "extra_roots[0]: no certificate in PEM form");
    }

    #[test]
    fn mozilla_roots_all_read() {
        assert!(client_config(&[]).is_ok());
        assert!(webpki_root_certs::TLS_SERVER_ROOT_CERTS.len() > 100);
    }
}
