//! The master key: 32 bytes that seal everything secret in the database. It is never in the database itself.
//!
//! It comes from the environment or from a file that only its owner can read. What is sealed with it is sealed under keys
//! derived from it, one per purpose.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use claviger_core::crypto::entropy::random_bytes;
use claviger_core::crypto::{CryptoError, SealKey, derive};
use std::fmt::{self, Write as _};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The variable that holds the key itself.
pub const VARIABLE: &str = "CLAVIGER_MASTER_KEY";
/// The variable that names a file with the key.
pub const FILE_VARIABLE: &str = "CLAVIGER_MASTER_KEY_FILE";

/// Longer files hold no key.
const LONGEST: u64 = 1024;

/// The master key. Prints as `***`, is wiped when dropped.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// The keys of the environment, and the file that they come from, if it is one.
pub type Found = (Option<PathBuf>, Vec<MasterKey>);

/// Why there is no master key. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file is not there or cannot be read or written.
    #[error("the master key file {} cannot be used: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others than its owner can read it.
    #[error("others than its owner can read the master key file {path}; run: chmod 600 {path}", path = .0.display())]
    Readable(PathBuf),
    /// It holds something else.
    #[error(
        "{0} holds no master key: write 32 bytes as 64 hexadecimal digits or as base64, like the output of `openssl rand -hex 32`"
    )]
    NoKey(String),
    /// More than two keys.
    #[error("{0} holds more than two master keys: the one in use, and below it the one that replaces it")]
    Many(String),
    /// Two sources.
    #[error("both {VARIABLE} and {FILE_VARIABLE} are set; unset one")]
    Two,
}

