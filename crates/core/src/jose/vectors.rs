//! The examples of the standards, with our own code under test.

mod rfc7515;
