//! `cargo xtask demo`: from registers of invented people to cards that were damaged, photographed, read and checked.
//!
//! Everything that a person would do is done by the programs themselves: `sanad-issuer` makes issuers and signs,
//! `sanad-verify` reads the pictures and checks them. This program only damages pictures, plays the forger, and
//! prints what happened. No network is used.

mod counter;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

use sanad_credential::QrText;
use sanad_qr::{Encoder, Luma, ModulePixels, Symbol};
use sanad_tests::damage::{Damage, Severity, photograph};
use sanad_tests::programs::program;
use serde_json::Value;

/// The issuers with their countries, names and registers.
const ISSUERS: [(&str, &str, &str, &str); 7] = [
    ("KE-SHA", "KE", "Social Health Authority (invented)", include_str!("../../../people/KE-SHA.ndjson")),
    (
        "LB-AGRIMUT",
        "LB",
        "Farm workers' mutual (invented)",
        include_str!("../../../people/LB-AGRIMUT.ndjson"),
    ),
    (
        "BD-WEWB",
        "BD",
        "Wage earners' welfare board (invented)",
        include_str!("../../../people/BD-WEWB.ndjson"),
    ),
    (
        "ET-CBHI-AM-0412",
        "ET",
        "Woreda health insurance (invented)",
        include_str!("../../../people/ET-CBHI-AM-0412.ndjson"),
    ),
    ("SN-MUT", "SN", "Mutual of Gandiol (invented)", include_str!("../../../people/SN-MUT.ndjson")),
    ("SN-CSS", "SN", "Social security fund (invented)", include_str!("../../../people/SN-CSS.ndjson")),
    (
        "IN-PMJAY-BR",
        "IN",
        "Bihar health assurance (invented)",
        include_str!("../../../people/IN-PMJAY-BR.ndjson"),
    ),
];

/// A passphrase for keys that exist for a minute and sign for nobody.
const PASSPHRASE: &str = "a passphrase for the demo only";

/// What happens to the cards before they are read, one after the other.
const FATES: [(&str, Option<(Damage, Severity)>); 8] = [
    ("as printed", None),
    ("folded", Some((Damage::Fold, Severity::Heavy))),
    ("stained", Some((Damage::Stain, Severity::Moderate))),
    ("out of focus", Some((Damage::Blur, Severity::Moderate))),
    ("held askew", Some((Damage::Perspective, Severity::Moderate))),
    ("in uneven light", Some((Damage::UnevenLight, Severity::Heavy))),
    ("a poor camera", Some((Damage::Jpeg, Severity::Heavy))),
    ("a corner torn", Some((Damage::TornCorner, Severity::Slight))),
];

struct Row {
    card: String,
    holder: String,
    picture: PathBuf,
    fate: String,
    found: String,
    expected: Expected,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Verified,
    Refused,
}

fn main() {
    let dir = std::env::current_dir().expect("a working directory").join("target").join("demo");
    // Of an earlier demo; keys and store in it are of no use to anybody.
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("pictures")).expect("the demo's directory");
    write_private(&dir.join("passphrase"), PASSPHRASE).expect("the demo's passphrase");

    println!("Seven issuers make their keys and sign the cards of invented people ...");
    thread::scope(|scope| {
        for (id, country, name, register) in ISSUERS {
            let dir = &dir;
            scope.spawn(move || issue(dir, id, country, name, register));
        }
    });

    let mut rows = Vec::new();
    let mut fates = FATES.iter().cycle();
    for (id, ..) in ISSUERS {
        for (cti, holder) in index(&dir.join(id).join("cards")) {
            let (words, fate) = fates.next().expect("a cycle has no end");
            let card = dir.join(id).join("cards").join(format!("{cti}.png"));
            let picture = match fate {
                None => card,
                Some((damage, severity)) => damaged(&dir, &cti, *damage, *severity),
            };
            rows.push(check(&dir, id, id, &holder, &picture, words, Expected::Verified));
        }
    }
    rows.push(altered(&dir));
    rows.push(forged(&dir));
    print_table(&dir, &rows);
    write_card(&dir);
    let misjudged = |row: &&Row| (row.found == "VERIFIED") != (row.expected == Expected::Verified);
    let wrong = rows.iter().filter(misjudged).count() + counter::scene(&dir);
    if wrong > 0 {
        println!("\n{wrong} cards were not judged as they should have been.");
        std::process::exit(1);
    }
}

