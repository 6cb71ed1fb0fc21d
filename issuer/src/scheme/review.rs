//! What a scheme file contradicts or leaves out, alone and beside its rulebook. In words, like the other files.

use sanad_credential::{BenefitGroup, Json};
use sanad_trust::Rulebook;
use sanad_trust::review::Severity;

use super::file::{Anchor, CoverRule, DueAmount, Period, Scheme, Subsidy, SubsidyShare, WaitLength};
use crate::authority::findings::Line;

/// Reviews a scheme file; with its rulebook, where that is at hand.
pub(crate) fn review_scheme(scheme: &Scheme, rulebooks: &[&Rulebook]) -> Vec<Line> {
    let mut lines = Lines(Vec::new());
    lines.alone(scheme);
    let of_issuer = rulebooks.iter().filter(|rulebook| *rulebook.issuer() == scheme.issuer);
    match of_issuer.clone().find(|rulebook| *rulebook.product() == scheme.product) {
        Some(rulebook) => lines.beside(scheme, rulebook),
        None if of_issuer.count() > 0 => {
            let words = format!(
                "no rulebook of {} among these files is of product {}",
                scheme.issuer, scheme.product
            );
            lines.error("product", "product_unknown", words);
        }
        None => {}
    }
    lines.0.sort_by_key(|line| line.severity);
    lines.0
}

struct Lines(Vec<Line>);

impl Lines {
    fn add(&mut self, severity: Severity, place: &str, code: &'static str, words: String) {
        let values = Json::Object(Vec::new());
        self.0.push(Line { severity, place: place.to_owned(), code, values, words });
    }

    fn error(&mut self, place: &str, code: &'static str, words: String) {
        self.add(Severity::Error, place, code, words);
    }

    fn warning(&mut self, place: &str, code: &'static str, words: String) {
        self.add(Severity::Warning, place, code, words);
    }

    fn alone(&mut self, scheme: &Scheme) {
        if scheme.legal_ref.as_str().is_empty() {
            let words = "no law or statute is named on which the contributions rest".to_owned();
            self.error("legal_ref", "no_legal_reference", words);
        }
        let country = scheme.issuer.country();
        if let Some(area) = scheme.territory.iter().find(|area| area.country() != country) {
            let words = format!("{area} lies in another country; cover abroad is an agreement's");
            self.warning("territory", "area_abroad", words);
        }
        for (entry, class) in scheme.classes.iter().enumerate() {
            let place = format!("classes[{entry}]");
            let everybody = scheme.classes.iter().take(entry).position(|other| other.when.is_none());
            if let (Some(before), true) = (everybody, class.when.as_ref().is_none_or(|when| !when.is_empty()))
            {
                let words = format!(
                    "class {} before it fits everybody: this one counts only where a registration names it; say so with \"when\": []",
                    before.saturating_add(1)
                );
                self.warning(&place, "class_named_only", words);
            }
            if let (Some(Subsidy { share: SubsidyShare::Amount(amount), .. }), DueAmount::Flat(due)) =
                (class.subsidy, &class.due.amount)
                && amount > *due
            {
                let words = format!("the subsidy of {amount} is more than the {due} that are due");
                self.error(&format!("{place}.subsidy"), "subsidy_above_due", words);
            }
        }
        for (name, meaning) in &scheme.conditions {
            let place = format!("conditions.{}", name.as_str());
            if meaning.0.is_empty() {
                let words =
                    "the condition has no meaning in any language: who states it must know what it is"
                        .to_owned();
                self.error(&place, "condition_unexplained", words);
            }
            if !uses(scheme, name.as_str()) {
                let words = "no rule asks for this condition; do not collect what is not needed".to_owned();
                self.warning(&place, "condition_unused", words);
            }
        }
        for (entry, wait) in scheme.waits.iter().enumerate() {
            let length = period_months(&scheme.period);
            let is_longer = match wait.length {
                WaitLength::Months(months) => months >= length,
                WaitLength::Days(days) => days >= length.saturating_mul(30),
            };
            if is_longer {
                let words =
                    "the wait is as long as the period: the first cover is never usable for these groups"
                        .to_owned();
                self.warning(&format!("waits[{entry}]"), "wait_of_a_period", words);
            }
            if wait.groups.as_ref().is_none_or(|groups| groups.contains(&BenefitGroup::Emergency)) {
                let words = "EMER waits; an emergency is treated all the same, and the host decides who pays"
                    .to_owned();
                self.warning(&format!("waits[{entry}].groups"), "emergency_waits", words);
            }
        }
        if scheme.cover == CoverRule::Month && scheme.period == Period::Months(1, Anchor::Payment) {
            let words =
                "a period of one month that begins with its payment: arrears are never seen".to_owned();
            self.warning("period", "month_from_payment", words);
        }
    }

