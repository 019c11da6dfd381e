//! How a realm looks, and where each part of that comes from. What its file leaves out is set here, after a look at what changes.

use super::build::{fact, form, heading, hidden, hinted, line, table, text};
use super::desk::{At, Of, Stop};
use crate::admin::AdminError;
use crate::admin::branding::{self, Change, Set};
use crate::http::Answer;
use crate::pages::preview;
use crate::pages::views::console::{Block, Cell, ConsoleLink, Fact, Field, Form, Input, Tone, Words};
use claviger_core::brand::{Origin, Part};
use claviger_core::crypto::sha256;
use claviger_core::jose::base64url;
use claviger_core::permission::{Resource, Verb};
use claviger_core::{Params, Realm};

const PLACE: &str = "/settings";

pub(super) async fn open(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    Ok(of.show("console-settings", Vec::new(), params, blocks(of, &of.realm, None).await?))
}

/// The whole page; `typed`: what somebody filled in, in the place of what is.
async fn blocks(of: &Of<'_>, realm: &Realm, typed: Option<&Params<'_>>) -> Result<Vec<Block>, Stop> {
    let file = branding::file(of.desk.store(), realm).await?;
    let mut blocks = vec![text("console-settings-message"), looks(realm, file.as_deref()), picture(realm)];
    if of.may(Resource::Realms, Verb::Write) {
        blocks.extend(forms(of, realm, typed));
    }
    blocks.push(heading("console-settings-others"));
    blocks.push(text("console-settings-others-message"));
    blocks.push(Block::Facts { facts: others(realm) });
    Ok(blocks)
}

fn looks(realm: &Realm, file: Option<&str>) -> Block {
    let one = |part: Part| {
        let value = realm.brand.value(part);
        let cell = if part == Part::Name {
            value.map_or(Cell::None, Cell::text)
        } else {
            value.map_or(Cell::None, Cell::code)
        };
        let origin = match (realm.brand.origin(part), file) {
            (Origin::Default, _) => Words::of("console-origin-default"),
            (Origin::Here, _) => Words::of("console-origin-here"),
            (Origin::File, Some(file)) => Words::of("console-origin-file").name("file", file),
            (Origin::File, None) => Words::of("console-origin-by-file"),
        };
        Fact { label: label(part).into(), cell, origin: Some(origin) }
    };
    Block::Facts { facts: Part::ALL.into_iter().map(one).collect() }
}

fn picture(realm: &Realm) -> Block {
    let url = preview::sign_in(realm.shown_name(), realm.brand.accent, branding::picture(realm).as_deref());
    Block::Picture { url, words: "console-settings-preview".into() }
}

const fn label(part: Part) -> &'static str {
    match part {
        Part::Name => "console-shown-name",
        Part::Accent => "console-accent",
        Part::Logo => "console-logo",
        Part::Contact => "console-contact",
        Part::ForgottenPassword => "console-link-forgotten-password",
        Part::Help => "console-link-help",
        Part::Privacy => "console-link-privacy",
        Part::Terms => "console-link-terms",
    }
}

/// The parts that are texts and not the file's.
fn open_parts(realm: &Realm) -> impl Iterator<Item = Part> {
    Part::ALL.into_iter().filter(|part| *part != Part::Logo && realm.brand.origin(*part) != Origin::File)
}

fn forms(of: &Of<'_>, realm: &Realm, typed: Option<&Params<'_>>) -> Vec<Block> {
    let field = |part: Part| {
        let was = realm.brand.value(part).unwrap_or_default();
        let value = typed.map_or(was, |typed| typed.get(part.name()).unwrap_or_default().to_owned());
        let field = line(part.name(), label(part), value);
        match part {
            Part::Accent => hinted(field, "console-accent-hint"),
            part if part.is_link() => hinted(field, "console-link-hint"),
            _ => field,
        }
    };
    let fields: Vec<Field> = open_parts(realm).map(field).collect();
    let mut blocks = vec![heading("console-settings-change")];
    if fields.is_empty() {
        blocks.push(text("console-settings-all-by-file"));
    } else {
        blocks.push(text("console-settings-empty"));
        blocks.push(Block::Form { form: form(of.url(PLACE), "look", "console-look", Tone::Good, fields) });
    }
    if realm.brand.origin(Part::Logo) != Origin::File {
        let file = Field {
            name: "logo",
            label: "console-logo".into(),
            input: Input::File { accept: "image/png,image/jpeg,image/webp" },
            hint: Some("console-logo-hint".into()),
            is_required: true,
        };
        let url = of.url("/settings/logo");
        let upload = Form { is_upload: true, ..form(url, "logo", "console-logo-set", Tone::Good, vec![file]) };
        blocks.push(Block::Form { form: upload });
    }
    if realm.brand.origin(Part::Logo) == Origin::Here {
        let reset = form(of.url(PLACE), "reset-logo", "console-logo-reset", Tone::Bad, Vec::new());
        blocks.push(Block::Form { form: reset });
    }
    blocks
}

