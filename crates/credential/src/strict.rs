//! The scan that makes CBOR strict, before anything is decoded.
//!
//! One pass over the bytes checks form only: lengths in their shortest form, no indefinite lengths, keys in
//! bytewise order and once, no tags, floats or simple values but false, true and null, UTF-8, and the limits on
//! depth, entries and text (SPEC.md section 2; RFC 8949 section 4.2.1). The general crates accept most of what is
//! refused here. After the scan the typed decoder knows that one document has one encoding, so that no byte
//! outside the signed part can be changed without refusal.

use alloc::string::String;
use alloc::vec::Vec;

use crate::fault::{Fault, Form, Unit, What, length, printable_key};

/// Nesting of maps and arrays. The deepest document, a household line, needs 5.
pub const DEPTH_MAX: usize = 8;

/// Entries of one map or array. The largest list with a limit of its own has 24.
pub const ENTRIES_MAX: usize = 64;

/// Bytes of one text: 64 characters of at most 4 bytes.
pub const TEXT_BYTES_MAX: usize = 256;

/// First head of major type 7: simple values and floats.
const MAJOR_7: u8 = 0xE0;

/// Which rules hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// Our own document types: deterministic encoding.
    Own,
    /// Status list tokens: definite lengths and no duplicate keys. The official vectors have unsorted maps.
    Foreign,
}

/// Checks that `bytes` are exactly one item in the form that `rules` ask for.
///
/// # Errors
/// The first fault in reading order.
pub(crate) fn scan(bytes: &[u8], rules: Rules) -> Result<(), Fault> {
    let mut scanner = Scanner { bytes, position: 0, rules };
    scanner.item(0)?;
    match bytes.len().saturating_sub(scanner.position) {
        0 => Ok(()),
        bytes => Err(What::Trailing { bytes }.into()),
    }
}

struct Scanner<'b> {
    bytes: &'b [u8],
    position: usize,
    rules: Rules,
}

/// CBOR major type and argument.
struct Head {
    major: u8,
    argument: u64,
    position: usize,
}

impl<'b> Scanner<'b> {
    fn item(&mut self, depth: usize) -> Result<(), Fault> {
        let head = self.head()?;
        match head.major {
            0 | 1 => Ok(()),
            2 => self.take(head.argument).map(|_| ()),
            3 => self.text(&head),
            4 => {
                let entries = self.enter(&head, depth)?;
                for _ in 0..entries {
                    self.item(depth.saturating_add(1))?;
                }
                Ok(())
            }
            5 => {
                let entries = self.enter(&head, depth)?;
                self.map(entries, depth)
            }
            6 => Err(excluded(head.position, Form::Tag)),
            _ => Ok(()),
        }
    }

    fn map(&mut self, entries: usize, depth: usize) -> Result<(), Fault> {
        let mut previous: &[u8] = &[];
        let mut seen: Vec<Key<'b>> = Vec::new();
        for entry in 0..entries {
            let start = self.position;
            match self.rules {
                Rules::Own => {
                    self.item(depth.saturating_add(1))?;
                    let key = self.since(start);
                    if entry > 0 && key <= previous {
                        let form = if key == previous { Form::DuplicateKey } else { Form::KeyOrder };
                        return Err(excluded(start, form));
                    }
                    previous = key;
                }
                Rules::Foreign => {
                    let key = self.foreign_key()?;
                    if seen.contains(&key) {
                        return Err(What::Repeated { key: key.printable() }.into());
                    }
                    seen.push(key);
                }
            }
            self.item(depth.saturating_add(1))?;
        }
        Ok(())
    }

