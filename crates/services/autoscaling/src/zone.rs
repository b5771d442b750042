//! Time zones by their names in the IANA Time Zone Database, which is part of the binary: what a machine has under
//! `/usr/share/zoneinfo` would make two of them run one seed differently.

use std::sync::LazyLock;

use ironbird_rig::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A zone, and with it all changes of its clocks.
#[derive(Clone, Debug)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// The zone of exactly that name, such as `Pacific/Tahiti` or `Etc/GMT+9`; older names of zones are names too.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let zone = DATABASE.get(name).ok()?;
        // The database does not mind case; AWS takes names as they are written there.
        (zone.iana_name() == Some(name)).then_some(Self(zone))
    }

    /// Universal time, the zone of schedules that name none.
    pub(crate) const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// What the zone's clocks show then; all instants of ours are within what it covers.
    pub(crate) fn clock(&self, instant: Timestamp) -> Option<DateTime> {
        let instant = jiff::Timestamp::from_second(instant.secs()).ok()?;
        Some(self.0.to_datetime(instant))
    }

    /// When the zone's clocks show that minute of that day. None where they are put forward over it, and the first of both
    /// where they are put back to it: the documentation of Auto Scaling does not say what becomes of either, so this is what
    /// EventBridge Scheduler documents ("Daylight savings time" in its user guide).
    pub(crate) fn instant(&self, day: Date, minute: i64) -> Option<Timestamp> {
        let hour = i8::try_from(minute / 60).ok()?;
        let shown = day.at(hour, i8::try_from(minute % 60).ok()?, 0, 0);
        let both = self.0.to_ambiguous_timestamp(shown);
        if matches!(both.offset(), AmbiguousOffset::Gap { .. }) {
            return None;
        }
        both.earlier().ok().map(|instant| Timestamp::from_secs(instant.as_second()))
    }
}

#[cfg(test)]
mod tests {
    use super::Zone;

    #[test]
    fn zones_have_the_names_of_the_database_and_no_others() {
        for name in
            ["UTC", "Etc/UTC", "Etc/GMT+9", "Pacific/Tahiti", "America/Argentina/Buenos_Aires", "US/Pacific"]
        {
            assert!(Zone::named(name).is_some(), "{name}");
        }
        for name in ["", "europe/berlin", "CEST", "+02:00", "Europe/Atlantis", "Etc/Unknown", "../etc/passwd"]
        {
            assert!(Zone::named(name).is_none(), "{name}");
        }
    }
}
