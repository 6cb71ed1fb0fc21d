//! The credential endpoint: a copy of the document that was offered, for each key that the wallet proves.
//!
//! Order: token, request, proofs, then one commit that uses the nonce up, takes the copies off the token and keeps them,
//! each with an id and a status index of its own ([`crate::copies`]); then whether the document is still in force, since
//! it may have been revoked meanwhile; only then the answer. A key that has a copy already is given the same one in any
//! form, so that a wallet may fetch several forms, or ask again after a broken connection.
//!
//! A suspended document makes a wallet wait ([`super::later`]). Refused are P-256 keys, which the claims cannot name.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{Claims, HolderKey, Status, UnixTime};
use sanad_openvc::{ExpectedHolderProof, JWT, PublicKey, Suite, parse_object, verify_holder_proof};
use serde_json::{Map, Value, json};

use super::refusal::{Refusal, private};
use super::{Form, identifier};
use crate::audit::{Act, Note};
use crate::copies::owed::{self, Owed};
use crate::copies::{self, COPIES_MAX, Counted};
use crate::issue::{Issuer, Prepared, check_record};
use crate::open_forms::FormFault;
use crate::permutation::Sequence;
use crate::register::{Digest, Record};
use crate::service::body::whole;
use crate::service::credentials::{claims_of, read};
use crate::service::extract::{BodyLimit, media_type};
use crate::service::openvc::forms::form_problem;
use crate::service::problem::{Problem, ProblemKind};
use crate::service::requests::blocking;
use crate::service::state::Service;
use crate::store::{Batch, Entry, Finding, Held, PaperWrite, Partly, Query, RecordsFault, is_in_force};
use crate::wallets::{self, BATCH_MAX, DEFERRED_SECONDS, Deferred, Granted, Kept, Kind, Notice, Waits};

/// How old a proof may be: a nonce's life.
const PROOF_SECONDS_MAX: u64 = wallets::NONCE_SECONDS;

/// What the standard calls a request that cannot be read.
pub(super) const MALFORMED: &str = "invalid_credential_request";

/// A token that asks on and on.
const ASKED_TOO_OFTEN: &str = "The token was used too often. The officer makes a new offer.";

/// What a wallet asks for.
struct Wanted {
    configuration: String,
    form: Form,
    proofs: Vec<String>,
}

/// Makes credentials for the keys that are proved.
#[utoipa::path(
    post, path = "/openid4vci/credential", tag = "open standards",
    request_body(content = Object, content_type = "application/json", description = "credential_configuration_id, proofs"),
    responses((status = 200, description = "Credentials", body = Object),
        (status = 202, description = "It waits", body = Object),
        (status = 400, description = "A refusal with a name of the standard", body = Object, content_type = "application/json"),
        (status = 401, description = "No access token that counts", body = Object, content_type = "application/json"),
        (status = 404, description = "No wallet is served here", content_type = "application/problem+json"))
)]
pub async fn credential(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    asked(service, &headers, request, |Asked { service, mut grant, body, now }| {
        let wanted = read_wanted(&body, &grant.content)?;
        grant.content = grant.content.asked().ok_or_else(|| denied(ASKED_TOO_OFTEN))?;
        let (keys, nonce) = prove(&service, &wanted.proofs, identifier(&service)?, now)?;
        let cti = grant.content.cti()?;
        let (held, claims) = read(&service, cti)?;
        match held.status {
            Status::Valid => {
                let mut making =
                    Making { service: &service, grant, claims: &claims, now, writes: vec![nonce] };
                making.answer(wanted.form, &keys)
            }
            Status::Suspended => wait(&service, grant, wanted.configuration, &keys, nonce, now),
            Status::Revoked | Status::Superseded => Err(denied("The credential is not in force any more.")),
        }
    })
    .await
}

/// What a wallet with a token asks.
pub(super) struct Asked {
    pub(super) service: Arc<Service>,
    pub(super) grant: Kept<Granted>,
    pub(super) body: Map<String, Value>,
    pub(super) now: UnixTime,
}

/// Hears a wallet out and answers on a thread of its own: where wallets are served at all, with a token that counts.
pub(super) async fn asked(
    service: Arc<Service>,
    headers: &HeaderMap,
    request: Request,
    answer: impl FnOnce(Asked) -> Result<Response, Refusal> + Send + 'static,
) -> Result<Response, Refusal> {
    identifier(&service)?;
    let token = bearer(headers)?;
    let body = read_body(request).await?;
    let now = service.now()?;
    let answered = blocking(move || {
        Ok(wallets::granted(service.issuer.store(), &token, now)
            .map_err(Refusal::from)
            .and_then(|grant| answer(Asked { grant: grant.ok_or(Refusal::Token)?, service, body, now })))
    });
    answered.await?
}

