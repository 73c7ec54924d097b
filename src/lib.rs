//! An embeddable, event-sourced state engine for CyTube channels with a synchronous API.

mod backoff;
mod config;
mod dialler;
mod event;
mod log;
mod model;
mod number;
mod pacer;
mod retry;
mod secret;
mod time;

pub use config::*;
pub use event::*;
pub use log::*;
pub use model::*;
pub use number::Rank;
pub use retry::RetryDelays;
pub use secret::Secret;
pub use time::*;
mod transport;
pub use transport::*;
