//! Data Integrity proofs with eddsa-rdfc-2022 and eddsa-jcs-2022 (Data Integrity EdDSA Cryptosuites 1.0), sets and
//! chains of them.
//!
//! Every proof of a document must verify. Refuses unknown members, suites and purposes, a proof whose `previousProof`
//! names no other proof, another challenge or domain, and what JSON-LD would drop.

use std::collections::BTreeSet;

use sanad_credential::{Sign, UnixTime};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::canonical::canonical;
use crate::did::{Controllers, Purpose, method_of};
use crate::document::{is_not, member, object, one_or_many, text, text_member};
use crate::fault::{Fault, Problem, What};
use crate::jcs;
use crate::jsonld::dataset;
use crate::multibase::{from_base58, to_base58};
use crate::profile::Profile;
use crate::time::Stamp;

/// Proofs of one document; a set of an agency and a notary has two.
const PROOFS_MAX: usize = 8;

/// How far a signer's clock may be ahead.
const SKEW_SECONDS: u64 = 300;

/// A cryptosuite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// `eddsa-rdfc-2022`: what is signed is the RDF dataset. For wallets that take `ldp_vc`.
    Rdfc,
    /// `eddsa-jcs-2022`: what is signed is the canonical JSON. Many times faster.
    Jcs,
}

impl Suite {
    /// The name in proofs.
    pub const fn name(self) -> &'static str {
        match self {
            Suite::Rdfc => "eddsa-rdfc-2022",
            Suite::Jcs => "eddsa-jcs-2022",
        }
    }

    fn from_name(name: &str) -> Result<Self, Fault> {
        match name {
            "eddsa-rdfc-2022" => Ok(Suite::Rdfc),
            "eddsa-jcs-2022" => Ok(Suite::Jcs),
            other => Err(Fault::unknown(Problem::ProofVerification, "cryptosuite", other)),
        }
    }
}

/// What a proof says beside its signature.
#[derive(Clone, Copy, Debug)]
pub struct ProofOptions<'p> {
    /// The suite.
    pub suite: Suite,
    /// The key, as `DID#fragment`.
    pub verification_method: &'p str,
    /// What the key is used for.
    pub purpose: Purpose,
    /// Time of signing.
    pub created: Option<UnixTime>,
    /// What the verifier asked to be signed.
    pub challenge: Option<&'p str>,
    /// For whom it is signed.
    pub domain: Option<&'p str>,
    /// Address of the proof, by which others in a chain name it.
    pub id: Option<&'p str>,
    /// Addresses of the proofs that this one vouches for.
    pub previous: &'p [&'p str],
}

/// What a verifier expects of the proofs.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'e> {
    /// What the keys are used for.
    pub purpose: Purpose,
    /// The challenge, where one was given.
    pub challenge: Option<&'e str>,
    /// The domain, where one was given.
    pub domain: Option<&'e str>,
    /// The time, for `created` and `expires`; none where the machine does not know it.
    pub now: Option<UnixTime>,
}

/// A proof that verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedProof {
    /// Whose key it was.
    pub controller: String,
    /// Which key.
    pub verification_method: String,
    /// The suite; none where a JWT around the document was verified.
    pub suite: Option<Suite>,
}

/// Members of a proof. All of them are terms of the base context, so that JSON-LD drops none.
const MEMBERS: [&str; 13] = [
    "@context",
    "challenge",
    "created",
    "cryptosuite",
    "domain",
    "expires",
    "id",
    "nonce",
    "previousProof",
    "proofPurpose",
    "proofValue",
    "type",
    "verificationMethod",
];

/// The document with one more proof: beside those that are there, and over those of them that it names as `previous`.
///
/// # Errors
/// [`Problem::ProofVerification`] for a previous proof that is not there; [`Problem::DataLoss`], [`Problem::ProofTransformation`], [`Problem::ProofGeneration`].
pub fn add_proof<S: Sign>(
    document: &Map<String, Value>,
    options: &ProofOptions<'_>,
    profile: Profile,
    signer: &S,
) -> Result<Map<String, Value>, Fault> {
    let mut proof = Map::new();
    if options.suite == Suite::Jcs
        && let Some(context) = document.get("@context")
    {
        proof.insert("@context".into(), context.clone());
    }
    proof.insert("type".into(), "DataIntegrityProof".into());
    proof.insert("cryptosuite".into(), options.suite.name().into());
    proof.insert("verificationMethod".into(), options.verification_method.into());
    proof.insert("proofPurpose".into(), options.purpose.name().into());
    let created = options.created.map(|created| created.to_string());
    let optional = [
        ("created", created.as_deref()),
        ("challenge", options.challenge),
        ("domain", options.domain),
        ("id", options.id),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            proof.insert(name.into(), value.into());
        }
    }
    match options.previous {
        [] => {}
        [one] => {
            proof.insert("previousProof".into(), (*one).into());
        }
        several => {
            proof.insert("previousProof".into(), json!(several));
        }
    }
    let mut signed = document.clone();
    let mut proofs: Vec<Value> = match signed.remove("proof") {
        Some(Value::Array(proofs)) => proofs,
        Some(proof) => vec![proof],
        None => Vec::new(),
    };
    // Of the proofs that are there, those that it names and no others: the rest stand beside it, as a set.
    let previous = previous_proofs(&proof, &proofs)?;
    let hash = hash_data(&signed, &proof, &previous, options.suite, profile)?;
    let signature = signer.sign(&hash).map_err(|_| Fault::new(Problem::ProofGeneration, What::Signer))?;
    proof.insert("proofValue".into(), to_base58(&signature).into());
    proofs.push(Value::Object(proof));
    let proof = match <[Value; 1]>::try_from(proofs) {
        Ok([one]) => one,
        Err(several) => Value::Array(several),
    };
    signed.insert("proof".into(), proof);
    Ok(signed)
}

