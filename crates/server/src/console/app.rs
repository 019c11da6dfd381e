//! One app: what it is, what it has, where it stands, and what is done with it.

use super::build::{fact, facts, form, heading, hidden, hinted, line, lines, required, status, table, text};
use super::conversation;
use super::desk::{At, Of, Stop};
use crate::admin::partner_letters::Desk;
use crate::admin::{SubjectKind, apps, reviews};
use crate::http::Answer;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Fact, Form, Tone, Words};
use claviger_core::client::{AuthMethod, ClientStatus};
use claviger_core::permission::{Resource, Verb};
use claviger_core::redirect::RedirectUri;
use claviger_core::token::Plain;
use claviger_core::{Client, Params};
use claviger_store::{ClientSecret, Id, SecretUse};

/// Days for which a new secret is good where nothing is said: none.
const DAY: i64 = 86_400_000;

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Apps, Verb::Read)?;
    let id = params.get("id").unwrap_or_default();
    let (store, realm) = (of.desk.store(), &of.realm);
    let (client, secrets) = apps::secrets_of(store, realm, id).await?;
    if let Some(act) = params.get("confirm") {
        return confirm(of, &client, act, params);
    }
    let uses = apps::last_uses(store, realm, Some(id)).await?;
    let file = store.managed_by(&realm.id, SubjectKind::App, id).await?;
    let mut blocks = Vec::new();
    decisions(of, &client, &mut blocks);
    blocks.push(overview(of, &client, &uses, file.as_deref()));
    blocks.extend(conversation::blocks(of, &client).await?);
    blocks.extend(credentials(of, &client, &secrets, &uses));
    blocks.extend(access(of, &client));
    blocks.push(heading("console-addresses"));
    let addresses = apps::addresses(realm, &client).into_iter();
    blocks.push(facts(addresses.map(|(label, url)| fact(Words::text(label), Cell::code(url))).collect()));
    acts(of, &client, file.is_some(), &mut blocks);
    blocks.push(Block::Code { label: "console-raw".into(), text: serde_json::to_string_pretty(&client)? });
    Ok(of.show(Words::text(client.name.as_str()), trail(of), params, blocks))
}

pub(super) fn trail(of: &Of<'_>) -> Vec<ConsoleLink> {
    vec![ConsoleLink::new("console-apps", of.url("/apps"))]
}

/// A form about this app.
fn about(of: &Of<'_>, client: &Client, act: &'static str, words: &'static str, tone: Tone) -> Form {
    form(of.url("/app"), act, words, tone, vec![hidden("id", client.id.as_str())])
}

/// What a waiting app is for: somebody decides.
fn decisions(of: &Of<'_>, client: &Client, blocks: &mut Vec<Block>) {
    if client.status != ClientStatus::Pending || !of.may(Resource::Apps, Verb::Approve) {
        return;
    }
    blocks.push(text("console-app-waits"));
    blocks.push(Block::Form { form: about(of, client, "approve", "console-approve", Tone::Good) });
    let mut reject = about(of, client, "reject", "console-reject", Tone::Bad);
    let reason = hinted(required(lines("reason", "console-reason", "")), "console-reason-hint");
    reject.fields.push(reason);
    blocks.push(Block::Form { form: reject });
}

