//! What became of each row, for the people who answer for it: a row of `explained.csv`, or a JSON object.
//!
//! Keyed by the line of the register and the document's id; no names and no member numbers. Amounts are in ordinary
//! units of the scheme's currency.

use sanad_credential::{BenefitGroup, Count, CredentialId, Currency, Function, Json, Money};

use super::apply::{Cover, Outcome};

/// Columns of `explained.csv`.
pub const HEADER: [&str; 16] = [
    "line",
    "cti",
    "result",
    "class",
    "copay_class",
    "start",
    "end",
    "paid_through",
    "waits",
    "functions",
    "due",
    "paid",
    "missing",
    "currency",
    "contributed",
    "explanation",
];

/// An outcome with its line.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Line of the register.
    pub line: u64,
    /// What the rules made of it.
    pub outcome: Outcome,
    /// Currency of its amounts.
    pub currency: Currency,
}

impl Explanation {
    /// Sentences, one a rule.
    pub fn sentences(&self) -> Vec<String> {
        self.outcome.notes.iter().map(|note| note.words(&self.currency)).collect()
    }

    /// One line for people.
    pub fn text(&self) -> String {
        let result = match &self.outcome.cover {
            Some(Cover { start, end, paid_through: None, .. }) => format!("covered {start} to {end}"),
            Some(Cover { start, end, paid_through: Some(paid), .. }) => {
                format!("covered {start} to {end}, paid through {paid}")
            }
            None => "not covered".to_owned(),
        };
        format!("line {}: {result}. {}", self.line, self.sentences().join("; "))
    }

    fn cells(&self, cti: Option<CredentialId>) -> [String; 16] {
        let Outcome { class, due, paid, missing, cover, contributed, .. } = &self.outcome;
        let of_cover = |cell: fn(&Cover) -> String| cover.as_ref().map(cell).unwrap_or_default();
        let contributed: Vec<String> = contributed
            .iter()
            .map(|line| format!("{}={}", line.payer.word(), self.amount(line.minor)))
            .collect();
        [
            self.line.to_string(),
            cti.map(|cti| cti.to_string()).unwrap_or_default(),
            if cover.is_some() { "covered" } else { "not_covered" }.to_owned(),
            class.as_str().to_owned(),
            of_cover(|cover| cover.copay_class.to_string()),
            of_cover(|cover| cover.start.to_string()),
            of_cover(|cover| cover.end.to_string()),
            of_cover(|cover| cover.paid_through.map(|day| day.to_string()).unwrap_or_default()),
            of_cover(|cover| waits(cover, ";")),
            of_cover(|cover| {
                cover.functions.iter().copied().map(Function::word).collect::<Vec<_>>().join(";")
            }),
            self.amount(*due),
            self.amount(*paid),
            self.amount(*missing),
            self.currency.to_string(),
            contributed.join(";"),
            self.sentences().join("; "),
        ]
    }

    /// A row of `explained.csv`.
    pub fn row(&self, cti: Option<CredentialId>) -> [String; 16] {
        self.cells(cti)
    }

    /// For machines; members as the columns, those without a value left out.
    pub fn json(&self, cti: Option<CredentialId>) -> Json<'static> {
        let members = HEADER.into_iter().zip(self.cells(cti)).filter(|(_, cell)| !cell.is_empty());
        let member = |(name, cell): (&'static str, String)| {
            let value = match name {
                "line" => Json::Integer(i64::try_from(self.line).unwrap_or(i64::MAX)),
                "copay_class" => Json::Integer(cell.parse().unwrap_or(0)),
                "functions" | "contributed" => Json::Array(cell.split(';').map(Json::owned_text).collect()),
                "explanation" => {
                    Json::Array(self.sentences().iter().map(|text| Json::owned_text(text)).collect())
                }
                _ => Json::Text(cell.into()),
            };
            (name.into(), value)
        };
        Json::Object(members.map(member).collect())
    }

    /// In ordinary units without the currency.
    fn amount(&self, minor: u64) -> String {
        let minor = Count::new(minor).unwrap_or(Count::MAX);
        let shown = Money { minor, currency: self.currency.clone() }.in_ordinary_units();
        shown.split(' ').next().unwrap_or_default().to_owned()
    }
}

fn waits(cover: &Cover, between: &str) -> String {
    let one = |(group, day): &(BenefitGroup, sanad_credential::Date)| format!("{}={day}", group.word());
    cover.waits.iter().map(one).collect::<Vec<_>>().join(between)
}
