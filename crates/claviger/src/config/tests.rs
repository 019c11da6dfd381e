use super::*;
use claviger_testing::folder::Folder;

fn parse(
    file: Option<(&Path, &[u8])>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[(String, String)],
) -> Result<Config, Problems> {
    super::parse(file, environment, flags).map(|explained| explained.config)
}

fn from(text: &str) -> Result<Config, Problems> {
    parse(Some((Path::new("/etc/claviger/claviger.toml"), text.as_bytes())), [], &[])
}

fn complaint(text: &str) -> (usize, String, String) {
    let problems = from(text).unwrap_err().0;
    let [problem] = problems.as_slice() else { panic!("{problems:#?}") };
    (problem.line(), problem.message.clone(), problem.help.clone().unwrap_or_default())
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_example_says_the_defaults() {
    let (example, empty) = (from(EXAMPLE).unwrap_or_else(|p| panic!("{p}")), from("").unwrap());
    assert_eq!(format!("{example:?}"), format!("{empty:?}"));
    assert_eq!(empty.server.listen, ["127.0.0.1:8080".parse().unwrap()]);
    assert_eq!(*empty.database.url, "sqlite:///etc/claviger/claviger.db");
    assert!(matches!(&empty.mail.outlet, Outlet::Folder(folder) if folder == Path::new("/etc/claviger/mail")));
}

/// The example with every line that is commented out, and is no prose, put into effect where it stands.
fn uncommented() -> String {
    let is_setting = |line: &str| {
        let name = line.split('=').next().unwrap_or_default().trim();
        line.starts_with("[[")
            || (line.contains(" = ") && !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
    };
    let lines = EXAMPLE.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if is_setting(rest) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn every_commented_setting_of_the_example_can_be_put_into_effect_where_it_stands() {
    let text = uncommented().replace("sqlite://claviger.db", "postgres://claviger@db.example:5432/claviger");
    let text = text.replace("trusted-proxies = []", "trusted-proxies = [\"10.0.0.1\"]");
    let folder = Folder::new("config");
    folder.write("smtp-password", "secret\n");
    folder.write("database-password", "secret\n");
    let config =
        parse(Some((&folder.path().join("c.toml"), text.as_bytes())), [], &[]).unwrap_or_else(|p| panic!("{p}"));
    let Outlet::Smtp(smtp) = config.mail.outlet else { panic!() };
    assert_eq!((smtp.host.as_str(), smtp.port), ("mail.example.com", 587));
    assert_eq!(smtp.credentials.unwrap().1.expose(), "secret");
    assert_eq!(smtp.ca_file.unwrap(), folder.path().join("own-authority.pem"));
    assert_eq!(config.server.listeners[0].realms, ["internal"]);
    let files = config.tls.files.unwrap();
    assert_eq!(files.client_certificates, ["mtls.login.example.com"]);
    assert_eq!(files.pairs.len(), 2);
    assert_eq!(files.pairs[0].1, folder.path().join("tls/login.example.com.key"));
    assert_eq!(config.server.front.hsts.unwrap(), "max-age=31536000");
    assert_eq!(config.server.management, Some("127.0.0.1:9090".parse().unwrap()), "it stays a key of [server]");
}

#[test]
fn every_key_stands_in_the_example_and_every_variable_that_it_names_is_taken() {
    let text = uncommented();
    let mut section = "";
    let mut keys = vec![];
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("[[") {
            keys.push(name.trim_end_matches("]]").to_owned());
        } else if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            keys.push(format!("{section}.{key}"));
        }
    }
    for (section, key) in sources::KEYS {
        // The secrets themselves are for the environment.
        assert!(
            key == "password" || keys.contains(&format!("{section}.{key}")),
            "{section}.{key} is not in the example"
        );
    }
    let named = EXAMPLE.split(|c: char| !(c.is_ascii_uppercase() || c == '_')).filter(|word| word.contains("__"));
    let known: Vec<String> = sources::KEYS
        .iter()
        .map(|(section, key)| format!("CLAVIGER_{section}__{key}").replace('-', "_").to_uppercase())
        .collect();
    let named: Vec<&str> = named.collect();
    assert!(named.len() > 3, "{named:?}");
    for name in named {
        assert!(known.iter().any(|known| known == name), "{name}");
    }
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let file = (
        Path::new("c.toml"),
        &b"[server]\nlisten = [\"127.0.0.1:1\"]\nmanagement = \"127.0.0.1:2\"\n[log]\nlevel = \"debug\"\n"[..],
    );
    let environment = variables(&[
        ("CLAVIGER_SERVER__LISTEN", "127.0.0.1:3, [::1]:4"),
        ("CLAVIGER_SERVER__MANAGEMENT", ""),
        ("CLAVIGER_SMTP__HOST", "localhost"),
        ("CLAVIGER_SMTP__PORT", "2525"),
        ("CLAVIGER_SMTP__TLS", "none"),
        ("CLAVIGER_MASTER_KEY", "means something else"),
        ("HOME", "/root"),
    ]);
    let config = parse(Some(file), environment.clone(), &[]).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(config.server.listen, ["127.0.0.1:3".parse().unwrap(), "[::1]:4".parse::<SocketAddr>().unwrap()]);
    assert_eq!((config.server.management, config.log.level.as_str()), (None, "debug"));
    assert!(matches!(config.mail.outlet, Outlet::Smtp(Smtp { port: 2525, tls: TlsMode::None, .. })));

    let flags =
        variables(&[("server.listen", "127.0.0.1:5"), ("log.format", "json"), ("database.url", "sqlite://x.db")]);
    let config = parse(Some(file), environment, &flags).unwrap();
    assert_eq!(config.server.listen, ["127.0.0.1:5".parse().unwrap()]);
    assert_eq!((config.log.format, config.database.url.as_str()), (LogFormat::Json, "sqlite://x.db"));
}

#[test]
fn unknown_keys_are_told_with_a_suggestion() {
    assert_eq!(
        complaint("[server]\nlisen = []\n"),
        (2, "unknown key `lisen`".to_owned(), "did you mean `listen`?".to_owned())
    );
    assert_eq!(complaint("\n[databse]\nurl = \"\"\n").2, "did you mean `database`?");
    let problems = parse(None, variables(&[("CLAVIGER_DATABSE__URL", "x")]), &[]).unwrap_err();
    assert_eq!(
        problems.0[0].to_string(),
        "error: this variable of the environment is unknown\n  --> CLAVIGER_DATABSE__URL\n  = help: did you mean `CLAVIGER_DATABASE__URL`?"
    );
    let problems = parse(None, [], &variables(&[("server.listne", "x")])).unwrap_err();
    assert_eq!(problems.0[0].help.as_deref(), Some("did you mean `server.listen`?"));
}

#[test]
fn wrong_values_are_told_where_they_are() {
    assert_eq!(complaint("[server]\nlisten = [\"localhost:80\"]").2, "write \"127.0.0.1:80\"");
    assert_eq!(complaint("[server]\nlisten = [\":80\"]").2, "write \"0.0.0.0:80\"");
    assert_eq!(complaint("[server]\nlisten = []").0, 2);
    assert!(complaint("[server]\ntrusted-proxies = [\"10.0.0.0/40\"]").1.contains("no network"));
    assert!(complaint("[database]\nurl = \"mysql://x\"").2.contains("postgres://"));
    assert!(
        complaint("[smtp]\nhost = \"m.example\"\nehlo = \"not a name\"")
            .1
            .contains("neither a host name nor an address")
    );
    assert!(complaint("[mail]\nfrom = \"nobody\"").1.contains("not a mail address"));
    assert_eq!(complaint("[smtp]\nport = 70000\nhost = \"x\"").0, 2);
    assert!(complaint("[smtp]\nport = 25").1.contains("without smtp.host"));
    assert!(complaint("[smtp]\nhost = \"x\"\nusername = \"u\"").1.contains("belong together"));
    assert!(
        complaint("[smtp]\nhost = \"x\"\nusername = \"u\"\npassword = \"p\"\ntls = \"none\"")
            .1
            .contains("over TLS only")
    );
    assert_eq!(complaint("[smtp]\nhost = \"x\"\nusername = \"u\"\npassword-file = \"no-such-file\"").0, 4);
    assert!(complaint("[pages]\nlanguages = [\"en\", \"*\"]").1.contains("`*` is not a language tag"));
    assert!(complaint("[pages]\ntemplates = \"no-such-folder\"").1.contains("/etc/claviger/no-such-folder"));
    assert_eq!(complaint("[log]\nformat = \"jsn\"").2, "did you mean `json`?");
    let problems = parse(None, variables(&[("CLAVIGER_SMTP__PORT", "many"), ("CLAVIGER_SERVER__LISTEN", "x")]), &[]);
    let text = problems.unwrap_err().to_string();
    assert!(text.contains("--> CLAVIGER_SMTP__PORT") && text.contains("--> CLAVIGER_SERVER__LISTEN"), "{text}");
}

#[test]
fn an_address_may_serve_some_realms_only() {
    let one = "[[server.listener]]\naddress = \"10.0.0.5:8080\"\nrealms = [\"internal\", \"test\"]\n";
    let server = from(one).unwrap_or_else(|problems| panic!("{problems}")).server;
    assert!(server.listen.is_empty(), "nothing else is listened on");
    assert_eq!(server.listeners[0].address, "10.0.0.5:8080".parse().unwrap());
    assert_eq!(server.listeners[0].realms, ["internal", "test"]);
    let both = from(&format!("[server]\nlisten = [\"127.0.0.1:1\"]\n{one}")).unwrap().server;
    assert_eq!((both.listen.len(), both.listeners.len()), (1, 1));
    let variable = "[{ address = \"127.0.0.1:5\", realms = [\"a\"] }]";
    let server = parse(None, variables(&[("CLAVIGER_SERVER__LISTENER", variable)]), &[]).unwrap().server;
    assert_eq!((server.listeners[0].realms.as_slice(), server.listen.len()), (&["a".to_owned()][..], 0));
    assert!(complaint(&one.replace("\"internal\", \"test\"", "")).1.contains("serves no realm"));
    assert!(complaint(&one.replace("10.0.0.5:8080", "internal")).1.contains("not an address"));
}

#[test]
fn the_number_of_connections_is_configured() {
    assert_eq!(from("").unwrap().server.max_connections, None);
    assert_eq!(from("[server]\nmax-connections = 50000").unwrap().server.max_connections, Some(50_000));
    assert!(complaint("[server]\nmax-connections = 3").1.contains("between 16 and"));
    let config = parse(None, variables(&[("CLAVIGER_SERVER__MAX_CONNECTIONS", "64")]), &[]).unwrap();
    assert_eq!(config.server.max_connections, Some(64));
}

#[test]
fn a_password_is_never_shown() {
    let text = "[smtp]\nhost = \"x\"\nusername = \"u\"\npassword = \"hunter2\"\n";
    assert!(!format!("{:?}", from(text).unwrap()).contains("hunter2"));
    let wrong = from(&text.replace("\"x\"", "5")).unwrap_err().to_string();
    assert!(!wrong.contains("hunter2"), "{wrong}");
    let folder = Folder::new("config");
    let file = folder.write("password", "hunter2\n").display().to_string();
    let environment = variables(&[("CLAVIGER_SMTP__PASSWORD_FILE", &file)]);
    let path = Path::new("c.toml");
    let config = parse(Some((path, text.replace("hunter2", "other").as_bytes())), environment, &[]).unwrap();
    let Outlet::Smtp(smtp) = config.mail.outlet else { panic!() };
    assert_eq!(smtp.credentials.unwrap().1.expose(), "hunter2");
}

#[test]
fn a_mistyped_level_is_told_with_the_levels() {
    let (line, message, help) = complaint("[log]\nlevel = \"inof\"");
    assert_eq!((line, message.as_str()), (2, "`inof` is no level of the log"));
    assert_eq!(help, "did you mean `info`? the levels are off, error, warn, info, debug, trace");
    let problems = parse(None, variables(&[("CLAVIGER_LOG__LEVEL", "claviger=verbose,info")]), &[]).unwrap_err();
    assert!(problems.to_string().contains("--> CLAVIGER_LOG__LEVEL"), "{problems}");
}

#[test]
fn a_database_that_is_named_in_place_of_the_files_is_opened_without_what_the_file_says_for_its_own() {
    let text = "[database]\nurl = \"postgres://db.example/x\"\npassword-file = \"no-such-file\"\nca-file = \"ca.pem\"\n\
                connections = 20\n";
    let file = || Some((Path::new("c.toml"), text.as_bytes()));
    let config =
        parse(file(), [], &variables(&[("database.url", "sqlite:///backup.db")])).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(
        (config.database.url.as_str(), config.database.options.password.is_some()),
        ("sqlite:///backup.db", false)
    );
    let config = parse(file(), variables(&[("CLAVIGER_DATABASE__URL", "sqlite://x.db")]), &[]).unwrap();
    assert_eq!(config.database.options.ca_file, None);
    let environment = variables(&[("CLAVIGER_DATABASE__PASSWORD", "p"), ("CLAVIGER_DATABASE__URL", "postgres://db/x")]);
    assert!(parse(None, environment, &variables(&[("database.url", "sqlite://x.db")])).is_ok());
    // Beside one another they contradict.
    let both = variables(&[("CLAVIGER_DATABASE__URL", "sqlite://x.db"), ("CLAVIGER_DATABASE__PASSWORD", "p")]);
    assert!(parse(None, both, &[]).unwrap_err().to_string().contains("begins with postgres://"));
    assert!(complaint("[database]\nconnections = 20").1.contains("begins with postgres://"));
}

#[test]
fn each_setting_says_where_it_comes_from_and_no_secret() {
    let text = "[smtp]\nhost = \"x\"\nusername = \"u\"\npassword = \"hunter2\"\n[server]\nlisten = [\"127.0.0.1:1\"]\n";
    let environment = variables(&[("CLAVIGER_LOG__LEVEL", "debug")]);
    let flags = variables(&[("database.url", "postgres://u:hunter2@db.example/x")]);
    let explained = super::parse(Some((Path::new("c.toml"), text.as_bytes())), environment, &flags).unwrap();
    let find = |key: &str| explained.settings.iter().find(|setting| setting.key == key).unwrap();
    let told = |key: &str| (find(key).text(), find(key).origin());
    let own = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    assert_eq!(told("server.listen"), own("127.0.0.1:1", "file (c.toml:6)"));
    assert_eq!(told("smtp.password"), own("***", "file (c.toml:4)"));
    assert_eq!(told("smtp.port"), own("587", "default"));
    assert_eq!(told("log.level"), own("debug", "environment (CLAVIGER_LOG__LEVEL)"));
    assert_eq!(told("database.url"), own("postgres://u:***@db.example/x", "flag (--database)"));
    assert_eq!(told("brakes.failures"), own("5", "default"));
    assert_eq!(explained.settings.len(), sources::KEYS.len());
    assert!(!format!("{:?}", explained.settings).contains("hunter2"));
}

#[test]
fn private_hosts_are_hosts() {
    let given =
        from("[outbound]\nprivate-hosts = [\"app.intern\", \"*.internal.example\", \"10.1.2.3\", \"fd00::1\"]\n")
            .unwrap();
    assert_eq!(given.private_hosts, ["app.intern", "*.internal.example", "10.1.2.3", "fd00::1"]);
    for bad in ["", "*", "*.", "https://app.intern", "app.intern:8443", "10.0.0.0/8", "*.*.intern"] {
        let (_, message, _) = complaint(&format!("[outbound]\nprivate-hosts = [\"{bad}\"]"));
        assert!(message.contains("is no host"), "{bad}: {message}");
    }
}

#[test]
fn the_numbers_of_the_brakes_have_bounds() {
    let brakes = from("[brakes]\nfailures = 10\nlongest-pause = \"2m\"\n").unwrap().brakes;
    assert_eq!((brakes.failures, brakes.longest_pause, brakes.failures_in_all), (10, 120_000, 50));
    assert!(complaint("[brakes]\nfailures = 1000").1.contains("between 3 and 100"));
    assert!(complaint("[brakes]\nlongest-pause = \"1s\"").1.contains("between 10 and 3600"));
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let problems = load(Some(Path::new("/no/such/claviger.toml")), [], &[]).unwrap_err().to_string();
    assert!(problems.contains("cannot be read") && problems.contains("claviger init"), "{problems}");
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200), value in ".{0,30}") {
        let _ = parse(Some((Path::new("c"), &bytes)), variables(&[("CLAVIGER_SMTP__PORT", &value), ("CLAVIGER_LOG__LEVEL", &value)]), &[]);
    }
}

