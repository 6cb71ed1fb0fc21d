//! A facility that stands in its country's list, and where to appeal: what a case cannot state, put together by hand.

use sanad_credential::{Claims, Date, DelegationId, Json, Limits, MemberLine, Reason, Status};
use sanad_trust::{Agreement, Facilities, LanguageTexts, RulebookVersion, SchemeKind};
use sanad_verifier::{
    AgreementsFact, Appeal, Asked, Authentic, Books, CallFault, Context, DelegationState, History,
    HolderProof, Host, HostRulesFact, KeyState, Listing, Reading, RulebookFact, ScopeState, SeenToday, Shown,
    StatusFact, Trust, UnknownWhat, decide,
};
use serde_json::{Value, json};

use crate::asked::case;

const LIMITS: Limits = Limits { bytes_max: 65_536, depth_max: 10, entries_max: 100, values_max: 4_096 };

/// What a question is made of, owned.
struct Parts {
    context: Context,
    claims: Claims,
    facilities: Facilities,
    version: RulebookVersion,
    agreement: Agreement,
    issued: Date,
}

impl Parts {
    /// A visit at home of somebody whose scheme accredits the facility, on level 2.
    fn new(place: &str, stated_level: Option<u8>) -> Self {
        let mut question = case("s07_cover", "s07/first_day");
        question["context"]["place"] = json!(place);
        question["context"]["facility"]["level"] = json!(stated_level);
        question["credentials"][0]["claims"]["status"] = json!({"idx": 1, "uri": "https://s.invalid/ke/0"});
        let facilities = json!({"country": "KE", "facilities": [
            {"id": "KE-F017", "name": "A health centre", "level": 2, "area": "KE-30", "networks": ["KE-HIF"]},
            {"id": "KE-F018", "name": "A private clinic", "level": 2, "area": "KE-30", "networks": ["KE-OTHER"]},
            {"id": "KE-F019", "name": "A hospital", "level": 4, "area": "KE-30", "networks": ["KE-HIF"]},
        ]});
        let version = json!({"version": 2, "from": "2026-01-01", "package": ["OPD"], "preauth": [], "copay": [],
            "grace_days": 30, "network_only": true, "week_days": 6, "legal_ref": "invented",
            "appeal": {"en": "the scheme's desk"}, "pay": {}});
        let agreement = json!({"id": "EAC-1", "version": 1, "from": "2026-01-01", "to": null, "legal_ref": "invented",
            "rows": [{"home": "KE-HIF", "hosts": ["UG"], "groups": ["OPD"], "preauth": [], "payer": "home", "tariff": "host",
                "copay_basis": "host", "copay": [], "host_may_derive": false, "claim_days": 90, "good_faith_days": 30}]});
        let read = |value: &Value| {
            RulebookVersion::from_json(&Json::parse(&value.to_string(), LIMITS).unwrap()).unwrap()
        };
        Self {
            context: sanad_verifier::case::Case::parse(&question.to_string()).unwrap().context().clone(),
            claims: Claims::from_json_text(&question["credentials"][0]["claims"].to_string()).unwrap(),
            facilities: Facilities::parse(&facilities.to_string()).unwrap(),
            version: read(&version),
            agreement: Agreement::parse(&agreement.to_string()).unwrap(),
            issued: Date::parse("2026-05-10").unwrap(),
        }
    }

    fn books(&self) -> Books<'_> {
        let rows = [&self.agreement].into_iter();
        Books {
            trust_list: Some(self.issued),
            status: StatusFact::Listed { status: Status::Valid, issued: Some(self.issued) },
            rulebook: Some(RulebookFact {
                kind: SchemeKind::Compulsory,
                version: &self.version,
                issued: Some(self.issued),
            }),
            agreements: Some(AgreementsFact::for_home(
                Some(self.issued),
                rows,
                &self.claims.iss,
                self.context.date,
            )),
            contact: None,
        }
    }

    fn shown<'a>(&'a self, books: Books<'a>) -> Shown<'a> {
        let trust = Trust::Authentic(Authentic {
            claims: &self.claims,
            key: KeyState::Active,
            scope: ScopeState::Within,
            delegation: DelegationState::None,
            holder: HolderProof::NotNeeded,
        });
        Shown { trust, books, history: History { redeemed: Vec::new(), seen_today: SeenToday::No } }
    }

    fn reasons(&self, facility: &str) -> Vec<Reason> {
        let facility = self.facilities.find(&DelegationId::new(facility).unwrap()).unwrap();
        let host = Host {
            rules: HostRulesFact::InPack { free: Vec::new(), appeal: None },
            listing: Listing::Listed(facility),
            pack: Some(self.issued),
        };
        let shown = [self.shown(self.books())];
        decide(&self.context, &host, &shown, Reading::Read).unwrap().chosen.reasons
    }
}

/// Within the territory accredited means that the issuer is in the facility's networks; under a row, that it is in the list.
#[test]
fn a_listed_facility_is_accredited_by_its_network_at_home_and_by_the_list_abroad() {
    let home = Parts::new("KE", Some(2));
    assert_eq!(home.reasons("KE-F017"), []);
    assert_eq!(home.reasons("KE-F018"), [Reason::FacilityNotInNetwork]);
    let abroad = Parts::new("UG", Some(2));
    assert_eq!(abroad.reasons("KE-F017"), []);
    assert_eq!(abroad.reasons("KE-F018"), []);
}

