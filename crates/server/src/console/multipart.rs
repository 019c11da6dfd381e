//! `multipart/form-data` (RFC 7578), as a browser sends it for a form with one file: read strictly, and whole.

use bytes::Bytes;

/// More fields than any form of ours has.
const MOST: usize = 16;
/// The longest value of a field that is no file, in bytes.
const LONGEST: usize = 8 * 1024;
/// The longest boundary (RFC 2046 5.1.1).
const LONGEST_BOUNDARY: usize = 70;

/// What a form sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// The fields, in order.
    pub(super) fields: Vec<(String, String)>,
    /// The file; none where nobody chose one.
    pub(super) file: Option<Bytes>,
}

/// The boundary of a `Content-Type`; none where it is not `multipart/form-data` with a good one.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameters.split(';').find_map(|one| {
        let (name, value) = one.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    let is_good = (1..=LONGEST_BOUNDARY).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte));
    is_good.then_some(value)
}

/// Reads a body; `None` where it is not one that a browser sends.
pub(super) fn read(body: &Bytes, boundary: &str) -> Option<Sent> {
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(delimiter.get(2..)?.as_bytes())?;
    let mut sent = Sent::default();
    loop {
        if matches!(rest, b"--" | b"--\r\n") {
            return Some(sent);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let (head, behind) = cut(rest, b"\r\n\r\n")?;
        let (content, behind) = cut(behind, delimiter.as_bytes())?;
        rest = behind;
        take(&mut sent, body, std::str::from_utf8(head).ok()?, content)?;
    }
}

fn take(sent: &mut Sent, body: &Bytes, head: &str, content: &[u8]) -> Option<()> {
    let (name, is_file) = named(head)?;
    if is_file {
        if content.is_empty() {
            return Some(());
        }
        return sent.file.replace(body.slice_ref(content)).is_none().then_some(());
    }
    if sent.fields.len() >= MOST || content.len() > LONGEST || sent.fields.iter().any(|(known, _)| *known == name) {
        return None;
    }
    sent.fields.push((name, std::str::from_utf8(content).ok()?.to_owned()));
    Some(())
}

/// The name of a part, and whether it is a file.
fn named(head: &str) -> Option<(String, bool)> {
    let line = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then(|| value.trim())
    })?;
    let parameters = line.strip_prefix("form-data")?;
    let (_, behind) = parameters.split_once("; name=\"")?;
    let (name, more) = behind.split_once('"')?;
    (!name.is_empty()).then(|| (name.to_owned(), more.starts_with("; filename=\"")))
}

/// What is before the first `mark`, and what is behind it.
fn cut<'b>(bytes: &'b [u8], mark: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = bytes.windows(mark.len()).position(|some| some == mark)?;
    Some((bytes.get(..at)?, bytes.get(at + mark.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc\r\n--x\r\n\
        Content-Disposition: form-data; name=\"logo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\
        \u{89}PNG\r\n--y\r\n\r\n--x--\r\n";

    fn sent(body: &str) -> Option<Sent> {
        read(&Bytes::copy_from_slice(body.as_bytes()), "x")
    }

    #[test]
    fn fields_and_a_file_are_read_to_the_byte() {
        let sent = sent(GOOD).unwrap();
        assert_eq!(sent.fields, [("csrf".to_owned(), "abc".to_owned())]);
        assert_eq!(sent.file.unwrap(), "\u{89}PNG\r\n--y\r\n".as_bytes());
    }

    #[test]
    fn nobody_chose_a_file() {
        let body = GOOD.replace("\u{89}PNG\r\n--y\r\n", "").replace("a.png", "");
        assert_eq!(sent(&body).unwrap().file, None);
        assert_eq!(sent("--x--\r\n").unwrap(), Sent::default());
    }

    #[test]
    fn a_broken_body_is_none() {
        let second = "--x\r\nContent-Disposition: form-data; name=\"b\"; filename=\"b\"\r\n\r\nB\r\n--x--\r\n";
        let two_files = GOOD.replace("--x--\r\n", second);
        let twice =
            GOOD.replacen("--x\r\n", "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nz\r\n--x\r\n", 1);
        let long = GOOD.replace("abc", &"a".repeat(LONGEST + 1));
        let part = |n: usize| format!("--x\r\nContent-Disposition: form-data; name=\"n{n}\"\r\n\r\n\r\n");
        let many = (0..=MOST).map(part).collect::<Vec<_>>().concat();
        for wrong in [
            "",
            "--x",
            "--x\r\n",
            "--y--\r\n",
            "x=y",
            GOOD.strip_suffix("--\r\n").unwrap(),
            &GOOD.replace("--x--\r\n", "--x--\r\nmore"),
            &GOOD.replace("name=\"csrf\"", "name=csrf"),
            &GOOD.replace("name=\"csrf\"", "name=\"\""),
            &GOOD.replace("form-data; name=\"csrf\"", "attachment; name=\"csrf\""),
            &two_files,
            &twice,
            &long,
            &format!("{many}--x--\r\n"),
        ] {
            assert_eq!(sent(wrong), None, "{wrong}");
        }
        let not_text =
            [b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--x--\r\n".as_slice()].concat();
        assert_eq!(read(&Bytes::from(not_text), "x"), None);
    }

    #[test]
    fn a_boundary_is_one_of_the_standard() {
        assert_eq!(
            boundary("multipart/form-data; boundary=----WebKitFormBoundaryAb1"),
            Some("----WebKitFormBoundaryAb1")
        );
        assert_eq!(boundary("Multipart/Form-Data; charset=x; Boundary=\"a b\""), None);
        assert_eq!(boundary("multipart/form-data; boundary=\"ab\""), Some("ab"));
        let long = format!("multipart/form-data; boundary={}", "a".repeat(71));
        for wrong in ["multipart/form-data", "multipart/mixed; boundary=a", "multipart/form-data; boundary=", &long] {
            assert_eq!(boundary(wrong), None, "{wrong}");
        }
    }
}
