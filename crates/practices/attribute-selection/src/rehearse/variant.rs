//! The ways of selecting types that are compared.

use super::scenario::{Scenario, Stage};

/// One way.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Short id: `list`.
    pub id: &'static str,
    /// Name in column heads.
    pub name: &'static str,
    /// Whether types are described rather than named.
    pub by_attributes: bool,
    /// Whether they may also be of the other architecture, from an image of its own.
    pub on_arm_too: bool,
    /// Whether Spot Instances are launched where capacity is plenty, and replaced before they are taken back.
    pub is_careful: bool,
}

/// All of them; the last two follow the practice.
pub const VARIANTS: [Variant; 4] = [
    Variant {
        id: "list",
        name: "List, lowest price",
        by_attributes: false,
        on_arm_too: false,
        is_careful: false,
    },
    Variant {
        id: "attributes-cheapest",
        name: "Attributes, lowest price",
        by_attributes: true,
        on_arm_too: false,
        is_careful: false,
    },
    Variant {
        id: "attributes",
        name: "Attributes, price and capacity",
        by_attributes: true,
        on_arm_too: false,
        is_careful: true,
    },
    Variant {
        id: "both-architectures",
        name: "Attributes, x86 and Arm",
        by_attributes: true,
        on_arm_too: true,
        is_careful: true,
    },
];

impl Variant {
    /// Whether it follows the practice.
    pub const fn is_practice(&self) -> bool {
        self.by_attributes && self.is_careful
    }

    /// The allocation strategy for Spot.
    pub const fn strategy(&self) -> &'static str {
        if self.is_careful { "price-capacity-optimized" } else { "lowest-price" }
    }

    /// How it differs from the others.
    pub fn description(&self, scenario: &Scenario, stage: &Stage, types: usize, pools: usize) -> String {
        let what = if self.by_attributes {
            let arm = if self.on_arm_too { ", and the same on Arm with a template of its own" } else { "" };
            format!("{}{arm}", stage.needs.words())
        } else {
            scenario.types.join(", ")
        };
        let rebalancing = if self.is_careful { ", with capacity rebalancing" } else { "" };
        format!("{what}: {types} types in {pools} pools; Spot by {}{rebalancing}.", self.strategy())
    }
}
