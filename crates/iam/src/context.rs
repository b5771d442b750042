//! The keys of a request's context and their values.

use rustc_hash::FxHashMap;

/// What is known of a request besides who, what and on what: `aws:SourceIp`, `ec2:InstanceType`, tags. Names of keys
/// are not case-sensitive. Values are text as AWS writes them: `true`, `2026-11-22T10:00:00Z`, `10`.
#[derive(Clone, Debug, Default)]
pub struct Context {
    keys: FxHashMap<Box<str>, Values>,
}

/// A key's values, with its name as it was set.
#[derive(Clone, Debug)]
struct Values {
    name: Box<str>,
    values: Vec<String>,
}

impl Context {
    /// A context without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key that has one value.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.set_many(name, vec![value.into()])
    }

    /// Sets a key that has any number of values; without any it is as if it were not there.
    pub fn set_many(&mut self, name: &str, values: Vec<String>) -> &mut Self {
        self.keys.insert(folded(name), Values { name: name.into(), values });
        self
    }

    /// Adds the keys of another context; where both have one, the other's values stand.
    pub fn extend(&mut self, other: &Self) -> &mut Self {
        self.keys.extend(other.keys.iter().map(|(name, values)| (name.clone(), values.clone())));
        self
    }

    /// The values of a key; empty where there are none.
    pub fn values(&self, name: &str) -> &[String] {
        self.folded_values(&folded(name))
    }

    /// Keys and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        let mut all: Vec<&Values> = self.keys.values().collect();
        all.sort_unstable_by_key(|values| &values.name);
        all.into_iter().map(|values| (&*values.name, values.values.as_slice()))
    }

    /// The values of a key whose name is in lower case.
    pub(crate) fn folded_values(&self, name: &str) -> &[String] {
        self.keys.get(name).map_or(&[], |values| &values.values)
    }

    /// The value of a key that has exactly one: keys of several values cannot stand in for a variable.
    pub(crate) fn single(&self, name: &str) -> Option<&str> {
        match self.folded_values(name) {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// A key's name as it is compared.
pub(crate) fn folded(name: &str) -> Box<str> {
    name.to_ascii_lowercase().into_boxed_str()
}

#[cfg(test)]
mod tests {
    use super::Context;

    #[test]
    fn names_are_not_case_sensitive() {
        let mut context = Context::new();
        context.set("aws:SourceIp", "192.0.2.1").set_many("aws:TagKeys", vec![]);
        assert_eq!(context.values("AWS:sourceip"), ["192.0.2.1"]);
        assert!(context.values("aws:TagKeys").is_empty());
        assert_eq!(context.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["aws:SourceIp", "aws:TagKeys"]);
    }
}