fn overview(of: &Of<'_>, client: &Client, uses: &[SecretUse], file: Option<&str>) -> Block {
    let last = uses.iter().map(|one| one.used_at).max();
    let kind = match (client.is_confidential(), client.in_browser) {
        (true, _) => "console-kind-confidential",
        (false, true) => "console-kind-browser",
        (false, false) => "console-kind-public",
    };
    let grants_url = format!("{}?{}", of.url("/grants"), super::build::query(&[("app", &client.id)]));
    let evaluate_url = format!("{}?{}", of.url("/evaluate"), super::build::query(&[("app", &client.id)]));
    facts(vec![
        fact("console-id", Cell::code(client.id.as_str())),
        fact("console-status", status(client.status)),
        fact("console-kind", Cell::of(kind)),
        fact("console-agent", if client.is_agent() { Cell::of("console-yes") } else { Cell::None }),
        fact("console-publisher", Cell::text(client.publisher.clone().unwrap_or_default())),
        fact("console-owner", Cell::text(client.owner_email.clone().unwrap_or_default())),
        fact("console-last-used", Cell::maybe_at(last)),
        fact("console-acts-as", Cell::code(client.acts_as.clone().unwrap_or_default())),
        fact("console-file", Cell::code(file.unwrap_or_default())),
        fact("console-grants", Cell::Link { words: "console-see-grants".into(), url: grants_url }),
        fact("console-calls-log", calls(of, client)),
        fact("console-evaluate", Cell::Link { words: "console-evaluate-open".into(), url: evaluate_url }),
    ])
}

/// Where its calls are, for those who may see them.
fn calls(of: &Of<'_>, client: &Client) -> Cell {
    if of.desk.flow.state.request_log().is_none() || !of.may(Resource::Log, Verb::Read) {
        return Cell::None;
    }
    let url = format!("{}?{}", of.url("/calls"), super::build::query(&[("app", &client.id)]));
    Cell::Link { words: "console-see-calls".into(), url }
}

/// Its secrets, each with when it was used last: what nobody uses can go.
fn credentials(of: &Of<'_>, client: &Client, secrets: &[ClientSecret], uses: &[SecretUse]) -> Vec<Block> {
    if !of.may(Resource::Secrets, Verb::Read) {
        return Vec::new();
    }
    let mut blocks = vec![heading("console-secrets")];
    if !client.has_own_secret() {
        blocks.push(text("console-no-own-secret"));
        return blocks;
    }
    let (now, may) = (of.desk.now(), of.may(Resource::Secrets, Verb::Write));
    let row = |secret: &ClientSecret| {
        let last = uses.iter().find(|one| one.secret == secret.id).map(|one| one.used_at);
        let is_live = secret.retired_at.is_none() && secret.expires_at.is_none_or(|end| end > now);
        let state = match (secret.retired_at, is_live) {
            (Some(_), _) => Cell::tag("console-secret-retired", Tone::Plain),
            (None, true) => Cell::tag("console-secret-live", Tone::Good),
            (None, false) => Cell::tag("console-secret-over", Tone::Plain),
        };
        let retire = format!("{}&confirm=retire&secret={}", of.url_of("/app", &client.id), secret.id);
        [
            Cell::text(secret.label.as_str()),
            Cell::code(secret.id.as_str()),
            Cell::at(secret.created_at),
            last.map_or(Cell::of("console-never-used"), Cell::at),
            Cell::maybe_at(secret.expires_at),
            state,
            if is_live && may { Cell::Link { words: "console-retire".into(), url: retire } } else { Cell::None },
        ]
    };
    let head = [
        "console-label",
        "console-id",
        "console-created",
        "console-last-used",
        "console-ends",
        "console-status",
        "console-act",
    ];
    blocks.push(table("console-secrets", head, secrets.iter().map(row).collect(), "console-no-secrets"));
    if may && client.status == ClientStatus::Active {
        let mut add = about(of, client, "add-secret", "console-secret-add", Tone::Plain);
        add.fields.push(required(line("label", "console-label", "")));
        add.fields.push(hinted(line("days", "console-days", ""), "console-days-hint"));
        blocks.push(Block::Form { form: add });
    }
    blocks
}

