//! The desk where requests from the bus arrive: commands are handed to the engine in the order they
//! came, questions answered, and whoever asked is told what came of it.
//!
//! A request with a reply subject is answered there; what came of one without goes out as an event
//! on the outcome subject, under the request's own correlation id. Refusals do both. Nothing is
//! ever passed over.

use super::health::{Shared, count};
use super::orders::{self, Complaint, Order, Sender, Wish};
use super::queries;
use super::subjects::{Asked, Subjects};
use crate::command::{Command, Outcome};
use crate::engine::{ChannelHandle, Receipt};
use async_nats::{Client, Message};
use futures_util::stream::{StreamExt as _, select_all};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Requests that wait for their outcome at once, at most; more are refused as busy.
const WAITING_MAX: usize = 64;

/// How long an outcome may take; the engine's own limits are shorter.
const OUTCOME_WAIT_MAX: Duration = Duration::from_secs(120);

/// A channel at the desk.
pub(super) struct Room {
    pub(super) handle: ChannelHandle,
    pub(super) channel: String,
    pub(super) subjects: Subjects,
}

/// The desk.
pub(super) struct Desk {
    pub(super) client: Client,
    pub(super) rooms: Vec<Room>,
    /// Whether the subject says which channel is meant.
    pub(super) channel_in_subject: bool,
    pub(super) actions: Option<BTreeSet<String>>,
    pub(super) publish_pms: bool,
    pub(super) shared: Arc<Shared>,
}

/// Who asked, and for what, for the answer.
#[derive(Clone, Debug, Default)]
struct Case {
    reply: Option<async_nats::Subject>,
    correlation_id: Option<String>,
    channel: Option<String>,
    action: String,
    /// Where an outcome goes that nobody waits for.
    outcome: String,
}

impl Desk {
    /// Serves requests until the client is closed.
    pub(super) async fn run(self) {
        let subjects: BTreeSet<_> = self
            .rooms
            .iter()
            .flat_map(|room| room.subjects.requests())
            .collect();
        let mut streams = Vec::new();
        for subject in subjects {
            match self.client.subscribe(subject).await {
                Ok(messages) => streams.push(messages),
                Err(error) => return self.shared.failed(error.to_string()),
            }
        }
        let mut messages = select_all(streams);
        let desk = Arc::new(self);
        let waiting = Arc::new(Semaphore::new(WAITING_MAX));
        while let Some(message) = messages.next().await {
            count(&desk.shared.requests);
            desk.take(message, &waiting).await;
        }
    }

    async fn take(self: &Arc<Self>, message: Message, waiting: &Arc<Semaphore>) {
        let asked = self.rooms.iter().find_map(|room| {
            let asked = room.subjects.request(&message.subject)?;
            Some((room, asked))
        });
        // Nothing else was subscribed to.
        let Some((named, asked)) = asked else { return };
        let mut case = Case {
            reply: message.reply.clone(),
            action: match &asked {
                Asked::Command(name) | Asked::Query(name) => name.clone(),
                Asked::Named => String::new(),
            },
            outcome: named.subjects.outcome(),
            ..Case::default()
        };
        let order = orders::read(asked, &message.payload);
        let (order, room) = match order.and_then(|order| self.room(order, named)) {
            Ok(found) => found,
            Err((sender, complaint)) => {
                (case.channel, case.correlation_id) = (sender.channel, sender.correlation_id);
                return self.refuse(&case, &complaint).await;
            }
        };
        case.correlation_id = order.correlation_id;
        case.channel = Some(room.channel.clone());
        let Ok(permit) = Arc::clone(waiting).try_acquire_owned() else {
            let busy = Complaint::new("busy", "too many requests wait for their outcome");
            return self.refuse(&case, &busy).await;
        };
        match order.wish {
            Wish::Do(command) => match self.hand_over(room, command, &mut case) {
                Err(complaint) => self.refuse(&case, &complaint).await,
                Ok(receipt) => {
                    let desk = Arc::clone(self);
                    tokio::spawn(async move {
                        let wait = move || receipt.wait(OUTCOME_WAIT_MAX);
                        let outcome = tokio::task::spawn_blocking(wait).await.ok().flatten();
                        desk.told(&case, outcome.as_ref()).await;
                        drop(permit);
                    });
                }
            },
            Wish::Tell { what, args } => {
                let (desk, handle) = (Arc::clone(self), room.handle.clone());
                tokio::spawn(async move {
                    let (pms, health) = (desk.publish_pms, desk.health());
                    let find = move || queries::answer(&what, &args, &handle, &health, pms);
                    match tokio::task::spawn_blocking(find).await {
                        Ok(Ok(answer)) => desk.answer(&case, answer).await,
                        Ok(Err(complaint)) => desk.refuse(&case, &complaint).await,
                        Err(_) => {
                            let failed = Complaint::new("failed", "the question was not answered");
                            desk.refuse(&case, &failed).await;
                        }
                    }
                    drop(permit);
                });
            }
        }
    }

