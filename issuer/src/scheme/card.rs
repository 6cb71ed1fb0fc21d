//! Cover as a record of a register: the members that the rules decide, beside those that pass through as they stand.
//!
//! The record goes through the same reader as every finished record, so that nothing is signed here that could not have
//! been asked for by hand.

use std::borrow::Cow;

use sanad_credential::{BenefitGroup, Json, ProductId, Set};

use super::apply::Cover;
use super::facts::PASSED_ON;
use super::file::{Pooling, Scheme};

impl Cover {
    /// The card as a record of a register: the members that the rules decide, beside those that pass through.
    pub(crate) fn record<'a>(&self, scheme: &Scheme, row: &Json<'a>) -> Json<'a> {
        let text = |text: &dyn std::fmt::Display| Json::Text(text.to_string().into());
        let words = |words: Vec<&'static str>| {
            Json::Array(words.into_iter().map(|word| Json::Text(word.into())).collect())
        };
        let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let groups = |groups: &[BenefitGroup]| words(groups.iter().map(|group| group.word()).collect());
        let product: &ProductId = &scheme.product;
        let mut members = vec![
            ("type".into(), Json::Text("coverage".into())),
            ("product".into(), text(product)),
            ("rulebook".into(), number(scheme.rulebook.value())),
            ("functions".into(), words(self.functions.iter().map(|function| function.word()).collect())),
            ("start".into(), text(&self.start)),
            ("end".into(), text(&self.end)),
            ("copay_class".into(), number(self.copay_class.value().into())),
            ("territory".into(), Json::Array(scheme.territory.iter().map(|area| text(area)).collect())),
        ];
        let survives: Option<&Set<BenefitGroup>> = scheme.survives_suspension.as_ref();
        let waits = self.waits.iter().map(|(group, day)| (group.word().into(), text(day))).collect();
        let optional = [
            ("paid_through", self.paid_through.map(|day| text(&day))),
            ("grace_days", scheme.grace_days.map(|days| number(days.value()))),
            ("waits", (!self.waits.is_empty()).then_some(Json::Object(waits))),
            ("max_level", scheme.max_level.map(|level| number(level.value().into()))),
            ("pooled", (scheme.pooled == Pooling::Shared).then_some(Json::Bool(true))),
            ("survives_suspension", survives.map(|survives| groups(survives))),
        ];
        members.extend(optional.into_iter().filter_map(|(name, value)| Some((name.into(), value?))));
        members.extend(passed_on(row));
        Json::Object(members)
    }
}

/// Members of a row that are the card's as they stand.
pub(crate) fn passed_on<'a>(row: &Json<'a>) -> Vec<(Cow<'a, str>, Json<'a>)> {
    let members = row.members().unwrap_or_default();
    members.iter().filter(|(name, _)| PASSED_ON.contains(&name.as_ref())).cloned().collect()
}
