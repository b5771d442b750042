//! Which subnets reach the zones that a group leaves out.

use std::collections::BTreeSet;

use ironbird_api::{autoscaling, ec2};

/// Subnets to add to a group, by zone, and zones that stay unused, each with the reason.
pub struct Added {
    /// Zone and subnet.
    pub subnets: Vec<(String, String)>,
    /// Zone and reason.
    pub without: Vec<(String, String)>,
}

/// Looks for a subnet of the group's VPC in each unused zone, of the same kind as those it has: public or not, default or
/// not. Of several the one with most free addresses is taken.
pub fn to_add(group: &autoscaling::AutoScalingGroup, zones: &[String], all: &[ec2::Subnet]) -> Added {
    let text = group.vpc_zone_identifier.as_deref().unwrap_or_default();
    let used: BTreeSet<&str> = text.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    let has = |subnet: &&ec2::Subnet| subnet.subnet_id.as_deref().is_some_and(|id| used.contains(id));
    let own: Vec<&ec2::Subnet> = all.iter().filter(has).collect();
    let mut added = Added { subnets: Vec::new(), without: Vec::new() };
    let Some(first) = own.first() else { return added };
    let own_zones: BTreeSet<&str> =
        own.iter().filter_map(|subnet| subnet.availability_zone.as_deref()).collect();
    for zone in zones.iter().filter(|zone| !own_zones.contains(zone.as_str())) {
        let in_vpc = all.iter().filter(|subnet| {
            subnet.vpc_id == first.vpc_id
                && subnet.availability_zone.as_deref() == Some(zone)
                && subnet.outpost_arn.is_none()
        });
        let alike = in_vpc.clone().filter(|subnet| {
            subnet.map_public_ip_on_launch == first.map_public_ip_on_launch
                && subnet.default_for_az == first.default_for_az
        });
        let best = alike.max_by(|one, other| {
            let room = one.available_ip_address_count.cmp(&other.available_ip_address_count);
            room.then_with(|| other.subnet_id.cmp(&one.subnet_id))
        });
        match best.and_then(|subnet| subnet.subnet_id.clone()) {
            Some(subnet) => added.subnets.push((zone.clone(), subnet)),
            None if in_vpc.count() == 0 => {
                added.without.push((zone.clone(), "its VPC has no subnet there".to_owned()));
            }
            None => {
                let why = "its VPC's subnets there are of another kind (public or private) than the group's";
                added.without.push((zone.clone(), why.to_owned()));
            }
        }
    }
    added
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(id: &str, zone: &str, public: bool, free: i32) -> ec2::Subnet {
        ec2::Subnet {
            subnet_id: Some(id.to_owned()),
            availability_zone: Some(zone.to_owned()),
            vpc_id: Some("vpc-1".to_owned()),
            map_public_ip_on_launch: Some(public),
            available_ip_address_count: Some(free),
            ..Default::default()
        }
    }

    #[test]
    fn only_subnets_of_the_same_kind_are_added() {
        let all = [
            subnet("subnet-a", "a", false, 10),
            subnet("subnet-b1", "b", false, 10),
            subnet("subnet-b2", "b", false, 90),
            subnet("subnet-c", "c", true, 10),
            ec2::Subnet { vpc_id: Some("vpc-2".to_owned()), ..subnet("subnet-d", "d", false, 10) },
        ];
        let group = autoscaling::AutoScalingGroup {
            vpc_zone_identifier: Some("subnet-a".to_owned()),
            ..Default::default()
        };
        let zones: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let added = to_add(&group, &zones, &all);
        assert_eq!(added.subnets, [("b".to_owned(), "subnet-b2".to_owned())]);
        let without: Vec<&str> = added.without.iter().map(|(zone, _)| zone.as_str()).collect();
        assert_eq!(without, ["c", "d"]);
    }
}
