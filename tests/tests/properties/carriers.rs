//! The ways a QR text travels. Nearly every text has a space and one in fifteen has two in a row, so whatever
//! collapses white space destroys one card in fifteen; and what was collapsed is refused, never misread.

use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use proptest::{prop_assert, prop_assert_eq, proptest};
use sanad_credential::{CHARACTERS_MAX, Json, Limits, QrText, Sealed};
use sanad_tests::generate::{cases, document, text_with_two_spaces, verifying_key};

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_terminal_and_a_text_file_keep_it(text in text_with_two_spaces()) {
        let printed = format!("{text}\n");
        prop_assert_eq!(printed.lines().collect::<Vec<_>>(), [text.as_str()]);
        // In a column of a table: filled up on either side, and trimmed again.
        let width = CHARACTERS_MAX;
        whole(&format!("{:>width$}", text.as_str()), &text);
        whole(&format!("{:<width$}", text.as_str()), &text);
    }

    #[test]
    fn csv_keeps_it(text in text_with_two_spaces(), trim in select(vec![csv::Trim::None, csv::Trim::All])) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["number", "text", "name"]).unwrap();
        writer.write_record(["0042", text.as_str(), "Amina, \"Mina\"\nWekesa"]).unwrap();
        let file = writer.into_inner().unwrap();
        // Readers that trim their fields are common, and do no harm: no text starts or ends with a space.
        let mut reader = csv::ReaderBuilder::new().trim(trim).from_reader(file.as_slice());
        let record = reader.records().next().unwrap().unwrap();
        whole(&record[1], &text);
    }

    #[test]
    fn json_keeps_it(text in text_with_two_spaces()) {
        let json = Json::Object(vec![("text".into(), Json::Text(text.as_str().into()))]).to_string();
        // Compact and indented alike: white space inside a string is never layout.
        let foreign: serde_json::Value = serde_json::from_str(&json).unwrap();
        let indented = serde_json::to_string_pretty(&foreign).unwrap();
        for json in [json, indented] {
            let limits = Limits { bytes_max: 8_192, depth_max: 2, entries_max: 2, values_max: 4 };
            let json = Json::parse(&json, limits).unwrap();
            whole(json.object().unwrap().required("text").unwrap().text().unwrap(), &text);
        }
    }

    /// No character of a text means anything in HTML, so it stands unescaped in an element or a quoted attribute;
    /// but only an attribute, a `textarea` and `white-space: pre` show its spaces. Everywhere else browsers show
    /// and copy a run of spaces as one.
    #[test]
    fn html_needs_no_escapes_but_preserved_white_space(text in text_with_two_spaces()) {
        prop_assert!(!text.as_str().contains(['<', '>', '&', '"', '\'', '`', '=', '\n', '\t']));
        let shown = text.as_str().split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        prop_assert!(shown.len() < text.as_str().len());
        prop_assert!(!opens(&shown));
        // As no-break spaces, the other thing that editors make of them, it is refused at the first of them.
        prop_assert!(!opens(&text.as_str().replace(' ', NO_BREAK_SPACE)));
    }

    #[test]
    fn a_scanner_that_types_may_end_with_enter_or_tab(
        (_, document) in document(),
        before in select(vec!["", " ", "\u{feff}", "\r\n"]),
        behind in select(vec!["", "\r", "\n", "\r\n", "\t", " \r\n", "\n\n"]),
    ) {
        let text = QrText::from_document(&document).unwrap();
        let typed = format!("{before}{text}{behind}");
        // A byte order mark is no white space.
        match before {
            "\u{feff}" => prop_assert!(QrText::decode(&typed).is_err()),
            _ => whole(&typed, &text),
        }
    }

    /// Two scans in one field, a line break by a mail program, capitals lost to the wrong keyboard: each is refused,
    /// none is repaired into something else.
    #[test]
    fn nothing_is_repaired((_, document) in document(), at in any::<usize>()) {
        let text = QrText::from_document(&document).unwrap();
        let text = text.as_str();
        let (one, other) = text.split_at(1 + at % (text.len() - 1));
        for broken in [
            format!("{one}\n{other}"),
            format!("{one}\r\n{other}"),
            format!("{one}\u{200b}{other}"),
            format!("{one} {other}"),
            format!("{text}\n{text}"),
            format!("{text}{text}"),
            format!("\"{text}\""),
            text.to_lowercase(),
            text.replacen("SND1:", "SND2:", 1),
            text.replacen("SND1:", "HC1:", 1),
            text.replacen("SND1:", "", 1),
        ] {
            prop_assert!(!opens(&broken), "{broken:?}");
        }
    }
}

/// The share of texts with two spaces in a row is why all of the above matters.
#[test]
fn nearly_every_text_has_a_space_and_one_in_fifteen_two_in_a_row() {
    let texts = sanad_tests::generate::samples(&document().prop_map(|(_, document)| document), 2_000);
    let texts: Vec<QrText> = texts.iter().map(|document| QrText::from_document(document).unwrap()).collect();
    let share = |wanted: &str| {
        texts.iter().filter(|text| text.as_str().contains(wanted)).count() as f64 / texts.len() as f64
    };
    println!("with a space: {:.3}, with two in a row: {:.3}", share(" "), share("  "));
    assert!(share(" ") > 0.9);
    assert!(share("  ") > 0.03);
}

#[track_caller]
fn whole(carried: &str, text: &QrText) {
    let document = QrText::decode(carried).unwrap();
    assert_eq!(QrText::from_document(&document).unwrap(), *text);
    assert!(opens(carried));
}

fn opens(text: &str) -> bool {
    let Ok(document) = QrText::decode(text) else { return false };
    Sealed::parse(&document).is_ok_and(|sealed| sealed.open_entitlement(&verifying_key()).is_ok())
}

const NO_BREAK_SPACE: &str = "\u{a0}";
