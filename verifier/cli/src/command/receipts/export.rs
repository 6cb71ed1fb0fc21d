//! `sanad-verify receipts export`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sanad_credential::{IssuerId, Json};
use sanad_trust::members::Written;

use super::{Days, Failure, Form, Place, bad, given_delegations, pack_delegations, say};
use crate::receipts::export::{self, ExportFault, Exported, Wanted, export};

/// Write receipts for a claim: a row each, with the signed receipt itself and the facility's delegation.
#[derive(Args)]
pub(super) struct Export {
    /// File to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// CSV for spreadsheets, JSON (one object a line) for programs.
    #[arg(long, value_name = "csv|json", value_enum, default_value = "csv")]
    format: FileForm,
    #[command(flatten)]
    days: Days,
    /// Only receipts for documents of this issuer.
    #[arg(long, value_name = "ISSUER", value_parser = |text: &str| IssuerId::new(text))]
    home: Option<IssuerId>,
    /// A delegation that neither the state directory nor the pack in use has; may stand several times.
    #[arg(long = "delegation", value_name = "FILE")]
    delegations: Vec<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, ValueEnum)]
enum FileForm {
    Csv,
    Json,
}

impl Export {
    pub(super) fn run(&self, form: Form) -> Result<io::Result<ExitCode>, Failure> {
        let state = self.place.state()?;
        let mut delegations = given_delegations(&self.delegations)?;
        // A device without a pack can still export what it has.
        if let Ok(in_pack) = pack_delegations(&self.place.directory()?, None) {
            delegations.extend(in_pack);
        }
        let delegations: Vec<Vec<u8>> = delegations.into_iter().map(|(_, document)| document).collect();
        let wanted = Wanted { from: self.days.from, to: self.days.to, home: self.home.clone() };
        let file_form = match self.format {
            FileForm::Csv => export::Form::Csv,
            FileForm::Json => export::Form::Json,
        };
        let exported = whole(&self.out, |out| export(&state, &wanted, file_form, &delegations, out))?;
        for key in &exported.without_delegation {
            eprintln!(
                "Note: no delegation for the key {key} is at hand: no payer can check its receipts. Keep it with \
                 `sanad-verify key accept FILE` and export again"
            );
        }
        Ok(tell(&exported, form).map(|()| ExitCode::SUCCESS))
    }
}

fn tell(exported: &Exported, form: Form) -> io::Result<()> {
    match form {
        Form::Json => {
            let mut object = Written::default();
            object.add("receipts", Json::Integer(exported.receipts));
            object.add("totals", exported.totals.to_json());
            say(&object.object().to_string())
        }
        Form::Text => {
            say(&format!("{} receipts", exported.receipts))?;
            exported.totals.lines().iter().try_for_each(|line| say(line))
        }
    }
}

/// The file in full or not at all.
fn whole(
    path: &Path,
    write: impl FnOnce(&mut dyn io::Write) -> Result<Exported, ExportFault>,
) -> Result<Exported, Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let of_file = |fault: io::Error| (1, format!("{}: {fault}", path.display()));
    let made = || {
        let mut out = BufWriter::new(File::create(&beside).map_err(of_file)?);
        let exported = write(&mut out).map_err(|fault| match fault {
            ExportFault::Log(fault) => super::log_failure(fault),
            ExportFault::Out(fault) => of_file(fault),
            ExportFault::Delegation(fault) => bad(&fault),
        })?;
        out.flush().map_err(of_file)?;
        out.into_inner().map_err(|fault| of_file(fault.into_error()))?.sync_all().map_err(of_file)?;
        fs::rename(&beside, path).map_err(of_file)?;
        Ok(exported)
    };
    made().inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}
