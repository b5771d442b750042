//! What a policy's text must be, by its type. Here only its form is looked at; what statements say is for whoever evaluates
//! them.

use ironbird_rig::{Error, Result};
use serde_json::{Map, Value};

use super::kind::{self, Kind};
use super::merge;
use crate::error;

/// Checks a text against the rules of its type.
///
/// # Errors
/// `ConstraintViolationException` where it is too long, `MalformedPolicyDocumentException` where it has another form.
pub(crate) fn check(kind: &Kind, content: &str) -> Result<()> {
    // Texts that come through the API count with their white space.
    if content.chars().count() > kind.size {
        let message = "You have exceeded the maximum policy size.";
        return Err(error::constraint("POLICY_CONTENT_LIMIT_EXCEEDED", message));
    }
    let document: Value = serde_json::from_str(content).map_err(|_| malformed())?;
    let document = document.as_object().ok_or_else(malformed)?;
    let fits = match kind.top {
        Some(top) => document.len() == 1 && document.contains_key(top) && merge::is_sound(document),
        None => has_statements(document, kind.name == kind::RESOURCE_CONTROL),
    };
    if fits { Ok(()) } else { Err(malformed()) }
}

pub(crate) fn malformed() -> Error {
    let message = "The provided policy document does not meet the requirements of the specified policy type.";
    error::client("MalformedPolicyDocumentException", message)
}

fn has_statements(document: &Map<String, Value>, for_resources: bool) -> bool {
    let known = document.keys().all(|key| matches!(key.as_str(), "Version" | "Id" | "Statement"));
    let version = document.get("Version").is_none_or(|version| version == "2012-10-17");
    let statements: Vec<&Value> = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    };
    let is_statement = |value: &&Value| value.as_object().is_some_and(|it| is_statement(it, for_resources));
    known && version && !statements.is_empty() && statements.iter().all(is_statement)
}

/// Sources: "SCP syntax" and "RCP syntax" in the Organizations user guide. Statements of service control policies name no
/// principals; those of resource control policies deny, to all principals.
fn is_statement(statement: &Map<String, Value>, for_resources: bool) -> bool {
    let known = statement.iter().all(|(key, value)| match key.as_str() {
        "Sid" => value.is_string(),
        "Effect" => value == "Deny" || (value == "Allow" && !for_resources),
        "Action" | "NotAction" | "Resource" | "NotResource" => is_words(value),
        "Condition" => value.is_object(),
        "Principal" => for_resources && value == "*",
        _ => false,
    });
    let has = |key: &str| statement.contains_key(key);
    let one_of = |one: &str, other: &str| has(one) != has(other);
    known
        && has("Effect")
        && one_of("Action", "NotAction")
        && one_of("Resource", "NotResource")
        && has("Principal") == for_resources
}

/// A text or a list of texts.
fn is_words(value: &Value) -> bool {
    match value {
        Value::String(word) => !word.is_empty(),
        Value::Array(words) => !words.is_empty() && words.iter().all(Value::is_string),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{check, kind};

    #[test]
    fn texts_have_the_form_of_their_type() {
        let statement = |inner: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{{{inner}}}]}}"#);
        let deny = r#""Effect":"Deny","Action":"s3:*","Resource":"*""#;
        let allow = r#""Effect":"Allow","Action":["s3:*"],"Resource":"*""#;
        let everybody = r#","Principal":"*""#;
        for (name, content, expected) in [
            ("SERVICE_CONTROL_POLICY", statement(deny), true),
            ("SERVICE_CONTROL_POLICY", statement(allow), true),
            ("SERVICE_CONTROL_POLICY", statement(&format!("{deny}{everybody}")), false),
            ("SERVICE_CONTROL_POLICY", statement(r#""Effect":"Deny","Action":"s3:*""#), false),
            ("SERVICE_CONTROL_POLICY", statement(r#""Effect":"deny","Action":"s3:*","Resource":"*""#), false),
            ("SERVICE_CONTROL_POLICY", r#"{"Statement":[]}"#.to_owned(), false),
            ("SERVICE_CONTROL_POLICY", "[]".to_owned(), false),
            ("SERVICE_CONTROL_POLICY", "{".to_owned(), false),
            ("RESOURCE_CONTROL_POLICY", statement(&format!("{deny}{everybody}")), true),
            ("RESOURCE_CONTROL_POLICY", statement(deny), false),
            ("RESOURCE_CONTROL_POLICY", statement(&format!("{allow}{everybody}")), false),
            ("TAG_POLICY", r#"{"tags":{"a":{"tag_key":{"@@assign":"A"}}}}"#.to_owned(), true),
            ("TAG_POLICY", r#"{"plans":{}}"#.to_owned(), false),
            ("BACKUP_POLICY", r#"{"plans":{}}"#.to_owned(), true),
        ] {
            assert_eq!(check(kind::named(name).unwrap(), &content).is_ok(), expected, "{name} {content}");
        }
        let long = format!("{}{}", statement(deny), " ".repeat(10_240));
        let error = check(kind::named("SERVICE_CONTROL_POLICY").unwrap(), &long).unwrap_err();
        assert_eq!(error.code(), "ConstraintViolationException");
    }
}
