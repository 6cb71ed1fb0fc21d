//! The open forms lose nothing: arbitrary claims through a W3C credential with each suite, and through an SD-JWT VC.

use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert_eq, proptest};
use sanad_credential::{Claims, HolderKey, SigningKey, UnixTime};
use sanad_openvc::{
    Controllers, DOCUMENT, DidDocument, Profile, ProofOptions, PublicKey, Purpose, SCHEMA, Suite, Times,
    VerificationMethod, Verifying, from_credential, from_sd_jwt, issue, parse_object, to_credential,
    to_sd_jwt, verify_credential,
};
use sanad_tests::generate::{claims, signing_key};
use serde_json::Value;

const ISSUER: &str = "did:web:sha.example";
const METHOD: &str = "did:web:sha.example#k";

/// Claims whose holder's key is a point: what stands in a credential as did:key must be one.
fn open_claims() -> impl Strategy<Value = Claims> {
    (claims(), any::<[u8; 32]>()).prop_map(|(claims, secret)| {
        let mut draft = claims.into_draft();
        let key = SigningKey::from_secret(&secret).public_key();
        draft.holder_key = draft.holder_key.map(|_| HolderKey(key));
        draft.check().unwrap()
    })
}

fn controllers() -> Controllers {
    let mut controllers = Controllers::new(Profile::Production);
    let key = PublicKey::Ed25519(signing_key().public_key());
    let method = VerificationMethod { id: METHOD.into(), controller: ISSUER.into(), key };
    controllers.add(DidDocument::of_methods(ISSUER, vec![method]));
    controllers
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_credential_and_an_sd_jwt_say_what_the_claims_say(claims in open_claims()) {
        let credential = to_credential(&claims, ISSUER);
        let text = Value::Object(credential).to_string();
        let read = parse_object(text.as_bytes(), DOCUMENT).unwrap();
        prop_assert_eq!(&from_credential(&read).unwrap(), &claims);

        let open = to_sd_jwt(&claims, "https://sha.example");
        let mut payload = open.clear.clone();
        payload.extend(open.disclosable);
        prop_assert_eq!(&from_sd_jwt(&payload).unwrap(), &claims);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn every_entitlement_can_be_signed_and_verified_in_each_suite(claims in open_claims()) {
        let credential = to_credential(&claims, ISSUER);
        for suite in [Suite::Rdfc, Suite::Jcs] {
            let options = ProofOptions {
                suite,
                verification_method: METHOD,
                purpose: Purpose::AssertionMethod,
                created: None,
                challenge: None,
                domain: None,
                id: None,
                previous: &[],
            };
            let signed = issue(&credential, &options, Profile::Production, &signing_key()).unwrap();
            let controllers = controllers();
            let now = UnixTime::parse("2026-11-27T00:00:00Z").unwrap();
            let verifying = Verifying { controllers: &controllers, now, times: Times::LeaveToDecision };
            let verified = verify_credential(&signed, &verifying).unwrap();
            prop_assert_eq!(&from_credential(verified.document()).unwrap(), &claims);
        }
    }
}

/// The schema is compared with a foreign validator elsewhere; here only that it is a schema of these documents' names.
#[test]
fn the_schema_names_every_member_that_a_credential_may_have() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["properties"]["credentialSubject"]["oneOf"].as_array().unwrap().len(), 6);
}
