//! `sanad-issuer export`, `import` and `migrate`: a store moves into another, or to another layout.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use indicatif::ProgressBar;
use sanad_credential::{FixedBytes, Json};
use sanad_keyfile::KeyFault;
use sanad_keyfile::passphrase::Purpose;

use super::{
    Failure, STORE, Shared, fault, input, lies_in, new_store, obtain, open_store, progress_bar, say,
    store_choice, store_to_fill, time, usage,
};
use crate::config::{self, Config};
use crate::durable::StoreFault;
use crate::keys;
use crate::permutation::Permutation;
use crate::store::RecordsFault;
use crate::store::opening::{self, Direction, Migration, MigrationFault};
use crate::transfer::form::Header;
use crate::transfer::{self, Checks, Counts, Source, Stage, TransferFault};

#[derive(Args)]
pub(super) struct Export {
    /// Directory of the issuer. No service may be running with it.
    dir: PathBuf,
    /// File to write; it must not be there yet. It holds personal data, as the store does.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(super) struct Import {
    /// Directory of the issuer, with its issuer.toml and keys.age; its store must be missing or empty.
    dir: PathBuf,
    /// What `export` wrote.
    file: PathBuf,
}

#[derive(Args)]
pub(super) struct Migrate {
    /// Directory of the issuer. No service may be running with it.
    dir: PathBuf,
    /// One layout back, for the program before this one: PostgreSQL only, and never where it would lose anything.
    #[arg(long)]
    down: bool,
}

impl Export {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        refuse_own(&self.dir, &self.out)?;
        let config = Config::load(&self.dir)?;
        let now = time(shared)?;
        let store = open_store(&self.dir, &config)?;
        let header = Header { iss: config.record.iss().clone(), time: now };
        let bar = progress_bar("Exporting", None);
        let what = transfer::Export { store: store.as_ref(), header: &header, path: &self.out };
        let exported = transfer::export_file(&what, &mut |rows| bar.set_position(rows));
        bar.finish_and_clear();
        let exported = exported?;
        let out = self.out.display();
        if shared.json {
            let mut members = counts_json(&exported.counts);
            members.push(("sha256".into(), Json::Text(FixedBytes(exported.sha256).to_string().into())));
            members.push(("out".into(), Json::Text(out.to_string().into())));
            return say(&Json::Object(members));
        }
        let Counts { documents, lines, .. } = exported.counts;
        eprintln!("The file holds personal data and is not encrypted: keep it as you keep the store.");
        say(&format_args!("Exported documents: {documents}, lines of the audit log: {lines}, to {out}"))
    }
}

impl Import {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let now = time(shared)?;
        let config = Config::load(&self.dir)?;
        let source = Source::file(&self.file)?;
        let passphrase = obtain(shared, Purpose::Open)?;
        let keys = keys::load(&self.dir, &passphrase, config.record.members())?;
        let permutation = Permutation::new(&keys.permutation);
        let there = store_to_fill(&self.dir, &config)?;
        if let Some(store) = &there {
            transfer::refuse_full(store.as_ref())?;
        }
        let mut bars = Bars::new();
        let checks = Checks { record: &config.record, permutation: &permutation };
        let verified = transfer::verify(&source, checks, &mut |stage, rows| bars.show(stage, rows))?;
        let store = match there {
            Some(store) => store,
            None => new_store(&self.dir, &config)?,
        };
        bars.total = Some(verified.counts.rows());
        transfer::import(store.as_ref(), (&source, &verified), now, &mut |stage, rows| {
            bars.show(stage, rows)
        })?;
        bars.clear();
        let Counts { documents, lines, .. } = verified.counts;
        warn_of_refused(verified.refused_today);
        if shared.json {
            let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
            let mut members = counts_json(&verified.counts);
            members.push(("next".into(), number(verified.next.0)));
            members.push(("refused_today".into(), number(verified.refused_today)));
            members.push(("verified".into(), Json::Bool(true)));
            return say(&Json::Object(members));
        }
        say(&format_args!(
            "Imported and compared: documents {documents}, lines of the audit log {lines}. The store in {} is complete. \
             Take the other one out of use: both together would give numbers twice.",
            self.dir.display()
        ))
    }
}

