//! `sanad-wallet export`, `backup`, `restore` and `remove`: what leaves a wallet, and what comes back.

use std::fs::{self, File};
use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use sanad_keyfile::passphrase::Purpose;
use sanad_qr::source::{self, Found, Wanted};

use super::init::Work;
use super::{Failure, Form, Shared, bad_input, code_of, say, say_members, usage, write_file};
use crate::backup::{self, BYTES_MAX, MAGIC};
use crate::holding::{Held, Wallet};
use crate::sheet::{self, SHEET_PREFIX};
use crate::whole_file::{self, Readers};

/// Write documents as QR texts, for another wallet or a printer. They are not encrypted.
#[derive(Args)]
pub(super) struct Export {
    /// Ids of documents, or their first characters.
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all",
          value_parser = clap::builder::NonEmptyStringValueParser::new())]
    ids: Vec<String>,
    /// All documents; of --holder, where one is named.
    #[arg(long)]
    all: bool,
    /// Directory for them: <id>.txt.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Write everything into one encrypted file, or on a sheet of QR codes. The passphrase is that of the wallet.
#[derive(Args)]
pub(super) struct Backup {
    /// The file.
    #[arg(long, value_name = "FILE", required_unless_present = "sheet")]
    out: Option<PathBuf>,
    /// A page of QR codes to print.
    #[arg(long, value_name = "FILE.html")]
    sheet: Option<PathBuf>,
    #[command(flatten)]
    work: Work,
}

/// Make a wallet out of a backup, in a directory that is not there, or is empty.
#[derive(Args)]
pub(super) struct Restore {
    /// The file of a backup; or the codes of a sheet, in any order: pictures, texts, files of texts.
    #[arg(required = true, value_name = "BACKUP")]
    from: Vec<String>,
    #[command(flatten)]
    work: Work,
}

/// Remove a document for good. The key it is bound to stays.
#[derive(Args)]
pub(super) struct Remove {
    /// The document's id, or its first characters.
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Export {
    pub(super) fn run(&self, shared: &Shared) -> Result<u8, Failure> {
        let wallet = shared.open()?;
        let named = shared.named(&wallet)?.map(|holder| holder.id);
        let held: Vec<Held> = if self.all {
            wallet.list(named)?
        } else {
            self.ids.iter().map(|id| wallet.find(id, named)).collect::<Result<_, _>>()?
        };
        whole_file::create_private_dir(&self.out).map_err(at(&self.out))?;
        let files: Vec<(PathBuf, String)> = held
            .iter()
            .map(|held| Ok((self.out.join(format!("{}.txt", held.id)), format!("{}\n", held.text()?))))
            .collect::<Result<_, Failure>>()?;
        // Nothing of somebody else's is written over.
        for (path, content) in &files {
            if fs::read(path).is_ok_and(|found| found != content.as_bytes()) {
                return Err(bad_input(format!(
                    "{} is there already and says something else",
                    path.display()
                )));
            }
        }
        for (path, content) in &files {
            write_file(path, content.as_bytes(), Readers::Owner)?;
        }
        eprintln!("Note: these files are not encrypted; whoever reads them has a copy.");
        match shared.form {
            Form::Json => {
                files.iter().try_for_each(|(path, _)| say_members(&[("file", path.display().to_string())]))?
            }
            Form::Text => say(&format!("{} documents are in {}.", files.len(), self.out.display()))?,
        }
        Ok(0)
    }
}

impl Backup {
    pub(super) fn run(&self, shared: &Shared) -> Result<u8, Failure> {
        if !self.out.iter().chain(&self.sheet).all(|path| path.parent().is_none_or(is_directory)) {
            return Err(bad_input("there is no directory where this backup should go".to_owned()));
        }
        let passphrase = shared.passphrase(Purpose::Open)?;
        let wallet = Wallet::open(&shared.dir, &passphrase)?;
        let contents = wallet.contents()?;
        let made = backup::make(&contents, &passphrase, self.work.memory)?;
        // A backup that does not open is worse than none: it is opened before anybody relies on it.
        let again = backup::read(&made, &passphrase)?;
        if again.documents != contents.documents
            || again.sd_jwts != contents.sd_jwts
            || again.keys.len() != contents.keys.len()
        {
            return Err(Failure { code: 1, message: "the backup does not read as it was made".to_owned() });
        }
        if let Some(path) = &self.sheet {
            let day = shared.now()?.date().to_string();
            write_file(path, sheet::page(&made, &day)?.as_bytes(), Readers::Owner)?;
        }
        if let Some(path) = &self.out {
            write_file(path, &made, Readers::Owner)?;
        }
        match shared.form {
            Form::Json => {
                let written = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
                let mut members = vec![("documents", contents.documents.len().to_string())];
                members.extend(written(&self.out).map(|path| ("file", path)));
                members.extend(written(&self.sheet).map(|path| ("sheet", path)));
                say_members(&members)?;
            }
            Form::Text => say(&format!(
                "Backed up: documents {}, keys {}, people {}. The backup was opened again. It needs this wallet's passphrase of today.",
                contents.documents.len(),
                contents.keys.len(),
                contents.holders.len()
            ))?,
        }
        Ok(0)
    }
}

fn is_directory(path: &Path) -> bool {
    path.as_os_str().is_empty() || path.is_dir()
}

impl Restore {
    pub(super) fn run(&self, shared: &Shared) -> Result<u8, Failure> {
        let backup = gather(&self.from)?;
        // Found out before anybody types a passphrase.
        if fs::read_dir(&shared.dir).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(crate::holding::WalletFault::Exists { dir: shared.dir.clone() }.into());
        }
        let passphrase = shared.passphrase(Purpose::Open)?;
        let contents = backup::read(&backup, &passphrase)?;
        Wallet::create(&shared.dir, &passphrase, self.work.memory, &contents)?;
        let (documents, place) = (contents.documents.len().to_string(), shared.dir.display().to_string());
        match shared.form {
            Form::Json => say_members(&[("documents", documents), ("wallet", place)])?,
            Form::Text => say(&format!("{documents} documents are in the wallet in {place}."))?,
        }
        Ok(0)
    }
}

