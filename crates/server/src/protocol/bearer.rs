//! Access tokens that come back to us: at userinfo, log-off, introspection and revocation.

use crate::failure::Failure;
use crate::http::Incoming;
use crate::state::State;
use crate::state::revoked::{Subject, Verdict};
use crate::state::sites::Site;
use claviger_core::Params;
use claviger_core::bearer::{Reason, has_access_token};
use claviger_core::claim_rule::is_reserved;
use claviger_core::claims::{AccessClaims, SubjectKind, id_from_text, id_text};
use claviger_core::client::GrantType;
use claviger_core::granted::Granted;
use claviger_core::jose::{Typ, verify_jwt};
use claviger_core::realm::AccessTokenTyp;
use claviger_core::revocation::issued_at;
use claviger_core::token::{self, Id, Kind};
use claviger_store::{AccessTokenRow, NewAccessToken, RevocationKind};
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// What a token of ours says, whoever holds it.
#[derive(Debug)]
pub(crate) struct Token {
    /// Its claims; of an opaque one, what they would be.
    pub(crate) claims: AccessClaims<'static>,
    /// The grant it belongs to.
    pub(crate) grant: Option<Id>,
    /// The id of the user that it acts for; `sub` may be another name of theirs.
    pub(crate) user: Option<String>,
    /// It is stored, under this id.
    pub(crate) opaque: Option<Id>,
    /// When it ends, in milliseconds.
    pub(crate) expires_at: i64,
    /// It was taken back.
    pub(crate) revoked: bool,
    /// What it says beside its registered claims.
    made: Made,
}

/// What a token says beside its registered claims, where it is.
#[derive(Debug)]
enum Made {
    /// With what is stored.
    Stored(Map<String, Value>),
    /// Among all that was signed, as JSON.
    Signed(Vec<u8>),
}

impl Token {
    /// What it says beside its registered claims: what the realm made (see [`claviger_core::claim_map`]).
    pub(crate) fn made(&self) -> Map<String, Value> {
        match &self.made {
            Made::Stored(made) => made.clone(),
            Made::Signed(all) => {
                let mut all: Map<String, Value> = serde_json::from_slice(all).unwrap_or_default();
                all.retain(|name, _| !is_reserved(name));
                all
            }
        }
    }

    /// Whether it may be used now.
    pub(crate) fn is_active(&self, now: i64) -> bool {
        !self.revoked && self.expires_at > now
    }
}

/// Reads an access token of this site; `None` if it is none: unknown, forged, of another issuer.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn read(state: &State, site: &Site, text: &str) -> Result<Option<Token>, Failure> {
    match token::row_id(Kind::Access, text) {
        Some(id) => read_opaque(state, site, text, id).await,
        None => read_jwt(state, site, text).await,
    }
}

async fn read_opaque(state: &State, site: &Site, text: &str, id: Id) -> Result<Option<Token>, Failure> {
    let Some(AccessTokenRow { token: row, revoked }) = state.store.access_token(&id).await? else { return Ok(None) };
    if row.realm != site.realm.id || !token::hash_is(text, row.hash.as_slice()) {
        return Ok(None);
    }
    let mut granted: Granted = serde_json::from_str(&row.doc)?;
    let made = Made::Stored(std::mem::take(&mut granted.claims));
    let jti = id_text(&id);
    let grant = row.grant.map(|grant| id_text(&grant));
    let subject = Subject {
        jti: &jti,
        grant: grant.as_deref(),
        client: &row.client,
        user: row.user.as_deref().unwrap_or(&row.client),
        key: None,
        issued_at: row.issued_at,
    };
    let own = granted.subject.as_deref().filter(|_| row.user.is_none());
    let revoked = revoked || is_revoked_with(state, site, &subject, own).await?;
    let user = row.user.clone();
    Ok(Some(Token {
        claims: claims_of_row(site, &row, granted, jti.clone(), grant.clone()),
        grant: row.grant,
        user,
        opaque: Some(id),
        expires_at: row.expires_at,
        revoked,
        made,
    }))
}

fn claims_of_row(
    site: &Site,
    row: &NewAccessToken,
    granted: Granted,
    jti: String,
    gid: Option<String>,
) -> AccessClaims<'static> {
    let acr = granted.acr(&site.realm).map(|acr| Cow::Owned(acr.to_owned()));
    AccessClaims {
        iss: Cow::Owned(site.realm.issuer.clone()),
        sub: Cow::Owned(granted.subject.or_else(|| row.user.clone()).unwrap_or_else(|| row.client.clone())),
        sub_type: Some(SubjectKind::of(row.user.is_some())),
        aud: Cow::Owned(granted.audience),
        client_id: Cow::Owned(row.client.clone()),
        scope: Cow::Owned(granted.scope.to_string()),
        iat: row.issued_at / 1000,
        exp: row.expires_at / 1000,
        jti: Cow::Owned(jti),
        gid: gid.map(Cow::Owned),
        org: Cow::Owned(granted.organisations),
        flow: (granted.flow == GrantType::Implicit).then_some(Cow::Borrowed("implicit")),
        auth_time: granted.auth_time.map(|time| time / 1000),
        acr,
        userinfo_claims: Cow::Owned(granted.userinfo_claims),
        cnf: granted.confirmation,
        claims_locales: Cow::Owned(granted.claims_locales),
        act: granted.act,
        amr: Cow::Owned(granted.amr),
    }
}