    /// Foreign keys are compared by value: 01 and 1801 are the same key in two encodings.
    fn foreign_key(&mut self) -> Result<Key<'b>, Fault> {
        let head = self.head()?;
        match head.major {
            0 | 1 => Ok(Key::Integer(head.major, head.argument)),
            2 | 3 => {
                let start = self.position;
                if head.major == 3 {
                    self.text(&head)?;
                } else {
                    self.take(head.argument)?;
                }
                Ok(Key::String(head.major, self.since(start)))
            }
            _ => Err(What::WrongType { wanted: "an integer or text key", found: "another key" }.into()),
        }
    }

    /// Nine heads of ten are one byte, so they go past the cases of [`Scanner::long_head`].
    #[inline]
    fn head(&mut self) -> Result<Head, Fault> {
        let position = self.position;
        match self.bytes.get(position) {
            Some(&first) if first < MAJOR_7 && first & 0x1F < 24 => {
                self.position = position.saturating_add(1);
                Ok(Head { major: first >> 5, argument: u64::from(first & 0x1F), position })
            }
            _ => self.long_head(),
        }
    }

    fn long_head(&mut self) -> Result<Head, Fault> {
        let position = self.position;
        let first = self.byte()?;
        let (major, info) = (first >> 5, first & 0x1F);
        let (argument, shortest) = match info {
            0..=23 => (u64::from(info), true),
            24 => {
                let value = u64::from(self.byte()?);
                (value, value >= 24)
            }
            25 => self.argument::<2>(u64::from(u8::MAX))?,
            26 => self.argument::<4>(u64::from(u16::MAX))?,
            27 => self.argument::<8>(u64::from(u32::MAX))?,
            31 if (2..=5).contains(&major) => return Err(excluded(position, Form::Indefinite)),
            _ => return Err(excluded(position, Form::Reserved)),
        };
        if major == 7 {
            let form = match info {
                20..=22 => return Ok(Head { major, argument, position }),
                25..=27 => Form::Float,
                _ => Form::Simple,
            };
            return Err(excluded(position, form));
        }
        if !shortest && self.rules == Rules::Own {
            return Err(excluded(position, Form::NotShortest));
        }
        Ok(Head { major, argument, position })
    }

    /// An argument of N bytes, and whether it needs them: whether it is above `shorter`.
    fn argument<const N: usize>(&mut self, shorter: u64) -> Result<(u64, bool), Fault> {
        let mut value: u64 = 0;
        for _ in 0..N {
            value = (value << 8) | u64::from(self.byte()?);
        }
        Ok((value, value > shorter))
    }

    fn enter(&mut self, head: &Head, depth: usize) -> Result<usize, Fault> {
        if depth >= DEPTH_MAX {
            return Err(length(Unit::Levels, depth.saturating_add(1), 0, DEPTH_MAX));
        }
        match usize::try_from(head.argument) {
            Ok(entries) if entries <= ENTRIES_MAX => Ok(entries),
            _ => Err(too_many(Unit::Entries, head.argument, ENTRIES_MAX)),
        }
    }

    fn text(&mut self, head: &Head) -> Result<(), Fault> {
        if usize::try_from(head.argument).map_or(true, |bytes| bytes > TEXT_BYTES_MAX) {
            return Err(too_many(Unit::Bytes, head.argument, TEXT_BYTES_MAX));
        }
        let bytes = self.take(head.argument)?;
        match core::str::from_utf8(bytes) {
            Ok(_) => Ok(()),
            Err(_) => Err(excluded(head.position, Form::Utf8)),
        }
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = self.bytes.get(self.position).copied();
        self.position = self.position.saturating_add(1);
        byte.ok_or_else(|| self.truncated())
    }

    fn take(&mut self, count: u64) -> Result<&'b [u8], Fault> {
        let end = usize::try_from(count).ok().and_then(|count| self.position.checked_add(count));
        let taken = end.and_then(|end| self.bytes.get(self.position..end));
        match (taken, end) {
            (Some(taken), Some(end)) => {
                self.position = end;
                Ok(taken)
            }
            _ => Err(self.truncated()),
        }
    }

    fn since(&self, start: usize) -> &'b [u8] {
        self.bytes.get(start..self.position).unwrap_or(&[])
    }

    fn truncated(&self) -> Fault {
        What::Truncated { position: self.bytes.len() }.into()
    }
}

#[derive(PartialEq)]
enum Key<'b> {
    Integer(u8, u64),
    String(u8, &'b [u8]),
}

impl Key<'_> {
    fn printable(&self) -> String {
        match self {
            Key::Integer(0, argument) => alloc::format!("{argument}"),
            Key::Integer(_, argument) => alloc::format!("{}", !i128::from(*argument)),
            Key::String(_, bytes) => printable_key(&String::from_utf8_lossy(bytes)),
        }
    }
}

fn excluded(position: usize, form: Form) -> Fault {
    What::NotDeterministic { position, form }.into()
}

fn too_many(unit: Unit, found: u64, max: usize) -> Fault {
    What::Length { unit, found, min: 0, max: u64::try_from(max).unwrap_or(u64::MAX) }.into()
}
