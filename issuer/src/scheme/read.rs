//! The reader of scheme files.
//!
//! Strict JSON like every file here: unknown and repeated members, fractions and values out of range are refused, each
//! at its place. What compares members is in `check`.

use std::borrow::Cow;

use sanad_credential::{
    Area, BasisPoints, BenefitGroup, Contributor, CopayClass, Count, Currency, Fault, Function, IssuerId,
    Json, Level, Limits, Object, ProductId, Set, What,
};
use sanad_trust::members::{count, date, entries, member, number, optional, set, text_of};
use sanad_trust::{LanguageTexts, LegalReference};

use super::criterion::{ConditionName, Criterion, age};
use super::file::{
    Anchor, Child, Class, CoverRule, Due, DueAmount, Each, FunctionRule, Income, MonthDay, Period, Pooling,
    Qualifying, Scheme, ServedElsewhere, Step, Subsidy, SubsidyShare, Unit, Wait, WaitExemption, WaitLength,
    WaitOrigin,
};

/// The fullest scheme of the nine in `schemes/` has 3 kB; fifty classes with all their members have 25.
pub const SCHEME_LIMITS: Limits =
    Limits { bytes_max: 65_536, depth_max: 8, entries_max: 128, values_max: 8_192 };

/// Longest period or wait, in months: ten years.
const MONTHS_MAX: i64 = 120;

/// Longest qualifying time, in months: a working life.
const QUALIFYING_MONTHS_MAX: i64 = 720;

/// Longest wait in days: ten years.
const DAYS_MAX: i64 = 3_650;

impl Scheme {
    /// Reads a scheme file.
    ///
    /// # Errors
    /// The first fault at its place.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let json = Json::parse(text, SCHEME_LIMITS)?;
        let mut object = json.object()?;
        let groups = |json: &Json<'_>| set(json, BenefitGroup::from_word);
        let scheme = Self {
            issuer: text_of(&mut object, "issuer", IssuerId::new)?,
            product: text_of(&mut object, "product", ProductId::new)?,
            rulebook: count(&mut object, "rulebook")?,
            version: count(&mut object, "version")?,
            from: date(&mut object, "from")?,
            legal_ref: text_of(&mut object, "legal_ref", LegalReference::new)?,
            currency: text_of(&mut object, "currency", known_currency)?,
            territory: member(&mut object, "territory", |json| {
                Set::new(entries(json, |json| Area::new(json.text()?))?)
            })?,
            max_level: optional(&mut object, "max_level", |json| number(json, Level::from_integer))?,
            pooled: optional(&mut object, "pooled", only_true)?.unwrap_or(Pooling::Own),
            survives_suspension: optional(&mut object, "survives_suspension", groups)?,
            grace_days: optional(&mut object, "grace_days", |json| number(json, Count::from_integer))?,
            unit: text_of(&mut object, "unit", unit)?,
            conditions: member(&mut object, "conditions", conditions)?,
            functions: member(&mut object, "functions", |json| some(entries(json, function_rule)?))?,
            period: member(&mut object, "period", period)?,
            cover: member(&mut object, "cover", cover)?,
            classes: member(&mut object, "classes", |json| some(entries(json, class)?))?,
            exempt: optional(&mut object, "exempt", criteria)?.unwrap_or_default(),
            free_months: months_member(&mut object, "free_months", MONTHS_MAX)?.unwrap_or(0),
            waits: optional(&mut object, "waits", |json| entries(json, wait))?.unwrap_or_default(),
            lapse_days: optional(&mut object, "lapse_days", |json| whole(json, 0, DAYS_MAX))?,
            served_elsewhere: member(&mut object, "served_elsewhere", |json| {
                Ok(if json.boolean()? { ServedElsewhere::Counts } else { ServedElsewhere::StartsAgain })
            })?,
        };
        object.finish()?;
        scheme.check()
    }
}

fn known_currency(text: &str) -> Result<Currency, Fault> {
    let currency = Currency::new(text)?;
    // Registers state amounts in ordinary units.
    if currency.decimals().is_none() {
        return Err(What::Word { list: "ISO 4217" }.into());
    }
    Ok(currency)
}

fn only_true(json: &Json<'_>) -> Result<Pooling, Fault> {
    if json.boolean()? {
        return Ok(Pooling::Shared);
    }
    Err(What::WrongType { wanted: "true, or no such member", found: "false" }.into())
}

fn unit(word: &str) -> Result<Unit, Fault> {
    match word {
        "person" => Ok(Unit::Person),
        "household" => Ok(Unit::Household),
        _ => Err(What::Word { list: "unit" }.into()),
    }
}

fn some<T>(entries: Vec<T>) -> Result<Vec<T>, Fault> {
    if entries.is_empty() { Err(What::Pattern { wanted: "at least one entry" }.into()) } else { Ok(entries) }
}

fn whole(json: &Json<'_>, min: i64, max: i64) -> Result<u32, Fault> {
    number(json, |found| {
        let is_in = (i128::from(min)..=i128::from(max)).contains(&found);
        u32::try_from(found).ok().filter(|_| is_in).ok_or_else(|| What::Range { found, min, max }.into())
    })
}

