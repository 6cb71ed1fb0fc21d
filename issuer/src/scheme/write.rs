//! The writer of scheme files: what was read is written in one form.

use sanad_credential::{BenefitGroup, Contributor, Count, Function, Json};
use sanad_trust::members::{Written, count_json, text_json, texts_json, words_json};

use super::criterion::Criterion;
use super::file::{
    Anchor, Class, CoverRule, Due, DueAmount, Each, FunctionRule, Income, Period, Pooling, Qualifying,
    Scheme, ServedElsewhere, Subsidy, SubsidyShare, Unit, Wait, WaitLength, WaitOrigin,
};

impl Scheme {
    /// The JSON form, members in the order of `docs/schemes.md`.
    pub fn to_json(&self) -> Json<'_> {
        let mut members = Written::default();
        members.add("issuer", text_json(&self.issuer));
        members.add("product", text_json(&self.product));
        members.add("rulebook", count_json(self.rulebook));
        members.add("version", count_json(self.version));
        members.add("from", text_json(&self.from));
        members.add("legal_ref", text_json(&self.legal_ref));
        members.add("currency", text_json(&self.currency));
        members.add("territory", texts_json(&self.territory));
        members.add_if("max_level", self.max_level.map(|level| Json::Integer(level.value().into())));
        members.add_if("pooled", (self.pooled == Pooling::Shared).then_some(Json::Bool(true)));
        members.add_if(
            "survives_suspension",
            self.survives_suspension.as_ref().map(|groups| words_json(groups, BenefitGroup::word)),
        );
        members.add_if("grace_days", self.grace_days.map(count_json));
        members
            .add("unit", Json::Text(if self.unit == Unit::Person { "person" } else { "household" }.into()));
        let conditions = self.conditions.iter();
        let conditions = conditions.map(|(name, meaning)| (name.as_str().into(), meaning.to_json()));
        members.add("conditions", Json::Object(conditions.collect()));
        members.add("functions", Json::Array(self.functions.iter().map(function_json).collect()));
        members.add("period", period_json(&self.period));
        members.add("cover", cover_json(&self.cover));
        members.add("classes", Json::Array(self.classes.iter().map(class_json).collect()));
        members.add_if("exempt", list_json(&self.exempt));
        members.add_if("free_months", (self.free_months > 0).then(|| Json::Integer(self.free_months.into())));
        let waits = (!self.waits.is_empty()).then(|| Json::Array(self.waits.iter().map(wait_json).collect()));
        members.add_if("waits", waits);
        members.add_if("lapse_days", self.lapse_days.map(|days| Json::Integer(days.into())));
        members.add("served_elsewhere", Json::Bool(self.served_elsewhere == ServedElsewhere::Counts));
        members.object()
    }
}

fn word(word: &'static str) -> Json<'static> {
    Json::Text(word.into())
}

fn whole(number: impl Into<i64>) -> Json<'static> {
    Json::Integer(number.into())
}

fn list_json(criteria: &[Criterion]) -> Option<Json<'static>> {
    (!criteria.is_empty()).then(|| Json::Array(criteria.iter().map(Criterion::to_json).collect()))
}

fn groups_json(groups: &[BenefitGroup]) -> Json<'static> {
    words_json(groups, BenefitGroup::word)
}

fn function_json(rule: &FunctionRule) -> Json<'static> {
    let mut members = Written::default();
    members.add("functions", words_json(&rule.functions, Function::word));
    let qualifying = rule.qualifying.map(|qualifying| {
        let (months, of) = match qualifying {
            Qualifying::Registered(months) => (months, "registration"),
            Qualifying::Paid(months) => (months, "payment"),
        };
        let mut members = Written::default();
        members.add("months", whole(months));
        members.add("of", word(of));
        members.object()
    });
    members.add_if("qualifying", qualifying);
    members.add_if("unless", list_json(&rule.unless));
    members.object()
}