/// The token of a request.
fn bearer(headers: &HeaderMap) -> Result<String, Refusal> {
    let mut values = headers.get_all(axum::http::header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| Refusal::Token)?,
        _ => return Err(Refusal::Token),
    };
    let (scheme, token) = value.split_once(' ').ok_or(Refusal::Token)?;
    let is_token = scheme.eq_ignore_ascii_case("bearer") && (1..=128).contains(&token.len());
    if is_token { Ok(token.to_owned()) } else { Err(Refusal::Token) }
}

/// The JSON object of a body.
async fn read_body(request: Request) -> Result<Map<String, Value>, Refusal> {
    let malformed = |detail: String| Refusal::new(MALFORMED, detail);
    let limit = request.extensions().get().map_or(65_536, |BodyLimit(bytes)| *bytes);
    let (parts, body) = request.into_parts();
    media_type(&parts.headers, &["application/json"])
        .map_err(|problem| malformed(problem.detail.into_owned()))?;
    let bytes = whole(body, limit).await.map_err(|problem| match problem.kind {
        ProblemKind::BodyTooLarge => malformed(problem.detail.into_owned()),
        _ => Refusal::Problem(problem),
    })?;
    parse_object(&bytes, JWT).map_err(|fault| malformed(format!("{fault}.")))
}

pub(super) fn denied(why: &str) -> Refusal {
    Refusal::new("credential_request_denied", why)
}

fn read_wanted(body: &Map<String, Value>, granted: &Granted) -> Result<Wanted, Refusal> {
    let wrong = |detail: &str| Err(Refusal::new(MALFORMED, detail));
    if body.contains_key("credential_identifier") {
        let detail = "The token named no credential identifiers; ask by credential_configuration_id.";
        return Err(Refusal::new("unknown_credential_identifier", detail));
    }
    if body.contains_key("credential_response_encryption") {
        return Err(Refusal::new(
            "invalid_encryption_parameters",
            "Answers are not encrypted here beside TLS.",
        ));
    }
    if body.contains_key("proof") || body.contains_key("format") {
        return wrong(
            "proof and format are of drafts before 1.0; send proofs and credential_configuration_id.",
        );
    }
    let Some(configuration) = body.get("credential_configuration_id").and_then(Value::as_str) else {
        return wrong("credential_configuration_id is missing.");
    };
    let unknown = || {
        let detail = "The offer names the configurations that may be asked for.";
        Refusal::new("unknown_credential_configuration", detail)
    };
    let (form, _) = Form::of_configuration(configuration).ok_or_else(unknown)?;
    if !granted.configurations.iter().any(|offered| offered == configuration) {
        return Err(unknown());
    }
    let proofs = match body.get("proofs") {
        Some(Value::Object(proofs)) => proofs,
        _ => return Err(Refusal::new("invalid_proof", "Send proofs, with jwt: an array of proofs.")),
    };
    let jwts = match (proofs.len(), proofs.get("jwt")) {
        (1, Some(Value::Array(jwts))) => jwts,
        _ => return Err(Refusal::new("invalid_proof", "Only proofs of the type jwt are read here.")),
    };
    let proofs: Option<Vec<String>> = jwts.iter().map(|jwt| jwt.as_str().map(str::to_owned)).collect();
    match proofs {
        Some(proofs) if (1..=BATCH_MAX).contains(&proofs.len()) => {
            Ok(Wanted { configuration: configuration.to_owned(), form, proofs })
        }
        _ => Err(Refusal::new("invalid_proof", format!("Send 1 to {BATCH_MAX} proofs, each a text."))),
    }
}

/// The keys that are proved, each once, and the write that uses their nonce up.
fn prove(
    service: &Service,
    proofs: &[String],
    identifier: &str,
    now: UnixTime,
) -> Result<(Vec<HolderKey>, PaperWrite), Refusal> {
    let expected = ExpectedHolderProof { audience: identifier, now, age_seconds_max: PROOF_SECONDS_MAX };
    let (mut keys, mut nonces) = (Vec::new(), Vec::new());
    for proof in proofs {
        let proved = verify_holder_proof(proof, &expected)
            .map_err(|fault| Refusal::new("invalid_proof", format!("{fault}.")))?;
        let PublicKey::Ed25519(key) = proved.key else {
            return Err(Refusal::new("invalid_proof", "Prove an Ed25519 key, with the algorithm EdDSA."));
        };
        if keys.contains(&HolderKey(key)) {
            return Err(Refusal::new("invalid_proof", "Each key is proved once."));
        }
        keys.push(HolderKey(key));
        nonces.push(proved.nonce);
    }
    let invalid =
        || Refusal::new("invalid_nonce", "Fetch a nonce, and use it for the proofs of one request.");
    let nonce = nonces.first().ok_or_else(invalid)?;
    if nonces.iter().any(|other| other != nonce) {
        return Err(invalid());
    }
    let spent = service.wallets.nonces.spend(nonce, now)?.ok_or_else(invalid)?;
    // Asked before anything is made; the commit asks again.
    if service.issuer.store().paper(&spent.key)?.is_some() {
        return Err(invalid());
    }
    Ok((keys, spent))
}

