//! All path templates of a service, as a tree of their segments.

use std::collections::HashMap;

use super::template::{Segment, Template};
use crate::percent;
use crate::schema::Operation;

/// Finds an operation by method, path and query string; the most specific one where several fit: literal
/// segments before labels, labels before greedy ones, then more required query parameters before fewer.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    methods: HashMap<String, Node>,
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<String, Node>,
    label: Option<Box<Node>>,
    /// Operations whose path ends here, those that require most first.
    ends: Vec<End>,
    /// Operations with a greedy label here, those with the longest path after it first.
    greedy: Vec<End>,
}

#[derive(Debug)]
struct End {
    operation: usize,
    /// The whole template, looked at again where the tree does not decide.
    uri: String,
    /// Segments after a greedy label.
    after: usize,
    /// Parameters that the query string must have.
    required: usize,
}

impl Paths {
    pub(crate) fn new(operations: &[Operation]) -> Self {
        let mut paths = Self::default();
        for (index, operation) in operations.iter().enumerate() {
            let template = Template::parse(&operation.uri);
            let end = End {
                operation: index,
                uri: operation.uri.clone(),
                after: 0,
                required: template.query.len(),
            };
            paths.methods.entry(operation.method.clone()).or_default().insert(&template.segments, end);
        }
        paths
    }

    /// The index of the operation in the list that this was made from.
    pub(crate) fn find(&self, method: &str, path: &str, query: &str) -> Option<usize> {
        let trimmed = path.strip_prefix('/').unwrap_or(path);
        let root = self.methods.get(method)?;
        root.find(Some(trimmed).filter(|rest| !rest.is_empty()), path, query)
    }
}

impl Node {
    fn insert(&mut self, segments: &[Segment<'_>], end: End) {
        match segments.split_first() {
            None => self.ends.push_sorted(end),
            Some((Segment::Greedy(_), rest)) => self.greedy.push_sorted(End { after: rest.len(), ..end }),
            Some((Segment::Label(_), rest)) => self.label.get_or_insert_default().insert(rest, end),
            Some((Segment::Literal(text), rest)) => {
                self.literals.entry((*text).to_owned()).or_default().insert(rest, end);
            }
        }
    }

    /// Looks below this node for the rest of a path. Goes no deeper than the templates do.
    fn find(&self, rest: Option<&str>, path: &str, query: &str) -> Option<usize> {
        let Some(rest) = rest else {
            return self.ends.iter().find(|end| end.query_fits(query)).map(|end| end.operation);
        };
        let (segment, tail) = match rest.split_once('/') {
            Some((segment, tail)) => (segment, Some(tail).filter(|tail| !tail.is_empty())),
            None => (rest, None),
        };
        let by_literal = self.literals.get(segment).and_then(|node| node.find(tail, path, query));
        if by_literal.is_some() {
            return by_literal;
        }
        let labelled = self.label.as_ref().filter(|_| !segment.is_empty());
        let by_label = labelled.and_then(|node| node.find(tail, path, query));
        if by_label.is_some() {
            return by_label;
        }
        let fits = |end: &&End| end.query_fits(query) && Template::parse(&end.uri).labels(path).is_some();
        self.greedy.iter().find(fits).map(|end| end.operation)
    }
}

trait PushSorted {
    fn push_sorted(&mut self, end: End);
}

impl PushSorted for Vec<End> {
    fn push_sorted(&mut self, end: End) {
        let at = self.partition_point(|other| (other.after, other.required) >= (end.after, end.required));
        self.insert(at, end);
    }
}

impl End {
    fn query_fits(&self, query: &str) -> bool {
        if self.required == 0 {
            return true;
        }
        let template = Template::parse(&self.uri);
        template.query.iter().all(|(name, value)| {
            percent::pairs(query).any(|(key, text)| {
                let key_fits = percent::decode(key, true).is_ok_and(|key| key == *name);
                let value_fits =
                    value.is_none_or(|value| percent::decode(text, true).is_ok_and(|text| text == value));
                key_fits && value_fits
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(uris: &[&str]) -> Paths {
        let operation =
            |uri: &&str| Operation { method: "GET".into(), uri: (*uri).to_owned(), ..Operation::default() };
        Paths::new(&uris.iter().map(operation).collect::<Vec<_>>())
    }

    #[test]
    fn the_most_specific_template_wins() {
        let paths =
            paths(&["/{a}", "/x", "/{a}/{b+}", "/{a}?list-type=2", "/{a}?uploads", "/x/{b}", "/{a}/{b}/c"]);
        let find = |path, query| paths.find("GET", path, query);
        assert_eq!(find("/x", ""), Some(1));
        assert_eq!(find("/y", ""), Some(0));
        assert_eq!(find("/y", "list-type=2&z=1"), Some(3));
        assert_eq!(find("/y", "list-type=1"), Some(0));
        assert_eq!(find("/y", "uploads"), Some(4));
        assert_eq!(find("/x/y", ""), Some(5));
        assert_eq!(find("/y/y", ""), Some(2));
        assert_eq!(find("/x/y/c", ""), Some(6));
        assert_eq!(find("/x/y/d", ""), Some(2));
        assert_eq!(find("/", ""), None);
        assert_eq!(paths.find("PUT", "/x", ""), None);
    }

    #[test]
    fn what_follows_a_greedy_label_counts() {
        let paths = paths(&["/i/{n+}", "/i/{n+}/policy", "/i/{n+}/policy/status"]);
        assert_eq!(paths.find("GET", "/i/a/b", ""), Some(0));
        assert_eq!(paths.find("GET", "/i/a/b/policy", ""), Some(1));
        assert_eq!(paths.find("GET", "/i/a/policy/status", ""), Some(2));
    }

    #[test]
    fn the_root_may_have_an_operation() {
        assert_eq!(paths(&["/"]).find("GET", "/", ""), Some(0));
        assert_eq!(paths(&["/"]).find("GET", "/x", ""), None);
    }
}
