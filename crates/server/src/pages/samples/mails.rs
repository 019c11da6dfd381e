//! The mails of an approval and of a refusal.

use super::endpoints;
use crate::pages::mails::{ApprovalMail, Letterhead, MailScope, RejectionMail};

/// What each has, in `lang`.
pub(super) fn letterhead(x: &dyn Fn(&str) -> String, lang: &str, about: &str) -> Letterhead {
    Letterhead {
        owner_name: Some(x("Ada Whitlock")),
        realm_name: x("Harbour Freight Online"),
        app_name: x(about),
        contact: Some(x("help@harbour.example")),
        accent: "#4a3fc4".to_owned(),
        has_logo: true,
        lang: lang.to_owned(),
    }
}

/// The mail, in `lang`.
pub(in crate::pages) fn approval_mail(x: &dyn Fn(&str) -> String, lang: &str) -> ApprovalMail {
    ApprovalMail {
        head: letterhead(x, lang, "Fleet Planner"),
        client_id: x("fleet-planner"),
        endpoints: endpoints(x),
        redirect_uris: vec![x("https://fleet.example/callback")],
        scopes: vec![
            MailScope { name: x("consignments.read"), sentence: x("Read your consignments and where they are") },
            MailScope { name: x("openid"), sentence: String::new() },
        ],
        audiences: vec![x("https://api.harbour.example")],
        pkce: Some(true),
        link: Some(x("https://id.harbour.example/secret/sample").into()),
        link_valid_seconds: 3 * 86_400,
    }
}

/// The other mail, in `lang`.
pub(super) fn rejection_mail(x: &dyn Fn(&str) -> String, lang: &str) -> RejectionMail {
    RejectionMail {
        head: letterhead(x, lang, "Fleet Planner"),
        client_id: x("fleet-planner"),
        reason: Some(x("The return address belongs to somebody else.")),
    }
}
