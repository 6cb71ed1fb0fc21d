//! An officer: asks the service for one thing after the other, and keeps a book of what was acknowledged.
//!
//! What was not answered is asked again with the same key, before anything else, until it is answered: so at the end
//! nothing is open, and the store must hold exactly what the books say.

use std::time::{Duration, Instant};

use sanad_credential::{QrText, Sealed, StatusIndex};

use crate::client::{Answer, Ask, Client};
use crate::random::Random;
use crate::watch::Watch;

/// Pause after a question that was not answered.
const PAUSE: Duration = Duration::from_millis(20);

/// How long an officer asks for the same before the service counts as not coming back.
const PATIENCE: Duration = Duration::from_secs(120);

/// A credential that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) cti: String,
    pub(crate) status: &'static str,
    qr: String,
    /// How it was asked for.
    key: String,
    path: String,
    body: String,
    /// Looked at since the last check.
    touched: bool,
}

/// What is asked for.
#[derive(Clone, Debug)]
enum Act {
    /// A credential, in the place of another of the book.
    Issue { key: String, path: String, body: String, replaces: Option<usize> },
    /// One that was acknowledged, again.
    Again { number: usize },
    /// Another status.
    Change { number: usize, word: &'static str, becomes: &'static str },
    /// What it says.
    Read { number: usize },
}

/// Counts of one officer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) acknowledged: u64,
    pub(crate) unanswered: u64,
    pub(crate) unavailable: u64,
    /// Acknowledged at the first time of asking, after it had been unanswered: done before the fault, found again.
    pub(crate) found_again: u64,
}

pub(crate) struct Officer {
    name: String,
    client: Client,
    random: Random,
    next: u64,
    pub(crate) book: Vec<Credential>,
    open: Option<(Act, u32)>,
    pub(crate) counts: Counts,
    watch: Watch,
}

impl Officer {
    pub(crate) fn new(name: &str, client: Client, watch: &Watch, seed: u64) -> Self {
        Self {
            name: name.to_owned(),
            client,
            random: Random::seeded(seed),
            next: 0,
            book: Vec::new(),
            open: None,
            counts: Counts::default(),
            watch: watch.clone(),
        }
    }

    /// One question.
    pub(crate) fn step(&mut self) {
        let (act, asked) = match self.open.take() {
            Some((act, asked)) => (act, asked),
            None => (self.choose(), 0),
        };
        match self.ask(&act) {
            Some(answer) if answer.status < 500 => self.settle(act, &answer, asked),
            answer => {
                match answer {
                    Some(answer) => {
                        // A service that cannot does not fall over: it says so with a problem of its table.
                        assert_eq!(answer.status, 503, "{act:?}: {}", answer.text());
                        assert!(answer.text().contains("urn:sanad:problem:"), "{}", answer.text());
                        self.counts.unavailable += 1;
                    }
                    None => self.counts.unanswered += 1,
                }
                self.open = Some((act, asked + 1));
                std::thread::sleep(PAUSE);
            }
        }
    }

    /// Asks until nothing is open.
    pub(crate) fn finish(&mut self) {
        let began = Instant::now();
        while self.open.is_some() {
            assert!(began.elapsed() < PATIENCE, "the service does not come back for {:?}", self.open);
            self.step();
        }
    }

    fn choose(&mut self) -> Act {
        let count = u64::try_from(self.book.len()).unwrap();
        let dice = self.random.between(0, 100);
        if count < 5 || dice < 50 {
            return self.new_person();
        }
        // Mostly the latest: those that the next fault may take.
        let back = self.random.between(0, count.min(60));
        let number = usize::try_from(count - 1 - back).unwrap();
        let status = self.book[number].status;
        match (dice, status) {
            (50..60, _) => Act::Again { number },
            (60..68, "valid") => self.reissue(number),
            (68..80, "valid") => Act::Change { number, word: "suspend", becomes: "suspended" },
            (68..80, "suspended") => Act::Change { number, word: "resume", becomes: "valid" },
            (80..90, "valid" | "suspended" | "superseded") => {
                Act::Change { number, word: "revoke", becomes: "revoked" }
            }
            _ => Act::Read { number },
        }
    }

    fn key(&mut self) -> String {
        self.next += 1;
        format!("{}-{}", self.name, self.next)
    }

    fn new_person(&mut self) -> Act {
        let key = self.key();
        let body = format!(
            "{{\"type\":\"coverage\",\"subject\":{{\"number\":\"INV-{key}\",\"name\":\"Person Invented {}\",\
             \"birth\":\"1980\"}},\"product\":\"SHIF\",\"rulebook\":1,\"functions\":[\"medical_care\"],\
             \"start\":\"2026-01-01\",\"end\":\"2026-12-31\",\"copay_class\":0,\"territory\":[\"KE-30\"]}}",
            self.next
        );
        Act::Issue { key, path: "/v1/credentials".to_owned(), body, replaces: None }
    }

