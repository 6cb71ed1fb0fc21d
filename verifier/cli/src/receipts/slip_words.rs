//! The words of a slip, out of a receipt and the catalogue.
//!
//! A receipt alone has codes; what the answer knew beyond it (days, how to pay, whom to ask) comes from [`Extra`] when the
//! slip is printed at the counter. Printed again later it says what the receipt says.

use sanad_credential::{
    Action, Area, BenefitGroup, CredentialId, Date, Decision, DelegationId, Emergency, Money, Payer, Reason,
    Receipt,
};
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

/// What was answered, of which a slip speaks.
#[derive(Clone, Debug)]
pub struct SlipAnswer<'a> {
    /// The facility, where it has an id.
    pub facility: Option<&'a DelegationId>,
    /// Where.
    pub place: &'a Area,
    /// Day of the service.
    pub date: Date,
    /// The benefit groups; none for a payout.
    pub benefits: &'a [BenefitGroup],
    /// The decision.
    pub decision: Decision,
    /// What to do.
    pub action: Action,
    /// Why.
    pub reasons: &'a [Reason],
    /// The co-pay.
    pub copay: Option<&'a Money>,
    /// Who pays the facility.
    pub payer: Option<Payer>,
    /// Whether it was an emergency.
    pub emergency: Emergency,
}

impl<'a> SlipAnswer<'a> {
    /// Of a receipt.
    pub fn of_receipt(receipt: &'a Receipt) -> Self {
        let encounter = &receipt.encounter;
        Self {
            facility: Some(&receipt.iss),
            place: &encounter.place,
            date: encounter.service_date,
            benefits: &encounter.benefits,
            decision: encounter.decision,
            action: encounter.action,
            reasons: &encounter.reasons,
            copay: encounter.copay.as_ref(),
            payer: payer(receipt),
            emergency: encounter.emergency,
        }
    }
}

/// The slip of an answer. Without a receipt there is neither number nor code on it, and it says that it is not signed.
pub fn slip_of(
    answered: &SlipAnswer<'_>,
    receipt: Option<(CredentialId, Vec<u8>)>,
    catalogue: &Catalogue,
    extra: Extra,
) -> Slip {
    let mut parts = Vec::new();
    let mut add = |heading: Heading, texts: Vec<String>| {
        if !texts.is_empty() {
            parts.push(Part { heading: catalogue.heading(heading), texts });
        }
    };
    let benefits: Vec<String> = match answered.benefits {
        [] => vec![catalogue.heading(Heading::Payout)],
        groups => groups.iter().map(|group| catalogue.benefit_group(*group)).collect(),
    };
    add(Heading::Benefit, benefits);
    add(Heading::Action, vec![catalogue.action(answered.action)]);
    add(Heading::PatientPays, vec![extra.patient_pays.unwrap_or_else(|| patient_pays(answered, catalogue))]);
    let who = extra.payer.or_else(|| answered.payer.map(|payer| catalogue.payer(payer)));
    add(Heading::FacilityPaidBy, who.into_iter().collect());
    let none = RemedyValues { day: None, pay: None, covered_here: None, amount: None };
    let remedies = extra
        .remedies
        .unwrap_or_else(|| answered.reasons.iter().map(|reason| catalogue.remedy(*reason, &none)).collect());
    add(Heading::TellPatient, remedies);
    if answered.decision != Decision::Covered {
        add(Heading::Appeal, vec![extra.appeal.unwrap_or_else(|| catalogue.notice(Notice::AppealHere))]);
    }
    let direction = catalogue.language().direction();
    let place = match answered.facility {
        Some(facility) => format!("{facility}, {}", answered.place),
        None => answered.place.to_string(),
    };
    let about = [(Heading::Facility, place), (Heading::Date, answered.date.to_string())];
    let about = about.map(|(heading, value)| Part {
        heading: catalogue.heading(heading),
        texts: vec![isolated(&value, direction)],
    });
    let signed = if receipt.is_some() { Notice::SignedByFacility } else { Notice::NotSigned };
    let mut ends = vec![signed, Notice::KeepSlip, Notice::NoDiagnosisNoName];
    if answered.emergency == Emergency::No && answered.decision != Decision::Covered {
        ends.insert(0, Notice::EmergencyAlwaysTreated);
    }
    let heading = catalogue.heading(Heading::Receipt);
    Slip {
        direction,
        title: catalogue.heading(Heading::Slip),
        decision: answered.decision,
        decision_text: catalogue.decision(answered.decision),
        parts,
        about: about.into(),
        receipt: receipt.map(|(id, document)| SlipReceipt { heading, id, document }),
        ends: ends.into_iter().map(|notice| catalogue.notice(notice)).collect(),
    }
}

fn patient_pays(answered: &SlipAnswer<'_>, catalogue: &Catalogue) -> String {
    let amount = answered.copay.map(Money::in_ordinary_units);
    let is_nothing = answered.copay.is_some_and(|money| money.minor.value() == 0);
    catalogue.patient_pays(&match (&amount, answered.action) {
        (Some(_), _) if is_nothing => PatientPays::Nothing,
        (Some(amount), _) => PatientPays::Amount(amount),
        (None, Action::TreatFree) => PatientPays::Nothing,
        (None, Action::ChargeRefundable) => PatientPays::AsUninsured,
        (None, _) => PatientPays::NoMoreThanCovered,
    })
}
