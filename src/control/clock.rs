//! The retention clock as operators see it. They see it and no more: there is no command that sets
//! it, since an operator who could end a retention would be one whom an attacker looks for.
//!
//! Owns: the reading. Not here: how the clock advances (`catalog::retention_clock`).

use crate::catalog::retention_clock::ClockReading;
use crate::control::{Control, OperatorPermit};

impl Control {
    /// Retention clock and wall clock, now.
    pub fn read_clock(&self, _permit: &OperatorPermit) -> ClockReading {
        self.retention.read()
    }
}
