//! What an entry and its groups say of a user.

use super::super::profile::{Belongs, Profile};
use claviger_core::realm::Directory;
use ldap3::SearchEntry;
use std::collections::BTreeMap;

/// The attributes that are asked for.
pub(super) fn attributes(directory: &Directory) -> Vec<String> {
    let names = &directory.attributes;
    let all = [
        &directory.id_attribute,
        &names.username,
        &names.name,
        &names.given_name,
        &names.family_name,
        &names.email,
        &names.groups,
        &names.locale,
        &names.phone_number,
    ];
    all.into_iter().filter(|name| !name.is_empty()).cloned().collect()
}

/// An entry, and the names of groups that were searched.
pub(super) struct Found<'a> {
    pub(super) entry: &'a SearchEntry,
    pub(super) groups: Vec<String>,
}

impl Found<'_> {
    /// The user; `typed`: the name, where the entry has none.
    ///
    /// # Errors
    /// The entry has no id.
    pub(super) fn profile(&self, directory: &Directory, typed: &str) -> Result<Profile, String> {
        let names = &directory.attributes;
        let id = self.id(&directory.id_attribute);
        let id = id.ok_or_else(|| format!("the entry has no attribute {}", directory.id_attribute))?;
        // An attribute that is not there any more says that there is none.
        let text = |name: &str| (!name.is_empty()).then(|| self.text(name).unwrap_or_default());
        let mut profile = Profile {
            id: Some(id),
            username: Some(self.text(&names.username).unwrap_or_else(|| typed.to_owned())),
            name: text(&names.name),
            given_name: text(&names.given_name),
            family_name: text(&names.family_name),
            email: text(&names.email),
            email_verified: Some(names.email_verified),
            locale: text(&names.locale),
            phone_number: text(&names.phone_number),
            ..Profile::default()
        };
        self.add_groups(directory, &mut profile);
        Ok(profile)
    }

    /// What belonging to groups means. Where no group means anything, nothing is said of organisations, groups and roles.
    fn add_groups(&self, directory: &Directory, profile: &mut Profile) {
        if directory.groups.is_empty() {
            return;
        }
        let named = self.values(&directory.attributes.groups).into_iter().flatten();
        let held: Vec<String> = named.chain(&self.groups).map(|dn| normal(dn)).collect();
        let (mut organisations, mut groups, mut roles) = (Vec::new(), Vec::new(), Vec::new());
        let mut organisation_roles: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for group in directory.groups.iter().filter(|group| held.contains(&normal(&group.dn))) {
            organisations.extend(group.organisation.clone().map(Belongs::Id));
            groups.extend(group.group.clone());
            match (&group.organisation, &group.role) {
                (Some(organisation), Some(role)) => {
                    organisation_roles.entry(organisation.clone()).or_default().push(role.clone());
                }
                (None, Some(role)) => roles.push(role.clone()),
                (_, None) => {}
            }
        }
        profile.organisations = Some(organisations);
        profile.groups = Some(groups);
        profile.roles = Some(roles);
        profile.organisation_roles = Some(organisation_roles);
    }

    /// The id: 16 bytes that are no text are a GUID of Active Directory, in its mixed order ([MS-DTYP] 2.3.4).
    fn id(&self, name: &str) -> Option<String> {
        let binary = self.entry.bin_attrs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let bytes = match binary.and_then(|(_, values)| values.first()) {
            Some(bytes) => bytes.clone(),
            // Sixteen bytes that happen to be text.
            None if name.eq_ignore_ascii_case("objectGUID") => self.text(name)?.into_bytes(),
            None => return self.text(name).map(|text| text.to_ascii_lowercase()),
        };
        let bytes = <[u8; 16]>::try_from(bytes).ok()?;
        let groups = [(0..4, true), (4..6, true), (6..8, true), (8..10, false), (10..16, false)];
        let spelled = groups.map(|(place, reversed)| {
            let mut group = bytes.get(place).unwrap_or_default().to_vec();
            if reversed {
                group.reverse();
            }
            group.iter().fold(String::new(), |spelled, byte| format!("{spelled}{byte:02x}"))
        });
        Some(spelled.join("-"))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.values(name)?.first().filter(|text| !text.is_empty()).cloned()
    }

    /// Names of attributes are compared without case (RFC 4512 2.5).
    fn values(&self, name: &str) -> Option<&Vec<String>> {
        self.entry.attrs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, values)| values)
    }
}

