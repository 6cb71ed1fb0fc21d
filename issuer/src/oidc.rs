//! Accounts of an identity provider: OpenID Connect bearer tokens, verified against its published keys.
//!
//! Order of checks: the form and size; the header (algorithm and key id, and nothing else of it is believed); the
//! algorithm is one that the configuration lists, and is never `none` nor one with a shared secret; the key with that id
//! *and* that algorithm is among the provider's (`keys`); the signature; only then the claims: `iss`, `aud`, `exp`,
//! `nbf`, `iat`, `sub`, roles, areas (`account`). What a header says of where keys are (`jku`, `x5u`, `jwk`, `x5c`) is
//! not read, and a header with `crit` is refused (RFC 7515 section 4.1.11, RFC 8725).
//!
//! A person's `sub` never gets further than this module: who acts is `oidc:` and the first 16 hexadecimal digits of
//! SHA-256 over provider and `sub`.
//!
//! Verified tokens are remembered for [`KEPT_FOR`], by their hash, until their own end and until the provider's keys
//! change: an RSA signature takes longer than many a request.

mod account;
mod fetch;
mod keys;

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{Json, Limits, UnixTime};
use sha2::{Digest as _, Sha256};

pub use self::account::Claim;
pub use self::fetch::Pace;
use self::fetch::{KeyKeeper, NoKey, Source};
pub use self::keys::{Algorithm, KeySet, KeySetFault};
use crate::role::Role;
use crate::service::bearer::SignedToken;
use crate::service::caller::Caller;

/// How long a verified token is not verified again.
pub const KEPT_FOR: Duration = Duration::from_secs(60);

/// Clocks of provider and issuer may differ by so many seconds.
pub const LEEWAY_SECONDS: u64 = 60;

/// Verified tokens that are remembered at a time.
const KEPT_MAX: usize = 4_096;

/// A header has an algorithm, a key id and a type; some have a certificate chain that nobody here reads.
const HEADER_LIMITS: Limits = Limits { bytes_max: 6_144, depth_max: 4, entries_max: 32, values_max: 64 };

/// Longest id of a key.
const KID_BYTES_MAX: usize = 256;

/// What is known of an identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `iss` of its tokens; a slash at the end counts neither here nor there.
    pub issuer: String,
    /// Who the tokens are for: must be in `aud`.
    pub audience: String,
    /// Where its keys are.
    pub keys: KeysAt,
    /// Algorithms that are accepted.
    pub algorithms: Vec<Algorithm>,
    /// The claim with the roles.
    pub role_claim: Claim,
    /// What the provider calls the roles; their own words where this is empty.
    pub role_words: Vec<(String, Role)>,
    /// The claim with the areas. Where it is named every token must have it; where it is not, every account acts
    /// wherever the issuer may.
    pub areas_claim: Option<Claim>,
}

/// Where the keys of an identity provider are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysAt {
    /// Fetched: https, or http on this machine.
    Url(String),
    /// Brought by hand.
    File(PathBuf),
}

/// An identity provider, and its keys as they were last seen.
pub struct Provider {
    settings: Settings,
    keys: KeyKeeper,
    kept: Mutex<HashMap<[u8; 32], Kept>>,
}

/// Why there is no provider.
#[derive(Debug, thiserror::Error)]
pub enum ProviderFault {
    /// Keys that come over the network in the clear are anybody's.
    #[error("oidc.jwks_url: {0} is neither https nor http on this machine")]
    Address(String),
    /// Nothing would be accepted.
    #[error("oidc.algorithms: none is listed")]
    NoAlgorithm,
    /// No thread.
    #[error("no thread for the keys of the identity provider: {0}")]
    Thread(std::io::Error),
}

/// Why a token was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    /// Everything holds but its end, which is over.
    Expired,
    /// The keys of the provider have not been seen, or not for too long.
    NoKeys,
    /// The first check that failed.
    Refused(Check),
}

/// The checks, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The header is the JSON that is read here.
    Header,
    /// `typ` is that of a token.
    Type,
    /// No extension that has to be understood.
    Critical,
    /// The algorithm is one that is listed.
    Algorithm,
    /// The key is known.
    Key,
    /// The signature holds.
    Signature,
    /// The claims are JSON.
    Claims,
    /// `iss`.
    Issuer,
    /// `aud`.
    Audience,
    /// `exp`, `nbf`, `iat` are there and are numbers, and the token is not of the future.
    Times,
    /// `sub`.
    Subject,
    /// The areas are there.
    Areas,
}

struct Kept {
    caller: Caller,
    /// Not at this second any more.
    until: UnixTime,
    verified: Instant,
    keys: Arc<KeySet>,
}

struct Header {
    algorithm: Algorithm,
    kid: String,
}

