//! From entries to the broker: in order, each once, as many on their way as the window allows.
//!
//! JetStream: every message names the one before it as the last that the stream must hold. If one
//! is lost on the way, by whatever connection or server failed, the stream refuses all behind it, so
//! that nothing overtakes it; then all that are not acknowledged go out again, and the stream drops
//! those it has by their ids. Only the first of such a run names none.
//!
//! Core NATS: a batch is handed over whenever there is a connection, and counts as published.

use super::envelope::{Outgoing, without_data};
use super::health::{Shared, count};
use super::options::Delivery;
use super::outbox::{Entry, Reached};
use super::stream::ensure;
use async_nats::connection::State;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::{Client, jetstream};
use crossbeam_channel::Sender;
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use futures_util::stream::{FuturesOrdered, StreamExt as _};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

/// How long an acknowledgement may take.
const ACK_WAIT_MAX: Duration = Duration::from_secs(5);

/// Between two runs, at least and at most.
const RETRY_MIN: Duration = Duration::from_millis(50);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// How often a missing connection is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Bytes on their way at once, at most, beside the number of messages.
const WINDOW_BYTES: usize = 16 << 20;

/// Messages of a core batch.
const BATCH: usize = 512;

/// The room that a message's headers need, beside its payload.
const HEADERS_BYTES: usize = 1 << 10;

pub(super) struct Publisher {
    pub(super) client: Client,
    pub(super) delivery: Delivery,
    /// What a stream must take.
    pub(super) subjects: Vec<String>,
    pub(super) window: usize,
    pub(super) reached: Sender<Reached>,
    pub(super) shared: Arc<Shared>,
}

impl Publisher {
    /// Publishes until no more entries come and all are published.
    pub(super) async fn run(self, entries: Receiver<Entry>) {
        match self.delivery.clone() {
            Delivery::Core => self.core(entries).await,
            Delivery::Stream { .. } => self.stream(entries).await,
        }
    }

    async fn core(self, mut entries: Receiver<Entry>) {
        let mut batch = Vec::with_capacity(BATCH);
        while entries.recv_many(&mut batch, BATCH).await > 0 {
            self.await_connection().await;
            for entry in &mut batch {
                let Some(message) = entry.message.take() else {
                    continue;
                };
                let payload = self.fitting(&message).unwrap_or(message.payload);
                match self.client.publish(message.subject, payload.into()).await {
                    Ok(()) => count(&self.shared.published),
                    Err(error) => self.shared.failed(error.to_string()),
                }
            }
            if let Err(error) = self.client.flush().await {
                self.shared.failed(error.to_string());
            }
            for reached in batch.drain(..).filter_map(|entry| entry.reached) {
                self.tell(reached);
            }
        }
    }

    async fn stream(self, mut entries: Receiver<Entry>) {
        let context = jetstream::context::ContextBuilder::new()
            .timeout(ACK_WAIT_MAX)
            .max_ack_inflight(self.window + 1)
            .build(self.client.clone());
        let mut run = Run::new(&self, &context);
        let mut is_open = true;
        let mut wait = RETRY_MIN;
        self.await_stream(&context).await;
        while is_open || !run.entries.is_empty() {
            let has_room = run.entries.len() < self.window && run.bytes < WINDOW_BYTES;
            tokio::select! {
                biased;
                Some(acknowledged) = run.acks.next(), if !run.acks.is_empty() => {
                    match acknowledged {
                        Ok(()) => {
                            run.done();
                            wait = RETRY_MIN;
                        }
                        Err(error) => {
                            self.shared.failed(error);
                            // Every other one ends by its own time: nothing is on its way then.
                            while run.acks.next().await.is_some() {}
                            tokio::time::sleep(wait).await;
                            wait = (wait * 2).min(RETRY_MAX);
                            self.await_stream(&context).await;
                            run.again().await;
                        }
                    }
                }
                entry = entries.recv(), if is_open && has_room => match entry {
                    Some(entry) => run.push(entry).await,
                    None => is_open = false,
                },
            }
        }
    }

