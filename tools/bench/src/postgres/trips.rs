//! How often a flow waits for the database: counted by a proxy between the two, through which one server is loaded over
//! one connection.
//!
//! What a client sends after the database last answered begins a round trip, however many statements it is. What a server
//! asks without being asked anything, its heartbeat say, is measured for a while beforehand and taken off.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::{Database, Going};
use crate::Runs;
use crate::claviger::Prepared;
use crate::flow::Flow;

/// For so long a server is left alone.
const ALONE: Duration = Duration::from_secs(2);

/// What one flow costs the database.
#[derive(Clone, serde::Serialize)]
pub(crate) struct Counted {
    /// Round trips.
    pub(crate) trips: f64,
    /// Bytes of the write-ahead log.
    pub(crate) log_bytes: f64,
}

/// Counts for each of some flows.
pub(super) fn count(
    runs: &Runs,
    database: &Database,
    prepared: &Prepared,
    url: &str,
    flows: &[Flow],
) -> Result<Vec<Counted>> {
    let port = database.cluster.port().context("a cluster of one's own")?;
    let proxy = Proxy::start(port)?;
    let server = prepared.serve_by_way_of(&url.replace(&format!(":{port}/"), &format!(":{}/", proxy.port)))?;
    let position = || database.number(url, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn");
    let alone = {
        let (trips, log, started) = (proxy.trips(), position()?, Instant::now());
        std::thread::sleep(ALONE);
        let seconds = started.elapsed().as_secs_f64();
        ((proxy.trips() - trips) / seconds, (position()? - log) / seconds)
    };
    let mut counted = Vec::new();
    for flow in flows {
        let mut going = Going::new(runs, &server, *flow, 1)?;
        // Prepared statements, caches and connections are there afterwards.
        going.load(runs)?;
        going.plan.warm_ms = 0;
        let (trips, log, started) = (proxy.trips(), position()?, Instant::now());
        let measured = going.load(runs)?;
        let seconds = started.elapsed().as_secs_f64();
        let flows = crate::extras::as_float(measured.flows.max(1));
        counted.push(Counted {
            trips: (proxy.trips() - trips - alone.0 * seconds).max(0.0) / flows,
            log_bytes: (position()? - log - alone.1 * seconds).max(0.0) / flows,
        });
    }
    server.stop();
    Ok(counted)
}

/// A proxy that counts; its threads end with the connections.
struct Proxy {
    port: u16,
    trips: Arc<AtomicU64>,
}

impl Proxy {
    fn start(to: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let proxy = Self { port: listener.local_addr()?.port(), trips: Arc::default() };
        let trips = Arc::clone(&proxy.trips);
        std::thread::Builder::new().name("proxy".to_owned()).spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)) {
                    let _ = pass(&client, &server, &trips);
                }
            }
        })?;
        Ok(proxy)
    }

    fn trips(&self) -> f64 {
        crate::extras::as_float(self.trips.load(Ordering::Relaxed))
    }
}

fn pass(client: &TcpStream, server: &TcpStream, trips: &Arc<AtomicU64>) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let answered = Arc::new(AtomicBool::new(true));
    let (asking, trips) = (Arc::clone(&answered), Arc::clone(trips));
    let ends = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        copy(&ends.0, &ends.1, || {
            if asking.swap(false, Ordering::Relaxed) {
                trips.fetch_add(1, Ordering::Relaxed);
            }
        });
    });
    let ends = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || copy(&ends.0, &ends.1, || answered.store(true, Ordering::Relaxed)));
    Ok(())
}

fn copy(mut from: &TcpStream, mut to: &TcpStream, mut seen: impl FnMut()) {
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut chunk) {
        seen();
        if to.write_all(chunk.get(..read).unwrap_or_default()).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
