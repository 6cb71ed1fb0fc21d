//! Files of any length, sealed with a passphrase while they are written and opened while they are read: backups.
//!
//! The format is that of key files, `age-encryption.org/v1` with one scrypt recipient of the same work. Memory stays at
//! one chunk of 64 KiB. Each chunk is authenticated, and so is its place and which one is the last: what is read was
//! written so, and a file that was altered, cut short or lengthened ends with a fault. It is the *end* of reading that
//! says that a file is whole, so whoever reads keeps nothing before it.
//!
//! Refused: a header over [`HEADER_BYTES_MAX`], more work than [`crate::MAX_WORK_FACTOR`], a wrong passphrase.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::rc::Rc;

use age::stream::{StreamReader, StreamWriter};
use age::{Decryptor, EncryptError, Encryptor, scrypt};

use crate::file::{KeyFault, MAX_WORK_FACTOR, WORK_FACTOR, decrypt_fault, secret_text};
use crate::passphrase::Passphrase;

/// Longest header that is read: one recipient takes about 150 bytes. age reads a header to its end before it says no.
pub const HEADER_BYTES_MAX: u64 = 4_096;

/// Seals what is written to it.
pub struct SealingWriter<W: Write>(StreamWriter<W>);

/// Starts a sealed file.
///
/// # Errors
/// [`KeyFault::Encrypt`].
pub fn seal<W: Write>(out: W, passphrase: &Passphrase) -> Result<SealingWriter<W>, KeyFault> {
    let mut recipient = scrypt::Recipient::new(secret_text(passphrase));
    recipient.set_work_factor(WORK_FACTOR);
    let recipient: &dyn age::Recipient = &recipient;
    let encryptor = Encryptor::with_recipients(std::iter::once(recipient)).map_err(KeyFault::Encrypt)?;
    let writer = encryptor.wrap_output(out).map_err(|error| KeyFault::Encrypt(EncryptError::Io(error)))?;
    Ok(SealingWriter(writer))
}

impl<W: Write> SealingWriter<W> {
    /// Writes the last chunk; without it the file does not open. Gives back what it was written to.
    ///
    /// # Errors
    /// As the writer below says.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for SealingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Opens what it reads.
pub struct OpeningReader<R: Read>(StreamReader<BufReader<HeaderBound<R>>>);

/// Starts to read a sealed file; `path` is its name in faults.
///
/// # Errors
/// [`KeyFault::WrongPassphrase`], [`KeyFault::Damaged`], [`KeyFault::TooMuchWork`].
pub fn open<R: Read>(input: R, path: &Path, passphrase: &Passphrase) -> Result<OpeningReader<R>, KeyFault> {
    let left = Rc::new(Cell::new(HEADER_BYTES_MAX));
    let bounded = BufReader::new(HeaderBound { inner: input, left: Rc::clone(&left) });
    let fault = |error| decrypt_fault(path, error);
    let decryptor = Decryptor::new_buffered(bounded).map_err(fault)?;
    left.set(u64::MAX);
    let mut identity = scrypt::Identity::new(secret_text(passphrase));
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let identity: &dyn age::Identity = &identity;
    decryptor.decrypt(std::iter::once(identity)).map(OpeningReader).map_err(fault)
}

impl<R: Read> Read for OpeningReader<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                io::Error::new(io::ErrorKind::InvalidData, "the file is damaged, or was cut short")
            }
            _ => error,
        })
    }
}

/// Ends early until the header is read.
struct HeaderBound<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for HeaderBound<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == u64::MAX {
            return self.inner.read(bytes);
        }
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let read = self.inner.read(bytes.get_mut(..room).unwrap_or_default())?;
        self.left.set(left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX)));
        Ok(read)
    }
}

/// A sealed file, read line by line.
impl<R: Read> OpeningReader<R> {
    /// With a buffer in front of it.
    pub fn buffered(self) -> impl BufRead {
        BufReader::with_capacity(64 * 1024, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passphrase::Purpose;

    const CHUNK: usize = 64 * 1024;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::parse(text, Purpose::Create).unwrap()
    }

    /// With little work, for tests that open a file many times.
    fn quick(content: &[u8]) -> Vec<u8> {
        let mut recipient = scrypt::Recipient::new(secret_text(&passphrase("correct horse")));
        recipient.set_work_factor(2);
        age::encrypt(&recipient, content).unwrap()
    }

    fn read(sealed: &[u8], text: &str) -> Result<Vec<u8>, String> {
        let opened = open(sealed, Path::new("file"), &passphrase(text)).map_err(|fault| fault.to_string())?;
        let mut content = Vec::new();
        opened.buffered().read_to_end(&mut content).map_err(|error| error.to_string())?;
        Ok(content)
    }

    fn content(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|byte| u8::try_from(byte % 251).unwrap()).collect()
    }

    #[test]
    fn a_file_of_many_chunks_comes_back() {
        let content = content(5 * CHUNK + 17);
        let mut writer = seal(Vec::new(), &passphrase("correct horse")).unwrap();
        for piece in content.chunks(1_000) {
            writer.write_all(piece).unwrap();
        }
        let sealed = writer.finish().unwrap();
        assert_eq!(read(&sealed, "correct horse").unwrap(), content);
        assert!(read(&sealed, "correct house").unwrap_err().contains("the passphrase does not open file"));
    }

    #[test]
    fn a_file_cut_at_any_chunk_or_lengthened_is_refused_at_its_end() {
        for bytes in [0, 10, CHUNK, 2 * CHUNK, 2 * CHUNK + 1] {
            let sealed = quick(&content(bytes));
            assert_eq!(read(&sealed, "correct horse").unwrap().len(), bytes);
            let header = sealed.len() - bytes - 16 * bytes.div_ceil(CHUNK).max(1);
            let chunks = (0..=bytes / CHUNK).map(|chunk| header + chunk * (CHUNK + 16));
            for end in chunks.chain([sealed.len() - 1]).filter(|end| *end < sealed.len()) {
                assert!(read(&sealed[..end], "correct horse").is_err(), "{end} of {}", sealed.len());
            }
            for more in [1, 16, 17, CHUNK + 16] {
                let longer = [&sealed[..], &vec![0; more]].concat();
                assert!(read(&longer, "correct horse").is_err(), "{bytes} and {more} more");
            }
        }
    }

    #[test]
    fn chunks_that_change_places_are_refused() {
        let sealed = quick(&content(3 * CHUNK + 5));
        let header = sealed.len() - (3 * CHUNK + 5) - 4 * 16;
        let (one, two) = (header, header + CHUNK + 16);
        let mut swapped = sealed.clone();
        swapped[one..two].copy_from_slice(&sealed[two..two + CHUNK + 16]);
        swapped[two..two + CHUNK + 16].copy_from_slice(&sealed[one..two]);
        assert!(read(&swapped, "correct horse").unwrap_err().contains("damaged"));
    }

    #[test]
    fn a_header_without_end_takes_no_memory() {
        struct Endless(Rc<Cell<u64>>);
        impl Read for Endless {
            fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
                bytes.fill(b'a');
                self.0.set(self.0.get() + u64::try_from(bytes.len()).unwrap());
                Ok(bytes.len())
            }
        }
        let taken = Rc::new(Cell::new(0));
        let start = &b"age-encryption.org/v1\n-> scrypt "[..];
        let input = start.chain(Endless(Rc::clone(&taken)));
        assert!(matches!(
            open(input, Path::new("file"), &passphrase("correct horse")),
            Err(KeyFault::Damaged { .. })
        ));
        assert!(taken.get() <= HEADER_BYTES_MAX, "{}", taken.get());
    }
}
