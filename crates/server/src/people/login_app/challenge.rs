//! Challenges: what the vendor's own page is asked, and how its app's answer finds the browser that asked.
//!
//! A challenge is sealed and carries everything, so that nothing is stored for whoever only opens an address; those behind a
//! sign-in name what is stored. The answer is one row, written once ([`put`]); what the browser comes back with names that row
//! and is good once as well ([`use_up`]).

use crate::failure::Failure;
use crate::ids;
use crate::people::browser::Browser;
use crate::people::login_app::said::{ConsentSaid, LoginSaid, LogoutSaid, Rejection};
use crate::people::waiting::{Waiting, open, seal};
use crate::state::State;
use claviger_core::crypto::sha256;
use claviger_core::jose::{base64url, from_base64url};
use claviger_core::params::Opaque;
use claviger_core::token::Id;
use claviger_store::{Answered, Hash, SignedIn};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// What a page is asked.
pub(crate) trait Challenge: Serialize + DeserializeOwned + Clone {
    /// Of which kind: also the beginning of its parameters' names.
    const KIND: &'static str;
    /// What the app says where it accepts.
    type Said: Serialize + DeserializeOwned + PartialEq + Clone;
    /// Its own name.
    fn id(&self) -> Id;
    /// The same under a name.
    fn named(self, id: Id) -> Self;
    /// When it is over, in milliseconds.
    fn expires_at(&self) -> i64;
    /// The request that waits behind it, where it carries that.
    fn carries(&self) -> Option<Waiting> {
        None
    }
}

/// To sign somebody in, for a request that waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LoginChallenge {
    #[serde(skip)]
    id: Id,
    waiting_id: String,
    waiting: Waiting,
    /// Who is signed in already and need not be asked.
    pub(crate) known: Option<Known>,
}

/// Who is signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Known {
    /// The user.
    pub(crate) user: String,
    /// The hash of their session, in base64url.
    pub(crate) session: String,
}

impl LoginChallenge {
    /// For a request, and who is signed in already.
    pub(crate) fn new(waiting: &Waiting, who: Option<&SignedIn>, now: i64) -> Self {
        let known = who.map(|who| Known { user: who.user.id.clone(), session: base64url(&who.session.hash) });
        Self { id: ids::new(now), waiting_id: base64url(&waiting.id), waiting: waiting.clone(), known }
    }

    /// The request that waits.
    pub(crate) fn waiting(&self) -> Waiting {
        let id = from_base64url(&self.waiting_id).and_then(|id| id.try_into().ok()).unwrap_or_default();
        let mut waiting = self.waiting.clone();
        waiting.id = id;
        waiting
    }
}

impl Challenge for LoginChallenge {
    const KIND: &'static str = "login";
    type Said = LoginSaid;
    fn id(&self) -> Id {
        self.id
    }
    fn named(self, id: Id) -> Self {
        Self { id, ..self }
    }
    fn expires_at(&self) -> i64 {
        self.waiting.expires_at
    }
    fn carries(&self) -> Option<Waiting> {
        Some(self.waiting())
    }
}

/// To ask what somebody allows who has signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ConsentChallenge {
    #[serde(skip)]
    id: Id,
    /// The challenge to sign in that was answered.
    login: String,
    session: String,
    /// Nobody need be asked.
    pub(crate) skip: bool,
    expires_at: i64,
}

impl ConsentChallenge {
    /// After a challenge to sign in, in a session.
    pub(crate) fn new(login: &LoginChallenge, session: &Hash, skip: bool, now: i64) -> Self {
        let (id, expires_at) = (ids::new(now), login.expires_at());
        Self { id, login: base64url(&login.id), session: base64url(session), skip, expires_at }
    }

    /// The name of the challenge to sign in.
    pub(crate) fn login(&self) -> Id {
        from_base64url(&self.login).and_then(|id| id.try_into().ok()).unwrap_or_default()
    }

    /// The session in which it is asked.
    pub(crate) fn session(&self) -> Hash {
        hash(&self.session)
    }
}

impl Challenge for ConsentChallenge {
    const KIND: &'static str = "consent";
    type Said = ConsentSaid;
    fn id(&self) -> Id {
        self.id
    }
    fn named(self, id: Id) -> Self {
        Self { id, ..self }
    }
    fn expires_at(&self) -> i64 {
        self.expires_at
    }
}

/// To ask whether somebody signs out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LogoutChallenge {
    #[serde(skip)]
    id: Id,
    browser: String,
    session: String,
    /// Who.
    pub(crate) user: String,
    /// The client that sent them.
    pub(crate) client: Option<String>,
    /// Its address to go back to, and its `state`.
    pub(crate) back: Option<(String, Option<Opaque>)>,
    /// The client sent an ID token of theirs.
    pub(crate) rp_initiated: bool,
    /// The address that was asked for.
    pub(crate) request_url: String,
    expires_at: i64,
}

impl LogoutChallenge {
    /// For a session, in a browser; good for so many milliseconds.
    pub(crate) fn new(who: &SignedIn, browser: &Browser, now: i64, patience: i64) -> Self {
        Self {
            id: ids::new(now),
            browser: base64url(&browser.hash()),
            session: base64url(&who.session.hash),
            user: who.user.id.clone(),
            client: None,
            back: None,
            rp_initiated: false,
            request_url: String::new(),
            expires_at: now + patience,
        }
    }

