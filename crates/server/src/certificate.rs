//! An X.509 certificate (RFC 5280), read as far as anybody here asks: whom it names, how long it is good, which key it is for.

use claviger_core::crypto::sha256;
use claviger_core::jose::Jwk;
use std::net::IpAddr;
use std::str::FromStr;
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::RdnSequence;

/// One certificate.
#[derive(Debug, Clone)]
pub struct Certificate {
    der: Vec<u8>,
    read: x509_cert::Certificate,
}

/// Whom a certificate names beside its subject (RFC 5280 4.2.1.6).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Host names, with or without a wildcard.
    pub dns: Vec<String>,
    /// URIs.
    pub uri: Vec<String>,
    /// Addresses.
    pub ip: Vec<IpAddr>,
    /// Mail addresses.
    pub email: Vec<String>,
}

impl Certificate {
    /// Reads one in DER; `None` for anything else.
    pub fn read(der: &[u8]) -> Option<Self> {
        let read = x509_cert::Certificate::from_der(der).ok()?;
        Some(Self { der: der.to_owned(), read })
    }

    /// In DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The thumbprint that tokens are bound to (RFC 8705 3.1, before it is spelled as base64url).
    pub fn thumbprint(&self) -> [u8; 32] {
        sha256(&self.der)
    }

    /// The first moment at which it is good, in milliseconds.
    pub fn begins(&self) -> i64 {
        millis(self.read.tbs_certificate.validity.not_before)
    }

    /// The last moment at which it is good, in milliseconds.
    pub fn ends(&self) -> i64 {
        millis(self.read.tbs_certificate.validity.not_after)
    }

    /// Its subject as RFC 4514 spells it.
    pub fn subject(&self) -> String {
        self.read.tbs_certificate.subject.to_string()
    }

    /// Whether its subject is the one that a text names, which RFC 4514 spells in more than one way; in any case, as names of
    /// people and hosts are compared (RFC 5280 7.1).
    pub fn has_subject(&self, text: &str) -> bool {
        let spelled = |text: &str| RdnSequence::from_str(text).ok().map(|name| name.to_string());
        let asked = spelled(text).or_else(|| spelled(&close_together(text)));
        !text.is_empty() && asked.as_deref().unwrap_or(text).eq_ignore_ascii_case(&self.subject())
    }

    /// The public key as a JWK, where it is of a kind that is used here.
    pub fn jwk(&self) -> Option<Jwk> {
        let info = &self.read.tbs_certificate.subject_public_key_info;
        let curve = info.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
        let key = info.subject_public_key.as_bytes()?;
        Jwk::of_certificate(&info.algorithm.oid.to_string(), curve.map(|oid| oid.to_string()).as_deref(), key)
    }

    /// Its alternative names; none where they cannot be read.
    pub fn names(&self) -> Names {
        let mut names = Names::default();
        let Ok(Some((_, SubjectAltName(found)))) = self.read.tbs_certificate.get::<SubjectAltName>() else {
            return names;
        };
        for name in found {
            match name {
                GeneralName::DnsName(name) => names.dns.push(name.to_string()),
                GeneralName::UniformResourceIdentifier(uri) => names.uri.push(uri.to_string()),
                GeneralName::Rfc822Name(address) => names.email.push(address.to_string()),
                GeneralName::IpAddress(bytes) => names.ip.extend(address(bytes.as_bytes())),
                _ => {}
            }
        }
        names
    }
}

/// A subject without the spaces that some programs write behind its commas; one that is escaped is part of a value.
fn close_together(text: &str) -> String {
    let mut close = String::with_capacity(text.len());
    let (mut escaped, mut after_comma) = (false, false);
    for letter in text.chars() {
        if letter == ' ' && after_comma {
            continue;
        }
        close.push(letter);
        after_comma = letter == ',' && !escaped;
        escaped = letter == '\\' && !escaped;
    }
    close
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
    v4.or_else(|| <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from))
}

fn millis(time: x509_cert::time::Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_millis()).unwrap_or(i64::MAX)
}
