//! What is logged: a level, and others for single parts of the program.
//!
//! A filter that is mistyped must not silence the log: `inof` would be taken for the name of a part by the filter itself.

use claviger_files::did_you_mean;
use tracing_subscriber::EnvFilter;

/// The levels, from nothing to everything.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// What is wrong with a filter, and what to write.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) help: String,
}

/// Checks `LEVEL` or `LEVEL,PART=LEVEL,..`, in any order.
pub(super) fn check(filter: &str) -> Result<(), Wrong> {
    let mut for_the_rest = false;
    for directive in filter.split(',').map(str::trim) {
        let level = if let Some((_, level)) = directive.rsplit_once('=') {
            level.trim()
        } else {
            for_the_rest = true;
            directive
        };
        if !LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level)) {
            return Err(no_level(level));
        }
    }
    if !for_the_rest {
        let message = format!("`{filter}` leaves out everything else");
        return Err(Wrong { message, help: format!("add a level for the rest, like \"{filter},info\"") });
    }
    EnvFilter::try_new(filter).map(drop).map_err(|error| Wrong {
        message: format!("`{filter}` is no filter: {error}"),
        help: "a level, and others for single parts: \"info,claviger_store=debug\"".into(),
    })
}

fn no_level(word: &str) -> Wrong {
    let levels = format!("the levels are {}", LEVELS.join(", "));
    let help = match did_you_mean(&word.to_ascii_lowercase(), LEVELS) {
        Some(hint) => format!("{hint} {levels}"),
        None => levels,
    };
    Wrong { message: format!("`{word}` is no level of the log"), help }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn levels_and_parts_are_taken() {
        for right in ["info", "WARN", "off", "info,claviger_store=debug", "claviger=trace, warn", "a=off,b=error,trace"]
        {
            assert!(check(right).is_ok(), "{right}");
        }
    }

    #[test]
    fn what_would_silence_the_log_is_refused_with_the_levels() {
        for wrong in ["inof", "", "infoo", "verbose", "info,claviger=verbose", "warning", "info,", "3", "=", "claviger"]
        {
            let found = check(wrong).expect_err(wrong);
            assert!(
                found.help.contains("the levels are off, error, warn, info, debug, trace"),
                "{wrong}: {}",
                found.help
            );
        }
        assert!(check("inof").unwrap_err().help.starts_with("did you mean `info`?"));
        assert!(check("claviger=debug").unwrap_err().help.contains("\"claviger=debug,info\""));
    }
}
