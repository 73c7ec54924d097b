//! Who we are to the broker, and how that is encrypted: every kind, and each refused when wrong, in
//! words that hold no secret. Authorities, keys and tokens are made for each test.

use crate::broker::Broker;
use crate::site::*;
use crate::{bridge, until as eventually};
use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use projectionist::ChannelHandle;
use projectionist::nats::{Auth, BridgeOptions, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa};
use serde_json::{Value, json};
use std::path::PathBuf;

/// A bridge gets in, and publishes.
fn gets_in(options: BridgeOptions, room: &ChannelHandle) {
    let bridge = bridge(options.from_origin(true).consumer("fresh"), room);
    eventually("it is published", || bridge.health().published > 0);
    let health = bridge.health();
    assert_eq!((health.connected, health.last_error), (true, None));
}

/// A bridge does not get in, and says so without the secret; its events wait.
fn is_refused(options: BridgeOptions, room: &ChannelHandle, words: &str, secret: &str) {
    assert!(!format!("{options:?}").contains(secret));
    let bridge = bridge(options.from_origin(true).consumer("refused"), room);
    eventually("it is told", || bridge.health().last_error.is_some());
    let health = bridge.health();
    let error = health.last_error.clone().unwrap();
    assert!(error.contains(words), "{error}");
    let told = format!("{health:?} {bridge:?}");
    assert!(!told.contains(secret), "{told}");
    assert_eq!((health.connected, health.published), (false, 0));
    assert!(health.rooms[0].lag > 0);
}

/// A broker of this configuration, and a channel.
fn stage(config: &str) -> Option<(Broker, Site, ChannelHandle)> {
    let mut broker = Broker::stopped(config)?;
    broker.up();
    let site = Site::new();
    let room = live(site.config());
    Some((broker, site, room))
}

const VIOLATION: &str = "authorization violation";

#[test]
fn a_user_with_a_password() {
    let config = r#"authorization { user: bridge, password: "s3cret-one" }"#;
    let Some((broker, _site, room)) = stage(config) else {
        return;
    };
    let options =
        |password: &str| BridgeOptions::new(broker.url()).auth(Auth::password("bridge", password));
    gets_in(options("s3cret-one"), &room);
    is_refused(options("s3cret-two"), &room, VIOLATION, "s3cret");
    let in_address = format!("nats://bridge:s3cret-two@127.0.0.1:{}", broker.port);
    is_refused_in_address(BridgeOptions::new(in_address), &room);
}

/// As `is_refused`, but the options themselves are the host's own words.
fn is_refused_in_address(options: BridgeOptions, room: &ChannelHandle) {
    let bridge = bridge(options, room);
    eventually("it is told", || bridge.health().last_error.is_some());
    assert!(!format!("{:?}", bridge.health()).contains("s3cret"));
}

#[test]
fn whoever_knows_the_token() {
    let Some((broker, _site, room)) = stage(r#"authorization { token: "s3cret-one" }"#) else {
        return;
    };
    let options = |token: &str| BridgeOptions::new(broker.url()).auth(Auth::token(token));
    gets_in(options("s3cret-one"), &room);
    is_refused(options("s3cret-two"), &room, VIOLATION, "s3cret");
    let nobody = BridgeOptions::new(broker.url());
    is_refused(nobody, &room, VIOLATION, "s3cret");
}

#[test]
fn the_owner_of_an_nkey() {
    let (known, other) = (KeyPair::new_user(), KeyPair::new_user());
    let config = format!(
        "authorization {{ users: [ {{ nkey: {} }} ] }}",
        known.public_key()
    );
    let Some((broker, _site, room)) = stage(&config) else {
        return;
    };
    let options =
        |seed: &str| BridgeOptions::new(broker.url()).auth(Auth::Nkey(seed.to_owned().into()));
    gets_in(options(&known.seed().unwrap()), &room);
    let seed = other.seed().unwrap();
    is_refused(options(&seed), &room, VIOLATION, &seed);
    let broken = format!("{}A", known.seed().unwrap());
    is_refused(options(&broken), &room, "signing nonce", &broken);
}

/// A token of the broker's kind: who `subject` is, signed by `issuer`.
fn jwt(issuer: &KeyPair, subject: &KeyPair, nats: &Value) -> String {
    let head = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let claims = json!({
        "jti": "1", "iat": 1_795_385_348, "iss": issuer.public_key(), "name": "test",
        "sub": subject.public_key(), "nats": nats,
    });
    let encoded = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
    let text = format!("{}.{}", encoded(&head), encoded(&claims));
    let signature = issuer.sign(text.as_bytes()).unwrap();
    format!("{text}.{}", BASE64URL_NOPAD.encode(&signature))
}

/// A file of credentials, as the broker's tools write it.
fn credentials(broker: &Broker, name: &str, account: &KeyPair) -> (PathBuf, String) {
    let user = KeyPair::new_user();
    let nats = json!({
        "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2,
    });
    let (jwt, seed) = (jwt(account, &user, &nats), user.seed().unwrap());
    let text = format!(
        "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
         -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
    );
    let path = broker.path(name);
    std::fs::write(&path, text).unwrap();
    (path, seed)
}

