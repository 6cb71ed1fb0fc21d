//! An offer that a kill or a fault of the network cuts off at each of its steps: what has a token in the wallet arrives by
//! `add --resume` or by the same link, and where the token was lost, another offer brings it.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::front::{Front, Moment, TheOffice, Then};
use crate::office::{Offered, Office, agent};
use crate::wallet::{Wallet, record_of};

const TOKEN: &str = "/openid4vci/token";
const NONCE: &str = "/openid4vci/nonce";
const CREDENTIAL: &str = "/openid4vci/credential";

/// An office behind a front, and a wallet to be interrupted.
struct Line {
    front: Front,
    office: Office,
    wallet: Wallet,
    record: String,
}

/// The first or second request of a path, heard or not.
fn at(path: &'static str, after: u32, office: TheOffice) -> Moment {
    Moment { path, after, office, then: Then::StandsStill }
}

impl Line {
    fn new() -> Self {
        let front = Front::start();
        let office = Office::open_behind(&front);
        let record = record_of(office.dir.path());
        Self { front, office, wallet: Wallet::new(), record }
    }

    /// Follows an offer and is killed at this moment.
    fn killed(&self, moment: Moment, offered: &Offered) {
        self.front.interrupts(moment);
        let mut command = self.wallet.command(&["add", &offered.link, "--record", &self.record]);
        self.front.kills(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    }

    /// Follows an offer and is hung up on at this moment; what it says.
    fn hung_up_on(&self, moment: Moment, offered: &Offered) -> String {
        self.front.interrupts(Moment { then: Then::HangsUp, ..moment });
        let output = self.wallet.run(&["add", &offered.link, "--record", &self.record]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        said
    }

    fn resumes(&self) {
        self.wallet.does(&["add", "--resume", "--record", &self.record]);
    }

    #[track_caller]
    fn nothing_waits(&self) {
        let output = self.wallet.run(&["add", "--resume"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && said.contains("Nothing waits"), "{said}");
        assert!(!told(&self.wallet).contains("not arrived"));
    }

    /// The member numbers of what is held, each verified and in both forms.
    #[track_caller]
    fn whole(&self) -> Vec<Value> {
        let held = self.wallet.held();
        for held in &held {
            assert_eq!((&held["standing"], &held["sd_jwt"]), (&json!("verified"), &json!(true)), "{held}");
        }
        held.iter().map(|held| held["claims"]["subject"]["number"].clone()).collect()
    }
}

/// What a list tells beside what is held.
fn told(wallet: &Wallet) -> String {
    String::from_utf8(wallet.run(&["list"]).stderr).unwrap()
}

#[test]
fn killed_at_any_step_with_a_token_the_document_arrives_by_resume_and_by_the_same_link() {
    let line = Line::new();
    let moments = [
        at(NONCE, 0, TheOffice::HearsNothing),
        at(CREDENTIAL, 0, TheOffice::HearsNothing),
        at(CREDENTIAL, 0, TheOffice::Answers),
        at(NONCE, 1, TheOffice::Answers),
        at(CREDENTIAL, 1, TheOffice::HearsNothing),
        at(CREDENTIAL, 1, TheOffice::Answers),
    ];
    for (number, moment) in (1..).zip(moments.iter().flat_map(|moment| [moment, moment])) {
        let offered = line.office.offer(&line.office.issue(number), "none");
        line.killed(*moment, &offered);
        let held = line.wallet.held();
        let has_card = moment.after == 1;
        assert_eq!(held.len(), usize::try_from(number).unwrap() - 1 + usize::from(has_card), "{moment:?}");
        assert!(told(&line.wallet).contains("1 offered, not arrived"), "{moment:?}");
        if number % 2 == 0 {
            line.resumes();
        } else {
            line.wallet.does(&["add", &offered.link, "--record", &line.record]);
        }
        assert_eq!(line.whole().len(), usize::try_from(number).unwrap(), "{moment:?}");
        line.nothing_waits();
    }
}

#[test]
fn killed_before_the_token_is_in_the_wallet_another_offer_brings_the_document() {
    let line = Line::new();
    let cti = line.office.issue(1);
    let offered = line.office.offer(&cti, "none");
    line.killed(at(TOKEN, 0, TheOffice::HearsNothing), &offered);
    line.nothing_waits();
    // The code was not spent, so it counts; then it is.
    line.killed(at(TOKEN, 0, TheOffice::Answers), &offered);
    line.nothing_waits();
    line.wallet.refuses(&["add", &offered.link, "--record", &line.record], "Ask for a new offer");
    line.wallet.does(&["add", &line.office.offer(&cti, "none").link, "--record", &line.record]);
    assert_eq!(line.whole(), ["INV-1"]);
}

#[test]
fn another_offer_goes_on_beside_what_waits_and_what_waits_is_of_its_person() {
    let line = Line::new();
    let (one, two) = (line.office.issue(1), line.office.issue(2));
    let offered = line.office.offer(&one, "none");
    line.killed(at(CREDENTIAL, 0, TheOffice::Answers), &offered);
    line.wallet.does(&["add", &line.office.offer(&two, "none").link, "--record", &line.record]);
    assert_eq!(line.whole(), ["INV-2"]);
    // Another offer of the same document, while the first waits.
    line.wallet.does(&["add", &line.office.offer(&one, "none").link]);
    line.resumes();
    line.nothing_waits();
    assert_eq!(line.whole().len(), 2);
    // The link of one person's offer, followed for another, would spend the code twice: it is not sent.
    let offered = line.office.offer(&line.office.issue(3), "none");
    line.killed(at(NONCE, 0, TheOffice::HearsNothing), &offered);
    line.wallet.does(&["request", "--issuer", "KE-SHA", "--holder", "Otieno", "--new-holder"]);
    line.wallet.refuses(&["add", &offered.link, "--holder", "Otieno"], "for another person");
    line.resumes();
    assert_eq!(line.whole().len(), 3);
    assert!(line.wallet.does(&["list", "--holder", "Otieno"]).contains("empty"));
}

#[test]
fn a_broken_connection_is_told_and_what_was_cut_off_arrives_later() {
    let line = Line::new();
    for (number, path, after, words) in [
        (1, NONCE, 0, "add --resume"),
        (2, CREDENTIAL, 0, "add --resume"),
        (3, CREDENTIAL, 1, "was received and is kept"),
    ] {
        let offered = line.office.offer(&line.office.issue(number), "none");
        let said = line.hung_up_on(at(path, after, TheOffice::Answers), &offered);
        assert!(said.contains(words) && said.contains("`sanad-wallet add --resume` asks"), "{said}");
        line.resumes();
        assert_eq!(line.whole().len(), usize::try_from(number).unwrap());
        line.nothing_waits();
    }
}

#[test]
fn what_is_suspended_meanwhile_is_made_later_and_waits_on() {
    let line = Line::new();
    let cti = line.office.issue(1);
    let offered = line.office.offer(&cti, "none");
    line.killed(at(CREDENTIAL, 0, TheOffice::HearsNothing), &offered);
    let change = |act: &str| {
        line.office.post(&format!("/v1/credentials/{cti}/{act}"), &json!({"reason": "lost"}), "");
    };
    change("suspend");
    // By either way, and the second does not take the token away.
    line.wallet.refuses(&["add", "--resume", "--wait", "0", "--record", &line.record], "later");
    line.wallet.refuses(&["add", &offered.link, "--wait", "0", "--record", &line.record], "later");
    assert!(told(&line.wallet).contains("1 offered, not arrived"));
    change("resume");
    line.resumes();
    assert_eq!(line.whole(), ["INV-1"]);
    line.nothing_waits();
}

#[test]
fn what_a_token_that_ended_left_behind_is_told_and_forgotten() {
    let line = Line::new();
    let offered = line.office.offer(&line.office.issue(1), "none");
    line.killed(at(CREDENTIAL, 0, TheOffice::Answers), &offered);
    // Somebody else has the code: the issuer takes back what was made of it.
    let code = offered.json()["grants"].as_object().unwrap().values().next().unwrap()["pre-authorized_code"]
        .as_str()
        .unwrap()
        .to_owned();
    let form =
        format!("grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code&pre-authorized_code={code}");
    let again = agent().post(format!("{}{TOKEN}", line.office.url));
    let again = again.header("content-type", "application/x-www-form-urlencoded").send(form).unwrap();
    assert_eq!(again.status(), 400);
    line.wallet.refuses(&["add", "--resume", "--record", &line.record], "counts no more");
    line.nothing_waits();
    // By the clock, where nothing can be asked since no record is here.
    let offered = line.office.offer(&line.office.issue(2), "none");
    line.killed(at(CREDENTIAL, 0, TheOffice::Answers), &offered);
    line.wallet.refuses(&["add", "--resume"], "no record of KE-SHA is pinned");
    line.wallet.refuses(&["add", "--resume", "--now", "2199-01-01T00:00:00Z"], "counts no more");
    line.nothing_waits();
}

#[test]
fn with_another_record_than_the_issuers_the_right_one_still_brings_the_document() {
    let line = Line::new();
    let other = Office::open();
    let offered = line.office.offer(&line.office.issue(1), "none");
    let foreign = record_of(other.dir.path());
    let said = line.wallet.refuses(&["add", &offered.link, "--record", &foreign], "it was not added");
    assert!(said.contains("add --resume"), "{said}");
    line.resumes();
    assert_eq!(line.whole(), ["INV-1"]);
    line.nothing_waits();
}
