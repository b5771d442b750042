//! What generated modules are written in, so that they say only what differs.

/// Structures and their fields, each field after its index in the model.
macro_rules! structures {
    ($($(#[$attribute:meta])* $name:ident { $($index:literal $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$attribute])*
            #[derive(Clone, Default, PartialEq)]
            pub struct $name {
                $(pub $field: $type,)*
            }

            impl ironbird_wire::field::Field for $name {
                fn view(&self) -> ironbird_wire::field::View<'_> {
                    ironbird_wire::field::View::Structure(self)
                }
                fn slot(&mut self, _: ironbird_wire::schema::Kind, _: usize) -> ironbird_wire::field::Slot<'_> {
                    ironbird_wire::field::Slot::Structure(self)
                }
            }

            impl ironbird_wire::field::Structure for $name {
                fn field(&self, index: usize) -> &dyn ironbird_wire::field::Field {
                    match index {
                        $($index => &self.$field,)*
                        _ => crate::macros::no_field(stringify!($name), index),
                    }
                }
                fn field_mut(&mut self, index: usize) -> &mut dyn ironbird_wire::field::Field {
                    match index {
                        $($index => &mut self.$field,)*
                        _ => crate::macros::no_field(stringify!($name), index),
                    }
                }
            }
        )*

        /// Every structure above with its name and those of its fields, to compare it with the model.
        #[cfg(test)]
        pub(crate) static STRUCTURES: &[(&str, &[&str], crate::agreement::New)] =
            &[$((stringify!($name), &[$(stringify!($field),)*], || Box::new($name::default())),)*];
    };
}

/// Operations of a service as types that implement [`Operation`](crate::Operation).
macro_rules! operations {
    ($service:literal; $($name:ident($input:ty) -> $output:ty;)*) => {
        $(
            pub struct $name;

            impl crate::Operation for $name {
                type Input = $input;
                type Output = $output;
                const SERVICE: &'static str = $service;
                const NAME: &'static str = stringify!($name);
            }
        )*

        /// Input and output of every operation above by name, to compare them with the model.
        #[cfg(test)]
        pub(crate) static OPERATIONS: &[(&str, crate::agreement::New, crate::agreement::New)] =
            &[$((stringify!($name), || Box::new(<$input>::default()), || Box::new(<$output>::default())),)*];
    };
}

pub(crate) use {operations, structures};

/// Ends the program: codecs take indexes from the model that the type was made from.
pub(crate) fn no_field(structure: &str, index: usize) -> ! {
    panic!(
        "BUG: {structure} has no field {index}; crates/api and crates/models differ, run `cargo xtask check-generated`"
    )
}
