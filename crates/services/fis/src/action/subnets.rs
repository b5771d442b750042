//! `aws:network:disrupt-connectivity`: subnets get a network ACL that lets nothing through, as FIS does it on AWS.

use ironbird_api::ec2;
use ironbird_rig::{Ctx, Result};
use serde::{Deserialize, Serialize};

use super::parameter::{DURATION, Form, Parameter};
use super::{Begun, Definition, Hold, Work};
use crate::{PRINCIPAL, error};

pub(super) static DISRUPT: Definition = Definition {
    id: "aws:network:disrupt-connectivity",
    description: "Cuts subnets off by a network ACL without a rule that allows anything.",
    target: Some(("Subnets", "aws:ec2:subnet")),
    parameters: &[
        DURATION,
        Parameter {
            name: "scope",
            description: "What is cut off",
            required: true,
            form: Form::OneOf(&["all"]),
        },
    ],
    begin: close,
};

/// A subnet that is cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Closed {
    subnet: String,
    /// The ACL it had.
    before: String,
    /// The one it has meanwhile.
    meanwhile: String,
}

fn close(ctx: &mut Ctx<'_>, work: &Work<'_>) -> Result<Begun> {
    let mut closed = Vec::new();
    for subnet in work.ids() {
        let Some((acl, association)) = current(ctx, &subnet)? else {
            return Err(error::validation(format!("Subnet {subnet} has no network ACL.")));
        };
        let before = acl.network_acl_id.unwrap_or_default();
        // A new network ACL denies everything until it has rules.
        let new =
            ec2::CreateNetworkAclRequest { vpc_id: acl.vpc_id.unwrap_or_default(), ..Default::default() };
        let made = ctx.call::<ec2::CreateNetworkAcl>(PRINCIPAL, &new)?;
        let meanwhile = made.network_acl.and_then(|acl| acl.network_acl_id).unwrap_or_default();
        replace(ctx, &association, &meanwhile)?;
        closed.push(Closed { subnet, before, meanwhile });
    }
    Ok(Begun { until: work.until(ctx, "duration"), hold: Hold::Closed(closed) })
}

/// Gives subnets back the ACLs that they had. One that has another by now keeps it.
///
/// # Errors
/// EC2's own.
pub(super) fn open(ctx: &mut Ctx<'_>, closed: &[Closed]) -> Result<()> {
    for Closed { subnet, before, meanwhile } in closed {
        if let Some((acl, association)) = current(ctx, subnet)?
            && acl.network_acl_id.as_ref() == Some(meanwhile)
        {
            replace(ctx, &association, before)?;
        }
        let input = ec2::DeleteNetworkAclRequest { network_acl_id: meanwhile.clone(), ..Default::default() };
        match ctx.call::<ec2::DeleteNetworkAcl>(PRINCIPAL, &input) {
            Err(gone) if gone.code() == "InvalidNetworkAclID.NotFound" => {}
            other => {
                other?;
            }
        }
    }
    Ok(())
}

fn replace(ctx: &mut Ctx<'_>, association: &str, acl: &str) -> Result<()> {
    let input = ec2::ReplaceNetworkAclAssociationRequest {
        association_id: association.to_owned(),
        network_acl_id: acl.to_owned(),
        ..Default::default()
    };
    ctx.call::<ec2::ReplaceNetworkAclAssociation>(PRINCIPAL, &input)?;
    Ok(())
}

/// The network ACL of a subnet, and the id of their association.
fn current(ctx: &mut Ctx<'_>, subnet: &str) -> Result<Option<(ec2::NetworkAcl, String)>> {
    let filter =
        ec2::Filter { name: Some("association.subnet-id".to_owned()), values: Some(vec![subnet.to_owned()]) };
    let input = ec2::DescribeNetworkAclsRequest { filters: Some(vec![filter]), ..Default::default() };
    let answer = ctx.call::<ec2::DescribeNetworkAcls>(PRINCIPAL, &input)?;
    let Some(acl) = answer.network_acls.into_iter().flatten().next() else { return Ok(None) };
    let association = acl.associations.iter().flatten().find(|one| one.subnet_id.as_deref() == Some(subnet));
    let association = association.and_then(|one| one.network_acl_association_id.clone());
    Ok(association.map(|association| (acl, association)))
}
