//! The mails: those of an approval and of a refusal, and all of them rendered.

use super::{endpoints, factors, own, portal};
use crate::pages::Pages;
use crate::pages::mails::{ApprovalMail, Letterhead, MailScope, RejectionMail};
use crate::pages::render::Mail;
use minijinja::Error;

/// Every mail in `lang`, each text of which goes through `x`, rendered.
///
/// # Errors
/// The first that fails.
pub(in crate::pages) fn each_mail(
    pages: &Pages,
    lang: &str,
    x: &dyn Fn(&str) -> String,
) -> Result<Vec<(&'static str, Mail)>, Error> {
    let mut all = vec![
        ("mail_approval", pages.try_mail(&approval_mail(x, lang))?),
        ("mail_rejection", pages.try_mail(&rejection_mail(x, lang))?),
    ];
    for mail in factors::link_mails(x, lang) {
        all.push(("mail_link", pages.try_mail(&mail)?));
    }
    for mail in own::notice_mails(x, lang) {
        all.push(("mail_notice", pages.try_mail(&mail)?));
    }
    for mail in portal::portal_mails(x, lang) {
        all.push(("mail_portal", pages.try_mail(&mail)?));
    }
    Ok(all)
}

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
fn rejection_mail(x: &dyn Fn(&str) -> String, lang: &str) -> RejectionMail {
    RejectionMail {
        head: letterhead(x, lang, "Fleet Planner"),
        client_id: x("fleet-planner"),
        reason: Some(x("The return address belongs to somebody else.")),
    }
}