    fn beside(&mut self, scheme: &Scheme, rulebook: &Rulebook) {
        let versions = rulebook.versions();
        let Some(version) = versions.iter().find(|version| version.version == scheme.rulebook) else {
            let known: Vec<String> = versions.iter().map(|version| version.version.to_string()).collect();
            let words =
                format!("the rulebook has no version {}; it has {}", scheme.rulebook, known.join(", "));
            return self.error("rulebook", "rulebook_version_unknown", words);
        };
        if version.from > scheme.from {
            let words = format!(
                "version {} of the rulebook is in force from {}, these rules from {}",
                version.version, version.from, scheme.from
            );
            self.error("from", "rulebook_later", words);
        }
        for (entry, wait) in scheme.waits.iter().enumerate() {
            for group in wait.groups.iter().flat_map(|groups| groups.iter()) {
                if !version.package.contains(group) {
                    let words = format!("a wait for {}, which the package does not cover", group.word());
                    self.error(&format!("waits[{entry}].groups"), "wait_outside", words);
                }
            }
        }
        for group in scheme.survives_suspension.iter().flat_map(|groups| groups.iter()) {
            if !version.package.contains(group) {
                let words =
                    format!("protects {} from a suspension, which the package does not cover", group.word());
                self.error("survives_suspension", "protected_outside", words);
            }
        }
        let mut amounts = version.copay.iter().filter_map(|line| match &line.share {
            sanad_trust::CopayShare::Amount(amount) => Some(amount),
            sanad_trust::CopayShare::BasisPoints(_) => line.cap.as_ref(),
        });
        if let Some(amount) = amounts.find(|amount| amount.currency != scheme.currency) {
            let words = format!(
                "contributions are in {}, the rulebook's co-pays in {}",
                scheme.currency, amount.currency
            );
            self.warning("currency", "other_currency", words);
        }
        for (entry, line) in version.copay.iter().enumerate() {
            let known = |class| scheme.classes.iter().any(|known| known.copay_class == class);
            if let Some(class) = line.class.filter(|class| !known(*class)) {
                let words = format!(
                    "co-pay line {} is for class {class}, which no class here gives",
                    entry.saturating_add(1)
                );
                self.warning("classes", "copay_class_unused", words);
            }
        }
    }
}

fn period_months(period: &Period) -> u32 {
    match period {
        Period::Months(months, _) => *months,
        Period::Calendar(starts) => 12_u32.div_ceil(u32::try_from(starts.len()).unwrap_or(12).max(1)),
    }
}

fn uses(scheme: &Scheme, name: &str) -> bool {
    use super::criterion::Criterion;
    let is =
        |criterion: &Criterion| matches!(criterion, Criterion::Condition(known) if known.as_str() == name);
    scheme.exempt.iter().any(is)
        || scheme.classes.iter().any(|class| class.when.iter().flatten().any(is))
        || scheme.functions.iter().any(|rule| rule.unless.iter().any(is))
        || scheme.waits.iter().any(|wait| wait.unless.iter().any(|exemption| is(&exemption.when)))
}
