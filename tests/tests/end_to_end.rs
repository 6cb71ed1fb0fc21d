//! The programs as a person uses them: a register with mistakes, a power cut, a photographed card, rubbish.
//!
//! All people are invented. Nothing here uses a network.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use sanad_credential::QrText;
use sanad_qr::Encoder;
use sanad_tests::damage::{Damage, Severity, photograph};
use sanad_tests::programs::program;
use serde_json::Value;

const PASSPHRASE: &str = "correct horse battery staple";

fn command(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program(name));
    command.args(arguments).env("SANAD_PASSPHRASE", PASSPHRASE);
    command
}

fn run(name: &str, arguments: &[&str]) -> Output {
    command(name, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A register of invented people; every hundredth row is wrong, each in its own way.
fn register(rows: usize) -> String {
    let mut csv = "number,name,native_name,native_language,birth,product,rulebook,functions,start,end,copay_class,territory\n".to_owned();
    for row in 0..rows {
        let (mut birth, mut class, mut territory, mut end, mut name) =
            ("1991~", "1", "KE", "2027-01-14", "Test Person");
        match (row % 100 == 50).then_some(row / 100) {
            Some(0) => birth = "19911",
            Some(1) => class = "10",
            Some(2) => territory = "Kenya",
            Some(3) => end = "2026-01-14",
            Some(4) => name = "Test \u{202E}Person",
            Some(5) => birth = "1991-02-30",
            Some(6) => territory = "UG",
            Some(7) => end = "",
            Some(8) => class = "one",
            Some(_) => name = "",
            None => {}
        }
        csv.push_str(&format!(
            "M-{row:05},{name},شخص للاختبار,ar,{birth},SHIF,1,medical_care;maternity,2026-01-15,{end},{class},{territory}\n"
        ));
    }
    csv
}

fn new_issuer(dir: &Path) -> String {
    let issuer = path(&dir.join("issuer")).to_owned();
    let init = run(
        "sanad-issuer",
        &[
            "init",
            &issuer,
            "--issuer",
            "KE-SHA",
            "--country",
            "KE",
            "--name",
            "Invented",
            "--status-prefix",
            "https://s.example/",
        ],
    );
    assert!(init.status.success(), "{}", text(&init.stderr));
    issuer
}

fn ids(out: &Path) -> Vec<String> {
    let index = fs::read_to_string(out.join("index.csv")).unwrap();
    csv::Reader::from_reader(index.as_bytes()).records().map(|row| row.unwrap()[0].to_owned()).collect()
}

#[test]
fn a_killed_run_over_a_register_with_mistakes_goes_on_without_a_duplicate() {
    let dir = tempfile::tempdir().unwrap();
    let issuer = new_issuer(dir.path());
    let input = dir.path().join("people.csv");
    fs::write(&input, format!("\u{FEFF}{}", register(1_000))).unwrap();
    let out = dir.path().join("out");
    let issue = ["issue", &issuer, "--input", path(&input), "--out", path(&out)];

    let strict = run("sanad-issuer", &issue);
    assert_eq!(strict.status.code(), Some(3));
    let complaints = text(&strict.stderr);
    assert_eq!(
        complaints.lines().filter(|line| line.contains("people.csv, line ")).count(),
        10,
        "{complaints}"
    );
    assert!(complaints.contains("line 52, birth: "), "{complaints}");
    assert!(!out.join("index.csv").exists(), "a register with mistakes signs nothing");

    let going: Vec<&str> = issue.iter().copied().chain(["--keep-going"]).collect();
    for milliseconds in [700, 900, 1_200] {
        let mut child =
            command("sanad-issuer", &going).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        // SIGKILL; the run may also have ended, which is as good.
        let _ = child.kill();
        child.wait().unwrap();
    }
    let last = run("sanad-issuer", &going);
    assert_eq!(last.status.code(), Some(3), "bad records were left: {}", text(&last.stderr));

    let ids = ids(&out);
    assert_eq!(ids.len(), 990);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 990);
    let mut people = HashSet::new();
    let mut indices = HashSet::new();
    for id in &ids {
        let document = QrText::decode(&fs::read_to_string(out.join(format!("{id}.txt"))).unwrap()).unwrap();
        let sealed = sanad_credential::Sealed::parse(&document).unwrap();
        let claims = sealed.unverified_entitlement().unwrap().look().clone();
        assert!(
            people.insert(claims.right.subject().unwrap().number.to_string()),
            "two cards for one person"
        );
        let status = claims.status.clone().unwrap();
        assert!(indices.insert((status.uri.to_string(), status.index)), "one status index twice");
        for ending in ["png", "svg"] {
            assert!(fs::metadata(out.join(format!("{id}.{ending}"))).unwrap().len() > 0);
        }
    }
    let rejected = fs::read_to_string(out.join("people.rejected.csv")).unwrap();
    assert_eq!(rejected.lines().count(), 11, "the header and ten rows");

    // Corrected, the rest is signed, and nobody gets a second card.
    let corrected = dir.path().join("corrected.csv");
    let good: String = register(1_000)
        .lines()
        .enumerate()
        .filter(|(row, _)| *row == 0 || (row - 1) % 100 == 50)
        .map(|(row, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if row > 0 {
                (cells[1], cells[4], cells[9], cells[10], cells[11]) =
                    ("Test Person", "1991~", "2027-01-14", "1", "KE");
            }
            cells.join(",") + "\n"
        })
        .collect();
    fs::write(&corrected, good).unwrap();
    let again =
        run("sanad-issuer", &["issue", &issuer, "--input", path(&corrected), "--out", path(&out), "--json"]);
    assert!(again.status.success(), "{}", text(&again.stderr));
    let answer: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(answer["issued"], 10);
    assert_eq!(self::ids(&out).len(), 1_000);
}

#[test]
fn a_photographed_card_is_checked_and_a_wallet_keeps_it() {
    let dir = tempfile::tempdir().unwrap();
    let issuer = new_issuer(dir.path());
    let (input, out) = (dir.path().join("people.csv"), dir.path().join("out"));
    fs::write(&input, register(1)).unwrap();
    let issued = run("sanad-issuer", &["issue", &issuer, "--input", path(&input), "--out", path(&out)]);
    assert!(issued.status.success(), "{}", text(&issued.stderr));
    let record = dir.path().join("record.json");
    assert!(run("sanad-issuer", &["record", &issuer, "--out", path(&record)]).status.success());

    let id = ids(&out).remove(0);
    let qr = fs::read_to_string(out.join(format!("{id}.txt"))).unwrap();
    let symbol = sanad_qr::draw(&qr, Encoder::Bulk).unwrap().symbol;
    let picture = photograph(&symbol, Damage::Rotation, Severity::Moderate, 1);
    let file = dir.path().join("photograph.png");
    image::GrayImage::from_raw(picture.width(), picture.height(), picture.pixels().to_vec())
        .unwrap()
        .save(&file)
        .unwrap();

    let check = run("sanad-verify", &["check", path(&file), "--record", path(&record), "--json"]);
    assert_eq!(check.status.code(), Some(0), "{}", text(&check.stderr));
    let answer: Value = serde_json::from_slice(&check.stdout).unwrap();
    assert_eq!(answer["verified"], true);
    assert_eq!(answer["claims"]["subject"]["number"], "M-00000");
    assert_eq!(answer["claims"]["cti"], id.as_str());

    let inspect = run("sanad-verify", &["inspect", &qr]);
    assert!(text(&inspect.stdout).lines().all(|line| line.starts_with("NOT VERIFIED")));

    let wallet = dir.path().join("wallet");
    let wallet = ["--wallet", path(&wallet)];
    let with = |arguments: &[&str]| run("sanad-wallet", &[&wallet[..], arguments].concat());
    assert!(with(&["init", "--memory", "19"]).status.success());
    assert!(with(&["add", path(&file), "--record", path(&record)]).status.success());
    let twice = with(&["add", &qr]);
    assert_eq!(twice.status.code(), Some(3), "it is held already");
    let listed: Value = serde_json::from_slice(&with(&["list", "--json"]).stdout).unwrap();
    assert_eq!(listed["standing"], "verified");
    let held = listed["id"].as_str().unwrap();
    let png = dir.path().join("shown.png");
    assert!(with(&["show", held, "--png", path(&png)]).status.success());
    let again = run("sanad-verify", &["check", path(&png), "--record", path(&record)]);
    assert!(again.status.success() && text(&again.stdout).starts_with("VERIFIED"));
}

#[test]
fn rubbish_in_front_of_the_scanner_is_named_and_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let file = dir.path().join(name);
        fs::write(&file, content).unwrap();
        path(&file).to_owned()
    };
    let code = |text: &str, name: &str| {
        let symbol = sanad_qr::draw(text, Encoder::Bulk).unwrap().symbol;
        file(name, &sanad_qr::png(&symbol, sanad_qr::ModulePixels::new(4).unwrap()).unwrap())
    };
    let huge = file("huge.png", &vec![0x89; 50_000_000]);
    let cases = [
        (code("HC1:6BF+70790T9WJWG.FKY*4GO0.O1CV2", "vaccination.png"), "vaccination"),
        (code("HTTPS://EXAMPLE.ORG/", "url.png"), "web address"),
        ("https://example.org/".to_owned(), "web address"),
        (file("empty.png", b""), "empty"),
        (huge, "larger than"),
        (file("text.txt", b"hello"), "SND1:"),
        (file("noise.bin", &[0xD2, 0x84, 0x43, 0xFF]), "no Sanad document"),
        ("SND1:GGW".to_owned(), "65536"),
        ("nothing-here.png".to_owned(), "neither a file nor"),
    ];
    for (argument, expected) in cases {
        let inspect = run("sanad-verify", &["inspect", &argument]);
        assert_eq!(inspect.status.code(), Some(3), "{argument}");
        assert!(inspect.stdout.is_empty());
        assert!(text(&inspect.stderr).contains(expected), "{argument}: {}", text(&inspect.stderr));
    }
}

#[test]
fn a_wrong_passphrase_signs_nothing_and_destroys_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let issuer = new_issuer(dir.path());
    let (input, out) = (dir.path().join("people.csv"), dir.path().join("out"));
    fs::write(&input, register(1)).unwrap();
    let issue = ["issue", &issuer, "--input", path(&input), "--out", path(&out)];
    let wrong = command("sanad-issuer", &issue).env("SANAD_PASSPHRASE", "another one").output().unwrap();
    assert_eq!(wrong.status.code(), Some(3));
    assert!(!text(&wrong.stderr).contains("another one"));
    assert!(!out.exists());
    assert!(run("sanad-issuer", &issue).status.success());
    let again =
        run("sanad-issuer", &["init", &issuer, "--issuer", "KE-SHA", "--country", "KE", "--name", "Again"]);
    assert_eq!(again.status.code(), Some(2), "an issuer is made once");
}
