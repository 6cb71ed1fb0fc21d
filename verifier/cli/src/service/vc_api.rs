//! The verifier's endpoints of VC-API: `POST /credentials/verify`, `POST /presentations/verify`, and a resolver at
//! `GET /identifiers/{did}`.
//!
//! In production an issuer's keys come from the pack, and so does what became of an entitlement: revoked, suspended, a list
//! that is not there or past its use are all "not verified" here, since these answers know nothing between yes and no; the
//! coverage decision does. So is everything where the clock is behind the pack: what expired meanwhile is not known then. A
//! presentation counts where it answers this challenge for this domain, and who signed it is the subject of what it holds:
//! anybody can sign with a did:key of his own around somebody else's credential. Whatever is wrong with a document is 400,
//! with the place and the rule.

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use sanad_credential::{Status, UnixTime};
use sanad_listener::extract::{Segment, text_body};
use sanad_listener::refusal::Refusal;
use sanad_openvc::{
    CREDENTIAL_TYPE, Controllers, DOCUMENT, DidDocument, Fault, JWT, Profile, ResolutionOptions, STATUS_LIST,
    Times, VerifiedCredential, Verifying, VerifyingPresentation, What, did_web_address, parse_object,
    resolve, verify_any, verify_presentation,
};
use sanad_trust::judge::{Clock, Standing};
use serde_json::{Map, Value, json};

use super::loopback::fetch;
use super::problem::{json_answer, refused, refused_input};
use super::state::Service;
use super::trust::{Loaded, Trust};

/// Documents that are fetched for one credential in the test profile: lists and did:web documents.
const FETCHES_MAX: usize = 8;

/// Media types of a request.
const TYPES: [&str; 2] = ["application/json", "application/ld+json"];

/// `POST /credentials/verify`.
pub async fn credentials(State(service): State<Arc<Service>>, request: Request) -> Response {
    answered(service, request, |service, text| {
        let body = parse_object(text.as_bytes(), DOCUMENT)?;
        options(&body)?;
        let credential = body.get("verifiableCredential").ok_or_else(|| missing("verifiableCredential"))?;
        let believed = Believed::for_document(service, credential)?;
        let verified = verify_any(credential, &believed.verifying())
            .map_err(|fault| fault.within("verifiableCredential"))?;
        believed.status(&verified)
    })
    .await
}

/// `POST /presentations/verify`.
pub async fn presentations(State(service): State<Arc<Service>>, request: Request) -> Response {
    answered(service, request, |service, text| {
        let body = parse_object(text.as_bytes(), DOCUMENT)?;
        let options = options(&body)?;
        let presentation =
            body.get("verifiablePresentation").ok_or_else(|| missing("verifiablePresentation"))?;
        let believed = Believed::for_document(service, presentation)?;
        let within = |fault: Fault| fault.within("verifiablePresentation");
        let presentation = match presentation {
            Value::Object(presentation) => presentation,
            _ => return Err(within(wanted("an object"))),
        };
        if service.config.profile == Profile::Production {
            // Without a challenge, a presentation that somebody overheard would pass again; without a domain, one that was
            // made for another verifier.
            for (name, given) in [("challenge", options.challenge), ("domain", options.domain)] {
                given.ok_or_else(|| missing(name).within("options"))?;
            }
        }
        let verifying = VerifyingPresentation {
            credentials: believed.verifying(),
            challenge: options.challenge,
            domain: options.domain,
        };
        let verified = verify_presentation(presentation, &verifying).map_err(within)?;
        for credential in &verified.credentials {
            let names_a_subject = !credential.subjects().is_empty();
            if service.config.profile == Profile::Production
                && names_a_subject
                && !verified.is_held(credential)
            {
                return Err(within(of_another_holder()));
            }
            believed.status(credential).map_err(|fault| within(fault.within("verifiableCredential")))?;
        }
        Ok(())
    })
    .await
}

/// `GET /identifiers/{did}`.
pub async fn identifiers(
    State(service): State<Arc<Service>>,
    segment: Result<Segment, Refusal>,
    RawQuery(query): RawQuery,
) -> Response {
    // An address whose escapes do not decode is no DID.
    let asked = segment.map_or_else(|_| String::new(), |Segment(did)| did);
    let query = query.unwrap_or_default();
    let format = parameter(&query, "publicKeyFormat");
    let experimental = parameter(&query, "enableExperimentalPublicKeyTypes");
    let found = tokio::task::spawn_blocking(move || {
        let controllers = match service.config.profile {
            // A did:key follows from itself, also where there is no pack.
            Profile::Production => match service.trust.current() {
                Ok(loaded) => loaded.controllers.clone(),
                Err(_) => Controllers::new(Profile::Production),
            },
            Profile::LoopbackTest => {
                let mut controllers = Controllers::new(Profile::LoopbackTest);
                add_web_documents(&mut controllers, [asked.as_str()]);
                controllers
            }
        };
        let options =
            ResolutionOptions { public_key_format: format.as_deref(), experimental: experimental.as_deref() };
        resolve(&asked, options, &controllers)
    });
    match found.await {
        Ok(found) => {
            let status = StatusCode::from_u16(found.status).unwrap_or(StatusCode::BAD_REQUEST);
            json_answer(status, &found.body)
        }
        Err(error) => Refusal::internal(&error).into_response(),
    }
}

