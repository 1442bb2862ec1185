//! The OpenAPI 3.1 document of the admin listener.
//!
//! Owns: the document, made from the table of routes, so that paths, methods, permissions and
//! refusals in it are those of the router; the schemas of bodies are in `schemas.json`.
//! Not here: the routes (`routes`). `tests/clients/admin_api.py` compares every answer of a server
//! with the schemas, which are closed: a field that is not in them is a finding.

use crate::admin::app::{Outcome, Permit};
use crate::admin::error::AdminError;
use crate::admin::routes::{Answer, ROUTES, Route};
use crate::model::operator::{Permission, Role};
use actix_web::HttpResponse;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Schemas of bodies, by name.
const SCHEMAS: &str = include_str!("schemas.json");

const DESCRIPTION: &str = "What operators of a Riznica installation do. Every command needs one permission, which the roles \
     have that are named with it. Refusals have one form; their message says what to do.";

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn body_of(content_type: &str, schema: &Value) -> Value {
    json!({content_type: {"schema": schema}})
}

fn answer(route: &Route) -> Value {
    let content = match route.answer {
        Answer::Nothing => return json!({"description": "Done."}),
        Answer::Document(schema) => body_of("application/json", &reference(schema)),
        Answer::List(schema) => {
            let list = json!({"type": "array", "items": reference(schema)});
            body_of("application/json", &list)
        }
        Answer::Text(content_type) => body_of(content_type, &json!({"type": "string"})),
    };
    let description = if route.status == 201 {
        "Made."
    } else {
        "As it is."
    };
    json!({"description": description, "content": content})
}

/// What a status of a refusal means.
fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The request is not what is expected here.",
        403 => "No or wrong credential, or no role that may do this.",
        404 => "There is no such thing.",
        409 => "It is not in a state for this, or exists already.",
        413 => "The body is too long.",
        415 => "The body is not declared as JSON.",
        429 => "A limit is reached, or the same thing is changed too often at once.",
        503 => "Rows or keys cannot be reached now.",
        507 => "The disk is full.",
        _ => "The server failed; its log says how.",
    }
}

/// The statuses of the refusals of a route, in order.
fn refusals(route: &Route) -> BTreeSet<u16> {
    let mut refusals = BTreeSet::from([400]);
    refusals.extend(route.refusals);
    if route.permission.is_some() {
        refusals.extend([403, 500, 503]);
    }
    if route.names_something() {
        refusals.insert(404);
    }
    if route.body.is_some() {
        refusals.extend([413, 415]);
    }
    if route.is_change() {
        refusals.extend([429, 507]);
    }
    refusals
}

fn responses(route: &Route) -> Value {
    let mut responses = Map::new();
    responses.insert(route.status.to_string(), answer(route));
    for status in refusals(route) {
        let content = body_of("application/json", &reference("Refusal"));
        let refusal = json!({"description": meaning(status), "content": content});
        responses.insert(status.to_string(), refusal);
    }
    if route.name == "ready" {
        let content = body_of("application/json", &reference("Health"));
        let unready = json!({"description": "It does not.", "content": content});
        responses.insert("503".to_owned(), unready);
    }
    Value::Object(responses)
}

/// The schema of what a path names, or of a parameter of a query.
fn parameter_schema(route: &Route, name: &str) -> Value {
    let schema = match (name, route.path.split('/').nth(2)) {
        ("name", Some("buckets")) => "BucketName",
        ("name" | "operator", Some("operators" | "changes")) => "OperatorName",
        ("name", Some("profiles" | "tenant-templates")) => "ProfileName",
        ("name" | "tenant", _) => "TenantName",
        ("id", _) => "AccessKeyId",
        ("month", _) => "Month",
        ("hourly", _) => "Hourly",
        ("since", _) => "Time",
        ("marker", _) => "ChangeId",
        _ => "PageLimit",
    };
    reference(schema)
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = ["name", "id"].into_iter();
    let in_path = in_path.filter(|name| route.path.contains(&format!("{{{name}}}")));
    let in_path = in_path.map(|name| (name, "path", true));
    let in_query = route.query.iter().map(|name| (*name, "query", false));
    let all = in_path.chain(in_query).map(|(name, place, is_required)| {
        let schema = parameter_schema(route, name);
        json!({"name": name, "in": place, "required": is_required, "schema": schema})
    });
    all.collect()
}

