use super::{Description, Field, check, problems_of, realm, web};
use crate::client::Logout;

#[test]
fn an_app_is_told_of_logouts_at_its_own_addresses() {
    let front = |uri: &str| Logout { frontchannel_logout_uri: Some(uri.to_owned()), ..Logout::default() };
    let back = |uri: &str| Logout { backchannel_logout_uri: Some(uri.to_owned()), ..Logout::default() };
    let told = |logout: Logout| Description { logout, ..web() };
    for good in [
        front("https://app.example/out?x=1"),
        front("https://app.example:443/out"),
        back("https://else.example:8443/out?x=1"),
    ] {
        assert_eq!(check(told(good.clone()), &realm()).unwrap().logout, good);
    }
    for (uri, why) in [
        ("https://app.example/out#x", "fragment"),
        ("https://other.example/out", "redirect URI"),
        ("https://app.example:8443/out", "redirect URI"),
        ("http://app.example/out", "https://"),
        ("http://127.0.0.1/out", "redirect URI"),
        ("https://app.example/out/*", "wildcard"),
        ("https://a@app.example/out", "https://"),
        ("com.example.app:/out", "https://"),
        ("/out", "https://"),
        ("javascript:alert(1)", "https://"),
        ("", "https://"),
    ] {
        let problem = problems_of(told(front(uri))).remove(0);
        assert_eq!(problem.field(), Field::FrontchannelLogoutUri, "{uri}");
        assert!(problem.to_string().contains(why), "{problem}");
    }
    for (uri, why) in [
        ("https://app.example/out#x", "fragment"),
        ("http://app.example/out", "https://"),
        ("http://127.0.0.1/out", "https://"),
        ("https://a@app.example/out", "https://"),
        ("ftp://app.example/", "https://"),
        ("", "https://"),
    ] {
        let problem = problems_of(told(back(uri))).remove(0);
        assert_eq!(problem.field(), Field::BackchannelLogoutUri, "{uri}");
        assert!(problem.to_string().contains(why), "{problem}");
    }
    let mut here = realm();
    here.requests.loopback = true;
    assert!(check(told(back("http://127.0.0.1:8080/out")), &here).is_ok());
    assert!(check(told(back("http://app.example/out")), &here).is_err());
    let local = Description {
        redirect_uris: vec!["http://localhost:3000/cb".to_owned()],
        ..told(front("http://localhost:3000/out"))
    };
    assert!(check(local, &realm()).is_ok());
}
