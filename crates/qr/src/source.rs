//! Where a QR code comes from: what a person types, an image, a file, standard input.
//!
//! A text that starts with the wanted prefix is taken as it is, before any file of that name; else a file is read
//! and told by its first bytes: PNG and JPEG are searched for symbols, bytes that start like a document are one,
//! other text is a text. Refuses files over the limit of images before reading them, and names what it recognises
//! but does not want: a vaccination certificate, a web address. Every fault names the place; a text that was typed is
//! named as such and not repeated, since it holds a name.

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

/// Why an argument, or a part of it, gave no document.
#[derive(Debug, thiserror::Error)]
pub enum DocumentFault<E> {
    /// Nothing could be read.
    #[error(transparent)]
    Source(#[from] SourceFault),
    /// Somebody else's code.
    #[error("{place}: this is {foreign}, not a document of this kind")]
    Foreign {
        /// Where it was found.
        place: String,
        /// Whose code it is.
        foreign: Foreign,
    },
    /// A text that does not decode.
    #[error("{place}: {fault}")]
    Text {
        /// Where it was found.
        place: String,
        /// What is wrong with it.
        fault: E,
    },
}

/// A document and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The file, with the number of the code where it has several.
    pub place: String,
    /// The document.
    pub bytes: Vec<u8>,
}

/// What an argument of a command stands for. There is a document, or a fault, or both.
#[derive(Debug)]
pub struct Documents<E> {
    /// The documents; an image may hold several.
    pub documents: Vec<Document>,
    /// What kept others from being documents.
    pub faults: Vec<DocumentFault<E>>,
}

