//! The form of `data/iam_reference.txt.gz`: lines of cells, tabs between them, the first of which says what the line is.
//!
//! - `#`: where it all comes from.
//! - `S` prefix, name: the lines that follow are of this service. Services are sorted.
//! - `K` name, kind: a condition key. Others name it by its position among the service's, from 0.
//! - `R` name, form of the ARN, keys: a kind of resource.
//! - `A` name, level (R read, L list, W write, P permissions, T tagging), keys, resources: an action. Resources are `name:keys`, or
//!   `name*:keys` where one is required, with `|` between them.

use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::GzDecoder;

use super::{Action, Closed, Key, Level, ResourceType, ResourceUse, Service};

static BYTES: &[u8] = include_bytes!("../../../../data/iam_reference.txt.gz");

/// Every service, sorted, still to be read.
pub(super) fn services() -> &'static [Closed] {
    static SERVICES: OnceLock<Vec<Closed>> = OnceLock::new();
    SERVICES.get_or_init(|| {
        static TEXT: OnceLock<String> = OnceLock::new();
        let text = TEXT.get_or_init(|| {
            let mut text = String::new();
            let read = GzDecoder::new(BYTES).read_to_string(&mut text);
            read.expect("the reference that is built in can be decompressed");
            text
        });
        // Each part is the rest of a service's own line, a line's end, and the lines that follow.
        let parts = text.split("\nS\t").skip(1).filter_map(|part| part.split_once('\n'));
        let services = parts.filter_map(|(own, text)| {
            let (prefix, name) = own.split_once('\t')?;
            Some(Closed { prefix, name, text, opened: OnceLock::new() })
        });
        services.collect()
    })
}

/// Reads a service's lines.
pub(super) fn service(prefix: &'static str, text: &'static str) -> Service {
    let mut service = Service { prefix, keys: Vec::new(), resources: Vec::new(), actions: Vec::new() };
    for line in text.lines() {
        let cells: Vec<&'static str> = line.split('\t').collect();
        match cells.as_slice() {
            ["K", name, kind] => service.keys.push(Key { name, kind }),
            ["R", name, arn, keys] => {
                service.resources.push(ResourceType { name, arn, keys: positions(keys) })
            }
            ["A", name, level, keys, resources] => service.actions.push(Action {
                name,
                folded: name.to_ascii_lowercase().into(),
                level: self::level(level),
                resources: resources.split('|').filter_map(resource_use).collect(),
                keys: positions(keys),
            }),
            _ => {}
        }
    }
    service
}

fn resource_use(cell: &'static str) -> Option<ResourceUse> {
    let (name, keys) = cell.split_once(':')?;
    let (name, required) = match name.strip_suffix('*') {
        Some(name) => (name, true),
        None => (name, false),
    };
    Some(ResourceUse { name, required, keys: positions(keys) })
}

fn positions(cell: &str) -> Vec<u16> {
    cell.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

fn level(letter: &str) -> Level {
    match letter {
        "R" => Level::Read,
        "L" => Level::List,
        "P" => Level::Permissions,
        "T" => Level::Tagging,
        _ => Level::Write,
    }
}