fn operation(route: &Route) -> Value {
    // Where a route needs two permissions, one role of each.
    let needed = route.permission.into_iter().chain(route.also);
    let roles = needed.flat_map(|own: Permission| own.roles());
    let roles: Vec<&str> = roles.map(|role: &Role| role.name()).collect();
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": responses(route),
        "x-riznica-command": format!("riznica {}", route.command),
        "x-riznica-roles": roles,
    });
    let Some(fields) = operation.as_object_mut() else {
        return operation;
    };
    if route.permission.is_none() {
        fields.insert("security".to_owned(), json!([]));
    }
    if let Some(schema) = route.body {
        let content = body_of("application/json", &reference(schema));
        let body = json!({"required": true, "content": content});
        fields.insert("requestBody".to_owned(), body);
    }
    operation
}

/// The document.
///
/// # Errors
/// When the schemas are no JSON, which a test rules out.
pub fn document() -> Result<Value, serde_json::Error> {
    let schemas: Value = serde_json::from_str(SCHEMAS)?;
    let mut paths = Map::<String, Value>::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(route.method.to_owned(), operation(route));
        }
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Riznica administration",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "security": [{"operator": []}],
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "operator": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "OPERATOR:TOKEN",
                },
            },
        },
    }))
}

/// The document.
///
/// # Errors
/// Never: the schemas are JSON.
pub async fn show(_permit: Permit) -> Outcome {
    let document = document().map_err(|_json| AdminError::NoSuchResource)?;
    Ok(HttpResponse::Ok().json(document))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All `$ref`s of a value, by their last step.
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str() {
                        Some(text) if name == "$ref" => {
                            found.insert(text.rsplit('/').next().unwrap().to_owned());
                        }
                        _ => references(value, found),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn document_refers_to_all_schemas_and_to_no_other() {
        let document = document().unwrap();
        let mut used = BTreeSet::new();
        references(&document, &mut used);
        let schemas = document.pointer("/components/schemas").unwrap();
        let known = schemas.as_object().unwrap().keys().cloned().collect();
        assert_eq!(used, known);
    }

    #[test]
    fn document_tells_each_route_as_the_table_has_it() {
        let document = document().unwrap();
        let paths = document["paths"].as_object().unwrap();
        let methods = paths.values().flat_map(|path| path.as_object().unwrap());
        assert_eq!(methods.count(), ROUTES.len());
        for route in ROUTES {
            let operation = &paths[route.path][route.method];
            assert_eq!(operation["operationId"], route.name);
            let has_body = operation.get("requestBody").is_some();
            assert_eq!(has_body, route.body.is_some(), "{}", route.name);
            let names = operation["parameters"].as_array().unwrap();
            let in_path = route.path.matches('{').count();
            assert_eq!(names.len(), route.query.len() + in_path, "{}", route.name);
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key(&route.status.to_string()));
            let needs = responses.contains_key("403");
            assert_eq!(needs, route.permission.is_some(), "{}", route.name);
        }
    }

    /// What is closed tells all fields; what is open would hide one that is told by mistake.
    #[test]
    fn schemas_of_objects_are_closed() {
        let schemas: Value = serde_json::from_str(SCHEMAS).unwrap();
        for (name, schema) in schemas.as_object().unwrap() {
            if schema.get("properties").is_some() {
                assert_eq!(schema["additionalProperties"], json!(false), "{name}");
            }
        }
    }
}
