//! Constraints of a model, checked on a value and reported as data, so that each family of services can word
//! them in its own way.
//!
//! Checked are: required members, lengths of strings (in characters), blobs (in bytes), lists and maps, ranges
//! of numbers, and enumerations. Patterns are not: the models write them in a dialect of Java's regular
//! expressions, for which there is no small engine. A service that depends on a pattern checks it by hand;
//! [`Shape::pattern`] has its text.

use std::fmt;

use crate::field::{Field, Structure, View};
use crate::schema::{Member, Service, Shape};

/// How many violations are looked for. Services report far fewer.
const MOST: usize = 100;

/// How much of a value is repeated.
const SHOWN: usize = 256;

/// One constraint that a value breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation<'a> {
    /// From the top structure to the value.
    pub path: Vec<Step<'a>>,
    /// What is broken.
    pub rule: Rule<'a>,
    /// The value as text, shortened; `None` where it is absent, sensitive, or no scalar.
    pub value: Option<String>,
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// To a member, by its name in the model (`InstanceIds`) and on the wire (`instanceId`).
    Member {
        /// Name in the model.
        name: &'a str,
        /// Name on the wire, where it differs.
        location_name: Option<&'a str>,
        /// Name in an ec2Query request, where it is given apart.
        query_name: Option<&'a str>,
    },
    /// To an element of a list, counted from 0.
    Index(usize),
    /// To the value at a key of a map.
    Key(String),
}

/// A constraint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule<'a> {
    /// The member must be there.
    Required,
    /// A length must be within bounds.
    Length {
        /// Smallest length allowed.
        min: Option<u64>,
        /// Largest length allowed.
        max: Option<u64>,
        /// The length there is.
        actual: u64,
    },
    /// A number must be within bounds.
    Range {
        /// Smallest number allowed.
        min: Option<f64>,
        /// Largest number allowed.
        max: Option<f64>,
    },
    /// A string must be one of these.
    Enumeration(&'a [String]),
    /// A union must have exactly one member.
    OneMember,
}

impl Violation<'_> {
    /// The path as AWS's JSON services show it: `instanceIds.2.name`, members in lower camel case and elements
    /// counted from 1.
    pub fn dotted(&self) -> String {
        let steps: Vec<String> = self.path.iter().map(Step::to_string).collect();
        steps.join(".")
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member { name, .. } => {
                let mut characters = name.chars();
                let first = characters.next().map(|c| c.to_ascii_lowercase());
                write!(f, "{}{}", first.map(String::from).unwrap_or_default(), characters.as_str())
            }
            Self::Index(index) => write!(f, "{}", index + 1),
            Self::Key(key) => f.write_str(key),
        }
    }
}

/// Everything in `value`, a structure of shape `shape`, that breaks the model; at most a hundred things.
pub fn validate<'a>(service: &'a Service, shape: &'a Shape, value: &dyn Structure) -> Vec<Violation<'a>> {
    let mut check = Check { service, path: Vec::new(), found: Vec::new() };
    check.structure(shape, value);
    check.found
}

struct Check<'a> {
    service: &'a Service,
    path: Vec<Step<'a>>,
    found: Vec<Violation<'a>>,
}

impl<'a> Check<'a> {
    fn report(&mut self, rule: Rule<'a>, value: Option<String>) {
        if self.found.len() < MOST {
            self.found.push(Violation { path: self.path.clone(), rule, value });
        }
    }

    fn structure(&mut self, shape: &'a Shape, value: &dyn Structure) {
        let mut set = 0;
        for (index, member) in shape.members.iter().enumerate() {
            if self.found.len() >= MOST {
                return;
            }
            self.path.push(Step::Member {
                name: &member.name,
                location_name: member.location_name.as_deref(),
                query_name: member.query_name.as_deref(),
            });
            let field = value.field(index);
            if !matches!(field.view(), View::Absent | View::Null) {
                set += 1;
                self.field(member, field);
            } else if member.required {
                self.report(Rule::Required, None);
            }
            self.path.pop();
        }
        if shape.union && set != 1 {
            self.report(Rule::OneMember, None);
        }
    }

    fn field(&mut self, member: &Member, field: &dyn Field) {
        let shape = self.service.shape(member.target);
        match field.view() {
            View::String(text) => {
                self.length(shape, text.chars().count(), Some(text));
                self.enumeration(shape, text);
            }
            View::Blob(bytes) => self.length(shape, bytes.len(), None),
            View::Integer(number) => self.range(shape, f64::from(number), &number),
            View::Long(number) => self.range(shape, number as f64, &number),
            View::Float(number) => self.range(shape, f64::from(number), &number),
            View::Double(number) => self.range(shape, number, &number),
            View::Structure(value) => self.structure(shape, value),
            View::List(list) => {
                self.length(shape, list.len(), None);
                let Some(element) = shape.elements.first() else { return };
                for index in 0..list.len() {
                    self.path.push(Step::Index(index));
                    self.field(element, list.get(index));
                    self.path.pop();
                    if self.found.len() >= MOST {
                        return;
                    }
                }
            }
            View::Map(map) => {
                self.length(shape, map.len(), None);
                let [key, value] = shape.elements.as_slice() else { return };
                let key_shape = self.service.shape(key.target);
                map.each(&mut |text, field| {
                    if self.found.len() >= MOST {
                        return;
                    }
                    self.path.push(Step::Key(text.to_owned()));
                    self.length(key_shape, text.chars().count(), Some(text));
                    self.enumeration(key_shape, text);
                    self.field(value, field);
                    self.path.pop();
                });
            }
            View::Boolean(_) | View::Timestamp(_) | View::Document(_) | View::Absent | View::Null => {}
        }
    }

    fn length(&mut self, shape: &'a Shape, actual: usize, text: Option<&str>) {
        // Models write lengths as whole numbers of zero or more.
        let (min, max) = (shape.min.map(|min| min as u64), shape.max.map(|max| max as u64));
        let actual = actual as u64;
        if min.is_some_and(|min| actual < min) || max.is_some_and(|max| actual > max) {
            self.report(Rule::Length { min, max, actual }, text.and_then(|text| shown(shape, text)));
        }
    }

    fn range(&mut self, shape: &'a Shape, number: f64, text: &dyn fmt::Display) {
        let (min, max) = (shape.min, shape.max);
        // A number that is none is within no bounds.
        let below = min.is_some_and(|min| number.is_nan() || number < min);
        let above = max.is_some_and(|max| number.is_nan() || number > max);
        if below || above {
            self.report(Rule::Range { min, max }, shown(shape, &text.to_string()));
        }
    }

    fn enumeration(&mut self, shape: &'a Shape, text: &str) {
        let allowed = &shape.enumeration;
        if !allowed.is_empty() && !allowed.iter().any(|value| value == text) {
            self.report(Rule::Enumeration(allowed), shown(shape, text));
        }
    }
}

fn shown(shape: &Shape, text: &str) -> Option<String> {
    (!shape.sensitive).then(|| text.chars().take(SHOWN).collect())
}
