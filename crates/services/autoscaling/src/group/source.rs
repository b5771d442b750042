//! What a request wants instances to be launched from.

use ironbird_api::autoscaling as api;
use ironbird_rig::{Ctx, Result};

use super::record::{Group, Launch};
use crate::error;
use crate::launch::choice::{Choice, Market};
use crate::launch::request::{self, Spot};
use crate::launch::{policy, template};
use crate::launch_configuration::record as configurations;

/// The parameters that say it.
pub(crate) struct Given<'a> {
    pub(crate) configuration: Option<&'a str>,
    pub(crate) template: Option<&'a api::LaunchTemplateSpecification>,
    pub(crate) mixed: Option<&'a api::MixedInstancesPolicy>,
}

impl Given<'_> {
    /// How many of them are given.
    pub(crate) fn count(&self) -> usize {
        usize::from(self.configuration.is_some())
            + usize::from(self.template.is_some())
            + usize::from(self.mixed.is_some())
    }

    /// What they stand for. `earlier` is what the group has, if there is one: a mixed instances policy is merged with it.
    ///
    /// # Errors
    /// `ValidationError` unless just one is given, and where it does not exist.
    pub(crate) fn resolve(&self, ctx: &mut Ctx<'_>, earlier: Option<&Launch>) -> Result<Launch> {
        if self.count() != 1 {
            return Err(error::validation(
                "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or \
                 MixedInstancesPolicy parameter.",
            ));
        }
        if let Some(name) = self.configuration {
            return Ok(Launch::Configuration(configurations::get(ctx, name)?.name));
        }
        if let Some(spec) = self.template {
            return Ok(Launch::Template(template::named(ctx, spec)?));
        }
        let before = match earlier {
            Some(Launch::Mixed(kept)) => Some(policy::read(kept)?),
            _ => None,
        };
        let given = self.mixed.cloned().unwrap_or_default();
        Ok(Launch::Mixed(policy::complete(ctx, &given, before.as_ref())?))
    }
}

/// Asks EC2 whether the group could launch at all, as AWS does before it accepts one: image, key pair, security groups.
///
/// # Errors
/// `ValidationError` with EC2's reason.
pub(crate) fn try_out(ctx: &mut Ctx<'_>, group: &Group) -> Result<()> {
    let choice = Choice::of(ctx, group).map_err(template::malformed)?;
    match ask(ctx, group, &choice) {
        // What this zone cannot serve another may, or this one later.
        Err(error) if request::is_about_the_pool(error.code()) => Ok(()),
        Err(error) if matches!(group.launch, Launch::Configuration(_)) => match error {
            ironbird_rig::Error::Service(inner) => Err(error::validation(inner.message)),
            error @ ironbird_rig::Error::Internal(_) => Err(error),
        },
        other => other.map_err(template::malformed),
    }
}

/// Asks EC2 whether what the group launches could hibernate.
///
/// # Errors
/// `ValidationError` with EC2's reason.
pub(crate) fn try_hibernation(ctx: &mut Ctx<'_>, group: &Group) -> Result<()> {
    let choice = Choice::of(ctx, group).map_err(template::malformed)?;
    match ask(ctx, group, &choice) {
        Err(ironbird_rig::Error::Service(inner)) if inner.code == "UnsupportedHibernationConfiguration" => {
            Err(error::validation(inner.message))
        }
        Err(error @ ironbird_rig::Error::Internal(_)) => Err(error),
        // Anything else has nothing to do with the pool, and is found out when the group launches.
        Ok(()) | Err(ironbird_rig::Error::Service(_)) => Ok(()),
    }
}

/// Asks EC2 for what the group would launch first in its first zone.
fn ask(ctx: &mut Ctx<'_>, group: &Group, choice: &Choice) -> Result<()> {
    let Some(zone) = group.zones.first() else { return Ok(()) };
    let offers = choice.in_zone(ctx, Market::OnDemand, &zone.name);
    let Some(offer) = offers.first() else { return Ok(()) };
    let spot = Spot { zone: &zone.name, subnet: zone.subnets.first().map(String::as_str) };
    request::rehearse(ctx, group, offer, spot)
}
