//! The format against its vectors: our own and the official ones that apply.
//!
//! Every directory under a suite of `tests/vectors` is one case with one expected outcome; a new case needs no code.
//! `tests/vectors/README.md` describes the files for other implementations. All people are invented.

mod cbor;
mod fault_name;
mod files;
mod make_claims_attacks;
mod make_claims_json;
mod make_entitlements;
mod make_envelope_attacks;
mod make_presentations;
mod make_qr_texts;
mod make_receipts;
mod make_right_attacks;
mod make_status_lists;
mod maker;
mod official;
mod people;
mod signatures;

use std::fs;
use std::panic::{self, AssertUnwindSafe};

use sanad_credential::{
    CLAIMS_LIMITS, Claims, Fault, Json, Presentation, PublicKey, QrText, Receipt, Sealed, SigningKey,
    StatusIndex, StatusListToken, VerifyingKey, seal_entitlement, seal_presentation, seal_receipt,
    seal_status_list,
};
use serde_json::Value;

use fault_name::describe;
use files::{Case, cases, from_hex, hex_file, json, text, to_hex};

/// What an implementation did with a document, in the words of `case.json`.
#[derive(Debug, PartialEq)]
enum Outcome {
    Accept,
    Refuse { step: &'static str, fault: String },
}

#[test]
fn entitlements_are_accepted_or_refused_as_their_vectors_say() {
    each("entitlement", check_document);
}

#[test]
fn status_lists_are_accepted_or_refused_as_their_vectors_say() {
    each("status-list", check_document);
}

#[test]
fn receipts_are_accepted_or_refused_as_their_vectors_say() {
    each("receipt", check_document);
}

#[test]
fn presentations_are_accepted_or_refused_as_their_vectors_say() {
    each("presentation", check_presentation);
}

#[test]
fn qr_texts_are_accepted_or_refused_as_their_vectors_say() {
    each("qr-text", |case| {
        case.has_only(&["rule", "text", "expect"], &[]);
        let found = QrText::decode(case.text("text"));
        match (expected(case), found) {
            (Expected::Accept(facts), Ok(bytes)) => {
                assert_eq!(facts["bytes"], to_hex(&bytes), "{}", case.name);
                let again = QrText::from_document(&bytes).unwrap();
                assert_eq!(again.as_str(), case.text("text").trim(), "{}: one document, one text", case.name);
            }
            (Expected::Refuse(facts), Err(fault)) => {
                assert_eq!(describe(&fault), fault_of(facts), "{}", case.name);
            }
            (_, found) => panic!("{}: {found:?}", case.name),
        }
    });
}

#[test]
fn claims_in_json_are_accepted_or_refused_as_their_vectors_say() {
    each("claims-json", |case| {
        case.has_only(&["rule", "expect"], &["claims.json"]);
        let found = Claims::from_json_text(&text(&case.file("claims.json")));
        match (expected(case), found) {
            (Expected::Accept(facts), Ok(claims)) => {
                assert_eq!(facts["payload"], to_hex(&claims.to_cbor()), "{}", case.name);
            }
            (Expected::Refuse(facts), Err(fault)) => {
                assert_eq!(describe(&fault), fault_of(facts), "{}", case.name);
            }
            (_, found) => panic!("{}: {found:?}", case.name),
        }
    });
}

#[test]
fn the_published_keys_follow_from_their_names() {
    let keys = json(&files::vectors().join("keys.json"));
    for (name, key) in keys["keys"].as_object().unwrap() {
        let signing = SigningKey::from_secret(&from_hex(key["seed"].as_str().unwrap()).try_into().unwrap());
        assert_eq!(key["x"], signing.public_key().to_string(), "{name}");
        assert_eq!(key["kid"], signing.public_key().id().to_string(), "{name}");
    }
    for (name, key) in keys["weak"].as_object().unwrap() {
        let public = PublicKey::from_hex(key["x"].as_str().unwrap()).unwrap();
        assert_eq!(key["kid"], public.id().to_string(), "{name}");
        assert_eq!(
            VerifyingKey::new(&public).unwrap_err().what(),
            &sanad_credential::What::WeakKey,
            "{name}"
        );
    }
}

/// The committed vectors are what [`maker`] makes. `SANAD_REGENERATE=1` writes them instead.
#[test]
fn committed_vectors_are_the_made_ones() {
    let regenerate = std::env::var("SANAD_REGENERATE").is_ok_and(|value| value == "1");
    for (path, content) in maker::all() {
        let file = files::vectors().join(&path);
        if regenerate {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &content).unwrap();
        }
        let found = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(found == content, "{path} differs from the one that is made");
    }
}

