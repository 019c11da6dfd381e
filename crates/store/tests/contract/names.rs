//! Names in the form in which they are compared, and users found by their confirmed e-mail address.

use crate::fixtures::{NOW, user};
use claviger_core::User;
use claviger_store::{Place, Store};

fn called(id: &str, username: &str) -> User {
    User { username: username.into(), ..user(id) }
}

fn with_email(id: &str, email: &str, email_verified: bool) -> User {
    User { email: Some(email.into()), email_verified, ..user(id) }
}

async fn found(store: &Store, typed: &str) -> Option<String> {
    store.user_by_login("r", typed).await.unwrap().map(|found| found.user.id)
}

pub(crate) async fn a_name_is_found_however_it_is_written(store: Store) {
    store.put_user("r", &called("j", "Jose\u{301}"), None, NOW).await.unwrap();
    for typed in ["José", "JOSE\u{301}", " josé ", "ｊosé"] {
        assert_eq!(found(&store, typed).await.as_deref(), Some("j"), "{typed}");
    }
    assert_eq!(found(&store, "Jose").await, None);
    assert!(store.put_user("r", &called("k", "josé"), None, NOW).await.is_err(), "it is one name");
    assert!(!store.put_user("r", &called("j", "Jose\u{301}"), None, NOW).await.unwrap());
}

pub(crate) async fn an_address_signs_in_where_it_is_confirmed_and_ones_own(store: Store) {
    store.put_user("r", &with_email("a", "Ada@Mail.example", true), None, NOW).await.unwrap();
    store.put_user("r", &with_email("b", "bob@mail.example", false), None, NOW).await.unwrap();
    store.put_user("r", &with_email("c", "both@mail.example", true), None, NOW).await.unwrap();
    store.put_user("r", &with_email("d", "Both@mail.example", true), None, NOW).await.unwrap();
    store.put_user("r", &User { username: "ada@mail.example".into(), ..user("x") }, None, NOW).await.unwrap();
    assert_eq!(found(&store, "ada@mail.example").await.as_deref(), Some("x"), "a name comes first");
    store.put_user("r", &user("x"), None, NOW).await.unwrap();
    assert_eq!(found(&store, "ADA@mail.example").await.as_deref(), Some("a"));
    assert_eq!(found(&store, "bob@mail.example").await, None, "not confirmed");
    assert_eq!(found(&store, "both@mail.example").await, None, "of two nobody knows whose");
    assert_eq!(found(&store, "a@example.com").await.as_deref(), Some("a"));
    assert!(store.user_by_username("r", "ada@mail.example").await.unwrap().is_none());
    store.put_user("r", &with_email("d", "d@mail.example", true), None, NOW).await.unwrap();
    assert_eq!(found(&store, "both@mail.example").await.as_deref(), Some("c"));
    assert!(store.user_by_login("other", "ada@mail.example").await.unwrap().is_none());
}

pub(crate) async fn names_get_their_form_once(store: Store) {
    assert!(!store.names_are_up_to_date().await.unwrap());
    for id in 0..5 {
        store.put_user("r", &user(&format!("u{id}")), None, NOW).await.unwrap();
    }
    let (mut after, mut pages) = (Place::default(), 0);
    while let Some(next) = store.bring_names_up_to_date(&after, 2).await.unwrap() {
        after = next;
        pages += 1;
    }
    assert_eq!(pages, 3);
    assert!(store.names_are_up_to_date().await.unwrap());
    let (alike, next) = store.names_alike(&Place::default(), 100).await.unwrap();
    assert_eq!((alike.len(), next), (0, Some(("r".to_owned(), "u4".to_owned()))));
}