#[test]
fn the_owner_of_a_file_of_credentials() {
    let operator = KeyPair::new_operator();
    let (account, system, other) = (
        KeyPair::new_account(),
        KeyPair::new_account(),
        KeyPair::new_account(),
    );
    let of_account = json!({
        "limits": { "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1,
                    "wildcards": true, "conn": -1, "leaf": -1 },
        "type": "account", "version": 2,
    });
    let of_operator = json!({ "type": "operator", "version": 2 });
    let config = format!(
        "operator: {}\nsystem_account: {}\nresolver: MEMORY\nresolver_preload: {{ {}: {}, {}: {} }}",
        jwt(&operator, &operator, &of_operator),
        system.public_key(),
        account.public_key(),
        jwt(&operator, &account, &of_account),
        system.public_key(),
        jwt(&operator, &system, &of_account),
    );
    let Some((broker, _site, room)) = stage(&config) else {
        return;
    };
    let options = |path: PathBuf| BridgeOptions::new(broker.url()).auth(Auth::Credentials(path));
    let (known, _) = credentials(&broker, "known.creds", &account);
    gets_in(options(known), &room);
    let (unknown, seed) = credentials(&broker, "unknown.creds", &other);
    is_refused(options(unknown), &room, VIOLATION, &seed);
    let missing = broker.path("missing.creds");
    is_refused(options(missing), &room, "missing.creds", &seed);
    let broken = broker.path("broken.creds");
    std::fs::write(&broken, "s3cret").unwrap();
    is_refused(options(broken), &room, "broken.creds", "s3cret");
}

/// An authority nobody knows.
struct Authority(CertifiedIssuer<'static, rcgen::KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// Writes its certificate into the broker's folder.
    fn write(&self, broker: &Broker, name: &str) -> PathBuf {
        let path = broker.path(&format!("{name}.ca.pem"));
        std::fs::write(&path, self.0.pem()).unwrap();
        path
    }

    /// Signs a certificate for somebody, and writes it with its key.
    fn sign(&self, broker: &Broker, host: &str, name: &str) -> (PathBuf, PathBuf) {
        let params = CertificateParams::new([host.to_owned()]).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.0).unwrap();
        let paths = ["cert.pem", "key.pem"].map(|end| broker.path(&format!("{name}.{end}")));
        std::fs::write(&paths[0], leaf.pem()).unwrap();
        std::fs::write(&paths[1], key.serialize_pem()).unwrap();
        let [certificate, key] = paths;
        (certificate, key)
    }
}

const TLS: &str = r#"cert_file: "FOLDER/server.cert.pem", key_file: "FOLDER/server.key.pem""#;

fn over_tls(broker: &Broker, ca: Option<PathBuf>) -> BridgeOptions {
    BridgeOptions::new(broker.url()).tls(Tls::required(ca))
}

#[test]
fn a_connection_is_encrypted_under_a_private_authority_and_no_other() {
    let Some(mut broker) = Broker::stopped(&format!("tls {{ {TLS} }}")) else {
        return;
    };
    let (authority, other) = (Authority::new(), Authority::new());
    authority.sign(&broker, "127.0.0.1", "server");
    broker.up();
    let site = Site::new();
    let room = live(site.config());
    let ca = authority.write(&broker, "known");
    gets_in(over_tls(&broker, Some(ca.clone())), &room);
    let other = other.write(&broker, "other");
    is_refused(
        over_tls(&broker, Some(other)),
        &room,
        "certificate",
        "PRIVATE",
    );
    is_refused(over_tls(&broker, None), &room, "certificate", "PRIVATE");
    // Named for somebody else.
    broker.kill();
    authority.sign(&broker, "broker.example", "server");
    broker.up();
    is_refused(over_tls(&broker, Some(ca)), &room, "certificate", "PRIVATE");
}

#[test]
fn a_broker_that_wants_to_know_us_is_shown_our_certificate() {
    let config = format!(r#"tls {{ {TLS}, ca_file: "FOLDER/known.ca.pem", verify: true }}"#);
    let Some(mut broker) = Broker::stopped(&config) else {
        return;
    };
    let (authority, other) = (Authority::new(), Authority::new());
    let ca = authority.write(&broker, "known");
    authority.sign(&broker, "127.0.0.1", "server");
    broker.up();
    let site = Site::new();
    let room = live(site.config());
    let shown = |client: Option<(PathBuf, PathBuf)>| {
        let mut tls = Tls::required(Some(ca.clone()));
        tls.client = client;
        BridgeOptions::new(broker.url()).tls(tls)
    };
    gets_in(
        shown(Some(authority.sign(&broker, "bridge", "ours"))),
        &room,
    );
    is_refused(shown(None), &room, "", "PRIVATE");
    let unknown = other.sign(&broker, "bridge", "unknown");
    is_refused(shown(Some(unknown)), &room, "", "PRIVATE");
}

#[test]
fn nothing_is_said_to_a_broker_that_does_not_encrypt_if_that_is_a_must() {
    let Some((broker, _site, room)) = stage("") else {
        return;
    };
    let bridge = bridge(over_tls(&broker, None), &room);
    eventually("it is told", || bridge.health().last_error.is_some());
    assert!(!bridge.health().connected);
}
