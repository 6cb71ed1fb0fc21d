//! The same entitlement in the open standards.
//!
//! W3C Verifiable Credentials 2.0 with Data Integrity (eddsa-rdfc-2022, eddsa-jcs-2022) and Bitstring Status List,
//! and SD-JWT VC. What is issued here others' software verifies, and what others issue is verified here; an
//! entitlement comes back as the claims of `sanad_credential`, on which the coverage decision works as for a paper QR.
//!
//! No I/O, no clock, no randomness: bytes, keys, salts and time come in, bytes go out. Nothing is fetched.

mod bitstring;
mod canonical;
mod contexts;
mod credential;
mod did;
mod document;
mod enveloped;
mod fault;
mod holder_proof;
mod jcs;
mod jsonld;
mod jwt;
mod keys;
mod mapping;
mod metadata;
mod multibase;
mod pinned;
mod profile;
mod proof;
mod quads;
mod rdf;
mod related;
mod request_object;
mod resolution;
mod sd_jwt;
mod terms;
mod time;
mod token_status;
mod verification;
mod vocabulary;

pub use bitstring::{
    ENTRIES_MIN, ListCredential, StatusEntry, StatusList, StatusPurpose, encode, list_credential, project,
};
pub use contexts::{
    BUILT_IN, BuiltIn, CREDENTIALS_V1, CREDENTIALS_V2, DATA_INTEGRITY_V2, EXAMPLES_V2, built_in,
};
pub use credential::{Version, validate_credential};
pub use did::{
    Controllers, DID_CHARACTERS_MAX, DidDocument, Purpose, VerificationMethod, did_jwk, did_key,
    did_web_address, sole_method,
};
pub use document::{DOCUMENT, JWT, Limits, STATUS_LIST, check, parse, parse_object};
pub use enveloped::envelop;
pub use fault::{Fault, Problem, SHOWN_MAX, What};
pub use holder_proof::{ExpectedHolderProof, HolderProof, verify_holder_proof};
pub use jwt::sign as sign_jwt;
pub use keys::{Algorithm, PublicKey};
pub use mapping::{
    STATUS_JWT_SUFFIX, STATUS_PURPOSES, SdJwtClaims, from_credential, from_sd_jwt, to_credential, to_sd_jwt,
    vct,
};
pub use metadata::{jwt_vc_issuer, jwt_vc_issuer_address, read_jwt_vc_issuer};
pub use pinned::{CompromisedKeys, Stated, did_document, https_issuer, key_fragment};
pub use profile::Profile;
pub use proof::{Expected, ProofOptions, Secured, Suite, VerifiedProof, add_proof, verify_proofs};
pub use request_object::{CLIENT_ID_PREFIX, REQUEST_OBJECT_TYP, open_request_object};
pub use resolution::{Resolution, ResolutionOptions, resolve};
pub use sd_jwt::{
    Binding, CHARACTERS_MAX, KEY_BINDING_TYP, KeyBinding, TYP, VerifiedSdJwt, VerifyingSdJwt, issue_sd_jwt,
    present_sd_jwt, stated_sd_jwt, verify_sd_jwt,
};
pub use token_status::{TokenStatus, TokenStatusList, open_status_list};
pub use verification::{
    Times, VerifiedCredential, VerifiedPresentation, Verifying, VerifyingPresentation, issue, present,
    stated_credential, verify_any, verify_credential, verify_presentation,
};
pub use vocabulary::{
    CONTEXT, CONTEXT_SHA256, CONTEXT_URL, CREDENTIAL_TYPE, CREDENTIAL_TYPE_IRI, SCHEMA, SCHEMA_SHA256,
    SCHEMA_URL, VCT_PREFIX, VCT_SUFFIX, context_document, schema_document, table_markdown, type_metadata,
};
