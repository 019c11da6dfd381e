//! What operators look through and end: grants, consents, sessions; edits, last uses, mails, what a file manages.

use crate::fixtures::{HOUR, MINUTE, NOW, begin, client, grant, id, organisation, set_up, user};
use claviger_core::client::ClientStatus;
use claviger_store::{
    Act, Actor, AuditFilter, ConsentGrant, Edited, Expected, Fault, Id, Issue, MAIL_TOPIC, Mail, Masked, NewGrant, Of,
    OneTimeLink, Precondition, Put, SecretAdded, SecretUse, Session, Store, Subject, SubjectKind, Way, id_text,
    session_name,
};

fn act(store: &Store, act: Act) -> Store {
    let actor = Actor { name: "ada".into(), way: Way::Cli, reference: "r".into() };
    store.audited(&actor, act)
}

/// The acts in the log with their subjects.
async fn lines(store: &Store) -> Vec<String> {
    let lines = store.audit_lines(&AuditFilter::default(), i64::MAX, 100).await.unwrap();
    lines.iter().rev().map(|line| format!("{} {}/{}", line.act, line.subject_kind, line.subject)).collect()
}

async fn begun(store: &Store, client: &str, user: Option<&str>, at: i64) -> Id {
    let id = id();
    let new = NewGrant { client: client.into(), user: user.map(str::to_owned), created_at: at, ..grant(id) };
    store.issue(Issue { now: at, new_grant: Some(new), ..Issue::default() }).await.unwrap();
    id
}

fn of(app: Option<&str>, user: Option<&str>) -> Of {
    Of { app: app.map(str::to_owned), user: user.map(str::to_owned) }
}

async fn more(store: &Store) {
    set_up(store).await;
    store.put_client("r", &client("d"), NOW).await.unwrap();
    store.put_user("r", &user("v"), None, NOW).await.unwrap();
}

/// Of acts that rest on the same sight of a thing one is done; the other writes nothing, no line either.
pub(crate) async fn an_act_rests_on_what_was_seen(store: Store) {
    more(&store).await;
    let things = [(SubjectKind::App, "c"), (SubjectKind::User, "u")];
    let [app, person] = things.map(|(kind, id)| Subject::new(kind, id));
    let seen = async |subject: &Subject| store.as_it_is("r", subject).await.unwrap().unwrap();
    let acting = |seen: &Expected, what: Act| act(&store.expecting(seen.clone()), what);
    let before = client("c");
    let renamed = claviger_core::Client { name: "Renamed".into(), ..before.clone() };
    let sight = seen(&app).await;
    assert_eq!(acting(&sight, Act::AppEdit).edit_client("r", &before, &renamed, NOW).await, Ok(Edited::Done));
    let stopped = acting(&sight, Act::AppSuspend).set_client_status("r", "c", ClientStatus::Suspended, NOW, NOW).await;
    assert!(matches!(stopped, Err(Fault::Changed(_))), "{stopped:?}");
    // Whoever looks anew may; and what the same request does after its first act rests on that.
    let handle = store.expecting(seen(&app).await);
    assert!(act(&handle, Act::AppSuspend).set_client_status("r", "c", ClientStatus::Suspended, NOW, NOW).await.is_ok());
    assert!(act(&handle, Act::AppDelete).delete_client("r", "c", NOW, NOW).await.is_ok());
    let sight = seen(&person).await;
    assert!(acting(&sight, Act::UserDisable).disable_user("r", "u", true, NOW, NOW).await.unwrap());
    let gone = acting(&sight, Act::UserDelete).delete_user("r", "u", NOW, NOW).await;
    assert!(matches!(gone, Err(Fault::Changed(_))), "{gone:?}");
    let all = lines(&store).await;
    assert_eq!(all, ["app.edit app/c", "app.suspend app/c", "app.delete app/c", "user.disable user/u"]);
    assert!(store.user("r", "u").await.unwrap().is_some());
}

