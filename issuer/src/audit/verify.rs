//! Whether a log is whole: every line follows the one before it, and every checkpoint finds what it was signed over.
//!
//! A fault names the line where the log stops hanging together. An altered line shows in the one after it, which holds
//! its hash; an altered *last* line, like an end that was cut off, shows in a checkpoint alone. Numbers are those of the
//! lines themselves, from 0: in an exported file the line with number 0 is the first.

use std::collections::BTreeMap;

use sanad_credential::UnixTime;
use sanad_trust::IssuerRecord;

use super::checkpoint::{Checkpoint, CheckpointFault};
use super::{Broken, Head, LineHash};
use crate::store::{PAGE_MAX, PaperKind, RecordsFault, Store};
use crate::strict_lines::{LineFault, StrictLines};

/// Longest line of a log: its texts at their limits, all of them quotation marks, have 2,600 bytes.
pub const LINE_BYTES_MAX: usize = 4_096;

/// A log that is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Where it ends.
    pub head: Head,
    /// Checkpoints that agree.
    pub checkpoints: usize,
}

/// What a log lacks.
#[derive(Debug, thiserror::Error)]
pub enum AuditFault {
    /// The store.
    #[error(transparent)]
    Store(#[from] RecordsFault),
    /// A line of a file cannot be read.
    #[error("line number {n}: {fault}")]
    Line {
        /// Its number.
        n: u64,
        /// Why.
        fault: LineFault,
    },
    /// A line does not follow.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The log is shorter than it was.
    #[error(
        "the log ends after {lines} lines, at the checkpoint of {time} it had {wanted}: lines {lines} to {} are missing",
        wanted.saturating_sub(1)
    )]
    Short {
        /// Lines there are.
        lines: u64,
        /// Lines there were.
        wanted: u64,
        /// When.
        time: UnixTime,
    },
    /// The log is another than it was.
    #[error(
        "the log is not the one that the checkpoint of {time} was signed over: a line from {from} to {} was altered, and \
         the lines after it were written anew",
        wanted.saturating_sub(1)
    )]
    Rewritten {
        /// The first line that may be another.
        from: u64,
        /// Lines the log had.
        wanted: u64,
        /// When.
        time: UnixTime,
    },
    /// The store says that its log ends elsewhere.
    #[error(
        "the store says that its log has {wanted} lines and ends with {wanted_hash}; it has {lines} and ends with {hash}"
    )]
    OtherHead {
        /// Lines there are.
        lines: u64,
        /// Hash of the last.
        hash: LineHash,
        /// As the store says.
        wanted: u64,
        /// As the store says.
        wanted_hash: LineHash,
    },
    /// A checkpoint in the store counts for nothing.
    #[error("checkpoint {id} in the store: {fault}")]
    Checkpoint {
        /// Id of its paper.
        id: String,
        /// Why.
        fault: CheckpointFault,
    },
}

/// Follows a log line by line.
pub struct Following {
    head: Head,
    /// Hash and time by the number of lines. Of two with the same number both count.
    wanted: BTreeMap<u64, Vec<(LineHash, UnixTime)>>,
    agreed: usize,
    /// Lines that a checkpoint has vouched for.
    vouched: u64,
}

impl Following {
    /// From the first line on, past these checkpoints.
    ///
    /// # Errors
    /// A checkpoint of an empty log that has a hash.
    pub fn new(checkpoints: impl IntoIterator<Item = Checkpoint>) -> Result<Self, AuditFault> {
        let mut wanted: BTreeMap<u64, Vec<(LineHash, UnixTime)>> = BTreeMap::new();
        for checkpoint in checkpoints {
            let head = checkpoint.head();
            wanted.entry(head.lines).or_default().push((head.hash, checkpoint.time()));
        }
        let mut following = Self { head: Head::EMPTY, wanted, agreed: 0, vouched: 0 };
        following.pass()?;
        Ok(following)
    }

    /// The next line.
    ///
    /// # Errors
    /// [`AuditFault::Broken`], [`AuditFault::Rewritten`].
    pub fn line(&mut self, line: &str) -> Result<(), AuditFault> {
        self.head = self.head.follow(line)?;
        self.pass()
    }

    /// Where it stands.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The log ends here.
    ///
    /// # Errors
    /// [`AuditFault::Short`].
    pub fn end(mut self) -> Result<Whole, AuditFault> {
        let lines = self.head.lines;
        match self.wanted.pop_first().and_then(|(wanted, of)| Some((wanted, of.first()?.1))) {
            Some((wanted, time)) => Err(AuditFault::Short { lines, wanted, time }),
            None => Ok(Whole { head: self.head, checkpoints: self.agreed }),
        }
    }

    /// Compares the checkpoints that were signed here.
    fn pass(&mut self) -> Result<(), AuditFault> {
        for (hash, time) in self.wanted.remove(&self.head.lines).unwrap_or_default() {
            if hash != self.head.hash {
                let (from, wanted) = (self.vouched, self.head.lines);
                return Err(AuditFault::Rewritten { from, wanted, time });
            }
            self.agreed = self.agreed.saturating_add(1);
            self.vouched = self.head.lines;
        }
        Ok(())
    }
}

