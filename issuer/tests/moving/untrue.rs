//! Exports that were cut, altered or made up. Each is refused with its line, and nothing was written. Where a test says
//! "forged", the counts and the SHA-256 of the last line were made to fit.

use std::fs;
use std::path::Path;

use sanad_credential::FixedBytes;
use sanad_issuer::audit::Head;
use sanad_issuer::permutation::Sequence;
use sanad_issuer::store::document::Row;
use sanad_issuer::transfer::form::{Header, Line, Trailer, row_line};
use sanad_issuer::transfer::{Counts, ExportReader, Problem, Source, TransferFault, verify};
use sha2::{Digest as _, Sha256};

use crate::invented::Invented;

/// What `verify` says of a text.
fn refusal(invented: &Invented, text: &[u8]) -> (u64, Problem) {
    let path = invented.path("untrue");
    fs::write(&path, text).unwrap();
    let source = Source::file(&path).unwrap();
    match verify(&source, invented.checks(), &mut |_, _| ()) {
        Err(TransferFault::Line { path: named, line, problem }) => {
            assert_eq!(named, path);
            (line, problem)
        }
        other => panic!("{other:?}"),
    }
}

/// The rows of an export.
fn rows_of(text: &str) -> Vec<Row> {
    let lines = text.lines().skip(1).map(|line| Line::parse(line).unwrap());
    lines.filter_map(|line| if let Line::Row(row) = line { Some(row) } else { None }).collect()
}

/// A file whose last line fits whatever its rows are.
fn forged(header: &Header, rows: &[Row]) -> String {
    let lines: Vec<String> = rows.iter().map(row_line).collect();
    forged_lines(header, rows, &lines)
}

fn forged_lines(header: &Header, rows: &[Row], lines: &[String]) -> String {
    let text: String = [&[header.line()], lines].concat().iter().map(|line| format!("{line}\n")).collect();
    let count = |wanted: fn(&Row) -> bool| rows.iter().filter(|row| wanted(row)).count() as u64;
    let log = rows.iter().filter_map(|row| if let Row::Line { text, .. } = row { Some(text) } else { None });
    let head = log.fold(Head::EMPTY, |head, line| head.follow(line).unwrap_or(head));
    let trailer = Trailer {
        counts: Counts {
            documents: count(|row| matches!(row, Row::Document(..))),
            requests: count(|row| matches!(row, Row::Request(..))),
            blocks: count(|row| matches!(row, Row::Block { .. })),
            papers: count(|row| matches!(row, Row::Paper(_))),
            lines: count(|row| matches!(row, Row::Line { .. })),
        },
        head: head.hash,
        sha256: Sha256::digest(&text).into(),
    };
    format!("{text}{}\n", trailer.line())
}

fn whole(invented: &Invented) -> (Header, String) {
    let text = fs::read_to_string(invented.export("export")).unwrap();
    (Header::parse(text.lines().next().unwrap()).unwrap(), text)
}

#[test]
fn a_forged_last_line_that_changes_nothing_is_taken() {
    let invented = Invented::with_documents(10);
    let (header, text) = whole(&invented);
    assert_eq!(forged(&header, &rows_of(&text)), text, "or the tests below would test nothing");
}

#[test]
fn an_export_cut_after_any_line_or_inside_of_one_is_refused() {
    let invented = Invented::with_documents(10);
    let (_, text) = whole(&invented);
    let ends: Vec<usize> = text.match_indices('\n').map(|(end, _)| end + 1).collect();
    for (lines, end) in ends.iter().enumerate().take(ends.len() - 1) {
        let (line, problem) = refusal(&invented, &text.as_bytes()[..*end]);
        assert!(matches!(problem, Problem::Cut) && line == lines as u64 + 2, "{line}: {problem}");
    }
    for end in (0..text.len()).step_by(97).chain([text.len() - 1]).filter(|end| !ends.contains(end)) {
        let (_, problem) = refusal(&invented, &text.as_bytes()[..end]);
        let is_cut = matches!(problem, Problem::Cut) || problem.to_string().contains("cut off");
        assert!(is_cut, "{end}: {problem}");
    }
}

