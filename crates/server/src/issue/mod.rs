//! Minting and committing: from a decision to an answer.
//!
//! Secrets are made first, then one transaction decides every race (a code spent once, a generation moved once, a seat
//! taken once), and only what was committed is answered. A token of a client that acts for itself writes nothing if it is
//! signed.

pub(crate) mod approve;
pub(crate) mod delivery;
mod id_token;
pub(crate) mod logout_token;
pub(crate) mod ping;
pub(crate) mod sealed;
pub(crate) mod spending;

use crate::failure::Failure;
use crate::ids;
use crate::state::State;
use crate::state::secrets::{RefreshKeys, SubjectKeys};
use crate::state::sites::Site;
use claviger_core::answer::{self, TokenAnswer};
use claviger_core::audience::Audience;
use claviger_core::claims::id_text;
use claviger_core::client::GrantType;
use claviger_core::confirmation::Confirmation;
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::dialect::Turnover;
use claviger_core::grant::{Decision, RefreshPlan, bounded};
use claviger_core::granted::Granted;
use claviger_core::jose::Typ;
use claviger_core::limits::SELF_REGISTERED_POOL;
use claviger_core::realm::{AccessTokenFormat, AccessTokenTyp, SeatCount, SeatScope};
use claviger_core::refusal::Further;
use claviger_core::token::{self, Id, Kind, Plain, replay_key};
use claviger_core::token_claims::{AccessTokenOf, access_claims, agent_acts};
use claviger_core::token_exchange::ACCESS_TOKEN;
use claviger_core::{Client, Realm, Refusal};
use claviger_store::{
    CodeRow, GrantWithUser, Issue, Issued, Masked, NewAccessToken, NewGrant, Precondition, Redeem, Replay, Rotate,
    SeatClaim, Store,
};
use id_token::{IdTokenOf, id_token};
use sealed::Recipients;
use serde_json::{Map, Value};
use spending::{Spending, spent};
use std::borrow::Cow;

/// What issues: for one site, at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Issuer<'a> {
    /// Where it is committed.
    pub(crate) store: &'a Store,
    /// Makes refresh tokens.
    pub(crate) refresh: &'a RefreshKeys,
    /// Names users to clients.
    pub(crate) subjects: &'a SubjectKeys,
    /// The realm and its signing keys.
    pub(crate) site: &'a Site,
    /// The key that was shown: access tokens are bound to it, and the refresh tokens of public clients.
    pub(crate) confirmation: Option<Confirmation>,
    /// What the request uses up.
    pub(crate) spending: &'a Spending,
    /// Whom ID tokens are encrypted to.
    pub(crate) recipients: Recipients<'a>,
    /// Milliseconds since the epoch.
    pub(crate) now: i64,
}

impl<'a> Issuer<'a> {
    /// The one of a running server, now.
    pub(crate) fn of(
        state: &'a State,
        site: &'a Site,
        confirmation: Option<Confirmation>,
        spending: &'a Spending,
    ) -> Self {
        let (store, refresh, subjects) = (&state.store, &state.secrets.refresh, &state.secrets.subjects);
        let (recipients, now) = (Recipients::of(state, site), state.clock.now());
        Self { store, refresh, subjects, site, confirmation, spending, recipients, now }
    }
}

/// What a token comes from.
pub(crate) enum Origin<'a> {
    /// No code and no grant: a new grant, if one is needed.
    Fresh {
        /// That a password which was found right is that of the user still.
        backed_by: Precondition,
    },
    /// A code, which becomes the grant.
    Code {
        /// As it was loaded or recalled.
        row: &'a CodeRow,
    },
    /// A grant, by its refresh token.
    Refresh {
        /// As it was loaded or recalled.
        loaded: &'a GrantWithUser,
        /// The token that was presented.
        presented: &'a Plain,
        /// What was asked for, as the answer is sealed with it: a retry that asks for the same gets the very same.
        asked: &'a [u8],
    },
    /// Another token, whose grant the new one belongs to, where that has any: no grant begins.
    Exchanged {
        /// The grant.
        grant: Option<Id>,
    },
    /// A grant whose answer was lost, and that is asked for something else now: it moves no further.
    Retry {
        /// As it was loaded.
        loaded: &'a GrantWithUser,
    },
}

