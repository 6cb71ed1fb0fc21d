//! The rows of a CSV register: one line each, or more where a quoted cell has line ends in it.
//!
//! A quote that is never closed would make one row of all people up to the next quote. So a row of several lines
//! counts only where it closes within the limit of a record, has the cells of the header, and no line end inside a
//! text, which no record may have. Else its first line alone is refused, and the reading goes on with the second.

use std::fmt;

use csv::ByteRecord;

use crate::lines::{Line, Lines, without_end};
use crate::register::LINE_BYTES_MAX;

/// A row.
pub(crate) struct CsvRow {
    /// Line of the file, from 1.
    pub(crate) line: u64,
    /// Its bytes as they stood, without the line end after it.
    pub(crate) raw: Vec<u8>,
    /// Its cells.
    pub(crate) cells: Result<ByteRecord, Unclosed>,
}

/// A quote that is not closed on its line.
pub(crate) struct Unclosed {
    /// Lines after its own that it would take in.
    swallowed: usize,
    ends: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// At the next quote.
    Quote,
    /// Nowhere before the limit of a record.
    Limit,
    /// Nowhere in the file.
    File,
}

/// The next row that is not blank; the header, which has no number of cells to keep to, where `columns` is `None`.
pub(crate) fn next(lines: &mut Lines, columns: Option<usize>) -> std::io::Result<Option<CsvRow>> {
    loop {
        match lines.next()? {
            None => return Ok(None),
            Some(line) if line.bytes.trim_ascii().is_empty() => {}
            Some(line) => return row_from(lines, line, columns).map(Some),
        }
    }
}

fn row_from(lines: &mut Lines, first: Line, columns: Option<usize>) -> std::io::Result<CsvRow> {
    let mut quotes = Quotes::CellStart;
    quotes.read(&first.bytes);
    let mut bytes = first.bytes.clone();
    let mut following: Vec<Line> = Vec::new();
    let mut end = End::Quote;
    while quotes == Quotes::Inside {
        if bytes.len() > LINE_BYTES_MAX {
            end = End::Limit;
            break;
        }
        let Some(line) = lines.next()? else {
            end = End::File;
            break;
        };
        quotes.read(&line.bytes);
        bytes.extend_from_slice(&line.bytes);
        following.push(line);
    }
    let cells = cells_of(&bytes);
    let fits = bytes.len() <= LINE_BYTES_MAX
        && columns.is_none_or(|columns| cells.len() == columns)
        && !cells.iter().any(is_broken);
    let is_whole = end == End::Quote && (following.is_empty() || fits);
    if is_whole {
        return Ok(CsvRow { line: first.number, raw: without_end(&bytes).to_vec(), cells: Ok(cells) });
    }
    let unclosed = Unclosed { swallowed: following.len(), ends: end };
    lines.give_back(following);
    Ok(CsvRow { line: first.number, raw: first.content().to_vec(), cells: Err(unclosed) })
}

/// The cells of one row. A reader of the `csv` crate takes longer to be made than to read a row, and it would have to be
/// made for each; `the_csv_crate_finds_the_same_cells` holds the two against each other.
fn cells_of(row: &[u8]) -> ByteRecord {
    let (mut cells, mut cell) = (ByteRecord::new(), Vec::new());
    let mut quotes = Quotes::CellStart;
    for byte in without_end(row) {
        match (quotes, byte) {
            (Quotes::CellStart | Quotes::Inside, b'"') => {}
            (Quotes::CellStart | Quotes::Plain | Quotes::Closing, b',') => {
                cells.push_field(&cell);
                cell.clear();
            }
            _ => cell.push(*byte),
        }
        quotes = quotes.after(*byte);
    }
    cells.push_field(&cell);
    cells
}

/// Whether a line end stands inside the text of a cell; around it, it is white space that is taken off.
fn is_broken(cell: &[u8]) -> bool {
    cell.trim_ascii().iter().any(|byte| matches!(byte, b'\n' | b'\r'))
}

/// Where a reader of CSV is, as the `csv` crate reads: a quote opens a cell only at its start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    CellStart,
    Plain,
    Inside,
    /// After a quote inside: its end, or the first of two.
    Closing,
}

impl Quotes {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Quotes::Inside, b'"') => Quotes::Closing,
            (Quotes::Inside, _) | (Quotes::CellStart | Quotes::Closing, b'"') => Quotes::Inside,
            (_, b',' | b'\n' | b'\r') => Quotes::CellStart,
            _ => Quotes::Plain,
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        *self = bytes.iter().fold(*self, |quotes, byte| quotes.after(*byte));
    }
}

impl fmt::Display for Unclosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let swallowed = self.swallowed;
        write!(f, "a quote that opens here is not closed on this line")?;
        match self.ends {
            End::Quote if swallowed == 1 => write!(f, "; it would take in the next line")?,
            End::Quote => write!(f, "; it would take in the next {swallowed} lines")?,
            End::Limit => write!(f, "; it would take in the next {swallowed} lines and more")?,
            End::File if swallowed == 0 => {}
            End::File => write!(f, "; it would take in the {swallowed} lines up to the end of the file")?,
        }
        write!(f, ". Close it, or take the line break out of the cell")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_csv_crate_finds_the_same_cells() {
        const LETTERS: [u8; 5] = *b"a,\"\n\r";
        let mut compared = 0;
        for number in 0..5_usize.pow(7) {
            let digits = (0..7).scan(number, |rest, _| {
                let digit = *rest % 5;
                *rest /= 5;
                Some(digit)
            });
            let row: Vec<u8> = digits.map(|digit| LETTERS[digit]).collect();
            // One whole row: no line end but in quotes, and every quote closed.
            let mut quotes = Quotes::CellStart;
            let is_row = row.iter().all(|byte| {
                let is_inside = quotes == Quotes::Inside;
                quotes = quotes.after(*byte);
                is_inside || !matches!(byte, b'\n' | b'\r')
            });
            if !is_row || quotes == Quotes::Inside {
                continue;
            }
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(row.as_slice());
            let mut expected = ByteRecord::new();
            assert!(reader.read_byte_record(&mut expected).unwrap());
            assert_eq!(cells_of(&row), expected, "{:?}", String::from_utf8_lossy(&row));
            compared += 1;
        }
        assert_eq!(compared, 4_588);
    }
}