/// Another implementation maps its errors by this table.
#[test]
fn the_readme_names_every_fault_that_is_expected() {
    let readme = fs::read_to_string(files::vectors().join("README.md")).unwrap();
    for suite in ["entitlement", "receipt", "status-list", "presentation", "qr-text", "claims-json"] {
        for case in cases(suite) {
            let Expected::Refuse(facts) = expected(&case) else { continue };
            let fault = facts["fault"].as_str().unwrap();
            let (kind, detail) = fault.split_once('/').unwrap_or((fault, ""));
            let named = match kind {
                "form" | "length" => {
                    readme.contains(&format!("`{kind}/")) && readme.contains(&format!("/{detail}`"))
                }
                "unknown" | "repeated" => readme.contains(&format!("`{kind}/KEY`")),
                _ if detail.is_empty() => readme.contains(&format!("`{kind}`")),
                _ => readme.contains(&format!("`{kind}/N`")),
            };
            assert!(named, "{}: README.md lacks {fault}", case.name);
        }
    }
}

/// Runs every case of a suite, also behind one that fails, and then names those that failed.
fn each(suite: &str, check: impl Fn(&Case)) {
    let failed: Vec<String> = cases(suite)
        .into_iter()
        .filter(|case| panic::catch_unwind(AssertUnwindSafe(|| check(case))).is_err())
        .map(|case| case.name)
        .collect();
    assert!(failed.is_empty(), "{} cases of {suite} failed: {failed:#?}", failed.len());
}

/// `case.json` says exactly one thing.
enum Expected<'c> {
    Accept(&'c Value),
    Refuse(&'c Value),
}

fn expected(case: &Case) -> Expected<'_> {
    let expect = case.facts["expect"].as_object().unwrap_or_else(|| panic!("{}: no expectation", case.name));
    let outcomes: Vec<(&str, &Value)> = expect.iter().map(|(name, facts)| (name.as_str(), facts)).collect();
    assert!(case.facts["rule"].is_string(), "{}: no rule", case.name);
    match outcomes.as_slice() {
        [("accept", facts)] => Expected::Accept(facts),
        [("refuse", facts)] => Expected::Refuse(facts),
        _ => panic!("{}: not exactly one known outcome: {outcomes:?}", case.name),
    }
}

fn fault_of(facts: &Value) -> String {
    let member = |name: &str| facts[name].as_str().unwrap_or_else(|| panic!("no {name} in {facts}"));
    format!("{} at \"{}\"", member("fault"), member("place"))
}

/// A presentation is opened in two steps: the credential inside under the issuer's key, then the token under the holder's.
fn check_presentation(case: &Case) {
    const MEMBERS: [&str; 4] = ["rule", "open", "key", "expect"];
    let document = hex_file(&case.file("document.hex"));
    let key = Key::named(case.text("key"));
    assert_eq!(case.text("open"), "presentation", "{}", case.name);
    let refuse = |step| move |fault: Fault| Outcome::Refuse { step, fault: describe(&fault) };
    let opened = || {
        let presentation = Presentation::parse(&document).map_err(refuse("envelope"))?;
        let claims = presentation.credential().open_entitlement(&key.verifying()).map_err(refuse("open"))?;
        presentation.open(&claims).map_err(refuse("token"))
    };
    match (expected(case), opened()) {
        (Expected::Accept(_), Ok(binding)) => {
            case.has_only(&MEMBERS, &["document.hex", "qr.txt", "binding.json"]);
            let mut found = serde_json::json!({"aud": binding.aud.as_str(), "iat": binding.iat.to_string()});
            if let Some(nonce) = &binding.cnonce {
                found["cnonce"] = nonce.to_string().into();
            }
            assert_eq!(found, json(&case.file("binding.json")), "{}", case.name);
            let credential = Presentation::parse(&document).unwrap().credential().as_bytes();
            let holder = Key::named("phone of a holder");
            assert_eq!(seal_presentation(credential, &binding, holder.signing()).unwrap(), document);
            let text = text(&case.file("qr.txt"));
            assert_eq!(QrText::decode(&text).unwrap(), document, "{}: the QR text", case.name);
        }
        (Expected::Refuse(facts), Err(outcome)) => {
            case.has_only(&MEMBERS, &["document.hex"]);
            let step =
                ["envelope", "open", "token"].into_iter().find(|step| facts["step"] == **step).unwrap();
            assert_eq!(outcome, Outcome::Refuse { step, fault: fault_of(facts) }, "{}", case.name);
        }
        (_, found) => panic!("{}: {found:?}", case.name),
    }
}

