//! What a provider at which our users sign in says, and whether it may be believed (OpenID Connect Discovery 1.0 4, Core 3.1.3.7).

use crate::claim_rule::is_reserved;
use crate::realm::IdentityProvider;
use crate::sign_in::How;
use crate::text::is_name;
use crate::user::is_mail_address;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How far a provider's clock may be from ours, in seconds.
const SKEW: f64 = 60.0;
/// The same in milliseconds.
const SKEW_MILLIS: i64 = 60_000;
/// How many words of `amr` are taken over.
const MOST_WORDS: usize = 10;
/// The longest word of `amr` or `acr`, in bytes.
const LONGEST_WORD: usize = 100;
/// The longest `sub`, in bytes (OpenID Connect Core 2).
const LONGEST_SUBJECT: usize = 255;
/// The longest name or address that is taken over, in characters.
const LONGEST_TEXT: usize = 200;

/// Why a provider is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disbelief {
    /// The discovery document is none.
    #[error("the discovery document is not one")]
    NoMetadata,
    /// It is another issuer's (Discovery 4.3).
    #[error("the discovery document is of the issuer {0:?}")]
    OtherIssuer(String),
    /// What it says is not as a claim must be.
    #[error("the ID token's claims cannot be read")]
    NoClaims,
    /// `iss`.
    #[error("the ID token is of another issuer")]
    Issuer,
    /// `aud`, `azp`.
    #[error("the ID token is for another client")]
    Audience,
    /// `exp`, `iat`.
    #[error("the ID token is over, or not good yet")]
    Time,
    /// `nonce`.
    #[error("the ID token belongs to another sign-in")]
    Nonce,
    /// `sub`.
    #[error("the ID token names nobody")]
    Subject,
    /// `sub` of userinfo (Core 5.3.2).
    #[error("userinfo is about somebody else than the ID token")]
    SomebodyElse,
    /// `auth_time` is missing where it was asked for (Core 3.1.2.1, `max_age`).
    #[error("the ID token does not say when they signed in (auth_time), and the sign-in had to be a new one")]
    NoAuthTime,
    /// `auth_time` (Core 3.1.3.7, 13).
    #[error("they signed in there too long ago")]
    Stale,
}

/// A provider's discovery document, as far as it is needed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ProviderMetadata {
    /// Who it is.
    pub issuer: String,
    /// Where browsers go.
    pub authorization_endpoint: String,
    /// Where codes are redeemed.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where it tells more of who signed in.
    #[serde(default)]
    pub userinfo_endpoint: Option<String>,
    /// How clients may prove who they are; absent: HTTP Basic (Discovery 3).
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Its answers name it (RFC 9207 3).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl ProviderMetadata {
    /// Where the document of an issuer is (Discovery 4).
    pub fn address(issuer: &str) -> String {
        format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
    }

    /// Reads the document of an issuer.
    ///
    /// # Errors
    /// It is none, or another issuer's.
    pub fn read(document: &[u8], issuer: &str) -> Result<Self, Disbelief> {
        let read: Self = serde_json::from_slice(document).map_err(|_| Disbelief::NoMetadata)?;
        if read.issuer != issuer {
            return Err(Disbelief::OtherIssuer(read.issuer.chars().take(LONGEST_TEXT).collect()));
        }
        Ok(read)
    }

    /// Whether its answer is its own, as far as the answer says whose it is (RFC 9207 2.4).
    pub fn is_answer_of(&self, iss: Option<&str>) -> bool {
        iss.map_or(!self.authorization_response_iss_parameter_supported, |iss| iss == self.issuer)
    }

    /// Whether a secret goes into the body of the request, because the header is not taken.
    pub fn wants_secret_in_body(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
        let has = |name: &str| methods.iter().any(|method| method == name);
        has("client_secret_post") && !has("client_secret_basic")
    }
}

