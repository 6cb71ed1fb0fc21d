//! Worked cases as data: a question, the documents with what is assumed of their signatures, and a pack.
//!
//! With cases an agency sees what a new rulebook would have answered before it publishes it, and this project shows what
//! its rules say. `signature`, `issuer`, `key` and `delegation` are believed as they stand: nothing here checks a
//! signature. Refused: unknown members, values out of range, a word that a list does not have. A part of the pack that is
//! `null` is missing; an empty one says that there is nothing.
//!
//! The form is that of docs/decision.md, "Cases".

mod expect;
mod pack;

use sanad_credential::{
    Area, Cause, Claims, Clock, Count, Date, DelegationId, Emergency, Fault, Json, Label, Level, Limits,
    MemberLine, Money, PersonResult, UNREFERENCED_SECONDS_MAX, UnixTime, What,
};
use sanad_trust::members::{date, entries, member, number, optional, text_of};

use crate::Host;
use crate::books::{Accreditation, Listing};
use crate::context::{Asked, AtFacility, Context, Referral, SeenToday};
use crate::decide::{Question, Reading};
use crate::shown::{
    Authentic, DelegationState, History, HolderProof, KeyState, ScopeState, Shown, Trust, UnknownWhat,
};

pub use expect::Expected;
use pack::CasePack;

/// Limits of one case: a pack of some fifty rulebooks and agreements and a dozen documents.
pub const CASE_LIMITS: Limits =
    Limits { bytes_max: 1 << 20, depth_max: 10, entries_max: 2_048, values_max: 65_536 };

/// Documents in one case: nobody lays more on a counter.
const DOCUMENTS_MAX: usize = 64;

/// A case.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub id: String,
    /// The answer that it expects, where it says one.
    pub expected: Option<Expected>,
    context: Context,
    listing: Option<Accreditation>,
    history: History,
    documents: Vec<Stated>,
    pack: CasePack,
}

/// A document of a case.
#[derive(Debug)]
struct Stated {
    claims: Claims,
    authenticity: Authenticity,
}

/// What a case assumes of a document.
#[derive(Clone, Copy, Debug)]
enum Authenticity {
    Holds { key: KeyState, scope: ScopeState, delegation: DelegationState, holder: HolderProof },
    Forged,
    Unknown(UnknownWhat),
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Self::from_json(&Json::parse(text, CASE_LIMITS)?)
    }

    /// Reads a case.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let id = text_of(&mut object, "id", |text| {
            Label::new(text)?;
            Ok(text.to_owned())
        })?;
        let (context, listing, history) = member(&mut object, "context", context_from_json)?;
        let documents = member(&mut object, "credentials", |json| {
            let documents = entries(json, Stated::from_json)?;
            if documents.len() > DOCUMENTS_MAX {
                let wanted = "at most 64 documents";
                return Err(What::Pattern { wanted }.into());
            }
            Ok(documents)
        })?;
        let pack = member(&mut object, "pack", CasePack::from_json)?;
        let expected = optional(&mut object, "expect", Expected::from_json)?;
        object.finish()?;
        Ok(Self { id, expected, context, listing, history, documents, pack })
    }

    /// What is asked.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The question, to be decided.
    pub fn question(&self) -> Question<'_> {
        let shown = self.documents.iter().map(|document| Shown {
            trust: document.trust(),
            books: self.pack.books(&document.claims, self.context.date),
            history: self.history.clone(),
        });
        let host = Host {
            rules: self.pack.host_rules(&self.context.place),
            listing: self.listing.map_or(Listing::Unknown, Listing::Stated),
            pack: self.pack.trust_list(),
        };
        Question { context: &self.context, host, shown: shown.collect(), reading: Reading::Read }
    }

    /// Decides with the rulebooks of another pack: what would have been answered under them. Agreements, host rules, lists
    /// and ages stay those of the case.
    pub fn replace_rulebooks(&mut self, rulebooks: &[sanad_trust::Rulebook], issued: Date) {
        self.pack.replace_rulebooks(rulebooks, issued);
    }
}

impl Stated {
    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let claims = member(&mut object, "claims", claims_from_json)?;
        let has_key = claims.holder_key.is_some();
        let authenticity = member(&mut object, "authenticity", |json| authenticity_from_json(json, has_key))?;
        object.finish()?;
        Ok(Self { claims, authenticity })
    }

    fn trust(&self) -> Trust<'_> {
        let claims = &self.claims;
        match self.authenticity {
            Authenticity::Holds { key, scope, delegation, holder } => {
                Trust::Authentic(Authentic { claims, key, scope, delegation, holder })
            }
            Authenticity::Forged => Trust::Forged { stated: Some(claims) },
            Authenticity::Unknown(what) => Trust::Unknown { what, stated: claims },
        }
    }
}

/// Claims as everywhere, but that a document of more than 31 days may leave out its reference: the case's own status part
/// speaks for all.
fn claims_from_json(json: &Json<'_>) -> Result<Claims, Fault> {
    let members = json.members()?;
    let text = |name: &str| {
        let found = members.iter().find(|(found, _)| found == name);
        found.and_then(|(_, value)| value.text().ok()).and_then(|text| UnixTime::parse(text).ok())
    };
    let has_status = members.iter().any(|(name, _)| name == "status");
    match (text("iat"), text("exp")) {
        (Some(iat), Some(exp)) if !has_status && exp.seconds_since(iat) > UNREFERENCED_SECONDS_MAX => {
            let reference = vec![
                ("idx".into(), Json::Integer(0)),
                ("uri".into(), Json::Text("https://case.invalid/0".into())),
            ];
            let mut members = members.to_vec();
            members.push(("status".into(), Json::Object(reference)));
            Claims::from_json(&Json::Object(members))
        }
        _ => Claims::from_json(json),
    }
}

