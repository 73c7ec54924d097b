//! Where the model server meets threads: they are named, and they are joined.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a named thread.
pub(super) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(run)
}

/// Waits for a thread to end; its panic is reported, not spread.
pub(super) fn join(thread: JoinHandle<()>) {
    let name = thread.thread().name().unwrap_or("unnamed").to_owned();
    if thread.join().is_err() {
        log::error!("model server: thread {name} has panicked");
    }
}
