//! Which clients are agents, and for how long people may let them act.

use super::Client;
use crate::realm::{ConsentTime, Realm};

impl Client {
    /// Whether it is an agent: its vendor says so, or nobody does and it came by itself.
    pub fn is_agent(&self) -> bool {
        self.agent.unwrap_or(self.registered.self_registered)
    }
}

impl Realm {
    /// The times that somebody can choose from who lets `client` act; of one that is no agent, none.
    pub fn consent_times(&self, client: &Client) -> &[ConsentTime] {
        if client.is_agent() { &self.agents.consent_times } else { &[] }
    }
}