impl MasterKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self(Zeroizing::new(random_bytes()))
    }

    /// The keys of the environment, one or two, the newest last: [`VARIABLE`] or the file that [`FILE_VARIABLE`] names, which
    /// comes with them; `None` if neither is set.
    ///
    /// # Errors
    /// Both are set; the one that is set is of no use.
    pub fn from_environment() -> Result<Option<Found>, MasterKeyError> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        match (variable(VARIABLE), variable(FILE_VARIABLE)) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(MasterKeyError::Two),
            (Some(text), None) => {
                let text = Zeroizing::new(text.into_encoded_bytes());
                Self::parse_all(&text, VARIABLE).map(|keys| Some((None, keys)))
            }
            (None, Some(path)) => {
                let path = PathBuf::from(path);
                Self::read_all(&path).map(|keys| Some((Some(path), keys)))
            }
        }
    }

    /// The key in a file: 64 hexadecimal digits, base64 of either alphabet, or 32 bytes as they are.
    ///
    /// # Errors
    /// The file cannot be read, others than its owner can read it, or it holds something else.
    pub fn read(path: &Path) -> Result<Self, MasterKeyError> {
        Self::parse(&Self::content(path)?).ok_or_else(|| MasterKeyError::NoKey(path.display().to_string()))
    }

    /// The one or two keys in a file, each on a line of its own: below the key in use the one that is to replace it.
    ///
    /// # Errors
    /// As for [`Self::read`]; there are more than two.
    pub fn read_all(path: &Path) -> Result<Vec<Self>, MasterKeyError> {
        Self::parse_all(&Self::content(path)?, &path.display().to_string())
    }

    fn content(path: &Path) -> Result<Zeroizing<Vec<u8>>, MasterKeyError> {
        let failed = |error| MasterKeyError::File { path: path.to_owned(), error };
        let file = File::open(path).map_err(failed)?;
        // Of the opened file, so that nobody can exchange it in between.
        if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
            return Err(MasterKeyError::Readable(path.to_owned()));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(128));
        file.take(LONGEST).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    /// The key in a file, which is made (readable for its owner only) if it is not there. If two do so at once, both get
    /// the same key.
    ///
    /// # Errors
    /// As for [`Self::read`]; the file cannot be made.
    pub fn read_or_create(path: &Path) -> Result<Self, MasterKeyError> {
        let failed = |error| MasterKeyError::File { path: path.to_owned(), error };
        match Self::read(path) {
            Err(MasterKeyError::File { error, .. }) if error.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
        // Written whole under another name, then linked: a crash leaves no half of a key, and no key is overwritten.
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{:016x}", u64::from_le_bytes(random_bytes())));
        let draft = PathBuf::from(draft);
        let made = write_new(&draft, &Self::generate().hex()).and_then(|()| match fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
        let removed = fs::remove_file(&draft);
        made.and(removed).map_err(failed)?;
        Self::read(path)
    }

    /// A key for sealing, for one purpose only.
    ///
    /// # Errors
    /// The library has no AES-256-GCM.
    pub fn seal_key(&self, purpose: &str) -> Result<SealKey, CryptoError> {
        SealKey::new(&derive(&self.0, purpose))
    }

    /// Names the key and tells nothing of it.
    pub(crate) fn id(&self) -> [u8; 32] {
        *derive(&self.0, "master key id")
    }

    fn hex(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(65));
        for byte in self.0.iter() {
            let _ = write!(*text, "{byte:02x}");
        }
        text.push('\n');
        text
    }

    fn parse_all(bytes: &[u8], place: &str) -> Result<Vec<Self>, MasterKeyError> {
        if let Some(only) = Self::parse(bytes) {
            return Ok(vec![only]);
        }
        let words = std::str::from_utf8(bytes).unwrap_or("").split_whitespace();
        // Bytes as they are can only be the whole of it.
        let spelled = words.map(|word| (word.len() >= 43).then(|| Self::parse(word.as_bytes())).flatten());
        match spelled.collect::<Option<Vec<Self>>>() {
            Some(keys) if keys.len() > 2 => Err(MasterKeyError::Many(place.to_owned())),
            Some(keys) if !keys.is_empty() => Ok(keys),
            _ => Err(MasterKeyError::NoKey(place.to_owned())),
        }
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).unwrap_or("").trim();
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let key: Zeroizing<Vec<u8>> = match text.len() {
            64 if is_hex => Zeroizing::new(from_hex(text)?),
            43 | 44 => {
                let either = text.replace('-', "+").replace('_', "/");
                Zeroizing::new(BASE64.decode(Zeroizing::new(either).as_bytes()).ok()?)
            }
            // Thirty-two hexadecimal digits are 16 bytes, and somebody's mistake.
            _ if bytes.len() == 32 && !(text.len() == 32 && is_hex) => Zeroizing::new(bytes.to_vec()),
            _ => return None,
        };
        let key = <[u8; 32]>::try_from(key.as_slice()).ok()?;
        let all_alike = key.iter().all(|byte| Some(byte) == key.first());
        (!all_alike).then(|| Self(Zeroizing::new(key)))
    }
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| pair.iter().try_fold(0, |byte, half| Some(byte << 4 | digit(*half)?))).collect()
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::{MasterKey, MasterKeyError};
    use claviger_core::crypto::entropy::random_bytes;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let name = format!("claviger-key-{:016x}", u64::from_le_bytes(random_bytes()));
            let path = std::env::temp_dir().join(name);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn file(&self, name: &str, content: &[u8], mode: u32) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1efb";

    #[test]
    fn a_key_is_read_in_each_of_its_spellings() {
        let folder = Folder::new();
        let expected = MasterKey::read(&folder.file("hex", HEX.as_bytes(), 0o600)).unwrap().hex();
        assert_eq!(expected.trim_end(), HEX);
        let raw: Vec<u8> = (0..31).chain([0xfb]).collect();
        for (name, content) in [
            ("upper", HEX.to_uppercase().into_bytes()),
            ("line", format!("{HEX}\r\n").into_bytes()),
            ("raw", raw),
            ("base64", b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHvs=\n".to_vec()),
            ("unpadded", b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHvs".to_vec()),
        ] {
            let key = MasterKey::read(&folder.file(name, &content, 0o400)).unwrap();
            assert_eq!(*key.hex(), *expected, "{name}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        let folder = Folder::new();
        for content in ["", "\n", "secret", &HEX[2..], &HEX[..32], &"0".repeat(64), &"zz".repeat(32), &"x".repeat(3000)]
        {
            let error = MasterKey::read(&folder.file("bad", content.as_bytes(), 0o600)).unwrap_err();
            assert!(matches!(error, MasterKeyError::NoKey(_)), "{content}");
            assert!(!error.to_string().contains("secret"), "{error}");
            assert!(error.to_string().contains("openssl rand -hex 32"), "{error}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_remedy() {
        let folder = Folder::new();
        for mode in [0o640, 0o604, 0o644, 0o660, 0o666, 0o610] {
            let path = folder.file("open", HEX.as_bytes(), mode);
            let error = MasterKey::read(&path).unwrap_err().to_string();
            assert!(error.contains(&format!("chmod 600 {}", path.display())), "{error}");
        }
    }

    #[test]
    fn a_missing_file_is_made_once_and_for_the_owner_only() {
        let folder = Folder::new();
        let path = folder.0.join("master.key");
        assert!(matches!(MasterKey::read(&path), Err(MasterKeyError::File { .. })));
        let racers: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || MasterKey::read_or_create(&path).unwrap().hex())
            })
            .collect();
        let keys: Vec<_> = racers.into_iter().map(|racer| racer.join().unwrap()).collect();
        assert!(keys.iter().all(|key| **key == *keys[0]));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
        let nowhere = folder.0.join("none/master.key");
        assert!(MasterKey::read_or_create(&nowhere).unwrap_err().to_string().contains("none/master.key"));
    }

    #[test]
    fn it_prints_as_stars_and_seals_for_one_purpose() {
        let key = MasterKey::generate();
        assert_eq!(format!("{key:?}"), "MasterKey(***)");
        let sealed = key.seal_key("a").unwrap().seal(b"", b"x").unwrap();
        assert!(key.seal_key("b").unwrap().open(b"", &sealed).is_err());
        assert_eq!(key.seal_key("a").unwrap().open(b"", &sealed).unwrap().as_slice(), b"x");
    }
}
