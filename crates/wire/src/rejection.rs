//! Why a message could not be understood, kept apart from the errors a service models.

use crate::schema::Protocol;

/// A message was refused before any handler saw it. Nothing has been done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", self.message, self.place())]
pub struct Rejection {
    /// What kind of refusal it is.
    pub reason: Reason,
    /// Where: member names and positions joined by dots, as on the wire where they are known by that name
    /// (`Filter.1.Value`); empty when it is the message as a whole.
    pub path: String,
    /// What was wrong, in our words.
    pub message: String,
}

/// The kinds of refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No operation of that name, path or target. Holds the name asked for, or empty.
    UnknownOperation(String),
    /// A query request without `Action`.
    MissingAction,
    /// The bytes are not of the protocol, or a value is not of its type.
    Malformed,
    /// A parameter's text cannot be read as its type. Holds the text, shortened.
    InvalidValue(String),
    /// Parameters that the operation does not have, in a protocol whose services refuse them.
    UnknownParameter(Vec<String>),
    /// More than [`Limits`](crate::limits::Limits) allows.
    TooLarge,
    /// Understood, but this crate cannot carry it: event streams.
    Unsupported,
    /// The content type is not the protocol's.
    MediaType,
}

/// How much of a bad value is repeated in a message.
const SHOWN: usize = 100;

impl Rejection {
    /// A refusal without a place.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, path: String::new(), message: message.into() }
    }

    /// See [`Reason::Malformed`].
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(Reason::Malformed, message)
    }

    /// See [`Reason::TooLarge`].
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(Reason::TooLarge, message)
    }

    /// See [`Reason::InvalidValue`].
    pub fn invalid_value(text: &str, expected: &str) -> Self {
        let text = shorten(text);
        let message = format!("'{text}' is not {expected}");
        Self::new(Reason::InvalidValue(text), message)
    }

    /// See [`Reason::UnknownOperation`].
    pub fn unknown_operation(name: &str) -> Self {
        let name = shorten(name);
        let message = match name.as_str() {
            "" => "no operation matches the request".to_owned(),
            _ => format!("there is no operation '{name}'"),
        };
        Self::new(Reason::UnknownOperation(name), message)
    }

    /// The same refusal, one level further out: `segment` is put before the path.
    #[must_use]
    pub fn at(mut self, segment: &str) -> Self {
        if segment.is_empty() {
            return self;
        }
        if !self.path.is_empty() {
            self.path.insert(0, '.');
        }
        self.path.insert_str(0, &shorten(segment));
        self
    }

    /// The same refusal inside element `index`, counted from 0 and shown from 1.
    #[must_use]
    pub fn at_index(self, index: usize) -> Self {
        self.at(&(index + 1).to_string())
    }

    fn place(&self) -> String {
        if self.path.is_empty() { String::new() } else { format!(" (at {})", self.path) }
    }

    /// The error code that AWS gives for this kind of refusal in `protocol`.
    pub const fn code(&self, protocol: Protocol) -> &'static str {
        use Protocol::{AwsQuery, Ec2Query, RestXml};
        match (&self.reason, protocol) {
            (Reason::UnknownOperation(_), AwsQuery | Ec2Query) => "InvalidAction",
            (Reason::UnknownOperation(_), _) => "UnknownOperationException",
            (Reason::MissingAction, _) => "MissingAction",
            (Reason::InvalidValue(_), Ec2Query) => "InvalidParameterValue",
            (Reason::UnknownParameter(_), Ec2Query) => "UnknownParameter",
            (Reason::Malformed | Reason::InvalidValue(_) | Reason::UnknownParameter(_), AwsQuery) => {
                "MalformedInput"
            }
            (Reason::Malformed, Ec2Query) => "MalformedQueryString",
            (Reason::Malformed | Reason::InvalidValue(_) | Reason::UnknownParameter(_), RestXml) => {
                "MalformedXML"
            }
            (Reason::Malformed | Reason::InvalidValue(_) | Reason::UnknownParameter(_), _) => {
                "SerializationException"
            }
            (Reason::TooLarge, _) => "RequestEntityTooLarge",
            (Reason::Unsupported, _) => "NotImplemented",
            (Reason::MediaType, _) => "UnsupportedMediaTypeException",
        }
    }

    /// The HTTP status that goes with [`Rejection::code`].
    pub const fn status(&self, protocol: Protocol) -> u16 {
        match (&self.reason, protocol) {
            (Reason::UnknownOperation(_), Protocol::RestJson1 | Protocol::RestXml | Protocol::RpcV2Cbor) => {
                404
            }
            (Reason::TooLarge, _) => 413,
            (Reason::Unsupported, _) => 501,
            (Reason::MediaType, _) => 415,
            _ => 400,
        }
    }

    /// The message for the client: AWS's wording where it has one.
    pub fn text(&self, protocol: Protocol) -> String {
        match (&self.reason, protocol) {
            (Reason::UnknownOperation(_), Protocol::AwsQuery) => self.message.clone(),
            (Reason::UnknownOperation(name), Protocol::Ec2Query) => {
                format!("The action {name} is not valid for this web service.")
            }
            (Reason::UnknownOperation(_), _) => String::new(),
            (Reason::MissingAction, _) => "The request must contain the parameter Action".to_owned(),
            (Reason::UnknownParameter(names), Protocol::Ec2Query) => match names.as_slice() {
                [name] => format!("The parameter {name} is not recognized"),
                _ => format!("The parameters {} are not recognized", names.join(", ")),
            },
            (Reason::InvalidValue(text), Protocol::Ec2Query) => {
                format!("Value ({text}) for parameter {} is invalid. {}", self.path, self.message)
            }
            _ => self.to_string(),
        }
    }
}

/// At most [`SHOWN`] characters of `text`, without control characters.
pub(crate) fn shorten(text: &str) -> String {
    let mut short: String =
        text.chars().take(SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if short.len() < text.len() && text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_grows_outwards() {
        let rejection =
            Rejection::invalid_value("x", "an integer").at_index(1).at("Value").at_index(0).at("Filter");
        assert_eq!(rejection.path, "Filter.1.Value.2");
        assert_eq!(rejection.to_string(), "'x' is not an integer (at Filter.1.Value.2)");
    }

    #[test]
    fn ec2_words_unknown_parameters_as_aws_does() {
        let reason = Reason::UnknownParameter(vec!["Foo".to_owned()]);
        let rejection = Rejection::new(reason, "unknown parameter");
        assert_eq!(rejection.code(Protocol::Ec2Query), "UnknownParameter");
        assert_eq!(rejection.text(Protocol::Ec2Query), "The parameter Foo is not recognized");
    }

    #[test]
    fn long_and_control_text_is_shortened() {
        let rejection = Rejection::invalid_value(&"\u{1}é".repeat(200), "an integer");
        let Reason::InvalidValue(text) = rejection.reason else { panic!("other reason") };
        assert_eq!(text.chars().count(), SHOWN + 1);
        assert!(!text.contains('\u{1}'));
    }
}
