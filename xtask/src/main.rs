//! The two commands of the README, `cargo xtask demo` and `cargo xtask test`, and `cargo xtask postgres` and
//! `cargo xtask peers` for parts of the second.
//!
//! Each step is printed before it runs, so that a failure names itself. What a step needs and the machine lacks is
//! installed, and said so; nothing is skipped.

mod debian;
mod node;
mod postgres;
mod softhsm;

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  demo    issue cards to invented people, damage some, read and check them, show a forged one refused, decide at a counter
  test    format, lints, all tests, documentation: what the continuous integration runs
  peers   install the foreign software that the tests compare with, and nothing else
  postgres -- COMMAND [ARGUMENT...]
          run a command, such as a part of the tests, beside a PostgreSQL of its own, which SANAD_TEST_POSTGRES names
";

fn main() -> ExitCode {
    let done = match env::args().nth(1).as_deref() {
        Some("demo") => demo(),
        Some("test") => test(),
        Some("peers") => peers(),
        Some("postgres") => beside_postgres(),
        Some("help" | "--help" | "-h") => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn demo() -> Result<()> {
    step("building the programs (a few minutes on the first run)");
    cargo(["build", "--workspace", "--bins"])?;
    step("the demo");
    run(&mut Command::new(target().join("debug").join("demo")))
}

fn test() -> Result<()> {
    step("format");
    cargo(["fmt", "--all", "--check"])?;
    run(command("cargo").args(["fmt", "--check", "--manifest-path", "tests/fuzz/Cargo.toml"]))?;
    step("lints");
    cargo(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])?;
    step("programs");
    cargo(["build", "--workspace", "--bins"])?;
    install_nextest()?;
    peers()?;
    softhsm::install()?;
    debian::install_zbar()?;
    step("tests");
    let server = postgres::Cluster::start(&target())?;
    run(command("cargo").args(["nextest", "run", "--workspace"]).env(postgres::VARIABLE, server.url()))?;
    drop(server);
    step("examples in the documentation");
    cargo(["test", "--workspace", "--doc"])?;
    step("documentation");
    run(command("cargo").args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))?;
    step("fuzz targets compile");
    run(command("cargo")
        .args(["check", "--manifest-path", "tests/fuzz/Cargo.toml"])
        .env("CARGO_TARGET_DIR", target().join("fuzz")))?;
    step("all passed");
    Ok(())
}

/// Foreign software from PyPI and npm, at pinned versions, under `target`.
fn peers() -> Result<()> {
    install_interop_peer()?;
    node::install_peers(&target())
}

/// `cargo xtask postgres -- COMMAND [ARGUMENT...]`.
fn beside_postgres() -> Result<()> {
    let mut words = env::args_os().skip(2).skip_while(|word| word == "--");
    let Some(program) = words.next() else {
        bail!("no command: cargo xtask postgres -- COMMAND [ARGUMENT...]");
    };
    fs::create_dir_all(target()).with_context(|| target().display().to_string())?;
    let server = postgres::Cluster::start(&target())?;
    let arguments: Vec<OsString> = words.collect();
    run(command(program).args(arguments).env(postgres::VARIABLE, server.url()))
}

/// The test runner: each test in a process of its own.
fn install_nextest() -> Result<()> {
    let present =
        command("cargo").args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if present.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    step("cargo-nextest is not here: installing it");
    cargo(["install", "cargo-nextest", "--locked"])
}

/// The foreign peers of the tests, Python's `cwt`, `tuf`, `jsonschema`, `schemathesis`, `PyLD`, `pyte` and Pillow, in an
/// environment of their own under `target`.
fn install_interop_peer() -> Result<()> {
    let requirements = Path::new("tests/interop/requirements.txt");
    let wanted = fs::read(requirements).with_context(|| requirements.display().to_string())?;
    let environment = target().join("interop-venv");
    let stamp = environment.join("installed-requirements.txt");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step("the Python peers of the interop tests are not here: installing them");
    run(command("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    let python = environment.join("bin").join("python");
    run(Command::new(python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(requirements))?;
    fs::write(&stamp, wanted).with_context(|| stamp.display().to_string())
}

fn cargo<const N: usize>(arguments: [&str; N]) -> Result<()> {
    run(command("cargo").args(arguments))
}

fn command(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}

/// Runs in the workspace's root.
fn run(command: &mut Command) -> Result<()> {
    let status = command.current_dir(root()).status().with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}

fn step(words: &str) {
    eprintln!("\n== {words}");
}

fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Where cargo builds.
fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
