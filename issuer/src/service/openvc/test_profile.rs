//! What public test suites are served with, at `/test/<instance>/credentials/issue`: VC Data Model 1.1 and 2.0, whatever
//! terms a document's contexts map, signed without being asked who asks.
//!
//! It shares nothing with the issuer: its key is drawn when the service starts, its DID is that key's did:key, which no
//! record names and no pack pins, its status lists are its own and are gone with the process. It is there only with
//! `openvc.test_profile`, which is refused where others than this machine could reach it.
//!
//! Instances: `eddsa-rdfc-2022`, `eddsa-jcs-2022`, `enveloped` (VC-JOSE), and `status`, which adds a status entry to a
//! credential that has none. `GET /test/issuer` says who signs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json as JsonAnswer;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use sanad_credential::SigningKey;
use sanad_keyfile::secret::draw;
use sanad_openvc::{
    CREDENTIALS_V2, ENTRIES_MIN, ListCredential, Profile, ProofOptions, PublicKey, Purpose as KeyPurpose,
    StatusPurpose, Suite, add_proof, did_key, envelop, issue, list_credential, sole_method,
};
use serde_json::{Map, Value, json};

use super::answer::{Refused, finish, read, take_object};
use super::vc_api::{Purpose, read_status, take_text};
use crate::service::config::Listen;
use crate::service::problem::{Problem, ProblemKind};
use crate::service::state::{Service, now};

/// Bytes of a list.
const LIST_BYTES: usize = ENTRIES_MIN / 8;

/// Seconds for which a list of a test holds.
const LIST_SECONDS: u64 = 3_600;

/// The other issuer.
pub struct Rehearsal {
    key: SigningKey,
    did: String,
    method: String,
    /// Where its lists are found.
    base: String,
    lists: Mutex<Lists>,
}

struct Lists {
    /// The entries of credentials that have an id.
    entries: HashMap<String, usize>,
    next: usize,
    revoked: Vec<u8>,
    suspended: Vec<u8>,
}

impl Rehearsal {
    /// Draws its key.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn start(listen: &Listen) -> std::io::Result<Self> {
        let secret = draw().map_err(std::io::Error::from)?;
        let key = SigningKey::from_secret(&secret);
        let did = did_key(&PublicKey::Ed25519(key.public_key()));
        let method = sole_method(&did).unwrap_or_default();
        let base = listen.public_url.clone().unwrap_or_else(|| format!("https://{}", listen.address));
        let empty = || vec![0; LIST_BYTES];
        let lists = Lists { entries: HashMap::new(), next: 0, revoked: empty(), suspended: empty() };
        tracing::warn!("the test profile is on: anybody on this machine gets test credentials");
        Ok(Self { key, did, method, base, lists: Mutex::new(lists) })
    }

    fn options(&self, suite: Suite) -> ProofOptions<'_> {
        ProofOptions {
            suite,
            verification_method: &self.method,
            purpose: KeyPurpose::AssertionMethod,
            created: now(),
            challenge: None,
            domain: None,
            id: None,
            previous: &[],
        }
    }

    /// Gives a credential its entry in the lists.
    fn enter(&self, credential: &mut Map<String, Value>) -> Result<(), Refused> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.next >= ENTRIES_MIN {
            return Err(
                Problem::new(ProblemKind::ListsFull, "The lists of the test are full; start again.").into()
            );
        }
        let index = lists.next;
        lists.next = index.saturating_add(1);
        if let Some(Value::String(id)) = credential.get("id") {
            lists.entries.insert(id.clone(), index);
        }
        let entry = json!({
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": index.to_string(),
            "statusListCredential": format!("{}/test/status/revocation", self.base),
        });
        credential.insert("credentialStatus".into(), entry);
        Ok(())
    }

    fn set(&self, id: &str, purpose: Purpose, is_set: bool) -> Option<()> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let index = *lists.entries.get(id)?;
        let list = match purpose {
            Purpose::Revocation => &mut lists.revoked,
            Purpose::Suspension => &mut lists.suspended,
        };
        // Bitstring Status List 1.0: the first entry is the most significant bit.
        let (byte, bit) = (list.get_mut(index / 8)?, 0x80_u8 >> (index % 8));
        *byte = if is_set { *byte | bit } else { *byte & !bit };
        Some(())
    }

    fn list(&self, purpose: Purpose) -> Result<Map<String, Value>, Refused> {
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let (bits, purpose) = match purpose {
            Purpose::Revocation => (lists.revoked.clone(), StatusPurpose::Revocation),
            Purpose::Suspension => (lists.suspended.clone(), StatusPurpose::Suspension),
        };
        drop(lists);
        let wrong = || Problem::new(ProblemKind::NotReady, "The clock of the service is wrong.");
        let now = now().ok_or_else(wrong)?;
        let head = ListCredential {
            address: &format!("{}/test/status/{}", self.base, purpose.word()),
            issuer: &self.did,
            purpose,
            valid_from: now,
            valid_until: now.plus_seconds(LIST_SECONDS).map_err(|_| wrong())?,
            ttl_seconds: 60,
        };
        let list = list_credential(head, &bits);
        Ok(add_proof(&list, &self.options(Suite::Rdfc), Profile::LoopbackTest, &self.key)?)
    }
}