/// Whoever stands at the counter may not make a hospital a health post.
#[test]
fn the_level_of_the_list_wins_over_the_stated_one() {
    for stated in [None, Some(1), Some(2), Some(5)] {
        let parts = Parts::new("KE", stated);
        assert_eq!(parts.reasons("KE-F017"), []);
        assert_eq!(parts.reasons("KE-F019"), [Reason::Bypass]);
    }
}

/// Appeal: the rulebook's, else the issuer's contact, else the host rules', else the facility's own.
#[test]
fn an_appeal_goes_to_the_nearest_that_is_named() {
    let texts = |text: &str| {
        let json = json!({"en": text}).to_string();
        LanguageTexts::from_json(&Json::parse(&json, LIMITS).unwrap()).unwrap()
    };
    let (contact, host_desk) = (texts("the issuer"), texts("the host's office"));
    let nowhere = LanguageTexts(Vec::new());
    let mut parts = Parts::new("KE", Some(2));
    let appeal =
        |parts: &Parts, contact: Option<&LanguageTexts>, host: Option<&LanguageTexts>, forged: bool| {
            let host = Host {
                rules: HostRulesFact::InPack { free: Vec::new(), appeal: host },
                listing: Listing::Unknown,
                pack: Some(parts.issued),
            };
            let mut shown = [parts.shown(Books { contact, ..parts.books() })];
            if forged {
                shown[0].trust = Trust::Forged { stated: Some(&parts.claims) };
            }
            let answers = decide(&parts.context, &host, &shown, Reading::Read).unwrap();
            match answers.chosen.appeal {
                Appeal::At(texts) => texts.in_language("en").unwrap_or_default().to_owned(),
                Appeal::Facility => "the facility".to_owned(),
            }
        };
    assert_eq!(appeal(&parts, Some(&contact), Some(&host_desk), false), "the scheme's desk");
    assert_eq!(appeal(&parts, Some(&contact), Some(&host_desk), true), "the issuer");
    assert_eq!(appeal(&parts, None, Some(&host_desk), true), "the host's office");
    assert_eq!(appeal(&parts, None, None, true), "the facility");
    parts.version.appeal = nowhere.clone();
    assert_eq!(appeal(&parts, Some(&contact), Some(&host_desk), false), "the issuer");
    assert_eq!(appeal(&parts, Some(&nowhere), Some(&host_desk), false), "the host's office");
    assert_eq!(appeal(&parts, Some(&nowhere), Some(&nowhere), false), "the facility");
}

/// A line that the card lacks is a fault of the call; one of which nothing is certain says so first.
#[test]
fn a_line_that_no_card_has_is_a_fault_of_the_call() {
    let mut parts = Parts::new("KE", Some(2));
    parts.context.member = MemberLine::new(3).unwrap();
    let host = Host { rules: HostRulesFact::Missing, listing: Listing::Unknown, pack: None };
    let mut shown = [parts.shown(parts.books())];
    let fault = decide(&parts.context, &host, &shown, Reading::Read).unwrap_err();
    let wanted = CallFault::NoSuchLine { asked: MemberLine::new(3).unwrap(), found: vec![1] };
    assert_eq!(fault, wanted);
    assert_eq!(fault.to_string(), "the card has no line 3; its lines are 1");
    shown[0].trust = Trust::Unknown { what: UnknownWhat::Delegation, stated: &parts.claims };
    let answers = decide(&parts.context, &host, &shown, Reading::Read).unwrap();
    assert_eq!(answers.chosen.reasons, [Reason::KeyUnknown]);
}

/// Codes were shown of which none can answer and one could be read: that one is not unreadable.
#[test]
fn what_can_be_read_but_cannot_answer_is_no_credential() {
    let mut parts = Parts::new("KE", Some(2));
    parts.context.asked = Asked::Payout;
    let host = Host { rules: HostRulesFact::Missing, listing: Listing::Unknown, pack: None };
    for reading in [Reading::Read, Reading::NothingReadable] {
        let shown = [parts.shown(parts.books())];
        let answers = decide(&parts.context, &host, &shown, reading).unwrap();
        assert_eq!(answers.chosen.reasons, [Reason::NoCredential]);
    }
}

/// A card that cannot be read at all, beside others: it was shown, so that it must not vanish.
#[test]
fn a_forged_card_that_cannot_be_read_answers() {
    let parts = Parts::new("KE", Some(2));
    let host = Host { rules: HostRulesFact::Missing, listing: Listing::Unknown, pack: None };
    let mut unreadable = parts.shown(parts.books());
    unreadable.trust = Trust::Forged { stated: None };
    let shown = [unreadable];
    let answers = decide(&parts.context, &host, &shown, Reading::NothingReadable).unwrap();
    assert_eq!(answers.chosen.reasons, [Reason::SigInvalid]);
    assert!(answers.chosen.claims.is_none());
}
