//! Lines of files that this program wrote: exports, backups, audit logs.
//!
//! Each ends with a line feed, the last one too, and none is longer than its reader says. Refuses everything else: such a
//! file was cut, or is another. What people write by hand is read by the kinder `lines`.

use std::io::{self, BufRead, Read as _};

/// Reads lines.
pub(crate) struct StrictLines<'i> {
    input: Box<dyn BufRead + 'i>,
    number: u64,
}

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
pub enum LineFault {
    /// It cannot be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// It is longer than a line of this file may be.
    #[error("longer than {max} bytes")]
    TooLong {
        /// Most allowed.
        max: usize,
    },
    /// It is no UTF-8 text.
    #[error("no UTF-8 text")]
    NotText,
    /// The file ends inside of it.
    #[error("the file was cut off inside this line")]
    Cut,
}

impl<'i> StrictLines<'i> {
    pub(crate) fn new(input: Box<dyn BufRead + 'i>) -> Self {
        Self { input, number: 0 }
    }

    /// The number of the line that was read last, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The next line without its end; none at the end of the file.
    pub(crate) fn next(&mut self, bytes_max: usize) -> Result<Option<String>, LineFault> {
        self.number = self.number.saturating_add(1);
        let mut line = Vec::new();
        // The longest, its end, and no more.
        let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        (&mut self.input).take(limit).read_until(b'\n', &mut line)?;
        match line.pop() {
            None => Ok(None),
            Some(b'\n') => String::from_utf8(line).map(Some).map_err(|_| LineFault::NotText),
            Some(_) if line.len() >= bytes_max => Err(LineFault::TooLong { max: bytes_max }),
            Some(_) => Err(LineFault::Cut),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static [u8], bytes_max: usize) -> (Vec<String>, Option<LineFault>) {
        let mut lines = StrictLines::new(Box::new(text));
        let mut found = Vec::new();
        loop {
            match lines.next(bytes_max) {
                Ok(Some(line)) => found.push(line),
                Ok(None) => return (found, None),
                Err(fault) => return (found, Some(fault)),
            }
        }
    }

    #[test]
    fn a_line_at_its_limit_is_read_and_one_beyond_is_not() {
        let (lines, fault) = read(b"1234\n12345\n", 5);
        assert_eq!((lines.len(), fault.is_none()), (2, true));
        assert!(matches!(read(b"123456\n", 5).1, Some(LineFault::TooLong { max: 5 })));
        assert!(matches!(read(b"123456", 5).1, Some(LineFault::TooLong { max: 5 })));
    }

    #[test]
    fn a_file_that_was_cut_inside_a_line_is_refused() {
        let (lines, fault) = read(b"one\ntwo", 5);
        assert_eq!(lines, ["one"]);
        assert!(matches!(fault, Some(LineFault::Cut)));
        assert!(matches!(read(b"12345", 5).1, Some(LineFault::Cut)));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(matches!(read(b"\xff\xfe\n", 5).1, Some(LineFault::NotText)));
    }
}
