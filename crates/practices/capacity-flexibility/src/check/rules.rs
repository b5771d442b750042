//! The rules, with where their figures come from.

use ironbird_report::{Rule, Severity};

/// A group of one type is an error; one of fewer types than this is a warning. The post gives no number ("as many
/// instance types as you can"); this one is ours: with four types in three zones, no single dry pool takes more than a
/// tenth of what the group may draw on.
pub const ENOUGH_TYPES: usize = 4;

/// A step above this share of the group's maximum is too large. The post gives no number; ours lets a group grow from
/// nothing to its maximum in no fewer than four steps.
pub const LARGE_STEP_SHARE: f64 = 0.25;

/// A step of fewer instances is never too large.
pub const LARGE_STEP_LEAST: f64 = 5.0;

/// A target above this share of CPU leaves too little for the minutes until new instances serve. Ours.
pub const LATE_CPU_TARGET: f64 = 70.0;

/// A pause after a step above so many seconds, AWS's default for simple scaling, delays the next one too long.
pub const LATE_COOLDOWN: i32 = 300;

/// Fewer types than this after price protection, where the attributes match at least twice as many, is a warning. AWS
/// advises ten types for Spot; we take the same for On-Demand.
pub const ENOUGH_PROTECTED: usize = 10;

/// A failed launch is retried when the same caller launches within so many seconds.
pub const RETRY_SECONDS: i64 = 900;

/// The audit log is read so many days back.
pub const AUDIT_DAYS: i64 = 14;

/// The group may launch few types.
pub const NARROW_TYPES: Rule = Rule::new(
    "capacity-flexibility/narrow-types",
    Severity::Error,
    "Group can launch few instance types",
    "A pool is a type in a zone. A group of one type stops growing when the pools of that type run dry; a group that selects \
     types by attributes goes on with the next one. Reads the launch template or configuration, the mixed instances policy, \
     the types with such attributes and where they are offered. One type is an error, two or three are a warning (our \
     number).",
);

/// The group leaves out zones.
pub const UNUSED_ZONES: Rule = Rule::new(
    "capacity-flexibility/unused-zones",
    Severity::Warning,
    "Group leaves out zones of the Region",
    "Each zone has pools of its own, and Auto Scaling cycles through the zones of a group when launches fail in one. Reads \
     the group's zones and the zones of the Region that offer a type that it can launch. One zone is an error.",
);

/// The On-Demand minimum is not reserved.
pub const UNCOVERED_BASELINE: Rule = Rule::new(
    "capacity-flexibility/uncovered-baseline",
    Severity::Note,
    "On-Demand minimum is not covered by open Capacity Reservations",
    "Capacity that must always be there can be reserved; the post advises to reserve only when you really need to, so this is \
     a note. Reads the group's minimum, its On-Demand share and the active open reservations of its types in its zones; a \
     reservation counts for one group only.",
);

/// The group grows in large or late steps.
pub const SCALING_STEPS: Rule = Rule::new(
    "capacity-flexibility/scaling-too-large-or-late",
    Severity::Warning,
    "Group scales in steps that are too large or come too late",
    "Small batches, early and often, find capacity that one large late request does not. Reads scaling policies and past \
     activities. Too large: more than a quarter of the group's maximum and at least 5 instances at once. Too late: a CPU \
     target above 70 %, or a cooldown above 300 s, AWS's default (the first two numbers are ours).",
);

/// Launches failed for lack of capacity.
pub const LAUNCH_FAILURES: Rule = Rule::new(
    "capacity-flexibility/launch-failures",
    Severity::Warning,
    "Launches failed for lack of capacity",
    "A group that has failed to launch for lack of capacity draws on too few pools. Reads the scaling activities, which AWS \
     keeps for six weeks.",
);

/// Launches failed and nobody tried again.
pub const UNRETRIED_LAUNCHES: Rule = Rule::new(
    "capacity-flexibility/unretried-launches",
    Severity::Error,
    "Launches failed for lack of capacity and were not retried",
    "Whoever calls RunInstances must retry on InsufficientInstanceCapacity and InternalError. Reads RunInstances events of \
     the last 14 days from CloudTrail; a launch by the same caller within 15 minutes counts as a retry. Calls that Auto \
     Scaling or a fleet made are left out: these retry by themselves.",
);

/// A fleet of one type.
pub const ONE_TYPE_FLEET: Rule = Rule::new(
    "capacity-flexibility/one-type-fleet",
    Severity::Warning,
    "Fleet can launch one instance type only",
    "A fleet is made to try the next type when one is dry; with one type it cannot. Reads the fleets that are not deleted.",
);

/// Price protection leaves few types.
pub const PRICE_PROTECTION: Rule = Rule::new(
    "capacity-flexibility/price-protection",
    Severity::Warning,
    "Price protection leaves few of the types that have the attributes",
    "Attribute-based selection leaves out types that cost more than 20 % above the cheapest current C, M or R type, unless \
     OnDemandMaxPricePercentageOverLowestPrice says otherwise. The preview in the console does not apply it, so a group \
     often has far fewer types than it shows. Calculated with the On-Demand prices of our catalogue, not read from the \
     account. Found where fewer than 10 types are left and that is less than half.",
);

/// All rules, in the order of reports.
pub const ALL: [Rule; 8] = [
    NARROW_TYPES,
    UNUSED_ZONES,
    UNCOVERED_BASELINE,
    SCALING_STEPS,
    LAUNCH_FAILURES,
    UNRETRIED_LAUNCHES,
    ONE_TYPE_FLEET,
    PRICE_PROTECTION,
];
