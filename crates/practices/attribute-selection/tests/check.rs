//! Check finds what falls short of the post, is content with what the post recommends, and says what it could not read.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod support;

use ironbird_api::{autoscaling, ec2};
use ironbird_attribute_selection::check::{rules, run};
use ironbird_cloud::testing::Denying;
use ironbird_cloud::{Cloud, at_once};
use ironbird_report::finding::CaseOutcome;
use ironbird_report::{Finding, Findings, Severity};
use support::*;

fn check(cloud: &impl Cloud) -> Findings {
    at_once(run(cloud)).unwrap()
}

/// Rules with findings, in the order of reports.
fn found(findings: &Findings) -> Vec<(String, Severity)> {
    let name = |id: &str| id.rsplit('/').next().unwrap().to_owned();
    findings.ordered().iter().map(|finding| (name(&finding.rule), finding.severity)).collect()
}

fn only(findings: &Findings, rule: &str, severity: Severity) -> Finding {
    assert_eq!(found(findings), [(rule.to_owned(), severity)], "{:?}", findings.findings);
    findings.findings[0].clone()
}

/// The post's requirements of a Spot group, after m5.large.
fn memory_intensive() -> autoscaling::InstanceRequirements {
    autoscaling::InstanceRequirements {
        memory_mib: autoscaling::MemoryMiBRequest { min: 4_096, max: Some(32_768) },
        memory_gib_per_vcpu: Some(autoscaling::MemoryGiBPerVCpuRequest { min: Some(4.0), max: Some(4.0) }),
        accelerator_count: Some(autoscaling::AcceleratorCountRequest { min: None, max: Some(0) }),
        ..at_least(2, 0)
    }
}

#[test]
fn an_empty_account_has_no_findings() {
    let world = world();
    let findings = check(&cloud(&world));
    assert_eq!((found(&findings), findings.exit_code()), (Vec::new(), 0));
    assert!(findings.cases().iter().all(|case| case.outcome == CaseOutcome::NothingToExamine));
}

#[test]
fn the_posts_groups_pass_but_for_what_is_published_wrong() {
    let world = world();
    let cloud = cloud(&world);
    let current = ec2::InstanceRequirementsRequest {
        vcpu_count: ec2::VCpuCountRangeRequest { min: 4, max: None },
        memory_mib: ec2::MemoryMiBRequest { min: 8_192, max: None },
        instance_generations: Some(vec!["current".to_owned()]),
        ..Default::default()
    };
    let data = ec2::RequestLaunchTemplateData { instance_requirements: Some(current), ..Default::default() };
    template(&cloud, "abs", "x86_64", data);
    template(&cloud, "x86", "x86_64", Default::default());
    template(&cloud, "arm", "arm64", Default::default());
    let on_demand = group("on_demand", "abs", vec![], None);
    create(&cloud, &autoscaling::CreateAutoScalingGroupType { capacity_rebalance: None, ..on_demand });
    // As it is published: without the On-Demand share.
    let published = autoscaling::InstancesDistribution {
        spot_allocation_strategy: Some("capacity-optimized".to_owned()),
        ..Default::default()
    };
    create(&cloud, &group("spot", "x86", vec![by_attributes(memory_intensive())], Some(published)));
    // Sixteen GiB and up to four vCPUs, without a minimum, for Arm; from sixteen GiB and four vCPUs for x86.
    let mut arm = by_attributes(autoscaling::InstanceRequirements {
        vcpu_count: autoscaling::VCpuCountRequest { min: 0, max: Some(4) },
        memory_mib: autoscaling::MemoryMiBRequest { min: 16_384, max: Some(16_384) },
        ..Default::default()
    });
    arm.launch_template_specification = Some(by_name("arm"));
    let mut x86 = by_attributes(at_least(4, 16_384));
    x86.launch_template_specification = Some(by_name("x86"));
    let mixed = autoscaling::InstancesDistribution { on_demand_base_capacity: Some(2), ..spot() };
    create(&cloud, &group("on_demand_spot", "arm", vec![arm, x86], Some(mixed)));
    cloud.call_now::<ec2::CreateFleet>(&posts_fleet("x86")).unwrap();

    let findings = check(&cloud);
    let spot: Vec<_> =
        found(&findings).into_iter().filter(|(_, severity)| *severity == Severity::Error).collect();
    assert_eq!(spot, [("never-spot".to_owned(), Severity::Error)], "{:?}", findings.findings);
    let of = |rule: &str| -> Vec<&Finding> {
        findings.ordered().into_iter().filter(|finding| finding.rule.ends_with(rule)).collect()
    };
    assert!(of("never-spot")[0].resource.contains("autoScalingGroupName/spot"));
    let open = of("no-minimum");
    assert_eq!(open.len(), 1);
    assert!(open[0].seen.starts_with("VCpuCount of override 1 is at most 4"), "{}", open[0].seen);
    // c5d.9xlarge fits, c5.9xlarge does not: the fleet is left with very few.
    let few = of("few-types").into_iter().find(|finding| finding.resource.starts_with("fleet-")).unwrap();
    assert!(few.seen.contains("c5d.9xlarge") && !few.seen.contains("c5.9xlarge"), "{}", few.seen);
    assert!(few.advice.contains("excludes most"), "{}", few.advice);
    for rule in
        ["type-list", "spot-lowest-price", "no-rebalancing", "template-overridden", "outdated-instances"]
    {
        assert_eq!(of(rule).len(), 0, "{rule}: {:?}", of(rule));
    }
    assert_eq!(findings.unread.len(), 0);
}

