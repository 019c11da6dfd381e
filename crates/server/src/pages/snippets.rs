//! Lines that work when pasted: an `.env` block and a `curl` call.

use std::fmt::Write as _;

use super::pair::Pair;

/// A token request that the owner of a new app can try at once.
#[derive(Debug, Clone)]
pub struct TokenCall {
    /// The token endpoint.
    pub url: String,
    /// Parameters beside the credentials, in order.
    pub parameters: Vec<(String, String)>,
    /// Whether id and secret go into the `Authorization` header (RFC 6749 section 2.3.1) or into the body.
    pub basic: bool,
}

impl TokenCall {
    /// The call as one `curl` command for a POSIX shell.
    pub(super) fn curl(&self, client_id: &str, secret: &str) -> String {
        let mut line = format!("curl {}", quoted(&self.url));
        let mut add = |option: &str, value: &str| {
            // A String takes every write.
            let _ = write!(line, " \\\n  {option} {}", quoted(value));
        };
        if self.basic {
            add("--user", &format!("{client_id}:{secret}"));
        }
        for (name, value) in &self.parameters {
            add("--data-urlencode", &format!("{name}={value}"));
        }
        if !self.basic {
            add("--data-urlencode", &format!("client_id={client_id}"));
            add("--data-urlencode", &format!("client_secret={secret}"));
        }
        line
    }
}

/// Id, secret and addresses as lines of an `.env` file; an address's label becomes its name
/// ("Token endpoint" becomes `OAUTH_TOKEN_ENDPOINT`).
pub(super) fn env_block(client_id: &str, secret: &str, endpoints: &[Pair]) -> String {
    let mut block = format!("OAUTH_CLIENT_ID={}\nOAUTH_CLIENT_SECRET={}", quoted(client_id), quoted(secret));
    for endpoint in endpoints {
        let name: String = endpoint
            .label
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
            .collect();
        let _ = write!(block, "\nOAUTH_{name}={}", quoted(&endpoint.value));
    }
    block
}

/// The word as a POSIX shell reads it back unchanged.
fn quoted(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(basic: bool) -> TokenCall {
        TokenCall {
            url: "https://id.example/token".to_owned(),
            parameters: vec![("grant_type".to_owned(), "client_credentials".to_owned())],
            basic,
        }
    }

    #[test]
    fn curl_with_the_credentials_in_either_place() {
        assert_eq!(
            call(true).curl("app", "se'cret"),
            "curl https://id.example/token \\\n  --user 'app:se'\\''cret' \\\n  --data-urlencode grant_type=client_credentials"
        );
        assert_eq!(
            call(false).curl("app", "s"),
            "curl https://id.example/token \\\n  --data-urlencode grant_type=client_credentials \\\n  \
             --data-urlencode client_id=app \\\n  --data-urlencode client_secret=s"
        );
    }

    #[test]
    fn env_names_come_from_the_labels() {
        let endpoints = [Pair::new("Token endpoint", "https://id.example/token?x=1")];
        assert_eq!(
            env_block("app", "s$1", &endpoints),
            "OAUTH_CLIENT_ID=app\nOAUTH_CLIENT_SECRET='s$1'\nOAUTH_TOKEN_ENDPOINT='https://id.example/token?x=1'"
        );
    }

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for word in ["", "a b", "it's", "$(id)", "`x`", "a\nb", "*", "\\", "\"", "!x"] {
            let shell = std::process::Command::new("sh").arg("-c").arg(format!("printf %s {}", quoted(word))).output();
            assert_eq!(String::from_utf8(shell.unwrap().stdout).unwrap(), word);
        }
    }
}
