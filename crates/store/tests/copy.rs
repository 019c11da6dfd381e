//! Copies, backups, restores: from either engine into either, cut off anywhere, and what must not come back.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[allow(dead_code, reason = "shared with the contract's tests")]
#[path = "contract/fixtures.rs"]
mod fixtures;

use claviger_store::copy::{self, Copied, CopyError, Watch, Work, backup, inspect, restore, restore_in_place};
use claviger_store::{
    ChangeKind, Fault, Issued, MAIL_TOPIC, Mail, Masked, OneTimeLink, Options, Precondition, RevocationKind, Session,
    Store,
};
use fixtures::{HOUR, MINUTE, NOW, access, begin, client, code, exchange, id, refresh, seat, set_up};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A folder of its own for each test; removed when it goes.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("claviger-copy-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn sqlite(&self, name: &str) -> String {
        format!("sqlite://{}", self.file(name).display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn postgres() -> String {
    claviger_testing::postgres::Cluster::shared().unwrap().fresh_database().unwrap()
}

async fn open(url: &str) -> Store {
    Store::connect(url, &Options::default()).await.unwrap()
}

fn options() -> Options {
    Options::default()
}

async fn copy(from: &str, to: &str, watch: &mut impl Watch) -> Result<Copied, CopyError> {
    copy::copy((from, &options()), (to, &options()), NOW, watch).await
}

/// Stops after so many pages, as a kill would.
struct StopsAfter(u32);

impl Watch for StopsAfter {
    fn table(&mut self, _: &str, _: u64) {}

    fn rows(&mut self, _: u64) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 > 0
    }
}

/// What every test's database holds: something in (almost) every table.
struct Filled {
    spent: [u8; 16],
    grant: [u8; 16],
    token: [u8; 16],
}

async fn fill(store: &Store) -> Filled {
    set_up(store).await;
    store.put_client("r", &client("other"), NOW).await.unwrap();
    store.put_organisation("r", &fixtures::organisation("o"), NOW).await.unwrap();
    store.add_secret("r", "c", fixtures::secret("s"), NOW).await.unwrap();
    let (spent, open_code, grant, token) = (id(), id(), id(), id());
    store.put_code(code(spent)).await.unwrap();
    store.put_code(code(open_code)).await.unwrap();
    assert_eq!(store.issue(exchange(spent, id(), NOW)).await.unwrap(), Issued::Done);
    let mut issue = begin(grant);
    issue.access = Some(access(token, Some(grant)));
    issue.seats = vec![seat(grant, 2, NOW + HOUR)];
    assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
    let session = Session {
        hash: [9; 32],
        realm: "r".into(),
        user: "u".into(),
        created_at: NOW,
        auth_time: NOW,
        last_seen_at: NOW,
        expires_at: NOW + HOUR,
        how: None,
    };
    store.create_session(session, Precondition::default()).await.unwrap();
    let mail = Mail { id: id(), recipient: "a@example.com".into(), doc: "sealed".into() };
    store.queue_mail(mail, NOW).await.unwrap();
    let link = OneTimeLink {
        hash: Masked([4; 32]),
        realm: "r".into(),
        client: "c".into(),
        sealed: Masked(vec![1, 2, 3]),
        expires_at: NOW + HOUR,
        secret: None,
    };
    store.put_link(link).await.unwrap();
    store.put_sealed_if_absent("key", vec![7; 40]).await.unwrap();
    store.revoke("r", RevocationKind::User, "gone", NOW, NOW + HOUR, NOW).await.unwrap();
    Filled { spent, grant, token }
}

/// Enough grants for several pages.
async fn many(store: &Store, count: usize) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            for _ in 0..count / 8 {
                assert_eq!(store.issue(begin(id())).await.unwrap(), Issued::Done);
            }
        });
    }
    tasks.join_all().await;
}

