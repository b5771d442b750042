//! Queries by tags: `TAG_FILTERS_1_0`.

use std::collections::BTreeMap;

use ironbird_rig::{Error, Result};
use serde::Deserialize;

use crate::error;

/// The type that stands for all types.
const ALL: &str = "AWS::AllSupported";

/// A query as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    resource_type_filters: Vec<String>,
    #[serde(default)]
    tag_filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

/// What has one of some types and, for each key, one of the values; any value, where none is given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TagQuery {
    pub(crate) kinds: Vec<String>,
    /// By key; of two filters with one key, the last one counts.
    tags: BTreeMap<String, Vec<String>>,
}

impl TagQuery {
    /// Reads a query.
    ///
    /// # Errors
    /// `BadRequestException` where it is not one.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let written: Written = serde_json::from_str(text).map_err(|cause| invalid(&cause.to_string()))?;
        if written.resource_type_filters.is_empty() {
            return Err(invalid("ResourceTypeFilters must name a resource type"));
        }
        let is_type =
            |kind: &String| kind == ALL || (kind.starts_with("AWS::") && kind.split("::").count() == 3);
        if let Some(other) = written.resource_type_filters.iter().find(|kind| !is_type(kind)) {
            return Err(invalid(&format!("{other} is not a resource type")));
        }
        if written.tag_filters.iter().any(|filter| filter.key.is_empty()) {
            return Err(invalid("a tag filter needs a Key"));
        }
        let tags = written.tag_filters.into_iter().map(|filter| (filter.key, filter.values)).collect();
        Ok(Self { kinds: written.resource_type_filters, tags })
    }

    /// Whether resources of a type are looked for.
    pub(super) fn wants(&self, kind: &str) -> bool {
        self.kinds.iter().any(|wanted| wanted == ALL || wanted == kind)
    }

    /// The keys that a resource must have.
    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        self.tags.keys()
    }

    /// Whether a resource has the tags. Without filters, every tagged resource has.
    pub(super) fn matches(&self, tags: &BTreeMap<String, String>) -> bool {
        self.tags.iter().all(|(key, values)| {
            tags.get(key).is_some_and(|value| values.is_empty() || values.contains(value))
        }) && !tags.is_empty()
    }
}

fn invalid(reason: &str) -> Error {
    error::bad_request(format!("Query not valid: {reason}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn all_keys_and_one_of_their_values_must_match() {
        let text = r#"{"ResourceTypeFilters": ["AWS::EC2::Instance"],
            "TagFilters": [{"Key": "stage", "Values": ["red", "blue"]}, {"Key": "team"}]}"#;
        let query = TagQuery::parse(text).expect("a query");
        assert!(query.wants("AWS::EC2::Instance") && !query.wants("AWS::EC2::Volume"));
        assert!(query.matches(&tags(&[("stage", "blue"), ("team", "")])));
        assert!(!query.matches(&tags(&[("stage", "BLUE"), ("team", "")])));
        assert!(!query.matches(&tags(&[("stage", "red")])));
    }

    #[test]
    fn what_is_no_query_is_refused() {
        let texts = [
            "{",
            "[]",
            "{}",
            r#"{"ResourceTypeFilters": []}"#,
            r#"{"ResourceTypeFilters": ["Instance"]}"#,
            r#"{"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": ""}]}"#,
            r#"{"ResourceTypeFilters": ["AWS::AllSupported"], "Unknown": true}"#,
        ];
        for text in texts {
            let error = TagQuery::parse(text).expect_err(text);
            assert_eq!(error.code(), "BadRequestException", "{text}");
        }
    }
}
