//! The mails of an approval and of a refusal.

use super::endpoints;
use crate::pages::mails::{ApprovalMail, MailScope, RejectionMail};

/// The mail, in `lang`.
pub(in crate::pages) fn approval_mail(x: &dyn Fn(&str) -> String, lang: &str) -> ApprovalMail {
    ApprovalMail {
        owner_name: Some(x("Ada Whitlock")),
        app_name: x("Fleet Planner"),
        realm_name: x("Harbour Freight Online"),
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
        contact: Some(x("help@harbour.example")),
        accent: "#4a3fc4".to_owned(),
        has_logo: true,
        lang: lang.to_owned(),
    }
}

/// The other mail, in `lang`.
pub(in crate::pages) fn rejection_mail(x: &dyn Fn(&str) -> String, lang: &str) -> RejectionMail {
    RejectionMail {
        owner_name: Some(x("Ada Whitlock")),
        app_name: x("Fleet Planner"),
        realm_name: x("Harbour Freight Online"),
        client_id: x("fleet-planner"),
        reason: Some(x("The return address belongs to somebody else.")),
        contact: Some(x("help@harbour.example")),
        accent: "#4a3fc4".to_owned(),
        has_logo: true,
        lang: lang.to_owned(),
    }
}
