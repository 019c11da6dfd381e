//! A small, strict reader of HTML: enough to say whether what the templates write is well formed.

/// An opening tag.
#[derive(Debug)]
pub struct Element {
    /// Its name, in lower case as written.
    pub name: String,
    /// Its attributes, values unescaped as far as the tests need (not at all).
    pub attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute; empty for one without a value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

const VOID: [&str; 6] = ["br", "hr", "img", "input", "link", "meta"];

/// All elements in order, if every tag is closed in order, every attribute quoted and named once, and every
/// ampersand begins a reference.
///
/// # Errors
/// The first mistake, in words.
pub fn parse(html: &str) -> Result<Vec<Element>, String> {
    let mut rest = html.strip_prefix("<!doctype html>").ok_or("no doctype")?;
    let mut open: Vec<String> = Vec::new();
    let mut elements = Vec::new();
    while let Some((text, after)) = rest.split_once('<') {
        check_text(text)?;
        let (tag, tail) = cut_tag(after)?;
        rest = tail;
        if let Some(name) = tag.strip_prefix('/') {
            let expected = open.pop().ok_or_else(|| format!("</{name}> closes nothing"))?;
            if expected != name {
                return Err(format!("</{name}> where </{expected}> is due"));
            }
            continue;
        }
        let element = element(tag)?;
        if !VOID.contains(&element.name.as_str()) {
            if element.name == "form" && open.iter().any(|name| name == "form") {
                return Err("a form within a form".to_owned());
            }
            if element.name == "p" && open.iter().any(|name| name == "p") {
                return Err("a paragraph within a paragraph".to_owned());
            }
            open.push(element.name.clone());
        }
        elements.push(element);
    }
    check_text(rest)?;
    if open.is_empty() { Ok(elements) } else { Err(format!("never closed: {open:?}")) }
}

/// Cuts at the `>` that ends a tag, minding quotes.
fn cut_tag(after: &str) -> Result<(&str, &str), String> {
    let mut quoted = false;
    for (at, c) in after.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return Ok((&after[..at], &after[at + 1..])),
            '<' => return Err(format!("< within a tag: {}", &after[..at])),
            _ => {}
        }
    }
    Err("a tag without an end".to_owned())
}

fn element(tag: &str) -> Result<Element, String> {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        return Err(format!("not a tag: <{tag}>"));
    }
    let mut attributes: Vec<(String, String)> = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let attribute = rest[..end].to_owned();
        if !attribute.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(format!("not an attribute: {attribute} in <{tag}>"));
        }
        if attributes.iter().any(|(given, _)| *given == attribute) {
            return Err(format!("{attribute} twice in <{tag}>"));
        }
        rest = &rest[end..];
        let mut value = "";
        if let Some(quoted) = rest.strip_prefix('=') {
            let unquoted = quoted.strip_prefix('"').ok_or_else(|| format!("{attribute} is not quoted in <{tag}>"))?;
            let (inner, after) = unquoted.split_once('"').ok_or("an attribute without an end")?;
            check_text(inner)?;
            value = inner;
            rest = after;
            if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
                return Err(format!("something after {attribute} in <{tag}>"));
            }
        }
        attributes.push((attribute, value.to_owned()));
    }
    Ok(Element { name: name.to_owned(), attributes })
}

fn check_text(text: &str) -> Result<(), String> {
    if text.contains('>') {
        return Err(format!("a bare > in {text:?}"));
    }
    for reference in text.split('&').skip(1) {
        let (name, _) = reference.split_once(';').ok_or_else(|| format!("a bare & in {text:?}"))?;
        if name.is_empty() || name.len() > 8 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#') {
            return Err(format!("a bare & in {text:?}"));
        }
    }
    Ok(())
}

#[test]
fn the_reader_finds_what_is_wrong() {
    for (broken, why) in [
        ("<p>", "never closed"),
        ("</p>", "closes nothing"),
        ("<b><i></b></i>", "is due"),
        ("<a href=x></a>", "not quoted"),
        ("<a id=\"1\" id=\"2\"></a>", "twice"),
        ("<p>a & b</p>", "bare &"),
        ("<p>a > b</p>", "bare >"),
        ("<form><form></form></form>", "within a form"),
        ("<p \"x></p>", ""),
    ] {
        let error = parse(&format!("<!doctype html>{broken}")).unwrap_err();
        assert!(error.contains(why), "{broken}: {error}");
    }
    assert_eq!(parse("<!doctype html><p>&amp;<input disabled name=\"a\"></p>").unwrap().len(), 2);
}
