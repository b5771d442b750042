//! Whether a decoded request keeps to the model, and the words of AWS where it does not.
//!
//! EC2 says one thing at a time, in its own way, and decides about lengths and enumerations itself: that is left to
//! its handlers. All others list what is wrong, worded by the same framework.

use std::fmt::Write as _;

use ironbird_sigv4::Family;
use ironbird_wire::decode_request;
use ironbird_wire::field::{Field, Structure, View};
use ironbird_wire::http::RequestParts;
use ironbird_wire::schema::{Kind, Operation, Service, Shape};
use ironbird_wire::timestamp::Timestamp;
use ironbird_wire::validate::{Rule, Step, Violation, validate};
use ironbird_wire::value::{Members, Value};

use crate::answer::{Form, Refusal};

/// A value that any request decodes into.
pub fn untyped(service: &Service, operation: &Operation) -> Members {
    let width = operation.input.map_or(0, |id| service.shape(id).members.len());
    Members(vec![Value::Absent; width])
}

/// What is wrong with `input`, which was decoded from `parts`.
pub fn refusal(
    form: &Form<'_>,
    operation: &Operation,
    parts: &RequestParts<'_>,
    input: &dyn Structure,
) -> Option<Refusal> {
    let service = form.service;
    let shape = service.shape(operation.input?);
    let violations = validate(service, shape, input);
    if violations.is_empty() && !may_lack(service, shape, input) {
        return None;
    }
    // A required member of a generated type cannot be absent, only empty. Where it is, the request is read once more,
    // into a value that knows the difference.
    let mut exact = untyped(service, operation);
    decode_request(service, operation, form.protocol, parts, &mut exact).ok()?;
    let violations = validate(service, shape, &exact);
    match form.family() {
        Family::Ec2 => {
            let mut left = violations.iter().filter(|violation| !is_worded_by_handler(operation, violation));
            left.find_map(in_words_of_ec2)
        }
        _ if gives_reasons(service, operation) => violations.first().map(in_words_with_reasons),
        family => in_words_of_others(family, &violations),
    }
}

/// Whether a required member is empty, so that it may have been absent.
fn may_lack(service: &Service, shape: &Shape, value: &dyn Structure) -> bool {
    shape.members.iter().enumerate().any(|(index, member)| {
        let target = service.shape(member.target);
        let field = value.field(index);
        (member.required && is_empty(target, field)) || field_may_lack(service, target, field)
    })
}

fn field_may_lack(service: &Service, shape: &Shape, field: &dyn Field) -> bool {
    match field.view() {
        View::Structure(inner) => may_lack(service, shape, inner),
        View::List(list) if may_hold_structures(service, shape) => {
            let element = service.shape(shape.elements[0].target);
            (0..list.len()).any(|index| field_may_lack(service, element, list.get(index)))
        }
        View::Map(map) if may_hold_structures(service, shape) => {
            let element = service.shape(shape.elements[1].target);
            let mut found = false;
            map.each(&mut |_, entry| found |= field_may_lack(service, element, entry));
            found
        }
        _ => false,
    }
}

fn may_hold_structures(service: &Service, shape: &Shape) -> bool {
    let element = shape.elements.last().map(|element| service.shape(element.target).kind);
    matches!(element, Some(Kind::Structure | Kind::List | Kind::Map))
}

fn is_empty(shape: &Shape, field: &dyn Field) -> bool {
    match field.view() {
        View::Absent => true,
        View::Boolean(value) => !value,
        View::Integer(value) => value == 0,
        View::Long(value) => value == 0,
        View::Float(value) => value == 0.0,
        View::Double(value) => value == 0.0,
        View::String(value) => value.is_empty(),
        View::Blob(value) => value.is_empty(),
        View::Timestamp(value) => value == Timestamp::EPOCH,
        View::List(value) => value.is_empty(),
        View::Map(value) => value.is_empty(),
        View::Document(value) => value.is_null(),
        View::Null => false,
        View::Structure(value) => {
            (0..shape.members.len()).all(|index| matches!(value.field(index).view(), View::Absent))
        }
    }
}

