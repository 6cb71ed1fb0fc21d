//! The claims of an entitlement: what is signed (SPEC.md section 3).
//!
//! A [`Draft`] is plain data whose members hold their own ranges. [`Claims`] is a draft that has passed every rule
//! that compares members, and only claims are encoded, sealed or returned by opening, so that a document that
//! contradicts itself can neither be signed nor accepted. Refuses unknown keys in every map.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Deref;

use crate::cbor::{Field, MapReader, MapWriter, Member, Reader, WriteField, Writer, json_member};
use crate::codes::RightType;
use crate::date::{Date, UnixTime};
use crate::fault::{Fault, What};
use crate::json::{CLAIMS_LIMITS, Json, Object};
use crate::key::HolderKey;
use crate::list::{FixedBytes, List};
use crate::number::StatusIndex;
use crate::record::record;
use crate::rights::{Benefit, Contribution, Coverage, CrossBorder, Delegation, Membership};
use crate::strict::{self, Rules};
use crate::subject::Subject;
use crate::text::{DelegationId, IssuerId, Label, LanguageTag, StatusUri};

/// Id of a document: 8 bytes from a CSPRNG, without meaning.
pub type CredentialId = FixedBytes<8>;

/// A document without a status reference lives at most this long: 31 days.
pub const UNREFERENCED_SECONDS_MAX: u64 = 31 * 86_400;

/// CWT claim keys, RFC 8392 section 4, RFC 8747, Token Status List section 6.3, and our private one.
mod key {
    pub(super) const ISS: i64 = 1;
    pub(super) const SUB: i64 = 2;
    pub(super) const EXP: i64 = 4;
    pub(super) const IAT: i64 = 6;
    pub(super) const CTI: i64 = 7;
    pub(super) const CNF: i64 = 8;
    pub(super) const STATUS: i64 = 65_535;
    pub(super) const ENTITLEMENT: i64 = -65_537;
    pub(super) const TYPE: i64 = 0;
    pub(super) const SUBJECT: i64 = 1;
}

/// `sub` of a phone credential; the holder is named inside.
const HOLDER: &str = "h";

/// Claims that have passed every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims(Draft);

/// Claims as they are put together; [`Draft::check`] makes [`Claims`] of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Who signs.
    pub iss: IssuerId,
    /// End of the document's validity; the right has dates of its own.
    pub exp: UnixTime,
    /// Time of issue.
    pub iat: UnixTime,
    /// Id of the document.
    pub cti: CredentialId,
    /// Where its status stands; absent only on a document of at most 31 days.
    pub status: Option<StatusReference>,
    /// The holder's key: with it the document is a phone credential (typ 293), without it one for paper (65100).
    pub holder_key: Option<HolderKey>,
    /// Members that every type may have.
    pub common: Common,
    /// What the holder is entitled to.
    pub right: Right,
}

/// What the holder is entitled to, and about whom it speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right {
    /// Belonging to a scheme.
    Membership(Subject, Membership),
    /// Cover for services.
    Coverage(Subject, Coverage),
    /// Contributed periods.
    Contribution(Subject, Contribution),
    /// A transfer, voucher or pension.
    Benefit(Subject, Benefit),
    /// A right in another country.
    CrossBorder(Subject, CrossBorder),
    /// A key that may act for the issuer; it speaks of no person.
    Delegation(Delegation),
}

record! {
    /// Members that every type may have.
    Common {
        /// The delegation under which this document was signed.
        2 "delegation" delegation: Option<DelegationId>,
        /// The document that this one replaces.
        3 "replaces" replaces: Option<CredentialId>,
        /// Languages in which to speak to the holder, in order of preference.
        4 "languages" languages: Option<List<LanguageTag, 1, 2>>,
        /// The authentic source, where a platform signs for a scheme.
        5 "source" source: Option<Label>,
    }
}

/// Where the status of a document stands: Token Status List section 6.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusReference {
    /// Entry of the list.
    pub index: StatusIndex,
    /// Address of the list.
    pub uri: StatusUri,
}

impl Right {
    /// The type.
    pub fn right_type(&self) -> RightType {
        match self {
            Right::Membership(..) => RightType::Membership,
            Right::Coverage(..) => RightType::Coverage,
            Right::Contribution(..) => RightType::Contribution,
            Right::Benefit(..) => RightType::Benefit,
            Right::CrossBorder(..) => RightType::CrossBorder,
            Right::Delegation(_) => RightType::Delegation,
        }
    }

