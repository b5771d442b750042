//! Error answers: written by a server, read by a client.

use http::header::HeaderMap;

use crate::field::Structure;
use crate::http::{Response, set};
use crate::names;
use crate::schema::{Protocol, Service, Shape};
use crate::walk::Bindings;
use crate::xml;
use crate::{cbor, json};

/// An error as a server answers it.
#[derive(Clone, Copy)]
pub struct ErrorView<'a> {
    /// Code on the wire, `InvalidInstanceID.NotFound`. Where [`ErrorView::detail`] is given, its shape decides:
    /// query protocols print the code of its error trait, the others the shape's name.
    pub code: &'a str,
    /// Text for the caller.
    pub message: &'a str,
    /// HTTP status.
    pub status: u16,
    /// The caller is at fault, not the service.
    pub sender_fault: bool,
    /// Id of the request.
    pub request_id: &'a str,
    /// The modelled error with its members, where there are any beside the message.
    pub detail: Option<(&'a Shape, &'a dyn Structure)>,
}

impl ErrorView<'_> {
    /// The code that goes into the answer.
    fn wire_code(&self, protocol: Protocol) -> &str {
        let Some((shape, _)) = self.detail else { return self.code };
        if names::errors_by_shape(protocol) {
            return &shape.name;
        }
        self.query_code(shape)
    }

    fn query_code<'s>(&'s self, shape: &'s Shape) -> &'s str {
        shape.error.as_ref().and_then(|error| error.code.as_deref()).unwrap_or(&shape.name)
    }

    const fn fault(&self) -> &'static str {
        if self.sender_fault { "Sender" } else { "Receiver" }
    }
}

/// Encodes an error in the form of `protocol`.
pub fn encode_error(service: &Service, protocol: Protocol, error: &ErrorView<'_>) -> Response {
    let mut headers = HeaderMap::new();
    let code = error.wire_code(protocol);
    let body = match protocol {
        Protocol::Ec2Query => {
            set(&mut headers, "content-type", "text/xml;charset=UTF-8");
            set(&mut headers, "x-amzn-requestid", error.request_id);
            ec2_body(service, code, error)
        }
        Protocol::AwsQuery => {
            set(&mut headers, "content-type", "text/xml");
            set(&mut headers, "x-amzn-requestid", error.request_id);
            xml_body(service, code, error, Bindings::None)
        }
        Protocol::RestXml => {
            set(&mut headers, "content-type", "application/xml");
            set(&mut headers, "x-amzn-requestid", error.request_id);
            detail_headers(service, error, &mut headers);
            xml_body(service, code, error, Bindings::Response)
        }
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            set(&mut headers, "content-type", json::content_type(protocol));
            set(&mut headers, "x-amzn-requestid", error.request_id);
            json::error_body(service, Some(code), error.message, error.detail, Bindings::None)
        }
        Protocol::RestJson1 => {
            set(&mut headers, "content-type", "application/json");
            set(&mut headers, "x-amzn-errortype", code);
            set(&mut headers, "x-amzn-requestid", error.request_id);
            detail_headers(service, error, &mut headers);
            json::error_body(service, None, error.message, error.detail, Bindings::Response)
        }
        Protocol::RpcV2Cbor => {
            set(&mut headers, "content-type", "application/cbor");
            set(&mut headers, "smithy-protocol", "rpc-v2-cbor");
            set(&mut headers, "x-amzn-requestid", error.request_id);
            cbor::error_body(service, code, error.message, error.detail)
        }
    };
    if service.metadata.query_compatible && names::errors_by_shape(protocol) {
        let query_code = error.detail.map_or(error.code, |(shape, _)| error.query_code(shape));
        set(&mut headers, "x-amzn-query-error", &format!("{query_code};{}", error.fault()));
    }
    Response { status: error.status, headers, body }
}

fn detail_headers(service: &Service, error: &ErrorView<'_>, headers: &mut HeaderMap) {
    if let Some((shape, value)) = error.detail {
        crate::rest::encode_headers(service, shape, value, headers);
    }
}

fn ec2_body(service: &Service, code: &str, error: &ErrorView<'_>) -> Vec<u8> {
    let mut encoder = xml::Encoder::new(service, xml::Style::Ec2);
    encoder.writer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>");
    xml_error(&mut encoder, code, error, Bindings::None);
    encoder.writer.out.push_str("</Error></Errors>");
    encoder.writer.element("RequestID", error.request_id);
    encoder.writer.end("Response");
    encoder.writer.out.into_bytes()
}

fn xml_body(service: &Service, code: &str, error: &ErrorView<'_>, bindings: Bindings) -> Vec<u8> {
    let style = if bindings == Bindings::None { xml::Style::Query } else { xml::Style::Rest };
    let mut encoder = xml::Encoder::new(service, style);
    encoder.writer.open_tag("ErrorResponse");
    if let Some(namespace) = &service.metadata.xml_namespace {
        encoder.writer.attribute("xmlns", namespace);
    }
    encoder.writer.close_tag();
    encoder.writer.start("Error");
    encoder.writer.element("Type", error.fault());
    xml_error(&mut encoder, code, error, bindings);
    encoder.writer.end("Error");
    encoder.writer.element("RequestId", error.request_id);
    encoder.writer.end("ErrorResponse");
    encoder.writer.out.into_bytes()
}

/// Code, message and the other members of the error.
fn xml_error(encoder: &mut xml::Encoder<'_>, code: &str, error: &ErrorView<'_>, bindings: Bindings) {
    encoder.writer.element("Code", code);
    if !error.message.is_empty() {
        encoder.writer.element("Message", error.message);
    }
    let Some((shape, value)) = error.detail else { return };
    for (index, member) in shape.members.iter().enumerate() {
        let shown = is_message(names::plain(member))
            || names::plain(member) == "Code"
            || names::plain(member) == "Type";
        if !shown && bindings.in_body(member) {
            encoder.member(member, value.field(index).view());
        }
    }
}

/// Whether a member's wire name is that of the error's text.
pub(crate) fn is_message(name: &str) -> bool {
    name == "message" || name == "Message"
}
