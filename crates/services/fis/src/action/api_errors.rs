//! `aws:fis:inject-api-internal-error`, `-throttle-error` and `-unavailable-error`: calls of a role that fail.

use ironbird_rig::fault::Matcher;
use ironbird_rig::{Ctx, Result};

use super::faults::{self, Failure};
use super::parameter::{DURATION, Form, PERCENTAGE, Parameter};
use super::{Begun, Definition, Permission, Work};

const TARGET: Option<(&str, &str)> = Some(("Roles", "aws:iam:role"));

const PARAMETERS: &[Parameter] = &[
    DURATION,
    Parameter {
        name: "service",
        description: "Namespace of the API",
        required: true,
        form: Form::OneOf(&["ec2"]),
    },
    Parameter { required: true, ..PERCENTAGE },
    Parameter { name: "operations", description: "Operations that fail", required: true, form: Form::Words },
];

pub(super) static INTERNAL: Definition = Definition {
    id: "aws:fis:inject-api-internal-error",
    description: "Lets calls of roles fail with an internal error.",
    target: TARGET,
    permission: Permission::OnExperiment("fis:InjectApiInternalError"),
    parameters: PARAMETERS,
    begin: |ctx, work| inject(ctx, work, "InternalError", 500, "An internal error has occurred"),
};

pub(super) static THROTTLE: Definition = Definition {
    id: "aws:fis:inject-api-throttle-error",
    description: "Lets calls of roles fail because there are too many.",
    target: TARGET,
    permission: Permission::OnExperiment("fis:InjectApiThrottleError"),
    parameters: PARAMETERS,
    begin: |ctx, work| inject(ctx, work, "RequestLimitExceeded", 503, "Request limit exceeded."),
};

pub(super) static UNAVAILABLE: Definition = Definition {
    id: "aws:fis:inject-api-unavailable-error",
    description: "Lets calls of roles fail because the service is unavailable.",
    target: TARGET,
    permission: Permission::OnExperiment("fis:InjectApiUnavailableError"),
    parameters: PARAMETERS,
    begin: |ctx, work| {
        inject(ctx, work, "Unavailable", 503, "The service is unavailable. Please try again shortly.")
    },
};

fn inject(
    ctx: &mut Ctx<'_>,
    work: &Work<'_>,
    code: &'static str,
    status: u16,
    message: &str,
) -> Result<Begun> {
    let mut matchers = Vec::new();
    for role in work.targets {
        for operation in work.list("operations") {
            let matching = Matcher {
                service: work.text("service").map(ToOwned::to_owned),
                operation: Some(operation.to_owned()),
                principal: Some(role.arn.clone()),
                account: Some(ctx.scope().account),
                region: Some(ctx.region()),
                mentions: Vec::new(),
            };
            matchers.push((matching, Failure { code, message: message.to_owned(), status }));
        }
    }
    faults::impose(ctx, work, matchers)
}
