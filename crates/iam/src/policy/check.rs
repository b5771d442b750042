//! What a kind of policy demands of a document that keeps to the grammar, in the order in which IAM looks: legacy forms,
//! version, names of statements, actions, resources.

use crate::arn::Arn;
use crate::condition;
use crate::policy::error::Malformed;
use crate::policy::kind::Kind;
use crate::policy::read::{Document, Listed, Written, syntax};

const LEGACY: &str = "The policy failed legacy parsing";
const VERSION: &str = "Policy document must be version 2012-10-17 or greater.";
const SIDS: &str = "Statement IDs (SID) in a single policy must be unique.";
const NO_ACTIONS: &str = "Policy statement must contain actions.";
const NO_RESOURCES: &str = "Policy statement must contain resources.";
const NO_VENDOR: &str = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const COLONS: &str = "Actions/Condition can contain only one colon.";
const PRINCIPAL: &str = "Policy document should not specify a principal.";
const FULLY: &str = "Resource vendor must be fully qualified and cannot contain regexes.";
const IAM_PATHS: &[&str] = &[
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];
const STS_ACTIONS: &[&str] = &[
    "assumerole",
    "assumerolewithsaml",
    "assumerolewithwebidentity",
    "assumeroot",
    "setcontext",
    "setsourceidentity",
    "tagsession",
];

pub(super) fn check(document: &Document, kind: Kind) -> Result<(), Malformed> {
    let statements: Vec<(String, &Written)> = placed(document);
    for (place, statement) in &statements {
        conditions(place, statement)?;
    }
    if kind.needs_version() && document.version.as_deref() != Some("2012-10-17") {
        return Err(Malformed::new(VERSION, "Version", "it has to be 2012-10-17"));
    }
    for (place, statement) in &statements {
        legacy(place, statement)?;
    }
    unique_sids(&statements, kind)?;
    for (place, statement) in &statements {
        let entries = statement.action.as_ref().map_or(0, |action| action.entries.len());
        if entries == 0 {
            return Err(Malformed::new(NO_ACTIONS, &format!("{place}.Action"), "there is none"));
        }
    }
    for (place, statement) in &statements {
        principal(place, statement, kind)?;
        resource_forms(place, statement)?;
    }
    for (place, statement) in &statements {
        action_forms(place, statement, kind)?;
    }
    for (place, statement) in &statements {
        resources(place, statement, kind)?;
    }
    Ok(())
}

fn placed(document: &Document) -> Vec<(String, &Written)> {
    let numbered = document.statements.iter().enumerate();
    numbered.map(|(at, statement)| (format!("Statement[{at}]"), statement)).collect()
}

/// Operators that there are not, and values that they cannot take.
fn conditions(place: &str, statement: &Written) -> Result<(), Malformed> {
    for (operator, key, _) in &statement.conditions {
        let at = format!("{place}.Condition.{operator}");
        if condition::Operator::parse(operator).is_none() {
            return Err(syntax(&at, format!("there is no condition operator `{operator}`")));
        }
        if key.is_empty() {
            return Err(syntax(&at, "a condition needs a key"));
        }
    }
    Ok(())
}

fn legacy(place: &str, statement: &Written) -> Result<(), Malformed> {
    if !matches!(statement.effect.as_str(), "Allow" | "Deny") {
        let detail = format!("`{}` is neither Allow nor Deny, with just these capitals", statement.effect);
        return Err(Malformed::new(LEGACY, &format!("{place}.Effect"), detail));
    }
    for (name, key, values) in &statement.conditions {
        for value in values {
            if let Some(operator) = condition::Operator::parse(name)
                && let Err(detail) = operator.check(value)
            {
                let at = format!("{place}.Condition.{name}.{key}");
                return Err(Malformed::new(LEGACY, &at, detail));
            }
        }
    }
    for (at, text) in entries(place, "Resource", &statement.resource) {
        let arn = Arn::parse(text);
        let parts = text.split(':').count();
        let short = text.starts_with("arn:aws") && arn.is_none() && parts > 3 && !text.ends_with('*');
        let empty = arn.is_some_and(|arn| arn.service.is_empty());
        if short || empty {
            let detail = format!("`{text}` is not arn:partition:service:region:account:resource");
            return Err(Malformed::new(LEGACY, &at, detail));
        }
    }
    Ok(())
}

fn unique_sids(statements: &[(String, &Written)], kind: Kind) -> Result<(), Malformed> {
    let mut seen = rustc_hash::FxHashSet::default();
    for (place, statement) in statements {
        let Some(sid) = statement.sid.as_deref().filter(|sid| !sid.is_empty()) else { continue };
        let at = format!("{place}.Sid");
        let plain = sid.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain && kind.needs_version() {
            let message = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the \
                           regular expression [0-9A-Za-z]*";
            return Err(Malformed::new(message, &at, format!("`{sid}` has other characters")));
        }
        if !seen.insert(sid) {
            return Err(Malformed::new(SIDS, &at, format!("another statement is called `{sid}` too")));
        }
    }
    Ok(())
}

fn principal(place: &str, statement: &Written, kind: Kind) -> Result<(), Malformed> {
    let at = format!("{place}.Principal");
    match &statement.principal {
        Some(_) if kind.is_of_identity() => {
            let detail = "whom it is about follows from where it is attached";
            Err(Malformed::new(PRINCIPAL, &at, detail))
        }
        None if !kind.is_of_identity() => {
            Err(Malformed::new("Missing required field Principal", &at, "it has to say whom it is about"))
        }
        Some(principal) if principal.entries.is_empty() => {
            Err(Malformed::new("Missing required field Principal cannot be empty!", &at, "it names nobody"))
        }
        Some(principal) if kind == Kind::ResourceControl => {
            let everyone = principal.entries == [("AWS".to_owned(), "*".to_owned())] && !principal.not;
            let message =
                "The provided policy document does not meet the requirements of the specified policy type.";
            let detail = "a resource control policy is about everyone: \"*\"";
            if everyone { Ok(()) } else { Err(Malformed::new(message, &at, detail)) }
        }
        _ => Ok(()),
    }
}

