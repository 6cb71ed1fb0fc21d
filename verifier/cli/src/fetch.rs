//! Files over HTTP: bounded, with timeouts, asked for only when they changed.
//!
//! A repository with consistent snapshots names almost every file by its version or hash, so what was fetched once is
//! never fetched again; the few that change are asked for with the entity tag of the last answer (RFC 9110 section
//! 13.1.2). What arrives is kept beside the state until the update is done, so that an update cut off at any byte goes
//! on where it was. A redirect is followed within the same host and scheme only: a server cannot send a clinic's
//! computer to an address inside the clinic. Proxies come from the environment, as usual. Nothing that arrives is
//! believed: the files are checked as those of any pack.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sanad_trust::client::{Source, SourceFault, sha256};
use ureq::http::{Response, StatusCode, Uri};
use ureq::{Agent, Body};

use crate::trust_state::{read_bounded, write_whole};

/// A whole answer, on a slow line: 4 MB at 16 kB a second, with room.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Until the server answers at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Within one host.
const REDIRECTS_MAX: usize = 5;

/// Longest entity tag that is kept.
const TAG_CHARACTERS_MAX: usize = 200;

/// Kept for the next time, with entity tags.
const CHANGING: &str = "changing";

/// Kept until the update is done; then they are in the pack.
const FIXED: &str = "fixed";

/// Removes what only an unfinished update needs.
pub fn finished(cache: &Path) {
    // What cannot be removed only takes room.
    let _ = fs::remove_dir_all(cache.join(FIXED));
}

/// Forgets everything that arrived: after a refusal nobody knows which of it was wrong, and a page that a captive portal
/// sent in the place of a file must not be taken for that file for ever.
pub fn forget(cache: &Path) {
    let _ = fs::remove_dir_all(cache);
}

/// A server that holds a repository.
pub struct Server {
    agent: Agent,
    base: String,
    /// Files of the pack in use and those that an earlier, unfinished update fetched.
    known: BTreeMap<String, Vec<u8>>,
    cache: PathBuf,
    /// Bytes that came over the network.
    received: u64,
    /// Requests made.
    requests: u64,
}