/// What it may do.
fn access(of: &Of<'_>, client: &Client) -> Vec<Block> {
    let or_realm = |own: bool| Some(Words::of(if own { "console-origin-app" } else { "console-origin-realm" }));
    let lifetime = client.access_token_ttl.unwrap_or(of.realm.tokens.access_token_ttl);
    let lifetime = Fact {
        label: "console-lifetime".into(),
        cell: Cell::code(lifetime.to_string()),
        origin: or_realm(client.access_token_ttl.is_some()),
    };
    let sentences = client.scope.iter().map(|name| {
        let sentence = of.realm.scopes.iter().find(|scope| scope.name == name).map(|scope| scope.sentence.as_str());
        Cell::Many { cells: vec![Cell::code(name), Cell::text(sentence.unwrap_or_default())] }
    });
    let weak = client.legacy.iter().map(|legacy| Cell::Many {
        cells: vec![Cell::tag(Words::text(legacy.name()), Tone::Warn), Cell::text(legacy.risk())],
    });
    let method = client.authentication.method.map(AuthMethod::name).unwrap_or_default();
    vec![
        heading("console-access"),
        facts(vec![
            fact("console-grant-types", Cell::codes(client.grants.iter().map(|grant| grant.name()))),
            fact("console-redirect-uris", Cell::codes(client.redirect_uris.iter().map(RedirectUri::as_str))),
            fact("console-scopes", Cell::many(sentences)),
            fact("console-audiences", Cell::codes(client.audiences.iter().map(String::as_str))),
            fact("console-method", Cell::code(method)),
            lifetime,
            fact("console-legacy", Cell::many(weak)),
        ]),
    ]
}

/// What else is done with it.
fn acts(of: &Of<'_>, client: &Client, is_managed: bool, blocks: &mut Vec<Block>) {
    if !of.may(Resource::Apps, Verb::Write) {
        return;
    }
    let confirmed = |act: &str| format!("{}&confirm={act}", of.url_of("/app", &client.id));
    let mut links = Vec::new();
    if !is_managed {
        links.push(ConsoleLink::new("console-edit", of.url_of("/app/edit", &client.id)));
    }
    match client.status {
        ClientStatus::Active => {
            links.push(ConsoleLink::new("console-suspend", confirmed("suspend")));
            if client.has_own_secret() {
                links.push(ConsoleLink::new("console-resend", confirmed("resend")));
            }
        }
        ClientStatus::Suspended => links.push(ConsoleLink::new("console-resume", confirmed("resume"))),
        ClientStatus::Rejected => links.push(ConsoleLink::new("console-approve", confirmed("approve"))),
        ClientStatus::Pending => {}
    }
    links.push(ConsoleLink::new("console-delete", confirmed("delete")));
    blocks.push(heading("console-acts"));
    if is_managed {
        blocks.push(text("console-managed"));
    }
    blocks.push(Block::Links { links });
}

/// Says what an act does before it is done.
fn confirm(of: &Of<'_>, client: &Client, act: &str, params: &Params<'_>) -> Result<Answer, Stop> {
    let (name, words, tone, what) = match act {
        "approve" => ("approve", "console-approve", Tone::Good, "console-approve-what"),
        "suspend" => ("suspend", "console-suspend", Tone::Bad, "console-suspend-what"),
        "resume" => ("resume", "console-resume", Tone::Good, "console-resume-what"),
        "resend" => ("resend", "console-resend", Tone::Plain, "console-resend-what"),
        "delete" => ("delete", "console-delete", Tone::Bad, "console-delete-what"),
        "retire" => ("retire", "console-retire", Tone::Bad, "console-retire-what"),
        _ => return Err(Stop::NotFound),
    };
    let mut form = about(of, client, name, words, tone);
    form.fields.extend(params.get("secret").map(|secret| hidden("secret", secret)));
    let back = ConsoleLink::new("console-go-back", of.url_of("/app", &client.id));
    let blocks = vec![
        text(Words::of(what).name("app", client.name.as_str())),
        Block::Links { links: vec![back] },
        Block::Form { form },
    ];
    Ok(of.show(words, trail(of), params, blocks))
}

