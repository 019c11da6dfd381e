//! The only source of randomness. Everything unguessable in Claviger comes from here.

/// `N` unpredictable bytes from aws-lc's generator, which the operating system seeds.
///
/// Ends the process when the system has no randomness to give: any answer made without it would be guessable, and no
/// caller could do better.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}