/// The documents that an argument of a command stands for. Codes of others beside them are passed over; a wanted text
/// that does not decode is not: somebody's document is damaged.
pub fn documents<E>(
    argument: &str,
    wanted: Wanted<'_>,
    decode: impl Fn(&str) -> Result<Vec<u8>, E>,
) -> Documents<E> {
    let found = match find(argument, wanted) {
        Ok(found) => found,
        Err(fault) => return Documents { documents: Vec::new(), faults: vec![fault.into()] },
    };
    let place = place_of(argument, wanted);
    let is_one = found.len() == 1;
    let (mut documents, mut damaged, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for (number, found) in (1_usize..).zip(found) {
        let place = if is_one { place.clone() } else { format!("{place}, code {number}") };
        let text = match found {
            Found::Document(bytes) => {
                documents.push(Document { place, bytes });
                continue;
            }
            Found::Text(text) => text,
        };
        match decode(&text) {
            Ok(bytes) => documents.push(Document { place, bytes }),
            Err(fault) if text.trim_start().starts_with(wanted.prefix) => {
                damaged.push(DocumentFault::Text { place, fault });
            }
            Err(fault) => others.push(match foreign(&text) {
                Some(foreign) => DocumentFault::Foreign { place, foreign },
                None => DocumentFault::Text { place, fault },
            }),
        }
    }
    if documents.is_empty() && damaged.is_empty() {
        others.truncate(1);
        return Documents { documents, faults: others };
    }
    Documents { documents, faults: damaged }
}

/// Finds what an argument of a command stands for; `-` is standard input.
///
/// # Errors
/// [`SourceFault`].
pub fn find(argument: &str, wanted: Wanted<'_>) -> Result<Vec<Found>, SourceFault> {
    if argument == "-" {
        return sort(STANDARD_INPUT, read_limited(STANDARD_INPUT, io::stdin().lock())?, wanted);
    }
    if is_typed(argument, wanted) {
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

/// What standard input is called.
const STANDARD_INPUT: &str = "standard input";

/// Whether an argument is a text and not the name of a file.
fn is_typed(argument: &str, wanted: Wanted<'_>) -> bool {
    argument.trim_start().starts_with(wanted.prefix) || foreign(argument).is_some()
}

fn place_of(argument: &str, wanted: Wanted<'_>) -> String {
    match argument {
        "-" => STANDARD_INPUT.to_owned(),
        text if is_typed(text, wanted) => format!("the typed text of {} characters", text.chars().count()),
        file => file.to_owned(),
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
        // Editors of Windows write the mark of UTF-8 first.
        Ok(text) if text.starts_with('\u{FEFF}') => Ok(vec![Found::Text(text.chars().skip(1).collect())]),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Encoder, Luma};

    const WANTED: Wanted<'_> = Wanted { prefix: "SND1:", first_byte: 0xD2 };

    /// Decodes what ends in "GOOD".
    fn decode(text: &str) -> Result<Vec<u8>, String> {
        let is_good = text.trim().starts_with(WANTED.prefix) && text.trim().ends_with("GOOD");
        if is_good { Ok(text.trim().into()) } else { Err("damaged".to_owned()) }
    }

    fn in_file(name: &str, content: &[u8]) -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        let path = path.to_str().unwrap().to_owned();
        (dir, path)
    }

    #[test]
    fn a_fault_behind_the_decoder_names_the_file() {
        for content in ["SND1:BAD", "hello", "https://example.org/"] {
            let (_dir, path) = in_file("code.txt", content.as_bytes());
            let found = documents(&path, WANTED, decode);
            assert!(found.documents.is_empty());
            let [fault] = &found.faults[..] else { panic!("{:?}", found.faults) };
            assert!(fault.to_string().starts_with(&format!("{path}: ")), "{fault}");
        }
    }

    #[test]
    fn a_typed_text_is_not_repeated_in_a_fault() {
        let found = documents("SND1:A NAME IN BASE45", WANTED, decode);
        assert_eq!(found.faults[0].to_string(), "the typed text of 21 characters: damaged");
    }

    #[test]
    fn the_mark_of_utf_8_is_skipped() {
        let (_dir, path) = in_file("code.txt", "\u{FEFF}SND1:GOOD\r\n".as_bytes());
        let found = documents(&path, WANTED, decode);
        assert_eq!(found.documents, [Document { place: path, bytes: b"SND1:GOOD".to_vec() }]);
        assert!(found.faults.is_empty());
    }

    #[test]
    fn a_damaged_document_beside_a_good_one_is_reported_and_a_foreign_code_is_not() {
        let drawn = |text: &str| crate::draw(text, Encoder::Bulk).unwrap().symbol;
        let pixels = |text: &str| {
            let png = crate::png(&drawn(text), crate::ModulePixels::new(4).unwrap()).unwrap();
            crate::image_file::decode(&png).unwrap()
        };
        let side_by_side = |texts: &[&str]| {
            let pictures: Vec<Luma> = texts.iter().map(|text| pixels(text)).collect();
            let width: u32 = pictures.iter().map(Luma::width).sum();
            let height = pictures.iter().map(Luma::height).max().unwrap();
            let mut canvas = image::GrayImage::from_pixel(width, height, image::Luma([255]));
            let mut left = 0;
            for picture in pictures {
                let size = (picture.width(), picture.height());
                let part = image::GrayImage::from_raw(size.0, size.1, picture.pixels().to_vec()).unwrap();
                image::imageops::replace(&mut canvas, &part, left, 0);
                left += i64::from(size.0);
            }
            let mut png = io::Cursor::new(Vec::new());
            canvas.write_to(&mut png, image::ImageFormat::Png).unwrap();
            png.into_inner()
        };
        let (_dir, path) = in_file("both.png", &side_by_side(&["SND1:BAD", "SND1:GOOD"]));
        let found = documents(&path, WANTED, decode);
        assert_eq!((found.documents.len(), found.faults.len()), (1, 1), "{found:?}");
        assert!(found.faults[0].to_string().starts_with(&format!("{path}, code ")));
        let (_dir, path) = in_file("foreign.png", &side_by_side(&["HTTPS://EXAMPLE.ORG/", "SND1:GOOD"]));
        let found = documents(&path, WANTED, decode);
        assert_eq!((found.documents.len(), found.faults.len()), (1, 0), "{found:?}");
    }
}
