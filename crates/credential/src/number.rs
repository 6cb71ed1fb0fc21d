//! Numbers with a range.
//!
//! A number whose range the format does not state is a [`Count`], 0 to 2^53-1: what every JSON reader holds
//! exactly. Everything outside a range is refused.

use core::fmt;

use crate::cbor::{Field, Reader, Writer};
use crate::fault::{Fault, What};
use crate::json::Json;

/// Declares a number type by its range.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident, $kind:ty, $min:literal..=$max:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($kind);

        impl $name {
            /// Highest.
            pub const MAX: Self = Self($max);

            /// Checks the range.
            ///
            /// # Errors
            /// [`What::Range`].
            pub fn new(value: $kind) -> Result<Self, Fault> {
                match value {
                    $min..=$max => Ok(Self(value)),
                    _ => Err(What::Range { found: i128::from(value), min: $min, max: $max }.into()),
                }
            }

            /// The number.
            pub fn value(self) -> $kind {
                self.0
            }

            /// Checks the range of a number of any width.
            ///
            /// # Errors
            /// [`What::Range`].
            pub fn from_integer(found: i128) -> Result<Self, Fault> {
                match <$kind>::try_from(found) {
                    Ok(value) => Self::new(value),
                    Err(_) => Err(What::Range { found, min: $min, max: $max }.into()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl Field for $name {
            fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
                Self::from_integer(reader.any_integer()?)
            }

            fn write(&self, writer: &mut Writer) {
                writer.unsigned(u64::from(self.0));
            }

            fn from_json(json: &Json<'_>) -> Result<Self, Fault> {
                Self::from_integer(i128::from(json.integer()?))
            }

            fn to_json(&self) -> Json<'_> {
                Json::Integer(i64::try_from(self.0).unwrap_or(i64::MAX))
            }
        }
    )+};
}

numbers! {
    /// A number without a range of its own: 0 to 2^53-1.
    Count, u64, 0..=9_007_199_254_740_991;
    /// A line of a household: the holder is line 1.
    MemberLine, u64, 1..=9_007_199_254_740_991;
    /// An entry of a status list: 0 to 2^20-1.
    StatusIndex, u32, 0..=1_048_575;
    /// Co-pay class.
    CopayClass, u8, 0..=9;
    /// Level of a facility, 1 the health post to 5 the national hospital.
    Level, u8, 1..=5;
    /// A share in hundredths of a percent.
    BasisPoints, u16, 0..=10_000;
    /// Days of a working week, by which contributed weeks are counted.
    WeekDays, u8, 5..=7;
}
