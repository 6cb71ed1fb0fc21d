//! `sanad-verify inspect`: what a document says, every line marked as not verified.
//!
//! The one place of this program that shows content nobody has checked. It answers the question of a person who
//! wants to know what is on a card; it never says that it is true.

use sanad_credential::{Carried, Fault, Json, Typ};

/// Stands before every line.
pub const MARK: &str = "NOT VERIFIED";

/// What a document says.
pub struct Inspection<'b> {
    carried: Carried<'b>,
    claims: String,
    lines: Vec<(String, String)>,
}

/// Reads a document without checking its signature.
///
/// # Errors
/// The first fault of its form.
pub fn inspect(document: &[u8]) -> Result<Inspection<'_>, Fault> {
    let carried = Carried::parse(document)?;
    let sealed = carried.sealed();
    let shown = |json: &Json<'_>| (json.to_string(), json.lines());
    let (claims, lines) = match sealed.typ() {
        Typ::Entitlement | Typ::PhoneEntitlement => shown(&sealed.unverified_entitlement()?.look().to_json()),
        Typ::EncounterReceipt => shown(&sealed.unverified_receipt()?.look().to_json()),
        Typ::StatusList => shown(&sealed.unverified_status_list()?.look().to_json()),
    };
    Ok(Inspection { carried, claims, lines })
}

impl Inspection<'_> {
    /// `{"typ","alg","kid","verified":false,"bytes","claims"}`; `bytes` is the length of the document.
    pub fn to_json(&self) -> String {
        let sealed = self.carried.sealed();
        let bytes = i64::try_from(self.bytes()).unwrap_or(i64::MAX);
        let typ = match &self.carried {
            Carried::Document(sealed) => typ_json(sealed.typ()),
            Carried::Presentation(_) => Json::Integer(294),
        };
        let head = Json::Object(vec![
            ("typ".into(), typ),
            ("alg".into(), Json::Integer(sealed.algorithm().code())),
            ("kid".into(), Json::Text(sealed.kid().to_string().into())),
            ("verified".into(), Json::Bool(false)),
            ("bytes".into(), Json::Integer(bytes)),
        ]);
        let head = head.to_string();
        let open = head.strip_suffix('}').unwrap_or(&head);
        format!("{open},\"claims\":{}}}", self.claims)
    }

    /// Length of what was shown.
    fn bytes(&self) -> usize {
        match &self.carried {
            Carried::Document(sealed) => sealed.as_bytes().len(),
            Carried::Presentation(presentation) => presentation.as_bytes().len(),
        }
    }

    /// For people: each line with the mark.
    pub fn to_text(&self) -> String {
        let sealed = self.carried.sealed();
        let typ = match &self.carried {
            Carried::Document(sealed) => sealed.typ().to_string(),
            Carried::Presentation(_) => format!("a presentation (typ 294) of {}", sealed.typ()),
        };
        let mut lines = vec![
            ("document".to_owned(), typ),
            ("length".to_owned(), format!("{} bytes", self.bytes())),
            ("key named".to_owned(), sealed.kid().to_string()),
        ];
        lines.extend(self.lines.iter().cloned());
        table(&lines, MARK)
    }
}

/// `typ` as it stands in the header: a number for all but the status list.
pub(crate) fn typ_json(typ: Typ) -> Json<'static> {
    match typ.label().parse::<i64>() {
        Ok(number) => Json::Integer(number),
        Err(_) => Json::Text(typ.label().into()),
    }
}

/// Lines in two columns behind a mark. Values are isolated, so that a right-to-left name stays in its column.
pub(crate) fn table(lines: &[(String, String)], mark: &str) -> String {
    let width = lines.iter().map(|(place, _)| place.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (place, value) in lines {
        let value = if value.is_ascii() { value.clone() } else { format!("\u{2068}{value}\u{2069}") };
        let line = format!("{mark}  {place:<width$}  {value}");
        text.push_str(line.trim_start());
        text.push('\n');
    }
    text
}
