//! The directory that a run hands out: `<cti>.txt`, `<cti>.png`, `<cti>.svg` and `index.csv`.
//!
//! The files of a batch are written beside their names, synced, renamed, and only then listed in `index.csv`, which
//! is synced too: a document that the index lists was complete on the disk. One that it does not list, or of which a file
//! is missing or empty, is written again by the next run. Directory and files are for their owner only: they hold names.
//! A last line that a power cut tore is cut off. The QR text stands in the index in quotes where it
//! needs them; nothing in it is changed.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sanad_credential::{CredentialId, FixedBytes};
use sanad_qr::Correction;

use crate::issue::Finished;

/// Name of the list of all documents.
pub const INDEX: &str = "index.csv";

/// Columns of the list.
const HEADER: &str = "cti,number,name,type,qr_version,qr_level,qr_text\n";

/// Endings of a document's files.
const ENDINGS: [&str; 3] = ["txt", "png", "svg"];

/// What the system refused.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct OutputFault {
    path: PathBuf,
    source: io::Error,
}

impl OutputFault {
    /// What the system said, in short.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

/// An open output directory.
pub struct Output {
    dir: PathBuf,
    index: File,
    listed: HashSet<CredentialId>,
}

impl Output {
    /// Opens or makes the directory and reads what it has.
    ///
    /// # Errors
    /// [`OutputFault`]; also for an `index.csv` that this program did not write.
    pub fn open(dir: &Path) -> Result<Self, OutputFault> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(at(dir))?;
        let path = dir.join(INDEX);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let mut index = options.open(&path).map_err(at(&path))?;
        let mut text = String::new();
        index.read_to_string(&mut text).map_err(at(&path))?;
        if text.is_empty() {
            index.write_all(HEADER.as_bytes()).map_err(at(&path))?;
            index.sync_data().map_err(at(&path))?;
        } else if !text.starts_with(HEADER) && !HEADER.starts_with(text.as_str()) {
            let problem = "this is no index of documents; choose another directory for --out";
            return Err(OutputFault { path, source: io::Error::new(io::ErrorKind::InvalidData, problem) });
        }
        let mut output = Self { dir: dir.to_owned(), index, listed: HashSet::new() };
        output.take_stock(&text).map_err(at(&path))?;
        Ok(output)
    }

    /// Reads the whole lines and cuts off a torn one. A line is whole when its line end is there: no cell has one.
    fn take_stock(&mut self, text: &str) -> io::Result<()> {
        let whole = text.rfind('\n').map_or(0, |end| end.saturating_add(1));
        if whole < text.len() {
            self.index.set_len(u64::try_from(whole).unwrap_or(0))?;
            self.index.seek(SeekFrom::End(0))?;
            if whole == 0 {
                self.index.write_all(HEADER.as_bytes())?;
            }
            self.index.sync_data()?;
        }
        let rows = text.get(..whole).unwrap_or_default().lines().skip(1);
        let ids = rows.filter_map(|row| FixedBytes::from_hex(row.split(',').next()?).ok());
        self.listed.extend(ids);
        Ok(())
    }

    /// Whether the document was handed out in this directory and all its files are still there.
    pub fn is_complete(&self, cti: CredentialId) -> bool {
        let holds = |ending| fs::metadata(self.place_of(cti, ending)).is_ok_and(|file| file.len() > 0);
        self.listed.contains(&cti) && ENDINGS.into_iter().all(holds)
    }

    fn place_of(&self, cti: CredentialId, ending: &str) -> PathBuf {
        self.dir.join(format!("{cti}.{ending}"))
    }

    /// Hands out documents; one that the index lists gets its files again and no second line.
    ///
    /// # Errors
    /// [`OutputFault`]; then the index lists none of them.
    pub fn hand_out(&mut self, documents: &[Finished]) -> Result<(), OutputFault> {
        let mut renames = Vec::with_capacity(documents.len().saturating_mul(3));
        for document in documents {
            let text = document.text.as_str();
            let parts = [text.as_bytes(), &document.png, document.svg.as_bytes()];
            for (ending, content) in ENDINGS.into_iter().zip(parts) {
                let path = self.place_of(document.claims.cti, ending);
                let beside = self.dir.join(format!(".{}.{ending}.new", document.claims.cti));
                create_private(&beside).and_then(|mut file| file.write_all(content)).map_err(at(&beside))?;
                renames.push((beside, path));
            }
        }
        let dir = File::open(&self.dir).map_err(at(&self.dir))?;
        sync_files(&dir, &renames)?;
        for (beside, path) in &renames {
            fs::rename(beside, path).map_err(at(path))?;
        }
        dir.sync_all().map_err(at(&self.dir))?;
        self.list(documents)
    }

    fn list(&mut self, documents: &[Finished]) -> Result<(), OutputFault> {
        let path = self.dir.join(INDEX);
        let mut rows = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        for document in documents.iter().filter(|document| !self.listed.contains(&document.claims.cti)) {
            let claims = &document.claims;
            let subject = claims.right.subject();
            let level = match document.correction {
                Correction::Quartile => "Q",
                Correction::ReducedToMedium { .. } => "M",
            };
            let row = [
                claims.cti.to_string(),
                subject.map(|subject| subject.number.to_string()).unwrap_or_default(),
                subject.map(|subject| subject.name.to_string()).unwrap_or_default(),
                claims.right.right_type().word().to_owned(),
                document.symbol.version().number().to_string(),
                level.to_owned(),
                document.text.as_str().to_owned(),
            ];
            rows.write_record(&row).map_err(|error| at(&path)(io::Error::other(error)))?;
        }
        let rows = rows.into_inner().map_err(|error| at(&path)(io::Error::other(error.to_string())))?;
        self.index.write_all(&rows).map_err(at(&path))?;
        self.index.sync_data().map_err(at(&path))?;
        self.listed.extend(documents.iter().map(|document| document.claims.cti));
        Ok(())
    }
}

/// Makes or empties a file that only its owner may read.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// One call for all files of a batch: three calls a document would make a slow card wait minutes.
#[cfg(target_os = "linux")]
fn sync_files(dir: &File, _: &[(PathBuf, PathBuf)]) -> Result<(), OutputFault> {
    rustix::fs::syncfs(dir).map_err(|error| at(Path::new("syncfs"))(error.into()))
}

#[cfg(not(target_os = "linux"))]
fn sync_files(_: &File, files: &[(PathBuf, PathBuf)]) -> Result<(), OutputFault> {
    files
        .iter()
        .try_for_each(|(beside, _)| File::open(beside).and_then(|file| file.sync_all()).map_err(at(beside)))
}

fn at(path: &Path) -> impl Fn(io::Error) -> OutputFault + '_ {
    move |source| OutputFault { path: path.to_owned(), source }
}