/// One file of a backup, or the codes of a sheet.
fn gather(from: &[String]) -> Result<Vec<u8>, Failure> {
    if let [only] = from
        && let Some(bytes) = backup_file(only)?
    {
        return Ok(bytes);
    }
    // The codes are texts; the first byte is one that none of them has.
    let wanted = Wanted { prefix: SHEET_PREFIX, first_byte: 0 };
    let mut texts = Vec::new();
    for argument in from {
        let found = source::find(argument, wanted).map_err(|fault| bad_input(fault.to_string()))?;
        for found in found {
            let Found::Text(text) = found else { continue };
            texts.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
        }
    }
    Ok(sheet::join(texts.iter().map(String::as_str))?)
}

/// The bytes of a backup, where the argument is the file of one and not of codes.
fn backup_file(argument: &str) -> Result<Option<Vec<u8>>, Failure> {
    let path = Path::new(argument);
    let Ok(file) = File::open(path) else { return Ok(None) };
    let limit = u64::try_from(BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(at(path))?;
    if bytes.len() > BYTES_MAX {
        return Err(bad_input(format!("{}: larger than {BYTES_MAX} bytes", path.display())));
    }
    let is_backup = bytes.starts_with(MAGIC) && !bytes.starts_with(SHEET_PREFIX.as_bytes());
    Ok(is_backup.then_some(bytes))
}

impl Remove {
    pub(super) fn run(&self, shared: &Shared) -> Result<u8, Failure> {
        let wallet = shared.open()?;
        let named = shared.named(&wallet)?.map(|holder| holder.id);
        let held = wallet.find(&self.id, named)?;
        if !self.yes {
            if !io::stdin().is_terminal() {
                return Err(usage("nobody can be asked here: say --yes".to_owned()));
            }
            let today = shared.now()?.date();
            eprintln!("{}", super::list::describe(&held, today, Form::Text));
            eprint!("Remove it for good? Type yes: ");
            let _ = io::stderr().flush();
            let mut answer = String::new();
            let read = io::stdin().lock().read_line(&mut answer);
            if read.is_err() || answer.trim() != "yes" {
                return Err(bad_input("nothing was removed".to_owned()));
            }
        }
        wallet.remove(&held)?;
        match shared.form {
            Form::Json => say_members(&[("removed", held.id)])?,
            Form::Text => say(&format!("{} is removed.", held.id))?,
        }
        Ok(0)
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Failure + '_ {
    move |error| Failure { code: code_of(error.kind()), message: format!("{}: {error}", path.display()) }
}
