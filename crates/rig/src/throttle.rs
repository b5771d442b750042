//! Request throttling: token buckets per account, Region and action, with AWS's published sizes. Off unless
//! the user asks for it. Buckets refill by the world's clock and are not kept over a restart.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use ironbird_wire::timestamp::Timestamp;

use crate::account::Scope;
use crate::error::Error;

/// Buckets and refill rates of the EC2 API.
const EC2: &str = include_str!("../../../data/ec2_throttle.tsv");

/// Size and refill rate of a bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Tokens at most.
    pub size: f64,
    /// Tokens a second.
    pub refill: f64,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Timestamp,
}

/// The buckets of a world.
#[derive(Default)]
pub struct Throttle(Mutex<HashMap<(Scope, &'static str, String), Bucket>>);

impl Throttle {
    /// Fills all buckets.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Takes a token for a call.
    ///
    /// # Errors
    /// `RequestLimitExceeded`, as EC2 answers, where the bucket is empty.
    pub fn admit(&self, scope: Scope, service: &str, operation: &str, now: Timestamp) -> Result<(), Error> {
        if service != "ec2" {
            return Ok(());
        }
        let (bucket, limit) = ec2_limit(operation);
        if self.take((scope, "ec2", bucket.to_owned()), limit, now) {
            return Ok(());
        }
        Err(Error::with_status(503, "RequestLimitExceeded", "Request limit exceeded."))
    }

    /// Takes a token of a bucket; whether it had one.
    pub fn take(&self, bucket: (Scope, &'static str, String), limit: Limit, now: Timestamp) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = buckets.entry(bucket).or_insert(Bucket { tokens: limit.size, at: now });
        let elapsed = now.nanos().saturating_sub(entry.at.nanos()).max(0) as f64 / 1e9;
        entry.tokens = (entry.tokens + elapsed * limit.refill).min(limit.size);
        entry.at = now;
        if entry.tokens < 1.0 {
            return false;
        }
        entry.tokens -= 1.0;
        true
    }
}

/// The bucket that a call of EC2 draws from: its own where it has one, its category's otherwise.
fn ec2_limit(operation: &str) -> (&str, Limit) {
    let limits = ec2_limits();
    if let Some(limit) = limits.get(operation) {
        return (operation, *limit);
    }
    let reads = ["Describe", "List", "Search", "Get"].iter().any(|verb| operation.starts_with(verb));
    let category = if reads { "non-mutating" } else { "mutating" };
    let limit = limits.get(category).copied().expect("the table has both categories");
    (category, limit)
}

fn ec2_limits() -> &'static HashMap<&'static str, Limit> {
    static LIMITS: OnceLock<HashMap<&'static str, Limit>> = OnceLock::new();
    LIMITS.get_or_init(|| {
        let rows = EC2.lines().filter(|line| !line.starts_with('#')).skip(1);
        rows.filter_map(|row| {
            let mut columns = row.split('\t');
            let (kind, name) = (columns.next()?, columns.next()?);
            let (size, refill) = (columns.next()?.parse().ok()?, columns.next()?.parse().ok()?);
            // Resource tokens are counted per instance, not per call.
            (kind != "resource").then_some((name, Limit { size, refill }))
        })
        .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::{Throttle, ec2_limit};
    use crate::account::{Account, Region, Scope};
    use ironbird_wire::timestamp::Timestamp;

    #[test]
    fn an_empty_bucket_refuses_until_it_refills() {
        let scope = Scope { account: Account::DEFAULT, region: Region::DEFAULT };
        let throttle = Throttle::default();
        let (_, limit) = ec2_limit("CreateDefaultVpc");
        assert_eq!((limit.size, limit.refill), (1.0, 1.0));
        let at = |secs| throttle.admit(scope, "ec2", "CreateDefaultVpc", Timestamp::from_secs(secs));
        assert!(at(0).is_ok());
        let refused = at(0).unwrap_err();
        assert_eq!((refused.code(), refused.status()), ("RequestLimitExceeded", 503));
        assert!(at(1).is_ok());
    }

    #[test]
    fn reads_and_writes_have_buckets_of_their_own() {
        assert_eq!(ec2_limit("DescribeVpcs").0, "non-mutating");
        assert_eq!(ec2_limit("CreateVpc").0, "mutating");
    }
}
