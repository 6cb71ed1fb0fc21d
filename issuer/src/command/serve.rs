//! `sanad-issuer serve`: the issuer as a service.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use sanad_credential::Json;
use sanad_listener::serve::{Addresses, ServeFault as ListenerFault};
use sanad_trust::KeyUse;

use super::{Failure, Shared, fault, input, issuer_keys, say, usage, warn_of_readable_keys};
use crate::config::{Config, FILE_NAME};
use crate::issue::Issuer;
use crate::open_forms::Identity;
use crate::service::config::{ConfigFault, ServiceConfig};
use crate::service::serve::{ServeFault, serve};
use crate::service::{log, store_choice};
use crate::store::opening;
use crate::transfer::refuse_half_filled;

#[derive(Args)]
pub(super) struct Serve {
    /// service.toml, as `init` writes it into the issuer's directory.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Serve {
    pub(super) fn run(&self, shared: &Shared) -> Result<ExitCode, Failure> {
        if shared.now.is_some() {
            return Err(usage("--now is not for serve, which signs with the time of the clock".to_owned()));
        }
        let service = ServiceConfig::load(&self.config, std::env::vars_os())?;
        let dir = &service.issuer_dir;
        let config = Config::load(dir)?;
        Identity::of(&config.record)
            .map_err(|fault| input(format!("{}: {fault}", dir.join(FILE_NAME).display())))?;
        warn_of_readable_keys(dir);
        if let Some(tls) = &service.listen.tls {
            warn_of_readable_key(&tls.key);
        }
        let uses = [KeyUse::Credential, KeyUse::Status, KeyUse::Delegation];
        let keys = issuer_keys::open(dir, &config, shared, &uses)?;
        let choice =
            store_choice::of_config(dir, &service.store).map_err(|fault| input(fault.to_string()))?;
        let store = opening::open(&choice, config.record.iss())?;
        refuse_half_filled(store.as_ref())?;
        let issuer = Arc::new(Issuer::new(config, keys, store));
        log::install(service.log_level).map_err(fault)?;
        let (iss, tls) = (issuer.config.record.iss().to_string(), service.listen.tls.is_some());
        let ready = |addresses| {
            // Who closes standard output does not want to know.
            let _ = announce(shared, &iss, tls, addresses);
        };
        serve(issuer, service, Box::new(|_, _| Ok(())), ready)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// One line when clients can connect.
fn announce(shared: &Shared, iss: &str, tls: bool, addresses: Addresses) -> Result<ExitCode, Failure> {
    let url = format!("{}://{}", if tls { "https" } else { "http" }, addresses.main);
    if shared.json {
        let text = |text: String| Json::Text(text.into());
        let metrics =
            addresses.metrics.map_or(Json::Null, |address| text(format!("http://{address}/metrics")));
        return say(&Json::Object(vec![
            ("issuer".into(), text(iss.to_owned())),
            ("url".into(), text(url)),
            ("metrics".into(), metrics),
        ]));
    }
    say(&format_args!("Issuer {iss} answers at {url}; try it at {url}/docs, stop it with Ctrl-C."))
}

fn warn_of_readable_key(path: &PathBuf) {
    use std::os::unix::fs::PermissionsExt as _;
    if fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0) {
        let path = path.display();
        eprintln!("Warning: others can read {path}; run: chmod 600 {path}");
    }
}

impl From<ConfigFault> for Failure {
    fn from(fault: ConfigFault) -> Self {
        input(fault.to_string())
    }
}

impl From<ServeFault> for Failure {
    fn from(serve: ServeFault) -> Self {
        match serve {
            ServeFault::Listener(ListenerFault::Listen { .. } | ListenerFault::Tls(_))
            | ServeFault::Provider(_) => input(serve.to_string()),
            ServeFault::Listener(
                ListenerFault::Metrics(_) | ListenerFault::System(_) | ListenerFault::Cut(_),
            )
            | ServeFault::Document(_) => fault(serve),
        }
    }
}
