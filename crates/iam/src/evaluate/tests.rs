//! AWS's documented rules, one test a rule.

use std::sync::Arc;

use super::{Applicable, Class, Decision, Level, Request, Source, access_denied, advice, decide};
use crate::caller::Caller;
use crate::context::Context;
use crate::policy::{Kind, Policy};

const USER: &str = "arn:aws:iam::123456789012:user/anna";
const ROLE: &str = "arn:aws:iam::123456789012:role/Deploy";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/Deploy/ci";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:q";
const SEND: &str = "sqs:SendMessage";

fn source(kind: Kind, name: &str, statement: &str) -> Source {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
    Source { name: name.into(), policy: Arc::new(Policy::parse(kind, &document).unwrap()) }
}

fn identity(effect: &str, action: &str) -> Source {
    let statement = format!(r#"{{"Effect": "{effect}", "Action": "{action}", "Resource": "*"}}"#);
    source(Kind::Managed, "identity", &statement)
}

fn resource(effect: &str, principal: &str, action: &str) -> Source {
    let statement = format!(r#"{{"Effect": "{effect}", "Principal": {principal}, "Action": "{action}"}}"#);
    source(Kind::Resource, "resource", &statement)
}

fn session() -> Caller {
    Caller::assumed_role(SESSION, ROLE)
}

/// The class that denies sending to the queue, or none.
fn denied(caller: &Caller, policies: &Applicable<'_>) -> Option<Class> {
    let context = Context::new();
    decide(&Request::new(caller, SEND, QUEUE, &context), policies).denial().map(|denial| denial.class)
}

#[test]
fn nothing_is_allowed_by_itself_but_to_the_root_user() {
    let nothing = Applicable::default();
    assert_eq!(denied(&Caller::user(USER), &nothing), Some(Class::Identity));
    assert_eq!(denied(&Caller::root("arn:aws:iam::123456789012:root"), &nothing), None);
    assert_eq!(denied(&Caller::root("arn:aws:iam::210987654321:root"), &nothing), Some(Class::Resource));
    assert_eq!(denied(&Caller::Anonymous, &nothing), Some(Class::Resource));
}

#[test]
fn identity_or_resource_is_enough_within_an_account() {
    let allow = [identity("Allow", "sqs:*")];
    let user = Caller::user(USER);
    assert_eq!(denied(&user, &Applicable { identity: &allow, ..Default::default() }), None);
    let other = resource("Allow", &format!(r#"{{"AWS": "{USER}"}}"#), SEND);
    assert_eq!(denied(&user, &Applicable { resource: Some(&other), ..Default::default() }), None);
}

#[test]
fn an_explicit_deny_outranks_everything() {
    let (allow, deny) = ([identity("Allow", "*")], identity("Deny", "sqs:Send*"));
    let user = Caller::user(USER);
    let open = resource("Allow", "\"*\"", "sqs:*");
    let closed = resource("Deny", "\"*\"", "sqs:*");
    let both = [allow[0].clone(), deny.clone()];
    let levels = [Level { name: "r-root".into(), policies: both.to_vec() }];
    for (policies, class) in [
        (Applicable { identity: &both, resource: Some(&open), ..Default::default() }, Class::Identity),
        (Applicable { identity: &allow, resource: Some(&closed), ..Default::default() }, Class::Resource),
        (Applicable { identity: &allow, boundary: Some(&deny), ..Default::default() }, Class::Boundary),
        (Applicable { identity: &allow, session: Some(&both), ..Default::default() }, Class::Session),
        (
            Applicable { identity: &allow, service_control: &levels, ..Default::default() },
            Class::ServiceControl,
        ),
    ] {
        let context = Context::new();
        let request = Request::new(&user, SEND, QUEUE, &context);
        let decision = decide(&request, &policies);
        let denial = decision.denial().unwrap();
        assert_eq!((denial.class, denial.explicit.is_some()), (class, true));
    }
}

/// The table "Resource-based policies and implicit denies in other policy types (same account)" of the IAM user guide.
#[test]
fn how_directly_a_resource_names_the_caller_decides_what_narrows_it() {
    let silent = identity("Allow", "s3:*");
    let silent = (&silent, std::slice::from_ref(&silent));
    let named = |arn: &str| resource("Allow", &format!(r#"{{"AWS": "{arn}"}}"#), SEND);
    let guest = Caller::federated_user("arn:aws:sts::123456789012:federated-user/guest", USER);
    let by_arn = r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:*",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/Deploy"}}}"#;
    for (caller, policy, narrowed_by) in [
        (session(), named(ROLE), [None, Some(Class::Boundary), Some(Class::Session)]),
        (session(), named(SESSION), [None; 3]),
        (Caller::user(USER), named(USER), [None; 3]),
        (guest.clone(), named(USER), [None, Some(Class::Boundary), Some(Class::Session)]),
        (guest, named("arn:aws:sts::123456789012:federated-user/guest"), [None; 3]),
        (session(), source(Kind::Resource, "resource", by_arn), [None; 3]),
        (session(), named("123456789012"), [Some(Class::Identity); 3]),
    ] {
        let mut context = Context::new();
        context.set("aws:PrincipalArn", ROLE);
        let request = Request::new(&caller, SEND, QUEUE, &context);
        let base = Applicable { resource: Some(&policy), ..Default::default() };
        let bounded = Applicable { boundary: Some(silent.0), ..base };
        let in_session = Applicable { session: Some(silent.1), ..base };
        let actual =
            [base, bounded, in_session].map(|policies| decide(&request, &policies).denial().map(|d| d.class));
        assert_eq!(actual, narrowed_by, "{caller:?}");
    }
}

#[test]
fn boundary_and_session_bound_what_identity_allows() {
    let (allow, other) = ([identity("Allow", "*")], identity("Allow", "s3:*"));
    let list = [other.clone(), identity("Allow", SEND)];
    let base = Applicable { identity: &allow, ..Default::default() };
    assert_eq!(denied(&session(), &Applicable { boundary: Some(&other), ..base }), Some(Class::Boundary));
    assert_eq!(denied(&session(), &Applicable { session: Some(&list[..1]), ..base }), Some(Class::Session));
    assert_eq!(
        denied(&session(), &Applicable { session: Some(&list), boundary: Some(&allow[0]), ..base }),
        None
    );
    assert_eq!(denied(&session(), &Applicable { session: Some(&[]), ..base }), Some(Class::Session));
}

#[test]
fn between_accounts_both_have_to_allow() {
    let theirs = Caller::user("arn:aws:iam::210987654321:user/bo");
    let allow = [identity("Allow", SEND)];
    let trusting = resource("Allow", r#"{"AWS": "210987654321"}"#, SEND);
    let base = Applicable::default();
    assert_eq!(denied(&theirs, &Applicable { identity: &allow, ..base }), Some(Class::Resource));
    assert_eq!(denied(&theirs, &Applicable { resource: Some(&trusting), ..base }), Some(Class::Identity));
    assert_eq!(denied(&theirs, &Applicable { identity: &allow, resource: Some(&trusting), ..base }), None);
    // Named itself, it still needs its own account's consent.
    let direct = resource("Allow", r#"{"AWS": "arn:aws:iam::210987654321:user/bo"}"#, SEND);
    assert_eq!(denied(&theirs, &Applicable { resource: Some(&direct), ..base }), Some(Class::Identity));
    let other = identity("Allow", "s3:*");
    let bounded = Applicable { identity: &allow, resource: Some(&direct), boundary: Some(&other), ..base };
    assert_eq!(denied(&theirs, &bounded), Some(Class::Boundary));
}

#[test]
fn control_policies_have_to_allow_at_each_level() {
    let level =
        |name: &str, action: &str| Level { name: name.into(), policies: vec![identity("Allow", action)] };
    let allow = [identity("Allow", "*")];
    let levels = [level("r-root", "*"), level("ou-1", "s3:*"), level("123456789012", "*")];
    let policies = Applicable { identity: &allow, service_control: &levels, ..Default::default() };
    let user = Caller::user(USER);
    let context = Context::new();
    let request = Request::new(&user, SEND, QUEUE, &context);
    let decision = decide(&request, &policies);
    let denial = decision.denial().unwrap();
    assert_eq!((denial.class, denial.level), (Class::ServiceControl, Some("ou-1")));
    // AWS calls that an explicit deny too.
    assert!(access_denied(&request, denial).ends_with("with an explicit deny in a service control policy"));
    assert_eq!(
        denied(&Caller::root("arn:aws:iam::123456789012:root"), &policies),
        Some(Class::ServiceControl)
    );
    let linked = Caller::assumed_role(
        SESSION,
        "arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/Deploy",
    );
    assert_eq!(denied(&linked, &policies), None);
    // Services on their own account are nobody's principals.
    let open = resource("Allow", r#"{"Service": "sns.amazonaws.com"}"#, SEND);
    let served = Applicable { resource: Some(&open), identity: &[], ..policies };
    assert_eq!(denied(&Caller::of_service("sns.amazonaws.com"), &served), None);
    assert_eq!(denied(&Caller::of_service("s3.amazonaws.com"), &served), Some(Class::Resource));
}

#[test]
fn resource_control_policies_bind_strangers_too() {
    let only_org = r#"{"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"}}}"#;
    let full = r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#;
    let policies =
        vec![source(Kind::ResourceControl, "full", full), source(Kind::ResourceControl, "org", only_org)];
    let levels = [Level { name: "r-root".into(), policies }];
    let open = resource("Allow", "\"*\"", "*");
    let policies = Applicable { resource: Some(&open), resource_control: &levels, ..Default::default() };
    let caller = Caller::user(USER);
    for (org, action, expected) in [
        ("o-ours", SEND, None),
        ("o-theirs", SEND, Some(Class::ResourceControl)),
        // Not a service that resource control policies are about.
        ("o-theirs", "ec2:RunInstances", None),
    ] {
        let mut context = Context::new();
        context.set("aws:PrincipalOrgID", org);
        let decision = decide(&Request::new(&caller, action, QUEUE, &context), &policies);
        assert_eq!(decision.denial().map(|denial| denial.class), expected, "{org} {action}");
    }
}

#[test]
fn an_endpoint_lets_through_what_its_policy_allows() {
    let allow = [identity("Allow", "*")];
    let statement = r#"{"Effect": "Allow", "Principal": "*", "Action": "sqs:Receive*", "Resource": "*"}"#;
    let endpoint = source(Kind::Endpoint, "vpce-1", statement);
    let policies = Applicable { identity: &allow, endpoint: Some(&endpoint), ..Default::default() };
    assert_eq!(denied(&Caller::user(USER), &policies), Some(Class::Endpoint));
}

#[test]
fn a_role_is_assumed_only_by_those_it_trusts() {
    let trust = |principal: &str| {
        let statement =
            format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "sts:AssumeRole"}}"#);
        source(Kind::Trust, "trust", &statement)
    };
    let may = [identity("Allow", "sts:AssumeRole")];
    let user = Caller::user(USER);
    let context = Context::new();
    let request = Request::new(&user, "sts:AssumeRole", ROLE, &context);
    let class = |policies: &Applicable<'_>| decide(&request, policies).denial().map(|denial| denial.class);
    let account = trust(r#"{"AWS": "arn:aws:iam::123456789012:root"}"#);
    let direct = trust(&format!(r#"{{"AWS": "{USER}"}}"#));
    let service = trust(r#"{"Service": "ec2.amazonaws.com"}"#);
    let base = Applicable::default();
    // The user's own policies do not get it into a role that does not trust it.
    assert_eq!(class(&Applicable { identity: &may, resource: Some(&service), ..base }), Some(Class::Trust));
    assert_eq!(class(&Applicable { resource: Some(&account), ..base }), Some(Class::Identity));
    assert_eq!(class(&Applicable { identity: &may, resource: Some(&account), ..base }), None);
    assert_eq!(class(&Applicable { resource: Some(&direct), ..base }), None);
    let ec2 = Caller::of_service("ec2.amazonaws.com");
    let by_service = Request::new(&ec2, "sts:AssumeRole", ROLE, &context);
    assert!(decide(&by_service, &Applicable { resource: Some(&service), ..base }).is_allowed());
}

#[test]
fn a_key_belongs_to_its_policy() {
    let key = "arn:aws:kms:eu-west-1:123456789012:key/1";
    let (user, context) = (Caller::user(USER), Context::new());
    let request = Request::new(&user, "kms:Decrypt", key, &context);
    let may = [identity("Allow", "kms:*")];
    let closed = resource("Allow", &format!(r#"{{"AWS": "{ROLE}"}}"#), "kms:*");
    let account = resource("Allow", r#"{"AWS": "123456789012"}"#, "kms:*");
    let with = |policy| {
        decide(&request, &Applicable { identity: &may, resource: Some(policy), ..Default::default() })
    };
    assert_eq!(with(&closed).denial().map(|denial| denial.class), Some(Class::Resource));
    assert!(with(&account).is_allowed());
}

#[test]
fn who_is_not_named_by_not_principal_is_denied() {
    let list = |extra: &str| {
        let statement = format!(
            r#"{{"Effect": "Deny", "NotPrincipal": {{"AWS": ["{ROLE}"{extra}]}}, "Action": "sqs:*"}}"#
        );
        source(Kind::Resource, "resource", &statement)
    };
    let allow = [identity("Allow", "*")];
    let class = |policy: &Source, boundary: Option<&Source>| {
        let policies =
            Applicable { identity: &allow, resource: Some(policy), boundary, ..Default::default() };
        denied(&session(), &policies)
    };
    let all = list(&format!(r#", "{SESSION}", "123456789012""#));
    assert_eq!(class(&all, None), None);
    // Without its session and account a role is not left out, and with a boundary never.
    assert_eq!(class(&list(""), None), Some(Class::Resource));
    assert_eq!(class(&all, Some(&allow[0])), Some(Class::Resource));
}

#[test]
fn denials_are_worded_as_aws_words_them() {
    let user = Caller::user(USER);
    let context = Context::new();
    let say = |action: &str, resource: &str, policies: &Applicable<'_>| {
        let request = Request::new(&user, action, resource, &context);
        let decision = decide(&request, policies);
        access_denied(&request, decision.denial().unwrap())
    };
    let deny = [identity("Deny", "*")];
    assert_eq!(
        say("codecommit:ListRepositories", "*", &Applicable::default()),
        "User: arn:aws:iam::123456789012:user/anna is not authorized to perform: codecommit:ListRepositories \
         because no identity-based policy allows the codecommit:ListRepositories action"
    );
    assert_eq!(
        say(SEND, QUEUE, &Applicable { identity: &deny, ..Default::default() }),
        "User: arn:aws:iam::123456789012:user/anna is not authorized to perform: sqs:SendMessage on resource: \
         arn:aws:sqs:eu-west-1:123456789012:q with an explicit deny in an identity-based policy"
    );
    assert_eq!(
        say("sts:AssumeRole", "arn:aws:iam::210987654321:role/r", &Applicable::default()),
        "User: arn:aws:iam::123456789012:user/anna is not authorized to perform: sts:AssumeRole on resource: \
         arn:aws:iam::210987654321:role/r"
    );
}

#[test]
fn advice_names_the_statement_that_comes_closest() {
    let statement = r#"{"Sid": "Tagged", "Effect": "Allow", "Action": "sqs:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": ["red", "blue"]}}}"#;
    let list = [source(Kind::Managed, "policy/queues", statement)];
    let policies = Applicable { identity: &list, ..Default::default() };
    let user = Caller::user(USER);
    let mut context = Context::new();
    context.set("aws:ResourceTag/team", "green");
    let request = Request::new(&user, SEND, QUEUE, &context);
    let decision = decide(&request, &policies);
    assert_eq!(
        advice(&request, &policies, &decision).unwrap(),
        "no identity-based policy has an Allow for sqs:SendMessage on arn:aws:sqs:eu-west-1:123456789012:q; statement 1 \
         (Tagged) of identity-based policy policy/queues comes closest, but it wants aws:ResourceTag/team StringEquals red \
         or blue, which is green"
    );
    context.set("aws:ResourceTag/team", "red");
    let request = Request::new(&user, SEND, QUEUE, &context);
    assert!(matches!(decide(&request, &policies), Decision::Allowed(_)));
}

#[test]
fn an_authorization_message_holds_what_decided() {
    let deny = [identity("Deny", "sqs:*")];
    let policies = Applicable { identity: &deny, ..Default::default() };
    let user = Caller::user(USER);
    let mut context = Context::new();
    context.set("aws:SourceIp", "192.0.2.1");
    let request = Request::new(&user, SEND, QUEUE, &context);
    let decision = decide(&request, &policies);
    let message = super::authorization_message(&request, decision.denial().unwrap(), "AIDAEXAMPLE", "anna");
    assert_eq!(message["explicitDeny"], true);
    assert_eq!(message["matchedStatements"]["items"][0]["actions"]["items"][0]["value"], "sqs:*");
    assert_eq!(message["context"]["principal"]["arn"], USER);
    assert_eq!(message["context"]["conditions"]["items"][0]["key"], "aws:SourceIp");
}
