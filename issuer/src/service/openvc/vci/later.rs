//! What a wallet does after it has asked: it comes back for what had to wait, and tells what became of what it got.
//!
//! A request waits while its document is suspended: a card that is looked into gets no copies, and its holder need not come
//! to the desk again when that is over. What a wallet tells is kept for a day and counted; it changes nothing, since
//! whoever has a token could say it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use sanad_credential::{HolderKey, PublicKey, Status};
use serde_json::{Map, Value, json};

use super::Form;
use super::credential::{Asked, MALFORMED, Making, asked, denied};
use super::refusal::{Refusal, private};
use crate::service::credentials::read;
use crate::service::problem::Problem;
use crate::service::state::Service;
use crate::store::RecordsFault;
use crate::wallets::{self, Deferred, Kept, Kind, Notice};

/// Seconds after which a wallet should ask again.
pub(super) const INTERVAL_SECONDS: u64 = 30;

/// What the standard calls a notification that cannot be read.
const WRONG_NOTICE: &str = "invalid_notification_request";

/// What a wallet may tell.
const EVENTS: [&str; 3] = ["credential_accepted", "credential_failure", "credential_deleted"];

/// Answers with what had to wait, or lets it wait on.
#[utoipa::path(
    post, path = "/openid4vci/deferred", tag = "open standards",
    request_body(content = Object, content_type = "application/json", description = "transaction_id"),
    responses((status = 200, description = "Credentials", body = Object),
        (status = 202, description = "It waits on", body = Object),
        (status = 400, description = "A refusal with a name of the standard", body = Object, content_type = "application/json"),
        (status = 401, description = "No access token that counts", body = Object, content_type = "application/json"),
        (status = 404, description = "No wallet is served here", content_type = "application/problem+json"))
)]
pub async fn deferred(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    asked(service, &headers, request, |Asked { service, grant, body, now }| {
        let store = service.issuer.store();
        let unknown = || Refusal::new("invalid_transaction_id", "No request that waits has this id.");
        let id = text(&body, "transaction_id").ok_or_else(unknown)?;
        let waiting: Option<Kept<Deferred>> = wallets::find(store, &Kind::Deferred.key(id)?, now)?;
        let waiting = waiting.filter(|waiting| waiting.content.token == grant.key.id.as_str());
        let waiting = waiting.ok_or_else(unknown)?;
        let (held, claims) = read(&service, grant.content.cti()?)?;
        match held.status {
            Status::Suspended => {
                let answer = json!({"transaction_id": id, "interval": INTERVAL_SECONDS});
                Ok(private(StatusCode::ACCEPTED, &answer))
            }
            Status::Valid => {
                let damaged = || Problem::internal(&"the paper of a request that waits is damaged");
                let (form, _) = Form::of_configuration(&waiting.content.configuration).ok_or_else(damaged)?;
                let keys = waiting.content.keys.iter().map(|key| PublicKey::from_hex(key).map(HolderKey));
                let keys: Vec<HolderKey> = keys.collect::<Result<_, _>>().map_err(|_| damaged())?;
                let writes = vec![waiting.removal()];
                Making { service: &service, grant, claims: &claims, now, writes }.answer(form, &keys)
            }
            Status::Revoked | Status::Superseded => {
                store.write_papers(&[waiting.removal()], &[])?;
                Err(denied("The credential is not in force any more."))
            }
        }
    })
    .await
}

/// Hears what became of what was handed out.
#[utoipa::path(
    post, path = "/openid4vci/notification", tag = "open standards",
    request_body(content = Object, content_type = "application/json", description = "notification_id, event"),
    responses((status = 204, description = "Heard"),
        (status = 400, description = "A refusal with a name of the standard", body = Object, content_type = "application/json"),
        (status = 401, description = "No access token that counts", body = Object, content_type = "application/json"),
        (status = 404, description = "No wallet is served here", content_type = "application/problem+json"))
)]
pub async fn notification(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let heard = asked(service, &headers, request, |Asked { service, grant, body, now }| {
        let store = service.issuer.store();
        let wrong = |detail: &str| Refusal::new(WRONG_NOTICE, detail);
        let id = text(&body, "notification_id").ok_or_else(|| wrong("notification_id is missing."))?;
        let event = text(&body, "event").and_then(|event| EVENTS.into_iter().find(|known| *known == event));
        let event = event.ok_or_else(|| wrong("event is none of the standard's."))?;
        let notice: Option<Kept<Notice>> = wallets::find(store, &Kind::Notice.key(id)?, now)?;
        let notice = notice.filter(|notice| notice.content.token == grant.key.id.as_str());
        let notice = notice.ok_or_else(|| {
            Refusal::new("invalid_notification_id", "Nothing that was handed out has this id.")
        })?;
        // Told twice, it is the same.
        if notice.content.event.as_deref() != Some(event) {
            let told = Notice { event: Some(event.to_owned()), ..notice.content.clone() };
            match store.write_papers(&[notice.write(&told)?], &[]) {
                Ok(()) | Err(RecordsFault::Overtaken { .. }) => {}
                Err(fault) => return Err(fault.into()),
            }
            metrics::counter!("sanad_wallet_notifications_total", "event" => event).increment(1);
        }
        Ok(StatusCode::NO_CONTENT.into_response())
    });
    // What is wrong with the form of a request has a name of its own here.
    heard.await.map_err(|refusal| match refusal {
        Refusal::Named(MALFORMED, detail) => Refusal::new(WRONG_NOTICE, detail),
        other => other,
    })
}

fn text<'b>(body: &'b Map<String, Value>, name: &str) -> Option<&'b str> {
    body.get(name).and_then(Value::as_str)
}
