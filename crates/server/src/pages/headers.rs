//! The headers that every page is sent with.

use super::Page;

/// The media type of every page.
pub const HTML_TYPE: &str = "text/html; charset=utf-8";

/// The headers for `page`, beside its `Content-Type` ([`HTML_TYPE`]).
///
/// Nothing is cached; nothing but the page's own style sheet, script and images is loaded, no other site may frame it
/// (RFC 6749 section 10.13, RFC 9700 section 4.16), and no address of it leaks in a `Referer` (RFC 9700 section 4.2.4).
/// A form is sent here and nowhere else. A page whose answer may be an app's has no `form-action`: Chromium applies it to the
/// whole chain of redirects, and where an app sends the browser on is nobody's business but the app's. The page of a
/// `form_post` answer runs one script more, which sends it and is named by its hash; the signed-out page one that goes on. A page
/// whose script asks for more of it may ask this origin. Frames
/// are loaded from the origins of the apps that they tell of the log-out, and from nowhere else.
pub fn security_headers(page: &Page) -> Vec<(&'static str, String)> {
    let form_action = if page.leaves { "" } else { "form-action 'self'; " };
    let own = if page.has_script { " 'self'".to_owned() } else { String::new() };
    let sending = page.by_itself.map(|what| format!(" {}", what.source())).unwrap_or_default();
    let script =
        if own.is_empty() && sending.is_empty() { String::new() } else { format!("script-src{own}{sending}; ") };
    let more = if page.asks_for_more { "connect-src 'self'; " } else { "" };
    let frames = if page.frames.is_empty() { String::new() } else { format!("frame-src {}; ", page.frames.join(" ")) };
    let policy = format!(
        "default-src 'none'; style-src 'self'; {script}{more}{frames}img-src 'self' data:; {form_action}frame-ancestors 'none'; \
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
    use crate::pages::script::ByItself;

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
    fn only_a_page_that_sends_itself_has_its_script_and_it_is_named_by_its_hash() {
        // echo -n 'document.forms[0].submit()' | openssl dgst -sha256 -binary | base64
        const HASH: &str = "'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='";
        let alone = policy(&Page { by_itself: Some(ByItself::Send), ..Page::default() });
        assert!(alone.contains(&format!("script-src {HASH}; ")) && !alone.contains("unsafe"), "{alone}");
        let both = policy(&Page { by_itself: Some(ByItself::Send), has_script: true, ..Page::default() });
        assert!(both.contains(&format!("script-src 'self' {HASH}; ")), "{both}");
        assert!(!policy(&Page { has_script: true, ..Page::default() }).contains("sha256"));
    }

    #[test]
    fn a_page_that_asks_for_more_asks_this_origin() {
        let policy = policy(&Page { has_script: true, asks_for_more: true, ..Page::default() });
        assert!(policy.contains("script-src 'self'; connect-src 'self'; img-src"), "{policy}");
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
