//! A CyTube-like server for tests and demonstrations.
//!
//! Two layers, strictly apart: the pure [`Model`], frames in and frames out in virtual time, and
//! the server around it, which owns sockets and threads. Neither knows the engine or its codecs:
//! this is the independent other side.

mod model;
mod random;
mod server;
mod traffic;

pub use model::{
    Account, ConnId, ItemView, MediaEntry, Model, ModelConfig, Out, Peer, RoomConfig, RoomView,
    SavedState, Target, UserView,
};
pub use random::SplitMix64;
pub use server::{
    Discovery, ModelServer, ReceivedFrame, RoomHandle, ServerConfig, ServerView, TrafficHandle,
};
pub use traffic::{Traffic, TrafficConfig};
