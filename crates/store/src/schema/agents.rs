//! What agents ask for while their users are away, and until when they may act.

macro_rules! agent_tables {
    () => {
        ""
    };
}

pub(super) use agent_tables;
