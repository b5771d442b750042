//! The groups that are compared.

use super::scenario::Scenario;
use super::workload::Steps;

/// One group.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Short id: `wide-small`.
    pub id: &'static str,
    /// Name in column heads.
    pub name: &'static str,
    /// Whether it selects types by attributes, over all zones, rather than naming one in few zones.
    pub flexible: bool,
    /// How its desired capacity follows the demand.
    pub steps: Steps,
}

/// The four of them; the last follows the practice.
pub const VARIANTS: [Variant; 4] = [
    Variant { id: "one-big", name: "One type, big steps", flexible: false, steps: Steps::Big },
    Variant { id: "one-small", name: "One type, small early steps", flexible: false, steps: Steps::Small },
    Variant { id: "many-big", name: "By attributes, big steps", flexible: true, steps: Steps::Big },
    Variant {
        id: "many-small",
        name: "By attributes, small early steps",
        flexible: true,
        steps: Steps::Small,
    },
];

impl Variant {
    /// Whether it follows the practice as a whole.
    pub fn is_practice(&self) -> bool {
        self.flexible && self.steps == Steps::Small
    }

    /// How it differs from the others.
    pub fn description(&self, scenario: &Scenario, types: usize, pools: usize) -> String {
        let what = if self.flexible {
            format!(
                "At least what {} has, up to twice that, over all zones: {types} types in {pools} pools stay within {} % of \
                 the reference price, lowest price first.",
                scenario.instance_type, scenario.price_protection_percent
            )
        } else {
            format!("{} in {} zones, {pools} pools.", scenario.instance_type, scenario.zones)
        };
        let how = match self.steps {
            Steps::Big => format!(
                "Adds {} instances at once when the demand is above what was asked for.",
                scenario.instances_of(scenario.big_step.share)
            ),
            Steps::Small => format!(
                "Adds up to {} instances every {} min, for the demand expected in {} min and {} more.",
                scenario.instances_of(scenario.small_steps.share),
                scenario.small_steps.every,
                scenario.small_steps.ahead,
                (f64::from(scenario.instances) * scenario.small_steps.headroom).round()
            ),
        };
        format!("{what} {how}")
    }
}
