//! The service's configuration, the first line of the input being a variable. What is accepted is accepted again and
//! keeps no password; what is refused is said in few words.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sanad_issuer::service::config::{ServiceConfig, StoreChoice};

fuzz_target!(|input: &str| {
    let (variable, text) = input.split_once('\n').unwrap_or(("", input));
    let variable = variable.split_once('=').map(|(name, value)| (name.into(), value.into()));
    match ServiceConfig::parse(text, Path::new("/issuer"), variable.clone()) {
        Err(fault) => assert!(fault.to_string().len() < 2_000 + variable.map_or(0, |(name, _)| name.len())),
        Ok(config) => {
            assert_eq!(
                ServiceConfig::parse(text, Path::new("/issuer"), variable.clone()),
                Ok(config.clone())
            );
            if let StoreChoice::Postgres(postgres) = config.store {
                let authority =
                    postgres.url.split("://").nth(1).unwrap().split('/').next().unwrap().to_owned();
                assert!(!authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')));
            }
            // Nothing is passed over: one more section is noticed.
            assert!(
                ServiceConfig::parse(&format!("{text}\n[zzz]\n"), Path::new("/issuer"), variable).is_err()
            );
        }
    }
});
