//! J1 … J6, as one story: the licences are shared, so nobody else may hold one meanwhile.

use crate::audaconnect::base64;
use crate::demo::Demo;
use crate::wire::{Answer, form, read, with_token};
use std::io::Write;
use std::net::TcpStream;

const REALM: &str = "jim2";

/// What the guide's sample program puts on the wire: raw Basic, `Expect: 100-continue`, the body in a second write.
fn sample_program(port: u16, credentials: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /Jim_Test/token HTTP/1.1\r\nAuthorization: Basic {}\r\nContent-Type: application/x-www-form-urlencoded\r\nHost: localhost:{port}\r\nContent-Length: {}\r\nExpect: 100-continue\r\nConnection: Keep-Alive\r\n\r\n",
        base64(credentials),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    read(&mut stream)
}

/// J1 to J6.
#[test]
fn a_client_acts_as_its_user_and_holds_a_licence_until_it_logs_off() {
    let demo = Demo::get();
    let port = demo.port(REALM);
    // J1, J2: the sample as printed; the secret is the user's password; view takes no licence.
    let view = sample_program(port, "TestClientId:password", "grant_type=client_credentials&scope=view");
    let members = view.token_answer();
    for name in ["access_token", "refresh_token", "expires_in"] {
        assert!(members.iter().any(|member| member == name), "J4: {name}");
    }
    assert_eq!(with_token(port, "GET", "/Jim_Test/api/items", "Authorization", &view.text("access_token")).status, 200);
    assert_eq!(
        with_token(port, "POST", "/Jim_Test/api/items", "Authorization", &view.text("access_token")).status,
        403,
        "J3"
    );
    // J1: a password that reads differently when it is form-decoded, raw in Basic and encoded in the body.
    let raw = sample_program(port, "OdetteClient:50%+more&tax=a:b", "grant_type=client_credentials&scope=view");
    raw.token_answer();
    let body =
        "grant_type=client_credentials&scope=view&client_id=OdetteClient&client_secret=50%25%2Bmore%26tax%3Da%3Ab";
    form(port, "/Jim_Test/token", body).token_answer();
    // J1: a wrong one.
    sample_program(port, "TestClientId:wrong", "grant_type=client_credentials").refused(401, "invalid_client");
    // J3, J5: no scope means all; the pool has three licences.
    let all = "grant_type=client_credentials&client_id=TestClientId&client_secret=password";
    let held: Vec<Answer> = (0..3).map(|_| form(port, "/Jim_Test/token", all)).collect();
    for session in &held {
        session.token_answer();
    }
    let none = form(port, "/Jim_Test/token", all);
    none.refused(400, "access_denied");
    assert!(none.text("error_description").contains("3 of 3"), "{}", none.body);
    sample_program(port, "TestClientId:password", "grant_type=client_credentials&scope=view").token_answer();
    // J4: a refresh holds the licence and needs none anew.
    let refresh = held[0].text("refresh_token");
    let body =
        format!("grant_type=refresh_token&refresh_token={refresh}&client_id=TestClientId&client_secret=password");
    let extended = form(port, "/Jim_Test/token", &body);
    extended.token_answer();
    form(port, "/Jim_Test/token", all).refused(400, "access_denied");
    // J6: log-off frees the licence and kills the session's tokens.
    assert_eq!(
        with_token(port, "POST", "/Jim_Test/logoff", "Authorization", &extended.text("access_token")).status,
        204
    );
    form(port, "/Jim_Test/token", &body).refused(400, "invalid_grant");
    assert_eq!(
        with_token(port, "POST", "/Jim_Test/logoff", "Authorization", &held[0].text("access_token")).status,
        401
    );
    let freed = form(port, "/Jim_Test/token", all);
    freed.token_answer();
    for session in [&held[1], &held[2], &freed] {
        assert_eq!(
            with_token(port, "POST", "/Jim_Test/logoff", "Authorization", &session.text("access_token")).status,
            204
        );
    }
}
