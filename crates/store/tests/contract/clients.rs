use crate::fixtures::{HOUR, MINUTE, NOW, access, at_once, begin, client, id, refresh, seat, secret, set_up, user};
use claviger_core::client::ClientStatus;
use claviger_store::{
    ClientSecret, Fault, Issue, Issued, MAIL_TOPIC, Mail, Masked, OneTimeLink, Precondition, Put, RevocationKind,
    SecretAdded, Session, Store,
};

pub(crate) async fn a_client_comes_with_its_secrets(store: Store) {
    set_up(&store).await;
    let (found, secrets) = store.client_with_secrets("r", "c").await.unwrap().unwrap();
    assert_eq!((found, secrets.len()), (client("c"), 0));
    assert!(store.client_with_secrets("r", "d").await.unwrap().is_none());

    let expiring = ClientSecret { expires_at: Some(NOW + HOUR), ..secret("s") };
    assert_eq!(store.add_secret("r", "c", expiring, NOW).await.unwrap(), SecretAdded::Added);
    let (_, secrets) = store.client_with_secrets("r", "c").await.unwrap().unwrap();
    assert_eq!(secrets.len(), 1);
    assert_eq!(*secrets[0].hash, vec![1; 32]);
    assert!(secrets[0].is_live(NOW) && !secrets[0].is_live(NOW + HOUR));
    assert!(!format!("{secrets:?}").contains("1, 1"), "a hash is not printed");
}

pub(crate) async fn at_most_two_secrets_are_live(store: Store) {
    set_up(&store).await;
    assert_eq!(store.add_secret("r", "x", secret("a"), NOW).await.unwrap(), SecretAdded::NoSuchClient);
    for one in ["a", "b"] {
        assert_eq!(store.add_secret("r", "c", secret(one), NOW).await.unwrap(), SecretAdded::Added);
    }
    assert_eq!(store.add_secret("r", "c", secret("c"), NOW).await.unwrap(), SecretAdded::TooMany);
    assert!(store.retire_secret("r", "c", "a", NOW).await.unwrap());
    assert!(!store.retire_secret("r", "c", "a", NOW).await.unwrap());
    assert_eq!(store.add_secret("r", "c", secret("c"), NOW).await.unwrap(), SecretAdded::Added);
    let (_, secrets) = store.client_with_secrets("r", "c").await.unwrap().unwrap();
    let live: Vec<_> = secrets.iter().filter(|secret| secret.is_live(NOW)).map(|secret| &*secret.id).collect();
    assert_eq!(live, ["b", "c"]);
}

pub(crate) async fn of_64_added_at_once_two_are_live(store: Store) {
    set_up(&store).await;
    let at = store.clone();
    let answers = at_once(move |n| {
        let store = at.clone();
        async move { store.add_secret("r", "c", secret(&n.to_string()), NOW).await.unwrap() }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| **answer == SecretAdded::Added).count(), 2);
    assert_eq!(store.client_with_secrets("r", "c").await.unwrap().unwrap().1.len(), 2);
}

pub(crate) async fn applying_again_revives_nobody(store: Store) {
    set_up(&store).await;
    assert!(store.set_client_status("r", "c", ClientStatus::Suspended, NOW, NOW + HOUR).await.unwrap());
    let mut renamed = client("c");
    renamed.name = "Another name".into();
    assert!(store.put_client("r", &renamed, NOW).await.unwrap());
    let (found, _) = store.client_with_secrets("r", "c").await.unwrap().unwrap();
    assert_eq!((found.status, &*found.name), (ClientStatus::Suspended, "Another name"));
}

pub(crate) async fn clients_are_listed_by_status(store: Store) {
    set_up(&store).await;
    let mut waiting = client("w");
    waiting.status = ClientStatus::Pending;
    store.put_client("r", &waiting, NOW).await.unwrap();
    let ids = |list: Vec<claviger_core::Client>| list.into_iter().map(|client| client.id).collect::<Vec<_>>();
    assert_eq!(ids(store.list_clients("r", None, "", 10).await.unwrap()), ["c", "w"]);
    assert_eq!(ids(store.list_clients("r", None, "c", 10).await.unwrap()), ["w"]);
    let pending = store.list_clients("r", Some(ClientStatus::Pending), "", 10).await.unwrap();
    assert_eq!(pending, [waiting]);
    assert_eq!(ids(store.list_clients("r", Some(ClientStatus::Active), "", 10).await.unwrap()), ["c"]);
}

