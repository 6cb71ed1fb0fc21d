//! Words of the screen and of the printed slip: headings, sentences, and lines with values.
//!
//! A slip carries no diagnosis and no name; nothing here asks for either.

use sanad_credential::{AgreementId, BasisPoints, Count, MemberLine};

use crate::catalogue::Catalogue;
use crate::inserted::inserted;
use crate::key::{Key, Phrase, words};

words! {
    /// What stands over or before something.
    pub enum Heading,
    /// All headings.
    ALL {
        /// The slip's own title.
        Slip = "slip",
        /// The answer.
        Answer = "answer",
        /// How firm it is.
        Assurance = "assurance",
        /// What to do now.
        Action = "action",
        /// What the patient pays.
        PatientPays = "patient-pays",
        /// Who pays the facility.
        FacilityPaidBy = "facility-paid-by",
        /// Prices used.
        Prices = "prices",
        /// Reasons.
        Reasons = "reasons",
        /// What the patient is told.
        TellPatient = "tell-patient",
        /// Where to appeal.
        Appeal = "appeal",
        /// What the answer rests on.
        RestsOn = "rests-on",
        /// The law it rests on.
        Law = "law",
        /// Receipt number.
        Receipt = "receipt",
        /// Day of service.
        Date = "date",
        /// The time that the device shows.
        Time = "time",
        /// How the date is known.
        Clock = "clock",
        /// The facility.
        Facility = "facility",
        /// The country or area.
        Place = "place",
        /// The document shown.
        Document = "document",
        /// Its issuer.
        Issuer = "issuer",
        /// Its status.
        Status = "status",
        /// Other documents shown.
        OtherDocuments = "other-documents",
        /// The person served.
        Member = "member",
        /// Result of looking at the person.
        PersonCheck = "person-check",
        /// The benefit asked for.
        Benefit = "benefit",
        /// Stands for a benefit group where a transfer or voucher is asked for.
        Payout = "payout",
        /// Number of the voucher.
        Voucher = "voucher",
        /// Money or goods of a transfer or voucher.
        HandOver = "hand-over",
        /// Why care is needed.
        Cause = "cause",
        /// The expected amount.
        Amount = "amount",
        /// Whether it is an emergency.
        Emergency = "emergency",
        /// Whether there is a referral.
        Referral = "referral",
        /// Reference of an approval given before.
        Preauthorisation = "preauthorisation",
        /// Answer to a question.
        Yes = "yes",
        /// Answer to a question.
        No = "no",
        /// Stands where a value was not given.
        NotGiven = "not-given",
        /// Place for a signature or thumbprint.
        Signature = "signature",
        /// Whose copy it is.
        PatientCopy = "patient-copy",
        /// Whose copy it is.
        FacilityCopy = "facility-copy",
    }
}

words! {
    /// A sentence that needs no value.
    pub enum Notice,
    /// All notices.
    ALL {
        /// Whatever the answer is.
        EmergencyAlwaysTreated = "emergency-always-treated",
        /// Before a mismatch of person and document counts.
        SecondConfirms = "second-confirms",
        /// On the slip.
        NoDiagnosisNoName = "no-diagnosis-no-name",
        /// On the slip.
        NotSigned = "not-signed",
        /// On the slip.
        SignedByFacility = "signed-by-facility",
        /// On the slip.
        NoLegalDecision = "no-legal-decision",
        /// On the slip.
        KeepSlip = "keep-slip",
        /// With invented people and keys.
        TestData = "test-data",
        /// With content whose signature was not checked.
        NotVerified = "not-verified",
        /// Where no document was needed to answer.
        NoDocumentNeeded = "no-document-needed",
        /// Where to appeal when the data names nobody.
        AppealHere = "appeal-here",
        /// What to do for a transfer or voucher that is covered.
        PayOut = "pay-out",
        /// A voucher with serials was shown, and nobody said which one is used.
        AskSerial = "ask-serial",
    }
}

/// How old a part of the pack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Days since its date.
    Days(u32),
    /// It is there, without a date that could be believed.
    Unknown,
    /// The device has none.
    Missing,
}

