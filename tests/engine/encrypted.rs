//! The whole engine over TLS, with a private authority made for each test: whom it trusts, and what
//! it says of whom it does not.

use crate::site::*;
use projectionist::testing::ServerConfig;
use projectionist::{command::*, config::*, *};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

/// An authority nobody knows, and what it signs.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        Self { issuer }
    }

    fn pem(&self) -> Vec<u8> {
        self.issuer.pem().into_bytes()
    }

    /// A site whose certificate names `host`, valid since 2020 until the year given.
    fn site(&self, host: &str, until: i32) -> Site {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        let server = ServerConfig::new(model());
        let server = server.tls_der(vec![leaf.der().to_vec()], key.serialize_der());
        let site = Site::with(server.unwrap());
        assert!(site.server.url().starts_with("https://"));
        site
    }
}

/// The words with which a connection is refused for good.
fn refusal(config: Config) -> String {
    match opened(config).wait_live(WAIT) {
        Err(error @ WaitError::Ended { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_private_authority_is_trusted_where_the_host_says_so() {
    let authority = Authority::new();
    for transport in [TransportChoice::Websocket, TransportChoice::Polling] {
        let site = authority.site("127.0.0.1", 2100);
        site.furnish();
        let config = site.owner().allow_insecure(false).transport(transport);
        let room = live(config.extra_roots(vec![authority.pem()]));
        same_as(&room, &site);
        let endpoint = room.health().endpoint.unwrap();
        assert!(endpoint.contains("s://"), "{endpoint}");
        let outcome = room.say("behind a curtain").unwrap().wait(WAIT);
        assert!(outcome.is_some_and(|o| matches!(o, Outcome::Confirmed { .. })));
    }
}

#[test]
fn an_authority_nobody_vouched_for_is_refused_and_the_words_say_what_to_do() {
    let authority = Authority::new();
    let site = authority.site("127.0.0.1", 2100);
    for roots in [Vec::new(), vec![Authority::new().pem()]] {
        let text = refusal(site.owner().extra_roots(roots));
        assert!(text.contains("certificate"), "{text}");
        assert!(text.contains("extra_roots"), "{text}");
    }
    assert!(
        site.server.received().is_empty(),
        "nothing was said to a server nobody knows"
    );
}

#[test]
fn a_certificate_for_another_host_or_of_another_time_is_refused() {
    let authority = Authority::new();
    for (host, until) in [("cytube.example", 2100), ("127.0.0.1", 2021)] {
        let site = authority.site(host, until);
        let config = site.owner().extra_roots(vec![authority.pem()]);
        let text = refusal(config);
        assert!(text.contains("certificate"), "{host} {until}: {text}");
    }
}
