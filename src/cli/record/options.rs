//! The options of `record`, which a file of settings may hold under the same names.

use serde::Deserialize;
use std::path::PathBuf;

/// Settings as one source gives them. The file has the same names as the flags.
#[derive(Clone, Debug, Default, PartialEq, clap::Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// The channel's address, as in a browser; or the site's, with --channel [env: CYTUBE_HOST]
    #[arg(value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The channel, where the address does not say [env: CYTUBE_CHANNEL]
    #[arg(long, value_name = "NAME")]
    pub(crate) channel: Option<String>,
    /// The log, which is made or continued [default: CHANNEL.events.db]
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Join as a guest of this name [env: CYTUBE_USERNAME]
    #[arg(long = "as", value_name = "NAME", conflicts_with_all = ["account", "cookie_file"])]
    #[serde(rename = "as")]
    pub(crate) guest: Option<String>,
    /// Join with this account; the password comes from CYTUBE_PASSWORD, a file or a prompt
    #[arg(long, value_name = "NAME", conflicts_with = "cookie_file")]
    pub(crate) account: Option<String>,
    /// The account's password is the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Join with the cookies of a browser in this file: auth=…; ip-session=…
    #[arg(long, value_name = "FILE")]
    pub(crate) cookie_file: Option<PathBuf>,
    /// The room's password is the first line of this file; or CYTUBE_CHANNEL_PASSWORD
    #[arg(long, value_name = "FILE")]
    pub(crate) channel_password_file: Option<PathBuf>,
    /// Stop after so many seconds
    #[arg(long, value_name = "N")]
    pub(crate) seconds: Option<u64>,
    /// Allow plain http, over which passwords can be read by others
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) allow_insecure: Option<bool>,
    /// What a recorded event survives: the death of the process, or a power cut too [default: process]
    #[arg(long, value_enum)]
    pub(crate) durability: Option<DurabilityName>,
    /// How to carry frames [default: auto]
    #[arg(long, value_enum)]
    pub(crate) transport: Option<TransportName>,
    /// Trust the authorities in this file (PEM), too
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Keep addresses, aliases and shadow mutes, where our rank shows them
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) record_moderator_data: Option<bool>,
    /// Which playback ticks to record: those that tell something, or all [default: telling]
    #[arg(long, value_enum)]
    pub(crate) playback: Option<PlaybackName>,
    /// Come back after a moderator's kick
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) rejoin_after_kick: Option<bool>,
}

/// Names of [`Durability`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DurabilityName {
    Process,
    Disk,
}

/// Names of [`TransportChoice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TransportName {
    Auto,
    Websocket,
    Polling,
}

/// Names of [`PlaybackTicks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PlaybackName {
    Telling,
    All,
}

impl Settings {
    /// What this source does not say, another one does. Address and login are not for this.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            log: self.log.or(other.log),
            seconds: self.seconds.or(other.seconds),
            allow_insecure: self.allow_insecure.or(other.allow_insecure),
            durability: self.durability.or(other.durability),
            transport: self.transport.or(other.transport),
            ca: self.ca.or(other.ca),
            record_moderator_data: self.record_moderator_data.or(other.record_moderator_data),
            playback: self.playback.or(other.playback),
            rejoin_after_kick: self.rejoin_after_kick.or(other.rejoin_after_kick),
            ..self
        }
    }
}