pub(crate) async fn grants_are_listed_and_end_by_app_and_user(store: Store) {
    more(&store).await;
    let (cu, cv) = (begun(&store, "c", Some("u"), NOW).await, begun(&store, "c", Some("v"), NOW).await);
    let (du, d) = (begun(&store, "d", Some("u"), NOW).await, begun(&store, "d", None, NOW).await);
    let late = begun(&store, "c", Some("u"), NOW + MINUTE).await;
    let listed = async |of: Of, limit| {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = store.list_grants("r", &of, after.as_ref(), NOW, limit).await.unwrap();
            let Some(last) = page.last().cloned() else { break };
            after = Some(last);
            ids.extend(page.into_iter().map(|line| line.id));
        }
        ids.sort_unstable();
        ids
    };
    let sorted = |mut ids: Vec<Id>| {
        ids.sort_unstable();
        ids
    };
    for limit in [1, 2, 10] {
        assert_eq!(listed(Of::default(), limit).await, sorted(vec![cu, cv, du, d]), "what began later is left out");
        assert_eq!(listed(of(Some("c"), None), limit).await, sorted(vec![cu, cv]));
        assert_eq!(listed(of(None, Some("u")), limit).await, sorted(vec![cu, du]));
        assert_eq!(listed(of(Some("c"), Some("u")), limit).await, [cu]);
    }
    let line = &store.list_grants("r", &of(Some("c"), Some("u")), None, NOW, 5).await.unwrap()[0];
    assert_eq!((line.username.as_deref(), line.expires_at), (Some("u@example.com"), NOW + HOUR));
    assert!(
        store.list_grants("r", &Of::default(), None, NOW + HOUR, 5).await.unwrap().iter().all(|line| line.id == late)
    );

    let revoke = act(&store, Act::GrantRevoke);
    assert_eq!(revoke.revoke_some_grants("r", &of(None, Some("u")), NOW, NOW + HOUR).await.unwrap(), 2);
    assert_eq!(revoke.revoke_some_grants("r", &of(None, Some("u")), NOW, NOW + HOUR).await.unwrap(), 0);
    assert!(!store.grant(&cu).await.unwrap().unwrap().is_live(NOW));
    assert!(store.grant(&late).await.unwrap().unwrap().is_live(NOW + MINUTE), "it is of after the act");
    assert!(revoke.revoke_grant_by_act("r", &cv, NOW, NOW + HOUR).await.unwrap());
    assert!(!revoke.revoke_grant_by_act("r", &cv, NOW, NOW + HOUR).await.unwrap());
    assert!(!revoke.revoke_grant_by_act("s", &d, NOW, NOW + HOUR).await.unwrap(), "of another realm");
    assert_eq!(lines(&store).await, ["grant.revoke user/u".to_owned(), format!("grant.revoke grant/{}", id_text(&cv))]);
    assert_eq!(store.revocations_after(Some("r"), 0, 9).await.unwrap().items.len(), 3, "APIs hear of each");
}

pub(crate) async fn many_grants_end_in_batches(store: Store) {
    set_up(&store).await;
    for _ in 0..130 {
        store.issue(begin(id())).await.unwrap();
    }
    let revoke = act(&store, Act::GrantRevoke);
    let mut batches = Vec::new();
    loop {
        match revoke.revoke_some_grants("r", &of(Some("c"), None), NOW, NOW + HOUR).await.unwrap() {
            0 => break,
            some => batches.push(some),
        }
    }
    assert_eq!(batches, [100, 30]);
    assert_eq!(lines(&store).await, ["grant.revoke app/c", "grant.revoke app/c"]);
}

