//! An embeddable, event-sourced state engine for CyTube channels with a synchronous API.

mod config;
mod event;
mod log;
mod model;
mod number;
mod secret;
#[cfg(feature = "testing")]
pub mod testing;
mod time;

pub use config::*;
pub use event::*;
pub use log::*;
pub use model::*;
pub use number::Rank;
pub use secret::Secret;
pub use time::*;
mod transport;
pub use transport::*;
