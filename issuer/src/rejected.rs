//! Records that were set aside: `people.rejected.csv` after `people.csv`, as they stood, to be corrected and fed again;
//! what is wrong with them stands in `people.rejected.errors.csv`.
//!
//! Nothing is deleted or replaced: such a file may be the only trace of people who have no card yet. Where the name is
//! taken by other people, the next one is `people.rejected-2.csv`; a run that is repeated finds its own files and leaves
//! them as they are.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::output::create_private;
use crate::register::RowFault;

/// Files of one register in one directory: far more than anybody corrects by hand.
const FILES_MAX: u32 = 10_000;

/// Writes what is set aside.
pub(crate) struct Rejected {
    dir: PathBuf,
    stem: OsString,
    ending: OsString,
    header: Option<Vec<u8>>,
    open: Option<(BufWriter<File>, csv::Writer<File>)>,
    count: u64,
    /// Line of the file on which the next record will stand.
    line_here: u64,
}

/// A file that could not be written.
pub(crate) struct RejectedFault {
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
}

impl Rejected {
    /// Prepares the files of a register; they are made when the first record is set aside.
    pub(crate) fn new(dir: &Path, register: &Path, header: Option<Vec<u8>>) -> Self {
        let part = |part: Option<&OsStr>| part.unwrap_or_default().to_owned();
        Self {
            dir: dir.to_owned(),
            stem: part(register.file_stem()),
            ending: part(register.extension()),
            header,
            open: None,
            count: 0,
            line_here: 1,
        }
    }

    pub(crate) fn set_aside(&mut self, fault: &RowFault) -> Result<(), RejectedFault> {
        let path = self.unfinished(&self.ending);
        self.write(fault).map_err(|source| RejectedFault { path, source })
    }

    fn write(&mut self, fault: &RowFault) -> io::Result<()> {
        let (records, errors) = match self.open.take() {
            Some(files) => self.open.insert(files),
            None => {
                let mut records = BufWriter::new(create_private(&self.unfinished(&self.ending))?);
                if let Some(header) = &self.header {
                    self.line_here = self.line_here.saturating_add(write_record(&mut records, header)?);
                }
                let errors = create_private(&self.unfinished("errors.csv".as_ref()))?;
                let mut errors = csv::Writer::from_writer(errors);
                errors.write_record(["line_here", "line_in_register", "field", "problem"])?;
                self.open.insert((records, errors))
            }
        };
        errors.write_record([
            &self.line_here.to_string(),
            &fault.line.to_string(),
            &fault.field,
            &fault.problem,
        ])?;
        self.line_here = self.line_here.saturating_add(write_record(records, &fault.raw)?);
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// Puts the files in their place: how many records were set aside, and where.
    pub(crate) fn finish(mut self) -> Result<(u64, Option<PathBuf>), RejectedFault> {
        let Some((records, errors)) = self.open.take() else { return Ok((0, None)) };
        let path = self.unfinished(&self.ending);
        match self.place(records, errors) {
            Ok(place) => Ok((self.count, Some(place))),
            Err(source) => Err(RejectedFault { path, source }),
        }
    }

    fn place(&self, records: BufWriter<File>, errors: csv::Writer<File>) -> io::Result<PathBuf> {
        records.into_inner()?.sync_all()?;
        errors.into_inner().map_err(|error| io::Error::other(error.to_string()))?.sync_all()?;
        let errors = OsStr::new("errors.csv");
        let standing = |ending, number| standing(&self.place_of(ending, number), &self.unfinished(ending));
        for number in 1..=FILES_MAX {
            let is_free = match standing(&self.ending, number)? {
                // Of the same people this run knows best what is wrong with them.
                Standing::Same => true,
                Standing::Absent => standing(errors, number)? != Standing::Other,
                Standing::Other => false,
            };
            if is_free {
                for ending in [&self.ending, errors] {
                    fs::rename(self.unfinished(ending), self.place_of(ending, number))?;
                }
                File::open(&self.dir)?.sync_all()?;
                return Ok(self.place_of(&self.ending, number));
            }
        }
        Err(io::Error::other("too many files of rejected records; move them away"))
    }

    fn place_of(&self, ending: &OsStr, number: u32) -> PathBuf {
        let mut name = self.stem.clone();
        name.push(".rejected");
        if number > 1 {
            name.push(format!("-{number}"));
        }
        name.push(".");
        name.push(ending);
        self.dir.join(name)
    }

    fn unfinished(&self, ending: &OsStr) -> PathBuf {
        let mut name = OsString::from(".");
        name.push(&self.stem);
        name.push(".rejected.");
        name.push(ending);
        name.push(".new");
        self.dir.join(name)
    }
}

/// Writes a record and a line end; how many lines it took.
fn write_record(file: &mut impl Write, raw: &[u8]) -> io::Result<u64> {
    file.write_all(raw)?;
    file.write_all(b"\n")?;
    let mut lines = 1_u64;
    let mut before = None;
    for byte in raw {
        let is_second_half = before == Some(b'\r') && *byte == b'\n';
        if matches!(byte, b'\n' | b'\r') && !is_second_half {
            lines = lines.saturating_add(1);
        }
        before = Some(*byte);
    }
    Ok(lines)
}

/// What is in the place that a new file is to take.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Absent,
    Same,
    Other,
}

