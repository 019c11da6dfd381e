//! What Claviger must not lose: one set of intentions on a SQL database.
//!
//! [`Store`] has one method per intention: "redeem this code and keep the grant that it became", never "update that
//! row". Each is one transaction; single use is a conditional update whose row count is checked; an answer comes only
//! after what it rests on is durable. No method reads a clock: each takes `now`, in milliseconds since the epoch.
//!
//! The layers, from the outside in: a subject's module (`realms`, `clients`, `issue`, ..) holds its rows, its intentions
//! (written once, against a transaction of any engine) and the [`Store`] methods that run them; `statements` is the
//! registry of all SQL; `sqlite` and `postgres` are the engines.
//!
//! Documents (`doc`) are text to the store: those of realms, clients, users and organisations are core's types as JSON,
//! the others belong to whoever writes them. Secrets and tokens are only ever here as hashes or sealed.

mod account;
mod activity;
mod api_answers;
mod app_consents;
mod app_events;
mod app_reviews;
mod apply;
mod approve;
mod audit;
mod backchannel;
mod brakes;
mod changes;
mod client_documents;
mod clients;
pub mod copy;
mod deadlines;
mod decide;
mod devices;
#[doc(hidden)]
pub mod earlier;
mod edit;
mod endings;
mod events;
mod evidence;
mod expected;
mod factors;
mod fault;
mod find;
mod grants;
mod heartbeat;
mod home;
mod import;
mod issue;
mod keys;
mod leases;
mod legacy;
mod links;
mod logouts;
mod mail;
mod managed;
mod names;
mod options;
mod organisation_apps;
mod organisations;
mod outbox;
mod overview;
mod partner_apps;
mod partners;
mod passkeys;
mod postgres;
mod precondition;
pub mod private;
mod provider_accounts;
mod purge;
mod realms;
mod register;
mod registrations;
mod request_log;
mod restore;
mod retry;
mod revocations;
mod roles;
mod schema;
mod search;
mod seats;
mod sessions;
mod spend;
mod sqlite;
mod statements;
mod store;
mod teams;
mod tokens;
mod turn;
mod tx;
mod user_links;
mod users;
mod uses;
mod value;
mod webhooks;
mod withdraw;

pub use account::{ConnectedApp, GrantOfApp, OwnSeat, OwnSession};
pub use activity::{Activity, ActivityKind, ActivityLine};
pub use api_answers::ApiAnswer;
pub use app_consents::AppConsent;
pub use app_events::{AppEvent, EventKind, Speaker, SpeakerKind};
pub use app_reviews::WaitingApp;
pub use apply::{Put, Puts, Told};
pub use approve::Approval;
pub use audit::act::Expected;
pub use audit::act::{Act, Actor, Subject, SubjectKind, Way};
pub use audit::{AuditBreak, AuditFilter, AuditLine, AuditVerified};
pub use backchannel::{AskPolicy, BackchannelRow, BlockedApp, NewBackchannel, PING_TOPIC};
pub use brakes::{Failures, NewFailures};
pub use changes::{Change, ChangeKind, Changes};
pub use claviger_core::claims::id_text;
pub use claviger_core::token::Id;
pub use client_documents::{AskedFor, ClientDocument, NewDocument};
pub use clients::{ClientSecret, SecretAdded, SecretKind};
pub use copy::Ended;
pub use deadlines::LegacyDeadline;
pub use devices::{Begun, DeviceRow, NewDevice, PollPolicy, Polled};
pub use edit::Edited;
pub use events::WEBHOOK_TOPIC;
pub use events::kinds::{EVENTS, EventField, WebhookEvent, event_kind};
pub use evidence::{Evidence, EvidenceLine};
pub use factors::{Factor, RememberedBrowser};
pub use fault::Fault;
pub use grants::{GrantRow, GrantWithUser, NewGrant, Replay};
pub use heartbeat::Heartbeat;
pub use home::{Ending, EndingKind};
pub use import::{Imported, NewUser};
pub use issue::{Issue, Issued, Redeem, Rotate};
pub use keys::{KeyChange, KeyChanges, KeySet, KeyState, KeyThatLeft, SigningKeyRow};
pub use legacy::LegacyUse;
pub use links::{BehindLink, LinkUse, OneTimeLink};
pub use logouts::{LOGOUT_TOPIC, SessionEnded, SignedInTo};
pub use mail::{MAIL_TOPIC, Mail};
pub use names::{Alike, Place};
pub use options::Options;
pub use organisation_apps::{ActingFor, AppRule};
pub use organisations::Removed;
pub use outbox::{DueParcel, Parcel, ParcelLine};
pub use overview::{ConsentLine, GrantLine, Of, SessionLine};
pub use partner_apps::{PartnerApp, PartnerAppLine, PartnerAppState};
pub use partners::{AboutKind, Announcement, InSandbox, SandboxKind};
pub use passkeys::{PasskeyUsed, UsePasskey};
pub use precondition::{Precondition, SessionPrecondition};
pub use provider_accounts::{LinkedAccount, Newcomer, ProviderAccount};
pub use purge::Sweep;
pub use registrations::{DueRegistration, InitialToken, Logo, RegisteredBy, Registering, Registration};
pub use request_log::{
    GAP, RequestBounds, RequestDay, RequestError, RequestFilter, RequestLine, RequestLog, beside as request_log_of,
};
pub use revocations::{Revocation, RevocationKind, Revocations};
pub use roles::{AdminRole, Given, HolderKind, RoleHolder, Taken};
pub use seats::{SeatClaim, SeatLine, SeatRow};
pub use sessions::{Answered, Consent, ConsentGrant, Session, SignedIn};
pub use spend::{Spend, SpendKind};
pub use store::{ServingLock, Store, lock_for_serving};
pub use teams::{Team, TeamChange, TeamInvitation, TeamMember, TeamRole};
pub use tokens::{AccessTokenRow, CodeRow, NewAccessToken, NewCode};
pub use user_links::{LinkKind, Moved, UserLink};
pub use users::StoredUser;
pub use uses::SecretUse;
pub use value::{Hash, Masked};
pub use webhooks::Webhook;
pub use webhooks::deliveries::{Delivery, Replayed, Tried};
pub use withdraw::session_name;
