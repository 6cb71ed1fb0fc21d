//! A store of either kind, for one test: a directory, or a database of its own that is dropped afterwards.

use std::cell::RefCell;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicU32, Ordering};

use sanad_credential::IssuerId;
use sanad_issuer::durable::{Durable, Opening, Stop, StoreFault, TreeName};
use sanad_issuer::store::opening::{self, StoreChoice};
use sanad_issuer::store::postgres::config::{
    ConnectTimeout, DatabasePassword, PoolSize, PostgresConfig, PostgresUrl, StatementTimeout,
};
use sanad_issuer::store::{RecordsFault, Store};
use tokio_postgres::NoTls;

/// Names the server and its administrator.
const VARIABLE: &str = "SANAD_TEST_POSTGRES";

/// Owns the databases and is nobody special: what the store does, an ordinary user may do. The password is the test's.
pub(crate) const USER: &str = "sanad_test";
pub(crate) const PASSWORD: &str = "only-for-tests";

/// Connections of a store.
pub(crate) const POOL: u16 = 8;

/// A store that is gone when this is dropped.
pub(crate) enum Scratch {
    Embedded { dir: tempfile::TempDir },
    Postgres(Database),
}

impl Scratch {
    pub(crate) fn embedded() -> Self {
        Self::Embedded { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn postgres() -> Self {
        Self::Postgres(Database::new())
    }

    /// One of the other kind.
    pub(crate) fn other(&self) -> Self {
        match self {
            Scratch::Embedded { .. } => Self::postgres(),
            Scratch::Postgres(_) => Self::embedded(),
        }
    }

    pub(crate) fn choice(&self) -> StoreChoice {
        match self {
            Scratch::Embedded { .. } => StoreChoice::Embedded { dir: self.directory() },
            Scratch::Postgres(database) => StoreChoice::Postgres(database.config()),
        }
    }

    pub(crate) fn create(&self) -> Box<dyn Store> {
        opening::create(&self.choice(), &iss()).unwrap()
    }

    pub(crate) fn open(&self) -> Box<dyn Store> {
        self.try_open(&iss()).unwrap()
    }

    pub(crate) fn try_open(&self, iss: &IssuerId) -> Result<Box<dyn Store>, RecordsFault> {
        let mut attempts_left = 3_000;
        loop {
            match opening::open(&self.choice(), iss) {
                // A child of another test holds a copy of every open file for a moment, locks included.
                Err(RecordsFault::Store(StoreFault::InUse { .. })) if attempts_left > 0 => {
                    attempts_left -= 1;
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                opened => return opened,
            }
        }
    }

    pub(crate) fn directory(&self) -> PathBuf {
        match self {
            Scratch::Embedded { dir } => dir.path().join("store"),
            Scratch::Postgres(_) => panic!("a database has no directory"),
        }
    }

    /// Puts bytes where the store would never put them, or runs statements that it would never run.
    pub(crate) fn tamper(&self, tree: &'static str, key: &[u8], value: &[u8], sql: &str) {
        match self {
            Scratch::Embedded { .. } => {
                let tree = TreeName(tree);
                let raw = Durable::open(&self.directory(), Opening::OpenExisting, &[tree]).unwrap();
                raw.commit(|act| -> Result<(), Stop<()>> { Ok(act.put(tree, key, value)?) }).unwrap();
            }
            Scratch::Postgres(database) => database.run(sql),
        }
    }
}

/// A database of its own.
pub(crate) struct Database {
    admin: String,
    name: String,
}

impl Database {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let admin = std::env::var(VARIABLE).unwrap_or_else(|_| {
            panic!(
                "{VARIABLE} is not set: this test needs a PostgreSQL of its own. Run `cargo xtask test`, or for a part \
                 `cargo xtask postgres -- cargo nextest run -p sanad-issuer`"
            )
        });
        let name = format!("sanad_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let database = Self { admin, name };
        database.at_server(&format!(
            "DO $$ BEGIN CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'; \
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        ));
        // A database that sorts as people do, which is not how the store sorts.
        let sorting =
            if database.number_at_server("SELECT current_setting('server_version_num')::bigint") >= 150_000 {
                "LOCALE_PROVIDER icu ICU_LOCALE 'en'"
            } else {
                ""
            };
        let name = &database.name;
        database.at_server(&format!(
            "CREATE DATABASE {name} OWNER {USER} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' {sorting}"
        ));
        database
    }

    pub(crate) fn config(&self) -> PostgresConfig {
        self.config_of(&self.url(USER))
    }

    pub(crate) fn config_of(&self, url: &str) -> PostgresConfig {
        PostgresConfig {
            url: PostgresUrl::parse(url).unwrap(),
            password: Some(DatabasePassword::new(PASSWORD.to_owned().into()).unwrap()),
            pool: PoolSize::new(POOL).unwrap(),
            // Longer than any disk of a test takes: what a slow machine does late is no fault.
            statement_timeout: StatementTimeout::from_millis(60_000).unwrap(),
            connect_timeout: ConnectTimeout::from_millis(30_000).unwrap(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The URL of the administrator, with this database and another user.
    pub(crate) fn url(&self, user: &str) -> String {
        let (start, rest) = self.admin.split_once("://").unwrap();
        let (_, rest) = rest.split_once('@').expect("the URL of the administrator names a user");
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, _) = place.rsplit_once('/').expect("the URL of the administrator names a database");
        format!("{start}://{user}@{host}/{}?{options}", self.name)
    }

    /// Runs statements in this database, as its administrator.
    pub(crate) fn run(&self, sql: &str) {
        with(&self.admin, Some(&self.name), |client| async move { client.batch_execute(sql).await.unwrap() });
    }

    /// Runs a statement in a transaction that stays open, so that what it locks is locked from here on.
    pub(crate) fn holding(&self, sql: &str) -> Holder {
        let mut config = tokio_postgres::Config::from_str(&self.admin).expect("the URL of the administrator");
        config.dbname(&self.name);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await.expect("the server of the tests");
            tokio::spawn(async move {
                let _ = connection.await;
            });
            client.batch_execute(&format!("BEGIN; {sql}")).await.unwrap();
            client
        });
        Holder { runtime, client }
    }

    /// A number from this database.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        with(&self.admin, Some(&self.name), |client| async move {
            client.query_one(sql, &[]).await.unwrap().get(0)
        })
    }

    /// A text from this database.
    pub(crate) fn text(&self, sql: &str) -> String {
        with(&self.admin, Some(&self.name), |client| async move {
            client.query_one(sql, &[]).await.unwrap().get(0)
        })
    }

    fn at_server(&self, sql: &str) {
        with(&self.admin, None, |client| async move { client.batch_execute(sql).await.unwrap() });
    }

    fn number_at_server(&self, sql: &str) -> i64 {
        with(&self.admin, None, |client| async move { client.query_one(sql, &[]).await.unwrap().get(0) })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        if std::thread::panicking() {
            // The message of the test says more than one of tidying up.
            let _ = std::panic::catch_unwind(|| self.at_server(&sql));
        } else {
            self.at_server(&sql);
        }
    }
}

/// A transaction that is open.
pub(crate) struct Holder {
    runtime: tokio::runtime::Runtime,
    client: tokio_postgres::Client,
}

impl Holder {
    /// Ends it; nothing is locked any more.
    pub(crate) fn let_go(self) {
        self.runtime.block_on(self.client.batch_execute("ROLLBACK")).unwrap();
    }
}

thread_local! {
    static RUNTIME: RefCell<tokio::runtime::Runtime> =
        RefCell::new(tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
}

fn with<A, F: Future<Output = A>>(
    admin: &str,
    database: Option<&str>,
    work: impl FnOnce(tokio_postgres::Client) -> F,
) -> A {
    let mut config = tokio_postgres::Config::from_str(admin).expect("the URL of the administrator");
    if let Some(database) = database {
        config.dbname(database);
    }
    RUNTIME.with_borrow_mut(|runtime| {
        runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await.expect("the server of the tests");
            tokio::spawn(async move {
                let _ = connection.await;
            });
            work(client).await
        })
    })
}

pub(crate) fn iss() -> IssuerId {
    IssuerId::new("KE-SHA").unwrap()
}
