//! `postgres://user:password@host:port/database?sslmode=..`, as libpq's users know it.

use crate::Fault;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// Reads a URL. Where it does not say otherwise: TLS is required for a host that is not this machine, and left out for one
/// that is (a distribution's certificate of its own proves nothing there); the session must
/// be able to write (of a primary and its standbys, the primary), and silence is noticed within `patience`.
///
/// # Errors
/// It is no such URL. The message does not repeat it: there may be a password in it.
pub(super) fn parse(url: &str, patience: Duration) -> Result<Config, Fault> {
    // libpq's words for "and check who answers", which is what always happens here.
    let url = url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
    let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
        let detail = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Fault::Other(format!("the database URL cannot be read: {error}{detail}"))
    })?;
    if config.get_hosts().is_empty() {
        return Err(Fault::Other("the database URL names no host".into()));
    }
    if config.get_user().is_none() {
        return Err(Fault::Other("the database URL names no user".into()));
    }
    if !url.contains("sslmode=") {
        let local = config.get_hosts().iter().all(is_this_machine);
        config.ssl_mode(if local { SslMode::Disable } else { SslMode::Require });
    }
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    if config.get_application_name().is_none() {
        config.application_name("claviger");
    }
    let quick = patience.min(Duration::from_secs(2));
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(quick);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(patience);
    }
    config.keepalives_idle(Duration::from_secs(10)).keepalives_interval(Duration::from_secs(2)).keepalives_retries(3);
    Ok(config)
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    }
}

/// For people and logs: who, where, which; never the password.
pub(super) fn shown(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(index, host)| {
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(folder) => format!("{}:{port}", folder.display()),
            }
        })
        .collect();
    let user = config.get_user().unwrap_or_default();
    format!("postgres://{user}@{}/{}", hosts.join(","), config.get_dbname().unwrap_or(user))
}

#[cfg(test)]
mod tests {
    use super::{parse, shown};
    use std::time::Duration;
    use tokio_postgres::config::{SslMode, TargetSessionAttrs};

    #[test]
    fn what_a_url_leaves_open_is_safe() {
        let mode = |url: &str| parse(url, Duration::from_secs(5)).unwrap().get_ssl_mode();
        assert_eq!(mode("postgres://u:p@db.example/claviger"), SslMode::Require);
        assert_eq!(mode("postgres://u:p@db.example/claviger?sslmode=verify-full"), SslMode::Require);
        assert_eq!(mode("postgres://u:p@db.example/claviger?sslmode=disable"), SslMode::Disable);
        assert_eq!(mode("postgres://u@127.0.0.1/claviger"), SslMode::Disable);
        assert_eq!(mode("postgres://u@localhost/claviger?sslmode=require"), SslMode::Require);
        let standby = parse("postgres://u@a,b/claviger", Duration::from_secs(5)).unwrap();
        assert_eq!(standby.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    }

    #[test]
    fn a_password_is_not_shown() {
        let config = parse("postgresql://u:s3cret@db.example:6543/claviger", Duration::from_secs(5)).unwrap();
        assert_eq!(shown(&config), "postgres://u@db.example:6543/claviger");
        let wrong = parse("postgres://u:s3cret@db.example/x?nonsense=1", Duration::from_secs(5)).unwrap_err();
        assert!(!wrong.to_string().contains("s3cret"), "{wrong}");
    }
}
