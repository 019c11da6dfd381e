//! What the sample integrator's two pages show.
//!
//! They are rendered as every other page is, with [`claviger_server::pages::Pages::page`]. Whatever may hold a token is
//! [`Masked`], so that it is shown and never logged.

use serde::Serialize;

use claviger_server::pages::views::{Masked, Pair, View};

/// The list of vendors.
#[derive(Debug, Clone, Serialize)]
pub struct Home {
    /// One tile each, in order.
    pub vendors: Vec<Vendor>,
}

impl View for Home {
    const TEMPLATE: &'static str = "demo/home.html";
}

/// A vendor that an integrator connects to.
#[derive(Debug, Clone, Serialize)]
pub struct Vendor {
    /// The realm's name.
    pub id: String,
    /// The vendor's name.
    pub name: String,
    /// How it is connected, in a few words.
    pub flow: String,
    /// Whether there is a token now.
    pub connected: bool,
    /// Where a GET starts the connection.
    pub connect_url: String,
    /// Where its [`Connection`] is shown.
    pub connection_url: String,
    /// User name (`label`) and password (`value`) of the sample user, where a person signs in.
    pub sign_in: Option<Pair>,
    /// Where they add a passkey, where there are such.
    pub passkey_url: Option<String>,
    /// The colour of the vendor's own pages, as `data-accent` names it.
    pub accent: String,
}

/// One connection: the token, what it opens, and all that was sent for it.
#[derive(Debug, Clone, Serialize)]
pub struct Connection {
    /// To whom.
    pub vendor: Vendor,
    /// Where [`Home`] is.
    pub home_url: String,
    /// Why the last step did not work, in words.
    pub problem: Option<String>,
    /// The token endpoint's answer, as it came or indented. For the implicit flow, the fragment.
    pub raw_answer: Option<Masked>,
    /// The access token, if it is a JWT.
    pub access_token_decoded: Option<Decoded>,
    /// What the API said last.
    pub api_answer: Option<Masked>,
    /// Every request and its answer, newest first.
    pub exchanges: Vec<Exchange>,
    /// The buttons.
    pub actions: Actions,
    /// Ties the buttons to this browser.
    pub csrf: Masked,
}

impl View for Connection {
    const TEMPLATE: &'static str = "demo/connection.html";
}

/// A page of the vendor that keeps its own: it asks one question.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OwnPage {
    /// The question.
    pub title: String,
    /// What it is about.
    pub lead: String,
    /// What was wrong with the last answer.
    pub problem: Option<String>,
    /// The scopes that an app asks for.
    pub scopes: Vec<String>,
    /// Whether a name and a password are asked for, and the name that was typed.
    pub username: Option<String>,
    /// The button that says yes.
    pub yes: &'static str,
    /// The one that says no.
    pub no: &'static str,
}

impl OwnPage {
    /// Name and password; `typed`: the name that was typed with a wrong password.
    pub fn login(app: &str, typed: Option<&str>) -> Self {
        Self {
            title: "Sign in".to_owned(),
            lead: format!("{app} wants to know who you are. This is the vendor's own page, not one of Claviger's."),
            problem: typed.map(|_| "The name or the password is wrong.".to_owned()),
            username: Some(typed.unwrap_or_default().to_owned()),
            yes: "Sign in",
            no: "Cancel",
            ..Self::default()
        }
    }

    /// Whether an app may.
    pub fn consent(app: &str, scopes: Vec<String>) -> Self {
        let lead = "It asks the vendor's own page for:".to_owned();
        Self { title: format!("Let {app} in?"), lead, scopes, yes: "Allow", no: "Deny", ..Self::default() }
    }

    /// Whether to sign out.
    pub fn logout() -> Self {
        let (title, lead) = ("Sign out?".to_owned(), "Apps that you have let in go on working.".to_owned());
        Self { title, lead, yes: "Sign out", no: "Stay signed in", ..Self::default() }
    }
}

impl View for OwnPage {
    const TEMPLATE: &'static str = "demo/own_page.html";

    /// Each answer sends the browser back to the server.
    fn leaves(&self) -> bool {
        true
    }
}

/// A JWT's two readable parts, as indented JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Decoded {
    /// The JOSE header.
    pub header: String,
    /// The claims.
    pub payload: Masked,
}

/// One request, and what came back.
#[derive(Debug, Clone, Serialize)]
pub struct Exchange {
    /// What it was for.
    pub title: String,
    /// Request line, headers and body.
    pub request: Masked,
    /// Status line, headers and body.
    pub response: Masked,
    /// The status; none if there was no answer.
    pub status: Option<u16>,
}

