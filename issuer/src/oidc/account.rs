//! What a verified token says: whether it is for us and in its time, who it is, and what the account may do.

use sanad_credential::{Area, FixedBytes, Set, UnixTime};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Check, LEEWAY_SECONDS, Settings, Unverified};
use crate::audit::Actor;
use crate::role::{Role, Roles};
use crate::service::caller::{Caller, Reach};

/// Longest `sub` (OpenID Connect Core section 2), in bytes.
const SUB_BYTES_MAX: usize = 255;

/// Bytes of the hash that names an account in the log.
const ACCOUNT_BYTES: usize = 8;

/// Where in a token something stands: the name of a claim, or, with a slash in front, the path to it
/// (RFC 6901): `/realm_access/roles`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim(pub String);

/// An account, for as long as its token counts.
pub(super) struct Account {
    pub(super) caller: Caller,
    /// Not at this second any more.
    pub(super) until: UnixTime,
}

/// Reads the claims of a token whose signature holds.
pub(super) fn read(claims: &[u8], settings: &Settings, now: UnixTime) -> Result<Account, Unverified> {
    let refused = Unverified::Refused;
    // serde_json stops at 128 levels.
    let claims: Value = serde_json::from_slice(claims).map_err(|_| refused(Check::Claims))?;
    let text = |name| claims.get(name).and_then(Value::as_str);
    let plain = |address: &str| address.trim_end_matches('/').to_owned();
    if text("iss").map(plain) != Some(plain(&settings.issuer)) {
        return Err(refused(Check::Issuer));
    }
    if !texts(claims.get("aud"), Spaces::Keep).any(|audience| audience == settings.audience) {
        return Err(refused(Check::Audience));
    }
    let time = |name| match claims.get(name) {
        None => Ok(None),
        Some(value) => seconds(value).map(Some).ok_or(refused(Check::Times)),
    };
    let (end, now_seconds) = (time("exp")?.ok_or(refused(Check::Times))?, now.seconds());
    for begin in [time("nbf")?, time("iat")?].into_iter().flatten() {
        if begin > now_seconds.saturating_add(LEEWAY_SECONDS) {
            return Err(refused(Check::Times));
        }
    }
    let sub =
        text("sub").filter(|sub| (1..=SUB_BYTES_MAX).contains(&sub.len())).ok_or(refused(Check::Subject))?;
    let actor = actor(&settings.issuer, sub).ok_or(refused(Check::Subject))?;
    let reach = reach(&claims, settings).ok_or(refused(Check::Areas))?;
    let roles = roles(&claims, settings);
    // Last, so that only a token of which everything else holds is told to be over.
    let end = end.saturating_add(LEEWAY_SECONDS);
    if end <= now_seconds {
        return Err(Unverified::Expired);
    }
    // A token beyond the year 2199 is remembered as long as any.
    let until = UnixTime::new(end).or_else(|_| now.plus_seconds(LEEWAY_SECONDS)).unwrap_or(now);
    let caller = Caller { origin: actor.clone(), actor, roles, reach, delegate: None };
    Ok(Account { caller, until })
}

/// Who acts, without saying who it is. The length keeps provider and `sub` apart.
fn actor(issuer: &str, sub: &str) -> Option<Actor> {
    let length = u64::try_from(issuer.len()).ok()?.to_be_bytes();
    let hash = Sha256::new().chain_update(length).chain_update(issuer).chain_update(sub).finalize();
    let account: [u8; ACCOUNT_BYTES] = *hash.first_chunk()?;
    Actor::new(&format!("oidc:{}", FixedBytes(account))).ok()
}

/// The roles that the account has here; words that nobody knows give none.
fn roles(claims: &Value, settings: &Settings) -> Roles {
    let words = texts(settings.role_claim.find(claims), Spaces::Separate);
    Roles::new(words.filter_map(|word| {
        if settings.role_words.is_empty() {
            return Role::from_word(word).ok();
        }
        settings.role_words.iter().find(|(known, _)| known == word).map(|(_, role)| *role)
    }))
}

/// Where the account may act; none where a claim should say so and does not. What is no area is passed over: it makes the
/// reach smaller.
fn reach(claims: &Value, settings: &Settings) -> Option<Reach> {
    let Some(claim) = &settings.areas_claim else { return Some(Reach::Everywhere) };
    let mut areas: Vec<Area> =
        texts(claim.find(claims), Spaces::Separate).filter_map(|word| Area::new(word).ok()).collect();
    areas.sort_unstable();
    areas.dedup();
    Set::new(areas).ok().map(Reach::Within)
}

impl Claim {
    fn find<'v>(&self, claims: &'v Value) -> Option<&'v Value> {
        if self.0.starts_with('/') { claims.pointer(&self.0) } else { claims.get(&self.0) }
    }
}

/// What spaces in a text mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spaces {
    /// They are a part of it.
    Keep,
    /// They stand between several, as in `scope` (RFC 8693 section 4.2).
    Separate,
}

/// The texts of a value that is one or an array of them.
fn texts(value: Option<&Value>, spaces: Spaces) -> impl Iterator<Item = &str> {
    let several = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let one = value.and_then(Value::as_str);
    let apart = one.filter(|_| spaces == Spaces::Separate).into_iter().flat_map(|text| text.split(' '));
    let whole = one.filter(|_| spaces == Spaces::Keep).into_iter();
    several.iter().filter_map(Value::as_str).chain(apart).chain(whole).filter(|text| !text.is_empty())
}

/// A time of RFC 7519 section 2, in whole seconds.
fn seconds(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let seconds = value.as_f64().filter(|seconds| (0.0..=SECONDS_MAX).contains(seconds))?;
        format!("{seconds:.0}").parse().ok()
    })
}

/// The end of the year 2199: no token of ours is younger.
const SECONDS_MAX: f64 = 7_258_118_400.0;
