//! The listening socket, which can be taken away and put back on the same port.

use crate::testing::server::connection;
use crate::testing::server::hub::Shared;
use crate::testing::server::stream::Stream;
use crate::testing::server::threads;
use parking_lot::{Condvar, Mutex};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Connections at one time; more are dropped at once.
const CONNECTIONS_MAX: usize = 512;

/// How often the port is tried when somebody else has taken it meanwhile.
const REBIND_ATTEMPTS: u32 = 25;

/// Between the attempts.
const REBIND_PAUSE: Duration = Duration::from_millis(20);

/// What the accepting thread is to do, and does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Listening,
    Leaving,
    Away,
    Returning,
    Failed,
}

/// The thread that accepts.
#[derive(Debug)]
pub(super) struct Listener {
    shared: Arc<Shared>,
    address: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
    serial: AtomicU64,
}

impl Listener {
    /// Starts accepting.
    pub(super) fn start(
        shared: Arc<Shared>,
        socket: TcpListener,
    ) -> io::Result<(Arc<Self>, JoinHandle<()>)> {
        let listener = Arc::new(Self {
            shared,
            address: socket.local_addr()?,
            state: Mutex::new(State::Listening),
            changed: Condvar::new(),
            serial: AtomicU64::new(0),
        });
        let runner = Arc::clone(&listener);
        let thread = threads::spawn("model-server-accept", move || runner.run(socket))?;
        Ok((listener, thread))
    }

    /// Gives the port up; connects are refused from now on.
    pub(super) fn leave(&self) {
        let mut state = self.state.lock();
        if *state == State::Listening {
            *state = State::Leaving;
            self.wake();
        }
        while matches!(*state, State::Leaving | State::Returning) {
            self.changed.wait(&mut state);
        }
    }

    /// Takes the port back.
    pub(super) fn come_back(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        if matches!(*state, State::Away | State::Failed) {
            *state = State::Returning;
            self.changed.notify_all();
        }
        while *state == State::Returning {
            self.changed.wait(&mut state);
        }
        match *state {
            State::Listening => Ok(()),
            _ => Err(io::ErrorKind::AddrInUse.into()),
        }
    }

    /// Ends the thread; [`Shared::stop`] comes first.
    pub(super) fn stop(&self) {
        self.wake();
        // Under the lock, so that the thread cannot miss it on its way to waiting.
        let state = self.state.lock();
        self.changed.notify_all();
        drop(state);
    }

    /// Makes `accept` return: a connection that is dropped at once.
    fn wake(&self) {
        // If it fails, nobody is accepting, and nobody needs to be woken.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }

    fn run(&self, socket: TcpListener) {
        let mut socket = Some(socket);
        while !self.shared.is_stopping() {
            let Some(listening) = &socket else {
                socket = self.wait_to_return();
                continue;
            };
            let accepted = listening.accept();
            if self.shared.is_stopping() {
                break;
            }
            let mut state = self.state.lock();
            if *state == State::Leaving {
                socket = None;
                *state = State::Away;
                self.changed.notify_all();
                continue;
            }
            drop(state);
            match accepted {
                Ok((stream, from)) => self.serve(stream, from),
                Err(error) => log::warn!("model server: accept: {error}"),
            }
        }
        *self.state.lock() = State::Failed;
        self.changed.notify_all();
    }

    /// Waits to be told to listen again, and binds the port.
    fn wait_to_return(&self) -> Option<TcpListener> {
        let mut state = self.state.lock();
        while *state != State::Returning {
            if self.shared.is_stopping() {
                return None;
            }
            self.changed.wait(&mut state);
        }
        let mut socket = None;
        for _ in 0..REBIND_ATTEMPTS {
            match TcpListener::bind(self.address) {
                Ok(bound) => {
                    socket = Some(bound);
                    break;
                }
                Err(error) => log::debug!("model server: {}: {error}", self.address),
            }
            self.changed.wait_for(&mut state, REBIND_PAUSE);
        }
        *state = if socket.is_some() {
            State::Listening
        } else {
            State::Failed
        };
        self.changed.notify_all();
        socket
    }

    /// Serves a connection on a thread of its own.
    fn serve(&self, socket: TcpStream, from: SocketAddr) {
        let mut threads = self.shared.threads.lock();
        let (ended, running): (Vec<_>, Vec<_>) =
            threads.drain(..).partition(JoinHandle::is_finished);
        *threads = running;
        ended.into_iter().for_each(threads::join);
        if threads.len() >= CONNECTIONS_MAX {
            log::warn!("model server: more than {CONNECTIONS_MAX} connections, one dropped");
            return;
        }
        // Frames are small and written whole: waiting for more would only delay them.
        let _ = socket.set_nodelay(true);
        let shared = Arc::clone(&self.shared);
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let spawned = threads::spawn("model-server-connection", move || {
            if let Err(error) = serve(&shared, socket, from, serial) {
                log::debug!("model server: connection from {from}: {error}");
            }
            shared.sockets.lock().remove(&serial);
        });
        match spawned {
            Ok(thread) => threads.push(thread),
            Err(error) => log::warn!("model server: no thread: {error}"),
        }
    }
}

fn serve(shared: &Arc<Shared>, socket: TcpStream, from: SocketAddr, serial: u64) -> io::Result<()> {
    let stream = coat(shared, socket)?;
    shared.sockets.lock().insert(serial, stream.clone());
    if shared.is_stopping() {
        return Ok(());
    }
    connection::serve(shared, stream, &from.ip().to_string())
}

#[cfg(feature = "tls")]
fn coat(shared: &Shared, socket: TcpStream) -> io::Result<Stream> {
    match &shared.tls {
        None => Ok(Stream::plain(socket)),
        Some(config) => {
            let connection =
                rustls::ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
            Ok(Stream::tls(socket, connection))
        }
    }
}

#[cfg(not(feature = "tls"))]
fn coat(_: &Shared, socket: TcpStream) -> io::Result<Stream> {
    Ok(Stream::plain(socket))
}
