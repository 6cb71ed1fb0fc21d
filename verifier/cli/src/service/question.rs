//! What the desk wants to know: the question at the counter, as JSON.
//!
//! The members are those of `sanad-verify check`, under the same names. Unknown ones are refused: a typing mistake must not
//! decide another question.

use sanad_credential::{
    Area, Cause, Count, Currency, DelegationId, Emergency, Label, Level, MemberLine, Money, PersonResult,
};
use sanad_messages::Language;
use sanad_openvc::{JWT, parse_object};
use sanad_verifier::{Asked, Referral, SeenToday};
use serde_json::{Map, Value};

use super::problem::{Problem, ProblemKind};

/// The question, but for the day and the clock, which are those of the answer.
#[derive(Clone, Debug)]
pub struct DeskQuestion {
    /// Country or subdivision of the service.
    pub place: Area,
    /// What is asked for.
    pub asked: Asked,
    /// The facility; that of the device's key when left out.
    pub facility: Option<DelegationId>,
    /// Its level, where the pack's list does not say.
    pub level: Option<Level>,
    /// The price.
    pub amount: Option<Money>,
    /// Whether it is an emergency.
    pub emergency: Emergency,
    /// Comparison of the person.
    pub person: PersonResult,
    /// Whether another facility sent the person.
    pub referral: Referral,
    /// An authorisation of the payer.
    pub preauth: Option<Label>,
    /// The serial to redeem.
    pub serial: Option<Count>,
    /// Why the service is needed.
    pub cause: Cause,
    /// The household line.
    pub member: MemberLine,
    /// What the staff say of a card that was shown today.
    pub seen_today: SeenToday,
    /// The language of the answer.
    pub language: Language,
    /// The question as it was asked, to be kept.
    pub asked_as: Value,
}

const MEMBERS: [&str; 15] = [
    "amount",
    "benefit",
    "cause",
    "currency",
    "emergency",
    "facility",
    "lang",
    "level",
    "member",
    "person",
    "place",
    "preauth",
    "referral",
    "seen_today",
    "serial",
];

impl DeskQuestion {
    /// Reads a body.
    ///
    /// # Errors
    /// `invalid-question` with the member.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let members = parse_object(text.as_bytes(), JWT).map_err(|fault| invalid(fault.to_string()))?;
        if members.keys().any(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(invalid(format!("The members are {}.", MEMBERS.join(", "))));
        }
        let read = Reader(&members);
        let place = read.required("place", Area::new)?;
        let asked = read.required("benefit", Asked::from_word)?;
        let currency = read.text("currency", Currency::new)?;
        let amount = match (read.string("amount")?, currency) {
            (None, None) => None,
            (Some(amount), Some(currency)) => Some(
                Money::parse(amount, currency).map_err(|fault| invalid(fault.to_string()).at("amount"))?,
            ),
            (None, Some(_)) => return Err(invalid("wanted beside currency").at("amount")),
            (Some(_), None) => return Err(invalid("wanted beside amount").at("currency")),
        };
        let referral = match members.get("referral") {
            None | Some(Value::Bool(false)) => Referral::None,
            Some(Value::Bool(true)) => Referral::Given(None),
            Some(_) => Referral::Given(read.text("referral", Label::new)?),
        };
        let emergency = match members.get("emergency") {
            None | Some(Value::Bool(false)) => Emergency::No,
            Some(Value::Bool(true)) => Emergency::Yes,
            Some(_) => return Err(invalid("must be true or false").at("emergency")),
        };
        let language = match read.string("lang")? {
            None => Language::English,
            Some(tag) => {
                Language::from_tag(tag).ok_or_else(|| invalid("no such language here").at("lang"))?
            }
        };
        Ok(Self {
            place,
            asked,
            facility: read.text("facility", DelegationId::new)?,
            level: read.number("level", Level::from_integer)?,
            amount,
            emergency,
            person: read.text("person", PersonResult::from_word)?.unwrap_or(PersonResult::Unchecked),
            referral,
            preauth: read.text("preauth", Label::new)?,
            serial: read.number("serial", Count::from_integer)?,
            cause: read.text("cause", Cause::from_word)?.unwrap_or(Cause::Illness),
            member: match read.number("member", MemberLine::from_integer)? {
                Some(line) => line,
                None => MemberLine::new(1).map_err(|fault| invalid(fault.to_string()))?,
            },
            seen_today: read.text("seen_today", SeenToday::from_word)?.unwrap_or(SeenToday::No),
            language,
            asked_as: Value::Object(members),
        })
    }
}

struct Reader<'m>(&'m Map<String, Value>);

impl Reader<'_> {
    fn string(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(invalid("must be a text").at(name)),
        }
    }

    fn text<T, F: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, F>,
    ) -> Result<Option<T>, Problem> {
        let text = self.string(name)?;
        text.map(|text| parse(text).map_err(|fault| invalid(fault.to_string()).at(name))).transpose()
    }

    fn required<T, F: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, F>,
    ) -> Result<T, Problem> {
        self.text(name, parse)?.ok_or_else(|| invalid("is missing").at(name))
    }

    fn number<T, F: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl Fn(i128) -> Result<T, F>,
    ) -> Result<Option<T>, Problem> {
        match self.0.get(name).map(Value::as_i64) {
            None => Ok(None),
            Some(Some(number)) => {
                parse(number.into()).map(Some).map_err(|fault| invalid(fault.to_string()).at(name))
            }
            Some(None) => Err(invalid("must be a whole number").at(name)),
        }
    }
}

fn invalid(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(ProblemKind::InvalidQuestion, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_those_of_check_and_others_are_refused() {
        let whole = r#"{"place":"UG","benefit":"OPD","facility":"UG-F01","level":3,"amount":"15000","currency":"UGX",
            "emergency":true,"person":"match","referral":"R-1","preauth":"P-1","serial":7,"cause":"work_injury",
            "member":2,"seen_today":"same_person","lang":"sw"}"#;
        let question = DeskQuestion::parse(whole).unwrap();
        assert_eq!(question.language, Language::from_tag("sw").unwrap());
        for (text, field) in [
            (r#"{"benefit":"OPD"}"#, Some("place")),
            (r#"{"place":"UG"}"#, Some("benefit")),
            (r#"{"place":"UG","benefit":"ODP"}"#, Some("benefit")),
            (r#"{"place":"UG","benefit":"OPD","level":9}"#, Some("level")),
            (r#"{"place":"UG","benefit":"OPD","level":"3"}"#, Some("level")),
            (r#"{"place":"UG","benefit":"OPD","amount":"1"}"#, Some("currency")),
            (r#"{"place":"UG","benefit":"OPD","lang":"xx"}"#, Some("lang")),
            (r#"{"place":"UG","benefit":"OPD","benefits":["OPD"]}"#, None),
            (r#"{"place":"UG","place":"KE","benefit":"OPD"}"#, None),
            ("[]", None),
            ("", None),
        ] {
            let problem = DeskQuestion::parse(text).unwrap_err();
            assert_eq!(
                (problem.kind, problem.field.as_deref()),
                (ProblemKind::InvalidQuestion, field),
                "{text}"
            );
        }
    }
}
