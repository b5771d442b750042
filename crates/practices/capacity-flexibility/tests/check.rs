//! Check finds what falls short, says what it could not read, and is content with what apply leaves.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod support;

use ironbird_api::{autoscaling, ec2};
use ironbird_capacity_flexibility::apply::perform::apply;
use ironbird_capacity_flexibility::apply::{Options, plan};
use ironbird_capacity_flexibility::check::run;
use ironbird_cloud::testing::Denying;
use ironbird_cloud::{Cloud, InProcess, at_once};
use ironbird_report::{Findings, Severity};
use support::*;

fn check(cloud: &impl Cloud) -> Findings {
    at_once(run(cloud)).unwrap()
}

fn found(findings: &Findings) -> Vec<(String, Severity)> {
    let name = |id: &str| id.rsplit('/').next().unwrap().to_owned();
    findings.ordered().iter().map(|finding| (name(&finding.rule), finding.severity)).collect()
}

fn rules_of(findings: &Findings) -> Vec<String> {
    let mut names: Vec<String> = found(findings).into_iter().map(|(name, _)| name).collect();
    names.dedup();
    names
}

fn set(cloud: &InProcess<'_>, change: autoscaling::UpdateAutoScalingGroupType) {
    cloud.call_now::<autoscaling::UpdateAutoScalingGroup>(&change).unwrap();
}

fn of_group(name: &str) -> autoscaling::UpdateAutoScalingGroupType {
    autoscaling::UpdateAutoScalingGroupType { auto_scaling_group_name: name.to_owned(), ..Default::default() }
}

#[test]
fn an_empty_account_has_no_findings_and_says_what_it_could_not_read() {
    let world = world();
    let findings = check(&cloud(&world));
    assert_eq!(found(&findings), []);
    let unread: Vec<&str> = findings.unread.iter().map(|unread| unread.what.as_str()).collect();
    assert_eq!(unread, ["cloudtrail:LookupEvents"], "this world has no audit log");
    assert_eq!(findings.exit_code(), 2, "what could not be read is no pass");
    assert_eq!(findings.target.account.as_deref(), Some("123456789012"));
}

#[test]
fn narrow_groups_are_found_and_apply_makes_them_clean() {
    let world = world();
    let cloud = cloud(&world);
    one_type_groups(&cloud);
    let findings = check(&cloud);
    let expected = [
        ("narrow-types", Severity::Error),
        ("narrow-types", Severity::Error),
        ("unused-zones", Severity::Error),
        ("unused-zones", Severity::Warning),
    ];
    assert_eq!(found(&findings), expected.map(|(name, severity)| (name.to_owned(), severity)));
    let plain = findings.findings.iter().find(|finding| finding.seen.contains("r6i.2xlarge")).unwrap();
    assert_eq!(plain.seen, "The group launches r6i.2xlarge and nothing else, from 1 pool: 1 type × 1 zone.");
    assert!(
        plain.advice.contains("16 types like r6i.2xlarge give 45 pools over 3 zones"),
        "{}",
        plain.advice
    );
    let folder = tempfile::tempdir().unwrap();
    let plan = at_once(plan(&cloud, &Options::default())).unwrap();
    at_once(apply(&cloud, &plan, &folder.path().join("backup.json"))).unwrap();
    assert_eq!(found(&check(&cloud)), []);
}

#[test]
fn the_default_price_protection_is_found() {
    let world = world();
    let cloud = cloud(&world);
    template(&cloud, "wide", "r6i.2xlarge");
    let post = autoscaling::InstanceRequirements {
        vcpu_count: autoscaling::VCpuCountRequest { min: 8, max: None },
        memory_mib: autoscaling::MemoryMiBRequest { min: 65_536, max: None },
        memory_gib_per_vcpu: Some(autoscaling::MemoryGiBPerVCpuRequest { min: Some(8.0), max: Some(8.0) }),
        ..Default::default()
    };
    let group = autoscaling::CreateAutoScalingGroupType {
        auto_scaling_group_name: "wide".to_owned(),
        mixed_instances_policy: Some(autoscaling::MixedInstancesPolicy {
            launch_template: Some(autoscaling::LaunchTemplate {
                launch_template_specification: Some(by_name("wide")),
                overrides: Some(vec![autoscaling::LaunchTemplateOverrides {
                    instance_requirements: Some(post),
                    ..Default::default()
                }]),
            }),
            instances_distribution: None,
        }),
        max_size: 10,
        vpc_zone_identifier: Some(subnets(&cloud).join(",")),
        ..Default::default()
    };
    cloud.call_now::<autoscaling::CreateAutoScalingGroup>(&group).unwrap();
    let findings = check(&cloud);
    assert_eq!(rules_of(&findings), ["price-protection"]);
    let finding = &findings.findings[0];
    assert!(finding.seen.starts_with("155 types have the attributes"), "{}", finding.seen);
    assert!(finding.seen.ends_with("leaves 7."), "{}", finding.seen);
}