pub(crate) async fn a_consent_that_is_withdrawn_takes_its_grants_along(store: Store) {
    more(&store).await;
    for (user, client) in [("u", "c"), ("u", "d"), ("v", "c")] {
        let consent = ConsentGrant {
            realm: "r".into(),
            user: user.into(),
            client: client.into(),
            scope: claviger_core::ScopeSet::parse("read").unwrap(),
            organisations: vec!["acme".into()],
            until: None,
        };
        store.grant_consent(consent, NOW).await.unwrap();
    }
    let (mine, others) = (begun(&store, "c", Some("u"), NOW).await, begun(&store, "c", Some("v"), NOW).await);
    let listed = async |of: Of| {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.list_consents("r", &of, after.as_ref(), 1).await.unwrap();
            let Some(last) = page.last().cloned() else { break };
            found.push(format!("{} {}", last.user, last.client));
            after = Some(last);
        }
        found
    };
    assert_eq!(listed(Of::default()).await, ["u c", "u d", "v c"]);
    assert_eq!(listed(of(Some("c"), None)).await, ["u c", "v c"]);
    assert_eq!(listed(of(None, Some("u"))).await, ["u c", "u d"]);
    let line = &store.list_consents("r", &of(Some("c"), Some("v")), None, 5).await.unwrap()[0];
    assert_eq!((line.username.as_deref(), line.consent.scope.to_string()), (Some("v@example.com"), "read".to_owned()));

    let withdraw = act(&store, Act::ConsentWithdraw);
    assert_eq!(withdraw.withdraw_consent_by_act("r", "u", "c", NOW, NOW + HOUR).await.unwrap(), Some(1));
    assert_eq!(withdraw.withdraw_consent_by_act("r", "u", "c", NOW, NOW + HOUR).await.unwrap(), None);
    assert!(!store.grant(&mine).await.unwrap().unwrap().is_live(NOW));
    assert!(store.grant(&others).await.unwrap().unwrap().is_live(NOW));
    assert_eq!(listed(Of::default()).await, ["u d", "v c"]);
    assert_eq!(lines(&store).await, ["consent.withdraw consent/c/u"]);
}

pub(crate) async fn sessions_are_listed_and_end(store: Store) {
    more(&store).await;
    for (hash, user, expires_at) in [(1, "u", NOW + HOUR), (2, "u", NOW + HOUR), (3, "v", NOW + HOUR), (4, "v", NOW)] {
        let session = Session {
            hash: [hash; 32],
            realm: "r".into(),
            user: user.into(),
            created_at: NOW,
            auth_time: NOW,
            last_seen_at: NOW,
            expires_at,
            how: None,
        };
        assert!(store.create_session(session, Precondition::default()).await.unwrap());
    }
    begun(&store, "d", Some("v"), NOW).await;
    let listed = async |of: Of| {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.list_sessions("r", &of, after.as_ref(), NOW, 1).await.unwrap();
            let Some(last) = page.last().cloned() else { break };
            found.push((last.session.hash[0], last.username.clone().unwrap()));
            after = Some(last);
        }
        found
    };
    let named = |hash: u8, name: &str| (hash, format!("{name}@example.com"));
    assert_eq!(listed(Of::default()).await, [named(1, "u"), named(2, "u"), named(3, "v")], "one is over");
    assert_eq!(listed(of(None, Some("v"))).await, [named(3, "v")]);
    assert_eq!(listed(of(Some("d"), None)).await, [named(3, "v")], "whoever lets the app act for them");
    assert!(listed(of(Some("c"), None)).await.is_empty());
    assert_ne!(session_name(&[1; 32]), session_name(&[2; 32]));

    let end = act(&store, Act::SessionEnd);
    let both = vec![([1; 32], "u".to_owned()), ([2; 32], "u".to_owned()), ([9; 32], "u".to_owned())];
    assert_eq!(end.end_sessions_by_act("r", both.clone(), NOW).await.unwrap(), 2);
    assert_eq!(end.end_sessions_by_act("r", both, NOW).await.unwrap(), 0);
    assert_eq!(
        end.end_sessions_by_act("s", vec![([3; 32], "v".to_owned())], NOW).await.unwrap(),
        0,
        "of another realm"
    );
    assert!(store.session(&[1; 32], NOW).await.unwrap().is_none());
    assert!(store.session(&[3; 32], NOW).await.unwrap().is_some());
    assert_eq!(lines(&store).await, ["session.end user/u"]);
}

