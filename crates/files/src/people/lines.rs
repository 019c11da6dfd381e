//! Lines of a text file, numbered, none longer than it may be.

use super::LONGEST;
use std::collections::VecDeque;
use std::io::{self, BufRead};

/// A line's text, or what is wrong with it.
pub(super) type Text = Result<String, String>;

/// The lines of a file; what was looked at can be put back.
pub(super) struct Lines<R> {
    input: R,
    number: u64,
    bytes: u64,
    again: VecDeque<(u64, Text)>,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, number: 0, bytes: 0, again: VecDeque::new() }
    }

    /// The next line without its end; `None` at the end of the file.
    pub(super) fn next_line(&mut self) -> io::Result<Option<(u64, Text)>> {
        if let Some(line) = self.again.pop_front() {
            return Ok(Some(line));
        }
        let mut bytes = Vec::new();
        let (read, is_long) = self.read_line(&mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let text = if is_long {
            Err(format!("the line is longer than {} KiB", LONGEST / 1024))
        } else {
            let bytes = if self.number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) } else { &bytes };
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| "the line is not UTF-8".to_owned())
        };
        Ok(Some((self.number, text)))
    }

    /// Puts lines back, to be read again in their order.
    pub(super) fn put_back(&mut self, lines: Vec<(u64, Text)>) {
        for line in lines.into_iter().rev() {
            self.again.push_front(line);
        }
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many bytes the line has, and whether they are too many; of those that are, none is kept.
    fn read_line(&mut self, line: &mut Vec<u8>) -> io::Result<(u64, bool)> {
        let (mut read, mut is_long) = (0_u64, false);
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            is_long |= line.len() + part.len() > LONGEST;
            if is_long {
                line.clear();
            } else {
                line.extend_from_slice(part);
            }
            let taken = part.len() + usize::from(end.is_some());
            self.input.consume(taken);
            read += u64::try_from(taken).unwrap_or_default();
            if end.is_some() {
                break;
            }
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        self.bytes += read;
        Ok((read, is_long))
    }
}