/// Who signed in at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Its unchanging name for them.
    pub subject: String,
    /// Their address, where it is known to be theirs.
    pub email: Option<String>,
    /// What people call them.
    pub name: Option<String>,
    /// For `given_name`.
    pub given_name: Option<String>,
    /// For `family_name`.
    pub family_name: Option<String>,
    /// A name to sign in with.
    pub username: Option<String>,
    /// When they signed in there, in milliseconds; none where it does not say so.
    pub auth_time: Option<i64>,
    /// What that was made of (RFC 8176), as it says.
    pub amr: Vec<String>,
    /// How strong it was, in its own words.
    pub acr: Option<String>,
}

impl Person {
    /// How they signed in here who did so there: as far as its word counts, as it says.
    pub fn how(&self, provider: &IdentityProvider) -> How {
        let mut amr = if provider.trust_amr { self.amr.clone() } else { Vec::new() };
        let is_second = self.acr.as_ref().is_some_and(|acr| provider.second_factor_acr.contains(acr));
        if is_second && !amr.iter().any(|word| word == "mfa") {
            amr.push("mfa".to_owned());
        }
        How { password: false, provider: Some(provider.id.clone()), amr, ..How::default() }
    }
}

/// How new a sign-in at a provider has to be, which one asked for there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Freshness {
    /// When the browser was sent there, in milliseconds.
    pub since: i64,
    /// Nobody comes in who did not sign in since.
    pub anew: bool,
    /// How old it may be at most, in seconds.
    pub max_age: Option<i64>,
}

impl Freshness {
    /// When somebody signed in, as their session says it from now on: now, where they did so during this visit.
    ///
    /// # Errors
    /// It was too long ago, or the provider does not say when, and had to.
    pub fn auth_time(&self, told: Option<i64>, now: i64) -> Result<i64, Disbelief> {
        let has_limit = self.anew || self.max_age.is_some();
        let Some(told) = told else { return if has_limit { Err(Disbelief::NoAuthTime) } else { Ok(now) } };
        if told >= self.since.saturating_sub(SKEW_MILLIS) {
            return Ok(now);
        }
        let is_young = |age: i64| told.saturating_add(age.saturating_mul(1000)) >= now;
        if self.anew || self.max_age.is_some_and(|age| !is_young(age)) { Err(Disbelief::Stale) } else { Ok(told) }
    }
}

