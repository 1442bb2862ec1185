//! What clients notice: one test, or several, for each point of the list of S3 behaviour. A test's
//! name begins with the point's number.

mod attributes;
mod buckets;
mod checksums;
mod conditions;
mod copy;
mod copy_names;
mod copy_sources;
mod deletes;
mod encryption_headers;
mod finished_uploads;
pub(crate) mod held;
mod listing;
mod listing_encoding;
mod listing_pages;
mod listing_v2;
mod multipart;
mod multipart_checksums;
mod multipart_complete;
mod multipart_declared;
mod multipart_listing;
mod multipart_races;
mod multipart_readers;
mod multipart_sdk;
mod objects;
mod part_checksums;
mod part_copies;
mod part_reads;
mod post_answers;
mod post_fields;
mod post_policies;
mod post_uploads;
mod ranges;
mod requests;
pub(crate) mod uploads;
mod vanished;
mod wire;

use crate::raw::Account;
use crate::server::TestServer;

/// A server, and an account that has the empty bucket `points`.
fn with_bucket() -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/points", "").expect(200);
    (server, city)
}

/// Stores an object of four bytes under each of these percent-encoded keys.
fn fill(account: &Account, keys: &[&str]) {
    for target in keys {
        let put = account.put(&format!("/points/{target}"), "four");
        put.expect(200);
    }
}
