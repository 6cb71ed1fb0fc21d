//! `sanad-issuer status`: changing what documents are worth, and publishing it.

use std::fs::File;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sanad_credential::{CredentialId, FixedBytes, Json, UnixTime};

use super::{Failure, Shared, fault, input, internal, issuer_keys, open_store, progress_bar, say, time};
use crate::audit::Actor;
use crate::config::Config;
use crate::issue::Issuer;
use crate::publish::{Publication, PublishFault, Published, Unchanged};
use crate::status::{Impossible, StatusFault};
use crate::store::RecordsFault;
use crate::transition::{Change, Outcome, Step};
use sanad_trust::KeyUse;

/// Largest file of ids: 7.8 million of them. What is longer is cut in two.
const FILE_BYTES_MAX: u64 = 128 << 20;

/// Problems that are shown. A file with more is the wrong file.
const PROBLEMS_SHOWN_MAX: usize = 1_000;

#[derive(Args)]
pub(super) struct StatusCommand {
    /// Directory of the issuer.
    dir: PathBuf,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Documents are not valid until they are resumed.
    Suspend(Documents),
    /// Suspended documents are valid again.
    Resume(Documents),
    /// Documents are never valid again; this cannot be undone.
    Revoke(Documents),
    /// Newer documents take the place of these. They can still be revoked, nothing else.
    Supersede(Documents),
    /// Write the signed status lists: <list> as CWT and <list>.jwt as JWT, to be served at the prefix of the lists.
    Publish(Publish),
}

#[derive(Args)]
struct Documents {
    /// Ids of documents: 16 hexadecimal digits each, as in index.csv.
    #[arg(value_name = "CTI", required_unless_present = "file", value_parser = parse_id)]
    ids: Vec<CredentialId>,
    /// Read ids from a file too, one a line.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Change the documents that can be changed, although others cannot.
    #[arg(long)]
    keep_going: bool,
}

#[derive(Args)]
struct Publish {
    /// Directory for the lists; what was published there before is replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Leave lists as they are that have not changed and are younger than twelve hours.
    #[arg(long)]
    changed_only: bool,
}

impl StatusCommand {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        match &self.act {
            Act::Suspend(documents) => self.change(shared, Change::Suspend, documents),
            Act::Resume(documents) => self.change(shared, Change::Resume, documents),
            Act::Revoke(documents) => self.change(shared, Change::Revoke, documents),
            Act::Supersede(documents) => self.change(shared, Change::Supersede, documents),
            Act::Publish(publish) => self.publish(shared, publish),
        }
    }

    fn open(&self, shared: &Shared, uses: &[KeyUse]) -> Result<Issuer, Failure> {
        let config = Config::load(&self.dir)?;
        let keys = issuer_keys::open(&self.dir, &config, shared, uses)?;
        let store = open_store(&self.dir, &config)?;
        Ok(Issuer::new(config, keys, store))
    }

    fn change(&self, shared: &Shared, change: Change, documents: &Documents) -> Result<ExitCode, Failure> {
        let mut ids = documents.ids.clone();
        if let Some(path) = &documents.file {
            ids.extend(read_ids(path)?);
        }
        let issuer = self.open(shared, &[])?;
        let bar = progress_bar("Looking up", Some(u64::try_from(ids.len()).unwrap_or(u64::MAX)));
        let judged = issuer.judge_change(change, &ids, &mut |done| bar.set_position(done));
        bar.finish_and_clear();
        let judged = judged?;
        for (cti, problem) in judged.impossible.iter().take(PROBLEMS_SHOWN_MAX) {
            eprintln!("{cti}: {problem}");
        }
        let more = judged.impossible.len().saturating_sub(PROBLEMS_SHOWN_MAX);
        if more > 0 {
            eprintln!("and {more} more");
        }
        let stop = !judged.impossible.is_empty() && !documents.keep_going;
        let outcomes = if stop {
            Vec::new()
        } else {
            issuer.change_status(&judged, &Actor::command_line(), time(shared)?)?
        };
        let report = Report { change, outcomes: &outcomes, impossible: &judged.impossible };
        if shared.json {
            say(&report.to_json())?;
        } else {
            report.write().map_err(|error| internal(Path::new("standard output"), error))?;
        }
        if stop {
            return Err(input(format!(
                "{} of {} documents cannot be changed, so nothing was. Correct the list, or change the others with \
                 --keep-going.",
                judged.impossible.len(),
                ids.len()
            )));
        }
        if report.changed() > 0 {
            eprintln!(
                "Verifiers learn of it when the lists are published: status {} publish",
                self.dir.display()
            );
        }
        let refused = outcomes.iter().any(|(_, outcome)| outcome.step == Step::Refuse);
        let all_done = judged.impossible.is_empty() && !refused;
        Ok(if all_done { ExitCode::SUCCESS } else { ExitCode::from(3) })
    }

    fn publish(&self, shared: &Shared, publish: &Publish) -> Result<ExitCode, Failure> {
        let now = time(shared)?;
        let issuer = self.open(shared, &[KeyUse::Status])?;
        let bar = progress_bar("Publishing", Some(u64::from(issuer.config.record.members().status.lists)));
        let unchanged = if publish.changed_only { Unchanged::Leave } else { Unchanged::SignAgain };
        let publication = Publication { out: &publish.out, now, unchanged };
        let published = issuer.publish(&publication, &|done| bar.set_position(done));
        bar.finish_and_clear();
        publish.report(shared, now, &published?)
    }
}

