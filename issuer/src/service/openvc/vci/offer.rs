//! An officer's offer of a stored credential to the wallet of its holder: a link and its picture.
//!
//! The link holds the code itself. The standard would rather have a reference in a picture, but a reference is answered
//! with the code, so the service would have to keep it; what is kept here is its hash. The picture is read back before it
//! is handed out. With a transaction code, which the officer tells the holder, who sees the picture cannot redeem it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sanad_credential::{Right, RightType};
use sanad_qr::ModulePixels;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::refusal::private;
use super::token::GRANT;
use super::{Form, identifier};
use crate::role::Permission;
use crate::service::caller::Caller;
use crate::service::credentials::read_for;
use crate::service::extract::JsonText;
use crate::service::openvc::forms::in_force;
use crate::service::problem::{Problem, ProblemKind};
use crate::service::requests::{Cti, blocking};
use crate::service::state::Service;
use crate::wallets::{self, TX_CODE_DIGITS, TxCode, WalletFault};

/// Pixels of a module in the picture: it is shown on a screen.
const MODULE_PIXELS: u8 = 6;

/// What an officer asks for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferBody {
    /// Whether the holder has to enter a transaction code.
    pub tx_code: TxCodeWord,
}

/// Whether there is a transaction code.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TxCodeWord {
    /// Six digits, told to the holder.
    Digits,
    /// None: whoever sees the link can redeem it.
    None,
}

/// An offer. Its secrets are answered once.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferAnswer {
    /// The link, `openid-credential-offer://…`.
    pub offer: String,
    /// Its picture: a PNG in base64.
    pub qr_png: String,
    /// What the holder has to enter, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tx_code: Option<String>,
    /// Until when it can be redeemed.
    pub expires_at: String,
}

/// Offer a credential to its holder's wallet.
#[utoipa::path(
    post, path = "/v1/credentials/{cti}/offer", tag = "open standards",
    params(("cti" = String, Path, pattern = "^[0-9a-f]{16}$", description = "16 hexadecimal digits")),
    request_body(content = OfferBody, example = json!({"tx_code": "digits"})),
    responses((status = 201, description = "Link and picture, read back before they are answered", body = OfferAnswer),
        (status = 404, description = "No such credential", content_type = "application/problem+json"),
        (status = 409, description = "Revoked, or no wallet can be served", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn offer(
    State(service): State<Arc<Service>>,
    caller: Caller,
    Cti(cti): Cti,
    body: JsonText,
) -> Result<Response, Problem> {
    // What a wallet gets is a document of its own, beside the one that was issued.
    caller.require(Permission::Reissue)?;
    let tx_code = match body.read::<OfferBody>()?.tx_code {
        TxCodeWord::Digits => TxCode::Digits,
        TxCodeWord::None => TxCode::None,
    };
    let identifier = identifier(&service).map(str::to_owned).map_err(|_| {
        let detail =
            "Wallets are served where issuer.toml has a did:web and service.toml has listen.public_url.";
        Problem::new(ProblemKind::FormUnavailable, detail)
    })?;
    let now = service.now()?;
    blocking(move || {
        let (held, claims) = read_for(&service, &caller, cti)?;
        caller.require_area(&claims.right, &service.issuer.config.record)?;
        in_force(&held, &claims)?;
        let right = claims.right.right_type();
        if right == RightType::Delegation || claims.holder_key.is_some() {
            let detail =
                "Delegations have their own devices, and what is bound to a phone already is no offer.";
            return Err(Problem::new(ProblemKind::FormUnavailable, detail));
        }
        if pays_once(&claims.right) {
            let detail =
                "What is paid out once has no copies: each would be paid. Issue it for the phone's key.";
            return Err(Problem::new(ProblemKind::FormUnavailable, detail));
        }
        let configurations: Vec<String> = Form::ALL.iter().map(|form| form.configuration(right)).collect();
        let made =
            wallets::offer(service.issuer.store(), cti, &caller.actor, configurations.clone(), tx_code, now);
        let made = made.map_err(|fault| match fault {
            WalletFault::Records(fault) => fault.into(),
            other => Problem::internal(&other),
        })?;
        let mut grant = json!({"pre-authorized_code": *made.code});
        if let (Some(_), serde_json::Value::Object(members)) = (&made.tx_code, &mut grant) {
            members.insert("tx_code".into(), json!({"input_mode": "numeric", "length": TX_CODE_DIGITS}));
        }
        let offer = json!({
            "credential_issuer": identifier,
            "credential_configuration_ids": configurations,
            "grants": {GRANT: grant},
        });
        let text = Zeroizing::new(offer.to_string());
        let link = format!("openid-credential-offer://?credential_offer={}", percent_encoded(&text));
        let picture = picture(&link)?;
        let answer = OfferAnswer {
            offer: link,
            qr_png: STANDARD.encode(picture),
            tx_code: made.tx_code.map(|digits| digits.to_string()),
            expires_at: made.until.to_string(),
        };
        let body = serde_json::to_value(answer).map_err(|fault| Problem::internal(&fault))?;
        metrics::counter!("sanad_wallet_offers_total").increment(1);
        Ok(private(StatusCode::CREATED, &body))
    })
    .await
}

/// Whether outlets pay it by document and serial, so that a copy, which is a document of its own, would be paid again.
fn pays_once(right: &Right) -> bool {
    matches!(right, Right::Benefit(_, benefit) if benefit.serials.is_some() || benefit.money.is_some())
}

/// The picture of a link, read back.
fn picture(link: &str) -> Result<Vec<u8>, Problem> {
    let symbol = sanad_qr::draw_link(link).map_err(|fault| Problem::internal(&fault))?;
    let module = ModulePixels::new(MODULE_PIXELS).map_err(|fault| Problem::internal(&fault))?;
    let png = sanad_qr::png(&symbol, module).map_err(|fault| Problem::internal(&fault))?;
    let read = sanad_qr::read_print(&png).map_err(|fault| Problem::internal(&fault))?;
    if read == link { Ok(png) } else { Err(Problem::internal(&"the picture of an offer reads otherwise")) }
}

/// RFC 3986 section 2.1, everything but the unreserved characters.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len().saturating_mul(2));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
