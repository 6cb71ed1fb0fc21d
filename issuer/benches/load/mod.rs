//! The service under load: its own program in another process, 64 clients on loopback, each waiting for its answer.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const CLIENTS: u64 = 64;
const EACH: u64 = 400;

/// What a run came to.
pub(crate) struct Load {
    /// Answers a second.
    pub(crate) rate: f64,
    /// Sorted, in milliseconds.
    pub(crate) latencies: Vec<f64>,
    /// Cores that the service used.
    pub(crate) cores: f64,
    /// Largest resident set of the service, in megabytes, after the first and after the second half.
    pub(crate) megabytes: [f64; 2],
}

/// Runs it over an issuer of its own in `root`.
pub(crate) fn run(root: &Path) -> Load {
    let (dir, passphrase) = (root.join("served"), root.join("passphrase"));
    std::fs::write(&passphrase, "correct horse battery staple\n").unwrap();
    private(&passphrase);
    let init = program(&passphrase)
        .args(["init", dir.to_str().unwrap(), "--issuer", "KE-SHA", "--country", "KE", "--name", "Invented"])
        .stderr(Stdio::null())
        .output()
        .unwrap();
    assert!(init.status.success());
    let mut service = Service(
        program(&passphrase)
            .args(["--json", "serve", "--config", dir.join("service.toml").to_str().unwrap()])
            .env("SANAD_ISSUER_LISTEN_ADDRESS", "127.0.0.1:0")
            .env("SANAD_ISSUER_LOG_LEVEL", "error")
            .env("SANAD_ISSUER_LIMITS_REQUESTS_PER_SECOND", "1000000")
            .env("SANAD_ISSUER_LIMITS_BURST", "1000000")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut line = String::new();
    BufReader::new(service.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split("http://").nth(1).unwrap().split(['"', '/']).next().unwrap().to_owned();
    let token = std::fs::read_to_string(dir.join("admin.token")).unwrap().trim().to_owned();
    let year = 1970 + std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() / 31_556_952;
    let half = |first: u64| -> (f64, Vec<f64>, f64) {
        let cpu = cpu_seconds(service.0.id());
        let begun = Instant::now();
        let latencies: Vec<f64> = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let (address, token) = (&address, &token);
                    scope.spawn(move || one_client(address, token, first + client * EACH, year))
                })
                .collect();
            clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
        });
        let seconds = begun.elapsed().as_secs_f64();
        ((CLIENTS * EACH) as f64 / seconds, latencies, (cpu_seconds(service.0.id()) - cpu) / seconds)
    };
    // The first warms up; the second is what is told.
    half(0);
    let first = peak_megabytes(service.0.id());
    let (rate, mut latencies, cores) = half(10_000_000);
    let megabytes = [first, peak_megabytes(service.0.id())];
    latencies.sort_by(f64::total_cmp);
    Load { rate, latencies, cores, megabytes }
}

fn one_client(address: &str, token: &str, first: u64, year: u64) -> Vec<f64> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut latencies = Vec::new();
    for number in first..first + EACH {
        let body = format!(
            r#"{{"type":"coverage","subject":{{"number":"INV-{number}","name":"Person Invented {number}","birth":"1980"}},"product":"SHIF","rulebook":1,"functions":["medical_care","maternity"],"start":"{year}-01-01","end":"{year}-12-31","copay_class":0,"territory":["KE"]}}"#
        );
        let mut request = String::new();
        let _ = write!(
            request,
            "POST /v1/credentials HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: k{number}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let begun = Instant::now();
        stream.write_all(request.as_bytes()).unwrap();
        let status = answer(&mut stream);
        latencies.push(begun.elapsed().as_secs_f64() * 1_000.0);
        assert_eq!(status, 201);
    }
    latencies
}

fn answer(stream: &mut TcpStream) -> u16 {
    let mut bytes = Vec::new();
    let mut part = [0; 4_096];
    loop {
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "the service closed the connection");
        bytes.extend_from_slice(&part[..read]);
        let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&bytes[..head]).unwrap();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.unwrap().parse().unwrap();
        if bytes.len() >= head + 4 + length {
            return text[9..12].parse().unwrap();
        }
    }
}

struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program(passphrase: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanad-issuer"));
    command.arg("--passphrase-file").arg(passphrase);
    command
}

fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// User and system time of a process.
fn cpu_seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let after = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = after.split_whitespace().collect();
    // Clock ticks, 100 a second on Linux.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn peak_megabytes(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<f64>().unwrap() / 1_024.0
}
