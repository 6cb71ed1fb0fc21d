//! `sanad-issuer backup` and `restore`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use sanad_credential::Json;
use sanad_keyfile::passphrase::{self, Passphrase, Purpose};

use super::transfer::{Bars, counts_json, refuse_own, warn_of_refused};
use super::{
    Failure, Shared, fault, input, new_store, obtain, obtain_for, open_store, say, store_to_fill, time, usage,
};
use crate::backup::{self, BackupFault, Lists, Restored, Since};
use crate::config::Config;
use crate::transfer::Counts;

#[derive(Args)]
pub(super) struct Backup {
    /// Directory of the issuer. No service may be running with it.
    dir: PathBuf,
    /// File to write; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Seal the backup with the first line of this file instead of the passphrase of the issuer's keys.
    #[arg(long, value_name = "FILE")]
    backup_passphrase_file: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Restore {
    /// The backup.
    file: PathBuf,
    /// Directory to make; it must not be there yet.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Open the backup with the first line of this file instead of the passphrase of the issuer's keys.
    #[arg(long, value_name = "FILE")]
    backup_passphrase_file: Option<PathBuf>,
    /// Certainly no more documents than this were signed after the backup was made; 0 if none was. Where it is left
    /// out, the issuer goes on in a status list that it did not have, and its record must be published again.
    #[arg(long, value_name = "DOCUMENTS")]
    issued_since: Option<u64>,
}

impl Backup {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        refuse_own(&self.dir, &self.out)?;
        let now = time(shared)?;
        let config = Config::load(&self.dir)?;
        let keys_passphrase = obtain(shared, Purpose::Open)?;
        let own = self.backup_passphrase_file.as_ref();
        let own = own.map(|file| from_file(file, Purpose::Create)).transpose()?;
        let store = open_store(&self.dir, &config)?;
        let mut bars = Bars::new();
        let what = backup::Backup {
            dir: &self.dir,
            store: store.as_ref(),
            keys_passphrase: &keys_passphrase,
            passphrase: own.as_ref().unwrap_or(&keys_passphrase),
            out: &self.out,
            now,
        };
        let verified = backup::write(&what, &mut |stage, rows| bars.show(stage, rows));
        bars.clear();
        let verified = verified?;
        warn_of_refused(verified.refused_today);
        let out = self.out.display();
        if shared.json {
            let mut members = counts_json(&verified.counts);
            members.push(("out".into(), Json::Text(out.to_string().into())));
            members.push(("verified".into(), Json::Bool(true)));
            return say(&Json::Object(members));
        }
        let Counts { documents, lines, .. } = verified.counts;
        let other = if own.is_some() { "its passphrase and that of the keys" } else { "the passphrase" };
        eprintln!("Keep it away from this machine, and {other} away from it.");
        say(&format_args!(
            "Backup written and read back: documents {documents}, lines of the audit log {lines}, in {out}"
        ))
    }
}

impl Restore {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        let now = time(shared)?;
        let keys_passphrase = obtain_for(shared, Purpose::Open, "Passphrase of the issuer's keys")?;
        let own = self.backup_passphrase_file.as_ref();
        let own = own.map(|file| from_file(file, Purpose::Open)).transpose()?;
        let mut bars = Bars::new();
        let what = backup::Restore {
            file: &self.file,
            dir: &self.dir,
            passphrase: own.as_ref().unwrap_or(&keys_passphrase),
            keys_passphrase: &keys_passphrase,
            since: self.issued_since.map_or(Since::Unknown, Since::AtMost),
            now,
            store: &|dir, config| store_to_fill(dir, config)?.map_or_else(|| new_store(dir, config), Ok),
        };
        let restored = backup::restore(&what, &mut |stage, rows| bars.show(stage, rows));
        bars.clear();
        let restored = restored?;
        warn_of_refused(restored.verified.refused_today);
        if shared.json { say(&self.json(&restored)) } else { say(&self.words(&restored)) }
    }

    fn words(&self, restored: &Restored) -> String {
        let Counts { documents, lines, .. } = restored.verified.counts;
        let dir = self.dir.display();
        let (time, list) = (restored.verified.header.time, restored.list.number());
        let mut text = format!(
            "Restored and compared: documents {documents}, lines of the audit log {lines}, as of {time}, into {dir}.\n\
             The next document will stand in status list {list}, where none signed after the backup can stand.\n"
        );
        // Writing to a String cannot fail.
        let _ = match restored.lists {
            Lists::Enough => Ok(()),
            Lists::Raised(lists) => writeln!(
                text,
                "status.lists in {dir}/issuer.toml was raised to {lists} for this. Publish the issuer's record again before \
                 you issue: verifiers refuse documents of a list that they do not know.\n\
                 (If you know how many documents were signed since at most, remove {dir} and restore with --issued-since.)"
            ),
            Lists::RaiseByHand(lists) => writeln!(
                text,
                "Set status.lists in {dir}/issuer.toml to {lists}, and publish the issuer's record again before you issue."
            ),
        };
        let _ = write!(
            text,
            "What was done after {time} is not in it: revoke and suspend again what was since. Published lists that say \
             more than this store are not replaced: docs/operations.md."
        );
        text
    }

    fn json(&self, restored: &Restored) -> Json<'static> {
        let number = |number: u64| Json::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let (lists, by_hand) = match restored.lists {
            Lists::Enough => (Json::Null, false),
            Lists::Raised(lists) => (number(u64::from(lists)), false),
            Lists::RaiseByHand(lists) => (number(u64::from(lists)), true),
        };
        let mut members = counts_json(&restored.verified.counts);
        members.push(("as_of".into(), Json::Text(restored.verified.header.time.to_string().into())));
        members.push(("next".into(), number(restored.next.0)));
        members.push(("list".into(), number(u64::from(restored.list.number()))));
        members.push(("status_lists".into(), lists));
        members.push(("by_hand".into(), Json::Bool(by_hand)));
        members.push(("dir".into(), Json::Text(self.dir.display().to_string().into())));
        members.push(("verified".into(), Json::Bool(true)));
        Json::Object(members)
    }
}

/// Never from `SANAD_PASSPHRASE`, which is that of the keys.
fn from_file(file: &std::path::Path, purpose: Purpose) -> Result<Passphrase, Failure> {
    passphrase::obtain(Some(file), purpose, "Passphrase of the backup")
        .map_err(|fault| input(fault.to_string()))
}

impl From<BackupFault> for Failure {
    fn from(backup: BackupFault) -> Self {
        match backup {
            BackupFault::Transfer(transfer) => transfer.into(),
            BackupFault::Config(config) => config.into(),
            BackupFault::Keys(keys) => keys.into(),
            BackupFault::Permutation(permutation) => fault(permutation),
            BackupFault::Exists { .. } | BackupFault::Occupied { .. } | BackupFault::TooMany { .. } => {
                usage(backup.to_string())
            }
        }
    }
}