pub(super) async fn take(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    let id = params.get("id").unwrap_or_default();
    let back = format!("{}?{}", of.tail("/app"), super::build::query(&[("id", id)]));
    let (admin, state, realm) = (of.desk.acting(), of.desk.flow.state, &of.realm);
    let (secrets, pages) = (&state.secrets, state.pages.load_full());
    match params.get("act").unwrap_or_default() {
        "approve" => {
            of.must(Resource::Apps, Verb::Approve)?;
            let approved = apps::approve(&admin, secrets, &pages, realm, id).await.at(back.as_str())?;
            Ok(given(of, &back, approved.mail, approved.link.as_ref(), "approved"))
        }
        "reject" => {
            of.must(Resource::Apps, Verb::Approve)?;
            let reason = params.get("reason").map(str::trim).filter(|reason| !reason.is_empty());
            apps::reject(&admin, secrets, &pages, realm, id, reason).await.at(back.as_str())?;
            state.handed_in.notify_one();
            Ok(of.desk.go(&back, "rejected"))
        }
        "ask" => {
            of.must(Resource::Apps, Verb::Approve)?;
            let letters = Desk { secrets, pages: &pages };
            reviews::ask(&admin, letters, realm, id, params.get("words").unwrap_or_default()).await.at(back.as_str())?;
            state.handed_in.notify_one();
            Ok(of.desk.go(&back, "question"))
        }
        "resend" => {
            of.must(Resource::Apps, Verb::Write)?;
            let approved = apps::resend(&admin, secrets, &pages, realm, id).await.at(back.as_str())?;
            Ok(given(of, &back, approved.mail, approved.link.as_ref(), "asked"))
        }
        "suspend" => {
            of.must(Resource::Apps, Verb::Write)?;
            apps::suspend_and_tell(&admin, Desk { secrets, pages: &pages }, realm, id).await.at(back.as_str())?;
            Ok(of.desk.go(&back, "suspended"))
        }
        "resume" => {
            of.must(Resource::Apps, Verb::Write)?;
            apps::resume_and_tell(&admin, Desk { secrets, pages: &pages }, realm, id).await.at(back.as_str())?;
            Ok(of.desk.go(&back, "resumed"))
        }
        "delete" => {
            of.must(Resource::Apps, Verb::Write)?;
            apps::delete_and_tell(&admin, Desk { secrets, pages: &pages }, realm, id).await.at(back)?;
            Ok(of.desk.go(&of.tail("/apps"), "deleted"))
        }
        "add-secret" => add_secret(of, id, &back, params).await,
        "retire" => {
            of.must(Resource::Secrets, Verb::Write)?;
            let secret = params.get("secret").unwrap_or_default();
            apps::retire_secret(&admin, realm, id, secret).await.at(back.as_str())?;
            Ok(of.desk.go(&back, "retired"))
        }
        _ => Err(Stop::NotFound),
    }
}

/// After an approval: where no mail brings the one-time link, whoever approved brings it.
fn given(of: &Of<'_>, back: &str, mail: Option<Id>, link: Option<&Plain>, said: &'static str) -> Answer {
    if let (None, Some(link)) = (mail, link) {
        return of.show_once("console-link-once", trail(of), "console-link-once", link.expose());
    }
    of.desk.flow.state.handed_in.notify_one();
    of.desk.go(back, said)
}

async fn add_secret(of: &Of<'_>, id: &str, back: &str, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Secrets, Verb::Write)?;
    let label = params.get("label").unwrap_or_default().trim().to_owned();
    let days: Option<i64> = params.get("days").and_then(|days| days.trim().parse().ok()).filter(|days| *days > 0);
    let ends = days.map(|days| of.desk.now().saturating_add(days.saturating_mul(DAY)));
    let (admin, secrets) = (of.desk.acting(), &of.desk.flow.state.secrets);
    let added = apps::add_secret(&admin, secrets, &of.realm, id, label, ends).await.at(back)?;
    Ok(of.show_once("console-secret-once", trail(of), "console-secret-once", added.secret.expose()))
}
