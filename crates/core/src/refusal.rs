//! (being written)
/// placeholder
#[derive(Debug)]
pub struct Refusal;
