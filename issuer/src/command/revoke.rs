//! Revoking documents that a command found, with the keys that their status indices follow from.

use std::path::Path;
use std::process::ExitCode;

use sanad_credential::CredentialId;

use super::{Failure, Shared, issuer_keys, open_store, time};
use crate::audit::Actor;
use crate::config::Config;
use crate::issue::Issuer;
use crate::transition::Change;

pub(super) fn revoke(dir: &Path, documents: &[CredentialId], shared: &Shared) -> Result<ExitCode, Failure> {
    let config = Config::load(dir)?;
    let keys = issuer_keys::open(dir, &config, shared, &[])?;
    let store = open_store(dir, &config)?;
    let issuer = Issuer::new(config, keys, store);
    // Every document may be revoked, and one that is stays so.
    let judged = issuer.judge_change(Change::Revoke, documents, &mut |_| ())?;
    for (cti, _) in issuer.change_status(&judged, &Actor::command_line(), time(shared)?)? {
        eprintln!("{cti}: revoked");
    }
    let dir = dir.display();
    eprintln!("Verifiers learn of it when the lists are published: sanad-issuer status {dir} publish");
    Ok(ExitCode::SUCCESS)
}
