//! Attributes for access control: the session tags that an instance makes of what its identity store knows of a user.

use std::collections::BTreeMap;

use ironbird_api::sso_admin as center;
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Result};
use serde_json::Value;

use crate::PRINCIPAL;
use crate::person::{ENTERPRISE, Person};

/// A user as `DescribeUser` answers it.
const USER: Place = Place::output("identitystore", "DescribeUser", &[]);

/// The session tags of a person; none where the instance makes none.
///
/// # Errors
/// Those of `DescribeInstanceAccessControlAttributeConfiguration` that say something else.
pub(crate) fn of(ctx: &mut Ctx<'_>, person: &Person) -> Result<BTreeMap<String, String>> {
    let input = center::DescribeInstanceAccessControlAttributeConfigurationRequest {
        instance_arn: person.sign_in.instance.clone(),
    };
    let described = ctx.within(person.sign_in.scope, |ctx| {
        ctx.call::<center::DescribeInstanceAccessControlAttributeConfiguration>(PRINCIPAL, &input)
    });
    let configuration = match described {
        Err(none) if none.code() == "ResourceNotFoundException" => return Ok(BTreeMap::new()),
        other => other?.instance_access_control_attribute_configuration,
    };
    let user = document::write(USER, &person.user)?;
    let attributes = configuration.map(|it| it.access_control_attributes).unwrap_or_default();
    let tags = attributes.into_iter().filter_map(|attribute| {
        let value = attribute.value.source.iter().find_map(|source| value_of(&user, source))?;
        Some((attribute.key, value))
    });
    Ok(tags.collect())
}

/// What a source, `${path:name.givenName}`, gives for a user; none where the user has no such attribute.
fn value_of(user: &Value, source: &str) -> Option<String> {
    let path = source.strip_prefix("${path:")?.strip_suffix('}')?;
    let found = steps(path).into_iter().try_fold(user, step)?;
    match found {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Bool(_) | Value::Number(_) => Some(found.to_string()),
        _ => None,
    }
}

/// The steps of a path: parts between dots, of which those in brackets do not count.
fn steps(path: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    path.split(|letter| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == '.' && depth == 0
    })
    .collect()
}

/// One step: a member, whatever case it is written in, and of a list the element that a filter picks, or the first.
fn step<'v>(at: &'v Value, step: &str) -> Option<&'v Value> {
    let (name, filter) = match step.split_once('[') {
        Some((name, filter)) => (name, Some(filter.strip_suffix(']')?)),
        None => (step, None),
    };
    let found = match name {
        "enterprise" => at.get("Extensions")?.get(ENTERPRISE)?,
        _ => member(at, name)?,
    };
    match (found, filter) {
        (Value::Array(elements), Some(filter)) => {
            let (name, wanted) = filter.split_once(" eq ")?;
            let wanted = wanted.trim_matches('"');
            elements.iter().find(|element| match member(element, name) {
                Some(Value::String(text)) => text == wanted,
                Some(Value::Bool(flag)) => wanted.parse() == Ok(*flag),
                _ => false,
            })
        }
        (Value::Array(elements), None) => elements.first(),
        (_, Some(_)) => None,
        (single, None) => Some(single),
    }
}

fn member<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    let mut members = object.as_object()?.iter();
    members.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::value_of;
    use serde_json::json;

    #[test]
    fn sources_lead_to_attributes_of_users() {
        let user = json!({
            "UserName": "ann",
            "Name": { "GivenName": "Ann" },
            "Title": "",
            "Emails": [
                { "Value": "a@example.com", "Type": "home", "Primary": false },
                { "Value": "b@example.com", "Type": "work", "Primary": true },
            ],
            "Extensions": { "aws:identitystore:enterprise": { "department": "R.D" } },
        });
        for (source, value) in [
            ("${path:userName}", "ann"),
            ("${path:name.givenName}", "Ann"),
            ("${path:emails[primary eq true].value}", "b@example.com"),
            ("${path:emails[type eq \"home\"].value}", "a@example.com"),
            ("${path:emails.value}", "a@example.com"),
            ("${path:enterprise.department}", "R.D"),
        ] {
            assert_eq!(value_of(&user, source).as_deref(), Some(value), "{source}");
        }
        for source in [
            "",
            "ann",
            "${path:}",
            "${path:title}",
            "${path:name}",
            "${path:name.familyName}",
            "${path:emails[x].value}",
            "${path:emails[primary eq true.value}",
            "${path:userName[a eq b]}",
            "${user:email}",
            "${path:enterprise.x}",
        ] {
            assert_eq!(value_of(&user, source), None, "{source}");
        }
    }
}