pub(crate) async fn an_edit_rests_on_what_was_read(store: Store) {
    more(&store).await;
    let (before, mut after) = (client("c"), client("c"));
    after.name = "Other".into();
    let edit = act(&store, Act::AppEdit);
    assert_eq!(edit.edit_client("r", &before, &before, NOW).await.unwrap(), Edited::Same);
    assert_eq!(edit.edit_client("r", &before, &after, NOW).await.unwrap(), Edited::Done);
    assert_eq!(edit.edit_client("r", &before, &after, NOW).await.unwrap(), Edited::Changed);
    assert_eq!(store.client_with_secrets("r", "c").await.unwrap().unwrap().0, after);

    let edit = act(&store, Act::UserEdit);
    let (before, mut after) = (user("u"), user("u"));
    after.name = Some("U".into());
    let hash = || Some(Masked("$argon2id$x".to_owned()));
    let session = Session {
        hash: [1; 32],
        realm: "r".into(),
        user: "u".into(),
        created_at: NOW,
        auth_time: NOW,
        last_seen_at: NOW,
        expires_at: NOW + HOUR,
        how: None,
    };
    assert!(store.create_session(session, Precondition::default()).await.unwrap());
    assert_eq!(edit.edit_user("r", (&before, &after), None, NOW, NOW).await.unwrap(), Edited::Done);
    assert!(store.session(&[1; 32], NOW).await.unwrap().is_some());
    assert_eq!(edit.edit_user("r", (&before, &after), None, NOW, NOW).await.unwrap(), Edited::Changed);
    assert_eq!(edit.edit_user("r", (&after, &after), None, NOW, NOW).await.unwrap(), Edited::Same);
    assert_eq!(edit.edit_user("r", (&after, &after), hash(), NOW, NOW).await.unwrap(), Edited::Done);
    assert!(store.session(&[1; 32], NOW).await.unwrap().is_none(), "what the old password gave ended");
    let mut taken = after.clone();
    taken.username = "V@example.com".into();
    assert_eq!(edit.edit_user("r", (&after, &taken), None, NOW, NOW).await.unwrap(), Edited::NameTaken);

    let create = act(&store, Act::UserCreate);
    assert_eq!(create.register_user("r", &taken, None, NOW).await.unwrap(), Edited::Changed, "the id is taken");
    taken.id = "w".into();
    assert_eq!(create.register_user("r", &taken, None, NOW).await.unwrap(), Edited::NameTaken);
    assert_eq!(create.register_user("r", &user("w"), hash(), NOW).await.unwrap(), Edited::Done);
    assert!(store.user("r", "w").await.unwrap().unwrap().password_hash.is_some());
    let acts: Vec<String> = lines(&store).await;
    assert_eq!(acts, ["app.edit app/c", "user.edit user/u", "user.edit user/u", "user.create user/w"]);
}

pub(crate) async fn a_use_is_noted_once_a_minute(store: Store) {
    set_up(&store).await;
    let used = |client: &str, secret: &str, used_at| SecretUse {
        realm: "r".into(),
        client: client.into(),
        secret: secret.into(),
        used_at,
        ends_at: None,
    };
    let notes = vec![used("c", "s", NOW), used("c", "", NOW), used("gone", "s", NOW)];
    store.note_secret_uses(notes).await.unwrap();
    store.note_secret_uses(vec![used("c", "s", NOW + MINUTE - 1), used("c", "", NOW + MINUTE)]).await.unwrap();
    store.note_secret_uses(vec![used("c", "", NOW)]).await.unwrap();
    let mut found = store.secret_uses("r", None).await.unwrap();
    found.sort();
    assert_eq!(found, [used("c", "", NOW + MINUTE), used("c", "s", NOW)], "of two servers the second writes nothing");
    assert_eq!(store.secret_uses("r", Some("d")).await.unwrap(), []);
    store.delete_client("r", "c", NOW, NOW).await.unwrap();
    assert_eq!(store.secret_uses("r", None).await.unwrap(), []);
}

