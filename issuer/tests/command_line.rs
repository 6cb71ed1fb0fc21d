//! The program as people use it who make mistakes: what it says, what it ends with, and what it leaves alone.
//!
//! All people are invented.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests, outside of the test functions that clippy.toml exempts"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const HEADER: &str = "number,name,birth,product,rulebook,functions,start,end,copay_class,territory";
const NOW: &str = "2026-01-15T08:00:00Z";

/// A directory with an issuer, whose key counts from 15 January 2026.
struct Office(tempfile::TempDir);

impl Office {
    fn new() -> Self {
        let office = Self(tempfile::tempdir().unwrap());
        let init =
            office.run(&["init", "issuer", "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented"]);
        assert!(init.status.success(), "{}", text(&init.stderr));
        office
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.at(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-issuer"));
        command.current_dir(self.0.path()).env("SANAD_PASSPHRASE", "correct horse battery staple");
        command.args(arguments);
        if !arguments.contains(&"--now") && matches!(arguments.first(), Some(&"init" | &"issue")) {
            command.args(["--now", NOW]);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Issues a register into `out`.
    fn issue(&self, input: &str, more: &[&str]) -> Output {
        self.run(&[&["issue", "issuer", "--input", input, "--out", "out"], more].concat())
    }

    /// The names in a directory.
    fn names(&self, dir: &str) -> Vec<String> {
        let entries = fs::read_dir(self.at(dir)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Each line of what a program prints with `--json`.
fn json(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A row that can be signed.
fn person(number: u32) -> String {
    format!("M-{number},Test Person,1991~,SHIF,1,medical_care,2026-01-15,2027-01-14,1,KE")
}

/// A row whose year of birth is wrong.
fn wrong_person(number: u32) -> String {
    person(number).replace("1991~", "19911")
}

fn csv(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

fn lines_complained_of(output: &Output, file: &str) -> Vec<u64> {
    let complaints = text(&output.stderr);
    let numbers = complaints.lines().filter_map(|line| line.strip_prefix(&format!("{file}, line ")));
    numbers.map(|rest| rest.split([',', ':']).next().unwrap().parse().unwrap()).collect()
}

#[test]
fn a_record_never_takes_the_place_of_what_the_issuer_cannot_lose() {
    let office = Office::new();
    let before = (fs::read(office.at("issuer/keys.age")).unwrap(), office.read("issuer/issuer.toml"));
    std::os::unix::fs::symlink(office.at("issuer/keys.age"), office.at("innocent.json")).unwrap();
    for out in [
        "issuer/keys.age",
        "issuer/../issuer/issuer.toml",
        "issuer/store",
        "issuer/store/db",
        "issuer/store/new",
        "innocent.json",
        "issuer",
    ] {
        let record = office.run(&["record", "issuer", "--out", out]);
        assert_eq!(record.status.code(), Some(2), "{out}: {}", text(&record.stderr));
    }
    assert_eq!(fs::read(office.at("issuer/keys.age")).unwrap(), before.0);
    assert_eq!(office.read("issuer/issuer.toml"), before.1);
    assert_eq!(office.names("."), ["innocent.json", "issuer"], "nothing is left beside");
}

#[test]
fn a_record_leaves_other_files_alone_and_writes_to_devices() {
    let office = Office::new();
    office.write("record.new", "somebody's");
    for _ in 0..2 {
        assert!(office.run(&["record", "issuer", "--out", "record.json"]).status.success());
    }
    assert_eq!(office.read("record.new"), "somebody's");
    assert_eq!(office.names("."), ["issuer", "record.json", "record.new"]);
    let printed = office.run(&["record", "issuer", "--out", "/dev/stdout"]);
    assert_eq!(text(&printed.stdout), office.read("record.json"));
    assert!(fs::symlink_metadata("/dev/stdout").unwrap().is_symlink());
    let log = fs::File::options().create(true).append(true).open(office.at("log")).unwrap();
    office.write("log", "before\n");
    office.command(&["record", "issuer", "--out", "/dev/stdout"]).stdout(log).status().unwrap();
    assert!(office.read("log").starts_with("before\n{"), "a shell's >> keeps what is there");
    let missing = office.run(&["record", "issuer", "--out", "nowhere/record.json"]);
    assert_eq!(missing.status.code(), Some(3));
}

#[test]
fn a_record_that_nobody_could_read_is_not_written() {
    let office = Office::new();
    let config =
        office.read("issuer/issuer.toml").replace("\"Invented\"", &format!("\"{}\"", "n".repeat(401)));
    office.write("issuer/issuer.toml", config);
    let record = office.run(&["record", "issuer", "--out", "record.json"]);
    assert_eq!(record.status.code(), Some(3), "{}", text(&record.stderr));
    assert!(text(&record.stderr).contains("issuer.toml"), "{}", text(&record.stderr));
    assert!(!office.at("record.json").exists());
}

#[test]
fn a_name_that_no_record_may_have_is_refused_before_there_are_keys() {
    let office = Office(tempfile::tempdir().unwrap());
    for name in ["", "  ", &"n".repeat(401), "a\u{7}b", "a\nb", "abc\u{202E}cba"] {
        let init = office.run(&["init", "issuer", "--issuer", "KE-SHA", "--country", "KE", "--name", name]);
        assert_eq!(init.status.code(), Some(2), "{name:?}");
    }
    assert!(!office.at("issuer").exists());
}

#[test]
fn an_unfinished_init_names_what_it_left_and_nothing_else() {
    let office = Office::new();
    office.write("issuer/somebody.txt", "not ours");
    fs::remove_file(office.at("issuer/issuer.toml")).unwrap();
    let init = office.run(&["init", "issuer", "--issuer", "KE-SHA", "--country", "KE", "--name", "Again"]);
    assert_eq!(init.status.code(), Some(2));
    let message = text(&init.stderr);
    assert!(
        message.contains("remove issuer/keys.age and issuer/store and issuer/admin.token, nothing else"),
        "{message}"
    );
    assert!(message.contains("from a backup"), "{message}");
}

#[test]
fn rejected_people_of_another_run_are_kept() {
    let office = Office::new();
    office.write("people.csv", csv(&[person(1), wrong_person(2)]));
    office.write("others.csv", csv(&[person(3), wrong_person(4)]));
    fs::create_dir(office.at("out")).unwrap();
    office.write("out/rejected.csv", "somebody's");
    for input in ["people.csv", "people.csv", "others.csv"] {
        assert_eq!(office.issue(input, &["--keep-going"]).status.code(), Some(3));
    }
    // The same name, and other people.
    office.write("people.csv", csv(&[wrong_person(5)]));
    let last = office.issue("people.csv", &["--keep-going", "--json"]);
    assert_eq!(json(&last).last().unwrap()["rejected_file"], "out/people.rejected-2.csv");
    // All is well now, and nothing is cleared away.
    office.write("people.csv", csv(&[person(6)]));
    assert!(office.issue("people.csv", &[]).status.success());
    assert_eq!(office.read("out/rejected.csv"), "somebody's");
    assert_eq!(office.read("out/people.rejected.csv"), csv(&[wrong_person(2)]));
    assert_eq!(office.read("out/others.rejected.csv"), csv(&[wrong_person(4)]));
    assert_eq!(office.read("out/people.rejected-2.csv"), csv(&[wrong_person(5)]));
    // Corrected in place, it is fed again from where it lies.
    office.write("out/people.rejected.csv", csv(&[person(2), wrong_person(7)]));
    let again = office.issue("out/people.rejected.csv", &["--keep-going"]);
    assert!(text(&again.stdout).contains("out/people.rejected.rejected.csv"), "{}", text(&again.stdout));
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let office = Office::new();
    let rows =
        [HEADER.to_owned(), String::new(), person(1), wrong_person(2), " ".to_owned(), wrong_person(3)];
    for (number, end) in ["\n", "\r\n", "\r"].into_iter().enumerate() {
        let file = format!("people{number}.csv");
        office.write(&file, rows.join(end) + end);
        let issue = office.issue(&file, &["--keep-going"]);
        assert_eq!(lines_complained_of(&issue, &file), [4, 6], "{end:?}: {}", text(&issue.stderr));
        let errors = office.read(&format!("out/people{number}.rejected.errors.csv"));
        let here: Vec<&str> = errors.lines().skip(1).map(|line| line.get(..4).unwrap()).collect();
        assert_eq!(here, ["2,4,", "3,6,"]);
    }
}

#[test]
fn an_unclosed_quote_takes_nobody_with_it() {
    let office = Office::new();
    let mut rows: Vec<String> = (0..300).map(person).collect();
    rows[9] = person(9).replace("Test Person", "\"Test Person");
    rows[250] = person(250).replace("Test Person", "\"Person, Test\"");
    rows[280] = person(280).replace("Test Person", "\"Test Person");
    office.write("people.csv", csv(&rows));
    let issue = office.issue("people.csv", &["--keep-going", "--json"]);
    assert_eq!(lines_complained_of(&issue, "people.csv"), [11, 282], "{}", text(&issue.stderr));
    let answers = json(&issue);
    assert!(answers[0]["problem"].as_str().unwrap().contains("take in the next 241 lines"), "{answers:?}");
    assert!(answers[1]["problem"].as_str().unwrap().contains("19 lines up to the end"), "{answers:?}");
    assert_eq!((&answers[2]["issued"], &answers[2]["rejected"]), (&298.into(), &2.into()));
    let rejected = office.read("out/people.rejected.csv");
    assert_eq!(rejected, csv(&[rows[9].clone(), rows[280].clone()]), "as they stood");
}

#[test]
fn a_cell_of_two_lines_is_one_row_and_a_quote_within_a_word_is_a_letter() {
    let office = Office::new();
    let rows = [
        person(1).replace("Test Person", "\"Test Person\n\""),
        person(2).replace("Test Person", "Test 5\" Person"),
        person(3).replace("Test Person", "\"Test\nPerson\""),
        wrong_person(4),
    ];
    office.write("people.csv", csv(&rows));
    let issue = office.issue("people.csv", &["--keep-going"]);
    let complaints = text(&issue.stderr);
    assert_eq!(lines_complained_of(&issue, "people.csv"), [5, 6, 7], "{complaints}");
    assert!(complaints.contains("take the line break out of the cell"), "{complaints}");
    let rejected = office.read("out/people.rejected.csv");
    assert_eq!(rejected, csv(&rows[2..]), "both halves stand there as they stood");
}

#[test]
fn an_expired_document_is_not_handed_out_as_if_all_were_well() {
    let office = Office::new();
    let member = "{\"type\":\"membership\",\"scheme\":\"S\",\"since\":\"2026-01-01\",\
                  \"subject\":{\"number\":\"M-1\",\"name\":\"Test Person\"}}";
    office.write("people.ndjson", member);
    let first = office.issue("people.ndjson", &[]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert!(office.issue("people.ndjson", &["--now", "2026-12-01"]).status.success());
    let expired = office.issue("people.ndjson", &["--json", "--now", "2030-01-01"]);
    assert_eq!(expired.status.code(), Some(3));
    let answers = json(&expired);
    assert_eq!((&answers[0]["line"], &answers[0]["field"]), (&1.into(), &"exp".into()));
    assert_eq!((&answers[1]["expired"], &answers[1]["earlier"]), (&1.into(), &0.into()));
    assert!(text(&expired.stderr).contains("expired on 2029-01-14"), "{}", text(&expired.stderr));
    // Also where it was never handed out.
    fs::remove_dir_all(office.at("out")).unwrap();
    assert_eq!(office.issue("people.ndjson", &["--now", "2030-01-01"]).status.code(), Some(3));
    assert_eq!(office.names("out"), ["index.csv"]);
    office.write("people.ndjson", member.replacen('{', "{\"exp\":\"2031-01-01\",", 1));
    assert!(office.issue("people.ndjson", &["--now", "2030-01-01"]).status.success());
}

#[test]
fn a_missing_or_empty_file_is_written_again_and_not_listed_twice() {
    let office = Office::new();
    office.write("people.csv", csv(&[person(1), person(2)]));
    assert!(office.issue("people.csv", &[]).status.success());
    let index = office.read("out/index.csv");
    let ids: Vec<&str> = index.lines().skip(1).map(|line| line.get(..16).unwrap()).collect();
    let (png, svg) = (office.at(&format!("out/{}.png", ids[0])), office.at(&format!("out/{}.svg", ids[1])));
    let picture = fs::read(&png).unwrap();
    fs::remove_file(&png).unwrap();
    fs::write(&svg, "").unwrap();
    let again = office.issue("people.csv", &["--json"]);
    let answer = &json(&again)[0];
    assert_eq!(
        (&answer["finished"], &answer["issued"], &answer["earlier"]),
        (&2.into(), &0.into(), &0.into())
    );
    assert_eq!(fs::read(&png).unwrap(), picture);
    assert!(fs::metadata(&svg).unwrap().len() > 0);
    assert_eq!(office.read("out/index.csv"), index);
    assert_eq!(json(&office.issue("people.csv", &["--json"]))[0]["earlier"], 2);
}

#[test]
fn with_json_every_answer_is_json() {
    let office = Office::new();
    office.write("people.csv", csv(&(0..1_001).map(wrong_person).collect::<Vec<_>>()));
    let strict = office.issue("people.csv", &["--json"]);
    let answers = json(&strict);
    assert_eq!(answers.len(), 1_002);
    assert_eq!((&answers[1_000]["more"], &answers[1_001]["code"]), (&1.into(), &3.into()));
    assert!(answers[1_001]["error"].as_str().unwrap().contains("1001 of 1001"));
    for (arguments, code) in [
        (&["--json"][..], 2),
        (&["issue", "--json"], 2),
        (&["no-such-command", "--json"], 2),
        (&["record", "nowhere", "--json"], 3),
        (&["init", "issuer", "--issuer", "KE-SHA", "--country", "KE", "--name", "Again", "--json"], 2),
    ] {
        let output = office.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let answers = json(&output);
        assert_eq!(answers.last().unwrap()["code"], code, "{arguments:?}");
        assert!(!output.stderr.is_empty(), "people are told too");
    }
    let columns = json(&office.run(&["columns", "--json"]));
    let functions = columns.iter().find(|column| column["column"] == "functions").unwrap();
    assert_eq!(functions["words"][0], "medical_care");
    assert_eq!(json(&office.run(&["record", "issuer", "--json"]))[0]["iss"], "KE-SHA");
    let written = office.run(&["record", "issuer", "--json", "--out", "record.json"]);
    assert_eq!(json(&written)[0]["out"], "record.json");
}

#[test]
fn a_clock_before_the_key_creates_nothing() {
    let office = Office::new();
    office.write("people.csv", csv(&[person(1)]));
    let early = office.issue("people.csv", &["--now", "2026-01-14"]);
    assert_eq!(early.status.code(), Some(3));
    let message = text(&early.stderr);
    assert!(message.contains("2026-01-14") && message.contains("2026-01-15"), "{message}");
    assert!(message.contains("--now") && !office.at("out").exists(), "{message}");
}

#[test]
fn an_output_directory_that_is_none_is_wrong_usage_or_input() {
    let office = Office::new();
    office.write("people.csv", csv(&[person(1)]));
    office.write("out", "a file");
    assert_eq!(office.issue("people.csv", &[]).status.code(), Some(2));
    assert_eq!(office.read("out"), "a file");
    for index in [&b"somebody's,list\n1,2\n"[..], &[0xFF, 0xFE, 0x00]] {
        let _ = fs::remove_file(office.at("out"));
        fs::create_dir_all(office.at("out")).unwrap();
        office.write("out/index.csv", index);
        let issue = office.issue("people.csv", &[]);
        assert_eq!(issue.status.code(), Some(3), "{}", text(&issue.stderr));
        assert_eq!(fs::read(office.at("out/index.csv")).unwrap(), index);
    }
}

#[test]
fn what_is_handed_out_is_for_its_owner_only() {
    let office = Office::new();
    office.write("people.csv", csv(&[person(1), wrong_person(2)]));
    office.issue("people.csv", &["--keep-going"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&office.at("out")), 0o700);
    let names = office.names("out");
    assert_eq!(names.len(), 6, "{names:?}");
    for name in names {
        assert_eq!(mode(&office.at("out").join(&name)), 0o600, "{name}");
    }
}

#[test]
fn secrets_that_others_can_read_are_refused_or_warned_of() {
    let office = Office::new();
    office.write("people.csv", csv(&[person(1)]));
    office.write("passphrase", "correct horse battery staple\n");
    let set_mode = |name: &str, mode| {
        fs::set_permissions(office.at(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode("passphrase", 0o644);
    let refused = office.issue("people.csv", &["--passphrase-file", "passphrase"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(text(&refused.stderr).contains("chmod 600 passphrase"), "{}", text(&refused.stderr));
    set_mode("passphrase", 0o600);
    set_mode("issuer/keys.age", 0o640);
    let warned = office.issue("people.csv", &["--passphrase-file", "passphrase"]);
    assert!(warned.status.success());
    assert!(text(&warned.stderr).contains("chmod 600 issuer/keys.age"), "{}", text(&warned.stderr));
}

#[test]
fn a_register_in_another_form_is_told_what_to_do() {
    let office = Office::new();
    let row = person(1);
    let other = |separator: &str| csv(std::slice::from_ref(&row)).replace(',', separator);
    let cases = [
        (other(";"), "separated by \";\", a register by \",\": save it as CSV with commas"),
        (other("\t"), "separated by tabs"),
        (csv(&[format!("{row},")]).replacen("territory\n", "territory,\n", 1), "column 11: has no name"),
        (
            csv(std::slice::from_ref(&row)).replacen("copay_class", "Co-pay Class", 1),
            "is \"copay_class\" meant?",
        ),
        (csv(std::slice::from_ref(&row)).replacen("birth", "colour", 1), "`sanad-issuer columns`"),
        (csv(std::slice::from_ref(&row)).replacen("birth", "name", 1), "stands twice"),
        (
            csv(&[row.replace("medical_care", "cure")]),
            "line 2, functions: must be one of medical_care, sickness",
        ),
        (String::new(), "is missing"),
        (csv(&[row.replace(",KE", ",UG")]), "line 2, territory: the issuer may not sign for UG"),
    ];
    for (content, expected) in cases {
        office.write("people.csv", content);
        let issue = office.issue("people.csv", &[]);
        assert_eq!(issue.status.code(), Some(3), "{expected}");
        assert!(text(&issue.stderr).contains(expected), "{expected}: {}", text(&issue.stderr));
    }
    office.write(
        "people.csv",
        csv(&[format!("{row},2026-01-01")]).replacen("territory\n", "territory,exp\n", 1),
    );
    let past = office.issue("people.csv", &["--json"]);
    assert_eq!(json(&past)[0]["field"], "exp");
    let columns = text(&office.run(&["columns"]).stdout);
    assert!(columns.lines().any(|line| line.starts_with("groups ") && line.contains("[EMER, OPD, ")));
}

#[test]
fn a_number_that_json_cannot_hold_is_named_by_its_place() {
    let office = Office::new();
    for number in ["12345678901234567890", "123456789012345678901234567890", "1.5"] {
        let line = format!("{{\"type\":\"membership\",\"subject\":{{\"number\":{number}}}}}");
        office.write("people.ndjson", line);
        let issue = office.issue("people.ndjson", &["--json"]);
        let answer = &json(&issue)[0];
        assert_eq!(answer["field"], "subject.number", "{answer}");
        assert!(answer["problem"].as_str().unwrap().contains("in quotes"), "{answer}");
    }
}

#[test]
fn an_overlong_record_is_set_aside_whole() {
    let office = Office::new();
    let long = format!("{{\"type\":\"{}\"}}", "x".repeat(100_000));
    office.write("people.ndjson", format!("\n{long}\n"));
    let issue = office.issue("people.ndjson", &["--keep-going"]);
    assert_eq!(lines_complained_of(&issue, "people.ndjson"), [2]);
    assert_eq!(office.read("out/people.rejected.ndjson"), long + "\n");
    office.write("huge.ndjson", "x".repeat(3_000_000));
    office.issue("huge.ndjson", &["--keep-going"]);
    let errors = office.read("out/huge.rejected.errors.csv");
    assert!(
        errors.contains("1,1,,\"longer than 32768 bytes; it was cut, take it from the register\""),
        "{errors}"
    );
}
