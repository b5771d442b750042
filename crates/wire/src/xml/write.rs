//! XML text, appended to one string.

/// Writes elements without any space between them.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(crate) out: String,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { out: String::with_capacity(1024) }
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
    let mut plain_from = 0;
    for (index, byte) in text.bytes().enumerate() {
        let replacement = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            // Readers turn a bare carriage return into a line feed, and in attributes both into spaces.
            b'\r' => "&#xD;",
            b'\n' | b'\t' => continue,
            0..=0x1f => "\u{fffd}",
            // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
            0xef if matches!(text.as_bytes().get(index + 1..index + 3), Some([0xbf, 0xbe | 0xbf])) => {
                out.push_str(&text[plain_from..index]);
                out.push('\u{fffd}');
                plain_from = index + 3;
                continue;
            }
            _ => continue,
        };
        out.push_str(&text[plain_from..index]);
        out.push_str(replacement);
        plain_from = index + 1;
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