/// A passphrase file that others can read would be refused.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}

fn issue(dir: &Path, id: &str, country: &str, name: &str, register: &str) {
    let home = dir.join(id);
    let input = dir.join(format!("{id}.ndjson"));
    fs::write(&input, register).expect("the register");
    let (issuer, out) = (home.join("issuer"), home.join("cards"));
    let prefix = format!("https://{}.example/", country.to_ascii_lowercase());
    run(
        dir,
        "sanad-issuer",
        &[
            "init",
            path(&issuer),
            "--issuer",
            id,
            "--country",
            country,
            "--name",
            name,
            "--status-prefix",
            &prefix,
        ],
    );
    run(dir, "sanad-issuer", &["issue", path(&issuer), "--input", path(&input), "--out", path(&out)]);
    run(dir, "sanad-issuer", &["record", path(&issuer), "--out", path(&home.join("record.json"))]);
}

/// Ids and holders of the cards that a run handed out.
fn index(cards: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(cards.join("index.csv")).expect("the index");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader
        .records()
        .map(|row| row.expect("a row"))
        .map(|row| (row[0].to_owned(), row[2].to_owned()))
        .collect()
}

fn symbol_of(dir: &Path, cti: &str) -> Symbol {
    let text = ISSUERS
        .iter()
        .find_map(|(id, ..)| fs::read_to_string(dir.join(id).join("cards").join(format!("{cti}.txt"))).ok());
    sanad_qr::draw(&text.expect("the card's text"), Encoder::Bulk).expect("a symbol").symbol
}

fn damaged(dir: &Path, cti: &str, damage: Damage, severity: Severity) -> PathBuf {
    let photograph = photograph(&symbol_of(dir, cti), damage, severity, 7);
    let file = dir.join("pictures").join(format!("{cti}.png"));
    write_picture(&file, &photograph);
    file
}

fn write_picture(file: &Path, picture: &Luma) {
    let (width, height) = (picture.width(), picture.height());
    let pixels = picture.pixels().to_vec();
    image::GrayImage::from_raw(width, height, pixels).expect("as many pixels").save(file).expect("a picture");
}

fn check(
    dir: &Path,
    id: &str,
    record: &str,
    holder: &str,
    picture: &Path,
    fate: &str,
    expected: Expected,
) -> Row {
    let record = dir.join(record).join("record.json");
    let arguments = ["check", "--json", path(picture), "--record", path(&record)];
    let output = Command::new(program("sanad-verify")).args(arguments).output().expect("sanad-verify runs");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let found = match (&answer["verified"], &answer["fault"]) {
        (Value::Bool(true), _) => "VERIFIED".to_owned(),
        (_, Value::String(fault)) => {
            // The picture is named below the table.
            let fault = fault.split_once(".png: ").map_or(fault.as_str(), |(_, fault)| fault);
            format!("refused: {}", fault.split(". ").next().unwrap_or(fault))
        }
        _ => "no answer".to_owned(),
    };
    let card = match answer["claims"]["type"].as_str() {
        Some(kind) => format!("{id} {kind}"),
        None => id.to_owned(),
    };
    let (holder, fate) = (holder.to_owned(), fate.to_owned());
    Row { card, holder, picture: picture.to_owned(), fate, found, expected }
}

/// Somebody changes one letter of the name and prints the card again.
fn altered(dir: &Path) -> Row {
    let (cti, holder) = index(&dir.join("KE-SHA").join("cards")).remove(0);
    let text =
        fs::read_to_string(dir.join("KE-SHA/cards").join(format!("{cti}.txt"))).expect("the card's text");
    let mut document = QrText::decode(&text).expect("a document");
    let name = document.windows(6).position(|window| window == b"Nekesa").expect("the name");
    document[name] = b'D';
    let text = QrText::from_document(&document).expect("a text");
    let picture = print_again(dir, "altered", text.as_str());
    check(
        dir,
        "KE-SHA",
        "KE-SHA",
        &holder.replace("Nekesa", "Dekesa"),
        &picture,
        "altered",
        Expected::Refused,
    )
}

