//! Four eyes before keys are changed at the machine: what a second person agreed to through the service is looked up,
//! taken by this command, and marked as done in the audit log when the keys are changed.
//!
//! Where `approval.key_changes` is on, a change without an agreement is refused, and so is an agreement to another change,
//! one that was used, and one that is older than 72 hours. Marking a key as compromised asks nobody: a thief does not
//! wait. Whoever can write `service.toml` can turn this off, and whoever runs the command has the keys; it keeps honest
//! people from changing keys alone, and shows in the log who agreed.

use std::path::Path;

use sanad_credential::UnixTime;

use super::{Failure, fault, input, open_store};
use crate::approval::{ApprovalFault, KeyChange, claim_key_change, finish_key_change, is_begun};
use crate::audit::Actor;
use crate::config::Config;
use crate::service::config::{self as service_config, KeyChanges, ServiceConfig};
use crate::store::{PaperId, Store};

/// A change of keys that somebody agreed to.
pub(super) struct Agreement {
    store: Box<dyn Store>,
    id: PaperId,
    change: KeyChange,
}

impl Agreement {
    /// The agreement that is named. None where there need not be one.
    pub(super) fn find(
        dir: &Path,
        config: &Config,
        named: Option<&PaperId>,
        change: &str,
    ) -> Result<Option<Self>, Failure> {
        let change = KeyChange::new(change).map_err(|fault| input(fault.to_string()))?;
        match (named, demanded(dir)?) {
            (Some(id), _) => Ok(Some(Self { store: open_store(dir, config)?, id: id.clone(), change })),
            (None, KeyChanges::Alone) => Ok(None),
            (None, KeyChanges::FourEyes) => Err(input(format!(
                "approval.key_changes is on in {}: a change of keys needs a second person. Ask for \"{change}\" with POST \
                 /v1/key-changes, have somebody else agree, and give its id with --approval (the embedded store opens \
                 when the service is stopped). Who is alone sets key_changes = false",
                dir.join(service_config::FILE_NAME).display()
            ))),
        }
    }

    /// Whether a command before this one took it and was cut off: what it did is to be looked for.
    pub(super) fn is_begun(&self) -> Result<bool, Failure> {
        is_begun(self.store(), &self.id, &Actor::command_line()).map_err(|why| self.refused(&why))
    }

    /// Takes it: of two commands one gets it.
    pub(super) fn claim(&self, now: UnixTime) -> Result<(), Failure> {
        claim_key_change(self.store(), &self.id, &self.change, &Actor::command_line(), now)
            .map(|_| ())
            .map_err(|why| self.refused(&why))
    }

    /// Says that the change is made; the line of the log names who asked and who agreed.
    pub(super) fn finish(&self, now: UnixTime) -> Result<(), Failure> {
        finish_key_change(self.store(), &self.id, &Actor::command_line(), now).map_err(|why| {
            fault(format_args!(
                "the keys are changed, and the approval {} does not say so yet: {why}",
                self.id
            ))
        })
    }

    /// The store that it stands in, which cannot be opened twice.
    pub(super) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    fn refused(&self, why: &ApprovalFault) -> Failure {
        match why {
            ApprovalFault::Records(_) => fault(why),
            _ => input(format!("--approval {}: {why}; nothing was changed", self.id)),
        }
    }
}

/// What service.toml says; an issuer without one has no service that could be asked.
fn demanded(dir: &Path) -> Result<KeyChanges, Failure> {
    let path = dir.join(service_config::FILE_NAME);
    if !path.exists() {
        return Ok(KeyChanges::Alone);
    }
    let config = ServiceConfig::load(&path, std::env::vars_os()).map_err(|fault| input(fault.to_string()))?;
    Ok(config.approval.key_changes)
}
