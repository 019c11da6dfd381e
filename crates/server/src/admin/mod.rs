//! What an operator does: each act is one function, whoever asks for it.

pub mod apply;
pub mod keys;
