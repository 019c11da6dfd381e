//! Mails: written down first, sent after, so that none is lost when a process ends.
//!
//! 1. [`Letter::queued`] seals a letter for the store's outbox: it may hold a one-time link, which is worth a secret.
//! 2. [`deliver_due`] sends what is due, as [`crate::outbox`] does with every parcel: one process gets it, and one that could not
//!    be sent is due again, later each time. After five days, or when the server says that it will never take it, it is
//!    given up: the log says so, and it stays where operators see it ([`crate::admin::mails`]) and can have it tried again.
//!
//! A mail that was accepted just as the process died is sent once more; both carry the same `Message-ID`. Without SMTP
//! each mail becomes a file.

use crate::outbox::{self, Carrier, Pauses};
use crate::state::secrets::Secrets;
use claviger_core::brand::Logo;
use claviger_core::claims::id_text;
use claviger_core::crypto::CryptoError;
use claviger_core::jose::{base64url, from_base64url};
use claviger_core::token::{Id, Plain};
use claviger_store::{Fault, MAIL_TOPIC, Mail, Parcel, Store};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::Semaphore;

/// How long a server may take for a mail.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many connections to the server there are at once.
const CONNECTIONS: usize = 4;
/// How many mails of a program of before are taken over in one go.
const TAKEN_OVER: i64 = 100;
/// One minute after the first attempt, four times as long each time, six hours at most; for five days.
const PAUSES: Pauses = Pauses { first: 60_000, longest: 6 * 3_600_000, give_up: 5 * 86_400_000 };

/// What the HTML part calls its picture (RFC 2392): `cid:` and this.
pub const LOGO: &str = "logo@claviger";

/// A mail to one person, as text and as HTML.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// The subject, one line.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The picture that the HTML part shows ([`LOGO`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Logo>,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("to", &self.to).field("subject", &self.subject).finish_non_exhaustive()
    }
}

impl Letter {
    /// The letter as it waits in the outbox under `id`, sealed.
    ///
    /// # Errors
    /// It cannot be spelled or sealed; neither happens.
    pub fn queued(&self, secrets: &Secrets, id: Id) -> Result<Mail, CryptoError> {
        let plain = serde_json::to_vec(self).map_err(|_| CryptoError::Seal)?;
        let sealed = secrets.outbox_key(&id)?.seal(b"mail", &plain)?;
        Ok(Mail { id, recipient: self.to.clone(), doc: base64url(&sealed) })
    }

    /// Text and HTML; the picture comes with the HTML (RFC 2387), because mail programs ask before they fetch one.
    fn body(&self) -> MultiPart {
        let picture = self.logo.as_ref().filter(|_| self.html.contains(LOGO));
        let picture = picture.and_then(|logo| Some((from_base64url(&logo.data)?, logo.media_type.parse().ok()?)));
        let Some((bytes, media_type)) = picture else {
            return MultiPart::alternative_plain_html(self.text.clone(), self.html.clone());
        };
        let picture = Attachment::new_inline(LOGO.to_owned()).body(bytes, media_type);
        let html = MultiPart::related().singlepart(SinglePart::html(self.html.clone())).singlepart(picture);
        MultiPart::alternative().singlepart(SinglePart::plain(self.text.clone())).multipart(html)
    }

    fn opened(parcel: &Parcel, secrets: &Secrets) -> Option<Self> {
        let sealed = from_base64url(std::str::from_utf8(&parcel.sealed).ok()?)?;
        let plain = secrets.outbox_keys(&parcel.id).find_map(|key| key.open(b"mail", &sealed).ok())?;
        serde_json::from_slice(&plain).ok()
    }
}

/// How a connection to the SMTP server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// Not at all; for a server on this machine.
    None,
    /// STARTTLS, required (RFC 3207); usually port 587.
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314); usually port 465.
    Tls,
}

/// Where mails go.
#[derive(Debug, Clone)]
pub enum Outlet {
    /// To an SMTP server.
    Smtp(Smtp),
    /// Into a folder, a file each; it is made when the first mail comes.
    Folder(PathBuf),
}

/// An SMTP server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Its name; also what its certificate is checked against.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: TlsMode,
    /// User name and password, if it wants them.
    pub credentials: Option<(String, Plain)>,
    /// A file of PEM certificates to believe beside the public authorities, for a server of one's own.
    pub ca_file: Option<PathBuf>,
    /// What this server calls itself (`EHLO`, RFC 5321 4.1.1.1); none: the domain of the sender.
    pub ehlo: Option<String>,
}

