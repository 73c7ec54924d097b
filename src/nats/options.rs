//! What a bridge is told: where the broker is, whose names to use, how sure delivery has to be.

use super::error::BridgeError;
use super::subjects::Profile;
use crate::command::Command;
use crate::secret::Secret;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// Messages on their way to the broker, unanswered, at most.
const WINDOW: usize = 1024;

/// How long a stream remembers message ids, to tell a repetition.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

/// Configuration of a [`NatsBridge`](super::NatsBridge). Nothing of it is read from anywhere else.
///
/// ```
/// use projectionist::nats::{Auth, BridgeOptions, Delivery};
/// let options = BridgeOptions::new("nats://me:hunter2@localhost:4222")
///     .auth(Auth::token("s3cret"))
///     .delivery(Delivery::stream("ROSEY"));
/// let shown = format!("{options:?}");
/// assert!(shown.contains("localhost") && !shown.contains("s3cret") && !shown.contains("hunter2"));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct BridgeOptions {
    /// Addresses of the broker's servers, any of which will do. `nats://…`, or `tls://…`.
    pub servers: Vec<String>,
    /// Who we are to the broker.
    pub auth: Auth,
    /// How connections to it are encrypted.
    pub tls: Tls,
    /// Whose names and envelopes are used.
    pub profile: Profile,
    /// First token of every subject; by default the profile's.
    pub prefix: String,
    /// Whether subjects name the channel, so that several can share a broker and be told apart by
    /// subject. Envelopes name it always.
    pub channel_in_subject: bool,
    /// How sure delivery has to be.
    pub delivery: Delivery,
    /// Messages on their way at once, at most; memory is bounded by these.
    pub window: usize,
    /// Whether private messages are published. By default they are not: whoever reads the bus
    /// would read them.
    pub publish_pms: bool,
    /// Which commands may be given; `None`: all. Names as in
    /// [`Command::NAMES`](crate::Command::NAMES).
    pub actions: Option<BTreeSet<String>>,
    /// Name of the checkpoint in the log: two bridges of one channel need two.
    pub consumer: String,
    /// Without a checkpoint, begin with the first event of the log.
    pub from_origin: bool,
    /// Begin with the next event from now on, whatever the checkpoint says.
    pub from_head: bool,
}

/// Addresses are shown without what may stand before the host: a password.
impl std::fmt::Debug for BridgeOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BridgeOptions")
            .field("servers", &self.addresses())
            .field("auth", &self.auth)
            .field("profile", &self.profile)
            .field("prefix", &self.prefix)
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}

