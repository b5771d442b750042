//! Session tags, and which of them sessions hand on.

use std::collections::BTreeMap;

use ironbird_api::sts as api;
use ironbird_rig::credentials::Session;
use ironbird_rig::{Error, Result};

/// The tags of a session and the keys of those that it hands on: the transitive ones of the session before, which stay as they
/// are, and those asked for.
pub fn handed_on(
    before: Option<&Session>,
    input: &api::AssumeRoleRequest,
) -> Result<(BTreeMap<String, String>, Vec<String>)> {
    let mut tags = BTreeMap::new();
    let mut transitive = Vec::new();
    if let Some(before) = before {
        let kept = before.tags.iter().filter(|(key, _)| before.transitive.contains(key));
        tags.extend(kept.map(|(key, value)| (key.clone(), value.clone())));
        transitive.clone_from(&before.transitive);
    }
    for tag in input.tags.iter().flatten() {
        let is_kept = transitive.iter().any(|key| key.eq_ignore_ascii_case(&tag.key));
        if is_kept {
            let message = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag \
                           key from the calling session.";
            return Err(Error::client("InvalidParameterValue", message));
        }
        tags.insert(tag.key.clone(), tag.value.clone());
    }
    for key in input.transitive_tag_keys.iter().flatten() {
        if !tags.contains_key(key) {
            let message = "The specified transitive tag key must be included in the requested tags.";
            return Err(Error::client("InvalidParameterValue", message));
        }
        if !transitive.contains(key) {
            transitive.push(key.clone());
        }
    }
    Ok((tags, transitive))
}

/// The tags of a session that hands nothing on.
pub fn plain(tags: Option<&[api::Tag]>) -> BTreeMap<String, String> {
    tags.unwrap_or_default().iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}
