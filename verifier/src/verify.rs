//! From the bytes shown and a checked pack to a question that can be decided.
//!
//! Order: each document is parsed and its delegations opened, then its signature is held against the pack's keys, and only
//! then is its content laid before the rules. What cannot be parsed is counted as unreadable. Nothing of a document's
//! content leaves this module before its signature held; what it states otherwise serves the rules only ([`Shown`]).

mod open_form;

use std::collections::{BTreeMap, BTreeSet};

use sanad_credential::{
    Carried, Claims, Clock, Count, CredentialId, Date, DocumentHash, FixedBytes, IssuerId, KeyId, MemberLine,
    Right, RightType, Sealed, Status, Typ, UnixTime, Unverified,
};
use sanad_trust::judge::{self, Authentic as Weighed, Signer, Standing, Unopened};
use sanad_trust::pack::Pack;
use sanad_trust::{Country, Rulebook, TargetPath, client};

pub use self::open_form::{IssuerSignature, OpenForm};
use crate::books::{AgreementsFact, Books, Host, HostRulesFact, Listing, RulebookFact};
use crate::context::{Context, SeenToday};
use crate::decide::{Question, Reading};
use crate::holder::{Desk, Token, TokenFault};
use crate::shown::{
    Authentic, DelegationState, History, HolderProof, KeyState, ScopeState, Shown, StatusFact, Trust,
    UnknownWhat,
};

/// Documents that were shown, after the trust step.
#[derive(Debug)]
pub struct Documents<'p> {
    pack: &'p Pack,
    readable: Vec<Document>,
    /// Receipts and lists: they can be read and answer nothing.
    of_another_kind: usize,
    unreadable: usize,
    /// Rulebooks that are not yet published.
    trial: Vec<Rulebook>,
}

/// A document that could be parsed.
#[derive(Debug)]
pub struct Document {
    /// Position among the documents that were shown.
    pub place: usize,
    /// Its type.
    pub typ: Typ,
    /// The key that it names; one of the open standards may name it otherwise.
    pub kid: Option<KeyId>,
    /// SHA-256 of it, by which a receipt names it; of the credential inside, where it was presented.
    pub hash: DocumentHash,
    /// What became of the token in which it was presented.
    pub token: Token,
    found: Found,
}

#[derive(Debug)]
enum Found {
    Authentic(Held),
    Forged(Option<Box<Unverified<Claims>>>),
    Unknown(UnknownWhat, Box<Unverified<Claims>>),
}

/// What is kept of an authentic document.
#[derive(Debug)]
struct Held {
    claims: Box<Claims>,
    key: KeyState,
    scope: ScopeState,
    delegation: DelegationState,
    holder: HolderProof,
    standing: Standing,
}

/// Whether phone credentials count as shown with the token of their holder's key.
#[derive(Clone, Copy, Debug)]
pub enum Tokens<'d> {
    /// Tokens are not looked at: what was shown counts as copies.
    None,
    /// Tokens are judged as this verifier must.
    Judged(&'d Desk),
    /// A receipt is replayed: what was accepted then holds.
    AsJudged,
}

/// What this device remembers, for the rules on duplicates.
#[derive(Clone, Debug)]
pub struct Journal {
    /// Serials that were redeemed here.
    pub redeemed: BTreeSet<(IssuerId, CredentialId, Count)>,
    /// Cards that were shown here today, by the line that was served.
    pub seen_today: BTreeMap<(IssuerId, CredentialId, MemberLine), SeenToday>,
}

impl Journal {
    /// A device that remembers nothing.
    pub const fn empty() -> Self {
        Self { redeemed: BTreeSet::new(), seen_today: BTreeMap::new() }
    }
}

