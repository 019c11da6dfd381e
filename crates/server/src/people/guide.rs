//! The guide for integrators, made of the realm as it is served: a page, the same as Markdown, and what tools read.
//!
//! There is one model ([`facts`]) and one text, a Markdown template; the page is that text as HTML. It names what this realm serves
//! and nothing else, in the spelling of its dialect.

mod facts;
mod formats;
mod grants;

use crate::failure::{Failure, empty, wrong_method};
use crate::http::{Answer, Incoming};
use crate::pages::views::GuidePage;
use crate::people::browser::Browser;
use crate::people::factor::Onward;
use crate::people::page::{Speech, see_other, view, with_browser};
use crate::people::session::signed_in;
use crate::people::show;
use crate::state::State;
use crate::state::sites::{Site, Target};
use bytes::Bytes;
use claviger_core::params::Params;
use claviger_core::realm::GuideAudience;
use facts::Guide;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use http_body_util::Full;
use pulldown_cmark::{Event, Options, Parser};

/// The text.
const TEMPLATE: &str = "guide/guide.md";

/// The page, or one of its other forms.
pub(crate) async fn answer(state: &State, site: &Site, incoming: &Incoming) -> Answer {
    if !matches!(incoming.head.method, Method::GET | Method::HEAD) {
        return wrong_method("GET, HEAD");
    }
    form(state, site, incoming).await.unwrap_or_else(|failure| show::failure(state, site, incoming, &failure))
}

async fn form(state: &State, site: &Site, incoming: &Incoming) -> Result<Answer, Failure> {
    if site.realm.guide.audience != GuideAudience::Public {
        let browser = Browser::read(&site.realm, incoming);
        if signed_in(state, site, &browser, "").await?.is_none() {
            // Where nobody signs in here by themselves, the first page says so.
            if !show::has_sign_in(site) {
                return Ok(show::home(state, site, incoming));
            }
            let to = format!("{}?to={}", site.page_path(Target::SignIn), Onward::Guide.name());
            return Ok(with_browser(see_other(&to), site, &browser));
        }
    }
    let guide = Guide::of(&site.realm, client_id(incoming).as_deref());
    let pages = state.pages.load();
    let path = incoming.path().strip_prefix(site.realm.base_path()).unwrap_or_default();
    Ok(match path {
        "/guide.md" => document(pages.text(TEMPLATE, &guide), "text/markdown; charset=utf-8"),
        "/llms.txt" => document(pages.text("guide/llms.txt", &guide), "text/plain; charset=utf-8"),
        "/guide/postman.json" => document(formats::postman(&guide).to_string(), "application/json"),
        "/guide/openapi.json" => document(formats::openapi(&guide).to_string(), "application/json"),
        _ => {
            let page = GuidePage { html: html(&pages.text(TEMPLATE, &guide)) };
            view(state, site, Speech::of(incoming, None), &page)
        }
    })
}

/// The app's own id, where the address names one that can stand in a text.
fn client_id(incoming: &Incoming) -> Option<String> {
    let params = Params::form(incoming.query().as_bytes()).ok()?;
    let id = params.get("client_id")?.to_owned();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (!id.is_empty() && id.len() <= 100 && id.bytes().all(is_plain)).then_some(id)
}

fn document(text: String, media: &'static str) -> Answer {
    let mut answer = empty(StatusCode::OK);
    *answer.body_mut() = Full::new(Bytes::from(text));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=60"));
    answer
}

/// The text as HTML. Tags that stand in it are text as well.
fn html(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    // What is wider than the page is scrolled to, with the keyboard as well.
    html.replace("<pre>", "<pre tabindex=\"0\">")
        .replace("<table>", "<div class=\"scrolled\" tabindex=\"0\"><table>")
        .replace("</table>", "</table></div>")
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn a_tag_in_a_text_is_text() {
        let made = html("# A <b>\n\n<script>alert(1)</script>\n\n| a | b |\n|---|---|\n| `<i>` | c |\n");
        assert!(!made.contains("<script") && !made.contains("<b>") && !made.contains("<i>"), "{made}");
        assert!(made.contains("<td><code>&lt;i&gt;</code></td>"), "{made}");
    }
}