/// Opens the document of a case as the case says, and compares everything it says.
fn check_document(case: &Case) {
    const MEMBERS: [&str; 4] = ["rule", "open", "key", "expect"];
    let document = hex_file(&case.file("document.hex"));
    let key = Key::named(case.text("key"));
    let found = open(&document, case.text("open"), &key);
    match expected(case) {
        Expected::Accept(facts) => {
            assert_eq!(*facts, serde_json::json!({}), "{}: accept says nothing more", case.name);
            assert_eq!(found, Outcome::Accept, "{}", case.name);
            match case.text("open") {
                "entitlement" => {
                    case.has_only(&MEMBERS, &["document.hex", "qr.txt", "claims.json"]);
                    check_entitlement(case, &document, &key);
                }
                "receipt" => {
                    case.has_only(&MEMBERS, &["document.hex", "receipt.json"]);
                    check_receipt(case, &document, &key);
                }
                _ => {
                    case.has_only(&MEMBERS, &["document.hex", "list.json"]);
                    check_status_list(case, &document, &key);
                }
            }
            refused_with_another_signature(case, &document, &key);
        }
        Expected::Refuse(facts) => {
            case.has_only(&MEMBERS, &["document.hex"]);
            let step = match facts["step"].as_str() {
                Some("envelope") => "envelope",
                Some("key") => "key",
                Some("open") => "open",
                other => panic!("{}: unknown step {other:?}", case.name),
            };
            assert_eq!(found, Outcome::Refuse { step, fault: fault_of(facts) }, "{}", case.name);
            let before_claims = ["wrong_typ", "other_key", "signature"];
            if step == "open" && !before_claims.contains(&facts["fault"].as_str().unwrap()) {
                refused_with_another_signature(case, &document, &key);
            }
        }
    }
}

/// No claim is judged before the signature: with another one the answer is always the same.
fn refused_with_another_signature(case: &Case, document: &[u8], key: &Key) {
    let mut other = document.to_vec();
    *other.last_mut().unwrap() ^= 0x01;
    let expected = Outcome::Refuse { step: "open", fault: "signature at \"\"".into() };
    assert_eq!(open(&other, case.text("open"), key), expected, "{} with another signature", case.name);
}

/// A key of `keys.json`.
struct Key {
    public: PublicKey,
    signing: Option<SigningKey>,
}

impl Key {
    fn named(name: &str) -> Self {
        let keys = json(&files::vectors().join("keys.json"));
        let key = [&keys["keys"][name], &keys["weak"][name]].into_iter().find(|key| key.is_object());
        let key = key.unwrap_or_else(|| panic!("no key {name:?}"));
        let public = PublicKey::from_hex(key["x"].as_str().unwrap()).unwrap();
        let seed = key["seed"].as_str().map(|seed| from_hex(seed).try_into().unwrap());
        Self { public, signing: seed.map(|seed| SigningKey::from_secret(&seed)) }
    }

    fn verifying(&self) -> VerifyingKey {
        VerifyingKey::new(&self.public).unwrap()
    }

    fn signing(&self) -> &SigningKey {
        self.signing.as_ref().expect("accepted documents have a key that signs")
    }
}

