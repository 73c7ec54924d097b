//! Commands of ours between the event that began them and the one that settled them, and what a
//! redaction takes from the state.
//!
//! The log alone tells what was under way when a process died: what was kept waits for the next
//! join, what was sent can only be called unknown.

use super::ChannelState;
use crate::event::{Event, Kind, Recorded, Redaction, Seq};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// A command without an outcome yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Underway {
    /// Its name, such as `say`.
    pub command: String,
    /// Correlation id of its events.
    #[serde(default)]
    pub corr: Option<String>,
    /// What is needed to send it, if it waits for the next join; else it is on the wire.
    #[serde(default)]
    pub kept: Option<KeptCommand>,
}

/// What is kept of a command for later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptCommand {
    /// Its arguments.
    pub args: Value,
    /// Until when it may be sent, in milliseconds since 1970.
    pub until_ms: i64,
    /// In whose name it was asked for.
    #[serde(default)]
    pub actor: Option<String>,
}

impl ChannelState {
    /// Says whether the event fitted.
    pub(super) fn apply_command(&mut self, recorded: &Recorded) -> bool {
        let (seq, corr) = (recorded.seq, recorded.corr.clone());
        match &recorded.event {
            Event::CommandKept(kept) => {
                let underway = Underway {
                    command: kept.command.clone(),
                    corr,
                    kept: Some(KeptCommand {
                        args: kept.args.clone(),
                        until_ms: kept.until_ms,
                        actor: recorded.actor.clone(),
                    }),
                };
                Arc::make_mut(&mut self.commands).insert(seq, underway);
                true
            }
            Event::CommandSent(sent) => {
                let commands = Arc::make_mut(&mut self.commands);
                if let Some(kept) = recorded.cause {
                    commands.remove(&kept);
                }
                let underway = Underway {
                    command: sent.command.clone(),
                    corr,
                    kept: None,
                };
                commands.insert(seq, underway);
                true
            }
            // What was never sent nor kept begins and ends here.
            Event::CommandSettled(_) => match recorded.cause {
                Some(began) => Arc::make_mut(&mut self.commands).remove(&began).is_some(),
                None => true,
            },
            _ => true,
        }
    }

    /// Takes from the state what a redaction covers, so that it is what a fold over masked events
    /// gives. A kept command without its arguments is not sent by a later process.
    pub(crate) fn redacted(&mut self, by: Seq, redaction: &Redaction) -> bool {
        if self.chat.is_covered(by, redaction) {
            Arc::make_mut(&mut self.chat).mask(by, redaction);
        }
        let covered = |(seq, underway): (&Seq, &Underway)| {
            let actor = underway.kept.as_ref()?.actor.as_deref();
            let is_covered = redaction.covers_one(by, *seq, Kind::CommandKept, actor);
            is_covered.then_some(*seq)
        };
        let covered: Vec<_> = self.commands.iter().filter_map(covered).collect();
        for seq in covered {
            let commands = Arc::make_mut(&mut self.commands);
            if let Some(kept) = commands.get_mut(&seq).and_then(|u| u.kept.as_mut()) {
                kept.args = Value::Null;
                kept.actor = None;
            }
        }
        true
    }
}
