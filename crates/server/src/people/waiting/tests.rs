use super::*;
use claviger_core::ScopeSet;
use claviger_core::authorize::{Destination, Prompt};
use claviger_core::claims_request::ClaimsRequest;
use claviger_core::response::{ResponseMode, ResponseType};

fn request() -> AuthorizationRequest {
    AuthorizationRequest {
        client: "app".into(),
        destination: Destination {
            redirect_uri: "https://app.example/cb".into(),
            sent: true,
            native: false,
            wildcard: false,
            state: None,
            mode: ResponseMode::Query,
        },
        response_type: ResponseType::CODE,
        scope: ScopeSet::parse("read").unwrap(),
        scope_differs: false,
        audience: "https://api.example".into(),
        challenge: None,
        nonce: None,
        prompt: Prompt::default(),
        max_age: None,
        login_hint: None,
        ui_locales: None,
        hinted_user: None,
        only_user: None,
        claims: ClaimsRequest::default(),
        dpop_jkt: None,
        is_sealed: false,
        device: None,
        arrived_at: 1,
    }
}

fn waiting() -> Waiting {
    Waiting { id: [7; 16], browser: "browser".into(), expires_at: 600, steps: Vec::new(), request: request() }
}

#[test]
fn what_waits_comes_back_as_it_went_with_the_steps_that_were_done() {
    let secrets = Secrets::new(&[1; 32]);
    let sealed = waiting().after(SignInStep::Password, 5).seal(&secrets, "realm").unwrap();
    let opened = Waiting::open(&sealed, &secrets, "realm").unwrap();
    assert_eq!((opened.id, opened.expires_at, &opened.request), ([7; 16], 600, &request()));
    assert!(matches!(opened.steps[..], [Done { step: SignInStep::Password, at: 5 }]));
    // Long enough that chance does not spell it.
    let bytes = from_base64url(&sealed).unwrap();
    assert!(!bytes.windows(11).any(|window| window == b"app.example"));
}

#[test]
fn what_was_changed_or_is_of_another_realm_or_server_is_not_read() {
    let secrets = Secrets::new(&[1; 32]);
    let sealed = waiting().seal(&secrets, "realm").unwrap();
    assert!(Waiting::open(&sealed, &secrets, "other").is_none());
    assert!(Waiting::open(&sealed, &Secrets::new(&[2; 32]), "realm").is_none());
    let bytes = from_base64url(&sealed).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Waiting::open(&base64url(&changed), &secrets, "realm").is_none(), "{at}");
    }
    for cut in ["", "x", &sealed[..21], &sealed[..40], &sealed[..sealed.len() - 4]] {
        assert!(Waiting::open(cut, &secrets, "realm").is_none(), "{cut}");
    }
}

#[test]
fn an_answer_is_kept_for_whoever_sends_the_same_form_twice() {
    let secrets = Secrets::new(&[1; 32]);
    let delivery = Delivery::Redirect("https://app.example/cb?code=x".into());
    let stored = Kept::new([3; 32], 100, delivery.clone(), true, None).seal(&waiting(), &secrets, "realm").unwrap();
    assert_eq!((stored.id, stored.expires_at), ([7; 16], 600));
    let kept = Kept::open(&stored, &secrets, "realm").unwrap();
    assert_eq!(kept.delivery, delivery);
    assert!(kept.is_repeated(true, &[3; 32], 100 + REPEATED));
    assert!(!kept.is_repeated(true, &[3; 32], 101 + REPEATED), "comes back to it");
    assert!(!kept.is_repeated(false, &[3; 32], 100), "decides otherwise");
    assert!(!kept.is_repeated(true, &[4; 32], 100), "another session");
    assert!(Kept::open(&stored, &secrets, "other").is_err());
    // What waits is no answer, though it is sealed with the same key.
    let sealed = from_base64url(&waiting().seal(&secrets, "realm").unwrap()).unwrap();
    assert!(Kept::open(&Answered { sealed: sealed[16..].to_vec(), ..stored }, &secrets, "realm").is_err());
}

#[test]
fn a_pushed_request_is_no_waiting_one_and_none_of_another_realm() {
    let secrets = Secrets::new(&[1; 32]);
    let pushed = Pushed::new(request(), 1_000, 60_000);
    let uri = pushed.seal(&secrets, "realm").unwrap();
    assert!(uri.starts_with(PUSHED) && !uri.contains("app"));
    let opened = Pushed::open(&uri, &secrets, "realm").unwrap();
    assert_eq!((opened.id, opened.expires_at, &opened.request), (pushed.id, 61_000, &pushed.request));
    assert!(Pushed::open(&uri, &secrets, "other").is_none());
    let sealed = uri.strip_prefix(PUSHED).unwrap();
    assert!(Waiting::open(sealed, &secrets, "realm").is_none());
    assert!(Pushed::open(sealed, &secrets, "realm").is_none());
    let waits = waiting().seal(&secrets, "realm").unwrap();
    assert!(Pushed::open(&format!("{PUSHED}{waits}"), &secrets, "realm").is_none());
}
