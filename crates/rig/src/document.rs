//! API values as JSON documents by the names of their members: how a service keeps what it only has to give
//! back, and how a value goes from one API's type to another's that has the same members.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ironbird_wire::field::{Field, Slot, Structure, View};
use ironbird_wire::schema::{Kind, Member, Service, Shape, ShapeId};
use ironbird_wire::timestamp::Timestamp;
use serde_json::{Map, Value};

use crate::error::InternalError;

/// Where a shape stands in a model: `ec2`, `RunInstances`, and from its request the member names down to it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Our name of the service.
    pub service: &'static str,
    /// The operation.
    pub operation: &'static str,
    /// Whether the path begins at the request, rather than at the answer.
    pub input: bool,
    /// Member names; a list is looked through. Empty for the request or answer itself.
    pub path: &'static [&'static str],
}

impl Place {
    /// A place in an operation's request.
    pub const fn input(
        service: &'static str,
        operation: &'static str,
        path: &'static [&'static str],
    ) -> Self {
        Self { service, operation, input: true, path }
    }

    /// A place in an operation's answer.
    pub const fn output(
        service: &'static str,
        operation: &'static str,
        path: &'static [&'static str],
    ) -> Self {
        Self { service, operation, input: false, path }
    }

    fn find(&self) -> Option<(&'static Service, ShapeId)> {
        let service = ironbird_models::service(self.service)?;
        let operation = service.operation(self.operation)?;
        let mut at = if self.input { operation.input? } else { operation.output? };
        for name in self.path {
            let (_, member) = service.shape(at).member(name)?;
            at = member.target;
            while let [element] = service.shape(at).elements.as_slice() {
                at = element.target;
            }
        }
        Some((service, at))
    }

    fn shape(&self) -> Result<(&'static Service, ShapeId), InternalError> {
        self.find().ok_or_else(|| InternalError::Broken(format!("no shape at {self:?}")))
    }
}

/// The value as JSON: an object of the members that are set, by their names in the model.
///
/// # Errors
/// When `place` is not in the model.
pub fn write(place: Place, value: &dyn Structure) -> Result<Value, InternalError> {
    let (service, shape) = place.shape()?;
    Ok(Value::Object(members(service, service.shape(shape), value)))
}

/// The value that `document` stands for. Members that the type does not have are left out.
///
/// # Errors
/// When `place` is not in the model, or a member of the document has another kind of value.
pub fn read<T: Structure + Default>(place: Place, document: &Value) -> Result<T, InternalError> {
    let (service, shape) = place.shape()?;
    let shape = service.shape(shape);
    let object = document.as_object().ok_or_else(|| mismatch(shape, document))?;
    let mut value = T::default();
    fill_members(service, shape, object, &mut value)?;
    Ok(value)
}

/// How values are written.
pub(crate) struct Style {
    /// A member's name.
    pub name: for<'n> fn(&'n str) -> Cow<'n, str>,
    /// Bytes.
    pub blob: fn(&[u8]) -> Value,
    /// An instant.
    pub timestamp: fn(Timestamp) -> Value,
    /// The instant that was written so.
    pub instant: fn(i64) -> Timestamp,
    /// What stands for a value that the model calls sensitive; none writes it. Where there is one, bytes are not kept either.
    pub hidden: Option<&'static str>,
}

/// As [`read`] reads it.
const KEPT: Style = Style {
    name: |name| name.into(),
    blob: |bytes| STANDARD.encode(bytes).into(),
    timestamp: |instant| instant.nanos().into(),
    instant: Timestamp::from_nanos,
    hidden: None,
};

/// The members of a value of `shape` that are set, by their names. Nothing is hidden; timestamps are nanoseconds
/// since the epoch, blobs Base64.
pub fn members(service: &Service, shape: &Shape, value: &dyn Structure) -> Map<String, Value> {
    KEPT.members(service, shape, value)
}

impl Style {
    /// The members of a value of `shape` that are set.
    pub(crate) fn members(
        &self,
        service: &Service,
        shape: &Shape,
        value: &dyn Structure,
    ) -> Map<String, Value> {
        let mut object = Map::new();
        for (index, member) in shape.members.iter().enumerate() {
            if let Some(json) = self.field(service, member, value.field(index)) {
                object.insert((self.name)(&member.name).into_owned(), json);
            }
        }
        object
    }

    fn field(&self, service: &Service, member: &Member, value: &dyn Field) -> Option<Value> {
        let shape = service.shape(member.target);
        let json = match (value.view(), self.hidden) {
            (View::Absent, _) => return None,
            (_, Some(hidden)) if shape.sensitive => hidden.into(),
            (View::Null, _) => Value::Null,
            (View::Boolean(v), _) => v.into(),
            (View::Integer(v), _) => v.into(),
            (View::Long(v), _) => v.into(),
            (View::Float(v), _) => v.into(),
            (View::Double(v), _) => v.into(),
            (View::String(v), _) => v.into(),
            (View::Blob(v), _) => (self.blob)(v),
            (View::Timestamp(v), _) => (self.timestamp)(v),
            (View::Document(v), _) => v.clone(),
            (View::Structure(v), _) => Value::Object(self.members(service, shape, v)),
            (View::List(list), _) => {
                let items = (0..list.len()).map(|at| self.field(service, &shape.elements[0], list.get(at)));
                Value::Array(items.map(Option::unwrap_or_default).collect())
            }
            (View::Map(map), _) => {
                let mut object = Map::new();
                map.each(&mut |key, entry| {
                    let json = self.field(service, &shape.elements[1], entry).unwrap_or_default();
                    object.insert(key.to_owned(), json);
                });
                Value::Object(object)
            }
        };
        Some(json)
    }
}