/// Lists that EC2 misses in words of its own, which their handlers have.
const WORDED_BY_HANDLERS: [(&str, &[&str]); 2] = [
    ("Resources", &["CreateTags", "DeleteTags"]),
    (
        "InstanceIds",
        &[
            "MonitorInstances",
            "RebootInstances",
            "StartInstances",
            "StopInstances",
            "TerminateInstances",
            "UnmonitorInstances",
        ],
    ),
];

fn is_worded_by_handler(operation: &Operation, violation: &Violation<'_>) -> bool {
    let [Step::Member { name, .. }] = violation.path.as_slice() else { return false };
    let mut lists = WORDED_BY_HANDLERS.iter();
    lists.any(|(list, operations)| list == name && operations.contains(&operation.name.as_str()))
}

/// EC2's own words ("Error codes for the Amazon EC2 API", and messages of the live service as users published them).
fn in_words_of_ec2(violation: &Violation<'_>) -> Option<Refusal> {
    match violation.rule {
        Rule::Required => {
            let message = format!("The request must contain the parameter {}", ec2_path(&violation.path));
            Some(Refusal::new(400, "MissingParameter", message))
        }
        Rule::Range { min, max } => {
            let value = violation.value.as_deref().unwrap_or_default();
            let below = min.is_some_and(|min| value.parse::<f64>().is_ok_and(|value| value < min));
            let expected = match (below, min, max) {
                (true, Some(min), _) => format!("Expecting a value greater than or equal to {min}."),
                (_, _, Some(max)) => format!("Expecting a value less than or equal to {max}."),
                _ => String::new(),
            };
            let name = violation.dotted();
            let message = format!("Value ( {value} ) for parameter {name} is invalid. {expected}");
            Some(Refusal::new(400, "InvalidParameterValue", message))
        }
        Rule::Length { .. } | Rule::Enumeration(_) | Rule::OneMember => None,
    }
}

