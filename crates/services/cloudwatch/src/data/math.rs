//! Metric math: expressions over the results of other queries.
//!
//! Numbers, ids, `+ - * /`, parentheses and the functions of [`Function`] work; other functions, comparisons and searches are
//! refused by name.

use std::collections::BTreeMap;

use ironbird_rig::Result;

use crate::error;

/// Values by the second in which their period begins.
pub type Points = BTreeMap<i64, f64>;

/// Parts of an expression inside one another at most. The bound is ours.
const MAX_DEPTH: usize = 32;

/// What a part of an expression is.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Number(f64),
    Series(Points),
    Several(Vec<Points>),
}

/// The functions there are.
#[derive(Clone, Copy)]
enum Function {
    Sum,
    Average,
    Least,
    Most,
    Absolute,
    Ceiling,
    Floor,
}

/// Works an expression out; `known` are the results of the other queries, by id.
///
/// # Errors
/// `ValidationError` where the expression makes no sense, or uses what is not written.
pub fn evaluate(expression: &str, known: &BTreeMap<String, Points>) -> Result<Points> {
    let mut parser = Parser { expression, rest: expression, known, depth: 0 };
    let value = parser.sum()?;
    if !parser.rest.trim_start().is_empty() {
        return Err(parser.wrong("it goes on after its end"));
    }
    match value {
        Value::Series(points) => Ok(points),
        Value::Number(number) => {
            let seconds = known.values().flat_map(|points| points.keys().copied());
            Ok(seconds.map(|second| (second, number)).collect())
        }
        Value::Several(_) => Err(parser.wrong("it gives several results")),
    }
}

/// The ids that an expression names, known or not, as it stands.
pub fn ids(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with(|letter: char| letter.is_ascii_lowercase()))
}

struct Parser<'a> {
    expression: &'a str,
    rest: &'a str,
    known: &'a BTreeMap<String, Points>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn wrong(&self, what: &str) -> ironbird_rig::Error {
        let at = self.expression.len() - self.rest.len();
        error::validation(format!("Error in expression '{}' at {at}: {what}", self.expression))
    }

    fn take(&mut self, letter: char) -> bool {
        match self.rest.trim_start().strip_prefix(letter) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Result<Value> {
        let mut left = self.product()?;
        loop {
            if self.take('+') {
                left = self.join(left, |a, b| a + b, Self::product)?;
            } else if self.take('-') {
                left = self.join(left, |a, b| a - b, Self::product)?;
            } else {
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Result<Value> {
        let mut left = self.part()?;
        loop {
            if self.take('*') {
                left = self.join(left, |a, b| a * b, Self::part)?;
            } else if self.take('/') {
                left = self.join(left, |a, b| a / b, Self::part)?;
            } else {
                return Ok(left);
            }
        }
    }

    fn join(
        &mut self,
        left: Value,
        combine: fn(f64, f64) -> f64,
        next: fn(&mut Self) -> Result<Value>,
    ) -> Result<Value> {
        let right = next(self)?;
        let with = |points: Points, change: &dyn Fn(f64) -> f64| {
            let changed = points.into_iter().map(|(second, value)| (second, change(value)));
            // What cannot be worked out, as a division by zero, is not a data point.
            changed.filter(|(_, value)| value.is_finite()).collect::<Points>()
        };
        Ok(match (left, right) {
            (Value::Number(a), Value::Number(b)) => Value::Number(combine(a, b)),
            (Value::Series(points), Value::Number(b)) => Value::Series(with(points, &|a| combine(a, b))),
            (Value::Number(a), Value::Series(points)) => Value::Series(with(points, &|b| combine(a, b))),
            (Value::Series(one), Value::Series(other)) => {
                let both = one
                    .into_iter()
                    .filter_map(|(second, a)| Some((second, combine(a, *other.get(&second)?))));
                Value::Series(both.filter(|(_, value)| value.is_finite()).collect())
            }
            _ => return Err(self.wrong("several results cannot be combined: use SUM, AVG, MIN or MAX")),
        })
    }

    fn part(&mut self) -> Result<Value> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.wrong("it is nested too deep"));
        }
        let value = self.inner_part();
        self.depth -= 1;
        value
    }

    fn inner_part(&mut self) -> Result<Value> {
        if self.take('-') {
            let inner = self.part()?;
            self.rest = self.rest.trim_start();
            return match inner {
                Value::Number(number) => Ok(Value::Number(-number)),
                Value::Series(points) => {
                    Ok(Value::Series(points.into_iter().map(|(second, value)| (second, -value)).collect()))
                }
                Value::Several(_) => Err(self.wrong("several results cannot be negated")),
            };
        }
        if self.take('(') {
            let inner = self.sum()?;
            return if self.take(')') {
                Ok(inner)
            } else {
                Err(self.wrong("a closing parenthesis is missing"))
            };
        }
        if self.take('[') {
            return self.list();
        }
        let text = self.rest.trim_start();
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
        let word = &text[..text.find(|letter| !is_word(letter)).unwrap_or(text.len())];
        let after = &text[word.len()..];
        if word.is_empty() {
            return Err(self.wrong("a number, an id or a function is missing"));
        }
        if word.starts_with(|letter: char| letter.is_ascii_digit()) {
            let number = word.parse().map_err(|_| self.wrong("it is no number"))?;
            self.rest = after;
            return Ok(Value::Number(number));
        }
        self.rest = after;
        if word.starts_with(|letter: char| letter.is_ascii_lowercase()) {
            let found = self.known.get(word).cloned();
            return found.map(Value::Series).ok_or_else(|| self.wrong(&format!("there is no {word}")));
        }
        if !self.take('(') {
            return Err(self.wrong(&format!("{word} is neither an id nor a function")));
        }
        self.call(word)
    }

    fn list(&mut self) -> Result<Value> {
        let mut several = Vec::new();
        while !self.take(']') {
            match self.sum()? {
                Value::Series(points) => several.push(points),
                _ => return Err(self.wrong("a list is of metrics")),
            }
            if !self.take(',') && !self.rest.trim_start().starts_with(']') {
                return Err(self.wrong("a list is not closed"));
            }
        }
        Ok(Value::Several(several))
    }

    fn call(&mut self, name: &str) -> Result<Value> {
        if name == "METRICS" {
            if !self.take(')') {
                return Err(self.wrong("METRICS with a name is not supported by ironbird: use METRICS()"));
            }
            return Ok(Value::Several(self.known.values().cloned().collect()));
        }
        if name == "FILL" {
            return self.fill();
        }
        let function = match name {
            "SUM" => Function::Sum,
            "AVG" => Function::Average,
            "MIN" => Function::Least,
            "MAX" => Function::Most,
            "ABS" => Function::Absolute,
            "CEIL" => Function::Ceiling,
            "FLOOR" => Function::Floor,
            _ => return Err(self.wrong(&format!("the function {name} is not supported by ironbird"))),
        };
        let argument = self.sum()?;
        if !self.take(')') {
            return Err(self.wrong("a closing parenthesis is missing"));
        }
        Ok(function.of(argument))
    }

    fn fill(&mut self) -> Result<Value> {
        let Value::Series(mut points) = self.sum()? else { return Err(self.wrong("FILL is of a metric")) };
        if !self.take(',') {
            return Err(self.wrong("FILL needs a value"));
        }
        let Value::Number(number) = self.sum()? else {
            return Err(self.wrong("FILL with anything but a number is not supported by ironbird"));
        };
        if !self.take(')') {
            return Err(self.wrong("a closing parenthesis is missing"));
        }
        for second in self.known.values().flat_map(|points| points.keys()) {
            points.entry(*second).or_insert(number);
        }
        Ok(Value::Series(points))
    }
}

