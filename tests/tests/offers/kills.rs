//! Kill -9 at moments spread over the whole run of the commands that talk to an issuer or a verifier, and of `check`: the wallet
//! opens, holds what it held or the whole new thing, and nothing that an issuer gave away is lost once its token is in the
//! wallet. `SANAD_KILLS=n`: kills of each command, 10 without it.

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use sanad_keyfile::passphrase::{Passphrase, Purpose};
use sanad_wallet::holding::{Forms, Standing, Wallet as Opened};
use serde_json::json;

use crate::desk::Desk;
use crate::front::{Front, Moment, TheOffice, Then};
use crate::office::Office;
use crate::presenting::covered;
use crate::wallet::{PASSPHRASE, Wallet, record_of};

fn rounds() -> u32 {
    std::env::var("SANAD_KILLS").ok().map_or(10, |kills| kills.parse().unwrap())
}

/// Kills of one command, and what is known of how long it takes.
struct Kills {
    rounds: u32,
    usual: Duration,
    hit: u32,
}

impl Kills {
    /// Takes the time of a whole run.
    fn after(run: impl FnOnce()) -> Self {
        let began = Instant::now();
        run();
        Self { rounds: rounds(), usual: began.elapsed(), hit: 0 }
    }

    /// Runs a command and kills it after this round's part of the usual time.
    fn kill(&mut self, wallet: &Wallet, arguments: &[&str], round: u32) {
        let mut command = wallet.command(arguments);
        let began = Instant::now();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Spread evenly, in an order that does not run with the rounds, whatever their number is.
        let end = self.usual.mul_f64(f64::from(round * 618 % 1_000) / 1_000.0);
        while child.try_wait().unwrap().is_none() {
            let left = end.saturating_sub(began.elapsed());
            if left.is_zero() {
                let _ = child.kill();
                self.hit += u32::from(child.wait().unwrap().code().is_none());
                return;
            }
            sleep(left.min(Duration::from_millis(1)));
        }
        // It takes less time than was thought, and ends later than no kill.
        self.usual = self.usual.min(began.elapsed() * 5 / 4);
    }

    /// The first moment is that of the start, which no machine is too fast for; where many are asked for, a part hits too.
    #[track_caller]
    fn ends(&self, what: &str) {
        println!("{what}: {} of {} kills while it ran; {:?} at most", self.hit, self.rounds, self.usual);
        let least = (self.rounds / 10).max(1);
        assert!(self.hit >= least, "only {} of {} were still running", self.hit, self.rounds);
    }
}

/// What a kill left: documents, by number, each whole; and how many offers wait.
struct Left {
    /// With their SD-JWT VC.
    whole: Vec<String>,
    /// Without.
    cards: Vec<String>,
    waiting: usize,
}

/// The wallet, as whoever opens it next sees it.
#[track_caller]
fn left(wallet: &Wallet, name: &str) -> Left {
    let passphrase = Passphrase::parse(PASSPHRASE, Purpose::Open).unwrap();
    let opened = Opened::open(&wallet.path(name), &passphrase).unwrap();
    let mut left =
        Left { whole: Vec::new(), cards: Vec::new(), waiting: opened.waiting(None).unwrap().len() };
    for held in opened.list(None).unwrap() {
        assert_eq!(held.standing, Standing::Verified);
        let number = held.claims.right.subject().unwrap().number.as_str().to_owned();
        match held.forms {
            Forms::CardAndSdJwt => {
                let text = opened.sd_jwt_of(&held.id).unwrap().unwrap();
                assert!(text.ends_with('~'), "{text}");
                left.whole.push(number);
            }
            Forms::Card => left.cards.push(number),
        }
    }
    left
}

/// After a kill: nothing else is touched, and a card whose SD-JWT VC is missing waits for it.
#[track_caller]
fn checked(wallet: &Wallet, before: &Left, number: &str) -> Left {
    let after = left(wallet, "wallet");
    assert!(before.whole.iter().all(|held| after.whole.contains(held)), "a document was lost");
    let new = after.whole.iter().filter(|held| !before.whole.contains(held));
    assert!(new.chain(&after.cards).all(|held| held == number), "something else came");
    assert!(after.cards.is_empty() || after.waiting == 1, "the SD-JWT VC of a card is lost");
    assert!(after.waiting <= 1);
    after
}

#[test]
fn killed_while_following_an_offer() {
    let office = Office::open();
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    let first = office.offer(&office.issue(1), "none");
    let mut kills = Kills::after(|| drop(wallet.does(&["add", &first.link, "--record", &record])));
    let mut before = left(&wallet, "wallet");
    let (mut all, mut nothing, mut waited, mut with_card, mut spent) = (0, 0, 0, 0, 0);
    for round in 0..kills.rounds {
        let (cti, number) = (office.issue(round + 2), format!("INV-{}", round + 2));
        let offered = office.offer(&cti, "none");
        let follow = ["add", offered.link.as_str()];
        kills.kill(&wallet, &follow, round);
        let after = checked(&wallet, &before, &number);
        let has_it = after.whole.contains(&number);
        if after.waiting == 1 {
            // Whatever had its token in the wallet comes with it.
            wallet.does(if round % 2 == 0 { &["add", "--resume"] } else { &follow });
            waited += 1;
            with_card += usize::from(!after.cards.is_empty());
        } else if has_it {
            all += 1;
        } else if wallet.run(&follow).status.success() {
            nothing += 1;
        } else {
            // The code was on its way.
            wallet.does(&["add", &office.offer(&cti, "none").link]);
            spent += 1;
        }
        before = checked(&wallet, &before, &number);
        assert!(before.whole.contains(&number) && before.waiting == 0, "{round}");
    }
    kills.ends("add of an offer");
    println!(
        "{all} had arrived, {waited} waited ({with_card} with their card), {nothing} had not begun, {spent} had lost their token"
    );
}