pub(crate) async fn a_refused_mail_waits_for_the_operator(store: Store) {
    let mail = Mail { id: id(), recipient: "o@example.com".into(), doc: "{}".into() };
    store.queue_mail(mail.clone(), NOW).await.unwrap();
    let due = store.due_parcels(MAIL_TOPIC, NOW, 5).await.unwrap().remove(0);
    assert!(store.take_parcel(&due, NOW + MINUTE).await.unwrap());
    store.put_off_parcel(&mail.id, "451 later").await.unwrap();
    let line = store.list_parcels(MAIL_TOPIC, None, 5).await.unwrap().remove(0);
    assert_eq!((line.attempts, line.last_error.as_deref(), line.given_up_at), (1, Some("451 later"), None));
    assert_eq!(line.due_at, NOW + MINUTE);
    store.give_up_parcel(&mail.id, "550 nobody", NOW + MINUTE).await.unwrap();
    assert!(store.due_parcels(MAIL_TOPIC, NOW + 9 * 24 * HOUR, 5).await.unwrap().is_empty());
    let line = store.list_parcels(MAIL_TOPIC, None, 5).await.unwrap().remove(0);
    assert_eq!((line.last_error.as_deref(), line.given_up_at), (Some("550 nobody"), Some(NOW + MINUTE)));
    assert!(store.list_parcels(MAIL_TOPIC, Some(&mail.id), 5).await.unwrap().is_empty());
    assert!(store.list_parcels("logout", None, 5).await.unwrap().is_empty(), "of this topic");

    let retry = act(&store, Act::MailRetry);
    assert!(retry.retry_mail(&mail.id, NOW + HOUR).await.unwrap());
    let again = store.due_parcels(MAIL_TOPIC, NOW + HOUR, 5).await.unwrap().remove(0);
    assert_eq!(again.parcel.sealed.to_vec(), b"{}", "with what is in it");
    store.close_parcel(&mail.id, "delivered", NOW + HOUR).await.unwrap();
    assert!(!retry.retry_mail(&mail.id, NOW + HOUR).await.unwrap());
    assert_eq!(lines(&store).await, [format!("mail.retry mail/{}", id_text(&mail.id))]);

    let other = Mail { id: id(), ..mail };
    store.queue_mail(other.clone(), NOW).await.unwrap();
    store.give_up_parcel(&other.id, "550", NOW).await.unwrap();
    store.purge(NOW + 6 * 24 * HOUR, 100).await.unwrap();
    assert_eq!(store.list_parcels(MAIL_TOPIC, None, 5).await.unwrap().len(), 2);
    store.purge(NOW + 9 * 24 * HOUR, 100).await.unwrap();
    assert!(store.list_parcels(MAIL_TOPIC, None, 5).await.unwrap().is_empty(), "seen or not, it leaves after a week");
}

pub(crate) async fn a_lost_approval_is_told_again_with_another_secret(store: Store) {
    let mut waiting = client("w");
    waiting.status = ClientStatus::Pending;
    store.put_client("r", &waiting, NOW).await.unwrap();
    let secret = |name: &str| claviger_store::ClientSecret { id: name.into(), ..crate::fixtures::secret(name) };
    let link = |hash: u8, secret: &str| OneTimeLink {
        hash: Masked([hash; 32]),
        realm: "r".into(),
        client: "w".into(),
        sealed: Masked(vec![4]),
        expires_at: NOW + HOUR,
        secret: Some(secret.into()),
    };
    let mail = || Some(Mail { id: id(), recipient: "o@example.com".into(), doc: "{}".into() });
    store.approve_client("r", "w", Some((secret("one"), link(1, "one"))), mail(), NOW).await.unwrap();
    let resend = act(&store, Act::AppResend);
    let again = Some((secret("two"), link(2, "two")));
    assert_eq!(resend.resend_approval("r", "w", again, mail(), NOW + 1).await.unwrap(), SecretAdded::Added);
    assert!(store.link(&[1; 32], NOW).await.unwrap().is_none(), "the lost link works no more");
    assert!(store.link(&[2; 32], NOW).await.unwrap().is_some());
    let (_, secrets) = store.client_with_secrets("r", "w").await.unwrap().unwrap();
    let live: Vec<&str> = secrets.iter().filter(|secret| secret.is_live(NOW + 1)).map(|secret| &*secret.id).collect();
    assert_eq!(live, ["two"], "nor does the secret that nobody has seen");
    assert_eq!(store.due_parcels(MAIL_TOPIC, NOW + 1, 5).await.unwrap().len(), 2);

    // An opened link's secret is somebody's.
    assert!(store.consume_link(&[2; 32], "two", NOW + 2).await.unwrap());
    let again = Some((secret("three"), link(3, "three")));
    assert_eq!(resend.resend_approval("r", "w", again, None, NOW + 3).await.unwrap(), SecretAdded::Added);
    let again = Some((secret("four"), link(4, "four")));
    assert_eq!(resend.resend_approval("r", "w", again, None, NOW + 3).await.unwrap(), SecretAdded::Added);
    let (_, secrets) = store.client_with_secrets("r", "w").await.unwrap().unwrap();
    let live: Vec<&str> = secrets.iter().filter(|secret| secret.is_live(NOW + 3)).map(|secret| &*secret.id).collect();
    assert_eq!(live, ["four", "two"]);
    assert!(store.links_of("r", "w").await.unwrap().iter().any(|link| link.used_at == Some(NOW + 2)));
    assert_eq!(lines(&store).await, ["app.resend app/w"; 3]);
}

