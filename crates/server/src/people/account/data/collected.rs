//! Everything that is kept about somebody, as JSON: never a secret, nor what one could be tried against.

use crate::failure::Failure;
use crate::people::account::desk::Desk;
use claviger_core::granted::Granted;
use claviger_store::{AuditFilter, AuditLine, EvidenceLine, Of, Subject, SubjectKind, id_text, session_name};
use serde_json::{Value, json};

/// As many of each as anybody has; what is kept is bounded by itself, or by how long it lives.
const MOST: i64 = 10_000;

/// All of it.
///
/// # Errors
/// The store cannot be read.
pub(super) async fn of(desk: &Desk<'_>) -> Result<Value, Failure> {
    let (store, (realm, user), now) = (&desk.flow.state.store, desk.owner(), desk.now());
    let of = Of { app: None, user: Some(user.to_owned()) };
    let stored = store.user(realm, user).await?;
    let consents = store.list_consents(realm, &of, None, MOST).await?;
    let remembered = store.app_consents(realm, user).await?;
    let evidence = store.list_evidence(realm, &of, None, MOST).await?;
    let grants = store.list_grants(realm, &of, None, now, MOST).await?;
    let sessions = store.sessions_of_user(realm, user, now, MOST).await?;
    let browsers = store.remembered_browsers(realm, user, now).await?;
    let factors = store.factors(realm, user).await?;
    let seats = store.seats_of_user(realm, user, now, MOST).await?;
    let activity = store.activity(realm, user, None, MOST).await?;
    let asked = store.asked_by(realm, user, MOST).await?;
    let elsewhere = store.provider_accounts(realm, user).await?;
    let subject = Some(Subject::new(SubjectKind::User, user));
    let filter = AuditFilter { realm: Some(realm.to_owned()), subject, ..AuditFilter::default() };
    let acts = store.audit_lines(&filter, i64::MAX, MOST).await?;
    Ok(json!({
        "realm": { "id": realm, "name": desk.flow.site.realm.name, "issuer": desk.flow.site.realm.issuer },
        "made_at": time(now),
        "user": desk.who.user,
        "has_password": stored.is_some_and(|stored| stored.password_hash.is_some()),
        "consents": consents.iter().map(|line| json!({
            "app": line.client,
            "scope": line.consent.scope.to_string(),
            "organisations": line.consent.organisations,
            "changed_at": time(line.consent.updated_at),
        })).collect::<Vec<_>>(),
        "consents_at_another_page": remembered.iter().map(|one| json!({
            "app": one.client,
            "said": parsed(&one.doc),
            "asks_again_after": (one.remembered_until < i64::MAX).then(|| time(one.remembered_until)),
        })).collect::<Vec<_>>(),
        "evidence_of_consents": evidence.iter().map(agreed).collect::<Vec<_>>(),
        "access_of_apps": grants.iter().map(|line| json!({
            "id": id_text(&line.id),
            "app": line.client,
            "by": line.flow,
            "covers": serde_json::from_str::<Granted>(&line.doc).map(|granted| json!({
                "scope": granted.scope.to_string(),
                "organisations": granted.organisations,
            })).unwrap_or_default(),
            "began_at": time(line.created_at),
            "used_at": time(line.refreshed_at),
            "ends_at": time(line.expires_at),
        })).collect::<Vec<_>>(),
        "sessions": sessions.iter().map(|one| json!({
            "id": session_name(&one.session.hash),
            "browser": one.browser,
            "address": one.address,
            "began_at": time(one.session.created_at),
            "signed_in_at": time(one.session.auth_time),
            "used_at": time(one.session.last_seen_at),
            "ends_at": time(one.session.expires_at),
        })).collect::<Vec<_>>(),
        "browsers_that_are_remembered": browsers.iter().map(|one| json!({
            "browser": one.name,
            "began_at": time(one.created_at),
            "used_at": time(one.used_at),
            "ends_at": time(one.expires_at),
        })).collect::<Vec<_>>(),
        "second_factors": factors.iter().map(|one| json!({
            "kind": one.kind.name(),
            "label": one.label,
            "added_at": time(one.created_at),
            "used_at": one.used_at.map(time),
        })).collect::<Vec<_>>(),
        "accounts_at_providers": elsewhere.iter().map(|one| json!({
            "issuer": one.issuer,
            "subject": one.subject,
            "since": time(one.created_at),
        })).collect::<Vec<_>>(),
        "licences": seats.iter().map(|one| json!({
            "pool": one.seat.pool,
            "organisation": one.seat.organisation,
            "app": one.seat.client,
            "since": time(one.seat.claimed_at),
            "ends_at": time(one.seat.expires_at),
        })).collect::<Vec<_>>(),
        "activity": activity.iter().map(|line| json!({
            "what": line.kind,
            "about": line.about,
            "browser": line.browser,
            "address": line.address,
            "at": time(line.at),
        })).collect::<Vec<_>>(),
        "apps_asked_for": asked.iter().map(|(app, first, last, times)| json!({
            "app": app,
            "first_at": time(*first),
            "last_at": time(*last),
            "times": times,
        })).collect::<Vec<_>>(),
        "acts_on_the_account": acts.iter().map(act).collect::<Vec<_>>(),
    }))
}

fn agreed(line: &EvidenceLine) -> Value {
    json!({
        "app": line.client,
        "agreed_to": parsed(&line.doc),
        "address": line.address,
        "at": time(line.at),
        "taken_back_at": line.ended_at.map(time),
        "forgotten_at": line.expires_at.map(time),
    })
}

/// Who of the vendor's people did it is theirs.
fn act(line: &AuditLine) -> Value {
    json!({
        "what": line.act,
        "by_way_of": line.way,
        "at": time(line.at),
        "before": line.before.as_deref().map(parsed),
        "after": line.after.as_deref().map(parsed),
        "personal": line.personal.as_deref().map(parsed),
    })
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn time(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).map(|moment| moment.to_string()).unwrap_or_default()
}
