//! A co-pay table, whoever published it.

use sanad_credential::{BasisPoints, BenefitGroup, Level, Money};

use super::{Findings, Observation};
use crate::copay::{CopayLine, CopayShare};

/// A table with what stands around it.
pub(super) struct Table<'t> {
    pub(super) place: &'t str,
    pub(super) lines: &'t [CopayLine],
    pub(super) groups: &'t [BenefitGroup],
    pub(super) max_level: Option<Level>,
    pub(super) offline_limit: Option<(&'t str, &'t Money)>,
}

impl Table<'_> {
    pub(super) fn review(&self, findings: &mut Findings) {
        for (entry, line) in self.lines.iter().enumerate() {
            let place = format!("{}[{entry}]", self.place);
            if !self.groups.contains(&line.group) {
                findings.add(place.as_str(), Observation::CopayOutside { group: line.group });
            }
            let earlier = self.lines.iter().take(entry);
            if let Some(by) = earlier.into_iter().position(|earlier| takes_all(earlier, line)) {
                findings.add(place.as_str(), Observation::CopayNeverReached { by });
            }
            if let (Some(level), Some(max)) = (line.level, self.max_level)
                && level > max
            {
                findings.add(place.as_str(), Observation::CopayAboveMaxLevel { level, max });
            }
            match (&line.share, &line.cap) {
                // Of two currencies neither is more; that they are two is said below.
                (CopayShare::Amount(amount), Some(cap))
                    if amount.currency == cap.currency && amount.minor > cap.minor =>
                {
                    let (amount, cap) = (amount.clone(), cap.clone());
                    findings.add(place, Observation::CopayAboveCap { amount, cap });
                }
                (CopayShare::BasisPoints(points), None) if *points == BasisPoints::MAX => {
                    findings.add(place, Observation::CopayOfAll);
                }
                _ => {}
            }
        }
        if let Some((place, limit)) = self.offline_limit
            && limit.minor.value() == 0
        {
            findings.add(place, Observation::OfflineLimitZero);
        }
        findings.currencies(self.amounts());
    }

    /// All amounts with their places, the limit last.
    fn amounts(&self) -> impl Iterator<Item = (String, &Money)> {
        let lines = self.lines.iter().enumerate().flat_map(move |(entry, line)| {
            let amount = match &line.share {
                CopayShare::Amount(amount) => Some(("amount", amount)),
                CopayShare::BasisPoints(_) => None,
            };
            let cap = line.cap.as_ref().map(|cap| ("cap", cap));
            let place = move |(member, money)| (format!("{}[{entry}].{member}", self.place), money);
            amount.into_iter().chain(cap).map(place)
        });
        lines.chain(self.offline_limit.map(|(place, limit)| (place.to_owned(), limit)))
    }
}

/// Whether every case of `line` is one of `earlier`.
fn takes_all(earlier: &CopayLine, line: &CopayLine) -> bool {
    earlier.group == line.group
        && (earlier.class.is_none() || earlier.class == line.class)
        && (earlier.level.is_none() || earlier.level == line.level)
}
