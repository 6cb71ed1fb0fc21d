//! What wallets read before they ask: the credential issuer's metadata, and those of its authorization server, which is
//! itself. The well-known part stands before the path of the identifier, where it has one; then a proxy leads both here.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use sanad_credential::RightType;
use sanad_openvc::{CONTEXT_URL, CREDENTIAL_TYPE, CREDENTIALS_V2, type_metadata, vct};
use serde_json::{Map, Value, json};

use super::super::well_known::{absent, answer};
use super::{Form, identifier};
use crate::service::problem::Problem;
use crate::service::state::Service;
use crate::wallets::BATCH_MAX;

/// Only what a document of the issuer can name: `cnf` has Ed25519 keys.
const PROOF_ALGORITHMS: [&str; 2] = ["EdDSA", "Ed25519"];

/// `/.well-known/openid-credential-issuer`.
pub async fn issuer(State(service): State<Arc<Service>>) -> Result<Response, Problem> {
    Ok(answer(&issuer_metadata(&service)?))
}

/// The same, below the path of the identifier.
pub async fn issuer_at(
    State(service): State<Arc<Service>>,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    at_path(&service, &path)?;
    Ok(answer(&issuer_metadata(&service)?))
}

/// `/.well-known/oauth-authorization-server` (RFC 8414).
pub async fn authorization_server(State(service): State<Arc<Service>>) -> Result<Response, Problem> {
    Ok(answer(&server_metadata(identifier(&service)?)))
}

/// The same, below the path of the identifier.
pub async fn authorization_server_at(
    State(service): State<Arc<Service>>,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    at_path(&service, &path)?;
    Ok(answer(&server_metadata(identifier(&service)?)))
}

fn at_path(service: &Service, path: &str) -> Result<(), Problem> {
    let rest = identifier(service)?.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    if rest.is_some_and(|(_, known)| known == path) { Ok(()) } else { Err(absent()) }
}

fn server_metadata(identifier: &str) -> Value {
    json!({
        "issuer": identifier,
        "token_endpoint": format!("{identifier}/openid4vci/token"),
        "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": [super::token::GRANT],
        "response_types_supported": [],
        "pre-authorized_grant_anonymous_access_supported": true,
    })
}

fn issuer_metadata(service: &Service) -> Result<Value, Problem> {
    let identifier = identifier(service)?;
    let record = service.issuer.config.record.members();
    let at = |name: &str| format!("{identifier}/openid4vci/{name}");
    let names: Vec<Value> = record
        .names
        .0
        .iter()
        .map(|(language, name)| json!({"locale": language.as_str(), "name": name}))
        .collect();
    let mut configurations = Map::new();
    for right in record.types.iter().filter(|right| **right != RightType::Delegation) {
        for form in Form::ALL {
            configurations.insert(form.configuration(*right), configuration(form, *right));
        }
    }
    Ok(json!({
        "credential_issuer": identifier,
        "credential_endpoint": at("credential"),
        "nonce_endpoint": at("nonce"),
        "deferred_credential_endpoint": at("deferred"),
        "notification_endpoint": at("notification"),
        "batch_credential_issuance": {"batch_size": BATCH_MAX},
        "display": names,
        "credential_configurations_supported": configurations,
    }))
}

fn configuration(form: Form, right: RightType) -> Value {
    let types = type_metadata(right);
    let claims: Vec<Value> = types
        .get("claims")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|claim| json!({"path": claim.get("path"), "display": claim.get("display")}))
        .collect();
    let mut configuration = json!({
        "format": form.format(),
        "cryptographic_binding_methods_supported": ["jwk", "did:key", "did:jwk"],
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": PROOF_ALGORITHMS}},
        "credential_metadata": {"display": types.get("display"), "claims": claims},
    });
    let more = match form {
        Form::SdJwt => json!({"vct": vct(right), "credential_signing_alg_values_supported": ["EdDSA"]}),
        Form::LdpVc => json!({
            "credential_definition": {
                "@context": [CREDENTIALS_V2, CONTEXT_URL],
                "type": ["VerifiableCredential", CREDENTIAL_TYPE],
            },
            "credential_signing_alg_values_supported": ["eddsa-rdfc-2022"],
        }),
        // Algorithms of COSE are numbers: -8 is EdDSA.
        Form::Cwt => json!({"vct": vct(right), "credential_signing_alg_values_supported": [-8]}),
    };
    if let (Value::Object(members), Value::Object(more)) = (&mut configuration, more) {
        members.extend(more);
    }
    configuration
}