/// As [`is_revoked`]; `exchanged`: the client whose own token it was exchanged for, with which it ends as well.
async fn is_revoked_with(
    state: &State,
    site: &Site,
    token: &Subject<'_>,
    exchanged: Option<&str>,
) -> Result<bool, Failure> {
    if is_revoked(state, site, token).await? {
        return Ok(true);
    }
    let Some(client) = exchanged else { return Ok(false) };
    Box::pin(is_revoked(state, site, &Subject { client, ..*token })).await
}

/// Whether a token was taken back: nearly always that is known here, and where there are too many revocations to be kept, it
/// is looked up.
pub(super) async fn is_revoked(state: &State, site: &Site, token: &Subject<'_>) -> Result<bool, Failure> {
    let realm = &site.realm.id;
    Ok(match state.revoked.verdict(realm, token) {
        Verdict::Revoked => true,
        Verdict::Good => false,
        Verdict::Unknown => {
            let names = [
                (RevocationKind::Jti, Some(token.jti)),
                (RevocationKind::Grant, token.grant),
                (RevocationKind::Client, Some(token.client)),
                (RevocationKind::User, Some(token.user)),
            ];
            state.store.is_revoked(realm, names, token.issued_at).await?
        }
    })
}

async fn read_jwt(state: &State, site: &Site, text: &str) -> Result<Option<Token>, Failure> {
    let keys = site.keys.verifying();
    let found =
        [Typ::AccessToken, Typ::Jwt].into_iter().find_map(|typ| Some((typ, verify_jwt(text, &keys, Some(typ)).ok()?)));
    let Some((typ, decoded)) = found else { return Ok(None) };
    // An ID token, which is `JWT` as well, has neither a client_id nor a jti.
    let Ok(claims) = serde_json::from_slice::<AccessClaims<'_>>(&decoded.claims) else { return Ok(None) };
    let wants_plain = |name: &str| site.realm.api(name).is_some_and(|api| api.typ == AccessTokenTyp::Jwt);
    let may_be_plain = claims.aud.iter().all(wants_plain);
    if claims.iss != site.realm.issuer || (typ == Typ::Jwt && !may_be_plain) {
        return Ok(None);
    }
    let user = state.secrets.subjects.user(&site.realm.id, &claims.sub);
    let subject = Subject {
        jti: &claims.jti,
        grant: claims.gid.as_deref(),
        client: &claims.client_id,
        user: &user,
        key: decoded.key.as_deref(),
        issued_at: issued_at(Some(&claims.jti), claims.iat),
    };
    let own = (!claims.has_user() && claims.sub != claims.client_id).then_some(&*claims.sub);
    let revoked = is_revoked_with(state, site, &subject, own).await?;
    Ok(Some(Token {
        grant: claims.gid.as_deref().and_then(id_from_text),
        user: claims.has_user().then(|| user.into_owned()),
        opaque: None,
        expires_at: claims.exp.saturating_mul(1000),
        revoked,
        claims: claims.into_owned(),
        made: Made::Signed(decoded.claims),
    }))
}

/// How a request carries its bearer token (RFC 6750 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent<'a> {
    /// Not at all.
    Nowhere,
    /// In the one way that was used.
    Once(Cow<'a, str>, Scheme),
    /// Twice, or in the URL.
    Wrongly(Reason),
}

/// As what it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RFC 6750.
    Bearer,
    /// RFC 9449 7.1.
    Dpop,
}

/// Finds the access token of a request: in its `Authorization` header, the scheme in any case, or in the form that it posts.
pub(crate) fn sent(incoming: &Incoming) -> Sent<'_> {
    if has_access_token(incoming.query()) {
        return Sent::Wrongly(Reason::InQuery);
    }
    if incoming.head.headers.get_all(AUTHORIZATION).iter().nth(1).is_some() {
        return Sent::Wrongly(Reason::TwoTokens);
    }
    match (in_header(incoming), in_form(incoming)) {
        (_, InForm::Twice) | (Some(_), InForm::Once(_)) => Sent::Wrongly(Reason::TwoTokens),
        (Some((text, scheme)), InForm::Nowhere) => Sent::Once(Cow::Borrowed(text), scheme),
        (None, InForm::Once(text)) => Sent::Once(Cow::Owned(text), Scheme::Bearer),
        (None, InForm::Nowhere) => Sent::Nowhere,
    }
}

/// What a posted form carries.
enum InForm {
    Nowhere,
    Once(String),
    Twice,
}

fn in_header(incoming: &Incoming) -> Option<(&str, Scheme)> {
    let (scheme, token) = incoming.header(AUTHORIZATION.as_str())?.trim().split_once(' ')?;
    let scheme = if scheme.eq_ignore_ascii_case("bearer") {
        Scheme::Bearer
    } else if scheme.eq_ignore_ascii_case("dpop") {
        Scheme::Dpop
    } else {
        return None;
    };
    Some((token.trim(), scheme)).filter(|(token, _)| !token.is_empty())
}

fn in_form(incoming: &Incoming) -> InForm {
    let media = incoming.header(CONTENT_TYPE.as_str()).and_then(|media| media.split(';').next());
    let is_form = media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    if incoming.head.method != Method::POST || !is_form {
        return InForm::Nowhere;
    }
    match Params::form(&incoming.body) {
        Ok(params) if params.repeats("access_token") => InForm::Twice,
        Ok(params) => params.get("access_token").map_or(InForm::Nowhere, |text| InForm::Once(text.to_owned())),
        Err(_) => InForm::Nowhere,
    }
}