impl Server {
    /// A server by its address; `known` are the files of the pack in use, `cache` is where arriving files are kept.
    ///
    /// # Errors
    /// An address that is no http or https address.
    pub fn new(base: &str, known: BTreeMap<String, Vec<u8>>, cache: &Path) -> Result<Self, String> {
        let uri: Uri = base.parse().map_err(|_| format!("{base} is no address"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https"))
            || uri.host().is_none()
            || uri.query().is_some()
        {
            return Err(format!("{base} is no http or https address of a directory"));
        }
        let agent = Agent::config_builder()
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent("sanad-verify")
            .build()
            .into();
        let base = format!("{}/", base.trim_end_matches('/'));
        Ok(Self { agent, base, known, cache: cache.to_owned(), received: 0, requests: 0 })
    }

    /// Bytes and requests so far.
    pub fn traffic(&self) -> (u64, u64) {
        (self.received, self.requests)
    }

    /// A file at any address, asked for only if it changed since the last time: status lists stand at addresses of their
    /// own.
    ///
    /// # Errors
    /// [`SourceFault`].
    pub fn get_changed(&mut self, address: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
        let place = self.cache.join(CHANGING).join(sha256(address.as_bytes()).to_string());
        let tag_place = place.with_extension("tag");
        let held = read_bounded(&place, bytes_max).ok().filter(|held| held.len() <= bytes_max);
        let tag = fs::read_to_string(&tag_place).ok().filter(|_| held.is_some());
        let mut response = self.request(address, tag.as_deref())?;
        match response.status() {
            StatusCode::NOT_MODIFIED => Ok(held),
            StatusCode::OK => {
                let tag = header(&response, "etag").filter(|tag| tag.len() <= TAG_CHARACTERS_MAX);
                let content = self.body(&mut response, bytes_max)?;
                self.keep(&place, &content)?;
                match tag {
                    Some(tag) => self.keep(&tag_place, tag.as_bytes())?,
                    None => {
                        let _ = fs::remove_file(&tag_place);
                    }
                }
                Ok(Some(content))
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            other => Err(unavailable(address, &format!("the server answered {other}"))),
        }
    }

    /// A file whose content follows from its name: fetched once.
    fn get_fixed(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
        if let Some(known) = self.known.get(name) {
            return Ok(Some(known.clone()));
        }
        let address = format!("{}{name}", self.base);
        let place = self.cache.join(FIXED).join(sha256(address.as_bytes()).to_string());
        if let Some(held) = read_bounded(&place, bytes_max).ok().filter(|held| held.len() <= bytes_max) {
            return Ok(Some(held));
        }
        let mut response = self.request(&address, None)?;
        match response.status() {
            StatusCode::OK => {
                let content = self.body(&mut response, bytes_max)?;
                self.keep(&place, &content)?;
                Ok(Some(content))
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            other => Err(unavailable(&address, &format!("the server answered {other}"))),
        }
    }

    fn request(&mut self, address: &str, tag: Option<&str>) -> Result<Response<Body>, SourceFault> {
        let mut address = address.to_owned();
        for _ in 0..=REDIRECTS_MAX {
            self.requests = self.requests.saturating_add(1);
            let mut request = self.agent.get(&address);
            if let Some(tag) = tag {
                request = request.header("if-none-match", tag);
            }
            let response = request.call().map_err(|error| unavailable(&address, &error.to_string()))?;
            if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
                return Ok(response);
            }
            let target = header(&response, "location").unwrap_or_default();
            address = redirected(&address, &target).ok_or_else(|| {
                unavailable(&address, "it redirects to another host, which is not followed")
            })?;
        }
        Err(unavailable(&address, "it redirects too often"))
    }

    fn body(&mut self, response: &mut Response<Body>, bytes_max: usize) -> Result<Vec<u8>, SourceFault> {
        let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        let mut content = Vec::new();
        let read = response.body_mut().as_reader().take(limit).read_to_end(&mut content);
        self.received = self.received.saturating_add(u64::try_from(content.len()).unwrap_or(u64::MAX));
        read.map_err(|error| SourceFault::Unavailable { reason: error.to_string() })?;
        if content.len() > bytes_max {
            return Err(SourceFault::TooLong { bytes_max });
        }
        Ok(content)
    }

    fn keep(&self, place: &Path, content: &[u8]) -> Result<(), SourceFault> {
        let kept = || -> io::Result<()> {
            fs::create_dir_all(place.parent().unwrap_or(&self.cache))?;
            write_whole(place, content)
        };
        kept().map_err(|error| SourceFault::Unavailable { reason: format!("{}: {error}", place.display()) })
    }
}

impl Source for Server {
    fn get(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, SourceFault> {
        // Status lists stand at the addresses that the records give, see `get_changed`.
        if name.starts_with("status/") {
            return Ok(self.known.get(name).filter(|file| file.len() <= bytes_max).cloned());
        }
        if name == "metadata/timestamp.json" || name.starts_with("delegations/") {
            let address = format!("{}{name}", self.base);
            return self.get_changed(&address, bytes_max);
        }
        self.get_fixed(name, bytes_max)
    }
}

fn header(response: &Response<Body>, name: &str) -> Option<String> {
    response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Where a redirect leads, if it stays on the same host and scheme.
fn redirected(from: &str, target: &str) -> Option<String> {
    let from: Uri = from.parse().ok()?;
    let (scheme, authority) = (from.scheme()?.clone(), from.authority()?.clone());
    if target.starts_with('/') && !target.starts_with("//") {
        return Some(format!("{scheme}://{authority}{target}"));
    }
    let target: Uri = target.parse().ok()?;
    let same = target.scheme() == Some(&scheme) && target.authority() == Some(&authority);
    same.then(|| target.to_string())
}

fn unavailable(address: &str, reason: &str) -> SourceFault {
    SourceFault::Unavailable { reason: format!("{address}: {reason}") }
}

#[cfg(test)]
mod tests {
    use super::redirected;

    #[test]
    fn redirects_stay_on_the_same_host_and_scheme() {
        let from = "https://trust.example/region/metadata/timestamp.json";
        assert_eq!(
            redirected(from, "/new/timestamp.json").as_deref(),
            Some("https://trust.example/new/timestamp.json")
        );
        assert_eq!(redirected(from, "https://trust.example/x").as_deref(), Some("https://trust.example/x"));
        for elsewhere in [
            "http://trust.example/x",
            "https://10.0.0.1/x",
            "//169.254.169.254/x",
            "https://trust.example:8443/x",
            "file:///etc/passwd",
            "",
        ] {
            assert_eq!(redirected(from, elsewhere), None, "{elsewhere}");
        }
    }
}
