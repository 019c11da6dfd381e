//! The events that there are, with what each tells: published, and versioned one by one.
//!
//! A field that comes along does not change a version; one that goes, or means something else, does.

/// One kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookEvent {
    /// Its name.
    pub name: &'static str,
    /// The version of its schema.
    pub version: u32,
    /// When it is told.
    pub about: &'static str,
    /// Whether the webhooks of an app are told as well, where it is about that app.
    pub of_apps: bool,
    /// What its `data` holds.
    pub fields: &'static [EventField],
}

/// One field of an event's `data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventField {
    /// Its name.
    pub name: &'static str,
    /// Its types, as JSON Schema names them.
    pub types: &'static [&'static str],
    /// What it says.
    pub about: &'static str,
}

const fn field(name: &'static str, types: &'static [&'static str], about: &'static str) -> EventField {
    EventField { name, types, about }
}

const fn of_app(name: &'static str, about: &'static str, fields: &'static [EventField]) -> WebhookEvent {
    WebhookEvent { name, version: 1, about, of_apps: true, fields }
}

const fn of_operators(name: &'static str, about: &'static str, fields: &'static [EventField]) -> WebhookEvent {
    WebhookEvent { name, version: 1, about, of_apps: false, fields }
}

const APP: EventField = field("app", &["string"], "The app's client id");
const SECRET: EventField = field("secret", &["string"], "The secret's id; never the secret");
const LABEL: EventField = field("label", &["string", "null"], "What the secret is called");
const ENDS: EventField = field("expires_at", &["integer", "null"], "When the secret ends, in milliseconds since 1970");
const USER: EventField =
    field("user", &["string", "null"], "The user, under the name (`sub`) that this app knows them by");
const GRANTS: EventField = field("grants", &["array"], "The ids of the grants that ended");
const COUNT: EventField = field("grants", &["integer", "null"], "How many grants ended with it");

/// All of them.
pub const EVENTS: &[WebhookEvent] = &[
    of_app(
        "app.requested",
        "An app was registered",
        &[APP, field("status", &["string"], "`pending` where it waits for approval, else `active`")],
    ),
    of_app("app.approved", "An app was approved", &[APP]),
    of_app("app.rejected", "An app was turned down", &[APP]),
    of_app("app.suspended", "An app was stopped; its grants and tokens ended", &[APP]),
    of_app("app.resumed", "A stopped app is served again", &[APP]),
    of_app("secret.added", "An app got one more secret", &[APP, SECRET, LABEL, ENDS]),
    of_app("secret.retired", "A secret of an app was stopped", &[APP, SECRET]),
    of_app("secret.ends_soon", "A secret ends within two weeks; told once", &[APP, SECRET, LABEL, ENDS]),
    of_app(
        "legacy.deadline",
        "An app may use an old behaviour until a date: told when it is set, 30, 7 and 1 days before, and when it is over",
        &[
            APP,
            field("legacy", &["string"], "The behaviour, as dialects spell it"),
            field("ends_at", &["integer"], "When it ends, in milliseconds since 1970"),
            field("note", &["string"], "What the operator says of it; may be empty"),
            field("enforced", &["boolean"], "Whether it is refused from then on"),
            field("over", &["boolean"], "Whether the date has come"),
        ],
    ),
    of_app("grant.revoked", "An operator ended grants of an app", &[APP, GRANTS, USER]),
    of_app("consent.withdrawn", "What a user let an app do was taken back", &[APP, USER, COUNT]),
    of_operators("user.disabled", "A user signs in no more", &[field("user", &["string"], "The user's id")]),
    of_operators(
        "key.rotated",
        "A realm signs with another key, or one was revoked",
        &[
            field("active", &["array"], "The ids of the keys that sign from now on"),
            field("revoked", &["string", "null"], "The id of a key whose signatures count no more"),
        ],
    ),
    of_operators(
        "realm.applied",
        "A realm file changed something",
        &[field("changed", &["integer"], "How many objects of the realm were changed")],
    ),
    of_app("test", "Somebody tries the webhook out", &[field("message", &["string"], "A greeting")]),
];

/// The kind of this name.
pub fn event_kind(name: &str) -> Option<&'static WebhookEvent> {
    EVENTS.iter().find(|kind| kind.name == name)
}