impl Provider {
    /// Starts to follow the keys of a provider. It need not answer yet.
    ///
    /// # Errors
    /// [`ProviderFault`].
    pub fn start(settings: Settings, pace: Pace) -> Result<Self, ProviderFault> {
        if settings.algorithms.is_empty() {
            return Err(ProviderFault::NoAlgorithm);
        }
        let source = match &settings.keys {
            KeysAt::Url(url) => {
                Source::url(url, pace.timeout).ok_or_else(|| ProviderFault::Address(url.clone()))?
            }
            KeysAt::File(path) => Source::File(path.clone()),
        };
        let keys = KeyKeeper::start(source, pace).map_err(ProviderFault::Thread)?;
        Ok(Self { settings, keys, kept: Mutex::default() })
    }

    /// The account of a token that was verified a moment ago.
    pub(crate) fn kept(&self, signed: SignedToken<'_>, now: UnixTime) -> Option<Caller> {
        let kept = self.kept_tokens();
        let found = kept.get(&hash(signed))?;
        let holds = found.verified.elapsed() < KEPT_FOR && now < found.until && self.keys.are(&found.keys);
        holds.then(|| found.caller.clone())
    }

    /// Verifies a token; takes new keys from the provider where it names one that is not known, once a minute at most.
    pub(crate) async fn verify(&self, signed: SignedToken<'_>, now: UnixTime) -> Result<Caller, Unverified> {
        let verified = self.verify_now(signed, now).await;
        if let Err(why) = &verified {
            tracing::debug!(?why, "a signed token was not accepted");
        }
        verified
    }

    async fn verify_now(&self, signed: SignedToken<'_>, now: UnixTime) -> Result<Caller, Unverified> {
        let header = Header::read(signed.header).map_err(Unverified::Refused)?;
        if !self.settings.algorithms.contains(&header.algorithm) {
            return Err(Unverified::Refused(Check::Algorithm));
        }
        let keys = self.keys.with(&header.kid, header.algorithm).await.map_err(|why| match why {
            NoKey::NotSeen => Unverified::NoKeys,
            NoKey::Unknown => Unverified::Refused(Check::Key),
        })?;
        let holds = {
            let (keys, message, signature) =
                (Arc::clone(&keys), signed.message.to_owned(), signed.signature.to_owned());
            let verify = move || keys.verify(&header.kid, header.algorithm, message.as_bytes(), &signature);
            tokio::task::spawn_blocking(verify).await.unwrap_or(false)
        };
        if !holds {
            return Err(Unverified::Refused(Check::Signature));
        }
        let claims = decoded(signed.payload).ok_or(Unverified::Refused(Check::Claims))?;
        let account = account::read(&claims, &self.settings, now)?;
        self.keep(
            signed,
            Kept { caller: account.caller.clone(), until: account.until, verified: Instant::now(), keys },
        );
        Ok(account.caller)
    }

    fn keep(&self, signed: SignedToken<'_>, verified: Kept) {
        let mut kept = self.kept_tokens();
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, entry| entry.verified.elapsed() < KEPT_FOR);
            if kept.len() >= KEPT_MAX {
                return;
            }
        }
        kept.insert(hash(signed), verified);
    }

    fn kept_tokens(&self) -> MutexGuard<'_, HashMap<[u8; 32], Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Header {
    fn read(encoded: &str) -> Result<Self, Check> {
        let bytes = decoded(encoded).ok_or(Check::Header)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Check::Header)?;
        let json = Json::parse(text, HEADER_LIMITS).map_err(|_| Check::Header)?;
        let mut members = json.object().map_err(|_| Check::Header)?;
        if members.optional("crit").is_some() {
            return Err(Check::Critical);
        }
        if let Some(typ) = members.optional("typ") {
            let typ = typ.text().map_err(|_| Check::Type)?;
            if !TYPES.iter().any(|known| typ.eq_ignore_ascii_case(known)) {
                return Err(Check::Type);
            }
        }
        let mut text = |name| members.required(name).and_then(|json| json.text().map(str::to_owned));
        let algorithm = text("alg").map_err(|_| Check::Header)?;
        let algorithm = Algorithm::from_word(&algorithm).ok_or(Check::Algorithm)?;
        // A token that names no key would be tried with whatever key is there.
        let kid = text("kid").ok().filter(|kid| kid.len() <= KID_BYTES_MAX).ok_or(Check::Key)?;
        Ok(Self { algorithm, kid })
    }
}

/// The algorithm and the key that a token's header names, unverified: what is looked for, and nothing that is believed.
///
/// # Errors
/// The first check of the header that fails.
pub fn named_key(signed: SignedToken<'_>) -> Result<(Algorithm, String), Check> {
    Header::read(signed.header).map(|header| (header.algorithm, header.kid))
}

/// RFC 7519 section 5.1 and RFC 9068 section 2.1. Other signed things of a provider are no access tokens.
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

fn decoded(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

fn hash(signed: SignedToken<'_>) -> [u8; 32] {
    Sha256::new()
        .chain_update(signed.message)
        .chain_update(".")
        .chain_update(signed.signature)
        .finalize()
        .into()
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Tokens are no text for a log.
impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({})", self.settings.issuer)
    }
}

#[cfg(test)]
#[allow(
    clippy::as_conversions,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]
mod tests;