    fn reissue(&mut self, number: usize) -> Act {
        let path = format!("/v1/credentials/{}/reissue", self.book[number].cti);
        let body = "{\"reason\":\"lost\"}".to_owned();
        Act::Issue { key: self.key(), path, body, replaces: Some(number) }
    }

    fn ask(&mut self, act: &Act) -> Option<Answer> {
        let media_type = "application/json";
        let post = |path, key, body| Ask { method: "POST", path, key, media_type, body };
        let answer = match act {
            Act::Issue { key, path, body, .. } => self.client.ask(&post(path, Some(key), body.as_bytes())),
            Act::Again { number } => {
                let known = self.book[*number].clone();
                self.client.ask(&post(&known.path, Some(&known.key), known.body.as_bytes()))
            }
            Act::Change { number, word, .. } => {
                let path = format!("/v1/credentials/{}/{word}", self.book[*number].cti);
                let body = "{\"reason\":\"error\",\"legal_basis\":\"Invented Act 2026, s. 1\"}";
                self.client.ask(&post(&path, None, body.as_bytes()))
            }
            Act::Read { number } => {
                let path = format!("/v1/credentials/{}", self.book[*number].cti);
                self.client.ask(&Ask::get(&path))
            }
        };
        answer.ok()
    }

    /// Takes an answer into the book, or fails where it is not what was acknowledged before.
    fn settle(&mut self, act: Act, answer: &Answer, asked: u32) {
        let said = || format!("{act:?} asked {asked} times before: {} {}", answer.status, answer.text());
        assert!((200..300).contains(&answer.status), "{}", said());
        let json = answer.json();
        let text = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("{}", said())).to_owned();
        self.counts.acknowledged += 1;
        if asked > 0 && answer.status == 200 && matches!(act, Act::Issue { .. }) {
            self.counts.found_again += 1;
        }
        match &act {
            Act::Issue { key, path, body, replaces } => {
                assert!(answer.status == 201 || asked > 0, "a new key finds a credential: {}", said());
                if let Some(old) = replaces {
                    self.book[*old].status = "superseded";
                    self.book[*old].touched = true;
                }
                self.book.push(Credential {
                    cti: text("cti"),
                    status: "valid",
                    qr: text("qr"),
                    key: key.clone(),
                    path: path.clone(),
                    body: body.clone(),
                    touched: true,
                });
            }
            Act::Again { number } => {
                let known = &self.book[*number];
                assert_eq!(answer.status, 200, "the same key signs again: {}", said());
                let found = (text("cti"), text("qr"), text("status"));
                assert_eq!(
                    found,
                    (known.cti.clone(), known.qr.clone(), known.status.to_owned()),
                    "{}",
                    said()
                );
            }
            Act::Change { number, becomes, .. } => {
                assert_eq!(text("status"), *becomes, "{}", said());
                let known = &mut self.book[*number];
                (known.status, known.touched) = (becomes, true);
                if *becomes == "revoked" {
                    let (list, index) = place(&known.qr);
                    self.watch.expect_revoked(list, index);
                }
            }
            Act::Read { number } => {
                let known = &self.book[*number];
                let found = (text("cti"), text("qr"), text("status"));
                assert_eq!(
                    found,
                    (known.cti.clone(), known.qr.clone(), known.status.to_owned()),
                    "{}",
                    said()
                );
            }
        }
    }

    /// After a fault: what was touched since the last check is read, and every second one is asked for again with its key.
    pub(crate) fn check(&mut self) -> usize {
        self.finish();
        let mut looked_at = 0;
        for number in 0..self.book.len() {
            if !self.book[number].touched {
                continue;
            }
            let act = if number % 2 == 0 { Act::Read { number } } else { Act::Again { number } };
            self.open = Some((act, 0));
            self.finish();
            self.book[number].touched = false;
            looked_at += 1;
        }
        looked_at
    }
}

/// The status list and the entry that a document names.
fn place(qr: &str) -> (String, StatusIndex) {
    let document = QrText::decode(qr).unwrap();
    let unverified = Sealed::parse(&document).unwrap().unverified_entitlement().unwrap();
    let status = unverified.look().status.clone().unwrap();
    let uri = status.uri.to_string();
    let list = uri.rsplit('/').next().unwrap().to_owned();
    (list, status.index)
}
