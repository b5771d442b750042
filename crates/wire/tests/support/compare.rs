//! Whether two messages say the same.

use http::HeaderMap;
use ironbird_wire::timestamp::Timestamp;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value as Json;

/// JSON documents: numbers and timestamps by value, names of errors without their namespace.
pub fn json(got: &[u8], want: &str) -> Result<(), String> {
    let parsed =
        |text: &str| serde_json::from_str::<Json>(text).map_err(|error| format!("{error} in {text}"));
    let got = String::from_utf8_lossy(got).into_owned();
    if got == want || same_json(&parsed(&got)?, &parsed(want)?) {
        return Ok(());
    }
    Err(format!("body {got}\nwanted {want}"))
}

fn same_json(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, a)| match (key.as_str(), b.get(key)) {
                    ("__type", Some(Json::String(b))) => a.as_str() == b.rsplit('#').next(),
                    (_, Some(b)) => same_json(a, b),
                    (_, None) => false,
                })
        }
        (Json::String(a), Json::String(b)) => same_text(a, b),
        _ => a == b,
    }
}

/// An element, with its content in an order of its own.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// Reads a document.
    pub fn parse(document: &str) -> Result<Self, String> {
        let mut reader = quick_xml::Reader::from_str(document);
        let mut open =
            vec![Self { name: String::new(), attributes: vec![], text: String::new(), children: vec![] }];
        loop {
            match reader.read_event().map_err(|error| error.to_string())? {
                Event::Start(start) => open.push(Self::start(&start)),
                Event::Empty(start) => {
                    let element = Self::start(&start);
                    open.last_mut().unwrap().children.push(element);
                }
                Event::End(_) => {
                    let mut element = open.pop().unwrap();
                    if !element.children.is_empty() {
                        element.text.clear();
                    }
                    element.children.sort_by_cached_key(|child| (child.name.clone(), child.entry()));
                    open.last_mut().unwrap().children.push(element);
                }
                Event::Text(text) => open.last_mut().unwrap().text.push_str(&text.xml10_content()),
                Event::CData(text) => open.last_mut().unwrap().text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let text =
                        quick_xml::escape::unescape(&format!("&{};", &*reference)).unwrap().into_owned();
                    open.last_mut().unwrap().text.push_str(&text);
                }
                Event::Eof => {
                    return open
                        .pop()
                        .and_then(|root| root.children.into_iter().next())
                        .ok_or("empty".into());
                }
                _ => {}
            }
        }
    }

    fn start(start: &BytesStart<'_>) -> Self {
        let mut attributes: Vec<_> = start
            .attributes()
            .map(|attribute| attribute.unwrap())
            .map(|attribute| (attribute.key.into_inner().to_owned(), attribute.value.into_owned()))
            .collect();
        attributes.sort();
        Self { name: start.name().into_inner().to_owned(), attributes, text: String::new(), children: vec![] }
    }

    /// What orders this among elements of one name: entries of maps come in any order, others keep theirs.
    fn entry(&self) -> String {
        if self.children.len() == 2 { format!("{self:?}") } else { String::new() }
    }

    /// The child of that name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    fn without(mut self, names: &[&str]) -> Self {
        self.children.retain(|child| !names.contains(&child.name.as_str()));
        self
    }
}

/// XML documents: order of different elements, space between them, and the way a timestamp's fraction is
/// written do not count. Nor does the root's namespace where the model has none, and the children in `ignored`.
pub fn xml(got: &[u8], want: &str, ignored: &[&str], any_root: bool) -> Result<(), String> {
    let got_text = String::from_utf8_lossy(got).into_owned();
    if got_text.trim() == want.trim() {
        return Ok(());
    }
    let mut got = Element::parse(&got_text)?.without(ignored);
    let mut want_element = Element::parse(want)?.without(ignored);
    if any_root {
        got.name.clone_from(&want_element.name);
        for element in [&mut got, &mut want_element] {
            element.attributes.retain(|(name, _)| name != "xmlns");
        }
    }
    if same_xml(&got, &want_element) { Ok(()) } else { Err(format!("body {got_text}\nwanted {want}")) }
}

fn same_xml(a: &Element, b: &Element) -> bool {
    a.name == b.name
        && a.attributes == b.attributes
        && same_text(&a.text, &b.text)
        && a.children.len() == b.children.len()
        && a.children.iter().zip(&b.children).all(|(a, b)| same_xml(a, b))
}

fn same_text(a: &str, b: &str) -> bool {
    let instant = |text: &str| Timestamp::parse_iso8601(text.trim());
    a == b
        || (a.trim().is_empty() && b.trim().is_empty())
        || (instant(a).is_some() && instant(a) == instant(b))
}

/// Form bodies and query strings: the same pairs in any order.
pub fn form(got: &str, want: &str) -> Result<(), String> {
    let sorted = |text: &str| {
        let mut pairs: Vec<String> =
            text.split('&').filter(|pair| !pair.is_empty()).map(normal_pair).collect();
        pairs.sort();
        pairs
    };
    if sorted(got) == sorted(want) { Ok(()) } else { Err(format!("form {got}\nwanted {want}")) }
}

