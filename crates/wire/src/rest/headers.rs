//! Members in headers, the same way for requests and responses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderMap, HeaderName};

use crate::field::{Field, List, Map, Slot, Structure, View};
use crate::http::header_value;
use crate::names;
use crate::rejection::Rejection;
use crate::schema::{Kind, Location, Member, Service, Shape, TimestampFormat};
use crate::text::{self, Reading, Writing};
use crate::walk::{Walk, misfit, slot, timestamp_format};

/// Fills the members that travel in headers.
pub(crate) fn decode_headers(
    walk: &mut Walk<'_>,
    shape: &Shape,
    headers: &HeaderMap,
    into: &mut dyn Structure,
) -> Result<(), Rejection> {
    for (index, member) in shape.members.iter().enumerate() {
        let name = names::plain(member);
        let filled = match member.location {
            Location::Header => decode_header(walk, member, headers, into.field_mut(index)),
            Location::Headers => decode_prefixed(walk, member, headers, into.field_mut(index)),
            _ => continue,
        };
        filled.map_err(|rejection| rejection.at(name))?;
    }
    Ok(())
}

fn decode_header(
    walk: &mut Walk<'_>,
    member: &Member,
    headers: &HeaderMap,
    field: &mut dyn Field,
) -> Result<(), Rejection> {
    let values: Result<Vec<&str>, _> = headers
        .get_all(names::plain(member))
        .iter()
        .map(|value| std::str::from_utf8(value.as_bytes()))
        .collect();
    let values = values.map_err(|_| Rejection::malformed("the header is not UTF-8"))?;
    let Some(first) = values.first() else { return Ok(()) };
    let shape = walk.target(member);
    let format = timestamp_format(member, shape, TimestampFormat::HttpDate);
    match slot(field, shape) {
        Slot::List(into) => list(walk, shape, &values.join(","), into),
        Slot::String(into) if member.json_value => {
            let decoded = text::blob(first.trim(), walk.lenient)?;
            *into =
                String::from_utf8(decoded).map_err(|_| Rejection::malformed("the header is not UTF-8"))?;
            Ok(())
        }
        _ if values.len() > 1 && !walk.lenient => {
            Err(Rejection::malformed("the header is given more than once"))
        }
        scalar => text::parse(scalar, first.trim(), Reading { format, lenient: walk.lenient }),
    }
}

fn list(walk: &mut Walk<'_>, shape: &Shape, joined: &str, into: &mut dyn List) -> Result<(), Rejection> {
    let [element] = shape.elements.as_slice() else { return Err(misfit(shape)) };
    let target = walk.target(element);
    let format = timestamp_format(element, target, TimestampFormat::HttpDate);
    let dates = target.kind == Kind::Timestamp && format == TimestampFormat::HttpDate;
    for (position, item) in split_list(joined, dates)?.iter().enumerate() {
        walk.spend()?;
        let filled = text::parse(slot(into.push(), target), item, Reading { format, lenient: walk.lenient });
        filled.map_err(|rejection| rejection.at_index(position))?;
    }
    Ok(())
}

/// The items of a comma-separated list, in which quotes may protect commas. With `dates`, every second comma
/// belongs to an HTTP date.
fn split_list(text: &str, dates: bool) -> Result<Vec<String>, Rejection> {
    let mut items = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (item, tail) = if let Some(quoted) = rest.strip_prefix('"') {
            unquote(quoted)?
        } else {
            let mut commas = rest.match_indices(',').map(|(at, _)| at);
            let end = if dates { commas.nth(1) } else { commas.next() }.unwrap_or(rest.len());
            (rest[..end].trim_end().to_owned(), &rest[end..])
        };
        items.push(item);
        let tail = tail.trim_start();
        rest = match tail.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if tail.is_empty() => tail,
            None => return Err(Rejection::malformed("something follows a quoted string in a list")),
        };
    }
    Ok(items)
}

/// The text up to the closing quote, and what follows it.
fn unquote(text: &str) -> Result<(String, &str), Rejection> {
    let mut item = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((item, &text[at + 1..])),
            '\\' => item.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => item.push(character),
        }
    }
    Err(Rejection::malformed("a quoted string in a list has no end"))
}

