//! The built-in read models, one file each, with its SQL beside it.

mod chatters;
mod emote_names;
mod messages;
mod observed;
mod said;

use crate::views::options::ViewsOptions;
use crate::views::projector::Projector;

/// All of them.
pub(super) fn built_in(_options: &ViewsOptions) -> Vec<Box<dyn Projector>> {
    vec![
        Box::<chatters::Chatters>::default(),
        Box::<messages::Messages>::default(),
        Box::<observed::Observed>::default(),
    ]
}
