//! Each test is named for what somebody tries with a token. Provider, keys and accounts are invented, and everything
//! happens on this machine.

mod provider;

use base64::Engine as _;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use self::provider::{Pair, Server, key_set};
use super::*;
use crate::audit::Actor;
use crate::role::{Permission, Roles};
use crate::service::caller::Reach;

const ISSUER: &str = "https://id.example/realms/agency";
const AUDIENCE: &str = "sanad-issuer";
const NOW: u64 = 1_772_438_400;

fn now() -> UnixTime {
    UnixTime::new(NOW).unwrap()
}

fn settings(url: String) -> Settings {
    Settings {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        keys: KeysAt::Url(url),
        algorithms: Algorithm::ALL.to_vec(),
        role_claim: Claim("roles".to_owned()),
        role_words: Vec::new(),
        areas_claim: None,
    }
}

/// Reads when it is asked, as often as it is asked.
const EAGER: Pace = Pace {
    every: Duration::from_secs(3_600),
    at_most_every: Duration::ZERO,
    stale: Duration::from_secs(3_600),
    // A provider on this machine answers at once, but the machine may not.
    timeout: Duration::from_secs(60),
};

/// Reads once, and not again while a test runs.
const ONCE: Pace = Pace { at_most_every: Duration::from_secs(3_600), ..EAGER };

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "f3b1", "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 300,
           "roles": ["registrar", "offline_access"]})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name).unwrap();
    claims
}

/// A provider with one key, and the issuer that follows it.
struct Place {
    pair: Pair,
    server: Server,
    provider: Provider,
}

impl Place {
    fn new() -> Self {
        Self::with(Pair::ed("key-1"), |_| {})
    }

    fn with(pair: Pair, change: impl FnOnce(&mut Settings)) -> Self {
        let server = Server::start(&key_set(&[&pair]));
        let mut settings = settings(server.url());
        change(&mut settings);
        let provider = Provider::start(settings, ONCE).unwrap();
        Self { pair, server, provider }
    }

    fn token(&self, claims: &Value) -> String {
        self.pair.sign(&self.pair.header(), &claims.to_string())
    }

    async fn verify(&self, token: &str) -> Result<Caller, Unverified> {
        verify(&self.provider, token).await
    }

    async fn claims(&self, claims: &Value) -> Result<Caller, Unverified> {
        self.verify(&self.token(claims)).await
    }

    /// With the header changed, and the signature over it.
    async fn header(&self, name: &str, value: Value) -> Result<Caller, Unverified> {
        let mut header: Value = serde_json::from_str(&self.pair.header()).unwrap();
        header[name] = value;
        self.verify(&self.pair.sign(&header.to_string(), &claims().to_string())).await
    }
}

async fn verify(provider: &Provider, token: &str) -> Result<Caller, Unverified> {
    provider.verify(SignedToken::parse(token).unwrap(), now()).await
}

fn refused(check: Check) -> Result<Caller, Unverified> {
    Err(Unverified::Refused(check))
}

#[tokio::test]
async fn a_token_of_each_algorithm_is_its_account() {
    for pair in [Pair::ed("key-1"), Pair::ec("key-1"), Pair::rsa("key-1")] {
        let place = Place::with(pair, |_| {});
        let caller = place.claims(&claims()).await.unwrap();
        assert_eq!(caller.roles, Roles::new([Role::Registrar]));
        assert_eq!((&caller.reach, &caller.delegate), (&Reach::Everywhere, &None));
        assert_eq!(caller.origin, caller.actor);
        // Remembered, and the same.
        let token = place.token(&claims());
        let signed = SignedToken::parse(&token).unwrap();
        let kept = place.provider.kept(signed, now());
        // ECDSA signs with a random number, so that another signature is another token.
        assert!(kept.is_none_or(|kept| kept == caller));
    }
}

#[tokio::test]
async fn who_acts_is_a_number_and_not_the_person() {
    let place = Place::new();
    let sub = "wanjiru.invented@agency.example";
    let caller = place.claims(&with("sub", json!(sub))).await.unwrap();
    let actor = caller.actor.as_str().to_owned();
    assert!(actor.starts_with("oidc:") && actor.len() == 21, "{actor}");
    assert!(!format!("{caller:?}").contains("wanjiru"));
    // The same account, the same number; another account or provider, another.
    assert_eq!(place.claims(&with("sub", json!(sub))).await.unwrap().actor.as_str(), actor);
    assert_ne!(place.claims(&claims()).await.unwrap().actor.as_str(), actor);
    let other =
        Place::with(Pair::ed("key-1"), |settings| settings.issuer = "https://other.example".to_owned());
    let mut claims = with("sub", json!(sub));
    claims["iss"] = json!("https://other.example");
    assert_ne!(other.claims(&claims).await.unwrap().actor.as_str(), actor);
}

