//! How a realm looks: what its file says, and what operators set where the file says nothing.

use super::Plan;
use claviger_core::Realm;

impl Plan<'_> {
    /// The realm of a file, with what an operator set of its looks. What the file has come to say is the file's, and told.
    pub(super) fn looking(&mut self, mut realm: Realm, stored: Option<&Realm>) -> Realm {
        let Some(stored) = stored else { return realm };
        realm.brand = realm.brand.keeping(&stored.brand);
        let given_up = stored.brand.here.iter().filter(|part| !realm.brand.here.contains(part));
        let notes = given_up.map(|part| {
            let id = &realm.id;
            format!("the realm {id}: `[brand] {part}` is the file's from now on; what was set with `claviger realm branding` or in the console is over")
        });
        self.report.notes.extend(notes);
        realm
    }
}
