//! AWS's own managed policies, `arn:aws:iam::aws:policy/…`: the latest version of each, opened on first use.
//!
//! Their ids are ours: the source has none. Neither has it descriptions, nor the versions before the latest.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Arc, OnceLock};

use flate2::read::GzDecoder;
use ironbird_iam::{Kind, Policy, Source};
use ironbird_rig::Timestamp;
use ironbird_rig::credentials::unique_id;
use ironbird_rig::seed::Seed;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A line a policy; `data/SOURCES` of the line is in its first.
static FILE: &[u8] = include_bytes!("../../../../../data/managed_policies.jsonl.gz");

/// One of AWS's policies.
#[derive(Debug)]
pub(crate) struct AwsPolicy {
    /// `/`, or `/service-role/`.
    pub(crate) path: String,
    pub(crate) name: String,
    /// `ANPA…`
    pub(crate) id: String,
    /// `v3`
    pub(crate) version: String,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) document: Box<str>,
    compiled: OnceLock<Arc<Policy>>,
}

impl AwsPolicy {
    /// Compiled on first use, for all accounts.
    pub(crate) fn compiled(&self, arn: &str) -> Source {
        let policy = self.compiled.get_or_init(|| {
            Arc::new(
                Policy::parse(Kind::Managed, &self.document).expect("a test reads all of AWS's policies"),
            )
        });
        Source { name: arn.into(), policy: Arc::clone(policy) }
    }
}

#[derive(Deserialize)]
struct Line<'a> {
    path: &'a str,
    name: &'a str,
    version: &'a str,
    created: i64,
    updated: i64,
    #[serde(borrow)]
    document: &'a RawValue,
}

/// All of them, by path and name: `/service-role/AWSLambdaRole`.
pub(crate) fn all() -> &'static BTreeMap<String, AwsPolicy> {
    static ALL: OnceLock<BTreeMap<String, AwsPolicy>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut text = String::new();
        GzDecoder::new(FILE).read_to_string(&mut text).expect("the file is the importer's");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(read).map(|policy| (format!("{}{}", policy.path, policy.name), policy)).collect()
    })
}

fn read(line: &str) -> AwsPolicy {
    let line: Line<'_> = serde_json::from_str(line).expect("the file is the importer's");
    AwsPolicy {
        id: unique_id("ANPA", Seed::root(0).child(line.path).child(line.name)),
        path: line.path.to_owned(),
        name: line.name.to_owned(),
        version: line.version.to_owned(),
        created: Timestamp::from_secs(line.created),
        updated: Timestamp::from_secs(line.updated),
        document: line.document.get().into(),
        compiled: OnceLock::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::all;
    use crate::document::{self, Kind};

    #[test]
    fn all_of_them_are_there_and_are_policies() {
        assert_eq!(all().len(), 1594);
        for policy in all().values() {
            assert!(document::check(Kind::Managed, &policy.document).is_ok(), "{}", policy.name);
            assert!(policy.created <= policy.updated, "{}", policy.name);
        }
        assert_eq!(all()["/AdministratorAccess"].version, "v1");
        assert!(all().contains_key("/service-role/AWSLambdaBasicExecutionRole"));
        assert!(all().contains_key("/job-function/ViewOnlyAccess"));
    }

    #[test]
    fn no_two_have_the_same_id() {
        let ids: std::collections::BTreeSet<&str> = all().values().map(|policy| policy.id.as_str()).collect();
        assert_eq!(ids.len(), all().len());
    }
}
