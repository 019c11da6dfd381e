//! The bare server's password check: Argon2id, 19 MiB, two passes, one lane; as many workers as
//! cores, each with memory of its own that it uses again and again.

use std::sync::{Arc, Mutex, mpsc};

use anyhow::{Context, Result, anyhow};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::oneshot;

const KIB: u32 = 19 * 1024;
const SALT: &[u8] = b"0123456789abcdef";

type Job = (String, oneshot::Sender<[u8; 32]>);

/// The workers' queue.
#[derive(Clone)]
pub(crate) struct Hashers {
    jobs: mpsc::Sender<Job>,
}

impl Hashers {
    /// Starts one worker a core.
    pub(crate) fn start(cores: usize) -> Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..cores {
            let queue = Arc::clone(&queue);
            let argon = argon2()?;
            std::thread::Builder::new().name("argon2".to_owned()).spawn(move || work(&queue, &argon))?;
        }
        Ok(Self { jobs })
    }

    /// The hash of a password.
    pub(crate) async fn hash(&self, password: String) -> Result<[u8; 32]> {
        let (done, outcome) = oneshot::channel();
        self.jobs.send((password, done)).ok().context("the hashers are gone")?;
        Ok(outcome.await?)
    }
}

/// Argon2id with the measured costs.
///
/// # Errors
/// None that these costs have.
pub(crate) fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(KIB, 2, 1, Some(32)).map_err(|error| anyhow!("argon2: {error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn work(queue: &Mutex<mpsc::Receiver<Job>>, argon: &Argon2<'_>) {
    let mut memory = vec![Block::default(); KIB as usize];
    loop {
        let Ok(Ok((password, done))) = queue.lock().map(|queue| queue.recv()) else {
            return;
        };
        let mut hash = [0; 32];
        if argon.hash_password_into_with_memory(password.as_bytes(), SALT, &mut hash, &mut memory[..]).is_ok() {
            let _ = done.send(hash);
        }
    }
}
