//! Kills while documents change and lists are published: no torn file, no acknowledged change lost, no list whose time or
//! revocations go backward.
//!
//! A child process changes and publishes at random, with a clock that jumps, and says before and after each act what it
//! does. The parent reads published files all the while, ends the child at a random moment, and looks. The child is this
//! test binary itself, told by a variable to run the one test that is its helper mode. `SANAD_KILLS=n`: kills, 25
//! without it, and more on a machine so slow that these see too little.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use sanad_credential::{CredentialId, Status, UnixTime};
use sanad_issuer::audit::Actor;
use sanad_issuer::publish::{Publication, Unchanged};
use sanad_issuer::transition::{Change, Step, may_follow};

use crate::invented::{self, cti, noon};
use crate::published::{self, status};

const CHILD_DIRECTORY: &str = "SANAD_STATUS_KILL_CHILD_DIRECTORY";
const CHILD_SEED: &str = "SANAD_STATUS_KILL_CHILD_SEED";

/// Documents on each of the two lists.
const ON_EACH: u64 = 60;
const SECOND_LIST: u64 = 1 << 20;

#[test]
fn kills_tear_no_list_lose_no_change_and_turn_no_list_back() {
    let root = tempfile::tempdir().unwrap();
    let (dir, out) = (root.path().join("issuer"), root.path().join("out"));
    invented::make(&dir);
    invented::keep(&dir, 0, ON_EACH);
    invented::keep(&dir, SECOND_LIST, ON_EACH);
    let kills = std::env::var("SANAD_KILLS").ok().map_or(25, |kills| kills.parse().unwrap());
    let mut random = Random::seeded(u64::from(std::process::id()));
    let mut model = Model::new();
    let mut round = 0;
    let is_enough = |model: &Model| model.changes > kills && model.publications > kills / 2;
    while round < kills || (!is_enough(&model) && round < 10 * kills) {
        round += 1;
        let mut child = start(&dir, random.next());
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (heard, first) = sync_channel(1);
        let said = std::thread::spawn(move || {
            let mut text = String::new();
            while output.read_line(&mut text).unwrap() > 0 {
                // The first line may be one of the test harness.
                if text.contains("act ") {
                    let _ = heard.try_send(());
                }
            }
            text
        });
        // Counted from its first act: a slow machine takes longer to start it than it is let live. A child that meets a
        // fault is told below.
        let begun = first.recv_timeout(Duration::from_secs(120));
        assert_ne!(begun, Err(RecvTimeoutError::Timeout), "the child does nothing");
        let end = Instant::now() + Duration::from_millis(random.between(10, 370));
        let mut latest = None;
        while Instant::now() < end {
            watch(&dir, &out, &mut latest);
            std::thread::sleep(Duration::from_millis(random.between(0, 8)));
        }
        child.kill().unwrap();
        let ended = child.wait().unwrap();
        let said = said.join().unwrap();
        assert_ne!(ended.code(), Some(3), "the child met a fault: {said}");
        model.replay(&said);
        model.check_store(&dir);
        model.check_lists(&dir, &out);
    }
    let Model { changes, publications, torn_off, .. } = model;
    eprintln!(
        "status: {round} kills, {torn_off} within an act; {changes} changes and {publications} publications acknowledged, 0 lost"
    );
    assert!(changes > kills && publications > kills / 2, "the children hardly worked");
}

