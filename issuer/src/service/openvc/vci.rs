//! OpenID for Verifiable Credential Issuance 1.0: an officer offers a credential, and the holder's wallet, whosever it is,
//! fetches it.
//!
//! [`offer`] makes the link and its picture; [`metadata`] tells wallets what there is and where; [`token`] makes a token of
//! the offer's code; [`credential`] makes credentials for keys that the wallet proves, at once or [`later`]. Refusals have
//! the names of the standard ([`refusal`]).
//!
//! It is there where the issuer has a did:web and `listen.public_url` says how wallets reach the service: that address is the
//! credential issuer's identifier. Wallets are not registered; the code is what lets one in. Not here: the authorization
//! code flow, encrypted answers, certificates. Wallets that run in a browser call from pages of other sites, and may.

pub mod credential;
pub mod later;
pub mod metadata;
pub mod offer;
pub mod refusal;
pub mod token;

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::middleware::from_fn;
use axum::routing::{get, options};
use sanad_credential::RightType;
use sanad_listener::cors::{open, preflight};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::well_known::absent;
use crate::issue::Issuer;
use crate::service::desk::Numbers;
use crate::service::problem::Problem;
use crate::service::rates::{ATTEMPT_EVERY, ATTEMPTS, Attempts};
use crate::service::state::Service;
use crate::wallets::Nonces;

/// What the handlers share.
pub struct Wallets {
    /// Their nonces.
    pub(super) nonces: Nonces,
    /// Failed attempts at codes.
    pub(super) attempts: Attempts,
    /// Numbers of new documents.
    pub(super) numbers: Numbers,
}

impl Wallets {
    /// Those of an issuer.
    pub fn of(issuer: &Issuer) -> Self {
        Self {
            nonces: Nonces::of(&issuer.keys.permutation),
            attempts: Attempts::new(NonZeroU32::new(ATTEMPTS).unwrap_or(NonZeroU32::MIN), ATTEMPT_EVERY),
            numbers: Numbers::default(),
        }
    }
}

/// Form of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `dc+sd-jwt`.
    SdJwt,
    /// `ldp_vc`, signed with eddsa-rdfc-2022.
    LdpVc,
    /// The phone card, typ 293 (SPEC.md): no format of the standard is in CBOR, so this one has a name of our own.
    Cwt,
}

impl Form {
    pub(super) const ALL: [Self; 3] = [Self::SdJwt, Self::LdpVc, Self::Cwt];

    /// `format` of the standard.
    pub(super) fn format(self) -> &'static str {
        match self {
            Form::SdJwt => "dc+sd-jwt",
            Form::LdpVc => "ldp_vc",
            Form::Cwt => "vnd.sanad.entitlement+cwt",
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Form::SdJwt => "sd-jwt",
            Form::LdpVc => "ldp-vc",
            Form::Cwt => "cwt",
        }
    }

    /// The id of the configuration for a type of entitlement.
    pub(super) fn configuration(self, right: RightType) -> String {
        format!("{}-{}", right.word(), self.suffix())
    }

    /// The form and type of a configuration's id.
    pub(super) fn of_configuration(id: &str) -> Option<(Self, RightType)> {
        let all =
            Self::ALL.into_iter().flat_map(|form| RightType::ALL.iter().map(move |right| (form, *right)));
        all.into_iter()
            .find(|(form, right)| *right != RightType::Delegation && form.configuration(*right) == id)
    }
}

/// The identifier of the credential issuer.
///
/// # Errors
/// Not found, where the service is none.
pub(super) fn identifier(service: &Service) -> Result<&str, Problem> {
    let url = service.config.listen.public_url.as_deref();
    let has_name = service.issuer.identity().is_ok();
    url.filter(|_| has_name).ok_or_else(absent)
}

/// The routes, open to whoever has a code or a token, with their documentation.
pub fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(metadata::issuer))
        .routes(routes!(metadata::authorization_server))
        .routes(routes!(token::token))
        .routes(routes!(token::nonce))
        .routes(routes!(credential::credential))
        .routes(routes!(later::deferred))
        .routes(routes!(later::notification))
        .route("/.well-known/openid-credential-issuer/{*path}", get(metadata::issuer_at))
        .route("/.well-known/oauth-authorization-server/{*path}", get(metadata::authorization_server_at))
        .merge(asked_before())
        .layer(from_fn(open))
}

/// What the browser of a wallet asks before it calls: all of these routes are for pages of other sites too.
fn asked_before() -> OpenApiRouter<Arc<Service>> {
    let reading = || options(async || preflight("GET, HEAD", "Content-Type"));
    let calling = || options(async || preflight("POST", "Authorization, Content-Type"));
    let well_known = ["openid-credential-issuer", "oauth-authorization-server"];
    let mut router = OpenApiRouter::new();
    for name in well_known {
        router = router.route(&format!("/.well-known/{name}"), reading());
        router = router.route(&format!("/.well-known/{name}/{{*path}}"), reading());
    }
    for name in ["token", "nonce", "credential", "deferred", "notification"] {
        router = router.route(&format!("/openid4vci/{name}"), calling());
    }
    router
}
