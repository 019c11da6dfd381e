//! Puts the dialects and the demo's realm files into the program: whatever lies in `dialects/` and `demo/`, so that a new
//! contract is a new file and nothing else.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, error, fs};

type Result<T> = std::result::Result<T, Box<dyn error::Error>>;

fn main() -> Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    let (dialects, demo) = (root.join("dialects"), root.join("demo"));
    for watched in [&dialects, &demo, &demo.join("ports.txt")] {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
    let text = fs::read_to_string(demo.join("ports.txt"))?;
    let ports: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();

    let mut realms = toml_files(&demo)?;
    // In the order of their ports; the first port is everybody's.
    let mut order = vec![];
    for file in &realms {
        let text = fs::read_to_string(file)?;
        order.push((ports.iter().skip(1).position(|port| text.contains(&format!("${{{port}}}"))), file.clone()));
    }
    order.sort();
    realms.clear();
    realms.extend(order.into_iter().map(|(_, file)| file));

    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("dialects.rs"), list(&toml_files(&dialects)?, "dialects")?)?;
    fs::write(out.join("demo_realms.rs"), list(&realms, "demo")?)?;
    fs::write(out.join("demo_ports.rs"), format!("{ports:?}"))?;
    fs::write(out.join("demo_port_count.rs"), ports.len().to_string())?;
    Ok(())
}

fn toml_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = vec![];
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "toml") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// An array of file names and contents, as an expression.
fn list(files: &[PathBuf], folder: &str) -> Result<String> {
    let mut out = String::from("[\n");
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).ok_or("a file's name is not UTF-8")?;
        println!("cargo::rerun-if-changed={}", file.display());
        let path = file.to_str().ok_or("a file's path is not UTF-8")?;
        writeln!(out, "    ({:?}, include_str!({path:?})),", format!("{folder}/{name}"))?;
    }
    out.push(']');
    Ok(out)
}