    /// The channel that is meant: by the subject, by the payload, or the only one there is.
    fn room<'a>(
        &'a self,
        order: Order,
        named: &'a Room,
    ) -> Result<(Order, &'a Room), (Sender, Complaint)> {
        let wanted = order.channel.as_deref();
        let found = match wanted {
            Some(wanted) if self.channel_in_subject => {
                Some(named).filter(|room| room.channel.eq_ignore_ascii_case(wanted))
            }
            Some(wanted) => {
                let is = |room: &&Room| room.channel.eq_ignore_ascii_case(wanted);
                self.rooms.iter().find(is)
            }
            None if self.channel_in_subject || self.rooms.len() == 1 => Some(named),
            None => None,
        };
        if let Some(room) = found {
            return Ok((order, room));
        }
        let complaint = match wanted {
            Some(_) => Complaint::new("wrong_channel", "no such channel is served here"),
            None => Complaint::new("channel_needed", "several channels are served: name one"),
        };
        let Order {
            channel,
            correlation_id,
            ..
        } = order;
        let sender = Sender {
            channel,
            correlation_id,
        };
        Err((sender, complaint))
    }

    fn hand_over(
        &self,
        room: &Room,
        command: Command,
        case: &mut Case,
    ) -> Result<Receipt, Complaint> {
        command.name().clone_into(&mut case.action);
        let is_allowed = |actions: &BTreeSet<String>| actions.contains(command.name());
        if !self.actions.as_ref().is_none_or(is_allowed) {
            let text = format!("`{}` may not be asked for here", command.name());
            return Err(Complaint::new("not_allowed", text));
        }
        let sent = room.handle.send(command);
        sent.map_err(|error| Complaint::new("not_sent", error.to_string()))
    }

    fn health(&self) -> super::BridgeHealth {
        let heads = self.rooms.iter().map(|room| room.handle.state().seq);
        self.shared.health(heads)
    }

    /// Tells what came of a command.
    async fn told(&self, case: &Case, outcome: Option<&Outcome>) {
        let told = match outcome {
            Some(outcome) => {
                let (seq, uids) = match outcome {
                    Outcome::Confirmed { seq, uids } => (Some(*seq), Some(uids)),
                    Outcome::AlreadySo { seq }
                    | Outcome::Refused { seq, .. }
                    | Outcome::Kept { seq } => (Some(*seq), None),
                    _ => (None, None),
                };
                json!({ "ok": outcome.is_done(), "outcome": outcome.name(),
                        "detail": outcome.detail(), "seq": seq, "uids": uids })
            }
            None => json!({ "ok": false, "outcome": "unknown", "detail": null }),
        };
        self.answer(case, told).await;
    }

    /// Refuses: to whoever waits, and for all to see.
    async fn refuse(&self, case: &Case, complaint: &Complaint) {
        count(&self.shared.refused);
        let told = json!({ "ok": false, "outcome": "refused", "error": complaint });
        self.answer(case, told.clone()).await;
        if case.reply.is_some() {
            self.publish_outcome(case, told).await;
        }
    }

    async fn answer(&self, case: &Case, told: Value) {
        match &case.reply {
            Some(reply) => {
                let mut told = told;
                case.sign(&mut told);
                let max = self.client.server_info().max_payload;
                let mut payload = told.to_string();
                if payload.len() > max {
                    let text = format!("{} bytes: ask for a part", payload.len());
                    let complaint = Complaint::new("too_large", text);
                    let mut told = json!({ "ok": false, "outcome": "refused", "error": complaint });
                    case.sign(&mut told);
                    payload = told.to_string();
                }
                self.publish(reply.to_string(), payload).await;
            }
            None => self.publish_outcome(case, told).await,
        }
    }

    async fn publish_outcome(&self, case: &Case, told: Value) {
        let mut event = json!({ "event_type": "command_outcome", "source": "projectionist",
                                "platform": "cytube", "data": told });
        case.sign(&mut event);
        self.publish(case.outcome.clone(), event.to_string()).await;
    }

    async fn publish(&self, subject: String, payload: String) {
        if let Err(error) = self.client.publish(subject, payload.into()).await {
            self.shared.failed(error.to_string());
        }
    }
}

impl Case {
    /// Says which request it was.
    fn sign(&self, told: &mut Value) {
        if let Some(fields) = told.as_object_mut() {
            fields.insert("correlation_id".to_owned(), json!(self.correlation_id));
            fields.insert("channel".to_owned(), json!(self.channel));
            fields.insert("action".to_owned(), json!(self.action));
        }
    }
}
