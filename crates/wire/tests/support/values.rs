//! Values from the plain JSON in which the vectors write parameters and results.

use ironbird_wire::field::Blob;
use ironbird_wire::schema::{Kind, Member, Service, Shape};
use ironbird_wire::timestamp::Timestamp;
use ironbird_wire::value::{Members, Value};
use serde_json::Value as Json;

/// A structure; members that are not there or null are absent.
pub fn structure(service: &Service, shape: &Shape, json: &Json) -> Members {
    let mut members = Members::new(shape.members.len());
    for (index, member) in shape.members.iter().enumerate() {
        if let Some(json) = json.get(&member.name).filter(|json| !json.is_null()) {
            members.0[index] = value(service, member, json);
        }
    }
    members
}

fn value(service: &Service, member: &Member, json: &Json) -> Value {
    let shape = service.shape(member.target);
    let number = || match json {
        Json::String(word) => word.parse::<f64>().unwrap(),
        other => other.as_f64().unwrap(),
    };
    match shape.kind {
        Kind::Document => Value::Document(json.clone()),
        _ if json.is_null() => Value::Null,
        Kind::Boolean => Value::Boolean(json.as_bool().unwrap()),
        Kind::Integer => Value::Integer(json.as_i64().unwrap() as i32),
        Kind::Long => Value::Long(json.as_i64().unwrap()),
        Kind::Float => Value::Float(number() as f32),
        Kind::Double => Value::Double(number()),
        // JSON in a header is given as JSON.
        Kind::String if member.json_value && !json.is_string() => Value::String(json.to_string()),
        Kind::String => Value::String(json.as_str().unwrap().to_owned()),
        Kind::Blob => Value::Blob(Blob(json.as_str().unwrap().as_bytes().to_vec())),
        Kind::Timestamp => Value::Timestamp(match json {
            Json::String(text) => Timestamp::parse_any(text).unwrap(),
            other => Timestamp::from_secs_f64(other.as_f64().unwrap()).unwrap(),
        }),
        Kind::Structure => Value::Structure(structure(service, shape, json)),
        Kind::List => Value::List(
            json.as_array().unwrap().iter().map(|item| value(service, &shape.elements[0], item)).collect(),
        ),
        Kind::Map => Value::Map(
            json.as_object()
                .unwrap()
                .iter()
                .map(|(key, item)| (key.clone(), value(service, &shape.elements[1], item)))
                .collect(),
        ),
    }
}

/// Whether two values are the same; not-a-number is the same as itself, and maps have no order.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
        (Value::Double(a), Value::Double(b)) => a == b || (a.is_nan() && b.is_nan()),
        (Value::Structure(a), Value::Structure(b)) => same_members(a, b),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.iter().count() == b.iter().count()
                && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (Value::String(a), Value::String(b)) if a != b => {
            // JSON in strings.
            let parsed =
                |text: &str| serde_json::from_str::<Json>(text).ok().filter(|json| !json.is_number());
            parsed(a).is_some() && parsed(a) == parsed(b)
        }
        _ => a == b,
    }
}

/// [`same`] for structures.
pub fn same_members(a: &Members, b: &Members) -> bool {
    a.0.len() == b.0.len() && a.0.iter().zip(&b.0).all(|(a, b)| same(a, b))
}
