//! Which services this binary has.

use ironbird_rig::ServiceDef;

/// All services, for a world.
pub fn services() -> Vec<ServiceDef> {
    vec![
        ironbird_autoscaling::service(),
        ironbird_ce::service(),
        ironbird_cloudtrail::service(),
        ironbird_cloudwatch::service(),
        ironbird_ec2::service(),
        ironbird_elbv2::service(),
        ironbird_fis::service(),
        ironbird_iam_service::service(),
        ironbird_organizations::service(),
        ironbird_identitystore::service(),
        ironbird_pricing::service(),
        ironbird_ram::service(),
        ironbird_resource_groups::service(),
        ironbird_sso::service(),
        ironbird_sso_admin::service(),
        ironbird_sso_oidc::service(),
        ironbird_ssm::service(),
        ironbird_sts::service(),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ironbird_rig::access;

    use super::services;

    /// Operations whose request does not say which resource their action is about: policies see any of the kind, unless the
    /// service finds it. Those that make the resource are not among them.
    const UNNAMED: &[&str] = &[
        "autoscaling:SetInstanceHealth autoScalingGroup",
        "autoscaling:TerminateInstanceInAutoScalingGroup autoScalingGroup",
        "ec2:AcceptVpcPeeringConnection vpc",
        "ec2:DetachNetworkInterface instance",
        "ec2:DetachNetworkInterface network-interface",
        "ec2:DisassociateIamInstanceProfile instance",
        "ec2:DisassociateNatGatewayAddress elastic-ip",
        "ec2:DisassociateSubnetCidrBlock subnet",
        "ec2:MoveCapacityReservationInstances capacity-reservation",
        "ec2:ReplaceNetworkAclAssociation subnet",
        "iam:ChangePassword user",
        "iam:GetAccessKeyLastUsed user",
        "iam:GetServiceLinkedRoleDeletionStatus role",
        "identitystore:DeleteGroupMembership Group",
        "identitystore:DeleteGroupMembership User",
        "identitystore:DescribeGroupMembership Group",
        "identitystore:DescribeGroupMembership User",
        "identitystore:GetGroupId Group",
        "identitystore:GetGroupMembershipId GroupMembership",
        "identitystore:GetUserId User",
        "identitystore:IsMemberInGroups AllGroupMemberships",
        "identitystore:ListGroupMemberships AllGroupMemberships",
        "identitystore:ListGroupMembershipsForMember AllGroupMemberships",
        "identitystore:ListGroups AllGroups",
        "identitystore:ListUsers AllUsers",
        "organizations:DescribeEffectivePolicy account",
        "organizations:MoveAccount organizationalunit",
        "organizations:MoveAccount root",
        "organizations:PutResourcePolicy resourcepolicy",
        "sso:ListApplicationProviders ApplicationProvider",
    ];

    /// Every request names the resources that it has to be allowed on.
    #[test]
    fn requests_name_what_policies_are_asked_about() {
        let mut unnamed = BTreeSet::new();
        for service in services() {
            let model = ironbird_models::service(service.name).unwrap();
            for handler in service.handlers() {
                let operation = model.operation(handler.name).unwrap();
                unnamed.extend(access::unnamed_kinds(model, operation));
            }
        }
        let makes = |line: &&String| {
            let name = line.split_once(':').map_or("", |(_, name)| name);
            ["Create", "Allocate", "Request", "Start"].iter().any(|verb| name.starts_with(verb))
        };
        let unnamed: Vec<&str> = unnamed.iter().filter(|line| !makes(line)).map(String::as_str).collect();
        assert_eq!(unnamed, UNNAMED);
    }
}
