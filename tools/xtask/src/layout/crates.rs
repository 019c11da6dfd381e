//! Which crate may depend on which.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Each folder with a crate, and the crates of the project that it may depend on. What does not exist yet is no error.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("crates/core", &[]),
    ("crates/store", &["crates/core"]),
    ("crates/hashes", &[]),
    ("crates/files", &["crates/core", "crates/hashes"]),
    ("crates/guard", &["crates/core"]),
    ("crates/client", &["crates/core"]),
    (
        "crates/server",
        &["crates/core", "crates/store", "crates/hashes", "crates/files", "crates/guard", "crates/client"],
    ),
    ("crates/demo", &["crates/core", "crates/store", "crates/files", "crates/guard", "crates/client", "crates/server"]),
    (
        "crates/claviger",
        &[
            "crates/core",
            "crates/store",
            "crates/hashes",
            "crates/files",
            "crates/guard",
            "crates/client",
            "crates/server",
            "crates/demo",
        ],
    ),
    (TESTING, &[]),
    ("tools/xtask", &[TESTING]),
    ("tools/bench", &[TESTING]),
    ("tools/faults", &[TESTING]),
];

/// For tests and tools only: every crate may use it, but no crate of the program outside its tests.
const TESTING: &str = "crates/testing";

/// What must be built in seconds does not use these.
const HEAVY: [&str; 6] = ["rusqlite", "axum", "tokio", "hyper", "aws-lc-rs", "tokio-postgres"];

/// Dependencies that run backwards, one line each.
///
/// # Errors
/// Cargo does not say what there is.
pub(super) fn backward(root: &Path) -> Result<Vec<String>> {
    let mut cargo = claviger_testing::cargo();
    let output =
        cargo.args(["metadata", "--format-version", "1", "--no-deps"]).output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    }
    judge(&serde_json::from_slice(&output.stdout).context("cargo metadata")?, root)
}

fn judge(metadata: &Value, root: &Path) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for package in metadata.get("packages").and_then(Value::as_array).context("no packages")? {
        let manifest = Path::new(text(package, "manifest_path").context("a package without a manifest")?);
        let folder = relative(manifest.parent().context("a manifest without a folder")?, root);
        let Some((_, may_use)) = MAY_USE.iter().find(|(name, _)| *name == folder) else {
            wrong.push(format!("{folder} is in no rule: say in the layout check what it may depend on"));
            continue;
        };
        for dependency in package.get("dependencies").and_then(Value::as_array).into_iter().flatten() {
            let is_dev = text(dependency, "kind") == Some("dev");
            let Some(path) = text(dependency, "path").map(|path| relative(Path::new(path), root)) else {
                let name = text(dependency, "name").unwrap_or_default();
                if (folder == TESTING || folder == "tools/xtask") && HEAVY.contains(&name) {
                    wrong.push(format!("{folder} must be built in seconds and depends on {name}"));
                }
                continue;
            };
            if !(may_use.contains(&path.as_str()) || is_dev && path == TESTING) {
                let kind = if is_dev { "in its tests depends" } else { "depends" };
                wrong.push(format!("{folder} {kind} on {path}, which it may not"));
            }
        }
    }
    Ok(wrong)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

/// A folder below the root, with slashes.
fn relative(folder: &Path, root: &Path) -> String {
    let parts = folder.strip_prefix(root).unwrap_or(folder).iter();
    parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(folder: &str, dependencies: &Value) -> Vec<String> {
        let package = json!({"manifest_path": format!("/x/{folder}/Cargo.toml"), "dependencies": dependencies});
        judge(&json!({"packages": [package]}), Path::new("/x")).unwrap()
    }

    #[test]
    fn dependencies_run_one_way() {
        let core =
            json!([{"name": "claviger-core", "kind": null, "path": "/x/crates/core"}, {"name": "serde", "kind": null}]);
        assert!(of("crates/store", &core).is_empty());
        let store = json!([{"name": "claviger-store", "kind": null, "path": "/x/crates/store"}]);
        assert_eq!(of("crates/core", &store), ["crates/core depends on crates/store, which it may not"]);
        assert_eq!(of("crates/guard", &store), ["crates/guard depends on crates/store, which it may not"]);
    }

    #[test]
    fn what_is_for_tests_stays_out_of_the_program() {
        let testing = |kind: &str| json!([{"name": "claviger-testing", "kind": kind, "path": "/x/crates/testing"}]);
        assert!(of("crates/store", &testing("dev")).is_empty());
        assert_eq!(of("crates/store", &testing("build")).len(), 1);
    }

    #[test]
    fn the_steps_stay_light() {
        let heavy = json!([{"name": "rusqlite", "kind": null}]);
        assert_eq!(of("tools/xtask", &heavy), ["tools/xtask must be built in seconds and depends on rusqlite"]);
        assert!(of("tools/faults", &heavy).is_empty());
    }

    #[test]
    fn a_crate_without_a_rule_is_noticed() {
        assert_eq!(of("crates/new", &json!([])).len(), 1);
    }
}
