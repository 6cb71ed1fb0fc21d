//! An answer for the staff at the counter and the person in front of them, in their language.
//!
//! The order is that of the work: what the answer is, what to do now, what the person pays and who pays the rest, why,
//! what to tell the person, where to appeal, and how old the data is. Codes stand beside the words, for the phone call.
//! Values of the document are shown only where its signature held, and control characters never.

use std::fmt::Write as _;

use sanad_credential::{
    Action, Benefit, Claims, Clock, Date, Decision, Emergency, Money, Reason, Right, printable,
};
use sanad_messages::{Age, Catalogue, Heading, Notice, PatientPays};
use sanad_trust::pack::Pack;
use sanad_verifier::{Answer, Answers, Asked, Context, Words as _};

use crate::words::CatalogueWords;

/// Writes an answer for people.
pub fn text(answers: &Answers<'_>, context: &Context, pack: &Pack, words: &CatalogueWords) -> String {
    let (catalogue, answer) = (&words.0, &answers.chosen);
    let mut out = String::new();
    let mut line = |text: &str| {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "{text}");
    };
    line(&headline(answer, catalogue));
    let benefit = payable(answer);
    line(&catalogue.line(
        Heading::Action,
        &match benefit {
            Some(_) => catalogue.notice(Notice::PayOut),
            None => catalogue.action(answer.action),
        },
    ));
    line("");
    match benefit {
        Some(benefit) => {
            hand_over(benefit).iter().for_each(|what| line(&catalogue.field(Heading::HandOver, what)))
        }
        // Nobody is here who could pay.
        None if answer.action == Action::NoEncounter => {}
        None => line(&catalogue.line(Heading::PatientPays, &patient_pays(answer, catalogue))),
    }
    if benefit.is_some_and(|benefit| benefit.serials.is_some()) && context.serial.is_none() {
        line(&catalogue.notice(Notice::AskSerial));
    }
    if let Some(payer) = answer.payer {
        line(&catalogue.line(Heading::FacilityPaidBy, &catalogue.payer(payer)));
    }
    if let Some(tariff) = answer.tariff {
        line(&catalogue.line(Heading::Prices, &catalogue.tariff(tariff)));
    }
    for asked in asked(context, catalogue) {
        line(&asked);
    }
    for about in about(answer, pack, words) {
        line(&about);
    }
    if !answer.reasons.is_empty() {
        line("");
        line(&catalogue.heading(Heading::Reasons));
        for reason in &answer.reasons {
            line(&format!("  - {} [{}]", catalogue.reason(*reason), reason.word()));
        }
        line(&catalogue.heading(Heading::TellPatient));
        for reason in answer.reasons.iter().filter(|reason| is_told(**reason, answer.decision)) {
            line(&format!("  - {}", words.remedy(*reason, &answer.remedy)));
        }
    }
    if let Some(appeal) = answer.appeal_text(words).filter(|_| answer.decision != Decision::Covered) {
        line(&catalogue.field(Heading::Appeal, &printable(&appeal)));
    }
    line("");
    line(&catalogue.heading(Heading::RestsOn));
    for rests_on in rests_on(answer, context, catalogue) {
        line(&format!("  {rests_on}"));
    }
    if context.emergency == Emergency::No && answer.decision != Decision::Covered {
        line(&catalogue.notice(Notice::EmergencyAlwaysTreated));
    }
    if !answers.others.is_empty() {
        line("");
        line(&catalogue.heading(Heading::OtherDocuments));
        for other in &answers.others {
            let document =
                other.claims.map_or_else(String::new, |claims| format!(" {} {}", claims.iss, claims.cti));
            line(&format!("  - {}{document}", catalogue.decision(other.decision)));
        }
    }
    out
}

/// The transfer or voucher that is paid out on this answer.
pub fn payable<'a>(answer: &Answer<'a>) -> Option<&'a Benefit> {
    match answer.claims.map(|claims| &claims.right) {
        Some(Right::Benefit(_, benefit)) if answer.decision == Decision::Covered => Some(benefit),
        _ => None,
    }
}

fn hand_over(benefit: &Benefit) -> Vec<String> {
    let money = benefit.money.as_ref().map(Money::in_ordinary_units);
    let goods =
        benefit.item.as_ref().map(|item| format!("{} × {}", item.quantity, printable(item.name.as_str())));
    let named: Vec<String> = money.into_iter().chain(goods).collect();
    if named.is_empty() { vec![printable(benefit.programme.as_str())] } else { named }
}

/// Warnings that tell the person of their cover are silent where something else stands against it: nobody is told in one
/// breath that they are covered and that they are not.
fn is_told(reason: Reason, decision: Decision) -> bool {
    let of_cover =
        [Reason::InGrace, Reason::ReceiptPending, Reason::SuspendedButProtected, Reason::NewbornUnderMother];
    decision == Decision::Covered || !of_cover.contains(&reason)
}

fn headline(answer: &Answer<'_>, catalogue: &Catalogue) -> String {
    let (decision, assurance) = (catalogue.decision(answer.decision), catalogue.assurance(answer.assurance));
    format!("{decision} [{}]\n{assurance}", answer.decision.word())
}

