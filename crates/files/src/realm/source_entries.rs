//! `[user-check]` and `[directory]` as a realm file has them.

use crate::secret::SecretText;
use claviger_core::realm::{CheckMode, Directory, DirectoryAttributes, DirectoryGroup, SearchScope, UserCheck};
use serde::Deserialize;

/// `[user-check]`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct UserCheckEntry {
    pub(super) url: String,
    #[serde(default)]
    pub(super) mode: CheckMode,
    #[serde(default)]
    pub(super) secret: Option<SecretText>,
    #[serde(default)]
    pub(super) secret_file: Option<String>,
}

/// `[directory]`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct DirectoryEntry {
    pub(super) urls: Vec<String>,
    #[serde(default)]
    pub(super) start_tls: bool,
    #[serde(default)]
    pub(super) authorities: Option<String>,
    #[serde(default)]
    pub(super) authorities_file: Option<String>,
    #[serde(default)]
    pub(super) bind_dn: Option<String>,
    #[serde(default)]
    pub(super) bind_password: Option<SecretText>,
    #[serde(default)]
    pub(super) bind_password_file: Option<String>,
    pub(super) base: String,
    #[serde(default)]
    pub(super) scope: SearchScope,
    #[serde(default)]
    pub(super) filter: Option<String>,
    #[serde(default)]
    pub(super) id_attribute: Option<String>,
    #[serde(default)]
    pub(super) attributes: DirectoryAttributes,
    #[serde(default)]
    pub(super) group_base: Option<String>,
    #[serde(default)]
    pub(super) group_filter: Option<String>,
    #[serde(default)]
    pub(super) group: Vec<DirectoryGroup>,
}

impl UserCheckEntry {
    pub(super) fn user_check(&self) -> UserCheck {
        UserCheck { url: self.url.clone(), mode: self.mode, sealed_secret: String::new() }
    }
}

impl DirectoryEntry {
    pub(super) fn directory(&self) -> Directory {
        let usual = Directory::usual();
        Directory {
            urls: self.urls.clone(),
            start_tls: self.start_tls,
            authorities: self.authorities.clone(),
            bind_dn: self.bind_dn.clone(),
            base: self.base.clone(),
            scope: self.scope,
            filter: self.filter.clone().unwrap_or(usual.filter),
            id_attribute: self.id_attribute.clone().unwrap_or(usual.id_attribute),
            attributes: self.attributes.clone(),
            group_base: self.group_base.clone(),
            group_filter: self.group_filter.clone().unwrap_or(usual.group_filter),
            groups: self.group.clone(),
            ..usual
        }
    }
}
