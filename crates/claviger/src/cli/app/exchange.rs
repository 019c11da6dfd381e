//! Whose tokens an app may exchange (RFC 8693), as options.

use clap::{Args, ValueEnum};
use claviger_core::client::{Acting, ExchangePolicy};

/// Whose tokens an app may exchange.
#[derive(Debug, Args)]
pub(crate) struct ExchangeArgs {
    /// An app whose tokens it may exchange, with the grant `token_exchange`; may be repeated
    #[arg(long, value_name = "ID")]
    exchange_of: Vec<String>,
    /// An API whose tokens it may exchange, whoever they were given to; may be repeated
    #[arg(long, value_name = "AUDIENCE")]
    exchange_tokens_for: Vec<String>,
    /// An API that it may get tokens for by that; may be repeated; without, all of its own
    #[arg(long, value_name = "AUDIENCE")]
    exchange_audience: Vec<String>,
    /// Whether the new token names who acts; delegation if nothing is said
    #[arg(long, value_enum)]
    acting: Option<ActingArg>,
}

/// Whether the new token names who acts.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ActingArg {
    Delegation,
    Impersonation,
    Either,
}

impl From<ActingArg> for Acting {
    fn from(arg: ActingArg) -> Self {
        match arg {
            ActingArg::Delegation => Self::Delegation,
            ActingArg::Impersonation => Self::Impersonation,
            ActingArg::Either => Self::Either,
        }
    }
}

impl ExchangeArgs {
    /// What was said, if anything was.
    pub(super) fn policy(self) -> Option<Box<ExchangePolicy>> {
        let policy = ExchangePolicy {
            clients: self.exchange_of,
            tokens_for: self.exchange_tokens_for,
            audiences: self.exchange_audience,
            acting: self.acting.map(Into::into).unwrap_or_default(),
            ..ExchangePolicy::default()
        };
        (policy != ExchangePolicy::default()).then(|| Box::new(policy))
    }
}
