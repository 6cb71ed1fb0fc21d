//! The mapping table: every member of an entitlement, its name in the open forms, and its shape.
//!
//! One table serves four directions (claims to W3C credential, claims to SD-JWT VC, and both back), the JSON-LD
//! context, the JSON Schema and the table in `docs/openvc.md`, so that none can say something else than the others.
//! Names are those of the JSON form of SPEC.md, except where the standards use a name for something else (`type`,
//! `id`, `issuer`, `evidence`). Arrays by position become objects, since JSON-LD has no place for them.

use sanad_credential::{
    BenefitGroup, BenefitType, Category, Contributor, CrossBorderKind, DerivedBy, Function, LineQuality,
    Payee, Payer, PeriodKind, PeriodUnit, PersonCheck, RightType, Role, Scope, Sex, Tariff,
};

/// One member.
pub(crate) struct Row {
    /// In the JSON form of claims; the position's name where that is an array.
    pub(crate) member: &'static str,
    /// In credentials and SD-JWTs.
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) presence: Presence,
    /// What it says, for the table in the documentation.
    pub(crate) about: &'static str,
}

/// Whether a member must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
}

/// What a member holds.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// A text of 1 to so many characters.
    Text(u64),
    /// A word of a code list.
    Word(fn() -> Vec<&'static str>),
    /// A day.
    Date,
    /// A day of birth as far as it is known (EDTF).
    Birth,
    /// A whole number.
    Whole(u64, u64),
    /// `true`, or no such member.
    True,
    /// So many bytes in hexadecimal digits.
    Hex(u64),
    /// An object in both forms.
    Record(&'static [Row]),
    /// An array by position in the JSON form of claims, an object here.
    Tuple(&'static [Row]),
    /// An array without order.
    Set(&'static Shape),
    /// An array of texts whose order has a meaning.
    List(&'static Shape),
    /// An array of objects whose order has a meaning. Each says its place, since an RDF list of objects has cells that
    /// look alike, which costs canonicalization dearly; a number costs nothing and is signed too.
    Numbered(&'static Shape),
    /// Names with their languages: texts with `@language` and `@direction` in JSON-LD.
    Names,
    /// Groups and the first days on which they are covered: an object by group in the JSON form of claims.
    Waits,
}

macro_rules! words {
    ($list:ident) => {
        Shape::Word(|| $list::ALL.iter().map(|entry| entry.word()).collect())
    };
}

macro_rules! rows {
    ($($name:ident { $($member:literal $($as:literal)? $presence:ident $shape:expr, $about:literal;)+ })+) => {$(
        pub(crate) static $name: &[Row] = &[$(Row {
            member: $member,
            name: rows!(@name $member $($as)?),
            shape: $shape,
            presence: Presence::$presence,
            about: $about,
        },)+];
    )+};
    (@name $member:literal) => { $member };
    (@name $member:literal $as:literal) => { $as };
}

const COUNT: Shape = Shape::Whole(0, 9_007_199_254_740_991);
const FUNCTIONS: Shape = Shape::Set(&words!(Function));
const GROUPS: Shape = Shape::Set(&words!(BenefitGroup));
const AREAS: Shape = Shape::Set(&Shape::Text(6));
const MONEY: Shape = Shape::Record(MONEY_ROWS);

rows! {
    SUBJECT {
        "number" Required Shape::Text(24), "the scheme's number for the member";
        "name" Required Shape::Text(64), "name in Latin script as on the person's papers";
        "native_names" Optional Shape::Names, "name in the person's own script, with language and direction";
        "birth" Optional Shape::Birth, "birth as far as it is known (EDTF)";
        "sex" Optional words!(Sex), "ISO/IEC 5218, only where a benefit depends on it";
        "household" Optional Shape::Text(64), "number of the household";
        "role" Optional words!(Role), "role in the household";
        "members" Optional Shape::Set(&Shape::Tuple(LINE)), "the others of the household, by rising line";
        "check" Optional words!(PersonCheck), "how to check the person; by the printed photo when absent";
    }
    LINE {
        "line" Required Shape::Whole(1, 9_007_199_254_740_991), "2 and up, rising";
        "name" Required Shape::Text(64), "name in Latin script or the household's own";
        "birth_year" Optional COUNT, "year of birth, if known";
        "sex" Required words!(Sex), "ISO/IEC 5218";
        "role" Required words!(Role), "role in the household";
    }
    COMMON {
        "delegation" Optional Shape::Text(24), "delegation under which the document was signed";
        "replaces" Optional Shape::Hex(8), "id of the document that this one replaces";
        "languages" Optional Shape::List(&Shape::Text(64)), "languages in which to speak to the holder, by preference";
        "source" Optional Shape::Text(64), "authentic source, where a platform signs for a scheme";
    }
    MEMBERSHIP {
        "scheme" Required Shape::Text(64), "the scheme";
        "category" Optional words!(Category), "programme planning only";
        "isco" Optional COUNT, "occupation, ISCO-08";
        "since" Required Shape::Date, "first day";
        "isic" Optional Shape::Text(64), "sector, ISIC";
        "guardian" Optional Shape::Text(64), "who acts for a child";
    }
    COVERAGE {
        "product" Required Shape::Text(24), "which of the issuer's products";
        "rulebook" Required COUNT, "lowest version of the product's rulebook";
        "functions" Required FUNCTIONS, "functions of social protection (ILO C102)";
        "start" Required Shape::Date, "first day";
        "end" Required Shape::Date, "last day";
        "paid_through" Optional Shape::Date, "last day that is paid for";
        "grace_days" Optional COUNT, "days after paid_through";
        "waits" Optional Shape::Waits, "first covered day of groups with a waiting time";
        "copay_class" Required Shape::Whole(0, 9), "class in the rulebook's co-pay table";
        "territory" Required AREAS, "where it holds, ISO 3166";
        "max_level" Optional Shape::Whole(1, 5), "highest level of facility without referral";
        "pooled" Optional Shape::True, "a ceiling is shared";
        "survives_suspension" Optional GROUPS, "groups that a suspension leaves alone";
    }
    WAIT {
        "group" Required words!(BenefitGroup), "benefit group";
        "from" Required Shape::Date, "first covered day";
    }
    CONTRIBUTION {
        "scheme" Required Shape::Text(64), "the scheme";
        "lines" Required Shape::Numbered(&Shape::Record(CONTRIBUTION_LINE)), "the periods";
        "as_of" Required Shape::Date, "state of the books";
        "statement_hash" Optional Shape::Hex(32), "SHA-256 of a longer statement";
    }
    CONTRIBUTION_LINE {
        "from" Required Shape::Date, "first day";
        "to" Required Shape::Date, "last day";
        "quantity" Required COUNT, "how many units";
        "unit" Required words!(PeriodUnit), "unit of the quantity";
        "kind" Required words!(PeriodKind), "why the period counts";
        "functions" Required FUNCTIONS, "what it counts for";
        "payer" Required words!(Contributor), "who paid";
        "base" Optional MONEY, "base of the contribution";
        "quality" Required words!(LineQuality), "whether it is in the books";
    }
    MONEY_ROWS {
        "minor" Required COUNT, "amount in minor units";
        "currency" Required Shape::Text(3), "ISO 4217";
    }
    BENEFIT {
        "programme" Required Shape::Text(64), "the programme";
        "benefit_type" Required words!(BenefitType), "SP-DCI benefit type";
        "functions" Required FUNCTIONS, "functions of social protection";
        "from" Required Shape::Date, "first day";
        "to" Required Shape::Date, "last day";
        "money" Optional MONEY, "amount for each serial";
        "item" Optional Shape::Tuple(ITEM), "goods";
        "serials" Optional Shape::Tuple(SERIALS), "serial numbers that may be redeemed";
        "payee" Optional words!(Payee), "who may receive it";
        "outlets" Optional Shape::List(&Shape::Text(64)), "where it may be redeemed";
        "areas" Optional AREAS, "where it holds, ISO 3166";
    }
    ITEM {
        "name" Required Shape::Text(64), "what";
        "quantity" Required COUNT, "how much";
    }
    SERIALS {
        "first" Required COUNT, "first serial";
        "last" Required COUNT, "last serial";
    }
    CROSS_BORDER {
        "kind" Required words!(CrossBorderKind), "kind of right";
        "agreement" Required Shape::Text(24), "the agreement it rests on";
        "functions" Required FUNCTIONS, "functions of social protection";
        "from" Required Shape::Date, "first day";
        "to" Required Shape::Date, "last day";
        "home" Required Shape::Text(24), "the issuer whose scheme is competent";
        "groups" Required GROUPS, "benefit groups";
        "payer" Required words!(Payer), "who pays";
        "tariff" Required words!(Tariff), "whose prices";
        "hosts" Required AREAS, "where it holds, ISO 3166";
        "preauth" Optional Shape::Text(64), "a pre-authorisation";
        "evidence" "derived_from" Optional Shape::Numbered(&Shape::Tuple(EVIDENCE)), "documents it was derived from";
        "derived_by" Optional words!(DerivedBy), "which side derived it";
    }
    EVIDENCE {
        "type" "document" Required words!(RightType), "type of the document";
        "issuer" "issued_by" Required Shape::Text(24), "its issuer";
        "cti" Required Shape::Hex(8), "its id";
    }
    DELEGATION {
        "id" "delegation_id" Required Shape::Text(24), "id of the delegation";
        "key" Required Shape::Hex(32), "the delegate's Ed25519 key";
        "scopes" Required Shape::Set(&words!(Scope)), "what it may do";
        "from" Required Shape::Date, "first day";
        "to" Required Shape::Date, "last day";
        "per_document" Optional MONEY, "most money on one document";
        "per_day" Optional MONEY, "most money in a day";
        "areas" Optional AREAS, "where, ISO 3166";
        "principal" Optional Shape::Text(64), "the member for whom the delegate acts";
        "relation" Optional words!(Role), "the delegate's relation to the member";
    }
}

/// The place of an object in an array, from 1.
pub(crate) const POSITION: &str = "position";

/// The types of entitlement: word in the JSON form of claims, name of the class, rows.
pub(crate) static TYPES: [(RightType, &str, &[Row]); 6] = [
    (RightType::Membership, "Membership", MEMBERSHIP),
    (RightType::Coverage, "Coverage", COVERAGE),
    (RightType::Contribution, "ContributionRecord", CONTRIBUTION),
    (RightType::Benefit, "Benefit", BENEFIT),
    (RightType::CrossBorder, "CrossBorderRight", CROSS_BORDER),
    (RightType::Delegation, "Delegation", DELEGATION),
];
