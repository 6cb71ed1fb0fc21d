//! Signed request objects of OpenID for Verifiable Presentations 1.0 (sections 5 and 5.9.3; RFC 9101) whose client id is a
//! did:key: that what a wallet is asked comes from the key that the link named.
//!
//! Such a key says that request and answer belong together, and nothing about who holds it: whom the holder answers is for
//! the wallet to show. Refuses another type or algorithm, other prefixes of client ids, a `kid` that is not the one key of the
//! client id, a client id inside that differs, and whatever [`crate::jwt`] refuses in a header.

use serde_json::{Map, Value};

use crate::did::{DidDocument, sole_method};
use crate::document::text_member;
use crate::fault::{Fault, Problem};
use crate::jwt::Jwt;
use crate::keys::Algorithm;

/// Type of a request object (RFC 9101 section 10.8).
pub const REQUEST_OBJECT_TYP: &str = "oauth-authz-req+jwt";

/// What stands before the DID of a client (OpenID4VP 1.0 section 5.9.3).
pub const CLIENT_ID_PREFIX: &str = "decentralized_identifier:";

/// Opens a request object with the key that its client id names; its claims. `client_id` is that of the link.
///
/// # Errors
/// The first fault at its place.
pub fn open_request_object(token: &str, client_id: &str) -> Result<Map<String, Value>, Fault> {
    let unsupported =
        || Fault::unknown(Problem::Unsupported, "kind of client id", client_id).within("client_id");
    let did = client_id.strip_prefix(CLIENT_ID_PREFIX).ok_or_else(unsupported)?;
    let wanted = Some(did).filter(|did| did.starts_with("did:key:")).and_then(sole_method);
    let wanted = wanted.ok_or_else(unsupported)?;
    let document = DidDocument::of_key_did(did).map_err(|fault| fault.within("client_id"))?;
    let [method] = document.methods() else { return Err(unsupported()) };
    if method.key.algorithm() != Algorithm::EdDsa {
        return Err(Fault::wanted("an Ed25519 key").with_problem(Problem::Unsupported).within("client_id"));
    }
    let jwt = Jwt::parse(token, &[REQUEST_OBJECT_TYP])?;
    if jwt.kid()? != wanted {
        let differs = Fault::differs(Problem::Cryptographic, "the key of the client id and \"kid\"");
        return Err(differs.within("kid").within("header"));
    }
    let claims = jwt.verify(&method.key)?;
    if text_member(&claims, "client_id")? != client_id {
        let differs = Fault::differs(Problem::Cryptographic, "the client id of the link and of the request");
        return Err(differs.within("client_id"));
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use sanad_credential::SigningKey;
    use serde_json::json;

    use super::*;
    use crate::{PublicKey, did_key, sign_jwt};

    fn key() -> SigningKey {
        SigningKey::from_secret(&[0x51; 32])
    }

    fn client(key: &SigningKey) -> String {
        format!("{CLIENT_ID_PREFIX}{}", did_key(&PublicKey::Ed25519(key.public_key())))
    }

    fn method(client: &str) -> String {
        sole_method(client.strip_prefix(CLIENT_ID_PREFIX).unwrap()).unwrap()
    }

    fn token(typ: &str, kid: Option<&str>, claims: &Value, key: &SigningKey) -> String {
        sign_jwt(typ, kid, claims.as_object().unwrap(), key).unwrap()
    }

    #[test]
    fn what_the_key_of_the_client_id_signed_opens() {
        let client = client(&key());
        let claims = json!({"client_id": client, "nonce": "n"});
        let signed = token(REQUEST_OBJECT_TYP, Some(&method(&client)), &claims, &key());
        assert_eq!(Value::Object(open_request_object(&signed, &client).unwrap()), claims);
    }

    #[test]
    fn another_key_type_client_or_kid_is_refused_at_its_place() {
        let (own, foreign) = (client(&key()), client(&SigningKey::from_secret(&[0x52; 32])));
        let (claims, kid) = (json!({"client_id": own}), method(&own));
        let place =
            |token: &str, client: &str| open_request_object(token, client).unwrap_err().place().to_owned();
        let signed = |typ: &str, kid: Option<&str>, claims: &Value| token(typ, kid, claims, &key());
        // Signed by somebody else under this client's name.
        let forged = token(REQUEST_OBJECT_TYP, Some(&kid), &claims, &SigningKey::from_secret(&[0x52; 32]));
        assert_eq!(place(&forged, &own), "");
        let good = signed(REQUEST_OBJECT_TYP, Some(&kid), &claims);
        assert_eq!(place(&good, &foreign), "header.kid");
        assert_eq!(place(&signed("JWT", Some(&kid), &claims), &own), "header.typ");
        assert_eq!(place(&signed("kb+jwt", Some(&kid), &claims), &own), "header.typ");
        assert_eq!(place(&signed(REQUEST_OBJECT_TYP, None, &claims), &own), "header.kid");
        assert_eq!(place(&signed(REQUEST_OBJECT_TYP, Some("x"), &claims), &own), "header.kid");
        let other = signed(REQUEST_OBJECT_TYP, Some(&kid), &json!({"client_id": foreign}));
        assert_eq!(place(&other, &own), "client_id");
        assert_eq!(place(&signed(REQUEST_OBJECT_TYP, Some(&kid), &json!({})), &own), "client_id");
        for client in
            ["", "did:key:z", "redirect_uri:https://v.example", "decentralized_identifier:did:web:v.example"]
        {
            assert_eq!(place(&good, client), "client_id", "{client}");
        }
        for token in ["", "a.b", "..", "a.b.c", &"x".repeat(200_000)] {
            assert!(open_request_object(token, &own).is_err());
        }
    }
}
