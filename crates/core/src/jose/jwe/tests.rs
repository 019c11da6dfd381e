//! The examples of the standards, the vectors of Wycheproof, and what a token can get wrong.

mod examples;
mod refused;
mod wycheproof;
