//! A backup: everything that a wallet holds in one encrypted file, or in a sheet of QR codes that can be printed.
//!
//! `SNDB`, one byte of version, the key derivation, the length of what follows, then nonce and ciphertext of a compressed JSON
//! text. The passphrase is that of the wallet; the salt is the backup's own. Refused: another version, a file that is cut off
//! (it says how much is missing), one that does not open, and content that differs from its form.
//!
//! A sheet is the same bytes in pieces ([`crate::sheet`]).

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use sanad_credential::{Fault, IssuerId, Json, Limits, QrText, Sealed};
use sanad_keyfile::passphrase::Passphrase;
use sanad_keyfile::secret;
use sanad_trust::IssuerRecord;
use zeroize::Zeroizing;

use crate::entry::{HeldKey, Holder, HolderId, HolderName, Kept};
use crate::holding::{Contents, SdJwt, id_of};
use crate::open_form::SD_JWT_BYTES_MAX;
use crate::vault::{self, Derivation, VaultFault};

/// First bytes of a backup.
pub const MAGIC: &[u8; 4] = b"SNDB";

/// Version of backups. Those of version 1 hold no SD-JWT VCs; they are read too.
pub const VERSION: u8 = 2;

const VERSION_WITHOUT_SD_JWTS: u8 = 1;

/// Largest backup that is read: 40,000 documents.
pub const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most that one comes to when it is decompressed.
const TEXT_BYTES_MAX: usize = 4 * BYTES_MAX;

const LIMITS: Limits =
    Limits { bytes_max: TEXT_BYTES_MAX, depth_max: 4, entries_max: 200_000, values_max: 1_000_000 };

/// Level of the compression: these texts are hexadecimal digits and JSON.
const COMPRESSION: u8 = 9;

const LENGTH_BYTES: usize = 8;

/// Why a backup was not made or read.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// It is none.
    #[error("this is no backup of a wallet: it does not start with \"SNDB\"")]
    Foreign,
    /// Of a later program.
    #[error(
        "this backup has version {found}, this program reads version {VERSION}: use a newer sanad-wallet"
    )]
    Version {
        /// The version found.
        found: u8,
    },
    /// It is cut off.
    #[error("this backup is cut off: {found} bytes are there of {wanted}")]
    CutOff {
        /// Bytes there.
        found: usize,
        /// Bytes there must be.
        wanted: usize,
    },
    /// More follows than belongs to it.
    #[error("{bytes} bytes follow the end of this backup")]
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// It does not open.
    #[error("{0}")]
    Vault(#[from] VaultFault),
    /// It opens and does not read.
    #[error("this backup was made by another program: {0}")]
    Content(Fault),
    /// It opens and cannot be decompressed.
    #[error("this backup was made by another program: it does not decompress")]
    Compression,
    /// More than a backup may hold.
    #[error("the wallet holds more than a backup may, {max} bytes: export a part of it")]
    TooLarge {
        /// Most bytes.
        max: usize,
    },
}

/// Encrypts everything that a wallet holds.
///
/// # Errors
/// [`BackupFault`].
pub fn make(contents: &Contents, passphrase: &Passphrase, memory_kib: u32) -> Result<Vec<u8>, BackupFault> {
    let text = Zeroizing::new(to_json(contents)?.to_string());
    if text.len() > TEXT_BYTES_MAX {
        return Err(BackupFault::TooLarge { max: BYTES_MAX });
    }
    let compressed = Zeroizing::new(compress_to_vec_zlib(text.as_bytes(), COMPRESSION));
    let derivation = Derivation::new(memory_kib)?;
    let length = compressed.len().saturating_add(vault::SEALED_BYTES_ADDED);
    let length = u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes();
    let head = [&MAGIC[..], &[VERSION], &derivation.to_bytes(), &length].concat();
    let sealed = vault::seal(&derivation.cipher(passphrase)?, &head, &compressed)?;
    let backup = [head, sealed].concat();
    if backup.len() > BYTES_MAX { Err(BackupFault::TooLarge { max: BYTES_MAX }) } else { Ok(backup) }
}