fn months_member(object: &mut Object<'_, '_>, name: &'static str, max: i64) -> Result<Option<u32>, Fault> {
    optional(object, name, |json| whole(json, 1, max))
}

fn conditions(json: &Json<'_>) -> Result<Vec<(ConditionName, LanguageTexts)>, Fault> {
    let one = |(name, meaning): &(Cow<'_, str>, Json<'_>)| {
        Ok((ConditionName::new(name)?, LanguageTexts::from_json(meaning)?))
    };
    json.members()?.iter().map(one).collect()
}

fn criteria(json: &Json<'_>) -> Result<Vec<Criterion>, Fault> {
    entries(json, Criterion::from_json)
}

fn function_rule(json: &Json<'_>) -> Result<FunctionRule, Fault> {
    let mut object = json.object()?;
    let functions = member(&mut object, "functions", |json| set(json, Function::from_word))?;
    if functions.is_empty() {
        return Err(Fault::new(What::Pattern { wanted: "at least one entry" }).within("functions"));
    }
    let rule = FunctionRule {
        functions,
        qualifying: optional(&mut object, "qualifying", qualifying)?,
        unless: optional(&mut object, "unless", criteria)?.unwrap_or_default(),
    };
    object.finish()?;
    Ok(rule)
}

fn qualifying(json: &Json<'_>) -> Result<Qualifying, Fault> {
    let mut object = json.object()?;
    let months = member(&mut object, "months", |json| whole(json, 1, QUALIFYING_MONTHS_MAX))?;
    let qualifying = text_of(&mut object, "of", |word| match word {
        "registration" => Ok(Qualifying::Registered(months)),
        "payment" => Ok(Qualifying::Paid(months)),
        _ => Err(What::Word { list: "qualifying time" }.into()),
    })?;
    object.finish()?;
    Ok(qualifying)
}

fn period(json: &Json<'_>) -> Result<Period, Fault> {
    let mut object = json.object()?;
    let starts =
        optional(&mut object, "starts", |json| Set::<MonthDay, 1, 12>::new(entries(json, month_day)?))?;
    let months = months_member(&mut object, "months", MONTHS_MAX)?;
    let anchor = optional(&mut object, "from", |json| match json.text()? {
        "payment" => Ok(Anchor::Payment),
        "registration" => Ok(Anchor::Registration),
        _ => Err(What::Word { list: "first day of a period" }.into()),
    })?;
    object.finish()?;
    match (starts, months, anchor) {
        (Some(starts), None, None) => Ok(Period::Calendar(starts.to_vec())),
        (None, Some(months), Some(anchor)) => Ok(Period::Months(months, anchor)),
        _ => Err(What::Pattern { wanted: "either starts, or months and from" }.into()),
    }
}

fn month_day(json: &Json<'_>) -> Result<MonthDay, Fault> {
    let wanted = "a day that every year has, MM-DD, 01-01 to 12-28";
    let fault = || Fault::new(What::Pattern { wanted });
    let (month, day) = json
        .text()?
        .split_once('-')
        .filter(|(month, day)| month.len() == 2 && day.len() == 2)
        .ok_or_else(fault)?;
    let part = |text: &str, max: u8| {
        let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u8>().ok().filter(|part| is_digits && (1..=max).contains(part)).ok_or_else(fault)
    };
    Ok(MonthDay { month: part(month, 12)?, day: part(day, 28)? })
}

fn cover(json: &Json<'_>) -> Result<CoverRule, Fault> {
    let mut object = json.object()?;
    let by = text_of(&mut object, "by", |word| match word {
        "month" | "steps" => Ok(word.to_owned()),
        _ => Err(What::Word { list: "cover rule" }.into()),
    })?;
    let steps = optional(&mut object, "steps", |json| some(entries(json, step)?))?;
    object.finish()?;
    match (by.as_str(), steps) {
        ("month", None) => Ok(CoverRule::Month),
        ("steps", Some(steps)) => Ok(CoverRule::Steps(steps)),
        ("steps", None) => Err(Fault::new(What::Missing).within("steps")),
        _ => Err(What::Unknown { key: "\"steps\"".to_owned() }.into()),
    }
}

fn step(json: &Json<'_>) -> Result<Step, Fault> {
    let mut object = json.object()?;
    let step = Step {
        paid: member(&mut object, "paid_basis_points", |json| number(json, BasisPoints::from_integer))?,
        months: months_member(&mut object, "months", MONTHS_MAX)?,
    };
    object.finish()?;
    Ok(step)
}

fn class(json: &Json<'_>) -> Result<Class, Fault> {
    let mut object = json.object()?;
    let class = Class {
        name: text_of(&mut object, "class", ConditionName::new)?,
        when: optional(&mut object, "when", criteria)?,
        copay_class: member(&mut object, "copay_class", |json| number(json, CopayClass::from_integer))?,
        due: member(&mut object, "due", due)?,
        subsidy: optional(&mut object, "subsidy", subsidy)?,
    };
    object.finish()?;
    Ok(class)
}

