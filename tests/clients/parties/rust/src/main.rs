//! A relying party with the crate `openidconnect`, as its documentation configures it. It says where the user goes, reads on a line where
//! the user came back, and says who it was.

use openidconnect::core::{CoreClient, CoreProviderMetadata, CoreResponseType, CoreUserInfoClaims};
use openidconnect::{
    AccessTokenHash, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, RefreshToken, Scope,
    TokenResponse,
};
use std::error::Error;

/// Sends a request as it is, and follows no redirect.
fn send(request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
    let config = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build();
    let (parts, mut body) = ureq::Agent::new_with_config(config).run(request)?.into_parts();
    Ok(HttpResponse::from_parts(parts, body.read_to_vec()?))
}

fn main() -> Result<(), Box<dyn Error>> {
    let var = |name| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(var("ISSUER")?)?, &send)?;
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(var("CLIENT_ID")?),
        Some(ClientSecret::new(var("CLIENT_SECRET")?)),
    )
    .set_redirect_uri(RedirectUrl::new(var("REDIRECT_URL")?)?);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("profile".to_owned()))
        .add_scope(Scope::new("email".to_owned()))
        .add_scope(Scope::new("offline_access".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    println!("{url}");

    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let back = openidconnect::url::Url::parse(line.trim())?;
    let parameter =
        |name: &str| back.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned());
    if parameter("state").as_deref() != Some(state.secret()) {
        return Err("another state".into());
    }
    let code = AuthorizationCode::new(parameter("code").ok_or("no code")?);
    let tokens = client.exchange_code(code)?.set_pkce_verifier(verifier).request(&send)?;

    let id_token = tokens.id_token().ok_or("no ID token")?;
    let id_verifier = client.id_token_verifier();
    let claims = id_token.claims(&id_verifier, &nonce)?;
    let expected = claims.access_token_hash().ok_or("no at_hash")?;
    let found = AccessTokenHash::from_token(
        tokens.access_token(),
        id_token.signing_alg()?,
        id_token.signing_key(&id_verifier)?,
    )?;
    if found != *expected {
        return Err("another access token".into());
    }
    let user: CoreUserInfoClaims =
        client.user_info(tokens.access_token().clone(), Some(claims.subject().clone()))?.request(&send)?;
    let refreshed = match tokens.refresh_token() {
        Some(token) => {
            let token = RefreshToken::new(token.secret().clone());
            let again = client.exchange_refresh_token(&token)?.request(&send)?;
            again.access_token().secret() != tokens.access_token().secret()
        }
        None => false,
    };
    let said = serde_json::json!({
        "aud": claims.audiences().iter().map(|audience| audience.as_str()).collect::<Vec<_>>(),
        "email": user.email().map(|email| email.as_str()),
        "email_verified": user.email_verified(),
        "refreshed": refreshed,
    });
    println!("{said}");
    Ok(())
}
