//! What the handlers share.

use std::path::PathBuf;
use std::sync::Arc;

use super::config::ServiceConfig;
use super::health::Readiness;
use super::publisher::Publications;
use super::site::SiteFiles;
use crate::issue::Issuer;

/// The running service.
pub struct Service {
    /// The issuer: its keys, its store.
    pub issuer: Arc<Issuer>,
    /// What the service was told.
    pub config: ServiceConfig,
    /// Whether it should get requests.
    pub readiness: Readiness,
    /// The published files.
    pub site: SiteFiles,
    /// How the publication stands.
    pub publications: Arc<Publications>,
}

impl Service {
    /// Puts the parts together; readiness asks the store and the publication.
    pub fn new(issuer: Arc<Issuer>, config: ServiceConfig, publications: Arc<Publications>) -> Self {
        let (store, published, late) = (issuer.clone(), publications.clone(), config.site.late);
        let readiness = Readiness::new(vec![
            // Asks the store for something that both implementations have to look up.
            ("store", Box::new(move || store.store.audit(0, 1).is_ok())),
            ("publication", Box::new(move || published.is_current(late))),
        ]);
        let site = SiteFiles::new(PathBuf::from(&config.site.dir));
        Self { issuer, config, readiness, site, publications }
    }
}
