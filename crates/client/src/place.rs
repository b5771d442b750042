//! Where a service is reached, and the Region that requests to it are signed for.

use ironbird_models::Summary;
use ironbird_rig::account::Region;

/// Services that a partition has once, for all its Regions: partition, name, host, and the Region that requests are signed
/// for. The facts are botocore's (`endpoints.json`, the partition endpoints).
const GLOBAL: [(&str, &str, &str, &str); 6] = [
    ("aws", "iam", "iam.amazonaws.com", "us-east-1"),
    ("aws", "organizations", "organizations.us-east-1.amazonaws.com", "us-east-1"),
    ("aws-cn", "iam", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ("aws-cn", "organizations", "organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"),
    ("aws-us-gov", "iam", "iam.us-gov.amazonaws.com", "us-gov-west-1"),
    ("aws-us-gov", "organizations", "organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
];

/// AWS's own endpoint of a service for somebody who works in `region`: its URL, and the Region to sign for.
pub(crate) fn of(summary: &Summary, region: Region) -> (String, &'static str) {
    let partition = &region.facts().partition;
    let global = GLOBAL.iter().find(|(id, name, ..)| *id == partition.id && *name == summary.name);
    match global {
        Some((_, _, host, signed_for)) => (format!("https://{host}"), signed_for),
        None => {
            let host = format!("{}.{region}.{}", summary.endpoint_prefix, partition.dns_suffix);
            (format!("https://{host}"), region.code())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn global_services_are_reached_where_they_are_and_others_in_their_region() {
        let reached = |name: &str, region: &str| {
            of(ironbird_models::summary(name).unwrap(), Region::parse(region).unwrap())
        };
        let place = |host: &str, signed_for| (format!("https://{host}"), signed_for);
        assert_eq!(reached("iam", "eu-west-1"), place("iam.amazonaws.com", "us-east-1"));
        let organizations = "organizations.us-east-1.amazonaws.com";
        assert_eq!(reached("organizations", "ap-south-1"), place(organizations, "us-east-1"));
        assert_eq!(reached("iam", "cn-northwest-1"), place("iam.cn-north-1.amazonaws.com.cn", "cn-north-1"));
        assert_eq!(reached("sso-admin", "eu-west-1"), place("sso.eu-west-1.amazonaws.com", "eu-west-1"));
        assert_eq!(
            reached("identitystore", "eu-west-1"),
            place("identitystore.eu-west-1.amazonaws.com", "eu-west-1")
        );
    }
}
