//! The person an entitlement is about, and the household.
//!
//! A name stands once in Latin script as on the person's papers and up to twice in the person's own; it has no
//! given and family parts. Never on any document, and so without a member here: nationality, migration status,
//! religion, ethnicity, diagnosis, an indigent or HIV label, bank data, a national id number.

use crate::birth::Birth;
use crate::cbor::Nullable;
use crate::codes::{PersonCheck, Role, Sex};
use crate::list::List;
use crate::number::Count;
use crate::record::{record, tuple};
use crate::text::{Label, LanguageTag, MemberNumber, Name};

record! {
    /// The person. SPEC.md section 3, `subject`.
    Subject {
        /// The scheme's number for the member.
        1 "number" number: MemberNumber,
        /// In Latin script as on the person's papers.
        2 "name" name: Name,
        /// In the person's own script, with its language tag.
        3 "native_names" native_names: Option<List<NativeName, 1, 2>>,
        /// As far as it is known.
        4 "birth" birth: Option<Birth>,
        /// Only where a benefit depends on it.
        5 "sex" sex: Option<Sex>,
        /// Number of the household.
        6 "household" household: Option<Label>,
        /// The holder's role in the household.
        7 "role" role: Option<Role>,
        /// The others of the household; the holder is line 1.
        8 "members" members: Option<List<HouseholdLine, 1, 12>>,
        /// How to check the person; by the printed photo when absent.
        9 "check" check: Option<PersonCheck>,
    }
}

tuple! {
    /// A name in the person's own script.
    NativeName as array {
        /// BCP 47, with the script where the language is written in several.
        "language" language: LanguageTag,
        /// In NFC, which issuers see to.
        "name" name: Name,
    }
}

tuple! {
    /// One more person of the household.
    HouseholdLine as array {
        /// 2 and up, rising.
        "line" line: Count,
        /// In the household's own script, or Latin.
        "name" name: Name,
        /// Year of birth, if known.
        "birth_year" birth_year: Nullable<Count>,
        /// ISO/IEC 5218.
        "sex" sex: Sex,
        /// Role in the household.
        "role" role: Role,
    }
}