async fn rows(url: &str, table: &str) -> u64 {
    let found = inspect(url, &options()).await.unwrap();
    found.tables.iter().find(|size| size.table == table).unwrap().rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_goes_from_sqlite_to_postgresql_and_back() {
    let folder = Folder::new();
    let (here, there, back) = (folder.sqlite("here.db"), postgres(), folder.sqlite("back.db"));
    let filled = fill(&open(&here).await).await;
    let copied = copy(&here, &there, &mut ()).await.unwrap();
    assert!(!copied.resumed && copied.rows > 15, "{copied:?}");

    let store = open(&there).await;
    assert!(store.grant(&filled.grant).await.unwrap().unwrap().is_live(NOW));
    assert!(matches!(store.issue(exchange(filled.spent, id(), NOW)).await.unwrap(), Issued::CodeSpent { .. }));
    assert_eq!(store.issue(refresh(filled.grant, 0, NOW + 1)).await.unwrap(), Issued::Done);
    let last = store.last_change().await.unwrap();
    assert_eq!(last, open(&here).await.last_change().await.unwrap(), "the sequences go on");

    let returned = copy(&there, &back, &mut ()).await.unwrap();
    let fresh = postgres();
    drop(open(&fresh).await);
    let indexes = |url: &str| {
        let sql = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1";
        claviger_testing::postgres::Cluster::shared().unwrap().psql_at(url, sql).unwrap()
    };
    assert_eq!(indexes(&there), indexes(&fresh), "they were put off, and made");
    let indexes = |name: &str| -> Vec<String> {
        let raw = rusqlite::Connection::open(folder.file(name)).unwrap();
        let mut statement = raw.prepare("SELECT name || coalesce(sql, '') FROM sqlite_schema ORDER BY name").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(indexes("back.db"), indexes("here.db"));
    for (out, home) in copied.tables.iter().zip(&returned.tables) {
        // The grant was refreshed in between.
        assert!(out == home || out.table == "grants", "{out:?} {home:?}");
    }
    assert_eq!(open(&back).await.grant(&filled.grant).await.unwrap().unwrap().grant.generation, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_killed_goes_on_wherever_it_was() {
    for postgresql in [true, false] {
        let folder = Folder::new();
        let here = folder.sqlite("here.db");
        let store = open(&here).await;
        let filled = fill(&store).await;
        many(&store, 5_000).await;
        let there = if postgresql { postgres() } else { folder.sqlite("there.db") };
        let mut runs = 0;
        let copied = loop {
            runs += 1;
            match copy(&here, &there, &mut StopsAfter(5 * runs)).await {
                Ok(copied) => break copied,
                Err(CopyError::Stopped) => {}
                Err(other) => panic!("{other}"),
            }
            let refused = Store::connect(&there, &options()).await.unwrap_err();
            assert!(matches!(&refused, Fault::Unfinished(what) if what.contains("claviger db copy")), "{refused}");
            // The source goes on: what was copied already changes, and something is added before it.
            let (refreshed, now) = (filled.grant, NOW + i64::from(runs));
            let generation = store.grant(&refreshed).await.unwrap().unwrap().grant.generation;
            assert_eq!(store.issue(refresh(refreshed, generation, now)).await.unwrap(), Issued::Done);
            store.put_realm(&fixtures::realm(&format!("a{runs}"), &["a.example"]), NOW).await.unwrap();
        };
        assert!(copied.resumed && runs > 3, "{runs}");
        let copy = open(&there).await;
        let grant = copy.grant(&filled.grant).await.unwrap().unwrap();
        assert_eq!(grant.grant.generation, runs - 1, "as it was when the last run began");
        assert_eq!(copy.list_realms("", 100).await.unwrap().len(), runs as usize);
        let grants = copied.tables.iter().find(|table| table.table == "grants").unwrap();
        assert_eq!(grants.rows, 5_002);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_copied_over_something() {
    let folder = Folder::new();
    let (here, other, there) = (folder.sqlite("here.db"), folder.sqlite("other.db"), folder.sqlite("there.db"));
    fill(&open(&here).await).await;
    fill(&open(&other).await).await;
    let refused = copy(&here, &other, &mut ()).await.unwrap_err();
    assert!(matches!(refused, CopyError::NotEmpty { .. }), "{refused}");
    let refused = copy(&here, &here, &mut ()).await.unwrap_err();
    assert!(matches!(refused, CopyError::NotEmpty { .. }), "{refused}");
    let used = postgres();
    fill(&open(&used).await).await;
    let refused = copy(&here, &used, &mut ()).await.unwrap_err();
    assert!(matches!(refused, CopyError::NotEmpty { .. }), "{refused}");

    // One copy does not go on with another's work, and nobody copies half a database.
    assert_eq!(copy(&here, &there, &mut StopsAfter(3)).await, Err(CopyError::Stopped));
    let refused = copy(&other, &there, &mut ()).await.unwrap_err();
    assert!(matches!(&refused, CopyError::Underway { state, .. } if state.work == Work::Copy), "{refused}");
    let refused = copy(&there, &folder.sqlite("x.db"), &mut ()).await.unwrap_err();
    assert!(matches!(refused, CopyError::SourceUnfinished { .. }), "{refused}");
    let nowhere = copy(&folder.sqlite("none.db"), &there, &mut ()).await.unwrap_err();
    assert!(nowhere.to_string().contains("there is no file"), "{nowhere}");
    rusqlite::Connection::open(folder.file("foreign.db")).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    let foreign = copy(&folder.sqlite("foreign.db"), &there, &mut ()).await.unwrap_err();
    assert!(matches!(foreign, CopyError::NoDatabase(_)), "{foreign}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_of_one_moment_and_for_its_owner_only() {
    for url in [None, Some(postgres())] {
        let folder = Folder::new();
        let url = url.unwrap_or_else(|| folder.sqlite("here.db"));
        let store = open(&url).await;
        let filled = fill(&store).await;
        // A grant and its token come in one transaction, so a copy of one moment has as many of one as of the other.
        let writer = tokio::spawn({
            let store = store.clone();
            async move {
                for _ in 0..1_000 {
                    let grant = id();
                    let mut issue = begin(grant);
                    issue.access = Some(access(id(), Some(grant)));
                    assert_eq!(store.issue(issue).await.unwrap(), Issued::Done);
                }
            }
        });
        let file = folder.file("backup.db");
        let made = backup(&url, &file, &options(), NOW, &mut ()).await.unwrap();
        assert!(made.bytes > 0 && made.source == inspect(&url, &options()).await.unwrap().url);
        writer.await.unwrap();

        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            std::fs::read_dir(&folder.0)
                .unwrap()
                .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().contains("backup.db") })
                .count(),
            1,
            "one plain file and nothing beside it"
        );
        assert!(matches!(backup(&url, &file, &options(), NOW, &mut ()).await, Err(CopyError::Exists(_))));
        let raw = rusqlite::Connection::open(&file).unwrap();
        let count = |sql: &str| raw.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT COUNT(*) FROM grants"), count("SELECT COUNT(*) FROM access_token"));
        assert_eq!(count("SELECT COUNT(*) FROM code"), 2);
        drop(raw);

        // Nobody serves it by mistake.
        let refused = Store::connect(&folder.sqlite("backup.db"), &options()).await.unwrap_err();
        assert!(matches!(&refused, Fault::Unfinished(what) if what.contains("db restore")), "{refused}");
        assert!(store.grant(&filled.grant).await.unwrap().is_some());
    }
}

/// The life of the database after the backup, which is lost.
async fn live_on(store: &Store, filled: &Filled, open_code: [u8; 16]) {
    assert_eq!(store.issue(refresh(filled.grant, 0, NOW + MINUTE)).await.unwrap(), Issued::Done);
    assert_eq!(store.issue(exchange(open_code, id(), NOW + 1)).await.unwrap(), Issued::Done);
    store.revoke("r", RevocationKind::Jti, "stolen", NOW, NOW + HOUR, NOW).await.unwrap();
    store.put_client("r", &client("late"), NOW).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_brings_back_no_token_and_followers_miss_nothing() {
    for (from, to) in [(false, false), (false, true), (true, false), (true, true)] {
        let folder = Folder::new();
        let place = |name: &str, postgresql: bool| if postgresql { postgres() } else { folder.sqlite(name) };
        let (here, there) = (place("here.db", from), place("there.db", to));
        let store = open(&here).await;
        let filled = fill(&store).await;
        let open_code = id();
        store.put_code(code(open_code)).await.unwrap();
        let file = folder.file("backup.db");
        backup(&here, &file, &options(), NOW, &mut ()).await.unwrap();
        live_on(&store, &filled, open_code).await;
        // Who followed until the end of that life knows more than the backup does.
        let (change, revocation) = (store.last_change().await.unwrap(), store.last_revocation().await.unwrap());
        drop(store);

        let now = NOW + 2 * MINUTE;
        let restored = restore(&file, &there, None, &options(), None, now, &mut ()).await.unwrap();
        let ended = &restored.ended;
        assert_eq!((restored.taken_at, ended.epoch, ended.at), (Some(NOW), 1, now));
        assert_eq!((ended.grants, ended.grants_live, ended.access_tokens), (2, 2, 2), "{ended:?}");
        assert_eq!((ended.codes, ended.sessions, ended.seats, ended.links), (3, 1, 1, 1), "{ended:?}");
        assert_eq!((ended.clients, ended.mails, ended.recipients.len()), (2, 1, 1), "{ended:?}");

        let store = open(&there).await;
        for spent in [filled.spent, open_code] {
            assert_eq!(store.issue(exchange(spent, id(), now)).await.unwrap(), Issued::CodeGone);
        }
        for generation in [0, 1] {
            assert_eq!(store.issue(refresh(filled.grant, generation, now)).await.unwrap(), Issued::Stale);
        }
        let revoked = store.grant(&filled.grant).await.unwrap().unwrap().revoked;
        assert_eq!(revoked, Some((now, "restore".to_owned())));
        let token = store.access_token(&filled.token).await.unwrap().unwrap();
        assert!(token.revoked, "{token:?}");
        assert!(store.seats("r", now).await.unwrap().is_empty());
        assert!(store.due_parcels(MAIL_TOPIC, i64::MAX - 1, 10).await.unwrap().is_empty());
        assert!(store.session(&[9; 32], now).await.unwrap().is_none());
        assert!(store.link(&[4; 32], now).await.unwrap().is_none());

        // A server that followed the changes forgets what it knows; an API hears of every client again.
        assert!(store.changes_after(change, 1000).await.unwrap().reset);
        let heard = store.revocations_after(Some("r"), revocation, 1000).await.unwrap();
        assert!(!heard.reset);
        let mut clients: Vec<_> =
            heard.items.iter().map(|item| (item.kind, item.value.as_str(), item.before)).collect();
        clients.sort_by_key(|(_, value, _)| value.to_owned());
        assert_eq!(clients, [(RevocationKind::Client, "c", now), (RevocationKind::Client, "other", now)]);
        assert!(heard.items.iter().all(|item| item.expires_at > now + 23 * HOUR && item.seq > revocation));
        assert_eq!(heard.seq, store.last_revocation().await.unwrap());
        // And what is written from now on goes on behind that.
        store.put_user("r", &fixtures::user("new"), None, now).await.unwrap();
        let last = store.last_change().await.unwrap();
        let news = store.changes_after(last - 1, 10).await.unwrap();
        assert!(!news.reset && news.items[0].kind == ChangeKind::User, "{news:?}");
        assert_eq!(store.issue(begin(id())).await.unwrap(), Issued::Done, "and life goes on");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_that_is_killed_is_served_by_nobody() {
    for postgresql in [true, false] {
        let folder = Folder::new();
        let here = folder.sqlite("here.db");
        let store = open(&here).await;
        let filled = fill(&store).await;
        many(&store, 4_800).await;
        let file = folder.file("backup.db");
        backup(&here, &file, &options(), NOW, &mut ()).await.unwrap();
        let there = if postgresql { postgres() } else { folder.sqlite("there.db") };
        let mut runs = 0;
        let restored = loop {
            runs += 1;
            match restore(&file, &there, None, &options(), None, NOW, &mut StopsAfter(6 * runs)).await {
                Ok(restored) => break restored,
                Err(CopyError::Stopped) => {}
                Err(other) => panic!("{other}"),
            }
            let refused = Store::connect(&there, &options()).await.unwrap_err();
            assert!(matches!(&refused, Fault::Unfinished(what) if what.contains("db restore")), "{refused}");
            let refused = copy(&here, &there, &mut ()).await.unwrap_err();
            assert!(matches!(refused, CopyError::Underway { .. }), "{refused}");
        };
        assert!(runs > 2 && restored.resumed);
        assert_eq!(restored.ended.grants, 4_802);
        let store = open(&there).await;
        assert_eq!(store.issue(refresh(filled.grant, 0, NOW)).await.unwrap(), Issued::Stale);
        let refused = restore(&file, &there, None, &options(), None, NOW, &mut ()).await.unwrap_err();
        assert!(matches!(refused, CopyError::NotEmpty { .. }), "once is enough: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_replaced_is_kept_and_its_clients_are_known() {
    let folder = Folder::new();
    let here = folder.sqlite("here.db");
    let store = open(&here).await;
    let filled = fill(&store).await;
    let file = folder.file("backup.db");
    backup(&here, &file, &options(), NOW, &mut ()).await.unwrap();
    let open_code = id();
    store.put_code(code(open_code)).await.unwrap();
    live_on(&store, &filled, open_code).await;
    let revocation = store.last_revocation().await.unwrap();
    let aside = folder.file("here.db.replaced");
    let refused = restore(&file, &here, Some(&aside), &options(), None, NOW, &mut ()).await.unwrap_err();
    assert!(matches!(refused, CopyError::Fault(Fault::Locked(_))), "somebody has it open: {refused}");
    assert!(store.grant(&filled.grant).await.unwrap().unwrap().is_live(NOW), "nothing happened to it");
    drop(store);

    let refused = restore(&file, &here, None, &options(), None, NOW, &mut ()).await.unwrap_err();
    assert!(matches!(refused, CopyError::NotEmpty { .. }), "{refused}");
    let now = NOW + 2 * MINUTE;
    let stopped = restore(&file, &here, Some(&aside), &options(), None, now, &mut StopsAfter(4)).await;
    assert_eq!(stopped.unwrap_err(), CopyError::Stopped);
    assert!(matches!(Store::connect(&here, &options()).await, Err(Fault::Unfinished(_))));
    // Again, with another name for what is there: there is nothing more to keep.
    let restored = restore(&file, &here, Some(&folder.file("x")), &options(), None, now, &mut ()).await.unwrap();
    assert_eq!(restored.kept_aside.as_deref(), Some(aside.as_path()));
    assert!(!folder.file("x").exists());
    assert_eq!(open(&folder.sqlite("here.db.replaced")).await.list_clients("r", None, "", 10).await.unwrap().len(), 3);

    let store = open(&here).await;
    let heard = store.revocations_after(Some("r"), revocation, 1000).await.unwrap();
    let mut clients: Vec<_> = heard.items.iter().map(|item| item.value.as_str()).collect();
    clients.sort_unstable();
    assert_eq!(clients, ["c", "late", "other"], "also the one that came after the backup");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_replaced_too() {
    let folder = Folder::new();
    let here = folder.sqlite("here.db");
    let store = open(&here).await;
    let filled = fill(&store).await;
    assert!(store.tell_time(NOW + HOUR).await.unwrap());
    drop(store);
    let (file, aside) = (folder.file("backup.db"), folder.file("here.db.replaced"));
    backup(&here, &file, &options(), NOW, &mut ()).await.unwrap();
    let garbage = "not a database, but long enough to be one ".repeat(200);
    std::fs::write(folder.file("here.db"), &garbage).unwrap();
    std::fs::write(folder.file("here.db-wal"), "of another life").unwrap();
    let refused = restore(&file, &here, None, &options(), None, NOW, &mut ()).await.unwrap_err();
    assert!(matches!(refused, CopyError::Fault(Fault::Corrupt(_))), "{refused}");
    let restored = restore(&file, &here, Some(&aside), &options(), None, NOW, &mut ()).await.unwrap();
    assert_eq!(restored.ended.at, NOW + HOUR, "a server had been told that it was later");
    assert_eq!(std::fs::read_to_string(&aside).unwrap(), garbage);
    let store = open(&here).await;
    assert_eq!(store.issue(refresh(filled.grant, 0, NOW)).await.unwrap(), Issued::Stale);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_brought_back_by_other_means_begins_an_epoch() {
    for postgresql in [true, false] {
        let folder = Folder::new();
        let url = if postgresql { postgres() } else { folder.sqlite("here.db") };
        let store = open(&url).await;
        let filled = fill(&store).await;
        many(&store, 4_800).await;
        let change = store.last_change().await.unwrap();
        drop(store);
        let restored = restore_in_place(&url, &options(), None, NOW + 1).await.unwrap();
        assert_eq!((restored.ended.epoch, restored.ended.grants, restored.ended.codes), (1, 4_802, 2));
        let again = restore_in_place(&url, &options(), None, NOW + 2).await.unwrap();
        assert_eq!((again.ended.epoch, again.ended.grants, again.ended.clients), (2, 0, 2));
        let store = open(&url).await;
        assert_eq!(store.issue(refresh(filled.grant, 0, NOW + 3)).await.unwrap(), Issued::Stale);
        assert!(store.changes_after(change, 10).await.unwrap().reset);
        assert_eq!(inspect(&url, &options()).await.unwrap().epoch, 2);
    }

    // A backup's own file may be served after that.
    let folder = Folder::new();
    let here = folder.sqlite("here.db");
    let filled = fill(&open(&here).await).await;
    let file = folder.file("backup.db");
    backup(&here, &file, &options(), NOW, &mut ()).await.unwrap();
    let restored = restore_in_place(&folder.sqlite("backup.db"), &options(), None, NOW + 1).await.unwrap();
    assert_eq!(restored.taken_at, Some(NOW));
    let store = open(&folder.sqlite("backup.db")).await;
    assert_eq!(store.issue(refresh(filled.grant, 0, NOW + 3)).await.unwrap(), Issued::Stale);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_looked_at_without_being_changed() {
    for postgresql in [true, false] {
        let folder = Folder::new();
        let url = if postgresql { postgres() } else { folder.sqlite("here.db") };
        if postgresql {
            let empty = inspect(&url, &options()).await.unwrap();
            assert_eq!((empty.schema, empty.steps.len(), empty.realms), (None, 10, 0));
        }
        let store = open(&url).await;
        fill(&store).await;
        assert!(store.take_lease("purge", &[5; 16], 60_000).await.unwrap());
        let found = inspect(&url, &options()).await.unwrap();
        assert_eq!(found.engine, if postgresql { "postgres" } else { "sqlite" });
        assert_eq!((found.realms, found.mails_waiting, found.epoch), (1, 1, 0));
        assert_eq!(found.last_change, store.last_change().await.unwrap());
        assert_eq!(found.changed_at, Some(NOW));
        assert!(found.bytes > 0 && found.steps.is_empty() && found.unfinished.is_none());
        assert_eq!((found.leases.len(), found.leases[0].held), (1, true));
        assert_eq!(found.leases[0].holder, "05".repeat(16));
        if !postgresql {
            assert_eq!((rows(&url, "grants").await, found.live_grants), (2, 2));
        }
        assert!(!found.url.contains("password"));
    }
}