pub(crate) async fn suspending_ends_everything(store: Store) {
    set_up(&store).await;
    let (grant, token, alone) = (id(), id(), id());
    let issue =
        Issue { seats: vec![seat(grant, 1, NOW + HOUR)], access: Some(access(token, Some(grant))), ..begin(grant) };
    assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
    let without_grant = Issue { now: NOW, access: Some(access(alone, None)), ..Issue::default() };
    assert_eq!(store.issue(without_grant).await.unwrap(), Issued::Done);
    let late = id();

    let until = NOW + HOUR;
    assert!(store.set_client_status("r", "c", ClientStatus::Suspended, NOW + 5, until).await.unwrap());
    assert!(!store.set_client_status("r", "x", ClientStatus::Suspended, NOW + 5, until).await.unwrap());
    assert_eq!(store.issue(refresh(grant, 0, NOW + 6)).await.unwrap(), Issued::Stale);
    assert_eq!(store.issue(begin(late)).await.unwrap(), Issued::Barred);
    assert!(store.access_token(&token).await.unwrap().unwrap().revoked);
    assert!(store.access_token(&alone).await.unwrap().unwrap().revoked);
    assert!(store.seats("r", NOW + 6).await.unwrap().is_empty());
    let heard = store.revocations_after(Some("r"), 0, 10).await.unwrap();
    assert_eq!(heard.items.len(), 1);
    assert_eq!((heard.items[0].kind, &*heard.items[0].value), (RevocationKind::Client, "c"));
    assert_eq!(heard.items[0].before, until, "what a request under way is about to give out is revoked as well");

    // Served again: what was ended stays so, what comes after counts.
    assert!(store.set_client_status("r", "c", ClientStatus::Active, NOW + MINUTE, until).await.unwrap());
    assert!(store.access_token(&token).await.unwrap().unwrap().revoked);
    assert_eq!(store.issue(refresh(grant, 0, NOW + MINUTE)).await.unwrap(), Issued::Stale);
    assert_eq!(store.issue(begin(late)).await.unwrap(), Issued::Done);
    let fresh = id();
    let issue = Issue {
        now: NOW + 2 * MINUTE,
        access: Some(claviger_store::NewAccessToken { issued_at: NOW + 2 * MINUTE, ..access(fresh, None) }),
        ..Issue::default()
    };
    assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
    assert!(!store.access_token(&fresh).await.unwrap().unwrap().revoked);
    let heard = store.revocations_after(Some("r"), heard.seq, 10).await.unwrap();
    assert_eq!(heard.items[0].before, NOW + MINUTE, "followers hear that it counts again");
}

pub(crate) async fn a_deleted_client_leaves_nothing(store: Store) {
    set_up(&store).await;
    let grant = id();
    store.add_secret("r", "c", secret("a"), NOW).await.unwrap();
    store.issue(begin(grant)).await.unwrap();
    assert!(store.delete_client("r", "c", NOW, NOW + HOUR).await.unwrap());
    assert!(!store.delete_client("r", "c", NOW, NOW + HOUR).await.unwrap());
    assert!(store.client_with_secrets("r", "c").await.unwrap().is_none());
    assert!(!store.grant(&grant).await.unwrap().unwrap().is_live(NOW));
    store.put_client("r", &client("c"), NOW).await.unwrap();
    assert!(store.client_with_secrets("r", "c").await.unwrap().unwrap().1.is_empty());
    let fresh = id();
    let token = claviger_store::NewAccessToken { issued_at: NOW + 1, ..access(fresh, None) };
    store.issue(Issue { now: NOW + 1, access: Some(token), ..Issue::default() }).await.unwrap();
    assert!(!store.access_token(&fresh).await.unwrap().unwrap().revoked, "its successor is another client");
}

