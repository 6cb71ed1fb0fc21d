//! The words of a slip, out of a receipt and the catalogue.
//!
//! A receipt alone has codes; what the answer knew beyond it (days, how to pay, whom to ask) comes from [`Extra`] when the
//! slip is printed at the counter. Printed again later it says what the receipt says.

use sanad_credential::{Action, Decision, Emergency, Receipt};
use sanad_messages::{Catalogue, Heading, Notice, PatientPays, RemedyValues};

use super::row::payer;
use super::slip::{Part, Slip, SlipReceipt, isolated};

/// What the answer knew beyond the receipt, already in the person's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    /// What the patient is told about the reasons.
    pub remedies: Option<Vec<String>>,
    /// What the patient pays.
    pub patient_pays: Option<String>,
    /// Who pays the facility.
    pub payer: Option<String>,
    /// Where to appeal.
    pub appeal: Option<String>,
}

impl Extra {
    /// Nothing beyond the receipt.
    pub const fn none() -> Self {
        Self { remedies: None, patient_pays: None, payer: None, appeal: None }
    }
}

/// The slip of a receipt. Without its document there is neither number nor code on it, and it says that it is not signed.
pub fn slip_of(receipt: &Receipt, document: Option<Vec<u8>>, catalogue: &Catalogue, extra: Extra) -> Slip {
    let encounter = &receipt.encounter;
    let mut parts = Vec::new();
    let mut add = |heading: Heading, texts: Vec<String>| {
        if !texts.is_empty() {
            parts.push(Part { heading: catalogue.heading(heading), texts });
        }
    };
    let benefits: Vec<String> = match &encounter.benefits[..] {
        [] => vec![catalogue.heading(Heading::Payout)],
        groups => groups.iter().map(|group| catalogue.benefit_group(*group)).collect(),
    };
    add(Heading::Benefit, benefits);
    add(Heading::Action, vec![catalogue.action(encounter.action)]);
    add(Heading::PatientPays, vec![extra.patient_pays.unwrap_or_else(|| patient_pays(receipt, catalogue))]);
    let who = extra.payer.or_else(|| payer(receipt).map(|payer| catalogue.payer(payer)));
    add(Heading::FacilityPaidBy, who.into_iter().collect());
    let none = RemedyValues { day: None, pay: None, covered_here: None, amount: None };
    let remedies = extra
        .remedies
        .unwrap_or_else(|| encounter.reasons.iter().map(|reason| catalogue.remedy(*reason, &none)).collect());
    add(Heading::TellPatient, remedies);
    if encounter.decision != Decision::Covered {
        add(Heading::Appeal, vec![extra.appeal.unwrap_or_else(|| catalogue.notice(Notice::AppealHere))]);
    }
    let direction = catalogue.language().direction();
    let about = [
        (Heading::Facility, format!("{}, {}", receipt.iss, encounter.place)),
        (Heading::Date, encounter.service_date.to_string()),
    ];
    let about = about.map(|(heading, value)| Part {
        heading: catalogue.heading(heading),
        texts: vec![isolated(&value, direction)],
    });
    let signed = if document.is_some() { Notice::SignedByFacility } else { Notice::NotSigned };
    let mut ends = vec![signed, Notice::KeepSlip, Notice::NoDiagnosisNoName];
    if encounter.emergency == Emergency::No && encounter.decision != Decision::Covered {
        ends.insert(0, Notice::EmergencyAlwaysTreated);
    }
    let heading = catalogue.heading(Heading::Receipt);
    Slip {
        direction,
        title: catalogue.heading(Heading::Slip),
        decision: encounter.decision,
        decision_text: catalogue.decision(encounter.decision),
        parts,
        about: about.into(),
        receipt: document.map(|document| SlipReceipt { heading, id: receipt.cti, document }),
        ends: ends.into_iter().map(|notice| catalogue.notice(notice)).collect(),
    }
}

fn patient_pays(receipt: &Receipt, catalogue: &Catalogue) -> String {
    let encounter = &receipt.encounter;
    let amount = encounter.copay.as_ref().map(sanad_credential::Money::in_ordinary_units);
    let is_nothing = encounter.copay.as_ref().is_some_and(|money| money.minor.value() == 0);
    catalogue.patient_pays(&match (&amount, encounter.action) {
        (Some(_), _) if is_nothing => PatientPays::Nothing,
        (Some(amount), _) => PatientPays::Amount(amount),
        (None, Action::TreatFree) => PatientPays::Nothing,
        (None, Action::ChargeRefundable) => PatientPays::AsUninsured,
        (None, _) => PatientPays::NoMoreThanCovered,
    })
}
