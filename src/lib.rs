//! An embeddable, event-sourced state engine for CyTube channels with a synchronous API.

mod config;
mod cytube;
mod engineio;
mod event;
mod html;
mod log;
mod model;
mod number;
mod secret;
mod session;
mod socketio;
mod state;
mod time;
mod transport;

pub use config::*;
pub use event::*;
pub use html::text_of_html;
pub use log::*;
pub use model::*;
pub use number::Rank;
pub use secret::Secret;
pub use state::*;
pub use time::*;
pub use transport::*;
