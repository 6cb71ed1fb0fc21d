//! The JSON form of totals (`docs/totals.md`): members in a stable order, whole numbers only.

use std::fmt::Display;

use sanad_credential::Json;

use super::month::MonthSpan;
use super::{
    Claimant, FunctionTotals, IssuerTotals, Length, NamedLine, Overlap, ProvisionalTotals, Reached, Replaced,
    Share, Totals,
};

impl Totals {
    /// The JSON form.
    pub fn to_json(&self) -> Json<'static> {
        let members = self
            .members
            .iter()
            .map(|(issuer, number)| object([("issuer", text(issuer)), ("number", text(number))]));
        let records = self.records.iter().map(|(issuer, cti, document)| {
            object([("issuer", text(issuer)), ("cti", text(cti)), ("sha256", text(document))])
        });
        object([
            ("members", Json::Array(members.collect())),
            ("records", Json::Array(records.collect())),
            ("replaced", array(&self.replaced, replaced)),
            ("not_convertible", array(&self.not_convertible, line)),
            ("overstated", array(&self.overstated, line)),
            ("maximum", optional(self.maximum)),
            ("functions", array(&self.functions, function)),
        ])
    }
}

fn function(totals: &FunctionTotals) -> Json<'static> {
    object([
        ("function", Json::Text(totals.function.word().into())),
        ("first", totals.covered.map_or(Json::Null, |span| text(&span.first()))),
        ("last", totals.covered.map_or(Json::Null, |span| text(&span.last()))),
        ("total", number(totals.total)),
        ("capped", number(totals.capped)),
        ("issuers", array(&totals.issuers, issuer)),
        ("overlaps", array(&totals.overlaps, overlap)),
        ("gaps", array(&totals.gaps, |gap| object(span(*gap)))),
        ("provisional", array(&totals.provisional, provisional)),
    ])
}

fn issuer(totals: &IssuerTotals) -> Json<'static> {
    object([
        ("issuer", text(&totals.issuer)),
        ("claimed", number(totals.claimed)),
        ("own", number(totals.own)),
        ("minimum", optional(totals.minimum)),
        ("qualifies", reached(totals.qualifies)),
        ("alone", reached(totals.alone)),
        ("share", totals.share.map_or(Json::Null, share)),
        ("short", Json::Bool(totals.length == Length::Short)),
    ])
}

fn share(share: Share) -> Json<'static> {
    let fraction =
        |(one, other): (u64, u64)| Json::Array([one, other].into_iter().map(number).collect::<Vec<_>>());
    object([("months", fraction((share.own, share.total))), ("reduced", fraction(share.reduced()))])
}

fn overlap(overlap: &Overlap) -> Json<'static> {
    let [first, last, months] = span(overlap.span);
    let set_aside = array(&overlap.set_aside, claimant);
    object([first, last, months, ("kept", claimant(&overlap.kept)), ("set_aside", set_aside)])
}

fn claimant(claimant: &Claimant) -> Json<'static> {
    let rank = Json::Text(claimant.rank.word().into());
    object([("issuer", text(&claimant.issuer)), ("cti", text(&claimant.cti)), ("rank", rank)])
}

fn provisional(totals: &ProvisionalTotals) -> Json<'static> {
    object([
        ("issuer", text(&totals.issuer)),
        ("months", number(totals.months)),
        ("not_posted", number(totals.not_posted)),
    ])
}

fn replaced(replaced: &Replaced) -> Json<'static> {
    object([("issuer", text(&replaced.issuer)), ("cti", text(&replaced.cti)), ("by", text(&replaced.by))])
}

fn line(line: &NamedLine) -> Json<'static> {
    object([
        ("issuer", text(&line.issuer)),
        ("cti", text(&line.cti)),
        ("line", number(u64::try_from(line.line).unwrap_or(u64::MAX))),
        ("quantity", number(line.quantity)),
        ("unit", Json::Text(line.unit.word().into())),
    ])
}

fn span(span: MonthSpan) -> [(&'static str, Json<'static>); 3] {
    [("from", text(&span.first())), ("to", text(&span.last())), ("months", number(span.months()))]
}

fn reached(reached: Reached) -> Json<'static> {
    match reached {
        Reached::Yes => Json::Bool(true),
        Reached::No => Json::Bool(false),
        Reached::NotAsked => Json::Null,
    }
}

fn object<const N: usize>(members: [(&'static str, Json<'static>); N]) -> Json<'static> {
    Json::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

fn array<T>(values: &[T], form: impl Fn(&T) -> Json<'static>) -> Json<'static> {
    Json::Array(values.iter().map(form).collect())
}

fn text(value: &dyn Display) -> Json<'static> {
    Json::Text(value.to_string().into())
}

fn number(number: u64) -> Json<'static> {
    // Months and quantities stay below 2^53.
    Json::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn optional(value: Option<u64>) -> Json<'static> {
    value.map_or(Json::Null, number)
}
