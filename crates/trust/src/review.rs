//! What a file of the trust repository says against itself, and what it leaves out, beyond what its reader refuses.
//!
//! A file that parses can still promise nothing: a row without groups, a line that an earlier line covers, a refusal
//! without a place to appeal. Here each such thing is a value with its place; the words are the application's. An
//! **error** is a contradiction, a rule that can never take effect, or a refusal that nobody could contest: authoring
//! refuses to draft such a file. A **warning** is an omission that somebody may want. What was published before is never
//! reviewed again: an old file stays readable.
//!
//! A rulebook may cover no care at all (a scheme that pays cash does); the floor of essential care, by which a package
//! is measured, is that of ILO R202 paragraph 5 (a) and C102 Part II.

mod agreement;
mod copay;
mod place;
mod rulebook;

use sanad_credential::{Area, BenefitGroup, Currency, DelegationId, IssuerId, Json, Level, Money};

use crate::members::{text_json, texts_json, words_json};
use crate::texts::LanguageTexts;

pub use agreement::review_agreement;
pub use place::{review_facilities, review_grant, review_host_rules, review_record};
pub use rulebook::{ESSENTIAL, review_rulebook};

/// Longest grace that can be meant: a year of cover after the last paid day is another year of cover.
pub const GRACE_DAYS_MAX: u64 = 366;

/// One finding and its place in the words of the file (`versions[0].copay[2]`); empty for the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: String,
    /// What.
    pub what: Observation,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Authoring refuses it.
    Error,
    /// It may be meant.
    Warning,
}

impl Severity {
    /// The word for machines.
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// Declares the observations with their weight and code, so that none can be without.
macro_rules! observations {
    ($($(#[$doc:meta])* $name:ident $({ $($(#[$field_doc:meta])* $field:ident: $kind:ty,)+ })? = $severity:ident $code:literal,)+) => {
        /// What was found, with the values compared.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Observation {
            $($(#[$doc])* $name $({ $($(#[$field_doc])* $field: $kind,)+ })?,)+
        }

        impl Observation {
            /// How much it weighs.
            pub const fn severity(&self) -> Severity {
                match self { $(Self::$name { .. } => Severity::$severity,)+ }
            }

            /// Its name for machines; never reused.
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$name { .. } => $code,)+ }
            }

            /// All names, for the documentation and its test.
            pub const CODES: &'static [(&'static str, Severity)] = &[$(($code, Severity::$severity)),+];
        }
    };
}

