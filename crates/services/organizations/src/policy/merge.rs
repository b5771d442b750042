//! How management policies merge on the way from the root to an account.
//!
//! Source: "Policy syntax and inheritance for management policy types" and its examples in the Organizations user guide.
//! Operators set, append to and remove from what is inherited; a policy may say which of them those below it may use, and no
//! policy below gives back what one above has taken. Of several policies at one level the first that was attached decides
//! what a single value is. Of a list that two policies of a level both assign, the guide does not say what becomes: that is
//! refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

const ASSIGN: &str = "@@assign";
const APPEND: &str = "@@append";
const REMOVE: &str = "@@remove";
const ALLOWED: &str = "@@operators_allowed_for_child_policies";

/// What the levels merged so far make of one element.
#[derive(Default)]
pub(crate) struct Element {
    parts: BTreeMap<String, Element>,
    value: Option<Value>,
    /// The level that assigned the value last.
    assigned_at: Option<usize>,
    /// What policies further down may use; anything, where nothing was said.
    allowed: Option<BTreeSet<String>>,
}

/// Two policies of one level that assign the same list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// Where in the policies.
    pub(crate) path: String,
}

/// Whether a policy's operators are used as they can be: the rules that hold whatever the policy is merged with.
pub(crate) fn is_sound(document: &Map<String, Value>) -> bool {
    let sets_value = [ASSIGN, APPEND, REMOVE].iter().any(|operator| document.contains_key(*operator));
    document.iter().all(|(key, value)| match key.as_str() {
        ASSIGN => !value.is_object() && !value.is_null(),
        APPEND | REMOVE => value.is_array(),
        ALLOWED => value.as_array().is_some_and(|operators| {
            operators.iter().all(|operator| {
                matches!(operator.as_str(), Some("@@all" | "@@none" | ASSIGN | APPEND | REMOVE))
            })
        }),
        key if key.starts_with("@@") => false,
        _ => !sets_value && value.as_object().is_some_and(is_sound),
    })
}

impl Element {
    /// Merges the policies of one level, in the order in which they were attached.
    ///
    /// # Errors
    /// The place where two of them assign a list.
    pub(crate) fn merge(&mut self, level: usize, policies: &[Map<String, Value>]) -> Result<(), Conflict> {
        for policy in policies {
            self.apply(level, policy, "")?;
        }
        // What a level says of those below it holds below, not for its own policies.
        for policy in policies {
            self.restrict(policy);
        }
        Ok(())
    }