/// Why mails cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// No address.
    #[error("`{0}` is not an e-mail address")]
    Address(String),
    /// The password would travel in the clear.
    #[error("a password is only sent over TLS: set tls = \"starttls\" or \"tls\" for the SMTP server {0}")]
    PasswordInTheClear(String),
    /// The certificates of one's own authority.
    #[error("{}: {reason}", file.display())]
    Certificates {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The server did not take it.
    #[error("the SMTP server did not take the mail: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The server answers, and not as a mail server that is ready does.
    #[error("the SMTP server answers, but is not ready")]
    NotReady,
    /// The folder did not take it.
    #[error("the mail cannot be written into {}: {error}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It cannot be spelled as a mail.
    #[error("the mail cannot be made: {0}")]
    Form(#[from] lettre::error::Error),
}

impl MailError {
    /// Whether another attempt would come to the same: the server said so about this mail (RFC 5321 4.2.1), or it is none. What
    /// the server says of our name, password or encryption is no such thing: that can be mended without the mail.
    pub fn is_for_good(&self) -> bool {
        const OF_THE_LOGIN: [u16; 4] = [530, 534, 535, 538];
        match self {
            Self::Smtp(error) => {
                error.is_permanent() && error.status().is_none_or(|code| !OF_THE_LOGIN.contains(&code.into()))
            }
            Self::Address(_) | Self::Form(_) => true,
            Self::PasswordInTheClear(_) | Self::Certificates { .. } | Self::NotReady | Self::Folder { .. } => false,
        }
    }
}

/// Where one mail went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// The SMTP server accepted it.
    Accepted,
    /// It is in this file.
    Written(PathBuf),
}

/// Sends mails.
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