#[test]
fn baseline_steps_and_failed_launches_are_found() {
    let world = world();
    let cloud = cloud(&world);
    one_type_groups(&cloud);
    let policy = autoscaling::PutScalingPolicyType {
        auto_scaling_group_name: "mixed".to_owned(),
        policy_name: "double".to_owned(),
        policy_type: Some("SimpleScaling".to_owned()),
        adjustment_type: Some("PercentChangeInCapacity".to_owned()),
        scaling_adjustment: Some(100),
        cooldown: Some(600),
        ..Default::default()
    };
    cloud.call_now::<autoscaling::PutScalingPolicy>(&policy).unwrap();
    world
        .within(scope(), |ctx| {
            let id = ironbird_rig::capacity::PoolId {
                region: scope().region,
                zone: "eu-west-1a",
                instance_type: "r6i.2xlarge",
                tenancy: Default::default(),
            };
            ironbird_rig::capacity::set_free(ctx, id, 1, None)
        })
        .unwrap();
    set(&cloud, autoscaling::UpdateAutoScalingGroupType { min_size: Some(3), ..of_group("plain") });
    world.run_until(ironbird_rig::Timestamp::from_secs(1_772_431_200 + 900));
    let findings = check(&cloud);
    let rules = rules_of(&findings);
    for rule in ["uncovered-baseline", "scaling-too-large-or-late", "launch-failures"] {
        assert!(rules.iter().any(|name| name == rule), "{rule} is not in {rules:?}");
    }
    let baseline =
        findings.findings.iter().find(|finding| finding.rule.ends_with("uncovered-baseline")).unwrap();
    assert!(baseline.seen.contains("at least 3 On-Demand instances"), "{}", baseline.seen);
    let steps: Vec<_> =
        findings.findings.iter().filter(|finding| finding.rule.ends_with("or-late")).collect();
    assert_eq!(steps.len(), 2, "a large step and a long cooldown");

    let reservation = ec2::CreateCapacityReservationRequest {
        instance_type: "r6i.2xlarge".to_owned(),
        instance_platform: "Linux/UNIX".to_owned(),
        availability_zone: Some("eu-west-1a".to_owned()),
        instance_count: 1,
        ..Default::default()
    };
    // An open reservation takes in what runs already, so that it is had although the pool is dry.
    cloud.call_now::<ec2::CreateCapacityReservation>(&reservation).unwrap();
    let findings = check(&cloud);
    let baseline =
        findings.findings.iter().find(|finding| finding.rule.ends_with("uncovered-baseline")).unwrap();
    assert!(baseline.seen.ends_with("cover 1."), "{}", baseline.seen);
}

#[test]
fn one_type_fleets_are_found() {
    let world = world();
    let cloud = cloud(&world);
    template(&cloud, "fleet", "m5.large");
    let fleet = |types: &[&str]| ec2::CreateFleetRequest {
        r#type: Some("maintain".to_owned()),
        launch_template_configs: vec![ec2::FleetLaunchTemplateConfigRequest {
            launch_template_specification: Some(ec2::FleetLaunchTemplateSpecificationRequest {
                launch_template_name: Some("fleet".to_owned()),
                version: Some("$Latest".to_owned()),
                ..Default::default()
            }),
            overrides: Some(
                types
                    .iter()
                    .map(|name| ec2::FleetLaunchTemplateOverridesRequest {
                        instance_type: Some((*name).to_owned()),
                        ..Default::default()
                    })
                    .collect(),
            ),
        }],
        target_capacity_specification: ec2::TargetCapacitySpecificationRequest {
            total_target_capacity: 0,
            default_target_capacity_type: Some("on-demand".to_owned()),
            ..Default::default()
        },
        ..Default::default()
    };
    let create = |types: &[&str]| cloud.call_now::<ec2::CreateFleet>(&fleet(types));
    create(&["m5.large"]).unwrap();
    create(&["m5.large", "m6i.large"]).unwrap();
    assert_eq!(rules_of(&check(&cloud)), ["one-type-fleet"]);
}

#[test]
fn what_is_denied_is_undecided_and_never_a_pass() {
    let world = world();
    let inner = cloud(&world);
    one_type_groups(&inner);
    let cases = [
        ("DescribeInstanceTypeOfferings", "narrow-types"),
        ("DescribeAvailabilityZones", "unused-zones"),
        ("DescribeLaunchTemplateVersions", "narrow-types"),
        ("DescribeCapacityReservations", "uncovered-baseline"),
        ("DescribePolicies", "scaling-too-large-or-late"),
        ("DescribeScalingActivities", "launch-failures"),
        ("DescribeFleets", "one-type-fleet"),
        ("DescribeAutoScalingGroups", "price-protection"),
    ];
    for (operation, rule) in cases {
        let findings = check(&Denying { inner, operation });
        let left = findings.only(&[rule.to_owned()]).unwrap();
        assert_eq!(left.exit_code(), 2, "{operation} denied leaves {rule} decided");
        assert!(left.unread[0].why.contains("permission"), "{:?}", left.unread);
    }
}

#[test]
fn rules_can_be_chosen() {
    let world = world();
    let cloud = cloud(&world);
    one_type_groups(&cloud);
    let zones = check(&cloud).only(&["unused-zones".to_owned()]).unwrap();
    assert_eq!((rules_of(&zones), zones.exit_code()), (vec!["unused-zones".to_owned()], 1));
    assert!(check(&cloud).only(&["unused-zone".to_owned()]).is_err());
}
