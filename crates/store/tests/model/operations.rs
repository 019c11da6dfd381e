//! What may be done to a store: small numbers that are read against what there is when their turn comes, so that a
//! sequence stays meaningful when steps before are taken out of it.

use claviger_core::client::ClientStatus;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) const REALMS: [&str; 2] = ["r", "s"];
pub(crate) const CLIENTS: [&str; 2] = ["c", "d"];
pub(crate) const USERS: [&str; 2] = ["u", "v"];
pub(crate) const POOLS: [&str; 2] = ["session", "user"];
pub(crate) const SCOPES: [&str; 3] = ["a", "b", "a b"];
/// How refresh tokens turn over, as the server spells it.
pub(crate) const TURNOVERS: [&str; 3] = ["rotate", "reissue", "stable"];

/// The one before the newest by so many, of what there is; nothing where there is nothing.
pub(crate) type Back = u8;

/// Which of two, as an index into one of the tables above.
pub(crate) type Which = u8;

/// The client and the user of what begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parties {
    pub(crate) realm: Which,
    pub(crate) client: Which,
    /// `None`: the client acts for itself.
    pub(crate) user: Option<Which>,
}

/// What is written together with a grant's beginning or refresh.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extras {
    /// An opaque access token.
    pub(crate) access: bool,
    /// Seats of these pools (a bit each).
    pub(crate) pools: u8,
    /// In the pool of an organisation.
    pub(crate) organisation: bool,
}

/// One step.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
    /// Time goes by.
    Wait {
        ms: i64,
    },
    /// An authorization request waits for a person.
    Ask {
        parties: Parties,
    },
    /// Its approval: the consent, and the code.
    Approve {
        pending: Back,
        consent: bool,
    },
    /// A code that is given out.
    Code {
        parties: Parties,
    },
    /// The exchange of a code, with a right or a wrong secret.
    Exchange {
        code: Back,
        wrong: bool,
        turnover: Which,
        long: bool,
        extras: Extras,
    },
    /// A grant that begins without a code.
    Begin {
        parties: Parties,
        turnover: Which,
        long: bool,
        extras: Extras,
    },
    /// A refresh token `old` generations behind the present one is presented to a server that looks first.
    Present {
        grant: Back,
        old: u8,
        extras: Extras,
    },
    /// A grant is in use for a long time: refreshed so many times, each time before it is idle for too long.
    Use {
        grant: Back,
        turns: u8,
        extras: Extras,
    },
    /// A server that looked a while ago moves the generation on from `old` behind, or ahead of, the present one.
    Move {
        grant: Back,
        old: i8,
        extras: Extras,
    },
    /// The last write of a token request is made a second time, as it is.
    Again,
    /// An opaque access token without a grant.
    Opaque {
        parties: Parties,
    },
    /// A grant is revoked; also a code's that was not exchanged.
    RevokeGrant {
        grant: Back,
        of_code: bool,
    },
    RevokeClient {
        realm: Which,
        client: Which,
    },
    RevokeUser {
        realm: Which,
        user: Which,
    },
    RevokeToken {
        token: Back,
    },
    /// A JWT is revoked by its id.
    RevokeJti {
        realm: Which,
        number: u8,
        lifetime: i64,
    },
    SetStatus {
        realm: Which,
        client: Which,
        status: ClientStatus,
    },
    DeleteClient {
        realm: Which,
        client: Which,
    },
    /// The client is written, maybe with another document, maybe anew.
    PutClient {
        realm: Which,
        client: Which,
        version: Which,
        status: ClientStatus,
    },
    DisableUser {
        realm: Which,
        user: Which,
        disabled: bool,
    },
    /// A pool has another size from now on.
    Resize {
        pool: Which,
        size: u32,
    },
    /// A seat is taken away from whoever has held one for the `held`-longest.
    ReleaseSeat {
        held: u8,
    },
    Consent {
        parties: Parties,
        scope: u8,
        organisation: bool,
    },
    Withdraw {
        parties: Parties,
    },
    Purge {
        limit: i64,
    },
    /// A few rows of each kind, until all that is over has left.
    PurgeAll {
        limit: i64,
    },
}

fn which() -> impl Strategy<Value = Which> {
    // Mostly the first, so that steps meet.
    prop_oneof![4 => Just(0_u8), 1 => Just(1)]
}

fn parties() -> impl Strategy<Value = Parties> {
    let user = prop_oneof![4 => which().prop_map(Some), 1 => Just(None)];
    (prop_oneof![9 => Just(0_u8), 1 => Just(1)], which(), user).prop_map(|(realm, client, user)| Parties {
        realm,
        client,
        user,
    })
}

