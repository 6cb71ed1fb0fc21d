//! What the loopback test profile fetches: status lists and did:web documents from https addresses of this machine.
//!
//! No name is looked up: `localhost` is 127.0.0.1. Refused: every other host, user names, redirects, and more bytes than
//! the caller allows. Who signed the certificate is not asked, since suites use their own; outside of this profile nothing
//! is fetched at all.

use std::io::Read as _;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::TlsConfig;

/// How long one fetch may take.
const TIME: Duration = Duration::from_secs(5);

/// Fetches from this machine; nothing where that is refused or fails.
pub fn fetch(address: &str, bytes_max: usize) -> Option<Vec<u8>> {
    let address = on_loopback(address)?;
    let tls = TlsConfig::builder().disable_verification(true).build();
    let config = Agent::config_builder()
        .https_only(true)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(TIME))
        .tls_config(tls)
        .build();
    let mut response = Agent::new_with_config(config).get(&address).call().ok()?;
    if response.status() != 200 {
        return None;
    }
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    response.body_mut().as_reader().take(limit).read_to_end(&mut bytes).ok()?;
    (bytes.len() <= bytes_max).then_some(bytes)
}

/// The address with its host as a number, where it is one of this machine.
fn on_loopback(address: &str) -> Option<String> {
    let rest = address.strip_prefix("https://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let (host, port) = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .find_map(|host| authority.strip_prefix(host).map(|port| (*host, port)))?;
    let is_port = match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(digits) => digits.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == digits),
    };
    let host = if host == "localhost" { "127.0.0.1" } else { host };
    is_port.then(|| format!("https://{host}{port}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_fetched() {
        assert_eq!(on_loopback("https://localhost:8443/a?b").as_deref(), Some("https://127.0.0.1:8443/a?b"));
        assert_eq!(on_loopback("https://[::1]/").as_deref(), Some("https://[::1]/"));
        for other in [
            "http://localhost/",
            "https://localhost.example/",
            "https://localhost@192.0.2.1/",
            "https://localhost:80@192.0.2.1/",
            "https://127.0.0.1.example/",
            "https://192.0.2.1/",
            "https://localhost:99999/",
            "https://localhost:+80/",
            "https:///localhost",
            "file:///etc/hostname",
        ] {
            assert_eq!(on_loopback(other), None, "{other}");
        }
    }
}