/// Remembers what has to wait until a suspension ends.
fn wait(
    service: &Service,
    grant: Kept<Granted>,
    configuration: String,
    keys: &[HolderKey],
    nonce: PaperWrite,
    now: UnixTime,
) -> Result<Response, Refusal> {
    let transaction = wallets::secret()?;
    // Prolonged once: a token does not live for as long as it is used.
    let until = match grant.content.waits {
        Waits::Never => now.seconds().saturating_add(DEFERRED_SECONDS),
        Waits::Once => grant.content.until,
    };
    let deferred = Deferred {
        until,
        token: grant.key.id.to_string(),
        configuration,
        keys: keys.iter().map(|HolderKey(key)| key.to_string()).collect(),
    };
    // The token is asked for again with the transaction, so it lasts as long.
    let longer = Granted { until, waits: Waits::Once, ..grant.content.clone() };
    let paper = wallets::new_paper(Kind::Deferred.key(&transaction)?, &deferred)?;
    commit(service, &[], &[nonce, grant.write(&longer)?, paper])?;
    let answer = json!({"transaction_id": *transaction, "interval": super::later::INTERVAL_SECONDS});
    Ok(private(StatusCode::ACCEPTED, &answer))
}

/// Keeps documents and writes papers, all or nothing.
fn commit(service: &Service, entries: &[Entry], writes: &[PaperWrite]) -> Result<(), Refusal> {
    let store = service.issuer.store();
    let done = if entries.is_empty() {
        store.write_papers(writes, &[])
    } else {
        let batch = Batch { partly: Partly::Refused, entries, papers: writes, notes: &[] };
        store.keep(&batch).map(|_| ())
    };
    done.map_err(|fault| match fault {
        RecordsFault::Overtaken { id } if id.as_str().starts_with("nonce-") => {
            Refusal::new("invalid_nonce", "The nonce was used. Fetch another.")
        }
        // The token was used at the same time.
        RecordsFault::Overtaken { .. } | RecordsFault::NotKept { .. } => Refusal::Problem(Problem::new(
            ProblemKind::Overtaken,
            "Fetch a nonce and send the request again.",
        )),
        fault => fault.into(),
    })
}

/// The making of copies of one document for one token.
pub(super) struct Making<'s> {
    pub(super) service: &'s Service,
    pub(super) grant: Kept<Granted>,
    /// Of the document.
    pub(super) claims: &'s Claims,
    pub(super) now: UnixTime,
    /// What is written with the copies.
    pub(super) writes: Vec<PaperWrite>,
}

