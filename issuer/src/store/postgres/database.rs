//! Connections, and acts over them: threads of its own, a pool, one transaction for each act.
//!
//! The store's acts block, the driver does not: a small runtime drives the connections while the caller waits. What a
//! statement, a lock, a silent transaction and a whole act may take is bounded; a connection that was left in the middle
//! of anything is closed, never used again. A transaction that PostgreSQL gave up for the sake of another one is run
//! again, some times. Lost connections are for the caller to ask again: whether a commit that nobody answered was made,
//! only the store can say, and asking again for the same finds out.
//!
//! Refused: a server with `fsync` off, whose word is worth nothing, and one whose encoding is not UTF-8.

use std::fmt::Write as _;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Hook, HookError, Manager, Object, Pool};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio_postgres::NoTls;

use super::super::RecordsFault;
use super::config::PostgresConfig;
use super::problem::{Halt, asks_again, fault, later, never, pool_fault, spares_connection};

/// A connection with its prepared statements.
pub(super) type Client = ClientWrapper;

/// How often an act runs before it is told that the others were faster.
const ATTEMPTS_MAX: u32 = 12;

/// The pause before it runs again; each one longer, so that replicas that met do not meet again.
const PAUSE: Duration = Duration::from_millis(3);

/// Ends a transaction. The timeout of statements does not count while it waits for the disk, or for a standby that the
/// server was told to wait for; only the patience of an act does, and then nobody is told that it was done.
pub(super) const COMMIT: &str = "COMMIT";

/// The database, as the store speaks with it.
pub(super) struct Database {
    pool: Pool,
    patience: Duration,
    threads: Threads,
}

impl Database {
    /// Gets ready; nothing is connected yet.
    pub(super) fn new(config: &PostgresConfig) -> Result<Self, RecordsFault> {
        let threads = Threads::start()?;
        let settings = settings(config);
        let checked = Hook::async_fn(move |client: &mut Client, _| {
            let settings = settings.clone();
            Box::pin(async move { check_session(client, &settings).await })
        });
        let connecting = config.connect_timeout.as_duration();
        let pool = Pool::builder(Manager::new(config.driver(), NoTls))
            .max_size(config.pool.get())
            .runtime(deadpool_postgres::Runtime::Tokio1)
            .wait_timeout(Some(connecting))
            .post_create(checked)
            .build()
            .map_err(|error| never(&error.to_string()))?;
        // An act has some statements one after the other, and any of them may wait for a lock.
        let patience = config.statement_timeout.as_duration().saturating_mul(2).saturating_add(connecting);
        Ok(Self { pool, patience, threads })
    }

    /// Runs an act. It begins its transaction and commits it as the last of all, both together with other statements,
    /// so that they cost no round trips of their own; where it halts, nothing of it is done.
    pub(super) fn act<A>(&self, act: impl AsyncFn(&Client) -> Result<A, Halt>) -> Result<A, RecordsFault> {
        self.wait(async {
            let mut attempts = 0_u32;
            loop {
                attempts = attempts.saturating_add(1);
                let lent = Lent::by(&self.pool).await?;
                let halt = match act(lent.client()?).await {
                    Ok(answer) => {
                        lent.give_back();
                        return Ok(answer);
                    }
                    Err(halt) => halt,
                };
                match halt {
                    Halt::Refuse(fault) => {
                        lent.roll_back().await;
                        return Err(fault);
                    }
                    Halt::Overtaken => {
                        lent.roll_back().await;
                        if attempts >= ATTEMPTS_MAX {
                            return Err(later("others wrote the same meanwhile, again and again"));
                        }
                    }
                    Halt::Database(error) => {
                        if spares_connection(&error) {
                            lent.roll_back().await;
                        }
                        if !asks_again(&error) || attempts >= ATTEMPTS_MAX {
                            return Err(fault(&error));
                        }
                        tokio::time::sleep(PAUSE.saturating_mul(attempts)).await;
                    }
                }
            }
        })
    }

