//! CBOR for making vectors: written for these tests alone, so that the bytes of a vector do not come from the
//! crate that is tested with them. Numbers and lengths are in their shortest form, maps keep the order they are
//! given, and [`Item::Raw`] puts any bytes in any place.

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Int(i128),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Item>),
    Map(Vec<(Item, Item)>),
    Bool(bool),
    Null,
    /// Bytes that stand there as they are.
    Raw(Vec<u8>),
}

impl Item {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode_into(&mut bytes);
        bytes
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Item::Int(value) if *value >= 0 => head(out, 0, *value as u64),
            Item::Int(value) => head(out, 1, (-1 - *value) as u64),
            Item::Bytes(bytes) => {
                head(out, 2, bytes.len() as u64);
                out.extend(bytes);
            }
            Item::Text(text) => {
                head(out, 3, text.len() as u64);
                out.extend(text.as_bytes());
            }
            Item::Array(entries) => {
                head(out, 4, entries.len() as u64);
                entries.iter().for_each(|entry| entry.encode_into(out));
            }
            Item::Map(entries) => {
                head(out, 5, entries.len() as u64);
                for (key, value) in entries {
                    key.encode_into(out);
                    value.encode_into(out);
                }
            }
            Item::Bool(value) => out.push(if *value { 0xF5 } else { 0xF4 }),
            Item::Null => out.push(0xF6),
            Item::Raw(bytes) => out.extend(bytes),
        }
    }

    /// The value at a path of map keys and array positions.
    pub(crate) fn at(&mut self, path: &[Item]) -> &mut Item {
        path.iter().fold(self, |item, step| match (item, step) {
            (Item::Map(entries), key) => {
                &mut entries.iter_mut().find(|(found, _)| found == key).expect("the key is there").1
            }
            (Item::Array(entries), Item::Int(position)) => &mut entries[*position as usize],
            (item, step) => panic!("no {step:?} in {item:?}"),
        })
    }

    /// Puts a value at a path; a new key takes its sorted place.
    pub(crate) fn set(&mut self, path: &[Item], value: impl Into<Item>) {
        let (last, parents) = path.split_last().expect("a path");
        let value = value.into();
        match self.at(parents) {
            Item::Map(entries) => match entries.iter_mut().find(|(key, _)| key == last) {
                Some(entry) => entry.1 = value,
                None => {
                    entries.push((last.clone(), value));
                    entries.sort_by_key(|(key, _)| key.encode());
                }
            },
            Item::Array(entries) => match last {
                Item::Int(position) => entries[*position as usize] = value,
                other => panic!("{other:?} is no position"),
            },
            other => panic!("{other:?} has no members"),
        }
    }

    /// Takes a member out of a map.
    pub(crate) fn remove(&mut self, path: &[Item]) {
        let (last, parents) = path.split_last().expect("a path");
        let entries = self.at(parents).entries();
        let length = entries.len();
        entries.retain(|(key, _)| key != last);
        assert_eq!(entries.len() + 1, length, "{last:?} is there once");
    }

    /// The entries of a map.
    pub(crate) fn entries(&mut self) -> &mut Vec<(Item, Item)> {
        match self {
            Item::Map(entries) => entries,
            other => panic!("{other:?} is no map"),
        }
    }
}

/// Head of an item in its shortest form.
pub(crate) fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    match argument {
        0..=23 => out.push(major | argument as u8),
        24..=0xFF => out.extend([major | 24, argument as u8]),
        0x100..=0xFFFF => {
            out.push(major | 25);
            out.extend((argument as u16).to_be_bytes());
        }
        0x1_0000..=0xFFFF_FFFF => {
            out.push(major | 26);
            out.extend((argument as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend(argument.to_be_bytes());
        }
    }
}

macro_rules! from_integers {
    ($($kind:ty)+) => {$(
        impl From<$kind> for Item {
            fn from(value: $kind) -> Self {
                Item::Int(value as i128)
            }
        }
    )+};
}
from_integers! { i32 i64 u64 i128 }

impl From<&str> for Item {
    fn from(text: &str) -> Self {
        Item::Text(text.into())
    }
}

impl From<String> for Item {
    fn from(text: String) -> Self {
        Item::Text(text)
    }
}

impl From<bool> for Item {
    fn from(value: bool) -> Self {
        Item::Bool(value)
    }
}

impl From<Vec<u8>> for Item {
    fn from(bytes: Vec<u8>) -> Self {
        Item::Bytes(bytes)
    }
}

impl From<Vec<Item>> for Item {
    fn from(entries: Vec<Item>) -> Self {
        Item::Array(entries)
    }
}

/// A map in the order given.
macro_rules! map {
    ($($key:expr => $value:expr),* $(,)?) => {
        $crate::cbor::Item::Map(vec![$(($crate::cbor::Item::from($key), $crate::cbor::Item::from($value))),*])
    };
}

/// An array.
macro_rules! list {
    ($($entry:expr),* $(,)?) => { vec![$($crate::cbor::Item::from($entry)),*] };
}

/// A path: the keys and positions that lead to an item.
macro_rules! steps {
    ($($step:expr),* $(,)?) => { [$($crate::cbor::Item::from($step)),*] };
}

pub(crate) use list;
pub(crate) use map;
pub(crate) use steps;