/// Who an ID token is about whose signature was found right (Core 3.1.3.7); `userinfo`: what userinfo says beside it.
///
/// # Errors
/// It is of another issuer, for another client, of another sign-in, over, or about nobody.
pub fn person(
    claims: &[u8],
    userinfo: Option<&[u8]>,
    provider: &IdentityProvider,
    nonce: &str,
    now: i64,
) -> Result<Person, Disbelief> {
    let mut claims: Map<String, Value> = serde_json::from_slice(claims).map_err(|_| Disbelief::NoClaims)?;
    if let Some(userinfo) = userinfo {
        add_userinfo(&mut claims, userinfo)?;
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(&provider.issuer) {
        return Err(Disbelief::Issuer);
    }
    is_for(&claims, &provider.client_id)?;
    in_time(&claims, now / 1000)?;
    if text("nonce") != Some(nonce) {
        return Err(Disbelief::Nonce);
    }
    let subject =
        text("sub").filter(|sub| !sub.is_empty() && sub.len() <= LONGEST_SUBJECT).ok_or(Disbelief::Subject)?;
    let named = &provider.claims;
    let shown = |name: &str| {
        let text = text(name).filter(|text| is_name(text) && !text.trim().is_empty());
        text.map(|text| text.chars().take(LONGEST_TEXT).collect::<String>())
    };
    // Some say it as a text.
    let said = claims.get(&named.email_verified);
    let is_confirmed = provider.trust_email || said.is_some_and(|said| *said == Value::Bool(true) || said == "true");
    let email = text(&named.email).filter(|email| is_confirmed && is_mail_address(email));
    Ok(Person {
        subject: subject.to_owned(),
        email: email.map(str::to_owned),
        name: shown(&named.name),
        given_name: shown(&named.given_name),
        family_name: shown(&named.family_name),
        username: shown(&named.username),
        auth_time: auth_time(&claims, now)?,
        amr: words(claims.get("amr")),
        acr: text("acr").filter(|acr| is_word(acr)).map(str::to_owned),
    })
}

/// Whether an ID token says nothing of the address, so that userinfo is asked.
pub fn lacks_address(claims: &[u8], provider: &IdentityProvider) -> bool {
    let claims: Map<String, Value> = serde_json::from_slice(claims).unwrap_or_default();
    !claims.contains_key(&provider.claims.email)
}

/// Adds what userinfo says and the ID token does not; of somebody else nothing is believed (Core 5.3.2).
fn add_userinfo(claims: &mut Map<String, Value>, userinfo: &[u8]) -> Result<(), Disbelief> {
    let more: Map<String, Value> = serde_json::from_slice(userinfo).map_err(|_| Disbelief::NoClaims)?;
    if more.get("sub").is_none() || more.get("sub") != claims.get("sub") {
        return Err(Disbelief::SomebodyElse);
    }
    let is_of_sign_in = |name: &str| matches!(name, "auth_time" | "amr" | "acr" | "nonce" | "azp");
    for (name, value) in more.into_iter().filter(|(name, _)| !is_reserved(name) && !is_of_sign_in(name)) {
        claims.entry(name).or_insert(value);
    }
    Ok(())
}

/// `aud` names this client, and where it names others as well `azp` says that it is the one (Core 3.1.3.7, 3 to 5).
fn is_for(claims: &Map<String, Value>, client: &str) -> Result<(), Disbelief> {
    let (named, alone) = match claims.get("aud") {
        Some(Value::String(one)) => (one == client, true),
        Some(Value::Array(several)) => (several.iter().any(|one| one == client), several.len() == 1),
        _ => (false, false),
    };
    let fits = match claims.get("azp") {
        Some(azp) => azp == client,
        None => alone,
    };
    if named && fits { Ok(()) } else { Err(Disbelief::Audience) }
}

/// `auth_time`, in milliseconds; one that is not to be read is none, one of the future is a wrong clock.
fn auth_time(claims: &Map<String, Value>, now: i64) -> Result<Option<i64>, Disbelief> {
    let told = claims.get("auth_time").and_then(Value::as_i64).map(|seconds| seconds.saturating_mul(1000));
    if told.is_some_and(|told| told > now.saturating_add(SKEW_MILLIS)) { Err(Disbelief::Time) } else { Ok(told) }
}

/// What can stand in a token of ours: printable ASCII without spaces.
fn is_word(text: &str) -> bool {
    (1..=LONGEST_WORD).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn words(said: Option<&Value>) -> Vec<String> {
    let words = said.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    words.filter(|word| is_word(word)).take(MOST_WORDS).map(str::to_owned).collect()
}

fn in_time(claims: &Map<String, Value>, now: i64) -> Result<(), Disbelief> {
    let seconds = |name: &str| claims.get(name).and_then(Value::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^52")]
    let now = now as f64;
    let is_over = seconds("exp").is_none_or(|exp| exp + SKEW <= now);
    let is_early = ["iat", "nbf"].into_iter().filter_map(seconds).any(|from| from - SKEW > now);
    if is_over || is_early || seconds("iat").is_none() { Err(Disbelief::Time) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::{Disbelief, ProviderMetadata, person};
    use crate::realm::IdentityProvider;
    use serde_json::{Value, json};

    const NOW: i64 = 1_800_000_000;

    fn provider() -> IdentityProvider {
        let entry = json!({
            "id": "p", "name": "P", "issuer": "https://p.example", "client-id": "us",
            "domains": { "acme.example": ["acme"] }, "organisations": ["all"]
        });
        serde_json::from_value(entry).unwrap()
    }

    fn good() -> Value {
        json!({
            "iss": "https://p.example", "aud": "us", "sub": "s", "nonce": "n", "exp": NOW + 300, "iat": NOW,
            "email": "ada@acme.example", "email_verified": true, "name": "Ada"
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = good();
        claims.as_object_mut().unwrap().insert(name.to_owned(), value);
        claims
    }

    fn read(claims: &Value) -> Result<super::Person, Disbelief> {
        person(claims.to_string().as_bytes(), None, &provider(), "n", NOW * 1000)
    }

    #[test]
    fn who_signed_in_is_told_by_a_token_for_us_of_now() {
        let ada = read(&good()).unwrap();
        assert_eq!((ada.subject.as_str(), ada.email.as_deref()), ("s", Some("ada@acme.example")));
        assert!(read(&with("aud", json!(["us"]))).is_ok());
        let several = with("aud", json!(["us", "other"]));
        assert_eq!(read(&several), Err(Disbelief::Audience));
        let mut several = several;
        several["azp"] = "us".into();
        assert!(read(&several).is_ok());
        assert!(read(&with("exp", json!(NOW - 59))).is_ok());
    }

    #[test]
    fn whatever_is_not_so_is_not_believed() {
        for (name, value, why) in [
            ("iss", json!("https://p.example/"), Disbelief::Issuer),
            ("iss", Value::Null, Disbelief::Issuer),
            ("aud", json!("other"), Disbelief::Audience),
            ("aud", json!([]), Disbelief::Audience),
            ("azp", json!("other"), Disbelief::Audience),
            ("exp", json!(NOW - 60), Disbelief::Time),
            ("exp", json!("soon"), Disbelief::Time),
            ("iat", json!(NOW + 61), Disbelief::Time),
            ("iat", Value::Null, Disbelief::Time),
            ("nbf", json!(NOW + 61), Disbelief::Time),
            ("nonce", json!("m"), Disbelief::Nonce),
            ("nonce", Value::Null, Disbelief::Nonce),
            ("sub", json!(""), Disbelief::Subject),
            ("sub", json!(7), Disbelief::Subject),
            ("sub", json!("s".repeat(256)), Disbelief::Subject),
        ] {
            assert_eq!(read(&with(name, value.clone())), Err(why), "{name} {value}");
        }
    }

    #[test]
    fn an_address_counts_where_it_is_known_to_be_theirs() {
        let email = |claims: &Value| read(claims).unwrap().email;
        assert_eq!(email(&with("email_verified", json!(false))), None);
        assert_eq!(email(&with("email_verified", Value::Null)), None);
        assert!(email(&with("email_verified", json!("true"))).is_some());
        assert_eq!(email(&with("email", json!("no address"))), None);
        let trusted = IdentityProvider { trust_email: true, ..provider() };
        let claims = with("email_verified", Value::Null).to_string();
        assert!(person(claims.as_bytes(), None, &trusted, "n", NOW * 1000).unwrap().email.is_some());
    }

    #[test]
    fn userinfo_adds_what_it_says_of_the_same_person() {
        let mut thin = good();
        for name in ["email", "email_verified"] {
            thin.as_object_mut().unwrap().remove(name);
        }
        let thin = thin.to_string();
        assert!(super::lacks_address(thin.as_bytes(), &provider()));
        let with = |userinfo: Value| {
            person(thin.as_bytes(), Some(userinfo.to_string().as_bytes()), &provider(), "n", NOW * 1000)
        };
        let said =
            json!({ "sub": "s", "email": "ada@acme.example", "email_verified": true, "aud": "evil", "name": "Eve" });
        let ada = with(said).unwrap();
        assert_eq!((ada.email.as_deref(), ada.name.as_deref()), (Some("ada@acme.example"), Some("Ada")));
        for other in [json!({ "sub": "t", "email": "x@acme.example" }), json!({ "email": "x@acme.example" })] {
            assert_eq!(with(other), Err(Disbelief::SomebodyElse));
        }
        let of_the_sign_in = json!({ "sub": "s", "auth_time": NOW, "amr": ["mfa"], "acr": "2" });
        let ada = with(of_the_sign_in).unwrap();
        assert_eq!((ada.auth_time, ada.amr.len(), ada.acr), (None, 0, None));
    }

    #[test]
    fn a_sign_in_is_as_new_as_it_was_asked_for() {
        const SINCE: i64 = NOW * 1000;
        let now = SINCE + 30_000;
        let old = Some(SINCE - 100_000);
        let any = super::Freshness { since: SINCE, anew: false, max_age: None };
        assert_eq!(any.auth_time(None, now), Ok(now));
        assert_eq!(any.auth_time(old, now), Ok(SINCE - 100_000));
        assert_eq!(any.auth_time(Some(SINCE), now), Ok(now));
        let anew = super::Freshness { anew: true, ..any };
        assert_eq!(anew.auth_time(None, now), Err(Disbelief::NoAuthTime));
        assert_eq!(anew.auth_time(old, now), Err(Disbelief::Stale));
        assert_eq!(anew.auth_time(Some(SINCE - 59_000), now), Ok(now), "another clock");
        for (age, found) in [(129, Err(Disbelief::Stale)), (130, Ok(SINCE - 100_000)), (0, Err(Disbelief::Stale))] {
            let aged = super::Freshness { max_age: Some(age), ..any };
            assert_eq!(aged.auth_time(old, now), found, "{age}");
            assert_eq!(aged.auth_time(None, now), Err(Disbelief::NoAuthTime));
        }
        assert_eq!(
            super::Freshness { max_age: Some(i64::MAX), ..any }.auth_time(Some(i64::MIN), now),
            Err(Disbelief::Stale)
        );
    }

    #[test]
    fn its_word_for_a_second_factor_counts_where_the_realm_says_so() {
        let mut claims = with("amr", json!(["pwd", "otp", "mfa", "two words", 7]));
        claims["acr"] = "strong".into();
        claims["auth_time"] = json!(NOW - 10);
        let ada = read(&claims).unwrap();
        assert_eq!((ada.amr.join(" "), ada.auth_time), ("pwd otp mfa".to_owned(), Some((NOW - 10) * 1000)));
        let amr = |provider: &IdentityProvider| ada.how(provider).amr().join(" ");
        assert_eq!(amr(&provider()), "");
        assert_eq!(amr(&IdentityProvider { trust_amr: true, ..provider() }), "pwd otp mfa");
        let acr = |word: &str| IdentityProvider { second_factor_acr: vec![word.to_owned()], ..provider() };
        assert_eq!((amr(&acr("strong")).as_str(), amr(&acr("other")).as_str()), ("mfa", ""));
        assert_eq!(read(&with("auth_time", json!(NOW + 61))), Err(Disbelief::Time));
    }

    #[test]
    fn organisations_come_by_domain() {
        let of = |email| provider().organisations_of(email);
        assert_eq!(of(Some("ada@ACME.example")), Some(vec!["all".to_owned(), "acme".to_owned()]));
        assert_eq!((of(Some("eve@sub.acme.example")), of(Some("eve@evil.example")), of(None)), (None, None, None));
        let open = IdentityProvider { domains: std::collections::BTreeMap::new(), ..provider() };
        assert_eq!(open.organisations_of(None), Some(vec!["all".to_owned()]));
    }

    #[test]
    fn a_document_is_of_its_issuer_and_an_answer_too() {
        let document = json!({
            "issuer": "https://p.example", "authorization_endpoint": "https://p.example/a", "jwks_uri": "https://p.example/j",
            "token_endpoint": "https://p.example/t", "token_endpoint_auth_methods_supported": ["client_secret_post"]
        });
        let text = document.to_string();
        let read = ProviderMetadata::read(text.as_bytes(), "https://p.example").unwrap();
        assert!(read.wants_secret_in_body() && read.is_answer_of(None) && read.is_answer_of(Some("https://p.example")));
        assert!(!read.is_answer_of(Some("https://q.example")));
        let named = ProviderMetadata { authorization_response_iss_parameter_supported: true, ..read };
        assert!(!named.is_answer_of(None));
        let other = ProviderMetadata::read(text.as_bytes(), "https://q.example");
        assert_eq!(other, Err(Disbelief::OtherIssuer("https://p.example".into())));
        assert_eq!(ProviderMetadata::read(b"[]", "https://p.example"), Err(Disbelief::NoMetadata));
        assert_eq!(
            ProviderMetadata::address("https://p.example/"),
            "https://p.example/.well-known/openid-configuration"
        );
    }
}
