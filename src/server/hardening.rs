//! What the process denies itself (crypto.md 20).

use rustix::process::{Resource, Rlimit, setrlimit};

/// Switches core dumps off: a core would hold keys and plaintext.
pub fn no_core_dumps() {
    let limit = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, limit) {
        tracing::warn!(error = %error, "core dumps could not be switched off");
    }
}
