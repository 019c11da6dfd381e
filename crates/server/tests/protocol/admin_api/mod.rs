//! The admin API: who may call what, and what is answered to those who may not.

mod acts;
mod asked_for;
mod branding;
mod lists;
mod more_acts;
mod proven;
mod refused;

use crate::common::{NOW, Reply, Server, client, realm, user};
use claviger_core::limits::Plan;
use claviger_core::permission::{Permission, Role};
use claviger_core::realm::{Administration, Portal, RedirectChanges, SignUp, complete_admin_realm};
use claviger_core::user::Organisation;
use claviger_core::{Client, ScopeSet, User};
use claviger_server::admin::roles::{Gift, give};
use claviger_server::admin::{Actor, Admin, Way};
use claviger_server::state::requests::RequestLogSettings;
use claviger_store::RoleHolder;
use reqwest::Method;
use serde_json::{Value, json};

/// Where it is.
const API: &str = "/admin/v1";

/// An admin realm `test` over everything, and a realm `live` with an organisation, users and apps.
struct World {
    server: Server,
}

impl World {
    async fn new() -> Self {
        Self::over(&["*"]).await
    }

    async fn over(realms: &[&str]) -> Self {
        let server = Server::with(|realm| {
            let realms = realms.iter().map(|id| (*id).to_owned()).collect();
            realm.administration = Some(Administration { realms, ..Administration::default() });
            let audience = realm.admin_api().unwrap();
            complete_admin_realm(&audience, &mut realm.apis, &mut realm.scopes);
        })
        .await;
        let mut live = realm("live.example");
        live.id = "live".into();
        live.portal = Some(Box::new(portal("live")));
        live.plans = vec![Plan { name: "large".into(), token_calls_per_minute: 600 }];
        server.store.put_realm(&live, NOW).await.unwrap();
        for id in ["acme", "other"] {
            let organisation = Organisation { id: id.into(), name: format!("The {id}"), kind: "company".into() };
            server.store.put_organisation("live", &organisation, NOW).await.unwrap();
        }
        let member = |id: &str, of: &str| User { organisations: vec![of.to_owned()], email: None, ..user(id, id) };
        for user in [member("ada", "acme"), member("bob", "other")] {
            server.store.put_user("live", &user, None, NOW).await.unwrap();
        }
        for id in ["shop", "till"] {
            server.store.put_client("live", &client(id), NOW).await.unwrap();
        }
        server.state.log_requests(RequestLogSettings::default()).unwrap();
        Self { server }
    }

    /// A client of the admin realm with every scope; with a role, where one is given.
    async fn client(&self, id: &str, role: Option<(Role, &str, &str)>) -> String {
        let all = Permission::ALL.iter().map(|one| one.name()).collect::<Vec<_>>().join(" ");
        self.client_with(id, &all, role).await
    }

    /// The same with this scope; its token.
    async fn client_with(&self, id: &str, scope: &str, role: Option<(Role, &str, &str)>) -> String {
        let audiences = vec![self.server.realm.admin_api().unwrap()];
        let client = Client { scope: ScopeSet::parse(scope).unwrap(), audiences, ..client(id) };
        self.server.add_client(&client).await;
        if let Some((role, over, organisation)) = role {
            let actor = Actor { name: "test".into(), way: Way::Cli, reference: "ref".into() };
            let admin = Admin { store: &self.server.store, actor: &actor, now: NOW };
            let holder = RoleHolder::client(id);
            let gift = Gift { holder, role, over: over.into(), organisation: organisation.into() };
            give(&admin, &self.server.realm, gift).await.unwrap();
        }
        let token = self.server.token(id, &[("grant_type", "client_credentials"), ("scope", scope)]).await;
        assert_eq!(token.status, 200, "{}", token.body);
        token.text("access_token")
    }

    async fn operator(&self) -> String {
        self.client("operator", Some((Role::Operator, "*", ""))).await
    }

    async fn call(&self, token: &str, method: Method, path: &str, more: &[(&str, &str)], body: Option<Value>) -> Reply {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(more);
        let text = body.map(|body| body.to_string());
        if text.is_some() {
            headers.push(("content-type", "application/json"));
        }
        self.server.send(method, &format!("{API}{path}"), &headers, text.unwrap_or_default()).await
    }

    async fn get(&self, token: &str, path: &str) -> Reply {
        self.call(token, Method::GET, path, &[], None).await
    }

