//! The encounter receipt (typ 65101; SPEC.md section 6): what a facility answered, signed by its key.
//!
//! No name and no member number: the issuer finds the person by the document's id. Key 18 chains the receipts of
//! one device, so that a removed one shows.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Deref;

use crate::cbor::{Field, MapReader, MapWriter, Nullable, Reader, Writer, json_member};
use crate::claims::CredentialId;
use crate::codes::{Action, Assurance, BenefitGroup, Cause, Clock, Decision, PersonResult, Reason};
use crate::date::{Date, UnixTime};
use crate::fault::{Fault, What};
use crate::json::Json;
use crate::list::{FixedBytes, List, Set};
use crate::money::Money;
use crate::number::{Count, Level, MemberLine};
use crate::record::{record, tuple};
use crate::strict::{self, Rules};
use crate::text::{AgreementId, Area, DelegationId, IssuerId, Label};

/// Our private claim for receipts.
const KEY_ENCOUNTER: i64 = -65_538;

/// Reason codes in the order of the rules, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reasons(List<Reason, 0, 43>);

impl Reasons {
    /// The reasons in their order.
    ///
    /// # Errors
    /// [`What::Repeated`] for a reason that stands twice.
    pub fn new(reasons: Vec<Reason>) -> Result<Self, Fault> {
        List::new(reasons).and_then(Self::each_once)
    }

    fn each_once(reasons: List<Reason, 0, 43>) -> Result<Self, Fault> {
        for (entry, reason) in reasons.iter().enumerate() {
            if reasons.iter().take(entry).any(|earlier| earlier == reason) {
                return Err(Fault::new(What::Repeated { key: reason.word().into() }).at_entry(entry));
            }
        }
        Ok(Self(reasons))
    }
}

impl Deref for Reasons {
    type Target = [Reason];

    fn deref(&self) -> &[Reason] {
        &self.0
    }
}

impl Field for Reasons {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        List::read(reader).and_then(Self::each_once)
    }

    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        List::from_json(json).and_then(Self::each_once)
    }

    fn to_json(&self) -> Json<'_> {
        self.0.to_json()
    }
}

/// SHA-256 of a document.
pub type DocumentHash = FixedBytes<32>;

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The facility, which is the id of its delegation.
    pub iss: DelegationId,
    /// Time of signing.
    pub iat: UnixTime,
    /// Id of the receipt.
    pub cti: CredentialId,
    /// What was asked and answered.
    pub encounter: Encounter,
}

record! {
    /// What was asked and answered.
    Encounter {
        /// The answer.
        1 "decision" decision: Decision,
        /// How firm it is.
        2 "assurance" assurance: Assurance,
        /// What to do for the patient.
        3 "action" action: Action,
        /// Reasons, in the order of the rules.
        4 "reasons" reasons: Reasons,
        /// The document that was chosen.
        5 "credential" credential: Nullable<DocumentReference>,
        /// SHA-256 of the issuer's COSE_Sign1.
        6 "credential_hash" credential_hash: Nullable<DocumentHash>,
        /// Benefit groups asked for; empty for a payout.
        7 "benefits" benefits: Set<BenefitGroup, 0, 17>,
        /// Day of the service.
        8 "service_date" service_date: Date,
        /// Money charged.
        9 "charged" charged: Option<Money>,
        /// Money co-paid.
        10 "copay" copay: Option<Money>,
        /// Result of looking at the person.
        11 "person" person: PersonResult,
        /// Whether it was an emergency.
        12 "emergency" emergency: Emergency,
        /// What the device knew of the time.
        13 "clock" clock: Clock,
        /// Versions and dates of what was used.
        14 "rests_on" rests_on: RestsOn,
        /// A referral.
        15 "referral" referral: Option<Label>,
        /// A pre-authorisation.
        16 "preauth" preauth: Option<Label>,
        /// COVERED with a list that was fresh enough: the scheme must honour it.
        17 "good_faith" good_faith: GoodFaith,
        /// SHA-256 of the whole previous receipt under the same key.
        18 "previous" previous: Nullable<DocumentHash>,
        /// Household line served.
        19 "member" member: Option<MemberLine>,
        /// Where.
        20 "place" place: Area,
        /// Level of the facility.
        21 "level" level: Option<Level>,
        /// Serial redeemed.
        22 "serial" serial: Option<Count>,
        /// Cause of the need.
        23 "cause" cause: Option<Cause>,
        /// Documents shown with it.
        24 "evidence" evidence: Option<List<DocumentReference, 1, 8>>,
    }
}

