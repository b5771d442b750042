//! What the pages look like: plain HTML, which no text from elsewhere can become part of, and no script at all.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;

use crate::answer::Answer;

/// What a page may do: load its style, and send its forms here. Nothing else can put it in a frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// A page to be.
pub(super) struct Page {
    status: StatusCode,
    title: String,
    body: String,
    /// Where the browser goes next by itself.
    next: Option<String>,
    cookies: Vec<String>,
}

impl Page {
    /// A page with a heading.
    pub(super) fn new(title: impl Into<String>) -> Self {
        let (body, cookies) = (String::new(), Vec::new());
        Self { status: StatusCode::OK, title: title.into(), body, next: None, cookies }
    }

    /// With another status.
    pub(super) fn status(mut self, status: u16) -> Self {
        self.status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self
    }

    /// With a paragraph.
    pub(super) fn says(self, text: &str) -> Self {
        self.marked("", text)
    }

    /// With what went wrong, if anything did.
    pub(super) fn complains(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.marked(" class=\"bad\" role=\"alert\"", text),
            None => self,
        }
    }

    /// With a code to compare.
    pub(super) fn shows_code(self, code: &str) -> Self {
        self.marked(" class=\"code\"", code)
    }

    fn marked(mut self, attributes: &str, text: &str) -> Self {
        self.body.push_str(&format!("<p{attributes}>{}</p>\n", escaped(text)));
        self
    }

    /// With a form.
    pub(super) fn form(mut self, form: Form) -> Self {
        self.body.push_str(&form.html);
        self.body.push_str("</form>\n");
        self
    }

    /// On the way to somewhere else, with a link for browsers that do not go by themselves.
    pub(super) fn goes_to(mut self, place: &str) -> Self {
        self.body.push_str(&format!("<p><a href=\"{}\">Go on</a></p>\n", escaped(place)));
        self.next = Some(place.to_owned());
        self
    }

    /// With a cookie.
    pub(super) fn cookie(mut self, cookie: Option<String>) -> Self {
        self.cookies.extend(cookie);
        self
    }

    /// The page as it is sent.
    pub(super) fn answer(self) -> Answer {
        let title = escaped(&self.title);
        let next = self
            .next
            .map(|place| format!("<meta http-equiv=\"refresh\" content=\"0; url={}\">\n", escaped(&place)));
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n{}<title>{title}</title>\n\
             <link rel=\"stylesheet\" href=\"/_ironbird/sign-in/style.css\">\n\
             <link rel=\"icon\" href=\"/_ironbird/console/icon.svg\">\n</head>\n<body>\n<main>\n\
             <p class=\"brand\">Ironbird</p>\n<h1>{title}</h1>\n{}</main>\n</body>\n</html>\n",
            next.unwrap_or_default(),
            self.body
        );
        let mut answer = dressed("text/html; charset=utf-8", Bytes::from(html));
        *answer.status_mut() = self.status;
        set_cookies(&mut answer, &self.cookies);
        answer
    }
}

/// A form that is sent by POST.
pub(super) struct Form {
    html: String,
}

impl Form {
    /// A form to be sent to `action`, with the mark that says it is ours.
    pub(super) fn to(action: &str, mark: &str) -> Self {
        let html = format!("<form method=\"post\" action=\"{}\">\n", escaped(action));
        Self { html }.hidden("mark", mark)
    }

    /// With a value that is not shown.
    pub(super) fn hidden(mut self, name: &str, value: &str) -> Self {
        let (name, value) = (escaped(name), escaped(value));
        self.html.push_str(&format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n"));
        self
    }

    /// With a field to fill in; `kind` is its attributes.
    pub(super) fn field(mut self, name: &str, label: &str, kind: &str, value: &str) -> Self {
        let (label, value) = (escaped(label), escaped(value));
        self.html.push_str(&format!(
            "<label for=\"{name}\">{label}</label>\n<input id=\"{name}\" name=\"{name}\" value=\"{value}\" {kind} required>\n"
        ));
        self
    }

    /// With buttons, the first of them the one that is meant: name, value and label of each.
    pub(super) fn buttons(mut self, buttons: &[(&str, &str, &str)]) -> Self {
        self.html.push_str("<div class=\"buttons\">\n");
        for (position, (name, value, label)) in buttons.iter().enumerate() {
            let class = if position == 0 { " class=\"main\"" } else { "" };
            self.html
                .push_str(&format!("<button name=\"{name}\" value=\"{value}\"{class}>{label}</button>\n"));
        }
        self.html.push_str("</div>\n");
        self
    }
}

/// An answer that sends the browser to another page of the rig.
pub(super) fn see(place: &str, cookie: Option<String>) -> Answer {
    let mut answer = dressed("text/plain; charset=utf-8", Bytes::new());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(place) = HeaderValue::from_str(place) {
        answer.headers_mut().insert(LOCATION, place);
    }
    set_cookies(&mut answer, cookie.as_slice());
    answer
}

/// The style sheet of the pages.
pub(super) fn style() -> Answer {
    dressed("text/css; charset=utf-8", Bytes::from_static(include_bytes!("../../../sign-in/style.css")))
}

fn dressed(content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn set_cookies(answer: &mut Answer, cookies: &[String]) {
    for cookie in cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// A text as part of a page, also within an attribute.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{Form, Page, escaped};
    use http_body_util::BodyExt as _;

    #[test]
    fn no_text_becomes_part_of_a_page() {
        assert_eq!(escaped("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
        let evil = "\"><script>";
        let form = Form::to(evil, evil).hidden(evil, evil).field("name", evil, "", evil);
        let page = Page::new(evil).says(evil).complains(Some(evil)).shows_code(evil).form(form).goes_to(evil);
        let sent = page.answer().into_body();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let html = runtime.block_on(sent.collect()).unwrap().to_bytes();
        let html = String::from_utf8(html.to_vec()).unwrap();
        assert!(
            html.contains("&quot;&gt;&lt;script&gt;") && !html.contains("<script") && !html.contains(evil)
        );
    }
}
