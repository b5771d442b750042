//! Conditions of rules: checked and given back. Source: "Condition types for listener rules" in the user guide; wordings as users
//! have met them.

use ironbird_api::elbv2 as api;
use ironbird_rig::document::{self, Place};
use ironbird_rig::{Ctx, Result};
use serde_json::Value;

use crate::{error, limits};

/// Where a condition stands in the model.
const CONDITION: Place = Place::input("elbv2", "CreateRule", &["Conditions"]);

const FIELDS: &[&str] =
    &["host-header", "http-header", "http-request-method", "path-pattern", "query-string", "source-ip"];

/// Longest value of most conditions.
const LONGEST: usize = 128;

/// Checks conditions, and writes those that can be given in two ways in both.
///
/// # Errors
/// `ValidationError`
pub(super) fn check(given: &[api::RuleCondition]) -> Result<Vec<Value>> {
    if given.is_empty() {
        return Err(error::validation("A condition must be specified"));
    }
    let mut values = 0;
    let mut kept = Vec::with_capacity(given.len());
    for condition in given {
        let mut condition = condition.clone();
        values += check_one(&mut condition)?;
        kept.push(document::write(CONDITION, &condition)?);
    }
    if values > limits::CONDITION_VALUES {
        let message = format!(
            "Rules cannot have more than {} condition values: {values} were specified",
            limits::CONDITION_VALUES
        );
        return Err(error::validation(message));
    }
    Ok(kept)
}

/// Conditions as the API shows them.
///
/// # Errors
/// When the world is broken.
pub(super) fn view(kept: &[Value]) -> Result<Vec<api::RuleCondition>> {
    kept.iter().map(|condition| Ok(document::read(CONDITION, condition)?)).collect()
}

/// Checks a condition; how many values it has.
fn check_one(condition: &mut api::RuleCondition) -> Result<usize> {
    let field = condition.field.clone().unwrap_or_default();
    if condition.regex_values.is_some() {
        return Err(Ctx::unsupported("RegexValues", "conditions match by wildcards"));
    }
    if !FIELDS.contains(&field.as_str()) {
        let message = format!("Condition field '{field}' must be one of '[{}]'", FIELDS.join(","));
        return Err(error::validation(message));
    }
    if condition.values.is_some() && !matches!(field.as_str(), "host-header" | "path-pattern") {
        return Err(error::validation(format!("The 'Values' field is not compatible with '{field}'")));
    }
    let missing = |config: &str| error::validation(format!("A '{config}' must be specified with '{field}'"));
    match field.as_str() {
        "host-header" => {
            let config = condition.host_header_config.get_or_insert_default();
            no_regex(config.regex_values.as_ref())?;
            both_ways(&field, &mut condition.values, &mut config.values)
        }
        "path-pattern" => {
            let config = condition.path_pattern_config.get_or_insert_default();
            no_regex(config.regex_values.as_ref())?;
            both_ways(&field, &mut condition.values, &mut config.values)
        }
        "http-header" => {
            let config = condition.http_header_config.as_ref();
            let config = config.ok_or_else(|| missing("HttpHeaderConfig"))?;
            no_regex(config.regex_values.as_ref())?;
            match config.http_header_name.as_deref().map(str::len) {
                None => return Err(missing("HttpHeaderName")),
                Some(41..) => {
                    return Err(error::validation(
                        "The 'HttpHeaderName' value is too long; the limit is '40'",
                    ));
                }
                Some(_) => {}
            }
            count(&field, config.values.as_deref(), LONGEST)
        }
        "http-request-method" => {
            let config = condition.http_request_method_config.as_ref();
            let config = config.ok_or_else(|| missing("HttpRequestMethodConfig"))?;
            let methods = config.values.as_deref();
            let is_method =
                |text: &String| text.bytes().all(|byte| byte.is_ascii_uppercase() || b"-_".contains(&byte));
            if !methods.unwrap_or_default().iter().all(is_method) {
                let message = "The 'http-request-method' value is invalid; the allowed characters are A-Z, hyphen and underscore";
                return Err(error::validation(message));
            }
            count(&field, methods, 40)
        }
        "query-string" => {
            let config = condition.query_string_config.as_ref();
            let pairs = config.and_then(|config| config.values.as_deref());
            let pairs = pairs.ok_or_else(|| missing("QueryStringConfig"))?;
            if pairs.iter().any(|pair| pair.value.is_none()) {
                return Err(error::validation("A 'Value' must be specified in 'QueryStringKeyValuePair'"));
            }
            let texts: Vec<String> =
                pairs.iter().flat_map(|pair| [&pair.key, &pair.value]).flatten().cloned().collect();
            count(&field, Some(&texts), LONGEST).map(|_| pairs.len())
        }
        _ => {
            let config = condition.source_ip_config.as_ref();
            let config = config.ok_or_else(|| missing("SourceIpConfig"))?;
            let blocks = config.values.as_deref();
            if let Some(wrong) = blocks.unwrap_or_default().iter().find(|block| !is_block(block)) {
                return Err(error::validation(format!(
                    "The 'source-ip' value '{wrong}' is not a CIDR block"
                )));
            }
            count(&field, blocks, LONGEST)
        }
    }
}

