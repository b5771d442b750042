//! Which products are wanted.

use ironbird_api::pricing as api;

use crate::product::Product;

/// Conditions that all have to be met.
pub(crate) struct Filters<'a>(Vec<Filter<'a>>);

struct Filter<'a> {
    field: &'a str,
    value: &'a str,
    matching: Matching,
}

#[derive(Clone, Copy)]
enum Matching {
    Equals,
    Contains,
    /// One of the values between commas.
    AnyOf,
    NoneOf,
}

impl<'a> Filters<'a> {
    /// Reads the filters of a request; the model has let through only types that there are.
    pub(crate) fn read(given: &'a [api::Filter]) -> Self {
        let read = |filter: &'a api::Filter| Filter {
            field: &filter.field,
            value: &filter.value,
            matching: match filter.r#type.as_str() {
                "CONTAINS" => Matching::Contains,
                "ANY_OF" => Matching::AnyOf,
                "NONE_OF" => Matching::NoneOf,
                _ => Matching::Equals,
            },
        };
        Self(given.iter().map(read).collect())
    }

    /// Whether a product meets all of them. One without the attribute meets none but `NONE_OF`.
    pub(crate) fn pass(&self, product: &Product) -> bool {
        self.0.iter().all(|filter| {
            let own = product.attribute(filter.field);
            let listed = || filter.value.split(',').any(|value| own.as_deref() == Some(value.trim()));
            match filter.matching {
                Matching::Equals => own.as_deref() == Some(filter.value),
                Matching::Contains => own.is_some_and(|own| own.contains(filter.value)),
                Matching::AnyOf => listed(),
                Matching::NoneOf => !listed(),
            }
        })
    }
}
