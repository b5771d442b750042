//! CPU credits of burstable instances: DescribeInstanceCreditSpecifications, ModifyInstanceCreditSpecification,
//! GetDefaultCreditSpecification, ModifyDefaultCreditSpecification.

use ironbird_api::ec2;
use ironbird_rig::catalogue::instance_types;
use ironbird_rig::{Ctx, Error, Result, ServiceDef, Table};
use serde::{Deserialize, Serialize};

use super::describe::launch_of;
use super::record::{Instance, Instances, Launch, State};
use crate::filter::Filters;
use crate::page::{USUAL, Window};
use crate::{error, resource};

/// What accounts have set: (account, Region, family).
pub(super) struct Defaults;

impl Table for Defaults {
    const NAME: &'static str = "ec2.credit-defaults";
    type Record = Default;
}

/// The default of a family.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Default {
    /// `standard` or `unlimited`
    credits: String,
}

/// Families that have a default.
const FAMILIES: &[&str] = &["t2", "t3", "t3a", "t4g"];

/// Adds this module's operations.
pub(super) fn register(definition: ServiceDef) -> ServiceDef {
    definition
        .table::<Defaults>()
        .read::<ec2::DescribeInstanceCreditSpecifications>(describe)
        .write::<ec2::ModifyInstanceCreditSpecification>(modify)
        // No guest runs that would spend credits.
        .records::<ec2::ModifyInstanceCreditSpecification>(&["InstanceCreditSpecifications.CpuCredits"])
        .read::<ec2::GetDefaultCreditSpecification>(get_default)
        .write::<ec2::ModifyDefaultCreditSpecification>(modify_default)
}

/// What an instance of a burstable type has; none for other types.
pub(super) fn of(record: &Instance, launch: &Launch) -> Option<String> {
    let settings = record.settings(launch);
    let entry = instance_types::get(&settings.instance_type).filter(|entry| entry.burstable)?;
    Some(settings.cpu_credits.clone().unwrap_or_else(|| usual(entry.family()).to_owned()))
}

/// What an instance of a type gets that is launched without a word about credits; none for types that are not burstable.
pub(super) fn default_of(ctx: &Ctx<'_>, instance_type: &str) -> Option<String> {
    let entry = instance_types::get(instance_type).filter(|entry| entry.burstable)?;
    Some(default(ctx, entry.family()))
}

fn default(ctx: &Ctx<'_>, family: &str) -> String {
    let set = ctx.peek::<Defaults>(&ctx.scope().key(family));
    set.map_or_else(|| usual(family).to_owned(), |set| set.credits.clone())
}

fn usual(family: &str) -> &'static str {
    if family == "t2" { "standard" } else { "unlimited" }
}

/// Checks a word for credits.
///
/// # Errors
/// `InvalidParameterValue`
pub(super) fn check(word: &str) -> Result<()> {
    match word {
        "standard" | "unlimited" => Ok(()),
        other => Err(error::invalid_parameter_value(other, "CpuCredits")),
    }
}

fn describe(
    ctx: &mut Ctx<'_>,
    input: &ec2::DescribeInstanceCreditSpecificationsRequest,
) -> Result<ec2::DescribeInstanceCreditSpecificationsResult> {
    let ids = input.instance_ids.as_deref().filter(|ids| !ids.is_empty());
    if ids.is_some() && input.max_results.is_some() {
        return Err(error::exclusive("instancesSet", "maxResults"));
    }
    let filters = Filters::read(input.filters.as_deref(), &["instance-id"], false)?;
    let window = Window::read(input.max_results, input.next_token.as_deref(), USUAL)?;
    error::dry_run(input.dry_run)?;
    let ctx: &Ctx<'_> = ctx;
    // Unless asked for by id, only instances whose credits are unlimited are shown.
    let mut choose = |record: &Instance| {
        let credits = of(record, launch_of(ctx, record)?)?;
        let wanted = ids.is_some() || credits == "unlimited";
        let passes = wanted && filters.pass_untagged(|_, test| test(&record.id));
        passes.then(|| ec2::InstanceCreditSpecification {
            instance_id: Some(record.id.clone()),
            cpu_credits: Some(credits),
        })
    };
    let (shown, next_token) = match ids {
        Some(ids) => {
            let named = resource::named::<Instances>(ctx, ids)?;
            (named.into_iter().filter_map(&mut choose).collect(), None)
        }
        None => {
            let page = window.scan::<Instances, _>(ctx, &ctx.scope().prefix(), choose);
            (page.items, page.next)
        }
    };
    Ok(ec2::DescribeInstanceCreditSpecificationsResult {
        instance_credit_specifications: Some(shown),
        next_token,
    })
}

