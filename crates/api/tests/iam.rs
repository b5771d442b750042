//! Every operation that has types has IAM actions, and they are actions that there are.

use ironbird_iam::reference;

/// Operations that no policy has to allow, and why.
const FREE: &[(&str, &str, &str)] = &[
    ("sts", "GetCallerIdentity", "AWS allows it to everybody who can sign"),
    ("sts", "GetSessionToken", "AWS asks for no permission"),
    ("sso", "GetRoleCredentials", "a bearer token is asked for in place of a signature"),
    ("sso", "ListAccountRoles", "a bearer token is asked for in place of a signature"),
    ("sso", "ListAccounts", "a bearer token is asked for in place of a signature"),
    ("sso", "Logout", "a bearer token is asked for in place of a signature"),
    ("sso-oidc", "CreateToken", "unsigned: a client signs in with it"),
    ("sso-oidc", "RegisterClient", "unsigned: a client signs in with it"),
    ("sso-oidc", "StartDeviceAuthorization", "unsigned: a client signs in with it"),
];

/// Actions that the reference does not have, and why they are right all the same.
const UNLISTED: &[(&str, &str)] = &[(
    "cloudwatch:DescribeAlarmContributors",
    "newer than the reference; like every operation of CloudWatch it has the action of its name",
)];

#[test]
fn no_operation_lacks_its_actions() {
    let table: toml::Table = include_str!("../operations.toml").parse().unwrap();
    let mut seen = 0;
    for (name, selection) in &table {
        let model = ironbird_models::service(name).unwrap();
        for operation in model.operations() {
            let listed = match &selection["operations"] {
                toml::Value::Array(list) => list.iter().any(|one| one.as_str() == Some(&operation.name)),
                all => all.as_str() == Some("all"),
            };
            if !listed {
                continue;
            }
            seen += 1;
            let free = FREE.iter().any(|(service, free, _)| service == name && *free == operation.name);
            assert_eq!(operation.iam_actions.is_empty(), free, "{name} {}", operation.name);
            for action in operation.iam_actions.iter().flat_map(|actions| actions.split('|')) {
                let known = reference::action(action).is_some();
                let unlisted = UNLISTED.iter().any(|(unlisted, _)| *unlisted == action);
                assert!(known != unlisted, "{name} {}: {action}", operation.name);
            }
        }
    }
    assert!(seen > 400, "{seen} operations");
}