enum Way {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Folder(PathBuf),
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Mailer {
    /// Where mails go, for people.
    pub fn goes_to(&self) -> String {
        match &self.way {
            Way::Smtp(_) => "the SMTP server".to_owned(),
            Way::Folder(folder) => format!("the folder {}", folder.display()),
        }
    }

    /// Whether the server answers, believes us, and would take a mail; or whether the folder can be written.
    ///
    /// # Errors
    /// It does not.
    pub async fn check(&self) -> Result<(), MailError> {
        match &self.way {
            Way::Smtp(transport) => {
                if transport.test_connection().await? {
                    Ok(())
                } else {
                    Err(MailError::NotReady)
                }
            }
            Way::Folder(folder) => {
                // The folder is made when the first mail comes.
                let there = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
                let probe = there.join(format!(".claviger-{}", std::process::id()));
                let written = std::fs::File::create_new(&probe).and_then(|_| std::fs::remove_file(&probe));
                written.map_err(|error| MailError::Folder { folder: folder.clone(), error })
            }
        }
    }

    /// Prepares to send; connects to nobody yet. `from`: `Name <address>` or an address.
    ///
    /// # Errors
    /// `from` is no address, a password would travel in the clear, the certificates cannot be read.
    pub fn new(from: &str, outlet: &Outlet) -> Result<Self, MailError> {
        let from: Mailbox = from.parse().map_err(|_| MailError::Address(from.to_owned()))?;
        let way = match outlet {
            Outlet::Smtp(smtp) => Way::Smtp(Box::new(smtp.transport(from.email.domain())?)),
            Outlet::Folder(folder) => Way::Folder(folder.clone()),
        };
        Ok(Self { from, way })
    }

    /// Sends one letter. `id` and `now` make its `Message-ID` and `Date`.
    ///
    /// # Errors
    /// It was not accepted.
    pub async fn send(&self, letter: &Letter, id: &Id, now: i64) -> Result<Delivered, MailError> {
        let to: Mailbox = letter.to.parse().map_err(|_| MailError::Address(letter.to.clone()))?;
        let date = UNIX_EPOCH + Duration::from_millis(u64::try_from(now).unwrap_or_default());
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .date(date)
            .message_id(Some(format!("<{}@{}>", id_text(id), self.from.email.domain())))
            .subject(letter.subject.clone())
            .multipart(letter.body())?;
        match &self.way {
            Way::Smtp(transport) => {
                transport.send(message).await?;
                Ok(Delivered::Accepted)
            }
            Way::Folder(folder) => write_file(folder, &id_text(id), &message.formatted())
                .map(Delivered::Written)
                .map_err(|error| MailError::Folder { folder: folder.clone(), error }),
        }
    }
}

impl Smtp {
    /// `domain`: the sender's.
    fn transport(&self, domain: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
        let local = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        if self.tls == TlsMode::None && self.credentials.is_some() && !local {
            return Err(MailError::PasswordInTheClear(self.host.clone()));
        }
        let tls = match self.tls {
            TlsMode::None => Tls::None,
            TlsMode::Starttls => Tls::Required(self.tls_parameters()?),
            TlsMode::Tls => Tls::Wrapper(self.tls_parameters()?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host)
            .port(self.port)
            .hello_name(self.hello(domain))
            .tls(tls)
            .timeout(Some(PATIENCE));
        if let Some((user, password)) = &self.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(builder.build())
    }

    /// The name of the greeting; an address is one in brackets (RFC 5321 4.1.3).
    fn hello(&self, domain: &str) -> ClientId {
        let name = self.ehlo.as_deref().unwrap_or(domain);
        match name.trim_start_matches('[').trim_end_matches(']').parse() {
            Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
            Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
            Err(_) => ClientId::Domain(name.to_owned()),
        }
    }

    fn tls_parameters(&self) -> Result<TlsParameters, MailError> {
        let mut builder = TlsParameters::builder(self.host.clone());
        if let Some(file) = &self.ca_file {
            let wrong = |reason: String| MailError::Certificates { file: file.clone(), reason };
            let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
            let certificate = Certificate::from_pem(&pem).map_err(|error| wrong(error.to_string()))?;
            builder = builder.add_root_certificate(certificate);
        }
        Ok(builder.build_rustls()?)
    }
}

/// Writes a mail whole under another name and then gives it its own; only its owner can read it.
fn write_file(folder: &Path, name: &str, content: &[u8]) -> std::io::Result<PathBuf> {
    claviger_store::private::create_folder(folder)?;
    let (draft, file) = (folder.join(format!(".{name}.draft")), folder.join(format!("{name}.eml")));
    let mut out = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    out.write_all(content)?;
    out.sync_all()?;
    std::fs::rename(&draft, &file)?;
    Ok(file)
}

/// What became of a mail whose time had come.
#[derive(Debug)]
pub struct Attempt {
    /// The mail.
    pub id: Id,
    /// To whom.
    pub recipient: String,
    /// Where it went, or why it did not go.
    pub outcome: Result<Delivered, MailError>,
}

/// Sends the mails whose time has come, and says what became of each. Safe to run in several processes at once.
///
/// # Errors
/// The database fails; mails that were taken until then are due again later.
pub async fn deliver_due(store: &Store, secrets: &Secrets, mailer: &Mailer, now: i64) -> Result<Vec<Attempt>, Fault> {
    while store.take_over_mails(TAKEN_OVER).await? > 0 {}
    let carrier = Mails { secrets, mailer, now, connections: Semaphore::new(CONNECTIONS), attempts: Mutex::default() };
    outbox::deliver_due(store, &carrier, now).await?;
    Ok(carrier.attempts.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Who carries mails.
struct Mails<'a> {
    secrets: &'a Secrets,
    mailer: &'a Mailer,
    now: i64,
    connections: Semaphore,
    attempts: Mutex<Vec<Attempt>>,
}

impl Carrier for Mails<'_> {
    fn topic(&self) -> &'static str {
        MAIL_TOPIC
    }

    fn pauses(&self) -> Pauses {
        PAUSES
    }

    fn keeps(&self) -> bool {
        true
    }

    async fn deliver(&self, parcel: &Parcel) -> outbox::Attempt {
        let Some(letter) = Letter::opened(parcel, self.secrets) else {
            return outbox::Attempt::Later("it cannot be opened: no token key of this server fits".to_owned());
        };
        let _one_of_few = self.connections.acquire().await;
        let outcome = self.mailer.send(&letter, &parcel.id, self.now).await;
        let attempt = match &outcome {
            Ok(_) => outbox::Attempt::Delivered,
            Err(error) => {
                let (mail, why) = (id_text(&parcel.id), with_causes(error));
                let help = "`claviger mail list` shows it, `claviger mail retry` has it tried again";
                tracing::warn!(mail, error = why, help, "a mail was not sent");
                if error.is_for_good() { outbox::Attempt::Hopeless(why) } else { outbox::Attempt::Later(why) }
            }
        };
        let one = Attempt { id: parcel.id, recipient: parcel.addressee.clone(), outcome };
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).push(one);
        attempt
    }
}

/// What went wrong, and why that did; for people.
fn with_causes(error: &MailError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    claviger_core::text::on_one_line(&text).into_owned()
}
