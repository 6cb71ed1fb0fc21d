//! The published site, served: status lists, the issuer's record, whatever else lies there.
//!
//! GET and HEAD of plain files, each read whole from one open file, so that one that is replaced meanwhile is the older
//! or the newer, never a mixture. Refused are names with anything but letters, digits, `.`, `-` and `_` or with a dot in
//! front (which hides files that are being written), symbolic links at every step, whatever is no regular file, and
//! files that are too long. Nobody is asked who they are: verifiers are everywhere, and what lies here is signed.
//!
//! The ETag is the content's SHA-256. Caches keep a file for a minute (`CACHE_CONTROL_VALUE`) and then ask again by it;
//! that costs a revocation a minute at most behind a CDN, and nothing here. `If-Modified-Since` is not looked at: a list
//! may be replaced twice in a second.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, LAST_MODIFIED,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use sanad_credential::Date;
use sanad_listener::cors;
use sha2::{Digest as _, Sha256};

use super::problem::{Problem, ProblemKind};
use super::publisher::STATUS;

/// Longest file. A status list with every entry in use has 0.5 MB in its longer form.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Directories below the site's.
const DEPTH_MAX: usize = 4;

/// Tags that are remembered, so that a file that has not changed is not read to say so.
const TAGS_MAX: usize = 4_096;

/// A minute, and a day if nobody can be asked: an old list is better than none, since a verifier judges its age. Not
/// `stale-while-revalidate`, by which a list that is seldom fetched would be given out older than it needs to be.
const CACHE_CONTROL_VALUE: &str = "public, max-age=60, stale-if-error=86400";

/// The directory, and the tags of its files.
#[derive(Debug)]
pub struct SiteFiles {
    dir: PathBuf,
    tags: Mutex<HashMap<String, (Stamp, String)>>,
}

/// What tells one content of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    seconds: i64,
    nanoseconds: i64,
}

/// A file as it is answered.
struct Found {
    tag: String,
    modified: SystemTime,
    /// Nothing where the client has it already.
    content: Option<Vec<u8>>,
}

impl SiteFiles {
    /// Of a directory, which need not be there yet.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir, tags: Mutex::default() }
    }

    /// The answer for a path below the site's. It blocks.
    pub fn answer(&self, path: &str, headers: &HeaderMap) -> Response {
        let Some(segments) = segments(path) else {
            return not_here();
        };
        let mut response = match self.find(path, &segments, headers) {
            Ok(found) => found.into_response(media_type(&segments)),
            Err(error) if is_absence(&error) => not_here(),
            Err(error) => {
                // The path is one of files of this site, never a person's.
                Problem::internal(&format_args!("site: {error}")).into_response()
            }
        };
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        response
    }

    fn find(&self, path: &str, segments: &[&str], headers: &HeaderMap) -> io::Result<Found> {
        let mut file = self.open(segments)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        if metadata.len() > FILE_BYTES_MAX {
            let bytes = metadata.len();
            return Err(io::Error::other(format!(
                "a file of {bytes} bytes, at most {FILE_BYTES_MAX} are served"
            )));
        }
        let stamp = Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            bytes: metadata.len(),
            seconds: metadata.mtime(),
            nanoseconds: metadata.mtime_nsec(),
        };
        let modified = metadata.modified()?;
        let known = self.tags.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some((_, tag)) = known.filter(|(known, _)| *known == stamp)
            && matches_tag(headers, &tag)
        {
            return Ok(Found { tag, modified, content: None });
        }
        let mut content = Vec::with_capacity(usize::try_from(stamp.bytes).unwrap_or(0));
        file.by_ref().take(FILE_BYTES_MAX).read_to_end(&mut content)?;
        let tag = tag(&content);
        // A file that is still being written has no tag to remember; one that was just written may change within the
        // resolution of its time.
        if content.len() == usize::try_from(stamp.bytes).unwrap_or(usize::MAX) && is_settled(modified) {
            self.remember(path, stamp, &tag);
        }
        let content = (!matches_tag(headers, &tag)).then_some(content);
        Ok(Found { tag, modified, content })
    }

    /// Opens a file step by step; no step may be a symbolic link, the directory of the site itself apart.
    fn open(&self, segments: &[&str]) -> io::Result<File> {
        let Some((name, directories)) = segments.split_last() else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let mut directory = openat(CWD, &self.dir, flags | OFlags::DIRECTORY, Mode::empty())?;
        for step in directories {
            directory =
                openat(&directory, *step, flags | OFlags::DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?;
        }
        // Opening a pipe waits for its other end unless told not to.
        let file = openat(&directory, *name, flags | OFlags::NOFOLLOW | OFlags::NONBLOCK, Mode::empty())?;
        Ok(File::from(file))
    }

    fn remember(&self, path: &str, stamp: Stamp, tag: &str) {
        let mut tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        if tags.len() >= TAGS_MAX && !tags.contains_key(path) {
            tags.clear();
        }
        tags.insert(path.to_owned(), (stamp, tag.to_owned()));
    }
}

