//! A TCP stream, plain or encrypted, that two threads may use: one reads, one writes.
//!
//! A rustls connection is one object for both directions, so that it stands behind a lock; the
//! socket itself is read outside that lock, or a reader waiting for the peer would keep the writer
//! from writing.

use parking_lot::Mutex;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

/// Bytes taken from the socket at once.
#[cfg(feature = "tls")]
const CHUNK_BYTES: usize = 16 * 1_024;

/// One end of a connection; clones are the same end.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    socket: Arc<TcpStream>,
    /// Held while writing, so that frames of two threads do not mix.
    coat: Arc<Mutex<Coat>>,
}

/// What is around the bytes.
#[derive(Debug)]
enum Coat {
    Plain,
    #[cfg(feature = "tls")]
    Tls(Box<rustls::ServerConnection>),
}

impl Stream {
    pub(super) fn plain(socket: TcpStream) -> Self {
        Self {
            socket: Arc::new(socket),
            coat: Arc::new(Mutex::new(Coat::Plain)),
        }
    }

    #[cfg(feature = "tls")]
    pub(super) fn tls(socket: TcpStream, connection: rustls::ServerConnection) -> Self {
        Self {
            socket: Arc::new(socket),
            coat: Arc::new(Mutex::new(Coat::Tls(Box::new(connection)))),
        }
    }

    /// Ends our direction politely; the peer is to end the other.
    pub(super) fn finish(&self) {
        match &mut *self.coat.lock() {
            Coat::Plain => {}
            #[cfg(feature = "tls")]
            Coat::Tls(connection) => {
                connection.send_close_notify();
                // The peer may be gone: then there is nobody to tell.
                let _ = flush_tls(connection, &self.socket);
            }
        }
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// Ends both directions without a word.
    pub(super) fn cut(&self) {
        // It may be over already, which is what is wanted.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(feature = "tls")]
        if let Some(read) = self.read_tls(buffer) {
            return read;
        }
        (&*self.socket).read(buffer)
    }
}

#[cfg(feature = "tls")]
impl Stream {
    /// Reads what the peer has encrypted; `None` on a plain connection.
    fn read_tls(&self, buffer: &mut [u8]) -> Option<io::Result<usize>> {
        let left_over = match &mut *self.coat.lock() {
            Coat::Plain => return None,
            Coat::Tls(connection) => connection.reader().read(buffer),
        };
        match left_over {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Some(self.read_encrypted(buffer))
            }
            done => Some(done),
        }
    }

    /// Nothing decrypted was left: waits for the peer until something is.
    fn read_encrypted(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let len = (&*self.socket).read(&mut chunk)?;
            if len == 0 {
                return Ok(0);
            }
            let bytes = chunk.get(..len).unwrap_or(&[]);
            if let Some(done) = self.decrypt(bytes, buffer)? {
                return Ok(done);
            }
        }
    }

    /// Feeds bytes of the peer; gives the length of what came out, if anything did.
    fn decrypt(&self, mut bytes: &[u8], buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let Coat::Tls(connection) = &mut *self.coat.lock() else {
            return Ok(Some(0));
        };
        while !bytes.is_empty() {
            connection.read_tls(&mut bytes)?;
            connection
                .process_new_packets()
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
        flush_tls(connection, &self.socket)?;
        match connection.reader().read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            done => done.map(Some),
        }
    }
}

impl Write for Stream {
    /// Writes all of it, so that a frame handed over whole leaves whole.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.coat.lock() {
            Coat::Plain => (&*self.socket).write_all(bytes)?,
            #[cfg(feature = "tls")]
            Coat::Tls(connection) => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let taken = connection.writer().write(rest)?;
                    flush_tls(connection, &self.socket)?;
                    rest = rest.get(taken..).unwrap_or(&[]);
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.socket).flush()
    }
}

#[cfg(feature = "tls")]
fn flush_tls(connection: &mut rustls::ServerConnection, mut socket: &TcpStream) -> io::Result<()> {
    while connection.wants_write() {
        connection.write_tls(&mut socket)?;
    }
    Ok(())
}
