//! The formats of hashes that do not say what they are: the file, or the command line, says it for them.

use crate::aspnet::Membership;
use crate::digest::{Digest, Place, Salted};
use crate::encoding::{base64, hex};
use crate::given::{Given, SaltEncoding};
use crate::pbkdf2::{self, Prf};
use crate::{Check, Refused, scrypt};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Declares the formats with their names.
macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a hash is that does not say so itself.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Format { $($(#[$doc])* #[serde(rename = $name)] $variant,)* }

        impl Format {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As files and the command line name it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

formats! {
    /// MD5 of the password.
    Md5 = "md5",
    /// MD5 of salt and password.
    Md5SaltFirst = "md5-salt-first",
    /// MD5 of password and salt.
    Md5SaltLast = "md5-salt-last",
    /// SHA-1 of the password.
    Sha1 = "sha1",
    /// SHA-1 of salt and password.
    Sha1SaltFirst = "sha1-salt-first",
    /// SHA-1 of password and salt.
    Sha1SaltLast = "sha1-salt-last",
    /// SHA-256 of the password.
    Sha256 = "sha256",
    /// SHA-256 of salt and password.
    Sha256SaltFirst = "sha256-salt-first",
    /// SHA-256 of password and salt.
    Sha256SaltLast = "sha256-salt-last",
    /// SHA-512 of the password.
    Sha512 = "sha512",
    /// SHA-512 of salt and password.
    Sha512SaltFirst = "sha512-salt-first",
    /// SHA-512 of password and salt.
    Sha512SaltLast = "sha512-salt-last",
    /// PBKDF2 with HMAC-SHA-1; salt and rounds in columns.
    Pbkdf2Sha1 = "pbkdf2-sha1",
    /// PBKDF2 with HMAC-SHA-256.
    Pbkdf2Sha256 = "pbkdf2-sha256",
    /// PBKDF2 with HMAC-SHA-512.
    Pbkdf2Sha512 = "pbkdf2-sha512",
    /// The Membership provider of ASP.NET: SHA-1.
    MembershipSha1 = "membership-sha1",
    /// The same from ASP.NET 4 on: HMAC-SHA-256.
    MembershipHmacSha256 = "membership-hmac-sha256",
    /// Firebase's scrypt, with the project's parameters.
    Firebase = "firebase-scrypt",
}

impl Format {
    /// Reads a hash of this format.
    pub(crate) fn read(self, given: &Given) -> Result<Box<dyn Check>, Refused> {
        use Digest::{Md5, Sha1, Sha256, Sha512};
        use Place::{First, Last, Nowhere};
        let (digest, place) = match self {
            Self::Md5 => (Md5, Nowhere),
            Self::Md5SaltFirst => (Md5, First),
            Self::Md5SaltLast => (Md5, Last),
            Self::Sha1 => (Sha1, Nowhere),
            Self::Sha1SaltFirst => (Sha1, First),
            Self::Sha1SaltLast => (Sha1, Last),
            Self::Sha256 => (Sha256, Nowhere),
            Self::Sha256SaltFirst => (Sha256, First),
            Self::Sha256SaltLast => (Sha256, Last),
            Self::Sha512 => (Sha512, Nowhere),
            Self::Sha512SaltFirst => (Sha512, First),
            Self::Sha512SaltLast => (Sha512, Last),
            Self::Pbkdf2Sha1 => return self.pbkdf2(Prf::Sha1, given),
            Self::Pbkdf2Sha256 => return self.pbkdf2(Prf::Sha256, given),
            Self::Pbkdf2Sha512 => return self.pbkdf2(Prf::Sha512, given),
            Self::MembershipSha1 => return self.membership(false, given),
            Self::MembershipHmacSha256 => return self.membership(true, given),
            Self::Firebase => return self.firebase(given),
        };
        let salt = if place == Nowhere { Vec::new() } else { self.salt(given, SaltEncoding::Text)? };
        Ok(Box::new(Salted::spelled(digest, place, salt, &given.hash)?))
    }

    fn pbkdf2(self, prf: Prf, given: &Given) -> Result<Box<dyn Check>, Refused> {
        let salt = self.salt(given, SaltEncoding::Base64)?;
        let rounds =
            given.iterations.ok_or(Refused::Needs { format: self.name(), needs: "the number of iterations" })?;
        // No base64 of a derived key has hexadecimal digits only.
        let hash = hex(&given.hash).or_else(|| base64(&given.hash));
        Ok(Box::new(pbkdf2::Hash::new(Some(prf), Some(rounds), Some(salt), hash)?))
    }

    fn membership(self, hmac: bool, given: &Given) -> Result<Box<dyn Check>, Refused> {
        let salt = self.salt(given, SaltEncoding::Base64)?;
        let hash = base64(&given.hash).filter(|hash| hash.len() == if hmac { 32 } else { 20 });
        let wrong =
            Refused::Malformed { family: "ASP.NET Membership", why: "it is base64 of 20 bytes, or 32 with HMAC" };
        Ok(Box::new(Membership { hmac, salt, hash: hash.ok_or(wrong)? }))
    }

    fn firebase(self, given: &Given) -> Result<Box<dyn Check>, Refused> {
        let project = given.firebase.as_ref();
        let project = project.ok_or(Refused::Needs { format: self.name(), needs: "the parameters of the project" })?;
        Ok(Box::new(scrypt::Firebase::new(project, self.salt(given, SaltEncoding::Base64)?, &given.hash)?))
    }

    fn salt(self, given: &Given, usual: SaltEncoding) -> Result<Vec<u8>, Refused> {
        let text = given.salt.as_deref().filter(|salt| !salt.is_empty());
        let text = text.ok_or(Refused::Needs { format: self.name(), needs: "a salt" })?;
        let salt = match given.salt_encoding.unwrap_or(usual) {
            SaltEncoding::Text => Some(text.as_bytes().to_vec()),
            SaltEncoding::Hex => hex(text),
            SaltEncoding::Base64 => base64(text),
        };
        salt.ok_or(Refused::Needs {
            format: self.name(),
            needs: "a salt in another spelling: `--salt-encoding` says which",
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    /// # Errors
    /// There is none of this name; says which there are.
    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|format| format.name() == name);
        found.ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(|format| format.name()).collect();
            format!("there is: {}", all.join(", "))
        })
    }
}