/// A document whose proofs verified: what they cover, and whose they are.
#[derive(Clone, Debug)]
pub struct Secured {
    /// The document without its proofs.
    pub document: Map<String, Value>,
    /// The proofs, in their order.
    pub proofs: Vec<VerifiedProof>,
}

/// Verifies every proof of a document of any kind. What the document says, and whether one of the controllers is its
/// issuer, is not asked: that is [`crate::verify_credential`].
///
/// # Errors
/// The first fault at its place.
pub fn verify_proofs(
    document: &Map<String, Value>,
    expected: &Expected<'_>,
    controllers: &Controllers,
) -> Result<Secured, Fault> {
    let within = |fault: Fault| fault.within("proof");
    let mut unsecured = document.clone();
    let proofs = unsecured.remove("proof").ok_or_else(|| Fault::missing().within("proof"))?;
    let proofs = one_or_many(&proofs);
    if proofs.is_empty() || proofs.len() > PROOFS_MAX {
        let what = What::TooMany { unit: "proofs", found: proofs.len(), max: PROOFS_MAX };
        return Err(within(Fault::new(Problem::MalformedValue, what)));
    }
    let mut secured = Secured { document: unsecured, proofs: Vec::new() };
    for (position, proof) in proofs.iter().enumerate() {
        let place = |fault: Fault| within(if proofs.len() == 1 { fault } else { fault.at_entry(position) });
        let proof = object(proof).map_err(place)?;
        let verified = verify_one(&secured.document, proof, proofs, expected, controllers).map_err(place)?;
        secured.proofs.push(verified);
    }
    Ok(secured)
}

fn verify_one(
    document: &Map<String, Value>,
    proof: &Map<String, Value>,
    all: &[Value],
    expected: &Expected<'_>,
    controllers: &Controllers,
) -> Result<VerifiedProof, Fault> {
    let verification = |fault: Fault| fault.with_problem(Problem::ProofVerification);
    if let Some(name) = proof.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(Fault::unknown(Problem::DataLoss, "member of a proof", name));
    }
    if text_member(proof, "type")? != "DataIntegrityProof" {
        return Err(Fault::unknown(Problem::ProofVerification, "proof type", text_member(proof, "type")?)
            .within("type"));
    }
    let suite =
        Suite::from_name(text_member(proof, "cryptosuite")?).map_err(|fault| fault.within("cryptosuite"))?;
    let purpose = Purpose::from_name(text_member(proof, "proofPurpose")?)
        .map_err(|fault| fault.within("proofPurpose"))?;
    if purpose != expected.purpose {
        return Err(Fault::differs(
            Problem::ProofVerification,
            "the purpose of the proof and the one wanted",
        )
        .within("proofPurpose"));
    }
    answers(proof, expected)?;
    in_time(proof, expected.now)?;
    let signature = from_base58(text_member(proof, "proofValue")?)
        .map_err(|fault| verification(fault).within("proofValue"))?;
    let signature: [u8; 64] =
        signature.try_into().map_err(|_| verification(Fault::wanted("64 bytes")).within("proofValue"))?;
    let method =
        controllers.method(method_of(proof)?, purpose).map_err(|fault| fault.within("verificationMethod"))?;
    let previous = previous_proofs(proof, all)?;
    let mut options = proof.clone();
    options.remove("proofValue");
    match (suite, proof.get("@context")) {
        // The standard lets a document have more contexts than were signed, and drops them; here such a document is
        // refused, so that nobody reads what nobody signed.
        (Suite::Jcs, Some(context)) if document.get("@context") != Some(context) => {
            return Err(Fault::differs(Problem::ProofVerification, "the contexts of document and proof")
                .within("@context"));
        }
        (Suite::Rdfc, Some(_)) => {
            return Err(Fault::unknown(Problem::ProofVerification, "member of a proof", "@context"));
        }
        (Suite::Jcs | Suite::Rdfc, _) => {}
    }
    let hash = hash_data(document, &options, &previous, suite, controllers.profile())?;
    if !matches!(method.key, crate::keys::PublicKey::Ed25519(_)) {
        return Err(Fault::wanted("an Ed25519 key")
            .with_problem(Problem::Cryptographic)
            .within("verificationMethod"));
    }
    method.key.verify(&hash, &signature).map_err(verification)?;
    Ok(VerifiedProof { controller: method.controller, verification_method: method.id, suite: Some(suite) })
}

