//! The public key of a certificate as a JWK (RFC 5480, RFC 8017 A.1, RFC 8410), so that it can be found among registered ones.

use super::Jwk;

impl Jwk {
    /// From the parts of a `SubjectPublicKeyInfo` (RFC 5280 4.1): the algorithm's identifier, the curve's where there is one, and
    /// the key. `None` for kinds that are not used here.
    pub fn of_certificate(algorithm: &str, curve: Option<&str>, key: &[u8]) -> Option<Self> {
        match (algorithm, curve) {
            ("1.2.840.10045.2.1", Some("1.2.840.10045.3.1.7")) => Self::from_p256_point(key),
            ("1.2.840.113549.1.1.1", _) => Self::from_rsa_der(key),
            ("1.3.101.112", _) => (key.len() == 32).then(|| Self::from_ed25519(key)),
            _ => None,
        }
    }
}
