//! An embeddable, event-sourced state engine for CyTube channels with a synchronous API.

mod config;
mod event;
mod log;
mod model;
mod number;
mod secret;
mod sqlite;
mod time;

pub use config::*;
pub use event::*;
pub use log::*;
pub use model::*;
pub use number::Rank;
pub use secret::Secret;
pub use sqlite::*;
pub use time::*;
mod transport;
pub use transport::*;
