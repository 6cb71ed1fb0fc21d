//! The token endpoint, with the pre-authorized code grant alone, and the nonce endpoint.
//!
//! Failed attempts of a network are counted: nobody guesses 256 bits, but who tries is kept from the store and the log, as
//! for the tokens of officers.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::identifier;
use super::refusal::{Refusal, private};
use crate::service::access::Peer;
use crate::service::body::whole;
use crate::service::extract::media_type;
use crate::service::problem::{Problem, ProblemKind};
use crate::service::requests::blocking;
use crate::service::state::Service;
use crate::wallets::{self, TOKEN_SECONDS, WalletFault};

/// The one grant.
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// Longest form: a code and a transaction code, and what a wallet adds.
const FORM_BYTES_MAX: u64 = 8_192;

/// What is read of the form; the rest is for other grants (RFC 6749 section 3.2).
#[derive(Deserialize)]
struct Form {
    grant_type: Option<String>,
    #[serde(rename = "pre-authorized_code")]
    code: Option<String>,
    tx_code: Option<String>,
}

/// Makes a token of a code.
pub async fn token(State(service): State<Arc<Service>>, request: Request) -> Result<Response, Refusal> {
    identifier(&service)?;
    let peer = peer(&request);
    let form = read_form(request).await?;
    match form.grant_type.as_deref() {
        Some(GRANT) => {}
        Some(_) => {
            return Err(Refusal::new("unsupported_grant_type", "Only pre-authorized codes count here."));
        }
        None => return Err(Refusal::new("invalid_request", "grant_type is missing.")),
    }
    let code = form.code.filter(|code| !code.is_empty());
    let code = code.ok_or_else(|| Refusal::new("invalid_request", "pre-authorized_code is missing."))?;
    service.wallets.attempts.allow(peer).map_err(|wait| {
        let detail = "Too many attempts from this network failed.";
        Refusal::Problem(Problem::new(ProblemKind::TooManyRequests, detail).retry_after(wait.seconds()))
    })?;
    let now = service.now()?;
    let redeemed = {
        let service = Arc::clone(&service);
        blocking(move || Ok(wallets::redeem(service.issuer.store(), &code, form.tx_code.as_deref(), now)))
    };
    let token = redeemed.await?.inspect_err(|fault| {
        if matches!(fault, WalletFault::UnknownCode | WalletFault::TxCodeWrong) {
            service.wallets.attempts.count_failure(peer);
        }
    })?;
    let answer = json!({"access_token": *token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS});
    Ok(private(StatusCode::OK, &answer))
}

/// Gives out a nonce for proofs.
pub async fn nonce(State(service): State<Arc<Service>>) -> Result<Response, Refusal> {
    identifier(&service)?;
    let nonce = service.wallets.nonces.draw(service.now()?)?;
    Ok(private(StatusCode::OK, &json!({"c_nonce": nonce})))
}

fn peer(request: &Request) -> IpAddr {
    request.extensions().get().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(address)| *address)
}

/// A form is read as the query of an address, which has the same encoding.
async fn read_form(request: Request) -> Result<Form, Refusal> {
    media_type(request.headers(), &["application/x-www-form-urlencoded"])?;
    let bytes = whole(request.into_body(), FORM_BYTES_MAX).await?;
    let malformed = || Refusal::new("invalid_request", "The form cannot be read, or a member stands twice.");
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed())?;
    let address: Uri = format!("/?{text}").parse().map_err(|_| malformed())?;
    let Query(form) = Query::try_from_uri(&address).map_err(|_| malformed())?;
    Ok(form)
}