    async fn await_connection(&self) {
        while self.client.connection_state() != State::Connected {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits for the connection, and for a stream that takes what we have.
    async fn await_stream(&self, context: &Context) {
        let mut wait = RETRY_MIN;
        loop {
            self.await_connection().await;
            match ensure(context, &self.delivery, &self.subjects).await {
                Ok(()) => return,
                Err(error) => self.shared.failed(error),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(RETRY_MAX);
        }
    }

    /// What to send instead of a payload that is too large for the broker.
    fn fitting(&self, message: &Outgoing) -> Option<Vec<u8>> {
        let max = self
            .client
            .server_info()
            .max_payload
            .saturating_sub(HEADERS_BYTES);
        (message.payload.len() > max).then(|| {
            count(&self.shared.oversize);
            without_data(&message.payload)
        })
    }

    fn tell(&self, reached: Reached) {
        let Reached { room, seq } = reached;
        self.shared.room(room, |health| health.published = seq);
        // Whoever stores it goes last.
        let _ = self.reached.send(reached);
    }
}

/// A run of messages that follow one another in the stream.
struct Run<'a> {
    publisher: &'a Publisher,
    context: &'a Context,
    /// Not acknowledged yet, oldest first.
    entries: VecDeque<Entry>,
    /// Bytes of these.
    bytes: usize,
    /// An acknowledgement for each, in the same order.
    acks: FuturesOrdered<BoxFuture<'static, Result<(), String>>>,
    /// Id of the message sent last in this run.
    last: Option<String>,
}

impl<'a> Run<'a> {
    fn new(publisher: &'a Publisher, context: &'a Context) -> Self {
        Self {
            publisher,
            context,
            entries: VecDeque::new(),
            bytes: 0,
            acks: FuturesOrdered::new(),
            last: None,
        }
    }

    async fn push(&mut self, mut entry: Entry) {
        if let Some(message) = &mut entry.message {
            if let Some(payload) = self.publisher.fitting(message) {
                message.payload = payload;
            }
            self.bytes += message.payload.len();
        }
        self.send(&entry).await;
        self.entries.push_back(entry);
    }

    /// Begins a new run with all that is not acknowledged.
    async fn again(&mut self) {
        self.last = None;
        for entry in std::mem::take(&mut self.entries) {
            if entry.message.is_some() {
                count(&self.publisher.shared.repeated);
            }
            self.send(&entry).await;
            self.entries.push_back(entry);
        }
    }

    async fn send(&mut self, entry: &Entry) {
        let Some(message) = &entry.message else {
            return self.acks.push_back(ready(Ok(())).boxed());
        };
        let mut publish = PublishMessage::build()
            .payload(message.payload.clone().into())
            .message_id(&message.id);
        if let Some(last) = &self.last {
            publish = publish.expected_last_message_id(last);
        }
        self.last = Some(message.id.clone());
        let sent = self
            .context
            .send_publish(message.subject.clone(), publish)
            .await;
        self.acks.push_back(match sent {
            Ok(acknowledged) => acknowledged
                .into_future()
                .map(|ack| ack.map(|_| ()).map_err(|error| in_words(&error)))
                .boxed(),
            Err(error) => ready(Err(in_words(&error))).boxed(),
        });
    }

    /// The oldest is acknowledged.
    fn done(&mut self) {
        let Some(entry) = self.entries.pop_front() else {
            return;
        };
        if let Some(message) = entry.message {
            self.bytes -= message.payload.len();
            count(&self.publisher.shared.published);
        }
        if let Some(reached) = entry.reached {
            self.publisher.tell(reached);
        }
    }
}

fn in_words(error: &PublishError) -> String {
    match error.kind() {
        PublishErrorKind::TimedOut => "the stream did not acknowledge in time".to_owned(),
        PublishErrorKind::StreamNotFound => "no stream takes our subjects".to_owned(),
        PublishErrorKind::WrongLastMessageId => {
            "the stream ends with another message than expected".to_owned()
        }
        _ => error.to_string(),
    }
}