impl<'p> Documents<'p> {
    /// Parses documents and holds their signatures against a pack.
    pub fn open(pack: &'p Pack, documents: &[&[u8]], date: Date, clock: Clock, tokens: Tokens<'_>) -> Self {
        let clock = clock_of(date, clock);
        let carried: Vec<Option<Carried<'_>>> =
            documents.iter().map(|document| Carried::parse(document).ok()).collect();
        let parsed: Vec<Option<&Sealed<'_>>> =
            carried.iter().map(|carried| carried.as_ref().map(Carried::sealed)).collect();
        let step =
            |sealed: &Sealed<'_>, shown: &[Claims]| trust_step(pack, sealed, clock, date, shown, tokens);
        let mut steps: Vec<Option<Step>> =
            parsed.iter().map(|sealed| sealed.map(|sealed| step(sealed, &[]))).collect();
        // A delegation may be shown beside a document.
        let shown: Vec<Claims> = steps.iter().flatten().filter_map(shown_delegation).collect();
        if !shown.is_empty() {
            // Also where the pack has one: the one that is shown may be newer, or allow more.
            steps = parsed.iter().map(|sealed| sealed.map(|sealed| step(sealed, &shown))).collect();
        }
        let mut opened =
            Self { pack, readable: Vec::new(), of_another_kind: 0, unreadable: 0, trial: Vec::new() };
        let mut passed = BTreeSet::new();
        for (place, (carried, found)) in carried.iter().zip(steps).enumerate() {
            match (carried, found) {
                (Some(carried), Some(Step::Found(mut found))) => {
                    let token = judge_token(carried, &mut found, tokens, &mut passed);
                    let sealed = carried.sealed();
                    let hash = FixedBytes(client::sha256(sealed.as_bytes()).0);
                    opened.readable.push(Document {
                        place,
                        typ: sealed.typ(),
                        kid: Some(sealed.kid()),
                        hash,
                        token,
                        found,
                    });
                }
                (Some(_), Some(Step::OfAnotherKind)) => {
                    opened.of_another_kind = opened.of_another_kind.saturating_add(1);
                }
                (Some(_), Some(Step::Unreadable) | None) | (None, _) => {
                    opened.unreadable = opened.unreadable.saturating_add(1);
                }
            }
        }
        opened
    }

    /// The documents that could be parsed; an answer's position counts these.
    pub fn readable(&self) -> &[Document] {
        &self.readable
    }

    /// Codes that were shown and hold no Sanad document that can be read; at least 1 makes the difference between "nothing
    /// was shown" and "nothing could be read".
    pub fn add_unreadable(&mut self, codes: usize) {
        self.unreadable = self.unreadable.saturating_add(codes);
    }

    /// Decides with these rulebooks in the place of the pack's for the same issuer and product, as if they had been
    /// published on the day of the service: what they would have answered.
    pub fn decide_under(&mut self, rulebooks: &[Rulebook]) {
        self.trial = rulebooks.to_vec();
    }

    /// The pack they were opened with.
    pub fn pack(&self) -> &'p Pack {
        self.pack
    }

    /// Lays a question before the rules.
    pub fn question<'q>(&'q self, context: &'q Context, journal: &Journal) -> Question<'q> {
        let shown = self.readable.iter().map(|document| {
            let trust = document.found.trust();
            let claims = trust.stated();
            Shown {
                books: self.books(document, claims, context.date),
                history: history(journal, claims, context),
                trust,
            }
        });
        let reading = match (self.readable.len(), self.of_another_kind, self.unreadable) {
            (0, 0, 1..) => Reading::NothingReadable,
            _ => Reading::Read,
        };
        Question { context, host: self.host(context), shown: shown.collect(), reading }
    }

    fn books<'q>(&'q self, document: &Document, claims: Option<&'q Claims>, day: Date) -> Books<'q> {
        let date = self.trust_list(claims.map(|claims| &claims.iss));
        let (product, home) = match claims.map(|claims| (&claims.right, &claims.iss)) {
            Some((Right::Coverage(_, coverage), iss)) => (Some((iss, &coverage.product)), Some(iss)),
            Some((Right::CrossBorder(_, right), _)) => (None, Some(&right.home)),
            Some(_) | None => (None, None),
        };
        let rulebook = product.and_then(|(iss, product)| {
            let is_it = |trial: &&Rulebook| trial.issuer() == iss && trial.product() == product;
            let (rulebook, issued) = match self.trial.iter().find(is_it) {
                Some(trial) => (trial, Some(day)),
                None => (self.pack.rulebooks().get(&(iss.clone(), product.clone()))?, date),
            };
            let version = rulebook.in_force(day)?;
            Some(RulebookFact { kind: rulebook.kind(), version, issued })
        });
        Books {
            trust_list: date,
            status: document.found.status(),
            rulebook,
            agreements: home.map(|home| {
                // One that this version cannot read may be the one that is asked for.
                let issued = self.pack.date(None).filter(|_| !self.pack.has_unread_agreement());
                AgreementsFact::for_home(issued, self.pack.agreements().values(), home, day)
            }),
            contact: claims
                .and_then(|claims| self.pack.issuers().get(&claims.iss))
                .map(|record| &record.members().contact),
        }
    }

    /// Day of the trust list, where it can speak of the issuer: a record or grant that is listed and does not read here, as
    /// one of a later version, is missing and shows neither that an issuer does not exist nor what it may sign.
    fn trust_list(&self, issuer: Option<&IssuerId>) -> Option<Date> {
        let Some(issuer) = issuer else { return self.pack.date(None) };
        let country = Country::from(issuer);
        let record = TargetPath::Issuer { iss: issuer.clone() };
        let grant = TargetPath::Grant { country: country.clone() };
        let speaks = !self.pack.is_unread(&record) && !self.pack.is_unread(&grant);
        self.pack.date(Some(country.as_str())).filter(|_| speaks)
    }

    fn host<'q>(&'q self, context: &Context) -> Host<'q> {
        let country = Country::from(&context.place);
        let rules = self.pack.host_rules().get(&country).map_or(HostRulesFact::Missing, |rules| {
            let free = rules.always_free().iter().map(|(area, groups)| (area, &groups[..]));
            HostRulesFact::at(&context.place, free, Some(rules.appeal()))
        });
        let facility = context.facility.id.as_ref().and_then(|id| {
            self.pack.facilities().get(&Country::from(id)).and_then(|facilities| facilities.find(id))
        });
        let listing = facility.map_or(Listing::Unknown, Listing::Listed);
        Host { rules, listing, pack: self.pack.date(Some(country.as_str())) }
    }
}

