//! Every SQL statement there is, in the subset that all engines read alike.
//!
//! Parameters are `?1`, `?2`, ..; `{NOW}` is the database's own time in milliseconds since the epoch, a whole number;
//! `{LOCKED}` locks the rows of a `SELECT` in its order, so that two who change many never wait for each other. Each engine
//! spells them in its way, once. The place in [`Statement::ALL`] is the place in an engine's table of prepared
//! statements, so none is found by its text.

/// Declares the registry: a name and the SQL, in sections.
macro_rules! registry {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        /// One statement of the registry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Statement { $($(#[$doc])* $name),* }

        impl Statement {
            /// All of them, in order.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its text.
            pub(crate) const fn sql(self) -> &'static str {
                match self { $(Self::$name => $sql),* }
            }

            /// Whether it only reads.
            pub(crate) fn reads(self) -> bool {
                self.sql().starts_with("SELECT")
            }
        }
    };
}

mod account;
mod administration;
mod agents;
mod deadlines;
mod expected;
mod factors;
mod find;
mod home;
mod people;
mod portal;
mod provider_accounts;
mod registrations;
mod requests;
mod user_links;
mod webhooks;

registry! {
    // ---- sequences and changes
    NextNumber = "UPDATE counter SET value = value + 1 WHERE name = ?1 RETURNING value";
    LastNumber = "SELECT value FROM counter WHERE name = ?1";
    AddChange = "INSERT INTO change (seq, kind, realm, id, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    ChangesAfter = "SELECT seq, kind, realm, id FROM change WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    PurgeChanges = "DELETE FROM change WHERE seq IN (SELECT seq FROM change WHERE at < ?1 ORDER BY seq LIMIT ?2)";

    // ---- who did what
    HoldNumber = "UPDATE counter SET value = value WHERE name = ?1";
    AuditDigest = "SELECT digest FROM audit WHERE seq = ?1";
    AddAudit = "INSERT INTO audit (seq, at, realm, way, act, subject_kind, subject, reference, before_doc, after_doc,
            actor_digest, personal_digest, digest)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    AddAuditPart = "INSERT INTO audit_part (seq, part, salt, doc) VALUES (?1, ?2, ?3, ?4)";
    AuditLines = "SELECT a.seq, a.at, a.realm, a.way, a.act, a.subject_kind, a.subject, a.reference, a.before_doc,
            a.after_doc, a.digest, w.doc, s.doc
        FROM audit a LEFT JOIN audit_part w ON w.seq = a.seq AND w.part = 'actor'
            LEFT JOIN audit_part s ON s.seq = a.seq AND s.part = 'subject'
        WHERE a.seq < ?1 AND (CAST(?3 AS TEXT) IS NULL OR a.realm = ?3) AND (CAST(?4 AS TEXT) IS NULL OR a.act = ?4)
            AND (CAST(?5 AS TEXT) IS NULL OR w.doc = ?5) AND (CAST(?6 AS TEXT) IS NULL OR a.subject_kind = ?6)
            AND (CAST(?7 AS TEXT) IS NULL OR a.subject = ?7) AND a.at >= ?8 AND a.at < ?9
        ORDER BY a.seq DESC LIMIT ?2";
    AuditOnward = "SELECT a.seq, a.at, a.realm, a.way, a.act, a.subject_kind, a.subject, a.reference, a.before_doc,
            a.after_doc, a.digest, w.doc, s.doc
        FROM audit a LEFT JOIN audit_part w ON w.seq = a.seq AND w.part = 'actor'
            LEFT JOIN audit_part s ON s.seq = a.seq AND s.part = 'subject'
        WHERE a.seq > ?1 AND (CAST(?3 AS TEXT) IS NULL OR a.realm = ?3) AND (CAST(?4 AS TEXT) IS NULL OR a.act = ?4)
            AND (CAST(?5 AS TEXT) IS NULL OR w.doc = ?5) AND (CAST(?6 AS TEXT) IS NULL OR a.subject_kind = ?6)
            AND (CAST(?7 AS TEXT) IS NULL OR a.subject = ?7) AND a.at >= ?8 AND a.at < ?9
        ORDER BY a.seq LIMIT ?2";
    AuditChain = "SELECT a.seq, a.at, a.realm, a.way, a.act, a.subject_kind, a.subject, a.reference, a.before_doc,
            a.after_doc, a.actor_digest, a.personal_digest, a.digest, w.salt, w.doc, s.salt, s.doc
        FROM audit a LEFT JOIN audit_part w ON w.seq = a.seq AND w.part = 'actor'
            LEFT JOIN audit_part s ON s.seq = a.seq AND s.part = 'subject'
        WHERE a.seq > ?1 ORDER BY a.seq LIMIT ?2";
    AuditLast = "SELECT seq FROM audit WHERE seq > 0 ORDER BY seq DESC LIMIT 1";
    EraseAudit = "DELETE FROM audit_part WHERE part = 'subject' AND seq IN (SELECT seq FROM audit
        WHERE realm = ?1 AND subject_kind = ?2 AND subject = ?3)";

    AuditCut = "SELECT seq, digest FROM audit_cut WHERE seq > 0 ORDER BY seq DESC LIMIT 1";
    CutAuditAt = "SELECT seq, digest FROM audit WHERE seq <= ?1 AND at < ?2 ORDER BY seq DESC LIMIT 1";
    PutAuditCut = "INSERT INTO audit_cut (seq, digest, cut_at) VALUES (?1, ?2, ?3)";
    DropAuditCuts = "DELETE FROM audit_cut WHERE seq < ?1";
    CutAudit = "DELETE FROM audit WHERE seq <= ?1";
    CutAuditParts = "DELETE FROM audit_part WHERE seq <= ?1";

    // ---- webhooks
    WebhooksThatListen = webhooks::THAT_LISTEN;
    Webhook = webhooks::FIND;
    Webhooks = webhooks::LIST;
    AddWebhook = webhooks::ADD;
    EditWebhook = webhooks::EDIT;
    RotateWebhook = webhooks::ROTATE;
    DisableWebhook = webhooks::DISABLE;
    DeleteWebhook = webhooks::DELETE;
    DeleteWebhooksOfClient = webhooks::DELETE_OF_CLIENT;
    DeleteDeliveries = webhooks::DELETE_DELIVERIES;
    NoteWebhook = webhooks::NOTE;
    AddDelivery = webhooks::ADD_DELIVERY;
    Delivery = webhooks::DELIVERY;
    Deliveries = webhooks::DELIVERIES;
    NoteDelivery = webhooks::NOTE_DELIVERY;
    QueueDelivery = webhooks::QUEUE;
    DeliveriesSince = webhooks::SINCE;
    TrimDeliveries = webhooks::TRIM;
    PurgeDeliveries = webhooks::PURGE;
    EndingSecrets = webhooks::ENDING_SECRETS;
    TellOfEndingSecret = webhooks::TELL_OF_ENDING;

    // ---- the heartbeat and the clock
    Heartbeat = "SELECT {NOW}, value, (SELECT at FROM change WHERE seq = ?1) FROM counter WHERE name = 'change'";
    RaiseNumber = "UPDATE counter SET value = ?2 WHERE name = ?1 AND value < ?2";

    // ---- leases
    TakeLease = "INSERT INTO lease (name, holder, until) VALUES (?1, ?2, {NOW} + ?3)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE lease.holder = excluded.holder OR lease.until <= {NOW}
            OR lease.until > excluded.until + 1000";
    ReleaseLease = "DELETE FROM lease WHERE name = ?1 AND holder = ?2";

    // ---- realms
    PutRealm = "INSERT INTO realm (id, doc, version, updated_at) VALUES (?1, ?2, 1, ?3)
        ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, version = realm.version + 1, updated_at = excluded.updated_at
        WHERE realm.doc <> excluded.doc";
    DeleteRoutes = "DELETE FROM realm_route WHERE realm = ?1";
    AddRoute = "INSERT INTO realm_route (authority, realm) VALUES (?1, ?2) ON CONFLICT (authority, realm) DO NOTHING";
    Realm = "SELECT doc FROM realm WHERE id = ?1";
    RealmsAt = "SELECT r.doc FROM realm_route t JOIN realm r ON r.id = t.realm WHERE t.authority = ?1 ORDER BY r.id";
    ListRealms = "SELECT id FROM realm WHERE id > ?1 ORDER BY id LIMIT ?2";

    // ---- clients and their secrets
    PutClient = "INSERT INTO client (realm, id, status, doc, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
        ON CONFLICT (realm, id) DO UPDATE SET doc = excluded.doc, updated_at = excluded.updated_at
        WHERE client.doc <> excluded.doc";
    RegisterClient = "INSERT INTO client (realm, id, status, doc, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (realm, id) DO NOTHING";
    ClientStatus = "SELECT status FROM client WHERE realm = ?1 AND id = ?2";
    /// Clients at which a sign-in can begin.
    ClientDocument = registrations::DOCUMENT;
    PutClientDocument = registrations::PUT_DOCUMENT;
    CountClientDocuments = registrations::COUNT_DOCUMENTS;
    DeleteClientDocument = registrations::DELETE_DOCUMENT;
    AskForClient = registrations::ASK_FOR;
    AskedForClient = registrations::ASKED_FOR;
    DeleteAskedForClient = registrations::DELETE_ASKED;
    DeleteAskedByUser = registrations::DELETE_ASKED_OF_USER;
    LaunchableClients = registrations::LAUNCHABLE;
    AddRegistration = registrations::ADD;
    CountRegistrations = registrations::COUNT;
    Registration = registrations::FIND;
    DueRegistrations = registrations::DUE;
    CheckRegistrationLater = registrations::CHECK_LATER;
    DeleteRegistration = registrations::DELETE;
    LastUseOfClient = registrations::LAST_USE;
    DeleteEndingSecrets = registrations::DELETE_ENDING_SECRETS;
    EndOtherSecrets = registrations::END_OTHER_SECRETS;
    AddInitialToken = registrations::ADD_TOKEN;
    InitialToken = registrations::FIND_TOKEN;
    ListInitialTokens = registrations::LIST_TOKENS;
    UseInitialToken = registrations::USE_TOKEN;
    RevokeInitialToken = registrations::REVOKE_TOKEN;
    PurgeInitialTokens = registrations::PURGE_TOKENS;
    PutLogo = registrations::PUT_LOGO;
    Logo = registrations::LOGO;
    DeleteLogo = registrations::DELETE_LOGO;
    Client = "SELECT c.doc, c.status, s.id, s.kind, s.hash, s.label, s.created_at, s.expires_at, s.retired_at,
            c.legacy_ended
        FROM client c LEFT JOIN client_secret s ON s.realm = c.realm AND s.client = c.id
        WHERE c.realm = ?1 AND c.id = ?2";
    ListClients = "SELECT doc, status FROM client WHERE realm = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    FindClients = find::CLIENTS;
    FindUsers = find::USERS;
    ListClientsByStatus = "SELECT doc, status FROM client
        WHERE realm = ?1 AND status = ?2 AND id > ?3 ORDER BY id LIMIT ?4";
    /// Perhaps: the document is looked into afterwards.
    ClientsByPassword = "SELECT doc, status FROM client
        WHERE realm = ?1 AND doc LIKE '%\"secret_is_password\":true%'";
    SomeClientWith = "SELECT 1 FROM client WHERE realm = ?1 AND (doc LIKE ?2 OR doc LIKE ?3) LIMIT 1";
    LockClient = "UPDATE client SET updated_at = ?3 WHERE realm = ?1 AND id = ?2";
    SetClientStatus = "UPDATE client SET status = ?3, updated_at = ?4 WHERE realm = ?1 AND id = ?2 AND status <> ?3";
    DeleteClient = "DELETE FROM client WHERE realm = ?1 AND id = ?2";
    AddSecret = "INSERT INTO client_secret (realm, client, id, kind, hash, label, created_at, expires_at)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
        WHERE (SELECT COUNT(*) FROM client_secret WHERE realm = ?1 AND client = ?2 AND retired_at IS NULL
            AND (expires_at IS NULL OR expires_at > ?7)) < 2";
    PutSecret = "INSERT INTO client_secret (realm, client, id, kind, hash, label, created_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        ON CONFLICT (realm, client, id) DO UPDATE
        SET kind = excluded.kind, hash = excluded.hash, label = excluded.label, expires_at = excluded.expires_at,
            retired_at = NULL
        WHERE client_secret.hash <> excluded.hash OR client_secret.retired_at IS NOT NULL";
    RetireSecret = "UPDATE client_secret SET retired_at = ?4
        WHERE realm = ?1 AND client = ?2 AND id = ?3 AND retired_at IS NULL";
    DeleteSecrets = "DELETE FROM client_secret WHERE realm = ?1 AND client = ?2";
    DeleteConsentsOfClient = "DELETE FROM consent WHERE realm = ?1 AND client = ?2";

    // ---- users and organisations
    PutUser = "INSERT INTO users (realm, id, username_key, disabled, password_hash, doc, created_at, updated_at, email_key)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)
        ON CONFLICT (realm, id) DO UPDATE
        SET username_key = excluded.username_key, email_key = excluded.email_key, disabled = excluded.disabled, doc = excluded.doc,
            password_hash = COALESCE(excluded.password_hash, users.password_hash), updated_at = excluded.updated_at
        WHERE users.doc <> excluded.doc OR users.disabled <> excluded.disabled
            OR COALESCE(excluded.password_hash, '') NOT IN ('', COALESCE(users.password_hash, ''))";
    User = "SELECT doc, disabled, password_hash, version FROM users WHERE realm = ?1 AND id = ?2";
    UserByUsername = "SELECT doc, disabled, password_hash, version FROM users WHERE realm = ?1 AND username_key = ?2";
    UsernameTaken = "SELECT id FROM users WHERE realm = ?1 AND username_key = ?2 AND id <> ?3";
    ListUsers = "SELECT doc, disabled FROM users WHERE realm = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    SetPassword = "UPDATE users SET password_hash = ?3, updated_at = ?4 WHERE realm = ?1 AND id = ?2";
    SetDisabled = "UPDATE users SET disabled = ?3, updated_at = ?4 WHERE realm = ?1 AND id = ?2 AND disabled <> ?3";
    PutOrganisation = "INSERT INTO organisation (realm, id, doc) VALUES (?1, ?2, ?3)
        ON CONFLICT (realm, id) DO UPDATE SET doc = excluded.doc WHERE organisation.doc <> excluded.doc";
    ImportUser = people::IMPORT;
    UsersInTheWay = people::IN_THE_WAY;
    ReplaceHash = people::REPLACE_HASH;
    PerhapsMembers = people::PERHAPS_MEMBERS;
    DeleteUser = people::DELETE;
    DeleteConsentsOfUser = people::DELETE_CONSENTS;
    DeleteOrganisation = people::DELETE_ORGANISATION;
    Organisation = "SELECT doc FROM organisation WHERE realm = ?1 AND id = ?2";

    // ---- what operators look through
    GrantsOfRealm = "SELECT g.id, g.client, g.user_id, u.doc, g.flow, g.doc, g.created_at, g.refreshed_at,
            g.idle_expires_at, g.expires_at
        FROM grants g LEFT JOIN users u ON u.realm = g.realm AND u.id = g.user_id
        WHERE g.realm = ?1 AND (g.client, g.id) > (?2, ?3) AND g.revoked_at IS NULL AND g.idle_expires_at > ?4 AND g.expires_at > ?4
            AND g.created_at <= ?4
        ORDER BY g.client, g.id LIMIT ?5";
    GrantsOfApp = "SELECT g.id, g.client, g.user_id, u.doc, g.flow, g.doc, g.created_at, g.refreshed_at,
            g.idle_expires_at, g.expires_at
        FROM grants g LEFT JOIN users u ON u.realm = g.realm AND u.id = g.user_id
        WHERE g.realm = ?1 AND g.client = ?2 AND g.id > ?3 AND g.revoked_at IS NULL AND g.idle_expires_at > ?4 AND g.expires_at > ?4
            AND g.created_at <= ?4
        ORDER BY g.id LIMIT ?5";
    GrantsOfUser = "SELECT g.id, g.client, g.user_id, u.doc, g.flow, g.doc, g.created_at, g.refreshed_at,
            g.idle_expires_at, g.expires_at
        FROM grants g LEFT JOIN users u ON u.realm = g.realm AND u.id = g.user_id
        WHERE g.realm = ?1 AND g.user_id = ?2 AND g.user_id IS NOT NULL AND g.id > ?3
            AND g.revoked_at IS NULL AND g.idle_expires_at > ?4 AND g.expires_at > ?4
            AND g.created_at <= ?4
            AND (CAST(?6 AS TEXT) IS NULL OR g.client = ?6)
        ORDER BY g.id LIMIT ?5";
    GrantsOfPair = "SELECT id FROM grants
        WHERE realm = ?1 AND user_id = ?2 AND client = ?3 AND revoked_at IS NULL AND user_id IS NOT NULL ORDER BY id";
    /// Of users from ?2 to ?4; ?5: only of users who let this app act for them.
    Sessions = "SELECT s.hash, s.realm, s.user_id, s.created_at, s.auth_time, s.last_seen_at, s.expires_at, s.how, u.doc
        FROM session s LEFT JOIN users u ON u.realm = s.realm AND u.id = s.user_id
        WHERE s.realm = ?1 AND s.user_id >= ?2 AND s.user_id <= ?4 AND (s.user_id, s.hash) > (?2, ?3)
            AND (CAST(?5 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM consent c
                    WHERE c.realm = s.realm AND c.user_id = s.user_id AND c.client = ?5)
                OR EXISTS (SELECT 1 FROM grants g WHERE g.realm = s.realm AND g.user_id = s.user_id
                    AND g.client = ?5 AND g.revoked_at IS NULL AND g.user_id IS NOT NULL))
            AND s.expires_at > ?6
        ORDER BY s.user_id, s.hash LIMIT ?7";
    EndSessionOf = "DELETE FROM session WHERE hash = ?1 AND realm = ?2 AND user_id = ?3";
    Consents = "SELECT c.scope, c.organisations, c.updated_at, c.user_id, c.client, u.doc, c.until_at
        FROM consent c LEFT JOIN users u ON u.realm = c.realm AND u.id = c.user_id
        WHERE c.realm = ?1 AND c.user_id >= ?2 AND c.user_id <= ?4 AND (c.user_id, c.client) > (?2, ?3)
            AND (CAST(?5 AS TEXT) IS NULL OR c.client = ?5)
        ORDER BY c.user_id, c.client LIMIT ?6";
    /// At most once a minute, whoever else notes it.
    NoteSecretUse = "INSERT INTO secret_use (realm, client, secret, used_at) SELECT ?1, ?2, ?3, ?4
        WHERE EXISTS (SELECT 1 FROM client WHERE realm = ?1 AND id = ?2)
        ON CONFLICT (realm, client, secret) DO UPDATE SET used_at = excluded.used_at
        WHERE secret_use.used_at <= excluded.used_at - 60000";
    SecretUses = "SELECT client, secret, used_at FROM secret_use
        WHERE realm = ?1 AND (CAST(?2 AS TEXT) IS NULL OR client = ?2)";
    LastUses = find::LAST_USES;
    ForgetSecretUses = "DELETE FROM secret_use WHERE realm = ?1 AND client = ?2";
    PutManaged = "INSERT INTO managed (realm, kind, id, file) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (realm, kind, id) DO UPDATE SET file = excluded.file WHERE managed.file <> excluded.file";
    RemoveManaged = "DELETE FROM managed WHERE realm = ?1 AND kind = ?2 AND id = ?3";
    Managed = "SELECT file FROM managed WHERE realm = ?1 AND kind = ?2 AND id = ?3";
    ManagedInRealm = "SELECT kind, id, file FROM managed WHERE realm = ?1";

    ListOrganisations = "SELECT doc FROM organisation WHERE realm = ?1 AND id > ?2 ORDER BY id LIMIT ?3";

    // ---- what people prove who they are with
    Factors = factors::OF_USER;
    AddFactor = factors::ADD;
    RemoveFactor = factors::REMOVE;
    RemoveFactorsOfKind = factors::REMOVE_KIND;
    RemoveFactorsOfUser = factors::REMOVE_ALL;
    UseFactor = factors::USE;
    UseOnce = factors::USE_ONCE;
    Passkey = factors::PASSKEY;
    UsePasskey = factors::USE_PASSKEY;
    RenameFactor = factors::RENAME;
    TouchUser = factors::TOUCH_USER;
    ClientsWithPasswordGrants = factors::WITH_PASSWORD_GRANTS;
    RememberBrowser = factors::REMEMBER;
    RememberedBrowser = factors::REMEMBERED;
    BrowsersOfUser = factors::BROWSERS;
    ForgetBrowser = factors::FORGET_BROWSER;
    ForgetBrowsersOfUser = factors::FORGET_BROWSERS;
    ForgetBrowsers = factors::FORGET_ALL_BROWSERS;
    PurgeBrowsers = factors::PURGE_BROWSERS;

    // ---- the account pages
    NoteOrigin = account::NOTE_ORIGIN;
    SessionsOfUser = account::SESSIONS;
    AppsOfUser = account::APPS;
    AppOfUser = account::APP;
    GrantsOfApps = account::GRANTS_OF_APPS;
    SetCompanies = account::SET_COMPANIES;
    SetGrantDoc = account::SET_GRANT_DOC;
    DropCodesOfPair = account::DROP_CODES;
    SeatsOfUser = account::SEATS;
    AddActivity = account::ADD_ACTIVITY;
    TrimActivity = account::TRIM_ACTIVITY;
    TrimActivityOfKind = account::TRIM_ACTIVITY_OF_KIND;
    Activity = account::ACTIVITY;
    ForgetActivityOfUser = account::FORGET_ACTIVITY;
    PurgeActivity = account::PURGE_ACTIVITY;
    AddEvidence = account::ADD_EVIDENCE;
    Evidence = account::EVIDENCE;
    EndEvidence = account::END_EVIDENCE;
    EndEvidenceOfClient = account::END_EVIDENCE_OF_CLIENT;
    ForgetEvidenceOfUser = account::FORGET_EVIDENCE;
    PurgeEvidence = account::PURGE_EVIDENCE;
    AppRules = account::APP_RULES;
    PutAppRule = account::PUT_APP_RULE;
    DropAppRule = account::DROP_APP_RULE;
    DropAppRules = account::DROP_APP_RULES;
    ActingFor = account::ACTING_FOR;
    GrantsForOrganisation = account::GRANTS_FOR_ORGANISATION;
    TouchUserOfGrant = account::TOUCH_USER_OF_GRANT;
    AskedBy = account::ASKED_BY;

    // ---- links that people get by mail
    PutUserLink = user_links::PUT;
    UserLink = user_links::FIND;
    UseUserLink = user_links::USE;
    ForgetEmailLinks = user_links::FORGET_EMAIL;
    ForgetPasswordLinks = user_links::FORGET_PASSWORD;
    ForgetAllUserLinks = user_links::FORGET_ALL;
    PurgeUserLinks = user_links::PURGE;

    // ---- names of people
    UserKeys = "SELECT username_key, doc FROM users WHERE realm = ?1 AND id = ?2";
    UsersByEmail = "SELECT doc, disabled, password_hash, version FROM users
        WHERE realm = ?1 AND email_key = ?2 AND email_key IS NOT NULL LIMIT 2";
    UserKeysAfter = "SELECT realm, id, username_key, doc FROM users WHERE (realm, id) > (?1, ?2)
        ORDER BY realm, id LIMIT ?3";
    /// Only while nobody else has the name.
    SetUserKeys = "UPDATE users SET username_key = ?3, email_key = ?4
        WHERE realm = ?1 AND id = ?2 AND username_key = ?5
            AND NOT EXISTS (SELECT 1 FROM users o WHERE o.realm = ?1 AND o.username_key = ?3 AND o.id <> ?2)";

    // ---- browsers: sessions, waiting requests, consent
    CreateSession = "INSERT INTO session (hash, realm, user_id, created_at, auth_time, last_seen_at, expires_at, how)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?9
        WHERE CAST(?8 AS BIGINT) IS NULL OR ?8 = (SELECT u.version FROM users u
            WHERE u.realm = ?2 AND u.id = ?3 AND u.disabled = 0)";
    Session = "SELECT hash, realm, user_id, created_at, auth_time, last_seen_at, expires_at, how FROM session
        WHERE hash = ?1 AND expires_at > ?2";
    /// With all that an authorization request has to know: one round trip.
    SignedIn = "SELECT s.hash, s.realm, s.user_id, s.created_at, s.auth_time, s.last_seen_at, s.expires_at, s.how,
            u.doc, u.disabled, u.password_hash, c.scope, c.organisations, c.updated_at, u.version, c.version, c.until_at
        FROM session s JOIN users u ON u.realm = s.realm AND u.id = s.user_id
            LEFT JOIN consent c ON c.realm = s.realm AND c.user_id = s.user_id AND c.client = ?2
        WHERE s.hash = ?1 AND s.expires_at > ?3";
    TouchSession = "UPDATE session SET last_seen_at = ?2, expires_at = ?3 WHERE hash = ?1 AND expires_at > ?2";
    EndSession = "DELETE FROM session WHERE hash = ?1";
    PutSignedInTo = "INSERT INTO signed_in_to (session, sid, realm, client, user_id, back_channel, expires_at)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM session WHERE hash = ?1)
        ON CONFLICT (session, sid) DO UPDATE SET back_channel = excluded.back_channel";
    /// Only to a session of the same user.
    HandOverSignedInTo = "UPDATE signed_in_to SET session = ?2
        WHERE session = ?1 AND EXISTS (SELECT 1 FROM session one JOIN session other
            ON other.realm = one.realm AND other.user_id = one.user_id
            WHERE one.hash = ?1 AND other.hash = ?2)";
    TakeSignedInTo = "DELETE FROM signed_in_to WHERE session = ?1
        RETURNING session, sid, realm, client, user_id, back_channel, expires_at";
    TakeSignedInToOfUser = "DELETE FROM signed_in_to WHERE realm = ?1 AND user_id = ?2
        RETURNING session, sid, realm, client, user_id, back_channel, expires_at";
    EndSessionsOfUser = "DELETE FROM session WHERE realm = ?1 AND user_id = ?2";
    PutAnswered = "INSERT INTO answered (id, realm, sealed, expires_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING";
    Answered = "SELECT id, realm, sealed, expires_at FROM answered WHERE id = ?1";
    // ---- devices that wait for their users
    /// As long as fewer than so many wait in the realm.
    AddDevice = "INSERT INTO device (id, hash, user_code, realm, client, doc, expires_at, interval_ms)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
        WHERE (SELECT COUNT(*) FROM (SELECT 1 FROM device d WHERE d.realm = ?4 AND d.expires_at > ?9 LIMIT ?10) AS waiting)
            < ?10
        ON CONFLICT DO NOTHING";
    // ---- what agents ask for while their users are away
    AddBackchannel = agents::ADD;
    Backchannel = agents::FIND;
    BackchannelOfUser = agents::OF_USER;
    NoteBackchannelPoll = agents::NOTE_POLL;
    SlowBackchannelDown = agents::SLOW_DOWN;
    BlockBackchannel = agents::BLOCK;
    UnblockBackchannel = agents::UNBLOCK;
    IsBackchannelBlocked = agents::IS_BLOCKED;
    BackchannelBlocks = agents::BLOCKS;
    ForgetBackchannelOfUser = agents::FORGET;
    ForgetBackchannelBlocks = agents::FORGET_BLOCKS;
    ForgetBackchannel = agents::FORGET_ALL;
    IsUserCodeTaken = "SELECT 1 FROM device WHERE user_code = ?1";
    Device = "SELECT d.id, d.hash, d.realm, d.client, d.doc, d.expires_at, d.interval_ms, d.polled_at, a.sealed
        FROM device d LEFT JOIN answered a ON a.id = d.id WHERE d.id = ?1";
    DeviceByUserCode = "SELECT d.id, d.hash, d.realm, d.client, d.doc, d.expires_at, d.interval_ms, d.polled_at, a.sealed
        FROM device d LEFT JOIN answered a ON a.id = d.id WHERE d.user_code = ?1";
    /// Only where it comes in time; ?3: how much too early still is.
    NotePoll = "UPDATE device SET polled_at = ?2
        WHERE id = ?1 AND (polled_at IS NULL OR polled_at + interval_ms - ?3 <= ?2)";
    SlowDown = "UPDATE device SET polled_at = ?2, interval_ms = interval_ms + ?3
        WHERE id = ?1 AND interval_ms < ?4 RETURNING interval_ms";

    Consent = "SELECT scope, organisations, updated_at, until_at FROM consent WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
    /// ?7: where the version of a new one begins; a random number, so that a consent that is given anew after a withdrawal
    /// is not taken for the old one.
    LockConsent = agents::LOCK_CONSENT;
    WidenConsent = "UPDATE consent SET scope = ?4 WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
    WithdrawConsent = "DELETE FROM consent WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
    PutAppConsent = "INSERT INTO app_consent (realm, user_id, client, doc, remembered_until) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (realm, user_id, client) DO UPDATE
        SET doc = excluded.doc, remembered_until = excluded.remembered_until";
    AppConsent = "SELECT realm, user_id, client, doc, remembered_until FROM app_consent
        WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
    AppConsents = "SELECT realm, user_id, client, doc, remembered_until FROM app_consent
        WHERE realm = ?1 AND user_id = ?2 ORDER BY client";
    ProviderUser = provider_accounts::FIND;
    ProviderAccounts = provider_accounts::OF_USER;
    PutProviderAccount = provider_accounts::PUT;
    DeleteProviderAccount = provider_accounts::DELETE;
    DeleteProviderAccountsOfUser = provider_accounts::DELETE_OF_USER;
    DeleteAppConsent = "DELETE FROM app_consent WHERE realm = ?1 AND user_id = ?2 AND client = ?3";
    DeleteAppConsentsOfUser = "DELETE FROM app_consent WHERE realm = ?1 AND user_id = ?2";

    // ---- codes, grants, tokens
    /// Only while the session is not over and user and consent have the versions that the caller names.
    PutCode = "INSERT INTO code (id, hash, realm, client, doc, expires_at, user_id)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
        WHERE (CAST(?9 AS BIGINT) IS NULL OR ?9 = (SELECT u.version FROM session s
                JOIN users u ON u.realm = s.realm AND u.id = s.user_id
                WHERE s.hash = ?8 AND s.expires_at > ?11 AND s.realm = ?3 AND u.id = ?7 AND u.disabled = 0))
            AND (CAST(?10 AS BIGINT) IS NULL OR ?10 = (SELECT c.version FROM consent c
                WHERE c.realm = ?3 AND c.user_id = ?7 AND c.client = ?4 AND (c.until_at IS NULL OR c.until_at > ?11)))
        ON CONFLICT (id) DO NOTHING";
    /// With the user who gave it and their consent: one round trip.
    Code = "SELECT c.id, c.hash, c.realm, c.client, c.doc, c.expires_at, c.user_id, c.redeemed_at,
            u.doc, u.disabled, u.password_hash, n.scope, n.organisations, n.updated_at, u.version, n.version, n.until_at
        FROM code c LEFT JOIN users u ON u.realm = c.realm AND u.id = c.user_id
            LEFT JOIN consent n ON n.realm = c.realm AND n.user_id = c.user_id AND n.client = c.client
        WHERE c.id = ?1";
    RedeemCode = "UPDATE code SET redeemed_at = ?3
        WHERE id = ?1 AND hash = ?2 AND redeemed_at IS NULL AND expires_at > ?3";
    Spend = "INSERT INTO spent (digest, holder, expires_at) VALUES (?1, ?2, ?3)
        ON CONFLICT (digest) DO UPDATE SET expires_at = excluded.expires_at WHERE spent.holder = excluded.holder";
    /// Whether a grant is the one that an attempt began: nobody else has its nonce.
    IsMyGrant = "SELECT 1 FROM grants WHERE id = ?1 AND nonce = ?2";
    IsMyCode = "SELECT 1 FROM code WHERE id = ?1 AND hash = ?2";
    IsMyToken = "SELECT 1 FROM access_token WHERE id = ?1 AND hash = ?2";
    CodeRedeemedAt = "SELECT redeemed_at FROM code WHERE id = ?1 AND hash = ?2 AND redeemed_at IS NOT NULL";
    /// Only for a client that is active and a user who is not disabled; and only while user and consent have the versions
    /// that the caller names.
    AddGrant = "INSERT INTO grants (id, realm, client, user_id, flow, doc, nonce, generation, turnover, created_at,
            refreshed_at, idle_expires_at, expires_at, check_at)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12, ?11 FROM client c
        WHERE c.realm = ?2 AND c.id = ?3 AND c.status = 'active' AND (CAST(?4 AS TEXT) IS NULL
            OR EXISTS (SELECT 1 FROM users u WHERE u.realm = ?2 AND u.id = ?4 AND u.disabled = 0
                AND (CAST(?13 AS BIGINT) IS NULL OR u.version = ?13)))
            AND (CAST(?14 AS BIGINT) IS NULL OR ?14 = (SELECT n.version FROM consent n
                WHERE n.realm = ?2 AND n.user_id = ?4 AND n.client = ?3 AND (n.until_at IS NULL OR n.until_at > ?10)))
        ON CONFLICT (id) DO NOTHING";
    /// As revoking one, spelled so that no index of the grants that stand seems to help: the row is found by its id. Only
    /// while user and consent have the versions that the caller names.
    RotateGrant = "UPDATE grants
        SET generation = CASE WHEN generation < ?3 THEN ?3 ELSE generation END, refreshed_at = ?4,
            idle_expires_at = ?5, replay = ?6, replay_until = ?7, replay_generation = ?8
        WHERE id = ?1 AND (CAST(?2 AS BIGINT) IS NULL OR generation = ?2) AND COALESCE(revoked_at, 0) = 0
            AND expires_at > ?4 AND idle_expires_at > ?4
            AND (CAST(?9 AS BIGINT) IS NULL OR ?9 = (SELECT u.version FROM users u
                WHERE u.realm = grants.realm AND u.id = grants.user_id AND u.disabled = 0))
            AND (CAST(?10 AS BIGINT) IS NULL OR ?10 = (SELECT c.version FROM consent c
                WHERE c.realm = grants.realm AND c.user_id = grants.user_id AND c.client = grants.client
                    AND (c.until_at IS NULL OR c.until_at > ?4)))";
    Grant = "SELECT id, realm, client, user_id, flow, doc, nonce, generation, turnover, created_at, refreshed_at,
            idle_expires_at, expires_at, revoked_at, revoked_reason, replay, replay_until, replay_generation
        FROM grants WHERE id = ?1";
    /// With all that a refresh has to know: one round trip.
    GrantWithUser = "SELECT g.id, g.realm, g.client, g.user_id, g.flow, g.doc, g.nonce, g.generation, g.turnover,
            g.created_at, g.refreshed_at, g.idle_expires_at, g.expires_at, g.revoked_at, g.revoked_reason, g.replay,
            g.replay_until, g.replay_generation, u.doc, u.disabled, u.password_hash,
            c.scope, c.organisations, c.updated_at, u.version, c.version, c.until_at
        FROM grants g LEFT JOIN users u ON u.realm = g.realm AND u.id = g.user_id
            LEFT JOIN consent c ON c.realm = g.realm AND c.user_id = g.user_id AND c.client = g.client
        WHERE g.id = ?1";
    RevokeGrant = "UPDATE grants SET revoked_at = ?2, revoked_reason = ?3, replay = NULL, check_at = ?4
        WHERE id = ?1 AND COALESCE(revoked_at, 0) = 0";
    RevokeGrantsOfClient = "UPDATE grants SET revoked_at = ?3, revoked_reason = ?4, replay = NULL, check_at = ?5
        WHERE revoked_at IS NULL AND id IN (SELECT id FROM grants WHERE id IN (SELECT id FROM grants
            WHERE realm = ?1 AND client = ?2 AND revoked_at IS NULL LIMIT ?6) ORDER BY id{LOCKED})";
    RevokeGrantsOfUser = "UPDATE grants SET revoked_at = ?3, revoked_reason = ?4, replay = NULL, check_at = ?5
        WHERE revoked_at IS NULL AND id IN (SELECT id FROM grants WHERE id IN (SELECT id FROM grants
            WHERE realm = ?1 AND user_id = ?2 AND revoked_at IS NULL AND user_id IS NOT NULL LIMIT ?6) ORDER BY id{LOCKED})";
    GrantsByPassword = "SELECT id FROM grants
        WHERE realm = ?1 AND user_id = ?2 AND revoked_at IS NULL AND user_id IS NOT NULL AND flow = 'password' ORDER BY id";
    AddAccessToken = "INSERT INTO access_token (id, hash, realm, client, user_id, grant_id, doc, issued_at, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING";
    /// A token of a client or user whose tokens were revoked as a whole is not touched by that; it is seen here.
    AccessToken = "SELECT t.id, t.hash, t.realm, t.client, t.user_id, t.grant_id, t.doc, t.issued_at, t.expires_at,
            CASE WHEN t.revoked_at IS NOT NULL
                OR EXISTS (SELECT 1 FROM revocation r WHERE r.realm = t.realm AND r.kind = 'client'
                    AND r.value = t.client AND r.before_ms >= t.issued_at)
                OR EXISTS (SELECT 1 FROM revocation r WHERE r.realm = t.realm AND r.kind = 'user'
                    AND r.value = t.user_id AND r.before_ms >= t.issued_at)
            THEN 1 ELSE 0 END
        FROM access_token t WHERE t.id = ?1";
    RevokeAccessToken = "UPDATE access_token SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
    RevokeTokensOfGrant = "UPDATE access_token SET revoked_at = ?2 WHERE grant_id = ?1 AND revoked_at IS NULL";

    // ---- seats
    ExtendSeat = "UPDATE seat SET expires_at = ?6
        WHERE realm = ?1 AND pool = ?2 AND organisation = ?3 AND holder = ?4 AND grant_id = ?5 AND expires_at > ?7";
    LockPool = "INSERT INTO seat_pool (realm, pool, organisation, size) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (realm, pool, organisation) DO UPDATE SET size = excluded.size";
    ExpireSeats = "DELETE FROM seat WHERE (realm, pool, organisation, holder, grant_id) IN (
        SELECT realm, pool, organisation, holder, grant_id FROM seat
        WHERE realm = ?1 AND pool = ?2 AND organisation = ?3 AND expires_at <= ?4
        ORDER BY realm, pool, organisation, holder, grant_id{LOCKED})";
    ClaimSeat = "INSERT INTO seat (realm, pool, organisation, holder, grant_id, client, user_id, claimed_at, expires_at)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
        WHERE EXISTS (SELECT 1 FROM seat WHERE realm = ?1 AND pool = ?2 AND organisation = ?3 AND holder = ?4)
            OR (SELECT COUNT(DISTINCT holder) FROM seat WHERE realm = ?1 AND pool = ?2 AND organisation = ?3) < ?10
        ON CONFLICT (realm, pool, organisation, holder, grant_id) DO UPDATE SET expires_at = excluded.expires_at";
    CountSeats = "SELECT COUNT(DISTINCT holder) FROM seat
        WHERE realm = ?1 AND pool = ?2 AND organisation = ?3 AND expires_at > ?4";
    Seats = "SELECT realm, pool, organisation, holder, grant_id, client, user_id, claimed_at, expires_at FROM seat
        WHERE realm = ?1 AND expires_at > ?2 ORDER BY pool, organisation, claimed_at, holder";
    SeatLines = "SELECT s.realm, s.pool, s.organisation, s.holder, s.grant_id, s.client, s.user_id, s.claimed_at,
            s.expires_at, u.doc, c.doc
        FROM seat s LEFT JOIN users u ON u.realm = s.realm AND u.id = s.user_id
            LEFT JOIN client c ON c.realm = s.realm AND c.id = s.client
        WHERE s.realm = ?1 AND s.expires_at > ?2 ORDER BY s.pool, s.organisation, s.claimed_at, s.holder";
    SeatGrants = "SELECT grant_id FROM seat WHERE realm = ?1 AND pool = ?2 AND organisation = ?3 AND holder = ?4
        ORDER BY grant_id";
    FreeSeatsOfGrant = "DELETE FROM seat WHERE (realm, pool, organisation, holder, grant_id) IN (
        SELECT realm, pool, organisation, holder, grant_id FROM seat WHERE grant_id = ?1
        ORDER BY realm, pool, organisation, holder, grant_id{LOCKED})";
    FreeSeatsOfClient = "DELETE FROM seat WHERE (realm, pool, organisation, holder, grant_id) IN (
        SELECT realm, pool, organisation, holder, grant_id FROM seat WHERE realm = ?1 AND client = ?2
        ORDER BY realm, pool, organisation, holder, grant_id{LOCKED})";
    FreeSeatsOfUser = "DELETE FROM seat WHERE (realm, pool, organisation, holder, grant_id) IN (
        SELECT realm, pool, organisation, holder, grant_id FROM seat WHERE realm = ?1 AND user_id = ?2
        ORDER BY realm, pool, organisation, holder, grant_id{LOCKED})";

    // ---- revocations
    Revocation = "SELECT before_ms, expires_at FROM revocation WHERE realm = ?1 AND kind = ?2 AND value = ?3";
    PutRevocation = "INSERT INTO revocation (seq, realm, kind, value, before_ms, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (realm, kind, value) DO UPDATE
        SET seq = excluded.seq, before_ms = excluded.before_ms, expires_at = excluded.expires_at";
    /// Of two at once the one that revokes more is kept, whichever comes last.
    RaiseRevocation = "INSERT INTO revocation (seq, realm, kind, value, before_ms, expires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (realm, kind, value) DO UPDATE SET seq = excluded.seq,
            before_ms = CASE WHEN excluded.before_ms > revocation.before_ms THEN excluded.before_ms
                ELSE revocation.before_ms END,
            expires_at = CASE WHEN excluded.expires_at > revocation.expires_at THEN excluded.expires_at
                ELSE revocation.expires_at END";
    RevocationsAfter = "SELECT seq, realm, kind, value, before_ms, expires_at FROM revocation
        WHERE seq > ?2 AND realm = ?1 ORDER BY seq LIMIT ?3";
    AllRevocationsAfter = "SELECT seq, realm, kind, value, before_ms, expires_at FROM revocation
        WHERE seq > ?1 ORDER BY seq LIMIT ?2";

    // ---- keys and secrets of the server's own
    KeySetVersion = "SELECT version FROM key_set WHERE realm = ?1";
    StartKeySet = "INSERT INTO key_set (realm, version) VALUES (?1, 1) ON CONFLICT (realm) DO NOTHING";
    NextKeySet = "UPDATE key_set SET version = version + 1 WHERE realm = ?1 AND version = ?2";
    BumpKeySet = "INSERT INTO key_set (realm, version) VALUES (?1, 1)
        ON CONFLICT (realm) DO UPDATE SET version = key_set.version + 1";
    PutKey = "INSERT INTO signing_key (realm, kid, alg, sealed, public_jwk, state, created_at, activates_at, retires_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    Keys = "SELECT realm, kid, alg, sealed, public_jwk, state, created_at, activates_at, retires_at
        FROM signing_key WHERE realm = ?1 AND removed_at IS NULL ORDER BY created_at, kid";
    ActivateKey = "UPDATE signing_key SET state = 'active', activates_at = ?3 WHERE realm = ?1 AND kid = ?2";
    RetireKey = "UPDATE signing_key SET state = 'retired', retires_at = ?3 WHERE realm = ?1 AND kid = ?2";
    /// A key that is never used again keeps nothing that could sign.
    RemoveKey = "UPDATE signing_key SET state = 'retired', removed_at = ?3, sealed = ?4 WHERE realm = ?1 AND kid = ?2";
    /// All keys that are in a set, of every realm.
    KeysAfter = "SELECT realm, kid, alg, sealed, public_jwk, state, created_at, activates_at, retires_at
        FROM signing_key WHERE (realm, kid) > (?1, ?2) AND removed_at IS NULL ORDER BY realm, kid LIMIT ?3";
    /// Those that left the set and were not revoked: their public halves.
    KeysThatLeft = "SELECT public_jwk, removed_at FROM signing_key AS gone WHERE realm = ?1 AND removed_at > ?2 AND NOT EXISTS (
            SELECT 1 FROM revocation WHERE revocation.realm = gone.realm AND kind = ?3 AND value = gone.kid
        ) ORDER BY removed_at DESC LIMIT ?4";
    HadKey = "SELECT removed_at FROM signing_key WHERE realm = ?1 AND kid = ?2";
    ResealKey = "UPDATE signing_key SET sealed = ?4
        WHERE realm = ?1 AND kid = ?2 AND sealed = ?3 AND removed_at IS NULL";
    RewriteSecret = "UPDATE client_secret SET hash = ?5
        WHERE realm = ?1 AND client = ?2 AND id = ?3 AND hash = ?4 AND retired_at IS NULL";
    PutSealed = "INSERT INTO sealed_secret (name, sealed) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
    Sealed = "SELECT sealed FROM sealed_secret WHERE name = ?1";
    ReplaceSealed = "UPDATE sealed_secret SET sealed = ?3 WHERE name = ?1 AND sealed = ?2";

    // ---- mail and one-time links
    OldMails = "SELECT id, recipient, doc, created_at, next_attempt_at, refused_at, last_error FROM mail_outbox
        WHERE sent_at IS NULL AND next_attempt_at <= ?1 ORDER BY next_attempt_at LIMIT ?2";
    TakeOverMail = "DELETE FROM mail_outbox WHERE id = ?1 AND sent_at IS NULL";
    HandIn = "INSERT INTO outbox (id, topic, realm, sealed, created_at, due_at, attempts, addressee)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7) ON CONFLICT (id) DO NOTHING";
    DueParcels = "SELECT id, topic, realm, sealed, due_at, addressee, created_at, attempts FROM outbox
        WHERE closed_at IS NULL AND topic = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT ?3";
    TakeParcel = "UPDATE outbox SET attempts = attempts + 1, due_at = ?3
        WHERE id = ?1 AND attempts = ?2 AND closed_at IS NULL";
    PutOffParcel = "UPDATE outbox SET last_error = ?2 WHERE id = ?1 AND closed_at IS NULL";
    GiveUpParcel = "UPDATE outbox SET last_error = ?2, given_up_at = ?3, due_at = ?4 WHERE id = ?1 AND closed_at IS NULL";
    RetryParcel = "UPDATE outbox SET given_up_at = NULL, due_at = ?3 WHERE id = ?1 AND topic = ?2 AND closed_at IS NULL";
    CloseParcel = "UPDATE outbox SET closed_at = ?3, outcome = ?2, sealed = ?4 WHERE id = ?1 AND closed_at IS NULL";
    Parcels = "SELECT id, addressee, created_at, closed_at, attempts, due_at, last_error, given_up_at
        FROM outbox WHERE topic = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    Addressees = "SELECT addressee FROM outbox WHERE topic = ?1 AND closed_at IS NULL ORDER BY id LIMIT ?2";
    PutLink = "INSERT INTO one_time_link (hash, realm, client, sealed, expires_at, secret)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    LinksOf = "SELECT hash, secret, used_at FROM one_time_link WHERE realm = ?1 AND client = ?2";
    DropLink = "DELETE FROM one_time_link WHERE hash = ?1 AND used_at IS NULL";
    Link = "SELECT realm, client, sealed, expires_at FROM one_time_link
        WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?2";
    /// What was shown once is gone; the row stays until it would have expired, to say that it was used.
    ConsumeLink = "UPDATE one_time_link SET used_at = ?2
        WHERE hash = ?1 AND used_at IS NULL AND expires_at > ?2
            AND EXISTS (SELECT 1 FROM client c JOIN client_secret s ON s.realm = c.realm AND s.client = c.id
                WHERE c.realm = one_time_link.realm AND c.id = one_time_link.client AND c.status = 'active'
                    AND s.id = ?3 AND s.retired_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > ?2))";
    EmptyLink = "UPDATE one_time_link SET sealed = ?2 WHERE hash = ?1";

    // ---- legacy behaviours in use
    AddLegacyUses = "INSERT INTO legacy_use (realm, client, legacy, day, uses) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (realm, client, legacy, day) DO UPDATE SET uses = legacy_use.uses + excluded.uses";
    LegacyUses = "SELECT realm, client, legacy, day, uses FROM legacy_use
        WHERE realm = ?1 AND day >= ?2 ORDER BY client, legacy, day";
    WaitingByRealm = home::WAITING;
    LegacyByRealm = home::LEGACY;
    SecretsThatEnd = home::ENDING_SECRETS;
    LegacyThatEnds = home::ENDING_LEGACY;
    KeysThatEnd = home::ENDING_KEYS;
    PutDeadline = deadlines::PUT;
    Deadline = deadlines::FIND;
    DeadlinesOf = deadlines::OF_CLIENT;
    ListDeadlines = deadlines::LIST;
    DeadlinesByEnd = deadlines::BY_END;
    DeleteDeadline = deadlines::DELETE;
    DeleteDeadlinesOfClient = deadlines::DELETE_OF_CLIENT;
    DueDeadlines = deadlines::DUE;
    TellOfDeadline = deadlines::TELL;
    EndedLegacy = deadlines::ENDED;
    SetLegacyEnded = deadlines::SET_ENDED;
    ClientsWithLegacy = deadlines::CLIENTS_WITH;

    // ---- the partners' portal
    LockTeam = portal::LOCK_TEAM;
    AddTeam = portal::ADD_TEAM;
    Team = portal::TEAM;
    TeamsOf = portal::TEAMS_OF;
    ListTeams = portal::LIST_TEAMS;
    RenameTeam = portal::RENAME_TEAM;
    TeamMembers = portal::TEAM_MEMBERS;
    TeamRole = portal::TEAM_ROLE;
    OtherOwners = portal::OTHER_OWNERS;
    AddTeamMember = portal::ADD_MEMBER;
    SetTeamRole = portal::SET_ROLE;
    RemoveTeamMember = portal::REMOVE_MEMBER;
    LeaveTeams = portal::LEAVE_TEAMS;
    AddTeamInvitation = portal::ADD_INVITATION;
    TeamInvitations = portal::INVITATIONS;
    TeamInvitation = portal::INVITATION;
    UseTeamInvitation = portal::USE_INVITATION;
    DropTeamInvitations = portal::DROP_INVITATIONS;
    PurgeTeamInvitations = portal::PURGE_INVITATIONS;
    AddPartnerApp = portal::ADD_APP;
    EditPartnerApp = portal::EDIT_APP;
    PartnerApp = portal::APP;
    PartnerAppsOf = portal::APPS_OF;
    PartnerAppLines = portal::APP_LINES;
    PartnerAppByProduction = portal::APP_BY_PRODUCTION;
    PartnerAppBySandbox = portal::APP_BY_SANDBOX;
    DeletePartnerApp = portal::DELETE_APP;
    AddAppEvent = portal::ADD_EVENT;
    AppEvents = portal::EVENTS;
    WaitingApps = portal::WAITING;
    ForgetSpeaker = portal::FORGET_SPEAKER;
    DeleteAppEvents = portal::DELETE_EVENTS;
    AcceptTerms = portal::ACCEPT_TERMS;
    TermsAccepted = portal::TERMS_ACCEPTED;
    ForgetTerms = portal::FORGET_TERMS;
    AddAnnouncement = portal::ADD_ANNOUNCEMENT;
    Announcements = portal::ANNOUNCEMENTS;
    DeleteAnnouncement = portal::DELETE_ANNOUNCEMENT;
    AddTeamSandbox = portal::ADD_SANDBOX;
    TeamSandbox = portal::SANDBOX;
    DeleteTeamSandbox = portal::DELETE_SANDBOX;
    LegacyUsesOf = portal::LEGACY_USES_OF;

    // ---- brakes against guessing
    TellFailures = "INSERT INTO brake (subject, failures, last_failure, told_at, expires_at)
        VALUES (?1, ?2, ?3, {NOW}, ?4)
        ON CONFLICT (subject) DO UPDATE
        SET failures = excluded.failures + CASE WHEN brake.expires_at <= ?5 THEN 0 ELSE brake.failures END,
            last_failure = CASE WHEN brake.last_failure > excluded.last_failure THEN brake.last_failure
                ELSE excluded.last_failure END,
            expires_at = CASE WHEN brake.expires_at > excluded.expires_at THEN brake.expires_at
                ELSE excluded.expires_at END,
            told_at = excluded.told_at
        RETURNING subject, failures, last_failure";
    /// One row at least, for its time.
    FailuresSince = "SELECT b.subject, b.failures, b.last_failure, {NOW} FROM counter c
        LEFT JOIN brake b ON b.told_at > ?1 WHERE c.name = 'clock'";
    FailuresAfter = "SELECT subject, failures, last_failure FROM brake
        WHERE subject > ?1 AND expires_at > ?2 AND failures > 0 ORDER BY subject LIMIT ?3";

    // ---- a database that was brought back from a copy
    Note = "SELECT doc FROM unfinished WHERE name = ?1";
    PutNote = "INSERT INTO unfinished (name, doc) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET doc = excluded.doc";
    RemoveNote = "DELETE FROM unfinished WHERE name = ?1";
    ForgetCodes = "DELETE FROM code";
    ForgetPending = "DELETE FROM pending";
    ForgetDevices = "DELETE FROM device";
    ForgetSessions = "DELETE FROM session";
    ForgetSignedInTo = "DELETE FROM signed_in_to";
    ForgetSeats = "DELETE FROM seat";
    ForgetLinks = "DELETE FROM one_time_link";
    ForgetUnsent = "DELETE FROM outbox WHERE topic = 'mail' AND closed_at IS NULL";
    ForgetBrakes = "DELETE FROM brake";
    ForgetLeases = "DELETE FROM lease";
    GrantsUpTo = "SELECT id FROM grants WHERE id > ?1 ORDER BY id LIMIT 1 OFFSET ?2";
    RevokeGrantsUpTo = "UPDATE grants SET revoked_at = ?3, revoked_reason = 'restore', replay = NULL, check_at = ?4
        WHERE id > ?1 AND id <= ?2 AND revoked_at IS NULL
        RETURNING CASE WHEN idle_expires_at > ?3 AND expires_at > ?3 THEN 1 ELSE 0 END";
    TokensUpTo = "SELECT id FROM access_token WHERE id > ?1 ORDER BY id LIMIT 1 OFFSET ?2";
    RevokeTokensUpTo = "UPDATE access_token SET revoked_at = ?3 WHERE id > ?1 AND id <= ?2 AND revoked_at IS NULL
        RETURNING CASE WHEN expires_at > ?3 THEN 1 ELSE 0 END";

    // ---- who may administer, and what the admin API answered
    RolesOf = administration::ROLES_OF;
    AllRoles = administration::ALL_ROLES;
    PutRole = administration::PUT_ROLE;
    DropRole = administration::DROP_ROLE;
    OtherOwner = administration::OTHER_OWNER;
    DropRolesOfUser = administration::DROP_ROLES_OF_USER;
    DropRolesOfClient = administration::DROP_ROLES_OF_CLIENT;
    SearchUsers = administration::SEARCH_USERS;
    ClaimApiAnswer = administration::CLAIM;
    ApiAnswer = administration::ANSWER;
    PutApiAnswer = administration::PUT_ANSWER;
    ReleaseApiAnswer = administration::RELEASE;
    PurgeApiAnswers = administration::PURGE;
    // ---- what acts rest on
    ExpectedApp = expected::APP;
    HoldExpectedApp = expected::APP_HELD;
    ExpectedUser = expected::USER;
    HoldExpectedUser = expected::USER_HELD;
    ExpectedOrganisation = expected::ORGANISATION;
    HoldExpectedOrganisation = expected::ORGANISATION_HELD;
    ExpectedRules = expected::RULES;
    ExpectedWebhook = expected::WEBHOOK;
    HoldExpectedWebhook = expected::WEBHOOK_HELD;
    // ---- the request log
    AddRequest = requests::ADD;
    SumRequests = requests::SUM;
    RequestUse = requests::USE;
    DropRequestUse = requests::DROP_USE;
    TrimRequests = requests::TRIM;
    PurgeRequests = requests::PURGE;
    RequestsOfApp = requests::OF_APP;
    RequestsAfter = requests::AFTER;
    RequestsOfRealm = requests::OF_REALM;
    RequestsOfRealmAfter = requests::OF_REALM_AFTER;
    RefusedRequest = requests::REFUSED;
    ServedRequest = requests::SERVED;
    AnyRequest = requests::ANY;
    RequestErrors = requests::ERRORS;
    RequestDays = requests::DAYS;
    RequestNewest = requests::NEWEST;

    // ---- what is over
    PurgeSessions = "DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE expires_at < ?1 LIMIT ?2)";
    PurgeSignedInTo = "DELETE FROM signed_in_to
        WHERE (session, sid) IN (SELECT session, sid FROM signed_in_to WHERE expires_at < ?1 LIMIT ?2)";
    EndOverEvidence = agents::END_EVIDENCE;
    PurgeConsents = agents::PURGE_CONSENTS;
    PurgeBackchannel = agents::PURGE;
    PurgePending = "DELETE FROM pending WHERE id IN (SELECT id FROM pending WHERE expires_at < ?1 LIMIT ?2)";
    PurgeDevices = "DELETE FROM device WHERE id IN (SELECT id FROM device WHERE expires_at < ?1 LIMIT ?2)";
    PurgeSpent = "DELETE FROM spent WHERE digest IN (SELECT digest FROM spent WHERE expires_at < ?1 LIMIT ?2)";
    PurgeAnswered = "DELETE FROM answered WHERE id IN (SELECT id FROM answered WHERE expires_at < ?1 LIMIT ?2)";
    /// This and the next two go on where they stopped: what has just left still stands in an index until it is vacuumed,
    /// and whoever begins at its end walks over all of it.
    PurgeCodes = "DELETE FROM code WHERE id IN (SELECT id FROM code
            WHERE expires_at < ?1 AND expires_at >= ?3 ORDER BY expires_at LIMIT ?2)
        RETURNING expires_at";
    PurgeTokens = "DELETE FROM access_token WHERE id IN (SELECT id FROM access_token
            WHERE expires_at < ?1 AND expires_at >= ?3 ORDER BY expires_at LIMIT ?2)
        RETURNING expires_at";
    PurgeGrants = "DELETE FROM grants WHERE id IN (SELECT id FROM grants
            WHERE check_at < ?1 AND check_at >= ?3 ORDER BY check_at LIMIT ?2)
        AND (revoked_at IS NOT NULL OR idle_expires_at < ?1 OR expires_at < ?1)
        RETURNING check_at";
    /// Those that were refreshed since: look again when they may be over next.
    RecheckGrants = "UPDATE grants SET check_at = CASE WHEN idle_expires_at < expires_at THEN idle_expires_at
            ELSE expires_at END
        WHERE id IN (SELECT id FROM grants
                WHERE check_at < ?1 AND check_at >= ?3 ORDER BY check_at LIMIT ?2)
            AND revoked_at IS NULL AND idle_expires_at >= ?1 AND expires_at >= ?1";
    PurgeSeats = "DELETE FROM seat WHERE (realm, pool, organisation, holder, grant_id) IN (
        SELECT realm, pool, organisation, holder, grant_id FROM seat
        WHERE (realm, pool, organisation, holder, grant_id) IN (
            SELECT realm, pool, organisation, holder, grant_id FROM seat WHERE expires_at <= ?1 LIMIT ?2)
        ORDER BY realm, pool, organisation, holder, grant_id{LOCKED})";
    PurgeRevocations = "DELETE FROM revocation WHERE seq IN (SELECT seq FROM revocation WHERE expires_at < ?1 LIMIT ?2)";
    PurgeLinks = "DELETE FROM one_time_link WHERE hash IN (SELECT hash FROM one_time_link WHERE expires_at < ?1 LIMIT ?2)";
    PurgeFailures = "DELETE FROM brake WHERE subject IN (SELECT subject FROM brake WHERE expires_at < ?1 LIMIT ?2)";
    PurgeParcels = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE closed_at < ?1 LIMIT ?2)";
    PurgeGivenUp = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE given_up_at < ?1 LIMIT ?2)";
    PurgeMails = "DELETE FROM mail_outbox
        WHERE id IN (SELECT id FROM mail_outbox WHERE sent_at < ?1 OR refused_at < ?1 LIMIT ?2)";
}

#[cfg(test)]
mod tests;