fn extras() -> impl Strategy<Value = Extras> {
    (any::<bool>(), prop_oneof![2 => Just(0_u8), 3 => Just(1), 4 => Just(2), 1 => Just(3)], any::<bool>())
        .prop_map(|(access, pools, organisation)| Extras { access, pools, organisation })
}

fn back() -> impl Strategy<Value = Back> {
    prop_oneof![6 => Just(0_u8), 3 => Just(1), 1 => 2..5_u8]
}

fn status() -> impl Strategy<Value = ClientStatus> {
    use ClientStatus::{Active, Pending, Rejected, Suspended};
    prop_oneof![4 => Just(Active), 3 => Just(Suspended), 1 => Just(Pending), 1 => Just(Rejected)]
}

/// A step.
pub(crate) fn op() -> impl Strategy<Value = Op> {
    // Around every limit that the world knows: the grace, the lives of codes, tokens, grants, and what is remembered.
    let waits =
        vec![1, SECOND, 29 * SECOND, 30 * SECOND, MINUTE, 10 * MINUTE, 20 * MINUTE, HOUR, 3 * HOUR, 25 * HOUR, 8 * DAY];
    let lives = vec![0, MINUTE, HOUR, 3 * HOUR];
    prop_oneof![
        8 => select(waits).prop_map(|ms| Op::Wait { ms }),
        2 => parties().prop_map(|parties| Op::Ask { parties }),
        2 => (back(), any::<bool>()).prop_map(|(pending, consent)| Op::Approve { pending, consent }),
        4 => parties().prop_map(|parties| Op::Code { parties }),
        8 => (back(), prop::bool::weighted(0.1), 0..3_u8, any::<bool>(), extras()).prop_map(
            |(code, wrong, turnover, long, extras)| Op::Exchange { code, wrong, turnover, long, extras }),
        8 => (parties(), 0..3_u8, any::<bool>(), extras()).prop_map(
            |(parties, turnover, long, extras)| Op::Begin { parties, turnover, long, extras }),
        14 => (back(), prop_oneof![4 => Just(0_u8), 3 => Just(1), 1 => Just(2)], extras()).prop_map(
            |(grant, old, extras)| Op::Present { grant, old, extras }),
        7 => (back(), 1..6_u8, extras()).prop_map(|(grant, turns, extras)| Op::Use { grant, turns, extras }),
        8 => (back(), prop_oneof![3 => Just(0_i8), 4 => 1..4_i8, 1 => Just(-1_i8)], extras()).prop_map(|(grant, old, extras)| Op::Move { grant, old, extras }),
        3 => Just(Op::Again),
        2 => parties().prop_map(|parties| Op::Opaque { parties }),
        3 => (back(), prop::bool::weighted(0.2)).prop_map(|(grant, of_code)| Op::RevokeGrant { grant, of_code }),
        2 => (which(), which()).prop_map(|(realm, client)| Op::RevokeClient { realm, client }),
        2 => (which(), which()).prop_map(|(realm, user)| Op::RevokeUser { realm, user }),
        2 => back().prop_map(|token| Op::RevokeToken { token }),
        1 => (which(), 0..3_u8, select(lives)).prop_map(
            |(realm, number, lifetime)| Op::RevokeJti { realm, number, lifetime }),
        4 => (which(), which(), status()).prop_map(|(realm, client, status)| Op::SetStatus { realm, client, status }),
        2 => (which(), which()).prop_map(|(realm, client)| Op::DeleteClient { realm, client }),
        4 => (which(), which(), which(), status()).prop_map(
            |(realm, client, version, status)| Op::PutClient { realm, client, version, status }),
        4 => (which(), which(), any::<bool>()).prop_map(
            |(realm, user, disabled)| Op::DisableUser { realm, user, disabled }),
        2 => (which(), 0..4_u32).prop_map(|(pool, size)| Op::Resize { pool, size }),
        4 => (0..4_u8).prop_map(|held| Op::ReleaseSeat { held }),
        4 => (parties(), 0..3_u8, any::<bool>()).prop_map(
            |(parties, scope, organisation)| Op::Consent { parties, scope, organisation }),
        1 => parties().prop_map(|parties| Op::Withdraw { parties }),
        3 => prop_oneof![3 => Just(10_000_i64), 1 => 1..4_i64].prop_map(|limit| Op::Purge { limit }),
        4 => (1..4_i64).prop_map(|limit| Op::PurgeAll { limit }),
    ]
}