observations! {
    /// A rulebook without a version.
    NoVersions = Error "no_versions",
    /// A package without a group: right for a scheme that pays cash, and for no other.
    NoCare = Warning "no_care",
    /// Groups of the floor that a package leaves out.
    EssentialMissing {
        /// Those groups.
        groups: Vec<BenefitGroup>,
    } = Warning "essential_missing",
    /// A pre-authorisation for what is not covered.
    PreauthOutside {
        /// The group.
        group: BenefitGroup,
    } = Error "preauth_outside",
    /// A pre-authorisation for emergencies, which cannot wait for one.
    PreauthEmergency = Warning "preauth_emergency",
    /// A suspension that would leave alone what is not covered.
    ProtectedOutside {
        /// The group.
        group: BenefitGroup,
    } = Error "protected_outside",
    /// An empty list of protected groups, which verifiers read as if it were not there.
    ProtectedEmpty = Warning "protected_empty",
    /// A co-pay line for what is not covered.
    CopayOutside {
        /// The group.
        group: BenefitGroup,
    } = Error "copay_outside",
    /// A co-pay line whose every case an earlier line takes.
    CopayNeverReached {
        /// Position of the earlier line, from 0.
        by: usize,
    } = Error "copay_never_reached",
    /// A fixed co-pay above its own cap.
    CopayAboveCap {
        /// The amount.
        amount: Money,
        /// The cap.
        cap: Money,
    } = Error "copay_above_cap",
    /// A co-pay of the whole price: nothing is covered.
    CopayOfAll = Warning "copay_of_all",
    /// A line for a level that is reached only with a referral.
    CopayAboveMaxLevel {
        /// The line's level.
        level: Level,
        /// The highest without referral.
        max: Level,
    } = Warning "copay_above_max_level",
    /// Two currencies where one is counted in.
    CurrenciesMixed {
        /// The first that stands there.
        first: Currency,
        /// The other.
        found: Currency,
    } = Error "currencies_mixed",
    /// A currency that ISO 4217 does not have: nobody could be shown the amount.
    CurrencyUnknown {
        /// The currency.
        currency: Currency,
    } = Warning "currency_unknown",
    /// An offline limit of nothing: no facility could ever decide.
    OfflineLimitZero = Error "offline_limit_zero",
    /// A grace beyond [`GRACE_DAYS_MAX`].
    GraceTooLong {
        /// Days.
        days: u64,
    } = Error "grace_too_long",
    /// No text on where to appeal.
    NoAppeal = Error "no_appeal",
    /// No text on how to pay, where people pay.
    NoPay = Error "no_pay",
    /// Texts, but none in English, which is what a verifier falls back to.
    NoEnglish = Warning "no_english",
    /// Nothing that the rules rest on.
    NoLegalReference = Error "no_legal_reference",
    /// Accredited facilities only, and the country's list has none.
    NetworkEmpty {
        /// The issuer.
        issuer: IssuerId,
    } = Error "network_empty",
    /// An agreement without a row.
    NoRows = Error "no_rows",
    /// A row without a place.
    NoHosts = Error "no_hosts",
    /// A row without a benefit group.
    NoGroups = Error "no_groups",
    /// A row under which an emergency is not covered.
    NoEmergency = Warning "no_emergency",
    /// A co-pay table beside the basis `home`, under which it is never read.
    CopayUnused = Error "copay_unused",
    /// The basis `host` and no table: nobody pays anything.
    CopayNone = Warning "copay_none",
    /// The host pays, at the prices of a scheme that pays nothing.
    HostPaysHomePrices = Error "host_pays_home_prices",
    /// The whole country of the home scheme as a host.
    HostIsHome {
        /// The host.
        host: Area,
    } = Error "host_is_home",
    /// Parts of the home scheme's country: used only by credentials whose territory leaves them out.
    HostsInHomeCountry {
        /// Those hosts.
        hosts: Vec<Area>,
    } = Warning "hosts_in_home_country",
    /// A row that earlier rows take over for every place and group.
    RowNeverReached {
        /// Position of the first of them, from 0.
        by: usize,
    } = Error "row_never_reached",
    /// No day on which a claim could arrive.
    NoClaimDays = Error "no_claim_days",
    /// Good faith ends before the claim must be there.
    GoodFaithShort {
        /// Days of good faith.
        good_faith: u64,
        /// Days for the claim.
        claim: u64,
    } = Warning "good_faith_short",
    /// A group that none of the home scheme's rulebooks covers.
    RowGroupNotCovered {
        /// The group.
        group: BenefitGroup,
        /// The scheme.
        home: IssuerId,
    } = Warning "row_group_not_covered",
    /// A country that gives nothing to everybody.
    NothingFree = Warning "nothing_free",
    /// A country in which an emergency is not free.
    EmergencyNotFree = Warning "emergency_not_free",
    /// An area with an empty list.
    AreaEmpty {
        /// The area.
        area: Area,
    } = Warning "area_empty",
    /// What is free in the country stands once more for a part of it.
    FreeTwice {
        /// The part.
        area: Area,
        /// The group.
        group: BenefitGroup,
    } = Warning "free_twice",
    /// A list without a facility.
    NoFacilities = Warning "no_facilities",
    /// Facilities that nobody has accredited.
    FacilitiesWithoutNetwork {
        /// How many.
        count: usize,
    } = Warning "facilities_without_network",
    /// A country's facility in another country.
    FacilityAbroad {
        /// The facility.
        id: DelegationId,
        /// Where it is said to stand.
        area: Area,
    } = Warning "facility_abroad",
    /// A record or grant that allows no type of document.
    NoTypes = Error "no_types",
    /// A record or grant that allows no area.
    NoAreas = Error "no_areas",
    /// A record without an active key for credentials.
    NoCredentialKey = Error "no_credential_key",
    /// A record without an active key for status lists.
    NoStatusKey = Error "no_status_key",
    /// Delegations allowed, and no active key that signs them.
    NoDelegationKey = Warning "no_delegation_key",
    /// No status list.
    NoStatusLists = Error "no_status_lists",
    /// Nobody to call: what a refused person is told where the rulebook says nothing.
    NoContact = Warning "no_contact",
    /// A scheme without a name.
    NoName = Warning "no_name",
    /// A grant or record for areas of another country.
    AreaAbroad {
        /// The area.
        area: Area,
    } = Warning "area_abroad",
}

