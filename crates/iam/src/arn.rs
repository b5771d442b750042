//! Amazon Resource Names, as far as policies look into them.

use crate::glob::Token;

/// `arn:partition:service:region:account:resource`, borrowed from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) partition: &'a str,
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    /// The rest, colons included.
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits `text`; none where it has not all six parts.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }
}

/// Whether an ARN is like a pattern part by part: wildcards do not reach over the first five colons, as `ArnLike` has it.
pub(crate) fn like(pattern: &[Token], text: &str) -> bool {
    let mut patterns = pattern.splitn(6, |token| *token == Token::Byte(b':'));
    let mut texts = text.splitn(6, ':');
    for _ in 0..6 {
        match (patterns.next(), texts.next()) {
            (Some(pattern), Some(text)) if crate::glob::matches(pattern, text) => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::like;
    use crate::glob::{Token, tokens};

    #[test]
    fn wildcards_stay_in_their_part() {
        for (pattern, arn, expected) in [
            ("arn:aws:sns:*:123456789012:t*", "arn:aws:sns:eu-west-1:123456789012:topic", true),
            ("arn:aws:sns:*:topic", "arn:aws:sns:eu-west-1:123456789012:topic", false),
            ("arn:aws:sns:*", "arn:aws:sns:eu-west-1:123456789012:topic", false),
            ("*:*:*:*:*:*", "arn:aws:s3:::bucket/a:b", true),
            ("arn:aws:s3:::*", "arn:aws:s3:::bucket/a:b", true),
            ("*", "arn:aws:s3:::bucket", false),
            ("*", "bucket", false),
        ] {
            let pattern: Vec<Token> = tokens(pattern).collect();
            assert_eq!(like(&pattern, arn), expected, "{arn}");
        }
    }
}
