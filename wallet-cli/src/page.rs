//! A document as one self-contained HTML page: the code, and beside it what it says, for a person without this program.
//!
//! The page asks nobody for anything: no script, no font, no picture but the one inside. What the document says is escaped,
//! and isolated by direction, so that a name in Arabic script stays in its place. Whether anybody has checked it stands first.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sanad_credential::{Right, printable};
use sanad_qr::ModulePixels;

use crate::holding::{Held, Standing};
use crate::lapse::Until;
use crate::show::{ShowFault, Shown};

/// The page of a document, with its code as a picture that was read back.
///
/// # Errors
/// [`ShowFault`].
pub fn page(held: &Held, shown: &Shown, module: ModulePixels) -> Result<String, ShowFault> {
    let png = STANDARD.encode(shown.png(module)?);
    let until = Until::of(&held.claims);
    let subject = held.claims.right.subject();
    let name = subject.map_or_else(String::new, |subject| subject.name.to_string());
    let standing = match &held.standing {
        Standing::Verified => "Checked with the issuer's record.".to_owned(),
        Standing::NotVerified => "NOT VERIFIED: nobody has checked this with the issuer's record.".to_owned(),
        Standing::Rejected(rejection) => format!("REJECTED: {rejection}"),
    };
    let mut rows = String::new();
    let mut row = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = write!(rows, "<tr><th>{name}</th><td><bdi>{}</bdi></td></tr>", escaped(&printable(value)));
    };
    row("Issuer", held.claims.iss.as_str());
    if let Some(subject) = subject {
        row("Name", &name);
        for native in subject.native_names.iter().flat_map(|names| names.iter()) {
            row("Name", &native.name.to_string());
        }
        row("Member number", subject.number.as_str());
    }
    row("What", what(&held.claims.right).as_str());
    row("Until", &format!("{} {}", until.because.word(), until.day));
    if held.is_for_phone() {
        row(
            "Phone",
            "bound to a phone's key: shown like this it is a copy, and the person counts as not compared",
        );
    }
    row("Id", &held.id);
    Ok(PAGE.replace("{standing}", &escaped(&standing)).replace("{rows}", &rows).replace("{png}", &png))
}

/// What somebody is entitled to, in one line.
pub fn what(right: &Right) -> String {
    let words = |functions: &[sanad_credential::Function]| {
        functions.iter().map(|function| function.word()).collect::<Vec<_>>().join(", ").replace('_', " ")
    };
    match right {
        Right::Membership(_, right) => format!("member of {} since {}", right.scheme, right.since),
        Right::Coverage(_, right) => {
            let areas: Vec<String> = right.territory.iter().map(ToString::to_string).collect();
            format!(
                "{}: {} in {}, from {}",
                right.product,
                words(&right.functions),
                areas.join(", "),
                right.start
            )
        }
        Right::Contribution(_, right) => format!("contributions to {} as of {}", right.scheme, right.as_of),
        Right::Benefit(_, right) => {
            format!("{}: {}, from {}", right.programme, words(&right.functions), right.from)
        }
        Right::CrossBorder(_, right) => {
            let areas: Vec<String> = right.hosts.iter().map(ToString::to_string).collect();
            format!("under {} in {}, from {}", right.agreement, areas.join(", "), right.from)
        }
        Right::Delegation(right) => format!("delegation {}, from {}", right.id, right.from),
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Entitlement</title><style>
body{font:12pt sans-serif;margin:1em auto;max-width:40em;background:#fff;color:#000}
img{display:block;width:100%;max-width:120mm;image-rendering:pixelated}
th{text-align:start;vertical-align:top;padding-inline-end:1em}
</style></head><body>
<p><strong>{standing}</strong></p>
<img alt="QR code of this entitlement" src="data:image/png;base64,{png}">
<table>{rows}</table>
</body></html>
"#;