/// Decrypts a backup.
///
/// # Errors
/// [`BackupFault`].
pub fn read(backup: &[u8], passphrase: &Passphrase) -> Result<Contents, BackupFault> {
    let rest = backup.strip_prefix(MAGIC).ok_or(BackupFault::Foreign)?;
    let Some((version, rest)) = rest.split_first() else {
        return Err(BackupFault::CutOff { found: backup.len(), wanted: HEAD_BYTES });
    };
    if ![VERSION, VERSION_WITHOUT_SD_JWTS].contains(version) {
        return Err(BackupFault::Version { found: *version });
    }
    let cut_off = BackupFault::CutOff { found: backup.len(), wanted: HEAD_BYTES };
    if backup.len() < HEAD_BYTES {
        return Err(cut_off);
    }
    let (derivation, rest) = Derivation::read(rest)?;
    let Some((length, sealed)) = rest.split_first_chunk::<LENGTH_BYTES>() else { return Err(cut_off) };
    let length = usize::try_from(u64::from_be_bytes(*length)).unwrap_or(usize::MAX);
    if sealed.len() < length {
        let wanted = HEAD_BYTES.saturating_add(length);
        return Err(BackupFault::CutOff { found: backup.len(), wanted });
    }
    if let Some(bytes) = sealed.len().checked_sub(length).filter(|bytes| *bytes > 0) {
        return Err(BackupFault::Trailing { bytes });
    }
    let head = backup.get(..HEAD_BYTES).unwrap_or_default();
    let compressed =
        vault::open(&derivation.cipher(passphrase)?, head, sealed).ok_or(VaultFault::WrongPassphrase)?;
    let text = decompress_to_vec_zlib_with_limit(&compressed, TEXT_BYTES_MAX).map(Zeroizing::new);
    let text = text.map_err(|_| BackupFault::Compression)?;
    read_content(&String::from_utf8_lossy(&text)).map_err(BackupFault::Content)
}

/// Bytes before the ciphertext.
const HEAD_BYTES: usize = MAGIC.len() + 1 + Derivation::BYTES + LENGTH_BYTES;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is inside a backup.
///
/// # Errors
/// A document that is none.
pub fn content(contents: &Contents) -> Result<String, BackupFault> {
    Ok(to_json(contents)?.to_string())
}

fn to_json(contents: &Contents) -> Result<Json<'_>, BackupFault> {
    let text = |text: String| Json::Text(text.into());
    let holders = contents
        .holders
        .iter()
        .map(|holder| Json::Array(vec![text(hex(&holder.id.0)), text(holder.name.as_str().to_owned())]));
    let keys = contents.keys.iter().map(|key| {
        let secret = secret::to_hex(key.expose());
        Json::Array(vec![text(hex(&key.holder.0)), text(key.issuer.to_string()), text(secret)])
    });
    let documents = contents.documents.iter().map(|kept| {
        let document = QrText::from_document(&kept.document).map_err(BackupFault::Content)?;
        let opened_with = kept.opened_with.map_or(Json::Null, |hash| text(hash.to_string()));
        let added = Json::Integer(i64::try_from(kept.added).unwrap_or(i64::MAX));
        Ok(Json::Array(vec![text(hex(&kept.holder.0)), added, opened_with, text(document.to_string())]))
    });
    let documents = documents.collect::<Result<Vec<_>, BackupFault>>()?;
    let records = contents.records.iter().map(|record| Json::Text(record.as_str().into()));
    let sd_jwts = contents.sd_jwts.iter().map(|beside| {
        Json::Array(vec![
            Json::Text(beside.document.as_str().into()),
            Json::Text(beside.text.as_str().into()),
        ])
    });
    Ok(Json::Object(vec![
        ("holders".into(), Json::Array(holders.collect())),
        ("keys".into(), Json::Array(keys.collect())),
        ("records".into(), Json::Array(records.collect())),
        ("documents".into(), Json::Array(documents)),
        ("sd_jwts".into(), Json::Array(sd_jwts.collect())),
    ]))
}

