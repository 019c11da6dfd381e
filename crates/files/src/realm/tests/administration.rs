use super::*;
use claviger_core::permission::Permission;

fn with(section: &str) -> String {
    GOOD.replacen("\n[[api]]", &format!("\n[administration]\n{section}\n[[api]]"), 1)
}

#[test]
fn an_admin_realm_has_its_api_and_a_scope_for_each_permission() {
    let realm = parse_one(&with("realms = [\"*\"]")).unwrap().remove(0).realm;
    let api = realm.api("https://login.example/admin/v1").unwrap();
    assert!(!api.implicit);
    for permission in Permission::ALL {
        let scope = realm.scope(&permission.name()).unwrap();
        assert_eq!(scope.api.as_deref(), Some("https://login.example/admin/v1"));
    }
    assert_eq!(realm.console().as_deref(), Some("https://login.example/console"));
    let plain = parse_one(GOOD).unwrap().remove(0).realm;
    assert!(plain.administration.is_none() && plain.scope("apps:read").is_none());
}

#[test]
fn its_clients_are_given_permissions() {
    let client = "\n[[client]]\nid = \"report\"\nname = \"Report\"\nkind = \"confidential\"\ngrants = [\"client_credentials\"]\naudiences = [\"https://login.example/admin/v1\"]\nscope = \"apps:read\"\n";
    let text = format!("{}{client}", with("realms = [\"live\"]"));
    assert_eq!(complaints(&text), []);
    let spoilt = text.replace("apps:read", "apps:reed");
    assert_eq!(complaints(&spoilt).len(), 1);
}

#[test]
fn what_is_wrong_is_said() {
    one(&complaints(&with("")), "", "it would administer nothing", "realms = [\"*\"]");
    one(&complaints(&with("realms = [\"A b\"]")), "realms", "a realm's id is", "");
    let path = |text: &str| complaints(&with(&format!("realms = [\"*\"]\napi-path = \"{text}\"")));
    one(&path("admin"), "api-path", "a path begins with /", "/admin/v1");
    one(&path("/admin/"), "api-path", "a path begins with /", "/admin/v1");
    one(&path("/a/../b"), "api-path", "a path begins with /", "/admin/v1");
    one(&path("/account/api"), "api-path", "in the way of `/account`", "of its own");
    one(&path("/token"), "api-path", "in the way of", "of its own");
    one(&path("/Console"), "", "in the way of `/Console`", "of its own");
}

#[test]
fn it_is_exported_as_it_was_written() {
    let realm = parse_one(&with("realms = [\"a\", \"b\"]\napi-path = \"/manage\"")).unwrap().remove(0).realm;
    let sections = written::of_realm(&realm).unwrap();
    assert_eq!(
        sections["administration"],
        serde_json::json!({ "realms": ["a", "b"], "api-path": "/manage", "console-path": "/console" })
    );
}
