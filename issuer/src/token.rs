//! API tokens: made, listed, withdrawn, and held against what is presented.
//!
//! A token is for a device, an office or a system, never named after a person. It has roles, areas, perhaps a delegation,
//! and always an end. Who makes one through the service can give no more than it has itself, neither role nor area, so
//! that no token leads to a stronger one; only the command line, at the machine where the keys are, gives whatever it is
//! told to. The store has the hash of the secret ([`secret`]), and nobody can show a token a second time.
//!
//! Whether a token counts is decided in one way ([`judge`]), whatever is wrong with it: the hash of what was presented is
//! compared, in constant time, with the stored one or with nobody's; an unknown id and a wrong secret end in the same
//! answer. Only who had the right secret learns that the token is over.

pub mod secret;
pub mod stored;

use sanad_credential::{DelegationId, UnixTime};
use subtle::Choice;
use zeroize::Zeroizing;

use crate::audit::{Act, Actor, Note};
use crate::role::{Role, Roles};
use crate::service::caller::{Caller, Outside, Reach};
use crate::store::{
    Expect, PAGE_MAX, PaperKind, PaperWrite, Papers, Query, RecordsFault, Store, is_in_force,
};

pub use secret::{NotAToken, PresentedToken, SecretHash, TokenId};
pub use stored::{Label, NotALabel, Standing, Token};

/// Longest life of a token, in days: a yearly renewal and a month to get to it.
pub const DAYS_MAX: u32 = 400;

/// Life of a token that is not told otherwise, in days.
pub const DAYS: u32 = 90;

/// How often a token is drawn or withdrawn again when somebody else was faster. An id is taken once in four thousand
/// million; two withdrawals at once happen.
const ATTEMPTS: u32 = 8;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What it is for.
    pub label: Label,
    /// What it may do.
    pub roles: Roles,
    /// Where.
    pub reach: Reach,
    /// Under which delegation.
    pub delegation: Option<DelegationId>,
    /// For how many days, 1 to [`DAYS_MAX`].
    pub days: u32,
}

/// Who makes or withdraws a token.
#[derive(Clone, Copy, Debug)]
pub enum Maker<'a> {
    /// Somebody at the machine.
    CommandLine,
    /// Somebody through the service, who has the permission.
    Caller(&'a Caller),
}

/// A token that was just made: the only time that its secret is there.
#[derive(Debug)]
pub struct Made {
    /// What is kept.
    pub token: Token,
    presented: PresentedToken,
}

/// Why there is no token, or none was withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum TokenFault {
    /// No role at all.
    #[error("roles: a token has at least one role")]
    NoRole,
    /// Too long a life, or none.
    #[error("days: {days}, must be 1 to {DAYS_MAX}")]
    Days {
        /// What was asked for.
        days: u32,
    },
    /// The end is beyond what a time can be.
    #[error("days: {0}")]
    Time(sanad_credential::Fault),
    /// A role that the maker does not have.
    #[error("roles: who makes a token has to have its roles, and has not {0}")]
    MoreRoles(Role),
    /// An area that is not the maker's.
    #[error("areas: who makes a token has to have its areas, {}", missing(.0))]
    MoreReach(Outside),
    /// A role that is of no use under a delegation.
    #[error("roles: a token of a delegation is a registrar's and nothing else, not {0}")]
    DelegateRole(Role),
    /// No document in force bears the delegation id.
    #[error("delegation: no delegation of {0} is in force here; grant it first: sanad-issuer delegate")]
    NoDelegation(DelegationId),
    /// No token has the id, or none that the caller may know of.
    #[error("there is no token {0}")]
    Unknown(TokenId),
    /// Somebody else kept changing it.
    #[error("the token {0} was changed by others at the same time; try again")]
    Contended(TokenId),
    /// The store.
    #[error(transparent)]
    Records(#[from] RecordsFault),
    /// No randomness.
    #[error("the operating system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// Whether a token was withdrawn now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// It was.
    Now,
    /// It had been before.
    Before,
}

