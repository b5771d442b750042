//! Session policies and tags: their form and size.

use ironbird_api::sts as api;
use ironbird_iam::{Kind, Policy};
use ironbird_rig::Result;

use crate::error;

/// Bytes that session policies may have, and that stand for 100 percent (API reference, `Policy`).
const PLAIN_LIMIT: usize = 2048;

/// Most managed policies of one session (API reference, `PolicyArns`).
const MOST_ARNS: usize = 10;

/// Checks policies and tags, and says how much of the packed size they take, in percent; none where there are none.
/// AWS does not publish how it packs: ours counts the policies' bytes without white space, those of ARNs and tags
/// as they are.
pub fn packed_size(
    policy: Option<&str>,
    arns: Option<&[api::PolicyDescriptorType]>,
    tags: Option<&[api::Tag]>,
) -> Result<Option<i32>> {
    if policy.is_none() && arns.is_none() && tags.is_none() {
        return Ok(None);
    }
    let arns = arns.unwrap_or_default();
    if arns.len() > MOST_ARNS {
        return Err(error::validation(format!(
            "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: \
             Member must have length less than or equal to {MOST_ARNS}"
        )));
    }
    let policy_bytes = policy.map(compact_length).transpose()?.unwrap_or(0);
    let arn_bytes: usize =
        arns.iter().filter_map(|descriptor| descriptor.arn.as_ref()).map(String::len).sum();
    let tags = tags.unwrap_or_default();
    refuse_duplicates(tags)?;
    let tag_bytes: usize = tags.iter().map(|tag| tag.key.len() + tag.value.len()).sum();
    let bytes = policy_bytes + arn_bytes + tag_bytes;
    let percent = i32::try_from((bytes * 100).div_ceil(PLAIN_LIMIT)).unwrap_or(i32::MAX);
    if percent > 100 {
        return Err(error::packed_policy_too_large(percent));
    }
    Ok(Some(percent))
}

/// The ARNs of managed policies that are session policies.
pub fn arns(given: Option<&[api::PolicyDescriptorType]>) -> Vec<String> {
    given.unwrap_or_default().iter().filter_map(|descriptor| descriptor.arn.clone()).collect()
}

fn compact_length(policy: &str) -> Result<usize> {
    let document: serde_json::Value = serde_json::from_str(policy).map_err(|_| error::malformed_policy())?;
    if Policy::parse(Kind::Session, policy).is_err() {
        return Err(error::malformed_policy());
    }
    Ok(document.to_string().len())
}

fn refuse_duplicates(tags: &[api::Tag]) -> Result<()> {
    let mut keys: Vec<String> = tags.iter().map(|tag| tag.key.to_lowercase()).collect();
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
        return Err(ironbird_rig::Error::client("InvalidParameterValue", message));
    }
    Ok(())
}
