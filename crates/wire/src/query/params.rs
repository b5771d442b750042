//! The parameters of a request as a sorted list in which every subtree is one slice.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::limits::Limits;
use crate::percent;
use crate::rejection::Rejection;

/// One parameter, decoded.
pub(crate) struct Param<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) value: Cow<'a, str>,
}

/// Reads and sorts the parameters of a body and of a query string.
pub(crate) fn parse<'a>(texts: [&'a str; 2], limits: &Limits) -> Result<Vec<Param<'a>>, Rejection> {
    let mut params = Vec::new();
    for (key, value) in texts.into_iter().flat_map(percent::pairs) {
        if params.len() == limits.parameters {
            return Err(Rejection::too_large(format!(
                "there are more than {} parameters",
                limits.parameters
            )));
        }
        params.push(Param { key: percent::decode(key, true)?, value: percent::decode(value, true)? });
    }
    params.sort_by(|a, b| order(&a.key, &b.key));
    Ok(params)
}

/// Text order, but with the dot before everything else: `A.1` comes before `A-1`, hence everything below `A`
/// lies together. The sort is stable, so repeated keys keep their order.
fn order(a: &str, b: &str) -> Ordering {
    let rank = |byte: u8| if byte == b'.' { 0 } else { u16::from(byte) + 1 };
    a.bytes().map(rank).cmp(b.bytes().map(rank))
}

/// The decoded value of `name` in a query string or form, if it is there; without reading the rest.
pub(crate) fn find<'a>(text: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let (_, value) = percent::pairs(text).find(|(key, _)| *key == name)?;
    percent::decode(value, true).ok()
}

/// Cuts `params`, which agree up to byte `at`, into runs with the same next segment of their keys.
pub(crate) struct Groups<'p, 'a> {
    rest: &'p [Param<'a>],
    at: usize,
}

impl<'p, 'a> Groups<'p, 'a> {
    pub(crate) const fn new(params: &'p [Param<'a>], at: usize) -> Self {
        Self { rest: params, at }
    }
}

impl<'p, 'a> Iterator for Groups<'p, 'a> {
    /// The segment and the run.
    type Item = (&'p str, &'p [Param<'a>]);

    fn next(&mut self) -> Option<Self::Item> {
        let first = self.rest.first()?;
        let segment = segment(&first.key[self.at..]);
        let same = |param: &Param<'_>| self::segment(&param.key[self.at..]) == segment;
        let width = self.rest.iter().take_while(|param| same(param)).count();
        let (run, rest) = self.rest.split_at(width);
        self.rest = rest;
        Some((segment, run))
    }
}

fn segment(key: &str) -> &str {
    key.split_once('.').map_or(key, |(segment, _)| segment)
}

/// Cuts a run whose keys agree up to byte `end` into those that end there and those that go on.
pub(crate) fn split_leaf<'p, 'a>(run: &'p [Param<'a>], end: usize) -> (&'p [Param<'a>], &'p [Param<'a>]) {
    let leaves = run.iter().take_while(|param| param.key.len() == end).count();
    run.split_at(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtrees_are_runs() {
        let text = "A.10.x=1&A-b=2&A=3&A.1.y=4&A.2=5&AB=6&A.1=7";
        let params = parse([text, ""], &Limits::DEFAULT).unwrap();
        let groups: Vec<_> = Groups::new(&params, 0).map(|(segment, run)| (segment, run.len())).collect();
        assert_eq!(groups, [("A", 5), ("A-b", 1), ("AB", 1)]);
        let (leaf, below) = split_leaf(&params[..5], 1);
        assert_eq!(leaf.len(), 1);
        let indexes: Vec<_> = Groups::new(below, 2).map(|(segment, run)| (segment, run.len())).collect();
        assert_eq!(indexes, [("1", 2), ("10", 1), ("2", 1)]);
    }

    #[test]
    fn the_number_of_parameters_is_bounded() {
        let limits = Limits { parameters: 2, ..Limits::DEFAULT };
        assert!(parse(["a=1&b=2", ""], &limits).is_ok());
        assert!(parse(["a=1&b=2", "c=3"], &limits).is_err());
    }
}