/// The routes, with a state of their own: they see nothing of the issuer.
pub fn routes(rehearsal: Arc<Rehearsal>) -> Router<Arc<Service>> {
    Router::new()
        .route("/test/issuer", get(who))
        .route("/test/status/{purpose}", get(list))
        .route("/test/{instance}/credentials/issue", post(issue_for_test))
        .route("/test/{instance}/credentials/status", post(status_for_test))
        .with_state(rehearsal)
}

async fn who(State(rehearsal): State<Arc<Rehearsal>>) -> Response {
    JsonAnswer(json!({"id": rehearsal.did, "verificationMethod": rehearsal.method})).into_response()
}

async fn list(
    State(rehearsal): State<Arc<Rehearsal>>,
    Path(purpose): Path<String>,
) -> Result<Response, Refused> {
    let purpose = match purpose.as_str() {
        "revocation" => Purpose::Revocation,
        "suspension" => Purpose::Suspension,
        _ => return Err(Problem::new(ProblemKind::NotFound, "There is no such list.").into()),
    };
    Ok(JsonAnswer(Value::Object(rehearsal.list(purpose)?)).into_response())
}

enum Instance {
    Proof(Suite),
    Enveloped,
    Status,
}

async fn issue_for_test(
    State(rehearsal): State<Arc<Rehearsal>>,
    Path(instance): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let instance = match instance.as_str() {
        "eddsa-rdfc-2022" => Instance::Proof(Suite::Rdfc),
        "eddsa-jcs-2022" => Instance::Proof(Suite::Jcs),
        "enveloped" => Instance::Enveloped,
        "status" => Instance::Status,
        _ => return Err(Problem::new(ProblemKind::NotFound, "There is no such instance.").into()),
    };
    let mut body = read(request).await?;
    let mut credential = take_object(&mut body, "credential")?;
    // Suites send options of their own; what this instance does follows from its address.
    if body.remove("options").is_some_and(|options| !options.is_object()) {
        return Err(Refused::member("options", "must be an object"));
    }
    finish(&body)?;
    let sign = |credential: &Map<String, Value>, suite| {
        issue(credential, &rehearsal.options(suite), Profile::LoopbackTest, &rehearsal.key)
    };
    let signed = match instance {
        Instance::Proof(suite) => sign(&credential, suite)?,
        Instance::Enveloped => {
            envelop(&credential, &rehearsal.method, Profile::LoopbackTest, &rehearsal.key)?
        }
        Instance::Status => {
            let contexts = credential.get("@context").and_then(Value::as_array);
            let is_v2 = contexts.and_then(|contexts| contexts.first()) == Some(&json!(CREDENTIALS_V2));
            if is_v2 && !credential.contains_key("credentialStatus") {
                rehearsal.enter(&mut credential)?;
            }
            sign(&credential, Suite::Rdfc)?
        }
    };
    let answer = json!({"verifiableCredential": signed});
    Ok((StatusCode::CREATED, JsonAnswer(answer)).into_response())
}

async fn status_for_test(
    State(rehearsal): State<Arc<Rehearsal>>,
    request: Request,
) -> Result<Response, Refused> {
    let mut body = read(request).await?;
    let id = take_text(&mut body, "credentialId")?;
    let (purpose, is_set) = read_status(&mut body)?;
    finish(&body)?;
    let unknown = || Refused::member("credentialId", "names no credential of this test");
    rehearsal.set(&id, purpose, is_set).ok_or_else(unknown)?;
    Ok(JsonAnswer(json!({"credentialId": id, "status": is_set})).into_response())
}
