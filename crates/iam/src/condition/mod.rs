//! The conditions of a statement: operators, one file a family, and what they say of keys with no, one or many values.

mod arn;
mod binary;
mod boolean;
mod date;
mod ip;
mod null;
mod numeric;
mod string;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use crate::context::{Context, folded};

/// An operator as conditions name it: `ForAllValues:StringNotLikeIfExists`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operator {
    quantifier: Option<Quantifier>,
    test: Test,
    /// Whether the condition is about the values that do not match.
    negated: bool,
    if_exists: bool,
}

/// How many of a request's values have to match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    /// `ForAllValues:`, which no value satisfies too.
    All,
    /// `ForAnyValue:`
    Any,
}

/// What is compared, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    String(string::Match),
    Numeric(Compare),
    Date(Compare),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// How things that have an order are compared: the request's value is on the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Compare {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Operator {
    /// Reads an operator's name, whose case does not matter; none where there is no such operator.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let (quantifier, name) = match name.split_once(':') {
            Some(("forallvalues", name)) => (Some(Quantifier::All), name),
            Some(("foranyvalue", name)) => (Some(Quantifier::Any), name),
            Some(_) => return None,
            None => (None, name.as_str()),
        };
        let (if_exists, name) = match name.strip_suffix("ifexists") {
            Some(name) => (true, name),
            None => (false, name),
        };
        let (test, negated) = test(name)?;
        // `Null` asks whether a key exists; it would make no sense with an answer for that.
        if test == Test::Null && (if_exists || quantifier.is_some()) {
            return None;
        }
        Some(Self { quantifier, test, negated, if_exists })
    }

    /// Whether it can compare with `value`; an error says why not. Only dates are looked at when a policy is read, as IAM does.
    pub(crate) fn check(self, value: &str) -> Result<(), String> {
        match self.test {
            Test::Date(_) if date::parse(value).is_none() => Err(format!(
                "`{value}` is neither a date such as 2026-11-22T10:00:00Z nor seconds since 1970"
            )),
            _ => Ok(()),
        }
    }
}

fn test(name: &str) -> Option<(Test, bool)> {
    use string::Match;
    let ordered = |name: &str| {
        Some(match name {
            "equals" => (Compare::Equal, false),
            "notequals" => (Compare::Equal, true),
            "lessthan" => (Compare::Less, false),
            "lessthanequals" => (Compare::LessOrEqual, false),
            "greaterthan" => (Compare::Greater, false),
            "greaterthanequals" => (Compare::GreaterOrEqual, false),
            _ => return None,
        })
    };
    if let Some(rest) = name.strip_prefix("numeric") {
        return ordered(rest).map(|(compare, negated)| (Test::Numeric(compare), negated));
    }
    if let Some(rest) = name.strip_prefix("date") {
        return ordered(rest).map(|(compare, negated)| (Test::Date(compare), negated));
    }
    Some(match name {
        "stringequals" => (Test::String(Match::Equal), false),
        "stringnotequals" => (Test::String(Match::Equal), true),
        "stringequalsignorecase" => (Test::String(Match::EqualIgnoringCase), false),
        "stringnotequalsignorecase" => (Test::String(Match::EqualIgnoringCase), true),
        "stringlike" => (Test::String(Match::Like), false),
        "stringnotlike" => (Test::String(Match::Like), true),
        "bool" => (Test::Bool, false),
        "binaryequals" => (Test::Binary, false),
        "ipaddress" => (Test::Ip, false),
        "notipaddress" => (Test::Ip, true),
        "arnequals" | "arnlike" => (Test::Arn, false),
        "arnnotequals" | "arnnotlike" => (Test::Arn, true),
        "null" => (Test::Null, false),
        _ => return None,
    })
}

/// One condition: an operator, a key, and the values to compare with.
#[derive(Clone, Debug)]
pub struct Clause {
    operator: Operator,
    operator_name: Box<str>,
    key: Box<str>,
    /// The key in lower case.
    folded: Box<str>,
    value_texts: Box<[Box<str>]>,
    values: Values,
}

