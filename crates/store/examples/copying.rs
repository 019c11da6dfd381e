//! How long it takes to move a large database: `copying copy FROM TO`, `copying backup URL FILE`,
//! `copying restore FILE URL`. To be run with `--release`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a measurement")]

use claviger_store::Options;
use claviger_store::copy::{backup, copy, restore};
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [what, from, to] = args.as_slice() else { panic!("copying copy|backup|restore FROM TO") };
    let options = Options::default();
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let began = Instant::now();
    let rows = match what.as_str() {
        "copy" => copy((from, &options), (to, &options), now, &mut ()).await.unwrap().rows,
        "backup" => backup(from, Path::new(to), &options, now, &mut ()).await.unwrap().bytes,
        _ => restore(Path::new(from), to, None, &options, None, now, &mut ()).await.unwrap().rows,
    };
    println!("{what}: {rows} rows or bytes in {:.1} s", began.elapsed().as_secs_f64());
}