#[test]
fn tls_needs_a_certificate_with_its_key_and_an_address() {
    let pair = "certificate = \"c.pem\"\nkey = \"k.pem\"\n";
    let told = |text: &str| complaint(text).1;
    assert_eq!(told("[tls]\nlisten = [\"127.0.0.1:1\"]\n"), "TLS needs a certificate");
    assert_eq!(told(&format!("[tls]\n{pair}")), "there is a certificate, and TLS is spoken nowhere");
    let listener = "[[server.listener]]\naddress = \"127.0.0.1:1\"\nrealms = [\"r\"]\ntls = true\n";
    assert_eq!(told(listener), "TLS needs a certificate");
    assert_eq!(
        told(
            "[tls]\nlisten = [\"127.0.0.1:1\"]\ncertificate = \"c.pem\"\n[[tls.further]]\ncertificate = \"c\"\nkey = \"k\"\n"
        ),
        "a certificate is shown with its key: tls.key is missing"
    );
    assert_eq!(
        told(&format!("[tls]\nlisten = [\"127.0.0.1:1\"]\n{pair}client-certificates = [\"https://a\"]\n")),
        "`https://a` is not a host name"
    );
    let config = from(&format!("[tls]\nlisten = [\"127.0.0.1:1\"]\n{pair}")).unwrap();
    assert!(config.server.listen.is_empty(), "nothing is listened on without TLS unless it is asked for");
    let pairs = config.tls.files.unwrap().pairs;
    assert_eq!(pairs, [("/etc/claviger/c.pem".into(), "/etc/claviger/k.pem".into())]);
    let config = from(&format!("{listener}[tls]\n{pair}")).unwrap();
    assert!(config.server.listeners[0].tls && config.tls.listen.is_empty());
}

#[test]
fn what_proxies_say_needs_trusted_proxies() {
    for key in ["proxy-protocol = true", "client-certificate-header = \"client-cert\""] {
        let (_, message, help) = complaint(&format!("[server]\n{key}\n"));
        assert!(message.contains("there are none") && help.contains("server.trusted-proxies"), "{message} {help}");
    }
    assert!(complaint("[server]\nclient-certificate-header = \"x-client\"\n").1.contains("x-client"));
}
