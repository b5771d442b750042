//! `ironbird bill`

use clap::Args;
use ironbird_gateway::own::bill::{Bill as Statement, BillQuery, Line};

use crate::remote::Remote;
use crate::{Verdict, output};

/// Show what was used and what it cost
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird bill
  ironbird bill --by tag:team
  ironbird bill --from 2026-03-01T00:00:00Z --until 2026-04-01T00:00:00Z --account 123456789012 --json")]
pub struct Bill {
    #[command(flatten)]
    remote: Remote,
    /// Only this account
    #[arg(long)]
    account: Option<String>,
    /// Begin of the span, such as 2026-03-01T00:00:00Z; the beginning of the world unless given
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// End of the span; now unless given
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Tell lines apart by the value that a tag had at the time of use: tag:KEY
    #[arg(long, value_name = "tag:KEY")]
    by: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Bill {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let tag = self.by.as_deref().map(|by| by.strip_prefix("tag:").unwrap_or(by).to_owned());
        let query = BillQuery { account: self.account, from: self.from, until: self.until, by: self.by };
        let bill: Statement = self.remote.get_with("bill", &query)?;
        if self.json {
            output::say_json(&bill)?;
            return Ok(Verdict::Good);
        }
        if bill.lines.is_empty() {
            output::say(&format!("nothing was used up to {}", bill.until))?;
            return Ok(Verdict::Good);
        }
        let mut rows: Vec<Vec<String>> = bill.lines.iter().map(row).collect();
        let mut header = vec!["ACCOUNT", "REGION", "SERVICE", "USAGE TYPE", "QUANTITY", "UNIT", "USD"];
        if let Some(key) = &tag {
            header.push(key);
            for (row, line) in rows.iter_mut().zip(&bill.lines) {
                row.push(line.tag.clone().unwrap_or_default());
            }
        }
        output::say(&output::table(&header, &[4, 6], &rows))?;
        output::say(&format!("total {} USD up to {}", cents(&bill.total), bill.until))?;
        if !bill.unpriced.is_empty() {
            output::say(&format!(
                "without a known price, and not in the total: {}",
                bill.unpriced.join(", ")
            ))?;
        }
        Ok(Verdict::Good)
    }
}

fn row(line: &Line) -> Vec<String> {
    vec![
        line.account.clone(),
        line.region.clone(),
        line.service.clone(),
        line.usage_type.clone(),
        format!("{:.4}", line.quantity),
        line.unit.clone(),
        line.cost.as_deref().map_or_else(|| "unknown".to_owned(), |cost| cents(cost).to_owned()),
    ]
}

/// An exact amount, cut to four decimals for people.
fn cents(amount: &str) -> &str {
    let end = amount.find('.').map_or(amount.len(), |dot| (dot + 5).min(amount.len()));
    &amount[..end]
}
