//! A real directory for tests: `slapd`, in a folder of its own, on ports of its own, gone with the process that started it.

use crate::certificates::Maker;
use crate::tool::Tool;
use anyhow::{Context, Result, bail};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What the directory holds everything below.
pub const SUFFIX: &str = "dc=example,dc=com";
/// As whom tests change it.
const ADMIN: &str = "cn=admin,dc=example,dc=com";
const ADMIN_PASSWORD: &str = "the admin's own";

/// The keeper ends the server when this process does, however it does. `$1`: the configuration, `$2`: the addresses.
const KEEPER: &str =
    "slapd -f \"$1\" -h \"$2\" -d 0 >/dev/null 2>&1 </dev/null & pid=$!; read -r _; kill $pid; wait $pid";

/// How long a start may take.
const START: Duration = Duration::from_mins(1);

/// Makes sure that slapd and what goes with it are installed.
///
/// # Errors
/// They are not there and cannot be installed.
pub fn provide() -> Result<()> {
    static LOOKING: Mutex<()> = Mutex::new(());
    let _one = LOOKING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let check = "test -x /usr/sbin/slapd && command -v ldapmodify && test -f /etc/ldap/schema/core.schema";
    let install = "apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends slapd ldap-utils";
    Tool::new("slapd", check, install).provide(Path::new("/")).map(drop)
}

/// A directory under way.
pub struct Slapd {
    certificates: Maker,
    keeper: Child,
    plain: u16,
    encrypted: u16,
    pem: String,
}

impl Slapd {
    /// Starts one that holds these entries (LDIF), with memberships of groups in `memberOf` where they are added later.
    ///
    /// # Errors
    /// slapd is not there and cannot be installed, or does not start.
    pub fn start(ldif: &str) -> Result<Self> {
        provide()?;
        let certificates = Maker::default();
        let pair = certificates.self_signed("slapd", "/CN=localhost", "DNS:localhost,IP:127.0.0.1");
        let folder = certificates.folder().to_owned();
        fs::create_dir(folder.join("data"))?;
        let configuration = folder.join("slapd.conf");
        let at = folder.display();
        fs::write(
            &configuration,
            format!(
                "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
                 include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n\
                 moduleload memberof\npidfile {at}/slapd.pid\nTLSCertificateFile {}\nTLSCertificateKeyFile {}\n\
                 # So that a bind without a password would succeed as nobody.\nallow bind_anon_dn\n\
                 referral ldap://127.0.0.1:9/\ndatabase mdb\nsuffix \"{SUFFIX}\"\nrootdn \"{ADMIN}\"\n\
                 rootpw \"{ADMIN_PASSWORD}\"\ndirectory {at}/data\noverlay memberof\n\
                 access to attrs=userPassword by anonymous auth by * none\naccess to * by users read by * none\n",
                pair.certificate.display(),
                pair.key.display()
            ),
        )?;
        let entries = folder.join("entries.ldif");
        fs::write(&entries, ldif)?;
        let added = Command::new("/usr/sbin/slapadd").arg("-f").arg(&configuration).arg("-l").arg(&entries).output()?;
        if !added.status.success() {
            bail!("slapadd: {}", String::from_utf8_lossy(&added.stderr));
        }
        let (plain, encrypted) = (free_port()?, free_port()?);
        let addresses = format!("ldap://127.0.0.1:{plain}/ ldaps://127.0.0.1:{encrypted}/");
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "slapd"])
            .arg(&configuration)
            .arg(addresses)
            .env("PATH", "/usr/sbin:/usr/bin:/bin")
            .stdin(Stdio::piped())
            .spawn()
            .context("sh")?;
        let this = Self { certificates, keeper, plain, encrypted, pem: pair.pem() };
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", encrypted)).is_err() {
            if began.elapsed() > START {
                bail!("slapd does not start in {}", this.certificates.folder().display());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(this)
    }

    /// Where connections are encrypted from the beginning.
    pub fn ldaps(&self) -> String {
        format!("ldaps://localhost:{}", self.encrypted)
    }

    /// Where they begin in clear.
    pub fn ldap(&self) -> String {
        format!("ldap://localhost:{}", self.plain)
    }

    /// Its certificate, in PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Changes it, as LDIF says.
    ///
    /// # Errors
    /// It refuses.
    pub fn modify(&self, ldif: &str) -> Result<()> {
        let file = self.certificates.folder().join("change.ldif");
        fs::write(&file, ldif)?;
        let url = format!("ldap://127.0.0.1:{}", self.plain);
        let mut command = Command::new("ldapmodify");
        command.args(["-x", "-H", &url, "-D", ADMIN, "-w", ADMIN_PASSWORD, "-f"]).arg(&file);
        let done = command.stdin(Stdio::null()).output()?;
        if !done.status.success() {
            bail!("ldapmodify: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(())
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
