//! What [`sanad_trust::review`] finds and what the readers refuse, in words. English.
//!
//! Whoever writes a rulebook counts rows from 1 and thinks in percent; the place in the file stands beside the words for
//! those who count otherwise.

use sanad_credential::{BenefitGroup, Fault, Json, What, printable};
use sanad_trust::review::{Finding, GRACE_DAYS_MAX, Observation, Severity};

use crate::code_words::words_of;

/// One line of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How much it weighs.
    pub severity: Severity,
    /// Place in the file, in the words of its JSON form.
    pub place: String,
    /// Name of the finding; `refused` for what the reader refuses.
    pub code: &'static str,
    /// The values compared.
    pub values: Json<'static>,
    /// The words.
    pub words: String,
}

impl Line {
    /// For people: place, weight, words.
    pub fn text(&self) -> String {
        let place = if self.place.is_empty() { String::new() } else { format!("{}: ", self.place) };
        let counted = counted(&self.place);
        let counted = if counted.is_empty() { String::new() } else { format!("{counted}: ") };
        format!("{place}{}: {counted}{}", self.severity.word(), self.words)
    }

    /// For machines.
    pub fn json(&self, file: &str) -> Json<'static> {
        Json::Object(vec![
            ("file".into(), Json::owned_text(file)),
            ("severity".into(), Json::Text(self.severity.word().into())),
            ("place".into(), Json::owned_text(&self.place)),
            ("code".into(), Json::Text(self.code.into())),
            ("values".into(), self.values.clone()),
            ("words".into(), Json::owned_text(&self.words)),
        ])
    }
}

/// A finding in words.
pub fn line(finding: &Finding) -> Line {
    Line {
        severity: finding.what.severity(),
        place: finding.place.clone(),
        code: finding.what.code(),
        values: finding.what.values(),
        words: words(&finding.what),
    }
}

/// A refusal of the reader in words.
pub fn refused(fault: &Fault) -> Line {
    Line {
        severity: Severity::Error,
        place: fault.place(),
        code: "refused",
        values: Json::Object(Vec::new()),
        words: fault_words(fault),
    }
}

