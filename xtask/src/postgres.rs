//! A PostgreSQL of the tests' own, for as long as they run.
//!
//! A scratch cluster under `target/postgres`, made by the installed server, that listens on nothing but a Unix socket in
//! a directory that only its owner can enter. It syncs as a real one does (tests of power cuts rely on it). It is stopped
//! and removed when it is dropped; what a killed run left behind, the next one removes. PostgreSQL refuses to run as
//! root: then it runs as the user `postgres`, which its package makes.

use std::env;
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::{run, step};

/// Where tests find the server: a URL of its administrator.
pub(crate) const VARIABLE: &str = "SANAD_TEST_POSTGRES";

/// How long a server may take to start, on a slow machine.
const START_MAX: Duration = Duration::from_secs(60);

/// Beside PostgreSQL's own: no network, room for many tests at once, and no mercy for the disk.
const SETTINGS: &str = "\
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 300
shared_buffers = 128MB
max_wal_size = 512MB
fsync = on
full_page_writes = on
synchronous_commit = on
logging_collector = off
log_min_messages = fatal
log_min_error_statement = panic
";

/// A running server.
pub(crate) struct Cluster {
    binaries: PathBuf,
    owner: Option<Owner>,
    /// Everything of it but the socket.
    base: PathBuf,
    /// Paths of sockets are short (107 bytes), those of build directories need not be.
    socket: PathBuf,
    server: Option<Child>,
}

/// Who runs it, where root does not.
#[derive(Clone, Copy)]
struct Owner {
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Makes and starts a cluster; installs the server where there is none.
    pub(crate) fn start(target: &Path) -> Result<Self> {
        let binaries = match installed() {
            Some(binaries) => binaries,
            None => install()?,
        };
        let owner = owner()?;
        let process = std::process::id();
        let all = place(target, owner)?;
        remove_abandoned(&all, &binaries, owner);
        let base = all.join(process.to_string());
        let socket = env::temp_dir().join(format!("sanad-postgres-{process}"));
        step(&format!("PostgreSQL for the tests, in {}", base.display()));
        let mut cluster = Self { binaries, owner, base, socket, server: None };
        cluster.make()?;
        cluster.run()?;
        Ok(cluster)
    }

