//! Every SQL statement there is, in the subset that all engines read alike.
//!
//! Parameters are `?1`, `?2`, ..; `{NOW}` is the database's own time in milliseconds since the epoch, a whole number;
//! `{LOCKED}` locks the rows of a `SELECT` in its order, so that two who change many never wait for each other;
//! `{CLIENT_HAS}` is what operators find a client by, in the table `{CLIENT_BY_TEXT}`. Each engine spells them in its way, once. The place in [`Statement::ALL`] is the place in an engine's table of prepared
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
mod audit;
mod brakes;
mod browsers;
mod changes;
mod clients;
mod deadlines;
mod devices;
mod expected;
mod factors;
mod find;
mod grants;
mod home;
mod keys;
mod legacy;
mod operators;
mod outbox;
mod people;
mod portal;
mod provider_accounts;
mod purge;
mod realms;
mod registrations;
mod requests;
mod restored;
mod revocations;
mod seats;
mod user_links;
mod webhooks;

registry! {
    // ---- sequences and changes
    NextNumber = changes::NEXT_NUMBER;
    LastNumber = changes::LAST_NUMBER;
    AddChange = changes::ADD_CHANGE;
    ChangesAfter = changes::CHANGES_AFTER;
    PurgeChanges = changes::PURGE_CHANGES;

    // ---- who did what
    HoldNumber = audit::HOLD_NUMBER;
    AuditDigest = audit::AUDIT_DIGEST;
    AddAudit = audit::ADD_AUDIT;
    AddAuditPart = audit::ADD_AUDIT_PART;
    AuditLines = audit::AUDIT_LINES;
    AuditOnward = audit::AUDIT_ONWARD;
    AuditChain = audit::AUDIT_CHAIN;
    AuditLast = audit::AUDIT_LAST;
    EraseAudit = audit::ERASE_AUDIT;

    AuditCut = audit::AUDIT_CUT;
    CutAuditAt = audit::CUT_AUDIT_AT;
    PutAuditCut = audit::PUT_AUDIT_CUT;
    DropAuditCuts = audit::DROP_AUDIT_CUTS;
    CutAudit = audit::CUT_AUDIT;
    CutAuditParts = audit::CUT_AUDIT_PARTS;

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
    Heartbeat = changes::HEARTBEAT;
    RaiseNumber = changes::RAISE_NUMBER;

    // ---- leases
    TakeLease = changes::TAKE_LEASE;
    ReleaseLease = changes::RELEASE_LEASE;

    // ---- realms
    PutRealm = realms::PUT_REALM;
    DeleteRoutes = realms::DELETE_ROUTES;
    AddRoute = realms::ADD_ROUTE;
    Realm = realms::REALM;
    RealmsAt = realms::REALMS_AT;
    ListRealms = realms::LIST_REALMS;

    // ---- clients and their secrets
    PutClient = clients::PUT_CLIENT;
    RegisterClient = clients::REGISTER_CLIENT;
    ClientStatus = clients::CLIENT_STATUS;
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
    Client = clients::CLIENT;
    ListClients = clients::LIST_CLIENTS;
    FindClients = find::CLIENTS;
    FindUsers = find::USERS;
    ListClientsByStatus = clients::LIST_CLIENTS_BY_STATUS;
    ClientsByPassword = clients::CLIENTS_BY_PASSWORD;
    ClientsThatActAs = clients::CLIENTS_THAT_ACT_AS;
    SomeClientWith = clients::SOME_CLIENT_WITH;
    LockClient = clients::LOCK_CLIENT;
    SetClientStatus = clients::SET_CLIENT_STATUS;
    DeleteClient = clients::DELETE_CLIENT;
    AddSecret = clients::ADD_SECRET;
    PutSecret = clients::PUT_SECRET;
    RetireSecret = clients::RETIRE_SECRET;
    DeleteSecrets = clients::DELETE_SECRETS;
    DeleteConsentsOfClient = clients::DELETE_CONSENTS_OF_CLIENT;

    // ---- users and organisations
    PutUser = people::PUT_USER;
    User = people::USER;
    UserByUsername = people::USER_BY_USERNAME;
    UsernameTaken = people::USERNAME_TAKEN;
    ListUsers = people::LIST_USERS;
    SetPassword = people::SET_PASSWORD;
    SetDisabled = people::SET_DISABLED;
    PutOrganisation = people::PUT_ORGANISATION;
    ImportUser = people::IMPORT;
    UsersInTheWay = people::IN_THE_WAY;
    ReplaceHash = people::REPLACE_HASH;
    PerhapsMembers = people::PERHAPS_MEMBERS;
    DeleteUser = people::DELETE;
    DeleteConsentsOfUser = people::DELETE_CONSENTS;
    DeleteOrganisation = people::DELETE_ORGANISATION;
    Organisation = people::ORGANISATION;

    // ---- what operators look through
    GrantsOfRealm = operators::GRANTS_OF_REALM;
    GrantsOfApp = operators::GRANTS_OF_APP;
    GrantsOfUser = operators::GRANTS_OF_USER;
    GrantsOfPair = operators::GRANTS_OF_PAIR;
    Sessions = operators::SESSIONS;
    EndSessionOf = operators::END_SESSION_OF;
    Consents = operators::CONSENTS;
    NoteSecretUse = operators::NOTE_SECRET_USE;
    SecretUses = operators::SECRET_USES;
    LastUses = find::LAST_USES;
    ForgetSecretUses = operators::FORGET_SECRET_USES;
    PutManaged = operators::PUT_MANAGED;
    RemoveManaged = operators::REMOVE_MANAGED;
    Managed = operators::MANAGED;
    ManagedInRealm = operators::MANAGED_IN_REALM;

    ListOrganisations = operators::LIST_ORGANISATIONS;

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
    UserKeys = people::USER_KEYS;
    UsersByEmail = people::USERS_BY_EMAIL;
    UserKeysAfter = people::USER_KEYS_AFTER;
    SetUserKeys = people::SET_USER_KEYS;

    // ---- browsers: sessions, waiting requests, consent
    CreateSession = browsers::CREATE_SESSION;
    Session = browsers::SESSION;
    SignedIn = browsers::SIGNED_IN;
    TouchSession = browsers::TOUCH_SESSION;
    EndSession = browsers::END_SESSION;
    PutSignedInTo = browsers::PUT_SIGNED_IN_TO;
    HandOverSignedInTo = browsers::HAND_OVER_SIGNED_IN_TO;
    TakeSignedInTo = browsers::TAKE_SIGNED_IN_TO;
    TakeSignedInToOfUser = browsers::TAKE_SIGNED_IN_TO_OF_USER;
    EndSessionsOfUser = browsers::END_SESSIONS_OF_USER;
    PutAnswered = browsers::PUT_ANSWERED;
    Answered = browsers::ANSWERED;
    // ---- devices that wait for their users
    AddDevice = devices::ADD_DEVICE;
    // ---- what agents ask for while their users are away
    LockAsked = agents::LOCK_ASKED;
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
    IsUserCodeTaken = devices::IS_USER_CODE_TAKEN;
    Device = devices::DEVICE;
    DeviceByUserCode = devices::DEVICE_BY_USER_CODE;
    NotePoll = devices::NOTE_POLL;
    SlowDown = devices::SLOW_DOWN;

    Consent = devices::CONSENT;
    /// ?7: where the version of a new one begins; a random number, so that a consent that is given anew after a withdrawal
    /// is not taken for the old one.
    LockConsent = agents::LOCK_CONSENT;
    WidenConsent = devices::WIDEN_CONSENT;
    WithdrawConsent = devices::WITHDRAW_CONSENT;
    PutAppConsent = devices::PUT_APP_CONSENT;
    AppConsent = devices::APP_CONSENT;
    AppConsents = devices::APP_CONSENTS;
    ProviderUser = provider_accounts::FIND;
    ProviderAccounts = provider_accounts::OF_USER;
    PutProviderAccount = provider_accounts::PUT;
    DeleteProviderAccount = provider_accounts::DELETE;
    DeleteProviderAccountsOfUser = provider_accounts::DELETE_OF_USER;
    DeleteAppConsent = devices::DELETE_APP_CONSENT;
    DeleteAppConsentsOfUser = devices::DELETE_APP_CONSENTS_OF_USER;

    // ---- codes, grants, tokens
    PutCode = grants::PUT_CODE;
    Code = grants::CODE;
    RedeemCode = grants::REDEEM_CODE;
    Spend = grants::SPEND;
    IsMyGrant = grants::IS_MY_GRANT;
    IsMyCode = grants::IS_MY_CODE;
    IsMyToken = grants::IS_MY_TOKEN;
    CodeRedeemedAt = grants::CODE_REDEEMED_AT;
    AddGrant = grants::ADD_GRANT;
    RotateGrant = grants::ROTATE_GRANT;
    Grant = grants::GRANT;
    GrantWithUser = grants::GRANT_WITH_USER;
    RevokeGrant = grants::REVOKE_GRANT;
    RevokeGrantsOfClient = grants::REVOKE_GRANTS_OF_CLIENT;
    RevokeGrantsOfUser = grants::REVOKE_GRANTS_OF_USER;
    GrantsByPassword = grants::GRANTS_BY_PASSWORD;
    AddAccessToken = grants::ADD_ACCESS_TOKEN;
    AccessToken = grants::ACCESS_TOKEN;
    RevokeAccessToken = grants::REVOKE_ACCESS_TOKEN;
    RevokeTokensOfGrant = grants::REVOKE_TOKENS_OF_GRANT;

    // ---- seats
    ExtendSeat = seats::EXTEND_SEAT;
    LockPool = seats::LOCK_POOL;
    ExpireSeats = seats::EXPIRE_SEATS;
    ClaimSeat = seats::CLAIM_SEAT;
    CountSeats = seats::COUNT_SEATS;
    Seats = seats::SEATS;
    SeatLines = seats::SEAT_LINES;
    SeatGrants = seats::SEAT_GRANTS;
    FreeSeatsOfGrant = seats::FREE_SEATS_OF_GRANT;
    FreeSeatsOfClient = seats::FREE_SEATS_OF_CLIENT;
    FreeSeatsOfUser = seats::FREE_SEATS_OF_USER;

    // ---- revocations
    Revocation = revocations::REVOCATION;
    PutRevocation = revocations::PUT_REVOCATION;
    RaiseRevocation = revocations::RAISE_REVOCATION;
    RevocationsAfter = revocations::REVOCATIONS_AFTER;
    AllRevocationsAfter = revocations::ALL_REVOCATIONS_AFTER;

    // ---- keys and secrets of the server's own
    KeySetVersion = keys::KEY_SET_VERSION;
    StartKeySet = keys::START_KEY_SET;
    NextKeySet = keys::NEXT_KEY_SET;
    BumpKeySet = keys::BUMP_KEY_SET;
    PutKey = keys::PUT_KEY;
    Keys = keys::KEYS;
    ActivateKey = keys::ACTIVATE_KEY;
    RetireKey = keys::RETIRE_KEY;
    RemoveKey = keys::REMOVE_KEY;
    KeysAfter = keys::KEYS_AFTER;
    KeysThatLeft = keys::KEYS_THAT_LEFT;
    HadKey = keys::HAD_KEY;
    ResealKey = keys::RESEAL_KEY;
    RewriteSecret = keys::REWRITE_SECRET;
    PutSealed = keys::PUT_SEALED;
    Sealed = keys::SEALED;
    ReplaceSealed = keys::REPLACE_SEALED;

    // ---- mail and one-time links
    OldMails = outbox::OLD_MAILS;
    TakeOverMail = outbox::TAKE_OVER_MAIL;
    HandIn = outbox::HAND_IN;
    DueParcels = outbox::DUE_PARCELS;
    TakeParcel = outbox::TAKE_PARCEL;
    PutOffParcel = outbox::PUT_OFF_PARCEL;
    GiveUpParcel = outbox::GIVE_UP_PARCEL;
    RetryParcel = outbox::RETRY_PARCEL;
    CloseParcel = outbox::CLOSE_PARCEL;
    Parcels = outbox::PARCELS;
    Addressees = outbox::ADDRESSEES;
    PutLink = outbox::PUT_LINK;
    LinksOf = outbox::LINKS_OF;
    DropLink = outbox::DROP_LINK;
    Link = outbox::LINK;
    ConsumeLink = outbox::CONSUME_LINK;
    EmptyLink = outbox::EMPTY_LINK;

    // ---- legacy behaviours in use
    AddLegacyUses = legacy::ADD_LEGACY_USES;
    LegacyUses = legacy::LEGACY_USES;
    WaitingByRealm = home::WAITING;
    LegacyByRealm = home::LEGACY;
    SecretsThatEnd = home::ENDING_SECRETS;
    LegacyThatEnds = home::ENDING_LEGACY;
    KeysThatEnd = home::ENDING_KEYS;
    CertificatesThatEnd = home::ENDING_CERTIFICATES;
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
    TellFailures = brakes::TELL_FAILURES;
    FailuresSince = brakes::FAILURES_SINCE;
    FailuresAfter = brakes::FAILURES_AFTER;

    // ---- a database that was brought back from a copy
    Note = restored::NOTE;
    PutNote = restored::PUT_NOTE;
    RemoveNote = restored::REMOVE_NOTE;
    ForgetCodes = restored::FORGET_CODES;
    ForgetPending = restored::FORGET_PENDING;
    ForgetDevices = restored::FORGET_DEVICES;
    ForgetSessions = restored::FORGET_SESSIONS;
    ForgetSignedInTo = restored::FORGET_SIGNED_IN_TO;
    ForgetSeats = restored::FORGET_SEATS;
    ForgetLinks = restored::FORGET_LINKS;
    ForgetUnsent = restored::FORGET_UNSENT;
    ForgetBrakes = restored::FORGET_BRAKES;
    ForgetLeases = restored::FORGET_LEASES;
    GrantsUpTo = restored::GRANTS_UP_TO;
    RevokeGrantsUpTo = restored::REVOKE_GRANTS_UP_TO;
    TokensUpTo = restored::TOKENS_UP_TO;
    RevokeTokensUpTo = restored::REVOKE_TOKENS_UP_TO;

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
    PurgeSessions = purge::PURGE_SESSIONS;
    PurgeSignedInTo = purge::PURGE_SIGNED_IN_TO;
    EndOverEvidence = agents::END_EVIDENCE;
    PurgeConsents = agents::PURGE_CONSENTS;
    PurgeBackchannel = agents::PURGE;
    PurgePending = purge::PURGE_PENDING;
    PurgeDevices = purge::PURGE_DEVICES;
    PurgeSpent = purge::PURGE_SPENT;
    PurgeAnswered = purge::PURGE_ANSWERED;
    PurgeCodes = purge::PURGE_CODES;
    PurgeTokens = purge::PURGE_TOKENS;
    PurgeGrants = purge::PURGE_GRANTS;
    RecheckGrants = purge::RECHECK_GRANTS;
    PurgeSeats = purge::PURGE_SEATS;
    PurgeRevocations = purge::PURGE_REVOCATIONS;
    PurgeLinks = purge::PURGE_LINKS;
    PurgeFailures = purge::PURGE_FAILURES;
    PurgeParcels = purge::PURGE_PARCELS;
    PurgeGivenUp = purge::PURGE_GIVEN_UP;
    PurgeMails = purge::PURGE_MAILS;
}

#[cfg(test)]
mod tests;
