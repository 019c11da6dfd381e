//! Until when apps may use what is old.

macro_rules! deadline_tables {
    () => {
        ""
    };
}

pub(super) use deadline_tables;