/// A condition's values, ready to be compared with.
#[derive(Clone, Debug)]
enum Values {
    Strings(string::Values),
    Numbers(numeric::Values),
    Dates(date::Values),
    Bools(boolean::Values),
    Binaries(binary::Values),
    Networks(ip::Values),
    Arns(arn::Values),
    Null(null::Values),
}

impl Clause {
    /// A condition; `variables` is whether its values may have some. An error says what is wrong.
    pub(crate) fn new(operator: &str, key: &str, texts: &[String], variables: bool) -> Result<Self, String> {
        let name = operator;
        let operator =
            Operator::parse(name).ok_or_else(|| format!("there is no condition operator `{name}`"))?;
        let values = match operator.test {
            Test::String(how) => Values::Strings(string::Values::new(how, texts, variables)?),
            Test::Numeric(how) => Values::Numbers(numeric::Values::new(how, texts)),
            Test::Date(how) => Values::Dates(date::Values::new(how, texts)),
            Test::Bool => Values::Bools(boolean::Values::new(texts, variables)?),
            Test::Binary => Values::Binaries(binary::Values::new(texts)),
            Test::Ip => Values::Networks(ip::Values::new(texts)),
            Test::Arn => Values::Arns(arn::Values::new(texts, variables)?),
            Test::Null => Values::Null(null::Values::new(texts, variables)?),
        };
        let value_texts = texts.iter().map(|text| text.as_str().into()).collect();
        Ok(Self {
            operator,
            operator_name: name.into(),
            key: key.into(),
            folded: folded(key),
            value_texts,
            values,
        })
    }

    /// Its operator, as it is written.
    pub fn operator(&self) -> &str {
        &self.operator_name
    }

    /// Its key, as it is written.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its values, as they are written.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.value_texts.iter().map(|text| &**text)
    }

    /// Whether it holds for a request with these keys.
    pub fn holds(&self, context: &Context) -> bool {
        let given = context.folded_values(&self.folded);
        let Operator { quantifier, negated, if_exists, .. } = self.operator;
        if let Values::Null(values) = &self.values {
            return values.hold(given.is_empty(), context);
        }
        if given.is_empty() {
            // A value that is not there is not equal to anything; of no values all are as they should be, and none is.
            return if_exists
                || match quantifier {
                    None => negated,
                    Some(Quantifier::All) => true,
                    Some(Quantifier::Any) => false,
                };
        }
        let matches = |value: &String| self.values.any(value, context);
        match quantifier {
            None => given.iter().any(matches) != negated,
            Some(Quantifier::All) => given.iter().all(|value| matches(value) != negated),
            Some(Quantifier::Any) => given.iter().any(|value| matches(value) != negated),
        }
    }

    /// The keys that it asks for, in lower case: its own, and those of variables.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let templates = match &self.values {
            Values::Strings(values) => values.templates(),
            Values::Bools(values) => values.templates(),
            Values::Arns(values) => values.templates(),
            Values::Null(values) => values.templates(),
            Values::Numbers(_) | Values::Dates(_) | Values::Binaries(_) | Values::Networks(_) => &[],
        };
        std::iter::once(&*self.folded).chain(templates.iter().flat_map(crate::template::Template::keys))
    }
}

impl Values {
    /// Whether a request's value matches any of these. What cannot be compared does not match.
    fn any(&self, value: &str, context: &Context) -> bool {
        match self {
            Self::Strings(values) => values.any(value, context),
            Self::Numbers(values) => values.any(value),
            Self::Dates(values) => values.any(value),
            Self::Bools(values) => values.any(value, context),
            Self::Binaries(values) => values.any(value),
            Self::Networks(values) => values.any(value),
            Self::Arns(values) => values.any(value, context),
            Self::Null(_) => false,
        }
    }
}

/// Templates of all texts.
fn templates(texts: &[String], variables: bool) -> Result<Box<[crate::template::Template]>, String> {
    texts.iter().map(|text| crate::template::Template::new(text, variables)).collect()
}
