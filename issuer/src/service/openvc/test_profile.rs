//! What public test suites are served with, at `/test/<instance>/credentials/issue`: VC Data Model 1.1 and 2.0, whatever
//! terms a document's contexts map, signed without being asked who asks.
//!
//! It shares nothing with the issuer: its key is drawn when the service starts, its DID is that key's did:key, which no
//! record names and no pack pins, its status lists are its own and are gone with the process. It is there only with
//! `openvc.test_profile`, which is refused where others than this machine could reach it.
//!
//! Instances: `eddsa-rdfc-2022`, `eddsa-jcs-2022`, `enveloped` (VC-JOSE), and three that add status entries to a credential
//! that has none: `status` one for revocation, as suites want it; `status-eddsa-rdfc-2022` and `status-eddsa-jcs-2022` one
//! for revocation and one for suspension. `GET /test/issuer` says who signs. A change of a status of which the credential
//! has no entry is refused: nobody would see it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json as JsonAnswer;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use sanad_credential::{SigningKey, UnixTime};
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

/// Seconds for which it has held already: who asks for it may have looked at the clock before, or have another one.
const LIST_SECONDS_BEFORE: u64 = 60;

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
    entries: HashMap<String, Entered>,
    next: usize,
    revoked: Vec<u8>,
    suspended: Vec<u8>,
}

/// Where a credential stands in the lists, and in which.
#[derive(Clone, Copy)]
struct Entered {
    index: usize,
    purposes: Purposes,
}

/// What a credential has entries for.
#[derive(Clone, Copy)]
enum Purposes {
    Revocation,
    Both,
}

impl Purposes {
    const fn hold(self, purpose: Purpose) -> bool {
        matches!((self, purpose), (Self::Both, _) | (Self::Revocation, Purpose::Revocation))
    }
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

    /// Gives a credential its entries in the lists.
    fn enter(&self, credential: &mut Map<String, Value>, purposes: Purposes) -> Result<(), Refused> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.next >= ENTRIES_MIN {
            return Err(
                Problem::new(ProblemKind::ListsFull, "The lists of the test are full; start again.").into()
            );
        }
        let index = lists.next;
        lists.next = index.saturating_add(1);
        if let Some(Value::String(id)) = credential.get("id") {
            lists.entries.insert(id.clone(), Entered { index, purposes });
        }
        let entry = |purpose: StatusPurpose| {
            json!({
                "type": "BitstringStatusListEntry",
                "statusPurpose": purpose.word(),
                "statusListIndex": index.to_string(),
                "statusListCredential": self.address(purpose),
            })
        };
        let status = match purposes {
            Purposes::Revocation => entry(StatusPurpose::Revocation),
            Purposes::Both => json!([entry(StatusPurpose::Revocation), entry(StatusPurpose::Suspension)]),
        };
        credential.insert("credentialStatus".into(), status);
        Ok(())
    }

    fn address(&self, purpose: StatusPurpose) -> String {
        format!("{}/test/status/{}", self.base, purpose.word())
    }

    fn set(&self, id: &str, purpose: Purpose, is_set: bool) -> Result<(), Refused> {
        let unknown = || Refused::member("credentialId", "names no credential of this test");
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let Entered { index, purposes } = *lists.entries.get(id).ok_or_else(unknown)?;
        if !purposes.hold(purpose) {
            let place = "credentialStatus.statusPurpose";
            return Err(Refused::member(place, "is none for which this credential has an entry"));
        }
        let list = match purpose {
            Purpose::Revocation => &mut lists.revoked,
            Purpose::Suspension => &mut lists.suspended,
        };
        // Bitstring Status List 1.0: the first entry is the most significant bit.
        let (byte, bit) = (list.get_mut(index / 8).ok_or_else(unknown)?, 0x80_u8 >> (index % 8));
        *byte = if is_set { *byte | bit } else { *byte & !bit };
        Ok(())
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
            address: &self.address(purpose),
            issuer: &self.did,
            purpose,
            valid_from: UnixTime::new(now.seconds().saturating_sub(LIST_SECONDS_BEFORE))
                .map_err(|_| wrong())?,
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
    Status(Suite, Purposes),
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
        "status" => Instance::Status(Suite::Rdfc, Purposes::Revocation),
        "status-eddsa-rdfc-2022" => Instance::Status(Suite::Rdfc, Purposes::Both),
        "status-eddsa-jcs-2022" => Instance::Status(Suite::Jcs, Purposes::Both),
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
        Instance::Status(suite, purposes) => {
            let contexts = credential.get("@context").and_then(Value::as_array);
            let is_v2 = contexts.and_then(|contexts| contexts.first()) == Some(&json!(CREDENTIALS_V2));
            if is_v2 && !credential.contains_key("credentialStatus") {
                rehearsal.enter(&mut credential, purposes)?;
            }
            sign(&credential, suite)?
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
    rehearsal.set(&id, purpose, is_set)?;
    Ok(JsonAnswer(json!({"credentialId": id, "status": is_set})).into_response())
}