/// Settings that a file alone changes.
fn others(realm: &Realm) -> Vec<Fact> {
    vec![
        fact("console-name", Cell::text(realm.name.as_str())),
        fact("console-issuer", Cell::code(realm.issuer.as_str())),
        fact("console-dialect", Cell::code(realm.dialect.name.as_str())),
        fact("console-languages", Cell::codes(realm.languages.iter().map(String::as_str))),
        fact("console-session-idle", Cell::code(realm.sessions.idle.to_string())),
        fact("console-token-ttl", Cell::code(realm.tokens.access_token_ttl.to_string())),
    ]
}

/// What the form asks for.
fn changes(of: &Of<'_>, params: &Params<'_>) -> Vec<Change> {
    let change = |part: Part| {
        let typed = params.get(part.name()).map(str::trim).filter(|text| !text.is_empty());
        (part, typed.map_or(Set::Back, |text| Set::Text(text.to_owned())))
    };
    open_parts(&of.realm).map(change).collect()
}

pub(super) async fn take(of: &Of<'_>, params: &Params<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Realms, Verb::Write)?;
    let back = of.tail(PLACE);
    match params.get("act") {
        Some("reset-logo") => {
            set(of, &[(Part::Logo, Set::Back)]).await.at(back.as_str())?;
            Ok(of.desk.go(&back, "changed"))
        }
        Some("save") => {
            if params.get("seen").is_none_or(|seen| seen != digest(&of.realm)) {
                return Err(AdminError::ChangedMeanwhile(format!("the realm `{}`", of.realm.id))).at(back);
            }
            let after = set(of, &changes(of, params)).await;
            let after = match after {
                Err(error @ AdminError::Invalid(_)) => return wrong(of, Some(params), &error).await,
                other => other.at(back.as_str())?,
            };
            Ok(of.desk.go(&back, if after == of.realm { "same" } else { "changed" }))
        }
        _ => match branding::look(of.desk.store(), &of.realm, &changes(of, params)).await {
            Err(error @ AdminError::Invalid(_)) => wrong(of, Some(params), &error).await,
            other => Ok(differences(of, params, &other.at(back)?)),
        },
    }
}

/// Sets it; the next page of this server has it already.
async fn set(of: &Of<'_>, changes: &[Change]) -> Result<Realm, AdminError> {
    let after = branding::set(&of.desk.acting(), &of.realm, changes).await?;
    of.desk.flow.state.sites.forget(&of.realm.id);
    Ok(after)
}

/// Takes the picture that was sent.
pub(super) async fn take_logo(of: &Of<'_>) -> Result<Answer, Stop> {
    of.must(Resource::Realms, Verb::Write)?;
    let back = of.tail(PLACE);
    let picture = of.desk.file.as_ref().map(|file| file.to_vec()).unwrap_or_default();
    match set(of, &[(Part::Logo, Set::Picture(picture))]).await {
        Err(error @ AdminError::Invalid(_)) => wrong(of, None, &error).await,
        other => {
            let after = other.at(back.as_str())?;
            Ok(of.desk.go(&back, if after == of.realm { "same" } else { "changed" }))
        }
    }
}

async fn wrong(of: &Of<'_>, typed: Option<&Params<'_>>, error: &AdminError) -> Result<Answer, Stop> {
    let blocks = blocks(of, &of.realm, typed).await?;
    Ok(of.show_wrong("console-settings", Vec::new(), error, blocks))
}

fn digest(realm: &Realm) -> String {
    base64url(&sha256(&serde_json::to_vec(realm).unwrap_or_default()))
}

/// What would be different and how it would look, with the button that makes it so.
fn differences(of: &Of<'_>, params: &Params<'_>, after: &Realm) -> Answer {
    let changed = |part: &Part| of.realm.brand.value(*part) != after.brand.value(*part);
    let told =
        |realm: &Realm, part: Part| realm.brand.value(part).map_or(Cell::of("console-origin-default"), Cell::code);
    let row = |part: Part| [Cell::of(label(part)), told(&of.realm, part), told(after, part)];
    let rows: Vec<_> = open_parts(&of.realm).filter(changed).map(row).collect();
    let is_same = rows.is_empty();
    let head = ["console-field", "console-before", "console-after"];
    let mut blocks =
        vec![heading("console-differences"), table("console-differences", head, rows, "console-no-differences")];
    if !is_same {
        blocks.push(picture(after));
        let mut carried = vec![hidden("seen", digest(&of.realm))];
        let typed = |part: Part| hidden(part.name(), params.get(part.name()).unwrap_or_default());
        carried.extend(open_parts(&of.realm).map(typed));
        blocks.push(Block::Form { form: form(of.url(PLACE), "save", "console-save", Tone::Good, carried) });
    }
    blocks.push(Block::Links { links: vec![ConsoleLink::new("console-go-back", of.url(PLACE))] });
    let trail = vec![ConsoleLink::new("console-settings", of.url(PLACE))];
    of.show("console-settings", trail, params, blocks)
}
