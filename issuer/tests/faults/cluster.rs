//! A PostgreSQL of a test's own, that is stopped, killed and promoted; the one of `cargo xtask postgres` is others' too.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const START_MAX: Duration = Duration::from_secs(60);

/// No network; it syncs as a real one does.
const SETTINGS: &str = "\
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 60
shared_buffers = 32MB
fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = replica
max_wal_senders = 4
hot_standby = on
logging_collector = off
include = 'standbys.conf'
";

/// A cluster; its server is stopped and everything of it removed when this is dropped.
pub(crate) struct Cluster {
    binaries: PathBuf,
    owner: Option<(u32, u32)>,
    base: PathBuf,
    server: Option<Child>,
}

impl Cluster {
    /// One that is empty.
    pub(crate) fn make(name: &str) -> Self {
        let cluster = Self::place(name);
        let mut command = cluster.program("initdb");
        command.arg("--pgdata").arg(cluster.data());
        command.args(["--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        succeed(command.args(["--auth-local=trust", "--auth-host=reject"]));
        cluster.configure("");
        let file = cluster.data().join("postgresql.conf");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text + SETTINGS).unwrap();
        cluster
    }

    /// A place without data.
    pub(crate) fn place(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let binaries = binaries().unwrap_or_else(|| {
            panic!("PostgreSQL's server (initdb, postgres, pg_ctl) is not installed; `cargo xtask test` installs it")
        });
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // Paths of sockets are short.
        let base = std::env::temp_dir().join(format!("sanad-{name}-{}-{count}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&base).unwrap();
        let owner = owner();
        if let Some((uid, gid)) = owner {
            chown(&base, Some(uid), Some(gid)).unwrap();
        }
        Self { binaries, owner, base, server: None }
    }

    /// A copy of a running one, that follows it.
    pub(crate) fn copy(&mut self, primary: &Self) {
        assert!(self.server.is_none());
        let _ = fs::remove_dir_all(self.data());
        let mut command = self.program("pg_basebackup");
        command.arg("--pgdata").arg(self.data()).arg("--host").arg(&primary.base);
        succeed(command.args([
            "--username=postgres",
            "--write-recovery-conf",
            "--checkpoint=fast",
            "--no-sync",
        ]));
        // It waits for nobody once it is the primary.
        self.configure("");
        self.start();
    }

    /// From now on a commit waits for the standby, which must be there.
    pub(crate) fn wait_for_standby(&self) {
        self.configure("synchronous_standby_names = '*'\n");
        self.query("SELECT pg_reload_conf()");
        let began = Instant::now();
        while self.query("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1" {
            assert!(began.elapsed() < START_MAX, "no standby");
            thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn promote(&self) {
        let mut command = self.program("pg_ctl");
        succeed(command.args(["promote", "--wait", "--silent", "--pgdata"]).arg(self.data()));
    }

    fn configure(&self, standbys: &str) {
        let file = self.data().join("standbys.conf");
        fs::write(&file, standbys).unwrap();
        if let Some((uid, gid)) = self.owner {
            chown(&file, Some(uid), Some(gid)).unwrap();
        }
    }

    /// Starts the server and waits until it takes connections.
    pub(crate) fn start(&mut self) {
        let began = Instant::now();
        loop {
            let log = File::options().create(true).append(true).open(self.base.join("log")).unwrap();
            let mut command = self.program("postgres");
            command.arg("-D").arg(self.data()).arg("-k").arg(&self.base);
            command.stdout(log.try_clone().unwrap()).stderr(log);
            self.server = Some(command.spawn().unwrap());
            // It refuses while a process of the killed one lives, as one does that was born in the middle of the kill:
            // whoever watches over a server starts it again.
            match self.try_until_up() {
                Ok(()) => return,
                Err(ended) => {
                    assert!(began.elapsed() < START_MAX, "PostgreSQL ended, {ended}: {}", self.log())
                }
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until it takes connections, also after a crash that it mends by itself.
    pub(crate) fn until_up(&mut self) {
        self.try_until_up().unwrap_or_else(|ended| panic!("PostgreSQL ended, {ended}: {}", self.log()));
    }

    fn try_until_up(&mut self) -> Result<(), ExitStatus> {
        let began = Instant::now();
        while self.try_query("SELECT 1").is_none() {
            if let Some(ended) = self.server.as_mut().unwrap().try_wait().unwrap() {
                return Err(ended);
            }
            assert!(began.elapsed() < START_MAX, "PostgreSQL does not start: {}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// `pg_ctl stop -m immediate`: no checkpoint, no farewell.
    pub(crate) fn stop_at_once(&mut self) {
        if let Some(mut server) = self.server.take() {
            let mut command = self.program("pg_ctl");
            command.args(["stop", "--mode=immediate", "--silent", "--wait", "--pgdata"]).arg(self.data());
            let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// kill -9 of every process of it, the first of all included.
    pub(crate) fn kill(&mut self) {
        let children = self.children();
        let mut server = self.server.take().unwrap();
        server.kill().unwrap();
        kill(&children);
        server.wait().unwrap();
    }

    /// kill -9 of every process that works for somebody or in the background; the server starts them anew.
    pub(crate) fn kill_children(&self) {
        kill(&self.children());
    }

    fn children(&self) -> Vec<u32> {
        let parent = self.server.as_ref().unwrap().id();
        let is_child = |id: &u32| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            let fields =
                stat.rsplit_once(") ").map(|(_, fields)| fields.split(' ').nth(1)).unwrap_or_default();
            fields.and_then(|id| id.parse().ok()) == Some(parent)
        };
        let processes = fs::read_dir("/proc").unwrap().flatten();
        processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_child).collect()
    }

    /// Where the service finds it.
    pub(crate) fn url(&self) -> String {
        url(&[self])
    }

    fn query(&self, sql: &str) -> String {
        self.try_query(sql).unwrap_or_else(|| panic!("{sql}: {}", self.log()))
    }

    fn try_query(&self, sql: &str) -> Option<String> {
        let mut command = self.program("psql");
        command.args(["--no-psqlrc", "-Atqc", sql, "--username=postgres", "--host"]).arg(&self.base);
        let output = command.arg("postgres").stderr(Stdio::null()).output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn log(&self) -> String {
        let text = fs::read(self.base.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&text[text.len().saturating_sub(2_000)..]).into_owned()
    }

    fn data(&self) -> PathBuf {
        self.base.join("data")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        if let Some((uid, gid)) = self.owner {
            command.uid(uid).gid(gid);
        }
        // Not the build directory, which another user may not enter.
        command.current_dir("/").stdin(Stdio::null());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop_at_once();
        let _ = fs::remove_dir_all(&self.base);
    }
}

/// A URL with several hosts.
pub(crate) fn url(clusters: &[&Cluster]) -> String {
    let host = |cluster: &&Cluster| cluster.base.to_str().unwrap().replace('/', "%2F");
    let hosts: Vec<String> = clusters.iter().map(host).collect();
    format!("postgresql://postgres@{}/postgres", hosts.join(","))
}

fn kill(processes: &[u32]) {
    let ids = processes.iter().map(u32::to_string);
    // One that ended meanwhile is no fault.
    let _ = Command::new("kill").arg("-KILL").args(ids).stderr(Stdio::null()).status();
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// The directory with the newest server.
fn binaries() -> Option<PathBuf> {
    let is_complete =
        |dir: &PathBuf| ["initdb", "postgres", "pg_ctl", "psql"].iter().all(|name| dir.join(name).is_file());
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_unstable_by_key(|(version, _)| std::cmp::Reverse(*version));
    let path = std::env::var_os("PATH").unwrap_or_default();
    versions.into_iter().map(|(_, dir)| dir).chain(std::env::split_paths(&path)).find(is_complete)
}

/// PostgreSQL refuses to run as root: then it runs as the user `postgres`, which its package makes.
fn owner() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;
    if fs::metadata(Path::new("/proc/self")).unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let ids = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    Some(ids.expect("a user postgres"))
}
