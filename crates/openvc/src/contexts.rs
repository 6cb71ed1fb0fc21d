//! The JSON-LD contexts that are built in. Nothing is fetched; an unknown address is refused.
//!
//! Each is the file as it is published, with its SHA-256, which a test holds: a `relatedResource` may name its digest.
//! What is signed depends on its JSON alone.

use crate::profile::Profile;
use crate::vocabulary;

/// A context that is built in.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// Its address.
    pub url: &'static str,
    /// Its text.
    pub text: &'static str,
    /// SHA-256 of the file that is published at the address, hexadecimal; that of the text, byte for byte.
    pub sha256: &'static str,
    /// Where it is accepted.
    pub profile: Profile,
}

/// Base context of VC Data Model 2.0.
pub const CREDENTIALS_V2: &str = "https://www.w3.org/ns/credentials/v2";
/// Base context of VC Data Model 1.1.
pub const CREDENTIALS_V1: &str = "https://www.w3.org/2018/credentials/v1";
/// Terms of Data Integrity proofs, for documents whose base context lacks them.
pub const DATA_INTEGRITY_V2: &str = "https://w3id.org/security/data-integrity/v2";
/// `@vocab` of the standards' own examples.
pub const EXAMPLES_V2: &str = "https://www.w3.org/ns/credentials/examples/v2";

/// All of them.
pub const BUILT_IN: [BuiltIn; 5] = [
    BuiltIn {
        url: CREDENTIALS_V2,
        text: include_str!("../contexts/credentials-v2.jsonld"),
        sha256: "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
        profile: Profile::Production,
    },
    BuiltIn {
        url: DATA_INTEGRITY_V2,
        text: include_str!("../contexts/data-integrity-v2.jsonld"),
        sha256: "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
        profile: Profile::Production,
    },
    BuiltIn {
        url: vocabulary::CONTEXT_URL,
        text: vocabulary::CONTEXT,
        sha256: vocabulary::CONTEXT_SHA256,
        profile: Profile::Production,
    },
    BuiltIn {
        url: CREDENTIALS_V1,
        text: include_str!("../contexts/credentials-v1.jsonld"),
        sha256: "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
        profile: Profile::LoopbackTest,
    },
    BuiltIn {
        url: EXAMPLES_V2,
        text: include_str!("../contexts/credentials-examples-v2.jsonld"),
        sha256: "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
        profile: Profile::LoopbackTest,
    },
];

/// The context at an address, where the profile has it.
pub fn built_in(url: &str, profile: Profile) -> Option<&'static BuiltIn> {
    static TABLE: [BuiltIn; 5] = BUILT_IN;
    TABLE.iter().find(|context| {
        context.url == url && (context.profile == Profile::Production || profile == Profile::LoopbackTest)
    })
}
