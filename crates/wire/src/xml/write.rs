//! XML text, appended to one string.

/// Writes elements without any space between them.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(crate) out: String,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { out: String::with_capacity(4096) }
    }

    /// `<name`, to be followed by attributes and [`Writer::close_tag`].
    pub(crate) fn open_tag(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
    }

    /// ` name="value"`
    pub(crate) fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(&mut self.out, value);
        self.out.push('"');
    }

    pub(crate) fn close_tag(&mut self) {
        self.out.push('>');
    }

    /// `<name>`
    pub(crate) fn start(&mut self, name: &str) {
        self.open_tag(name);
        self.close_tag();
    }

    /// `</name>`
    pub(crate) fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// `<name>text</name>`
    pub(crate) fn element(&mut self, name: &str, text: &str) {
        self.start(name);
        self.text(text);
        self.end(name);
    }

    pub(crate) fn text(&mut self, text: &str) {
        escape(&mut self.out, text);
    }
}

/// Appends `text` so that a reader gets the same text back. Characters that XML 1.0 cannot carry in any form
/// (most control characters) become U+FFFD.
pub(crate) fn escape(out: &mut String, text: &str) {
    // Without an early way out this loop is done many bytes at a time; most text needs nothing else.
    let special = text.bytes().fold(false, |found, byte| found | is_special(byte));
    if !special {
        return out.push_str(text);
    }
    escape_special(out, text);
}

/// Whether a byte may have to be replaced, or starts a character that has to be.
const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'&' || byte == b'<' || byte == b'>' || byte == b'"' || byte == 0xef
}

fn escape_special(out: &mut String, text: &str) {
    let mut plain_from = 0;
    for (index, byte) in text.bytes().enumerate() {
        let (replacement, width) = match byte {
            b'&' => ("&amp;", 1),
            b'<' => ("&lt;", 1),
            b'>' => ("&gt;", 1),
            b'"' => ("&quot;", 1),
            // Readers turn a bare carriage return into a line feed, and in attributes both into spaces.
            b'\r' => ("&#xD;", 1),
            b'\n' | b'\t' => continue,
            0..=0x1f => ("\u{fffd}", 1),
            // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
            0xef if matches!(text.as_bytes().get(index + 1..index + 3), Some([0xbf, 0xbe | 0xbf])) => {
                ("\u{fffd}", 3)
            }
            _ => continue,
        };
        out.push_str(&text[plain_from..index]);
        out.push_str(replacement);
        plain_from = index + width;
    }
    out.push_str(&text[plain_from..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_xml_cannot_hold() {
        let mut out = String::new();
        escape(&mut out, "a<b>&\"c\"\r\n\u{1}é\u{fffe}z\u{feff}");
        assert_eq!(out, "a&lt;b&gt;&amp;&quot;c&quot;&#xD;\n\u{fffd}é\u{fffd}z\u{feff}");
    }
}