impl Function {
    fn of(self, argument: Value) -> Value {
        let each = |change: fn(f64) -> f64| match argument.clone() {
            Value::Number(number) => Value::Number(change(number)),
            Value::Series(points) => {
                Value::Series(points.into_iter().map(|(second, value)| (second, change(value))).collect())
            }
            Value::Several(several) => {
                let changed = several.into_iter();
                Value::Several(
                    changed
                        .map(|points| points.into_iter().map(|(at, value)| (at, change(value))).collect())
                        .collect(),
                )
            }
        };
        match self {
            Self::Absolute => each(f64::abs),
            Self::Ceiling => each(f64::ceil),
            Self::Floor => each(f64::floor),
            Self::Sum | Self::Average | Self::Least | Self::Most => self.gather(argument),
        }
    }

    /// Of several metrics, what it is at each second; of one, what it is over all.
    fn gather(self, argument: Value) -> Value {
        let of = |values: &[f64]| match self {
            Self::Average => values.iter().sum::<f64>() / values.len() as f64,
            Self::Least => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Most => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            _ => values.iter().sum(),
        };
        match argument {
            Value::Number(number) => Value::Number(number),
            Value::Series(points) if points.is_empty() => Value::Series(points),
            Value::Series(points) => Value::Number(of(&points.into_values().collect::<Vec<_>>())),
            Value::Several(several) => {
                let mut together: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
                for (second, value) in several.into_iter().flatten() {
                    together.entry(second).or_default().push(value);
                }
                Value::Series(together.into_iter().map(|(second, values)| (second, of(&values))).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Points, evaluate, ids};

    fn known() -> BTreeMap<String, Points> {
        let points = |values: &[f64]| (0..).step_by(60).zip(values.iter().copied()).collect();
        BTreeMap::from([("m1".to_owned(), points(&[1.0, 2.0, 3.0])), ("m2".to_owned(), points(&[10.0, 0.0]))])
    }

    fn worked_out(expression: &str) -> Vec<f64> {
        evaluate(expression, &known()).unwrap().into_values().collect()
    }

    #[test]
    fn expressions_are_worked_out_period_by_period() {
        assert_eq!(worked_out("m1 * 2 + 1"), [3.0, 5.0, 7.0]);
        assert_eq!(worked_out("(m1 + m2) / 2"), [5.5, 1.0]);
        assert_eq!(worked_out("SUM(METRICS())"), [11.0, 2.0, 3.0]);
        assert_eq!(worked_out("MAX([m1, m2])"), [10.0, 2.0, 3.0]);
        assert_eq!(worked_out("m1 / AVG(m1)"), [0.5, 1.0, 1.5]);
        assert_eq!(worked_out("m1 / m2"), [0.1]);
        assert_eq!(worked_out("FILL(m2, 7) - m1"), [9.0, -2.0, 4.0]);
        assert_eq!(worked_out("-m1"), [-1.0, -2.0, -3.0]);
    }

    #[test]
    fn nonsense_is_refused_with_its_place() {
        for expression in ["", "m1 +", "m3", "SEARCH('x')", "m1 m2", "((m1)", "METRICS()", "[m1]", "1 2"] {
            let error = evaluate(expression, &known()).unwrap_err();
            assert_eq!(error.code(), "ValidationError", "{expression}");
        }
        let deep = "(".repeat(10_000);
        assert!(evaluate(&deep, &known()).unwrap_err().message().contains("nested too deep"));
    }

    #[test]
    fn ids_are_found() {
        assert_eq!(ids("SUM([m1, e_2])/100").collect::<Vec<_>>(), ["m1", "e_2"]);
    }
}