fn authenticity_from_json(json: &Json<'_>, has_key: bool) -> Result<Authenticity, Fault> {
    let mut object = json.object()?;
    let signature_is_good =
        text_of(&mut object, "signature", |text| word(text, &[("good", true), ("bad", false)]))?;
    let issuer_is_known =
        text_of(&mut object, "issuer", |text| word(text, &[("known", true), ("unknown", false)]))?;
    let key = text_of(&mut object, "key", |text| {
        let key = |state| Some(state);
        word(
            text,
            &[
                ("active", key(KeyState::Active)),
                ("unknown", None),
                ("compromised", key(KeyState::Compromised)),
            ],
        )
    })?;
    let delegation = text_of(&mut object, "delegation", |text| {
        word(
            text,
            &[
                ("none", Some(DelegationState::None)),
                ("valid", Some(DelegationState::Valid)),
                ("outside", Some(DelegationState::Outside)),
                ("revoked", Some(DelegationState::Revoked)),
                ("unknown", None),
            ],
        )
    })?;
    let scope = optional(&mut object, "scope", |json| {
        word(json.text()?, &[("ok", ScopeState::Within), ("outside", ScopeState::Beyond)])
    })?;
    let holder = optional(&mut object, "holder", |json| {
        let words =
            [("none", None), ("proved", Some(HolderProof::Proved)), ("missing", Some(HolderProof::Missing))];
        word(json.text()?, &words)
    })?;
    object.finish()?;
    // A credential that is bound to a key and comes without a token is a copy.
    let without_token = if has_key { HolderProof::Missing } else { HolderProof::NotNeeded };
    let holder = holder.flatten().unwrap_or(without_token);
    Ok(match (issuer_is_known, key, delegation) {
        (false, _, _) => Authenticity::Unknown(UnknownWhat::Issuer),
        (true, _, None) => Authenticity::Unknown(UnknownWhat::Delegation),
        (true, None, Some(DelegationState::None)) => Authenticity::Unknown(UnknownWhat::Key),
        (true, None, Some(_)) => Authenticity::Unknown(UnknownWhat::Delegation),
        (true, Some(_), Some(_)) if !signature_is_good => Authenticity::Forged,
        (true, Some(key), Some(delegation)) => {
            let scope = scope.unwrap_or(ScopeState::Within);
            Authenticity::Holds { key, scope, delegation, holder }
        }
    })
}

fn context_from_json(json: &Json<'_>) -> Result<(Context, Option<Accreditation>, History), Fault> {
    let mut object = json.object()?;
    let date = date(&mut object, "date")?;
    let clock = text_of(&mut object, "clock", Clock::from_word)?;
    let place = text_of(&mut object, "place", Area::new)?;
    let (facility, listing) = member(&mut object, "facility", facility_from_json)?;
    let context = Context {
        date,
        clock,
        place,
        facility,
        asked: text_of(&mut object, "benefit", Asked::from_word)?,
        amount: member(&mut object, "amount", |json| nullable(json, Money::from_json))?,
        emergency: member(&mut object, "emergency", |json| {
            Ok(if json.boolean()? { Emergency::Yes } else { Emergency::No })
        })?,
        person: text_of(&mut object, "person", PersonResult::from_word)?,
        referral: member(&mut object, "referral", |json| {
            Ok(if json.boolean()? { Referral::Given(None) } else { Referral::None })
        })?,
        preauth: member(&mut object, "preauth", |json| nullable(json, |json| Label::new(json.text()?)))?,
        serial: member(&mut object, "serial", |json| nullable(json, serial))?,
        cause: optional(&mut object, "cause", |json| Cause::from_word(json.text()?))?
            .unwrap_or(Cause::Illness),
        member: match optional(&mut object, "member", |json| number(json, MemberLine::from_integer))? {
            Some(line) => line,
            None => MemberLine::new(1)?,
        },
    };
    let redeemed = member(&mut object, "ledger", |json| entries(json, serial))?;
    let seen_today = optional(&mut object, "seen_today", |json| SeenToday::from_word(json.text()?))?;
    object.finish()?;
    let history = History { redeemed, seen_today: seen_today.unwrap_or(SeenToday::No) };
    Ok((context, listing, history))
}

fn facility_from_json(json: &Json<'_>) -> Result<(AtFacility, Option<Accreditation>), Fault> {
    let mut object = json.object()?;
    let id = member(&mut object, "id", |json| nullable(json, |json| DelegationId::new(json.text()?)))?;
    let level =
        member(&mut object, "level", |json| nullable(json, |json| number(json, Level::from_integer)))?;
    let accredited = member(&mut object, "accredited", |json| nullable(json, Json::boolean))?;
    object.finish()?;
    let listing = accredited
        .map(|accredited| if accredited { Accreditation::Accredited } else { Accreditation::NotAccredited });
    Ok((AtFacility { id, level }, listing))
}

fn serial(json: &Json<'_>) -> Result<Count, Fault> {
    number(json, Count::from_integer)
}

/// A value, or null where there is none.
fn nullable<'j, 'a, T>(
    json: &'j Json<'a>,
    read: impl FnOnce(&'j Json<'a>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    match json {
        Json::Null => Ok(None),
        json => read(json).map(Some),
    }
}

fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, Fault> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| What::Word { list: "authenticity" }.into())
}