/// Reads what is inside a backup.
///
/// # Errors
/// The first fault at its place.
pub fn read_content(text: &str) -> Result<Contents, Fault> {
    let json = Json::parse(text, LIMITS)?;
    let mut object = json.object()?;
    let holders = each(object.required("holders")?, |json| match json.array()? {
        [id, name] => Ok(Holder {
            id: holder_id(id)?,
            name: HolderName::new(name.text()?).map_err(|_| pattern("a person's name"))?,
        }),
        _ => Err(pattern("an id and a name")),
    });
    let holders = holders.map_err(|fault| fault.within("holders"))?;
    let is_known = |id: HolderId| {
        holders.iter().any(|holder| holder.id == id).then_some(id).ok_or(pattern("a person of the wallet"))
    };
    let keys = each(object.required("keys")?, |json| match json.array()? {
        [holder, issuer, secret] => {
            let secret = secret::from_hex(secret.text()?).ok_or(pattern("64 hexadecimal digits"))?;
            Ok(HeldKey::of(is_known(holder_id(holder)?)?, IssuerId::new(issuer.text()?)?, secret))
        }
        _ => Err(pattern("a person, an issuer and a key")),
    });
    let records = each(object.required("records")?, |json| {
        IssuerRecord::parse(json.text()?).map(|_| json.text().map(str::to_owned))?
    });
    let documents = each(object.required("documents")?, |json| match json.array()? {
        [holder, added, opened_with, document] => {
            let document = QrText::decode(document.text()?)?;
            Sealed::parse(&document)?.unverified_entitlement()?;
            let opened_with = match opened_with {
                Json::Null => None,
                hash => Some(sanad_credential::FixedBytes::from_hex(hash.text()?)?),
            };
            let added = u64::try_from(added.integer()?).map_err(|_| pattern("seconds since 1970"))?;
            Ok(Kept { holder: is_known(holder_id(holder)?)?, added, opened_with, document })
        }
        _ => Err(pattern("a person, a time, a record's hash and a document")),
    });
    let documents = documents.map_err(|fault| fault.within("documents"))?;
    let sd_jwts = match object.optional("sd_jwts") {
        Some(json) => each(json, |json| sd_jwt(json, &documents)).map_err(|fault| fault.within("sd_jwts"))?,
        None => Vec::new(),
    };
    let contents = Contents {
        keys: keys.map_err(|fault| fault.within("keys"))?,
        records: records.map_err(|fault| fault.within("records"))?,
        documents,
        sd_jwts,
        holders,
    };
    object.finish()?;
    Ok(contents)
}

/// What stands beside one of the documents.
fn sd_jwt(json: &Json<'_>, documents: &[Kept]) -> Result<SdJwt, Fault> {
    let [document, text] = json.array()? else { return Err(pattern("a document's id and an SD-JWT VC")) };
    let (document, text) = (document.text()?, text.text()?);
    if !documents.iter().any(|kept| id_of(&kept.document) == document) {
        return Err(pattern("the id of a document of the wallet"));
    }
    if text.len() > SD_JWT_BYTES_MAX || !text.is_ascii() || text.is_empty() {
        return Err(pattern("an SD-JWT VC"));
    }
    Ok(SdJwt { document: document.to_owned(), text: text.to_owned() })
}

fn each<T>(json: &Json<'_>, read: impl Fn(&Json<'_>) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    let entries = json.array()?.iter().enumerate();
    entries.map(|(number, json)| read(json).map_err(|fault| fault.at_entry(number))).collect()
}

fn holder_id(json: &Json<'_>) -> Result<HolderId, Fault> {
    Ok(HolderId(sanad_credential::FixedBytes::<8>::from_hex(json.text()?)?.0))
}

fn pattern(wanted: &'static str) -> Fault {
    sanad_credential::What::Pattern { wanted }.into()
}
