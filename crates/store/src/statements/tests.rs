//! Every statement is one that both engines can read, and none that a request runs walks a table.

use super::Statement;
use crate::schema::{MIGRATIONS, spell};
use crate::sqlite::{WORDS, spelled};

/// A statement that some engine cannot read is found here and not by a user.
#[test]
fn every_statement_is_prepared() {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    for step in MIGRATIONS {
        database.execute_batch(&spell(step.ddl, &WORDS)).unwrap();
    }
    for statement in Statement::ALL {
        let prepared =
            database.prepare(spelled(*statement).unwrap()).unwrap_or_else(|error| panic!("{statement:?}: {error}"));
        let highest = (1..100).rev().find(|n| statement.sql().contains(&format!("?{n}"))).unwrap_or(0);
        assert_eq!(prepared.parameter_count(), highest, "{statement:?} skips a parameter");
    }
}

/// As above, on a real PostgreSQL.
#[tokio::test]
async fn every_statement_is_prepared_on_postgresql() {
    let client = crate::postgres::explain::connect().await;
    for statement in Statement::ALL {
        let prepared = client.prepare(crate::postgres::spelled(*statement).unwrap()).await;
        let prepared = prepared.unwrap_or_else(|error| panic!("{statement:?}: {error:?}"));
        let highest = (1..100).rev().find(|n| statement.sql().contains(&format!("?{n}"))).unwrap_or(0);
        assert_eq!(prepared.params().len(), highest, "{statement:?} skips a parameter");
    }
}

/// What is looked up on a request's way must never walk a table.
#[test]
fn no_statement_of_a_request_scans() {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    for step in MIGRATIONS {
        database.execute_batch(&spell(step.ddl, &WORDS)).unwrap();
    }
    let rare = [Statement::PurgeMails, Statement::PurgeChanges, Statement::AllRevocationsAfter];
    for statement in Statement::ALL.iter().filter(|statement| !rare.contains(statement)) {
        let mut plan = database.prepare(&format!("EXPLAIN QUERY PLAN {}", spelled(*statement).unwrap())).unwrap();
        let steps = plan.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<Result<Vec<_>, _>>().unwrap();
        // What a restore ends, it ends as a whole.
        if format!("{statement:?}").starts_with("Forget") {
            continue;
        }
        // `waiting` is a count that ends at a limit, `own` and `mine` are one user's: over what an index found.
        let harmless = ["SCAN CONSTANT ROW", "SCAN waiting", "SCAN own", "SCAN mine"];
        let scans = steps.iter().any(|step| step.starts_with("SCAN ") && !harmless.contains(&step.as_str()));
        assert!(!scans, "{statement:?}: {steps:?}");
    }
}

/// A search through all clients reads the index that is made for it, and the documents of those that are found.
#[test]
fn clients_are_found_by_their_index() {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    for step in MIGRATIONS {
        database.execute_batch(&spell(step.ddl, &WORDS)).unwrap();
    }
    let sql = format!("EXPLAIN QUERY PLAN {}", spelled(Statement::FindClients).unwrap());
    let plan: String = database.query_row(&sql, [(); 5].map(|()| rusqlite::types::Null), |row| row.get(3)).unwrap();
    assert!(plan.contains("INDEX client_has "), "{plan}");
}