fn decode_prefixed(
    walk: &mut Walk<'_>,
    member: &Member,
    headers: &HeaderMap,
    field: &mut dyn Field,
) -> Result<(), Rejection> {
    let prefix = names::plain(member).to_ascii_lowercase();
    let matching = headers.iter().filter(|(name, _)| name.as_str().starts_with(&prefix));
    let shape = walk.target(member);
    let Slot::Map(into) = slot(field, shape) else { return Err(misfit(shape)) };
    let [_, value] = shape.elements.as_slice() else { return Err(misfit(shape)) };
    let target = walk.target(value);
    let format = timestamp_format(value, target, TimestampFormat::HttpDate);
    for (name, text) in matching {
        walk.spend()?;
        let text = std::str::from_utf8(text.as_bytes())
            .map_err(|_| Rejection::malformed("the header is not UTF-8"))?;
        let place = into.entry(name.as_str()[prefix.len()..].to_owned());
        match slot(place, target) {
            Slot::List(items) => list(walk, target, text, items)?,
            scalar => text::parse(scalar, text, Reading { format, lenient: walk.lenient })?,
        }
    }
    Ok(())
}

/// Writes the members that travel in headers.
pub(crate) fn encode_headers(
    service: &Service,
    shape: &Shape,
    value: &dyn Structure,
    headers: &mut HeaderMap,
) {
    for (index, member) in shape.members.iter().enumerate() {
        let view = value.field(index).view();
        match (member.location, view) {
            (Location::Header, view) => {
                let text = header_text(service, member, &view);
                if let Some(text) = text {
                    insert(headers, names::plain(member), &text);
                }
            }
            (Location::Headers, View::Map(map)) => encode_prefixed(service, member, map, headers),
            _ => {}
        }
    }
}

fn insert(headers: &mut HeaderMap, name: &str, text: &str) {
    // A name that HTTP cannot carry (made of a map's key) has no way to be sent.
    if let (Ok(name), Some(value)) = (HeaderName::from_bytes(name.as_bytes()), header_value(text)) {
        headers.insert(name, value);
    }
}

fn header_text(service: &Service, member: &Member, view: &View<'_>) -> Option<String> {
    let shape = service.shape(member.target);
    let mut out = String::new();
    match view {
        View::List(list) if list.is_empty() => return None,
        View::List(list) => list_text(service, shape, *list, &mut out),
        View::String(text) if member.json_value => STANDARD.encode_string(text, &mut out),
        scalar => {
            let format = timestamp_format(member, shape, TimestampFormat::HttpDate);
            if !text::write(&mut out, scalar, Writing { format, millis: false }) {
                return None;
            }
        }
    }
    Some(out)
}

fn list_text(service: &Service, shape: &Shape, list: &dyn List, out: &mut String) {
    let Some(element) = shape.elements.first() else { return };
    let target = service.shape(element.target);
    let format = timestamp_format(element, target, TimestampFormat::HttpDate);
    for index in 0..list.len() {
        if index > 0 {
            out.push_str(", ");
        }
        match list.get(index).view() {
            View::String(text) if text.is_empty() || text.contains([',', '"']) || text.trim() != text => {
                quote(out, text);
            }
            scalar => _ = text::write(out, &scalar, Writing { format, millis: false }),
        }
    }
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
}

fn encode_prefixed(service: &Service, member: &Member, map: &dyn Map, headers: &mut HeaderMap) {
    let shape = service.shape(member.target);
    let Some(value) = shape.elements.get(1) else { return };
    map.each(&mut |key, field| {
        if let Some(text) = header_text(service, value, &field.view()) {
            insert(headers, &format!("{}{key}", names::plain(member)), &text);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_quoted_commas() {
        let items = split_list(r#""b,c", "\"def\"", a ,"" "#, false).unwrap();
        assert_eq!(items, ["b,c", "\"def\"", "a", ""]);
        assert!(split_list("\"a", false).is_err());
        assert!(split_list("\"a\"b", false).is_err());
    }

    #[test]
    fn dates_keep_their_comma() {
        let items = split_list("Mon, 16 Dec 2019 23:48:18 GMT, Mon, 16 Dec 2019 23:48:18 GMT", true).unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[1], "Mon, 16 Dec 2019 23:48:18 GMT");
    }
}