#[tokio::test]
async fn a_token_for_somebody_else_is_refused() {
    let place = Place::new();
    for audience in [
        json!("other"),
        json!(["other", "sanad-issuer "]),
        json!([]),
        json!(null),
        json!({"sanad-issuer": 1}),
    ] {
        assert_eq!(
            place.claims(&with("aud", audience.clone())).await,
            refused(Check::Audience),
            "{audience}"
        );
    }
    assert_eq!(place.claims(&without("aud")).await, refused(Check::Audience));
    assert_eq!(place.claims(&with("aud", json!("account sanad-issuer"))).await, refused(Check::Audience));
    assert!(place.claims(&with("aud", json!(["account", AUDIENCE]))).await.is_ok());
}

#[tokio::test]
async fn a_token_of_another_issuer_with_our_key_is_refused() {
    let place = Place::new();
    for issuer in
        ["https://id.example/realms/other", "https://id.example", "", "HTTPS://id.example/realms/agency"]
    {
        assert_eq!(place.claims(&with("iss", json!(issuer))).await, refused(Check::Issuer), "{issuer}");
    }
    assert_eq!(place.claims(&without("iss")).await, refused(Check::Issuer));
    assert!(place.claims(&with("iss", json!(format!("{ISSUER}/")))).await.is_ok());
}

#[tokio::test]
async fn a_token_counts_in_its_time_with_a_minute_for_the_clocks() {
    let place = Place::new();
    let at = |name: &'static str, seconds: u64| with(name, json!(seconds));
    assert!(place.claims(&at("exp", NOW - 59)).await.is_ok());
    assert_eq!(place.claims(&at("exp", NOW - 60)).await, Err(Unverified::Expired));
    assert_eq!(place.claims(&at("exp", 0)).await, Err(Unverified::Expired));
    assert!(place.claims(&at("nbf", NOW + 60)).await.is_ok());
    assert_eq!(place.claims(&at("nbf", NOW + 61)).await, refused(Check::Times));
    assert_eq!(place.claims(&at("iat", NOW + 61)).await, refused(Check::Times));
    assert!(place.claims(&with("exp", json!(NOW as f64 + 10.5))).await.is_ok());
    for wrong in [json!("tomorrow"), json!(null), json!(-1), json!(1e300), json!([NOW + 300]), json!(true)] {
        assert_eq!(place.claims(&with("exp", wrong.clone())).await, refused(Check::Times), "{wrong}");
    }
    assert_eq!(place.claims(&without("exp")).await, refused(Check::Times));
    assert!(place.claims(&without("nbf")).await.is_ok());
}

#[tokio::test]
async fn a_remembered_token_ends_with_its_time_and_with_the_keys() {
    let place = Place::new();
    let token = place.token(&claims());
    let signed = SignedToken::parse(&token).unwrap();
    assert_eq!(place.provider.kept(signed, now()), None);
    let caller = place.verify(&token).await.unwrap();
    assert_eq!(place.provider.kept(signed, now()), Some(caller));
    let end = UnixTime::new(NOW + 300 + LEEWAY_SECONDS).unwrap();
    assert_eq!(place.provider.kept(signed, end), None);
    // Half of it is not it.
    let half = token.replace(&token[token.len() - 4..], "AAAA");
    assert_eq!(place.provider.kept(SignedToken::parse(&half).unwrap(), now()), None);
}

#[tokio::test]
async fn no_signature_no_entry() {
    let place = Place::new();
    for algorithm in ["none", "None", "NONE", "nOnE", ""] {
        assert_eq!(place.header("alg", json!(algorithm)).await, refused(Check::Algorithm), "{algorithm}");
    }
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"key-1"}"#);
    let unsigned = format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims().to_string()));
    assert!(SignedToken::parse(&unsigned).is_none());
    assert_eq!(place.verify(&format!("{unsigned}AA")).await, refused(Check::Algorithm));
}

