//! `sanad-issuer audit`: is the log whole, a copy of it, a signed head of it.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sanad_credential::{Json, UnixTime};
use sanad_trust::{IssuerRecord, KeyUse, RECORD_LIMITS};

use super::transfer::refuse_own;
use super::{
    Failure, Shared, fault, input, internal, issuer_keys, open_store, progress_bar, say, time, usage,
};
use crate::audit::checkpoint::{self, CHECKPOINT_BYTES_MAX, Checkpoint};
use crate::audit::verify::{self, AuditFault, Whole};
use crate::audit::{Actor, Head};
use crate::config::Config;
use crate::store::Store;
use crate::strict_lines::StrictLines;
use crate::transfer::TransferFault;
use crate::whole_file::{self, NewFile};

#[derive(Args)]
pub(super) struct AuditCommand {
    /// Directory of the issuer. `verify --file` needs none.
    dir: Option<PathBuf>,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Follow the log from its first line to its last, past all checkpoints.
    Verify(Verify),
    /// Copy the log to a file, a line of JSON for each act, as they stand in the store. It is verified on the way.
    Export(Out),
    /// Verify the log, sign where it stands with the status key, and write that to a file to be kept elsewhere.
    Checkpoint(Out),
}

#[derive(Args)]
struct Verify {
    /// Verify this copy of a log instead of the store.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Checkpoints that were kept elsewhere. Only these show a log that was written anew.
    #[arg(long = "checkpoint", value_name = "FILE", num_args = 1..)]
    checkpoints: Vec<PathBuf>,
    /// The issuer's record, with which checkpoints are verified where no directory is given.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

#[derive(Args)]
struct Out {
    /// File to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl AuditCommand {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        match &self.act {
            Act::Verify(verify) => verify.run(self.dir.as_deref(), shared),
            Act::Export(out) => out.export(self.dir()?, shared),
            Act::Checkpoint(out) => out.checkpoint(self.dir()?, shared),
        }
    }

    fn dir(&self) -> Result<&Path, Failure> {
        self.dir.as_deref().ok_or_else(|| usage("say the directory of the issuer: audit DIR …".to_owned()))
    }
}

impl Verify {
    fn run(&self, dir: Option<&Path>, shared: &Shared) -> Result<ExitCode, Failure> {
        let config = dir.map(Config::load).transpose()?;
        let record = match (&self.record, &config) {
            (Some(file), _) => Some(read_record(file)?),
            (None, Some(config)) => Some(config.record.clone()),
            (None, None) => None,
        };
        let given = self.given(record.as_ref())?;
        let whole = match (&self.file, dir, &config) {
            (Some(file), _, _) => verify_file(file, &given)?,
            (None, Some(dir), Some(config)) => {
                verify_store(open_store(dir, config)?.as_ref(), config, &given)?
            }
            (None, ..) => {
                return Err(usage(
                    "say what to verify: audit DIR verify, or audit verify --file FILE".to_owned(),
                ));
            }
        };
        if given.is_empty() {
            eprintln!(
                "Note: without a checkpoint that was kept elsewhere, nobody can see that the end of a log was cut off or \
                 that all of it was written anew."
            );
        }
        let Whole { head: Head { lines, hash }, checkpoints } = whole;
        if shared.json {
            let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
            return say(&Json::Object(vec![
                ("lines".into(), number(lines)),
                ("hash".into(), Json::Text(hash.to_string().into())),
                ("checkpoints".into(), number(u64::try_from(checkpoints).unwrap_or(u64::MAX))),
                ("verified".into(), Json::Bool(true)),
            ]));
        }
        say(&format_args!(
            "The log is whole: lines {lines}, checkpoints that agree {checkpoints}, last hash {hash}"
        ))
    }

    fn given(&self, record: Option<&IssuerRecord>) -> Result<Vec<Checkpoint>, Failure> {
        if self.checkpoints.is_empty() {
            return Ok(Vec::new());
        }
        let record = record.ok_or_else(|| {
            usage("a checkpoint is verified with the issuer's record: give --record FILE".to_owned())
        })?;
        let open = |path: &PathBuf| {
            let text = read_text(path, CHECKPOINT_BYTES_MAX)?;
            let opened = Checkpoint::open(&text, record);
            opened.map_err(|fault| input(format!("{}: {fault}", path.display())))
        };
        self.checkpoints.iter().map(open).collect()
    }
}

fn verify_file(file: &Path, given: &[Checkpoint]) -> Result<Whole, Failure> {
    let named = |words: String| input(format!("{}: {words}", file.display()));
    let opened = File::open(file).map_err(|error| named(error.to_string()))?;
    let lines = StrictLines::new(Box::new(BufReader::with_capacity(64 * 1024, opened)));
    let bar = progress_bar("Verifying", None);
    let whole = verify::file(lines, given, &mut |n| bar.set_position(n));
    bar.finish_and_clear();
    whole.map_err(|fault| named(fault.to_string()))
}