pub(crate) async fn a_rejection_and_its_mail_are_one(store: Store) {
    let mut waiting = client("w");
    waiting.status = ClientStatus::Pending;
    store.put_client("r", &waiting, NOW).await.unwrap();
    let reject = act(&store, Act::AppReject);
    let mail = || Some(Mail { id: id(), recipient: "o@example.com".into(), doc: "{}".into() });
    assert_eq!(reject.reject_client("r", "ghost", ("", mail()), NOW, NOW).await.unwrap(), Edited::Same);
    assert!(store.due_parcels(MAIL_TOPIC, NOW, 5).await.unwrap().is_empty());
    assert_eq!(reject.reject_client("r", "w", ("Too much.", mail()), NOW, NOW).await.unwrap(), Edited::Done);
    assert_eq!(reject.reject_client("r", "w", ("", mail()), NOW, NOW).await.unwrap(), Edited::Changed);
    let said = store.app_events("r", "w", i64::MAX, 9).await.unwrap();
    assert_eq!((said.len(), said[0].kind, &*said[0].words), (1, claviger_store::EventKind::Rejected, "Too much."));
    assert_eq!(store.due_parcels(MAIL_TOPIC, NOW, 5).await.unwrap().len(), 1);
    assert_eq!(store.client_with_secrets("r", "w").await.unwrap().unwrap().0.status, ClientStatus::Rejected);
    assert_eq!(lines(&store).await, ["app.reject app/w"]);
}

pub(crate) async fn what_a_file_manages_is_known(store: Store) {
    set_up(&store).await;
    let managed = |id: &str, file: Option<&str>| Put::Managed {
        realm: "r".into(),
        kind: SubjectKind::App,
        id: id.into(),
        file: file.map(str::to_owned),
    };
    let changed = store.apply(vec![managed("c", Some("a.toml")), managed("d", Some("a.toml"))], NOW).await;
    assert_eq!(changed.unwrap(), 0, "no change that anybody hears of");
    assert_eq!(store.managed_by("r", SubjectKind::App, "c").await.unwrap().as_deref(), Some("a.toml"));
    assert_eq!(store.managed_by("r", SubjectKind::User, "c").await.unwrap(), None);
    store.apply(vec![managed("c", Some("b.toml")), managed("d", None)], NOW).await.unwrap();
    let all = store.managed("r").await.unwrap();
    assert_eq!(all.into_iter().collect::<Vec<_>>(), [(("app".to_owned(), "c".to_owned()), "b.toml".to_owned())]);
    store.put_organisation("r", &organisation("b"), NOW).await.unwrap();
    store.put_organisation("r", &organisation("a"), NOW).await.unwrap();
    assert_eq!(store.list_organisations("r", "", 5).await.unwrap(), [organisation("a"), organisation("b")]);
    assert_eq!(store.list_organisations("r", "a", 5).await.unwrap(), [organisation("b")]);
}

pub(crate) async fn seats_name_their_holders(store: Store) {
    set_up(&store).await;
    let taken = id();
    let issue = Issue { seats: vec![crate::fixtures::seat(taken, 5, NOW + HOUR)], ..begin(taken) };
    store.issue(issue).await.unwrap();
    let lines = store.list_seats("r", NOW).await.unwrap();
    let names = (lines[0].username.as_deref(), lines[0].client_name.as_deref());
    assert_eq!((lines.len(), names), (1, (Some("u@example.com"), Some("c"))));
    assert_eq!(lines[0].seat, store.seats("r", NOW).await.unwrap()[0]);
    assert!(store.list_seats("r", NOW + HOUR).await.unwrap().is_empty());
}