/// `a` is the same as `a=`, and letters may be percent-encoded.
fn normal_pair(pair: &str) -> String {
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    format!("{key}={value}").replace("%3A", ":").replace("%7E", "~")
}

/// Paths with query strings.
pub fn uri(got: &str, want: &str) -> Result<(), String> {
    let (got_path, got_query) = got.split_once('?').unwrap_or((got, ""));
    let (want_path, want_query) = want.split_once('?').unwrap_or((want, ""));
    if got_path != want_path {
        return Err(format!("path {got_path}, wanted {want_path}"));
    }
    form(got_query, want_query)
}

/// Header fields that must be there, and those that must not. The length is the connection's business, and
/// so is whether a content type names its charset.
pub fn headers(got: &HeaderMap, want: Option<&Json>, forbidden: Option<&Json>) -> Result<(), String> {
    for (name, value) in want.and_then(Json::as_object).into_iter().flatten() {
        let value = value.as_str().unwrap();
        if name.eq_ignore_ascii_case("content-length") {
            continue;
        }
        let all: Vec<_> = got
            .get_all(name.as_str())
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let normal =
            |text: &str| text.replace(", ", ",").replace("; charset=utf-8", "").replace(";charset=UTF-8", "");
        if normal(&all.join(",")) != normal(value) {
            return Err(format!("header {name} is {all:?}, wanted {value}"));
        }
    }
    for name in forbidden.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
        if got.contains_key(name) {
            return Err(format!("header {name} must not be there"));
        }
    }
    Ok(())
}

/// CBOR documents: lengths, the width of numbers and the order of keys do not count.
pub fn cbor(got: &[u8], want: &[u8]) -> Result<(), String> {
    if got.is_empty() || want.is_empty() {
        return Err(format!("body of {} bytes, wanted {}", got.len(), want.len()));
    }
    let (got, want) = (Cbor(got).item(), Cbor(want).item());
    if same_json(&got, &want) { Ok(()) } else { Err(format!("body {got}\nwanted {want}")) }
}

/// Reads CBOR as JSON. Written apart from the crate's own reader, and trusting its input.
pub struct Cbor<'a>(pub &'a [u8]);

impl Cbor<'_> {
    fn take(&mut self, count: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken.to_vec()
    }

    fn argument(&mut self, info: u8) -> Option<u64> {
        match info {
            0..=23 => Some(u64::from(info)),
            24..=27 => {
                Some(self.take(1 << (info - 24)).iter().fold(0, |sum, byte| sum * 256 + u64::from(*byte)))
            }
            _ => None,
        }
    }

    fn broken(&mut self) -> bool {
        let stop = self.0[0] == 0xff;
        if stop {
            self.take(1);
        }
        stop
    }

    fn items(&mut self, count: Option<u64>) -> Vec<Json> {
        let mut items = Vec::new();
        while count.map_or_else(|| !self.broken(), |count| (items.len() as u64) < count) {
            items.push(self.item());
        }
        items
    }

    pub fn item(&mut self) -> Json {
        let initial = self.take(1)[0];
        let info = initial & 31;
        if initial >> 5 == 7 {
            return match info {
                20 => Json::Bool(false),
                21 => Json::Bool(true),
                22 | 23 => Json::Null,
                25 => match u16::from_be_bytes(self.take(2).try_into().unwrap()) {
                    0x7c00 => number(f64::INFINITY),
                    0xfc00 => number(f64::NEG_INFINITY),
                    bits if bits & 0x7c00 == 0x7c00 => number(f64::NAN),
                    bits if bits & 0x7c00 == 0 => number(f64::from(bits & 0x3ff) * 2_f64.powi(-24)),
                    bits => {
                        number(f64::from(bits & 0x3ff | 0x400) * 2_f64.powi(i32::from(bits >> 10 & 31) - 25))
                    }
                },
                26 => number(f64::from(f32::from_be_bytes(self.take(4).try_into().unwrap()))),
                27 => number(f64::from_be_bytes(self.take(8).try_into().unwrap())),
                other => panic!("simple value {other}"),
            };
        }
        let argument = self.argument(info);
        match initial >> 5 {
            0 => number(argument.unwrap() as f64),
            1 => number(-1.0 - argument.unwrap() as f64),
            2 | 3 => match argument {
                Some(length) => {
                    Json::String(String::from_utf8_lossy(&self.take(length as usize)).into_owned())
                }
                None => {
                    self.items(None).iter().map(|chunk| chunk.as_str().unwrap()).collect::<String>().into()
                }
            },
            4 => Json::Array(self.items(argument)),
            5 => {
                let flat = self.items(argument.map(|pairs| pairs * 2));
                let pairs = flat.chunks(2).filter(|pair| !pair[1].is_null() || argument.is_some());
                Json::Object(
                    pairs.map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].clone())).collect(),
                )
            }
            _ => Json::Array(vec![Json::String("tag".into()), number(argument.unwrap() as f64), self.item()]),
        }
    }
}

fn number(value: f64) -> Json {
    if value.is_finite() { value.into() } else { value.to_string().into() }
}
