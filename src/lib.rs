//! Riznica: a sovereign, encrypted, S3-compatible object storage gateway.
//!
//! # Layers
//! Imports point to a lower rank, never sideways; `tests/tidy.rs` checks it. Where a lower module
//! needs a higher one, it declares a trait and the higher one implements it:
//! `auth::CredentialStore` is implemented in `catalog`, `crypto::KeyProvider` in `kms`.
//!
//! | rank | modules | may import |
//! | ---: | --- | --- |
//! | 9 | `cli`, `main` | everything |
//! | 8 | `server` | everything below: the only place that puts the parts together |
//! | 8 | `bench` | `s3` (its XML), `auth`, `model`, `base`: it is a client |
//! | 7 | `s3`, `admin`, `jobs` | see `tests/tidy.rs` |
//! | 6 | `gateway`, `control` | rank 5 and below |
//! | 4 | `catalog` | `storage`, `crypto`, `auth`, `iam`, `model` |
//! | 3 | `iam`, `kms` | `auth` or `crypto`, and below |
//! | 2 | `storage`, `crypto`, `auth` | `model`, never each other |
//! | 1 | `model`, `config`, `telemetry` | `base` |
//! | 0 | `base` | outside crates |
//!
//! Reading order: `model`, `storage`, `crypto`, `catalog`, `gateway`, `s3`.

pub mod admin;
pub mod auth;
pub mod base;
pub mod bench;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod control;
pub mod crypto;
pub mod gateway;
pub mod iam;
pub mod jobs;
pub mod kms;
pub mod model;
pub mod s3;
pub mod server;
pub mod storage;
pub mod telemetry;
