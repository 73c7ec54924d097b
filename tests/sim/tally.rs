//! What happened in a run, counted: a fault that never fires is a hole in the test.

use std::collections::BTreeMap;
use std::fmt;

/// Everything that may go wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Nothing passes for a while, then all of it.
    Stall,
    /// The connection breaks; both sides learn, and what was under way may be lost.
    Cut,
    /// As before, within a frame or an HTTP body.
    CutMidFrame,
    /// We learn that it is gone; the server does not, and keeps our ghost.
    HalfOpen,
    /// Nobody learns; silence tells.
    Silence,
    /// Frames that do not read, do not fit or mean nothing.
    Garbage,
    /// Nobody can connect for a while.
    DialsFail,
    /// The server dies and comes back with an older state.
    ServerCrash,
    /// The server restarts in good order.
    ServerRestart,
    /// The channel is unloaded and loaded again: items are renumbered.
    Reload,
    /// The channel moves to another server.
    Moved,
    /// The server refuses connections for a while.
    Refused,
    /// A moderator puts us out.
    Kicked,
    /// Somebody logs in under our name.
    Namesake,
    /// The room's password changes for a while.
    PasswordChanged,
    /// Our clock steps forward.
    ClockForward,
    /// Our clock steps back.
    ClockBack,
    /// The log cannot be written for a while.
    StorageFails,
    /// The log cannot be written for longer than the engine tries.
    StorageFull,
    /// The state cannot be stored beside the log.
    SnapshotFails,
    /// Our machine loses power: the newest commits may be gone, the server keeps our ghost.
    PowerCut,
    /// Our process dies.
    Killed,
    /// The host stops the engine and starts it again.
    Stopped,
    /// Our machine sleeps.
    Suspended,
}

impl Fault {
    pub(crate) const ALL: [Self; 24] = [
        Self::Stall,
        Self::Cut,
        Self::CutMidFrame,
        Self::HalfOpen,
        Self::Silence,
        Self::Garbage,
        Self::DialsFail,
        Self::ServerCrash,
        Self::ServerRestart,
        Self::Reload,
        Self::Moved,
        Self::Refused,
        Self::Kicked,
        Self::Namesake,
        Self::PasswordChanged,
        Self::ClockForward,
        Self::ClockBack,
        Self::StorageFails,
        Self::StorageFull,
        Self::SnapshotFails,
        Self::PowerCut,
        Self::Killed,
        Self::Stopped,
        Self::Suspended,
    ];
}

/// The counters of one run, or of many together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) faults: BTreeMap<Fault, u64>,
    /// Things worth knowing to have happened, by name.
    pub(crate) things: BTreeMap<&'static str, u64>,
    pub(crate) virtual_ms: i64,
}

impl Tally {
    pub(crate) fn fault(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    pub(crate) fn count(&mut self, thing: &'static str) {
        *self.things.entry(thing).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
        for (thing, count) in &other.things {
            *self.things.entry(thing).or_default() += count;
        }
        self.virtual_ms += other.virtual_ms;
    }

    /// Faults that never fired.
    pub(crate) fn missing(&self) -> Vec<Fault> {
        let fired = |fault: &Fault| self.faults.contains_key(fault);
        Fault::ALL.into_iter().filter(|f| !fired(f)).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "faults:")?;
        for fault in Fault::ALL {
            let count = self.faults.get(&fault).copied().unwrap_or_default();
            write!(f, " {fault:?} {count}")?;
        }
        write!(f, "\nbesides:")?;
        for (thing, count) in &self.things {
            write!(f, " {thing} {count}")?;
        }
        Ok(())
    }
}
