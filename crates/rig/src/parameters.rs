//! Which parameters a request gives.

use ironbird_wire::field::{Structure, View};
use ironbird_wire::schema::{Service, ShapeId};

/// Whether the request gives a value at `path`: member names with dots between, `Placement.HostId`. A list is
/// looked through: `Overrides.ImageId` is given when one of the overrides gives it.
pub fn is_given(service: &Service, shape: ShapeId, input: &dyn Structure, path: &str) -> bool {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let Some((index, member)) = service.shape(shape).member(name) else {
        debug_assert!(false, "no member {name} in {}", service.shape(shape).name);
        return false;
    };
    let view = input.field(index).view();
    match (view, rest) {
        (View::Absent, _) => false,
        (_, None) => true,
        (View::Structure(inner), Some(rest)) => is_given(service, member.target, inner, rest),
        (View::List(list), Some(rest)) => {
            let element = service.shape(member.target).elements[0].target;
            (0..list.len()).any(|at| match list.get(at).view() {
                View::Structure(inner) => is_given(service, element, inner, rest),
                _ => false,
            })
        }
        _ => false,
    }
}
