//! The container of a pack: a gzip tar of a repository, its status lists and delegations.
//!
//! It is not trusted: everything in it is checked by what it says, so the container only has to be harmless. Refused:
//! more bytes or files than stated, names that are not plain relative ones, names that stand twice, and every entry but
//! ordinary files (no links, devices, directories or sparse files). Reading stops at the limits, whatever follows.
//! What is written is deterministic: files by name, no times, no owners.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::client::{Source, SourceFault};

/// Largest pack as it travels. One for 100 million members has about 2 MB.
pub const PACK_BYTES_MAX: usize = 32 << 20;

/// Most bytes of all its files, headers included.
pub const UNPACKED_BYTES_MAX: u64 = 64 << 20;

/// Most files. A region of 60 countries with 100 lists each has about 8,000.
pub const FILES_MAX: usize = 20_000;

/// Longest name. The longest of a repository, a rulebook's with its hash, has about 150.
const NAME_BYTES_MAX: usize = 240;

/// Files by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFiles(pub BTreeMap<String, Vec<u8>>);

/// Why a container was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackFileFault {
    /// More bytes than a pack may have.
    TooLong {
        /// Bytes found.
        found: usize,
    },
    /// It inflates to more than it may.
    Bomb,
    /// More files than it may have.
    TooManyFiles,
    /// It is no gzip tar, or it is cut off.
    Damaged {
        /// What the reader said.
        reason: String,
    },
    /// A name that leads elsewhere, or is no plain name.
    Name {
        /// The name, escaped and cut.
        name: String,
    },
    /// The same name twice.
    Repeated {
        /// The name.
        name: String,
    },
    /// A link, a device, a directory.
    NotAFile {
        /// The name.
        name: String,
    },
}

impl PackFiles {
    /// No files at all.
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Unpacks a container.
    ///
    /// # Errors
    /// [`PackFileFault`].
    pub fn read(bytes: &[u8]) -> Result<Self, PackFileFault> {
        if bytes.len() > PACK_BYTES_MAX {
            return Err(PackFileFault::TooLong { found: bytes.len() });
        }
        let mut bounded =
            Bounded { inner: MultiGzDecoder::new(bytes), left: UNPACKED_BYTES_MAX, bomb: Bomb::No };
        let read = read_tar(&mut bounded);
        match (read, bounded.bomb) {
            (_, Bomb::Yes) => Err(PackFileFault::Bomb),
            (read, Bomb::No) => read,
        }
    }

    /// Packs the files.
    ///
    /// # Errors
    /// [`PackFileFault::TooLong`] and [`PackFileFault::TooManyFiles`] for what could not be read again,
    /// [`PackFileFault::Name`] for a name that a tar header does not hold.
    pub fn write(&self) -> Result<Vec<u8>, PackFileFault> {
        if self.0.len() > FILES_MAX {
            return Err(PackFileFault::TooManyFiles);
        }
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
        for (name, content) in &self.0 {
            plain_name(name.as_bytes())?;
            let mut header = tar::Header::new_gnu();
            header.set_size(u64::try_from(content.len()).unwrap_or(u64::MAX));
            header.set_mode(0o644);
            header.set_entry_type(tar::EntryType::Regular);
            tar.append_data(&mut header, name, content.as_slice()).map_err(damaged)?;
        }
        let bytes = tar.into_inner().and_then(GzEncoder::finish).map_err(damaged)?;
        if bytes.len() > PACK_BYTES_MAX {
            return Err(PackFileFault::TooLong { found: bytes.len() });
        }
        Ok(bytes)
    }
}

/// Files by their names; what is not asked for is not looked at.
impl Source for PackFiles {
    fn get(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
        match self.0.get(name) {
            Some(file) if file.len() > bytes_max => Err(SourceFault::TooLong { bytes_max }),
            Some(file) => Ok(Some(file.clone())),
            None => Ok(None),
        }
    }
}

fn read_tar(reader: &mut impl Read) -> Result<PackFiles, PackFileFault> {
    let mut files = BTreeMap::new();
    let mut archive = tar::Archive::new(&mut *reader);
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = entry.path_bytes().into_owned();
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err(PackFileFault::NotAFile { name: shown(&name) });
        }
        let name = plain_name(&name)?;
        if files.len() >= FILES_MAX {
            return Err(PackFileFault::TooManyFiles);
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(damaged)?;
        if u64::try_from(content.len()).ok() != Some(entry.size()) {
            return Err(PackFileFault::Damaged { reason: format!("{name} is cut off") });
        }
        if files.insert(name.clone(), content).is_some() {
            return Err(PackFileFault::Repeated { name });
        }
    }
    // To the end, so that the checksum of the gzip stream is held against what was read.
    io::copy(reader, &mut io::sink()).map_err(damaged)?;
    Ok(PackFiles(files))
}

/// A relative name of letters, digits, ".", "-", "_" and "/", no part of which is empty or starts with a dot.
fn plain_name(name: &[u8]) -> Result<String, PackFileFault> {
    let fault = || PackFileFault::Name { name: shown(name) };
    let text = std::str::from_utf8(name).map_err(|_| fault())?;
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    if text.len() > NAME_BYTES_MAX || !text.split('/').all(plain) {
        return Err(fault());
    }
    Ok(text.to_owned())
}

fn shown(name: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(name).chars().take(80).collect();
    sanad_credential::printable(&text)
}

fn damaged(error: io::Error) -> PackFileFault {
    PackFileFault::Damaged { reason: error.to_string() }
}

/// Whether a reader came to its limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bomb {
    Yes,
    No,
}

