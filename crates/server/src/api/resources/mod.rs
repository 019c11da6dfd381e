//! The operations, a file for each resource.

mod app_fields;
mod apps;
mod audit;
mod branding;
mod caller;
mod consents;
mod deadlines;
mod deliveries;
mod grants;
mod health;
mod keys;
mod legacy;
mod limits;
mod log;
mod organisations;
mod partners;
mod realms;
mod reviews;
mod roles;
mod scopes;
mod seats;
mod secrets;
mod sessions;
mod tokens;
mod users;
mod webhooks;

use super::operation::Operation;

/// Every operation. A new resource is a file here with its `OPERATIONS`, and a line in this list.
pub(super) fn all() -> impl Iterator<Item = &'static Operation> {
    [
        caller::OPERATIONS,
        realms::OPERATIONS,
        branding::OPERATIONS,
        scopes::OPERATIONS,
        apps::OPERATIONS,
        limits::OPERATIONS,
        reviews::OPERATIONS,
        partners::OPERATIONS,
        secrets::OPERATIONS,
        keys::OPERATIONS,
        users::OPERATIONS,
        organisations::OPERATIONS,
        grants::OPERATIONS,
        consents::OPERATIONS,
        sessions::OPERATIONS,
        seats::OPERATIONS,
        roles::OPERATIONS,
        audit::OPERATIONS,
        webhooks::OPERATIONS,
        deliveries::OPERATIONS,
        log::OPERATIONS,
        tokens::OPERATIONS,
        legacy::OPERATIONS,
        deadlines::OPERATIONS,
        health::OPERATIONS,
    ]
    .into_iter()
    .flatten()
}
