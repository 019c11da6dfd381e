//! Where a realm's users are known who have no password here: a call to the vendor, or a directory.

use serde::{Deserialize, Serialize};

/// A call to the vendor when somebody signs in whose password is not known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct UserCheck {
    /// Where the name and the password are posted.
    pub url: String,
    /// Whether the password is known here from then on.
    #[serde(default)]
    pub mode: CheckMode,
    /// The shared secret, sealed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sealed_secret: String,
}

/// How often the vendor is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckMode {
    /// Once: a hash of the password is kept after the first success, and users move over one by one.
    #[default]
    Once,
    /// Each time: the password stays with the vendor.
    Always,
}

/// A directory (LDAP, RFC 4511) that users are looked up in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Directory {
    /// Its servers, `ldaps://host` or `ldap://host` with `start-tls`; the next one is asked where one does not answer.
    pub urls: Vec<String>,
    /// Connections begin in clear and are encrypted before anything is said (RFC 4513 3).
    #[serde(default)]
    pub start_tls: bool,
    /// The certificates of the authorities that its servers' certificates come from, in PEM; absent: the public ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<String>,
    /// As whom users are searched; absent: as nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind_dn: Option<String>,
    /// That one's password, sealed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sealed_secret: String,
    /// Below which entry users are searched.
    pub base: String,
    /// How deep.
    #[serde(default)]
    pub scope: SearchScope,
    /// Which entry is the user's: `{username}` is what was typed, escaped (RFC 4515).
    #[serde(default = "usual_filter")]
    pub filter: String,
    /// The attribute that `sub` comes from, which an entry keeps for ever: `entryUUID`, or `objectGUID` of Active Directory.
    #[serde(default = "usual_id")]
    pub id_attribute: String,
    /// What the attributes say of a user.
    #[serde(default)]
    pub attributes: DirectoryAttributes,
    /// Where groups are searched; absent: they are in the entry's `groups` attribute alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_base: Option<String>,
    /// Which groups are the user's: `{dn}` is the entry's name, `{username}` what was typed, both escaped.
    #[serde(default = "usual_group_filter")]
    pub group_filter: String,
    /// What belonging to a group means here.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "group")]
    pub groups: Vec<DirectoryGroup>,
}

/// How deep users are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SearchScope {
    /// The whole subtree.
    #[default]
    Subtree,
    /// The entries right below the base.
    One,
}

/// What attributes say of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct DirectoryAttributes {
    /// The name to sign in with; where an entry has none, it is what was typed.
    pub username: String,
    /// What people call them.
    pub name: String,
    /// Their given name.
    pub given_name: String,
    /// Their family name.
    pub family_name: String,
    /// Their mail address.
    pub email: String,
    /// The directory's addresses are known to be theirs.
    pub email_verified: bool,
    /// The groups that the entry itself names.
    pub groups: String,
    /// Their language; none: it is not read.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub locale: String,
    /// Their telephone number; none: it is not read.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone_number: String,
}

impl Default for DirectoryAttributes {
    fn default() -> Self {
        Self {
            username: "uid".into(),
            name: "cn".into(),
            given_name: "givenName".into(),
            family_name: "sn".into(),
            email: "mail".into(),
            email_verified: false,
            groups: "memberOf".into(),
            locale: String::new(),
            phone_number: String::new(),
        }
    }
}

/// What belonging to a group means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DirectoryGroup {
    /// The group's name: a DN.
    pub dn: String,
    /// Its members belong to this organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// They are in this group here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// They have this role: in the organisation, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

fn usual_filter() -> String {
    "(&(objectClass=person)(uid={username}))".into()
}

fn usual_id() -> String {
    "entryUUID".into()
}

fn usual_group_filter() -> String {
    "(member={dn})".into()
}

impl Directory {
    /// One that says nothing: what a file leaves out.
    pub fn usual() -> Self {
        Self {
            urls: Vec::new(),
            start_tls: false,
            authorities: None,
            bind_dn: None,
            sealed_secret: String::new(),
            base: String::new(),
            scope: SearchScope::default(),
            filter: usual_filter(),
            id_attribute: usual_id(),
            attributes: DirectoryAttributes::default(),
            group_base: None,
            group_filter: usual_group_filter(),
            groups: Vec::new(),
        }
    }
}