impl Document {
    /// What it says, once its signature held.
    pub fn claims(&self) -> Option<&Claims> {
        match &self.found {
            Found::Authentic(held) => Some(&held.claims),
            Found::Forged(_) | Found::Unknown(..) => None,
        }
    }

    /// Time of the status list that speaks of it.
    pub fn status_list_time(&self) -> Option<UnixTime> {
        match &self.found {
            Found::Authentic(Held { standing: Standing::Listed { iat, .. }, .. }) => Some(*iat),
            Found::Authentic(_) | Found::Forged(_) | Found::Unknown(..) => None,
        }
    }
}

impl Found {
    fn trust(&self) -> Trust<'_> {
        match self {
            Found::Authentic(held) => Trust::Authentic(Authentic {
                claims: &held.claims,
                key: held.key,
                scope: held.scope,
                delegation: held.delegation,
                holder: held.holder,
            }),
            Found::Forged(stated) => Trust::Forged { stated: stated.as_ref().map(|stated| stated.look()) },
            Found::Unknown(what, stated) => Trust::Unknown { what: *what, stated: stated.look() },
        }
    }

    fn status(&self) -> StatusFact {
        match self {
            Found::Authentic(held) => match held.standing {
                Standing::ShortLived => StatusFact::NoReference,
                Standing::NoList => StatusFact::NoList,
                Standing::Listed { status, iat } => StatusFact::Listed { status, issued: Some(iat.date()) },
            },
            Found::Forged(_) | Found::Unknown(..) => StatusFact::NoList,
        }
    }
}

enum Step {
    Found(Found),
    /// A receipt, a list: nothing that can answer.
    OfAnotherKind,
    Unreadable,
}

fn trust_step(
    pack: &Pack,
    sealed: &Sealed<'_>,
    clock: judge::Clock,
    date: Date,
    delegations: &[Claims],
    tokens: Tokens<'_>,
) -> Step {
    let unknown = |what| match sealed.unverified_entitlement() {
        Ok(stated) => Step::Found(Found::Unknown(what, Box::new(stated))),
        Err(_) => Step::Unreadable,
    };
    match pack.weigh(sealed, clock, delegations) {
        Ok(weighed) => Step::Found(Found::Authentic(held(sealed, weighed, date, tokens))),
        Err(Unopened::SignatureInvalid { .. }) => {
            Step::Found(Found::Forged(sealed.unverified_entitlement().ok().map(Box::new)))
        }
        Err(Unopened::IssuerUnknown { .. }) => unknown(UnknownWhat::Issuer),
        Err(Unopened::KeyUnknown { .. } | Unopened::KeyOutOfDate { .. }) => unknown(UnknownWhat::Key),
        Err(Unopened::NeedsDelegation { .. }) => Step::OfAnotherKind,
        Err(Unopened::Malformed(_)) => Step::Unreadable,
    }
}

