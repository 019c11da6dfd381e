//! The demo's realm files, part of the program, and the ports that they are written for.

use super::tree::Variables;
use std::path::Path;

/// The realm files: name and text, in the order of their ports.
pub const REALM_FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/demo_realms.rs"));

/// What listens on which port, counted from the port base (`demo/ports.txt`); the variables of the realm files.
pub const PORTS: [&str; PORT_COUNT] = include!(concat!(env!("OUT_DIR"), "/demo_ports.rs"));

const PORT_COUNT: usize = include!(concat!(env!("OUT_DIR"), "/demo_port_count.rs"));

/// The variables for a port base; ports beyond 65535 are left out.
pub fn variables(port_base: u16) -> Variables {
    let ports = (0_u16..).map_while(|offset| port_base.checked_add(offset));
    PORTS.iter().zip(ports).map(|(name, port)| ((*name).to_owned(), port.to_string())).collect()
}

/// The realm files as [`super::realm::parse`] takes them.
pub fn realm_files() -> Vec<(&'static Path, &'static [u8])> {
    REALM_FILES.iter().map(|(name, text)| (Path::new(*name), text.as_bytes())).collect()
}