impl Making<'_> {
    /// The answer with a copy for each key.
    pub(super) fn answer(&mut self, form: Form, keys: &[HolderKey]) -> Result<Response, Refusal> {
        let copies = self.copies(keys)?;
        let mut credentials = Vec::with_capacity(copies.len());
        for (claims, document) in &copies {
            let credential = self.in_form(form, claims, document)?;
            credentials.push(json!({"credential": credential}));
        }
        let notification = wallets::secret()?;
        let notice = Notice {
            until: self.now.seconds().saturating_add(DEFERRED_SECONDS),
            token: self.grant.key.id.to_string(),
            event: None,
        };
        let paper = wallets::new_paper(Kind::Notice.key(&notification)?, &notice)?;
        self.service.issuer.store().write_papers(&[paper], &[])?;
        metrics::counter!("sanad_wallet_credentials_total")
            .increment(u64::try_from(credentials.len()).unwrap_or(u64::MAX));
        let answer = json!({"credentials": credentials, "notification_id": *notification});
        Ok(private(StatusCode::OK, &answer))
    }

    fn in_form(&self, form: Form, claims: &Claims, document: &[u8]) -> Result<Value, Refusal> {
        let issuer = &self.service.issuer;
        let refused = |fault: FormFault| Refusal::Problem(form_problem(claims, &fault));
        Ok(match form {
            Form::SdJwt => issuer.as_sd_jwt(claims, self.now).map_err(refused)?.into(),
            Form::LdpVc => {
                Value::Object(issuer.as_credential(claims, Suite::Rdfc, self.now).map_err(refused)?)
            }
            Form::Cwt => URL_SAFE_NO_PAD.encode(document).into(),
        })
    }

    /// A copy for each key: the one that it has, or a new one. On return all are on the disk, linked to their document,
    /// and have its status.
    fn copies(&mut self, keys: &[HolderKey]) -> Result<Vec<(Claims, Vec<u8>)>, Refusal> {
        let (issuer, cti) = (&self.service.issuer, self.claims.cti);
        let counted = Counted::read(issuer.store(), cti)?;
        let known = &counted.known;
        let mut records = Vec::new();
        let mut found: Vec<Option<Held>> = Vec::with_capacity(keys.len());
        for key in keys {
            let record = self.record(*key)?;
            let held = issuer.store().find(&Query::Record(record.digest), None, 1)?.into_iter().next();
            match &held {
                None => records.push(record),
                Some(held) if known.contains(&held.issued.cti) && is_in_force(held.status) => {}
                Some(_) => return Err(denied("A credential of this key is not in force any more.")),
            }
            found.push(held);
        }
        if records.len() > self.grant.content.left || known.len().saturating_add(records.len()) > COPIES_MAX {
            return Err(denied("No more copies can be made with this offer, or of this credential."));
        }
        let owed = Owed::new(cti, &self.grant.content.by()?, self.now)?;
        if !records.is_empty() {
            self.writes.extend([counted.with(records.len()), owed.write()?]);
        }
        let mut fresh = self.sign(&records)?.into_iter();
        let mut all = Vec::with_capacity(keys.len());
        for held in found {
            match held {
                Some(held) => all.push((claims_of(&held.issued)?, held.issued.document)),
                None => {
                    let made = fresh.next().ok_or_else(|| Problem::internal(&"fewer copies than keys"))?;
                    all.push((made.claims, made.issued.document));
                }
            }
        }
        // Whoever revoked the document between our look and our commit did not see the copies: they follow it now.
        let by = self.grant.content.by()?;
        let status = owed::follow(issuer.store(), cti, &by, self.now)?;
        if !records.is_empty() {
            owed.settled(issuer.store())?;
        }
        match status {
            Status::Valid => Ok(all),
            _ => Err(denied("The credential is not in force any more.")),
        }
    }

    /// The document's record, for a key.
    fn record(&self, key: HolderKey) -> Result<Record, Refusal> {
        let (config, claims) = (&self.service.issuer.config, self.claims);
        let (right, common, exp) = (claims.right.clone(), claims.common.clone(), Some(claims.exp));
        let digest = Digest::of(config.record.iss(), &right, &common, exp, Some(key));
        let digest = digest.map_err(|fault| Problem::internal(&fault))?;
        let record = Record { line: 0, digest, right, common, exp, holder: Some(key) };
        check_record(config, &record, self.now)
            .map_err(|fault| denied(&format!("No copy can be made for a phone: {fault}.")))?;
        Ok(record)
    }

    /// Signs copies and keeps them with everything that belongs to them.
    fn sign(&mut self, records: &[Record]) -> Result<Vec<Prepared>, Refusal> {
        let issuer: &Issuer = &self.service.issuer;
        let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let numbers: Vec<u64> = match count {
            0 => Vec::new(),
            count => self.service.wallets.numbers.take(issuer, count)?.collect(),
        };
        let tasks: Vec<_> = records
            .iter()
            .zip(&numbers)
            .map(|(record, number)| (record, Sequence(*number), self.now))
            .collect();
        let (mut prepared, mut entries) = (Vec::new(), Vec::new());
        let who = self.grant.content.by()?;
        for document in issuer.prepare_all(tasks) {
            let document = document.map_err(|fault| match fault {
                crate::issue::IssueFault::Sign(sign) => {
                    tracing::error!(cause = %sign, "no key signed");
                    Problem::new(ProblemKind::NotReady, "No key can sign now. Try again later.")
                }
                other => Problem::internal(&other),
            })?;
            let Prepared { issued, claims } = &document;
            self.writes.push(copies::link(self.claims.cti, issued.cti)?);
            let note = Note {
                at: self.now,
                who: who.clone(),
                act: Act::Issue,
                on: issued.cti.to_string(),
                detail: format!("copy-of={}", self.claims.cti),
            };
            entries.push(Entry {
                issued: issued.clone(),
                finding: Finding::of(claims),
                supersedes: None,
                request: None,
                note: Some(note),
            });
            prepared.push(document);
        }
        let left = self.grant.content.left.saturating_sub(records.len());
        self.writes.push(self.grant.write(&Granted { left, ..self.grant.content.clone() })?);
        commit(self.service, &entries, &self.writes)?;
        Ok(prepared)
    }
}
