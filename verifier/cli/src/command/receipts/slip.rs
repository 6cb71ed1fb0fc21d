//! `sanad-verify receipts slip`: the slip of a receipt, once more.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sanad_credential::{CredentialId, Json};
use sanad_messages::{Catalogue, Language};

use super::{Failure, Form, Place, bad, log, log_failure, look, receipt_id, say};
use crate::receipts::log::LogFault;
use crate::receipts::slip::{Paper, Slip};
use crate::receipts::slip_page::LeftOut;
use crate::receipts::slip_svg::svg;
use crate::receipts::slip_words::{Extra, SlipAnswer, slip_of};
use crate::trust_state::write_whole;
use crate::words::language;

/// Print the slip of a receipt for the patient: no name and no diagnosis is on it.
#[derive(Args)]
pub(super) struct PrintSlip {
    /// Number of the receipt.
    #[arg(value_name = "ID", value_parser = receipt_id)]
    id: CredentialId,
    /// Paper: A6, or a roll of 58 mm.
    #[arg(long, value_name = "a6|58mm", default_value = "a6", value_parser = paper)]
    size: Paper,
    /// File to write: .svg, or .txt for plain text of 32 columns. Further pages of A6 get -2, -3 before the ending.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl PrintSlip {
    pub(super) fn run(&self, form: Form, told: Option<Language>) -> Result<io::Result<ExitCode>, Failure> {
        let state = self.place.state()?;
        let mut found = None;
        log::read(&state, |entry| {
            let receipt = look(&entry)?;
            if receipt.cti == self.id {
                found = Some((receipt, entry.document.to_vec()));
            }
            Ok::<(), LogFault>(())
        })
        .map_err(log_failure)?;
        let (receipt, document) =
            found.ok_or_else(|| bad(&format!("no receipt {} is in the log of this device", self.id)))?;
        let catalogue = Catalogue::new(language(told));
        let slip = slip_of(
            &SlipAnswer::of_receipt(&receipt),
            Some((receipt.cti, document)),
            &catalogue,
            Extra::none(),
        );
        let written = write(&slip, self.size, &self.out)?;
        let names: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
        Ok(match form {
            Form::Text => say(&names.join("\n")),
            Form::Json => {
                let names = names.into_iter().map(|name| Json::Text(name.into())).collect();
                say(&Json::Object(vec![("files".into(), Json::Array(names))]).to_string())
            }
        }
        .map(|()| ExitCode::SUCCESS))
    }
}

/// Writes a slip, as plain text where the file ends in `.txt`, else as SVG. Also for `check --slip`.
pub(in crate::command) fn write(slip: &Slip, size: Paper, out: &Path) -> Result<Vec<PathBuf>, Failure> {
    let of_file = |path: &Path, fault: io::Error| (1, format!("{}: {fault}", path.display()));
    if out.extension().is_some_and(|extension| extension == "txt") {
        write_whole(out, slip.to_text().as_bytes()).map_err(|fault| of_file(out, fault))?;
        return Ok(vec![out.to_owned()]);
    }
    let (pages, laid) = svg(slip, size).map_err(|fault| bad(&fault))?;
    if laid.left_out == LeftOut::Symbol {
        eprintln!(
            "Note: the code of the receipt is too wide for this paper and was left out; its number is there"
        );
    }
    let mut written = Vec::new();
    for (number, page) in (1_usize..).zip(&pages) {
        let path = page_path(out, number);
        write_whole(&path, page.as_bytes()).map_err(|fault| of_file(&path, fault))?;
        written.push(path);
    }
    Ok(written)
}

fn page_path(out: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return out.to_owned();
    }
    let stem = out.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let ending = out.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
    out.with_file_name(format!("{stem}-{number}{ending}"))
}

pub(in crate::command) fn paper(word: &str) -> Result<Paper, String> {
    Paper::from_word(word).ok_or_else(|| "must be a6 or 58mm".to_owned())
}