/// Somebody makes keys of their own, calls themselves KE-SHA, and prints cards.
fn forged(dir: &Path) -> Row {
    let forger = dir.join("forger");
    fs::create_dir_all(&forger).expect("the forger's directory");
    let (id, country, name, register) = ISSUERS[0];
    issue(&forger_dir(dir), id, country, name, register);
    let cards = forger_dir(dir).join(id).join("cards");
    let (cti, holder) = index(&cards).remove(0);
    let picture = cards.join(format!("{cti}.png"));
    check(dir, "KE-SHA", "KE-SHA", &holder, &picture, "forged", Expected::Refused)
}

fn forger_dir(dir: &Path) -> PathBuf {
    let forger = dir.join("forger");
    fs::copy(dir.join("passphrase"), forger.join("passphrase")).expect("the forger's passphrase");
    forger
}

fn print_again(dir: &Path, name: &str, text: &str) -> PathBuf {
    let symbol = sanad_qr::draw(text, Encoder::Bulk).expect("a symbol").symbol;
    let file = dir.join("pictures").join(format!("{name}.png"));
    let module = ModulePixels::new(8).expect("a size");
    fs::write(&file, sanad_qr::png(&symbol, module).expect("a picture")).expect("the picture");
    file
}

fn print_table(dir: &Path, rows: &[Row]) {
    let width =
        |column: fn(&Row) -> &str| rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0);
    let (card, holder, fate) = (width(|row| &row.card), width(|row| &row.holder), width(|row| &row.fate));
    println!("\n{:<card$}  {:<holder$}  {:<fate$}  what the clinic sees", "card", "holder", "the card is");
    for row in rows {
        println!("{:<card$}  {:<holder$}  {:<fate$}  {}", row.card, row.holder, row.fate, row.found);
    }
    println!("\nPictures, in the same order:");
    for row in rows {
        println!(
            "  {}",
            row.picture
                .strip_prefix(dir.parent().and_then(Path::parent).unwrap_or(dir))
                .unwrap_or(&row.picture)
                .display()
        );
    }
    println!(
        "\nVERIFIED says who signed and that nothing was changed. What a card covers needs a pack: see below."
    );
}

/// A card as it may be printed: the QR code, and in two scripts who it is for.
fn write_card(dir: &Path) {
    let (cti, holder) = index(&dir.join("LB-AGRIMUT").join("cards")).remove(0);
    let symbol = symbol_of(dir, &cti);
    let side = f64::from(symbol.side_with_quiet_zone());
    let scale = 46.0 / side;
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"856\" height=\"540\" viewBox=\"0 0 85.6 54\">\
         <rect x=\".2\" y=\".2\" width=\"85.2\" height=\"53.6\" rx=\"3\" fill=\"#fff\" stroke=\"#555\" stroke-width=\".3\"/>\
         <g transform=\"translate(2 4) scale({scale:.5})\" shape-rendering=\"crispEdges\"><path d=\"{}\"/></g>\
         <g font-family=\"sans-serif\" fill=\"#111\">\
         <text x=\"50\" y=\"10\" font-size=\"3\">LB-AGRIMUT (invented)</text>\
         <text x=\"50\" y=\"19\" font-size=\"2.9\" font-weight=\"bold\">{holder}</text>\
         <text x=\"82\" y=\"26\" font-size=\"4.4\" font-weight=\"bold\" text-anchor=\"start\" direction=\"rtl\">أمينة خالد الحمود</text>\
         <text x=\"50\" y=\"34\" font-size=\"2.8\">LBA-20417 · 1988</text>\
         <text x=\"50\" y=\"39\" font-size=\"2.8\">AGRI 2026-05-01 – 2027-04-30</text>\
         <text x=\"50\" y=\"49\" font-size=\"2\" fill=\"#555\">No fee to check or replace this card</text>\
         </g></svg>",
        sanad_qr::svg_path(&symbol)
    );
    let file = dir.join("card.svg");
    fs::write(&file, svg).expect("the card");
    println!("A card to look at: target/demo/card.svg");
}

fn run(dir: &Path, name: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program(name))
        .args(arguments)
        .arg("--passphrase-file")
        .arg(dir.join("passphrase"))
        .output()
        .unwrap_or_else(|error| panic!("{name} does not run: {error}"));
    assert!(
        output.status.success(),
        "{name} {arguments:?} ended with {}:\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn path(path: &Path) -> &str {
    path.to_str().expect("the demo's paths are text")
}
