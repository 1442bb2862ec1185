//! The admin listener's state, and how its requests are read.
//!
//! Owns: the limit of bodies, and that what cannot be read is refused in the form of all refusals.
//! Not here: the table of routes (`routes`), who may use them (`gate`).

use crate::admin::error::AdminError;
use crate::admin::routes;
use crate::control::{Control, OperatorPermit};
use crate::telemetry::metrics::Metrics;
use actix_web::error::JsonPayloadError;
use actix_web::{HttpResponse, web};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

/// Bytes of a body at most.
const BODY_LEN_MAX: usize = 64 * 1024;

/// What the admin listener needs.
#[derive(Debug)]
pub struct AdminState {
    /// The control plane.
    pub control: Control,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// The state, as handlers get it.
pub type State = web::Data<AdminState>;
/// Who asks, as handlers get it from the gate.
pub type Permit = web::ReqData<OperatorPermit>;
/// A body: an object with the fields of `T`.
pub type Body<T> = web::Json<Object<T>>;
/// What handlers answer.
pub type Outcome = Result<HttpResponse, AdminError>;

/// What is written as an object. A struct that serde reads may be written as an array too, which no
/// document of the API allows.
#[derive(Clone, Copy, Debug)]
pub struct Object<T>(pub T);

impl<T> Deref for Object<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// Adds all routes, and says how bodies, queries and paths are read.
pub fn configure(config: &mut web::ServiceConfig) {
    let json = web::JsonConfig::default().limit(BODY_LEN_MAX);
    let json = json.error_handler(|error, _request| unread_body(&error).into());
    let query = web::QueryConfig::default().error_handler(|error, _request| {
        let message = error.to_string();
        AdminError::InvalidQuery { message }.into()
    });
    let path =
        web::PathConfig::default().error_handler(|_error, _request| AdminError::InvalidPath.into());
    config
        .app_data(json)
        .app_data(query)
        .app_data(path)
        .configure(routes::configure);
}

fn unread_body(error: &JsonPayloadError) -> AdminError {
    match error {
        JsonPayloadError::ContentType => AdminError::MediaType,
        JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
            AdminError::BodyTooLarge
        }
        JsonPayloadError::Deserialize(error) => {
            let message = error.to_string();
            AdminError::InvalidBody { message }
        }
        other => {
            let message = other.to_string();
            AdminError::InvalidBody { message }
        }
    }
}