    fn apply(&mut self, level: usize, policy: &Map<String, Value>, path: &str) -> Result<(), Conflict> {
        for (key, given) in policy {
            match (key.as_str(), given) {
                (ALLOWED, _) => {}
                // What the levels above do not allow has no effect.
                (operator @ (ASSIGN | APPEND | REMOVE), _) if !self.allows(operator) => {}
                (operator @ (ASSIGN | APPEND | REMOVE), given) => self.set(level, operator, given, path)?,
                (_, Value::Object(part)) => {
                    let may_add = self.allowed.as_ref().is_none_or(|allowed| !allowed.is_empty());
                    if !self.parts.contains_key(key) && !may_add {
                        continue;
                    }
                    let below = self.parts.entry(key.clone()).or_default();
                    below.apply(level, part, &format!("{path}/{key}"))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn allows(&self, operator: &str) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.contains(operator))
    }

    fn set(&mut self, level: usize, operator: &str, given: &Value, path: &str) -> Result<(), Conflict> {
        match operator {
            ASSIGN if self.assigned_at == Some(level) => {
                if given.is_array() && self.value.as_ref() != Some(given) {
                    return Err(Conflict { path: path.to_owned() });
                }
            }
            ASSIGN => {
                self.value = Some(given.clone());
                self.assigned_at = Some(level);
            }
            _ => {
                let mut list = match self.value.take() {
                    Some(Value::Array(list)) => list,
                    Some(single) => vec![single],
                    None => Vec::new(),
                };
                let given = given.as_array().map(Vec::as_slice).unwrap_or_default();
                if operator == APPEND {
                    let new: Vec<Value> =
                        given.iter().filter(|value| !list.contains(value)).cloned().collect();
                    list.extend(new);
                } else {
                    list.retain(|value| !given.contains(value));
                }
                self.value = Some(Value::Array(list));
            }
        }
        Ok(())
    }

    fn restrict(&mut self, policy: &Map<String, Value>) {
        if let Some(Value::Array(named)) = policy.get(ALLOWED) {
            let named: BTreeSet<&str> = named.iter().filter_map(Value::as_str).collect();
            let all = named.contains("@@all");
            let is_given = |operator: &&str| all || named.contains(operator);
            let given = [ASSIGN, APPEND, REMOVE].into_iter().filter(is_given).map(str::to_owned);
            let given: BTreeSet<String> = given.filter(|operator| self.allows(operator)).collect();
            self.allowed = Some(given);
        }
        for (key, value) in policy {
            if let (Some(part), Value::Object(below)) = (self.parts.get_mut(key), value) {
                part.restrict(below);
            }
        }
    }

    /// The effective policy, without operators; none where nothing is set.
    pub(crate) fn effective(&self) -> Option<Value> {
        if let Some(value) = &self.value {
            return Some(value.clone());
        }
        let parts = self.parts.iter().filter_map(|(key, part)| Some((key.clone(), part.effective()?)));
        let parts: Map<String, Value> = parts.collect();
        (!parts.is_empty()).then_some(Value::Object(parts))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{Conflict, Element, is_sound};

    fn merged(levels: &[&[Value]]) -> Result<Option<Value>, Conflict> {
        let mut root = Element::default();
        for (level, policies) in levels.iter().enumerate() {
            let policies: Vec<Map<String, Value>> =
                policies.iter().map(|policy| policy.as_object().unwrap().clone()).collect();
            assert!(policies.iter().all(is_sound));
            root.merge(level, &policies)?;
        }
        Ok(root.effective())
    }

    fn tag(key: Value, values: Value) -> Value {
        json!({ "tags": { "cost": { "tag_key": key, "tag_value": values } } })
    }

    fn of(key: &str, values: &[&str]) -> Option<Value> {
        Some(tag(json!(key), json!(values)))
    }

    #[test]
    fn a_child_overwrites_adds_and_removes() {
        let root = tag(json!({"@@assign": "Cost"}), json!({"@@assign": ["a", "b"]}));
        let below = |values: Value| json!({ "tags": { "cost": { "tag_value": values } } });
        for (values, expected) in [
            (json!({"@@assign": ["c"]}), of("Cost", &["c"])),
            (json!({"@@append": ["b", "c"]}), of("Cost", &["a", "b", "c"])),
            (json!({"@@remove": ["a", "z"]}), of("Cost", &["b"])),
        ] {
            assert_eq!(merged(&[std::slice::from_ref(&root), &[], &[below(values)]]), Ok(expected));
        }
    }

    #[test]
    fn a_parent_says_what_its_children_may_use() {
        let allow = |operators: Value, values: Value| {
            let mut value = json!({ "@@operators_allowed_for_child_policies": operators });
            value.as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
            value
        };
        let root = tag(
            allow(json!(["@@none"]), json!({"@@assign": "Cost"})),
            allow(json!(["@@append"]), json!({"@@assign": ["a"]})),
        );
        let child = tag(json!({"@@assign": "cost"}), allow(json!(["@@all"]), json!({"@@append": ["b"]})));
        let grandchild = tag(json!({"@@assign": "COST"}), json!({"@@assign": ["c"]}));
        assert_eq!(merged(&[&[root], &[child], &[grandchild]]), Ok(of("Cost", &["a", "b"])));
    }

    #[test]
    fn nothing_new_comes_into_what_is_closed() {
        let none = json!(["@@none"]);
        let root = json!({ "services": {
            "@@operators_allowed_for_child_policies": none,
            "default": { "opt_out_policy": { "@@assign": "optOut" } },
        } });
        let child = json!({ "services": { "lex": { "opt_out_policy": { "@@assign": "optIn" } } } });
        let expected = json!({ "services": { "default": { "opt_out_policy": "optOut" } } });
        assert_eq!(merged(&[&[root], &[child]]), Ok(Some(expected)));
    }

    #[test]
    fn at_one_level_the_first_decides_and_lists_add_up() {
        let one = tag(json!({"@@assign": "COST"}), json!({"@@append": ["a"]}));
        let other = tag(json!({"@@assign": "cost"}), json!({"@@append": ["b"]}));
        assert_eq!(merged(&[&[one, other]]), Ok(of("COST", &["a", "b"])));
        let assigns = |value: &str| tag(json!({"@@assign": "cost"}), json!({"@@assign": [value]}));
        let conflict = Conflict { path: "/tags/cost/tag_value".to_owned() };
        assert_eq!(merged(&[&[assigns("a"), assigns("b")]]), Err(conflict));
        assert_eq!(merged(&[]), Ok(None));
    }

    #[test]
    fn operators_are_used_as_they_can_be() {
        for unsound in [
            json!({ "tags": "a" }),
            json!({ "tags": { "@@append": "a" } }),
            json!({ "tags": { "@@set": "a" } }),
            json!({ "tags": { "@@assign": { "a": 1 } } }),
            json!({ "tags": { "@@assign": "a", "b": {} } }),
            json!({ "tags": { "@@operators_allowed_for_child_policies": ["@@some"] } }),
        ] {
            assert!(!is_sound(unsound.as_object().unwrap()), "{unsound}");
        }
    }
}
