//! The tables of the format, as code.
//!
//! [`record!`] turns a table of (member, CBOR key, JSON name, type) into a struct and its reading and writing in
//! both forms; [`tuple!`] does the same for arrays with a fixed order. One table serves all four directions, so
//! that they cannot drift apart and a reader can lay it beside SPEC.md section 3. A member of type `Option` is one
//! that may be left out. Rules that compare members stand in `check` of [`crate::claims`].

/// A map with integer keys. Rows must stand in ascending order of their keys.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $key:literal $json:literal $member:ident: $kind:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$member_doc])* pub $member: $kind,)+
        }

        #[allow(dead_code, reason = "some records are only read as a part of a larger map, others only as a map")]
        impl $name {
            pub(crate) fn read_members(map: &mut $crate::cbor::MapReader<'_, '_>) -> Result<Self, $crate::fault::Fault> {
                Ok(Self { $($member: map.member($key, $json)?,)+ })
            }

            pub(crate) fn write_members<'v>(&'v self, map: &mut $crate::cbor::MapWriter<'v>) {
                $(map.member($key, &self.$member);)+
            }

            pub(crate) fn members_from_json(
                object: &mut $crate::json::Object<'_, '_>,
            ) -> Result<Self, $crate::fault::Fault> {
                Ok(Self {
                    $($member: $crate::cbor::Member::from_json(object.optional($json))
                        .map_err(|fault: $crate::fault::Fault| fault.within($json))?,)+
                })
            }

            pub(crate) fn members_to_json<'v>(
                &'v self,
                object: &mut alloc::vec::Vec<(alloc::borrow::Cow<'v, str>, $crate::json::Json<'v>)>,
            ) {
                $($crate::cbor::json_member(object, $json, &self.$member);)+
            }
        }

        impl $crate::cbor::Field for $name {
            fn read(reader: &mut $crate::cbor::Reader<'_>) -> Result<Self, $crate::fault::Fault> {
                let mut map = $crate::cbor::MapReader::open(reader)?;
                let record = Self::read_members(&mut map)?;
                map.finish()?;
                Ok(record)
            }

            fn write(&self, writer: &mut $crate::cbor::Writer) {
                let mut map = $crate::cbor::MapWriter::new();
                self.write_members(&mut map);
                map.write(writer);
            }

            fn from_json(json: &$crate::json::Json<'_>) -> Result<Self, $crate::fault::Fault> {
                let mut object = json.object()?;
                let record = Self::members_from_json(&mut object)?;
                object.finish()?;
                Ok(record)
            }

            fn to_json(&self) -> $crate::json::Json<'_> {
                let mut object = alloc::vec::Vec::new();
                self.members_to_json(&mut object);
                $crate::json::Json::Object(object)
            }
        }
    };
}

/// An array with a fixed order. `as array` is an array in JSON too, `as object` is an object there.
macro_rules! tuple {
    ($(#[$doc:meta])* $name:ident as array { $($(#[$member_doc:meta])* $json:literal $member:ident: $kind:ty,)+ }) => {
        tuple!(@common $(#[$doc])* $name { $($(#[$member_doc])* $json $member: $kind,)+ }
            fn from_json(json: &$crate::json::Json<'_>) -> Result<Self, $crate::fault::Fault> {
                let entries = json.array()?;
                let wanted = [$($json),+].len();
                if entries.len() != wanted {
                    let unit = $crate::fault::Unit::Entries;
                    return Err($crate::fault::length(unit, entries.len(), wanted, wanted));
                }
                let mut entries = entries.iter();
                Ok(Self {
                    $($member: $crate::cbor::Member::from_json(entries.next())
                        .map_err(|fault: $crate::fault::Fault| fault.within($json))?,)+
                })
            }

            fn to_json(&self) -> $crate::json::Json<'_> {
                $crate::json::Json::Array(alloc::vec![$(self.$member.to_json()),+])
            }
        );
    };
    ($(#[$doc:meta])* $name:ident as object { $($(#[$member_doc:meta])* $json:literal $member:ident: $kind:ty,)+ }) => {
        tuple!(@common $(#[$doc])* $name { $($(#[$member_doc])* $json $member: $kind,)+ }
            fn from_json(json: &$crate::json::Json<'_>) -> Result<Self, $crate::fault::Fault> {
                let mut object = json.object()?;
                let tuple = Self {
                    $($member: $crate::record::tuple_member_from_json(object.optional($json))
                        .map_err(|fault: $crate::fault::Fault| fault.within($json))?,)+
                };
                object.finish()?;
                Ok(tuple)
            }

            fn to_json(&self) -> $crate::json::Json<'_> {
                let members = [$(($json, self.$member.to_json())),+];
                let present = members.into_iter().filter(|(_, value)| *value != $crate::json::Json::Null);
                $crate::json::Json::Object(present.map(|(name, value)| (name.into(), value)).collect())
            }
        );
    };
    (@common $(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $json:literal $member:ident: $kind:ty,)+ } $($json_half:item)+) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$member_doc])* pub $member: $kind,)+
        }

        impl $crate::cbor::Field for $name {
            fn read(reader: &mut $crate::cbor::Reader<'_>) -> Result<Self, $crate::fault::Fault> {
                reader.tuple([$($json),+].len())?;
                Ok(Self {
                    $($member: <$kind as $crate::cbor::Field>::read(reader).map_err(|fault| fault.within($json))?,)+
                })
            }

            fn write(&self, writer: &mut $crate::cbor::Writer) {
                writer.array([$($json),+].len());
                $(self.$member.write(writer);)+
            }

            $($json_half)+
        }
    };
}

pub(crate) use record;
pub(crate) use tuple;

use crate::cbor::Field;
use crate::fault::{Fault, What};
use crate::json::Json;

/// In the object form of a tuple an absent member stands for CBOR null; a JSON null is refused (optional members
/// are left out), and so is the absence of a member that cannot be null.
pub(crate) fn tuple_member_from_json<T: Field>(found: Option<&Json<'_>>) -> Result<T, Fault> {
    match found {
        Some(Json::Null) => Err(Json::Null.is_not("a value, or no such member")),
        Some(json) => T::from_json(json),
        None => T::from_json(&Json::Null).map_err(|_| What::Missing.into()),
    }
}
