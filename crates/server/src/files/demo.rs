//! The demo's realm files, part of the program, and the ports that they are written for.

use super::tree::Variables;
use std::path::Path;

/// The realm files: name and text.
pub const REALM_FILES: [(&str, &str); 8] = [
    ("demo/audaconnect.toml", include_str!("../../../../demo/audaconnect.toml")),
    ("demo/jim2.toml", include_str!("../../../../demo/jim2.toml")),
    ("demo/blastiq.toml", include_str!("../../../../demo/blastiq.toml")),
    ("demo/aurora-dev.toml", include_str!("../../../../demo/aurora-dev.toml")),
    ("demo/aurora-live.toml", include_str!("../../../../demo/aurora-live.toml")),
    ("demo/billit-sandbox.toml", include_str!("../../../../demo/billit-sandbox.toml")),
    ("demo/billit-live.toml", include_str!("../../../../demo/billit-live.toml")),
    ("demo/standard.toml", include_str!("../../../../demo/standard.toml")),
];

/// What listens on which port, counted from the port base; the variables of the realm files.
pub const PORTS: [&str; 11] = [
    "integrator_port",
    "audaconnect_port",
    "jim2_port",
    "blastiq_port",
    "aurora_dev_port",
    "aurora_live_port",
    "billit_sandbox_port",
    "billit_sandbox_api_port",
    "billit_live_port",
    "billit_live_api_port",
    "standard_port",
];

/// The variables for a port base; ports beyond 65535 are left out.
pub fn variables(port_base: u16) -> Variables {
    let ports = (0_u16..).map_while(|offset| port_base.checked_add(offset));
    PORTS.iter().zip(ports).map(|(name, port)| ((*name).to_owned(), port.to_string())).collect()
}

/// The realm files as [`super::realm::parse`] takes them.
pub fn realm_files() -> Vec<(&'static Path, &'static [u8])> {
    REALM_FILES.iter().map(|(name, text)| (Path::new(*name), text.as_bytes())).collect()
}
