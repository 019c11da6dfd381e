use super::{Secrets, SecretsError, new_client_secret, rotate_token_key};
use crate::state::master_key::MasterKey;
use crate::state::master_keys::MasterKeys;
use claviger_core::token::PresentedRefresh;
use claviger_store::{Options, Store};

#[test]
fn a_secret_is_known_by_its_tag_under_this_servers_key_only() {
    let (ours, theirs) = (Secrets::new(&[1; 32]), Secrets::new(&[2; 32]));
    let secret = new_client_secret();
    let stored = ours.client_secret_tag(secret.expose());
    assert!(ours.is_client_secret(secret.expose(), &stored));
    assert!(!ours.is_client_secret("cvs_other", &stored));
    assert!(!ours.is_client_secret(secret.expose(), &stored[..31]));
    assert!(!theirs.is_client_secret(secret.expose(), &stored));
    assert_ne!(ours.client_secret_tag("x"), ours.forms.make(|key| key.sign(b"x")));
}

#[tokio::test]
async fn every_process_on_a_database_has_the_same_keys_and_another_master_key_has_none() {
    let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
    let master = MasterKey::generate();
    let (one, two) = (Secrets::load(&store, &master).await.unwrap(), Secrets::load(&store, &master).await.unwrap());
    assert_eq!(one.client_secret_tag("x"), two.client_secret_tag("x"));
    let other = Secrets::load(&store, &MasterKey::generate()).await.unwrap_err();
    assert!(matches!(other, SecretsError::OtherMasterKey), "{other}");
}

#[test]
fn secrets_are_long_random_and_plain_in_every_encoding() {
    let secret = new_client_secret();
    let text = secret.expose();
    assert_eq!(text.len(), "cvs_".len() + 43);
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
    assert_ne!(text, new_client_secret().expose());
    assert_eq!(format!("{secret:?} {:?}", Secrets::new(&[1; 32]).forms.make(Clone::clone)), "*** HmacKey(***)");
}

#[tokio::test]
async fn an_earlier_token_key_still_recognises_what_it_made_until_its_tokens_are_revoked() {
    let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
    let masters = MasterKeys::from(MasterKey::generate());
    let running = Secrets::load(&store, &masters).await.unwrap();
    let old = running.refresh.mint(&[3; 16], 1, &[4; 16]);
    let old = PresentedRefresh::parse(old.expose()).unwrap();
    let (tag, form) = (running.client_secret_tag("x"), running.forms.make(|key| key.sign(b"f")));
    let mail = running.outbox_key(&[9; 16]).unwrap().seal(b"", b"m").unwrap();
    assert_eq!(rotate_token_key(&store, &masters, false, 1).await.unwrap(), Some(1));
    running.keep_up(&store, 0).await.unwrap();
    assert!(running.is_newest_tag(&tag), "nobody told it yet");
    running.forget();
    running.keep_up(&store, 1_000).await.unwrap();
    // Others may not have heard of it yet: what it makes is known here, and here it makes nothing.
    let started = Secrets::load(&store, &masters).await.unwrap();
    started.keep_up(&store, 500).await.unwrap();
    for (secrets, settled) in [(&running, 3_000), (&started, 2_500)] {
        secrets.keep_up(&store, settled - 1).await.unwrap();
        assert!(secrets.is_newest_tag(&tag) && secrets.client_secret_tag("x") == tag);
        let early = Secrets::load(&store, &masters).await.unwrap();
        early.keep_up(&store, 0).await.unwrap();
        early.keep_up(&store, 2_000).await.unwrap();
        assert!(secrets.is_client_secret("x", &early.client_secret_tag("x")) && !early.is_newest_tag(&tag));
        secrets.keep_up(&store, settled).await.unwrap();
    }
    for secrets in [&running, &started] {
        assert!(secrets.refresh.is_genuine(&old, &[4; 16]));
        assert!(secrets.forms.any(|key| key.sign(b"f") == form));
        assert!(secrets.is_client_secret("x", &tag) && !secrets.is_newest_tag(&tag));
        let newer = secrets.client_secret_tag("x");
        assert!(newer != tag && secrets.is_client_secret("x", &newer) && secrets.is_newest_tag(&newer));
        assert!(!secrets.is_client_secret("y", &newer) && !secrets.is_client_secret("x", &newer[..32]));
        assert!(secrets.outbox_keys(&[9; 16]).any(|key| key.open(b"", &mail).is_ok()));
    }
    let between = running.refresh.mint(&[3; 16], 2, &[4; 16]);
    assert_eq!(rotate_token_key(&store, &masters, true, 2).await.unwrap(), Some(2));
    running.forget();
    running.keep_up(&store, 9_000).await.unwrap();
    let between = PresentedRefresh::parse(between.expose()).unwrap();
    assert!(!running.refresh.is_genuine(&old, &[4; 16]) && !running.refresh.is_genuine(&between, &[4; 16]));
    assert!(!running.forms.any(|key| key.sign(b"f") == form));
    assert!(running.is_client_secret("x", &tag), "a secret is not worth less for it");
    let newest = running.refresh.mint(&[3; 16], 3, &[4; 16]);
    assert!(running.refresh.is_genuine(&PresentedRefresh::parse(newest.expose()).unwrap(), &[4; 16]));
}