fn open(document: &[u8], wanted: &str, key: &Key) -> Outcome {
    let refuse = |step| move |fault: Fault| Outcome::Refuse { step, fault: describe(&fault) };
    let opened = || {
        let sealed = Sealed::parse(document).map_err(refuse("envelope"))?;
        let key = VerifyingKey::new(&key.public).map_err(refuse("key"))?;
        let opened = match wanted {
            "entitlement" => sealed.open_entitlement(&key).map(|_| ()),
            "receipt" => sealed.open_receipt(&key).map(|_| ()),
            "status_list" => sealed.open_status_list(&key).map(|_| ()),
            other => panic!("nothing opens as {other:?}"),
        };
        opened.map_err(refuse("open"))
    };
    opened().err().unwrap_or(Outcome::Accept)
}

/// Bytes to JSON to bytes is the identity, and the seed makes the same document again.
fn check_entitlement(case: &Case, document: &[u8], key: &Key) {
    let name = &case.name;
    let sealed = Sealed::parse(document).unwrap();
    assert_eq!(sealed.kid(), key.public.id(), "{name}");
    assert_eq!(sealed.as_bytes(), document, "{name}");
    let claims = sealed.open_entitlement(&key.verifying()).unwrap();
    let expected = text(&case.file("claims.json"));
    assert_eq!(value(&claims.to_json()), serde_json::from_str::<Value>(&expected).unwrap(), "{name}");
    let from_json = Claims::from_json_text(&expected).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    assert_eq!(from_json, claims, "{name}: from JSON");
    let own_json = claims.to_json().to_string();
    assert_eq!(Claims::from_json_text(&own_json).unwrap(), claims, "{name}: through our own JSON");
    assert_eq!(seal_entitlement(&from_json, key.signing()).unwrap(), document, "{name}: sealed again");
    let text = text(&case.file("qr.txt"));
    assert_eq!(QrText::from_document(document).unwrap().as_str(), text.trim_end_matches('\n'), "{name}");
    assert_eq!(QrText::decode(&text).unwrap(), document, "{name}: the QR text");
    assert_eq!(sealed.unverified_entitlement().unwrap().look(), &claims, "{name}: unverified");
    let origin = sealed.unverified_origin().unwrap();
    assert_eq!((&origin.look().iss, origin.look().iat), (&claims.iss, claims.iat), "{name}: origin");
    assert_eq!(origin.look().delegation, claims.common.delegation, "{name}: origin");
}

fn check_receipt(case: &Case, document: &[u8], key: &Key) {
    let name = &case.name;
    let receipt = Sealed::parse(document).unwrap().open_receipt(&key.verifying()).unwrap();
    let expected = text(&case.file("receipt.json"));
    assert_eq!(value(&receipt.to_json()), serde_json::from_str::<Value>(&expected).unwrap(), "{name}");
    let from_json = Receipt::from_json(&Json::parse(&expected, CLAIMS_LIMITS).unwrap()).unwrap();
    assert_eq!(from_json, receipt, "{name}: from JSON");
    assert_eq!(seal_receipt(&from_json, key.signing()).unwrap(), document, "{name}: sealed again");
}

/// Another encoder may compress otherwise, so a list is compared by its entries and sealed again for its meaning.
fn check_status_list(case: &Case, document: &[u8], key: &Key) {
    let name = &case.name;
    let token = Sealed::parse(document).unwrap().open_status_list(&key.verifying()).unwrap();
    let expected = json(&case.file("list.json"));
    assert_eq!(list_value(&token), expected, "{name}");
    let again = seal_status_list(&token, key.signing()).unwrap();
    let again = Sealed::parse(&again).unwrap().open_status_list(&key.verifying()).unwrap();
    assert_eq!(again, token, "{name}: sealed again");
}

fn list_value(token: &StatusListToken) -> Value {
    let entries: serde_json::Map<String, Value> = (0..=StatusIndex::MAX.value())
        .map(|index| (index, token.list.status(StatusIndex::new(index).unwrap())))
        .filter(|(_, status)| status.code() != 0)
        .map(|(index, status)| (index.to_string(), status.word().into()))
        .collect();
    serde_json::json!({
        "sub": token.sub.as_str(), "iat": token.iat.to_string(), "exp": token.exp.to_string(),
        "ttl": token.ttl.value(), "entries": entries,
    })
}

fn value(json: &Json<'_>) -> Value {
    serde_json::from_str(&json.to_string()).unwrap()
}