/// A parameter of a query that stands once, with `%` and two digits for what it escapes.
fn parameter(query: &str, wanted: &str) -> Option<String> {
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let (_, value) = query.split('&').filter_map(pair).find(|(name, _)| name == wanted)?;
    // What has escapes in it is no format that is known here; it is answered as unknown.
    Some(value)
}

/// Takes the body and verifies it where it may block, as many at once as there are processors.
async fn answered(
    service: Arc<Service>,
    request: Request,
    verify: fn(&Service, &str) -> Result<(), Fault>,
) -> Response {
    let headers: &HeaderMap = request.headers();
    if let Err(problem) = service.authenticate_verifier(headers) {
        return problem.into_response();
    }
    if service.config.profile == Profile::Production {
        let asked = service.clone();
        match tokio::task::spawn_blocking(move || asked.trust.current().map(drop)).await {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => return problem.into_response(),
            Err(error) => return Refusal::internal(&error).into_response(),
        }
    }
    let text = match text_body(request, &TYPES).await {
        Ok(text) => text,
        Err(refusal) => return refused_input(refusal),
    };
    let permit = match service.verifying.clone().acquire_owned().await {
        Ok(permit) => permit,
        Err(error) => return Refusal::internal(&error).into_response(),
    };
    let verified = tokio::task::spawn_blocking(move || {
        let verified = verify(&service, &text);
        drop(permit);
        verified
    });
    match verified.await {
        Ok(Ok(())) => json_answer(
            StatusCode::OK,
            &json!({ "verified": true, "checks": ["proof", "status"], "warnings": [], "errors": [] }),
        ),
        Ok(Err(fault)) => refused(&fault),
        Err(error) => Refusal::internal(&error).into_response(),
    }
}

fn missing(member: &str) -> Fault {
    Fault::new(sanad_openvc::Problem::MalformedValue, What::Missing).within(member)
}

fn wanted(wanted: &'static str) -> Fault {
    Fault::new(sanad_openvc::Problem::MalformedValue, What::Wanted { wanted })
}

fn of_another_holder() -> Fault {
    let what = What::Differs { what: "who presents it and the subject of a credential" };
    Fault::new(sanad_openvc::Problem::Cryptographic, what).within("holder")
}

/// The options that are read; others are left alone, as VC-API says.
#[derive(Default)]
struct Options<'b> {
    challenge: Option<&'b str>,
    domain: Option<&'b str>,
}

fn options(body: &Map<String, Value>) -> Result<Options<'_>, Fault> {
    let options = match body.get("options") {
        None => return Ok(Options::default()),
        Some(Value::Object(options)) => options,
        Some(_) => return Err(wanted("an object").within("options")),
    };
    let text = |name: &str| match options.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(wanted("a text").within(name).within("options")),
    };
    Ok(Options { challenge: text("challenge")?, domain: text("domain")? })
}

/// Whose keys and whose lists are believed for one request.
struct Believed {
    controllers: Controllers,
    now: UnixTime,
    lists: Lists,
}

enum Lists {
    /// Those of the pack.
    OfPack(Arc<Loaded>, Option<UnixTime>),
    /// Those that this machine serves, and the clock that tells when they came.
    OfThisMachine(Arc<Trust>),
}

impl Believed {
    fn for_document(service: &Service, document: &Value) -> Result<Self, Fault> {
        let device = service.trust.device();
        let no_clock = || wanted("a clock, which this device does not have or which is behind its pack");
        match service.config.profile {
            Profile::Production => {
                let loaded = service.trust.current().map_err(|_| wanted("a pack"))?;
                let Clock::Known(now) = loaded.pack.clock(device) else { return Err(no_clock()) };
                let controllers = loaded.controllers.clone();
                Ok(Self { controllers, now, lists: Lists::OfPack(loaded, device) })
            }
            Profile::LoopbackTest => {
                let mut controllers = Controllers::new(Profile::LoopbackTest);
                add_web_documents(&mut controllers, web_dids(document));
                let now = device.ok_or_else(no_clock)?;
                Ok(Self { controllers, now, lists: Lists::OfThisMachine(service.trust.clone()) })
            }
        }
    }

