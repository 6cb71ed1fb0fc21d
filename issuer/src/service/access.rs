//! Who a request comes from, asked once for each, in front of every route that is not public.
//!
//! [`authenticate`] is a layer of the router. It reads the header ([`super::bearer`]), finds the API token or verifies the
//! signed token ([`crate::oidc`]), counts the request of its caller, and leaves the [`Caller`] for the handlers; a handler
//! that takes a `Caller` where the layer is missing refuses everybody.
//!
//! **Bounds.** What the store says of a token and of its delegation is kept for [`STALE`]: a token that is withdrawn, a
//! delegation that is revoked, stop everywhere within that time, and in the process that withdrew it at once. When the
//! store does not answer, nobody gets in on what was known longer ago.
//!
//! **Failures.** An unknown id, a wrong secret and a token of the wrong form are answered alike, and each costs the same
//! look into the store or the same refusal to look ([`super::rates`]).

mod kept;

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sanad_credential::{DelegationId, UnixTime};
pub use sanad_listener::http::Peer;
use sanad_listener::http::exchange::CallerName;

use self::kept::{Bound, KeptTokens, Look};
use super::bearer::{Bearer, NoBearer, SignedToken};
use super::caller::{Caller, Delegate};
use super::problem::{Problem, ProblemKind};
use super::rates::{ATTEMPT_EVERY, ATTEMPTS, Attempts, Rates, Wait};
use super::requests::blocking;
use crate::delegation;
use crate::issue::Issuer;
use crate::oidc::{Provider, Unverified};
use crate::store::RecordsFault;
use crate::token::{self, PresentedToken, Refusal, Standing, Token, TokenId};

/// How long at most it is relied on what the store said of a token.
pub const STALE: Duration = Duration::from_secs(1);

/// After this time one request asks the store again, and those beside it do not wait.
const FRESH: Duration = Duration::from_millis(500);

/// The clock; none where it shows a time that cannot be.
pub type Clock = fn() -> Option<UnixTime>;

/// Who may come in.
pub struct Access {
    issuer: Arc<Issuer>,
    provider: Option<Provider>,
    kept: KeptTokens,
    attempts: Attempts,
    rates: Rates,
    clock: Clock,
}

/// The rate of each caller.
#[derive(Clone, Copy, Debug)]
pub struct CallerRate {
    /// Requests a second.
    pub per_second: u32,
    /// Requests at once.
    pub burst: u32,
}

/// Lets in who may, before the handler runs.
pub async fn authenticate(State(access): State<Arc<Access>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(address)| *address);
    let caller = match access.caller(request.headers(), peer).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let actor = caller.actor.clone();
    let mut response = match access.rates.count(&actor) {
        Ok(()) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(wait) => too_many("This caller sends more than its rate.", wait).into_response(),
    };
    // For the log of the request.
    response.extensions_mut().insert(CallerName(actor.as_str().into()));
    response
}

/// The caller that [`authenticate`] let in.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| not_accepted(NoBearer::Absent))
    }
}

impl Access {
    /// Over the tokens of an issuer's store, and those of an identity provider.
    pub fn new(issuer: Arc<Issuer>, provider: Option<Provider>, rate: CallerRate, clock: Clock) -> Self {
        let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self {
            issuer,
            provider,
            kept: KeptTokens::new(FRESH, STALE),
            attempts: Attempts::new(at_least_one(ATTEMPTS), ATTEMPT_EVERY),
            rates: Rates::new(at_least_one(rate.per_second), at_least_one(rate.burst)),
            clock,
        }
    }

