//! docs/personal-data.md, compared with the schema.

#![cfg(test)]

use crate::schema::{MIGRATIONS, spell};
use crate::sqlite::WORDS;
use std::collections::BTreeSet;

/// Each `table.column` that the page names in its tables.
fn told() -> Vec<String> {
    let page = include_str!("../../../../docs/personal-data.md");
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let spans = rows.flat_map(|line| line.split('`').skip(1).step_by(2));
    let listed = spans.filter_map(|span| span.split_once(": "));
    listed.flat_map(|(table, columns)| columns.split(", ").map(move |column| format!("{table}.{column}"))).collect()
}

fn stored() -> BTreeSet<String> {
    let schema = rusqlite::Connection::open_in_memory().unwrap();
    for step in MIGRATIONS {
        schema.execute_batch(&spell(step.ddl, &WORDS)).unwrap();
    }
    let columns = "SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name <> 'schema_version'";
    let mut asked = schema.prepare(columns).unwrap();
    asked.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_page_says_of_every_column_whether_it_is_personal() {
    let (told, stored) = (told(), stored());
    let unsaid: Vec<_> = stored.iter().filter(|column| !told.contains(column)).collect();
    assert!(unsaid.is_empty(), "docs/personal-data.md says nothing of {unsaid:?}");
    let gone: Vec<_> = told.iter().filter(|column| !stored.contains(*column)).collect();
    assert!(gone.is_empty(), "docs/personal-data.md names what is not there: {gone:?}");
    let twice: Vec<_> = told.iter().filter(|column| told.iter().filter(|other| other == column).count() > 1).collect();
    assert!(twice.is_empty(), "docs/personal-data.md names twice: {twice:?}");
}

/// What belongs to a user goes with them: no table has a column of users whose rows stay for ever.
#[test]
fn what_is_a_users_is_in_the_first_table() {
    let page = include_str!("../../../../docs/personal-data.md");
    let not_personal = page.split("## Not personal").nth(1).unwrap();
    assert!(!not_personal.contains("user_id"), "a column of users is called not personal");
}
