//! What was used and what it cost.

use ironbird_rig::metering::{self, BillLine, NanoDollars, TagColumn};
use ironbird_rig::{Account, Timestamp, World};
use serde::{Deserialize, Serialize};

use super::{Problem, instant, own_scope, written};

/// The query of `GET bill`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BillQuery {
    /// Twelve digits; all accounts unless given.
    pub account: Option<String>,
    /// Begin of the span; the world's begin unless given.
    pub from: Option<String>,
    /// End of the span; now unless given.
    pub until: Option<String>,
    /// `tag:KEY` tells lines apart by the value that the tag had at the time of use.
    pub by: Option<String>,
}

/// A bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// Begin of the span, where one was asked for.
    pub from: Option<String>,
    /// End of the span.
    pub until: String,
    /// `USD`
    pub currency: String,
    /// By account, Region, service and usage type.
    pub lines: Vec<Line>,
    /// Sum of what has a price, exact to a billionth.
    pub total: String,
    /// Usage types without a known price, which the total leaves out.
    pub unpriced: Vec<String>,
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Account that pays.
    pub account: String,
    /// Where it was used.
    pub region: String,
    /// `AmazonEC2`
    pub service: String,
    /// `BoxUsage:m5.large`
    pub usage_type: String,
    /// `Hrs`
    pub unit: String,
    /// How many units.
    pub quantity: f64,
    /// In dollars; none where no price is known.
    pub cost: Option<String>,
    /// The value of the tag that lines are told apart by; none for what did not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// Adds up a bill.
pub(super) fn show(world: &World, query: &BillQuery) -> Result<Bill, Problem> {
    let account = match &query.account {
        Some(text) => Some(
            Account::parse(text)
                .ok_or_else(|| Problem::invalid(format!("account `{text}` is not twelve digits")))?,
        ),
        None => None,
    };
    let from = query.from.as_deref().map(|text| instant("from", text)).transpose()?;
    let until = query.until.as_deref().map(|text| instant("until", text)).transpose()?;
    let until = until.unwrap_or_else(|| world.clock().now());
    if from.is_some_and(|from| from >= until) {
        return Err(Problem::invalid(format!("the span ends at {} before it begins", written(until))));
    }
    let begin = from.unwrap_or(Timestamp::EPOCH);
    let columns: Vec<TagColumn> = by(query)?.into_iter().collect();
    let lines = world.look(own_scope(world), |ctx| {
        Ok(metering::tagged_bills(ctx, account, &[begin, until], &columns).pop().unwrap_or_default())
    })?;
    let total: NanoDollars = lines.iter().filter_map(|line| line.cost).sum();
    let mut unpriced: Vec<String> =
        lines.iter().filter(|line| line.cost.is_none()).map(|line| line.usage_type.clone()).collect();
    unpriced.sort_unstable();
    unpriced.dedup();
    Ok(Bill {
        from: from.map(written),
        until: written(until),
        currency: "USD".to_owned(),
        lines: lines.iter().map(line).collect(),
        total: dollars(total),
        unpriced,
    })
}

/// What lines are told apart by besides their usage type. The rig's own report needs no activation of the tag.
fn by(query: &BillQuery) -> Result<Option<TagColumn>, Problem> {
    let Some(text) = &query.by else { return Ok(None) };
    match text.strip_prefix("tag:").filter(|key| !key.is_empty()) {
        Some(key) => Ok(Some(TagColumn::always(key))),
        None => Err(Problem::invalid(format!("by `{text}` is not of the form tag:KEY"))),
    }
}

fn line(line: &BillLine) -> Line {
    Line {
        account: line.account.to_string(),
        region: line.region.to_string(),
        service: line.service.clone(),
        usage_type: line.usage_type.clone(),
        unit: line.unit.clone(),
        quantity: line.quantity(),
        cost: line.cost.map(dollars),
        tag: line.tags.first().cloned().flatten(),
    }
}

/// Billionths of a dollar as a decimal number.
pub(super) fn dollars(nanos: NanoDollars) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    format!("{sign}{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::dollars;

    #[test]
    fn dollars_are_exact() {
        assert_eq!(dollars(0), "0.000000000");
        assert_eq!(dollars(96_000_001), "0.096000001");
        assert_eq!(dollars(-1_500_000_000), "-1.500000000");
    }
}
