//! Arrays: sets that ascend, lists with their own length, and byte strings of a fixed length.
//!
//! In CBOR a set stands in ascending order without repeats and anything else is refused, so that a set has one
//! encoding; in JSON it may stand in any order, since people write it by hand. Texts ascend by their characters.

use alloc::vec::Vec;
use core::ops::Deref;

use crate::cbor::{Field, Reader, Writer, from_hex, to_hex};
use crate::fault::{Fault, Unit, What, length};
use crate::json::Json;

/// An ascending array without repeats of `MIN` to `MAX` entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set<T, const MIN: usize = 0, const MAX: usize = 64>(Vec<T>);

impl<T: Ord, const MIN: usize, const MAX: usize> Set<T, MIN, MAX> {
    /// The entries in any order.
    ///
    /// # Errors
    /// [`What::SetOrder`] for an entry that stands twice, [`What::Length`].
    pub fn new(mut entries: Vec<T>) -> Result<Self, Fault> {
        entries.sort_unstable();
        Self::from_ascending(entries)
    }

    fn from_ascending(entries: Vec<T>) -> Result<Self, Fault> {
        count(entries.len(), MIN, MAX)?;
        let unordered = entries.array_windows::<2>().position(|[one, next]| one >= next);
        match unordered {
            Some(position) => Err(What::SetOrder { entry: position.saturating_add(1) }.into()),
            None => Ok(Self(entries)),
        }
    }
}

impl<T, const MIN: usize, const MAX: usize> Deref for Set<T, MIN, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Field + Ord, const MIN: usize, const MAX: usize> Field for Set<T, MIN, MAX> {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Self::from_ascending(read_entries(reader, MIN, MAX)?)
    }

    fn write(&self, writer: &mut Writer) {
        write_entries(&self.0, writer);
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        Self::new(entries_from_json(json)?)
    }

    fn to_json(&self) -> Json<'_> {
        entries_to_json(&self.0)
    }
}

/// An array of `MIN` to `MAX` entries whose order has a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T, const MIN: usize, const MAX: usize>(Vec<T>);

impl<T, const MIN: usize, const MAX: usize> List<T, MIN, MAX> {
    /// The entries in their order.
    ///
    /// # Errors
    /// [`What::Length`].
    pub fn new(entries: Vec<T>) -> Result<Self, Fault> {
        count(entries.len(), MIN, MAX)?;
        Ok(Self(entries))
    }
}

impl<T, const MIN: usize, const MAX: usize> Deref for List<T, MIN, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Field, const MIN: usize, const MAX: usize> Field for List<T, MIN, MAX> {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        read_entries(reader, MIN, MAX).map(Self)
    }

    fn write(&self, writer: &mut Writer) {
        write_entries(&self.0, writer);
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        Self::new(entries_from_json(json)?)
    }

    fn to_json(&self) -> Json<'_> {
        entries_to_json(&self.0)
    }
}

/// Bytes of a fixed length; lower-case hexadecimal digits in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FixedBytes<const N: usize>(pub [u8; N]);

impl<const N: usize> FixedBytes<N> {
    /// From exactly 2 N lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`What::Pattern`].
    pub fn from_hex(text: &str) -> Result<Self, Fault> {
        from_hex(text)
            .map(Self)
            .ok_or(What::Pattern { wanted: "lower-case hexadecimal digits of the right number" }.into())
    }
}

impl<const N: usize> core::fmt::Display for FixedBytes<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl<const N: usize> core::fmt::Debug for FixedBytes<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl<const N: usize> Field for FixedBytes<N> {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        reader.array_of_bytes().map(Self)
    }

    fn write(&self, writer: &mut Writer) {
        writer.bytes(&self.0);
    }

    fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
        Self::from_hex(json.text()?)
    }

    fn to_json(&self) -> Json<'_> {
        Json::Text(to_hex(&self.0).into())
    }
}

fn count(found: usize, min: usize, max: usize) -> Result<(), Fault> {
    if (min..=max).contains(&found) { Ok(()) } else { Err(length(Unit::Entries, found, min, max)) }
}

fn read_entries<T: Field>(reader: &mut Reader<'_>, min: usize, max: usize) -> Result<Vec<T>, Fault> {
    let found = reader.array()?;
    count(found, min, max)?;
    let mut entries = Vec::with_capacity(found);
    for entry in 0..found {
        entries.push(T::read(reader).map_err(|fault| fault.at_entry(entry))?);
    }
    Ok(entries)
}

fn write_entries<T: Field>(entries: &[T], writer: &mut Writer) {
    writer.array(entries.len());
    for entry in entries {
        entry.write(writer);
    }
}

fn entries_from_json<T: Field>(json: &Json<'_>) -> Result<Vec<T>, Fault> {
    let entries = json.array()?.iter().enumerate();
    entries.map(|(entry, json)| T::from_json(json).map_err(|fault| fault.at_entry(entry))).collect()
}

fn entries_to_json<T: Field>(entries: &[T]) -> Json<'_> {
    Json::Array(entries.iter().map(T::to_json).collect())
}
