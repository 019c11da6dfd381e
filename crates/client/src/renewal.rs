//! Getting a new token: look into the storage, refresh, fall back to the original grant, keep what came.

use std::sync::{PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_core::crypto::sha256;
use reqwest::Url;
use serde::{Deserialize, Serialize, Serializer};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::discovery;
use crate::error::Error;
use crate::grant::Grant;
use crate::request::{self, Ask, Given};
use crate::secret::{AccessToken, Secret};
use crate::settings::{Server, Settings};
use crate::storage::{Locked, StorageError};

/// What one renewal leaves to the next. Whoever holds it is the only one in this process that renews.
#[derive(Default)]
pub(crate) struct Renewal {
    /// The last refresh token; what is in the storage goes first.
    refresh_token: Option<Secret>,
    /// The code was exchanged: it works once, and a second time would end what it gave.
    spent: bool,
    /// The storage could not keep it: then this one goes first.
    unsaved: bool,
    /// How the last attempt failed, for those who waited for it.
    pub(crate) failure: Option<Error>,
    endpoint: OnceCell<Url>,
}

/// The token that is handed out.
#[derive(Default)]
pub(crate) struct Current(RwLock<Option<AccessToken>>);

impl Current {
    /// The token, however old it is.
    pub(crate) fn token(&self) -> Option<AccessToken> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, token: &AccessToken) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
    }
}

impl Renewal {
    /// Gets a token that is not `refused`, keeps it and makes it the current one.
    pub(crate) async fn run(
        &mut self,
        settings: &Settings,
        current: &Current,
        refused: Option<&AccessToken>,
    ) -> Result<AccessToken, Error> {
        let mut record_store = Shelf::open(settings).await?;
        if let Some(record) = record_store.load(settings).await?
            && !self.unsaved
        {
            let token = record.token();
            self.spent = true;
            self.refresh_token = record.refresh_token;
            let now = settings.clock.now();
            if let Some(token) = token
                && is_fresh(&token, now)
                && refused.is_none_or(|refused| !refused.same_text(&token))
            {
                current.set(&token);
                return Ok(token);
            }
        }
        let given = self.ask(settings).await?;
        self.spent = true;
        current.set(&given.access_token);
        // RFC 6749 6: no new refresh token means that the old one goes on.
        if given.refresh_token.is_some() {
            self.refresh_token = given.refresh_token;
        }
        let record = Record::new(settings, self.refresh_token.as_ref(), &given.access_token);
        self.unsaved = true;
        record_store.store(&record).await?;
        self.unsaved = false;
        Ok(given.access_token)
    }

    async fn ask(&mut self, settings: &Settings) -> Result<Given, Error> {
        let endpoint = self.endpoint.get_or_try_init(|| discovery::token_endpoint(settings)).await?;
        let is_code = matches!(settings.grant, Grant::AuthorizationCode { .. });
        let Some(token) = &self.refresh_token else {
            if is_code && self.spent {
                return Err(Error::CodeSpent);
            }
            return request::send(settings, endpoint, Ask::Original).await;
        };
        let refreshed = request::send(settings, endpoint, Ask::Refresh(token)).await;
        let over = matches!(&refreshed, Err(error) if error.code() == Some("invalid_grant"));
        if over && !is_code && !matches!(settings.grant, Grant::RefreshToken(_)) {
            self.refresh_token = None;
            return request::send(settings, endpoint, Ask::Original).await;
        }
        refreshed
    }
}

/// Whether a token need not be replaced yet.
pub(crate) fn is_fresh(token: &AccessToken, now: i64) -> bool {
    token.renew_at().is_none_or(|at| now < at)
}

/// What is stored.
#[derive(Serialize, Deserialize)]
struct Record {
    /// Whose tokens they are, hashed: another server, client, user, scope, audience or key does not use them.
    of: String,
    /// The configured refresh token from which they descend, hashed: another one starts anew.
    from: Option<String>,
    #[serde(serialize_with = "exposed")]
    refresh_token: Option<Secret>,
    #[serde(serialize_with = "exposed")]
    access_token: Option<Secret>,
    scope: Option<String>,
    expires_at: Option<i64>,
    renew_at: Option<i64>,
}