tuple! {
    /// A document by its issuer and id.
    DocumentReference as array {
        /// Issuer.
        "issuer" issuer: IssuerId,
        /// Id.
        "cti" cti: CredentialId,
    }
}

record! {
    /// Versions and dates of what an answer rests on.
    RestsOn {
        /// Version of the timestamp role.
        1 "timestamp" timestamp: Count,
        /// Date of the pack.
        2 "pack" pack: Date,
        /// `iat` of the status list.
        3 "status" status: Nullable<UnixTime>,
        /// Version of the rulebook.
        4 "rulebook" rulebook: Nullable<Count>,
        /// The agreement.
        5 "agreement" agreement: Nullable<AgreementId>,
    }
}

/// Declares a two-valued answer, `true` or `false` in both forms.
macro_rules! yes_no {
    ($($(#[$doc:meta])* $name:ident { $(#[$yes_doc:meta])* $yes:ident, $(#[$no_doc:meta])* $no:ident })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $(#[$yes_doc])* $yes,
            $(#[$no_doc])* $no,
        }

        impl Field for $name {
            fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
                Ok(if reader.boolean()? { Self::$yes } else { Self::$no })
            }

            fn write(&self, writer: &mut Writer) {
                writer.boolean(*self == Self::$yes);
            }

            fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
                Ok(if json.boolean()? { Self::$yes } else { Self::$no })
            }

            fn to_json(&self) -> Json<'_> {
                Json::Bool(*self == Self::$yes)
            }
        }
    )+};
}

yes_no! {
    /// Whether an encounter was an emergency.
    Emergency {
        /// It was.
        Yes,
        /// It was not.
        No
    }
    /// Whether the facility followed the rules with fresh data, so that the scheme must honour the answer.
    GoodFaith {
        /// It did.
        Yes,
        /// It did not, or the answer was not COVERED.
        No
    }
}

impl Receipt {
    /// The signed bytes: RFC 8949 section 4.2.1.
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.member(1, &self.iss);
        map.member(6, &self.iat);
        map.member(7, &self.cti);
        map.member(KEY_ENCOUNTER, &self.encounter);
        let mut writer = Writer::new();
        map.write(&mut writer);
        writer.into_bytes()
    }

    /// Reads the payload of a receipt.
    ///
    /// # Errors
    /// The first fault in reading order, at its place.
    pub(crate) fn from_cbor(payload: &[u8]) -> Result<Self, Fault> {
        strict::scan(payload, Rules::Own)?;
        let mut reader = Reader::new(payload);
        let mut map = MapReader::open(&mut reader)?;
        let iss = map.member(1, "iss")?;
        let iat = map.member(6, "iat")?;
        let cti = map.member(7, "cti")?;
        // The encounter's members stand at the top of the JSON form, so their places are named without it.
        let encounter = map.required(KEY_ENCOUNTER, "encounter", Encounter::read)?;
        map.finish()?;
        Ok(Self { iss, iat, cti, encounter })
    }

    /// The JSON form: the members of the claims and of the encounter in one object.
    pub fn to_json(&self) -> Json<'_> {
        let mut object: Vec<(Cow<'_, str>, Json<'_>)> = Vec::new();
        json_member(&mut object, "iss", &self.iss);
        json_member(&mut object, "iat", &self.iat);
        json_member(&mut object, "cti", &self.cti);
        self.encounter.members_to_json(&mut object);
        Json::Object(object)
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let receipt = Self {
            iss: Field::from_json(object.required("iss")?).map_err(|fault: Fault| fault.within("iss"))?,
            iat: Field::from_json(object.required("iat")?).map_err(|fault: Fault| fault.within("iat"))?,
            cti: Field::from_json(object.required("cti")?).map_err(|fault: Fault| fault.within("cti"))?,
            encounter: Encounter::members_from_json(&mut object)?,
        };
        object.finish()?;
        Ok(receipt)
    }
}