/// Not a test: the child's side.
#[test]
fn child_changes_and_publishes_until_it_is_killed() {
    let Ok(dir) = std::env::var(CHILD_DIRECTORY) else { return };
    let dir = PathBuf::from(dir);
    let out = dir.with_file_name("out");
    let mut random = Random::seeded(std::env::var(CHILD_SEED).unwrap().parse().unwrap());
    let issuer = invented::open(&dir);
    loop {
        let done = if random.between(0, 4) == 0 {
            let now = UnixTime::new(noon().seconds() + random.between(0, 2_000)).unwrap();
            let unchanged = if random.between(0, 2) == 0 { Unchanged::SignAgain } else { Unchanged::Leave };
            say("publish");
            issuer.publish(&Publication { out: &out, now, unchanged }, &|_| ()).is_ok()
        } else {
            // Rarely anything final, so that there is something left to change.
            let change = match random.between(0, 40) {
                0 => Change::Revoke,
                1 => Change::Supersede,
                odd if odd % 2 == 1 => Change::Suspend,
                _ => Change::Resume,
            };
            let count = if random.between(0, 3) == 0 { 40 } else { 1 };
            let first = random.between(0, 2 * ON_EACH);
            let ids =
                documents(first, count).map(|document| cti(number(document))).collect::<Vec<CredentialId>>();
            say(&format!("{} {first} {count}", change.word()));
            let judged = issuer.judge_change(change, &ids, &mut |_| ());
            judged.and_then(|judged| issuer.change_status(&judged, &Actor::command_line(), noon())).is_ok()
        };
        if !done {
            std::process::exit(3);
        }
        say("done");
    }
}

fn say(line: &str) {
    if std::io::stdout().write_all(format!("act {line}\n").as_bytes()).is_err() {
        std::process::exit(0);
    }
}

/// What is known about the documents and the lists, and what is not because of the kill.
struct Model {
    /// Status of each document.
    documents: Vec<Status>,
    /// The change that was under way.
    changing: Option<(Change, u64, u64)>,
    /// Whether a publication was under way.
    publishing: bool,
    /// What the files say, as they were last seen or acknowledged: CWT and JWT of each list.
    shown: Option<[[Shown; 2]; 2]>,
    changes: u64,
    publications: u64,
    torn_off: u64,
}

#[derive(Clone)]
struct Shown {
    iat: u64,
    documents: Vec<Status>,
}

impl Model {
    fn new() -> Self {
        let documents = vec![Status::Valid; usize::try_from(2 * ON_EACH).unwrap()];
        Self {
            documents,
            changing: None,
            publishing: false,
            shown: None,
            changes: 0,
            publications: 0,
            torn_off: 0,
        }
    }

    fn replay(&mut self, said: &str) {
        (self.changing, self.publishing) = (None, false);
        // The first line shares its start with what the test harness prints; a line that was cut short is none.
        let lines = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        for act in lines.filter_map(|line| Some(line.trim_end().split_once("act ")?.1)) {
            let words: Vec<&str> = act.split(' ').collect();
            match words[..] {
                ["publish"] => self.publishing = true,
                ["done"] if self.publishing => {
                    self.publishing = false;
                    self.publications += 1;
                    // Acknowledged: from here on no file may say less.
                    self.acknowledge();
                }
                ["done"] => {
                    let (change, first, count) = self.changing.take().unwrap();
                    for document in documents(first, count) {
                        self.documents[document] = after(change, self.documents[document]);
                    }
                    self.changes += 1;
                }
                [word, first, count] => {
                    let change = Change::ALL.into_iter().find(|change| change.word() == word).unwrap();
                    self.changing = Some((change, first.parse().unwrap(), count.parse().unwrap()));
                }
                _ => panic!("{act}"),
            }
        }
        self.torn_off += u64::from(self.publishing || self.changing.is_some());
    }

    fn acknowledge(&mut self) {
        let halves: Vec<&[Status]> = self.documents.chunks(usize::try_from(ON_EACH).unwrap()).collect();
        let shown = |list: usize| {
            let iat = |form: usize| self.shown.as_ref().map_or(0, |shown| shown[list][form].iat);
            [0, 1].map(|form| Shown { iat: iat(form), documents: halves[list].to_vec() })
        };
        self.shown = Some([0, 1].map(shown));
    }

