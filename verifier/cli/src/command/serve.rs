//! `sanad-verify serve`: the desk as a service.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use sanad_credential::{Json, UnixTime};

use super::{Form, say, tell};
use crate::service::config::ServiceConfig;
use crate::service::serve::serve;
use crate::service::state::Service;
use crate::service::token::DeskToken;
use crate::service::trust::Trust;

/// Serve the desk: verify the credentials of the open standards, and ask phones for them.
#[derive(Args)]
pub(super) struct Serve {
    /// Configuration; docs/desk.md and verify.sample.toml say what stands in it.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Take this for the time, in exercises on this machine: 2026-01-15T08:00:00Z, or a day.
    #[arg(long, value_name = "RFC3339", value_parser = |text: &str| UnixTime::parse(text))]
    now: Option<UnixTime>,
}

impl Serve {
    pub(super) fn run(&self, form: Form) -> io::Result<ExitCode> {
        match self.serve(form) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(fault) => tell(&fault, form),
        }
    }

    fn serve(&self, form: Form) -> Result<(), String> {
        let config =
            ServiceConfig::load(&self.config, std::env::vars_os()).map_err(|fault| fault.to_string())?;
        if self.now.is_some() && !config.listen.address.ip().is_loopback() {
            return Err(
                "--now is for exercises on this machine, and listen.address is not loopback".to_owned()
            );
        }
        let token = config.desk.token_file.as_deref().map(DeskToken::load).transpose();
        let token = token.map_err(|fault| fault.to_string())?;
        let trust = Arc::new(Trust::new(config.state_dir.clone(), self.now));
        sanad_listener::log::install(config.log_level, "sanad_verify").map_err(|fault| fault.to_string())?;
        let scheme = if config.listen.tls.is_some() { "https" } else { "http" };
        let service = Service::new(config, trust, token)?;
        let (did, client_id) = (service.client.did.clone(), service.client.id.clone());
        serve(service, |address| {
            let url = format!("{scheme}://{address}");
            // Who closes standard output does not want to know.
            let _ = match form {
                Form::Json => {
                    let members = [("url", url), ("did", did), ("client_id", client_id)];
                    let members = members.map(|(name, value)| (name.into(), Json::Text(value.into())));
                    say(&Json::Object(members.into()).to_string())
                }
                Form::Text => say(&format!(
                    "The desk answers at {url}; GET /openapi.json lists the routes.\nWallets know it as {did}."
                )),
            };
        })
        .map_err(|fault| fault.to_string())
    }
}
