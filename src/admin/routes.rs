//! The table of routes: what there is, what each needs, what it takes and answers.
//!
//! Owns: `ROUTES`, from which the router, the check of permissions (`gate`), the OpenAPI document
//! (`openapi`) and the tests of isolation are made; none of them has a list of its own.
//! Not here: which role has a permission (`model::operator`), the handlers, the schemas of bodies
//! (`schemas.json`).

use crate::admin::{buckets, changes, handlers, openapi, operators, policies, quotas, rates};
use crate::admin::{templates, usage};
use crate::model::operator::Permission::{
    self, Buckets, Keys, Limits, Operators, Read, Retention, Tenants,
};
use crate::model::operator::Role;
use actix_web::web;

/// What a route answers when all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A document of this schema.
    Document(&'static str),
    /// An array of documents of this schema.
    List(&'static str),
    /// 204.
    Nothing,
    /// Text of this type.
    Text(&'static str),
}

/// A route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method, in lower case.
    pub method: &'static str,
    /// The path, with `{name}` or `{id}` where there is one.
    pub path: &'static str,
    /// Its name in the OpenAPI document and in the journal.
    pub name: &'static str,
    /// The command that uses it.
    pub command: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// What it needs; `None` for what everybody may ask.
    pub permission: Option<Permission>,
    /// What it needs beside that.
    pub also: Option<Permission>,
    /// Parameters of its query.
    pub query: &'static [&'static str],
    /// Schema of its body.
    pub body: Option<&'static str>,
    /// Status of its answer.
    pub status: u16,
    /// Its answer.
    pub answer: Answer,
    /// Refusals that do not follow from the rest.
    pub refusals: &'static [u16],
}

impl Route {
    const fn new(
        permission: Option<Permission>,
        name: &'static str,
        command: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method: "",
            path: "",
            name,
            command,
            summary,
            permission,
            also: None,
            query: &[],
            body: None,
            status: 200,
            answer: Answer::Nothing,
            refusals: &[],
        }
    }

    const fn at(mut self, method: &'static str, path: &'static str) -> Self {
        self.method = method;
        self.path = path;
        self
    }

    const fn asks(mut self, query: &'static [&'static str]) -> Self {
        self.query = query;
        self
    }

    const fn needs_too(mut self, also: Permission) -> Self {
        self.also = Some(also);
        self
    }

    const fn takes(mut self, body: &'static str) -> Self {
        self.body = Some(body);
        self
    }

    const fn gives(mut self, schema: &'static str) -> Self {
        self.answer = Answer::Document(schema);
        self
    }

    const fn gives_list(mut self, schema: &'static str) -> Self {
        self.answer = Answer::List(schema);
        self
    }

    const fn gives_text(mut self, content_type: &'static str) -> Self {
        self.answer = Answer::Text(content_type);
        self
    }

    const fn makes(mut self, schema: &'static str) -> Self {
        self.status = 201;
        self.gives(schema)
    }

    const fn gives_nothing(mut self) -> Self {
        self.status = 204;
        self
    }

    const fn refuses(mut self, refusals: &'static [u16]) -> Self {
        self.refusals = refusals;
        self
    }

    /// Whether it changes anything.
    pub fn is_change(&self) -> bool {
        self.permission.is_some_and(|own| !own.is_read())
    }

    /// The first thing it needs that a role does not give.
    pub fn lacks(&self, role: Role) -> Option<Permission> {
        let mut needed = self.permission.into_iter().chain(self.also);
        needed.find(|own| !own.roles().contains(&role))
    }

    /// Whether its path names something.
    pub fn names_something(&self) -> bool {
        self.path.contains('{')
    }
}

/// What everybody may ask.
const fn open(name: &'static str, command: &'static str, summary: &'static str) -> Route {
    Route::new(None, name, command, summary)
}

/// What every role may see.
const fn see(name: &'static str, command: &'static str, summary: &'static str) -> Route {
    Route::new(Some(Read), name, command, summary)
}

/// What changes something.
const fn change(
    permission: Permission,
    name: &'static str,
    command: &'static str,
    summary: &'static str,
) -> Route {
    Route::new(Some(permission), name, command, summary)
}