    /// Every acknowledged change is there, and of the one under way each document has or has not taken part.
    fn check_store(&mut self, dir: &Path) {
        let issuer = invented::open(dir);
        for document in 0..self.documents.len() {
            let before = self.documents[document];
            let found = issuer.status_of(cti(number(document))).unwrap().unwrap();
            let under_way =
                self.changing.filter(|(_, first, count)| documents(*first, *count).any(|d| d == document));
            let allowed =
                found == before || under_way.is_some_and(|(change, ..)| found == after(change, before));
            assert!(allowed, "document {document} is {found:?}, was {before:?}, under way: {under_way:?}");
            self.documents[document] = found;
        }
    }

    /// Every file is whole, and says what the last acknowledged publication said, or what the one under way would.
    fn check_lists(&mut self, dir: &Path, out: &Path) {
        if self.shown.is_none()
            && !(self.publishing && out.join("1.jwt").exists() && out.join("0.jwt").exists())
        {
            return;
        }
        let found = [0, 1].map(|list: u32| {
            let of = |bits| {
                let numbers = (0..ON_EACH).map(|number| number + u64::from(list) * SECOND_LIST);
                numbers.map(|number| status(bits, number)).collect()
            };
            let (cwt, jwt) = (published::cwt(dir, out, list), published::jwt(out, list));
            let iat = jwt.payload["iat"].as_u64().unwrap();
            [
                Shown { iat: cwt.iat.seconds(), documents: of(&cwt.list) },
                Shown { iat, documents: of(&jwt.list) },
            ]
        });
        if let Some(shown) = &self.shown {
            for (list, (found, shown)) in found.iter().zip(shown).enumerate() {
                for (form, (found, shown)) in found.iter().zip(shown).enumerate() {
                    let at = format!("list {list}, form {form}");
                    assert!(found.iat >= shown.iat, "{at}: {} after {}", found.iat, shown.iat);
                    let back = shown
                        .documents
                        .iter()
                        .zip(&found.documents)
                        .find(|(old, new)| !may_follow(**old, **new));
                    assert_eq!(back, None, "{at}: goes backward");
                    let half = usize::try_from(ON_EACH).unwrap();
                    let now = self.documents.chunks(half).nth(list).unwrap();
                    let same =
                        found.documents == shown.documents || (self.publishing && found.documents == now);
                    assert!(same, "{at}: says neither the last acknowledged nor the one under way");
                }
            }
        }
        self.shown = Some(found);
    }
}

/// While the child works: whoever fetches the file gets a whole one, never an older one than before.
fn watch(dir: &Path, out: &Path, latest: &mut Option<UnixTime>) {
    let Ok(bytes) = fs::read(out.join("0")) else { return };
    let iat = published::open(dir, &bytes).iat;
    assert!(latest.is_none_or(|latest| latest <= iat), "{iat} after {latest:?}");
    *latest = Some(iat);
}

fn after(change: Change, before: Status) -> Status {
    match change.from(before).step {
        Step::To(status) => status,
        Step::Already | Step::Refuse => before,
    }
}

/// The positions of documents in the model.
fn documents(first: u64, count: u64) -> impl Iterator<Item = usize> {
    (first..first + count).map(|document| usize::try_from(document % (2 * ON_EACH)).unwrap())
}

/// The number of the document at a position.
fn number(document: usize) -> u64 {
    let document = u64::try_from(document).unwrap();
    if document < ON_EACH { document } else { SECOND_LIST + document - ON_EACH }
}

fn start(dir: &Path, seed: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kills::child_changes_and_publishes_until_it_is_killed", "--nocapture"])
        .env(CHILD_DIRECTORY, dir)
        .env(CHILD_SEED, seed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// xorshift64*, seeded so that each run tries other moments.
struct Random(u64);

impl Random {
    fn seeded(seed: u64) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Self((seed ^ u64::from(now.subsec_nanos())) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn between(&mut self, least: u64, below: u64) -> u64 {
        least + (self.next() >> 16) % (below - least)
    }
}
