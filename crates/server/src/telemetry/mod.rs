//! What an operator sees of a running server.

mod management;

pub use management::Management;
