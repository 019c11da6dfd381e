//! Guessing, and keeping others out by guessing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::super::deployment::PASSWORD;
use super::super::peer::{Peer, Wire};
use super::Attack;
use super::target::{
    RIGHTFUL, browser, client_credentials, count, deployment, from, is_braked, password_grant, serve, side_by_side,
    sign_in, stranger,
};
use super::toll::{Toll, number};
use claviger_testing::http;

pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        name: "guess-secret",
        about: "guesses the secrets that people chose, on one connection, after one legitimate use of each",
        bound: "5 guesses looked at from one address, and one for each pause of 1 s, 2 s, 4 s ..",
        run: guess_secret,
    },
    Attack {
        name: "guess-password",
        about: "guesses a user's password from 200 addresses at once",
        bound: "50 guesses looked at over all addresses, and one for each pause",
        run: guess_password,
    },
    Attack {
        name: "lockout",
        about: "strangers at three addresses send wrong passwords of a user who signs in from a known browser and address",
        bound: "no refusal of the rightful user",
        run: lockout,
    },
    Attack {
        name: "unknown-clients",
        about: "80 connections of one address invent client ids with raw Basic while a user signs in elsewhere",
        bound: "no refusal of the rightful user, and the server's processor time below a tenth of a hash for each",
        run: unknown_clients,
    },
];

/// Guesses that may be looked at in so long a time: those that are free, and one after each pause, which doubles.
fn looked_at_most(free: f64, time: Duration) -> f64 {
    // One more for the pause that ends while the last guess is under way.
    free + (time.as_secs_f64() + 1.0).log2().floor() + 1.0
}

fn guess_secret(toll: &mut Toll<'_>) -> Result<()> {
    let guesses = toll.attempts(50_000, 3_000);
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    for (client, right) in [
        ("partner", PASSWORD),
        ("short", "summer-2024"),
        ("raw", "chosen-for-raw"),
        ("long", "summer-summer-summer-summer-2024"),
    ] {
        let peer = &node.peer;
        let address = stranger(usize::from(client.as_bytes().first().copied().unwrap_or_default()));
        peer.send(&client_credentials(peer, client, right, &address))?.expect(200, "a legitimate use")?;
        let began = Instant::now();
        let requests = (0..guesses).map(|n| client_credentials(peer, client, &format!("guess-{n}"), &address));
        let looked_at = count(peer, requests, |answer| !is_braked(answer))?;
        let bound = looked_at_most(5.0, began.elapsed());
        toll.at_most(bound, number(looked_at), format!("of {guesses} guesses at `{client}` looked at"));
    }
    Ok(())
}

fn guess_password(toll: &mut Toll<'_>) -> Result<()> {
    const THREADS: usize = 8;
    let addresses = toll.attempts(200, 100);
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    for username in ["ada", "nobody-of-this-name"] {
        let began = Instant::now();
        let looked_at = side_by_side(THREADS, |thread| {
            let requests = (0..addresses * 5 / THREADS).map(|n| {
                let address = stranger(n * THREADS / 5 + thread);
                password_grant(&node.peer, username, &format!("guess-{thread}-{n}"), &address)
            });
            count(&node.peer, requests, |answer| answer.status == 400 || answer.status == 200)
        })?;
        let bound = looked_at_most(50.0, began.elapsed());
        toll.at_most(bound, number(looked_at), format!("of {} guesses at `{username}` looked at", addresses * 5));
    }
    Ok(())
}