/// What the patient pays, in the form of a sentence.
pub fn patient_pays(answer: &Answer<'_>, catalogue: &Catalogue) -> String {
    let shown = |money: &Money| money.in_ordinary_units();
    let Some(copay) = &answer.copay else {
        let pays = match answer.action {
            Action::TreatFree => PatientPays::Nothing,
            Action::ChargeRefundable => PatientPays::AsUninsured,
            _ => PatientPays::NoMoreThanCovered,
        };
        return catalogue.patient_pays(&pays);
    };
    let cap = copay.cap.as_ref().map(shown);
    let money = copay.money.as_ref();
    let amount = money.map(shown);
    let pays = match (copay.basis_points, &amount) {
        (Some(share), _) if share.value() == 0 => PatientPays::Nothing,
        (_, Some(_)) if money.is_some_and(|money| money.minor.value() == 0) => PatientPays::Nothing,
        // At its cap it is no share any more.
        (Some(_), Some(amount)) if copay.cap.is_some() && copay.cap == copay.money => {
            PatientPays::Amount(amount)
        }
        (Some(share), Some(amount)) => PatientPays::ShareOf { share, amount },
        (Some(share), None) => PatientPays::Share { share, cap: cap.as_deref() },
        (None, Some(amount)) => PatientPays::Amount(amount),
        (None, None) => PatientPays::NoMoreThanCovered,
    };
    catalogue.patient_pays(&pays)
}

fn asked(context: &Context, catalogue: &Catalogue) -> Vec<String> {
    let benefit = match context.asked {
        Asked::Group(group) => catalogue.benefit_group(group),
        Asked::Payout => catalogue.heading(Heading::Payout),
    };
    let mut lines = vec![
        catalogue.line(Heading::Benefit, &format!("{benefit} [{}]", context.asked.word())),
        catalogue.field(Heading::Date, &context.date.to_string()),
        catalogue.line(Heading::Clock, &catalogue.clock(context.clock)),
        catalogue.field(Heading::Place, context.place.as_str()),
    ];
    if let Some(id) = &context.facility.id {
        lines.push(catalogue.field(Heading::Facility, id.as_str()));
    }
    if let Some(amount) = &context.amount {
        lines.push(catalogue.field(Heading::Amount, &amount.in_ordinary_units()));
    }
    if let Some(serial) = context.serial {
        lines.push(catalogue.field(Heading::Voucher, &serial.to_string()));
    }
    lines
}

/// Whose document it is, once its signature held: whoever reads this compares the person with it.
fn about(answer: &Answer<'_>, pack: &Pack, words: &CatalogueWords) -> Vec<String> {
    let catalogue = &words.0;
    let Some(claims) = answer.claims else { return Vec::new() };
    let record = pack.issuers().get(&claims.iss);
    let name = record.and_then(|record| record.members().names.in_language(words.0.language().tag()));
    let issuer = format!("{} ({})", printable(name.unwrap_or_default()), claims.iss);
    let mut lines = vec![catalogue.field(Heading::Issuer, issuer.trim_start())];
    if let Some(person) = person(claims, answer.member.value()) {
        let household = catalogue.household_line(answer.member);
        lines.push(catalogue.field(Heading::Member, &format!("{} — {household}", printable(&person))));
    }
    lines.push(catalogue.line(Heading::PersonCheck, &catalogue.person_result(answer.person)));
    lines
}

fn person(claims: &Claims, line: u64) -> Option<String> {
    let subject = claims.right.subject()?;
    if line == 1 {
        return Some(subject.name.as_str().to_owned());
    }
    let mut members = subject.members.iter().flat_map(|members| members.iter());
    members.find(|member| member.line.value() == line).map(|member| member.name.as_str().to_owned())
}

fn rests_on(answer: &Answer<'_>, context: &Context, catalogue: &Catalogue) -> Vec<String> {
    let rests_on = &answer.rests_on;
    let age = |day: Option<Date>| match day {
        None => Age::Missing,
        // The real day is the one taken or later: nobody knows how old anything is.
        Some(_) if context.clock == Clock::Unknown => Age::Unknown,
        Some(day) => Age::Days(u32::try_from(context.date.days_since(day).max(0)).unwrap_or(u32::MAX)),
    };
    let mut lines = vec![catalogue.pack_age(age(rests_on.pack))];
    // A document that lives a month has no list, so that none is missing.
    if answer.claims.is_some_and(|claims| claims.status.is_some()) {
        lines.push(catalogue.status_age(age(rests_on.status)));
    }
    let right = answer.claims.map(|claims| &claims.right);
    if matches!(right, Some(Right::Coverage(..))) {
        lines.push(catalogue.rulebook(rests_on.rulebook));
    }
    if matches!(right, Some(Right::Coverage(..) | Right::CrossBorder(..))) {
        lines.push(catalogue.agreement(rests_on.agreement));
    }
    if let Some(law) =
        rests_on.legal_ref.map(sanad_trust::LegalReference::as_str).filter(|law| !law.is_empty())
    {
        lines.push(catalogue.field(Heading::Law, &printable(law)));
    }
    lines
}
