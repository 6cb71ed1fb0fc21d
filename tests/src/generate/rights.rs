//! The subject and the six types of entitlement.

use super::values::{
    agreement_id, areas, birth, bytes, count, date, delegation_id, functions, groups, issuer_id, label,
    language, level, member_number, money, name, nullable, period, product_id, set_of, short_label,
};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use proptest::{option, prop_oneof};
use sanad_credential::{
    Benefit, BenefitGroup, BenefitType, Category, Common, Contribution, ContributionLine, Contributor,
    CopayClass, Count, Coverage, CrossBorder, CrossBorderKind, Delegation, DerivedBy, Evidence,
    HouseholdLine, Item, LineQuality, List, Membership, NativeName, Payee, Payer, PeriodKind, PeriodUnit,
    PersonCheck, Pooled, PublicKey, Right, RightType, Role, Scope, Serials, Set, Sex, Subject, Tariff, Waits,
};

pub(super) fn common() -> impl Strategy<Value = Common> {
    let languages = option::of(vec(language(), 1..=2).prop_map(|tags| List::new(tags).unwrap()));
    (option::of(delegation_id()), option::of(bytes()), languages, option::of(label())).prop_map(
        |(delegation, replaces, languages, source)| Common { delegation, replaces, languages, source },
    )
}

pub(super) fn right(right_type: RightType) -> BoxedStrategy<Right> {
    match right_type {
        RightType::Membership => {
            (subject(), membership()).prop_map(|(subject, right)| Right::Membership(subject, right)).boxed()
        }
        RightType::Coverage => {
            (subject(), coverage()).prop_map(|(subject, right)| Right::Coverage(subject, right)).boxed()
        }
        RightType::Contribution => (subject(), contribution())
            .prop_map(|(subject, right)| Right::Contribution(subject, right))
            .boxed(),
        RightType::Benefit => {
            (subject(), benefit()).prop_map(|(subject, right)| Right::Benefit(subject, right)).boxed()
        }
        RightType::CrossBorder => (subject(), cross_border())
            .prop_map(|(subject, right)| Right::CrossBorder(subject, right))
            .boxed(),
        RightType::Delegation => delegation().prop_map(Right::Delegation).boxed(),
    }
}
pub(super) fn subject() -> impl Strategy<Value = Subject> {
    let native = (language(), name()).prop_map(|(language, name)| NativeName { language, name });
    let natives = option::of(vec(native, 1..=2).prop_map(|names| List::new(names).unwrap()));
    let parts = (
        member_number(),
        name(),
        natives,
        option::of(birth()),
        option::of(select(Sex::ALL)),
        option::of(label()),
        option::of(select(Role::ALL)),
        option::weighted(0.3, household()),
        option::of(select(PersonCheck::ALL)),
    );
    parts.prop_map(|(number, name, native_names, birth, sex, household, role, members, check)| Subject {
        number,
        name,
        native_names,
        birth,
        sex,
        household,
        role,
        members,
        check,
    })
}

pub(super) fn household() -> impl Strategy<Value = List<HouseholdLine, 1, 12>> {
    let person = (name(), nullable(count()), select(Sex::ALL), select(Role::ALL));
    // Lines rise from 2, but need not follow each other: a line number is never given to somebody else.
    (
        prop_oneof![Just(0_u64), 0..1_000_000_u64],
        vec((person, prop_oneof![4 => Just(1_u64), 1 => 1..300_u64]), 1..=12),
    )
        .prop_map(|(skipped, people)| {
            let mut last = 1 + skipped;
            let lines = people.into_iter().map(|((name, birth_year, sex, role), step)| {
                last += step;
                HouseholdLine { line: Count::new(last).unwrap(), name, birth_year, sex, role }
            });
            List::new(lines.collect()).unwrap()
        })
}

pub(super) fn membership() -> impl Strategy<Value = Membership> {
    let parts = (
        label(),
        option::of(select(Category::ALL)),
        option::of(count()),
        date(),
        option::of(label()),
        option::of(name()),
    );
    parts.prop_map(|(scheme, category, isco, since, isic, guardian)| Membership {
        scheme,
        category,
        isco,
        since,
        isic,
        guardian,
    })
}