pub(crate) async fn approval_is_one_transaction(store: Store) {
    let mut waiting = client("w");
    waiting.status = ClientStatus::Pending;
    store.put_client("r", &waiting, NOW).await.unwrap();
    let link = |hash: u8| OneTimeLink {
        hash: Masked([hash; 32]),
        realm: "r".into(),
        client: "w".into(),
        sealed: Masked(vec![4]),
        expires_at: NOW + HOUR,
        secret: None,
    };
    let mail = || Some(Mail { id: id(), recipient: "owner@example.com".into(), doc: "{}".into() });
    let approve = |secret_id: &str, hash: u8| {
        let parts = (secret(secret_id), link(hash));
        store.approve_client("r", "w", Some(parts), mail(), NOW)
    };
    assert_eq!(approve("a", 1).await.unwrap(), SecretAdded::Added);
    let (found, secrets) = store.client_with_secrets("r", "w").await.unwrap().unwrap();
    assert_eq!((found.status, secrets.len()), (ClientStatus::Active, 1));
    assert_eq!(store.due_parcels(MAIL_TOPIC, NOW, 10).await.unwrap().len(), 1);

    assert_eq!(approve("z", 9).await.unwrap(), SecretAdded::Decided, "of two who approve, one does");
    let again = |secret_id: &str, hash: u8| {
        let parts = (secret(secret_id), link(hash));
        store.resend_approval("r", "w", Some(parts), mail(), NOW)
    };
    assert_eq!(again("b", 2).await.unwrap(), SecretAdded::Added);
    assert_eq!(again("c", 3).await.unwrap(), SecretAdded::TooMany);
    assert_eq!(store.due_parcels(MAIL_TOPIC, NOW, 10).await.unwrap().len(), 2, "no mail for what did not happen");
    assert!(store.link(&[3; 32], NOW).await.unwrap().is_none());
    // The same link twice cannot be: the failure takes all of it back.
    store.put_link(OneTimeLink { client: "other".into(), ..link(5) }).await.unwrap();
    store.retire_secret("r", "w", "a", NOW).await.unwrap();
    assert!(matches!(again("d", 5).await, Err(Fault::Other(_))));
    assert_eq!(store.client_with_secrets("r", "w").await.unwrap().unwrap().1.len(), 2);
}

pub(crate) async fn a_user_is_found_by_what_they_type(store: Store) {
    let hash = Masked("$argon2id$x".to_owned());
    assert!(store.put_user("r", &user("u"), Some(hash), NOW).await.unwrap());
    assert!(!store.put_user("r", &user("u"), None, NOW).await.unwrap());
    let key = claviger_core::User::username_key(" U@Example.COM ");
    let found = store.user_by_username("r", &key).await.unwrap().unwrap();
    assert_eq!((found.user, &**found.password_hash.as_ref().unwrap()), (user("u"), &"$argon2id$x".to_owned()));
    assert!(store.user_by_username("other", &key).await.unwrap().is_none());
    assert!(store.user("r", "u").await.unwrap().is_some());
    assert_eq!(store.list_users("r", "", 5).await.unwrap(), [user("u")]);
}

pub(crate) async fn a_username_belongs_to_one_user(store: Store) {
    store.put_user("r", &user("u"), None, NOW).await.unwrap();
    let mut other = user("v");
    other.username = "U@EXAMPLE.com".into();
    assert!(matches!(store.put_user("r", &other, None, NOW).await, Err(Fault::Other(_))));
    assert!(store.put_user("other-realm", &other, None, NOW).await.unwrap());
}

fn session(hash: u8) -> Session {
    Session {
        hash: [hash; 32],
        realm: "r".into(),
        user: "u".into(),
        created_at: NOW,
        auth_time: NOW,
        last_seen_at: NOW,
        expires_at: NOW + HOUR,
        how: None,
    }
}