/// Sets the members of `value` that `object` has; those that `shape` has not are left out.
///
/// # Errors
/// When a member of the object has another kind of value.
pub fn fill_members(
    service: &Service,
    shape: &Shape,
    object: &Map<String, Value>,
    value: &mut dyn Structure,
) -> Result<(), InternalError> {
    KEPT.fill_members(service, shape, object, value)
}

impl Style {
    /// Sets the members of `value` that `object` has; those that `shape` has not, and what is not kept, are left out.
    ///
    /// # Errors
    /// When a member of the object has another kind of value.
    pub(crate) fn fill_members(
        &self,
        service: &Service,
        shape: &Shape,
        object: &Map<String, Value>,
        value: &mut dyn Structure,
    ) -> Result<(), InternalError> {
        for (index, member) in shape.members.iter().enumerate() {
            let json = object.get(&*(self.name)(&member.name));
            if let Some(json) = json.filter(|json| !json.is_null()) {
                self.fill(service, member, json, value.field_mut(index))?;
            }
        }
        Ok(())
    }

    /// Whether values of a shape can be read again.
    fn keeps(&self, shape: &Shape) -> bool {
        self.hidden.is_none() || !(shape.sensitive || shape.kind == Kind::Blob)
    }

    fn fill(
        &self,
        service: &Service,
        member: &Member,
        json: &Value,
        field: &mut dyn Field,
    ) -> Result<(), InternalError> {
        let shape = service.shape(member.target);
        if !self.keeps(shape) {
            return Ok(());
        }
        let wrong = || mismatch(shape, json);
        match field.slot(shape.kind, shape.members.len()) {
            Slot::Boolean(v) => *v = json.as_bool().ok_or_else(wrong)?,
            Slot::Integer(v) => *v = json.as_i64().and_then(|n| i32::try_from(n).ok()).ok_or_else(wrong)?,
            Slot::Long(v) => *v = json.as_i64().ok_or_else(wrong)?,
            Slot::Float(v) => *v = json.as_f64().ok_or_else(wrong)? as f32,
            Slot::Double(v) => *v = json.as_f64().ok_or_else(wrong)?,
            Slot::String(v) => json.as_str().ok_or_else(wrong)?.clone_into(v),
            Slot::Blob(v) => {
                *v = json.as_str().and_then(|text| STANDARD.decode(text).ok()).ok_or_else(wrong)?;
            }
            Slot::Timestamp(v) => *v = (self.instant)(json.as_i64().ok_or_else(wrong)?),
            Slot::Document(v) => v.clone_from(json),
            Slot::Structure(v) => {
                self.fill_members(service, shape, json.as_object().ok_or_else(wrong)?, v)?;
            }
            Slot::List(list) => {
                for item in json.as_array().ok_or_else(wrong)? {
                    self.fill(service, &shape.elements[0], item, list.push())?;
                }
            }
            Slot::Map(map) => {
                for (key, entry) in json.as_object().ok_or_else(wrong)? {
                    self.fill(service, &shape.elements[1], entry, map.entry(key.clone()))?;
                }
            }
        }
        Ok(())
    }
}

fn mismatch(shape: &Shape, json: &Value) -> InternalError {
    InternalError::Broken(format!("{json} is not a {} ({:?})", shape.name, shape.kind))
}

#[cfg(test)]
mod tests {
    use ironbird_api::{autoscaling, ec2};

    use super::{Place, read, write};

    const POLICY: Place = Place::input("autoscaling", "CreateAutoScalingGroup", &["MixedInstancesPolicy"]);
    const THEIRS: Place = Place::input(
        "autoscaling",
        "CreateAutoScalingGroup",
        &["MixedInstancesPolicy", "LaunchTemplate", "Overrides", "InstanceRequirements"],
    );
    const EC2S: Place =
        Place::input("ec2", "GetInstanceTypesFromInstanceRequirements", &["InstanceRequirements"]);

    #[test]
    fn what_is_kept_comes_back() {
        let policy = autoscaling::MixedInstancesPolicy {
            instances_distribution: Some(autoscaling::InstancesDistribution {
                on_demand_base_capacity: Some(2),
                spot_max_price: Some("0.10".to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        };
        let kept = write(POLICY, &policy).unwrap();
        assert!(read::<autoscaling::MixedInstancesPolicy>(POLICY, &kept).unwrap() == policy);
    }

    #[test]
    fn a_value_goes_from_one_api_to_another() {
        let theirs = autoscaling::InstanceRequirements {
            vcpu_count: autoscaling::VCpuCountRequest { min: 8, max: None },
            cpu_manufacturers: Some(vec!["intel".to_owned()]),
            ..Default::default()
        };
        let ours: ec2::InstanceRequirementsRequest = read(EC2S, &write(THEIRS, &theirs).unwrap()).unwrap();
        assert_eq!(ours.vcpu_count.min, 8);
        assert_eq!(ours.cpu_manufacturers, Some(vec!["intel".to_owned()]));
    }

    #[test]
    fn another_kind_of_value_is_refused() {
        let document = serde_json::json!({ "InstancesDistribution": { "OnDemandBaseCapacity": "two" } });
        assert!(read::<autoscaling::MixedInstancesPolicy>(POLICY, &document).is_err());
    }
}
