//! The lines of a register: each with its number in the file, its end as it stood, and a limit.

use std::collections::VecDeque;
use std::io::{self, BufRead};

/// Bytes of a line that are kept, far more than a record may have: a line over the limit of records can then still be
/// set aside whole, and a file without line ends does not fill the memory.
pub(crate) const KEPT_BYTES_MAX: usize = 1 << 20;

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// "\n"; "\r" is white space of JSON.
    Newline,
    /// "\n", "\r\n" or "\r", as spreadsheets write CSV.
    NewlineOrReturn,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: u64,
    /// Its bytes with its end; cut after [`KEPT_BYTES_MAX`].
    pub(crate) bytes: Vec<u8>,
    /// Whether it was cut.
    pub(crate) is_cut: bool,
}

/// Reads lines.
pub(crate) struct Lines {
    reader: Box<dyn BufRead + Send>,
    ends: Ends,
    number: u64,
    returned: VecDeque<Line>,
}

impl Lines {
    pub(crate) fn new(reader: Box<dyn BufRead + Send>, ends: Ends) -> Self {
        Self { reader, ends, number: 0, returned: VecDeque::new() }
    }

    /// The next line; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.returned.pop_front() {
            return Ok(Some(line));
        }
        let mut line = Line { number: self.number.saturating_add(1), bytes: Vec::new(), is_cut: false };
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            let end = buffer.iter().position(|byte| match self.ends {
                Ends::Newline => *byte == b'\n',
                Ends::NewlineOrReturn => matches!(byte, b'\n' | b'\r'),
            });
            let used = end.map_or(buffer.len(), |end| end.saturating_add(1));
            let is_return = end.and_then(|end| buffer.get(end)) == Some(&b'\r');
            let room = KEPT_BYTES_MAX.saturating_sub(line.bytes.len()).min(used);
            line.bytes.extend_from_slice(buffer.get(..room).unwrap_or_default());
            line.is_cut |= room < used;
            self.reader.consume(used);
            if is_return && self.reader.fill_buf()?.first() == Some(&b'\n') {
                self.reader.consume(1);
                line.bytes.push(b'\n');
            }
            if end.is_some() {
                break;
            }
        }
        if line.bytes.is_empty() {
            return Ok(None);
        }
        self.number = line.number;
        Ok(Some(line))
    }

    /// Gives lines back, which are then read again.
    pub(crate) fn give_back(&mut self, lines: Vec<Line>) {
        for line in lines.into_iter().rev() {
            self.returned.push_front(line);
        }
    }
}

impl Line {
    /// Without the line's end.
    pub(crate) fn content(&self) -> &[u8] {
        without_end(&self.bytes)
    }
}

/// The bytes of one or more lines without the last line's end.
pub(crate) fn without_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(content: &[u8], ends: Ends) -> Vec<Line> {
        let mut lines = Lines::new(Box::new(io::Cursor::new(content.to_vec())), ends);
        std::iter::from_fn(|| lines.next().unwrap()).collect()
    }

    #[test]
    fn every_kind_of_line_end_counts_once() {
        for content in ["a\n\nb\nc", "a\r\n\r\nb\r\nc", "a\r\rb\rc"] {
            let found = lines(content.as_bytes(), Ends::NewlineOrReturn);
            let contents: Vec<_> = found.iter().map(|line| (line.number, line.content())).collect();
            let expected: [(u64, &[u8]); 4] = [(1, b"a"), (2, b""), (3, b"b"), (4, b"c")];
            assert_eq!(contents, expected, "{content:?}");
            assert_eq!(found.iter().flat_map(|line| &line.bytes).count(), content.len());
        }
        assert_eq!(lines(b"{\r}\n", Ends::Newline).len(), 1);
    }

    #[test]
    fn a_line_end_across_two_buffers_counts_once() {
        // The buffer has 8 kB.
        let content = [vec![b'a'; 8_191], b"\r\nb".to_vec()].concat();
        assert_eq!(lines(&content, Ends::NewlineOrReturn).len(), 2);
    }

    #[test]
    fn a_file_without_line_ends_does_not_fill_the_memory() {
        let [line] = &lines(&vec![b'a'; KEPT_BYTES_MAX + 5], Ends::Newline)[..] else { panic!() };
        assert!(line.is_cut && line.bytes.len() == KEPT_BYTES_MAX);
    }
}
