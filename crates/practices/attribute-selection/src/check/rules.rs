//! The rules, with where their figures come from.

use ironbird_report::{Rule, Severity};

/// Fewer types than this are few. AWS advises to be flexible over at least ten types for Spot; for On-Demand we take the
/// same.
pub const ENOUGH_TYPES: usize = 10;

/// Types are listed by name.
pub const TYPE_LIST: Rule = Rule::new(
    "attribute-selection/type-list",
    Severity::Warning,
    "Types are listed where attributes would say which do",
    "A list of types goes out of date: types that come later are not on it. Attributes draw on all that do, now and later. \
     Reads the overrides and launch templates of groups and fleets, and what the types that they name have in common; the \
     advice carries the InstanceRequirements that say so. Types with accelerators, on bare metal, or of both architectures \
     are left out, as what they have in common says too little. A list of ten or more types is a note.",
);

/// Attributes that few types have.
pub const FEW_TYPES: Rule = Rule::new(
    "attribute-selection/few-types",
    Severity::Warning,
    "Attributes leave few types to launch",
    "AWS advises to be flexible over at least ten types. Reads the attributes of groups, fleets and launch templates, asks for \
     the types that have them, and takes away those that price protection leaves out, by the catalogue's prices, On-Demand \
     and Spot each by its own. Where few are left, each attribute is left out in turn and the preview asked again, which \
     tells which one excludes most. Attributes that no type has are an error: nothing can be launched.",
);

/// What runs is not what the attributes give.
pub const OUTDATED: Rule = Rule::new(
    "attribute-selection/outdated-instances",
    Severity::Warning,
    "Instances run on types that would not be launched again",
    "Instances stay when attributes or lists change, so that the preview says nothing of what is running. Reads the types of \
     instances in service and what would be launched now.",
);

/// Spot goes by the lowest price.
pub const LOWEST_PRICE: Rule = Rule::new(
    "attribute-selection/spot-lowest-price",
    Severity::Warning,
    "Spot Instances are taken where they are cheapest",
    "The cheapest pools are those that are taken back most often. AWS recommends capacity-optimized, which takes from the \
     pools with most capacity, or price-capacity-optimized, which takes the cheapest of those. The lowest price is what \
     AWS fills in where no strategy is given. Reads the allocation strategy of groups and fleets that buy Spot.",
);

/// Spot Instances at risk are not replaced.
pub const NO_REBALANCING: Rule = Rule::new(
    "attribute-selection/no-rebalancing",
    Severity::Warning,
    "Spot Instances at risk are not replaced before they are taken back",
    "With capacity rebalancing an instance at an elevated risk of interruption is replaced when the recommendation comes, \
     rather than after it is gone: the notice comes two minutes before. Reads CapacityRebalance of groups, \
     SpotOptions.MaintenanceStrategies of EC2 Fleets and SpotMaintenanceStrategies of Spot Fleets that keep their capacity.",
);

/// Spot was meant and is never bought.
pub const NEVER_SPOT: Rule = Rule::new(
    "attribute-selection/never-spot",
    Severity::Error,
    "Group is set up for Spot and never launches any",
    "OnDemandPercentageAboveBaseCapacity is 100 unless it is given, so that a group with a Spot allocation strategy and nothing \
     more is On-Demand, at the list price. Its share is rounded up, too: a group of one at 50 % is On-Demand. Reads the \
     instances distribution and CapacityRebalance; the group is counted at its maximum size.",
);

/// A minimum is missing.
pub const NO_MINIMUM: Rule = Rule::new(
    "attribute-selection/no-minimum",
    Severity::Note,
    "Attributes have a maximum and no minimum",
    "memory_mib and vcpu_count are the two attributes that must be given. Terraform lets their minimum out and then sends 0: \
     types come in that are far smaller than meant. Reads the attributes; found where a minimum is 0 although there is a \
     maximum.",
);

/// The template's attributes have no effect.
pub const TEMPLATE_OVERRIDDEN: Rule = Rule::new(
    "attribute-selection/template-overridden",
    Severity::Note,
    "Overrides take the place of the launch template's attributes",
    "Attributes in a launch template are a guardrail only for those who give none: an override takes their place whole, it \
     does not add to them. Reads overrides and the launch templates that they are over.",
);

/// All rules, in the order of reports.
pub const ALL: [Rule; 8] = [
    TYPE_LIST,
    FEW_TYPES,
    OUTDATED,
    LOWEST_PRICE,
    NO_REBALANCING,
    NEVER_SPOT,
    NO_MINIMUM,
    TEMPLATE_OVERRIDDEN,
];
