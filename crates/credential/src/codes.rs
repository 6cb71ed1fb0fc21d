//! The code lists: each a closed enum with its number in CBOR and its word in JSON.
//!
//! A code that a list does not have is refused: a document that says something this version does not understand
//! must not be half understood. Sources are named at each list.

use crate::cbor::{Field, Reader, Writer};
use crate::fault::{Fault, What};
use crate::json::Json;

/// Declares a code list.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $list:literal { $($(#[$entry_doc:meta])* $entry:ident = $code:literal $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$entry_doc])* #[doc = concat!("`", $word, "`, ", stringify!($code))] $entry,)+
        }

        impl $name {
            /// All entries, by rising code.
            pub const ALL: &'static [Self] = &[$(Self::$entry),+];

            /// The number in CBOR.
            pub const fn code(self) -> u8 {
                match self { $(Self::$entry => $code,)+ }
            }

            /// The word in JSON.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$entry => $word,)+ }
            }

            /// The entry with this number.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$entry),)+ _ => None }
            }

            /// The entry with this word.
            ///
            /// # Errors
            /// [`What::Word`].
            pub fn from_word(word: &str) -> Result<Self, Fault> {
                match word { $($word => Ok(Self::$entry),)+ _ => Err(What::Word { list: $list }.into()) }
            }
        }

        impl Field for $name {
            fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
                let found = reader.any_integer()?;
                u8::try_from(found)
                    .ok()
                    .and_then(Self::from_code)
                    .ok_or_else(|| What::Code { list: $list, found }.into())
            }

            fn write(&self, writer: &mut Writer) {
                writer.unsigned(u64::from(self.code()));
            }

            fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
                Self::from_word(json.text()?)
            }

            fn to_json(&self) -> Json<'_> {
                Json::Text(self.word().into())
            }
        }
    )+};
}