/// Where each button posts to; none hides it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Actions {
    /// Calls the vendor's API with the access token.
    pub call_api: Option<String>,
    /// Uses the refresh token.
    pub refresh: Option<String>,
    /// Revokes or logs off, and forgets the tokens.
    pub disconnect: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_server::pages::{Brand, Pages};
    use claviger_testing::html::parse;

    fn vendor(x: &dyn Fn(&str) -> String, name: &str, connected: bool, accent: u8) -> Vendor {
        Vendor {
            id: x(name),
            name: x(name),
            flow: x("Authorization code, with consent"),
            connected,
            connect_url: x("/connect/harbour"),
            connection_url: x("/connection/harbour"),
            passkey_url: connected.then(|| x("/account/security")),
            sign_in: (!connected).then(|| Pair::new(x("ada"), x("sample password"))),
            accent: accent.to_string(),
        }
    }

    fn home(x: &dyn Fn(&str) -> String) -> Home {
        let names = ["Harbour", "Lighthouse Books", "Quarry", "Meadow Dev", "Meadow Live", "Ledger"];
        let vendors = names.iter().zip(0..).map(|(name, accent)| vendor(x, name, accent % 3 == 1, accent));
        Home { vendors: vendors.collect() }
    }

    fn empty(x: &dyn Fn(&str) -> String) -> Connection {
        Connection {
            vendor: vendor(x, "Harbour", false, 3),
            home_url: x("/"),
            problem: Some(x("The person denied the request (access_denied).")),
            raw_answer: None,
            access_token_decoded: None,
            api_answer: None,
            exchanges: Vec::new(),
            actions: Actions::default(),
            csrf: x("csrf").into(),
        }
    }

    fn connection(x: &dyn Fn(&str) -> String) -> Connection {
        let request = "POST /token HTTP/1.1\r\nHost: localhost:8081\r\nAuthorization: Basic c2FtcGxlOnNlY3JldA==\r\n\
                       Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type=authorization_code&code=cvc_sample";
        let response = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\n\r\n\
                        {\"access_token\":\"cva_sample\",\"token_type\":\"Bearer\",\"expires_in\":1800}";
        let answer = "{\n  \"access_token\": \"eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJpc3MiOiJodHRwIn0.c2ln\",\n  \
                      \"token_type\": \"Bearer\",\n  \"expires_in\": 1800,\n  \"refresh_token\": \"cvr_sample\"\n}";
        let claims = "{\n  \"iss\": \"http://localhost:8081\",\n  \"sub\": \"ada\",\n  \"aud\": \"https://api.harbour.example\",\n  \
                      \"exp\": 1795232400,\n  \"scope\": \"consignments.read\",\n  \"active\": true\n}";
        let exchange = |title: &str, status| Exchange {
            title: x(title),
            request: x(request).into(),
            response: x(response).into(),
            status,
        };
        Connection {
            vendor: vendor(x, "Harbour", true, 3),
            problem: None,
            raw_answer: Some(x(answer).into()),
            access_token_decoded: Some(Decoded {
                header: x("{\n  \"alg\": \"ES256\",\n  \"typ\": \"at+jwt\"\n}"),
                payload: x(claims).into(),
            }),
            api_answer: Some(
                x("HTTP/1.1 200 OK\r\n\r\n{\"name\": \"Ada \\\"W\\\"\", \"orders\": [1, 2.5, null]}").into(),
            ),
            exchanges: vec![
                exchange("Call the API", Some(200)),
                exchange("Refresh with a used token", Some(400)),
                exchange("Exchange the code", None),
            ],
            actions: Actions {
                call_api: Some(x("/connection/harbour/call")),
                refresh: Some(x("/connection/harbour/refresh")),
                disconnect: Some(x("/connection/harbour/disconnect")),
            },
            ..empty(x)
        }
    }

    fn rendered(x: &dyn Fn(&str) -> String) -> [(&'static str, String); 3] {
        let pages = Pages::new(None).unwrap();
        let brand = Brand::new("Sample integrator", "claviger.css");
        [
            ("demo_home", pages.try_page(&brand, &home(x)).unwrap()),
            ("demo_empty", pages.try_page(&brand, &empty(x)).unwrap()),
            ("demo_connection", pages.try_page(&brand, &connection(x)).unwrap()),
        ]
    }

    #[test]
    fn pages_are_well_formed_and_escaped() {
        let hostile = |text: &str| format!("{text}<script>\"'&</script>");
        for (name, html) in rendered(&hostile) {
            assert!(!html.contains("<script"), "{name}:\n{html}");
            parse(&html).unwrap_or_else(|error| panic!("{name}: {error}\n{html}"));
        }
        for (name, html) in rendered(&str::to_owned) {
            let elements = parse(&html).unwrap_or_else(|error| panic!("{name}: {error}\n{html}"));
            assert!(elements.iter().all(|element| element.attribute("style").is_none()), "{name}");
            let forms = elements.iter().filter(|element| element.name == "form").count();
            let tokens = elements.iter().filter(|element| element.attribute("name") == Some("csrf")).count();
            assert_eq!(forms, tokens, "{name}");
        }
    }

    #[test]
    fn buttons_follow_the_actions() {
        let [(_, home), (_, empty), (_, full)] = rendered(&str::to_owned);
        assert_eq!(home.matches(">Connect</a>").count(), 4);
        assert_eq!(home.matches(">Open</a>").count(), 2);
        for button in [">Call the API</button>", ">Refresh</button>", ">Disconnect</button>"] {
            assert!(full.contains(button) && !empty.contains(button), "{button}");
        }
        assert!(empty.contains("access_denied"));
    }

    #[test]
    fn tokens_are_not_printed() {
        let debug = format!("{:?}", connection(&str::to_owned));
        assert!(!debug.contains("sample\"") && !debug.contains("cvr_") && !debug.contains("eyJ"), "{debug}");
    }

    /// Writes the pages to the folder that `CLAVIGER_SAMPLES` names, to be looked at.
    #[test]
    fn samples_can_be_looked_at() {
        let Some(folder) = std::env::var_os("CLAVIGER_SAMPLES") else { return };
        std::fs::create_dir_all(&folder).unwrap();
        for (name, html) in rendered(&str::to_owned) {
            std::fs::write(std::path::Path::new(&folder).join(format!("{name}.html")), html).unwrap();
        }
    }
}
