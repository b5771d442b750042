//! From JSON to statements as they are written: what every kind of policy has in common.
//!
//! Whatever breaks the grammar is what AWS calls a syntax error.

use crate::json::Json;
use crate::policy::error::Malformed;

/// What AWS says to every document that breaks the grammar.
pub(super) const SYNTAX: &str = "Syntax errors in policy.";

/// A document as it is written.
pub(super) struct Document {
    pub version: Option<String>,
    pub id: Option<String>,
    pub statements: Vec<Written>,
}

/// A statement as it is written.
#[derive(Default)]
pub(super) struct Written {
    pub sid: Option<String>,
    pub effect: String,
    pub principal: Option<Listed<(String, String)>>,
    pub action: Option<Listed<String>>,
    pub resource: Option<Listed<String>>,
    /// Operator, key, values.
    pub conditions: Vec<(String, String, Vec<String>)>,
}

/// The entries of an element, or of the element that begins with `Not`.
pub(super) struct Listed<T> {
    pub not: bool,
    pub entries: Vec<T>,
}

impl Document {
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let json: Json = serde_json::from_str(text).map_err(|error| syntax("", error.to_string()))?;
        let members = object(json, "")?;
        let mut document = Self { version: None, id: None, statements: Vec::new() };
        let mut stated = false;
        for (name, value) in members {
            match name.as_str() {
                "Version" => document.version = Some(string(value, "Version")?),
                "Id" => document.id = Some(string(value, "Id")?),
                "Statement" => {
                    stated = true;
                    document.statements = statements(value)?;
                }
                _ => {
                    let expected = "there are Version, Id and Statement";
                    return Err(syntax("", format!("`{name}` is no element of a policy; {expected}")));
                }
            }
        }
        if let Some(version) = &document.version
            && !matches!(version.as_str(), "2012-10-17" | "2008-10-17")
        {
            return Err(syntax("Version", format!("there is no version `{version}`; use 2012-10-17")));
        }
        if !stated || document.statements.is_empty() {
            return Err(syntax("Statement", "a policy needs at least one statement"));
        }
        Ok(document)
    }
}

fn statements(value: Json) -> Result<Vec<Written>, Malformed> {
    match value {
        Json::List(list) => {
            let numbered = list.into_iter().enumerate();
            numbered.map(|(at, value)| statement(value, &format!("Statement[{at}]"))).collect()
        }
        single => Ok(vec![statement(single, "Statement")?]),
    }
}

fn statement(value: Json, place: &str) -> Result<Written, Malformed> {
    let mut written = Written::default();
    for (name, value) in object(value, place)? {
        let at = format!("{place}.{name}");
        let not = name.starts_with("Not");
        match name.as_str() {
            "Sid" => written.sid = Some(string(value, &at)?),
            "Effect" => written.effect = string(value, &at)?,
            "Principal" | "NotPrincipal" => {
                set(&mut written.principal, Listed { not, entries: principals(value, &at)? }, &at)?;
            }
            "Action" | "NotAction" => {
                set(&mut written.action, Listed { not, entries: strings(value, &at)? }, &at)?;
            }
            "Resource" | "NotResource" => {
                set(&mut written.resource, Listed { not, entries: strings(value, &at)? }, &at)?;
            }
            "Condition" => written.conditions = conditions(value, &at)?,
            _ => return Err(syntax(&at, format!("`{name}` is no element of a statement"))),
        }
    }
    if !written.effect.eq_ignore_ascii_case("Allow") && !written.effect.eq_ignore_ascii_case("Deny") {
        let detail = match written.effect.as_str() {
            "" => "a statement needs an Effect".to_owned(),
            other => format!("`{other}` is neither Allow nor Deny"),
        };
        return Err(syntax(&format!("{place}.Effect"), detail));
    }
    Ok(written)
}

fn set<T>(element: &mut Option<T>, value: T, place: &str) -> Result<(), Malformed> {
    match element.replace(value) {
        None => Ok(()),
        Some(_) => Err(syntax(place, "an element and its Not cannot both be there")),
    }
}

fn principals(value: Json, place: &str) -> Result<Vec<(String, String)>, Malformed> {
    match value {
        Json::String(text) if text == "*" => Ok(vec![("AWS".to_owned(), text)]),
        Json::Object(kinds) => {
            let mut entries = Vec::new();
            for (kind, value) in kinds {
                let names = strings(value, &format!("{place}.{kind}"))?;
                entries.extend(names.into_iter().map(|name| (kind.clone(), name)));
            }
            Ok(entries)
        }
        other => Err(syntax(place, format!("expected \"*\" or an object by kind, not {}", other.kind()))),
    }
}

fn conditions(value: Json, place: &str) -> Result<Vec<(String, String, Vec<String>)>, Malformed> {
    let mut conditions = Vec::new();
    for (operator, keys) in object(value, place)? {
        let at = format!("{place}.{operator}");
        for (key, values) in object(keys, &at)? {
            let values = scalars(values, &format!("{at}.{key}"))?;
            conditions.push((operator.clone(), key, values));
        }
    }
    Ok(conditions)
}

fn object(value: Json, place: &str) -> Result<Vec<(String, Json)>, Malformed> {
    match value {
        Json::Object(members) => Ok(members),
        other => Err(syntax(place, format!("expected an object, not {}", other.kind()))),
    }
}

fn string(value: Json, place: &str) -> Result<String, Malformed> {
    match value {
        Json::String(text) => Ok(text),
        other => Err(syntax(place, format!("expected a string, not {}", other.kind()))),
    }
}

/// One string or a list of them.
fn strings(value: Json, place: &str) -> Result<Vec<String>, Malformed> {
    match value {
        Json::List(list) => {
            let numbered = list.into_iter().enumerate();
            numbered.map(|(at, value)| string(value, &format!("{place}[{at}]"))).collect()
        }
        single => Ok(vec![string(single, place)?]),
    }
}

/// One string, number or boolean, or a list of them.
fn scalars(value: Json, place: &str) -> Result<Vec<String>, Malformed> {
    let scalar = |value: Json, place: &str| match value {
        Json::String(text) | Json::Number(text) => Ok(text),
        Json::Bool(value) => Ok(value.to_string()),
        other => Err(syntax(place, format!("expected a string, number or boolean, not {}", other.kind()))),
    };
    match value {
        Json::List(list) => {
            let numbered = list.into_iter().enumerate();
            numbered.map(|(at, value)| scalar(value, &format!("{place}[{at}]"))).collect()
        }
        single => Ok(vec![scalar(single, place)?]),
    }
}

pub(super) fn syntax(place: &str, detail: impl Into<String>) -> Malformed {
    Malformed::new(SYNTAX, place, detail)
}