fn standing(place: &Path, new: &Path) -> io::Result<Standing> {
    match fs::symlink_metadata(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Standing::Absent),
        Err(error) => Err(error),
        Ok(found) if found.is_file() && same_content(place, new)? => Ok(Standing::Same),
        Ok(_) => Ok(Standing::Other),
    }
}

fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (BufReader::new(File::open(one)?), BufReader::new(File::open(other)?));
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let both = left.len().min(right.len());
        if left.get(..both) != right.get(..both) {
            return Ok(false);
        }
        if both == 0 {
            return Ok(left.len() == right.len());
        }
        one.consume(both);
        other.consume(both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_aside(dir: &Path, raws: &[&str]) -> PathBuf {
        set_aside_for(dir, raws, "wrong")
    }

    fn set_aside_for(dir: &Path, raws: &[&str], problem: &str) -> PathBuf {
        let mut rejected = Rejected::new(dir, Path::new("in/people.csv"), Some(b"a,b".to_vec()));
        for (line, raw) in (10..).zip(raws) {
            let fault = RowFault {
                line,
                field: "a".to_owned(),
                problem: problem.to_owned(),
                raw: raw.as_bytes().to_vec(),
            };
            assert!(rejected.set_aside(&fault).is_ok());
        }
        let Ok((count, Some(place))) = rejected.finish() else { panic!() };
        assert_eq!(count, u64::try_from(raws.len()).unwrap());
        place
    }

    #[test]
    fn rejected_people_of_another_run_are_never_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let first = set_aside(dir.path(), &["1,Ann", "2,Ben"]);
        assert_eq!(first, dir.path().join("people.rejected.csv"));
        assert_eq!(set_aside(dir.path(), &["1,Ann", "2,Ben"]), first, "the same run again");
        assert_eq!(set_aside(dir.path(), &["3,Carol"]), dir.path().join("people.rejected-2.csv"));
        assert_eq!(fs::read_to_string(&first).unwrap(), "a,b\n1,Ann\n2,Ben\n");
        let errors = fs::read_to_string(dir.path().join("people.rejected-2.errors.csv")).unwrap();
        assert_eq!(errors, "line_here,line_in_register,field,problem\n2,10,a,wrong\n");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
    }

    #[test]
    fn the_same_people_with_another_problem_stay_in_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let first = set_aside_for(dir.path(), &["1,Ann"], "exp is not after Monday");
        assert_eq!(set_aside_for(dir.path(), &["1,Ann"], "exp is not after Tuesday"), first);
        let errors = fs::read_to_string(dir.path().join("people.rejected.errors.csv")).unwrap();
        assert!(errors.contains("Tuesday"), "{errors}");
    }

    #[test]
    fn lines_and_not_records_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        set_aside(dir.path(), &["1,\"A\nB\"", "2,\"C\r\nD\"", "3,E"]);
        let errors = fs::read_to_string(dir.path().join("people.rejected.errors.csv")).unwrap();
        let lines: Vec<&str> = errors.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(lines, ["2", "4", "6"]);
    }
}
