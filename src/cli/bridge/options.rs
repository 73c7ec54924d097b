//! The options of `bridge` and `monitor`, which a file of settings may hold: who the broker is, and
//! how events go there.

use crate::cli::failure::Failure;
use crate::cli::record::{Env, Settings, password_in};
use projectionist::Secret;
use projectionist::nats::{Auth, BridgeOptions, Delivery, Profile, Tls};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// The broker, and who we are to it: the table `[nats]` of a file has these names without `nats-`.
#[derive(Clone, Debug, Default, PartialEq, clap::Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Broker {
    /// Addresses of the broker, with commas between [env: NATS_URL] [default: nats://127.0.0.1:4222]
    #[arg(
        id = "nats_url",
        long = "nats",
        value_name = "URL",
        value_delimiter = ','
    )]
    pub(crate) url: Vec<String>,
    /// The user there; the password comes from NATS_PASSWORD or a file [env: NATS_USER]
    #[arg(id = "nats_user", long = "nats-user", value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// The user's password is the first line of this file
    #[arg(
        id = "nats_password_file",
        long = "nats-password-file",
        value_name = "FILE"
    )]
    pub(crate) password_file: Option<PathBuf>,
    /// A token is the first line of this file; or NATS_TOKEN
    #[arg(id = "nats_token_file", long = "nats-token-file", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// The seed of an nkey is the first line of this file; or NATS_NKEY
    #[arg(id = "nats_nkey_file", long = "nats-nkey-file", value_name = "FILE")]
    pub(crate) nkey_file: Option<PathBuf>,
    /// A credentials file [env: NATS_CREDS]
    #[arg(id = "nats_creds", long = "nats-creds", value_name = "FILE")]
    pub(crate) creds: Option<PathBuf>,
    /// Refuse a connection that is not encrypted
    #[arg(id = "nats_tls", long = "nats-tls", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) tls: Option<bool>,
    /// Trust the authorities in this file (PEM), too [env: NATS_CA]
    #[arg(id = "nats_ca", long = "nats-ca", value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Our own certificate (PEM); with --nats-key
    #[arg(long = "nats-cert", value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The key of our certificate (PEM)
    #[arg(long = "nats-key", value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
}

/// How events go out and commands come in: the table `[bridge]` of a file has the same names.
#[derive(Clone, Debug, Default, PartialEq, clap::Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Bridging {
    /// Whose subjects and envelopes to use [env: NATS_PROFILE] [default: rosey]
    #[arg(long, value_enum)]
    pub(crate) profile: Option<ProfileName>,
    /// First token of every subject [env: NATS_PREFIX] [default: the profile's name]
    #[arg(long, value_name = "PREFIX")]
    pub(crate) prefix: Option<String>,
    /// Name the channel in subjects
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) channel_in_subject: Option<bool>,
    /// Publish into this JetStream stream, which is made if there is none; without it by core NATS,
    /// at most once [env: NATS_STREAM]
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: Option<String>,
    /// If the stream is made: keep messages so many days [default: for ever]
    #[arg(long, value_name = "DAYS", requires = "stream")]
    pub(crate) stream_days: Option<u64>,
    /// Publish private messages, too
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) publish_pms: Option<bool>,
    /// Take these commands only, with commas between, such as say,pm,queue [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) actions: Option<Vec<String>>,
    /// Name of the position in the log: two bridges of one room need two [default: nats]
    #[arg(long, value_name = "NAME")]
    pub(crate) consumer: Option<String>,
    /// Where no position is on record: begin with the first event of the log, not the next one
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) from_origin: Option<bool>,
    /// Health at /health and /ready, metrics at /metrics, on this address of this machine, such as
    /// 127.0.0.1:9222
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) http: Option<std::net::SocketAddr>,
    /// At a stop, publish what waits for so long [default: 10]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) drain: Option<u64>,
}

/// Names of [`Profile`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProfileName {
    Rosey,
    Kryten,
}

/// A file of settings for a bridge.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) nats: Broker,
    pub(super) bridge: Bridging,
    #[serde(rename = "room")]
    pub(super) rooms: Vec<Settings>,
}

