//! The seeds of the fuzz targets, and what the fuzzers once failed on (`found-` in its name), read by the same
//! decoders in every run of the tests. The fuzzers themselves need a nightly compiler and hours.

use crate::rubbish::{decode_bytes, decode_text};
use sanad_credential::{
    Challenge, Claims, HolderRequest, Presentation, QrText, Sealed, SigningKey, UnixTime,
};
use sanad_issuer::oidc::{KeySet, named_key};
use sanad_issuer::scheme::Scheme;
use sanad_issuer::service::bearer::Bearer;
use sanad_issuer::service::config::ServiceConfig;
use sanad_issuer::transfer::ExportReader;
use sanad_keyfile::passphrase::{Passphrase, Purpose};
use sanad_openvc::{
    Controllers, DidDocument, KeyBinding, Profile, STATUS_LIST, Times, VerificationMethod, Verifying,
    VerifyingPresentation, VerifyingSdJwt, parse_object, verify_credential, verify_presentation,
    verify_sd_jwt,
};
use sanad_tests::generate::verifying_key;
use sanad_trust::{Agreement, Facilities, Grant, HostRules, IssuerRecord, Rulebook, TargetPath};
use sanad_verifier::case::Case;
use sanad_wallet::asked::Link;
use sanad_wallet::offer::{Offer, OfferLink};
use sanad_wallet::{backup, sheet};
use std::fs;
use std::path::Path;

#[test]
fn every_seed_gets_an_answer() {
    let mut seeds = 0;
    for target in fs::read_dir(directory()).unwrap() {
        for seed in fs::read_dir(target.unwrap().path()).unwrap() {
            let bytes = fs::read(seed.unwrap().path()).unwrap();
            decode_bytes(&bytes);
            decode_text(&String::from_utf8_lossy(&bytes));
            seeds += 1;
        }
    }
    assert!(seeds >= 50, "{seeds} seeds");
}

