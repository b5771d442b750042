//! What goes back: answers and errors in the form of the protocol that was spoken.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use ironbird_rig::Error;
use ironbird_rig::error::ServiceError;
use ironbird_sigv4::Family;
use ironbird_wire::rejection::Rejection;
use ironbird_wire::schema::{Kind, Operation, Protocol, Service, Shape};
use ironbird_wire::value::{Members, Value};
use ironbird_wire::{ErrorView, encode_error};

/// A response as hyper sends it.
pub type Answer = Response<Full<Bytes>>;

/// Parameters that had no effect, as `Operation.Parameter`, with commas between.
const NO_EFFECT: HeaderName = HeaderName::from_static("x-ironbird-no-effect");

/// What would have denied the call, had policies decided.
const WOULD_DENY: HeaderName = HeaderName::from_static("x-ironbird-would-deny");

/// The id of the request, for callers and for the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Longest list in a header; the rest is in the audit record anyway.
const LONGEST_LIST: usize = 4096;

/// Who is answered, and in which form.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// The service that was asked.
    pub service: &'a Service,
    /// The protocol that was spoken.
    pub protocol: Protocol,
    /// The operation, once it is known.
    pub operation: Option<&'a Operation>,
    /// The id of the request.
    pub request_id: &'a str,
}

/// An error as the gateway words it, before it has the form of a protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: String,
    /// The message.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
    /// What the error's member `Reason` says, where its model has one.
    pub reason: Option<&'static str>,
}

impl Refusal {
    /// A refusal of these parts.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status, reason: None }
    }
}

impl Form<'_> {
    /// Services that word refusals alike.
    pub fn family(&self) -> Family {
        match self.protocol {
            Protocol::AwsJson10 | Protocol::AwsJson11 => Family::Json,
            Protocol::AwsQuery => Family::Query,
            Protocol::Ec2Query => Family::Ec2,
            Protocol::RestJson1 => Family::RestJson,
            Protocol::RestXml if self.service.metadata.name == "s3" => Family::S3,
            Protocol::RestXml => Family::RestXml,
            Protocol::RpcV2Cbor => Family::Cbor,
        }
    }

    /// A refusal of the gateway's own.
    pub fn refusal(&self, refusal: &Refusal) -> Answer {
        if let Some(reason) = refusal.reason {
            let error = Error::with_status(refusal.status, refusal.code.clone(), &*refusal.message);
            return self.error(&error.with_member("Reason", reason));
        }
        let view = self.view(&refusal.code, &refusal.message, refusal.status);
        finished(encode_error(self.service, self.protocol, &view))
    }

    /// A message that the wire could not understand.
    pub fn rejection(&self, rejection: &Rejection) -> Answer {
        self.refusal(&crate::wording::rejection(self, rejection))
    }

    /// Credentials that were refused.
    pub fn unauthorized(&self, error: &ironbird_sigv4::Error) -> Answer {
        let reply = error.reply(self.family());
        self.refusal(&Refusal::new(reply.status, reply.code, reply.message))
    }

    /// What a handler answered instead of a result.
    pub fn error(&self, error: &Error) -> Answer {
        let Error::Service(modeled) = error else {
            return self.refusal(&Refusal::new(error.status(), error.code(), error.message()));
        };
        let shape = self.error_shape(&modeled.code);
        let members = shape.map(|shape| members(self.service, shape, modeled));
        let mut view = self.view(&modeled.code, &modeled.message, modeled.status);
        view.detail = shape.zip(members.as_ref()).map(|(shape, members)| (shape, members as _));
        finished(encode_error(self.service, self.protocol, &view))
    }

    /// The error of that code among those that the operation's model names.
    fn error_shape(&self, code: &str) -> Option<&Shape> {
        let errors = self.operation?.errors.iter().map(|id| self.service.shape(*id));
        errors.into_iter().find(|shape| {
            let wire_code = shape.error.as_ref().and_then(|error| error.code.as_deref());
            wire_code == Some(code) || shape.name == code
        })
    }

    fn view<'v>(&'v self, code: &'v str, message: &'v str, status: u16) -> ErrorView<'v> {
        ErrorView {
            code,
            message,
            status,
            sender_fault: status < 500,
            request_id: self.request_id,
            detail: None,
        }
    }
}

/// The members of a modeled error, as the wire takes them. A member that the model does not have is left out.
fn members(service: &Service, shape: &Shape, error: &ServiceError) -> Members {
    let mut values = vec![Value::Absent; shape.members.len()];
    for (name, text) in &error.members {
        let Some((index, member)) = shape.member(name) else {
            debug_assert!(false, "the error {} has no member {name}", shape.name);
            continue;
        };
        values[index] = match service.shape(member.target).kind {
            Kind::Boolean => text.parse().map_or(Value::Absent, Value::Boolean),
            Kind::Integer => text.parse().map_or(Value::Absent, Value::Integer),
            Kind::Long => text.parse().map_or(Value::Absent, Value::Long),
            _ => Value::String(text.clone()),
        };
    }
    Members(values)
}

/// A response of the wire as hyper sends it.
pub fn finished(response: ironbird_wire::http::Response) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(response.body)));
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *answer.headers_mut() = response.headers;
    answer
}

/// Says which parameters had no effect.
pub fn say_no_effect(headers: &mut HeaderMap, parameters: &[String]) {
    if parameters.is_empty() {
        return;
    }
    let mut list = String::new();
    for parameter in parameters {
        if list.len() + parameter.len() > LONGEST_LIST {
            list.push_str(", …");
            break;
        }
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str(parameter);
    }
    say(headers, NO_EFFECT, &list);
}

/// Says what would have denied the call.
pub fn say_would_deny(headers: &mut HeaderMap, text: &str) {
    say(headers, WOULD_DENY, text);
}

fn say(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    let printable: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    if let Ok(value) = HeaderValue::from_bytes(printable.as_bytes()) {
        headers.insert(name, value);
    }
}

/// An error where nothing says which service was meant: in JSON to those who speak JSON, in XML to others.
pub fn unaddressed(headers: &HeaderMap, refusal: &Refusal, request_id: &str) -> Answer {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_json = content_type.contains("json") || headers.contains_key("x-amz-target");
    let (content_type, body) = if is_json {
        let body = serde_json::json!({ "__type": refusal.code, "message": refusal.message });
        ("application/json", body.to_string())
    } else {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error>\
             <RequestId>{request_id}</RequestId></ErrorResponse>\n",
            escaped(&refusal.code),
            escaped(&refusal.message)
        );
        ("text/xml", body)
    };
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    answer
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
