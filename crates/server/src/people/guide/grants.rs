//! The requests that a realm's token endpoint serves, parameter by parameter.

use claviger_core::Realm;
use claviger_core::dialect::{AudienceParameter, Endpoint, Legacy};
use claviger_core::grant_type::GrantType;
use serde::Serialize;

/// A grant, as a request.
#[derive(Debug, Serialize)]
pub(super) struct Flow {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    pub(super) fields: Vec<Field>,
    /// Whether the client proves itself.
    pub(super) has_secret: bool,
}

/// A parameter of a request.
#[derive(Debug, Serialize)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// What stands there, where that is known.
    pub(super) value: Option<String>,
    /// The variable that holds it in a snippet, where it is not.
    pub(super) variable: Option<&'static str>,
    pub(super) required: bool,
    pub(super) about: &'static str,
}

/// Those that the snippets show.
pub(super) fn flows(realm: &Realm) -> Vec<Flow> {
    if realm.url(Endpoint::Token).is_none() {
        return Vec::new();
    }
    let all = [
        (GrantType::AuthorizationCode, code as fn(&Realm) -> Flow),
        (GrantType::ClientCredentials, client_credentials),
        (GrantType::Password, password),
        (GrantType::RefreshToken, refresh),
    ];
    all.into_iter().filter(|(grant, _)| realm.serves_grant(*grant)).map(|(_, flow)| flow(realm)).collect()
}

fn fixed(name: &'static str, value: impl Into<String>, about: &'static str) -> Field {
    Field { name, value: Some(value.into()), variable: None, required: true, about }
}

fn variable(name: &'static str, variable: &'static str, about: &'static str) -> Field {
    Field { name, value: None, variable: Some(variable), required: true, about }
}

fn optional(name: &'static str, about: &'static str) -> Field {
    Field { name, value: None, variable: None, required: false, about }
}

fn code(realm: &Realm) -> Flow {
    let mut fields = vec![
        fixed("grant_type", "authorization_code", "always this"),
        variable("code", "CODE", "from the redirect"),
        variable("redirect_uri", "REDIRECT_URI", "the one of the authorization request"),
    ];
    let verifier = "what `code_challenge` was made of; only with a request that had one";
    if realm.dialect.permits.contains(&Legacy::NoPkce) {
        fields.push(optional("code_verifier", verifier));
    } else {
        fields.push(variable("code_verifier", "CODE_VERIFIER", verifier));
    }
    let about = "The code of the redirect becomes tokens, once.";
    Flow { id: "authorization_code", title: "Redeem a code", about, fields, has_secret: true }
}

fn client_credentials(realm: &Realm) -> Flow {
    let mut fields = vec![fixed("grant_type", "client_credentials", "always this")];
    match (&realm.dialect.token.audience, realm.apis.first()) {
        (AudienceParameter::Required, Some(api)) => {
            fields.push(fixed("audience", api.audience.as_str(), "the API that the token is for"));
        }
        _ => fields.push(optional("audience", "the API that the token is for, where there are several")),
    }
    fields.push(optional("scope", "separated by spaces; left out: what the client usually gets"));
    let about = "The app acts for itself; nobody signs in.";
    Flow { id: "client_credentials", title: "Client credentials", about, fields, has_secret: true }
}

fn password(_: &Realm) -> Flow {
    let fields = vec![
        fixed("grant_type", "password", "always this"),
        variable("username", "SERVICE_USER", "of the service user"),
        variable("password", "SERVICE_PASSWORD", "of the service user"),
        optional("scope", "separated by spaces; left out: what the client usually gets"),
    ];
    let about = "For service users, by clients that were given it. A public client sends no secret.";
    Flow { id: "password", title: "Password", about, fields, has_secret: false }
}

fn refresh(realm: &Realm) -> Flow {
    let fields = vec![
        fixed("grant_type", "refresh_token", "always this"),
        variable("refresh_token", "REFRESH_TOKEN", "the newest one"),
        optional("scope", "less than before; left out: the same"),
    ];
    // Where the password grant of public clients is all there is, they refresh as well.
    let has_secret =
        [GrantType::AuthorizationCode, GrantType::ClientCredentials].into_iter().any(|grant| realm.serves_grant(grant));
    let about = "A new access token without anybody signing in.";
    Flow { id: "refresh_token", title: "Refresh", about, fields, has_secret }
}