fn resource_forms(place: &str, statement: &Written) -> Result<(), Malformed> {
    for (at, text) in entries(place, "Resource", &statement.resource) {
        if text == "*" {
            continue;
        }
        if !text.contains(':') {
            let message = format!("Resource {text} must be in ARN format or \"*\".");
            return Err(Malformed::new(message, &at, "it has no colons"));
        }
        let mut parts = text.splitn(6, ':');
        let (scheme, partition, service) = (parts.next(), parts.next(), parts.next());
        let partition = partition.unwrap_or_default();
        if scheme != Some("arn") || !(partition.starts_with("aws") || partition.contains('*')) {
            let message =
                format!("Partition \"{partition}\" is not valid for resource \"{}\".", filled(text));
            return Err(Malformed::new(
                message,
                &at,
                "an ARN begins with arn:aws: or that of another partition",
            ));
        }
        let Some(service) = service.filter(|service| !service.is_empty() || text.contains("${")) else {
            return Err(Malformed::new(FULLY, &at, "after the partition comes a service"));
        };
        places_of_resource(&at, text, service)?;
    }
    Ok(())
}

/// Rules of IAM's and S3's own ARNs.
fn places_of_resource(at: &str, text: &str, service: &str) -> Result<(), Malformed> {
    let Some(arn) = Arn::parse(text) else { return Ok(()) };
    if service == "iam" && !arn.region.is_empty() && arn.region != "*" {
        let message = format!("IAM resource {text} cannot contain region information.");
        return Err(Malformed::new(message, at, "IAM has no Regions"));
    }
    if service == "iam" {
        let whole = matches!(arn.resource, "*" | "root") || arn.resource.starts_with(['*', '$']);
        if !whole && !IAM_PATHS.iter().any(|path| could_begin(arn.resource, path)) {
            let paths = IAM_PATHS.join(", ");
            let message = format!("IAM resource path must either be \"*\" or start with {paths}.");
            return Err(Malformed::new(message, at, format!("`{}` does not", arn.resource)));
        }
    }
    let bucket = !arn.resource.contains(['/', ':']) && arn.account.is_empty();
    if service == "s3" && bucket && !arn.region.is_empty() && !arn.region.contains('*') {
        let message = format!("Resource {text} can not contain region information.");
        return Err(Malformed::new(message, at, "names of buckets belong to no Region"));
    }
    Ok(())
}

/// Whether text with wildcards may begin with `path`.
fn could_begin(text: &str, path: &str) -> bool {
    let plain = text.split(['*', '?', '$']).next().unwrap_or_default();
    text.starts_with(path) || (plain.len() < text.len() && path.starts_with(plain))
}

/// An ARN as AWS repeats it: what stands in the wrong place, and stars for what is missing.
fn filled(text: &str) -> String {
    let rest = text.split_once(':').map_or("", |(_, rest)| rest);
    let missing = 5_usize.saturating_sub(rest.split(':').count());
    format!("arn:{rest}{}", ":*".repeat(missing))
}

fn action_forms(place: &str, statement: &Written, kind: Kind) -> Result<(), Malformed> {
    for (at, text) in entries(place, "Action", &statement.action) {
        if kind == Kind::Trust {
            let name = text.split_once(':').filter(|(service, _)| service.eq_ignore_ascii_case("sts"));
            let known =
                |name: &str| STS_ACTIONS.contains(&name.to_ascii_lowercase().as_str()) || name.contains('*');
            if !name.is_some_and(|(_, name)| known(name)) {
                let message = "AssumeRole policy may only specify STS AssumeRole actions.";
                return Err(Malformed::new(message, &at, format!("`{text}` is another")));
            }
        }
        if text == "*" {
            continue;
        }
        let Some((service, name)) = text.split_once(':') else {
            return Err(Malformed::new(NO_VENDOR, &at, format!("`{text}` has no service before a colon")));
        };
        if name.contains(':') {
            return Err(Malformed::new(COLONS, &at, format!("`{text}` has more")));
        }
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'*' | b'?');
        if service.is_empty() || !service.bytes().all(plain) {
            let message = format!("Vendor {service} is not valid");
            return Err(Malformed::new(message, &at, format!("`{service}` is no service's prefix")));
        }
    }
    Ok(())
}

fn resources(place: &str, statement: &Written, kind: Kind) -> Result<(), Malformed> {
    let at = format!("{place}.Resource");
    match &statement.resource {
        Some(_) if kind == Kind::Trust => {
            let detail = "a trust policy is about the role that has it";
            Err(Malformed::new("Has prohibited field Resource", &at, detail))
        }
        resource if kind.needs_resource() && resource.as_ref().is_none_or(|list| list.entries.is_empty()) => {
            Err(Malformed::new(NO_RESOURCES, &at, "there is none"))
        }
        _ => Ok(()),
    }
}

fn entries<'a>(
    place: &'a str,
    element: &'a str,
    list: &'a Option<Listed<String>>,
) -> impl Iterator<Item = (String, &'a str)> {
    let not = list.as_ref().is_some_and(|list| list.not);
    let element = if not { format!("Not{element}") } else { element.to_owned() };
    let all = list.iter().flat_map(|list| list.entries.iter().enumerate());
    all.map(move |(at, text)| (format!("{place}.{element}[{at}]"), text.as_str()))
}
