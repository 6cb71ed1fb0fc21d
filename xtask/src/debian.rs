//! Programs that the tests need and Debian packages.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::{run, step};

/// Installs a package.
pub(crate) fn install(package: &str, name: &str, by_hand: &str) -> Result<()> {
    step(&format!("{name} is not here: installing the package {package}"));
    let apt = ["install", "--yes", "--no-install-recommends", package];
    let mut command = if is_root() { Command::new("apt-get") } else { Command::new("sudo") };
    if !is_root() {
        command.args(["--non-interactive", "apt-get"]);
    }
    if let Err(error) = run(command.args(apt).env("DEBIAN_FRONTEND", "noninteractive")) {
        bail!("{error:#}; {by_hand}");
    }
    Ok(())
}

/// zbar, a reader of others, for what the wallet shows.
pub(crate) fn install_zbar() -> Result<()> {
    let is_there = || {
        let tool =
            Command::new("zbarimg").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        tool.is_ok_and(|status| status.success())
    };
    if is_there() {
        return Ok(());
    }
    install(
        "zbar-tools",
        "zbar",
        "install zbar by hand (Debian: zbar-tools, Fedora: zbar), the tests of codes on screens need it",
    )?;
    if is_there() { Ok(()) } else { bail!("zbar was installed, and there is no zbarimg") }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
