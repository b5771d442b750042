//! Path and query templates: `/{Bucket}/{Key+}?tagging`.

/// A template, cut up.
#[derive(Debug)]
pub(super) struct Template<'a> {
    pub(super) segments: Vec<Segment<'a>>,
    /// Names and values that must stand in the query string; a name alone has no value.
    pub(super) query: Vec<(&'a str, Option<&'a str>)>,
}

/// One piece of a path between slashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment<'a> {
    /// Stands for itself.
    Literal(&'a str),
    /// Any one segment.
    Label(&'a str),
    /// One segment or more.
    Greedy(&'a str),
}

impl<'a> Template<'a> {
    /// A slash at the end of a template means nothing: clients send both.
    pub(super) fn parse(uri: &'a str) -> Self {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let pieces = path.trim_matches('/').split('/').filter(|piece| !piece.is_empty());
        let segments =
            pieces.map(|piece| match piece.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(label) => label.strip_suffix('+').map_or(Segment::Label(label), Segment::Greedy),
                None => Segment::Literal(piece),
            });
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query = pairs.map(|pair| match pair.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (pair, None),
        });
        Self { segments: segments.collect(), query: query.collect() }
    }

    /// The labels' text in `path`, still encoded, if the path fits.
    pub(super) fn labels<'p>(&self, path: &'p str) -> Option<Vec<(&'a str, &'p str)>> {
        let mut rest = path.strip_prefix('/').unwrap_or(path);
        let mut labels = Vec::new();
        for (index, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Greedy(name) => {
                    let (text, tail) = split_tail(rest, self.segments.len() - index - 1)?;
                    labels.push((*name, text));
                    rest = tail;
                }
                Segment::Literal(_) | Segment::Label(_) => {
                    let (piece, tail) = rest.split_once('/').unwrap_or((rest, ""));
                    match segment {
                        Segment::Label(name) if !piece.is_empty() => labels.push((*name, piece)),
                        Segment::Literal(literal) if *literal == piece => {}
                        _ => return None,
                    }
                    rest = tail;
                }
            }
        }
        rest.is_empty().then_some(labels)
    }
}

/// Cuts the last `count` segments off. With none to cut, everything stays, a slash at the end too.
fn split_tail(text: &str, count: usize) -> Option<(&str, &str)> {
    if count == 0 {
        return (!text.is_empty()).then_some((text, ""));
    }
    let trimmed = text.strip_suffix('/').unwrap_or(text);
    let (at, _) = trimmed.rmatch_indices('/').nth(count - 1)?;
    (at > 0).then(|| (&trimmed[..at], &trimmed[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greedy_labels_take_slashes() {
        let template = Template::parse("/{Bucket}/{Key+}?tagging&x-id=Get");
        assert_eq!(template.query, [("tagging", None), ("x-id", Some("Get"))]);
        assert_eq!(template.labels("/b/a/b%2Fc/").unwrap(), [("Bucket", "b"), ("Key", "a/b%2Fc/")]);
        assert!(template.labels("/b").is_none());
        assert!(template.labels("//k").is_none());
    }

    #[test]
    fn literals_may_follow_a_greedy_label() {
        let template = Template::parse("/a/{Rest+}/end");
        assert_eq!(template.labels("/a/b/c/end").unwrap(), [("Rest", "b/c")]);
        assert!(template.labels("/a/end").is_none());
        assert!(template.labels("/a/b/other").is_none());
    }

    #[test]
    fn a_slash_at_the_end_means_nothing() {
        assert!(Template::parse("/functions/").labels("/functions").is_some());
        assert!(Template::parse("/functions").labels("/functions/").is_some());
        assert!(Template::parse("/functions").labels("/functions/x").is_none());
        assert!(Template::parse("/").labels("/").is_some());
    }
}
