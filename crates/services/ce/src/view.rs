//! Whose costs an account sees: its own, and the management account of an organization those of every member since it joined.
//!
//! Source: "Consolidating billing for AWS Organizations" and "Controlling access to Cost Explorer" in the AWS user guides.

use std::collections::BTreeMap;

use ironbird_api::{Empty, ce as api, organizations};
use ironbird_rig::metering::{self, BillLine, TagColumn};
use ironbird_rig::{Account, Ctx, Result, Timestamp};

/// The service as others see it when it calls them.
const PRINCIPAL: &str = "ce.amazonaws.com";

/// What the calling account sees.
pub(crate) struct View {
    /// The account that pays for the caller: the management account of its organization, or itself.
    pub payer: Account,
    /// Whose costs are seen.
    pub accounts: Vec<Seen>,
}

/// An account whose costs are seen.
pub(crate) struct Seen {
    pub account: Account,
    /// Its name in the organization.
    pub name: Option<String>,
    /// From when on.
    since: Timestamp,
}

impl View {
    /// What the caller sees.
    ///
    /// # Errors
    /// Those of Organizations that say something else than that there is no organization.
    pub(crate) fn of_caller(ctx: &mut Ctx<'_>) -> Result<Self> {
        let own = ctx.scope().account;
        let payer = payer(ctx)?;
        let own_seen = Seen { account: own, name: None, since: Timestamp::EPOCH };
        let accounts = if payer == Some(own) { members(ctx, own)? } else { vec![own_seen] };
        Ok(Self { payer: payer.unwrap_or(own), accounts })
    }

    /// What the accounts used between each two successive `bounds`.
    pub(crate) fn bills(
        &self,
        ctx: &Ctx<'_>,
        bounds: &[Timestamp],
        columns: &[TagColumn],
    ) -> Vec<Vec<BillLine>> {
        let mut bills: Vec<Vec<BillLine>> = bounds.windows(2).map(|_| Vec::new()).collect();
        for seen in &self.accounts {
            let bounds: Vec<Timestamp> = bounds.iter().map(|bound| (*bound).max(seen.since)).collect();
            let own = metering::tagged_bills(ctx, Some(seen.account), &bounds, columns);
            for (bill, lines) in bills.iter_mut().zip(own) {
                bill.extend(lines);
            }
        }
        bills
    }
}

impl Seen {
    /// The account with its name, as answers describe it; none where its name is not known.
    pub(crate) fn described(&self) -> Option<api::DimensionValuesWithAttributes> {
        let attributes = BTreeMap::from([("description".to_owned(), self.name.clone()?)]);
        Some(api::DimensionValuesWithAttributes {
            value: Some(self.account.to_string()),
            attributes: Some(attributes),
        })
    }
}

/// The management account of the caller's organization; none where it is in none.
///
/// # Errors
/// Those of `DescribeOrganization` that say something else.
pub(crate) fn payer(ctx: &mut Ctx<'_>) -> Result<Option<Account>> {
    match ctx.call::<organizations::DescribeOrganization>(PRINCIPAL, &Empty::default()) {
        Ok(answer) => {
            let id = answer.organization.and_then(|organization| organization.master_account_id);
            Ok(id.as_deref().and_then(Account::parse))
        }
        Err(none) if none.code() == "AWSOrganizationsNotInUseException" => Ok(None),
        Err(error) => Err(error),
    }
}

fn members(ctx: &mut Ctx<'_>, management: Account) -> Result<Vec<Seen>> {
    let mut members = Vec::new();
    let mut ask = organizations::ListAccountsRequest::default();
    loop {
        let page = ctx.call::<organizations::ListAccounts>(PRINCIPAL, &ask)?;
        for member in page.accounts.into_iter().flatten() {
            let Some(account) = member.id.as_deref().and_then(Account::parse) else { continue };
            let joined = member.joined_timestamp.filter(|_| account != management);
            members.push(Seen { account, name: member.name, since: joined.unwrap_or(Timestamp::EPOCH) });
        }
        ask.next_token = page.next_token;
        if ask.next_token.is_none() {
            return Ok(members);
        }
    }
}