    /// The person, for all types but a delegation.
    pub fn subject(&self) -> Option<&Subject> {
        match self {
            Right::Membership(subject, _)
            | Right::Coverage(subject, _)
            | Right::Contribution(subject, _)
            | Right::Benefit(subject, _)
            | Right::CrossBorder(subject, _) => Some(subject),
            Right::Delegation(_) => None,
        }
    }
}

impl Draft {
    /// Applies every rule that compares members.
    ///
    /// # Errors
    /// [`What::Validity`], [`What::StatusMissing`], [`What::Period`], [`What::PaidThrough`], [`What::Serials`],
    /// [`What::LineOrder`], each at its place.
    pub fn check(self) -> Result<Claims, Fault> {
        if self.exp <= self.iat {
            return Err(Fault::new(What::Validity { iat: self.iat, exp: self.exp }).within("exp"));
        }
        let seconds = self.exp.seconds_since(self.iat);
        if self.status.is_none() && seconds > UNREFERENCED_SECONDS_MAX {
            let what = What::StatusMissing { seconds, max: UNREFERENCED_SECONDS_MAX };
            return Err(Fault::new(what).within("status"));
        }
        if let Some(subject) = self.right.subject() {
            check_lines(subject).map_err(|fault| fault.within("subject"))?;
        }
        match &self.right {
            Right::Membership(..) => {}
            Right::Coverage(_, coverage) => check_coverage(coverage)?,
            Right::Contribution(_, contribution) => {
                for (entry, line) in contribution.lines.iter().enumerate() {
                    period(line.from, line.to, "to")
                        .map_err(|fault| fault.at_entry(entry).within("lines"))?;
                }
            }
            Right::Benefit(_, benefit) => {
                period(benefit.from, benefit.to, "to")?;
                if let Some(serials) = &benefit.serials
                    && serials.last < serials.first
                {
                    let what = What::Serials { first: serials.first.value(), last: serials.last.value() };
                    return Err(Fault::new(what).within("serials"));
                }
            }
            Right::CrossBorder(_, right) => period(right.from, right.to, "to")?,
            Right::Delegation(delegation) => period(delegation.from, delegation.to, "to")?,
        }
        Ok(Claims(self))
    }
}

fn check_lines(subject: &Subject) -> Result<(), Fault> {
    let mut min = 2_u64;
    for (entry, line) in subject.members.iter().flat_map(|members| members.iter()).enumerate() {
        let found = line.line.value();
        if found < min {
            let fault = Fault::new(What::LineOrder { found, min });
            return Err(fault.within("line").at_entry(entry).within("members"));
        }
        min = found.saturating_add(1);
    }
    Ok(())
}

fn check_coverage(coverage: &Coverage) -> Result<(), Fault> {
    let (start, end) = (coverage.start, coverage.end);
    period(start, end, "end")?;
    match coverage.paid_through {
        Some(paid_through) if paid_through < start || paid_through >= end => {
            Err(Fault::new(What::PaidThrough { start, paid_through, end }).within("paid_through"))
        }
        _ => Ok(()),
    }
}

fn period(first: Date, last: Date, member: &'static str) -> Result<(), Fault> {
    if last < first { Err(Fault::new(What::Period { first, last }).within(member)) } else { Ok(()) }
}

impl Deref for Claims {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.0
    }
}

impl Claims {
    /// Takes the claims apart to change them; they must be checked again.
    pub fn into_draft(self) -> Draft {
        self.0
    }

    /// The signed bytes: RFC 8949 section 4.2.1.
    pub fn to_cbor(&self) -> Vec<u8> {
        let entitlement = EntitlementMap(&self.0);
        let sub = Holder;
        let mut map = MapWriter::new();
        map.member(key::ISS, &self.iss);
        if self.holder_key.is_some() {
            map.member(key::SUB, &sub);
        }
        map.member(key::EXP, &self.exp);
        map.member(key::IAT, &self.iat);
        map.member(key::CTI, &self.cti);
        map.member(key::CNF, &self.holder_key);
        map.member(key::STATUS, &self.status);
        let mut writer = Writer::new();
        map.write_with(key::ENTITLEMENT, &entitlement, &mut writer);
        writer.into_bytes()
    }

