//! `sanad-wallet init`: a new wallet, for one person or for those whom a clerk serves.

use clap::Args;
use sanad_keyfile::passphrase::Purpose;

use super::{Failure, Form, Shared, say, say_members};
use crate::entry::HolderName;
use crate::holding::{Wallet, making};
use crate::vault::{MEMORY_KIB_MAX, MEMORY_KIB_MIN};

/// Make a wallet in a directory that is not there, or is empty.
#[derive(Args)]
pub(super) struct Init {
    /// For a clerk: the wallet starts with nobody, and each person is added by name.
    #[arg(long, conflicts_with = "holder")]
    clerk: bool,
    #[command(flatten)]
    work: Work,
}

/// How much work it is to try a passphrase.
#[derive(Args)]
pub(super) struct Work {
    /// Mebibytes of memory that opening needs, 19 to 1024: less for an old phone, more for a clerk's machine.
    #[arg(long, value_name = "MIB", default_value = "64", value_parser = memory)]
    pub(super) memory: u32,
}

fn memory(text: &str) -> Result<u32, String> {
    let kib = text.parse::<u32>().ok().and_then(|mib| mib.checked_mul(1024));
    kib.filter(|kib| (MEMORY_KIB_MIN..=MEMORY_KIB_MAX).contains(kib))
        .ok_or_else(|| "must be a number from 19 to 1024".to_owned())
}

/// What the person of a wallet for one is called, where no name was given.
const ME: &str = "me";

impl Init {
    pub(super) fn run(&self, shared: &Shared) -> Result<u8, Failure> {
        let names = match (&shared.holder, self.clerk) {
            (Some(name), _) => vec![name.clone()],
            (None, true) => Vec::new(),
            (None, false) => vec![HolderName::new(ME).map_err(super::usage)?],
        };
        let contents = making::empty(names)?;
        let passphrase = shared.passphrase(Purpose::Create)?;
        Wallet::create(&shared.dir, &passphrase, self.work.memory, &contents)?;
        let place = shared.dir.display().to_string();
        match shared.form {
            Form::Json => say_members(&[("wallet", place)])?,
            Form::Text => say(&format!(
                "The wallet in {place} is made. Without its passphrase nobody can open it, and nobody can help: write it down, and \
                 keep a backup elsewhere (sanad-wallet backup)."
            ))?,
        }
        Ok(0)
    }
}