/// An access token and its life.
pub(crate) struct Access {
    /// The token.
    pub(crate) token: Plain,
    /// Seconds.
    pub(crate) expires_in: i64,
    /// The row to store, if it is opaque.
    pub(crate) row: Option<NewAccessToken>,
}

/// What an access token is made from.
pub(crate) struct AccessOf<'a> {
    pub(crate) client: &'a Client,
    /// The user's id.
    pub(crate) user: Option<&'a str>,
    /// How the user is named to the client.
    pub(crate) subject: Option<&'a str>,
    pub(crate) granted: &'a Granted,
    /// The APIs, where they are fewer than those of the grant.
    pub(crate) narrowed: Option<&'a Audience>,
    pub(crate) plan: claviger_core::grant::AccessPlan,
    /// The key that its holder has to show.
    pub(crate) confirmation: Option<Confirmation>,
    /// What it says beside its registered claims.
    pub(crate) claims: &'a Map<String, Value>,
    /// The stored grant it belongs to.
    pub(crate) grant: Option<&'a Id>,
    pub(crate) now: i64,
}

impl AccessOf<'_> {
    /// What a reference stands for.
    fn document(&self, realm: &Realm) -> serde_json::Result<String> {
        let Self { confirmation, claims, .. } = *self;
        let subject = self.subject.filter(|subject| Some(*subject) != self.user).map(str::to_owned);
        let act = self.granted.act.clone().or_else(|| agent_acts(realm, self.client, self.user.is_some()));
        let is_plain = self.narrowed.is_none() && claims.is_empty() && subject.is_none() && act == self.granted.act;
        if is_plain && self.granted.confirmation == confirmation {
            return serde_json::to_string(self.granted);
        }
        let (audience, claims) = (self.narrowed.unwrap_or(&self.granted.audience).clone(), claims.clone());
        serde_json::to_string(&Granted { audience, confirmation, subject, claims, act, ..self.granted.clone() })
    }
}