pub(crate) async fn disabling_a_user_ends_everything(store: Store) {
    set_up(&store).await;
    let (grant, token) = (id(), id());
    store.create_session(session(1), Precondition::default()).await.unwrap();
    store.issue(Issue { seats: vec![seat(grant, 1, NOW + HOUR)], ..begin(grant) }).await.unwrap();
    store.issue(Issue { now: NOW, access: Some(access(token, None)), ..Issue::default() }).await.unwrap();

    assert!(store.disable_user("r", "u", true, NOW + 1, NOW + HOUR).await.unwrap());
    assert!(!store.disable_user("r", "u", true, NOW + 1, NOW + HOUR).await.unwrap());
    assert!(store.user("r", "u").await.unwrap().unwrap().user.disabled);
    assert!(store.session(&[1; 32], NOW + 1).await.unwrap().is_none());
    assert!(store.access_token(&token).await.unwrap().unwrap().revoked);
    assert!(store.seats("r", NOW + 1).await.unwrap().is_empty());
    assert_eq!(store.issue(refresh(grant, 0, NOW + 2)).await.unwrap(), Issued::Stale);
    assert_eq!(store.issue(begin(id())).await.unwrap(), Issued::Barred);
    assert!(store.disable_user("r", "u", false, NOW + 3, NOW + HOUR).await.unwrap());
    assert_eq!(store.issue(begin(id())).await.unwrap(), Issued::Done);
}

pub(crate) async fn a_new_password_signs_out(store: Store) {
    set_up(&store).await;
    store.create_session(session(1), Precondition::default()).await.unwrap();
    assert!(store.set_password("r", "u", Masked("new".into()), NOW, NOW + HOUR).await.unwrap());
    assert!(!store.set_password("r", "nobody", Masked("new".into()), NOW, NOW + HOUR).await.unwrap());
    assert!(store.session(&[1; 32], NOW).await.unwrap().is_none());
    assert_eq!(**store.user("r", "u").await.unwrap().unwrap().password_hash.as_ref().unwrap(), "new");
}

/// Verified on one server, changed by another, stored by the first: nothing of the old password begins.
pub(crate) async fn what_rests_on_a_password_begins_only_while_it_is_current(store: Store) {
    set_up(&store).await;
    let verified = async || store.login_to_verify("r", "u@example.com").await.unwrap().unwrap().1;
    let by_id = store.user_to_verify("r", "u").await.unwrap().unwrap().1;
    let (before, grant) = (verified().await, id());
    assert_eq!(before, by_id);
    assert!(store.set_password("r", "u", Masked("new".into()), NOW, NOW + HOUR).await.unwrap());
    let resting = |grant, backed_by| Issue { backed_by, access: Some(access(id(), Some(grant))), ..begin(grant) };
    assert_eq!(store.issue(resting(grant, before)).await.unwrap(), Issued::Barred);
    assert!(store.grant(&grant).await.unwrap().is_none());
    assert!(!store.create_session(session(1), before).await.unwrap());
    assert!(store.session(&[1; 32], NOW).await.unwrap().is_none());

    let after = verified().await;
    assert_eq!(store.issue(resting(grant, after)).await.unwrap(), Issued::Done);
    assert!(store.create_session(session(1), after).await.unwrap());
    assert!(store.disable_user("r", "u", true, NOW, NOW + HOUR).await.unwrap());
    assert_eq!(store.issue(resting(id(), after)).await.unwrap(), Issued::Barred);
    assert!(!store.create_session(session(2), after).await.unwrap());
}

pub(crate) async fn a_client_is_registered_once(store: Store) {
    set_up(&store).await;
    let pending = claviger_core::Client { status: ClientStatus::Pending, ..client("new") };
    assert!(store.register_client("r", &pending, NOW).await.unwrap());
    let other = claviger_core::Client { name: "other".into(), ..pending.clone() };
    assert!(!store.register_client("r", &other, NOW).await.unwrap());
    let (found, secrets) = store.client_with_secrets("r", "new").await.unwrap().unwrap();
    assert_eq!((found, secrets.len()), (pending, 0));
}

