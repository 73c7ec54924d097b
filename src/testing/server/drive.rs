//! The thread that plays traffic on a server.

use crate::testing::Traffic;
use crate::testing::server::ModelServer;
use crate::testing::server::hub::Shared;
use crate::testing::server::threads;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Keeps traffic going; dropping it ends the traffic, not the room.
#[derive(Debug)]
pub struct TrafficHandle {
    shared: Arc<Shared>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ModelServer {
    /// Plays on a thread of its own until the handle is dropped or the server stops.
    pub(in crate::testing) fn drive(&self, traffic: Traffic) -> io::Result<TrafficHandle> {
        let shared = Arc::clone(&self.shared);
        let ended = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ended);
        let run = move || play(&shared, &told, traffic);
        Ok(TrafficHandle {
            shared: Arc::clone(&self.shared),
            ended,
            thread: Some(threads::spawn("model-server-traffic", run)?),
        })
    }
}

fn play(shared: &Shared, ended: &AtomicBool, mut traffic: Traffic) {
    while !shared.is_stopping() && !ended.load(Ordering::Acquire) {
        let now_ms = shared.clock.now_ms();
        if traffic.next_at_ms().is_none_or(|due_ms| due_ms <= now_ms) {
            shared.with(|hub, now_ms| traffic.step(&mut hub.model, now_ms));
        }
        let due = traffic.next_at_ms().unwrap_or(now_ms);
        let mut hub = shared.hub.lock();
        if !shared.is_stopping() && !ended.load(Ordering::Acquire) {
            shared
                .changed
                .wait_until(&mut hub, shared.clock.instant_of(due));
        }
    }
}

impl Drop for TrafficHandle {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        // Under the lock, so that the thread cannot miss it on its way to waiting.
        let hub = self.shared.hub.lock();
        self.shared.changed.notify_all();
        drop(hub);
        if let Some(thread) = self.thread.take() {
            threads::join(thread);
        }
    }
}
