//! Cases as data: read one after the other, decided, and what a new rulebook changes counted.
//!
//! A file is a JSON array of cases or one case a line; it is read as a stream, so that a year of encounters needs no more
//! memory than one of them. What is assumed of signatures is believed: only `check` judges them. A case that cannot be read
//! is named with its place and does not stop the others.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, Read as _};

use sanad_credential::{Date, Decision, Reason, printable};
use sanad_trust::Rulebook;
use sanad_verifier::Words;
use sanad_verifier::case::{CASE_LIMITS, Case, Expected};
use serde::de::{DeserializeSeed, Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Rulebooks that are not yet in force, and the day on which they would have been published.
#[derive(Debug)]
pub struct Trial {
    /// The rulebooks.
    pub rulebooks: Vec<Rulebook>,
    /// Their date; that of each service where none is told.
    pub issued: Option<Date>,
}

/// One case, replayed.
#[derive(Debug)]
pub struct Replayed {
    /// Its name.
    pub id: String,
    /// The answer, one line of JSON.
    pub answer: String,
    /// The answer in short; under the trial where there is one.
    pub found: Expected,
    /// The answer without the trial.
    pub before: Option<Expected>,
    /// What the case expects.
    pub expected: Option<Expected>,
}

/// Replays one case.
///
/// # Errors
/// Place and fault, in words.
pub fn replay(text: &str, trial: Option<&Trial>, words: &dyn Words) -> Result<Replayed, String> {
    let mut case = Case::parse(text).map_err(|fault| fault.to_string())?;
    let in_short = |case: &Case| {
        let question = case.question();
        let answers = question.decide().map_err(|fault| format!("case {}: {fault}", printable(&case.id)))?;
        Ok::<_, String>((Expected::of(&answers.chosen), answers.to_replay_json(&case.id, words)))
    };
    let mut before = None;
    if let Some(trial) = trial {
        before = Some(in_short(&case)?.0);
        let issued = trial.issued.unwrap_or(case.context().date);
        case.replace_rulebooks(&trial.rulebooks, issued);
    }
    let (found, answer) = in_short(&case)?;
    Ok(Replayed { id: case.id, answer, found, before, expected: case.expected })
}

/// What was replayed, counted.
#[derive(Debug)]
pub struct Summary {
    /// Cases.
    pub cases: usize,
    /// Cases whose answer is another than they expect, by names that cannot rewrite a screen.
    pub differing: Vec<String>,
    /// Cases by decision.
    decisions: BTreeMap<Decision, usize>,
    /// Cases by reason.
    reasons: BTreeMap<Reason, Count>,
    /// Cases by the decision before and under the trial, where the two differ.
    changed: BTreeMap<(Decision, Decision), usize>,
    trial: bool,
}

/// Cases with a reason, before the trial and under it.
#[derive(Clone, Copy, Debug)]
struct Count {
    before: usize,
    found: usize,
}

impl Summary {
    /// Of nothing yet.
    pub fn new(trial: Option<&Trial>) -> Self {
        Self {
            cases: 0,
            differing: Vec::new(),
            decisions: BTreeMap::new(),
            reasons: BTreeMap::new(),
            changed: BTreeMap::new(),
            trial: trial.is_some(),
        }
    }

    /// Counts a case.
    pub fn add(&mut self, replayed: &Replayed) {
        let one_more = |count: &mut usize| *count = count.saturating_add(1);
        one_more(&mut self.cases);
        one_more(self.decisions.entry(replayed.found.decision).or_insert(0));
        for reason in &replayed.found.reasons {
            one_more(&mut self.reasons.entry(*reason).or_insert(Count { before: 0, found: 0 }).found);
        }
        if let Some(before) = &replayed.before {
            for reason in &before.reasons {
                one_more(&mut self.reasons.entry(*reason).or_insert(Count { before: 0, found: 0 }).before);
            }
            if before.decision != replayed.found.decision {
                one_more(self.changed.entry((before.decision, replayed.found.decision)).or_insert(0));
            }
        }
        if replayed.expected.as_ref().is_some_and(|expected| *expected != replayed.found) {
            self.differing.push(printable(&replayed.id));
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} cases", self.cases)?;
        for (decision, count) in &self.decisions {
            writeln!(f, "  {:24} {count:>8}", decision.word())?;
        }
        if self.trial {
            let changed: usize = self.changed.values().sum();
            writeln!(f, "{changed} decided differently under the new rulebooks")?;
            for ((before, found), count) in &self.changed {
                writeln!(f, "  {:24} {count:>8}", format!("{} -> {}", before.word(), found.word()))?;
            }
            writeln!(f, "by reason                    before      new")?;
        } else {
            writeln!(f, "by reason")?;
        }
        for (reason, count) in &self.reasons {
            if self.trial {
                writeln!(f, "  {:24} {:>8} {:>8}", reason.word(), count.before, count.found)?;
            } else {
                writeln!(f, "  {:24} {:>8}", reason.word(), count.found)?;
            }
        }
        Ok(())
    }
}

/// Why a file of cases could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum CasesFault {
    /// The system's.
    #[error("{0}")]
    File(#[from] io::Error),
    /// It is no JSON array.
    #[error("{0}")]
    Array(serde_json::Error),
    /// It holds nothing.
    #[error("no case: an array of cases, or one case a line, must stand here")]
    Empty,
}

/// Hands out the cases of a file one after the other, each with its place.
///
/// # Errors
/// [`CasesFault`]; the cases before it were handed out.
pub fn cases(
    mut source: impl BufRead,
    mut each: impl FnMut(&str, Result<&str, String>) -> io::Result<()>,
) -> Result<(), CasesFault> {
    let first = loop {
        match source.fill_buf()?.first().copied() {
            Some(byte) if byte.is_ascii_whitespace() => source.consume(1),
            first => break first,
        }
    };
    match first {
        None => Err(CasesFault::Empty),
        Some(b'[') => array(source, &mut each),
        Some(_) => lines(source, &mut each),
    }
}

type Each<'e> = dyn FnMut(&str, Result<&str, String>) -> io::Result<()> + 'e;

fn array(source: impl BufRead, each: &mut Each<'_>) -> Result<(), CasesFault> {
    struct Elements<'e, 'f>(&'e mut Each<'f>);
    impl<'de> Visitor<'de> for Elements<'_, '_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array of cases")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
            let mut number = 1_usize;
            while let Some(case) = sequence.next_element_seed(Raw)? {
                (self.0)(&format!("case {number}"), Ok(case.get())).map_err(serde::de::Error::custom)?;
                number = number.saturating_add(1);
            }
            Ok(())
        }
    }
    let mut deserializer = serde_json::Deserializer::from_reader(source);
    deserializer.deserialize_seq(Elements(each)).map_err(CasesFault::Array)?;
    deserializer.end().map_err(CasesFault::Array)
}

struct Raw;

impl<'de> DeserializeSeed<'de> for Raw {
    type Value = Box<RawValue>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Box<RawValue>, D::Error> {
        serde::Deserialize::deserialize(deserializer)
    }
}

fn lines(mut source: impl BufRead, each: &mut Each<'_>) -> Result<(), CasesFault> {
    let max = CASE_LIMITS.bytes_max;
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(2);
    let mut line = Vec::new();
    let mut number = 0_usize;
    loop {
        line.clear();
        if source.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        number = number.saturating_add(1);
        let place = format!("line {number}");
        if line.last() != Some(&b'\n') && line.len() > max {
            each(&place, Err(format!("more than {max} bytes")))?;
            source.skip_until(b'\n')?;
            continue;
        }
        match std::str::from_utf8(&line).map(str::trim) {
            Ok("") => {}
            Ok(text) => each(&place, Ok(text))?,
            Err(_) => each(&place, Err("no UTF-8 text".to_owned()))?,
        }
    }
}
