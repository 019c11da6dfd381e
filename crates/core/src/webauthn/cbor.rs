//! The part of CBOR (RFC 8949) that authenticators may send: the canonical form of CTAP2, in which every length is told beforehand.
//!
//! Nothing is copied, and nothing is made room for because of a length that is only claimed.

/// How deep arrays and maps may stand in one another (CTAP 2.1 section 8: four).
const DEEPEST: usize = 4;

/// One value, as far as it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// A whole number of either sign.
    Int(i64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A text.
    Text(&'a str),
    /// Anything else.
    Other,
}

/// Reads one value after the other.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What was not read yet.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Reads a map whole, and hands each key with its value to `seen`.
    pub(super) fn map(&mut self, mut seen: impl FnMut(Item<'a>, Item<'a>)) -> Option<()> {
        let (5, pairs) = self.head()? else { return None };
        for _ in 0..pairs {
            let key = self.item(DEEPEST)?;
            let value = self.item(DEEPEST - 1)?;
            seen(key, value);
        }
        Some(())
    }

    /// Reads one value; of what is made of others only that it is well formed.
    fn item(&mut self, depth: usize) -> Option<Item<'a>> {
        let (kind, number) = self.head()?;
        Some(match kind {
            0 => Item::Int(i64::try_from(number).ok()?),
            1 => Item::Int(-1 - i64::try_from(number).ok()?),
            2 => Item::Bytes(self.take(number)?),
            3 => Item::Text(std::str::from_utf8(self.take(number)?).ok()?),
            4 | 5 => {
                let depth = depth.checked_sub(1)?;
                let items = if kind == 5 { number.checked_mul(2)? } else { number };
                // Each takes a byte at least, so this ends where the input does.
                for _ in 0..items {
                    self.item(depth)?;
                }
                Item::Other
            }
            // No tags; simple values and floating-point numbers have nothing behind their head.
            7 => Item::Other,
            _ => return None,
        })
    }

    /// The kind of the next value, and the number that is told with it.
    fn head(&mut self) -> Option<(u8, u64)> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        let number = match first & 0x1f {
            small @ 0..=23 => u64::from(small),
            24 => u64::from(*self.take(1)?.first()?),
            25 => u64::from(u16::from_be_bytes(self.take(2)?.try_into().ok()?)),
            26 => u64::from(u32::from_be_bytes(self.take(4)?.try_into().ok()?)),
            27 => u64::from_be_bytes(self.take(8)?.try_into().ok()?),
            _ => return None,
        };
        Some((first >> 5, number))
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }
}