/// A DN in a form in which two spellings of it are the same: lower case, without spaces around its parts (RFC 4514).
fn normal(dn: &str) -> String {
    let (mut out, mut escaped) = (String::with_capacity(dn.len()), false);
    for c in dn.trim().chars() {
        let separates = !escaped && matches!(c, ',' | '=' | '+');
        if separates {
            out.truncate(out.trim_end_matches(' ').len());
        }
        let after_separator = out.ends_with([',', '=', '+']) && !out.ends_with("\\,") && !out.ends_with("\\=");
        if !(c == ' ' && !escaped && after_separator) {
            out.extend(c.to_lowercase());
        }
        escaped = c == '\\' && !escaped;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_core::realm::DirectoryGroup;

    fn entry(attributes: &[(&str, &[&str])]) -> SearchEntry {
        let attrs = attributes
            .iter()
            .map(|(name, values)| ((*name).to_owned(), values.iter().map(|value| (*value).to_owned()).collect()));
        SearchEntry {
            dn: "uid=ada,dc=x".into(),
            attrs: attrs.collect(),
            bin_attrs: std::collections::HashMap::default(),
        }
    }

    #[test]
    fn a_guid_is_spelled_as_windows_spells_it() {
        let mut of_ad = entry(&[]);
        let bytes: Vec<u8> = (0x01..=0x10).collect();
        of_ad.bin_attrs.insert("objectguid".into(), vec![bytes]);
        let found = Found { entry: &of_ad, groups: vec![] };
        assert_eq!(found.id("objectGUID").unwrap(), "04030201-0605-0807-090a-0b0c0d0e0f10");
        let as_text = entry(&[("objectGUID", &["abcdefghijklmnop"])]);
        let found = Found { entry: &as_text, groups: vec![] };
        assert_eq!(found.id("objectGUID").unwrap(), "64636261-6665-6867-696a-6b6c6d6e6f70");
        let open = entry(&[("entryUUID", &["6AD3FB5A-0000-103F-9B3D-5D6F1B2C3D4E"])]);
        let found = Found { entry: &open, groups: vec![] };
        assert_eq!(found.id("entryUUID").unwrap(), "6ad3fb5a-0000-103f-9b3d-5d6f1b2c3d4e");
        assert!(found.profile(&Directory { id_attribute: "objectGUID".into(), ..Directory::usual() }, "x").is_err());
    }

    #[test]
    fn names_of_groups_are_compared_whatever_their_spelling() {
        for other in ["CN=Sales, OU=Groups,DC=x", "cn = sales,ou=groups , dc=X"] {
            assert_eq!(normal(other), "cn=sales,ou=groups,dc=x");
        }
        assert_ne!(normal("cn=sales\\, east,dc=x"), normal("cn=sales,east,dc=x"));
    }

    #[test]
    fn groups_mean_what_the_realm_says() {
        let group = |dn: &str, organisation: Option<&str>, role: Option<&str>| DirectoryGroup {
            dn: dn.into(),
            organisation: organisation.map(Into::into),
            group: None,
            role: role.map(Into::into),
        };
        let groups = vec![
            group("cn=acme,dc=x", Some("acme"), Some("buyer")),
            group("cn=other,dc=x", Some("other"), None),
            group("cn=staff,dc=x", None, Some("staff")),
        ];
        let directory = Directory { groups, ..Directory::usual() };
        let ada = entry(&[("entryUUID", &["u"]), ("memberOf", &["CN=acme,DC=x"]), ("mail", &["a@x.example"])]);
        let found = Found { entry: &ada, groups: vec!["cn=staff,dc=x".into()] };
        let profile = found.profile(&directory, "Ada").unwrap();
        assert_eq!(profile.organisations, Some(vec![Belongs::Id("acme".into())]));
        assert_eq!(profile.roles, Some(vec!["staff".to_owned()]));
        assert_eq!(profile.organisation_roles.unwrap()["acme"], ["buyer"]);
        assert_eq!((profile.username.as_deref(), profile.email.as_deref()), (Some("Ada"), Some("a@x.example")));
        assert_eq!(found.profile(&Directory::usual(), "Ada").unwrap().organisations, None);
    }
}