    async fn post(&self, token: &str, path: &str, body: Value) -> Reply {
        self.call(token, Method::POST, path, &[], Some(body)).await
    }
}

/// That it is a problem of this kind, with a reference, that nothing may cache.
fn problem(reply: &Reply, status: u16, kind: &str) {
    assert_eq!(reply.status.as_u16(), status, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(reply.header("cache-control"), "no-store");
    let said = reply.json();
    assert!(said["type"].as_str().unwrap().ends_with(&format!("/admin/v1/problems#{kind}")), "{}", reply.body);
    assert_eq!(said["status"], status);
    assert_eq!(said["reference"], reply.header("x-request-id"), "{}", reply.body);
    assert!(!said["detail"].as_str().unwrap().is_empty());
}

/// What a realm of partners says.
fn portal(production: &str) -> Portal {
    Portal {
        production: production.into(),
        sandbox: None,
        sign_up: SignUp::Invited,
        redirect_changes: RedirectChanges::Review,
        questions: Vec::new(),
        terms: None,
    }
}

/// A body that an operation takes.
fn body_for(operation: &str) -> Option<Value> {
    Some(match operation {
        "registerApp" => json!({ "name": "New", "redirect_uris": ["https://new.example/cb"] }),
        "addUser" => json!({ "username": "newcomer" }),
        "changeUser" => json!({ "name": "Ada" }),
        "addOrganisation" => json!({ "id": "third", "name": "Third" }),
        "addWebhook" => json!({ "realm": "live", "url": "https://hooks.example/claviger" }),
        "changeWebhook" => json!({ "active": false }),
        "replayDeliveries" => json!({ "delivery": "none" }),
        "evaluateToken" => json!({ "app": "shop" }),
        "setAppLimits" => json!({ "plan": null, "token_calls_per_minute": 30 }),
        "askOwner" | "answerForOwner" => json!({ "text": "What is it for?" }),
        "addTeam" => json!({ "name": "Partner", "owner": "ada" }),
        "addAnnouncement" => json!({ "text": "Maintenance on Sunday." }),
        "setLegacyDeadline" => json!({ "ends_at": "2999-01-01T00:00:00Z" }),
        "setLegacyDeadlineForAll" => json!({ "legacy": "no-pkce", "ends_at": "2999-01-01T00:00:00Z" }),
        "setBranding" => json!({ "contact": "help@live.example" }),
        "changeApp" | "changeOrganisation" => json!({ "name": "Renamed" }),
        "changeOrganisationApps" => json!({ "only_listed": false }),
        "setAppRule" => json!({ "allowed": true }),
        "revokeGrants" | "withdrawConsents" | "endSessions" => json!({ "user": "bob" }),
        "releaseSeat" => json!({ "pool": "none", "holder": "none" }),
        "giveRole" | "takeRole" => json!({ "kind": "client", "holder": "operator", "role": "auditor" }),
        "planRealms" | "applyRealms" => json!({ "files": [] }),
        "rejectApp" | "addSecret" | "addMember" | "endAccess" | "rotateWebhookSecret" => json!({}),
        _ => return None,
    })
}

/// Every operation of the document: its id, method, address in the realm `live`, and permission.
async fn operations(world: &World) -> Vec<(String, Method, String, Option<String>)> {
    let document = world.server.send(Method::GET, &format!("{API}/openapi.json"), &[], "").await;
    assert_eq!((document.status.as_u16(), document.header("content-type")), (200, "application/json"));
    let mut all = Vec::new();
    for (path, methods) in document.json()["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let given = [
                ("realm", "live"),
                ("app", "shop"),
                ("user", "ada"),
                ("organisation", "acme"),
                ("member", "ada"),
                ("legacy", "no-pkce"),
            ];
            let mut at = path.clone();
            for (name, value) in given {
                at = at.replace(&format!("{{{name}}}"), value);
            }
            for name in ["kid", "secret", "grant", "session", "webhook", "reference", "team", "announcement"] {
                at = at.replace(&format!("{{{name}}}"), "none");
            }
            assert!(!at.contains('{'), "{at}");
            let method = method.to_uppercase().parse().unwrap();
            let permission = operation["x-permission"].as_str().map(str::to_owned);
            all.push((operation["operationId"].as_str().unwrap().to_owned(), method, at, permission));
        }
    }
    assert!(all.len() > 50, "{}", all.len());
    all
}