    /// Reads the payload of a document.
    ///
    /// # Errors
    /// The first fault in reading order, at its place.
    pub(crate) fn from_cbor(payload: &[u8], kind: Kind) -> Result<Self, Fault> {
        strict::scan(payload, Rules::Own)?;
        let mut reader = Reader::new(payload);
        let mut map = MapReader::open(&mut reader)?;
        let iss = map.member(key::ISS, "iss")?;
        if kind == Kind::Phone {
            let Holder = map.member(key::SUB, "sub")?;
        }
        let exp = map.member(key::EXP, "exp")?;
        let iat = map.member(key::IAT, "iat")?;
        let cti = map.member(key::CTI, "cti")?;
        let holder_key = match kind {
            Kind::Phone => Some(map.member::<HolderKey>(key::CNF, "cnf")?),
            Kind::Paper => None,
        };
        let status = map.member(key::STATUS, "status")?;
        let (common, right) = map.required(key::ENTITLEMENT, "entitlement", read_entitlement)?;
        map.finish()?;
        Draft { iss, exp, iat, cti, status, holder_key, common, right }.check()
    }

    /// The JSON form (SPEC.md, "JSON form of claims").
    pub fn to_json(&self) -> Json<'_> {
        let mut object: Vec<(Cow<'_, str>, Json<'_>)> = Vec::new();
        object.push(("type".into(), Json::Text(self.right.right_type().word().into())));
        json_member(&mut object, "iss", &self.iss);
        json_member(&mut object, "cti", &self.cti);
        json_member(&mut object, "iat", &self.iat);
        json_member(&mut object, "exp", &self.exp);
        json_member(&mut object, "status", &self.status);
        json_member(&mut object, "cnf", &self.holder_key);
        match &self.right {
            Right::Membership(subject, right) => {
                json_member(&mut object, "subject", subject);
                right.members_to_json(&mut object);
            }
            Right::Coverage(subject, right) => {
                json_member(&mut object, "subject", subject);
                right.members_to_json(&mut object);
            }
            Right::Contribution(subject, right) => {
                json_member(&mut object, "subject", subject);
                right.members_to_json(&mut object);
            }
            Right::Benefit(subject, right) => {
                json_member(&mut object, "subject", subject);
                right.members_to_json(&mut object);
            }
            Right::CrossBorder(subject, right) => {
                json_member(&mut object, "subject", subject);
                right.members_to_json(&mut object);
            }
            Right::Delegation(right) => right.members_to_json(&mut object),
        }
        self.common.members_to_json(&mut object);
        Json::Object(object)
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// The first fault at its place; syntax with line and column.
    pub fn from_json_text(text: &str) -> Result<Self, Fault> {
        Self::from_json(&Json::parse(text, CLAIMS_LIMITS)?)
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let draft = Draft {
            iss: json_value(&mut object, "iss")?,
            exp: json_value(&mut object, "exp")?,
            iat: json_value(&mut object, "iat")?,
            cti: json_value(&mut object, "cti")?,
            status: json_value(&mut object, "status")?,
            holder_key: json_value(&mut object, "cnf")?,
            right: Right::from_json(&mut object)?,
            common: Common::members_from_json(&mut object)?,
        };
        object.finish()?;
        draft.check()
    }
}

impl Right {
    /// Reads the type, the person and the type's own members; the caller reads the rest and finishes the object.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn from_json(object: &mut Object<'_, '_>) -> Result<Self, Fault> {
        let right: RightType = json_value(object, "type")?;
        Ok(match right {
            RightType::Membership => {
                Right::Membership(json_value(object, "subject")?, Membership::members_from_json(object)?)
            }
            RightType::Coverage => {
                Right::Coverage(json_value(object, "subject")?, Coverage::members_from_json(object)?)
            }
            RightType::Contribution => {
                Right::Contribution(json_value(object, "subject")?, Contribution::members_from_json(object)?)
            }
            RightType::Benefit => {
                Right::Benefit(json_value(object, "subject")?, Benefit::members_from_json(object)?)
            }
            RightType::CrossBorder => {
                Right::CrossBorder(json_value(object, "subject")?, CrossBorder::members_from_json(object)?)
            }
            RightType::Delegation => Right::Delegation(Delegation::members_from_json(object)?),
        })
    }
}

impl Common {
    /// Reads the members that every type may have.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn from_json(object: &mut Object<'_, '_>) -> Result<Self, Fault> {
        Self::members_from_json(object)
    }
}