fn held(sealed: &Sealed<'_>, weighed: Weighed<'_>, date: Date, tokens: Tokens<'_>) -> Held {
    let holder = match (sealed.typ(), tokens) {
        (Typ::PhoneEntitlement, Tokens::None | Tokens::Judged(_)) => HolderProof::Missing,
        (Typ::PhoneEntitlement, Tokens::AsJudged) => HolderProof::Proved,
        (_, _) => HolderProof::NotNeeded,
    };
    held_as(weighed, date, holder)
}

fn held_as(weighed: Weighed<'_>, date: Date, holder: HolderProof) -> Held {
    let key = match weighed.key {
        sanad_trust::KeyState::Active | sanad_trust::KeyState::Retired => KeyState::Active,
        sanad_trust::KeyState::Compromised => KeyState::Compromised,
    };
    Held {
        key,
        scope: if weighed.excess.is_some() { ScopeState::Beyond } else { ScopeState::Within },
        delegation: delegation_state(&weighed, date),
        holder,
        standing: weighed.standing,
        claims: weighed.claims,
    }
}

/// A token counts only around a credential whose issuer's signature held: its key comes from there. The same one laid down
/// twice is one and its copy.
fn judge_token(
    carried: &Carried<'_>,
    found: &mut Found,
    tokens: Tokens<'_>,
    passed: &mut BTreeSet<DocumentHash>,
) -> Token {
    let Carried::Presentation(presentation) = carried else { return Token::None };
    let (Tokens::Judged(desk), Found::Authentic(held)) = (tokens, found) else { return Token::NotJudged };
    match desk.judge(presentation, &held.claims) {
        Token::Accepted(hash) if !passed.insert(hash) => Token::Refused(TokenFault::Replayed),
        Token::Accepted(hash) => {
            held.holder = HolderProof::Proved;
            Token::Accepted(hash)
        }
        other => other,
    }
}

/// A delegation that is suspended or past its own end counts as outside its days; one whose list is missing or old counts
/// as valid, since it never refuses anybody.
fn delegation_state(weighed: &Weighed<'_>, date: Date) -> DelegationState {
    match weighed.signer {
        Signer::Issuer(_) => DelegationState::None,
        Signer::Delegate { standing: Standing::Listed { status: Status::Revoked, .. }, .. } => {
            DelegationState::Revoked
        }
        Signer::Delegate { delegation, standing } => {
            let suspended = matches!(standing, Standing::Listed { status: Status::Suspended, .. });
            if suspended || weighed.outside.is_some() || date > delegation.exp.date() {
                DelegationState::Outside
            } else {
                DelegationState::Valid
            }
        }
    }
}

/// A delegation that was shown beside a document, where its issuer signed it and may.
fn shown_delegation(step: &Step) -> Option<Claims> {
    let Step::Found(Found::Authentic(held)) = step else { return None };
    let counts = held.key == KeyState::Active && held.scope == ScopeState::Within;
    let is_delegation = held.claims.right.right_type() == RightType::Delegation;
    (is_delegation && counts).then(|| (*held.claims).clone())
}

/// The end of the day decides whether a list may still be used: the rules know days only.
fn clock_of(date: Date, clock: Clock) -> judge::Clock {
    let midnight = date.midnight().ok();
    match (clock, midnight) {
        (Clock::Ok | Clock::Operator, Some(now)) => judge::Clock::Known(now),
        (Clock::Unknown, at_least) => judge::Clock::Unknown { at_least },
        // Before 2020 no document exists.
        (Clock::Ok | Clock::Operator, None) => judge::Clock::Unknown { at_least: None },
    }
}

fn history(journal: &Journal, claims: Option<&Claims>, context: &Context) -> History {
    let Some(claims) = claims else { return History { redeemed: Vec::new(), seen_today: SeenToday::No } };
    let own =
        |(issuer, cti, _): &&(IssuerId, CredentialId, Count)| *issuer == claims.iss && *cti == claims.cti;
    let seen = || (claims.iss.clone(), claims.cti, context.member);
    let seen_today = if journal.seen_today.is_empty() {
        SeenToday::No
    } else {
        journal.seen_today.get(&seen()).copied().unwrap_or(SeenToday::No)
    };
    History {
        redeemed: journal.redeemed.iter().filter(own).map(|(_, _, serial)| *serial).collect(),
        seen_today,
    }
}
