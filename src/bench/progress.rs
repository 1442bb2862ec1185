//! How far a run is, for whoever watches.

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Requests that count; told in milliseconds.
    Measure,
    /// Objects are made ready; told in objects.
    Prepare,
    /// What was made is deleted; told in objects.
    Sweep,
    /// Requests that do not count; told in milliseconds.
    WarmUp,
}

/// Is told how far a run is, some ten times a second.
pub trait Progress: Send + Sync + std::fmt::Debug {
    /// A part begins; `len` is what it has to do, zero when that is not known.
    fn begin(&self, phase: Phase, len: u64);
    /// So much of it is done. `rates` says how fast requests are answered, if they are measured.
    fn update(&self, done: u64, rates: Option<Rates>);
    /// The part is over.
    fn end(&self);
}

/// How fast requests are answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Requests in a second.
    pub requests_per_s: f64,
    /// Megabytes (10^6 bytes) in a second.
    pub mb_per_s: f64,
}
