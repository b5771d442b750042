//! Making foreign text harmless for the place it is written to.
//!
//! Names, tags and error messages come from the world under test, so any of them may hold markup, quotes, terminal
//! control sequences or characters XML has no way to write.

/// Escapes text for the content or a quoted attribute of HTML and XML: `& < > " '` become references. Characters
/// that XML 1.0 forbids (section 2.2: controls other than tab, line feed and carriage return, U+FFFE, U+FFFF)
/// become U+FFFD.
pub fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(c),
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            _ if c.is_control() || is_direction_override(c) => out.push('\u{FFFD}'),
            _ => out.push(c),
        }
    }
    out
}

/// Makes JSON text safe inside an HTML `script` element: a `<` can only stand inside a JSON string, where `\u003c`
/// means the same and cannot close the element or open a comment.
pub fn script_json(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Makes text safe for one line of a terminal: control characters, which could move the cursor or hide text, are
/// written as `\n`, `\t` or `\u{1b}`; so are the invisible characters that end a line or turn the writing direction
/// around.
pub fn terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_direction_override(c) || matches!(c, '\u{2028}' | '\u{2029}') {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Percent-encodes a relative path into a URI reference (RFC 3986): unreserved characters and `/` stay, a backslash
/// becomes `/`.
pub fn uri_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            b'\\' => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The characters that override or isolate the direction of text, which can make a line read as something else.
fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_escapes_every_delimiter_and_forbidden_character() {
        assert_eq!(
            markup("<a href=\"x\">'&'</a>\u{0}\u{1b}\u{ffff}\t"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;\u{fffd}\u{fffd}\u{fffd}\t"
        );
    }

    #[test]
    fn terminal_neutralizes_control_sequences() {
        assert_eq!(terminal("a\u{1b}[31mb\nc\u{202e}d"), "a\\u{1b}[31mb\\nc\\u{202e}d");
    }

    #[test]
    fn uri_paths_are_percent_encoded() {
        assert_eq!(uri_path("a b\\é#.yaml"), "a%20b/%C3%A9%23.yaml");
    }

    proptest! {
        #[test]
        fn no_markup_survives(text in ".*") {
            let safe = markup(&text);
            prop_assert!(!safe.contains(['<', '>', '"', '\'']));
            let undone = safe.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"")
                .replace("&#39;", "'").replace("&amp;", "&");
            prop_assert_eq!(undone.chars().count(), text.chars().count());
        }

        #[test]
        fn script_json_means_the_same(text in ".*") {
            let json = serde_json::to_string(&text).unwrap();
            let safe = script_json(&json);
            prop_assert!(!safe.contains('<'));
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }

        #[test]
        fn terminal_text_has_no_controls(text in any::<String>()) {
            prop_assert!(!terminal(&text).chars().any(char::is_control));
        }
    }
}
