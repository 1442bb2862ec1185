//! Rank 7: the admin listener, JSON over plain HTTP on loopback.
//!
//! Owns: routes, JSON shapes, operators' authentication on the wire, health and metrics.
//! Not here: what commands do (`control`), the client side (`cli`).

pub mod app;
pub mod buckets;
pub mod dto;
pub mod error;
pub mod handlers;
pub mod policies;
pub mod quotas;
pub mod rates;
pub mod templates;
pub mod usage;
