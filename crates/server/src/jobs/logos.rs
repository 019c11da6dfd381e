//! Clients' pictures are fetched beside the requests: whoever shows one asks for it ([`crate::state::logos::wanted`]), and [`fetch`] brings it. One that
//! cannot be had is asked for again a week later, when its parcel has left.

use crate::outbox::{self, Attempt, Carrier, Pauses};
use crate::state::State;
use crate::state::logos::{TOPIC, drawn};
use claviger_store::{Fault, Logo, Parcel};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// How often it is looked whether a picture is wanted.
const PERIOD: Duration = Duration::from_secs(2);

/// What a picture may be served as.
const MEDIA: &[&str] = &["image/png", "image/jpeg", "image/webp"];

/// Fetches what is wanted until told to stop.
pub(crate) async fn fetch_logos(state: Arc<State>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = sleep(PERIOD) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if let Err(fault) = fetch(&state).await {
            tracing::debug!(%fault, "pictures are looked for again later");
        }
    }
}

/// Fetches the pictures whose time has come; how many were tried.
pub(crate) async fn fetch(state: &State) -> Result<usize, Fault> {
    outbox::deliver_due(&state.background, &Logos { state }, state.clock.now()).await
}

struct Logos<'a> {
    state: &'a State,
}

impl Carrier for Logos<'_> {
    fn topic(&self) -> &'static str {
        TOPIC
    }

    fn pauses(&self) -> Pauses {
        Pauses { first: 60_000, longest: 3_600_000, give_up: 7_200_000 }
    }

    async fn deliver(&self, parcel: &Parcel) -> Attempt {
        match self.bring(parcel).await {
            Ok(()) => Attempt::Delivered,
            Err(attempt) => attempt,
        }
    }
}

impl Logos<'_> {
    async fn bring(&self, parcel: &Parcel) -> Result<(), Attempt> {
        let state = self.state;
        let hopeless = |why: &str| Attempt::Hopeless(why.to_owned());
        let later = |fault: Fault| Attempt::Later(fault.to_string());
        let id = std::str::from_utf8(&parcel.sealed).map_err(|_| hopeless("it names no client"))?;
        let realm = state.store.realm(&parcel.realm).await.map_err(later)?.ok_or_else(|| hopeless("no realm"))?;
        let found = state.store.client_with_secrets(&realm.id, id).await.map_err(later)?;
        let source = found.and_then(|(client, _)| client.registered.logo_uri).ok_or_else(|| hopeless("no picture"))?;
        let body = state.outbound.get(&source, realm.requests.loopback, MEDIA).await;
        let body = body.map_err(|error| {
            if error.may_pass() { Attempt::Later(error.to_string()) } else { Attempt::Hopeless(error.to_string()) }
        })?;
        let drawing = tokio::task::spawn_blocking(move || drawn(&body)).await;
        let picture = drawing.map_err(|error| hopeless(&error.to_string()))?;
        let picture = picture.map_err(|error| hopeless(&error.to_string()))?;
        state.store.put_logo(&realm.id, id, Logo { source, picture }).await.map_err(later)
    }
}
