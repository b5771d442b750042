//! Amazon Resource Names.

use std::fmt;

/// `arn:partition:service:region:account:resource`, borrowed from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`
    pub partition: &'a str,
    /// `ec2`
    pub service: &'a str,
    /// `eu-west-1`, or empty.
    pub region: &'a str,
    /// `123456789012`, or empty.
    pub account: &'a str,
    /// `instance/i-0123`; the rest, colons included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits `text`; none where it is not an ARN.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        let arn = Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        };
        let whole = !arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty();
        whole.then_some(arn)
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::Arn;

    #[test]
    fn keeps_colons_of_the_resource() {
        let text =
            "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:u-u-i-d:autoScalingGroupName/web";
        let arn = Arn::parse(text).expect("an ARN");
        assert_eq!(arn.resource, "autoScalingGroup:u-u-i-d:autoScalingGroupName/web");
        assert_eq!(arn.to_string(), text);
    }

    #[test]
    fn refuses_what_is_not_an_arn() {
        for text in ["", "arn", "arn:aws", "arn:aws:ec2:eu-west-1:1", "urn:aws:ec2:::x", "arn::ec2:::x"] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