/// Rows, lines and versions of a place as people count them: `row 2, co-pay line 1`.
fn counted(place: &str) -> String {
    let name = |member: &str| match member {
        "rows" => Some("row"),
        "copay" => Some("co-pay line"),
        "versions" => Some("version entry"),
        "facilities" => Some("facility"),
        "keys" => Some("key"),
        "classes" => Some("class"),
        "waits" => Some("wait"),
        "functions" => Some("functions"),
        "steps" => Some("step"),
        _ => None,
    };
    let parts = place.split('.').filter_map(|part| {
        let (member, entry) = part.strip_suffix(']')?.rsplit_once('[')?;
        let entry: usize = entry.parse().ok()?;
        Some(format!("{} {}", name(member)?, entry.saturating_add(1)))
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn groups(groups: &[BenefitGroup]) -> String {
    groups.iter().map(|group| group.word()).collect::<Vec<_>>().join(", ")
}

fn nth(entry: usize) -> usize {
    entry.saturating_add(1)
}

fn words(what: &Observation) -> String {
    use Observation as O;
    match what {
        O::NoVersions => "the rulebook has no version, so no rule is ever in force".to_owned(),
        O::NoCare => {
            "the package is empty: no care is covered. Right for a scheme that pays cash only".to_owned()
        }
        O::EssentialMissing { groups: missing } => format!(
            "the package leaves out {}, which belong to the floor of essential care (ILO R202, C102 Part II)",
            groups(missing)
        ),
        O::PreauthOutside { group } => {
            format!("asks for an authorisation of {}, which is not covered here", group.word())
        }
        O::PreauthEmergency => {
            "asks for an authorisation of EMER; an emergency is treated without one, so the rule has no effect"
                .to_owned()
        }
        O::ProtectedOutside { group } => {
            format!("protects {} from a suspension, which the package does not cover", group.word())
        }
        O::ProtectedEmpty => "an empty list is read as no list: EMER, ANC, DEL and CHILD stay protected. Leave it out"
            .to_owned(),
        O::CopayOutside { group } => format!("a co-pay for {}, which is not covered here", group.word()),
        O::CopayNeverReached { by } => format!(
            "this line never counts: line {} before it takes every case of it. Put the narrower line first",
            nth(*by)
        ),
        O::CopayAboveCap { amount, cap } => format!(
            "the fixed co-pay of {} is above its own cap of {}",
            amount.in_ordinary_units(),
            cap.in_ordinary_units()
        ),
        O::CopayOfAll => "a co-pay of 100 % is the whole price: the person is covered for nothing".to_owned(),
        O::CopayAboveMaxLevel { level, max } => format!(
            "level {level} is above the highest level without referral, {max}: the line counts only with a referral"
        ),
        O::CurrenciesMixed { first, found } => {
            format!("an amount in {found} where {first} is counted in; one table has one currency")
        }
        O::CurrencyUnknown { currency } => {
            format!("ISO 4217 has no currency {currency}; nobody could be shown the amount")
        }
        O::OfflineLimitZero => {
            "an offline limit of 0 lets no facility decide anything; leave it out where there is no limit"
                .to_owned()
        }
        O::GraceTooLong { days } => {
            format!("{days} days of grace are more than a year ({GRACE_DAYS_MAX} days at most)")
        }
        O::NoAppeal => "nobody is named to whom a refused person can appeal; every refusal must name one".to_owned(),
        O::NoPay => "nothing says how to pay a contribution, which is what a person in arrears is told".to_owned(),
        O::NoEnglish => "there is no text in English (\"en\"), the language that is used where another is missing"
            .to_owned(),
        O::NoLegalReference => {
            "no law or agreement is named on which this rests; nobody could contest a refusal".to_owned()
        }
        O::NetworkEmpty { issuer } => format!(
            "members are covered in accredited facilities only, and no facility of the list names {issuer} in its networks"
        ),
        O::NoRows => "the agreement has no row, so nobody is covered under it".to_owned(),
        O::NoHosts => "the row names no place: give hosts".to_owned(),
        O::NoGroups => "the row covers nothing: give groups".to_owned(),
        O::NoEmergency => "EMER is not among the groups: an emergency abroad is not covered by this row".to_owned(),
        O::CopayUnused => {
            "the co-pay table is never read: copay_basis is \"home\". Take the lines out or say \"host\"".to_owned()
        }
        O::CopayNone => "copay_basis is \"host\" and the table is empty: nobody pays a co-pay here".to_owned(),
        O::HostPaysHomePrices => {
            "the host pays, but at the home scheme's prices; payer \"host\" goes with tariff \"host\" or \"flat\""
                .to_owned()
        }
        O::HostIsHome { host } => {
            format!("{host} is the home scheme's own country, where its members need no agreement")
        }
        O::HostsInHomeCountry { hosts } => {
            let hosts = hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            format!(
                "{hosts}: in the home scheme's own country; counts only for cards whose territory leaves it out"
            )
        }
        O::RowNeverReached { by } => format!(
            "this row never counts: row {} (and others before it) takes every place and group of it",
            nth(*by)
        ),
        O::NoClaimDays => "no day is left in which a claim could arrive: claim_days is 0".to_owned(),
        O::GoodFaithShort { good_faith, claim } => format!(
            "good faith ends after {good_faith} days, before the claim must be there ({claim} days): late evidence comes too late"
        ),
        O::RowGroupNotCovered { group, home } => {
            format!("no rulebook of {home} among these files covers {}", group.word())
        }
        O::NothingFree => "nothing is free for everybody; an emergency then always asks for a scheme".to_owned(),
        O::EmergencyNotFree => "EMER is not free in the whole country".to_owned(),
        O::AreaEmpty { area } => format!("the list of {area} is empty; leave the area out"),
        O::FreeTwice { area, group } => {
            format!("{} is free in the whole country already, not only in {area}", group.word())
        }
        O::NoFacilities => "the list has no facility".to_owned(),
        O::FacilitiesWithoutNetwork { count } => format!("{count} facilities are in no scheme's network"),
        O::FacilityAbroad { id, area } => format!("{id} is said to stand in {area}, another country"),
        O::NoTypes => "no type of document is allowed".to_owned(),
        O::NoAreas => "no area is allowed, so no document could hold anywhere".to_owned(),
        O::NoCredentialKey => "no active key signs credentials".to_owned(),
        O::NoStatusKey => "no active key signs status lists, so nothing could be suspended or revoked".to_owned(),
        O::NoDelegationKey => "delegations are allowed, and no active key signs them".to_owned(),
        O::NoStatusLists => "there is no status list: lists is 0".to_owned(),
        O::NoContact => {
            "nobody is named whom a refused person could call where a rulebook names nobody".to_owned()
        }
        O::NoName => "the issuer has no name".to_owned(),
        O::AreaAbroad { area } => format!("{area} lies in another country"),
    }
}

/// What a reader refuses, where the numbers alone would not say it plainly.
fn fault_words(fault: &Fault) -> String {
    let place = fault.place();
    let last = place.rsplit('.').next().unwrap_or(&place);
    let is_share = last.ends_with("basis_points");
    match fault.what() {
        What::Range { found, .. } if is_share && *found > 10_000 => {
            format!(
                "a share of {} is more than the whole price; 10000 basis points are 100 %",
                percent(*found)
            )
        }
        What::Range { found, .. } if is_share && *found < 0 => {
            format!("a share of {found} basis points is below nothing")
        }
        What::Range { found, .. } if last == "minor" && *found < 0 => "an amount below nothing".to_owned(),
        What::Pattern { wanted } if wanted.contains("basis_points and amount") => {
            "a co-pay line says either basis_points or amount: it has both, or neither".to_owned()
        }
        What::Missing if last == "payer" => "nobody pays: give payer home, host or shared".to_owned(),
        What::Word { .. } if last == "payer" => {
            "nobody by that name can pay: give payer home, host or shared".to_owned()
        }
        What::Word { list } => {
            let words = words_of(list).collect::<Vec<_>>().join(", ");
            if words.is_empty() { fault.what().to_string() } else { format!("must be one of {words}") }
        }
        What::Period { first, last } => {
            format!("ends on {last}, before it begins on {first}: it is never in force")
        }
        What::SetOrder { entry } if last == "version" || last == "from" => format!(
            "versions must rise in number and first day; entry {} does not come after the one before it",
            entry.saturating_add(1)
        ),
        What::SetOrder { entry } => format!("entry {} stands twice", entry.saturating_add(1)),
        what => printable(&what.to_string()),
    }
}

/// Basis points as people say them: `120 %`, `12.5 %`.
pub(crate) fn percent(points: i128) -> String {
    let (whole, rest) = (points / 100, (points % 100).unsigned_abs());
    match rest {
        0 => format!("{whole} %"),
        rest => format!("{whole}.{} %", format!("{rest:02}").trim_end_matches('0')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanad_trust::{Agreement, Rulebook};

    const COPAY: &str = r#"{"issuer": "KE-SHA", "product": "P", "kind": "voluntary", "versions": [{"version": 1,
        "from": "2026-01-01", "package": ["OPD"], "preauth": [], "copay": [LINE], "grace_days": 0, "network_only": false,
        "week_days": 5, "legal_ref": "A", "appeal": {"en": "a"}, "pay": {"en": "a"}}]}"#;

    fn of_copay(line: &str) -> String {
        refused(&Rulebook::parse(&COPAY.replace("LINE", line)).unwrap_err()).text()
    }

    #[test]
    fn a_copay_above_the_whole_price_is_named_plainly() {
        assert_eq!(
            of_copay(r#"{"group": "OPD", "basis_points": 12000}"#),
            "versions[0].copay[0].basis_points: error: version entry 1, co-pay line 1: a share of 120 % is more than \
             the whole price; 10000 basis points are 100 %"
        );
        assert!(of_copay(r#"{"group": "OPD", "basis_points": 12345}"#).contains("123.45 %"));
        assert!(of_copay(r#"{"group": "OPD", "basis_points": -1}"#).contains("below nothing"));
        assert!(of_copay(r#"{"group": "OPD"}"#).contains("either basis_points or amount"));
        assert!(of_copay(r#"{"group": "Opd", "basis_points": 1}"#).contains("must be one of EMER, OPD,"));
    }

    #[test]
    fn a_row_that_nobody_pays_is_named_plainly() {
        let row = r#"{"home": "KE-SHA", "hosts": ["UG"], "groups": ["EMER"], "preauth": [], "payer": "home",
            "tariff": "host", "copay_basis": "home", "copay": [], "host_may_derive": false, "claim_days": 1, "good_faith_days": 1}"#;
        let text = |rows: String| {
            let text = format!(
                r#"{{"id": "A", "version": 1, "from": "2026-01-01", "to": null, "legal_ref": "P", "rows": [{rows}]}}"#
            );
            refused(&Agreement::parse(&text).unwrap_err()).text()
        };
        let nobody = row.replace(r#""payer": "home","#, "");
        assert_eq!(
            text(format!("{row},{nobody}")),
            "rows[1].payer: error: row 2: nobody pays: give payer home, host or shared"
        );
        assert!(
            text(row.replace(r#""payer": "home""#, r#""payer": "patient""#))
                .contains("give payer home, host or shared")
        );
    }

    #[test]
    fn every_observation_has_words_of_its_own() {
        let finding = |what| line(&Finding { place: String::new(), what }).words;
        let words = [
            finding(Observation::NoAppeal),
            finding(Observation::NoPay),
            finding(Observation::CopayNeverReached { by: 0 }),
            finding(Observation::RowNeverReached { by: 0 }),
        ];
        assert!(words[2].contains("line 1") && words[3].contains("row 1"));
        assert_eq!(words.iter().collect::<std::collections::BTreeSet<_>>().len(), words.len());
    }

    #[test]
    fn shares_are_said_in_percent() {
        let said = [0, 1, 10, 100, 2_140, 12_000].map(percent);
        assert_eq!(said, ["0 %", "0.01 %", "0.1 %", "1 %", "21.4 %", "120 %"]);
    }
}
