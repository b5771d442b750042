//! `DateEquals`, `DateLessThan` and so on: ISO 8601 as the W3C profiles it, or seconds since 1970.

use ironbird_wire::timestamp::Timestamp;

use super::Compare;

#[derive(Clone, Debug)]
pub(super) struct Values {
    how: Compare,
    instants: Box<[Timestamp]>,
}

impl Values {
    pub(super) fn new(how: Compare, texts: &[String]) -> Self {
        Self { how, instants: texts.iter().filter_map(|text| parse(text)).collect() }
    }

    pub(super) fn any(&self, value: &str) -> bool {
        let Some(value) = parse(value) else { return false };
        self.instants.iter().any(|instant| self.how.holds(value.cmp(instant)))
    }
}

/// `2026`, `2026-11`, `2026-11-22`, `2026-11-22T10:00Z`, `2026-11-22T10:00:00.5+01:00` or `1795341600`; a time without a zone
/// is taken as UTC.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    if text.len() > 4
        && let Ok(seconds) = text.parse::<i64>()
    {
        return Some(Timestamp::from_secs(seconds));
    }
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let date = match date.len() {
        4 => format!("{date}-01-01"),
        7 => format!("{date}-01"),
        _ => date.to_owned(),
    };
    let Some(time) = time else { return Timestamp::parse_iso8601(&format!("{date}T00:00:00Z")) };
    let zone_at = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let zone = match zone.len() {
        0 | 1 => "Z".to_owned(),
        3 => format!("{zone}:00"),
        _ => zone.to_owned(),
    };
    Timestamp::parse_iso8601(&format!("{date}T{clock}{zone}"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn instants_are_written_in_many_ways() {
        let noon = 1_795_348_800;
        for text in ["2026-11-22T12:00:00Z", "2026-11-22T12:00Z", "2026-11-22T13:00:00+01", "1795348800"] {
            assert_eq!(parse(text).map(|instant| instant.secs()), Some(noon), "{text}");
        }
        assert_eq!(parse("2026-11-22"), parse("2026-11-22T00:00:00Z"));
        assert_eq!(parse("2026"), parse("2026-01-01"));
        for text in ["", "noon", "2026-13-01", "2026-11-22T25:00:00Z", "2026-11-22Tnoon"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
