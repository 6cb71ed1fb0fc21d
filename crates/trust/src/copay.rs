//! A line of a co-pay table, as rulebooks and agreements have it.
//!
//! A line has a share of the price or a fixed amount. Both or neither are refused: two readers would ask two prices. The
//! order of the lines is the publisher's, since the first line that matches is the one that holds.

use sanad_credential::{BasisPoints, BenefitGroup, CopayClass, Fault, Json, Level, Money, What};

use crate::members::{Written, number, optional, text_of};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopayLine {
    /// The benefit group.
    pub group: BenefitGroup,
    /// The co-pay class; any when absent.
    pub class: Option<CopayClass>,
    /// The level of the facility; any when absent.
    pub level: Option<Level>,
    /// What the person pays.
    pub share: CopayShare,
    /// The most that the person pays.
    pub cap: Option<Money>,
}

/// What the person pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopayShare {
    /// A share of the price.
    BasisPoints(BasisPoints),
    /// A fixed amount.
    Amount(Money),
}

impl CopayLine {
    /// Reads a line.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        let mut object = json.object()?;
        let group = text_of(&mut object, "group", BenefitGroup::from_word)?;
        let class = optional(&mut object, "class", |json| number(json, CopayClass::from_integer))?;
        let level = optional(&mut object, "level", |json| number(json, Level::from_integer))?;
        let points = optional(&mut object, "basis_points", |json| number(json, BasisPoints::from_integer))?;
        let amount = optional(&mut object, "amount", Money::from_json)?;
        let cap = optional(&mut object, "cap", Money::from_json)?;
        object.finish()?;
        let share = match (points, amount) {
            (Some(points), None) => CopayShare::BasisPoints(points),
            (None, Some(amount)) => CopayShare::Amount(amount),
            _ => {
                let wanted = "a line with exactly one of basis_points and amount";
                return Err(What::Pattern { wanted }.into());
            }
        };
        Ok(Self { group, class, level, share, cap })
    }

    /// The JSON form.
    pub fn to_json(&self) -> Json<'_> {
        let mut members = Written::default();
        members.add("group", Json::Text(self.group.word().into()));
        members.add_if("class", self.class.map(|class| Json::Integer(class.value().into())));
        members.add_if("level", self.level.map(|level| Json::Integer(level.value().into())));
        match &self.share {
            CopayShare::BasisPoints(points) => {
                members.add("basis_points", Json::Integer(points.value().into()));
            }
            CopayShare::Amount(amount) => members.add("amount", amount.to_json()),
        }
        members.add_if("cap", self.cap.as_ref().map(Money::to_json));
        members.object()
    }
}

/// A table in its order.
pub(crate) fn table_json(lines: &[CopayLine]) -> Json<'_> {
    Json::Array(lines.iter().map(CopayLine::to_json).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Result<CopayLine, Fault> {
        CopayLine::from_json(&Json::parse(text, crate::RECORD_LIMITS)?)
    }

    fn refusal(text: &str) -> String {
        line(text).unwrap_err().to_string()
    }

    #[test]
    fn lines_are_read_and_written_unchanged() {
        for text in [
            r#"{"group":"OPD","basis_points":0}"#,
            r#"{"group":"OPD","class":9,"level":5,"basis_points":10000,"cap":{"minor":50000,"currency":"KES"}}"#,
            r#"{"group":"MEDS","amount":{"minor":2000,"currency":"UGX"}}"#,
        ] {
            assert_eq!(line(text).unwrap().to_json().to_string(), text);
        }
    }

    #[test]
    fn exactly_one_of_share_and_amount_must_stand() {
        let wanted = "must be a line with exactly one of basis_points and amount";
        assert_eq!(refusal(r#"{"group":"OPD"}"#), wanted);
        let both = r#"{"group":"OPD","basis_points":0,"amount":{"minor":1,"currency":"KES"}}"#;
        assert_eq!(refusal(both), wanted);
    }

    #[test]
    fn values_out_of_range_are_refused() {
        assert_eq!(
            refusal(r#"{"group":"OPD","basis_points":10001}"#),
            "basis_points: 10001 is not in 0..10000"
        );
        assert_eq!(refusal(r#"{"group":"OPD","basis_points":-1}"#), "basis_points: -1 is not in 0..10000");
        assert_eq!(refusal(r#"{"group":"OPD","level":0,"basis_points":0}"#), "level: 0 is not in 1..5");
        assert_eq!(refusal(r#"{"group":"OPD","class":10,"basis_points":0}"#), "class: 10 is not in 0..9");
        assert!(
            refusal(r#"{"group":"OPD","amount":{"minor":1.5,"currency":"KES"}}"#).contains("a whole number")
        );
        assert!(
            refusal(r#"{"group":"OPD","amount":{"minor":1,"currency":"kes"}}"#)
                .starts_with("amount.currency")
        );
        assert!(
            refusal(r#"{"group":"OPD","amount":{"minor":-1,"currency":"KES"}}"#).starts_with("amount.minor")
        );
    }

    #[test]
    fn unknown_groups_members_and_null_are_refused() {
        assert_eq!(
            refusal(r#"{"group":"opd","basis_points":0}"#),
            "group: no word of the list of benefit group codes"
        );
        assert_eq!(refusal(r#"{"group":"OPD","basis_points":0,"sex":"F"}"#), "unknown member \"sex\"");
        assert_eq!(refusal(r#"{"basis_points":0}"#), "group: is missing");
        assert!(refusal(r#"{"group":"OPD","basis_points":0,"cap":null}"#).starts_with("cap: null where"));
    }
}