#[test]
fn every_altered_byte_is_refused() {
    let invented = Invented::with_documents(4);
    let (_, text) = whole(&invented);
    for place in (0..text.len()).step_by(13) {
        for bit in [1, 2, 0x20] {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= bit;
            refusal(&invented, &bytes);
        }
    }
}

#[test]
fn lines_taken_away_doubled_swapped_and_added_are_refused() {
    let invented = Invented::with_documents(10);
    let (_, text) = whole(&invented);
    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    for n in 1..lines.len() - 1 {
        let mut less = lines.clone();
        less.remove(n);
        refusal(&invented, joined(&less).as_bytes());
        let mut more = lines.clone();
        more.insert(n, lines[n]);
        let (line, problem) = refusal(&invented, joined(&more).as_bytes());
        assert!(matches!(problem, Problem::Order(_)) && line == n as u64 + 2, "{line}: {problem}");
        let mut swapped = lines.clone();
        swapped.swap(n, n + 1);
        refusal(&invented, joined(&swapped).as_bytes());
    }
    let (line, problem) = refusal(&invented, format!("{text}{}\n", lines[1]).as_bytes());
    assert!(matches!(problem, Problem::GoesOn) && line == lines.len() as u64 + 1, "{line}: {problem}");
}

#[test]
fn a_forged_file_with_a_number_twice_or_out_of_order_is_refused() {
    let invented = Invented::with_documents(10);
    let (header, text) = whole(&invented);
    let rows = rows_of(&text);
    let mut twice = rows.clone();
    twice.insert(3, rows[2].clone());
    let (line, problem) = refusal(&invented, forged(&header, &twice).as_bytes());
    assert!(matches!(problem, Problem::Order(_)) && line == 5, "{line}: {problem}");
    let mut without = rows.clone();
    without.remove(0);
    let (line, problem) = refusal(&invented, forged(&header, &without).as_bytes());
    assert!(matches!(problem, Problem::Order(_)) && line == 2, "{line}: {problem}");
    // A document under the number of another.
    let mut moved = rows.clone();
    let Row::Document(issued, _) = &mut moved[3] else { panic!() };
    issued.sequence = Sequence(issued.sequence.0 - 1);
    moved.remove(2);
    let (line, problem) = refusal(&invented, forged(&header, &moved).as_bytes());
    assert!(matches!(problem, Problem::Place { number: 1 }) && line == 4, "{line}: {problem}");
}

#[test]
fn a_forged_number_that_was_never_reserved_is_refused() {
    let invented = Invented::with_documents(10);
    let (header, text) = whole(&invented);
    let mut rows = rows_of(&text);
    rows[0] = Row::Meta { next: Sequence(9) };
    let (line, problem) = refusal(&invented, forged(&header, &rows).as_bytes());
    assert!(
        matches!(problem, Problem::NotReserved { number: 9, next: 9 }) && line == 12,
        "{line}: {problem}"
    );
    rows.retain(|row| !matches!(row, Row::Document(..)));
    rows[0] = Row::Meta { next: Sequence(0) };
    let (_, problem) = refusal(&invented, forged(&header, &rows).as_bytes());
    assert!(
        matches!(problem, Problem::NotReserved { number: 0, next: 0 }),
        "a status without numbers: {problem}"
    );
}

#[test]
fn forged_members_of_a_document_are_refused() {
    let invented = Invented::with_documents(10);
    let (header, text) = whole(&invented);
    let other = rows_of(&text);
    type Change = fn(&mut sanad_issuer::store::Issued, &sanad_issuer::store::Issued);
    let changes: [(&str, Change); 3] = [
        ("cti", |issued, _| issued.cti = FixedBytes([7; 8])),
        ("index", |issued, other| issued.place = other.place),
        ("cti", |issued, other| issued.document = other.document.clone()),
    ];
    for (wanted, change) in changes {
        let mut rows = other.clone();
        let Row::Document(neighbour, _) = &other[4] else { panic!() };
        let Row::Document(issued, _) = &mut rows[3] else { panic!() };
        change(issued, neighbour);
        let (line, problem) = refusal(&invented, forged(&header, &rows).as_bytes());
        let is_named = matches!(problem, Problem::NotTheDocuments { member } if member == wanted);
        assert!(is_named && line == 5, "{line}: {problem}");
    }
    // A bit of its signature.
    let mut rows = other.clone();
    let Row::Document(issued, _) = &mut rows[3] else { panic!() };
    *issued.document.last_mut().unwrap() ^= 1;
    let (line, problem) = refusal(&invented, forged(&header, &rows).as_bytes());
    assert!(matches!(problem, Problem::Document(_)) && line == 5, "{line}: {problem}");
}

