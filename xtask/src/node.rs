//! Node and the foreign peers that run on it: packages pinned by their lock file, under `target/interop-node`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::{command, root, run, step};

/// Lowest major version that the peers say they need.
const MAJOR_MIN: u32 = 18;

/// What is copied beside the packages: Node looks for them from where a script lies.
const FILES: [&str; 6] =
    ["package.json", "package-lock.json", "peer.mjs", "presenter.mjs", "verify.mjs", "wallet.mjs"];

/// Installs the peers where they are missing or others are wanted.
pub(crate) fn install_peers(target: &Path) -> Result<()> {
    install_node()?;
    let sources = root().join("tests/interop/node");
    let directory = target.join("interop-node");
    fs::create_dir_all(&directory).with_context(|| directory.display().to_string())?;
    let stamp = directory.join("installed-package-lock.json");
    let wanted = read(&sources.join("package-lock.json"))?;
    for file in FILES {
        let bytes = read(&sources.join(file))?;
        let copy = directory.join(file);
        fs::write(&copy, bytes).with_context(|| copy.display().to_string())?;
    }
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step("the Node peers of the interop tests are not here: installing them");
    run(command("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
        .arg(&directory))?;
    fs::write(&stamp, wanted).with_context(|| stamp.display().to_string())
}

fn read(path: &PathBuf) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}

/// Debian's packages, where there is no Node or an older one.
fn install_node() -> Result<()> {
    if is_there() {
        return Ok(());
    }
    if !Path::new("/usr/bin/apt-get").is_file() {
        bail!("Node {MAJOR_MIN} or newer with npm is not installed; install it and run this again");
    }
    step("Node is not here: installing Debian's packages nodejs and npm");
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "--quiet=2"])
        .and_then(|()| apt(&["install", "--yes", "--quiet=2", "--no-install-recommends", "nodejs", "npm"]))
        .context("run as root, or: sudo apt-get install nodejs npm")?;
    if is_there() {
        Ok(())
    } else {
        bail!("Debian's Node is older than {MAJOR_MIN}; install a newer one by hand")
    }
}

fn is_there() -> bool {
    let version = Command::new("node").arg("--version").output();
    let major = version.ok().and_then(|said| {
        let text = String::from_utf8(said.stdout).ok()?;
        text.trim().strip_prefix('v')?.split('.').next()?.parse::<u32>().ok()
    });
    let npm = Command::new("npm").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    major.is_some_and(|major| major >= MAJOR_MIN) && npm.is_ok_and(|status| status.success())
}