    /// Where the tests find it.
    pub(crate) fn url(&self) -> String {
        let escape = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        };
        let socket: String = self.socket.to_string_lossy().bytes().map(escape).collect();
        format!("postgresql://postgres@{socket}/postgres")
    }

    fn make(&self) -> Result<()> {
        for directory in [&self.base, &self.socket] {
            // It must be new: in one that somebody else has made, somebody else can put things.
            DirBuilder::new()
                .mode(0o700)
                .create(directory)
                .with_context(|| directory.display().to_string())?;
            if let Some(Owner { uid, gid }) = self.owner {
                chown(directory, Some(uid), Some(gid)).with_context(|| directory.display().to_string())?;
            }
        }
        // Only who may enter the socket's directory can connect; within it nobody is asked for a password.
        let mut command = self.program("initdb");
        command.arg("--pgdata").arg(self.data()).args([
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        command.args(["--auth-local=trust", "--auth-host=reject", "--no-sync"]).stdout(Stdio::null());
        let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
        if !status.success() {
            bail!("{command:?} ended with {status}");
        }
        let file = self.data().join("postgresql.conf");
        let mut settings = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        settings.push_str(SETTINGS);
        settings.push_str(&format!("unix_socket_directories = '{}'\n", self.socket.display()));
        fs::write(&file, settings).with_context(|| file.display().to_string())
    }

    fn run(&mut self) -> Result<()> {
        let path = self.base.join("log");
        let log = File::create(&path).with_context(|| path.display().to_string())?;
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.data()).stdin(Stdio::null());
        command.stdout(log.try_clone().context("the log")?).stderr(log);
        let server = command.spawn().with_context(|| format!("cannot run {command:?}"))?;
        let server = self.server.insert(server);
        let started = Instant::now();
        let ready = || {
            let pid_file = fs::read_to_string(self.base.join("data").join("postmaster.pid"));
            pid_file.is_ok_and(|text| text.lines().nth(7).is_some_and(|state| state.trim() == "ready"))
        };
        while !ready() {
            let ended = server.try_wait().context("the server")?;
            if ended.is_some() || started.elapsed() > START_MAX {
                let log = fs::read_to_string(&path).unwrap_or_default();
                bail!("PostgreSQL does not start ({ended:?}):\n{log}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.base.join("data")
    }

    fn program(&self, name: &str) -> Command {
        program(&self.binaries, name, self.owner)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            stop(&self.binaries, &self.data(), self.owner);
            let _ = server.kill();
            let _ = server.wait();
        }
        for directory in [&self.base, &self.socket] {
            if let Err(error) = fs::remove_dir_all(directory) {
                eprintln!("xtask: cannot remove {}: {error}", directory.display());
            }
        }
    }
}

/// The directory with the newest server.
fn installed() -> Option<PathBuf> {
    let complete = |directory: &PathBuf| {
        ["initdb", "postgres", "pg_ctl"].iter().all(|name| directory.join(name).is_file())
    };
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_unstable_by_key(|(version, _)| std::cmp::Reverse(*version));
    let in_path =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    versions.into_iter().map(|(_, directory)| directory).chain(in_path).find(complete)
}

/// Debian's package, without the cluster that it would make and start.
fn install() -> Result<PathBuf> {
    if !Path::new("/usr/bin/apt-get").is_file() {
        bail!(
            "PostgreSQL's server (initdb, postgres, pg_ctl) is not installed; install it and run this again"
        );
    }
    if uid()? != 0 {
        bail!("PostgreSQL's server is not installed; run: sudo apt-get install postgresql");
    }
    step("PostgreSQL is not here: installing Debian's package postgresql");
    let directory = Path::new("/etc/postgresql-common/createcluster.d");
    let no_cluster = directory.join("sanad-tests.conf");
    fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    fs::write(&no_cluster, "create_main_cluster = false\n")
        .with_context(|| no_cluster.display().to_string())?;
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let done = apt(&["update", "--quiet=2"])
        .and_then(|()| apt(&["install", "--yes", "--quiet=2", "--no-install-recommends", "postgresql"]));
    fs::remove_file(&no_cluster).with_context(|| no_cluster.display().to_string())?;
    done?;
    installed().context("the package postgresql was installed and has no server")
}

/// The user who runs it: oneself, unless that is root.
fn owner() -> Result<Option<Owner>> {
    if uid()? != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
    let ids = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        Some(Owner { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    });
    let owner = ids.context("PostgreSQL does not run as root, and there is no user postgres to run it as")?;
    Ok(Some(owner))
}

/// Where clusters lie: under `target`, unless the user who runs them cannot get there.
fn place(target: &Path, owner: Option<Owner>) -> Result<PathBuf> {
    let target = fs::canonicalize(target).with_context(|| target.display().to_string())?;
    let open = |directory: &Path| fs::metadata(directory).is_ok_and(|found| found.mode() & 0o001 != 0);
    let reachable = owner.is_none() || target.ancestors().all(open);
    let all = if reachable { target } else { env::temp_dir().join("sanad-target") }.join("postgres");
    fs::create_dir_all(&all).with_context(|| all.display().to_string())?;
    Ok(all)
}

/// Clusters of runs that are over.
fn remove_abandoned(all: &Path, binaries: &Path, owner: Option<Owner>) {
    // Where processes cannot be looked up, none is known to be over.
    if !Path::new("/proc/self").exists() {
        return;
    }
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let over = name.to_str().and_then(|name| name.parse::<u32>().ok());
        if over.is_some_and(|process| !Path::new("/proc").join(process.to_string()).exists()) {
            stop(binaries, &entry.path().join("data"), owner);
            let _ = fs::remove_dir_all(entry.path());
            let _ = fs::remove_dir_all(
                env::temp_dir().join(format!("sanad-postgres-{}", name.to_string_lossy())),
            );
        }
    }
}

fn stop(binaries: &Path, data: &Path, owner: Option<Owner>) {
    let mut command = program(binaries, "pg_ctl", owner);
    command.args(["stop", "--mode=immediate", "--silent", "--wait", "--timeout=30", "--pgdata"]).arg(data);
    // Where it does not run any more there is nothing to stop.
    let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
}

fn program(binaries: &Path, name: &str, owner: Option<Owner>) -> Command {
    let mut command = Command::new(binaries.join(name));
    if let Some(Owner { uid, gid }) = owner {
        command.uid(uid).gid(gid);
    }
    // Not the build directory, which another user may not enter.
    command.current_dir("/");
    command
}

fn uid() -> Result<u32> {
    let said = Command::new("id").arg("-u").output().context("cannot run id")?;
    String::from_utf8_lossy(&said.stdout).trim().parse().context("what id -u says")
}