#[test]
fn a_document_or_a_store_of_another_issuer_is_refused() {
    let (invented, other) = (Invented::with_documents(10), Invented::new("KE-NHIF"));
    other.sign("other", 10);
    let ((header, text), (other_header, other_text)) = (whole(&invented), whole(&other));
    let (line, problem) = refusal(&invented, other_text.as_bytes());
    assert!(matches!(problem, Problem::OtherIssuer { .. }) && line == 1, "{line}: {problem}");
    // Under this issuer's name.
    let (_, problem) = refusal(&invented, forged(&header, &rows_of(&other_text)).as_bytes());
    assert!(matches!(problem, Problem::Document(_)), "{problem}");
    let mut rows = rows_of(&text);
    rows[6] = rows_of(&other_text)[6].clone();
    let (line, problem) = refusal(&invented, forged(&header, &rows).as_bytes());
    assert!(matches!(problem, Problem::Document(_)) && line == 8, "{line}: {problem}");
    let (_, problem) = refusal(&other, forged(&other_header, &rows_of(&text)).as_bytes());
    assert!(matches!(problem, Problem::Document(_)), "{problem}");
}

/// The signing keys are those of the store, the key of the indices is not: documents signed from now on could get
/// indices that were given before.
#[test]
fn a_store_under_another_key_of_indices_is_refused() {
    let (invented, other) = (Invented::with_documents(10), Invented::new("KE-SHA"));
    let (_, text) = whole(&invented);
    let path = invented.path("file");
    fs::write(&path, text).unwrap();
    let checks =
        sanad_issuer::transfer::Checks { record: &invented.config.record, permutation: &other.permutation };
    let fault = verify(&Source::file(&path).unwrap(), checks, &mut |_, _| ()).unwrap_err();
    assert!(
        matches!(fault, TransferFault::Line { line: 3, problem: Problem::Place { number: 0 }, .. }),
        "{fault}"
    );
}

#[test]
fn a_forged_log_is_refused() {
    let invented = Invented::with_documents(10);
    let (header, text) = whole(&invented);
    let rows = rows_of(&text);
    let first = rows.iter().position(|row| matches!(row, Row::Line { .. })).unwrap();
    let mut less = rows.clone();
    less.remove(first + 4);
    let (line, problem) = refusal(&invented, forged(&header, &less).as_bytes());
    assert!(matches!(problem, Problem::Log(_)) && line == first as u64 + 6, "{line}: {problem}");
    let mut altered = rows.clone();
    let Row::Line { text: line, .. } = &mut altered[first + 4] else { panic!() };
    *line = line.replace("issue", "renew");
    let (line, problem) = refusal(&invented, forged(&header, &altered).as_bytes());
    assert!(matches!(problem, Problem::Log(_)) && line == first as u64 + 7, "{line}: {problem}");
    // The end of the log, with the hash of the line before.
    let mut cut = rows.clone();
    cut.pop();
    let forged = forged(&header, &cut);
    let true_end = text.lines().last().unwrap();
    let hash = |line: &str| line.split("\"head\":\"").nth(1).unwrap()[..64].to_owned();
    let with_head = forged.replace(&hash(forged.lines().last().unwrap()), &hash(true_end));
    let (_, problem) = refusal(&invented, with_head.as_bytes());
    assert!(matches!(problem, Problem::Head { .. }), "{problem}");
}