macro_rules! routes {
    ($($method:ident $path:literal $handler:path, $route:expr;)*) => {
        /// All routes.
        pub const ROUTES: &[Route] = &[$($route.at(stringify!($method), $path)),*];

        /// Adds all routes to a router.
        pub fn configure(config: &mut web::ServiceConfig) {
            $(config.route($path, web::$method().to($handler));)*
        }
    };
}

routes! {
    get "/health/live" handlers::live,
        open("live", "health", "Whether the process answers.").gives("Health");
    get "/health/ready" handlers::ready,
        open("ready", "health", "Whether it takes reads and writes.").gives("Health");
    get "/metrics" handlers::metrics,
        see("metrics", "metrics", "Counters, in the Prometheus text format.")
            .gives_text("text/plain; version=0.0.4");
    get "/v1/openapi.json" openapi::show,
        see("openapi", "openapi", "This document.").gives("OpenApi");
    get "/v1/clock" handlers::clock,
        see("clock", "clock", "The retention clock beside the wall clock.").gives("Clock");
    get "/v1/changes" changes::list,
        see("listChanges", "changes", "Changes that operators made, oldest first, in pages.")
            .asks(&["since", "tenant", "operator", "marker", "limit"]).gives("ChangePage");

    get "/v1/operators" operators::list,
        see("listOperators", "operator list", "All operators.").gives_list("Operator");
    post "/v1/operators" operators::create,
        change(Operators, "createOperator", "operator create",
            "Makes an operator. Its token is in the answer and nowhere else.")
            .takes("NewOperator").makes("Token").refuses(&[409]);
    get "/v1/operators/{name}" operators::show,
        see("showOperator", "operator show", "An operator.").gives("Operator");
    patch "/v1/operators/{name}" operators::change,
        change(Operators, "changeOperator", "operator update",
            "Changes roles, status or expiry of an operator.")
            .takes("OperatorChange").gives("Operator").refuses(&[409]);
    delete "/v1/operators/{name}" operators::delete,
        change(Operators, "deleteOperator", "operator delete", "Deletes an operator.")
            .gives_nothing().refuses(&[409]);
    post "/v1/operators/{name}/token" operators::renew,
        change(Operators, "renewOperator", "operator renew",
            "Gives an operator another token; the one before stops working.")
            .gives("Token");

    get "/v1/tenants" handlers::list_tenants,
        see("listTenants", "tenant list", "All tenants.").gives_list("Tenant");
    post "/v1/tenants" handlers::create_tenant,
        change(Tenants, "createTenant", "tenant create", "Creates a tenant.")
            .takes("NewTenant").makes("Tenant").refuses(&[409]);
    get "/v1/tenants/{name}" handlers::show_tenant,
        see("showTenant", "tenant show", "A tenant.").gives("Tenant");
    patch "/v1/tenants/{name}" handlers::change_tenant,
        change(Tenants, "changeTenant", "tenant update", "Changes a tenant.")
            .takes("TenantChange").gives("Tenant");
    get "/v1/tenants/{name}/quota" quotas::show_tenant,
        see("showTenantQuota", "quota show", "Limits and usage of a tenant.").gives("Quota");
    put "/v1/tenants/{name}/quota" quotas::set_tenant,
        change(Limits, "setTenantQuota", "quota set", "Sets all limits of a tenant.")
            .takes("TenantLimits").gives("Quota");
    get "/v1/tenants/{name}/rates" rates::show,
        see("showRates", "rate show", "How fast a tenant may go.").gives("Rates");
    put "/v1/tenants/{name}/rates" rates::set,
        change(Limits, "setRates", "rate set", "Sets how fast a tenant may go.")
            .takes("Rates").gives("Rates");

    get "/v1/keys" handlers::list_keys,
        see("listKeys", "key list", "Access keys, without their secrets.")
            .asks(&["tenant"]).gives_list("Key").refuses(&[404]);
    post "/v1/keys" handlers::create_key,
        change(Keys, "createKey", "key create",
            "Creates an access key. Its secret is in the answer and nowhere else.")
            .takes("NewKey").makes("IssuedKey").refuses(&[404, 409]);
    post "/v1/keys/{id}/disable" handlers::disable_key,
        change(Keys, "disableKey", "key disable", "Stops an access key from working.")
            .gives_nothing();
    delete "/v1/keys/{id}" handlers::delete_key,
        change(Keys, "deleteKey", "key delete", "Deletes an access key.").gives_nothing();

    get "/v1/buckets" handlers::list_buckets,
        see("listBuckets", "bucket list", "Buckets with what they hold.")
            .asks(&["tenant"]).gives_list("Bucket").refuses(&[404]);
    post "/v1/buckets" buckets::create_bucket,
        change(Buckets, "createBucket", "bucket create", "Creates a bucket for a tenant.")
            .takes("NewBucket").makes("BucketDetails").refuses(&[404, 409]);
    get "/v1/buckets/{name}" buckets::show_bucket,
        see("showBucket", "bucket show", "A bucket with its settings.").gives("BucketDetails");
    post "/v1/buckets/{name}/protect" buckets::protect_bucket,
        change(Retention, "protectBucket", "bucket protect",
            "Keeps what is retained from being deleted. Nothing takes it back.")
            .takes("Protection").gives("BucketDetails").refuses(&[409]);
    get "/v1/buckets/{name}/quota" quotas::show_bucket,
        see("showBucketQuota", "quota show", "Limits and usage of a bucket.").gives("Quota");
    put "/v1/buckets/{name}/quota" quotas::set_bucket,
        change(Limits, "setBucketQuota", "quota set", "Sets all limits of a bucket.")
            .takes("BucketLimits").gives("Quota");

    get "/v1/tenant-templates" templates::list,
        see("listTemplates", "tenant templates", "All templates of tenants.").gives_list("Profile");
    get "/v1/tenant-templates/{name}" templates::show,
        see("showTemplate", "tenant templates", "A template with its text.").gives("Profile");
    post "/v1/tenant-templates/{name}/tenants" templates::set_up,
        change(Tenants, "createTenantFromTemplate", "tenant create",
            "Creates a tenant with all that a template says, or completes what an earlier attempt left. \
             Secrets are in the answer and nowhere else.")
            .needs_too(Keys).takes("NewTenant").makes("SetUpTenant").refuses(&[409]);

    post "/v1/policy/explain" policies::explain,
        see("explainPolicy", "policy explain",
            "What a request would get, and which statement decides. Changes nothing.")
            .takes("Question").gives("Explanation").refuses(&[404]);
    get "/v1/usage" usage::report,
        see("reportUsage", "usage", "What was held, asked and moved in a month, up to now.")
            .asks(&["tenant", "month", "hourly"]).gives("UsageReport").refuses(&[404]);
    get "/v1/usage/recount" quotas::recount,
        see("recountUsage", "usage recount",
            "Adds up all that is stored and compares it with the counters. Changes nothing.")
            .asks(&["tenant"]).gives_list("Recount").refuses(&[404]);
    get "/v1/profiles" buckets::list_profiles,
        see("listProfiles", "profile list", "All profiles.").gives_list("Profile");
    get "/v1/profiles/{name}" buckets::show_profile,
        see("showProfile", "profile show", "A profile with its text.").gives("Profile");
}

/// The routes of a path as the router knows it.
pub fn routes_of(path: &str) -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(move |route| route.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_places_of_routes_are_their_own() {
        let names: BTreeSet<_> = ROUTES.iter().map(|route| route.name).collect();
        let places: BTreeSet<_> = ROUTES.iter().map(|own| (own.method, own.path)).collect();
        assert!(ROUTES.len() > 30);
        assert_eq!((names.len(), places.len()), (ROUTES.len(), ROUTES.len()));
    }

    /// What a method means is kept: nothing is changed by a GET, and what reads does not look like
    /// a change but for questions with a body.
    #[test]
    fn methods_mean_what_they_should() {
        for route in ROUTES {
            let is_get = route.method == "get";
            assert_eq!(
                is_get,
                !route.is_change() && route.body.is_none(),
                "{}",
                route.name
            );
        }
        let everybodys = ROUTES.iter().filter(|route| route.permission.is_none());
        let everybodys: Vec<_> = everybodys.map(|route| route.name).collect();
        assert_eq!(everybodys, ["live", "ready"]);
    }
}