/// Neither comes into the realm where the other one is, by whichever way; a client that stands for just that user may.
pub(crate) async fn no_client_has_a_users_id(store: Store) {
    set_up(&store).await;
    let same = Err(Fault::SameId("u".into()));
    assert_eq!(store.register_client("r", &client("u"), NOW).await, same);
    assert_eq!(store.put_client("r", &client("u"), NOW).await, same);
    let put = Put::Client { realm: "r".into(), client: Box::new(client("u")) };
    assert_eq!(store.apply(vec![put], NOW).await.map(|_| true), same);
    assert!(store.client_with_secrets("r", "u").await.unwrap().is_none());
    assert!(store.put_client("elsewhere", &client("u"), NOW).await.unwrap());
    let same = Err(Fault::SameId("c".into()));
    assert_eq!(store.put_user("r", &user("c"), None, NOW).await, same);
    let (realm, user_of_file) = ("r".into(), Box::new(user("c")));
    let put = Put::User { realm, user: user_of_file, password_hash: None, tokens_until: NOW };
    assert_eq!(store.apply(vec![put], NOW).await.map(|_| true), same);
    assert!(store.user("r", "c").await.unwrap().is_none());

    let stands_for = claviger_core::Client { acts_as: Some("u".into()), ..client("u") };
    assert_eq!(store.client_that_acts_as("r", "u").await.unwrap(), None);
    assert!(store.register_client("r", &stands_for, NOW).await.unwrap());
    assert_eq!(store.client_that_acts_as("r", "u").await.unwrap().as_deref(), Some("u"));
    assert_eq!(store.client_that_acts_as("r", "%").await.unwrap(), None);
    assert_eq!(store.client_that_acts_as("elsewhere", "u").await.unwrap(), None);
    assert!(
        store.put_user("r", &claviger_core::User { name: Some("U".into()), ..user("u") }, None, NOW).await.unwrap()
    );
    assert_eq!(
        store.put_client("r", &client("u"), NOW).await,
        Err(Fault::SameId("u".into())),
        "it stands for nobody now"
    );
}

pub(crate) async fn of_two_at_once_one_gets_the_id(store: Store) {
    set_up(&store).await;
    for n in 0..20 {
        let id = format!("x{n}");
        let (new_client, new_user) = (client(&id), user(&id));
        let (one, other) =
            tokio::join!(store.put_client("r", &new_client, NOW), store.put_user("r", &new_user, None, NOW));
        let refused = Err(Fault::SameId(id));
        assert!((one == Ok(true) && other == refused) || (one == refused && other == Ok(true)), "{one:?} {other:?}");
    }
}

/// All within one second.
pub(crate) async fn what_is_given_after_a_resume_counts(store: Store) {
    set_up(&store).await;
    let given = async |at: i64| {
        let token = id();
        let access = claviger_store::NewAccessToken { issued_at: at, ..access(token, None) };
        store.issue(Issue { now: at, access: Some(access), ..Issue::default() }).await.unwrap();
        token
    };
    let revoked = async |token: [u8; 16]| store.access_token(&token).await.unwrap().unwrap().revoked;
    let before = given(NOW + 100).await;
    store.set_client_status("r", "c", ClientStatus::Suspended, NOW + 200, NOW + HOUR).await.unwrap();
    store.set_client_status("r", "c", ClientStatus::Active, NOW + 300, NOW + HOUR).await.unwrap();
    let after = given(NOW + 301).await;
    assert_eq!((revoked(before).await, revoked(after).await), (true, false));
    store.disable_user("r", "u", true, NOW + 400, NOW + HOUR).await.unwrap();
    store.disable_user("r", "u", false, NOW + 500, NOW + HOUR).await.unwrap();
    let last = given(NOW + 501).await;
    assert_eq!((revoked(after).await, revoked(last).await), (true, false));
}