fn no_regex(given: Option<&Vec<String>>) -> Result<()> {
    match given {
        Some(_) => Err(Ctx::unsupported("RegexValues", "conditions match by wildcards")),
        None => Ok(()),
    }
}

/// `Values` and the configuration's values say the same; how many there are.
fn both_ways(
    field: &str,
    values: &mut Option<Vec<String>>,
    configured: &mut Option<Vec<String>>,
) -> Result<usize> {
    match (&values, &configured) {
        (Some(short), Some(long)) if short != long => {
            let message = format!(
                "You cannot provide both Values and a configuration for a condition of type '{field}'"
            );
            return Err(error::validation(message));
        }
        (Some(short), None) if short.len() > 1 => {
            let message = format!("The '{field}' field contains too many values; the limit is '1'");
            return Err(error::validation(message));
        }
        (Some(short), None) => *configured = Some(short.clone()),
        (None, Some(long)) => *values = Some(long.clone()),
        _ => {}
    }
    count(field, values.as_deref(), LONGEST)
}

fn count(field: &str, values: Option<&[String]>, longest: usize) -> Result<usize> {
    let values = values.unwrap_or_default();
    if values.is_empty() {
        return Err(error::validation("A condition value must be specified"));
    }
    if values.iter().any(|value| value.len() > longest) {
        let message = format!("The '{field}' value is too long; the limit is '{longest}'");
        return Err(error::validation(message));
    }
    Ok(values.len())
}

fn is_block(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let most = match address.parse() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.parse().is_ok_and(|length: u8| length <= most)
}

#[cfg(test)]
mod tests {
    use ironbird_api::elbv2 as api;

    use super::{check, view};

    fn of(field: &str) -> api::RuleCondition {
        api::RuleCondition { field: Some(field.to_owned()), ..Default::default() }
    }

    #[test]
    fn values_are_shown_in_both_ways() {
        let values = Some(vec!["/img/*".to_owned()]);
        let shown =
            view(&check(&[api::RuleCondition { values: values.clone(), ..of("path-pattern") }]).unwrap());
        let shown = shown.unwrap();
        assert_eq!(shown[0].values, values);
        assert_eq!(shown[0].path_pattern_config.as_ref().unwrap().values, values);
    }

    #[test]
    fn what_a_field_does_not_take_is_refused() {
        let message = |condition| check(&[condition]).unwrap_err().message().to_owned();
        assert!(message(of("color")).starts_with("Condition field 'color' must be one of '[host-header,"));
        assert_eq!(message(of("source-ip")), "A 'SourceIpConfig' must be specified with 'source-ip'");
        let block = api::SourceIpConditionConfig { values: Some(vec!["10.0.0.0".to_owned()]) };
        let source = api::RuleCondition { source_ip_config: Some(block), ..of("source-ip") };
        assert_eq!(message(source), "The 'source-ip' value '10.0.0.0' is not a CIDR block");
        assert_eq!(message(of("path-pattern")), "A condition value must be specified");
        let many =
            api::HostHeaderConditionConfig { values: Some(vec!["a".to_owned(); 6]), regex_values: None };
        let hosts = api::RuleCondition { host_header_config: Some(many), ..of("host-header") };
        assert!(message(hosts).starts_with("Rules cannot have more than 5 condition values"));
    }
}
