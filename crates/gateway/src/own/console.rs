//! The console: a page that shows the world over time, live. Its files are part of the binary and go out as they are.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response};
use http_body_util::Full;

use crate::answer::Answer;

/// Below `console/`: name, content type, content.
type File = (&'static str, &'static str, &'static str);

const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: [File; 10] = [
    ("", "text/html; charset=utf-8", include_str!("../../console/index.html")),
    ("style.css", "text/css; charset=utf-8", include_str!("../../console/style.css")),
    ("icon.svg", "image/svg+xml", include_str!("../../console/icon.svg")),
    ("main.js", SCRIPT, include_str!("../../console/main.js")),
    ("timeline.js", SCRIPT, include_str!("../../console/timeline.js")),
    ("feed.js", SCRIPT, include_str!("../../console/feed.js")),
    ("plot.js", SCRIPT, include_str!("../../console/plot.js")),
    ("format.js", SCRIPT, include_str!("../../console/format.js")),
    ("element.js", SCRIPT, include_str!("../../console/element.js")),
    ("rig.js", SCRIPT, include_str!("../../console/rig.js")),
];

/// What the page may do: load these files and ask this rig. No text that reaches it can become a script or a style, and
/// no other page can put it in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The file at a path below the rig's prefix, if it is one of the console's.
pub(super) fn file(path: &str) -> Option<Answer> {
    let name = path.strip_prefix("console")?;
    let name = if name.is_empty() { name } else { name.strip_prefix('/')? };
    let (_, content_type, content) = FILES.iter().find(|(file, ..)| *file == name)?;
    let mut answer = Response::new(Full::new(Bytes::from_static(content.as_bytes())));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Another rig at the same address may be another version.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::{FILES, file};

    #[test]
    fn every_file_that_another_one_names_is_there() {
        for (name, _, content) in FILES {
            let linked = content.split("/_ironbird/console/").skip(1);
            let imported = content.split("from \"./").skip(1);
            for rest in linked.chain(imported) {
                let named = rest.split('"').next().unwrap_or_default();
                assert!(file(&format!("console/{named}")).is_some(), "{name} names {named}");
            }
        }
    }

    #[test]
    fn paths_beside_the_files_are_none() {
        for path in ["consoles", "console/none.js", "console/../own/mod.rs", "clock"] {
            assert!(file(path).is_none(), "{path}");
        }
    }

    /// The policy would keep the browser from obeying them.
    #[test]
    fn the_page_has_no_scripts_and_styles_in_its_text() {
        for (name, content_type, content) in FILES {
            if content_type.starts_with("text/html") {
                assert!(!content.contains("<style") && !content.contains(" style="), "{name}");
                assert!(!content.contains(" onclick=") && !content.contains("<script>"), "{name}");
            }
        }
    }
}