fn json_value<T: Member>(object: &mut Object<'_, '_>, name: &'static str) -> Result<T, Fault> {
    T::from_json(object.optional(name)).map_err(|fault| fault.within(name))
}

/// On paper or on a phone: decided by the document's typ before any claim is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Paper,
    Phone,
}

/// Places inside the entitlement are named without it: its members stand at the top of the JSON form.
fn read_entitlement(reader: &mut Reader<'_>) -> Result<(Common, Right), Fault> {
    let mut map = MapReader::open(reader)?;
    let right: RightType = map.member(key::TYPE, "type")?;
    let subject: Option<Subject> = match right {
        RightType::Delegation => None,
        _ => Some(map.member(key::SUBJECT, "subject")?),
    };
    let common = Common::read_members(&mut map)?;
    let map_ref = &mut map;
    let right = match (right, subject) {
        (RightType::Membership, Some(subject)) => {
            Right::Membership(subject, Membership::read_members(map_ref)?)
        }
        (RightType::Coverage, Some(subject)) => Right::Coverage(subject, Coverage::read_members(map_ref)?),
        (RightType::Contribution, Some(subject)) => {
            Right::Contribution(subject, Contribution::read_members(map_ref)?)
        }
        (RightType::Benefit, Some(subject)) => Right::Benefit(subject, Benefit::read_members(map_ref)?),
        (RightType::CrossBorder, Some(subject)) => {
            Right::CrossBorder(subject, CrossBorder::read_members(map_ref)?)
        }
        (RightType::Delegation, _) => Right::Delegation(Delegation::read_members(map_ref)?),
        (_, None) => return Err(Fault::new(What::Missing).within("subject")),
    };
    map.finish()?;
    Ok((common, right))
}

/// Writes the one private claim, a map with one-byte keys: five bytes less for each member than private claims.
struct EntitlementMap<'d>(&'d Draft);

impl WriteField for EntitlementMap<'_> {
    fn write_cbor(&self, writer: &mut Writer) {
        let right_type = self.0.right.right_type();
        let mut map = MapWriter::new();
        map.member(key::TYPE, &right_type);
        if let Some(subject) = self.0.right.subject() {
            map.member(key::SUBJECT, subject);
        }
        self.0.common.write_members(&mut map);
        match &self.0.right {
            Right::Membership(_, right) => right.write_members(&mut map),
            Right::Coverage(_, right) => right.write_members(&mut map),
            Right::Contribution(_, right) => right.write_members(&mut map),
            Right::Benefit(_, right) => right.write_members(&mut map),
            Right::CrossBorder(_, right) => right.write_members(&mut map),
            Right::Delegation(right) => right.write_members(&mut map),
        }
        map.write(writer);
    }

    fn write_json(&self) -> Json<'_> {
        Json::Null
    }
}

/// The text "h", nothing else.
struct Holder;

impl Field for Holder {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        match reader.text()? {
            HOLDER => Ok(Self),
            _ => Err(What::Pattern { wanted: "the text \"h\"" }.into()),
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.text(HOLDER);
    }

    fn from_json(_: &Json<'_>) -> Result<Self, Fault> {
        Ok(Self)
    }

    fn to_json(&self) -> Json<'_> {
        Json::Text(HOLDER.into())
    }
}

/// `{"status_list": {"idx", "uri"}}` in CBOR, `{"idx", "uri"}` in JSON.
impl Field for StatusReference {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        reader.map_of(1)?;
        reader.text_key("status_list")?;
        reader.map_of(2)?;
        reader.text_key("idx")?;
        let index = <StatusIndex as Field>::read(reader).map_err(|fault| fault.within("idx"))?;
        reader.text_key("uri")?;
        let uri = <StatusUri as Field>::read(reader).map_err(|fault| fault.within("uri"))?;
        Ok(Self { index, uri })
    }

    fn write(&self, writer: &mut Writer) {
        writer.map(1);
        writer.text("status_list");
        writer.map(2);
        writer.text("idx");
        self.index.write(writer);
        writer.text("uri");
        self.uri.write(writer);
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let index = json_value(&mut object, "idx")?;
        let uri = json_value(&mut object, "uri")?;
        object.finish()?;
        Ok(Self { index, uri })
    }

    fn to_json(&self) -> Json<'_> {
        Json::Object(alloc::vec![("idx".into(), self.index.to_json()), ("uri".into(), self.uri.to_json())])
    }
}
