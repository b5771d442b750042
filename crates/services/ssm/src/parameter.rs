//! GetParameter, GetParameters and GetParametersByPath.
//!
//! `WithDecryption` is honored by there being nothing encrypted.

use ironbird_api::ec2::Image;
use ironbird_api::ssm as api;
use ironbird_rig::{Ctx, Error, Key, Result, Timestamp, page};

use crate::image::{candidates, newest};
use crate::public::{self, Public, ROOT};

/// Parameters on a page, at most and by default.
const PAGE: i32 = 10;

/// The only version that a public parameter has here.
const VERSION: i64 = 1;

pub(crate) fn get_parameter(
    ctx: &mut Ctx<'_>,
    input: &api::GetParameterRequest,
) -> Result<api::GetParameterResult> {
    let asked = Asked::read(ctx, &input.name);
    let public = public::find(asked.name).ok_or_else(|| not_found(&input.name))?;
    if !asked.is_current() {
        return Err(version_not_found(&asked));
    }
    let images = candidates(ctx, std::slice::from_ref(&public))?;
    let found = shown(ctx, &images, &public, asked.selector).ok_or_else(|| not_found(&input.name))?;
    Ok(api::GetParameterResult { parameter: Some(found) })
}

pub(crate) fn get_parameters(
    ctx: &mut Ctx<'_>,
    input: &api::GetParametersRequest,
) -> Result<api::GetParametersResult> {
    let lookups: Vec<(&String, Asked<'_>, Option<Public>)> = input
        .names
        .iter()
        .map(|name| {
            let asked = Asked::read(ctx, name);
            let public = public::find(asked.name).filter(|_| asked.is_current());
            (name, asked, public)
        })
        .collect();
    let wanted: Vec<Public> = lookups.iter().filter_map(|(_, _, public)| public.clone()).collect();
    let images = candidates(ctx, &wanted)?;
    let (mut found, mut invalid) = (Vec::new(), Vec::new());
    for (name, asked, public) in &lookups {
        match public.as_ref().and_then(|public| shown(ctx, &images, public, asked.selector)) {
            Some(parameter) => found.push(parameter),
            None => invalid.push((*name).clone()),
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(api::GetParametersResult { parameters: Some(found), invalid_parameters: Some(invalid) })
}

pub(crate) fn get_parameters_by_path(
    ctx: &mut Ctx<'_>,
    input: &api::GetParametersByPathRequest,
) -> Result<api::GetParametersByPathResult> {
    let path = path(&input.path)?;
    let count = usize::try_from(input.max_results.unwrap_or(PAGE).clamp(1, PAGE)).unwrap_or_default();
    let after = match input.next_token.as_deref() {
        Some(token) => Some(page::key(token).ok_or_else(invalid_token)?),
        None => None,
    };
    let recursive = input.recursive.unwrap_or(false);
    let mut on_page: Vec<Public> = public::all()
        .into_iter()
        .filter(|public| is_below(&public.name, path, recursive))
        .filter(|public| after.as_ref().is_none_or(|after| place(public) > *after))
        .take(count + 1)
        .collect();
    let more = on_page.len() > count;
    on_page.truncate(count);
    let images = candidates(ctx, &on_page)?;
    Ok(api::GetParametersByPathResult {
        parameters: Some(on_page.iter().filter_map(|public| shown(ctx, &images, public, None)).collect()),
        next_token: on_page.last().filter(|_| more).map(|last| page::token(&place(last))),
    })
}

/// What a caller asks for: a name or an ARN, with or without `:version` or `:label`.
struct Asked<'a> {
    name: &'a str,
    selector: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn read(ctx: &Ctx<'_>, text: &'a str) -> Self {
        let name = text.strip_prefix(&arn_prefix(ctx)).unwrap_or(text);
        match name.split_once(':') {
            Some((name, selector)) if name.starts_with('/') => Self { name, selector: Some(selector) },
            _ => Self { name, selector: None },
        }
    }

    /// Whether it asks for the version that there is. Public parameters have no labels.
    fn is_current(&self) -> bool {
        self.selector.is_none_or(|selector| selector.parse() == Ok(VERSION))
    }
}

/// What comes before the name in the ARN of a public parameter, which is nobody's: the account is left out.
fn arn_prefix(ctx: &Ctx<'_>) -> String {
    let region = ctx.region();
    format!("arn:{}:ssm:{region}::parameter", region.partition())
}

/// For policies: a public parameter is nobody's, which its ARN says.
pub(crate) fn arn(ctx: &Ctx<'_>, _kind: &str, name: Option<&str>) -> Option<String> {
    let name = name.filter(|name| name.starts_with(ROOT))?;
    Some(format!("{}{name}", arn_prefix(ctx)))
}

/// The answer for one parameter; none where the Region has no such image.
fn shown(ctx: &Ctx<'_>, images: &[Image], public: &Public, selector: Option<&str>) -> Option<api::Parameter> {
    let image = newest(images, public)?;
    Some(api::Parameter {
        name: Some(public.name.clone()),
        r#type: Some("String".to_owned()),
        value: image.image_id.clone(),
        version: Some(VERSION),
        selector: selector.map(|selector| format!(":{selector}")),
        source_result: None,
        last_modified_date: image.creation_date.as_deref().and_then(Timestamp::parse_iso8601),
        arn: Some(format!("{}{}", arn_prefix(ctx), public.name)),
        data_type: Some(public.data_type.to_owned()),
    })
}

/// Where a parameter stands in the order of answers.
fn place(public: &Public) -> Key {
    Key::new().text(&public.name)
}

/// A path without the slash at its end, where it has one.
fn path(text: &str) -> Result<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    if text.starts_with('/') && text.chars().all(plain) {
        return Ok(text.strip_suffix('/').unwrap_or(text));
    }
    let message = "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a \
        forward slash \"/\". It can't be prefixed with \\\"aws\\\" or \\\"ssm\\\" (case-insensitive). It must use only \
        letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are \
        not allowed. All sub-paths, if specified, must use the forward slash symbol \"/\". Valid example: \
        /get/parameters2-/by1./path0_.";
    Err(Error::client("ValidationException", message))
}

/// Whether `name` is in the hierarchy `path`, or directly in it. Above [`ROOT`] are only a caller's own parameters.
fn is_below(name: &str, path: &str, recursive: bool) -> bool {
    path.starts_with(ROOT)
        && name
            .strip_prefix(path)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|rest| recursive || !rest.contains('/'))
}

/// AWS gives this code without a message.
fn not_found(name: &str) -> Error {
    let message =
        format!("there is no parameter {name}: only public parameters of machine images can be read");
    Error::client("ParameterNotFound", message)
}

fn version_not_found(asked: &Asked<'_>) -> Error {
    let (name, version) = (asked.name, asked.selector.unwrap_or_default());
    let message = format!(
        "Systems Manager could not find version {version} of {name}. Verify the version and try again."
    );
    Error::client("ParameterVersionNotFound", message)
}

fn invalid_token() -> Error {
    Error::client("InvalidNextToken", "The specified token isn't valid.")
}
