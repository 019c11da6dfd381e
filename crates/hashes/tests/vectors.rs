//! Every family, with hashes that were made by the programs that users come from (`vectors/make.py`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use claviger_hashes::{Foreign, Format, Given, Refused, SaltEncoding};
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct Vector {
    family: String,
    made_by: String,
    password: String,
    given: Given,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("vectors/vectors.json")).unwrap()
}

#[test]
fn every_vector_is_of_its_password_and_of_no_other() {
    for Vector { family, made_by, password, given } in vectors() {
        let about = format!("{family}, {made_by}: {password:?} {}", given.hash);
        let foreign = Foreign::parse(&given).unwrap_or_else(|refused| panic!("{about}: {refused}"));
        assert!(foreign.is_of(&password), "{about}");
        // The first letter counts in every family, however long the password is.
        for other in [format!("!{password}"), password.to_uppercase() + "X", "another".to_owned()] {
            assert!(!foreign.is_of(&other), "{about} is of {other:?} too");
        }
    }
}

#[test]
fn every_family_and_every_format_has_vectors() {
    let vectors = vectors();
    let families: BTreeSet<&str> = vectors.iter().map(|vector| &*vector.family).collect();
    let named = [
        "ASP.NET Identity",
        "ASP.NET Membership",
        "Argon2",
        "Drupal",
        "Firebase",
        "Keycloak",
        "LDAP",
        "MySQL",
        "PBKDF2",
        "Spring",
        "bcrypt",
        "crypt",
        "phpass",
        "plain",
        "scrypt",
    ];
    assert_eq!(families.into_iter().collect::<Vec<_>>(), named);
    for format in Format::ALL {
        assert!(vectors.iter().any(|vector| vector.given.format == Some(*format)), "{format}");
        assert_eq!(format.name().parse::<Format>().unwrap(), *format);
    }
}

#[test]
fn a_changed_hash_is_of_no_password() {
    for Vector { family, made_by, password, mut given } in vectors() {
        // The fifth letter from the end is within the digest in all of them, but where JSON is around it.
        if given.hash.starts_with('{') && given.hash.ends_with('}') {
            continue;
        }
        let at = given.hash.len() - 5;
        let letter = given.hash.as_bytes()[at];
        let other = if letter == b'1' { '2' } else { '1' };
        given.hash.replace_range(at..=at, &other.to_string());
        if let Ok(foreign) = Foreign::parse(&given) {
            assert!(!foreign.is_of(&password), "{family}, {made_by}: {}", given.hash);
        }
    }
}

#[test]
fn what_is_kept_is_read_again() {
    for Vector { given, password, .. } in vectors().into_iter().filter(|vector| vector.family != "bcrypt").step_by(9) {
        let text = serde_json::to_string(&given).unwrap();
        let again: Given = serde_json::from_str(&text).unwrap();
        assert!(again == given && Foreign::parse(&again).unwrap().is_of(&password));
        assert!(!format!("{given:?}").contains(&given.hash));
    }
}

#[test]
fn a_password_counts_to_72_bytes_in_bcrypt() {
    let given = Given::of("$2b$05$abcdefghijklmnopqrstuuQ9vXbHHZpDHiU4MTWwiH6nSVXZ8WnVS");
    // Whatever this hash is of: what follows the first 72 bytes makes no difference.
    let foreign = Foreign::parse(&given).unwrap();
    let long = "y".repeat(72);
    assert_eq!(foreign.is_of(&long), foreign.is_of(&format!("{long}more")));
}

