//! The code of a provider, for an ID token that is believed (OpenID Connect Core 3.1.3).

use super::{Going, redirect_uri};
use crate::ids;
use crate::people::notice::Why;
use crate::state::State;
use crate::state::providers::Found;
use crate::state::sites::Site;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_core::claims::id_text;
use claviger_core::jose::{JwtError, Typ, verify_jwt};
use claviger_core::openid_provider::{Disbelief, Person, lacks_address, person};
use claviger_core::params::form_encode;
use claviger_core::realm::IdentityProvider;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

/// What says that a client proves itself with a JWT (RFC 7523 2.2).
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long an assertion is good, in seconds.
const ASSERTED_FOR: i64 = 60;

/// The longest secret, in bytes.
const LONGEST_SECRET: u64 = 4096;

/// The answer of the token endpoint.
#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
    access_token: Option<String>,
}

/// Why an answer is not believed: for the log, and for the page.
pub(super) struct Wrong {
    pub(super) text: String,
    pub(super) why: Why,
}

impl From<String> for Wrong {
    fn from(text: String) -> Self {
        Self { text, why: Why::ProviderFailed }
    }
}

impl From<Disbelief> for Wrong {
    fn from(why: Disbelief) -> Self {
        let is_old = matches!(why, Disbelief::Stale | Disbelief::NoAuthTime);
        Self { text: why.to_string(), why: if is_old { Why::ProviderStale } else { Why::ProviderFailed } }
    }
}

/// Who signed in, and when.
///
/// # Errors
/// The provider does not answer, or not as it must.
pub(super) async fn redeem(
    (state, site): (&State, &Site),
    provider: &IdentityProvider,
    found: Arc<Found>,
    going: &Going,
    code: &str,
) -> Result<(Person, i64), Wrong> {
    let Ok(_turn) = Arc::clone(&found.turns).try_acquire_owned() else {
        return Err("too many sign-ins wait for this provider".to_owned().into());
    };
    let mut form = Zeroizing::new(String::new());
    let redirect = redirect_uri(site, provider);
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect.as_str()),
        ("code_verifier", going.verifier.as_str()),
        ("client_id", provider.client_id.as_str()),
    ];
    for (name, value) in pairs {
        form_encode(&mut form, name, value);
    }
    let basic = prove(state, site, provider, &found, &mut form).await?;
    let loopback = site.realm.requests.loopback;
    let answer = state.outbound.exchange(&found.metadata.token_endpoint, loopback, form, basic).await;
    let answer = answer.map_err(|error| format!("the token endpoint: {error}"))?;
    let tokens: Tokens = serde_json::from_slice(&answer).map_err(|_| "the token answer cannot be read".to_owned())?;
    let token = tokens.id_token.ok_or_else(|| "the token answer has no ID token".to_owned())?;
    let userinfo = found.metadata.userinfo_endpoint.clone();
    let claims = verified(state, site, provider, found, &token).await?;
    let now = state.clock.now();
    // The ID token by itself is checked first: nobody is asked more with a token whose ID token is not believed.
    let alone = person(&claims, None, provider, &going.nonce, now)?;
    let person = match (userinfo, tokens.access_token) {
        (Some(address), Some(token)) if lacks_address(&claims, provider) => {
            let bearer = Zeroizing::new(format!("Bearer {}", Zeroizing::new(token).as_str()));
            let told = state.outbound.told(&address, loopback, bearer).await;
            let told = told.map_err(|error| format!("userinfo: {error}"))?;
            person(&claims, Some(&told), provider, &going.nonce, now)?
        }
        _ => alone,
    };
    let auth_time = going.freshness.auth_time(person.auth_time, now)?;
    Ok((person, auth_time))
}

/// Adds to the form what shows who we are; or the header that does.
async fn prove(
    state: &State,
    site: &Site,
    provider: &IdentityProvider,
    found: &Found,
    form: &mut String,
) -> Result<Option<Zeroizing<String>>, String> {
    let Some(file) = &provider.secret_file else {
        let assertion = assertion(state, site, provider, found).await?;
        form_encode(form, "client_assertion_type", ASSERTION);
        form_encode(form, "client_assertion", &assertion);
        return Ok(None);
    };
    let secret = secret_of(file).await.map_err(|error| format!("secret-file {file}: {error}"))?;
    if found.metadata.wants_secret_in_body() {
        form_encode(form, "client_secret", secret.as_str());
        return Ok(None);
    }
    // Each part is a form's value of its own (RFC 6749 2.3.1).
    let encoded = |text: &str| {
        let mut pair = Zeroizing::new(String::new());
        form_encode(&mut pair, "x", text);
        Zeroizing::new(pair.strip_prefix("x=").unwrap_or_default().to_owned())
    };
    let both = Zeroizing::new(format!("{}:{}", encoded(&provider.client_id).as_str(), encoded(&secret).as_str()));
    Ok(Some(Zeroizing::new(format!("Basic {}", STANDARD.encode(both.as_bytes())))))
}

/// The one line of a file.
async fn secret_of(file: &str) -> std::io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    tokio::fs::File::open(file).await?.take(LONGEST_SECRET).read_to_string(&mut text).await?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || secret.contains(char::is_control) {
        return Err(std::io::Error::other("it does not hold one line with the secret"));
    }
    Ok(Zeroizing::new(secret.to_owned()))
}

/// Signed with this realm's own key, which the provider finds in its key set. It is for the issuer alone: an assertion that names an
/// endpoint could be for whoever says that this endpoint is theirs.
async fn assertion(state: &State, site: &Site, provider: &IdentityProvider, found: &Found) -> Result<String, String> {
    let now = state.clock.now();
    let key = site.keys.signing(site.realm.usual_algorithm()).await.map_err(|error| error.to_string())?;
    let claims = json!({
        "iss": provider.client_id,
        "sub": provider.client_id,
        "aud": found.metadata.issuer,
        "jti": id_text(&ids::new(now)),
        "iat": now / 1000,
        "exp": now / 1000 + ASSERTED_FOR,
    });
    let claims = serde_json::to_vec(&claims).map_err(|error| error.to_string())?;
    key.sign_jwt(Typ::Jwt, &claims).map_err(|error| error.to_string())
}

/// The claims of an ID token that the provider signed; a key that is not known is looked for once more.
async fn verified(
    state: &State,
    site: &Site,
    provider: &IdentityProvider,
    found: Arc<Found>,
    token: &str,
) -> Result<Vec<u8>, String> {
    let wrong = |why: JwtError| format!("the ID token: {why}");
    match verify_jwt(token, &found.keys, None) {
        Err(JwtError::KidUnknown) => {}
        checked => return checked.map(|decoded| decoded.claims).map_err(wrong),
    }
    let (now, loopback) = (state.clock.now(), site.realm.requests.loopback);
    let found = state.providers.anew(&state.outbound, &provider.issuer, loopback, now).await?;
    verify_jwt(token, &found.keys, None).map(|decoded| decoded.claims).map_err(wrong)
}