/// Why a presented token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such token: the id is unknown, or the secret is another.
    NotAccepted,
    /// The token is right, and it is over or withdrawn.
    Over,
}

impl Made {
    /// The text of the token, for whoever will hold it.
    pub fn expose(&self) -> Zeroizing<String> {
        self.presented.expose()
    }
}

impl Maker<'_> {
    fn actor(self) -> Actor {
        match self {
            Maker::CommandLine => Actor::command_line(),
            Maker::Caller(caller) => caller.actor.clone(),
        }
    }

    fn reach(&self) -> &Reach {
        match self {
            Maker::CommandLine => &Reach::Everywhere,
            Maker::Caller(caller) => &caller.reach,
        }
    }
}

/// Makes a token, with its line of the log.
///
/// # Errors
/// [`TokenFault`]; nothing was made.
pub fn create(store: &dyn Store, order: &Order, maker: Maker<'_>, now: UnixTime) -> Result<Made, TokenFault> {
    check(store, order, maker)?;
    let expires = now.plus_seconds(u64::from(order.days).saturating_mul(86_400)).map_err(TokenFault::Time)?;
    for _ in 0..ATTEMPTS {
        let presented = PresentedToken::draw()?;
        let origin = match maker {
            Maker::CommandLine => Token::actor(presented.id)?,
            Maker::Caller(caller) => caller.origin.clone(),
        };
        let token = Token {
            id: presented.id,
            label: order.label.clone(),
            roles: order.roles.clone(),
            reach: order.reach.clone(),
            delegation: order.delegation.clone(),
            created: now,
            expires,
            maker: maker.actor(),
            origin,
            withdrawn: None,
            hash: presented.hash(),
        };
        let note = Note {
            at: now,
            who: maker.actor(),
            act: Act::CreateToken,
            on: token.id.to_string(),
            detail: detail(&token),
        };
        let write = PaperWrite {
            key: Token::key(token.id)?,
            expect: Expect::Absent,
            content: Some(token.to_content()),
        };
        match store.write_papers(&[write], &[note]) {
            Ok(()) => return Ok(Made { token, presented }),
            Err(RecordsFault::Overtaken { .. }) => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    Err(RecordsFault::Damaged { what: "the ids of tokens" }.into())
}

/// Every token that the asker may know of, in the order of their ids, from behind `after`; at most `limit`.
///
/// # Errors
/// [`RecordsFault`].
pub fn list(
    store: &dyn Papers,
    asker: Maker<'_>,
    after: Option<TokenId>,
    limit: usize,
) -> Result<Vec<Token>, RecordsFault> {
    let (mut found, mut after) = (Vec::new(), after.map(Token::key).transpose()?.map(|key| key.id));
    while found.len() < limit {
        let page = store.papers(PaperKind::Token, "", after.as_ref(), PAGE_MAX)?;
        let Some(last) = page.last() else { break };
        after = Some(last.key.id.clone());
        for paper in &page {
            let token = Token::of_paper(paper)?;
            if asker.reach().lacks(&token.reach).is_none() {
                found.push(token);
            }
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// Lets a token not count any more. Another process of the service may take [`crate::service::access::STALE`] to learn of
/// it.
///
/// # Errors
/// [`TokenFault`].
pub fn withdraw(
    store: &dyn Papers,
    id: TokenId,
    maker: Maker<'_>,
    now: UnixTime,
) -> Result<Withdrawn, TokenFault> {
    let key = Token::key(id)?;
    for _ in 0..ATTEMPTS {
        let paper = store.paper(&key)?.ok_or(TokenFault::Unknown(id))?;
        let token = Token::of_paper(&paper)?;
        if maker.reach().lacks(&token.reach).is_some() {
            return Err(TokenFault::Unknown(id));
        }
        if token.withdrawn.is_some() {
            return Ok(Withdrawn::Before);
        }
        let content = Some(Token { withdrawn: Some(now), ..token }.to_content());
        let write = PaperWrite { key: key.clone(), expect: Expect::Version(paper.version), content };
        let note = Note {
            at: now,
            who: maker.actor(),
            act: Act::WithdrawToken,
            on: id.to_string(),
            detail: String::new(),
        };
        match store.write_papers(&[write], &[note]) {
            Ok(()) => return Ok(Withdrawn::Now),
            Err(RecordsFault::Overtaken { .. }) => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    Err(TokenFault::Contended(id))
}

/// The token with an id.
///
/// # Errors
/// [`RecordsFault`].
pub fn stored(store: &dyn Papers, id: TokenId) -> Result<Option<Token>, RecordsFault> {
    store.paper(&Token::key(id)?)?.as_ref().map(Token::of_paper).transpose()
}

/// Whether what was presented is this token, and counts. `None` is a token that is not there; it takes the same steps.
///
/// # Errors
/// [`Refusal`].
pub fn judge(token: Option<&Token>, presented: &SecretHash, now: UnixTime) -> Result<(), Refusal> {
    let (kept, is_there) = token.map_or((SecretHash::NOBODYS, 0), |token| (token.hash, 1));
    let accepted = kept.holds(presented) & Choice::from(is_there);
    match token {
        Some(token) if bool::from(accepted) => match token.standing(now) {
            Standing::Good => Ok(()),
            Standing::Withdrawn | Standing::Expired => Err(Refusal::Over),
        },
        _ => Err(Refusal::NotAccepted),
    }
}

fn check(store: &dyn Store, order: &Order, maker: Maker<'_>) -> Result<(), TokenFault> {
    if order.roles.is_empty() {
        return Err(TokenFault::NoRole);
    }
    if !(1..=DAYS_MAX).contains(&order.days) {
        return Err(TokenFault::Days { days: order.days });
    }
    if let Maker::Caller(caller) = maker {
        if let Some(role) = caller.roles.lacks(&order.roles) {
            return Err(TokenFault::MoreRoles(role));
        }
        if let Some(outside) = caller.reach.lacks(&order.reach) {
            return Err(TokenFault::MoreReach(outside));
        }
    }
    let Some(id) = &order.delegation else { return Ok(()) };
    if let Some(role) = order.roles.iter().find(|role| *role != Role::Registrar) {
        return Err(TokenFault::DelegateRole(role));
    }
    if delegation_is_in_force(store, id)? { Ok(()) } else { Err(TokenFault::NoDelegation(id.clone())) }
}

/// Whether a document with this delegation id is neither revoked nor superseded. Its days are asked for at each request.
fn delegation_is_in_force(store: &dyn Store, id: &DelegationId) -> Result<bool, RecordsFault> {
    let (query, mut after) = (Query::Delegation(id.clone()), None);
    loop {
        let page = store.find(&query, after.as_ref(), PAGE_MAX)?;
        let Some(last) = page.last() else { return Ok(false) };
        if page.iter().any(|held| is_in_force(held.status)) {
            return Ok(true);
        }
        after = Some(last.cursor.clone());
    }
}

/// What the log says of a new token: no label, in case it is somebody's name after all.
fn detail(token: &Token) -> String {
    let areas = match &token.reach {
        Reach::Everywhere => String::new(),
        Reach::Within(areas) => {
            let areas: Vec<&str> = areas.iter().map(sanad_credential::Area::as_str).collect();
            format!(" areas={}", areas.join(","))
        }
    };
    let delegation = token.delegation.as_ref().map(|id| format!(" delegation={id}")).unwrap_or_default();
    let roles: Vec<&str> = token.roles.iter().map(Role::word).collect();
    format!("roles={} expires={}{delegation}{areas}", roles.join(","), token.expires)
}

fn missing(outside: &Outside) -> String {
    match outside {
        Outside::Area(area) => format!("and has not {area}"),
        Outside::Everywhere => "so a token without areas is for who is bound to none".to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::string_slice, clippy::arithmetic_side_effects, reason = "a test may fail loudly")]
mod tests;
