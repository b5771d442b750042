//! What is added up: costs, and quantities used.

use std::collections::{BTreeMap, BTreeSet};

use ironbird_api::ce as api;
use ironbird_rig::metering::BillLine;
use ironbird_rig::{Ctx, Result};

use crate::validation;

/// Metrics that are costs.
const COSTS: [&str; 5] =
    ["AmortizedCost", "BlendedCost", "NetAmortizedCost", "NetUnblendedCost", "UnblendedCost"];

const QUANTITY: &str = "UsageQuantity";

/// A quantity is given with ten decimals.
const WHOLE: i128 = 10_000_000_000;

/// Something that is measured, by its name in answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Metric(&'static str);

impl Metric {
    /// Reads a metric's name. Requests may also write `UNBLENDED_COST`.
    ///
    /// # Errors
    /// `ValidationException` for one that there is not, `UnsupportedOperation` for the one that is not measured here.
    pub(crate) fn parse(name: &str) -> Result<Self> {
        let plain: String = name.chars().filter(|letter| *letter != '_').collect();
        let known = COSTS.into_iter().chain([QUANTITY]).find(|known| known.eq_ignore_ascii_case(&plain));
        match known {
            Some(known) => Ok(Self(known)),
            None if plain.eq_ignore_ascii_case("NormalizedUsageAmount") => {
                Err(Ctx::unsupported("metric NormalizedUsageAmount", "ask for UsageQuantity"))
            }
            None => Err(validation(format!("Metric {name} is invalid."))),
        }
    }
}

/// What was used, added up.
#[derive(Default)]
pub(crate) struct Sum {
    /// Nano-dollars.
    cost: i64,
    /// Ten-billionths of the unit.
    quantity: i128,
    units: BTreeSet<String>,
}

impl Sum {
    /// Adds a line.
    pub(crate) fn add(&mut self, line: &BillLine) {
        self.cost = self.cost.saturating_add(line.cost.unwrap_or(0));
        self.quantity += i128::from(line.milliseconds) * WHOLE / i128::from(line.milliseconds_a_unit());
        self.units.insert(line.unit.clone());
    }

    /// Adds what another one has.
    pub(crate) fn merge(&mut self, other: Self) {
        self.cost = self.cost.saturating_add(other.cost);
        self.quantity += other.quantity;
        self.units.extend(other.units);
    }

    /// How much it is by one metric, to sort by.
    pub(crate) fn of(&self, metric: Metric) -> i128 {
        if metric.0 == QUANTITY { self.quantity } else { i128::from(self.cost) }
    }

    /// The metrics as an answer has them.
    pub(crate) fn shown(&self, metrics: &[Metric]) -> BTreeMap<String, api::MetricValue> {
        let value = |metric: &Metric| {
            let (amount, unit) =
                if metric.0 == QUANTITY { self.quantity() } else { (dollars(self.cost), "USD".to_owned()) };
            (metric.0.to_owned(), api::MetricValue { amount: Some(amount), unit: Some(unit) })
        };
        metrics.iter().map(value).collect()
    }

    /// Quantities of different things cannot be added up in one unit; Cost Explorer then says `N/A`.
    fn quantity(&self) -> (String, String) {
        let unit = match self.units.len() {
            1 => self.units.first().cloned().unwrap_or_default(),
            _ => "N/A".to_owned(),
        };
        (format!("{}.{:010}", self.quantity / WHOLE, self.quantity % WHOLE), unit)
    }
}

/// Ten decimals, as Cost Explorer writes amounts.
fn dollars(nanos: i64) -> String {
    format!("{}.{:09}0", nanos / 1_000_000_000, nanos % 1_000_000_000)
}
