//! Where a QR code comes from: what a person types, an image, a file, standard input.
//!
//! A text that starts with the wanted prefix is taken as it is, before any file of that name; else a file is read
//! and told by its first bytes: PNG and JPEG are searched for symbols, bytes that start like a document are one,
//! other text is a text. Refuses files over the limit of images before reading them, and names what it recognises
//! but does not want: a vaccination certificate, a web address.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::fault::ReadFault;
use crate::image_file::{FILE_BYTES_MAX, is_image};
use crate::read::read;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A text, typed or read from a symbol.
    Text(String),
    /// The bytes of a document.
    Document(Vec<u8>),
}

/// How what is wanted can be told from other things.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Start of a wanted text.
    pub prefix: &'a str,
    /// First byte of a wanted document.
    pub first_byte: u8,
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum SourceFault {
    /// The file cannot be read.
    #[error("{place}: {source}")]
    File {
        /// The file.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file is too large.
    #[error("{place}: larger than {max} bytes")]
    TooLarge {
        /// The file.
        place: String,
        /// Most bytes that are read.
        max: usize,
    },
    /// The file has nothing in it.
    #[error("{place}: empty")]
    Empty {
        /// The file.
        place: String,
    },
    /// The image cannot be read.
    #[error("{place}: {fault}")]
    Image {
        /// The file.
        place: String,
        /// What is wrong with it.
        fault: ReadFault,
    },
    /// Neither a file nor a text of this kind.
    #[error("\"{start}\" is neither a file nor {wanted} text")]
    Nothing {
        /// The first characters of the argument.
        start: String,
        /// Start of a wanted text.
        wanted: String,
    },
    /// Neither text, image nor document.
    #[error("{place}: neither a QR text, nor a PNG or JPEG image, nor a signed document")]
    Unknown {
        /// The file.
        place: String,
    },
}

/// Why an argument gave no document.
#[derive(Debug, thiserror::Error)]
pub enum DocumentFault<E> {
    /// Nothing could be read.
    #[error(transparent)]
    Source(#[from] SourceFault),
    /// Somebody else's code.
    #[error("this is {0}, not a document of this kind")]
    Foreign(Foreign),
    /// A text that does not decode.
    #[error("{0}")]
    Text(E),
}

/// The documents that an argument of a command stands for; an image may hold several. Codes of others beside them are
/// passed over.
///
/// # Errors
/// [`DocumentFault`], when there is no document at all.
pub fn documents<E>(
    argument: &str,
    wanted: Wanted<'_>,
    decode: impl Fn(&str) -> Result<Vec<u8>, E>,
) -> Result<Vec<Vec<u8>>, DocumentFault<E>> {
    let mut documents = Vec::new();
    let mut first_fault = None;
    for found in find(argument, wanted)? {
        let decoded = match found {
            Found::Document(document) => Ok(document),
            Found::Text(text) => decode(&text).map_err(|fault| match foreign(&text) {
                Some(foreign) => DocumentFault::Foreign(foreign),
                None => DocumentFault::Text(fault),
            }),
        };
        match decoded {
            Ok(document) => documents.push(document),
            Err(fault) => first_fault = first_fault.or(Some(fault)),
        }
    }
    match first_fault {
        Some(fault) if documents.is_empty() => Err(fault),
        _ => Ok(documents),
    }
}

/// Finds what an argument of a command stands for; `-` is standard input.
///
/// # Errors
/// [`SourceFault`].
pub fn find(argument: &str, wanted: Wanted<'_>) -> Result<Vec<Found>, SourceFault> {
    if argument == "-" {
        let place = "standard input";
        return sort(place, read_limited(place, io::stdin().lock())?, wanted);
    }
    if argument.trim_start().starts_with(wanted.prefix) || foreign(argument).is_some() {
        return Ok(vec![Found::Text(argument.to_owned())]);
    }
    match File::open(Path::new(argument)) {
        Ok(file) => sort(argument, read_limited(argument, file)?, wanted),
        Err(source) if source.kind() == io::ErrorKind::NotFound || argument.len() > 255 => {
            let start = argument.chars().take(40).flat_map(char::escape_debug).collect();
            Err(SourceFault::Nothing { start, wanted: wanted.prefix.to_owned() })
        }
        Err(source) => Err(SourceFault::File { place: argument.to_owned(), source }),
    }
}

fn read_limited(place: &str, source: impl Read) -> Result<Vec<u8>, SourceFault> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    source
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|source| SourceFault::File { place: place.to_owned(), source })?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(SourceFault::TooLarge { place: place.to_owned(), max: FILE_BYTES_MAX });
    }
    Ok(bytes)
}

fn sort(place: &str, bytes: Vec<u8>, wanted: Wanted<'_>) -> Result<Vec<Found>, SourceFault> {
    if bytes.is_empty() {
        return Err(SourceFault::Empty { place: place.to_owned() });
    }
    if is_image(&bytes) {
        let readings = read(&bytes).map_err(|fault| SourceFault::Image { place: place.to_owned(), fault })?;
        return Ok(readings.into_iter().map(|reading| Found::Text(reading.into_text())).collect());
    }
    if bytes.first() == Some(&wanted.first_byte) {
        return Ok(vec![Found::Document(bytes)]);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(vec![Found::Text(text)]),
        Err(_) => Err(SourceFault::Unknown { place: place.to_owned() }),
    }
}

/// Codes of others that people hold in front of a scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// EU Digital COVID Certificate and its relatives.
    HealthCertificate,
    /// SMART Health Card or Link.
    SmartHealth,
    /// A web address.
    WebAddress,
    /// OpenID for Verifiable Credentials.
    OpenId,
    /// A contact, a network, a telephone number, a place.
    Everyday,
    /// A payment.
    Payment,
}

/// Whose code a text is, by its beginning.
pub fn foreign(text: &str) -> Option<Foreign> {
    const BEGINNINGS: &[(&str, Foreign)] = &[
        ("HC1:", Foreign::HealthCertificate),
        ("HC2:", Foreign::HealthCertificate),
        ("NZCP:/", Foreign::HealthCertificate),
        ("shc:/", Foreign::SmartHealth),
        ("shlink:/", Foreign::SmartHealth),
        ("http://", Foreign::WebAddress),
        ("https://", Foreign::WebAddress),
        ("openid-credential-offer:", Foreign::OpenId),
        ("openid4vp:", Foreign::OpenId),
        ("BEGIN:VCARD", Foreign::Everyday),
        ("MECARD:", Foreign::Everyday),
        ("WIFI:", Foreign::Everyday),
        ("tel:", Foreign::Everyday),
        ("mailto:", Foreign::Everyday),
        ("geo:", Foreign::Everyday),
        ("BCD\n", Foreign::Payment),
        ("upi://", Foreign::Payment),
        ("00020101", Foreign::Payment),
    ];
    let text = text.trim_start();
    let starts = |beginning: &str| {
        text.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
    };
    BEGINNINGS.iter().find(|(beginning, _)| starts(beginning)).map(|(_, foreign)| *foreign)
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Foreign::HealthCertificate => "a vaccination or test certificate",
            Foreign::SmartHealth => "a SMART Health card or link",
            Foreign::WebAddress => "a web address",
            Foreign::OpenId => "an OpenID credential link",
            Foreign::Everyday => "a contact, network, number or place",
            Foreign::Payment => "a payment",
        })
    }
}
