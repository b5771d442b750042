use super::{Effect, Kind, Malformed, Policy};

fn parse(kind: Kind, document: &str) -> Result<Policy, Malformed> {
    Policy::parse(kind, document)
}

/// A managed policy of one statement with these members.
fn statement(members: &str) -> Result<Policy, Malformed> {
    parse(Kind::Managed, &format!(r#"{{"Version": "2012-10-17", "Statement": {{{members}}}}}"#))
}

#[test]
fn a_document_is_read() {
    let policy = parse(
        Kind::Resource,
        r#"{
            "Version": "2012-10-17",
            "Id": "bucket",
            "Statement": [
                {
                    "Sid": "Read it",
                    "Effect": "Allow",
                    "Principal": {"AWS": ["123456789012", "*"], "Service": "ec2.amazonaws.com"},
                    "Action": ["s3:Get*", "S3:ListBucket"],
                    "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}",
                    "Condition": {"NumericLessThan": {"s3:max-keys": 10}, "Bool": {"aws:SecureTransport": true}}
                },
                {"Effect": "Deny", "NotPrincipal": {"AWS": "123456789012"}, "NotAction": "s3:*"}
            ]
        }"#,
    )
    .unwrap();
    let [first, second] = policy.statements() else { panic!("two statements") };
    assert_eq!((first.sid(), first.effect()), (Some("Read it"), Effect::Allow));
    assert_eq!(first.principals().len(), 3);
    assert_eq!(first.action_entries().collect::<Vec<_>>(), ["s3:Get*", "S3:ListBucket"]);
    assert_eq!(second.effect(), Effect::Deny);
    let keys: Vec<&str> = policy.context_keys().iter().map(|key| &**key).collect();
    assert_eq!(keys, ["aws:principaltag/team", "aws:securetransport", "s3:max-keys"]);
}

#[test]
fn mistakes_are_worded_as_iam_words_them() {
    let fine = r#""Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*""#;
    assert!(statement(fine).is_ok());
    for (members, message) in [
        (r#""Effect": "Allow", "Action": "s3:ListBucket""#, "Policy statement must contain resources."),
        (r#""Effect": "Allow", "Resource": "*""#, "Policy statement must contain actions."),
        (r#""Action": "s3:ListBucket", "Resource": "*""#, "Syntax errors in policy."),
        (r#""Effect": "allow", "Action": "s3:x", "Resource": "*""#, "The policy failed legacy parsing"),
        (
            r#""Effect": "Allow", "Action": "ListBucket", "Resource": "*""#,
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            r#""Effect": "Allow", "Action": "s3:List:Bucket", "Resource": "*""#,
            "Actions/Condition can contain only one colon.",
        ),
        (r#""Effect": "Allow", "Action": "a a:x", "Resource": "*""#, "Vendor a a is not valid"),
        (
            r#""Effect": "Allow", "Action": "s3:x", "Resource": "bucket""#,
            "Resource bucket must be in ARN format or \"*\".",
        ),
        (
            r#""Effect": "Allow", "Action": "s3:x", "Resource": "arn:b:c""#,
            "Partition \"b\" is not valid for resource \"arn:b:c:*:*:*\".",
        ),
        (
            r#""Effect": "Allow", "Action": "s3:x", "Resource": "arn:aws:iam:eu-west-1::user/a""#,
            "IAM resource arn:aws:iam:eu-west-1::user/a cannot contain region information.",
        ),
        (
            r#""Effect": "Allow", "Principal": "*", "Action": "s3:x", "Resource": "*""#,
            "Policy document should not specify a principal.",
        ),
        (
            r#""Effect": "Allow", "Action": "s3:x", "Resource": "*", "Condition": {"DateLessThan": {"k": "noon"}}"#,
            "The policy failed legacy parsing",
        ),
        (
            r#""Effect": "Allow", "Action": "s3:x", "Resource": "*", "Condition": {"Same": {"k": "v"}}"#,
            "Syntax errors in policy.",
        ),
        (
            r#""Effect": "Allow", "Effect": "Deny", "Action": "s3:x", "Resource": "*""#,
            "Syntax errors in policy.",
        ),
    ] {
        assert_eq!(statement(members).unwrap_err().message(), message, "{members}");
    }
    let old = r#"{"Statement": {"Effect": "Allow", "Action": "s3:x", "Resource": "*"}}"#;
    let message = "Policy document must be version 2012-10-17 or greater.";
    assert_eq!(parse(Kind::Managed, old).unwrap_err().message(), message);
}

#[test]
fn mistakes_say_where_they_are() {
    let document = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:x", "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:x", 7], "Resource": "*"}
    ]}"#;
    let error = parse(Kind::Managed, document).unwrap_err();
    assert_eq!(error.place(), "Statement[1].Action[1]");
    assert_eq!(
        error.to_string(),
        "Syntax errors in policy. (Statement[1].Action[1]: expected a string, not a number)"
    );
    let error = parse(Kind::Managed, "{\"Version\": }").unwrap_err();
    assert!(error.detail().contains("line 1 column 13"), "{error}");
}

#[test]
fn each_kind_has_its_own_rules() {
    let trust = |rest: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "sts:AssumeRole"{rest}}}}}"#
        )
    };
    for (rest, expected) in [
        (r#", "Principal": {"Service": "ec2.amazonaws.com"}"#, None),
        ("", Some("Missing required field Principal")),
        (r#", "Principal": "*", "Resource": "*""#, Some("Has prohibited field Resource")),
        (r#", "Principal": {"AWS": "bob"}"#, Some("Invalid principal in policy: \"AWS\":\"bob\"")),
    ] {
        let outcome = parse(Kind::Trust, &trust(rest));
        assert_eq!(
            outcome.err().map(|error| error.message().to_owned()),
            expected.map(str::to_owned),
            "{rest}"
        );
    }
    let other = trust(r#", "Principal": "*""#).replace("sts:AssumeRole", "s3:GetObject");
    let message = "AssumeRole policy may only specify STS AssumeRole actions.";
    assert_eq!(parse(Kind::Trust, &other).unwrap_err().message(), message);
    let full = r#"{"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#;
    assert!(parse(Kind::ResourceControl, full).is_ok());
    assert!(parse(Kind::ServiceControl, full).is_err());
}