#[test]
fn a_list_gets_the_attributes_that_its_types_have_in_common() {
    let world = world();
    let cloud = cloud(&world);
    typed(&cloud, "app", "c5.xlarge");
    let types = ["m5.large", "m5a.large", "m5n.large"].map(by_type).to_vec();
    create(&cloud, &group("list", "app", types, Some(spot())));
    let finding = only(&check(&cloud), "type-list", Severity::Warning);
    assert_eq!(
        finding.seen,
        "The group names m5.large, m5a.large, m5n.large and launches none that comes later."
    );
    let (_, block) = finding.advice.split_once("InstanceRequirements: ").unwrap();
    let block: serde_json::Value = serde_json::from_str(block).unwrap();
    assert_eq!(block["VCpuCount"], serde_json::json!({"Min": 2, "Max": 4}));
    assert_eq!(block["MemoryMiB"], serde_json::json!({"Min": 8192, "Max": 16384}));
    assert_eq!(block["MemoryGiBPerVCpu"], serde_json::json!({"Min": 4.0, "Max": 4.0}));
    assert_eq!(finding.figure.unwrap().value, 16.0);
}

#[test]
fn one_type_is_a_list_too_and_what_has_no_like_is_none() {
    let world = world();
    let cloud = cloud(&world);
    typed(&cloud, "app", "c5.xlarge");
    typed(&cloud, "gpu", "p4d.24xlarge");
    for (name, template) in [("one", "app"), ("gpu", "gpu")] {
        let plain = autoscaling::CreateAutoScalingGroupType {
            launch_template: Some(by_name(template)),
            mixed_instances_policy: None,
            ..group(name, template, vec![], None)
        };
        create(&cloud, &autoscaling::CreateAutoScalingGroupType { capacity_rebalance: None, ..plain });
    }
    let findings = check(&cloud);
    let finding = only(&findings, "type-list", Severity::Warning);
    assert!(finding.resource.contains("autoScalingGroupName/one"), "{}", finding.resource);
    assert_eq!(finding.seen, "The group names c5.xlarge and launches nothing else.");
}

#[test]
fn spot_taken_where_it_is_cheapest_and_never_replaced_in_time_is_found() {
    let world = world();
    let cloud = cloud(&world);
    template(&cloud, "app", "x86_64", Default::default());
    let cheapest = autoscaling::InstancesDistribution { spot_allocation_strategy: None, ..spot() };
    let careless = autoscaling::CreateAutoScalingGroupType {
        capacity_rebalance: None,
        ..group("careless", "app", vec![by_attributes(memory_intensive())], Some(cheapest))
    };
    create(&cloud, &careless);
    let expected = ["no-rebalancing", "spot-lowest-price"].map(|rule| (rule.to_owned(), Severity::Warning));
    assert_eq!(found(&check(&cloud)), expected);
}

