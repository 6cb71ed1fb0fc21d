//! Receipts for contributions: what a cashier types becomes a contribution record with one provisional line, as a delegate
//! signs it offline.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sanad_credential::{Currency, Money};
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::credentials::{IssuedAnswer, Wish, sign};
use super::extract::JsonText;
use super::problem::{Problem, ProblemKind};
use super::requests::idempotency_key;
use super::state::Service;
use crate::audit::Act;
use crate::receipt::{Payment, ReceiptFault};
use crate::role::Permission;
use crate::store::Request;

/// A payment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentBody {
    /// Member number.
    number: String,
    /// Name of the member.
    name: String,
    /// The scheme that is paid.
    scheme: String,
    /// First day, or its month.
    from: String,
    /// Last day, or its month.
    to: String,
    /// How many units; one when left out.
    quantity: Option<u64>,
    /// day, week or month; month when left out.
    unit: Option<String>,
    /// employed, self, voluntary, credited or residence; self when left out.
    kind: Option<String>,
    /// What it counts for; medical_care when left out.
    functions: Option<Vec<String>>,
    /// Who pays: self, employer, cooperative, state or other; self when left out.
    payer: Option<String>,
    /// How much, in ordinary units with at most the currency's decimals.
    amount: String,
    /// ISO 4217.
    currency: String,
}

/// Sign a receipt for a contribution.
#[utoipa::path(
    post, path = "/v1/receipts", tag = "receipts",
    params(("Idempotency-Key" = String, Header, description = "1 to 64 printable ASCII characters")),
    request_body(content = PaymentBody, example = json!({"number": "INV-000001", "name": "Wanjiru Invented",
        "scheme": "SHIF", "from": "2026-11", "to": "2026-11", "amount": "500", "currency": "KES"})),
    responses((status = 201, description = "Signed, and on the disk", body = IssuedAnswer),
        (status = 200, description = "The same request was carried out before", body = IssuedAnswer),
        (status = 409, description = "The same payment has a receipt", content_type = "application/problem+json")),
    security(("bearer" = []))
)]
pub async fn sign_receipt(
    State(service): State<Arc<Service>>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonText,
) -> Result<Response, Problem> {
    caller.require(Permission::SignReceipt)?;
    let key = idempotency_key(&headers)?;
    let payment: PaymentBody = body.read()?;
    let wrong = |field: &'static str, problem: String| {
        Problem::new(ProblemKind::InvalidRecord, "Correct the field and send the request again.")
            .at(field, problem)
    };
    let currency =
        Currency::new(&payment.currency).map_err(|fault| wrong("currency", fault.what().to_string()))?;
    let amount =
        Money::parse(&payment.amount, currency).map_err(|fault| wrong("amount", fault.what().to_string()))?;
    if amount.minor.value() == 0 {
        return Err(wrong("amount", "must be more than 0".to_owned()));
    }
    let or = |text: Option<String>, usual: &str| text.unwrap_or_else(|| usual.to_owned());
    let payment = Payment {
        number: payment.number,
        name: payment.name,
        scheme: payment.scheme,
        from: payment.from,
        to: payment.to,
        quantity: payment.quantity.unwrap_or(1),
        unit: or(payment.unit, "month"),
        kind: or(payment.kind, "self"),
        functions: payment.functions.unwrap_or_else(|| vec!["medical_care".to_owned()]),
        payer: or(payment.payer, "self"),
        amount,
    };
    let record = payment.record(service.issuer.config.record.iss()).map_err(|fault| match fault {
        ReceiptFault::Payment { field, problem } => {
            Problem::new(ProblemKind::InvalidRecord, "Correct the field and send the request again.")
                .at(field, problem)
        }
        other => Problem::internal(&other),
    })?;
    let request = Some(Request::new(caller.actor.clone(), key, &[b"receipt", body.as_bytes()].concat()));
    let wish = Wish { record, supersedes: None, request, act: Act::Issue, detail: "receipt".to_owned() };
    sign(&service, &caller, wish).await
}
