//! What reaches the channel thread from other threads: requests of hosts, results of dials.

use super::receipt::Slot;
use crate::channel::{CommandId, RedactError};
use crate::command::Command;
use crate::event::{Redaction, Seq};
use crate::log::{ChainHash, LogError};
use crate::transport::{DialError, Transport};
use crossbeam_channel::{Receiver, Sender, TrySendError};
use parking_lot::Mutex;
use std::sync::Arc;

/// The waker's place in the poll.
pub(crate) const WAKE: mio::Token = mio::Token(0);

/// The socket's place in the poll.
pub(crate) const SOCKET: mio::Token = mio::Token(1);

/// A request to the channel thread.
pub(crate) enum Request {
    /// A command and where its outcome goes.
    Command(CommandId, Command, Arc<Slot>),
    /// Make everything committed survive a power cut, then say how it went.
    Flush(Sender<Result<(), String>>),
    /// Come back after a final end.
    Rejoin,
    /// Note how far a named consumer has read, then say how it went.
    Checkpoint(Progress, Sender<Result<(), LogError>>),
    /// Hide events, and say where that stands once it is committed.
    Redact(Redaction, Sender<Redacted>),
}

/// How far a named consumer has read.
pub(crate) struct Progress {
    pub(crate) consumer: String,
    /// The consumer's own version.
    pub(crate) version: u32,
    pub(crate) seq: Seq,
    pub(crate) chain: ChainHash,
}

/// What came of a redaction.
pub(crate) type Redacted = Result<Option<Seq>, RedactError>;

/// Why a request was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// Too many are waiting.
    Full,
    /// The channel thread has ended.
    Gone,
}

/// Sends to the channel thread and wakes it.
#[derive(Clone)]
pub(crate) struct InboxSender {
    requests: Sender<Request>,
    urgent: Arc<Urgent>,
    waker: Arc<mio::Waker>,
}

/// What must not wait behind a full queue.
#[derive(Default)]
pub(crate) struct Urgent {
    stop: std::sync::atomic::AtomicBool,
    dialled: Mutex<Option<DialResult>>,
}

/// What a dial gave, with the number of the dial, so that a late result is known as one.
pub(crate) type DialResult = (u64, Result<Box<dyn Transport>, DialError>);

/// The receiving end, with a sender for the results of dials.
pub(crate) struct Inbox {
    pub(crate) requests: Receiver<Request>,
    pub(crate) sender: InboxSender,
}

/// A bounded inbox.
pub(crate) fn channel(max: usize, waker: Arc<mio::Waker>) -> (InboxSender, Receiver<Request>) {
    let (requests, receiver) = crossbeam_channel::bounded(max);
    (
        InboxSender {
            requests,
            urgent: Arc::default(),
            waker,
        },
        receiver,
    )
}

impl InboxSender {
    /// Hands a request over; drops it when the queue is full or the thread is gone.
    pub(crate) fn send(&self, request: Request) -> Result<(), NotTaken> {
        let sent = self.requests.try_send(request);
        sent.map_err(|error| match error {
            TrySendError::Full(_) => NotTaken::Full,
            TrySendError::Disconnected(_) => NotTaken::Gone,
        })?;
        self.wake();
        Ok(())
    }

    /// Asks the thread to stop.
    pub(crate) fn stop(&self) {
        self.urgent
            .stop
            .store(true, std::sync::atomic::Ordering::Release);
        self.wake();
    }

    /// Hands over the result of a dial.
    pub(crate) fn dialled(&self, result: DialResult) {
        *self.urgent.dialled.lock() = Some(result);
        self.wake();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.urgent.stop.load(std::sync::atomic::Ordering::Acquire)
    }

    pub(crate) fn take_dialled(&self) -> Option<DialResult> {
        self.urgent.dialled.lock().take()
    }

    pub(crate) fn waker(&self) -> &Arc<mio::Waker> {
        &self.waker
    }

    fn wake(&self) {
        // A waker fails only when its poll is gone, and then nobody is left to wake.
        let _ = self.waker.wake();
    }
}