impl Broker {
    /// Options for the connection: flags over the environment over the file.
    pub(crate) fn options(&self, env: Env<'_>, file: &Self) -> Result<BridgeOptions, Failure> {
        let mut servers = self.url.clone();
        if servers.is_empty() {
            let named = env("NATS_URL").unwrap_or_default();
            servers.extend(
                named
                    .split(',')
                    .filter(|url| !url.is_empty())
                    .map(str::to_owned),
            );
        }
        if servers.is_empty() {
            servers.clone_from(&file.url);
        }
        if servers.is_empty() {
            servers.push("nats://127.0.0.1:4222".to_owned());
        }
        let mut options = BridgeOptions::new("");
        options.servers = servers;
        options.auth = match self.auth(env)? {
            Some(auth) => auth,
            // Of the environment only the password can belong to a user of the file.
            None => file
                .auth(&|name| env(name).filter(|_| name == "NATS_PASSWORD"))?
                .unwrap_or(Auth::None),
        };
        options.tls = self.tls(env, file);
        Ok(options)
    }

    /// Who we are, if this source says so.
    fn auth(&self, env: Env<'_>) -> Result<Option<Auth>, Failure> {
        let secret = |path: &Option<PathBuf>, name: &str| match path {
            Some(path) => password_in(path).map(Some),
            None => Ok(env(name).map(Secret::new)),
        };
        if let Some(path) = self
            .creds
            .clone()
            .or_else(|| env("NATS_CREDS").map(PathBuf::from))
        {
            return Ok(Some(Auth::Credentials(path)));
        }
        if let Some(seed) = secret(&self.nkey_file, "NATS_NKEY")? {
            return Ok(Some(Auth::Nkey(seed)));
        }
        if let Some(token) = secret(&self.token_file, "NATS_TOKEN")? {
            return Ok(Some(Auth::Token(token)));
        }
        let Some(user) = self.user.clone().or_else(|| env("NATS_USER")) else {
            return Ok(None);
        };
        let password = secret(&self.password_file, "NATS_PASSWORD")?;
        let password = password.ok_or_else(|| {
            let text = format!(
                "the password of {user} is missing: set NATS_PASSWORD, or give --nats-password-file"
            );
            Failure::Usage(text)
        })?;
        Ok(Some(Auth::Password { user, password }))
    }

    fn tls(&self, env: Env<'_>, file: &Self) -> Tls {
        let ca = self
            .ca
            .clone()
            .or_else(|| env("NATS_CA").map(PathBuf::from));
        let mut tls = Tls::required(ca.or_else(|| file.ca.clone()));
        tls.required = self.tls.or(file.tls).unwrap_or(false);
        let pair = |source: &Self| source.cert.clone().zip(source.key.clone());
        tls.client = pair(self).or_else(|| pair(file));
        tls
    }
}

impl Bridging {
    /// What this source does not say, the environment does, and then the file.
    pub(super) fn over(self, env: Env<'_>, file: Self) -> Result<Self, Failure> {
        let profile = match env("NATS_PROFILE").as_deref() {
            None => None,
            Some("rosey") => Some(ProfileName::Rosey),
            Some("kryten") => Some(ProfileName::Kryten),
            Some(_) => {
                let text = "NATS_PROFILE has to be rosey or kryten".to_owned();
                return Err(Failure::Usage(text));
            }
        };
        Ok(Self {
            profile: self.profile.or(profile).or(file.profile),
            prefix: self.prefix.or_else(|| env("NATS_PREFIX")).or(file.prefix),
            channel_in_subject: self.channel_in_subject.or(file.channel_in_subject),
            stream: self.stream.or_else(|| env("NATS_STREAM")).or(file.stream),
            stream_days: self.stream_days.or(file.stream_days),
            publish_pms: self.publish_pms.or(file.publish_pms),
            actions: self.actions.or(file.actions),
            consumer: self.consumer.or(file.consumer),
            from_origin: self.from_origin.or(file.from_origin),
            http: self.http.or(file.http),
            drain: self.drain.or(file.drain),
        })
    }

