//! What is inside of a backup, once it is opened: lines of text, so that `age -d` and an editor are enough to get at keys
//! and store without this program.
//!
//! The first line says whose backup it is and which files follow; then a line for each file, its bytes in base64url;
//! then an export of the store, to the end. A file is named by one of four words and nothing in a backup is a path, so
//! that none can be written anywhere else. Refuses other words, files in another order, twice, or missing, files over
//! their limits, and every other way of writing the same.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sanad_credential::{Fault, IssuerId, Json, Limits, Unit, UnixTime, What};
use sanad_trust::members::{Written, entries, member, text_json, text_of};

use crate::strict_lines::{LineFault, StrictLines};
use crate::transfer::form::{Header, in_one_form};
use crate::transfer::{Problem, TransferFault};
use crate::{config, keys, pinned_region};

/// Names the form, and its value the version.
const FORM: &str = "sanad_backup";

const VERSION: i64 = 1;

const FIRST_LINE_LIMITS: Limits = Limits { bytes_max: 512, depth_max: 2, entries_max: 4, values_max: 12 };

/// A file of the issuer's directory that a backup has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// `issuer.toml`.
    Issuer,
    /// `service.toml`, where there is one.
    Service,
    /// `keys.age`, sealed with the passphrase of the keys.
    Keys,
    /// `region.json`, where there is one: the pinned root of the region, and the floors of its packs.
    Region,
}

impl Part {
    /// All of them, in the order in which they stand.
    pub const ALL: [Self; 4] = [Self::Issuer, Self::Service, Self::Keys, Self::Region];

    /// The name in the directory.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issuer => config::FILE_NAME,
            Self::Service => "service.toml",
            Self::Keys => keys::FILE_NAME,
            Self::Region => pinned_region::FILE_NAME,
        }
    }

    /// Longest file, in bytes: what its own reader takes.
    const fn bytes_max(self) -> usize {
        match self {
            Self::Issuer | Self::Service => 64 * 1024,
            Self::Keys => 128 * 1024,
            Self::Region => 8 << 20,
        }
    }

    /// Whether an issuer can do without.
    const fn need(self) -> Need {
        match self {
            Self::Issuer | Self::Keys => Need::Always,
            Self::Service | Self::Region => Need::WhereThere,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Always,
    WhereThere,
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) iss: IssuerId,
    pub(super) time: UnixTime,
    parts: Vec<Part>,
}

