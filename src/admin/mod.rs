//! Rank 7: the admin listener, JSON over plain HTTP on loopback.
//!
//! Owns: the table of routes and the gate in front of them, JSON shapes, the OpenAPI document,
//! health and metrics.
//! Not here: what commands do (`control`), the client side (`cli`).

pub mod app;
pub mod buckets;
pub mod changes;
pub mod dto;
pub mod error;
pub mod gate;
pub mod handlers;
pub mod openapi;
pub mod operators;
pub mod policies;
pub mod quotas;
pub mod rates;
pub mod routes;
pub mod templates;
pub mod usage;