impl Found {
    fn into_response(self, media_type: &'static str) -> Response {
        let mut headers = HeaderMap::new();
        let mut set = |name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(ETAG, &self.tag);
        set(LAST_MODIFIED, &http_date(self.modified));
        set(CACHE_CONTROL, CACHE_CONTROL_VALUE);
        set(ACCESS_CONTROL_EXPOSE_HEADERS, "ETag");
        let Some(content) = self.content else {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        // What is opened in a browser by its address runs nothing.
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
        (headers, Body::from(content)).into_response()
    }
}

/// What a browser asks before a page of another site may send `If-None-Match`.
pub async fn preflight() -> Response {
    cors::preflight("GET, HEAD", "If-None-Match")
}

/// The answer of a replica that is a follower and whose directory the leader does not write: an old list would show revoked
/// documents as valid.
pub fn behind() -> Response {
    let what = "Another replica publishes, and not into the directory of this one. Ask again.";
    let mut response = Problem::new(ProblemKind::NotReady, what).into_response();
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn not_here() -> Response {
    Problem::new(ProblemKind::NotFound, "The site has no such file.").into_response()
}

/// The steps to a file, if every one is a plain name.
fn segments(path: &str) -> Option<Vec<&str>> {
    let plain = |segment: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        !segment.is_empty()
            && segment.len() <= 96
            && !segment.starts_with('.')
            && segment.bytes().all(allowed)
    };
    let segments: Vec<_> = path.split('/').take(DEPTH_MAX.saturating_add(2)).collect();
    (segments.len() <= DEPTH_MAX.saturating_add(1) && segments.iter().all(|segment| plain(segment)))
        .then_some(segments)
}

/// What a file is, by its place: what a status list is has no ending.
fn media_type(segments: &[&str]) -> &'static str {
    match segments {
        [STATUS, list] if list.bytes().all(|byte| byte.is_ascii_digit()) => "application/statuslist+cwt",
        [STATUS, list] if list.ends_with(".jwt") => "application/statuslist+jwt",
        [.., name] if name.ends_with(".json") => "application/json",
        [.., name] if name.ends_with(".jsonld") => "application/ld+json",
        _ => "application/octet-stream",
    }
}

fn is_absence(error: &io::Error) -> bool {
    // A symbolic link is ELOOP, or ENOTDIR where a directory is wanted.
    let errors = [Errno::NOENT, Errno::NOTDIR, Errno::LOOP].map(Errno::raw_os_error);
    error.kind() == io::ErrorKind::NotFound
        || error.raw_os_error().is_some_and(|error| errors.contains(&error))
}

/// Two seconds: the coarsest time of a file system in use, that of FAT.
fn is_settled(modified: SystemTime) -> bool {
    modified.elapsed().is_ok_and(|age| age >= Duration::from_secs(2))
}

