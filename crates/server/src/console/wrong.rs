//! Why an act was not done, in the language of whoever reads it.

use crate::admin::AdminError;
use crate::pages::views::console::{Words, Wrong};

/// Each thing that is wrong; an error that pages seldom meet is said in English, as the command line says it.
pub(super) fn said(error: &AdminError) -> Vec<Wrong> {
    let words = match error {
        AdminError::Invalid(all) => {
            let wrong = |one: &crate::admin::Complaint| {
                let words = one.rule.as_ref().map_or_else(|| Words::text(one.message.as_str()), Words::rule);
                Wrong { field: Some(one.field.replace('-', "_")), words }
            };
            return all.iter().map(wrong).collect();
        }
        AdminError::ChangedMeanwhile(_) => Words::of("console-wrong-changed-meanwhile"),
        AdminError::WrongStatus { .. } => Words::of("console-wrong-status"),
        AdminError::TestedTooOften(seconds) => {
            Words::of("console-wrong-tested").count("seconds", usize::try_from(*seconds).unwrap_or_default())
        }
        AdminError::Managed { .. } => Words::of("console-wrong-managed"),
        AdminError::SaidByFile { part, file } => {
            Words::of("console-wrong-said-by-file").name("part", *part).name("file", file.as_str())
        }
        AdminError::TwoSecrets(_) => Words::of("console-wrong-two-secrets"),
        AdminError::Exists(id) => Words::of("console-wrong-exists").name("id", id.as_str()),
        error => Words::text(error.to_string()),
    };
    vec![Wrong { field: None, words }]
}
