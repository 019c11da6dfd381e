//! Consents: what users let apps do.

use super::grants::{WHOSE, asked, whose};
use crate::admin::given;
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply, param};
use crate::api::page::{AFTER, LIMIT};
use crate::api::problem::Problem;
use crate::api::schema::{Schema, Shape, always, or_null};
use crate::api::times::{or_null as time_or_null, time};
use claviger_core::ScopeSet;
use claviger_core::claims::id_from_text;
use claviger_core::permission::{Resource, Verb};
use claviger_store::{Consent, ConsentLine, EvidenceLine, id_text};
use serde_json::{Value, json};

const CONSENT: Schema = Schema {
    name: "Consent",
    says: "What a user lets an app do",
    fields: &[
        always("user", Shape::Text, "The user, by id"),
        or_null("username", Shape::Text, "What people call them"),
        always("app", Shape::Text, "The app"),
        always("scope", Shape::Text, "What it may do"),
        always("organisations", Shape::List(&Shape::Text), "The organisations that were chosen last"),
        always("updated_at", Shape::Time, "When it was last changed"),
        or_null("until", Shape::Time, "When it ends by itself, where the user bounded it"),
    ],
    open: false,
};

const EVIDENCE: Schema = Schema {
    name: "ConsentEvidence",
    says: "What a user agreed to, as it was shown to them; kept while the consent stands, and as long after as the realm says",
    fields: &[
        always("id", Shape::Text, "Its id"),
        always("user", Shape::Text, "The user, by id"),
        or_null("username", Shape::Text, "What people call them"),
        always("app", Shape::Text, "The app"),
        always("agreed_to", Shape::Any, "What was on the page: sentences, their language, the organisations"),
        always("at", Shape::Time, "When they agreed"),
        always("address", Shape::Text, "From where"),
        or_null("taken_back_at", Shape::Time, "When the consent was taken back"),
        or_null("forgotten_at", Shape::Time, "When this is forgotten; null: not while the consent stands"),
    ],
    open: false,
};

const WITHDRAWN: Schema = Schema {
    name: "Withdrawn",
    says: "What was taken back",
    fields: &[
        always("ended", Shape::Int, "How many consents"),
        always("grants", Shape::Int, "How many grants ended with them"),
    ],
    open: false,
};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "listConsents",
        "/realms/{realm}/consents",
        "What users of a realm let apps do",
        (Resource::Consents, About::Realm),
        Answers::Page(&CONSENT),
        |call| Box::pin(list(call)),
    )
    .query(&[
        LIMIT,
        AFTER,
        param("user", Shape::Text, "Only of this user, by id or user name"),
        param("app", Shape::Text, "Only of this app"),
    ]),
    Operation::get(
        "listConsentEvidence",
        "/realms/{realm}/consent-evidence",
        "What users agreed to, as it was shown to them",
        (Resource::Consents, About::Realm),
        Answers::Page(&EVIDENCE),
        |call| Box::pin(evidence(call)),
    )
    .query(&[
        LIMIT,
        AFTER,
        param("user", Shape::Text, "Only of this user, by id or user name"),
        param("app", Shape::Text, "Only of this app"),
    ]),
    Operation::act(
        "withdrawConsents",
        (Method::Post, "/realms/{realm}/consents/withdraw"),
        "Takes back what users let apps do; the grants that came of it end",
        (Resource::Consents, Verb::Revoke, About::Realm),
        Answers::One(200, &WITHDRAWN),
        |call| Box::pin(withdraw(call)),
    )
    .body(&WHOSE),
];

fn shown(line: &ConsentLine) -> Value {
    json!({
        "user": line.user, "username": line.username, "app": line.client, "scope": line.consent.scope.to_string(),
        "organisations": line.consent.organisations, "updated_at": time(line.consent.updated_at),
        "until": time_or_null(line.consent.until),
    })
}

async fn list(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, page, of) = (call.realm()?, call.page()?, asked(call).await?);
    let [user, client] = page.parts()?;
    let consent = Consent { scope: ScopeSet::default(), organisations: Vec::new(), updated_at: 0, until: None };
    let after = Some(ConsentLine { user, username: None, client, consent }).filter(|line| !line.user.is_empty());
    let found = call.state.store.list_consents(&realm.id, &of, after.as_ref(), page.read()).await?;
    Ok(page.reply(found, |one| vec![one.user.clone(), one.client.clone()], |one| shown(&one)))
}

fn agreed(line: &EvidenceLine) -> Value {
    json!({
        "id": id_text(&line.id), "user": line.user, "username": line.username, "app": line.client,
        "agreed_to": serde_json::from_str::<Value>(&line.doc).unwrap_or_default(), "at": time(line.at),
        "address": line.address, "taken_back_at": time_or_null(line.ended_at), "forgotten_at": time_or_null(line.expires_at),
    })
}

/// A line of which only the place counts.
fn place(user: String, id: &str) -> Option<EvidenceLine> {
    Some(EvidenceLine {
        id: id_from_text(id)?,
        user,
        username: None,
        client: String::new(),
        doc: String::new(),
        address: String::new(),
        at: 0,
        ended_at: None,
        expires_at: None,
    })
}

async fn evidence(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, page, of) = (call.realm()?, call.page()?, asked(call).await?);
    let [user, id] = page.parts()?;
    let wrong = || Problem::field("after", "this is no `next` of a page of this list: begin anew without it");
    let after = if id.is_empty() { None } else { Some(place(user, &id).ok_or_else(wrong)?) };
    let found = call.state.store.list_evidence(&realm.id, &of, after.as_ref(), page.read()).await?;
    Ok(page.reply(found, |one| vec![one.user.clone(), id_text(&one.id)], |one| agreed(&one)))
}

async fn withdraw(call: &Call<'_>) -> Result<Reply, Problem> {
    let (taken, grants) = given::withdraw_all(&call.admin(), call.realm()?, &whose(call).await?).await?;
    Ok(Reply::ok(json!({ "ended": taken, "grants": grants })))
}