fn tag(content: &[u8]) -> String {
    let mut tag = String::with_capacity(66);
    tag.push('"');
    for byte in Sha256::digest(content) {
        // Writing to a String cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// Whether the client has this content (RFC 9110 section 13.1.2: weak comparison).
fn matches_tag(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut candidates = values.flat_map(|value| value.split(',')).map(str::trim);
    candidates.any(|candidate| candidate == "*" || candidate.trim_start_matches("W/") == tag)
}

/// RFC 9110 section 5.6.7.
fn http_date(time: SystemTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (day_number, second) = (seconds / 86_400, seconds % 86_400);
    let date = i64::try_from(day_number).ok().and_then(|day| Date::from_day_number(day).ok());
    let (year, month, day) = date.map_or((1970, 1, 1), Date::civil);
    let month = MONTHS.get(usize::from(month).saturating_sub(1)).copied().unwrap_or_default();
    let weekday =
        usize::try_from(day_number % 7).ok().and_then(|day| DAYS.get(day)).copied().unwrap_or_default();
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn site() -> (tempfile::TempDir, SiteFiles) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("site")).unwrap();
        fs::create_dir(dir.path().join("site/status")).unwrap();
        fs::write(dir.path().join("site/status/0"), b"a list").unwrap();
        fs::write(dir.path().join("site/record.json"), b"{}").unwrap();
        fs::write(dir.path().join("secret"), b"not for the world").unwrap();
        let files = SiteFiles::new(dir.path().join("site"));
        (dir, files)
    }

    fn status(files: &SiteFiles, path: &str) -> u16 {
        files.answer(path, &HeaderMap::new()).status().as_u16()
    }

    #[test]
    fn nothing_outside_the_directory_is_served() {
        let (dir, files) = site();
        assert_eq!(status(&files, "status/0"), 200);
        let out = [
            "../secret",
            "status/../../secret",
            "/etc/passwd",
            "status/%2e%2e/secret",
            "..",
            ".",
            "",
            "status",
        ];
        for path in out {
            assert_eq!(status(&files, path), 404, "{path}");
        }
        symlink(dir.path().join("secret"), dir.path().join("site/link")).unwrap();
        symlink(dir.path(), dir.path().join("site/up")).unwrap();
        symlink("status/0", dir.path().join("site/inner")).unwrap();
        for path in ["link", "up/secret", "inner"] {
            assert_eq!(status(&files, path), 404, "{path}");
        }
    }

    #[test]
    fn what_is_being_written_and_what_is_no_file_is_not_served() {
        let (dir, files) = site();
        fs::write(dir.path().join("site/status/.0.new"), b"half").unwrap();
        rustix::fs::mknodat(CWD, dir.path().join("site/pipe"), rustix::fs::FileType::Fifo, Mode::RUSR, 0)
            .unwrap();
        let deep = "a/".repeat(50) + "0";
        let long = "a".repeat(300);
        for path in ["status/.0.new", "pipe", "status/0\0", "status/0/0", "status//0", &deep, &long] {
            assert_eq!(status(&files, path), 404, "{path}");
        }
        let file = File::create(dir.path().join("site/huge")).unwrap();
        file.set_len(FILE_BYTES_MAX + 1).unwrap();
        assert_eq!(status(&files, "huge"), 500);
    }

    #[test]
    fn who_has_the_content_gets_none_and_learns_of_the_next() {
        let (dir, files) = site();
        let first = files.answer("status/0", &HeaderMap::new());
        let tag = first.headers()[ETAG].clone();
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, tag.clone());
        assert_eq!(files.answer("status/0", &headers).status(), StatusCode::NOT_MODIFIED);
        let several = format!("\"other\", W/{}", tag.to_str().unwrap());
        headers.insert(IF_NONE_MATCH, several.parse().unwrap());
        assert_eq!(files.answer("status/0", &headers).status(), StatusCode::NOT_MODIFIED);
        // The same length at the same second, renamed into place as the publication does.
        fs::write(dir.path().join("site/status/.0.new"), b"b list").unwrap();
        fs::rename(dir.path().join("site/status/.0.new"), dir.path().join("site/status/0")).unwrap();
        let next = files.answer("status/0", &headers);
        assert_eq!(next.status(), StatusCode::OK);
        assert_ne!(next.headers()[ETAG], tag);
    }

    #[test]
    fn a_remembered_tag_is_that_of_the_content_after_every_way_of_replacing_it() {
        let (dir, files) = site();
        let path = dir.path().join("site/status/0");
        let old = SystemTime::now() - Duration::from_secs(10);
        for content in ["one", "two", "six"] {
            let beside = dir.path().join("beside");
            fs::write(&beside, content).unwrap();
            File::open(&beside).unwrap().set_modified(old).unwrap();
            fs::rename(&beside, &path).unwrap();
            for _ in 0..2 {
                let found = files.answer("status/0", &HeaderMap::new());
                assert_eq!(found.headers()[ETAG].to_str().unwrap(), tag(content.as_bytes()));
            }
        }
    }

    #[test]
    fn lists_have_the_types_that_the_format_names() {
        let (dir, files) = site();
        fs::write(dir.path().join("site/status/0.jwt"), b"e.e.e").unwrap();
        let kind = |path: &str| {
            files.answer(path, &HeaderMap::new()).headers()[CONTENT_TYPE].to_str().unwrap().to_owned()
        };
        assert_eq!(kind("status/0"), "application/statuslist+cwt");
        assert_eq!(kind("status/0.jwt"), "application/statuslist+jwt");
        assert_eq!(kind("record.json"), "application/json");
    }

    #[test]
    fn dates_are_those_of_the_protocol() {
        let at = |seconds| http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        // The example of RFC 9110 section 5.6.7.
        assert_eq!(at(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