fn lockout(toll: &mut Toll<'_>) -> Result<()> {
    let span = Duration::from_secs(u64::try_from(toll.attempts(60, 5))?);
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    let peer = &node.peer;
    let mut known = browser(peer, RIGHTFUL);
    sign_in(&mut known, "ada")?;
    let mut moved = known.at(peer.address).with_line(&from("192.0.2.77"));
    peer.send(&client_credentials(peer, "partner", PASSWORD, RIGHTFUL))?.expect(200, "a legitimate use")?;
    let stop = AtomicBool::new(false);
    let (refused, tried) = std::thread::scope(|scope| -> Result<([usize; 4], usize)> {
        for number in 0..3 {
            let stop = &stop;
            scope.spawn(move || harass(peer, number, stop));
        }
        let began = Instant::now();
        let (mut refused, mut tried) = ([0; 4], 0);
        while began.elapsed() < span {
            let mut fresh = browser(peer, RIGHTFUL);
            let [at_address, elsewhere, new_browser, client] = &mut refused;
            *at_address += usize::from(sign_in(&mut known, "ada").is_err());
            *elsewhere += usize::from(sign_in(&mut moved, "ada").is_err());
            *new_browser += usize::from(sign_in(&mut fresh, "ada").is_err());
            let answer = peer.send(&client_credentials(peer, "partner", PASSWORD, RIGHTFUL));
            *client += usize::from(answer.map_or(true, |answer| answer.status != 200));
            tried += 1;
            std::thread::sleep(Duration::from_millis(200));
        }
        stop.store(true, Ordering::Relaxed);
        Ok((refused, tried))
    })?;
    let who = [
        "the known browser at its address",
        "the known browser elsewhere",
        "a new browser at the known address",
        "the client whose secret is the password",
    ];
    for (refused, who) in refused.into_iter().zip(who) {
        toll.never(refused, format!("refusals of {tried} of {who}"));
    }
    Ok(())
}

/// Five wrong passwords a second from one address, for the user and for the client that stands for another, until told to stop.
fn harass(peer: &Peer, number: usize, stop: &AtomicBool) {
    let Ok(mut wire) = Wire::open(peer.address) else { return };
    while !stop.load(Ordering::Relaxed) {
        let address = stranger(number);
        let _ = wire.ask(&password_grant(peer, "ada", "wrong", &address));
        let _ = wire.ask(&password_grant(peer, "partner-user", "wrong", &address));
        let _ = wire.ask(&client_credentials(peer, "partner", "wrong", &address));
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn unknown_clients(toll: &mut Toll<'_>) -> Result<()> {
    const CONNECTIONS: usize = 80;
    let span = Duration::from_secs(u64::try_from(toll.attempts(20, 4))?);
    let deployment = deployment(toll)?;
    let node = serve(&deployment)?;
    let peer = &node.peer;
    let stop = AtomicBool::new(false);
    let (mut refused, mut tried) = (0, 0);
    let (asked, cpu) = std::thread::scope(|scope| -> Result<(usize, u64)> {
        let before = claviger_testing::process::cpu_microseconds(node.running.pid)?;
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|number| {
                let stop = &stop;
                scope.spawn(move || invent(peer, number, stop))
            })
            .collect();
        let began = Instant::now();
        while began.elapsed() < span {
            let mut rightful = browser(peer, RIGHTFUL);
            refused += usize::from(sign_in(&mut rightful, "ada").is_err());
            tried += 1;
            std::thread::sleep(Duration::from_millis(300));
        }
        let cpu = claviger_testing::process::cpu_microseconds(node.running.pid)? - before;
        stop.store(true, Ordering::Relaxed);
        let asked = workers.into_iter().map(|worker| worker.join().unwrap_or(0)).sum();
        Ok((asked, cpu))
    })?;
    toll.never(refused, format!("refusals of {tried} sign-ins beside {asked} invented clients"));
    // A hash takes some 20 ms of a core.
    let each = number(usize::try_from(cpu)?) / 1000.0 / number(asked.max(1));
    toll.takes_at_most(2.0, each, "ms of the server's processor for each invented client, sign-ins included");
    Ok(())
}

/// Invents client ids on one connection until told to stop; how many.
fn invent(peer: &Peer, number: usize, stop: &AtomicBool) -> usize {
    let Ok(mut wire) = Wire::open(peer.address) else { return 0 };
    let mut asked = 0;
    while !stop.load(Ordering::Relaxed) {
        // Raw Basic: a percent sign that is no encoding.
        let basic = http::basic(&format!("invented-{number}-{asked}"), "100%secret");
        let lines = [basic.as_str(), &from(&stranger(7))];
        let request = http::request("POST", "/token", &peer.host, &lines, "grant_type=client_credentials");
        if wire.ask(&request).is_err() {
            let Ok(again) = Wire::open(peer.address) else { return asked };
            wire = again;
        }
        asked += 1;
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double() {
        assert!((looked_at_most(5.0, Duration::ZERO) - 6.0).abs() < 0.01);
        // After pauses of 1, 2 and 4 seconds.
        assert!((looked_at_most(5.0, Duration::from_secs(7)) - 9.0).abs() < 0.01);
    }
}