#[test]
fn killed_while_resuming() {
    let front = Front::start();
    let office = Office::open_behind(&front);
    let wallet = Wallet::new();
    let record = record_of(office.dir.path());
    // What has to wait: every second one is suspended when it is asked for, of the others the connection breaks.
    let begin = |number: u32| {
        let cti = office.issue(number);
        let offered = office.offer(&cti, "none");
        let add = ["add", &offered.link, "--record", &record, "--wait", "0"];
        let change = |act: &str| {
            office.post(&format!("/v1/credentials/{cti}/{act}"), &json!({"reason": "lost"}), "");
        };
        if number.is_multiple_of(2) {
            change("suspend");
            assert_eq!(wallet.run(&add).status.code(), Some(3));
            change("resume");
        } else {
            front.interrupts(Moment {
                path: "/openid4vci/credential",
                after: 0,
                office: TheOffice::Answers,
                then: Then::HangsUp,
            });
            assert_eq!(wallet.run(&add).status.code(), Some(3));
        }
        assert_eq!(left(&wallet, "wallet").waiting, 1);
        format!("INV-{number}")
    };
    begin(1);
    let resume = ["add", "--resume", "--record", &record];
    let mut kills = Kills::after(|| drop(wallet.does(&resume)));
    let mut before = left(&wallet, "wallet");
    let (mut all, mut nothing, mut with_card) = (0, 0, 0);
    for round in 0..kills.rounds {
        let number = begin(round + 2);
        kills.kill(&wallet, &resume, round);
        let after = checked(&wallet, &before, &number);
        match (after.whole.contains(&number), after.cards.is_empty()) {
            (true, _) => all += 1,
            (false, true) => nothing += 1,
            (false, false) => with_card += 1,
        }
        assert!(after.waiting == 1 || after.whole.contains(&number), "{round}");
        wallet.does(&resume);
        before = checked(&wallet, &before, &number);
        assert!(before.whole.contains(&number) && before.waiting == 0, "{round}");
    }
    kills.ends("add --resume");
    println!(
        "{all} had arrived, {with_card} had their card, {nothing} had nothing; all came with another --resume"
    );
}

#[test]
fn killed_while_answering_a_verifier() {
    let (office, _, wallet) = covered();
    let desk = Desk::open(&office);
    let mut kills = {
        let (_, link) = desk.begin();
        Kills::after(|| drop(wallet.does(&["present", &link, "--yes"])))
    };
    let before = left(&wallet, "wallet").whole;
    let mut answered = 0;
    for round in 0..kills.rounds {
        let (id, link) = desk.begin();
        let present = ["present", link.as_str(), "--yes"];
        kills.kill(&wallet, &present, round);
        assert_eq!(left(&wallet, "wallet").whole, before, "{round}");
        // The desk has the whole answer or none; without it the same command gives it.
        let view = desk.view(&id);
        if view["state"] == "open" {
            wallet.does(&present);
        } else {
            answered += 1;
            wallet.refuses(&present, "refused (409)");
        }
        let view = desk.view(&id);
        assert_eq!(
            (&view["state"], &view["answer"]["decision"]),
            (&json!("answered"), &json!("COVERED")),
            "{round}: {view}"
        );
    }
    kills.ends("present to a verifier");
    println!("{answered} had answered");
}

#[test]
fn killed_while_checking() {
    let (office, _, wallet) = covered();
    let desk = Desk::open(&office);
    let (pack, root) = (desk.file("p.sanadpack"), desk.file("root.json"));
    let asked = ["--place", "KE", "--benefit", "OPD", "--facility", "KE-F01"];
    let check = [&["check", "--pack", &pack, "--root", &root, "--wallet"], &asked[..]].concat();
    let check = |name: &'static str| {
        let (start, rest) = check.split_at(6);
        [start, &[name], rest].concat()
    };
    // The root is pinned by each, in a copy of the wallet.
    wallet.copy_to("first");
    let mut answer = String::new();
    let mut kills = Kills::after(|| answer = wallet.does(&check("first")));
    assert!(answer.contains("would answer"), "{answer}");
    let before = left(&wallet, "wallet").whole;
    let mut pinned = 0;
    for round in 0..kills.rounds {
        wallet.copy_to("killed");
        kills.kill(&wallet, &check("killed"), round);
        assert_eq!(left(&wallet, "killed").whole, before, "{round}");
        let without_root = [&["check", "--pack", &pack, "--wallet", "killed"], &asked[..]].concat();
        pinned += u32::from(wallet.run(&without_root).status.success());
        assert_eq!(wallet.does(&check("killed")), answer, "{round}");
        fs::remove_dir_all(wallet.path("killed")).unwrap();
    }
    kills.ends("check");
    println!("{pinned} had pinned the root");
}