/// What the patient pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatientPays<'v> {
    /// Nothing.
    Nothing,
    /// An amount with its currency.
    Amount(&'v str),
    /// A share of an amount that is not known yet.
    Share {
        /// The share.
        share: BasisPoints,
        /// The most that is paid, with its currency.
        cap: Option<&'v str>,
    },
    /// An amount that came out of a share.
    ShareOf {
        /// The share.
        share: BasisPoints,
        /// The amount, with its currency.
        amount: &'v str,
    },
    /// It could not be decided: no more than if it were covered.
    NoMoreThanCovered,
    /// Not covered: as a resident without insurance, refundable.
    AsUninsured,
}

impl Catalogue {
    /// A heading and a value from outside.
    pub fn field(&self, heading: Heading, value: &str) -> String {
        self.line(heading, &inserted(value, self.language().direction()))
    }

    /// A heading and a text of this catalogue.
    pub fn line(&self, heading: Heading, said: &str) -> String {
        format!("{}{}{said}", self.heading(heading), self.say(Key::Phrase(Phrase::Colon)))
    }

    /// What the patient pays.
    pub fn patient_pays(&self, pays: &PatientPays<'_>) -> String {
        let values = self.values();
        let (phrase, values) = match pays {
            PatientPays::Nothing => (Phrase::PaysNothing, values),
            PatientPays::Amount(amount) => (Phrase::PaysAmount, values.text("amount", amount)),
            PatientPays::Share { share, cap } => (
                Phrase::PaysShare,
                values.text("percent", &percent(*share)).optional("cap", "cap-known", *cap),
            ),
            PatientPays::ShareOf { share, amount } => {
                (Phrase::PaysShareOf, values.text("percent", &percent(*share)).text("amount", amount))
            }
            PatientPays::NoMoreThanCovered => (Phrase::PaysNoMoreThanCovered, values),
            PatientPays::AsUninsured => (Phrase::PaysAsUninsured, values),
        };
        self.say_with(Key::Phrase(phrase), &values)
    }

    /// How old the pack is.
    pub fn pack_age(&self, age: Age) -> String {
        self.age(age, [Phrase::PackAge, Phrase::PackAgeUnknown, Phrase::PackMissing])
    }

    /// How old the issuer's status list is.
    pub fn status_age(&self, age: Age) -> String {
        self.age(age, [Phrase::StatusAge, Phrase::StatusAgeUnknown, Phrase::StatusMissing])
    }

    fn age(&self, age: Age, [known, unknown, missing]: [Phrase; 3]) -> String {
        match age {
            Age::Days(days) => self.say_with(Key::Phrase(known), &self.values().days(days)),
            Age::Unknown => self.say(Key::Phrase(unknown)),
            Age::Missing => self.say(Key::Phrase(missing)),
        }
    }

    /// The version of the scheme's rules, if the device has one.
    pub fn rulebook(&self, version: Option<Count>) -> String {
        match version {
            Some(version) => self.say_with(
                Key::Phrase(Phrase::Rulebook),
                &self.values().text("version", &version.to_string()),
            ),
            None => self.say(Key::Phrase(Phrase::RulebookMissing)),
        }
    }

    /// The agreement that was used, if one was.
    pub fn agreement(&self, id: Option<&AgreementId>) -> String {
        match id {
            Some(id) => self.say_with(Key::Phrase(Phrase::Agreement), &self.values().text("id", id.as_str())),
            None => self.say(Key::Phrase(Phrase::AgreementNone)),
        }
    }

    /// Who of the household is served; the holder is line 1.
    pub fn household_line(&self, line: MemberLine) -> String {
        self.say_with(Key::Phrase(Phrase::HouseholdLine), &self.values().number("line", line.value()))
    }
}

/// A share in percent with no more decimals than it needs: 2000 is 20, 1250 is 12.5.
fn percent(share: BasisPoints) -> String {
    let points = share.value();
    let (whole, hundredths) = (points.div_euclid(100), points.rem_euclid(100));
    match (hundredths.div_euclid(10), hundredths.rem_euclid(10)) {
        (0, 0) => whole.to_string(),
        (tenths, 0) => format!("{whole}.{tenths}"),
        _ => format!("{whole}.{hundredths:02}"),
    }
}

#[cfg(test)]
mod tests {
    use sanad_credential::BasisPoints;

    #[test]
    fn a_share_has_no_more_decimals_than_it_needs() {
        for (points, expect) in [
            (0, "0"),
            (5, "0.05"),
            (50, "0.5"),
            (2000, "20"),
            (1250, "12.5"),
            (1205, "12.05"),
            (10_000, "100"),
        ] {
            assert_eq!(super::percent(BasisPoints::new(points).unwrap()), expect);
        }
    }
}