/// Mints what `decision` says, commits it, and spells the answer.
///
/// # Errors
/// The refusals that only the transaction can know: the code was spent, the generation moved
/// or what it rests on ([`Refusal::RefreshReused`]), no seat was free; and the store's faults.
pub(crate) async fn token_answer(
    issuer: Issuer<'_>,
    client: &Client,
    mut decision: Decision,
    origin: Origin<'_>,
) -> Result<Vec<u8>, Failure> {
    let Issuer { site, now, confirmation, .. } = issuer;
    decision.access = bounded(decision.access, decision.granted.until, now)?;
    // A confidential client shows who it is with each refresh (RFC 9449 5, RFC 8705 7.1).
    decision.granted.confirmation = confirmation.filter(|_| !client.is_confidential());
    let grant = grant_step(&issuer, client, &decision, &origin)?;
    let name = |user| issuer.subjects.name(&site.realm.id, client, user);
    // Of a token that was exchanged for another client's the subject is that client.
    let of_client = decision.granted.subject.take().map(Cow::Owned);
    let subject = decision.user.as_deref().map(name).transpose()?.or(of_client);
    let access = mint_access(
        site,
        &AccessOf {
            client,
            user: decision.user.as_deref(),
            subject: subject.as_deref(),
            granted: &decision.granted,
            narrowed: decision.narrowed.as_ref(),
            plan: decision.access,
            confirmation,
            claims: &decision.claims,
            grant: grant.id.as_ref(),
            now,
        },
    )
    .await?;
    let id_token = match (&decision.id_token, &subject) {
        (Some(plan), Some(subject)) => {
            let named = decision.granted.told.as_ref().and_then(|told| told.subject.as_deref());
            let of = IdTokenOf {
                client,
                subject: named.unwrap_or(subject),
                auth_time: decision.granted.auth_time,
                nonce: plan.nonce.as_deref(),
                proof: decision.granted.proof.as_deref(),
                session: decision.granted.session.as_deref(),
                claims: &plan.user,
                access: Some(&access.token),
                code: None,
                now,
            };
            Some(id_token(site, issuer.recipients, of).await?)
        }
        _ => None,
    };
    let body = answer::token(
        &site.realm.dialect,
        &TokenAnswer {
            access_token: &access.token,
            token_type: confirmation.and_then(Confirmation::token_type),
            expires_in: access.expires_in,
            refresh_token: grant.refresh_token.as_ref(),
            scope: &decision.granted.scope,
            scope_differs: decision.scope_differs,
            id_token: id_token.as_deref(),
            issued_token_type: (decision.granted.flow == GrantType::TokenExchange).then_some(ACCESS_TOKEN),
        },
    )?;
    let issue = Issue {
        now,
        spends: issuer.spending.left(),
        redeem: redeem_step(&origin),
        rotate: rotate_step(site, &origin, grant.rotate, &body, now)?,
        new_grant: grant.row,
        backed_by: if let Origin::Fresh { backed_by } = origin { backed_by } else { Precondition::default() },
        seats: grant.seats,
        access: access.row,
    };
    let gives = issue.rotate.is_some() || issue.new_grant.is_some() || issue.access.is_some();
    if !gives && issue.spends.is_empty() {
        return Ok(body);
    }
    match issuer.store.issue(issue).await? {
        Issued::Done => {
            issuer.spending.done();
            Ok(body)
        }
        Issued::Spent(kind) => Err(spent(kind).into()),
        Issued::CodeSpent { .. } => Err(Refusal::CodeReplayed.into()),
        Issued::CodeGone => Err(Refusal::CodeExpired.into()),
        Issued::Barred => Err(Refusal::GrantUnbacked.into()),
        Issued::Stale => Err(Refusal::RefreshReused.into()),
        Issued::NoSeat { pool, size, .. } if pool == SELF_REGISTERED_POOL => {
            Err(Refusal::from(Further::TooManyGrants(size)).into())
        }
        Issued::NoSeat { in_use, size, .. } => Err(Refusal::NoFreeSeat { in_use, size }.into()),
    }
}

/// What is to happen to the grant.
#[derive(Default)]
struct GrantStep {
    id: Option<Id>,
    row: Option<NewGrant>,
    rotate: Option<Moved>,
    refresh_token: Option<Plain>,
    seats: Vec<SeatClaim>,
}

/// A grant that goes from one generation to the next, or stays.
struct Moved {
    grant: Id,
    /// `None`: every generation is served.
    from: Option<u32>,
    to: u32,
    idle_expires_at: i64,
}