    /// A connection that is nobody else's, out of the pool for good.
    pub(super) async fn own_connection(&self) -> Result<Client, RecordsFault> {
        Ok(Object::take(self.pool.get().await.map_err(|error| pool_fault(&error))?))
    }

    /// Waits for work, on a thread that may block.
    pub(super) fn wait<A>(
        &self,
        work: impl Future<Output = Result<A, RecordsFault>>,
    ) -> Result<A, RecordsFault> {
        self.threads.handle.block_on(async {
            match tokio::time::timeout(self.patience, work).await {
                Ok(done) => done,
                Err(_) => Err(later(&format!("no answer within {} s", self.patience.as_secs()))),
            }
        })
    }
}

/// The threads that drive connections. They end without being waited for: whoever drops a store may be a thread that
/// must not wait.
pub(super) struct Threads {
    pub(super) handle: Handle,
    runtime: Option<Runtime>,
}

impl Threads {
    pub(super) fn start() -> Result<Self, RecordsFault> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("sanad-postgres")
            .enable_all()
            .build()
            .map_err(|error| later(&format!("cannot start threads: {error}")))?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A connection of the pool. Dropped in the middle of an act, it is closed.
struct Lent(Option<Object>);

impl Lent {
    async fn by(pool: &Pool) -> Result<Self, RecordsFault> {
        Ok(Self(Some(pool.get().await.map_err(|error| pool_fault(&error))?)))
    }

    fn client(&self) -> Result<&Client, RecordsFault> {
        self.0.as_deref().ok_or_else(|| never("a connection was given back too early"))
    }

    fn give_back(mut self) {
        drop(self.0.take());
    }

    /// Ends the transaction without a commit, and gives the connection back if that went well.
    async fn roll_back(self) {
        let Ok(client) = self.client() else { return };
        if client.batch_execute("ROLLBACK").await.is_ok() {
            self.give_back();
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            drop(Object::take(object));
        }
    }
}

/// What each connection is told first.
///
/// Plans must not hang on statistics: a table that grows by a million rows between two of PostgreSQL's looks at it would
/// be read from end to end by plans made while it was small. Every statement of this store has its index, so the others
/// ways of reading are off. Keepalives and the bound on silent transactions end what a dead replica holds.
fn settings(config: &PostgresConfig) -> String {
    let statement = config.statement_timeout.as_millis();
    let mut text = String::new();
    for (name, value) in [
        ("statement_timeout", statement),
        ("lock_timeout", statement / 2),
        ("idle_in_transaction_session_timeout", statement),
        ("tcp_keepalives_idle", 10),
        ("tcp_keepalives_interval", 5),
        ("tcp_keepalives_count", 3),
    ] {
        let _ = write!(text, "SET {name} = {value}; ");
    }
    text.push_str(
        "SET default_transaction_isolation = 'read committed'; SET search_path = pg_catalog; \
         SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; \
         SET enable_mergejoin = off; SET jit = off",
    );
    text
}

/// A commit is answered when it is on the disk here, or where the server says so, at its standby too: what is asked for
/// is never less than that, and never less than what the server was set to.
const CHECK_SESSION: &str = "\
    SELECT current_setting('fsync'), current_setting('server_encoding'), set_config('synchronous_commit', \
        CASE WHEN current_setting('synchronous_commit') = 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)";

async fn check_session(client: &Client, settings: &str) -> Result<(), HookError> {
    client.batch_execute(settings).await.map_err(HookError::Backend)?;
    let row = client.query_one(CHECK_SESSION, &[]).await.map_err(HookError::Backend)?;
    let text = |column| row.try_get::<_, &str>(column).map_err(HookError::Backend);
    if text(0)? != "on" {
        return Err(HookError::message(
            "fsync is off on this server: what it says it keeps, a power cut takes",
        ));
    }
    if text(1)? != "UTF8" {
        return Err(HookError::message(
            "the database has another encoding than UTF8; create it with ENCODING 'UTF8'",
        ));
    }
    if !["on", "remote_apply"].contains(&text(2)?) {
        return Err(HookError::message("synchronous_commit cannot be switched on"));
    }
    Ok(())
}
