//! Which services policies allow anything of, without a request in mind.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::reference;

/// The services, by the prefix of their actions, that some documents allow at least one action of.
///
/// An `Allow` counts whatever its resources and conditions are; a `Deny` takes a service away where it denies all of it, on all
/// resources, without condition. That is the most that the policies can allow.
///
/// # Errors
/// Says what is wrong with a document that is no policy.
pub fn services<'d>(documents: impl IntoIterator<Item = &'d str>) -> Result<BTreeSet<&'static str>, String> {
    let (mut allowed, mut denied) = (BTreeSet::new(), BTreeSet::new());
    for document in documents {
        let document: Value = serde_json::from_str(document).map_err(|error| error.to_string())?;
        for statement in each(&document["Statement"]) {
            if statement["Effect"] == "Allow" {
                allowed.extend(named(statement, false));
            } else if statement["Condition"].is_null() && each(&statement["Resource"]).any(|it| it == "*") {
                denied.extend(named(statement, true));
            }
        }
    }
    Ok(allowed.difference(&denied).copied().collect())
}

/// The services that a statement is about: with all their actions, where `whole`, or with any.
fn named(statement: &Value, whole: bool) -> BTreeSet<&'static str> {
    let entries = |element: &str| -> Vec<(String, String)> {
        let texts = each(&statement[element]).filter_map(Value::as_str);
        texts.map(|text| split(&text.to_ascii_lowercase())).collect()
    };
    let (actions, but) = (entries("Action"), entries("NotAction"));
    let names = |list: &[(String, String)], prefix: &str, whole: bool| {
        list.iter()
            .any(|(service, action)| (service == "*" || service == prefix) && (!whole || action == "*"))
    };
    let is_about = |prefix: &&str| match but.is_empty() {
        true => names(&actions, prefix, whole),
        // All but some: a service is left out where all of it is, or, for a denial, where any of it is.
        false => !names(&but, prefix, !whole),
    };
    reference::prefixes().filter(is_about).collect()
}

/// Service and action of `s3:get*`; `*` is both.
fn split(action: &str) -> (String, String) {
    match action.split_once(':') {
        Some((service, action)) => (service.to_owned(), action.to_owned()),
        None => ("*".to_owned(), "*".to_owned()),
    }
}

/// The elements of a list, or the one that stands without one.
fn each(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Null => Box::new(std::iter::empty()),
        Value::Array(list) => Box::new(list.iter()),
        one => Box::new(std::iter::once(one)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(statements: &str) -> Vec<&'static str> {
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#);
        services([document.as_str()]).unwrap().into_iter().collect()
    }

    #[test]
    fn what_is_allowed_and_not_wholly_denied_is_granted() {
        let all = reference::prefixes().count();
        let allow = |rest: &str| format!(r#"{{"Effect": "Allow", "Resource": "*", {rest}}}"#);
        let deny = |rest: &str| format!(r#"{{"Effect": "Deny", {rest}}}"#);
        assert_eq!(of(&allow(r#""Action": ["s3:Get*", "EC2:DescribeVpcs"]"#)), ["ec2", "s3"]);
        assert_eq!(of(&allow(r#""Action": "*""#)).len(), all);
        assert_eq!(of(&allow(r#""NotAction": ["iam:*", "s3:PutObject"]"#)).len(), all - 1);
        let both = |deny: &str| of(&format!("[{}, {deny}]", allow(r#""Action": ["s3:*", "ec2:*"]"#)));
        assert_eq!(both(&deny(r#""Action": "s3:*", "Resource": "*""#)), ["ec2"]);
        assert_eq!(both(&deny(r#""Action": "s3:PutObject", "Resource": "*""#)), ["ec2", "s3"]);
        assert_eq!(both(&deny(r#""Action": "s3:*", "Resource": "arn:aws:s3:::b/*""#)), ["ec2", "s3"]);
        let condition =
            r#""Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}"#;
        assert_eq!(both(&deny(condition)), ["ec2", "s3"]);
        assert_eq!(both(&deny(r#""NotAction": "ec2:*", "Resource": "*""#)), ["ec2"]);
    }

    #[test]
    fn what_is_no_policy_is_told() {
        assert!(services(["{"]).is_err());
    }
}