/// A reader that ends with an error at its limit, and remembers that it did.
struct Bounded<R> {
    inner: R,
    left: u64,
    bomb: Bomb,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match u64::try_from(read).ok().and_then(|read| self.left.checked_sub(read)) {
            Some(left) => self.left = left,
            None => {
                self.bomb = Bomb::Yes;
                return Err(io::Error::other("more than a pack may hold"));
            }
        }
        Ok(read)
    }
}

impl fmt::Display for PackFileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PackFileFault::TooLong { found } => {
                write!(f, "it has {found} bytes, at most {PACK_BYTES_MAX} are read")
            }
            PackFileFault::Bomb => write!(f, "it unpacks to more than {UNPACKED_BYTES_MAX} bytes"),
            PackFileFault::TooManyFiles => write!(f, "it has more than {FILES_MAX} files"),
            PackFileFault::Damaged { reason } => write!(f, "it is no pack, or damaged: {reason}"),
            PackFileFault::Name { name } => write!(f, "the name \"{name}\" is not a plain relative one"),
            PackFileFault::Repeated { name } => write!(f, "{name} is in it twice"),
            PackFileFault::NotAFile { name } => write!(f, "{name} is no ordinary file"),
        }
    }
}

impl std::error::Error for PackFileFault {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// A tar with one entry whose header is as the test makes it.
    fn tar_with(name: &[u8], kind: tar::EntryType, content: &[u8]) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name);
        header.set_entry_type(kind);
        header.set_size(u64::try_from(content.len()).unwrap());
        header.set_mode(0o644);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        let mut builder = tar::Builder::new(Vec::new());
        builder.append(&header, content).unwrap();
        gzip(&builder.into_inner().unwrap())
    }

    fn refused(bytes: &[u8]) -> PackFileFault {
        PackFiles::read(bytes).unwrap_err()
    }

    #[test]
    fn files_come_back_and_the_same_files_are_the_same_pack() {
        let files: BTreeMap<_, _> = [("metadata/1.root.json", 3), ("status/ab.cwt", 70_000)]
            .map(|(name, n)| (name.to_owned(), vec![7; n]))
            .into();
        let files = PackFiles(files);
        let bytes = files.write().unwrap();
        assert_eq!(PackFiles::read(&bytes).unwrap(), files);
        assert_eq!(files.write().unwrap(), bytes);
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["../x", "a/../../x", "/etc/passwd", "a//b", "a/./b", ".hidden", "a\\b", "a b", "c:x", ""]
        {
            let found = refused(&tar_with(name.as_bytes(), tar::EntryType::Regular, b"x"));
            assert!(matches!(found, PackFileFault::Name { .. }), "{name}: {found}");
        }
    }

    #[test]
    fn links_devices_and_directories_are_refused() {
        use tar::EntryType as Kind;
        for kind in
            [Kind::Symlink, Kind::Link, Kind::Char, Kind::Block, Kind::Fifo, Kind::Directory, Kind::GNUSparse]
        {
            let found = refused(&tar_with(b"metadata/x", kind, b""));
            assert!(
                matches!(found, PackFileFault::NotAFile { .. } | PackFileFault::Damaged { .. }),
                "{kind:?}: {found}"
            );
        }
    }

    #[test]
    fn a_gzip_bomb_is_refused_at_the_limit() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let header = {
            let mut header = tar::Header::new_gnu();
            header.set_path("metadata/x").unwrap();
            header.set_size(1 << 33);
            header.set_entry_type(tar::EntryType::Regular);
            header.set_cksum();
            header
        };
        encoder.write_all(header.as_bytes()).unwrap();
        for _ in 0..80 {
            encoder.write_all(&vec![0; 1 << 20]).unwrap();
        }
        assert_eq!(refused(&encoder.finish().unwrap()), PackFileFault::Bomb);
    }

    #[test]
    fn ten_million_entries_are_refused_early() {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for number in 0..=FILES_MAX {
            let mut header = tar::Header::new_gnu();
            header.set_size(0);
            header.set_mode(0o644);
            builder.append_data(&mut header, format!("f{number}"), io::empty()).unwrap();
        }
        let bytes = builder.into_inner().unwrap().finish().unwrap();
        assert_eq!(refused(&bytes), PackFileFault::TooManyFiles);
    }

    #[test]
    fn the_same_name_twice_is_refused() {
        let mut builder = tar::Builder::new(Vec::new());
        for content in [&b"one"[..], b"two"] {
            let mut header = tar::Header::new_gnu();
            header.set_size(3);
            header.set_mode(0o644);
            builder.append_data(&mut header, "metadata/x", content).unwrap();
        }
        let found = refused(&gzip(&builder.into_inner().unwrap()));
        assert_eq!(found, PackFileFault::Repeated { name: "metadata/x".into() });
    }

    #[test]
    fn a_pack_cut_off_at_any_byte_is_refused() {
        let files = PackFiles([("metadata/1.root.json".to_owned(), vec![b'x'; 500])].into());
        let bytes = files.write().unwrap();
        for end in 0..bytes.len() {
            assert!(PackFiles::read(&bytes[..end]).is_err(), "{end} of {}", bytes.len());
        }
    }

    #[test]
    fn any_changed_byte_of_the_stream_is_refused_or_gives_the_same_files() {
        let files = PackFiles([("metadata/1.root.json".to_owned(), vec![b'x'; 500])].into());
        let bytes = files.write().unwrap();
        for position in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[position] ^= 0x40;
            // The gzip header's time and system are not covered by its checksum, and say nothing.
            let read = PackFiles::read(&changed);
            assert!(read.is_err() || read == Ok(files.clone()), "byte {position}");
        }
    }
}
