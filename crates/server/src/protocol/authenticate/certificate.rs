//! Clients that prove themselves with the certificate of the connection (RFC 8705 2). That its sender has the key was proven in
//! the handshake, with us or with a trusted proxy; here it is judged whose it is.

use super::{Authenticator, Right};
use crate::certificate::Certificate;
use crate::failure::Failure;
use crate::state::brakes::Peer;
use crate::state::clients::Entry;
use claviger_core::client::{AuthMethod, CertificateOf};
use claviger_core::client_auth::Credentials;
use claviger_core::confirmation::Thumbprint;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Why a certificate is not that of the client.
#[derive(Debug, thiserror::Error)]
enum NotItsOwn {
    #[error("it cannot be read")]
    Unreadable,
    #[error("it is not good now")]
    OutOfTime,
    #[error("the realm trusts no authority, or what it names cannot be read")]
    NoAuthority,
    #[error("no authority of the realm vouches for it: {0}")]
    Untrusted(rustls::Error),
    #[error("it names somebody else")]
    OtherName,
    #[error("its key is not among the client's")]
    OtherKey,
}

impl Authenticator<'_> {
    /// Judges the certificate that came with the request.
    pub(super) async fn prove_by_certificate(&self, entry: &Entry, given: &Credentials) -> Result<Right, Failure> {
        let Credentials::Certified { chain, .. } = given else { return Err(self.refusal()) };
        let subject = self.subject(&entry.client);
        let guess = self.brakes.guess(subject, Peer::from(self.from), self.clock.now()).await.map_err(super::braked)?;
        match self.judge(entry, chain).await {
            Ok(ends_at) => {
                guess.succeeded();
                Ok(Right { id: None, raw: false, stretched: None, ends_at: Some(ends_at) })
            }
            Err(why) => {
                drop(guess);
                tracing::info!(client = entry.client.id, %why, "a client certificate is refused");
                Err(self.refusal())
            }
        }
    }

    /// Whether it is the client's own and good now; when it ends.
    async fn judge(&self, entry: &Entry, chain: &[Vec<u8>]) -> Result<i64, NotItsOwn> {
        let (own, issuers) = chain.split_first().ok_or(NotItsOwn::Unreadable)?;
        let certificate = Certificate::read(own).ok_or(NotItsOwn::Unreadable)?;
        let now = self.clock.now();
        if !(certificate.begins()..=certificate.ends().saturating_add(999)).contains(&now) {
            return Err(NotItsOwn::OutOfTime);
        }
        let authentication = &entry.client.authentication;
        if authentication.method == Some(AuthMethod::TlsClientAuth) {
            is_vouched_for(&self.realm.mtls.authorities, own, issuers, now)?;
            return if is_named(&certificate, &authentication.certificate) {
                Ok(certificate.ends())
            } else {
                Err(NotItsOwn::OtherName)
            };
        }
        self.is_registered(entry, &certificate).await?;
        Ok(certificate.ends())
    }

    /// Whether the certificate's key is one of the client's (RFC 8705 2.2); where those lie elsewhere, also after a new look.
    async fn is_registered(&self, entry: &Entry, certificate: &Certificate) -> Result<(), NotItsOwn> {
        let key = certificate.jwk().map(|key| Thumbprint::of(&key)).ok_or(NotItsOwn::OtherKey)?;
        if self.keys(entry, false).await.has(key.as_bytes()) {
            return Ok(());
        }
        if entry.client.jwks_uri.is_some() && self.keys(entry, true).await.has(key.as_bytes()) {
            return Ok(());
        }
        Err(NotItsOwn::OtherKey)
    }
}

/// Whether the chain leads to an authority that the realm trusts, is good now, and is for clients (RFC 5280 6, 4.2.1.12).
fn is_vouched_for(authorities: &str, own: &[u8], issuers: &[Vec<u8>], now: i64) -> Result<(), NotItsOwn> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
        let added = root.ok().and_then(|root| roots.add(root).ok());
        added.ok_or(NotItsOwn::NoAuthority)?;
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let verifier = verifier.map_err(|_| NotItsOwn::NoAuthority)?;
    let issuers: Vec<CertificateDer<'_>> =
        issuers.iter().map(|issuer| CertificateDer::from(issuer.as_slice())).collect();
    let now = UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(now).unwrap_or_default()));
    verifier.verify_client_cert(&CertificateDer::from(own), &issuers, now).map_err(NotItsOwn::Untrusted)?;
    Ok(())
}

/// Whether a certificate has the one name that the client registered (RFC 8705 2.1.2).
fn is_named(certificate: &Certificate, registered: &CertificateOf) -> bool {
    let CertificateOf { subject_dn, san_dns, san_uri, san_ip, san_email, .. } = registered;
    let names = certificate.names();
    let found = [
        subject_dn.as_ref().map(|subject| certificate.has_subject(subject)),
        san_dns.as_ref().map(|host| names.dns.iter().any(|name| name.eq_ignore_ascii_case(host))),
        san_uri.as_ref().map(|uri| names.uri.contains(uri)),
        san_ip.as_ref().map(|ip| ip.parse::<IpAddr>().is_ok_and(|ip| names.ip.contains(&ip))),
        san_email.as_ref().map(|address| names.email.contains(address)),
    ];
    let mut given = found.into_iter().flatten();
    matches!((given.next(), given.next()), (Some(true), None))
}
