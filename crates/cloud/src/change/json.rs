//! An operation's input as AWS's own JSON (`--cli-input-json`), and back.

use http::HeaderMap;
use ironbird_api::Operation;
use ironbird_wire::http::RequestParts;
use ironbird_wire::schema::Protocol;
use ironbird_wire::{decode_request, encode_request};
use serde_json::Value;

/// An operation's input as AWS's own JSON.
///
/// # Errors
/// A message where it cannot be written: a bug of ours.
pub fn to_json<O: Operation>(input: &O::Input) -> Result<Value, String> {
    let (service, operation) = model::<O>()?;
    let request = encode_request(service, operation, Protocol::AwsJson11, input)
        .map_err(|rejection| rejection.to_string())?;
    serde_json::from_slice(&request.body).map_err(|error| error.to_string())
}

/// An operation's input from AWS's own JSON.
///
/// # Errors
/// A message that says what is wrong with it.
pub fn from_json<O: Operation>(json: &Value) -> Result<O::Input, String> {
    let (service, operation) = model::<O>()?;
    let body = json.to_string();
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/x-amz-json-1.1"));
    let parts = RequestParts::new("POST", "/", &headers, body.as_bytes());
    let mut input = O::Input::default();
    decode_request(service, operation, Protocol::AwsJson11, &parts, &mut input)
        .map_err(|rejection| rejection.to_string())?;
    Ok(input)
}

type Model = (&'static ironbird_wire::schema::Service, &'static ironbird_wire::schema::Operation);

fn model<O: Operation>() -> Result<Model, String> {
    let missing = || format!("no model has {}:{}", O::SERVICE, O::NAME);
    let service = ironbird_models::service(O::SERVICE).ok_or_else(missing)?;
    let operation = service.operation(O::NAME).ok_or_else(missing)?;
    Ok((service, operation))
}
