//! A pull reader over XML that yields only what the decoders look at.

use quick_xml::events::{BytesRef, BytesStart, Event as Raw};

use crate::rejection::Rejection;

/// How many attributes an element may have; models have at most three.
const ATTRIBUTES: usize = 64;

/// What comes next in a document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// An element begins: its name without prefix, and its attributes.
    Start(Element),
    /// The element ends.
    End,
    /// The document ends.
    Eof,
}

/// The beginning of an element.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// Name without prefix.
    pub(crate) name: String,
    /// Names with their prefixes, and values.
    pub(crate) attributes: Vec<(String, String)>,
}

/// Reads one document held in memory.
pub(crate) struct Reader<'a> {
    inner: quick_xml::Reader<&'a [u8]>,
    /// An empty element was given as a start; its end is still owed.
    pending_end: bool,
    /// Text seen since the last start or end.
    text: String,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(document: &'a str) -> Self {
        let mut inner = quick_xml::Reader::from_str(document);
        inner.config_mut().check_end_names = true;
        Self { inner, pending_end: false, text: String::new() }
    }

    /// The next start, end or the end of all. Text on the way is kept for [`Reader::text`].
    pub(crate) fn next(&mut self) -> Result<Event, Rejection> {
        self.text.clear();
        if std::mem::take(&mut self.pending_end) {
            return Ok(Event::End);
        }
        loop {
            match self.inner.read_event().map_err(broken)? {
                Raw::Start(start) => return Ok(Event::Start(element(&start)?)),
                Raw::Empty(start) => {
                    self.pending_end = true;
                    return Ok(Event::Start(element(&start)?));
                }
                Raw::End(_) => return Ok(Event::End),
                Raw::Eof => return Ok(Event::Eof),
                Raw::Text(text) => self.text.push_str(&text.xml10_content()),
                Raw::CData(text) => self.text.push_str(&text.xml10_content()),
                Raw::GeneralRef(reference) => self.text.push(resolve(&reference)?),
                Raw::DocType(_) => {
                    return Err(Rejection::malformed("document type declarations are not accepted in XML"));
                }
                Raw::Comment(_) | Raw::Decl(_) | Raw::PI(_) => {}
            }
        }
    }

    /// The root element.
    pub(crate) fn root(&mut self) -> Result<Element, Rejection> {
        match self.next()? {
            Event::Start(element) if self.text.trim().is_empty() => Ok(element),
            _ => Err(Rejection::malformed("the XML document has no root element")),
        }
    }

    /// The text of the element just started, up to its end. Elements inside are passed over.
    pub(crate) fn text(&mut self) -> Result<String, Rejection> {
        let mut whole = String::new();
        loop {
            let event = self.next()?;
            whole.push_str(&self.text);
            match event {
                Event::Start(_) => self.skip()?,
                Event::End => return Ok(whole),
                Event::Eof => return Err(Rejection::malformed("the XML document ends inside an element")),
            }
        }
    }

    /// Passes over the rest of the element just started.
    pub(crate) fn skip(&mut self) -> Result<(), Rejection> {
        let mut open = 1_usize;
        while open > 0 {
            match self.next()? {
                Event::Start(_) => open += 1,
                Event::End => open -= 1,
                Event::Eof => return Err(Rejection::malformed("the XML document ends inside an element")),
            }
        }
        Ok(())
    }

    /// The next element inside the current one; `None` at its end.
    pub(crate) fn child(&mut self) -> Result<Option<Element>, Rejection> {
        match self.next()? {
            Event::Start(element) => Ok(Some(element)),
            Event::End => Ok(None),
            Event::Eof => Err(Rejection::malformed("the XML document ends inside an element")),
        }
    }

    /// Makes sure that nothing follows the root element.
    pub(crate) fn finish(&mut self) -> Result<(), Rejection> {
        match self.next()? {
            Event::Eof if self.text.trim().is_empty() => Ok(()),
            _ => Err(Rejection::malformed("something follows the root element of the XML document")),
        }
    }
}

fn broken(error: impl std::fmt::Display) -> Rejection {
    Rejection::malformed(format!("the XML cannot be read: {error}"))
}

fn element(start: &BytesStart<'_>) -> Result<Element, Rejection> {
    let name = start.local_name().into_inner().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        // Each is compared with all before it.
        if attributes.len() == ATTRIBUTES {
            return Err(Rejection::too_large("an XML element has too many attributes"));
        }
        let attribute = attribute.map_err(broken)?;
        let key = attribute.key.into_inner().to_owned();
        let value = quick_xml::escape::unescape(&attribute.value).map_err(broken)?.into_owned();
        attributes.push((key, value));
    }
    Ok(Element { name, attributes })
}

/// A character reference or one of the five predefined entities.
fn resolve(reference: &BytesRef<'_>) -> Result<char, Rejection> {
    if let Some(character) = reference.resolve_char_ref().map_err(broken)? {
        return Ok(character);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(Rejection::malformed("an entity of the XML document is not defined")),
    }
}