#[tokio::test]
async fn the_public_key_is_no_shared_secret() {
    let pair = Pair::rsa("key-1");
    let public = pair.public();
    let modulus = public["n"].as_str().unwrap().to_owned();
    let place = Place::with(pair, |_| {});
    let secrets = [
        modulus.clone().into_bytes(),
        URL_SAFE_NO_PAD.decode(&modulus).unwrap(),
        public.to_string().into_bytes(),
    ];
    for secret in secrets {
        for (word, algorithm) in
            [("HS256", jsonwebtoken::Algorithm::HS256), ("HS512", jsonwebtoken::Algorithm::HS512)]
        {
            let header = json!({"alg": word, "kid": "key-1", "typ": "JWT"}).to_string();
            let message = format!(
                "{}.{}",
                URL_SAFE_NO_PAD.encode(header),
                URL_SAFE_NO_PAD.encode(claims().to_string())
            );
            let secret = EncodingKey::from_secret(&secret);
            let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, algorithm).unwrap();
            assert_eq!(place.verify(&format!("{message}.{signature}")).await, refused(Check::Algorithm));
        }
    }
    // A secret among the published keys is none that counts.
    let secret = json!({"keys": [{"kty": "oct", "kid": "key-1", "alg": "HS256", "k": "AAAA"}]}).to_string();
    assert!(KeySet::parse(&secret).unwrap().is_empty());
}

#[tokio::test]
async fn a_key_of_one_kind_is_not_used_as_one_of_another() {
    let place = Place::with(Pair::ec("key-1"), |_| {});
    for algorithm in ["RS256", "EdDSA"] {
        assert_eq!(place.header("alg", json!(algorithm)).await, refused(Check::Key), "{algorithm}");
    }
    for algorithm in ["ES384", "PS256", "RS512", "es256", "ES256 "] {
        assert_eq!(place.header("alg", json!(algorithm)).await, refused(Check::Algorithm), "{algorithm}");
    }
}

#[tokio::test]
async fn an_algorithm_that_is_not_listed_is_refused_although_the_key_is_there() {
    let place = Place::with(Pair::ed("key-1"), |settings| settings.algorithms = vec![Algorithm::Rs256]);
    assert_eq!(place.claims(&claims()).await, refused(Check::Algorithm));
    let none = Settings { algorithms: Vec::new(), ..settings(place.server.url()) };
    assert!(matches!(Provider::start(none, ONCE), Err(ProviderFault::NoAlgorithm)));
}

#[tokio::test]
async fn another_ones_signature_and_a_changed_token_are_refused() {
    let place = Place::new();
    let forger = Pair::ed("key-1");
    let forged = forger.sign(&forger.header(), &claims().to_string());
    assert_eq!(place.verify(&forged).await, refused(Check::Signature));
    let good = place.token(&claims());
    let (header, rest) = good.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let more = URL_SAFE_NO_PAD.encode(with("roles", json!(["administrator"])).to_string());
    assert_eq!(place.verify(&format!("{header}.{more}.{signature}")).await, refused(Check::Signature));
    assert_eq!(place.verify(&format!("{good}A")).await, refused(Check::Signature));
    assert_eq!(place.verify(&good[..good.len() - 1]).await, refused(Check::Signature));
}

