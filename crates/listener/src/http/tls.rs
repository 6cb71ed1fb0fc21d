//! TLS 1.2 and 1.3 by rustls, from PEM files that can be read again while the service runs.
//!
//! Refuses files that are too long, that hold no certificate or key, and a key that is not the certificate's; a renewal
//! that is refused leaves what was in use.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

/// Longest file: a chain of ten certificates of 3,000 bytes has less.
const FILE_BYTES_MAX: u64 = 131_072;

/// PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, then those that lead to its root.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        problem: String,
    },
    /// Certificate and key do not go together.
    #[error("{} and {}: {problem}", certificate.display(), key.display())]
    Pair {
        /// The certificate.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
        /// What rustls said.
        problem: String,
    },
}

/// The certificate in use.
pub struct Tls {
    files: TlsFiles,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// [`TlsFault`].
    pub fn load(files: &TlsFiles) -> Result<Self, TlsFault> {
        let config = RwLock::new(Arc::new(server_config(files)?));
        Ok(Self { files: files.clone(), config })
    }

    /// Reads them again, for connections to come.
    ///
    /// # Errors
    /// [`TlsFault`]; then the former stay in use.
    pub fn reload(&self) -> Result<(), TlsFault> {
        let config = Arc::new(server_config(&self.files)?);
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn server_config(files: &TlsFiles) -> Result<ServerConfig, TlsFault> {
    let content = |path: &Path, problem: String| TlsFault::Content { path: path.to_owned(), problem };
    let pem = read(&files.certificate)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|fault| content(&files.certificate, fault.to_string()))?;
    if chain.is_empty() {
        return Err(content(&files.certificate, "holds no certificate in PEM form".to_owned()));
    }
    let pem = read(&files.key)?;
    let key = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|fault| content(&files.key, no_key(&fault).to_owned()))?;
    let pair = |problem: tokio_rustls::rustls::Error| TlsFault::Pair {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        problem: problem.to_string(),
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The words of the parser may hold a line of the file, and this file is a key.
fn no_key(fault: &tokio_rustls::rustls::pki_types::pem::Error) -> &'static str {
    use tokio_rustls::rustls::pki_types::pem::Error;
    match fault {
        Error::NoItemsFound => "holds no private key in PEM form",
        _ => "is no PEM",
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsFault> {
    let file_fault = |source| TlsFault::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(file_fault)?;
    // The capacity keeps the buffer from moving, which would leave copies of a key behind.
    let length = usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX).saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    file.take(FILE_BYTES_MAX.saturating_add(1)).read_to_end(&mut bytes).map_err(file_fault)?;
    if bytes.len() == length {
        let problem = format!("longer than {FILE_BYTES_MAX} bytes");
        return Err(TlsFault::Content { path: path.to_owned(), problem });
    }
    Ok(bytes)
}
