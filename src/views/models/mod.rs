//! The built-in read models, one file each, with its SQL beside it.

mod observed;

use crate::views::options::ViewsOptions;
use crate::views::projector::Projector;

/// All of them.
pub(super) fn built_in(_options: &ViewsOptions) -> Vec<Box<dyn Projector>> {
    vec![Box::<observed::Observed>::default()]
}