impl Record {
    fn new(settings: &Settings, refresh_token: Option<&Secret>, access_token: &AccessToken) -> Self {
        Self {
            of: owner(settings),
            from: origin(settings),
            refresh_token: refresh_token.cloned(),
            access_token: Some(access_token.expose().into()),
            scope: access_token.scope().map(str::to_owned),
            expires_at: access_token.expires_at(),
            renew_at: access_token.renew_at(),
        }
    }

    fn token(&self) -> Option<AccessToken> {
        let usable = |text: &Secret| text.expose().bytes().all(|byte| byte.is_ascii_graphic());
        let text = self.access_token.clone().filter(usable)?;
        Some(AccessToken::new(text, self.scope.clone(), self.expires_at, self.renew_at))
    }
}

/// The record is the one place where secrets are written out.
#[expect(clippy::ref_option, reason = "serde's signature")]
fn exposed<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::expose).serialize(serializer)
}

fn owner(settings: &Settings) -> String {
    let server = match &settings.server {
        Server::Endpoint(url) => url.as_str(),
        Server::Issuer(issuer, _) => issuer,
    };
    let user = match &settings.grant {
        Grant::Password { username, .. } => Some(username.as_str()),
        Grant::ClientCredentials | Grant::RefreshToken(_) | Grant::AuthorizationCode { .. } => None,
    };
    let mut parts = vec![Some(server), Some(settings.client_id.as_str()), user, settings.scope.as_deref()];
    parts.push(settings.audience.as_deref());
    let thumbprint = settings.possession.as_ref().map(|possession| possession.key.thumbprint());
    // What was stored before there were keys stays as it was.
    parts.extend(thumbprint.as_deref().map(Some));
    digest(&serde_json::json!(parts).to_string())
}

fn origin(settings: &Settings) -> Option<String> {
    match &settings.grant {
        Grant::RefreshToken(token) | Grant::AuthorizationCode { code: token, .. } => Some(digest(token.expose())),
        Grant::ClientCredentials | Grant::Password { .. } => None,
    }
}

fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(text.as_bytes()))
}

/// The storage, locked, or none. Its methods block, so they run where that is allowed.
struct Shelf(Option<Box<dyn Locked>>);

impl Shelf {
    async fn open(settings: &Settings) -> Result<Self, Error> {
        let Some(storage) = settings.storage.clone() else {
            return Ok(Self(None));
        };
        let locked = spawn_blocking(move || storage.lock()).await.map_err(|_| Error::Interrupted)??;
        Ok(Self(Some(locked)))
    }

    /// The record, if it is of these settings.
    async fn load(&mut self, settings: &Settings) -> Result<Option<Record>, Error> {
        let found = self.with(|locked| locked.load()).await?.flatten();
        let Some(bytes) = found.map(Zeroizing::new) else {
            return Ok(None);
        };
        let record: Record = serde_json::from_slice(&bytes).map_err(|_| StorageError::Unreadable)?;
        let ours = record.of == owner(settings) && record.from == origin(settings);
        Ok(ours.then_some(record))
    }

    async fn store(&mut self, record: &Record) -> Result<(), Error> {
        let bytes = serde_json::to_vec(record).map_err(|_| StorageError::Unreadable)?;
        let bytes = Zeroizing::new(bytes);
        self.with(move |locked| locked.store(&bytes)).await?;
        Ok(())
    }

    /// Runs `work` on a thread that may block; `None`: there is no storage.
    async fn with<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut dyn Locked) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<Option<T>, Error> {
        let Some(mut locked) = self.0.take() else {
            return Ok(None);
        };
        let (locked, done) = spawn_blocking(move || {
            let done = work(locked.as_mut());
            (locked, done)
        })
        .await
        .map_err(|_| Error::Interrupted)?;
        self.0 = Some(locked);
        Ok(Some(done?))
    }
}
