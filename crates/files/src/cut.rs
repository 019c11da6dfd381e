//! Cuts a long list of tables out of a TOML text, so that it can be read piece by piece: a tree of a whole file takes ten
//! times the file.
//!
//! Only as much of TOML is understood as it takes to see which lines are headers: strings, comments and brackets are passed.
//! Whether the pieces are TOML is decided by whoever parses them.

use std::ops::Range;

/// A text without its list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// What is left.
    pub(crate) rest: String,
    /// Where that stands in the whole text.
    pub(crate) offsets: Offsets,
    /// The bytes of each table of the list, in order.
    pub(crate) items: Vec<Range<usize>>,
}

/// Where the parts of a text stand in a larger one: pairs of a part's first byte here and there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offsets(Vec<(usize, usize)>);

impl Offsets {
    /// One part, which begins there.
    pub(crate) fn from(start: usize) -> Self {
        Self(vec![(0, start)])
    }

    /// The same bytes in the larger text.
    pub(crate) fn place(&self, span: Range<usize>) -> Range<usize> {
        let part = self.0.partition_point(|(here, _)| *here <= span.start).checked_sub(1);
        let (here, there) = part.and_then(|part| self.0.get(part)).copied().unwrap_or_default();
        let start = span.start - here + there;
        start..start + span.len()
    }
}

/// Cuts out every `[[list]]` with what belongs to it. `None` where there is none, or where a string does not end.
pub(crate) fn cut(text: &str, list: &str) -> Option<Cut> {
    let (mut rest, mut offsets, mut items) = (String::new(), Offsets(Vec::new()), Vec::new());
    let mut keep = |part: Range<usize>| {
        if !part.is_empty() {
            offsets.0.push((rest.len(), part.start));
            rest.push_str(text.get(part).unwrap_or_default());
        }
    };
    let (mut begun, mut is_item, mut at) = (0, false, 0);
    while at < text.len() {
        let line = after_blanks(text.as_bytes(), at);
        if text.as_bytes().get(line) != Some(&b'[') {
            at = end_of_entry(text.as_bytes(), line)?;
            continue;
        }
        let end = end_of_line(text.as_bytes(), line);
        let header = Header::of(text.get(line..end)?, list);
        // What is below a table of the list belongs to it.
        if header != Header::Below || !is_item {
            let part = begun..at;
            if is_item {
                items.push(part);
            } else {
                keep(part);
            }
            (begun, is_item) = (at, header == Header::Item);
        }
        at = end;
    }
    if is_item {
        items.push(begun..text.len());
    } else {
        keep(begun..text.len());
    }
    (!items.is_empty()).then_some(Cut { rest, offsets, items })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Header {
    /// A table of the list begins.
    Item,
    /// A table in the last table of the list.
    Below,
    Other,
}

impl Header {
    fn of(line: &str, list: &str) -> Self {
        let doubled = line.strip_prefix("[[");
        let inner = doubled.or_else(|| line.strip_prefix('[')).unwrap_or_default().trim_start();
        let quoted = [format!("\"{list}\""), format!("'{list}'")];
        let names = [list, &quoted[0], &quoted[1]];
        let Some(after) = names.iter().find_map(|name| inner.strip_prefix(name)).map(str::trim_start) else {
            return Self::Other;
        };
        match (doubled, after.as_bytes().first()) {
            (Some(_), Some(b']')) => Self::Item,
            (_, Some(b'.')) => Self::Below,
            _ => Self::Other,
        }
    }
}

fn after_blanks(bytes: &[u8], from: usize) -> usize {
    let blanks = bytes.get(from..).unwrap_or_default().iter().take_while(|b| matches!(b, b' ' | b'\t'));
    from + blanks.count()
}

/// Behind the line's end.
fn end_of_line(bytes: &[u8], from: usize) -> usize {
    let found = bytes.get(from..).unwrap_or_default().iter().position(|b| *b == b'\n');
    found.map_or(bytes.len(), |at| from + at + 1)
}

/// Behind the end of the line at which an entry ends, which may be several lines later; `None` if a string does not end.
fn end_of_entry(bytes: &[u8], from: usize) -> Option<usize> {
    let (mut at, mut depth) = (from, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\n' if depth == 0 => return Some(at + 1),
            // The line's end is looked at like any other.
            b'#' => at = end_of_line(bytes, at).saturating_sub(1).max(at + 1),
            b'"' | b'\'' => at = end_of_string(bytes, at)?,
            b'[' | b'{' => (at, depth) = (at + 1, depth + 1),
            b']' | b'}' => (at, depth) = (at + 1, depth.saturating_sub(1)),
            _ => at += 1,
        }
    }
    Some(at)
}

