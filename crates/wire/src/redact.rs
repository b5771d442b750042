//! Values for logs, audit records and people: as JSON text, with what the model marks as sensitive left out.

use std::fmt;

use crate::field::{Field, Structure, View};
use crate::schema::{Member, Service, Shape};

/// Shows a structure through its shape: member names as in the model, absent members left out, sensitive
/// values as `"***"`, blobs as their size, timestamps in ISO 8601.
#[derive(Clone, Copy)]
pub struct Redacted<'a> {
    service: &'a Service,
    shape: &'a Shape,
    value: &'a dyn Structure,
}

/// `value`, a structure of shape `shape`, ready to be shown.
pub const fn redacted<'a>(service: &'a Service, shape: &'a Shape, value: &'a dyn Structure) -> Redacted<'a> {
    Redacted { service, shape, value }
}

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.shape.sensitive {
            return f.write_str(HIDDEN);
        }
        structure(self.service, self.shape, self.value, f)
    }
}

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const HIDDEN: &str = "\"***\"";

fn structure(
    service: &Service,
    shape: &Shape,
    value: &dyn Structure,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut separator = "{";
    for (index, member) in shape.members.iter().enumerate() {
        let field = value.field(index);
        if matches!(field.view(), View::Absent) {
            continue;
        }
        write!(f, "{separator}{}:", Quoted(&member.name))?;
        separator = ",";
        self::field(service, member, field, f)?;
    }
    f.write_str(if separator == "{" { "{}" } else { "}" })
}

fn field(service: &Service, member: &Member, field: &dyn Field, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let shape = service.shape(member.target);
    if shape.sensitive {
        return f.write_str(HIDDEN);
    }
    match field.view() {
        View::Absent | View::Null => f.write_str("null"),
        View::Boolean(value) => write!(f, "{value}"),
        View::Integer(value) => write!(f, "{value}"),
        View::Long(value) => write!(f, "{value}"),
        View::Float(value) => float(f64::from(value), &value, f),
        View::Double(value) => float(value, &value, f),
        View::String(value) => write!(f, "{}", Quoted(value)),
        View::Blob(value) => write!(f, "\"({} bytes)\"", value.len()),
        View::Timestamp(value) => write!(f, "\"{}\"", value.iso8601()),
        View::Document(value) => write!(f, "{value}"),
        View::Structure(value) => structure(service, shape, value, f),
        View::List(list) => {
            let Some(element) = shape.elements.first() else { return f.write_str("[]") };
            f.write_str("[")?;
            for index in 0..list.len() {
                f.write_str(if index == 0 { "" } else { "," })?;
                self::field(service, element, list.get(index), f)?;
            }
            f.write_str("]")
        }
        View::Map(map) => self::map(service, shape, map, f),
    }
}

fn map(
    service: &Service,
    shape: &Shape,
    map: &dyn crate::field::Map,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let [key, element] = shape.elements.as_slice() else { return f.write_str("{}") };
    let hidden = service.shape(key.target).sensitive;
    let mut result = Ok(());
    let mut separator = "{";
    map.each(&mut |name, value| {
        result = result.and_then(|()| {
            match hidden {
                true => write!(f, "{separator}{HIDDEN}:")?,
                false => write!(f, "{separator}{}:", Quoted(name))?,
            }
            separator = ",";
            field(service, element, value, f)
        });
    });
    result?;
    f.write_str(if separator == "{" { "{}" } else { "}" })
}

fn float(wide: f64, number: &dyn fmt::Display, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if wide.is_finite() { write!(f, "{number}") } else { write!(f, "\"{number}\"") }
}

/// Text as a JSON string.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::Value::from(self.0).to_string())
    }
}
