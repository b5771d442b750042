//! CloudTrail: who called what. The rig keeps an audit record of every call; this service shows them as AWS
//! does. Trails, event data stores and insights are still to come.

mod lookup;
mod record;

use ironbird_api::cloudtrail as api;
use ironbird_rig::ServiceDef;

/// The service, for [`ironbird_rig::World`].
pub fn service() -> ServiceDef {
    ServiceDef::new("cloudtrail")
        .read::<api::LookupEvents>(lookup::lookup_events)
        .refuses::<api::LookupEvents>(&[(
            "EventCategory",
            "there are no insight events, only management events",
        )])
}