fn grant_step(
    issuer: &Issuer<'_>,
    client: &Client,
    decision: &Decision,
    origin: &Origin<'_>,
) -> Result<GrantStep, Failure> {
    let Issuer { site, refresh, now, .. } = *issuer;
    let policy = &site.realm.tokens;
    let access_end = now + decision.access.ttl.as_millis();
    if let Origin::Retry { loaded } = origin {
        let grant = &loaded.row.grant;
        // Computed, and so the same that was in the answer that was lost.
        let successor = refresh.mint(&grant.id, grant.generation, &grant.nonce);
        return Ok(GrantStep { id: Some(grant.id), refresh_token: Some(successor), ..GrantStep::default() });
    }
    if let Origin::Exchanged { grant } = origin {
        return Ok(GrantStep { id: *grant, ..GrantStep::default() });
    }
    if let Origin::Refresh { loaded, .. } = origin {
        let grant = &loaded.row.grant;
        let idle = (now + policy.refresh_idle.as_millis()).min(grant.expires_at);
        let RefreshPlan::Yes(turnover) = decision.refresh else {
            return Err(Refusal::grant_not_allowed(client).into());
        };
        let to = if turnover == Turnover::Stable {
            grant.generation
        } else {
            grant.generation.checked_add(1).ok_or(Refusal::RefreshExpired)?
        };
        let seats = seat_claims(site, client, decision, &grant.id, idle.max(access_end));
        let keeps_answer = turnover == Turnover::Rotate;
        return Ok(GrantStep {
            id: Some(grant.id),
            refresh_token: Some(refresh.mint(&grant.id, to, &grant.nonce)),
            rotate: Some(Moved {
                grant: grant.id,
                from: keeps_answer.then_some(grant.generation),
                to,
                idle_expires_at: idle,
            }),
            row: None,
            seats,
        });
    }
    let refreshable = matches!(decision.refresh, RefreshPlan::Yes(_));
    if decision.granted.flow == GrantType::ClientCredentials && !refreshable && decision.seats.is_empty() {
        return Ok(GrantStep::default());
    }
    let id = if let Origin::Code { row } = origin { row.code.id } else { ids::new(now) };
    let absolute = if refreshable { now + policy.refresh_absolute.as_millis() } else { access_end };
    let absolute = absolute.min(decision.granted.until.unwrap_or(i64::MAX));
    let idle = if refreshable { (now + policy.refresh_idle.as_millis()).min(absolute) } else { access_end };
    let nonce: [u8; 16] = random_bytes();
    let turnover = if let RefreshPlan::Yes(turnover) = decision.refresh { turnover } else { Turnover::Rotate };
    let row = NewGrant {
        id,
        realm: site.realm.id.clone(),
        client: client.id.clone(),
        user: decision.user.clone(),
        flow: decision.granted.flow.word().to_owned(),
        doc: serde_json::to_string(&decision.granted)?,
        nonce: Masked(nonce),
        generation: 0,
        turnover: turnover.name().to_owned(),
        created_at: now,
        idle_expires_at: idle,
        expires_at: absolute,
    };
    Ok(GrantStep {
        id: Some(id),
        refresh_token: refreshable.then(|| refresh.mint(&id, 0, &nonce)),
        seats: seat_claims(site, client, decision, &id, idle.max(access_end)),
        row: Some(row),
        rotate: None,
    })
}

/// The change of generation, with the answer sealed under the presented token, so that a retry can be given it again.
fn rotate_step(
    site: &Site,
    origin: &Origin<'_>,
    moved: Option<Moved>,
    body: &[u8],
    now: i64,
) -> Result<Option<Rotate>, Failure> {
    let (Some(moved), Origin::Refresh { presented, loaded, asked }) = (moved, origin) else { return Ok(None) };
    let replay = match moved.from {
        Some(generation) => {
            let key = replay_key(presented.expose()).ok_or(claviger_core::crypto::CryptoError::KeyRejected)?;
            let until = now + site.realm.dialect.refresh.grace.as_millis();
            Some(Replay { sealed: Masked(key.seal(asked, body)?), until, generation })
        }
        None => None,
    };
    Ok(Some(Rotate {
        grant: moved.grant,
        from: moved.from,
        to: moved.to,
        idle_expires_at: moved.idle_expires_at,
        precondition: loaded.precondition,
        replay,
    }))
}

fn redeem_step(origin: &Origin<'_>) -> Option<Redeem> {
    let Origin::Code { row } = origin else { return None };
    Some(Redeem { code: row.code.id, hash: *row.code.hash, precondition: row.precondition })
}