pub(crate) async fn a_new_password_ends_what_the_old_one_gave(store: Store) {
    set_up(&store).await;
    let stands_for =
        claviger_core::Client { acts_as: Some("u".into()), secret_is_password: true, ..client("stands for u") };
    store.put_client("r", &stands_for, NOW).await.unwrap();
    let give = async |flow: &str, client: &str| {
        let mut issue = begin(id());
        let grant = issue.new_grant.as_mut().unwrap();
        (grant.flow, grant.client) = (flow.into(), client.into());
        let grant = grant.id;
        assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
        grant
    };
    let live = async |grant: [u8; 16]| store.grant(&grant).await.unwrap().unwrap().is_live(NOW);
    let by_file = |hash: &str| Put::User {
        realm: "r".into(),
        user: Box::new(user("u")),
        password_hash: Some(Masked(hash.into())),
        tokens_until: NOW + HOUR,
    };
    for file in [false, true] {
        let (password, code) = (give("password", "c").await, give("authorization_code", "c").await);
        let own = give("client_credentials", "stands for u").await;
        let known = store.last_revocation().await.unwrap();
        if file {
            assert_eq!(store.apply(vec![by_file("newer")], NOW).await.unwrap(), 1);
        } else {
            assert!(store.set_password("r", "u", Masked("new".into()), NOW, NOW + HOUR).await.unwrap());
        }
        assert_eq!((live(password).await, live(own).await, live(code).await), (false, false, true), "file: {file}");
        let heard = store.revocations_after(Some("r"), known, 9).await.unwrap().items;
        assert!(heard.iter().any(|item| item.value == claviger_store::id_text(&password)), "{heard:?}");
        // What it said of the client once says as much the second time.
        assert!(file || heard.iter().any(|item| item.value == "stands for u"), "{heard:?}");
    }
    let kept = give("password", "c").await;
    assert_eq!(store.apply(vec![by_file("newer")], NOW).await.unwrap(), 0);
    assert!(live(kept).await, "the same password again ends nothing");
}

pub(crate) async fn a_user_disabled_by_a_file_loses_everything_at_once(store: Store) {
    set_up(&store).await;
    store.create_session(session(1), Precondition::default()).await.unwrap();
    let (grant, token) = (id(), id());
    let issue = Issue { access: Some(access(token, Some(grant))), ..begin(grant) };
    assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
    let disabled = Box::new(claviger_core::User { disabled: true, ..user("u") });
    let put = Put::User { realm: "r".into(), user: disabled, password_hash: None, tokens_until: NOW + HOUR };
    assert_eq!(store.apply(vec![put], NOW + 1).await.unwrap(), 1);
    assert!(store.session(&[1; 32], NOW + 1).await.unwrap().is_none());
    assert!(!store.grant(&grant).await.unwrap().unwrap().is_live(NOW + 1));
    assert!(store.access_token(&token).await.unwrap().unwrap().revoked);
    let heard = store.revocations_after(Some("r"), 0, 9).await.unwrap().items;
    assert!(
        heard.iter().any(|item| item.kind == RevocationKind::User && item.value == "u" && item.before == NOW + HOUR)
    );
}

/// By a part of its id, name, publisher, owner or redirect URIs, and by nothing else of its document.
pub(crate) async fn an_app_is_found_by_what_it_is_called(store: Store) {
    set_up(&store).await;
    let called = claviger_core::Client {
        name: "Käse \"100%\" \\ Planner_2".into(),
        publisher: Some("Harbour".into()),
        owner_email: Some("Ada@x.example".into()),
        ..client("found-1")
    };
    assert!(store.put_client("r", &called, NOW).await.unwrap());
    assert!(store.put_client("r", &client("found-2"), NOW).await.unwrap());
    for text in ["FOUND-1", "käse", "KÄSE", "\"100%\" \\", "planner_2", "harbour", "ada@X"] {
        let found = store.find_clients("r", None, text, "", 10).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&called), "{text}");
    }
    for text in ["confidential", "active", "client_credentials", "nobody", "%%%%nobody", "Found-1 K"] {
        assert_eq!(store.find_clients("r", None, text, "", 10).await.unwrap(), [], "{text}");
    }
    let ids = |found: Vec<claviger_core::Client>| found.into_iter().map(|client| client.id).collect::<Vec<_>>();
    assert_eq!(ids(store.find_clients("r", None, "found", "", 10).await.unwrap()), ["found-1", "found-2"]);
    assert_eq!(ids(store.find_clients("r", None, "found", "found-1", 10).await.unwrap()), ["found-2"]);
    assert_eq!(ids(store.find_clients("r", None, "found", "", 1).await.unwrap()), ["found-1"]);
    assert_eq!(store.find_clients("r", Some(ClientStatus::Pending), "found", "", 10).await.unwrap(), []);
    assert_eq!(store.find_clients("elsewhere", None, "found", "", 10).await.unwrap(), []);
}