/// Verifies the log of a store, past the checkpoints that are kept in it and `given` ones; each line is handed to
/// `each`.
///
/// # Errors
/// [`AuditFault`], and the first that `each` gives.
pub fn store<F: From<AuditFault>>(
    store: &dyn Store,
    record: &IssuerRecord,
    given: &[Checkpoint],
    each: &mut dyn FnMut(&str) -> Result<(), F>,
) -> Result<Whole, F> {
    // Before the log is read: what is signed meanwhile may lie behind what is read.
    let kept = kept_checkpoints(store, record)?;
    let mut following = Following::new(kept.into_iter().chain(given.iter().cloned()))?;
    let mut asked = Asked::Once;
    loop {
        let (lines, head) = store.audit(following.head().lines, PAGE_MAX).map_err(AuditFault::from)?;
        for line in &lines {
            following.line(line)?;
            each(line)?;
        }
        let found = following.head();
        match (lines.is_empty(), asked) {
            (false, _) => asked = Asked::Once,
            (true, _) if found == head => return Ok(following.end()?),
            // A line may have been written between the reading of the lines and that of the head.
            (true, Asked::Once) => asked = Asked::Again,
            (true, Asked::Again) => {
                let (lines, hash, wanted, wanted_hash) = (found.lines, found.hash, head.lines, head.hash);
                return Err(AuditFault::OtherHead { lines, hash, wanted, wanted_hash }.into());
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Asked {
    Once,
    Again,
}

/// Verifies an exported log.
///
/// # Errors
/// [`AuditFault`].
pub(crate) fn file(
    mut lines: StrictLines<'_>,
    given: &[Checkpoint],
    progress: &mut dyn FnMut(u64),
) -> Result<Whole, AuditFault> {
    let mut following = Following::new(given.iter().cloned())?;
    loop {
        let n = following.head().lines;
        match lines.next(LINE_BYTES_MAX) {
            Ok(Some(line)) => following.line(&line)?,
            Ok(None) => return following.end(),
            Err(fault) => return Err(AuditFault::Line { n, fault }),
        }
        progress(n);
    }
}

fn kept_checkpoints(store: &dyn Store, record: &IssuerRecord) -> Result<Vec<Checkpoint>, AuditFault> {
    let (mut kept, mut after) = (Vec::new(), None);
    loop {
        let page = store.papers(PaperKind::Checkpoint, "", after.as_ref(), PAGE_MAX)?;
        let Some(last) = page.last() else { return Ok(kept) };
        after = Some(last.key.id.clone());
        for paper in &page {
            let text = String::from_utf8_lossy(&paper.content);
            let opened = Checkpoint::open(&text, record);
            let id = || paper.key.id.to_string();
            kept.push(opened.map_err(|fault| AuditFault::Checkpoint { id: id(), fault })?);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::audit::tests::{log, record, status_key};

    fn checkpoint(lines: u64) -> Checkpoint {
        let time = UnixTime::parse("2027-01-15T12:00:00Z").unwrap();
        match Checkpoint::sign(record().iss(), log(lines).1, time, &status_key()) {
            Ok(checkpoint) => checkpoint,
            Err(never) => match never {},
        }
    }

    fn verify(text: &str, checkpoints: &[Checkpoint]) -> Result<Whole, AuditFault> {
        let lines = StrictLines::new(Box::new(Cursor::new(text.to_owned())));
        file(lines, checkpoints, &mut |_| ())
    }

    fn text(lines: &[String]) -> String {
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn a_whole_log_agrees_with_its_checkpoints() {
        let (lines, head) = log(9);
        let checkpoints = [0, 4, 9, 9].map(checkpoint);
        assert_eq!(verify(&text(&lines), &checkpoints).unwrap(), Whole { head, checkpoints: 4 });
        assert_eq!(verify("", &[]).unwrap().head, Head::EMPTY);
    }

    #[test]
    fn a_cut_end_is_found_by_a_checkpoint_which_names_the_lines() {
        let (lines, _) = log(9);
        for left in 0..9 {
            let cut = text(&lines[..left]);
            assert!(verify(&cut, &[]).is_ok(), "the chain alone cannot tell");
            let fault = verify(&cut, &[checkpoint(9)]).unwrap_err().to_string();
            assert!(fault.contains(&format!("lines {left} to 8 are missing")), "{fault}");
        }
    }

    #[test]
    fn a_log_that_was_written_anew_is_found_by_a_checkpoint_which_names_the_lines() {
        let (lines, _) = log(9);
        let mut head = Head::EMPTY;
        let mut anew = Vec::new();
        for (n, line) in lines.iter().enumerate() {
            let altered = if n == 5 { line.replace("reason=lost", "reason=died") } else { line.clone() };
            // The forger mends the chain.
            let start = altered.split("\"prev\":\"").next().unwrap();
            let mended = format!("{start}\"prev\":\"{}\"}}", head.hash);
            head = head.follow(&mended).unwrap();
            anew.push(mended);
        }
        assert!(verify(&text(&anew), &[]).is_ok(), "the chain alone cannot tell");
        assert!(verify(&text(&anew), &[checkpoint(5)]).is_ok(), "it was altered behind this one");
        let fault = verify(&text(&anew), &[checkpoint(3), checkpoint(8)]).unwrap_err();
        assert!(matches!(fault, AuditFault::Rewritten { from: 3, wanted: 8, .. }), "{fault}");
    }

    #[test]
    fn a_huge_line_deep_json_and_rubbish_are_refused_with_their_line() {
        let (lines, _) = log(3);
        for rubbish in
            ["x".repeat(1 << 20), "[".repeat(4_000), "{}".to_owned(), "\0".to_owned(), String::new()]
        {
            let fault = verify(&format!("{}{rubbish}\n", text(&lines)), &[]).unwrap_err().to_string();
            assert!(fault.contains("line number 3") || fault.contains("line 3 "), "{fault}");
            assert!(fault.len() < 300, "{fault}");
        }
        let fault = verify(text(&lines).trim_end(), &[]).unwrap_err();
        assert!(matches!(fault, AuditFault::Line { n: 2, fault: LineFault::Cut }), "{fault}");
    }

    #[test]
    fn the_longest_line_that_is_written_is_read() {
        use super::super::{Act, Actor, Note};
        let quotes = "\"".repeat(600);
        let note = Note {
            at: UnixTime::parse("2199-12-30").unwrap(),
            who: Actor::new(&"\"".repeat(128)).unwrap(),
            act: Act::WithdrawToken,
            on: quotes.clone(),
            detail: quotes,
        };
        let (line, head) = Head { lines: u64::MAX / 2, hash: LineHash([255; 32]) }.append(&note);
        assert!(line.len() <= LINE_BYTES_MAX, "{}", line.len());
        assert!(head.lines > 0);
    }

    /// What may happen to a file.
    #[derive(Clone, Debug)]
    enum Edit {
        Flip { place: prop::sample::Index, bit: u8 },
        Remove(prop::sample::Index),
        Double(prop::sample::Index),
        Swap(prop::sample::Index, prop::sample::Index),
        Cut(prop::sample::Index),
        Insert { place: prop::sample::Index, text: String },
    }

    fn edit() -> impl Strategy<Value = Edit> {
        let place = any::<prop::sample::Index>;
        prop_oneof![
            (place(), 0_u8..8).prop_map(|(place, bit)| Edit::Flip { place, bit }),
            place().prop_map(Edit::Remove),
            place().prop_map(Edit::Double),
            (place(), place()).prop_map(|(one, other)| Edit::Swap(one, other)),
            place().prop_map(Edit::Cut),
            (place(), "[ -~]{0,40}").prop_map(|(place, text)| Edit::Insert { place, text }),
        ]
    }

    fn edited(lines: &[String], edits: &[Edit]) -> Vec<u8> {
        let mut lines: Vec<Vec<u8>> = lines.iter().map(|line| format!("{line}\n").into_bytes()).collect();
        for edit in edits {
            lines.retain(|line| !line.is_empty());
            let count = lines.len();
            if count == 0 {
                break;
            }
            match edit {
                Edit::Flip { place, bit } => {
                    let line = &mut lines[place.index(count)];
                    let byte = place.index(line.len());
                    line[byte] ^= 1 << bit;
                }
                Edit::Remove(place) => drop(lines.remove(place.index(count))),
                Edit::Double(place) => lines.insert(place.index(count), lines[place.index(count)].clone()),
                Edit::Swap(one, other) => lines.swap(one.index(count), other.index(count)),
                Edit::Cut(place) => {
                    let line = &mut lines[place.index(count)];
                    line.truncate(place.index(line.len()));
                }
                Edit::Insert { place, text } => {
                    lines.insert(place.index(count), format!("{text}\n").into_bytes());
                }
            }
        }
        lines.concat()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]
        /// Any file but the true one is refused, whatever was done to it, as long as the last checkpoint is at hand.
        #[test]
        fn no_edit_of_a_log_goes_unseen(edits in prop::collection::vec(edit(), 1..4)) {
            static CHECKPOINT: LazyLock<Checkpoint> = LazyLock::new(|| checkpoint(8));
            let (lines, head) = log(8);
            let changed = edited(&lines, &edits);
            let given = std::slice::from_ref(&*CHECKPOINT);
            let found = file(StrictLines::new(Box::new(Cursor::new(changed.clone()))), given, &mut |_| ());
            if changed == text(&lines).into_bytes() {
                prop_assert_eq!(found.unwrap().head, head);
            } else {
                prop_assert!(found.is_err());
            }
        }
    }
}