impl Publish {
    fn report(&self, shared: &Shared, now: UnixTime, published: &Published) -> Result<ExitCode, Failure> {
        let out = self.out.display();
        if let Some(seconds) = published.seconds_ahead {
            eprintln!(
                "Note: the clock says {now}, and lists were published later than that. They bear times up to \
                 {seconds} seconds ahead, so that none goes backward. Check the clock."
            );
        }
        let Published { signed, left, bytes, seconds_ahead } = *published;
        if shared.json {
            let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
            say(&Json::Object(vec![
                ("signed".into(), number(signed)),
                ("left".into(), number(left)),
                ("bytes".into(), number(bytes)),
                ("seconds_ahead".into(), seconds_ahead.map_or(Json::Null, number)),
                ("out".into(), Json::Text(out.to_string().into())),
            ]))
        } else if left > 0 {
            say(&format_args!("Status lists signed: {signed}, left as they were: {left}, in {out}"))
        } else {
            say(&format_args!("Status lists signed: {signed}, in {out}"))
        }
    }
}

/// What became of the documents.
struct Report<'a> {
    change: Change,
    outcomes: &'a [(CredentialId, Outcome)],
    impossible: &'a [(CredentialId, Impossible)],
}

impl Report<'_> {
    fn changed(&self) -> usize {
        self.outcomes.iter().filter(|(_, outcome)| matches!(outcome.step, Step::To(_))).count()
    }

    /// One line a document, the impossible ones apart, which were told before.
    fn write(&self) -> std::io::Result<()> {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        for (cti, Outcome { from, step }) in self.outcomes {
            let from = from.word();
            match step {
                Step::To(to) => writeln!(out, "{cti}: {from} -> {}", to.word())?,
                Step::Already => writeln!(out, "{cti}: {from} already")?,
                Step::Refuse => writeln!(out, "{cti}: {from}, not changed")?,
            }
        }
        out.flush()
    }

    fn to_json(&self) -> Json<'static> {
        let number = |number: usize| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let word = |word: &'static str| Json::Text(word.into());
        let entry = |cti: &CredentialId, from: Json<'static>, to: Json<'static>, problem: Json<'static>| {
            Json::Object(vec![
                ("cti".into(), Json::Text(cti.to_string().into())),
                ("from".into(), from),
                ("to".into(), to),
                ("problem".into(), problem),
            ])
        };
        let refused = || word("refused");
        let done = self.outcomes.iter().map(|(cti, outcome)| {
            let from = outcome.from.word();
            match outcome.step {
                Step::To(to) => entry(cti, word(from), word(to.word()), Json::Null),
                Step::Already => entry(cti, word(from), word(from), Json::Null),
                Step::Refuse => entry(cti, word(from), word(from), refused()),
            }
        });
        let not_done = self.impossible.iter().map(|(cti, problem)| match problem {
            Impossible::Unknown => entry(cti, Json::Null, Json::Null, word("unknown")),
            Impossible::Refuse { from } => entry(cti, word(from.word()), word(from.word()), refused()),
        });
        Json::Object(vec![
            ("change".into(), word(self.change.word())),
            ("changed".into(), number(self.changed())),
            ("impossible".into(), number(self.impossible.len())),
            ("documents".into(), Json::Array(done.chain(not_done).collect())),
        ])
    }
}

fn parse_id(text: &str) -> Result<CredentialId, String> {
    FixedBytes::from_hex(&text.to_ascii_lowercase()).map_err(|_| "must be 16 hexadecimal digits".to_owned())
}

/// Ids, one a line; empty lines are passed over. Every line is checked before one counts.
fn read_ids(path: &Path) -> Result<Vec<CredentialId>, Failure> {
    let unreadable = |error| input(format!("{}: {error}", path.display()));
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(FILE_BYTES_MAX.saturating_add(1)).read_to_string(&mut text).map_err(unreadable)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
        return Err(input(format!("{}: more than {FILE_BYTES_MAX} bytes; cut it in two", path.display())));
    }
    let (mut ids, mut wrong) = (Vec::new(), Vec::new());
    for (line, text) in (1_u64..).zip(text.lines()) {
        match text.trim() {
            "" => {}
            text => match parse_id(text) {
                Ok(id) => ids.push(id),
                Err(_) => wrong.push(line),
            },
        }
    }
    match wrong.as_slice() {
        [] => Ok(ids),
        [first, ..] => Err(input(format!(
            "{}, line {first}: must be 16 hexadecimal digits (lines with this fault: {})",
            path.display(),
            wrong.len()
        ))),
    }
}

impl From<StatusFault> for Failure {
    fn from(status: StatusFault) -> Self {
        fault(status)
    }
}

impl From<PublishFault> for Failure {
    fn from(publish: PublishFault) -> Self {
        match publish {
            PublishFault::Sign(sign) => sign.into(),
            PublishFault::TooFew { .. }
            | PublishFault::Foreign { .. }
            | PublishFault::Misplaced { .. }
            | PublishFault::Backward { .. }
            | PublishFault::OpenForm { .. }
            | PublishFault::Rejected { .. }
            | PublishFault::Format { .. }
            | PublishFault::Store(RecordsFault::Time { .. }) => input(publish.to_string()),
            PublishFault::Store(_)
            | PublishFault::Differs { .. }
            | PublishFault::InUse { .. }
            | PublishFault::File { .. }
            | PublishFault::Worker => fault(publish),
        }
    }
}