impl Migrate {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let now = time(shared)?;
        let config = Config::load(&self.dir)?;
        let direction = if self.down { Direction::Down } else { Direction::Up };
        let bar = progress_bar("Migrating", None);
        let choice = store_choice(&self.dir)?;
        let done = opening::migrate(&choice, config.record.iss(), direction, now, &mut |rows| {
            bar.set_position(rows);
        });
        bar.finish_and_clear();
        let done = match done {
            Ok(done) => done,
            Err(MigrationFault::Store(fault)) => return Err(fault.into()),
            Err(no_way @ MigrationFault::NoWayDown) => return Err(usage(no_way.to_string())),
        };
        if shared.json {
            let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
            let mut members = vec![("migrated".into(), Json::Bool(done != Migration::Nothing))];
            match done {
                Migration::Nothing => {}
                Migration::Embedded { documents, old } => {
                    members.push(("documents".into(), number(documents)));
                    members.push(("old".into(), Json::Text(old.display().to_string().into())));
                }
                Migration::Postgres { from, to } => {
                    members.push(("from".into(), number(from.into())));
                    members.push(("to".into(), number(to.into())));
                }
            }
            return say(&Json::Object(members));
        }
        match done {
            Migration::Nothing => {
                say(&format_args!("The store of {} has that layout already", self.dir.display()))
            }
            Migration::Embedded { documents, old } => say(&format_args!(
                "Migrated documents: {documents}. The old store is {}; remove it once a backup of the new one is made.",
                old.display()
            )),
            Migration::Postgres { from, to } => {
                say(&format_args!("The tables have layout {to}; they had {from}"))
            }
        }
    }
}

/// A bar for each stage.
pub(super) struct Bars {
    bar: Option<(Stage, ProgressBar)>,
    /// Rows there are, once they are known.
    pub(super) total: Option<u64>,
}

impl Bars {
    pub(super) fn new() -> Self {
        Self { bar: None, total: None }
    }

    pub(super) fn show(&mut self, stage: Stage, rows: u64) {
        if !matches!(&self.bar, Some((shown, _)) if *shown == stage) {
            self.clear();
            let word = match stage {
                Stage::Write => "Writing",
                Stage::Verify => "Verifying",
                Stage::Load => "Loading",
                Stage::Compare => "Comparing",
            };
            self.bar = Some((stage, progress_bar(word, self.total)));
        }
        if let Some((_, bar)) = &self.bar {
            bar.set_position(rows);
        }
    }

    pub(super) fn clear(&mut self) {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// A file in the store would be taken for a part of it.
pub(super) fn refuse_own(dir: &Path, out: &Path) -> Result<(), Failure> {
    if [keys::FILE_NAME, config::FILE_NAME, STORE].iter().any(|name| lies_in(out, &dir.join(name))) {
        return Err(usage(format!("--out {} is the issuer's own; choose another file", out.display())));
    }
    Ok(())
}

pub(super) fn warn_of_refused(documents: u64) {
    if documents > 0 {
        eprintln!(
            "Note: {documents} documents are this issuer's and verifiers refuse them today: their key is compromised or \
             out of its days, or issuer.toml is narrower than it was. They were moved as they are."
        );
    }
}

pub(super) fn counts_json(counts: &Counts) -> Vec<(std::borrow::Cow<'static, str>, Json<'static>)> {
    let Counts { documents, requests, blocks, papers, lines } = *counts;
    let named = [
        ("documents", documents),
        ("requests", requests),
        ("blocks", blocks),
        ("papers", papers),
        ("lines", lines),
    ];
    let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    named.into_iter().map(|(name, count)| (name.into(), number(count))).collect()
}

/// Faults of a store as a command ends with them.
impl From<RecordsFault> for Failure {
    fn from(records: RecordsFault) -> Self {
        match records {
            RecordsFault::Store(StoreFault::InUse { .. }) => fault(format_args!(
                "{records}: a service or another command works with it. Stop the service first"
            )),
            RecordsFault::NotEmpty { .. }
            | RecordsFault::Choice { .. }
            | RecordsFault::HalfFilled { .. }
            | RecordsFault::OtherIssuer { .. }
            | RecordsFault::OtherFormat { .. } => input(records.to_string()),
            other => fault(other),
        }
    }
}

impl From<TransferFault> for Failure {
    fn from(transfer: TransferFault) -> Self {
        match transfer {
            TransferFault::Store(records) => records.into(),
            TransferFault::File { ref path, ref source } => match source.kind() {
                io::ErrorKind::AlreadyExists => {
                    usage(format!("{} exists; choose another name", path.display()))
                }
                io::ErrorKind::NotFound
                | io::ErrorKind::NotADirectory
                | io::ErrorKind::IsADirectory
                | io::ErrorKind::PermissionDenied
                | io::ErrorKind::InvalidData => input(transfer.to_string()),
                _ => fault(transfer),
            },
            TransferFault::Sealed(KeyFault::Io { .. } | KeyFault::Encrypt(_)) => fault(transfer),
            TransferFault::Sealed(_)
            | TransferFault::Line { .. }
            | TransferFault::Changed { .. }
            | TransferFault::OtherFile { .. } => input(transfer.to_string()),
            TransferFault::StoreOrder
            | TransferFault::InMotion
            | TransferFault::Differs { .. }
            | TransferFault::Worker => fault(transfer),
        }
    }
}
