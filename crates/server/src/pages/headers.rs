//! The headers that every page is sent with.

use super::{Page, script};

/// The media type of every page.
pub const HTML_TYPE: &str = "text/html; charset=utf-8";

/// The headers for `page`, beside its `Content-Type` ([`HTML_TYPE`]).
///
/// Nothing is cached; nothing but the page's own style sheet and images is loaded; no script runs but the one that sends a
/// `form_post` answer, no other site may frame it (RFC 6749 section 10.13, RFC 9700 section 4.16), and no address of it leaks in a `Referer`
/// (RFC 9700 section 4.2.4). A form may be sent here, and to the origin that the answer redirects to: Chromium
/// applies `form-action` to the whole chain.
pub fn security_headers(page: &Page) -> Vec<(&'static str, String)> {
    let extra = page.form_action.as_deref().and_then(form_action_source);
    let form_action = extra.map_or_else(String::new, |source| format!(" {source}"));
    let script = if page.sends_itself { format!(" script-src {};", script::source()) } else { String::new() };
    let policy = format!(
        "default-src 'none';{script} style-src 'self'; img-src 'self' data:; form-action 'self'{form_action}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let mut headers = vec![
        ("cache-control", "no-store".to_owned()),
        ("content-security-policy", policy),
        ("x-frame-options", "DENY".to_owned()),
        ("referrer-policy", "no-referrer".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
    ];
    if let Some(seconds) = page.retry_after {
        headers.push(("retry-after", seconds.to_string()));
    }
    headers
}

/// What `form-action` has to name so that a form may end at `uri`: an origin for http and https, the scheme for
/// any other. None if nothing safe can be said; the policy then stays at `'self'`.
///
/// An IPv6 literal is no legal source expression (CSP3 section 2.3.1), so it is widened to its scheme.
pub fn form_action_source(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    let mut letters = scheme.bytes();
    let legal = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    if !legal {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        let runs_code = ["javascript", "data", "blob", "filesystem", "vbscript"].contains(&scheme.as_str());
        return (!runs_code).then(|| format!("{scheme}:"));
    }
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
    if authority.starts_with('[') {
        return Some(format!("{scheme}:"));
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:".contains(&b);
    (!authority.is_empty() && authority.bytes().all(plain)).then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(form_action: Option<&str>) -> String {
        let page = Page { form_action: form_action.map(str::to_owned), ..Page::default() };
        let headers = security_headers(&page);
        headers.into_iter().find(|(name, _)| *name == "content-security-policy").unwrap().1
    }

    #[test]
    fn a_page_may_load_its_style_and_nothing_else() {
        assert_eq!(
            policy(None),
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'"
        );
    }

    #[test]
    fn only_a_page_that_sends_itself_has_a_script_and_it_is_named_by_its_hash() {
        let page = Page { sends_itself: true, ..Page::default() };
        let headers = security_headers(&page);
        let (_, policy) = headers.iter().find(|(name, _)| *name == "content-security-policy").unwrap();
        // echo -n 'document.forms[0].submit()' | openssl dgst -sha256 -binary | base64
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='; style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"));
    }

    #[test]
    fn the_redirect_origin_is_added() {
        assert!(
            policy(Some("https://app.example:8443/cb?x=1")).contains("form-action 'self' https://app.example:8443;")
        );
        assert!(policy(Some("com.example.state:/cb")).contains("form-action 'self' com.example.state:;"));
        assert!(policy(Some("http://[::1]:9000/cb")).contains("form-action 'self' http:;"));
        assert!(policy(Some("http://127.0.0.1:9000")).contains("form-action 'self' http://127.0.0.1:9000;"));
    }

    #[test]
    fn nothing_unsafe_reaches_the_policy() {
        for uri in [
            "https://a;script-src *",
            "https://a b/",
            "https://user@host/",
            "javascript:alert(1)",
            "data:,x",
            "",
            "//x",
            "https:",
            "https:///x",
            "a b:c",
            "https://a\r\nx: y/",
            "https://*/",
        ] {
            assert!(policy(Some(uri)).contains("form-action 'self'; "), "{uri}");
        }
    }

    #[test]
    fn a_brake_says_when_to_come_back() {
        let page = Page { retry_after: Some(30), ..Page::default() };
        assert!(security_headers(&page).contains(&("retry-after", "30".to_owned())));
    }
}
