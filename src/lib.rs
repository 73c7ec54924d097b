//! An embeddable, event-sourced state engine for CyTube channels with a synchronous API.

mod channel;
mod command;
mod config;
mod cytube;
mod engineio;
mod event;
mod html;
mod limiter;
mod log;
mod model;
mod normalise;
mod number;
mod recording;
mod retry;
mod secret;
mod session;
mod socketio;
mod state;
mod time;
mod transport;

pub use channel::*;
pub use command::*;
pub use config::*;
pub use event::*;
pub use html::text_of_html;
pub use log::*;
pub use model::*;
pub use normalise::Unrecorded;
pub use number::Rank;
pub use recording::{RecordingError, Survey, ingest, survey};
pub use retry::RetryDelays;
pub use secret::Secret;
pub use session::Phase;
pub use state::*;
pub use time::*;
pub use transport::*;