fn period_json(period: &Period) -> Json<'static> {
    let mut members = Written::default();
    match period {
        Period::Calendar(starts) => {
            let starts = starts.iter().map(|start| Json::owned_text(&start.to_string()));
            members.add("starts", Json::Array(starts.collect()));
        }
        Period::Months(months, anchor) => {
            members.add("months", whole(*months));
            let from = if *anchor == Anchor::Payment { "payment" } else { "registration" };
            members.add("from", word(from));
        }
    }
    members.object()
}

fn cover_json(cover: &CoverRule) -> Json<'static> {
    let mut members = Written::default();
    match cover {
        CoverRule::Month => members.add("by", word("month")),
        CoverRule::Steps(steps) => {
            members.add("by", word("steps"));
            let steps = steps.iter().map(|step| {
                let mut members = Written::default();
                members.add("paid_basis_points", whole(step.paid.value()));
                members.add_if("months", step.months.map(whole));
                members.object()
            });
            members.add("steps", Json::Array(steps.collect()));
        }
    }
    members.object()
}

fn class_json(class: &Class) -> Json<'static> {
    let mut members = Written::default();
    members.add("class", Json::owned_text(class.name.as_str()));
    let when = class.when.as_ref();
    let when = when.map(|when| Json::Array(when.iter().map(Criterion::to_json).collect()));
    members.add_if("when", when);
    members.add("copay_class", whole(class.copay_class.value()));
    members.add("due", due_json(&class.due));
    members.add_if("subsidy", class.subsidy.map(|subsidy| subsidy_json(&subsidy)));
    members.object()
}

fn due_json(due: &Due) -> Json<'static> {
    let mut members = Written::default();
    members.add("each", word(if due.each == Each::Period { "period" } else { "month" }));
    match &due.amount {
        DueAmount::Flat(amount) => members.add("amount", count_json(*amount)),
        DueAmount::PerPerson { adult, child } => {
            members.add("adult", count_json(*adult));
            let child = child.map(|child| {
                let mut members = Written::default();
                members.add("amount", count_json(child.minor));
                members.add("age_at_most", whole(child.age_at_most));
                members.object()
            });
            members.add_if("child", child);
        }
        DueAmount::Income(income) => members.add("income", income_json(income)),
    }
    members.object()
}

fn income_json(income: &Income) -> Json<'static> {
    let optional = |count: Option<Count>| count.map(count_json);
    let mut members = Written::default();
    members.add("months", whole(income.months));
    members.add("base_basis_points", whole(income.base.value()));
    members.add("rate_basis_points", whole(income.rate.value()));
    members.add_if("base_minimum", optional(income.base_minimum));
    members.add_if("base_maximum", optional(income.base_maximum));
    members.add_if("minimum", optional(income.minimum));
    members.object()
}

fn subsidy_json(subsidy: &Subsidy) -> Json<'static> {
    let mut members = Written::default();
    members.add("payer", word(Contributor::word(subsidy.payer)));
    match subsidy.share {
        SubsidyShare::Share(points) => members.add("basis_points", whole(points.value())),
        SubsidyShare::Amount(amount) => members.add("amount", count_json(amount)),
    }
    members.object()
}

fn wait_json(wait: &Wait) -> Json<'static> {
    let mut members = Written::default();
    members.add_if("groups", wait.groups.as_ref().map(|groups| groups_json(groups)));
    match wait.length {
        WaitLength::Days(days) => members.add("days", whole(days)),
        WaitLength::Months(months) => members.add("months", whole(months)),
    }
    let from = if wait.origin == WaitOrigin::Registration { "registration" } else { "cover" };
    members.add("runs_from", word(from));
    let unless = (!wait.unless.is_empty()).then(|| {
        let unless = wait.unless.iter().map(|exemption| {
            let mut members = Written::default();
            members.add("when", exemption.when.to_json());
            members.add_if("groups", exemption.groups.as_ref().map(|groups| groups_json(groups)));
            members.object()
        });
        Json::Array(unless.collect())
    });
    members.add_if("unless", unless);
    members.object()
}