#[test]
fn what_excludes_most_is_named_where_nothing_matches() {
    let world = world();
    let cloud = cloud(&world);
    template(&cloud, "app", "x86_64", Default::default());
    let mut impossible = memory_intensive();
    impossible.cpu_manufacturers = Some(vec!["amazon-web-services".to_owned()]);
    let sound = by_attributes(memory_intensive());
    create(&cloud, &group("half", "app", vec![sound, by_attributes(impossible)], Some(spot())));
    let finding = only(&check(&cloud), "few-types", Severity::Error);
    assert_eq!(
        finding.seen,
        "No type that boots x86_64 has the attributes of override 2: it launches nothing."
    );
    assert!(finding.advice.starts_with("CpuManufacturers excludes most"), "{}", finding.advice);
}

#[test]
fn instances_of_earlier_attributes_are_found() {
    let world = world();
    let cloud = cloud(&world);
    typed(&cloud, "app", "m5.large");
    let sized = |requirements| {
        let mut request = group("app", "app", vec![by_attributes(requirements)], None);
        request.capacity_rebalance = None;
        request.min_size = 3;
        request
    };
    let first = sized(memory_intensive());
    create(&cloud, &first);
    assert_eq!(found(&check(&cloud)).len(), 1, "few types on demand, and no more");
    let changed = sized(at_least(8, 16_384));
    let update = autoscaling::UpdateAutoScalingGroupType {
        auto_scaling_group_name: "app".to_owned(),
        mixed_instances_policy: changed.mixed_instances_policy,
        ..Default::default()
    };
    cloud.call_now::<autoscaling::UpdateAutoScalingGroup>(&update).unwrap();
    let findings = check(&cloud);
    let outdated = findings.findings.iter().find(|finding| finding.rule == rules::OUTDATED.id).unwrap();
    assert!(outdated.seen.starts_with("3 of 3 instances run on types"), "{}", outdated.seen);
}

#[test]
fn attributes_over_attributes_are_found() {
    let world = world();
    let cloud = cloud(&world);
    let guard = ec2::InstanceRequirementsRequest {
        vcpu_count: ec2::VCpuCountRangeRequest { min: 4, max: None },
        memory_mib: ec2::MemoryMiBRequest { min: 8_192, max: None },
        ..Default::default()
    };
    let data = ec2::RequestLaunchTemplateData { instance_requirements: Some(guard), ..Default::default() };
    template(&cloud, "guarded", "x86_64", data);
    create(&cloud, &group("over", "guarded", vec![by_attributes(memory_intensive())], Some(spot())));
    let finding = only(&check(&cloud), "template-overridden", Severity::Note);
    assert!(finding.seen.contains("count for nothing in override 1"), "{}", finding.seen);
}

#[test]
fn what_is_denied_is_undecided_and_never_a_pass() {
    let world = world();
    let cloud = cloud(&world);
    template(&cloud, "app", "x86_64", Default::default());
    create(&cloud, &group("app", "app", vec![by_attributes(memory_intensive())], Some(spot())));
    let operations = [
        "DescribeAutoScalingGroups",
        "DescribeFleets",
        "DescribeLaunchTemplateVersions",
        "GetInstanceTypesFromInstanceRequirements",
    ];
    for operation in operations {
        let findings = check(&Denying { inner: cloud, operation });
        assert_eq!(findings.exit_code(), 2, "{operation}");
        let few = findings.cases().into_iter().find(|case| case.rule.id == rules::FEW_TYPES.id).unwrap();
        assert!(
            matches!(few.outcome, CaseOutcome::Undecided(_)) || operation == "DescribeFleets",
            "{operation}"
        );
    }
}
