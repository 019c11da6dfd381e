//! Seats: who holds the licences.

use super::{Act, Admin, AdminError};
use claviger_core::Realm;
use claviger_core::limits::SELF_REGISTERED_POOL;
use claviger_store::{SeatLine, Store};

/// The seats of a realm that are held at `now` (in milliseconds), with the names of who holds them, of one pool where one is named.
///
/// # Errors
/// The store cannot be read.
pub async fn list(store: &Store, realm: &Realm, pool: Option<&str>, now: i64) -> Result<Vec<SeatLine>, AdminError> {
    let held = store.list_seats(&realm.id, now).await?;
    let is_meant =
        |line: &SeatLine| line.seat.pool != SELF_REGISTERED_POOL && pool.is_none_or(|pool| pool == line.seat.pool);
    Ok(held.into_iter().filter(is_meant).collect())
}

/// Takes a seat away from its holder: the sessions behind it end with their tokens. How many did. `organisation` is empty
/// where the pool is the realm's.
///
/// # Errors
/// Nobody of this name holds one, or the store cannot write.
pub async fn release(
    admin: &Admin<'_>,
    realm: &Realm,
    pool: &str,
    organisation: &str,
    holder: &str,
) -> Result<usize, AdminError> {
    let until = admin.now + realm.longest_token();
    let store = admin.act(Act::SeatRelease);
    match store.release_seat(&realm.id, pool, organisation, holder, admin.now, until).await? {
        0 => Err(AdminError::NoSuchSeat { pool: pool.to_owned(), holder: holder.to_owned() }),
        ended => Ok(ended),
    }
}
