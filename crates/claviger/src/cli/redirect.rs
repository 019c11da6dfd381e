//! `claviger app check-redirect`: whether an app may be redirected somewhere, and what differs from the nearest address that it
//! registered. For the operator; a page does not show anybody what an app has registered.

use super::context::Context;
use super::trouble::{Exit, Trouble};
use claviger_core::Client;
use claviger_core::redirect::RedirectUri;
use claviger_server::pages::{Part, RedirectComparison, nearest_redirect};

/// Says it; an address that does not match is an error.
pub(crate) fn check(context: &Context, client: &Client, received: &str) -> Result<(), Trouble> {
    let registered = &client.redirect_uris;
    if let Some(matching) = registered.iter().find(|uri| uri.matches(received)) {
        let item = serde_json::json!({ "matches": true, "registered": matching.as_str() });
        return context.format.one(&item, &[("matches", matching.as_str().to_owned())]);
    }
    let Some(nearest) = nearest_redirect(received, registered.iter().map(RedirectUri::as_str)) else {
        return Err(Trouble::new(Exit::NotFound, format!("`{}` has no redirect URI", client.id)));
    };
    let compared = RedirectComparison::new(received, nearest);
    let item = serde_json::json!({
        "matches": false, "nearest": nearest,
        "differences": { "received": differing(&compared.received), "nearest": differing(&compared.nearest) },
    });
    let pairs = [("received", marked(&compared.received)), ("nearest", marked(&compared.nearest))];
    context.format.one(&item, &pairs)?;
    let message = format!("this is none of the redirect URIs of `{}`", client.id);
    Err(Trouble::new(Exit::Conflict, message).help("what differs is in [ ]; they are compared character by character"))
}

fn differing(parts: &[Part]) -> Vec<&str> {
    parts.iter().filter(|part| part.differs).map(|part| part.text.as_str()).collect()
}

/// With what the other one lacks in brackets.
fn marked(parts: &[Part]) -> String {
    let shown = |part: &Part| if part.differs { format!("[{}]", part.text) } else { part.text.clone() };
    parts.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_marked() {
        let compared = RedirectComparison::new("https://a.example/Callback", "https://a.example/callback");
        assert_eq!(marked(&compared.received), "https://a.example/[C]allback");
        assert_eq!(marked(&compared.nearest), "https://a.example/[c]allback");
        assert_eq!(differing(&compared.nearest), ["c"]);
    }
}