impl Observation {
    /// The values compared, for machines.
    pub fn values(&self) -> Json<'static> {
        use Observation as O;
        let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let count = |count: usize| Json::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let word = |group: &BenefitGroup| Json::Text(group.word().into());
        let money = |money: &Money| text_json(&money.in_ordinary_units());
        let members: Vec<(&'static str, Json<'static>)> = match self {
            O::EssentialMissing { groups } => vec![("groups", words_json(groups, BenefitGroup::word))],
            O::PreauthOutside { group } | O::ProtectedOutside { group } | O::CopayOutside { group } => {
                vec![("group", word(group))]
            }
            O::CopayNeverReached { by } | O::RowNeverReached { by } => vec![("by", count(*by))],
            O::CopayAboveCap { amount, cap } => vec![("amount", money(amount)), ("cap", money(cap))],
            O::CopayAboveMaxLevel { level, max } => {
                vec![("level", number(level.value().into())), ("max", number(max.value().into()))]
            }
            O::CurrenciesMixed { first, found } => {
                vec![("first", text_json(first)), ("found", text_json(found))]
            }
            O::CurrencyUnknown { currency } => vec![("currency", text_json(currency))],
            O::GraceTooLong { days } => vec![("days", number(*days)), ("max", number(GRACE_DAYS_MAX))],
            O::NetworkEmpty { issuer } => vec![("issuer", text_json(issuer))],
            O::HostIsHome { host } => vec![("host", text_json(host))],
            O::HostsInHomeCountry { hosts } => vec![("hosts", texts_json(hosts))],
            O::GoodFaithShort { good_faith, claim } => {
                vec![("good_faith_days", number(*good_faith)), ("claim_days", number(*claim))]
            }
            O::RowGroupNotCovered { group, home } => vec![("group", word(group)), ("home", text_json(home))],
            O::AreaEmpty { area } | O::AreaAbroad { area } => vec![("area", text_json(area))],
            O::FreeTwice { area, group } => vec![("area", text_json(area)), ("group", word(group))],
            O::FacilitiesWithoutNetwork { count: found } => vec![("count", count(*found))],
            O::FacilityAbroad { id, area } => vec![("id", text_json(id)), ("area", text_json(area))],
            _ => Vec::new(),
        };
        Json::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

/// Findings while they are collected.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, place: impl Into<String>, what: Observation) {
        self.0.push(Finding { place: place.into(), what });
    }

    /// Texts that must be there: none at all weighs as the caller says.
    fn texts(&mut self, place: &str, texts: &LanguageTexts, missing: Option<Observation>) {
        if texts.0.is_empty() {
            self.0.extend(missing.map(|what| Finding { place: place.to_owned(), what }));
        } else if !texts.0.iter().any(|(tag, _)| tag.as_str() == "en") {
            self.add(place, Observation::NoEnglish);
        }
    }

    /// One currency, and one that people know.
    fn currencies<'m>(&mut self, amounts: impl Iterator<Item = (String, &'m Money)>) {
        let mut first: Option<&Currency> = None;
        for (place, money) in amounts {
            match first {
                None => {
                    first = Some(&money.currency);
                    if money.currency.decimals().is_none() {
                        self.add(place, Observation::CurrencyUnknown { currency: money.currency.clone() });
                    }
                }
                Some(first) if *first != money.currency => {
                    let (first, found) = (first.clone(), money.currency.clone());
                    self.add(place, Observation::CurrenciesMixed { first, found });
                }
                Some(_) => {}
            }
        }
    }

    /// Errors first, each in the order in which they were found.
    fn sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| finding.what.severity());
        self.0
    }
}

#[cfg(test)]
mod tests;
