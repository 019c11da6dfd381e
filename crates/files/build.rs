//! Puts the dialects into the program: whatever lies in `dialects/`, so that a new contract is a new file and nothing else.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, error, fs};

fn main() -> Result<(), Box<dyn error::Error>> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../dialects").canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = vec![];
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "toml") {
            files.push(file);
        }
    }
    files.sort();
    // An array of file names and contents, as an expression.
    let mut out = String::from("[\n");
    for file in &files {
        let name = file.file_name().and_then(|name| name.to_str()).ok_or("a file's name is not UTF-8")?;
        println!("cargo::rerun-if-changed={}", file.display());
        let path = file.to_str().ok_or("a file's path is not UTF-8")?;
        writeln!(out, "    ({:?}, include_str!({path:?})),", format!("dialects/{name}"))?;
    }
    out.push(']');
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("dialects.rs"), out)?;
    Ok(())
}
