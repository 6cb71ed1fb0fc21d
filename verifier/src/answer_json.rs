//! The JSON form of an answer: one object, members in one order (docs/decision.md, "Answers").
//!
//! The library has codes and values; the texts that a person is told come from the application through [`Words`].

use std::borrow::Cow;

use sanad_credential::{Date, Json, Reason};

use crate::answer::{Answer, Answers, Appeal, Remedy};

/// What the application says in the person's language.
pub trait Words {
    /// What the person is told about a reason.
    fn remedy(&self, reason: Reason, values: &Remedy<'_>) -> String;
    /// The language of texts that are published in several, BCP 47.
    fn language(&self) -> &str;
    /// Where to appeal when the pack names nobody: at the facility itself.
    fn appeal_here(&self) -> String;
}

/// Members of an object in their order.
pub type Members<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

impl Answer<'_> {
    /// The members that every answer has, from `decision` to `rests_on`.
    pub fn members<'w>(&'w self, words: &'w dyn Words) -> Members<'w> {
        let word = |word: &'static str| Json::Text(word.into());
        let points = self.copay.as_ref().and_then(|copay| copay.basis_points);
        let money = self.copay.as_ref().and_then(|copay| copay.money.as_ref());
        let credential = self.claims.map_or(Json::Null, |claims| {
            let cti = Json::Text(claims.cti.to_string().into());
            Json::Object(vec![("iss".into(), Json::Text(claims.iss.as_str().into())), ("cti".into(), cti)])
        });
        let remedy = self.reasons.iter().map(|reason| {
            let text = Json::Text(words.remedy(*reason, &self.remedy).into());
            Json::Object(vec![("code".into(), word(reason.word())), ("text".into(), text)])
        });
        vec![
            ("decision".into(), word(self.decision.word())),
            ("assurance".into(), word(self.assurance.word())),
            ("action".into(), word(self.action.word())),
            ("reasons".into(), Json::Array(self.reasons.iter().map(|reason| word(reason.word())).collect())),
            (
                "copay_basis_points".into(),
                points.map_or(Json::Null, |points| Json::Integer(points.value().into())),
            ),
            ("copay".into(), money.map_or(Json::Null, sanad_credential::Money::to_json)),
            ("payer".into(), self.payer.map_or(Json::Null, |payer| word(payer.word()))),
            ("tariff".into(), self.tariff.map_or(Json::Null, |tariff| word(tariff.word()))),
            ("credential".into(), credential),
            ("member".into(), integer(self.member.value())),
            ("remedy".into(), Json::Array(remedy.collect())),
            ("appeal".into(), self.appeal_text(words).map_or(Json::Null, |text| Json::Text(text.into()))),
            ("rests_on".into(), self.rests_on()),
        ]
    }

    /// Where to appeal, in the person's language: always for NOT_COVERED, otherwise where the pack names somebody.
    pub fn appeal_text(&self, words: &dyn Words) -> Option<String> {
        match self.appeal {
            Appeal::At(texts) => texts.in_language(words.language()).map(str::to_owned),
            Appeal::Facility if self.decision == sanad_credential::Decision::NotCovered => {
                Some(words.appeal_here())
            }
            Appeal::Facility => None,
        }
    }

    fn rests_on(&self) -> Json<'_> {
        let day = |day: Option<Date>| day.map_or(Json::Null, |day| Json::Text(day.to_string().into()));
        let rests_on = &self.rests_on;
        let rulebook = rests_on.rulebook.map_or(Json::Null, |version| integer(version.value()));
        let agreement = rests_on.agreement.map_or(Json::Null, |id| Json::Text(id.as_str().into()));
        Json::Object(vec![
            ("pack".into(), day(rests_on.pack)),
            ("status".into(), day(rests_on.status)),
            ("rulebook".into(), rulebook),
            ("agreement".into(), agreement),
        ])
    }
}

impl Answers<'_> {
    /// The chosen answer as `replay` prints it, with the name of its case.
    pub fn to_replay_json(&self, id: &str, words: &dyn Words) -> String {
        let mut members: Members<'_> = vec![("id".into(), Json::Text(id.into()))];
        members.extend(self.chosen.members(words));
        Json::Object(members).to_string()
    }

    /// The chosen answer as `check` prints it, with the claims whose signature held and the answers of the others.
    pub fn to_check_json(&self, words: &dyn Words) -> String {
        let mut members = with_claims(&self.chosen, words);
        let others = self.others.iter().map(|answer| Json::Object(with_claims(answer, words)));
        members.push(("others".into(), Json::Array(others.collect())));
        Json::Object(members).to_string()
    }
}

fn with_claims<'w>(answer: &'w Answer<'_>, words: &'w dyn Words) -> Members<'w> {
    let mut members = answer.members(words);
    members.push(("claims".into(), answer.claims.map_or(Json::Null, |claims| claims.to_json())));
    members
}

fn integer(value: u64) -> Json<'static> {
    // At most 2^53-1, so it is always found.
    Json::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}