/// Each instance is changed by itself: the answer says which were, and why the others were not.
fn modify(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyInstanceCreditSpecificationRequest,
) -> Result<ec2::ModifyInstanceCreditSpecificationResult> {
    let asked = &input.instance_credit_specifications;
    if asked.is_empty() {
        return Err(error::missing_parameter("InstanceCreditSpecification"));
    }
    for one in asked {
        check(one.cpu_credits.as_deref().ok_or_else(|| error::missing_parameter("CpuCredits"))?)?;
    }
    error::dry_run(input.dry_run)?;
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for one in asked {
        let (id, credits) = (&one.instance_id, one.cpu_credits.clone().unwrap_or_default());
        match set(ctx, id, &credits) {
            Ok(()) => {
                done.push(ec2::SuccessfulInstanceCreditSpecificationItem { instance_id: Some(id.clone()) });
            }
            Err(error @ Error::Service(_)) => {
                failed.push(ec2::UnsuccessfulInstanceCreditSpecificationItem {
                    instance_id: Some(id.clone()),
                    error: Some(ec2::UnsuccessfulInstanceCreditSpecificationItemError {
                        code: Some(error.code().to_owned()),
                        message: Some(error.message().to_owned()),
                    }),
                });
            }
            Err(other) => return Err(other),
        }
    }
    Ok(ec2::ModifyInstanceCreditSpecificationResult {
        successful_instance_credit_specifications: Some(done),
        unsuccessful_instance_credit_specifications: Some(failed),
    })
}

fn set(ctx: &mut Ctx<'_>, id: &str, credits: &str) -> Result<()> {
    let record = resource::find::<Instances>(ctx, id)?;
    let launch = super::launch_of(ctx, record)?;
    let mut settings = record.settings(&launch).clone();
    if !matches!(record.state, State::Running | State::Stopped) {
        let message = format!("The instance '{id}' is not in the 'running' or 'stopped' states.");
        return Err(Error::client("IncorrectInstanceState", message));
    }
    if of(record, &launch).is_none() {
        let message = format!("The instance '{id}' is not a burstable performance instance.");
        return Err(Error::client("InstanceCreditSpecification.NotSupported", message));
    }
    settings.cpu_credits = Some(credits.to_owned());
    let key = ctx.scope().key(id);
    ctx.update::<Instances, _>(&key, |record| record.own = Some(Box::new(settings)))?;
    Ok(())
}

fn get_default(
    ctx: &mut Ctx<'_>,
    input: &ec2::GetDefaultCreditSpecificationRequest,
) -> Result<ec2::GetDefaultCreditSpecificationResult> {
    let family = family(&input.instance_family)?;
    error::dry_run(input.dry_run)?;
    let shown = shown(family, default(ctx, family));
    Ok(ec2::GetDefaultCreditSpecificationResult { instance_family_credit_specification: Some(shown) })
}

/// Only instances launched from now on are affected (API reference).
fn modify_default(
    ctx: &mut Ctx<'_>,
    input: &ec2::ModifyDefaultCreditSpecificationRequest,
) -> Result<ec2::ModifyDefaultCreditSpecificationResult> {
    let family = family(&input.instance_family)?;
    check(&input.cpu_credits)?;
    error::dry_run(input.dry_run)?;
    let key = ctx.scope().key(family);
    ctx.put::<Defaults>(key, Default { credits: input.cpu_credits.clone() })?;
    let shown = shown(family, input.cpu_credits.clone());
    Ok(ec2::ModifyDefaultCreditSpecificationResult { instance_family_credit_specification: Some(shown) })
}

fn family(given: &str) -> Result<&str> {
    let known = FAMILIES.contains(&given);
    if known { Ok(given) } else { Err(error::invalid_parameter_value(given, "InstanceFamily")) }
}

fn shown(family: &str, credits: String) -> ec2::InstanceFamilyCreditSpecification {
    ec2::InstanceFamilyCreditSpecification {
        instance_family: Some(family.to_owned()),
        cpu_credits: Some(credits),
    }
}