impl BridgeOptions {
    /// The broker's addresses as they may be shown: without what may stand before the host.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        let bare = self.servers.iter().map(|server| {
            let (scheme, rest) = server.split_once("://").unwrap_or(("nats", server));
            format!("{scheme}://{}", rest.rsplit('@').next().unwrap_or(rest))
        });
        bare.collect()
    }

    /// Options for a broker, others as usual: core NATS, the original names, all commands.
    pub fn new(server: impl Into<String>) -> Self {
        Self {
            servers: vec![server.into()],
            auth: Auth::None,
            tls: Tls::default(),
            profile: Profile::Rosey,
            prefix: "rosey".to_owned(),
            channel_in_subject: false,
            delivery: Delivery::Core,
            window: WINDOW,
            publish_pms: false,
            actions: None,
            consumer: "nats".to_owned(),
            from_origin: false,
            from_head: false,
        }
    }

    /// Uses another family's names, and its prefix unless one is set later.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.prefix = match profile {
            Profile::Rosey => "rosey",
            Profile::Kryten => "kryten",
        }
        .to_owned();
        self.profile = profile;
        self
    }

    /// Begins every subject with this token, or these.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Says who we are.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// Says how connections are encrypted.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Says how sure delivery has to be.
    #[must_use]
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// Names the channel in subjects.
    #[must_use]
    pub fn channel_in_subject(mut self, named: bool) -> Self {
        self.channel_in_subject = named;
        self
    }

    /// Allows these commands only.
    #[must_use]
    pub fn actions(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.actions = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Publishes private messages, too.
    #[must_use]
    pub fn publish_pms(mut self, publish: bool) -> Self {
        self.publish_pms = publish;
        self
    }

    /// Names the checkpoint.
    #[must_use]
    pub fn consumer(mut self, name: impl Into<String>) -> Self {
        self.consumer = name.into();
        self
    }

    /// Begins, without a checkpoint, with the first event of the log.
    #[must_use]
    pub fn from_origin(mut self, from_origin: bool) -> Self {
        self.from_origin = from_origin;
        self
    }

    /// Begins with the next event from now on, whatever the checkpoint says.
    #[must_use]
    pub fn from_head(mut self, from_head: bool) -> Self {
        self.from_head = from_head;
        self
    }

    /// Whether they make sense for so many rooms.
    pub(super) fn check(&self, rooms: usize) -> Result<(), BridgeError> {
        let wrong = |text: &str| Err(BridgeError::Options(text.to_owned()));
        let is_token = |token: &str| {
            let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            !token.is_empty() && token.chars().all(fits)
        };
        if self.servers.is_empty() {
            return wrong("no address of a broker");
        }
        if !self.prefix.split('.').all(is_token) {
            return wrong(
                "the prefix has to be tokens of letters, digits, - and _, with dots between",
            );
        }
        if rooms == 0 {
            return wrong("no room to bridge");
        }
        if let Delivery::Stream { name, .. } = &self.delivery
            && !is_token(name)
        {
            return wrong("the stream's name has to be letters, digits, - and _");
        }
        let unknown = |name: &&String| !Command::NAMES.contains(&name.as_str());
        if let Some(name) = self.actions.iter().flatten().find(unknown) {
            let text = format!("no command is called {name:?}: see Command::NAMES");
            return Err(BridgeError::Options(text));
        }
        Ok(())
    }

    /// Allows so many messages on their way at once, at least one.
    #[must_use]
    pub fn window(mut self, messages: usize) -> Self {
        self.window = messages.max(1);
        self
    }
}

/// Who we are to the broker.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Auth {
    /// Nobody in particular.
    #[default]
    None,
    /// A user with a password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// Whoever knows this token.
    Token(Secret),
    /// The owner of this seed of an nkey.
    Nkey(Secret),
    /// The owner of this credentials file.
    Credentials(PathBuf),
}

impl Auth {
    /// A user with a password.
    pub fn password(user: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::Password {
            user: user.into(),
            password: password.into(),
        }
    }

    /// Whoever knows this token.
    pub fn token(token: impl Into<Secret>) -> Self {
        Self::Token(token.into())
    }
}

/// How connections to the broker are encrypted. By default they are if the address says `tls://`
/// or the broker asks for it; certificates are always verified.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Tls {
    /// Refuse a connection that is not encrypted.
    pub required: bool,
    /// Certificates of authorities to trust, in a PEM file, beside the system's.
    pub ca: Option<PathBuf>,
    /// Our own certificate and its key, in PEM files.
    pub client: Option<(PathBuf, PathBuf)>,
}

impl Tls {
    /// Encryption is a must, with the authorities of a PEM file trusted, too.
    #[must_use]
    pub fn required(ca: Option<PathBuf>) -> Self {
        Self {
            required: true,
            ca,
            client: None,
        }
    }
}

/// How sure delivery has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// Core NATS: at most once. Whoever listens at the moment gets it; what is on its way when the
    /// connection breaks may be lost. While there is no connection nothing is sent: it waits in the
    /// log.
    Core,
    /// A JetStream stream: each message is stored once and in order, and the checkpoint moves only
    /// behind what the stream has acknowledged.
    Stream {
        /// Its name. It is made if there is none; one that is there must take the subjects.
        name: String,
        /// How long the stream remembers message ids: a repetition within this time is dropped.
        /// Used when the stream is made.
        duplicate_window: Duration,
        /// How long it keeps messages; `None`: for ever. Used when the stream is made.
        max_age: Option<Duration>,
    },
}

impl Delivery {
    /// A stream with the usual settings: two minutes of message ids, messages kept for ever.
    pub fn stream(name: impl Into<String>) -> Self {
        Self::Stream {
            name: name.into(),
            duplicate_window: DUPLICATE_WINDOW,
            max_age: None,
        }
    }
}