/// The seats that a grant takes: those of the realm's pools, and its place among all grants of clients that came by themselves.
fn seat_claims(site: &Site, client: &Client, decision: &Decision, grant: &Id, until: i64) -> Vec<SeatClaim> {
    let claim = |pool: &str, organisation: &str, size: u32, holder: String| SeatClaim {
        realm: site.realm.id.clone(),
        pool: pool.to_owned(),
        organisation: organisation.to_owned(),
        size,
        holder,
        grant: *grant,
        client: client.id.clone(),
        user: decision.user.clone(),
        expires_at: until,
    };
    let mut claims = Vec::new();
    let together =
        site.realm.limits.self_registered_grants.filter(|most| *most > 0 && client.registered.self_registered);
    claims.extend(together.map(|most| claim(SELF_REGISTERED_POOL, "", most, id_text(grant))));
    for pool in decision.seats.iter().filter_map(|name| site.realm.seat_pool(name)) {
        let holder = match (&decision.user, pool.count) {
            (Some(user), SeatCount::User) => user.clone(),
            // A client that acts for nobody is one user of its own; no user has its id.
            (None, SeatCount::User) => client.id.clone(),
            (_, SeatCount::Session) => id_text(grant),
        };
        let organisations: Vec<&str> = match pool.per {
            SeatScope::Realm => vec![""],
            SeatScope::Organisation if decision.granted.organisations.is_empty() => vec![""],
            SeatScope::Organisation => decision.granted.organisations.iter().map(String::as_str).collect(),
        };
        claims.extend(organisations.into_iter().map(|of| claim(&pool.name, of, pool.size, holder.clone())));
    }
    claims
}

/// What a signed access token calls itself: `JWT` only where all its APIs want that.
fn typ(site: &Site, audience: &Audience) -> Typ {
    let plain = |name| site.realm.api(name).is_some_and(|api| api.typ == AccessTokenTyp::Jwt);
    if audience.iter().all(plain) { Typ::Jwt } else { Typ::AccessToken }
}

/// The members of a JSON object with further ones behind them.
fn joined(mut object: Vec<u8>, more: &Map<String, Value>) -> serde_json::Result<Vec<u8>> {
    if !more.is_empty() && object.pop() == Some(b'}') {
        object.push(b',');
        object.extend(serde_json::to_vec(more)?.into_iter().skip(1));
    }
    Ok(object)
}

/// Mints an access token, signed or opaque.
///
/// # Errors
/// Signing failed.
pub(crate) async fn mint_access(site: &Site, of: &AccessOf<'_>) -> Result<Access, Failure> {
    let ttl = of.plan.ttl;
    match of.plan.format {
        AccessTokenFormat::Jwt => {
            let key = site.keys.signing(of.plan.algorithm).await?;
            let jti = id_text(&ids::new(of.now));
            let claims = access_claims(
                &site.realm,
                AccessTokenOf {
                    client: of.client,
                    has_user: of.user.is_some(),
                    subject: of.subject,
                    granted: of.granted,
                    narrowed: of.narrowed,
                    ttl,
                    confirmation: of.confirmation,
                    grant: of.grant,
                    jti: &jti,
                    now: of.now,
                },
            );
            let typ = typ(site, of.narrowed.unwrap_or(&of.granted.audience));
            let token = key.sign_jwt(typ, &joined(serde_json::to_vec(&claims)?, of.claims)?)?;
            Ok(Access { token: Plain::new(token), expires_in: ttl.as_seconds(), row: None })
        }
        AccessTokenFormat::Opaque => {
            let (id, secret) = ids::new_with_secret(of.now);
            let token = token::mint(Kind::Access, &id, &secret);
            let row = NewAccessToken {
                id,
                hash: Masked(token.hash()),
                realm: site.realm.id.clone(),
                client: of.client.id.clone(),
                user: of.user.map(str::to_owned),
                grant: of.grant.copied(),
                doc: of.document(&site.realm)?,
                issued_at: of.now,
                expires_at: of.now + ttl.as_millis(),
            };
            Ok(Access { token, expires_in: ttl.as_seconds(), row: Some(row) })
        }
    }
}

#[cfg(test)]
mod tests;
