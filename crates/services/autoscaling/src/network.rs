//! Zones and subnets of a group.

use std::collections::BTreeMap;

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Error, Result};

use crate::error;
use crate::group::record::Zone;
use crate::launch::PRINCIPAL;

/// What a request says of the network.
pub(crate) struct Network<'a> {
    pub(crate) zones: &'a [String],
    pub(crate) zone_ids: &'a [String],
    pub(crate) vpc_zone_identifier: Option<&'a str>,
}

impl Network<'_> {
    /// Whether the request says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.zones.is_empty() && self.zone_ids.is_empty() && self.subnets().is_empty()
    }

    fn subnets(&self) -> Vec<String> {
        let list = self.vpc_zone_identifier.unwrap_or_default().split(',');
        list.map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
    }

    /// The zones by name, each with its subnets.
    ///
    /// # Errors
    /// `ValidationError` where nothing is given, something does not exist, or zones and subnets differ.
    pub(crate) fn resolve(&self, ctx: &mut Ctx<'_>) -> Result<Vec<Zone>> {
        if !self.zones.is_empty() && !self.zone_ids.is_empty() {
            return Err(error::validation(
                "AvailabilityZones and AvailabilityZoneIds cannot be specified in the same request.",
            ));
        }
        let named = self.named_zones(ctx)?;
        let subnets = self.subnets();
        if subnets.is_empty() {
            if named.is_empty() {
                return Err(error::validation("At least one Availability Zone or VPC Subnet is required."));
            }
            return Ok(named.into_iter().map(|name| Zone { name, subnets: Vec::new() }).collect());
        }
        let zones = by_zone(ctx, &subnets)?;
        if !named.is_empty() {
            let mut wanted: Vec<&String> = named.iter().collect();
            wanted.sort_unstable();
            if !wanted.into_iter().eq(zones.iter().map(|zone| &zone.name)) {
                return Err(error::validation(
                    "The availability zones of the specified subnets and the Auto Scaling group do not match",
                ));
            }
        }
        Ok(zones)
    }

    fn named_zones(&self, ctx: &Ctx<'_>) -> Result<Vec<String>> {
        let region = ctx.region().facts();
        let mut names: Vec<String> = Vec::new();
        for given in self.zones.iter().chain(self.zone_ids) {
            let by_id = self.zones.is_empty();
            let found = region.zone(given).filter(|zone| (if by_id { zone.id } else { zone.name }) == given);
            let zone =
                found.ok_or_else(|| error::validation(format!("Invalid Availability Zone: {given}")))?;
            if !names.iter().any(|name| name == zone.name) {
                names.push(zone.name.to_owned());
            }
        }
        Ok(names)
    }
}

/// The subnets by zone, zones by name.
fn by_zone(ctx: &mut Ctx<'_>, subnets: &[String]) -> Result<Vec<Zone>> {
    let input = ec2::DescribeSubnetsRequest { subnet_ids: Some(subnets.to_vec()), ..Default::default() };
    let answer = ctx.call::<ec2::DescribeSubnets>(PRINCIPAL, &input).map_err(|cause| match cause {
        Error::Service(inner) => error::validation(inner.message),
        Error::Internal(_) => cause,
    })?;
    let found: Vec<ec2::Subnet> = answer.subnets.unwrap_or_default();
    let mut zones: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for id in subnets {
        let subnet = found.iter().find(|subnet| subnet.subnet_id.as_deref() == Some(id));
        let zone = subnet.and_then(|subnet| subnet.availability_zone.clone());
        let zone = zone.ok_or_else(|| error::validation(format!("The subnet ID '{id}' does not exist")))?;
        let listed = zones.entry(zone).or_default();
        if !listed.contains(id) {
            listed.push(id.clone());
        }
    }
    Ok(zones.into_iter().map(|(name, subnets)| Zone { name, subnets }).collect())
}
