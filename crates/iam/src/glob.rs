//! Text with `*` and `?`, compiled once and matched in time that is at most the product of both lengths: there is no
//! pattern that explodes, however many stars it has.

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// This byte.
    Byte(u8),
    /// `?`: any one character.
    One,
    /// `*`: any characters, or none.
    Many,
}

/// A compiled pattern. The common kinds have ways of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Glob {
    /// `*`
    Any,
    /// Text without wildcards.
    Exact(Box<str>),
    /// Text and a `*` after it.
    Prefix(Box<str>),
    /// Anything else.
    Tokens(Box<[Token]>),
}

impl Glob {
    /// `*` and `?` are wildcards, everything else is itself.
    pub(crate) fn new(text: &str) -> Self {
        let wildcards = |text: &str| text.contains(['*', '?']);
        match text.strip_suffix('*') {
            Some("") => Self::Any,
            Some(prefix) if !wildcards(prefix) => Self::Prefix(prefix.into()),
            None if !wildcards(text) => Self::Exact(text.into()),
            _ => Self::Tokens(tokens(text).collect()),
        }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => **exact == *text,
            Self::Prefix(prefix) => text.starts_with(&**prefix),
            Self::Tokens(pattern) => matches(pattern, text),
        }
    }
}

/// The tokens of text in which `*` and `?` are wildcards.
pub(crate) fn tokens(text: &str) -> impl Iterator<Item = Token> {
    text.bytes().map(|byte| match byte {
        b'*' => Token::Many,
        b'?' => Token::One,
        byte => Token::Byte(byte),
    })
}

/// Whether `pattern` matches the whole of `text`.
///
/// Two positions move ahead together. At a mismatch both go back to the last star, which then takes one character
/// more; stars before it never have to be tried again, for what they took before the last one fits already.
pub(crate) fn matches(pattern: &[Token], text: &str) -> bool {
    let text = text.as_bytes();
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(Token::Many) => {
                star = Some((at + 1, from));
                at += 1;
            }
            Some(Token::One) => {
                from += width(text[from]);
                at += 1;
            }
            Some(Token::Byte(byte)) if *byte == text[from] => {
                from += 1;
                at += 1;
            }
            _ => {
                let Some((after, taken)) = star else { return false };
                let taken = taken + width(text[taken]);
                star = Some((after, taken));
                (at, from) = (after, taken);
            }
        }
    }
    pattern[at..].iter().all(|token| *token == Token::Many)
}

/// Bytes of the character that begins with `first`.
const fn width(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Glob, Token, matches, tokens};

    fn glob(pattern: &str, text: &str) -> bool {
        Glob::new(pattern).matches(text)
    }

    #[test]
    fn wildcards_stand_for_characters() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*", "a", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("?", "ü", true),
            ("?", "", false),
            ("*?", "ü", true),
            ("a?c*", "abcd", true),
            ("*ab*ab", "abab", true),
            ("*ab*ab*", "ab", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn stars_without_end_take_bounded_time() {
        let pattern = "a*".repeat(3000) + "b";
        assert!(!glob(&pattern, &"a".repeat(6000)));
    }

    /// What a pattern means, said as simply as can be.
    fn meaning(pattern: &[Token], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((Token::Many, rest)), _) => {
                meaning(rest, text) || (!text.is_empty() && meaning(pattern, &text[1..]))
            }
            (Some((Token::One, rest)), Some((_, text))) => meaning(rest, text),
            (Some((Token::Byte(byte), rest)), Some((first, text))) => {
                char::from(*byte) == *first && meaning(rest, text)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matches_what_the_pattern_means(pattern in "[ab?*]{0,8}", text in "[abü]{0,10}") {
            let tokens: Vec<Token> = tokens(&pattern).collect();
            let characters: Vec<char> = text.chars().collect();
            let expected = meaning(&tokens, &characters);
            prop_assert_eq!(matches(&tokens, &text), expected);
            prop_assert_eq!(glob(&pattern, &text), expected);
        }
    }
}