/// A seed that the format has outgrown teaches the fuzzer nothing: `cargo run -p sanad-tests --bin fuzz-seeds`.
#[test]
fn every_seed_is_a_valid_document() {
    let key = verifying_key();
    for (name, bytes) in seeds("envelope") {
        let sealed = Sealed::parse(&bytes).unwrap();
        assert!(sealed.open_entitlement(&key).is_ok() || sealed.open_receipt(&key).is_ok(), "{name}");
    }
    for (name, bytes) in seeds("qr_text") {
        let document = QrText::decode(&String::from_utf8(bytes).unwrap()).unwrap();
        assert!(Sealed::parse(&document).unwrap().open_entitlement(&key).is_ok(), "{name}");
    }
    for (name, bytes) in seeds("presentation") {
        let text = String::from_utf8_lossy(&bytes);
        let reads = match name.as_str() {
            "challenge" => Challenge::parse(&text).is_ok(),
            "holder-request" => HolderRequest::parse(&text).is_ok(),
            _ => Presentation::parse(&bytes).is_ok_and(|token| {
                let claims = token.credential().open_entitlement(&key);
                claims.is_ok_and(|claims| token.open(&claims).is_ok())
            }),
        };
        assert!(reads, "{name}");
    }
    for (name, bytes) in seeds("wallet_backup") {
        let passphrase = Passphrase::parse("millet and rain", Purpose::Open).unwrap();
        let text = String::from_utf8_lossy(&bytes[1..]);
        let reads = match name.as_str() {
            "file" => backup::read(&bytes[1..], &passphrase).is_ok(),
            "content" => backup::read_content(&text).is_ok(),
            _ => sheet::join(text.lines()).is_ok(),
        };
        assert!(reads, "{name}");
    }
    for (name, bytes) in seeds("offer_link") {
        let text = std::str::from_utf8(&bytes).unwrap();
        let reads = match text.strip_prefix('\0') {
            Some(offer) => Offer::parse(offer).is_ok(),
            None => OfferLink::parse(text).is_ok(),
        };
        assert!(reads, "{name}");
    }
    for (name, bytes) in seeds("presentation_request") {
        let (_, link) = seeds("presentation_request").find(|(name, _)| name == "link").unwrap();
        let asked = Link::parse(std::str::from_utf8(&link).unwrap()).unwrap();
        let now = UnixTime::new(1_800_000_000).unwrap();
        let reads = match bytes.as_slice() {
            [0, claims @ ..] => asked.read(&serde_json::from_slice(claims).unwrap(), now).is_ok(),
            // Nobody has the key of this client.
            [1, token @ ..] => asked.open(std::str::from_utf8(token).unwrap(), now).is_err(),
            link => Link::parse(std::str::from_utf8(link).unwrap()).is_ok(),
        };
        assert!(reads, "{name}");
    }
    for (name, bytes) in seeds("status_token") {
        assert!(Sealed::parse(&bytes).unwrap().open_status_list(&key).is_ok(), "{name}");
    }
    for (name, bytes) in seeds("claims_json").filter(|(name, _)| !name.starts_with("receipt")) {
        assert!(Claims::from_json_text(&String::from_utf8(bytes).unwrap()).is_ok(), "{name}");
    }
    for (name, bytes) in seeds("scheme") {
        assert!(Scheme::parse(&String::from_utf8(bytes).unwrap()).is_ok(), "{name}");
    }
    for (name, bytes) in seeds("case") {
        let case =
            Case::parse(&String::from_utf8(bytes).unwrap()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert!(case.question().decide().is_ok(), "{name}");
    }
    for (name, bytes) in seeds("bearer") {
        let read = match bytes.as_slice() {
            [0, keys @ ..] => KeySet::parse(std::str::from_utf8(keys).unwrap()).unwrap().len() == 3,
            value => match Bearer::of_value(value).unwrap() {
                Bearer::Token(token) => value.ends_with(token.expose().as_bytes()),
                Bearer::Signed(signed) => named_key(signed).is_ok(),
            },
        };
        assert!(read, "{name}");
    }
    for (name, bytes) in seeds("service_config") {
        let text = String::from_utf8(bytes).unwrap();
        let (variable, text) = text.split_once('\n').unwrap();
        let (key, value) = variable.split_once('=').unwrap();
        let read = ServiceConfig::parse(text, Path::new(""), [(key.into(), value.into())]);
        assert!(read.is_ok(), "{name}: {read:?}");
    }
    for (name, bytes) in seeds("store_export") {
        let mut reader = ExportReader::new(Box::new(bytes.as_slice()), Path::new(&name)).unwrap();
        while reader.next_row().unwrap_or_else(|fault| panic!("{fault}")).is_some() {}
        assert!(reader.trailer().is_some(), "{name}");
    }
    let mut controllers = Controllers::new(Profile::LoopbackTest);
    let sha = sanad_openvc::PublicKey::Ed25519(SigningKey::from_secret(&[0x5A; 32]).public_key());
    let https = "https://sha.example";
    let method = VerificationMethod { id: format!("{https}#k1"), controller: https.into(), key: sha };
    controllers.add(DidDocument::of_methods(https, vec![method]));
    let now = UnixTime::parse("2026-11-27T12:00:00Z").unwrap();
    let (times, key_binding) = (Times::LeaveToDecision, KeyBinding::None);
    let credentials = Verifying { controllers: &controllers, now, times };
    for (name, bytes) in seeds("open_credential").chain(seeds("open_status_list")) {
        let document = parse_object(&bytes, STATUS_LIST).unwrap();
        assert!(verify_credential(&document, &credentials).is_ok(), "{name}");
    }
    for (name, bytes) in seeds("open_presentation") {
        let verifying = VerifyingPresentation { credentials, challenge: Some("challenge"), domain: None };
        let verified = verify_presentation(&parse_object(&bytes, STATUS_LIST).unwrap(), &verifying);
        assert_eq!(verified.unwrap().credentials.len(), 1, "{name}");
    }
    for (name, bytes) in seeds("open_sd_jwt").filter(|(name, _)| !name.ends_with("-bound")) {
        let verifying = VerifyingSdJwt { controllers: &controllers, now, times, key_binding };
        assert!(verify_sd_jwt(&String::from_utf8(bytes).unwrap(), &verifying).is_ok(), "{name}");
    }
    for (name, bytes) in seeds("open_did_document") {
        assert!(DidDocument::parse(&bytes, "did:web:sha.example").is_ok(), "{name}");
    }
    for (name, bytes) in seeds("target") {
        // The first byte tells the fuzz target the kind; the name tells it here.
        let text = String::from_utf8(bytes).unwrap().split_off(1);
        let valid = match name.as_str() {
            "grant" => Grant::parse(&text).is_ok(),
            "agreement" | "agreement-open" => Agreement::parse(&text).is_ok(),
            "issuer" => IssuerRecord::parse(&text).is_ok(),
            "rulebook" => Rulebook::parse(&text).is_ok(),
            "facilities" => Facilities::parse(&text).is_ok(),
            "host-rules" => HostRules::parse(&text).is_ok(),
            "path" => TargetPath::parse(&text).is_some(),
            other => panic!("{other} is no kind of target file"),
        };
        assert!(valid, "{name}");
    }
}

fn seeds(target: &str) -> impl Iterator<Item = (String, Vec<u8>)> {
    let files = fs::read_dir(Path::new(directory()).join(target)).unwrap().map(Result::unwrap);
    let named = files.map(|file| (file.file_name().into_string().unwrap(), file.path()));
    let seeds = named.filter(|(name, _)| !name.starts_with("found-"));
    seeds.map(|(name, path)| (name, fs::read(path).unwrap()))
}

fn directory() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds")
}