/// The path as a request spells it: `LaunchTemplateConfigs.1.Overrides`.
fn ec2_path(path: &[Step<'_>]) -> String {
    let steps = path.iter().map(|step| match step {
        Step::Member { query_name: Some(name), .. } => (*name).to_owned(),
        Step::Member { location_name: Some(name), .. } => capitalized(name),
        Step::Member { name, .. } => (*name).to_owned(),
        Step::Index(index) => (index + 1).to_string(),
        Step::Key(key) => key.clone(),
    });
    steps.collect::<Vec<_>>().join(".")
}

fn capitalized(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Organizations has an exception of its own for all that breaks its model, with the reason as a member.
const WITH_REASONS: &str = "InvalidInputException";

fn gives_reasons(service: &Service, operation: &Operation) -> bool {
    let errors = operation.errors.iter().map(|id| service.shape(*id));
    errors.into_iter().any(|error| error.name == WITH_REASONS && error.member("Reason").is_some())
}

/// The reasons are those of the API reference ("Errors" of every operation), with the words that it has for them.
fn in_words_with_reasons(violation: &Violation<'_>) -> Refusal {
    let (reason, message) = match &violation.rule {
        Rule::Required | Rule::OneMember => {
            ("INPUT_REQUIRED", "You must include a value for all required parameters.")
        }
        Rule::Enumeration(_) => ("INVALID_ENUM", "You specified an invalid value."),
        Rule::Length { max, actual, .. } if max.is_some_and(|max| *actual > max) => {
            ("MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed.")
        }
        Rule::Length { .. } => {
            ("MIN_LENGTH_EXCEEDED", "You provided a string parameter that is shorter than allowed.")
        }
        Rule::Range { max, .. } => {
            let value = violation.value.as_deref().and_then(|value| value.parse::<f64>().ok());
            match value.zip(*max) {
                Some((value, max)) if value > max => (
                    "MAX_VALUE_EXCEEDED",
                    "You provided a numeric parameter that has a larger value than allowed.",
                ),
                _ => (
                    "MIN_VALUE_EXCEEDED",
                    "You provided a numeric parameter that has a smaller value than allowed.",
                ),
            }
        }
    };
    Refusal { reason: Some(reason), ..Refusal::new(400, WITH_REASONS, message) }
}

/// `2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; …`
fn in_words_of_others(family: Family, violations: &[Violation<'_>]) -> Option<Refusal> {
    let code = match family {
        Family::Json | Family::Cbor | Family::RestJson => "ValidationException",
        Family::S3 => "InvalidRequest",
        Family::Query | Family::RestXml | Family::Ec2 => "ValidationError",
    };
    let sentences: Vec<String> = violations.iter().flat_map(sentences).collect();
    let count = sentences.len();
    let errors = if count == 1 { "error" } else { "errors" };
    let message = format!("{count} validation {errors} detected: {}", sentences.join("; "));
    (count > 0).then(|| Refusal::new(400, code, message))
}

fn sentences(violation: &Violation<'_>) -> Vec<String> {
    let mut subject = match (&violation.rule, &violation.value) {
        (Rule::Required, _) => "Value null at ".to_owned(),
        (_, Some(value)) => format!("Value '{value}' at "),
        (_, None) => "Value at ".to_owned(),
    };
    // Writing to a string cannot fail.
    let _ = write!(subject, "'{}' failed to satisfy constraint: Member must ", path(&violation.path));
    let bound = |words: &str, bound: Option<String>| bound.map(|bound| format!("{subject}{words} {bound}"));
    match &violation.rule {
        Rule::Required => vec![format!("{subject}not be null")],
        Rule::Enumeration(allowed) => {
            vec![format!("{subject}satisfy enum value set: [{}]", allowed.join(", "))]
        }
        Rule::OneMember => vec![format!("{subject}have exactly one of its members set")],
        Rule::Length { min, max, actual } => {
            let min = min.filter(|min| actual < min).map(|min| min.to_string());
            let max = max.filter(|max| actual > max).map(|max| max.to_string());
            let low = bound("have length greater than or equal to", min);
            low.into_iter().chain(bound("have length less than or equal to", max)).collect()
        }
        Rule::Range { min, max } => {
            let value: f64 =
                violation.value.as_deref().and_then(|value| value.parse().ok()).unwrap_or(f64::NAN);
            let min = min.filter(|min| value.is_nan() || value < *min).map(|min| min.to_string());
            let max = max.filter(|max| value > *max).map(|max| max.to_string());
            let low = bound("have value greater than or equal to", min);
            low.into_iter().chain(bound("have value less than or equal to", max)).collect()
        }
    }
}

/// `tags.1.member.key`
fn path(path: &[Step<'_>]) -> String {
    let mut text = String::new();
    for step in path {
        if !text.is_empty() {
            text.push('.');
        }
        // Writing to a string cannot fail.
        let _ = match step {
            Step::Index(index) => write!(text, "{}.member", index + 1),
            other => write!(text, "{other}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Refusal, refusal, untyped};
    use crate::answer::Form;
    use http::HeaderMap;
    use ironbird_api::Operation as _;
    use ironbird_wire::decode_request;
    use ironbird_wire::field::Structure;
    use ironbird_wire::http::RequestParts;
    use ironbird_wire::schema::Protocol;

    fn check(
        service: &str,
        operation: &str,
        protocol: Protocol,
        body: &str,
        input: Option<Box<dyn Structure>>,
    ) -> Option<Refusal> {
        let service = ironbird_models::service(service).unwrap();
        let operation = service.operation(operation).unwrap();
        let form = Form { service, protocol, operation: Some(operation), request_id: "r" };
        let headers = HeaderMap::new();
        let parts = RequestParts::new("POST", "/", &headers, body.as_bytes());
        let mut input = input.unwrap_or_else(|| Box::new(untyped(service, operation)));
        decode_request(service, operation, protocol, &parts, input.as_mut()).unwrap();
        refusal(&form, operation, &parts, input.as_ref())
    }

    fn assume_role(body: &str) -> Option<String> {
        use ironbird_api::sts::AssumeRole;
        let input = Box::<<AssumeRole as ironbird_api::Operation>::Input>::default();
        let refusal = check("sts", AssumeRole::NAME, Protocol::AwsQuery, body, Some(input))?;
        assert_eq!((refusal.code.as_str(), refusal.status), ("ValidationError", 400));
        Some(refusal.message)
    }

    #[test]
    fn query_services_list_everything_that_is_wrong() {
        assert_eq!(
            assume_role("Action=AssumeRole").as_deref(),
            Some(
                "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be \
                 null; Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null"
            )
        );
        let arn = "RoleArn=arn:aws:iam::123456789012:role/Deploy";
        assert_eq!(assume_role(&format!("{arn}&RoleSessionName=ab")), None);
        assert_eq!(
            assume_role(&format!("{arn}&RoleSessionName=")).as_deref(),
            Some(
                "1 validation error detected: Value '' at 'roleSessionName' failed to satisfy constraint: \
                 Member must have length greater than or equal to 2"
            )
        );
        assert_eq!(
            assume_role(&format!("{arn}&RoleSessionName=ab&DurationSeconds=800")).as_deref(),
            Some(
                "1 validation error detected: Value '800' at 'durationSeconds' failed to satisfy constraint: \
                 Member must have value greater than or equal to 900"
            )
        );
        assert_eq!(
            assume_role(&format!("{arn}&RoleSessionName=ab&Tags.member.1.Key=a")).as_deref(),
            Some(
                "1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy constraint: \
                 Member must not be null"
            )
        );
    }

    #[test]
    fn ec2_has_words_of_its_own() {
        let check = |operation, body: &str| check("ec2", operation, Protocol::Ec2Query, body, None);
        let refusal = check("DescribeInstanceAttribute", "Attribute=userData").unwrap();
        assert_eq!(refusal.code, "MissingParameter");
        assert_eq!(refusal.message, "The request must contain the parameter InstanceId");
        assert_eq!(check("DescribeInstanceAttribute", "Attribute=userData&InstanceId=i-1"), None);
        // Handlers have words of their own for these.
        assert_eq!(check("TerminateInstances", "Action=TerminateInstances"), None);
        assert_eq!(check("CreateTags", "Tag.1.Key=a"), None);
    }

    #[test]
    fn organizations_gives_reasons() {
        let check =
            |operation, body: &str| check("organizations", operation, Protocol::AwsJson11, body, None);
        for (operation, body, reason) in [
            ("DescribeAccount", "{}", "INPUT_REQUIRED"),
            ("CreateOrganization", r#"{"FeatureSet":"SOME"}"#, "INVALID_ENUM"),
            ("DescribeAccount", r#"{"AccountId":"1234567890123"}"#, "MAX_LENGTH_EXCEEDED"),
            ("CreateOrganizationalUnit", r#"{"ParentId":"r-ab12","Name":""}"#, "MIN_LENGTH_EXCEEDED"),
            ("ListAccounts", r#"{"MaxResults":21}"#, "MAX_VALUE_EXCEEDED"),
            ("ListAccounts", r#"{"MaxResults":0}"#, "MIN_VALUE_EXCEEDED"),
        ] {
            let refusal = check(operation, body).unwrap();
            assert_eq!((refusal.code.as_str(), refusal.status), ("InvalidInputException", 400));
            assert_eq!(refusal.reason, Some(reason), "{operation} {body}");
        }
    }

    #[test]
    fn json_services_have_an_exception() {
        let refusal = check("dynamodb", "DescribeTable", Protocol::AwsJson10, "{}", None).unwrap();
        assert_eq!((refusal.code.as_str(), refusal.status), ("ValidationException", 400));
        assert!(refusal.message.contains("Value null at 'tableName'"), "{}", refusal.message);
    }
}
