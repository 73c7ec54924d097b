//! The bodies of the fuzz targets: one text in, a panic if something does not hold.
//!
//! They are plain functions, shared with the crate in `tests/fuzz`. What libFuzzer makes up is taken
//! as UTF-8 with what is none replaced: so is what comes from the network.

pub(crate) mod frame;
pub(crate) mod html;
pub(crate) mod log_row;
pub(crate) mod media_link;
pub(crate) mod packet;
pub(crate) mod payload;
pub(crate) mod segment;

/// What a target does with one input.
pub(crate) type Body = fn(&str);

/// Every target by its name.
pub(crate) const TARGETS: [(&str, Body); 7] = [
    ("frame", frame::check),
    ("packet", packet::check),
    ("payload", payload::check),
    ("html", html::check),
    ("log_row", log_row::check),
    ("media_link", media_link::check),
    ("segment", segment::check),
];