#[test]
fn a_huge_line_deep_json_and_rubbish_are_refused_with_their_line() {
    let invented = Invented::with_documents(4);
    let (header, text) = whole(&invented);
    let first = header.line();
    let huge = "x".repeat(9_000);
    let endless = "y".repeat(10 << 20);
    let deep = "[".repeat(4_000);
    let crafted = [
        huge.as_str(),
        &endless,
        &deep,
        "",
        "null",
        "{}",
        r#"{"row":"meta"}"#,
        r#"{"row":"meta","next":-1}"#,
        r#"{"row":"meta","next":1.5}"#,
        r#"{"row":"meta","next":9999999999999999}"#,
        r#"{"row":"meta","next":1,"next":2}"#,
        r#"{"row":"meta","next":1,"more":2}"#,
        r#"{"row": "meta","next":1}"#,
        r#"{"row":"drop table","next":1}"#,
        r#"{"row":"paper","kind":"import","id":"import","version":1,"content":""}"#,
    ];
    for text in crafted {
        let (line, problem) = refusal(&invented, format!("{first}\n{text}\n").as_bytes());
        assert!(line == 2 && matches!(problem, Problem::Form(_) | Problem::Line(_)), "{line}: {problem}");
        assert!(problem.to_string().len() < 300, "{problem}");
    }
    for text in
        ["", "{}\n", "\u{feff}", "number,name\n", &text[1..], &text.replacen(":1,", ":2,", 1), &huge, &deep]
    {
        let (line, problem) = refusal(&invented, text.as_bytes());
        assert_eq!(line, 1, "{problem}");
    }
    let (line, _) = refusal(&invented, format!("{first}\n{}\n", "\u{1f600}".repeat(10)).as_bytes());
    assert_eq!(line, 2);
    let (_, problem) = refusal(&invented, text.replace('\n', "\r\n").as_bytes());
    assert!(matches!(problem, Problem::NoExport(_)), "{problem}");
}

#[test]
fn nobody_is_named_in_a_fault() {
    let invented = Invented::with_documents(4);
    let (_, text) = whole(&invented);
    for place in (0..text.len()).step_by(211) {
        let mut bytes = text.clone().into_bytes();
        bytes[place] ^= 1;
        let (_, problem) = refusal(&invented, &bytes);
        assert!(!format!("{problem} {problem:?}").contains("Test Person"), "{problem}");
    }
}

/// A key that was compromised later, and a record that was made narrower, take no document out of the store.
#[test]
fn documents_that_verifiers_refuse_today_are_moved_and_counted() {
    let mut invented = Invented::with_documents(6);
    let (_, text) = whole(&invented);
    let path = invented.path("file");
    fs::write(&path, text).unwrap();
    let toml = fs::read_to_string(invented.dir.join("issuer.toml")).unwrap();
    let kept = |config: &str, invented: &mut Invented| {
        fs::write(invented.dir.join("issuer.toml"), config).unwrap();
        invented.config = sanad_issuer::config::Config::load(&invented.dir).unwrap();
        verify(&Source::file(&path).unwrap(), invented.checks(), &mut |_, _| ()).unwrap().refused_today
    };
    assert_eq!(kept(&toml, &mut invented), 0);
    assert_eq!(kept(&toml.replacen("\"active\"", "\"compromised\"", 1), &mut invented), 6);
    assert_eq!(kept(&toml.replacen("\"coverage\", ", "", 1), &mut invented), 6);
    let first = toml.replacen("from = \"2027-01-01\"", "from = \"2027-01-16\"", 1);
    assert_eq!(kept(&first, &mut invented), 6);
}

#[test]
fn what_is_read_is_written_again_byte_for_byte() {
    let invented = Invented::with_documents(10);
    let (_, text) = whole(&invented);
    let mut reader = ExportReader::new(Box::new(text.as_bytes()), Path::new("export")).unwrap();
    let mut again = vec![reader.header().line()];
    while let Some(numbered) = reader.next_row().unwrap() {
        again.push(row_line(&numbered.row));
    }
    again.push(reader.trailer().unwrap().line());
    assert_eq!(again, text.lines().collect::<Vec<_>>());
}