fn end_of_string(bytes: &[u8], from: usize) -> Option<usize> {
    let quote = *bytes.get(from)?;
    let is_at = |at: usize, count: usize| (0..count).all(|n| bytes.get(at + n) == Some(&quote));
    let quotes = if is_at(from, 3) { 3 } else { 1 };
    let mut at = from + quotes;
    loop {
        match bytes.get(at)? {
            b'\\' if quote == b'"' => at += 2,
            b'\n' if quotes == 1 => return None,
            _ if is_at(at, quotes) => {
                // Up to two quotes more belong to a long string.
                let more = if quotes == 3 { (0..2).take_while(|n| is_at(at + 3 + n, 1)).count() } else { 0 };
                return Some(at + quotes + more);
            }
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<&str> {
        cut(text, "user").map(|cut| cut.items.into_iter().map(|item| &text[item]).collect()).unwrap_or_default()
    }

    #[test]
    fn a_list_is_cut_out_wherever_it_stands() {
        let text = "a = 1\n[[user]]\nx = 1\n[user.y]\nz = 2\n  [[ \"user\" ]] # two\nx = 2\n[other]\nb = 3\n[[user]]\n";
        let cut = cut(text, "user").unwrap();
        assert_eq!(cut.rest, "a = 1\n[other]\nb = 3\n");
        assert_eq!(
            items(text),
            ["[[user]]\nx = 1\n[user.y]\nz = 2\n", "  [[ \"user\" ]] # two\nx = 2\n", "[[user]]\n"]
        );
        let at = cut.rest.find("b = 3").unwrap();
        assert_eq!(&text[cut.offsets.place(at..at + 5)], "b = 3");
        assert_eq!(&text[cut.offsets.place(0..5)], "a = 1");
    }

    #[test]
    fn what_only_looks_like_a_header_is_none() {
        for inside in [
            "a = \"\"\"\n[[user]]\n\"\"\"",
            "a = '''\n[[user]]'''''",
            "a = [\n[\"x\"],\n# [[user]] ] \"\n[[1]]\n]",
            "a = \"\\\"\" # '\nb = ''",
            "# [[user]] \"",
            "a = \"\"\"\\\"\"\"\n[[user]]\n\"\"\"",
        ] {
            let text = format!("{inside}\n[[user]]\nn = 1\n{inside}\n");
            let first = format!("{inside}\n");
            assert_eq!(cut(&text, "user").unwrap().rest, first, "{inside}");
            assert_eq!(items(&text).len(), 1, "{inside}");
        }
        for other in ["[[users]]\n", "[user]\n", "[[x.user]]\n", "user = [{ a = 1 }]\n", ""] {
            assert_eq!(cut(other, "user"), None, "{other}");
        }
        assert_eq!(cut("[[user]]\na = \"x\n", "user"), None);
    }

    proptest::proptest! {
        /// Nothing is lost and nothing is there twice.
        #[test]
        fn pieces_are_the_whole(text in "([a-c=\\[\\]\"'#{} \n]|\\[\\[user\\]\\]\n|\\[c\\]\n|\"\"\"){0,60}") {
            if let Some(cut) = cut(&text, "user") {
                let length: usize = cut.items.iter().map(Range::len).sum();
                assert_eq!(cut.rest.len() + length, text.len());
                for (at, c) in cut.rest.char_indices() {
                    assert!(text[cut.offsets.place(at..at + 1)].starts_with(c));
                }
            }
        }
    }
}
