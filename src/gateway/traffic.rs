//! Counting what is asked and moved.
//!
//! Not here: which requests count (`s3::tally`), where counts are kept (`catalog::traffic`).

use crate::gateway::Gateway;
use crate::model::id::{BucketId, TenantId};
use crate::model::traffic::Traffic;

impl Gateway {
    /// Counts for a bucket of a tenant, or for the tenant alone, in the current hour of the clock
    /// that also meters what is held.
    pub fn count_traffic(&self, tenant: TenantId, bucket: Option<BucketId>, traffic: Traffic) {
        let now = self.retention_now();
        self.traffic.count(tenant, bucket, now, traffic);
    }
}

#[cfg(test)]
#[path = "usage_tests.rs"]
mod tests;
