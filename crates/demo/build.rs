//! Puts the demo's realm files into the program: whatever lies in `demo/`, so that a new contract is a new file and nothing
//! else.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, error, fs};

fn main() -> Result<(), Box<dyn error::Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../demo").canonicalize()?;
    for watched in [&folder, &folder.join("ports.txt")] {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
    let text = fs::read_to_string(folder.join("ports.txt"))?;
    let ports: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();

    // In the order of their ports; the first port is everybody's.
    let mut realms = vec![];
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "toml") {
            let text = fs::read_to_string(&file)?;
            realms.push((ports.iter().skip(1).position(|port| text.contains(&format!("${{{port}}}"))), file));
        }
    }
    realms.sort();

    // An array of file names and contents, as an expression.
    let mut list = String::from("[\n");
    for (_, file) in &realms {
        let name = file.file_name().and_then(|name| name.to_str()).ok_or("a file's name is not UTF-8")?;
        println!("cargo::rerun-if-changed={}", file.display());
        let path = file.to_str().ok_or("a file's path is not UTF-8")?;
        writeln!(list, "    ({:?}, include_str!({path:?})),", format!("demo/{name}"))?;
    }
    list.push(']');
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("realms.rs"), list)?;
    fs::write(out.join("ports.rs"), format!("&{ports:?}"))?;
    Ok(())
}
