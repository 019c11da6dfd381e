//! Certificates for tests, made by the program `openssl`.

use crate::folder::Folder;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The certificate, in PEM.
    pub certificate: PathBuf,
    /// Its key, in PEM.
    pub key: PathBuf,
}

impl Pair {
    /// The certificate's text.
    pub fn pem(&self) -> String {
        read(&self.certificate)
    }

    /// The certificate in base64, as a header of RFC 9440 or an `x5c` has it.
    pub fn base64(&self) -> String {
        self.pem().lines().filter(|line| !line.starts_with("-----")).collect()
    }

    /// Key and certificate in one text, as a client wants them.
    pub fn identity(&self) -> String {
        read(&self.key) + &self.pem()
    }
}

/// Makes certificates in a folder that goes away with it.
pub struct Maker(Folder);

impl Default for Maker {
    fn default() -> Self {
        Self(Folder::new("certificates"))
    }
}

impl Maker {
    /// Where they are.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// One that nobody but itself vouches for. `names`: like `DNS:a.example,IP:127.0.0.1`.
    pub fn self_signed(&self, file: &str, subject: &str, names: &str) -> Pair {
        self.root(
            file,
            subject,
            &["-addext", &format!("subjectAltName={names}"), "-addext", "basicConstraints=critical,CA:FALSE"],
            7300,
        )
    }

    /// The same, good for so many days.
    pub fn self_signed_for_days(&self, file: &str, subject: &str, names: &str, days: u32) -> Pair {
        self.root(
            file,
            subject,
            &["-addext", &format!("subjectAltName={names}"), "-addext", "basicConstraints=critical,CA:FALSE"],
            days,
        )
    }

    /// An authority that issues others.
    pub fn authority(&self, file: &str) -> Pair {
        self.root(file, &format!("/CN={file}"), &["-addext", "keyUsage=critical,keyCertSign"], 7300)
    }

    fn root(&self, file: &str, subject: &str, extensions: &[&str], days: u32) -> Pair {
        let pair = self.pair(file);
        let mut openssl = Command::new("openssl");
        openssl.args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split(' '));
        openssl.args(["-days", &days.to_string(), "-subj", subject]).args(extensions);
        run(openssl.arg("-keyout").arg(&pair.key).arg("-out").arg(&pair.certificate));
        pair
    }

    /// One for a client that an authority issues for so many days. `names`: as above, or empty.
    pub fn issued(&self, by: &Pair, file: &str, subject: &str, names: &str, days: u32) -> Pair {
        let names = if names.is_empty() { String::new() } else { format!("subjectAltName={names}\n") };
        self.signed(
            by,
            file,
            subject,
            &format!("{names}extendedKeyUsage=clientAuth\nbasicConstraints=critical,CA:FALSE\n"),
            days,
        )
    }

    /// An authority that another one issues.
    pub fn intermediate(&self, by: &Pair, file: &str) -> Pair {
        self.signed(
            by,
            file,
            &format!("/CN={file}"),
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n",
            7300,
        )
    }

    fn signed(&self, by: &Pair, file: &str, subject: &str, extensions: &str, days: u32) -> Pair {
        let pair = self.pair(file);
        let request = self.folder().join(format!("{file}.csr"));
        let extensions = self.0.write(&format!("{file}.ext"), extensions);
        let mut openssl = Command::new("openssl");
        openssl.args("req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -utf8".split(' '));
        run(openssl.args(["-subj", subject, "-keyout"]).arg(&pair.key).arg("-out").arg(&request));
        let mut openssl = Command::new("openssl");
        openssl.args(["x509", "-req", "-sha256", "-days", &days.to_string(), "-CAcreateserial", "-in"]).arg(&request);
        openssl.arg("-CA").arg(&by.certificate).arg("-CAkey").arg(&by.key);
        run(openssl.arg("-extfile").arg(&extensions).arg("-out").arg(&pair.certificate));
        pair
    }

    fn pair(&self, file: &str) -> Pair {
        let at = |end: &str| self.folder().join(format!("{file}.{end}"));
        Pair { certificate: at("pem"), key: at("key") }
    }
}

#[expect(clippy::unwrap_used, reason = "a test that cannot read its files ends")]
fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

#[expect(clippy::unwrap_used, reason = "a test that cannot make its files ends")]
fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