    /// Who a request comes from.
    ///
    /// # Errors
    /// `unauthenticated`, `token-expired`, `too-many-requests`; what the store says when it does not answer.
    pub async fn caller(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Caller, Problem> {
        let now = (self.clock)().ok_or_else(|| {
            Problem::new(ProblemKind::NotReady, "The clock of the service is wrong. Ask the operator.")
        })?;
        let found = match Bearer::of(headers) {
            Ok(Bearer::Token(presented)) => self.of_token(presented, peer, now).await,
            Ok(Bearer::Signed(signed)) => self.of_account(signed, peer, now).await,
            // Who sends nothing guesses nothing.
            Err(NoBearer::Absent) => return Err(not_accepted(NoBearer::Absent)),
            Err(why) => self.attempts.allow(peer).map_err(too_many_attempts).and(Err(not_accepted(why))),
        };
        if let Err(problem) = &found
            && problem.kind.status() == axum::http::StatusCode::UNAUTHORIZED
        {
            self.attempts.count_failure(peer);
        }
        found
    }

    /// What this process withdrew stops here at once.
    pub fn forget(&self, id: TokenId) {
        self.kept.withdraw(id);
    }

    async fn of_token(
        &self,
        presented: PresentedToken,
        peer: IpAddr,
        now: UnixTime,
    ) -> Result<Caller, Problem> {
        let (id, hash) = (presented.id, presented.hash());
        let since = match self.kept.look(id, &hash) {
            Look::Use(bound) => return bound.caller(&hash, now),
            Look::AskAgain(since) => since,
            Look::Ask(since) => {
                self.attempts.allow(peer).map_err(too_many_attempts)?;
                since
            }
        };
        let issuer = Arc::clone(&self.issuer);
        let found = blocking(move || Ok(Bound::read(&issuer, id, now)?)).await?;
        let Some(bound) = found else {
            self.kept.remove(id);
            return token::judge(None, &hash, now).map_err(refused).and(Err(refused(Refusal::NotAccepted)));
        };
        let caller = bound.caller(&hash, now);
        if bound.token.standing(now) != Standing::Good {
            self.kept.remove(id);
        } else if caller.is_ok() {
            self.kept.keep(id, bound, since);
        }
        caller
    }

    async fn of_account(
        &self,
        signed: SignedToken<'_>,
        peer: IpAddr,
        now: UnixTime,
    ) -> Result<Caller, Problem> {
        let Some(provider) = &self.provider else { return Err(not_accepted(NoBearer::NoToken)) };
        if let Some(caller) = provider.kept(signed, now) {
            return Ok(caller);
        }
        self.attempts.allow(peer).map_err(too_many_attempts)?;
        provider.verify(signed, now).await.map_err(|why| match why {
            Unverified::Expired => Problem::new(ProblemKind::TokenExpired, "The token is past its time."),
            Unverified::NoKeys => {
                let detail = "The keys of the identity provider could not be fetched. Try again.";
                Problem::new(ProblemKind::NotReady, detail)
            }
            // Which check failed is for the operator's log, not for who tries.
            Unverified::Refused(_) => not_accepted(NoBearer::NoToken),
        })
    }
}

impl Bound {
    /// Reads a token and the delegation it acts under.
    fn read(issuer: &Issuer, id: TokenId, now: UnixTime) -> Result<Option<Self>, RecordsFault> {
        let Some(token) = token::stored(issuer.store.as_ref(), id)? else { return Ok(None) };
        let delegate = token.delegation.as_ref().map(|id| delegate(issuer, id, now)).transpose()?;
        Ok(Some(Self { token, delegate }))
    }

    /// Who calls with it.
    fn caller(&self, presented: &token::SecretHash, now: UnixTime) -> Result<Caller, Problem> {
        token::judge(Some(&self.token), presented, now).map_err(refused)?;
        let token = &self.token;
        Ok(Caller {
            actor: Token::actor(token.id)?,
            origin: token.origin.clone(),
            roles: token.roles.clone(),
            reach: token.reach.clone(),
            delegate: self.delegate.clone(),
        })
    }
}

/// A delegate with what the store grants it at a time. Work that goes on after its request asks again.
///
/// # Errors
/// [`RecordsFault`].
pub fn delegate(issuer: &Issuer, id: &DelegationId, now: UnixTime) -> Result<Delegate, RecordsFault> {
    let granted = delegation::valid(issuer.store.as_ref(), &issuer.config.record, id, now)?;
    Ok(Delegate { id: id.clone(), granted: granted.into() })
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NotAccepted => not_accepted(NoBearer::NoToken),
        Refusal::Over => Problem::new(
            ProblemKind::TokenExpired,
            "The token is past its time or was withdrawn. Ask for a new one.",
        ),
    }
}

fn not_accepted(why: NoBearer) -> Problem {
    Problem::new(ProblemKind::Unauthenticated, why.to_string())
}

fn too_many_attempts(wait: Wait) -> Problem {
    too_many("Too many tokens that are not accepted came from this address.", wait)
}

fn too_many(detail: &'static str, wait: Wait) -> Problem {
    Problem::new(ProblemKind::TooManyRequests, detail).retry_after(wait.seconds())
}

#[cfg(test)]
#[allow(clippy::string_slice, clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
mod tests;
