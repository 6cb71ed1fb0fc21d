//! What the handlers share.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use sanad_credential::UnixTime;

use super::access::{Access, CallerRate};
use super::approvals::Approvals;
use super::config::{ServiceConfig, StoreChoice, TestProfile};
use super::desk::{Desk, Numbers};
use super::health::Readiness;
use super::jobs::worker::{Terms, Worker};
use super::openvc::test_profile::Rehearsal;
use super::openvc::vci::Wallets;
use super::problem::{Problem, ProblemKind};
use super::publisher::Publications;
use super::site::SiteFiles;
use super::statistics::Cache;
use super::wallet_keeper::WalletKeeper;
use crate::issue::Issuer;
use crate::oidc::Provider;

/// The running service.
pub struct Service {
    /// The issuer: its keys, its store.
    pub issuer: Arc<Issuer>,
    /// What the service was told.
    pub config: ServiceConfig,
    /// Who may come in.
    pub access: Arc<Access>,
    /// Where single documents are signed.
    pub desk: Desk,
    /// Who works on bulk jobs.
    pub worker: Worker,
    /// What waits for a second person.
    pub approvals: Approvals,
    /// The last counts.
    pub statistics: Cache,
    /// Whether it should get requests.
    pub readiness: Readiness,
    /// The published files.
    pub site: SiteFiles,
    /// How the publication stands.
    pub publications: Arc<Publications>,
    /// What is done with wallets.
    pub wallets: Wallets,
    /// Who tidies up behind them.
    pub keeper: WalletKeeper,
    /// What test suites are served with, where they are.
    pub rehearsal: Option<Arc<Rehearsal>>,
    /// Name of this process among the replicas.
    pub replica: String,
}

impl Service {
    /// Puts the parts together; readiness asks the store and the publication.
    ///
    /// # Errors
    /// The system gives no thread or no randomness.
    pub fn new(
        issuer: Arc<Issuer>,
        config: ServiceConfig,
        publications: Arc<Publications>,
        provider: Option<Provider>,
    ) -> std::io::Result<Self> {
        let (store, published, late) = (issuer.clone(), publications.clone(), config.site.late);
        let readiness = Readiness::new(vec![
            // Asks the store for something that both implementations have to look up.
            ("store", Box::new(move || store.store.audit(0, 1).is_ok())),
            ("publication", Box::new(move || published.is_current(late))),
        ]);
        let site = SiteFiles::new(PathBuf::from(&config.site.dir));
        let rate = CallerRate { per_second: config.limits.requests_per_second, burst: config.limits.burst };
        let replica = replica_name(&config.store)?;
        let worker = Worker::start(Terms {
            issuer: issuer.clone(),
            numbers: Arc::new(Numbers::default()),
            name: replica.clone(),
            lines_max: config.limits.job_records,
            now,
        })?;
        let rehearsal = match config.test_profile {
            TestProfile::Off => None,
            TestProfile::Loopback => Some(Arc::new(Rehearsal::start(&config.listen)?)),
        };
        Ok(Self {
            wallets: Wallets::of(&issuer),
            keeper: WalletKeeper::start(issuer.clone(), now)?,
            rehearsal,
            access: Arc::new(Access::new(issuer.clone(), provider, rate, now)),
            desk: Desk::open(issuer.clone())?,
            approvals: Approvals::start(
                issuer.clone(),
                replica.clone(),
                config.approval.bulk_revocation_over,
            )?,
            worker,
            statistics: Cache::default(),
            issuer,
            config,
            readiness,
            site,
            publications,
            replica,
        })
    }

    /// Lets those who work finish the step they are at.
    pub fn close(self) {
        self.desk.close();
        self.worker.close();
        self.approvals.close();
        self.keeper.close();
    }

    /// The time.
    ///
    /// # Errors
    /// `not-ready` where the clock is wrong beyond doubt: nothing may be signed then.
    pub fn now(&self) -> Result<UnixTime, Problem> {
        now().ok_or_else(|| {
            Problem::new(ProblemKind::NotReady, "The clock of the service is wrong. Ask the operator.")
        })
    }
}

/// A store of one process has one worker, which finds its own jobs again after a restart; replicas have a name each.
fn replica_name(store: &StoreChoice) -> std::io::Result<String> {
    match store {
        StoreChoice::Embedded => Ok("embedded".to_owned()),
        StoreChoice::Postgres(_) => {
            let mut random = [0; 8];
            getrandom::fill(&mut random)?;
            Ok(format!("replica-{:016x}", u64::from_be_bytes(random)))
        }
    }
}

/// The clock; none where it shows a time that no document can bear.
pub fn now() -> Option<UnixTime> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    UnixTime::new(seconds).ok()
}
