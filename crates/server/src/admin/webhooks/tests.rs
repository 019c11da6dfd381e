use super::schema;
use claviger_store::EVENTS;

/// The page names every event that there is, with its version and its fields.
#[test]
fn the_page_says_what_there_is() {
    let page = include_str!("../../../../../docs/webhooks.md");
    for kind in EVENTS {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` | {} |", kind.name, kind.version)));
        let row = row.unwrap_or_else(|| panic!("docs/webhooks.md has no row of {} {}", kind.name, kind.version));
        for field in kind.fields {
            assert!(row.contains(&format!("`{}`", field.name)), "{}: {}", kind.name, field.name);
        }
        assert_eq!(row.contains("operators alone"), !kind.of_apps, "{row}");
        let told = schema(kind);
        assert_eq!(told["properties"]["type"]["const"], kind.name);
        assert_eq!(told["properties"]["data"]["required"].as_array().unwrap().len(), kind.fields.len());
    }
}
