//! A CyTube-like server for tests and demonstrations.
//!
//! Two layers, strictly apart: the pure [`Model`], frames in and frames out in virtual time, and
//! the server around it, which owns sockets and threads. Neither knows the engine or its codecs:
//! this is the independent other side.
//!
//! Beside them, [`Synthetic`] makes up whole logs without a server, as large as wanted.

mod model;
mod random;
mod server;
mod synthetic;
mod traffic;

pub use model::{
    Account, ConnId, ItemView, MediaEntry, Model, ModelConfig, Out, Peer, RoomConfig, RoomView,
    SavedState, Target, UserView,
};
pub use random::SplitMix64;
pub use server::{
    Discovery, ModelServer, ReceivedFrame, RoomHandle, ServerConfig, ServerView, TrafficHandle,
};
pub use synthetic::{Synthetic, SyntheticConfig, WriteError, write_synthetic};
pub use traffic::{Traffic, TrafficConfig};
