//! The demo's realm files, part of the program, and the ports that they are written for.

use claviger_files::Variables;
use std::path::Path;

/// The realm files: name and text, in the order of their ports.
pub const REALM_FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/realms.rs"));

/// What listens on which port, counted from the port base (`demo/ports.txt`); the variables of the realm files.
pub const PORTS: &[&str] = include!(concat!(env!("OUT_DIR"), "/ports.rs"));

/// The variables for a port base; ports beyond 65535 are left out.
pub fn variables(port_base: u16) -> Variables {
    let ports = (0_u16..).map_while(|offset| port_base.checked_add(offset));
    PORTS.iter().zip(ports).map(|(name, port)| ((*name).to_owned(), port.to_string())).collect()
}

/// Realm files as [`claviger_files::realm::parse`] takes them.
pub fn named<'t>(files: &[(&'t str, &'t str)]) -> Vec<(&'t Path, &'t [u8])> {
    files.iter().map(|(name, text)| (Path::new(*name), text.as_bytes())).collect()
}

#[cfg(test)]
mod tests {
    use super::{REALM_FILES, named, variables};
    use claviger_core::client::GrantType;
    use claviger_core::dialect::Legacy;
    use claviger_files::dialect::Dialects;
    use claviger_files::realm::parse;
    use claviger_server::admin::apply::{Report, apply};
    use claviger_server::admin::{Actor, Admin, Way};
    use claviger_server::hashing::Hasher;
    use claviger_server::master_key::MasterKey;
    use claviger_server::secrets::Secrets;
    use claviger_store::{Options, Store};
    use std::collections::BTreeSet;
    use std::path::Path;

    fn dialects() -> Dialects {
        Dialects::embedded().unwrap()
    }

    #[test]
    fn the_demo_has_thirteen_realms_and_every_flow() {
        let files = parse(&named(REALM_FILES), &dialects(), &variables(8080)).unwrap_or_else(|p| panic!("{p}"));
        assert_eq!(files.len(), 13);
        let port =
            |url: &str| url.split(':').nth(2).and_then(|rest| rest.split('/').next()).map(str::to_owned).unwrap();
        let ports: Vec<String> = files
            .iter()
            .flat_map(|file| {
                std::iter::once(port(&file.realm.issuer))
                    .chain(file.realm.hosts.values().map(|host| port(&host.origin)))
            })
            .collect();
        assert_eq!(ports, (8081..=8091).chain(8096..=8099).map(|port| port.to_string()).collect::<Vec<_>>());
        let clients = || files.iter().flat_map(|file| file.clients.iter().map(|client| &client.client));
        let grants: BTreeSet<GrantType> = clients().flat_map(|client| client.grants.clone()).collect();
        assert_eq!(grants.len(), 7);
        let legacy: BTreeSet<Legacy> = clients().flat_map(|client| client.legacy.clone()).collect();
        assert_eq!(legacy.len(), Legacy::ALL.len());
        for file in files.iter().filter(|file| !file.realm.is_admin() && file.realm.portal.is_none()) {
            let first = &file.realm.apis[0].audience;
            let api = file.clients.iter().find(|client| client.client.resource_server.as_ref() == Some(first));
            assert!(api.is_some_and(|api| api.secret.is_some()), "{}", file.file);
        }
    }

    #[test]
    fn a_port_base_that_is_too_high_leaves_variables_without_value() {
        assert_eq!(variables(8080)["standard_port"], "8090");
        assert_eq!(variables(65_530).len(), 6);
    }

    proptest::proptest! {
        #[test]
        fn no_spoilt_file_panics(at in 0_usize..2000, length in 0_usize..30, with in "[\\[\\]\"'=.${}a-z0-9\\n]{0,12}") {
            let text = REALM_FILES[7].1;
            let (at, end) = (at.min(text.len()), (at + length).min(text.len()));
            let spoilt = format!("{}{with}{}", &text[..at], &text[end..]);
            let _ = parse(&[(Path::new("r.toml"), spoilt.as_bytes())], &dialects(), &variables(1));
        }
    }

    #[tokio::test]
    async fn the_demo_is_applied_and_applied_again() {
        let store = Store::open("sqlite::memory:", &Options::default()).unwrap();
        let secrets = Secrets::load(&store, &MasterKey::generate()).await.unwrap();
        let hasher = Hasher::new(2, 64).unwrap();
        let files = parse(&named(REALM_FILES), &dialects(), &variables(8080)).unwrap();
        let actor = Actor { name: "demo".to_owned(), way: Way::Apply, reference: String::new() };
        let report = apply(&Admin { store: &store, actor: &actor, now: 1 }, &files, &hasher, &secrets).await.unwrap();
        assert_eq!((report.unchanged, report.changed.len(), report.secrets.len()), (0, 0, 0));
        let again = apply(&Admin { store: &store, actor: &actor, now: 2 }, &files, &hasher, &secrets).await.unwrap();
        assert_eq!(again, Report { unchanged: report.created.len(), ..Report::default() });
    }
}