codes! {
    /// Type of an entitlement.
    RightType, "entitlement type" {
        /// Belongs to a scheme; proves no cover.
        Membership = 1 "membership",
        /// Covered for services in a period.
        Coverage = 2 "coverage",
        /// Periods that were contributed, or a receipt for one.
        Contribution = 3 "contribution",
        /// A transfer, voucher or pension.
        Benefit = 4 "benefit",
        /// A right in another country.
        CrossBorder = 5 "cross_border",
        /// A key that may act for an issuer.
        Delegation = 6 "delegation",
    }
    /// Functions of social protection: 1 to 9 are ILO C102 Parts II to X.
    Function, "function" {
        MedicalCare = 1 "medical_care",
        Sickness = 2 "sickness",
        Unemployment = 3 "unemployment",
        OldAge = 4 "old_age",
        EmploymentInjury = 5 "employment_injury",
        Family = 6 "family",
        Maternity = 7 "maternity",
        Invalidity = 8 "invalidity",
        Survivors = 9 "survivors",
        Assistance = 10 "assistance",
        /// Occupational safety and health.
        Osh = 11 "osh",
        Housing = 12 "housing",
        Food = 13 "food",
        Education = 14 "education",
        SocialWork = 15 "social_work",
        Funeral = 16 "funeral",
        PublicWorks = 17 "public_works",
        WaterSanitation = 18 "water_sanitation",
    }
    /// Groups of health benefits.
    BenefitGroup, "benefit group" {
        /// Emergency care.
        Emergency = 1 "EMER",
        /// Out-patient care.
        OutPatient = 2 "OPD",
        /// Children under five, immunisation.
        Child = 3 "CHILD",
        /// Antenatal care.
        Antenatal = 4 "ANC",
        /// Delivery.
        Delivery = 5 "DEL",
        /// Postnatal care.
        Postnatal = 6 "PNC",
        /// Medicines.
        Medicines = 7 "MEDS",
        /// Laboratory.
        Laboratory = 8 "LAB",
        /// Imaging.
        Imaging = 9 "IMG",
        /// In-patient care.
        InPatient = 10 "INP",
        /// Surgery.
        Surgery = 11 "SURG",
        /// Specialists.
        Specialist = 12 "SPEC",
        /// Chronic care.
        Chronic = 13 "CHRON",
        /// Dental care.
        Dental = 14 "DENT",
        /// Rehabilitation.
        Rehabilitation = 15 "REHAB",
        /// Transport of patients.
        Transport = 16 "TRANSPORT",
        /// Occupational health visit.
        OccupationalVisit = 17 "OSHV",
    }
    /// Category of a member; programme planning only, never an input to a decision.
    Category, "membership category" {
        None = 0 "none",
        OwnAccount = 1 "own_account",
        Casual = 2 "casual",
        Seasonal = 3 "seasonal",
        Apprentice = 4 "apprentice",
        /// Member of a co-operative.
        Cooperative = 5 "cooperative",
        /// Contributing family worker.
        FamilyWorker = 6 "family_worker",
        Domestic = 7 "domestic",
        Carer = 8 "carer",
    }
    /// Sex, ISO/IEC 5218; only where a benefit depends on it.
    Sex, "sex" {
        Unknown = 0 "U",
        Male = 1 "M",
        Female = 2 "F",
        NotApplicable = 9 "N",
    }
    /// Role in the household.
    Role, "household role" {
        /// The member.
        Holder = 0 "self",
        Spouse = 1 "spouse",
        Child = 2 "child",
        Parent = 3 "parent",
        Other = 4 "other",
    }
    /// How to check that the person is the holder; absent means by the printed photo.
    PersonCheck, "person check" {
        None = 0 "none",
        /// The phone proves a key.
        HolderKey = 3 "holder_key",
        /// A named person vouches.
        Vouched = 4 "vouched",
    }
    /// Unit of a contribution line's quantity.
    PeriodUnit, "period unit" {
        Day = 0 "day",
        Week = 1 "week",
        Month = 2 "month",
    }
    /// Why a period counts.
    PeriodKind, "period kind" {
        Employed = 0 "employed",
        SelfEmployed = 1 "self",
        Voluntary = 2 "voluntary",
        Credited = 3 "credited",
        Residence = 4 "residence",
    }
    /// Who paid a contribution.
    Contributor, "contributor" {
        Holder = 0 "self",
        Employer = 1 "employer",
        Cooperative = 2 "cooperative",
        State = 3 "state",
        Other = 4 "other",
    }
    /// Whether a line has reached the scheme's books.
    LineQuality, "line quality" {
        Posted = 0 "posted",
        /// A receipt by a delegate, not yet booked.
        Provisional = 1 "provisional",
    }
    /// Benefit types of SP-DCI.
    BenefitType, "benefit type" {
        Cash = 1 "cash",
        Voucher = 2 "voucher",
        InKind = 3 "in_kind",
        Training = 4 "training",
        Work = 5 "work",
        Insurance = 6 "insurance",
    }
    /// Who may receive a benefit.
    Payee, "payee" {
        Holder = 0 "self",
        Proxy = 1 "proxy",
    }
    /// Kinds of cross-border rights, after the European S1, S2, DA1, A1, U1 and provisional documents.
    CrossBorderKind, "cross-border kind" {
        TemporaryStay = 0 "temporary_stay",
        Residence = 1 "residence",
        PlannedCare = 2 "planned_care",
        WorkInjury = 3 "work_injury",
        /// Applicable legislation.
        Legislation = 4 "legislation",
        Periods = 5 "periods",
        Provisional = 6 "provisional",
    }
    /// Who pays the facility.
    Payer, "payer" {
        Home = 0 "home",
        Host = 1 "host",
        Shared = 2 "shared",
    }
    /// Whose prices hold.
    Tariff, "tariff" {
        Host = 0 "host",
        Home = 1 "home",
        Flat = 2 "flat",
    }
    /// Which side derived a cross-border right.
    DerivedBy, "deriving side" {
        Home = 0 "home",
        Host = 1 "host",
    }
    /// What a delegate may do.
    Scope, "delegation scope" {
        /// Sign memberships.
        Register = 0 "register",
        /// Collect contributions.
        Collect = 1 "collect",
        /// Sign contribution receipts, provisional lines only.
        Receipt = 2 "receipt",
        /// Sign coverage.
        Cover = 3 "cover",
        /// Sign encounter receipts: a facility's key.
        Verify = 4 "verify",
        /// Act for a person.
        ActForPerson = 5 "act_for_person",
    }
    /// Entries of a status list, Token Status List section 7.1; 3 is application-specific.
    Status, "status" {
        Valid = 0 "valid",
        /// Final.
        Revoked = 1 "revoked",
        Suspended = 2 "suspended",
        /// A newer document exists.
        Superseded = 3 "superseded",
    }
    /// Decision of an encounter.
    Decision, "decision" {
        NotCovered = 0 "NOT_COVERED",
        Covered = 1 "COVERED",
        CannotDecide = 2 "CANNOT_DECIDE",
    }
    /// How firm a decision is.
    Assurance, "assurance" {
        None = 0 "NONE",
        Firm = 1 "FIRM",
        Provisional = 2 "PROVISIONAL",
    }
    /// What to do for the patient, apart from who pays.
    Action, "action" {
        TreatNow = 0 "TREAT_NOW",
        TreatFree = 1 "TREAT_FREE",
        TreatCopay = 2 "TREAT_COPAY",
        TreatClaimLater = 3 "TREAT_CLAIM_LATER",
        ContactThenTreat = 4 "CONTACT_THEN_TREAT",
        ChargeRefundable = 5 "CHARGE_REFUNDABLE",
        HoldRetry = 6 "HOLD_RETRY",
        /// Cash and vouchers only.
        RefuseWithAppeal = 7 "REFUSE_WITH_APPEAL",
        NoEncounter = 8 "NO_ENCOUNTER",
    }
    /// Result of looking at the person.
    PersonResult, "person result" {
        Match = 0 "match",
        Unchecked = 1 "unchecked",
        Mismatch = 2 "mismatch",
        Absent = 3 "absent",
        Newborn = 4 "newborn",
        AgeDiffers = 5 "age_diff",
    }
    /// What the device knows of the time.
    Clock, "clock" {
        Ok = 0 "ok",
        /// The operator typed the date.
        Operator = 1 "operator",
        Unknown = 2 "unknown",
    }
    /// Cause of the need for care.
    Cause, "cause" {
        Illness = 0 "illness",
        WorkInjury = 1 "work_injury",
    }
    /// Reasons of a decision; stable, never reused.
    Reason, "reason" {
        NoCredential = 1 "NO_CREDENTIAL",
        Unreadable = 2 "UNREADABLE",
        SigInvalid = 3 "SIG_INVALID",
        IssuerUnknown = 4 "ISSUER_UNKNOWN",
        KeyUnknown = 5 "KEY_UNKNOWN",
        KeyCompromised = 6 "KEY_COMPROMISED",
        OutOfScope = 7 "OUT_OF_SCOPE",
        DelegationWindow = 8 "DELEGATION_WINDOW",
        DelegationRevoked = 9 "DELEGATION_REVOKED",
        TrustListOld = 10 "TRUST_LIST_OLD",
        RulebookStale = 11 "RULEBOOK_STALE",
        TimeUnknown = 12 "TIME_UNKNOWN",
        TimeOperator = 13 "TIME_OPERATOR",
        ClockBeforeIssue = 14 "CLOCK_BEFORE_ISSUE",
        DocExpired = 15 "DOC_EXPIRED",
        Revoked = 16 "REVOKED",
        Suspended = 17 "SUSPENDED",
        SuspendedStale = 18 "SUSPENDED_STALE",
        SuspendedButProtected = 19 "SUSPENDED_BUT_PROTECTED",
        Superseded = 20 "SUPERSEDED",
        StatusOld = 21 "STATUS_OLD",
        StatusTooOld = 22 "STATUS_TOO_OLD",
        PersonMismatch = 23 "PERSON_MISMATCH",
        PersonUnchecked = 24 "PERSON_UNCHECKED",
        PersonAbsent = 25 "PERSON_ABSENT",
        NotStarted = 26 "NOT_STARTED",
        Waiting = 27 "WAITING",
        InGrace = 28 "IN_GRACE",
        ReceiptPending = 29 "RECEIPT_PENDING",
        Lapsed = 30 "LAPSED",
        NoAgreement = 31 "NO_AGREEMENT",
        NotInAgreement = 32 "NOT_IN_AGREEMENT",
        PreauthNeeded = 33 "PREAUTH_NEEDED",
        FacilityNotInNetwork = 34 "FACILITY_NOT_IN_NETWORK",
        Bypass = 35 "BYPASS",
        AlreadyRedeemed = 36 "ALREADY_REDEEMED",
        CloneSuspect = 37 "CLONE_SUSPECT",
        AboveOfflineLimit = 38 "ABOVE_OFFLINE_LIMIT",
        BalanceUnknown = 39 "BALANCE_UNKNOWN",
        NewbornUnderMother = 40 "NEWBORN_UNDER_MOTHER",
        AgeDiff = 41 "AGE_DIFF",
        NotInPackage = 42 "NOT_IN_PACKAGE",
        FacilityUnknown = 43 "FACILITY_UNKNOWN",
    }
}
