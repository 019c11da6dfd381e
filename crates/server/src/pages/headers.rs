//! The headers that every page is sent with.

use super::Page;

/// The media type of every page.
pub const HTML_TYPE: &str = "text/html; charset=utf-8";

/// The headers for `page`, beside its `Content-Type` ([`HTML_TYPE`]).
///
/// Nothing is cached; nothing but the page's own style sheet, script and images is loaded, no other site may frame it
/// (RFC 6749 section 10.13, RFC 9700 section 4.16), and no address of it leaks in a `Referer` (RFC 9700 section 4.2.4).
/// A form is sent here and nowhere else. A page whose answer may be an app's has no `form-action`: Chromium applies it to the
/// whole chain of redirects, and where an app sends the browser on is nobody's business but the app's.
pub fn security_headers(page: &Page) -> Vec<(&'static str, String)> {
    let form_action = if page.leaves { "" } else { "form-action 'self'; " };
    let script = if page.has_script { "script-src 'self'; " } else { "" };
    let policy = format!(
        "default-src 'none'; style-src 'self'; {script}img-src 'self' data:; {form_action}frame-ancestors 'none'; \
         base-uri 'none'"
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

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(page: &Page) -> String {
        let headers = security_headers(page);
        headers.into_iter().find(|(name, _)| *name == "content-security-policy").unwrap().1
    }

    #[test]
    fn a_page_may_load_its_style_and_nothing_else() {
        assert_eq!(
            policy(&Page::default()),
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'"
        );
    }

    #[test]
    fn the_script_of_this_origin_runs_where_the_page_has_one() {
        let policy = policy(&Page { has_script: true, ..Page::default() });
        assert!(policy.contains("script-src 'self'; ") && !policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn an_answer_may_go_on_to_anywhere() {
        let policy = policy(&Page { leaves: true, ..Page::default() });
        assert!(!policy.contains("form-action"), "{policy}");
    }

    #[test]
    fn a_brake_says_when_to_come_back() {
        let page = Page { retry_after: Some(30), ..Page::default() };
        assert!(security_headers(&page).contains(&("retry-after", "30".to_owned())));
    }
}
