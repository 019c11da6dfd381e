//! Where in the frames of HTTP/2 (RFC 9113 4) a connection is: whether a request's headers have begun and not ended.
//!
//! hyper reads them and bounds their size; what it does not bound is how long they take.

/// What a client sends first (RFC 9113 3.4).
pub(super) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Follows the frames that arrive.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// How much of the preface has been seen.
    preface: usize,
    head: [u8; 9],
    /// How much of a frame's head has been seen.
    seen: usize,
    /// How much of the frame's content is to come.
    left: usize,
    of_data: bool,
    block_is_open: bool,
    /// How many frames other than of data have ended.
    pub(super) ended: u32,
}

impl Frames {
    /// Takes what was read.
    pub(super) fn take(&mut self, mut bytes: &[u8]) {
        let rest = (PREFACE.len() - self.preface).min(bytes.len());
        self.preface += rest;
        bytes = bytes.get(rest..).unwrap_or_default();
        while !bytes.is_empty() {
            let used = if self.left > 0 { self.content(bytes.len()) } else { self.one_of_head(bytes) };
            bytes = bytes.get(used..).unwrap_or_default();
        }
    }

    /// Whether something has begun that its peer has to end soon: the head of a frame, a frame that is not of a body, a block of
    /// headers.
    pub(super) fn is_waited_for(&self) -> bool {
        self.seen > 0
            || (self.left > 0 && !self.of_data)
            || self.block_is_open
            || (1..PREFACE.len()).contains(&self.preface)
    }

    fn content(&mut self, available: usize) -> usize {
        let used = self.left.min(available);
        self.left -= used;
        if self.left == 0 {
            self.end();
        }
        used
    }

    fn one_of_head(&mut self, bytes: &[u8]) -> usize {
        if let (Some(place), Some(byte)) = (self.head.get_mut(self.seen), bytes.first()) {
            *place = *byte;
        }
        self.seen += 1;
        if self.seen == self.head.len() {
            self.seen = 0;
            let [a, b, c, kind, flags, ..] = self.head;
            self.left = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
            self.of_data = kind == DATA;
            if matches!(kind, HEADERS | CONTINUATION) {
                self.block_is_open = flags & END_HEADERS == 0;
            }
            if self.left == 0 {
                self.end();
            }
        }
        1
    }

    fn end(&mut self) {
        if !self.of_data && !self.block_is_open {
            self.ended = self.ended.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], content].concat()
    }

    #[test]
    fn headers_are_waited_for_until_they_end_and_bodies_are_not() {
        let mut frames = Frames::default();
        let mut take = |bytes: &[u8]| {
            frames.take(bytes);
            (frames.is_waited_for(), frames.ended)
        };
        assert_eq!(take(&PREFACE[..3]), (true, 0));
        assert_eq!(take(&PREFACE[3..]), (false, 0));
        assert_eq!(take(&frame(4, 0, &[])), (false, 1), "settings");
        assert_eq!(take(&frame(HEADERS, 0, &[1, 2, 3])), (true, 1));
        assert_eq!(take(&frame(CONTINUATION, 0, &[])), (true, 1));
        assert_eq!(take(&frame(CONTINUATION, END_HEADERS, &[4])), (false, 2));
        let whole = frame(HEADERS, END_HEADERS, &[0; 300]);
        assert_eq!(take(&whole[..4]), (true, 2));
        assert_eq!(take(&whole[4..200]), (true, 2));
        assert_eq!(take(&whole[200..]), (false, 3));
        let body = frame(DATA, 0, &[0; 300]);
        assert_eq!(take(&body[..200]), (false, 3));
        assert_eq!(take(&[&body[200..], &whole, &body].concat()), (false, 4));
    }
}
