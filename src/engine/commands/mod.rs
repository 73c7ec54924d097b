//! The commands as methods of the handle, by subject. Each is [`ChannelHandle::send`] with its
//! command spelled out.
//!
//! [`ChannelHandle::send`]: super::ChannelHandle::send

mod chat;
mod moderation;
mod playlist;
mod settings;
