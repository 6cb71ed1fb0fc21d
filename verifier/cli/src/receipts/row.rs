//! A receipt as a row of an export: columns for people and spreadsheets, each of them follows from the signed receipt.
//!
//! Since nothing in a row is free, a row can be made again from the receipt that stands in it, and whatever differs was
//! altered. The one exception is `resolves`, which the log knows and no signature covers; it is held against the receipt
//! that it names.
//!
//! A spreadsheet takes a field that starts with `=`, `+`, `-` or `@` for a formula. Such a field, and one that starts with
//! a tab, a carriage return or an apostrophe, gets an apostrophe in front (OWASP, CSV Injection).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{
    Action, CredentialId, Decision, Emergency, GoodFaith, Json, Money, OWN_BYTES_MAX, Payer, Receipt, Sealed,
};

/// The columns of an export in their order; CSV has `delegation` after them.
pub const COLUMNS: [&str; 38] = [
    "id",
    "facility",
    "key",
    "signed_at",
    "service_date",
    "issuer",
    "credential",
    "document_hash",
    "decision",
    "assurance",
    "action",
    "reasons",
    "benefit",
    "cause",
    "charged",
    "charged_currency",
    "copay",
    "copay_currency",
    "payer",
    "person",
    "emergency",
    "clock",
    "good_faith",
    "place",
    "level",
    "member",
    "serial",
    "referral",
    "preauth",
    "evidence",
    "timestamp_version",
    "pack_date",
    "status_list_date",
    "status_list_age_days",
    "rulebook",
    "agreement",
    "previous",
    "resolves",
];

/// Column with the signed receipt.
pub const RECEIPT: &str = "receipt";

/// Column with the facility's delegation, in CSV.
pub const DELEGATION: &str = "delegation";

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// There is none.
    Absent,
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// True or false.
    Flag(bool),
}

/// The row of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(Vec<Cell>);

impl Row {
    /// Makes the row.
    pub fn new(sealed: &Sealed<'_>, receipt: &Receipt, resolves: Option<CredentialId>) -> Self {
        let encounter = &receipt.encounter;
        let rests_on = &encounter.rests_on;
        let document = encounter.credential.0.as_ref();
        let text = |value: &dyn ToString| Cell::Text(value.to_string());
        let (charged, charged_currency) = money(encounter.charged.as_ref());
        let (copay, copay_currency) = money(encounter.copay.as_ref());
        let status = rests_on.status.0.map(|time| time.date());
        let age = status.map(|day| Cell::Number(i64::from(encounter.service_date.days_since(day).max(0))));
        let benefits: Vec<&str> = encounter.benefits.iter().map(|group| group.word()).collect();
        let reasons: Vec<&str> = encounter.reasons.iter().map(|reason| reason.word()).collect();
        let evidence = encounter.evidence.iter().flat_map(|list| list.iter());
        let evidence: Vec<String> = evidence.map(|shown| format!("{}/{}", shown.issuer, shown.cti)).collect();
        Self(vec![
            text(&receipt.cti),
            text(&receipt.iss),
            text(&sealed.kid()),
            text(&receipt.iat),
            text(&encounter.service_date),
            or_absent(document.map(|document| text(&document.issuer))),
            or_absent(document.map(|document| text(&document.cti))),
            or_absent(encounter.credential_hash.0.map(|hash| text(&hash))),
            text(&encounter.decision.word()),
            text(&encounter.assurance.word()),
            text(&encounter.action.word()),
            Cell::Text(reasons.join(" ")),
            Cell::Text(if benefits.is_empty() { "PAYOUT".to_owned() } else { benefits.join(" ") }),
            or_absent(encounter.cause.map(|cause| text(&cause.word()))),
            charged,
            charged_currency,
            copay,
            copay_currency,
            or_absent(payer(receipt).map(|payer| text(&payer.word()))),
            text(&encounter.person.word()),
            Cell::Flag(encounter.emergency == Emergency::Yes),
            text(&encounter.clock.word()),
            Cell::Flag(encounter.good_faith == GoodFaith::Yes),
            text(&encounter.place),
            or_absent(encounter.level.map(|level| Cell::Number(i64::from(level.value())))),
            or_absent(encounter.member.map(|line| whole(line.value()))),
            or_absent(encounter.serial.map(|serial| whole(serial.value()))),
            or_absent(encounter.referral.as_ref().map(|reference| text(reference))),
            or_absent(encounter.preauth.as_ref().map(|reference| text(reference))),
            Cell::Text(evidence.join(" ")),
            whole(rests_on.timestamp.value()),
            text(&rests_on.pack),
            or_absent(status.map(|day| text(&day))),
            or_absent(age),
            or_absent(rests_on.rulebook.0.map(|version| whole(version.value()))),
            or_absent(rests_on.agreement.0.as_ref().map(|id| text(id))),
            or_absent(encounter.previous.0.map(|hash| text(&hash))),
            or_absent(resolves.map(|id| text(&id))),
        ])
    }

    /// The values with their columns.
    pub fn cells(&self) -> impl Iterator<Item = (&'static str, &Cell)> {
        COLUMNS.into_iter().zip(&self.0)
    }
}

/// Who pays the facility, where the receipt alone says so: covered and free here, the host's public programme; covered
/// without an agreement, the home scheme. Under an agreement its row says it, and in an emergency the receipt does not
/// tell what is free here.
pub fn payer(receipt: &Receipt) -> Option<Payer> {
    let encounter = &receipt.encounter;
    match (encounter.decision, encounter.action, &encounter.rests_on.agreement.0) {
        (Decision::Covered, Action::TreatFree, _) => Some(Payer::Host),
        (Decision::Covered, Action::TreatCopay, None) => Some(Payer::Home),
        _ => None,
    }
}

fn or_absent(cell: Option<Cell>) -> Cell {
    cell.unwrap_or(Cell::Absent)
}

fn whole(value: u64) -> Cell {
    // At most 2^53-1, so it is always found.
    i64::try_from(value).map_or(Cell::Absent, Cell::Number)
}

/// An amount and its currency; a currency that ISO 4217 does not have is in minor units and says so.
fn money(money: Option<&Money>) -> (Cell, Cell) {
    let Some(money) = money else { return (Cell::Absent, Cell::Absent) };
    let text = money.in_ordinary_units();
    let (amount, currency) = text.split_once(' ').unwrap_or((&text, ""));
    (Cell::Text(amount.to_owned()), Cell::Text(currency.to_owned()))
}

impl Cell {
    /// As a field of CSV.
    pub fn to_field(&self) -> String {
        match self {
            Cell::Absent => String::new(),
            Cell::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) => {
                format!("'{text}")
            }
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Flag(flag) => flag.to_string(),
        }
    }

    /// As a value of JSON.
    pub fn to_json(&self) -> Json<'_> {
        match self {
            Cell::Absent => Json::Null,
            Cell::Text(text) => Json::Text(text.as_str().into()),
            Cell::Number(number) => Json::Integer(*number),
            Cell::Flag(flag) => Json::Bool(*flag),
        }
    }
}

/// A document as it stands in an export.
pub fn to_base64(document: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(document)
}

/// A document out of an export; nothing where it is no Base64url or too long for one.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    // Four characters hold three bytes.
    let longest = OWN_BYTES_MAX.saturating_mul(4).div_ceil(3);
    if text.is_empty() || text.len() > longest { None } else { URL_SAFE_NO_PAD.decode(text).ok() }
}
