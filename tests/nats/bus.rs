//! The other side of the bus: a client that listens, asks, and looks into streams, without a
//! runtime of its callers' own.

use crate::{WAIT, until};
use async_nats::jetstream::{self, stream::Stream};
use async_nats::{Client, ConnectOptions};
use futures_util::StreamExt as _;
use serde_json::Value;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// A connected client.
pub(crate) struct Bus {
    runtime: Runtime,
    pub(crate) client: Client,
}

/// A message as it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) subject: String,
    pub(crate) id: String,
    pub(crate) body: Value,
}

/// What comes on a subject.
pub(crate) struct Listening(Receiver<Seen>);

impl Listening {
    pub(crate) fn next(&self) -> Seen {
        match self.0.recv_timeout(WAIT) {
            Ok(seen) => seen,
            Err(error) => panic!("nothing came: {error}"),
        }
    }

    /// The next message on a subject that ends so.
    pub(crate) fn next_on(&self, end: &str) -> Seen {
        loop {
            let seen = self.next();
            if seen.subject.ends_with(end) {
                return seen;
            }
        }
    }

    /// What comes within a while that ought to be silent.
    pub(crate) fn within(&self, timeout: Duration) -> Option<Seen> {
        match self.0.recv_timeout(timeout) {
            Ok(seen) => Some(seen),
            Err(RecvTimeoutError::Timeout) => None,
            Err(error) => panic!("{error}"),
        }
    }
}

fn seen(subject: &str, headers: Option<&async_nats::HeaderMap>, payload: &[u8]) -> Seen {
    let id = headers.and_then(|headers| headers.get("Nats-Msg-Id"));
    Seen {
        subject: subject.to_owned(),
        id: id.map(|id| id.to_string()).unwrap_or_default(),
        body: serde_json::from_slice(payload).unwrap(),
    }
}

impl Bus {
    pub(crate) fn connect(url: &str) -> Self {
        Self::connect_with(url, ConnectOptions::new())
    }

    pub(crate) fn connect_with(url: &str, options: ConnectOptions) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = options.retry_on_initial_connect();
        let client = runtime.block_on(options.connect(url)).unwrap();
        Self { runtime, client }
    }

    /// Listens from now on.
    pub(crate) fn listen(&self, subject: &str) -> Listening {
        let (sender, receiver) = channel();
        let subject = subject.to_owned();
        let mut messages = self.runtime.block_on(async {
            let messages = self.client.subscribe(subject).await.unwrap();
            // Once this is answered, the broker knows.
            self.client.flush().await.unwrap();
            messages
        });
        self.runtime.spawn(async move {
            while let Some(message) = messages.next().await {
                let seen = seen(&message.subject, message.headers.as_ref(), &message.payload);
                if sender.send(seen).is_err() {
                    return;
                }
            }
        });
        self.round_trip();
        Listening(receiver)
    }

    /// Waits until the broker has taken everything sent before.
    fn round_trip(&self) {
        self.runtime.block_on(async {
            let inbox = self.client.new_inbox();
            let mut echo = self.client.subscribe(inbox.clone()).await.unwrap();
            self.client.publish(inbox, "".into()).await.unwrap();
            echo.next().await.unwrap();
        });
    }

    pub(crate) fn publish(&self, subject: &str, body: &Value) {
        let subject = subject.to_owned();
        self.runtime.block_on(async {
            self.client
                .publish(subject, body.to_string().into())
                .await
                .unwrap();
            self.client.flush().await.unwrap();
        });
    }

    /// Asks and waits for the answer.
    pub(crate) fn request(&self, subject: &str, body: &[u8]) -> Value {
        let (subject, body) = (subject.to_owned(), body.to_vec());
        let answer = self
            .runtime
            .block_on(self.client.request(subject, body.into()));
        serde_json::from_slice(&answer.unwrap().payload).unwrap()
    }

    /// Asks; `None`: nobody listens.
    pub(crate) fn try_request(&self, subject: &str, body: &[u8]) -> Option<Value> {
        let (subject, body) = (subject.to_owned(), body.to_vec());
        let answer = self
            .runtime
            .block_on(self.client.request(subject, body.into()));
        serde_json::from_slice(&answer.ok()?.payload).ok()
    }

    /// Asks until somebody listens: a bridge that has just begun may not yet.
    pub(crate) fn ask_until_heard(&self, subject: &str, body: &[u8]) -> Value {
        let mut told = None;
        until("somebody listens", || {
            told = self.try_request(subject, body);
            told.is_some()
        });
        told.unwrap()
    }

    fn stream(&self, name: &str) -> Option<Stream> {
        let _within = self.runtime.enter();
        let context = jetstream::new(self.client.clone());
        self.runtime.block_on(context.get_stream(name)).ok()
    }

    /// Messages in a stream.
    pub(crate) fn stored(&self, name: &str) -> u64 {
        self.stream(name)
            .map_or(0, |stream| stream.cached_info().state.messages)
    }

    /// Everything in a stream, in order.
    pub(crate) fn all(&self, name: &str) -> Vec<Seen> {
        let stream = self.stream(name).unwrap();
        let state = &stream.cached_info().state;
        (state.first_sequence..=state.last_sequence)
            .map(|sequence| {
                let message = self
                    .runtime
                    .block_on(stream.get_raw_message(sequence))
                    .unwrap();
                seen(&message.subject, Some(&message.headers), &message.payload)
            })
            .collect()
    }

    pub(crate) fn make_stream(&self, config: jetstream::stream::Config) {
        let _within = self.runtime.enter();
        let context = jetstream::new(self.client.clone());
        self.runtime
            .block_on(context.create_stream(config))
            .unwrap();
    }

    pub(crate) fn change_stream(&self, config: &jetstream::stream::Config) {
        let _within = self.runtime.enter();
        let context = jetstream::new(self.client.clone());
        self.runtime
            .block_on(context.update_stream(config))
            .unwrap();
    }
}