    fn verifying(&self) -> Verifying<'_> {
        Verifying { controllers: &self.controllers, now: self.now, times: Times::Refuse }
    }

    fn status(&self, verified: &VerifiedCredential) -> Result<(), Fault> {
        match &self.lists {
            Lists::OfPack(loaded, device) => self.status_by_pack(verified, loaded, *device),
            Lists::OfThisMachine(trust) => {
                let mut fetched: Vec<(String, Vec<u8>)> = Vec::new();
                for entry in verified.statuses().iter().take(FETCHES_MAX) {
                    if let Some(bytes) = fetch(&entry.list, STATUS_LIST.bytes_max) {
                        fetched.push((entry.list.clone(), bytes));
                    }
                }
                let find = |address: &str| fetched.iter().find(|(known, _)| known == address);
                let list = |address: &str| find(address).map(|(_, bytes)| bytes.as_slice());
                // A list that was made when it was asked for is younger than the request.
                let now = trust.device().map_or(self.now, |now| now.max(self.now));
                verified.check_status(&Verifying { now, ..self.verifying() }, &list)
            }
        }
    }

    /// The trust rules of a paper QR: the issuer may sign this, and the pack's list says it still holds.
    fn status_by_pack(
        &self,
        verified: &VerifiedCredential,
        loaded: &Loaded,
        device: Option<UnixTime>,
    ) -> Result<(), Fault> {
        use sanad_openvc::Problem as P;
        let is = |name: &str| match verified.document().get("type") {
            Some(Value::Array(types)) => types.iter().any(|found| found.as_str() == Some(name)),
            other => other.and_then(Value::as_str) == Some(name),
        };
        if !is(CREDENTIAL_TYPE) {
            // A list states no right; what else the issuers of a pack sign is not known here.
            return if is("BitstringStatusListCredential") {
                Ok(())
            } else {
                Err(Fault::new(P::Unsupported, What::Wanted { wanted: "an EntitlementCredential" })
                    .within("type"))
            };
        }
        let claims = verified.entitlement(&self.controllers)?;
        if loaded.pack.excess(&claims).is_some() {
            let what = What::Wanted { wanted: "something that record and grant let this issuer sign" };
            return Err(Fault::new(P::Cryptographic, what).within("issuer"));
        }
        let status = |problem, what| Err(Fault::new(problem, what).within("credentialStatus"));
        match loaded.pack.standing(&claims, loaded.pack.clock(device)) {
            Standing::ShortLived | Standing::Listed { status: Status::Valid, .. } => Ok(()),
            Standing::Listed { status: Status::Revoked, .. } => {
                status(P::StatusVerification, What::Status { status: "revoked" })
            }
            Standing::Listed { status: Status::Suspended, .. } => {
                status(P::StatusVerification, What::Status { status: "suspended" })
            }
            Standing::Listed { status: Status::Superseded, .. } => {
                status(P::StatusVerification, What::Status { status: "superseded" })
            }
            Standing::NoList => {
                status(P::StatusRetrieval, What::Wanted { wanted: "a list of the pack that may be used" })
            }
        }
    }
}

/// The did:web DIDs that a document names as issuer or by a verification method.
fn web_dids(document: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let credentials = document.get("verifiableCredential").map(one_or_many).unwrap_or_default();
    for part in std::iter::once(document).chain(credentials) {
        let issuer = part.get("issuer").map(|issuer| issuer.get("id").unwrap_or(issuer));
        let proofs = part.get("proof").map(one_or_many).unwrap_or_default();
        let methods = proofs.into_iter().filter_map(|proof| proof.get("verificationMethod"));
        found.extend(issuer.into_iter().chain(methods).filter_map(Value::as_str));
    }
    found
}

fn one_or_many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().take(FETCHES_MAX).collect(),
        one => vec![one],
    }
}

/// Fetches the documents of did:web DIDs of this machine. What is not there, or does not read, is unknown.
fn add_web_documents<'d>(controllers: &mut Controllers, dids: impl IntoIterator<Item = &'d str>) {
    let mut dids: Vec<&str> = dids
        .into_iter()
        .map(|did| did.split('#').next().unwrap_or(did))
        .filter(|did| did.starts_with("did:web:"))
        .collect();
    dids.sort_unstable();
    dids.dedup();
    for did in dids.into_iter().take(FETCHES_MAX) {
        let address = did_web_address(did).ok();
        let bytes = address.and_then(|address| fetch(&address, JWT.bytes_max));
        if let Some(document) = bytes.and_then(|bytes| DidDocument::parse(&bytes, did).ok()) {
            controllers.add(document);
        }
    }
}