fn due(json: &Json<'_>) -> Result<Due, Fault> {
    let minor = |json: &Json<'_>| number(json, Count::from_integer);
    let mut object = json.object()?;
    let each = text_of(&mut object, "each", |word| match word {
        "period" => Ok(Each::Period),
        "month" => Ok(Each::Month),
        _ => Err(What::Word { list: "time of a contribution" }.into()),
    })?;
    let flat = optional(&mut object, "amount", minor)?;
    let adult = optional(&mut object, "adult", minor)?;
    let child = optional(&mut object, "child", child)?;
    let income = optional(&mut object, "income", income)?;
    object.finish()?;
    let amount = match (flat, adult, child, income) {
        (Some(amount), None, None, None) => DueAmount::Flat(amount),
        (None, Some(adult), child, None) => DueAmount::PerPerson { adult, child },
        (None, None, None, Some(income)) => DueAmount::Income(income),
        _ => {
            let wanted = "exactly one of amount, adult (with child, where it differs) and income";
            return Err(What::Pattern { wanted }.into());
        }
    };
    Ok(Due { each, amount })
}

fn child(json: &Json<'_>) -> Result<Child, Fault> {
    let mut object = json.object()?;
    let child = Child {
        minor: member(&mut object, "amount", |json| number(json, Count::from_integer))?,
        age_at_most: member(&mut object, "age_at_most", age)?,
    };
    object.finish()?;
    Ok(child)
}

fn income(json: &Json<'_>) -> Result<Income, Fault> {
    let minor = |json: &Json<'_>| number(json, Count::from_integer);
    let points = |json: &Json<'_>| number(json, BasisPoints::from_integer);
    let mut object = json.object()?;
    let income = Income {
        months: member(&mut object, "months", |json| whole(json, 1, 12))?,
        base: member(&mut object, "base_basis_points", points)?,
        rate: member(&mut object, "rate_basis_points", points)?,
        base_minimum: optional(&mut object, "base_minimum", minor)?,
        base_maximum: optional(&mut object, "base_maximum", minor)?,
        minimum: optional(&mut object, "minimum", minor)?,
    };
    object.finish()?;
    match (income.base_minimum, income.base_maximum) {
        (Some(least), Some(most)) if most < least => {
            let range = |count: Count| i64::try_from(count.value()).unwrap_or(i64::MAX);
            let what = What::Range { found: most.value().into(), min: range(least), max: range(Count::MAX) };
            Err(Fault::new(what).within("base_maximum"))
        }
        _ => Ok(income),
    }
}

fn subsidy(json: &Json<'_>) -> Result<Subsidy, Fault> {
    let mut object = json.object()?;
    let payer = text_of(&mut object, "payer", Contributor::from_word)?;
    let share = optional(&mut object, "basis_points", |json| number(json, BasisPoints::from_integer))?;
    let amount = optional(&mut object, "amount", |json| number(json, Count::from_integer))?;
    object.finish()?;
    if payer == Contributor::Holder {
        let wanted = "somebody other than the member: employer, cooperative, state or other";
        return Err(Fault::new(What::Pattern { wanted }).within("payer"));
    }
    let share = match (share, amount) {
        (Some(share), None) => SubsidyShare::Share(share),
        (None, Some(amount)) => SubsidyShare::Amount(amount),
        _ => return Err(What::Pattern { wanted: "exactly one of basis_points and amount" }.into()),
    };
    Ok(Subsidy { payer, share })
}

fn some_groups(json: &Json<'_>) -> Result<Set<BenefitGroup, 1>, Fault> {
    Set::new(entries(json, |json| BenefitGroup::from_word(json.text()?))?)
}

fn wait(json: &Json<'_>) -> Result<Wait, Fault> {
    let mut object = json.object()?;
    let groups = optional(&mut object, "groups", some_groups)?;
    let days = optional(&mut object, "days", |json| whole(json, 1, DAYS_MAX))?;
    let months = months_member(&mut object, "months", MONTHS_MAX)?;
    let origin = text_of(&mut object, "runs_from", |word| match word {
        "registration" => Ok(WaitOrigin::Registration),
        "cover" => Ok(WaitOrigin::Cover),
        _ => Err(What::Word { list: "first day of a wait" }.into()),
    })?;
    let unless = optional(&mut object, "unless", |json| entries(json, wait_exemption))?.unwrap_or_default();
    object.finish()?;
    let length = match (days, months) {
        (Some(days), None) => WaitLength::Days(days),
        (None, Some(months)) => WaitLength::Months(months),
        _ => return Err(What::Pattern { wanted: "exactly one of days and months" }.into()),
    };
    Ok(Wait { groups, length, origin, unless })
}

fn wait_exemption(json: &Json<'_>) -> Result<WaitExemption, Fault> {
    let mut object = json.object()?;
    let exemption = WaitExemption {
        when: member(&mut object, "when", Criterion::from_json)?,
        groups: optional(&mut object, "groups", some_groups)?,
    };
    object.finish()?;
    Ok(exemption)
}