fn verify_store(store: &dyn Store, config: &Config, given: &[Checkpoint]) -> Result<Whole, Failure> {
    let bar = progress_bar("Verifying", None);
    let whole = verify::store(store, &config.record, given, &mut |_| {
        bar.inc(1);
        Ok::<(), AuditFault>(())
    });
    bar.finish_and_clear();
    Ok(whole?)
}

impl Out {
    fn export(&self, dir: &Path, shared: &Shared) -> Result<ExitCode, Failure> {
        refuse_own(dir, &self.out)?;
        let config = Config::load(dir)?;
        let store = open_store(dir, &config)?;
        let file = |source| TransferFault::File { path: self.out.clone(), source };
        let mut out = BufWriter::with_capacity(64 * 1024, NewFile::begin(&self.out).map_err(file)?);
        let bar = progress_bar("Exporting", None);
        let whole = verify::store(store.as_ref(), &config.record, &[], &mut |line| {
            bar.inc(1);
            writeln!(out, "{line}").map_err(|source| Failure::from(file(source)))
        });
        bar.finish_and_clear();
        let whole = whole?;
        let written = out.into_inner().map_err(|error| file(error.into_error()))?;
        written.place().map_err(file)?;
        let out = self.out.display();
        if shared.json {
            let lines = i64::try_from(whole.head.lines).unwrap_or(i64::MAX);
            return say(&Json::Object(vec![
                ("lines".into(), Json::Integer(lines)),
                ("hash".into(), Json::Text(whole.head.hash.to_string().into())),
                ("out".into(), Json::Text(out.to_string().into())),
            ]));
        }
        say(&format_args!("Lines of the log: {}, to {out}", whole.head.lines))
    }

    fn checkpoint(&self, dir: &Path, shared: &Shared) -> Result<ExitCode, Failure> {
        refuse_own(dir, &self.out)?;
        let now: UnixTime = time(shared)?;
        let config = Config::load(dir)?;
        config.key_on(KeyUse::Status, now.date()).map_err(|fault| input(fault.to_string()))?;
        self.refuse_other_file(&config.record)?;
        let keys = issuer_keys::open(dir, &config, shared, &[KeyUse::Status])?;
        let store = open_store(dir, &config)?;
        let whole = verify_store(store.as_ref(), &config, &[])?;
        let iss = config.record.iss();
        let key = keys.signer(config.record.members(), KeyUse::Status, now.date()).map_err(fault)?;
        let checkpoint = Checkpoint::sign(iss, whole.head, now, key).map_err(fault)?;
        // What is handed out opens: a key that does not count would make it worthless.
        Checkpoint::open(&checkpoint.text(), &config.record).map_err(fault)?;
        checkpoint::keep(store.as_ref(), &checkpoint, Actor::command_line())?;
        let text = format!("{}\n", checkpoint.text());
        whole_file::write(&self.out, text.as_bytes()).map_err(|error| internal(&self.out, error))?;
        if shared.json {
            return say(&checkpoint.text());
        }
        say(&format_args!(
            "Signed after {} lines, in {}. Keep it where those who can write the store cannot write.",
            whole.head.lines,
            self.out.display()
        ))
    }
}

impl Out {
    /// Only an older checkpoint is replaced: a slip of the hand must not cost another file.
    fn refuse_other_file(&self, record: &IssuerRecord) -> Result<(), Failure> {
        if !self.out.exists() {
            return Ok(());
        }
        let there = read_text(&self.out, CHECKPOINT_BYTES_MAX).map_err(|failure| failure.message);
        let opened =
            there.and_then(|text| Checkpoint::open(&text, record).map_err(|fault| fault.to_string()));
        opened.map(|_| ()).map_err(|why| {
            let out = self.out.display();
            input(format!("{out} is there and is no checkpoint of this issuer ({why}); nothing was written"))
        })
    }
}

fn read_record(path: &Path) -> Result<IssuerRecord, Failure> {
    let text = read_text(path, RECORD_LIMITS.bytes_max)?;
    IssuerRecord::parse(&text).map_err(|fault| input(format!("{}: {fault}", path.display())))
}

fn read_text(path: &Path, bytes_max: usize) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| input(format!("{}: {error}", path.display()));
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    File::open(path).map_err(unreadable)?.take(limit).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() > bytes_max {
        return Err(input(format!("{}: longer than {bytes_max} bytes", path.display())));
    }
    Ok(text)
}

impl From<AuditFault> for Failure {
    fn from(audit: AuditFault) -> Self {
        match audit {
            AuditFault::Store(records) => records.into(),
            AuditFault::Line { .. }
            | AuditFault::Broken(_)
            | AuditFault::Short { .. }
            | AuditFault::Rewritten { .. }
            | AuditFault::OtherHead { .. }
            | AuditFault::Checkpoint { .. } => input(audit.to_string()),
        }
    }
}