/// Challenge and domain are what the verifier asked for.
fn answers(proof: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), Fault> {
    if let Some(challenge) = expected.challenge
        && proof.get("challenge").and_then(Value::as_str) != Some(challenge)
    {
        return Err(Fault::differs(Problem::InvalidChallenge, "the challenges").within("challenge"));
    }
    if let Some(domain) = expected.domain {
        let signed = proof.get("domain").map(one_or_many).unwrap_or_default();
        if !signed.iter().any(|signed| signed.as_str() == Some(domain)) {
            return Err(Fault::differs(Problem::InvalidDomain, "the domains").within("domain"));
        }
    }
    Ok(())
}

fn in_time(proof: &Map<String, Value>, now: Option<UnixTime>) -> Result<(), Fault> {
    let time = |name: &'static str| {
        let read = |value| text(value).and_then(|text| Ok((Stamp::parse(text)?, text)));
        proof.get(name).map(read).transpose().map_err(|fault| fault.within(name))
    };
    let (created, expires) = (time("created")?, time("expires")?);
    let Some(now) = now else { return Ok(()) };
    if let Some((created, text)) = created
        && created > Stamp::of(now.plus_seconds(SKEW_SECONDS).unwrap_or(now))
    {
        return Err(Fault::time("signed in the future", text, now).within("created"));
    }
    if let Some((expires, text)) = expires
        && expires < Stamp::of(now)
    {
        return Err(Fault::time("the proof has expired", text, now).within("expires"));
    }
    Ok(())
}

/// The proofs that this one vouches for, as they stand in the document.
fn previous_proofs(proof: &Map<String, Value>, all: &[Value]) -> Result<Vec<Value>, Fault> {
    let Some(previous) = proof.get("previousProof") else { return Ok(Vec::new()) };
    let place = |fault: Fault| fault.within("previousProof");
    let wanted: BTreeSet<&str> =
        one_or_many(previous).iter().map(text).collect::<Result<_, _>>().map_err(place)?;
    if wanted.is_empty() || proof.get("id").and_then(Value::as_str).is_some_and(|id| wanted.contains(id)) {
        return Err(place(Fault::wanted("the id of another proof")));
    }
    let id_of = |proof: &Value| proof.get("id").and_then(Value::as_str).map(str::to_owned);
    for id in &wanted {
        if all.iter().filter(|proof| id_of(proof).as_deref() == Some(id)).count() != 1 {
            return Err(place(Fault::unknown(Problem::ProofVerification, "proof", id)));
        }
    }
    let named = |proof: &&Value| id_of(proof).is_some_and(|id| wanted.contains(id.as_str()));
    Ok(all.iter().filter(named).cloned().collect())
}

/// What is signed: the hash of the proof's options, then that of the document.
fn hash_data(
    document: &Map<String, Value>,
    options: &Map<String, Value>,
    previous: &[Value],
    suite: Suite,
    profile: Profile,
) -> Result<[u8; 64], Fault> {
    let with_previous;
    let document = if previous.is_empty() {
        document
    } else {
        let mut chained = document.clone();
        chained.insert("proof".into(), Value::Array(previous.to_vec()));
        with_previous = chained;
        &with_previous
    };
    let (options, document) = match suite {
        Suite::Jcs => (jcs::canonical(options)?, jcs::canonical(document)?),
        Suite::Rdfc => {
            let mut configuration = options.clone();
            configuration.insert("@context".into(), member(document, "@context")?.clone());
            (rdfc(&configuration, profile)?.into_bytes(), rdfc(document, profile)?.into_bytes())
        }
    };
    let mut hash = [0; 64];
    let halves = Sha256::digest(options).into_iter().chain(Sha256::digest(document));
    for (byte, half) in hash.iter_mut().zip(halves) {
        *byte = half;
    }
    Ok(hash)
}

/// RDFC-1.0 over the dataset.
fn rdfc(members: &Map<String, Value>, profile: Profile) -> Result<String, Fault> {
    let dataset = dataset(members, profile)?;
    canonical(&dataset.quads, dataset.blank_nodes)
}

/// The proof of a document must be an object or an array of objects: what is anything else is no proof.
pub(crate) fn has_proof(document: &Map<String, Value>) -> Result<(), Fault> {
    match document.get("proof") {
        Some(Value::Object(_) | Value::Array(_)) => Ok(()),
        Some(other) => Err(is_not(other, "a proof").within("proof")),
        None => Err(Fault::missing().within("proof")),
    }
}
