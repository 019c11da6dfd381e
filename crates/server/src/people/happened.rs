//! What happens to an account is noted for its owner, and told by mail where the realm says so. That something cannot be noted or
//! told is logged, and stops nobody.

use crate::admin::letters::Post;
use crate::http::Incoming;
use crate::ids;
use crate::people::user_agent::browser_of;
use crate::state::State;
use crate::state::sites::Site;
use claviger_core::Client;
use claviger_core::realm::AccountMail;
use claviger_core::user::User;
use claviger_store::{Activity, ActivityKind, Fault, Hash, SignedIn};

/// Where something happens.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) state: &'a State,
    pub(crate) site: &'a Site,
    pub(crate) incoming: &'a Incoming,
}

impl Scene<'_> {
    /// Notes it; `user`: their id.
    pub(crate) async fn note(self, user: &str, kind: ActivityKind, about: &str) {
        let activity = self.activity(user, kind, about);
        logged(self.state.store.note_activity(None, Some(activity)).await);
    }

    /// A session began, or goes on as another one where nobody signed in (`is_sign_in`).
    pub(crate) async fn session(self, user: &str, session: &Hash, is_sign_in: bool) {
        let store = &self.state.store;
        if is_sign_in {
            let activity = self.activity(user, ActivityKind::SignedIn, "");
            logged(store.note_activity(Some(*session), Some(activity)).await);
        } else {
            logged(store.note_origin(session, &browser_of(self.incoming), &self.incoming.client.to_string()).await);
        }
    }

    /// A sign-in under this name was refused. It is noted where somebody has the name, and beside the answer: how long that takes says
    /// nothing of whether somebody has it.
    pub(crate) fn refused(self, username: &str) {
        let (store, realm, username) = (self.state.store.clone(), self.site.realm.id.clone(), username.to_owned());
        let activity = self.activity("", ActivityKind::Refused, "");
        tokio::spawn(async move {
            let noted = async {
                let Some((found, _)) = store.login_to_verify(&realm, &username).await? else { return Ok(()) };
                store.note_activity(None, Some(Activity { user: found.user.id, ..activity })).await
            };
            logged(noted.await);
        });
    }

    /// Tells them by mail, where the realm says so; `about`: the app.
    pub(crate) async fn tell(self, user: &User, mail: AccountMail, about: &str) {
        let Self { state, site, incoming } = self;
        if !site.realm.account.sends(mail) {
            return;
        }
        let (browser, address) = (browser_of(incoming), incoming.client.to_string());
        let place = [browser, address].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        let pages = state.pages.load_full();
        let (store, secrets, now) = (&state.store, &state.secrets, state.clock.now());
        let post = Post { store, secrets, pages: &pages, realm: &site.realm, now };
        logged(post.notify(user, mail.into(), (about, place)).await);
        state.handed_in.notify_one();
    }

    /// Somebody let an app act for them; whoever did so for the first time hears of it.
    pub(crate) async fn connected(self, client: &Client, who: &SignedIn) {
        self.note(&who.user.id, ActivityKind::AppConnected, &client.name).await;
        if who.consent.is_none() {
            self.tell(&who.user, AccountMail::AppConnected, &client.name).await;
        }
    }

    fn activity(self, user: &str, kind: ActivityKind, about: &str) -> Activity {
        let now = self.state.clock.now();
        Activity {
            id: ids::new(now),
            realm: self.site.realm.id.clone(),
            user: user.to_owned(),
            kind,
            about: about.to_owned(),
            browser: browser_of(self.incoming),
            address: self.incoming.client.to_string(),
            at: now,
        }
    }
}

fn logged(result: Result<(), Fault>) {
    if let Err(fault) = result {
        tracing::warn!(%fault, "what happened to an account was not noted or told");
    }
}
