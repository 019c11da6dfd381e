//! What the system lends a server: descriptors, and files that others may read.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::super::Kind;
use super::super::deployment::{Deployment, Node, under};
use super::Attack;
use super::target::{connect_from, deployment};
use super::toll::{Toll, number};
use super::work::milliseconds;
use claviger_testing::http;

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        name: "idle-connections",
        about: "1,100 connections that say nothing, at a server that may open 1,024 files",
        bound: "no failed /livez or token request of others, each answered within a second; descriptors below the limit",
        run: idle,
    },
    Attack {
        name: "file-modes",
        about: "a program under umask 0 makes its database, backup, mails and folders",
        bound: "none that others may read",
        run: modes,
    },
];

/// Open files of the attacked server.
const FILES: usize = 1024;

fn idle(toll: &mut Toll<'_>) -> Result<()> {
    let connections = toll.attempts(2_200, 1_100);
    let deployment = deployment(toll)?;
    // Once from an address of its own, once as if all came through a trusted proxy.
    for (who, proxies) in [("one address", "[]"), ("a trusted proxy", "[\"127.0.0.9\"]")] {
        let node = deployment.serve_limited(FILES, &[("CLAVIGER_SERVER__TRUSTED_PROXIES", proxies)])?;
        let mut held: Vec<TcpStream> = Vec::new();
        for _ in 0..connections {
            // One that is refused is what the attacker gets.
            held.extend(connect_from(9, node.peer.address).ok());
            if let Some(last) = held.last_mut() {
                let _ = last.write_all(b"GET /jwks HTTP/1.1\r\n");
            }
        }
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", node.running.pid))?.count();
        let (failed, slowest) = others(&node, 20);
        toll.never(failed, format!("failures of 40 requests of others beside {connections} idle ones of {who}"));
        toll.takes_at_most(1000.0, slowest, format!("ms until the slowest of them was answered, beside {who}"));
        toll.at_most(number(FILES), number(descriptors), format!("open descriptors beside {who}"));
        drop(held);
    }
    Ok(())
}

/// Requests of others, at the management address and for tokens: how many failed, and the slowest in milliseconds.
fn others(node: &Node, times: usize) -> (usize, f64) {
    let peer = &node.peer;
    let token = peer.credentials_request("signed", "orders.read");
    let management = node.management();
    let livez = http::request("GET", "/livez", &management.to_string(), &[], "");
    let (mut failed, mut slowest) = (0, 0.0_f64);
    for _ in 0..times {
        for (address, request) in [(management, &livez), (peer.address, &token)] {
            let sent = Instant::now();
            failed += usize::from(!is_served(address, request));
            slowest = slowest.max(milliseconds(sent));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    (failed, slowest)
}

fn is_served(address: SocketAddr, request: &str) -> bool {
    http::send(address, request).is_ok_and(|answer| answer.status == 200)
}

fn modes(toll: &mut Toll<'_>) -> Result<()> {
    let made = deployment(toll)?;
    let fresh = toll.lab.folder.join("open-to-all");
    let url = match toll.kind {
        Kind::Sqlite => format!("sqlite://{}", fresh.join("store/claviger.db").display()),
        Kind::Postgres => made.url.clone(),
    };
    let deployment = Deployment::at(toll.lab, fresh, url)?;
    for entry in std::fs::read_dir(made.folder.join("realms"))? {
        let entry = entry?;
        std::fs::copy(entry.path(), deployment.folder.join("realms").join(entry.file_name()))?;
    }
    for name in ["faults", "short-lived"] {
        std::fs::remove_file(deployment.folder.join(format!("realms/{name}.toml")))?;
    }
    std::fs::copy(made.folder.join("dialects/attacked.toml"), deployment.folder.join("dialects/attacked.toml"))?;
    // The folders that the program makes itself.
    std::fs::remove_dir(deployment.folder.join("mail"))?;
    let realms = deployment.folder.join("realms").to_string_lossy().into_owned();
    let backup = deployment.folder.join("backup.db").to_string_lossy().into_owned();
    openly(&deployment, &["apply", "--create", &realms])?;
    openly(
        &deployment,
        &["app", "create", "--name", "Mail", "--id", "mail-app", "--owner", "dev@owner.example", "--approve"],
    )?;
    openly(&deployment, &["db", "backup", &backup])?;
    let node = deployment.serve_openly()?;
    node.peer.credentials("signed", "orders.read")?.expect(200, "a token")?;
    let open: Vec<String> = ["store", "mail", "backup.db"]
        .iter()
        .map(|name| deployment.folder.join(name))
        .filter(|path| path.exists())
        .map(|path| open_to_others(&path))
        .collect::<Result<Vec<_>>>()?
        .concat();
    toll.never(open.len(), format!("files and folders that others may read{}", shown(&open)));
    Ok(())
}

fn shown(paths: &[String]) -> String {
    if paths.is_empty() { String::new() } else { format!(": {}", paths.join(", ")) }
}

/// Runs a command under umask 0.
fn openly(deployment: &Deployment, arguments: &[&str]) -> Result<()> {
    let mut command = under("umask 0", &deployment.command(arguments));
    let output = command.output().context("cannot start sh")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    output.status.success().then_some(()).with_context(|| format!("claviger {}: {said}", arguments.join(" ")))
}

/// This path and all below it, as far as its mode lets others in.
fn open_to_others(path: &Path) -> Result<Vec<String>> {
    let data = std::fs::metadata(path)?;
    let mut open = Vec::new();
    if data.permissions().mode() & 0o077 != 0 {
        open.push(format!("{} ({:o})", path.display(), data.permissions().mode() & 0o777));
    }
    if data.is_dir() {
        for entry in std::fs::read_dir(path)? {
            open.extend(open_to_others(&entry?.path())?);
        }
    }
    Ok(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_may_read_is_found() {
        let folder = claviger_testing::folder::Folder::new("modes");
        let file = folder.write("x", "");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(open_to_others(&file).unwrap().len(), 1);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(open_to_others(&file).unwrap().is_empty());
    }
}
