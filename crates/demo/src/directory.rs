//! The directory of the realm `directory`: a `slapd` of the demo's own, in the data folder, with the entries of
//! `demo/directory/entries.ldif`. Where slapd or openssl is not installed the demo is without that realm, and says so.

use crate::folder::Folder;
use anyhow::{Context, bail};
use claviger_files::Variables;
use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// Its realm.
pub(super) const REALM: &str = "directory";

/// The realm's file, which is not served without a directory.
pub(super) const REALM_FILE: (&str, &str) =
    ("demo/directory/realm.toml", include_str!("../../../demo/directory/realm.toml"));

/// Somebody of the directory, who can sign in.
pub(super) const PERSON: (&str, &str) = ("dora", "demo-dora-directory");

const ENTRIES: &str = include_str!("../../../demo/directory/entries.ldif");

/// What slapd needs to know of people.
const SCHEMAS: [&str; 3] =
    ["/etc/ldap/schema/core.schema", "/etc/ldap/schema/cosine.schema", "/etc/ldap/schema/inetorgperson.schema"];

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// The keeper ends slapd when the demo ends, however it ends: its standard input is closed then. `$1`: the configuration,
/// `$2`: the address.
const KEEPER: &str =
    r#"slapd -f "$1" -h "$2" -d 0 >/dev/null 2>&1 </dev/null & pid=$!; read -r _; kill $pid; wait $pid"#;

/// A directory under way; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    keeper: Child,
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Starts it at the port that the variables name, and adds the certificate's path to them; none where a program is missing,
/// with the reason.
///
/// # Errors
/// A program that is there does not do what it should.
pub(super) async fn start(folder: &Folder, variables: &mut Variables) -> anyhow::Result<Result<Directory, String>> {
    if let Some(missing) = missing() {
        return Ok(Err(format!(
            "without the realm \"{REALM}\": {missing} is not there (on Debian: apt install slapd openssl)"
        )));
    }
    let port = variables.get("directory_ldaps_port").context("demo/ports.txt has no directory_ldaps_port")?.clone();
    let here = folder.path().join("directory");
    let (certificate, key) = (here.join("certificate.pem"), here.join("key.pem"));
    let configuration = here.join("slapd.conf");
    if !configuration.exists() {
        std::fs::create_dir_all(here.join("data"))?;
        make_certificate(&certificate, &key)?;
        let entries = here.join("entries.ldif");
        std::fs::write(&entries, ENTRIES)?;
        std::fs::write(&configuration, configured(&here, &certificate, &key))?;
        let load = [OsStr::new("-f"), configuration.as_os_str(), OsStr::new("-l"), entries.as_os_str()];
        run(&program("slapadd"), &load)?;
    }
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "keeper"]).arg(&configuration).arg(format!("ldaps://127.0.0.1:{port}/"));
    // A group of its own: Ctrl-C ends the demo, and the demo ends this.
    keeper.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::piped()).process_group(0);
    let directory = Directory { keeper: keeper.spawn().context("sh")? };
    wait_for(&format!("127.0.0.1:{port}")).await?;
    variables.insert("directory_certificate".to_owned(), certificate.display().to_string());
    Ok(Ok(directory))
}

/// The first thing that is needed and is not there.
fn missing() -> Option<String> {
    let programs = ["slapd", "slapadd", "openssl"].map(|name| (name, program(name)));
    let absent = programs.into_iter().find(|(_, path)| !path.exists()).map(|(name, _)| name.to_owned());
    absent.or_else(|| SCHEMAS.iter().find(|path| !Path::new(path).exists()).map(|path| (*path).to_owned()))
}

/// Where Debian and its kin put a program.
fn program(name: &str) -> PathBuf {
    let places =
        ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"].map(|folder| Path::new(folder).join(name));
    let [first, ..] = &places;
    places.iter().find(|path| path.exists()).unwrap_or(first).clone()
}

fn configured(here: &Path, certificate: &Path, key: &Path) -> String {
    format!(
        "include {}\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {here}/slapd.pid\n\
         TLSCertificateFile {certificate}\nTLSCertificateKeyFile {key}\n\
         database mdb\nsuffix \"dc=example,dc=com\"\ndirectory {here}/data\n\
         access to attrs=userPassword by anonymous auth by * none\naccess to * by users read by * none\n",
        SCHEMAS.join("\ninclude "),
        here = here.display(),
        certificate = certificate.display(),
        key = key.display(),
    )
}

/// A certificate for `localhost` that signs itself.
fn make_certificate(certificate: &Path, key: &Path) -> anyhow::Result<()> {
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=localhost \
                 -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE";
    let mut arguments: Vec<&OsStr> = words.split_whitespace().map(OsStr::new).collect();
    arguments.extend([OsStr::new("-keyout"), key.as_os_str(), OsStr::new("-out"), certificate.as_os_str()]);
    run(&program("openssl"), &arguments)
}

fn run(program: &Path, arguments: &[&OsStr]) -> anyhow::Result<()> {
    let done = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let done = done.with_context(|| program.display().to_string())?;
    if !done.status.success() {
        bail!("{}: {}", program.display(), String::from_utf8_lossy(&done.stderr).trim());
    }
    Ok(())
}

async fn wait_for(address: &str) -> anyhow::Result<()> {
    let began = Instant::now();
    while TcpStream::connect(address).await.is_err() {
        if began.elapsed() > PATIENCE {
            bail!("slapd does not answer at {address}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