#[tokio::test]
async fn the_id_of_a_key_is_compared_and_nothing_is_opened_with_it() {
    let place = Place::new();
    for kid in [
        "../../../../etc/passwd",
        "/dev/null",
        "file:///dev/null",
        "https://attacker.example/key.json",
        "key-1\u{0}",
        "KEY-1",
        "' OR '1'='1",
        "",
    ] {
        assert_eq!(place.header("kid", json!(kid)).await, refused(Check::Key), "{kid}");
    }
    for kid in [json!(null), json!(1), json!(["key-1"]), json!({"key-1": 1}), json!("k".repeat(257))] {
        assert_eq!(place.header("kid", kid.clone()).await, refused(Check::Key), "{kid}");
    }
    let unnamed = place.pair.sign(r#"{"alg":"EdDSA"}"#, &claims().to_string());
    assert_eq!(place.verify(&unnamed).await, refused(Check::Key));
}

#[tokio::test]
async fn a_header_that_brings_its_own_key_brings_nothing() {
    let place = Place::new();
    let forger = Pair::ed("key-2");
    let attacker = Server::start(&key_set(&[&forger]));
    for kid in ["key-1", "key-2"] {
        let header = json!({"alg": "EdDSA", "kid": kid, "jku": attacker.url(), "x5u": attacker.url(),
                            "jwk": forger.public(), "x5c": ["MIIB"], "x5t": "AAAA"});
        let token = forger.sign(&header.to_string(), &claims().to_string());
        let expected = if kid == "key-1" { Check::Signature } else { Check::Key };
        assert_eq!(place.verify(&token).await, refused(expected));
    }
    // With our key they are passed over.
    assert!(place.header("jku", json!(attacker.url())).await.is_ok());
    assert_eq!(attacker.asked(), 0);
}

#[tokio::test]
async fn an_extension_that_has_to_be_understood_is_refused() {
    let place = Place::new();
    assert_eq!(place.header("crit", json!(["b64"])).await, refused(Check::Critical));
    assert_eq!(place.header("crit", json!([])).await, refused(Check::Critical));
    for typ in ["at+jwt", "application/at+jwt", "jwt"] {
        assert!(place.header("typ", json!(typ)).await.is_ok(), "{typ}");
    }
    for typ in [json!("logout+jwt"), json!("dpop+jwt"), json!("kb+jwt"), json!(1)] {
        assert_eq!(place.header("typ", typ.clone()).await, refused(Check::Type), "{typ}");
    }
}

#[tokio::test]
async fn what_is_no_json_or_too_deep_or_says_a_thing_twice_is_refused() {
    let place = Place::new();
    let kid = &place.pair.kid;
    for header in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"none","alg":"EdDSA","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","a":{}}}"#, "[".repeat(4_000)),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","a":{}{}}}"#, "[".repeat(6), "]".repeat(6)),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","a":"{}"}}"#, "x".repeat(7_000)),
        format!("\u{feff}{}", place.pair.header()),
    ] {
        let token = place.pair.sign(&header, &claims().to_string());
        if !token.starts_with('.') {
            let shown: String = header.chars().take(60).collect();
            assert_eq!(place.verify(&token).await, refused(Check::Header), "{shown}");
        }
    }
    let deep = format!("{{\"iss\":{}{}}}", "[".repeat(2_500), "]".repeat(2_500));
    for payload in ["{", "", "\u{ff}", deep.as_str()] {
        let token = place.pair.sign(&place.pair.header(), payload);
        if let Some(signed) = SignedToken::parse(&token) {
            let verified = place.provider.verify(signed, now()).await;
            assert_eq!(verified, refused(Check::Claims), "{}", payload.chars().take(20).collect::<String>());
        }
    }
    for payload in ["[]", "\"text\"", "1", "null"] {
        let token = place.pair.sign(&place.pair.header(), payload);
        assert_eq!(place.verify(&token).await, refused(Check::Issuer), "{payload}");
    }
}

#[tokio::test]
async fn an_account_without_a_name_is_nobody() {
    let place = Place::new();
    for sub in [json!(""), json!(null), json!(7), json!("s".repeat(256))] {
        assert_eq!(place.claims(&with("sub", sub.clone())).await, refused(Check::Subject), "{sub}");
    }
    assert_eq!(place.claims(&without("sub")).await, refused(Check::Subject));
}

#[tokio::test]
async fn only_the_roles_of_the_table_are_taken_from_a_token() {
    let place = Place::new();
    let roles = async |roles: Value| place.claims(&with("roles", roles)).await.unwrap().roles;
    assert_eq!(roles(json!(["approver", "auditor"])).await, Roles::new([Role::Approver, Role::Auditor]));
    assert_eq!(roles(json!("approver auditor")).await, Roles::new([Role::Approver, Role::Auditor]));
    for nothing in
        [json!(["Registrar", "admin", "*", 1, null]), json!(null), json!({"registrar": true}), json!([])]
    {
        let caller = place.claims(&with("roles", nothing.clone())).await.unwrap();
        assert!(caller.roles.is_empty(), "{nothing}");
        assert!(Permission::ALL.into_iter().all(|permission| caller.require(permission).is_err()));
    }
    assert!(place.claims(&without("roles")).await.unwrap().roles.is_empty());
}

#[tokio::test]
async fn a_provider_has_words_of_its_own_and_a_place_for_them() {
    let place = Place::with(Pair::ed("key-1"), |settings| {
        settings.role_claim = Claim("/realm_access/roles".to_owned());
        settings.role_words = vec![("sanad-officers".to_owned(), Role::Registrar)];
    });
    let claims = with("realm_access", json!({"roles": ["sanad-officers", "approver"]}));
    // Our own words count no more: the provider may mean something else by them.
    assert_eq!(place.claims(&claims).await.unwrap().roles, Roles::new([Role::Registrar]));
}

