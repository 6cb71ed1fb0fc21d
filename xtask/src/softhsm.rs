//! SoftHSM, in which the tests keep keys as in a hardware module.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::debian;

/// Where its module is looked for, by the tests too.
const MODULES: [&str; 6] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

/// Installs it where it is missing, by Debian's package.
pub(crate) fn install() -> Result<()> {
    if is_there() {
        return Ok(());
    }
    debian::install(
        "softhsm2",
        "SoftHSM",
        "install SoftHSM by hand (Debian: softhsm2, Fedora: softhsm), the tests of keys in modules need it",
    )?;
    if !is_there() {
        bail!("SoftHSM was installed, and its module is in none of {}", MODULES.join(", "));
    }
    Ok(())
}

fn is_there() -> bool {
    let has_module = MODULES.iter().any(|module| Path::new(module).exists());
    let tool =
        Command::new("softhsm2-util").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    has_module && tool.is_ok_and(|status| status.success())
}
