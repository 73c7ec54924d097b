//! The built-in read models, one file each, with its SQL beside it.

mod activity;
mod observed;
mod plays;
mod population;
mod presence;
mod showing;
mod watch;

use crate::views::options::ViewsOptions;
use crate::views::projector::Projector;

/// All of them.
pub(super) fn built_in(options: &ViewsOptions) -> Vec<Box<dyn Projector>> {
    vec![
        Box::<activity::Activity>::default(),
        Box::<observed::Observed>::default(),
        Box::<plays::Plays>::default(),
        Box::<population::Population>::default(),
        Box::new(presence::Presence::new(options)),
    ]
}