    /// The session that would end.
    pub(crate) fn session(&self) -> Hash {
        hash(&self.session)
    }

    /// As the app knows the session.
    pub(crate) fn session_name(&self) -> &str {
        &self.session
    }

    /// Whether it was given to this browser, in constant time.
    pub(crate) fn is_of(&self, browser: &Browser) -> bool {
        self.browser.as_bytes().ct_eq(base64url(&browser.hash()).as_bytes()).into()
    }
}

impl Challenge for LogoutChallenge {
    const KIND: &'static str = "logout";
    type Said = LogoutSaid;
    fn id(&self) -> Id {
        self.id
    }
    fn named(self, id: Id) -> Self {
        Self { id, ..self }
    }
    fn expires_at(&self) -> i64 {
        self.expires_at
    }
}

/// A session's hash in base64url; of anything else, the hash of no session.
pub(crate) fn hash(text: &str) -> Hash {
    from_base64url(text).and_then(|hash| hash.try_into().ok()).unwrap_or_default()
}

/// What the app said of a challenge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Outcome<S> {
    /// Yes.
    Accepted(S),
    /// No.
    Rejected(Rejection),
}

/// A challenge with what the app said of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "C: Challenge")]
pub(crate) struct Settled<C: Challenge> {
    /// What was asked.
    pub(crate) challenge: C,
    /// What was said.
    pub(crate) outcome: Outcome<C::Said>,
}

/// The text of a challenge, as it travels.
///
/// # Errors
/// The library fails.
pub(crate) fn spell<C: Challenge>(challenge: &C, state: &State, realm: &str) -> Result<String, Failure> {
    seal(challenge, &challenge.id(), &format!("{} challenge", C::KIND), &state.secrets, realm)
}

/// Reads a challenge; `None` for everything that this realm did not send. It may be over.
pub(crate) fn read<C: Challenge>(text: &str, state: &State, realm: &str) -> Option<C> {
    let (id, challenge) = open::<C>(text, &format!("{} challenge", C::KIND), &state.secrets, realm)?;
    Some(challenge.named(id))
}

/// What a browser comes back with: the name of the answer, which nobody else can spell.
///
/// # Errors
/// The library fails.
pub(crate) fn verifier<C: Challenge>(id: &Id, state: &State, realm: &str) -> Result<String, Failure> {
    seal(&(), id, &format!("{} verifier", C::KIND), &state.secrets, realm)
}

/// The answer that a browser comes back with.
///
/// # Errors
/// The store cannot read.
pub(crate) async fn came_back<C: Challenge>(text: &str, state: &State, realm: &str) -> Result<Came<C>, Failure> {
    let Some((id, ())) = open::<()>(text, &format!("{} verifier", C::KIND), &state.secrets, realm) else {
        return Ok(Came::Strangely);
    };
    let settled = settled(&id, state, realm).await?;
    Ok(settled.map_or(Came::Late, |settled| Came::Back(Box::new(settled))))
}

/// What a browser came back with.
pub(crate) enum Came<C: Challenge> {
    /// What the app said.
    Back(Box<Settled<C>>),
    /// What the app said too late, or what nobody remembers any more.
    Late,
    /// Nothing of ours.
    Strangely,
}

/// What the app said of a challenge, if it did.
///
/// # Errors
/// The store cannot read.
pub(crate) async fn settled<C: Challenge>(id: &Id, state: &State, realm: &str) -> Result<Option<Settled<C>>, Failure> {
    let Some(stored) = state.store.answered(&row::<C>("said", id)).await? else { return Ok(None) };
    let text = String::from_utf8(stored.sealed).unwrap_or_default();
    let opened = open::<Settled<C>>(&text, &format!("{} said", C::KIND), &state.secrets, realm);
    Ok(opened.map(|(id, settled)| Settled { challenge: settled.challenge.named(id), ..settled }))
}

/// Keeps what the app said of a challenge; false where it has said something before.
///
/// # Errors
/// The store cannot write.
pub(crate) async fn put<C: Challenge>(settled: &Settled<C>, state: &State, realm: &str) -> Result<bool, Failure> {
    let id = settled.challenge.id();
    let sealed = seal(settled, &id, &format!("{} said", C::KIND), &state.secrets, realm)?.into_bytes();
    let expires_at = settled.challenge.expires_at();
    let answered = Answered { id: row::<C>("said", &id), realm: realm.to_owned(), sealed, expires_at };
    Ok(state.store.put_answered(answered).await?)
}

/// Uses up what a browser came back with; true for one caller only.
///
/// # Errors
/// The store cannot write.
pub(crate) async fn use_up<C: Challenge>(challenge: &C, state: &State, realm: &str) -> Result<bool, Failure> {
    let (id, expires_at) = (row::<C>("used", &challenge.id()), challenge.expires_at());
    let used = Answered { id, realm: realm.to_owned(), sealed: Vec::new(), expires_at };
    Ok(state.store.put_answered(used).await?)
}

/// The row of a challenge; another one than that of the request which waits behind it.
fn row<C: Challenge>(what: &str, id: &Id) -> Id {
    let mut text = format!("{} {what} ", C::KIND).into_bytes();
    text.extend_from_slice(id);
    sha256(&text).first_chunk().copied().unwrap_or_default()
}
