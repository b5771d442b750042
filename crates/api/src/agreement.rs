//! Every generated structure has the fields that its shape in the model has, of the same kinds.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;

use ironbird_models::service;
use ironbird_wire::field::{Field, Slot, Structure};
use ironbird_wire::schema::{Kind, Service, Shape, ShapeId};

/// Makes a value of some type.
pub(crate) type New = fn() -> Box<dyn Structure>;

/// What was generated for one service.
pub(crate) struct Types {
    pub(crate) service: &'static str,
    /// Name, fields, constructor.
    pub(crate) structures: &'static [(&'static str, &'static [&'static str], New)],
    /// Name, input, output.
    pub(crate) operations: &'static [(&'static str, New, New)],
}

impl Types {
    fn names(&self) -> BTreeMap<TypeId, &'static str> {
        let types = crate::STRUCTURES.iter().chain(self.structures);
        types.map(|(name, _, new)| (type_id(&*new()), *name)).collect()
    }
}

#[test]
fn structures_are_the_models_shapes() {
    for types in crate::services::TYPES {
        let model = service(types.service).expect("known");
        let shapes: BTreeMap<String, &Shape> = (0..model.shape_count())
            .map(|index| model.shape(ShapeId(index as u32)))
            .map(|shape| (shape.name.clone(), shape))
            .collect();
        let names = types.names();
        assert!(!types.structures.is_empty(), "{}", types.service);
        for (name, fields, new) in types.structures {
            let mut value = new();
            let shape = shapes[*name];
            assert_eq!(fields.len(), shape.members.len(), "{}::{name}", types.service);
            for (index, (field, member)) in fields.iter().zip(&shape.members).enumerate() {
                let path = format!("{}::{name} field {index} {}", types.service, member.name);
                assert_eq!(letters(field), letters(&member.name), "{path}");
                assert_same(model, member.target, value.field_mut(index), &names, &path);
            }
        }
    }
}

/// What of a name is the same in the model and in Rust.
fn letters(name: &str) -> String {
    name.trim_start_matches("r#").chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

#[test]
fn operations_take_and_give_the_models_shapes() {
    for types in crate::services::TYPES {
        let model = service(types.service).expect("known");
        let names = types.names();
        assert!(!types.operations.is_empty(), "{}", types.service);
        for (name, input, output) in types.operations {
            let operation = model.operation(name).expect("an operation of the model");
            for (new, id) in [(input, operation.input), (output, operation.output)] {
                let shape = id.map_or("Empty", |id| &model.shape(id).name);
                assert_eq!(names.get(&type_id(&*new())), Some(&shape), "{}::{name}", types.service);
            }
        }
    }
}

fn type_id(value: &dyn Structure) -> TypeId {
    (value as &dyn Any).type_id()
}

fn assert_same(
    model: &Service,
    target: ShapeId,
    field: &mut dyn Field,
    types: &BTreeMap<TypeId, &str>,
    path: &str,
) {
    let shape = model.shape(target);
    match (field.slot(shape.kind, shape.members.len()), shape.kind) {
        (Slot::Boolean(_), Kind::Boolean)
        | (Slot::Integer(_), Kind::Integer)
        | (Slot::Long(_), Kind::Long)
        | (Slot::Float(_), Kind::Float)
        | (Slot::Double(_), Kind::Double)
        | (Slot::String(_), Kind::String)
        | (Slot::Blob(_), Kind::Blob)
        | (Slot::Timestamp(_), Kind::Timestamp)
        | (Slot::Document(_), Kind::Document) => {}
        (Slot::Structure(value), Kind::Structure) => {
            assert_eq!(types.get(&type_id(value)), Some(&shape.name.as_str()), "{path}");
        }
        (Slot::List(list), Kind::List) => {
            assert_same(model, shape.elements[0].target, list.push(), types, &format!("{path}[]"));
        }
        (Slot::Map(map), Kind::Map) => {
            let value = map.entry("key".to_string());
            assert_same(model, shape.elements[1].target, value, types, &format!("{path}{{}}"));
        }
        (_, kind) => panic!("{path} is not a {kind:?}"),
    }
}
