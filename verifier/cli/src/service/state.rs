//! What the handlers share.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::http::HeaderMap;
use sanad_listener::readiness::Readiness;
use sanad_openvc::Profile;
use tokio::sync::Semaphore;

use super::config::ServiceConfig;
use super::decision::Signer;
use super::openid4vp::Client;
use super::problem::{Problem, ProblemKind};
use super::request_files::RequestFiles;
use super::request_key::RequestKey;
use super::requests::Requests;
use super::token::DeskToken;
use super::trust::Trust;
use crate::state::State;

/// The running service.
pub struct Service {
    /// What it was told.
    pub config: ServiceConfig,
    /// What it believes.
    pub trust: Arc<Trust>,
    /// Whether it should get requests.
    pub readiness: Readiness,
    /// Documents that are verified at once: one for each processor.
    pub verifying: Arc<Semaphore>,
    /// Who asks phones.
    pub client: Client,
    /// What phones were asked.
    pub requests: Requests,
    /// What signs receipts.
    pub signer: Option<Signer>,
    token: Option<DeskToken>,
    base: OnceLock<String>,
}

impl Service {
    /// Puts the parts together.
    ///
    /// # Errors
    /// What is wrong with the parts, in words.
    pub fn new(config: ServiceConfig, trust: Arc<Trust>, token: Option<DeskToken>) -> Result<Self, String> {
        let signer = config.desk.receipts.as_deref();
        let signer = signer.map(|file| Signer::open(config.state_dir.as_deref(), file)).transpose()?;
        let believed = trust.clone();
        let readiness = match config.profile {
            Profile::Production => {
                Readiness::new(vec![("pack", Box::new(move || believed.current().is_ok()))])
            }
            Profile::LoopbackTest => Readiness::new(Vec::new()),
        };
        let state = State::locate(config.state_dir.as_deref()).map_err(|fault| fault.to_string())?;
        let files = RequestFiles::open(&state).map_err(|fault| fault.to_string())?;
        let requests = Requests::open(config.desk.window, config.desk.requests_max, files);
        let key = RequestKey::obtain(config.desk.request_key_file.as_deref(), &state);
        let client = Client::new(key.map_err(|fault| fault.to_string())?)?;
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            config,
            trust,
            readiness,
            verifying: Arc::new(Semaphore::new(processors)),
            client,
            requests,
            signer,
            token,
            base: OnceLock::new(),
        })
    }

    /// Says where it listens: from now on links lead there, unless the configuration names another address.
    pub fn bound_to(&self, address: SocketAddr) {
        let _ = self.base.set(self.config.public_url(address));
    }

    /// How phones reach the service, without a slash at the end.
    pub fn base(&self) -> &str {
        self.base.get().map(String::as_str).unwrap_or_default()
    }

    /// Lets in who bears the token; without one nobody.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn authenticate(&self, headers: &HeaderMap) -> Result<(), Problem> {
        match &self.token {
            Some(token) if token.is_borne_by(headers) => Ok(()),
            _ => Err(Problem::new(
                ProblemKind::Unauthenticated,
                "Send the header Authorization: Bearer, and the token of this desk.",
            )),
        }
    }

    /// As [`Service::authenticate`], for what the loopback test profile leaves open.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn authenticate_verifier(&self, headers: &HeaderMap) -> Result<(), Problem> {
        match self.config.profile {
            Profile::LoopbackTest => Ok(()),
            Profile::Production => self.authenticate(headers),
        }
    }
}