    /// Options for a bridge, on top of those of the connection.
    pub(super) fn apply(&self, options: BridgeOptions) -> BridgeOptions {
        let mut options = options
            .profile(match self.profile {
                Some(ProfileName::Kryten) => Profile::Kryten,
                Some(ProfileName::Rosey) | None => Profile::Rosey,
            })
            .channel_in_subject(self.channel_in_subject.unwrap_or(false))
            .publish_pms(self.publish_pms.unwrap_or(false))
            .from_origin(self.from_origin.unwrap_or(false));
        if let Some(prefix) = &self.prefix {
            options = options.prefix(prefix.clone());
        }
        if let Some(actions) = &self.actions {
            options = options.actions(actions.clone());
        }
        if let Some(consumer) = &self.consumer {
            options = options.consumer(consumer.clone());
        }
        if let Some(name) = &self.stream {
            let mut delivery = Delivery::stream(name.clone());
            if let (Delivery::Stream { max_age, .. }, Some(days)) =
                (&mut delivery, self.stream_days)
            {
                *max_age = Some(Duration::from_secs(days.saturating_mul(86_400)));
            }
            options = options.delivery(delivery);
        }
        options
    }
}

/// The variables of a file of `NAME=value` lines.
///
/// # Errors
/// In words, by line, without what stands there.
pub(super) fn variables(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else {
            return Err(format!("line {number}: not NAME=value"));
        };
        let value = value.trim();
        let quoted = ['"', '\'']
            .iter()
            .find_map(|mark| value.strip_prefix(*mark)?.strip_suffix(*mark));
        found.push((name.trim().to_owned(), quoted.unwrap_or(value).to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_variables_may_have_quotes_comments_and_exports() {
        let text =
            "# who\nCYTUBE_USERNAME=reel\nexport NATS_TOKEN='a b=c'\n\nNATS_URL=\"nats://x\"\n";
        let expected = [
            ("CYTUBE_USERNAME", "reel"),
            ("NATS_TOKEN", "a b=c"),
            ("NATS_URL", "nats://x"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(variables(text).unwrap(), expected);
        let error = variables("A=b\nhunter2").unwrap_err();
        assert!(
            error.contains("line 2") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn flags_stand_over_the_environment_and_that_over_the_file() {
        let file: File = toml::from_str(
            "[nats]\nurl = ['nats://file']\nuser = 'filer'\n[bridge]\nstream = 'FILE'\nprefix = 'file'\n\
             [[room]]\nurl = 'https://a.example/r/room'\n",
        )
        .unwrap();
        assert_eq!(file.rooms.len(), 1);
        let nothing = |_: &str| None;
        let env = |name: &str| match name {
            "NATS_URL" => Some("nats://env,nats://env2".to_owned()),
            "NATS_TOKEN" => Some("hunter2".to_owned()),
            "NATS_STREAM" => Some("ENV".to_owned()),
            _ => None,
        };
        let options = Broker::default().options(&env, &file.nats).unwrap();
        assert_eq!(options.servers, ["nats://env", "nats://env2"]);
        assert!(matches!(options.auth, Auth::Token(_)));
        assert!(!format!("{options:?}").contains("hunter2"));
        let flags = Broker {
            url: vec!["nats://flag".to_owned()],
            ..Broker::default()
        };
        assert_eq!(
            flags.options(&env, &Broker::default()).unwrap().servers,
            ["nats://flag"]
        );
        // A user without a password is a mistake, not nobody.
        let error = Broker::default().options(&nothing, &file.nats).unwrap_err();
        assert!(error.to_string().contains("NATS_PASSWORD"), "{error}");
        let bridging = Bridging::default().over(&env, file.bridge).unwrap();
        assert_eq!(
            (bridging.stream.as_deref(), bridging.prefix.as_deref()),
            (Some("ENV"), Some("file"))
        );
        let options = bridging.apply(BridgeOptions::new("x"));
        assert_eq!(options.delivery, Delivery::stream("ENV"));
        assert_eq!(options.prefix, "file");
    }
}