/// Writes everything before the export.
pub(super) fn write_parts(
    dir: &Path,
    header: &Header,
    out: &mut dyn Write,
    out_path: &Path,
) -> Result<(), TransferFault> {
    let mut files = Vec::new();
    for part in Part::ALL {
        let path = dir.join(part.name());
        match read(&path, part) {
            Ok(content) => files.push((part, content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && part.need() == Need::WhereThere => {}
            Err(source) => return Err(TransferFault::File { path, source }),
        }
    }
    let parts = files.iter().map(|(part, _)| *part).collect();
    let start = Start { iss: header.iss.clone(), time: header.time, parts };
    let written = writeln!(out, "{}", start.line()).and_then(|()| {
        files.iter().try_for_each(|(part, content)| writeln!(out, "{}", line(*part, content)))
    });
    written.map_err(|source| TransferFault::File { path: out_path.to_owned(), source })
}

/// The files of a backup, and its lines behind them, which are an export.
pub(super) struct Parts {
    pub(super) start: Start,
    pub(super) files: Vec<(Part, Vec<u8>)>,
    pub(super) export: StrictLines<'static>,
}

/// Reads everything before the export.
pub(super) fn read_parts(mut lines: StrictLines<'static>, path: &Path) -> Result<Parts, TransferFault> {
    let mut read = || {
        let first = lines.next(FIRST_LINE_LIMITS.bytes_max).map_err(|fault| match fault {
            LineFault::Read(error) => Problem::Line(LineFault::Read(error)),
            // Sealed with the same passphrase, and something else: a key file.
            _ => Problem::NoBackup(What::Pattern { wanted: "the first line of a backup" }.into()),
        });
        let first = first?.ok_or(Problem::Cut)?;
        let start = Start::parse(&first).map_err(Problem::NoBackup)?;
        let mut files = Vec::with_capacity(start.parts.len());
        for part in &start.parts {
            let limits = line_limits(*part);
            let text = lines.next(limits.bytes_max)?.ok_or(Problem::Cut)?;
            files.push((*part, content(*part, &text, limits).map_err(Problem::Form)?));
        }
        Ok((start, files))
    };
    match read() {
        Ok((start, files)) => Ok(Parts { start, files, export: lines }),
        Err(problem) => Err(TransferFault::Line { path: path.to_owned(), line: lines.number(), problem }),
    }
}

impl Start {
    fn line(&self) -> String {
        let mut members = Written::default();
        members.add(FORM, Json::Integer(VERSION));
        members.add("issuer", text_json(&self.iss));
        members.add("time", text_json(&self.time));
        members.add("files", Json::Array(self.parts.iter().map(|part| text_json(&part.name())).collect()));
        members.object().to_string()
    }

    fn parse(line: &str) -> Result<Self, Fault> {
        let json = Json::parse(line, FIRST_LINE_LIMITS)?;
        let mut object = json.object()?;
        member(&mut object, FORM, |json| match json.integer()? {
            VERSION => Ok(()),
            found => Err(What::Range { found: i128::from(found), min: VERSION, max: VERSION }.into()),
        })?;
        let start = Self {
            iss: text_of(&mut object, "issuer", IssuerId::new)?,
            time: text_of(&mut object, "time", UnixTime::parse)?,
            parts: member(&mut object, "files", parts)?,
        };
        object.finish()?;
        in_one_form(line, &start.line())?;
        Ok(start)
    }
}

/// In their order, none twice, and none missing that an issuer needs.
fn parts(json: &Json<'_>) -> Result<Vec<Part>, Fault> {
    let parts = entries(json, |json| named(json.text()?))?;
    let is_whole = Part::ALL.into_iter().all(|part| part.need() == Need::WhereThere || parts.contains(&part));
    if !is_whole || !parts.is_sorted_by(|one, next| one < next) {
        let wanted = "issuer.toml, perhaps service.toml, keys.age, perhaps region.json";
        return Err(What::Pattern { wanted }.into());
    }
    Ok(parts)
}

fn named(name: &str) -> Result<Part, Fault> {
    let part = Part::ALL.into_iter().find(|part| part.name() == name);
    part.ok_or(What::Word { list: "files of a backup" }.into())
}

fn line(part: Part, content: &[u8]) -> Json<'static> {
    let mut members = Written::default();
    members.add("file", text_json(&part.name()));
    members.add("content", Json::Text(URL_SAFE_NO_PAD.encode(content).into()));
    members.object()
}

/// The line of the part that has to stand here.
fn content(part: Part, text: &str, limits: Limits) -> Result<Vec<u8>, Fault> {
    let json = Json::parse(text, limits)?;
    let mut object = json.object()?;
    let found = text_of(&mut object, "file", named)?;
    if found != part {
        return Err(Fault::new(What::Pattern { wanted: part.name() }).within("file"));
    }
    let content = text_of(&mut object, "content", |text| {
        URL_SAFE_NO_PAD.decode(text).map_err(|_| What::Pattern { wanted: "base64url" }.into())
    })?;
    if content.len() > part.bytes_max() {
        let count = |bytes| u64::try_from(bytes).unwrap_or(u64::MAX);
        let (found, max) = (count(content.len()), count(part.bytes_max()));
        return Err(Fault::new(What::Length { unit: Unit::Bytes, found, min: 0, max }).within("content"));
    }
    object.finish()?;
    in_one_form(text, &line(part, &content).to_string())?;
    Ok(content)
}

/// Four characters for three bytes, and the names.
const fn line_limits(part: Part) -> Limits {
    let bytes_max = part.bytes_max().saturating_mul(4).div_ceil(3).saturating_add(64);
    Limits { bytes_max, depth_max: 1, entries_max: 2, values_max: 3 }
}

fn read(path: &Path, part: Part) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let max = part.bytes_max();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut content)?;
    if content.len() > max {
        let words = format!("longer than {max} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, words));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = r#"{"sanad_backup":1,"issuer":"KE-SHA","time":"2027-01-15T12:00:00Z","files":["issuer.toml","keys.age"]}"#;

    fn refusal(text: String) -> String {
        let lines = StrictLines::new(Box::new(io::Cursor::new(text.into_bytes())));
        match read_parts(lines, Path::new("backup")) {
            Ok(_) => panic!("read"),
            Err(fault) => fault.to_string(),
        }
    }

    fn whole() -> String {
        format!("{FIRST}\n{}\n{}\nexport\n", line(Part::Issuer, b"toml"), line(Part::Keys, b"age"))
    }

    #[test]
    fn parts_come_back_and_the_export_stands_behind_them() {
        let lines = StrictLines::new(Box::new(io::Cursor::new(whole().into_bytes())));
        let mut parts = read_parts(lines, Path::new("backup")).unwrap();
        assert_eq!(parts.files, [(Part::Issuer, b"toml".to_vec()), (Part::Keys, b"age".to_vec())]);
        assert_eq!((parts.start.iss.as_str(), parts.start.line().as_str()), ("KE-SHA", FIRST));
        assert_eq!(parts.export.next(100).unwrap().unwrap(), "export");
        assert_eq!(parts.export.number(), 4);
    }

    #[test]
    fn a_path_is_no_name_of_a_file() {
        for trick in
            ["../keys.age", "/etc/passwd", "store/db", "keys.age/", "keys.age\\u0000", "KEYS.AGE", ""]
        {
            let named = refusal(whole().replacen("keys.age", trick, 1));
            assert!(named.contains("line 1: ") && named.contains("files of a backup"), "{trick}: {named}");
            let line = whole().replace("\"file\":\"keys.age\"", &format!("\"file\":\"{trick}\""));
            let named = refusal(line);
            assert!(named.contains("line 3: ") && named.contains("files of a backup"), "{trick}: {named}");
        }
    }

    #[test]
    fn parts_twice_missing_swapped_or_altered_are_refused() {
        let files = |list: &str| whole().replacen("\"issuer.toml\",\"keys.age\"", list, 1);
        for list in [
            "\"issuer.toml\"",
            "\"keys.age\"",
            "",
            "\"keys.age\",\"issuer.toml\"",
            "\"issuer.toml\",\"keys.age\",\"keys.age\"",
            "\"issuer.toml\",\"issuer.toml\",\"keys.age\"",
        ] {
            assert!(refusal(files(list)).contains("line 1: "), "{list}");
        }
        assert!(refusal(files("\"issuer.toml\",\"service.toml\",\"keys.age\"")).contains("line 3: "));
        assert!(refusal(whole().replace("dG9tbA", "dG9tbA==")).contains("line 2: "));
        assert!(refusal(whole().replace("\"content\"", "\"more\":1,\"content\"")).contains("line 2: "));
        assert!(refusal(whole().replace("sanad_backup\":1", "sanad_backup\":2")).contains("no backup"));
        assert!(refusal("[[[[[[[[[[\n".to_owned()).contains("no backup"));
        assert!(refusal(FIRST.to_owned()).contains("no backup"));
        assert!(refusal(String::new()).contains("cut off"));
        assert!(refusal(format!("{FIRST}\n")).contains("cut off"));
    }

    #[test]
    fn a_file_over_its_limit_is_refused_before_it_is_decoded() {
        let text = format!("{FIRST}\n{}\n", line(Part::Issuer, &vec![7; 64 * 1024 + 1]));
        assert!(refusal(text).contains("bytes"));
        let text = format!("{FIRST}\n{}", "a".repeat(1 << 20));
        assert!(refusal(text).contains("longer than"), "a line without end");
    }
}