pub(super) fn coverage() -> impl Strategy<Value = Coverage> {
    let group_dates = proptest::collection::btree_map(select(BenefitGroup::ALL), date(), 0..=17);
    let parts = (
        product_id(),
        count(),
        functions(),
        (period(), any::<u32>(), any::<bool>()),
        option::of(count()),
        option::of(group_dates.prop_map(|waits| Waits::new(waits.into_iter().collect()).unwrap())),
        (0..=9_u8).prop_map(|class| CopayClass::new(class).unwrap()),
        areas().prop_map(|areas| Set::new(areas).unwrap()),
        option::of(level()),
        option::of(Just(Pooled)),
        option::of(groups()),
    );
    parts.prop_map(
        |(
            product,
            rulebook,
            functions,
            ((start, end), day, partly_paid),
            grace_days,
            waits,
            copay_class,
            territory,
            max_level,
            pooled,
            survives_suspension,
        )| {
            let days = end.days_since(start) as u32;
            let paid =
                (partly_paid && days > 0).then(|| start.plus_days((day % days.max(1)) as i32).unwrap());
            Coverage {
                product,
                rulebook,
                functions,
                start,
                end,
                paid_through: paid,
                grace_days,
                waits,
                copay_class,
                territory,
                max_level,
                pooled,
                survives_suspension,
            }
        },
    )
}

pub(super) fn contribution() -> impl Strategy<Value = Contribution> {
    let lines = prop_oneof![6 => vec(contribution_line(), 1..=4), 1 => vec(contribution_line(), 24)];
    (label(), lines, date(), option::of(bytes())).prop_map(|(scheme, lines, as_of, statement_hash)| {
        Contribution { scheme, lines: List::new(lines).unwrap(), as_of, statement_hash }
    })
}

pub(super) fn contribution_line() -> impl Strategy<Value = ContributionLine> {
    let parts = (
        period(),
        count(),
        select(PeriodUnit::ALL),
        select(PeriodKind::ALL),
        functions(),
        select(Contributor::ALL),
        nullable(money()),
        select(LineQuality::ALL),
    );
    parts.prop_map(|((from, to), quantity, unit, kind, functions, payer, base, quality)| ContributionLine {
        from,
        to,
        quantity,
        unit,
        kind,
        functions,
        payer,
        base,
        quality,
    })
}

pub(super) fn benefit() -> impl Strategy<Value = Benefit> {
    let outlets = prop_oneof![4 => vec(label(), 0..=3), 1 => vec(short_label(), 64)];
    let parts = (
        label(),
        select(BenefitType::ALL),
        functions(),
        period(),
        option::of(money()),
        option::of((label(), count()).prop_map(|(name, quantity)| Item { name, quantity })),
        option::of(
            (count(), count())
                .prop_map(|(one, other)| Serials { first: one.min(other), last: one.max(other) }),
        ),
        option::of(select(Payee::ALL)),
        option::weighted(0.3, outlets.prop_map(|outlets| List::new(outlets).unwrap())),
        option::of(areas().prop_map(|areas| Set::new(areas).unwrap())),
    );
    parts.prop_map(
        |(programme, benefit_type, functions, (from, to), money, item, serials, payee, outlets, areas)| {
            Benefit {
                programme,
                benefit_type,
                functions,
                from,
                to,
                money,
                item,
                serials,
                payee,
                outlets,
                areas,
            }
        },
    )
}

pub(super) fn cross_border() -> impl Strategy<Value = CrossBorder> {
    let evidence = prop_oneof![8 => vec(evidence(), 0..=3), 1 => vec(evidence(), 64)];
    let parts = (
        select(CrossBorderKind::ALL),
        agreement_id(),
        functions(),
        period(),
        issuer_id(),
        groups(),
        (select(Payer::ALL), select(Tariff::ALL)),
        areas().prop_map(|areas| Set::new(areas).unwrap()),
        option::of(label()),
        option::of(evidence.prop_map(|evidence| List::new(evidence).unwrap())),
        option::of(select(DerivedBy::ALL)),
    );
    parts.prop_map(
        |(
            kind,
            agreement,
            functions,
            (from, to),
            home,
            groups,
            (payer, tariff),
            hosts,
            preauth,
            evidence,
            derived_by,
        )| {
            CrossBorder {
                kind,
                agreement,
                functions,
                from,
                to,
                home,
                groups,
                payer,
                tariff,
                hosts,
                preauth,
                evidence,
                derived_by,
            }
        },
    )
}

pub(super) fn evidence() -> impl Strategy<Value = Evidence> {
    (select(RightType::ALL), issuer_id(), bytes()).prop_map(|(right, issuer, cti)| Evidence {
        right,
        issuer,
        cti,
    })
}

pub(super) fn delegation() -> impl Strategy<Value = Delegation> {
    let parts = (
        delegation_id(),
        bytes().prop_map(|x| PublicKey(x.0)),
        set_of(Scope::ALL),
        period(),
        option::of(money()),
        option::of(money()),
        option::of(areas().prop_map(|areas| Set::new(areas).unwrap())),
        option::of(label()),
        option::of(select(Role::ALL)),
    );
    parts.prop_map(|(id, key, scopes, (from, to), per_document, per_day, areas, principal, relation)| {
        Delegation { id, key, scopes, from, to, per_document, per_day, areas, principal, relation }
    })
}
