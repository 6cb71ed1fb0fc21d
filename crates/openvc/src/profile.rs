//! Two profiles, kept apart: what is used, and what a conformance suite needs on the loopback interface.

/// Which documents are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// VC Data Model 2.0 only, contexts by address only and only those that are built in, and issuers' keys only from
    /// documents that the caller handed in.
    Production,
    /// For conformance suites on loopback: also VC Data Model 1.1, contexts written out in the document, the examples
    /// context, and any `did:key` or `did:jwk` as an issuer.
    LoopbackTest,
}