#[tokio::test]
async fn an_account_acts_in_the_areas_of_its_token_and_without_them_nowhere() {
    let place =
        Place::with(Pair::ed("key-1"), |settings| settings.areas_claim = Some(Claim("areas".to_owned())));
    let reach =
        async |areas: Value| place.claims(&with("areas", areas)).await.map(|caller| caller.reach.clone());
    let within = |areas: &[&str]| {
        let areas = areas.iter().map(|area| sanad_credential::Area::new(area).unwrap()).collect();
        Ok(Reach::Within(sanad_credential::Set::new(areas).unwrap()))
    };
    assert_eq!(reach(json!(["KE-30", "KE-01", "KE-30"])).await, within(&["KE-01", "KE-30"]));
    assert_eq!(reach(json!("KE-30 KE-01")).await, within(&["KE-01", "KE-30"]));
    assert_eq!(reach(json!(["KE-30", "everywhere", 7])).await, within(&["KE-30"]));
    let many: Vec<String> = (0..65).map(|number| format!("KE-{number:03}")).collect();
    for nowhere in [json!([]), json!(""), json!("*"), json!(null), json!(["ke-30"]), json!(many)] {
        assert_eq!(reach(nowhere.clone()).await, Err(Unverified::Refused(Check::Areas)), "{nowhere}");
    }
    assert_eq!(place.claims(&claims()).await, refused(Check::Areas));
}

#[tokio::test]
async fn a_key_that_was_rotated_in_is_fetched_and_one_that_was_taken_out_stops() {
    let (old, new) = (Pair::ed("key-1"), Pair::ed("key-2"));
    let server = Server::start(&key_set(&[&old]));
    let provider = Provider::start(settings(server.url()), EAGER).unwrap();
    let (before, after) =
        (old.sign(&old.header(), &claims().to_string()), new.sign(&new.header(), &claims().to_string()));
    assert!(verify(&provider, &before).await.is_ok());
    assert_eq!(verify(&provider, &after).await, refused(Check::Key));
    server.publish(&key_set(&[&new]));
    assert!(verify(&provider, &after).await.is_ok());
    // What was remembered of the old key does not count either.
    assert_eq!(provider.kept(SignedToken::parse(&before).unwrap(), now()), None);
    assert_eq!(verify(&provider, &before).await, refused(Check::Key));
}

#[tokio::test]
async fn made_up_keys_do_not_make_the_service_attack_its_provider() {
    let place = Place::new();
    assert!(place.claims(&claims()).await.is_ok());
    for number in 0..50 {
        assert_eq!(place.header("kid", json!(format!("made-up-{number}"))).await, refused(Check::Key));
    }
    assert_eq!(place.server.asked(), 1);
}

