//! Every model opens, whole, and says what the API is known to be.

use ironbird_models::{hosted_at, names, service, signed_as, summaries, summary, targeted_as};
use ironbird_wire::schema::{Kind, Protocol, ShapeId};

#[test]
fn every_shape_of_every_service_opens_and_refers_to_shapes_of_it() {
    let mut operations = 0;
    let mut shapes = 0;
    for name in names() {
        let model = service(name).expect("listed");
        let inside = |id: ShapeId| assert!((id.0 as usize) < model.shape_count(), "{name}: {id:?}");
        for operation in model.operations() {
            let ends = [operation.input, operation.output];
            ends.into_iter().flatten().chain(operation.errors.iter().copied()).for_each(inside);
            if let Some(input) = operation.input {
                assert_eq!(model.shape(input).kind, Kind::Structure, "{name} {}", operation.name);
            }
        }
        for index in 0..model.shape_count() {
            let shape = model.shape(ShapeId(index as u32));
            shape.members.iter().chain(&shape.elements).for_each(|member| inside(member.target));
            let elements = match shape.kind {
                Kind::List => 1,
                Kind::Map => 2,
                _ => 0,
            };
            assert_eq!(shape.elements.len(), elements, "{name} {}", shape.name);
            assert!(shape.kind == Kind::Structure || shape.members.is_empty(), "{name} {}", shape.name);
            assert!(
                shape.payload.is_none_or(|payload| payload < shape.members.len()),
                "{name} {}",
                shape.name
            );
        }
        operations += model.operations().len();
        shapes += model.shape_count();
    }
    assert_eq!(names().count(), 59);
    assert_eq!(operations, 4113);
    assert!(shapes > 20_000, "{shapes}");
}

#[test]
fn the_index_says_what_the_models_say() {
    assert!(names().is_sorted());
    for entry in summaries() {
        let metadata = &entry.service().metadata;
        assert_eq!(metadata.name, entry.name);
        assert_eq!(metadata.api_version, entry.api_version);
        assert_eq!(metadata.endpoint_prefix, entry.endpoint_prefix);
        assert_eq!(metadata.signing_name, entry.signing_name);
        assert_eq!(metadata.target_prefix.as_deref(), entry.target_prefix);
        assert_eq!(metadata.protocols, entry.protocols);
    }
}

#[test]
fn requests_find_their_service() {
    let names =
        |found: Vec<&ironbird_models::Summary>| found.iter().map(|entry| entry.name).collect::<Vec<_>>();
    assert_eq!(names(signed_as("ses").collect()), ["ses", "sesv2"]);
    assert_eq!(names(hosted_at("email").collect()), ["ses", "sesv2"]);
    assert_eq!(names(signed_as("apigateway").collect()), ["apigateway", "apigatewayv2"]);
    assert_eq!(names(signed_as("dynamodb").collect()), ["dynamodb", "dynamodbstreams"]);
    assert_eq!(names(signed_as("monitoring").collect()), ["cloudwatch"]);
    assert_eq!(names(signed_as("elasticloadbalancing").collect()), ["elbv2"]);
    assert_eq!(names(signed_as("sso").collect()), ["sso-admin"]);
    assert_eq!(names(hosted_at("portal.sso").collect()), ["sso"]);
    assert_eq!(names(signed_as("no-such").collect()), [""; 0]);
    assert_eq!(targeted_as("DynamoDB_20120810").map(|entry| entry.name), Some("dynamodb"));
    assert_eq!(targeted_as("GraniteServiceVersion20100801").map(|entry| entry.name), Some("cloudwatch"));
    assert!(targeted_as("").is_none());
    assert!(summary("EC2").is_none());
    assert!(service("no-such").is_none());
}

#[test]
fn ec2_is_as_published() {
    let ec2 = service("ec2").expect("known");
    assert_eq!(ec2.metadata.xml_namespace.as_deref(), Some("http://ec2.amazonaws.com/doc/2016-11-15/"));
    assert_eq!(ec2.metadata.protocols, [Protocol::Ec2Query]);
    let run = ec2.operation("RunInstances").expect("known");
    assert_eq!(run.iam_actions, ["ec2:RunInstances"]);
    let input = ec2.shape(run.input.expect("it has parameters"));
    let (_, min_count) = input.member("MinCount").expect("known");
    assert!(min_count.required);
    let (_, token) = input.member("ClientToken").expect("known");
    assert!(token.idempotency_token);
    let (_, interfaces) = input.member("NetworkInterfaces").expect("known");
    assert_eq!(interfaces.location_name.as_deref(), Some("networkInterface"));
    let pages = ec2.operation("DescribeInstances").and_then(|op| op.paginator.clone()).expect("paginated");
    assert_eq!(
        (pages.input_token.as_str(), pages.output_token.as_str(), pages.limit_key.as_deref()),
        ("NextToken", "NextToken", Some("MaxResults"))
    );
    assert_eq!(pages.result_keys, ["Reservations"]);
}

#[test]
fn iam_actions_follow_the_reference() {
    let actions = |name: &str, operation: &str| {
        let model = service(name).expect("known");
        model.operation(operation).unwrap_or_else(|| panic!("{operation}")).iam_actions.clone()
    };
    assert_eq!(actions("s3", "HeadBucket"), ["s3:ListBucket"]);
    assert_eq!(actions("s3", "CopyObject"), ["s3:GetObject", "s3:PutObject"]);
    assert_eq!(actions("apigateway", "GetRestApis"), ["apigateway:GET"]);
    assert_eq!(actions("apigatewayv2", "UpdateApi"), ["apigateway:PATCH"]);
    assert_eq!(actions("stepfunctions", "StartExecution"), ["states:StartExecution"]);
    assert_eq!(actions("sts", "GetCallerIdentity"), [""; 0]);
    assert_eq!(
        actions("dynamodb", "TransactWriteItems"),
        ["dynamodb:PutItem|dynamodb:UpdateItem|dynamodb:DeleteItem|dynamodb:ConditionCheckItem"]
    );
}

#[test]
fn errors_have_codes_and_statuses() {
    let sts = service("sts").expect("known");
    let assume = sts.operation("AssumeRole").expect("known");
    let errors: Vec<_> =
        assume.errors.iter().map(|id| sts.shape(*id).error.clone().expect("an error")).collect();
    assert!(errors.iter().any(|error| error.code.as_deref() == Some("MalformedPolicyDocument")));
    assert!(errors.iter().all(|error| error.status == 400 || error.status == 403));
    assert!(sts.operation("AssumeRoleWithWebIdentity").expect("known").unsigned);
    assert!(!assume.unsigned);
}