#[test]
fn absurd_costs_are_refused_with_the_bound() {
    let costly = [
        (
            "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "memory in KiB 4194304",
        ),
        ("$argon2id$v=19$m=65536,t=4000000,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "passes"),
        ("$argon2id$v=19$m=65536,t=1,p=200$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "lanes"),
        ("$2b$31$abcdefghijklmnopqrstuuQ9vXbHHZpDHiU4MTWwiH6nSVXZ8WnVS", "cost 31, and at most 14"),
        ("pbkdf2_sha256$1000000000$salt$XVXFCe4gWjPOyHsUdPJ4xYMJGcJ9AsmXyMZPAJ6RQEo=", "rounds 1000000000"),
        ("pbkdf2:sha256:1000000000$salt$00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "rounds"),
        ("$pbkdf2-sha512$4000000000$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "rounds"),
        ("$scrypt$ln=30,r=8,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "memory"),
        ("$scrypt$ln=14,r=8,p=4000$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "N x r x p"),
        ("$7$Q6..../....salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "memory"),
        ("$P$zabcdefgh8J1YQEdIl8Ky3k.TLnj/01", "power of two, 63"),
        (
            "$6$rounds=999999999$abcdefgh$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "rounds 999999999",
        ),
        ("$y$jFT$saltsaltsalt$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "memory"),
        ("AQAAAAE7msoAAAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M", "rounds 1000000000"),
        (
            "{\"credentialData\":{\"hashIterations\":1000000000,\"algorithm\":\"pbkdf2-sha256\"},\"secretData\":{\"value\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"salt\":\"AAAA\"}}",
            "rounds",
        ),
    ];
    for (hash, says) in costly {
        let refused = Foreign::parse(&Given::of(hash)).expect_err(hash);
        assert!(matches!(refused, Refused::TooCostly { .. }), "{hash}: {refused:?}");
        assert!(refused.to_string().contains(says), "{hash}: {refused}");
    }
}

#[test]
fn what_is_no_hash_is_refused_with_a_reason() {
    for hash in [
        "",
        "secret",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "$2x$05$abcdefghijklmnopqrstuuQ9vXbHHZpDHiU4MTWwiH6nSVXZ8WnVS",
        "$2b$05$abcdefghijklmnopqrstuuQ9vXbHH",
        "$2b$aa$abcdefghijklmnopqrstuuQ9vXbHHZpDHiU4MTWwiH6nSVXZ8WnVS",
        "$2b$05$abcdefghijklmnopqrstuuQ9vXbHHZpDHiU4MTWwiH6nSVXZ8WnVSé",
        "$argon2id$v=19$m=65536,t=1$c29tZXNhbHQ$nf65",
        "$argon2x$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$pbkdf2-md5$1000$c2FsdA$AAAA",
        "pbkdf2_sha256$0$salt$XVXFCe4gWjPOyHsUdPJ4xYMJGcJ9AsmXyMZPAJ6RQEo=",
        "pbkdf2_sha256$-1$salt$XVXFCe4gWjPOyHsUdPJ4xYMJGcJ9AsmXyMZPAJ6RQEo=",
        "$scrypt$ln=16,r=8$c2FsdA$AAAA",
        "scrypt:3:8:1$salt$00",
        "$5$rounds=x$salt$aa",
        "$1$salt$short",
        "$y$j9T$salt",
        "{SSHA}AAAA",
        "{CRYPT}abJnggxhB/yWI",
        "{pbkdf2}zz",
        "{bcrypt}plain",
        "*0123",
        "$P$",
        "$S$D",
        "{\"credentialData\":{}}",
        "{\"credentialData\":{\"algorithm\":\"md5\"},\"secretData\":{}}",
        "{",
        "AQAAAA",
        "é",
        &"x".repeat(5000),
    ] {
        let refused = Foreign::parse(&Given::of(hash)).expect_err(hash).to_string();
        assert!(refused.len() > 20, "{hash}: {refused}");
    }
}

#[test]
fn columns_that_are_missing_are_named() {
    let md5 = "5f4dcc3b5aa765d61d8327deb882cf99";
    let with =
        |format, salt: Option<&str>| Given { format: Some(format), salt: salt.map(str::to_owned), ..Given::of(md5) };
    for (given, says) in [
        (with(Format::Md5SaltFirst, None), "`md5-salt-first` needs a salt"),
        (with(Format::Md5SaltFirst, Some("")), "`md5-salt-first` needs a salt"),
        (with(Format::Pbkdf2Sha256, Some("AAAA")), "needs the number of iterations"),
        (with(Format::Firebase, Some("AAAA")), "needs the parameters of the project"),
        (with(Format::Sha1, None), "length is that of another digest"),
        (Given { salt_encoding: Some(SaltEncoding::Hex), ..with(Format::Md5SaltLast, Some("zz")) }, "another spelling"),
    ] {
        let refused = Foreign::parse(&given).unwrap_err().to_string();
        assert!(refused.contains(says), "{refused}");
    }
    assert!(Foreign::parse(&with(Format::Md5, None)).unwrap().is_of("password"));
}