#[tokio::test]
async fn without_keys_nobody_gets_in_and_with_them_they_do() {
    let pair = Pair::ed("key-1");
    let server = Server::start("");
    let provider = Provider::start(settings(server.url()), EAGER).unwrap();
    let token = pair.sign(&pair.header(), &claims().to_string());
    for rubbish in ["", "{}", "{\"keys\":7}", "<html>", &format!("{{\"keys\":[{}]}}", "[".repeat(50_000))] {
        server.publish(rubbish);
        assert_eq!(verify(&provider, &token).await, Err(Unverified::NoKeys), "{:.20}", rubbish);
    }
    server.answer_with("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned());
    assert_eq!(verify(&provider, &token).await, Err(Unverified::NoKeys));
    server.publish(&key_set(&[&pair]));
    assert!(verify(&provider, &token).await.is_ok());
}

#[tokio::test]
async fn keys_that_cannot_be_read_again_count_for_their_time_and_no_longer() {
    let pair = Pair::ed("key-1");
    let server = Server::start(&key_set(&[&pair]));
    let pace = Pace { stale: Duration::from_millis(500), ..EAGER };
    // Before the first reading may begin: the time of the keys counts from a reading.
    let began = Instant::now();
    let provider = Provider::start(settings(server.url()), pace).unwrap();
    let token = pair.sign(&pair.header(), &claims().to_string());
    assert!(verify(&provider, &token).await.is_ok());
    server.answer_with("HTTP/1.1 503 Later\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned());
    while verify(&provider, &token).await.is_ok() {
        assert!(began.elapsed() < Duration::from_secs(30), "they count for ever");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(began.elapsed() >= pace.stale, "they count for less than their time");
    assert_eq!(verify(&provider, &token).await, Err(Unverified::NoKeys));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_long_answer_not_read() {
    let pair = Pair::ed("key-1");
    let (server, elsewhere) = (Server::start(""), Server::start(&key_set(&[&pair])));
    server.answer_with(format!(
        "HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        elsewhere.url()
    ));
    let provider = Provider::start(settings(server.url()), EAGER).unwrap();
    let token = pair.sign(&pair.header(), &claims().to_string());
    assert_eq!(verify(&provider, &token).await, Err(Unverified::NoKeys));
    assert_eq!(elsewhere.asked(), 0);
    let long = format!("{{\"pad\":\"{}\",\"keys\":[]}}", "x".repeat(200_000));
    server.publish(&long);
    assert_eq!(verify(&provider, &token).await, Err(Unverified::NoKeys));
}

#[tokio::test]
async fn keys_are_read_again_without_a_reason() {
    let pair = Pair::ed("key-1");
    let server = Server::start(&key_set(&[&pair]));
    let pace = Pace { every: Duration::from_millis(20), ..EAGER };
    let _provider = Provider::start(settings(server.url()), pace).unwrap();
    server.wait_for(4);
}

#[tokio::test]
async fn keys_in_a_file_are_followed_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jwks.json");
    let pair = Pair::ed("key-1");
    let provider =
        Provider::start(Settings { keys: KeysAt::File(path.clone()), ..settings(String::new()) }, EAGER)
            .unwrap();
    let token = pair.sign(&pair.header(), &claims().to_string());
    assert_eq!(verify(&provider, &token).await, Err(Unverified::NoKeys));
    std::fs::write(&path, key_set(&[&pair])).unwrap();
    assert!(verify(&provider, &token).await.is_ok());
}

#[test]
fn keys_come_over_https_or_from_this_machine() {
    for url in [
        "https://id.example/certs",
        "http://127.0.0.1:9/certs",
        "http://[::1]:9/certs",
        "http://localhost:9/",
    ] {
        assert!(Source::url(url, EAGER.timeout).is_some(), "{url}");
    }
    for url in [
        "http://id.example/certs",
        "http://10.0.0.1/",
        "http://127.0.0.1.attacker.example/",
        "file:///etc/passwd",
        "",
        "certs",
    ] {
        let settings = settings(url.to_owned());
        assert!(matches!(Provider::start(settings, ONCE), Err(ProviderFault::Address(_))), "{url}");
    }
}

#[test]
fn weak_keys_and_keys_for_other_uses_do_not_count() {
    let (ed, ec) = (Pair::ed("key-1").public(), Pair::ec("key-2").public());
    let count = |key: &Value| KeySet::parse(&json!({ "keys": [key] }).to_string()).unwrap().len();
    assert_eq!((count(&ed), count(&ec)), (1, 1));
    let changed = |key: &Value, name: &str, value: Value| {
        let mut key = key.clone();
        key[name] = value;
        key
    };
    for key in [
        changed(&ed, "use", json!("enc")),
        changed(&ed, "alg", json!("ES256")),
        changed(&ed, "crv", json!("X25519")),
        changed(&ed, "kty", json!("EC")),
        changed(&ed, "kid", json!(null)),
        changed(&ed, "x", json!("AAAA")),
        changed(&ec, "crv", json!("P-384")),
        changed(&ec, "x", json!("AAAA")),
        changed(&ec, "y", json!("!")),
        json!({"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "a", "n": URL_SAFE_NO_PAD.encode([0xff; 128]), "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "a", "n": URL_SAFE_NO_PAD.encode([0xff; 1_024]), "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "a", "n": URL_SAFE_NO_PAD.encode([0xff; 256]), "e": "AQ"}),
        json!({"kty": "RSA", "kid": "a", "n": URL_SAFE_NO_PAD.encode([0xff; 256]), "e": "Ag"}),
        json!({"kty": "RSA", "kid": "a", "n": URL_SAFE_NO_PAD.encode([0xff; 256]), "e": "AAAAAAAB"}),
        json!("key"),
    ] {
        assert_eq!(count(&key), 0, "{key}");
    }
    let twice = json!({ "keys": [ed, ed] }).to_string();
    assert!(matches!(KeySet::parse(&twice), Err(KeySetFault::Twice { entry: 1 })));
    let many = json!({ "keys": vec![ec; 65] }).to_string();
    assert!(matches!(KeySet::parse(&many), Err(KeySetFault::Form(_))));
}

#[test]
fn the_actor_of_an_account_is_an_id_of_the_log() {
    assert!(Actor::new("oidc:0011223344556677").is_ok());
}
