"""The post's walkthrough with the AWS CLI and boto3, and check on what it leaves. Its Terraform is in tests/terraform."""

import json
import subprocess

import pytest
from conftest import ACCOUNT, Shell, binary, rules, shell_environment

REGION = "us-east-1"
ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]

# "A minimum of 4 vCPUs and 8 GiB of memory", of the current generations, in the launch template.
GUARDRAIL = {"VCpuCount": {"Min": 4}, "MemoryMiB": {"Min": 8192}, "InstanceGenerations": ["current"]}
# "A vCPU to Memory ratio of 4GB for every vCPU", like m5.large, up to 32 GB, without accelerators.
MEMORY_INTENSIVE = {
    "VCpuCount": {"Min": 2},
    "MemoryMiB": {"Min": 4096, "Max": 32768},
    "MemoryGiBPerVCpu": {"Min": 4, "Max": 4},
    "AcceleratorCount": {"Max": 0},
}
# Like c5.9xlarge, and "a minimum of 100 GB SSD local storage".
CPU_BOUND = {
    "VCpuCount": {"Min": 32, "Max": 36},
    "MemoryMiB": {"Min": 65536, "Max": 73728},
    "CpuManufacturers": ["intel"],
    "LocalStorage": "required",
    "LocalStorageTypes": ["ssd"],
    "TotalLocalStorageGB": {"Min": 100},
}
SPOT = {"OnDemandPercentageAboveBaseCapacity": 0, "SpotAllocationStrategy": "capacity-optimized"}


class Desk(Shell):
    """A user's shell with what the post's reader makes in it."""

    practice = "attribute-selection"

    def preview(self, requirements, architecture="x86_64"):
        found = self.aws("ec2", "get-instance-types-from-instance-requirements", "--architecture-types", architecture,
                         "--virtualization-types", "hvm", "--instance-requirements", json.dumps(requirements))
        return {each["InstanceType"] for each in found["InstanceTypes"]}

    def group(self, name, template, overrides=(), distribution=None, size=1, most=1, rebalance=True):
        policy = {"LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateName": template, "Version": "$Latest"},
            "Overrides": list(overrides)}}
        if distribution is not None:
            policy["InstancesDistribution"] = distribution
        self.aws("autoscaling", "create-auto-scaling-group", "--auto-scaling-group-name", name, "--min-size", "0",
                 "--max-size", str(most), "--desired-capacity", str(size), "--availability-zones", *ZONES,
                 "--capacity-rebalance" if rebalance else "--no-capacity-rebalance",
                 "--mixed-instances-policy", json.dumps(policy))

    def fleet(self, template, requirements, **options):
        made = self.aws("ec2", "create-fleet", "--cli-input-json", json.dumps({
            "Type": "maintain",
            "TargetCapacitySpecification": {"TotalTargetCapacity": 5, "DefaultTargetCapacityType": "spot"},
            "LaunchTemplateConfigs": [{
                "LaunchTemplateSpecification": {"LaunchTemplateName": template, "Version": "$Latest"},
                "Overrides": [{"InstanceRequirements": requirements}]}],
            **options}))
        return made["FleetId"]

    def spot_fleet(self, **config):
        """A Spot Fleet of two that chooses well, unless told otherwise."""
        made = self.aws("ec2", "request-spot-fleet", "--spot-fleet-request-config", json.dumps({
            "IamFleetRole": "arn:aws:iam::123456789012:role/aws-ec2-spot-fleet-tagging-role",
            "TargetCapacity": 2,
            "AllocationStrategy": "capacityOptimized",
            "SpotMaintenanceStrategies": {"CapacityRebalance": {"ReplacementStrategy": "launch"}},
            **config}))
        return made["SpotFleetRequestId"]

    def spot_fleet_config(self, fleet):
        found = self.aws("ec2", "describe-spot-fleet-requests", "--spot-fleet-request-ids", fleet)
        return found["SpotFleetRequestConfigs"][0]["SpotFleetRequestConfig"]

    def running(self, key, value):
        """The instances that a group or fleet runs, with the figures of their types."""
        ec2 = self.rig.client("ec2", key=ACCOUNT, region=REGION)
        up = [{"Name": f"tag:{key}", "Values": [value]}, {"Name": "instance-state-name", "Values": ["running"]}]
        launches = ec2.describe_instances(Filters=up)["Reservations"]
        found = [instance for launch in launches for instance in launch["Instances"]]
        names = sorted({instance["InstanceType"] for instance in found})
        kinds = {kind["InstanceType"]: kind for kind in ec2.describe_instance_types(InstanceTypes=names)["InstanceTypes"]}
        return [(instance, kinds[instance["InstanceType"]]) for instance in found]


@pytest.fixture
def desk(start, tmp_path):
    return Desk(start("--transitions", "instant"), tmp_path, REGION)


def size(kind):
    return kind["VCpuInfo"]["DefaultVCpus"], kind["MemoryInfo"]["SizeInMiB"] / 1024


# ----- the post, with its own values


def test_the_preview_names_what_would_be_selected(desk):
    fleet = desk.preview(CPU_BOUND)
    assert "c5d.9xlarge" in fleet and "c5.9xlarge" not in fleet and len(fleet) < 10
    spot = desk.preview(MEMORY_INTENSIVE)
    assert {"m5.large", "m6i.2xlarge"} <= spot and not {"m5.4xlarge", "r5.large", "m6g.large"} & spot
    # Bare metal and burstable types are left out unless they are asked for.
    assert not any(name.endswith(".metal") or name.startswith("t3") for name in spot)
    assert "t3.large" in desk.preview({**MEMORY_INTENSIVE, "MemoryGiBPerVCpu": {"Min": 4, "Max": 4},
                                       "BurstablePerformance": "included"})
    assert "m6g.large" in desk.preview(MEMORY_INTENSIVE, "arm64")


def test_a_group_launches_what_its_launch_template_asks_for(desk):
    desk.template("abs", InstanceRequirements=GUARDRAIL)
    desk.group("on_demand", "abs", rebalance=False)
    [(instance, kind)] = desk.running("aws:autoscaling:groupName", "on_demand")
    cpus, memory = size(kind)
    assert cpus >= 4 and memory >= 8 and kind["CurrentGeneration"] and "InstanceLifecycle" not in instance


def test_the_spot_group_as_published_is_on_demand_and_check_says_so(desk):
    desk.template("x86")
    published = {"SpotAllocationStrategy": "capacity-optimized"}
    desk.group("spot", "x86", [{"InstanceRequirements": MEMORY_INTENSIVE}], published)
    [(instance, _)] = desk.running("aws:autoscaling:groupName", "spot")
    assert "InstanceLifecycle" not in instance
    status, findings = desk.check("--rule", "never-spot")
    assert (status, rules(findings)) == (1, ["never-spot"])
    policy = {"InstancesDistribution": SPOT}
    desk.aws("autoscaling", "update-auto-scaling-group", "--auto-scaling-group-name", "spot",
             "--mixed-instances-policy", json.dumps(policy))
    assert desk.check("--rule", "never-spot")[0] == 0


def test_a_spot_group_replaces_what_is_at_risk(desk):
    desk.template("x86")
    desk.group("spot", "x86", [{"InstanceRequirements": MEMORY_INTENSIVE}], SPOT)
    [(instance, kind)] = desk.running("aws:autoscaling:groupName", "spot")
    cpus, memory = size(kind)
    assert instance["InstanceLifecycle"] == "spot" and cpus >= 2 and memory == 4 * cpus and memory <= 32
    assert "GpuInfo" not in kind
    status, findings = desk.check()
    assert (status, findings["findings"], findings["unread"]) == (0, [], [])


def test_a_fleet_of_spot_with_disks_and_what_limits_it(desk):
    desk.template("x86")
    rebalance = {"CapacityRebalance": {"ReplacementStrategy": "launch"}}
    fleet = desk.fleet("x86", CPU_BOUND, SpotOptions={"AllocationStrategy": "capacity-optimized",
                                                      "MaintenanceStrategies": rebalance})
    members = desk.running("aws:ec2:fleet-id", fleet)
    assert len(members) == 5 and {instance["InstanceLifecycle"] for instance, _ in members} == {"spot"}
    for _, kind in members:
        cpus, memory = size(kind)
        assert 32 <= cpus <= 36 and 64 <= memory <= 72 and kind["InstanceStorageInfo"]["TotalSizeInGB"] >= 100
    status, findings = desk.check()
    assert (status, rules(findings)) == (1, ["few-types"])
    [finding] = findings["findings"]
    assert finding["resource"] == fleet and "excludes most" in finding["advice"], finding
    careless = desk.fleet("x86", MEMORY_INTENSIVE)
    _, findings = desk.check()
    found = [finding["rule"].split("/")[1] for finding in findings["findings"] if finding["resource"] == careless]
    assert sorted(found) == ["no-rebalancing", "spot-lowest-price"]


def test_two_architectures_in_one_group_each_with_its_image(desk):
    desk.template("arm", "arm64")
    desk.template("x86")
    small = {"MemoryMiB": {"Min": 16384, "Max": 16384}, "VCpuCount": {"Min": 0, "Max": 4}}
    large = {"MemoryMiB": {"Min": 16384}, "VCpuCount": {"Min": 4}}
    overrides = [{"LaunchTemplateSpecification": {"LaunchTemplateName": name, "Version": "$Latest"},
                  "InstanceRequirements": needs} for name, needs in (("arm", small), ("x86", large))]
    desk.group("on_demand_spot", "arm", overrides, {**SPOT, "OnDemandBaseCapacity": 2}, size=4, most=10)
    members = desk.running("aws:autoscaling:groupName", "on_demand_spot")
    assert sorted(instance.get("InstanceLifecycle", "on-demand") for instance, _ in members) == ["on-demand"] * 2 + ["spot"] * 2
    assert all(instance["Architecture"] in kind["ProcessorInfo"]["SupportedArchitectures"] for instance, kind in members)
    assert all(size(kind)[1] >= 16 for _, kind in members)
    # Terraform sends a minimum of 0 where the post gives none.
    status, findings = desk.check()
    assert status == 1 and rules(findings) == ["no-minimum"], findings["findings"]


# ----- check


def test_a_list_of_types_gets_the_block_that_replaces_it(desk):
    desk.template("app", InstanceType="m5.large")
    desk.group("list", "app", [{"InstanceType": name} for name in ("m5.large", "m5a.large")], SPOT)
    status, findings = desk.check()
    assert (status, rules(findings)) == (1, ["type-list"])
    block = json.loads(findings["findings"][0]["advice"].split("InstanceRequirements: ")[1])
    assert {"m5.large", "m5a.large", "m6i.large"} <= desk.preview(block)
    desk.group("attributes", "app", [{"InstanceRequirements": block}], SPOT)
    _, findings = desk.check("--rule", "type-list", "--rule", "few-types")
    assert {finding["resource"].split("/")[-1] for finding in findings["findings"]} == {"list"}


def test_a_spot_fleet_is_checked_as_any_fleet(desk):
    desk.template("app", InstanceType="m5.large")
    careless = desk.spot_fleet(AllocationStrategy="lowestPrice", SpotMaintenanceStrategies={}, LaunchSpecifications=[
        {"ImageId": desk.image(), "InstanceType": name} for name in ("r5.large", "r5a.large")])
    few = desk.spot_fleet(LaunchTemplateConfigs=[{
        "LaunchTemplateSpecification": {"LaunchTemplateName": "app", "Version": "$Latest"},
        "Overrides": [{"InstanceRequirements": CPU_BOUND}]}])
    desk.aws("ec2", "cancel-spot-fleet-requests", "--terminate-instances", "--spot-fleet-request-ids",
             desk.spot_fleet(LaunchSpecifications=[{"ImageId": desk.image(), "InstanceType": "m5.large"}]))
    status, findings = desk.check()
    found = {}
    for finding in findings["findings"]:
        found.setdefault(finding["resource"], []).append(finding["rule"].split("/")[1])
    assert status == 1 and findings["unread"] == []
    assert {fleet: sorted(rules) for fleet, rules in found.items()} == {
        careless: ["no-rebalancing", "spot-lowest-price", "type-list"], few: ["few-types"]}
    [cheapest] = [it for it in findings["findings"] if it["rule"].endswith("spot-lowest-price")]
    assert "priceCapacityOptimized" in cheapest["advice"]
    # What runs on types that are no longer asked for is found, too.
    requirements = {"VCpuCount": {"Min": 2, "Max": 4}, "MemoryMiB": {"Min": 8192}, "InstanceGenerations": ["current"]}
    desk.aws("ec2", "modify-spot-fleet-request", "--cli-input-json", json.dumps({
        "SpotFleetRequestId": few, "LaunchTemplateConfigs": [{
            "LaunchTemplateSpecification": {"LaunchTemplateName": "app", "Version": "$Latest"},
            "Overrides": [{"InstanceRequirements": requirements}]}]}))
    _, findings = desk.check("--rule", "outdated-instances")
    assert [finding["resource"] for finding in findings["findings"]] == [few]


def test_all_practices_about_accounts_are_checked_together(desk):
    desk.template("app", InstanceType="m5.large")
    desk.group("list", "app", [{"InstanceType": "m5.large"}], SPOT)
    done = desk.ironbird("check", "--json")
    found = {finding["rule"] for finding in json.loads(done.stdout)["findings"]}
    assert {"attribute-selection/type-list", "capacity-flexibility/narrow-types"} <= found
    chosen = desk.ironbird("check", "--json", "--rule", "type-list")
    assert [rule["id"] for rule in json.loads(chosen.stdout)["rules"]] == ["attribute-selection/type-list"]
    listed = json.loads(desk.ironbird("practices", "--json", check=True).stdout)
    assert "attribute-selection" in [practice["name"] for practice in listed]


# ----- apply


def test_apply_replaces_lists_once_check_is_content_and_revert_restores(desk):
    desk.template("app", InstanceType="c5.xlarge")
    desk.group("list", "app", [{"InstanceType": name} for name in ("m5.large", "m5a.large")],
               {"OnDemandPercentageAboveBaseCapacity": 0, "SpotInstancePools": 3}, rebalance=False)
    desk.group("without-overrides", "app", distribution=SPOT)
    fleet = desk.fleet("app", {"VCpuCount": {"Min": 2}, "MemoryMiB": {"Min": 4096}}, SpotOptions={
        "AllocationStrategy": "price-capacity-optimized",
        "MaintenanceStrategies": {"CapacityRebalance": {"ReplacementStrategy": "launch"}}}, LaunchTemplateConfigs=[{
            "LaunchTemplateSpecification": {"LaunchTemplateName": "app", "Version": "$Latest"},
            "Overrides": [{"InstanceType": name, "AvailabilityZone": zone} for zone in ZONES for name in ("r5.large", "r5a.large")]}])

    def launches():
        configs = desk.aws("ec2", "describe-fleets", "--fleet-ids", fleet)["Fleets"][0]["LaunchTemplateConfigs"]
        return {name: group["MixedInstancesPolicy"] for name, group in desk.groups().items()}, configs

    before = launches()
    dry = desk.ironbird("apply", "attribute-selection", "--dry-run", check=True).stdout
    assert "m5.large, m5a.large → types with 2–4 vCPU" in dry and "Spot: 2 types → " in dry, dry
    assert "unlike any before" in dry and launches() == before
    plan = json.loads(desk.ironbird("apply", "attribute-selection", "--dry-run", "--json", check=True).stdout)
    [group] = [it for it in plan["plan"]["groups"] if it["group"] == "list"]
    [types] = group["types"]
    assert types["purchase"] == "Spot" and types["before"] == ["m5.large", "m5a.large"]
    policy = group["UpdateAutoScalingGroup"]["MixedInstancesPolicy"]
    block = policy["LaunchTemplate"]["Overrides"][0]["InstanceRequirements"]
    # What the plan names is what the preview gives, less what is too dear.
    assert set(types["before"]) <= set(types["after"]) <= desk.preview(block)
    assert len(desk.preview(block)) == types["matching"]

    done = json.loads(desk.ironbird("apply", "attribute-selection", "--yes", "--json", check=True).stdout)
    assert len(done["done"]) == 3 and done["left"] == [] and done["backup"] == "ironbird-attribute-selection-backup.json"
    status, findings = desk.check()
    assert (status, findings["findings"]) == (0, [])
    again = desk.ironbird("apply", "attribute-selection", "--yes", check=True)
    assert "nothing to change" in again.stdout, again.stdout
    # The calls of the plan are those that the AWS CLI takes.
    [change] = done["plan"]["fleets"]
    assert desk.aws("ec2", "modify-fleet", "--cli-input-json", json.dumps(change["ModifyFleet"])) == {"Return": True}
    desk.ironbird("apply", "attribute-selection", "--revert", done["backup"], "--yes", check=True)
    assert launches() == before and not desk.groups()["list"].get("CapacityRebalance")


def test_apply_gives_up_what_its_owner_names(desk):
    desk.template("x86")
    fleet = desk.fleet("x86", CPU_BOUND, SpotOptions={
        "AllocationStrategy": "capacity-optimized",
        "MaintenanceStrategies": {"CapacityRebalance": {"ReplacementStrategy": "launch"}}})
    told = desk.ironbird("apply", "attribute-selection", "--dry-run", check=True).stdout
    assert "nothing to change" in told and "--relax" in told, told
    relax = [word for name in ("CpuManufacturers", "MemoryMiB.Max", "VCpuCount.Max") for word in ("--relax", name)]
    desk.ironbird("apply", "attribute-selection", "--fleet", fleet, *relax, "--yes", check=True)
    status, findings = desk.check("--rule", "few-types")
    assert (status, findings["findings"]) == (0, [])
    unknown = desk.ironbird("apply", "attribute-selection", "--relax", "Colour", "--dry-run")
    assert unknown.returncode == 2 and "CpuManufacturers" in unknown.stderr
    missing = desk.ironbird("apply", "attribute-selection", "--group", "nobody", "--dry-run")
    assert missing.returncode == 2 and "nobody" in missing.stderr


def test_apply_says_what_a_fleet_would_have_to_be_created_with(desk):
    desk.template("app", InstanceType="m5.large")
    desk.fleet("app", {}, Type="request", LaunchTemplateConfigs=[{
        "LaunchTemplateSpecification": {"LaunchTemplateName": "app", "Version": "$Latest"}}])
    done = desk.ironbird("apply", "attribute-selection", "--yes", "--terraform", "blocks.tf", check=True)
    assert "a fleet of type request cannot be modified" in done.stdout and "nothing to change" in done.stdout
    text = done.stdout.split("LaunchTemplateConfigs: ")[1].splitlines()[0]
    configs = json.loads(text)
    made = desk.fleet("app", {}, LaunchTemplateConfigs=configs, SpotOptions={"AllocationStrategy": "capacity-optimized"})
    assert len({it["InstanceType"] for it, _ in desk.running("aws:ec2:fleet-id", made)}) >= 1
    assert "It cannot be modified" in (desk.folder / "blocks.tf").read_text()


def test_apply_gives_a_launch_template_another_version(desk):
    desk.template("app", InstanceType="m5.large", UserData="IyE=")
    desk.group("latest", "app", distribution={**SPOT, "SpotAllocationStrategy": "price-capacity-optimized"})
    for name, version in (("plain", "$Default"), ("pinned", "1")):
        desk.aws("autoscaling", "create-auto-scaling-group", "--auto-scaling-group-name", name, "--min-size", "0", "--max-size", "1",
                 "--availability-zones", *ZONES, "--launch-template", f"LaunchTemplateName=app,Version={version}")
    desk.group("own", "app", [{"InstanceType": "r5.large"}], SPOT)

    def state():
        template = desk.aws("ec2", "describe-launch-templates", "--launch-template-names", "app")["LaunchTemplates"][0]
        versions = desk.aws("ec2", "describe-launch-template-versions", "--launch-template-name", "app")["LaunchTemplateVersions"]
        groups = {name: (group.get("LaunchTemplate"), group.get("MixedInstancesPolicy")) for name, group in desk.groups().items()}
        return template["DefaultVersionNumber"], [version["LaunchTemplateData"] for version in versions], groups

    before = state()
    # Only what is named is looked at, and on its own.
    assert "launch template" not in desk.ironbird("apply", "attribute-selection", "--dry-run", check=True).stdout
    assert desk.ironbird("apply", "attribute-selection", "--template", "app", "--group", "own").returncode == 2
    assert "there is no launch template" in desk.ironbird("apply", "attribute-selection", "--template", "nobody").stderr
    plan = ["apply", "attribute-selection", "--template", "app"]
    dry = desk.ironbird(*plan, "--dry-run", check=True).stdout
    assert "a new version after 1, which becomes the default" in dry and "group own has overrides" in dry and state() == before, dry
    done = json.loads(desk.ironbird(*plan, "--yes", "--json", "--terraform", "blocks.tf", check=True).stdout)
    [version] = done["plan"]["templates"]
    assert version["named_by_number_in"] == ["pinned"] and done["left"] == []
    default, [new, old], groups = state()
    assert default == 2 and old == before[1][0]
    assert "InstanceType" not in new and new["UserData"] == "IyE=" and new["ImageId"] == old["ImageId"]
    specs = {name: policy["LaunchTemplate"]["LaunchTemplateSpecification"]["Version"] for name, (_, policy) in groups.items()}
    assert specs == {"latest": "$Latest", "plain": "$Default", "pinned": "2", "own": "$Latest"}
    assert not any(policy["LaunchTemplate"].get("Overrides") for name, (_, policy) in groups.items() if name != "own")
    # The groups launch what has the attributes, and check is content with them.
    desk.aws("autoscaling", "set-desired-capacity", "--auto-scaling-group-name", "plain", "--desired-capacity", "1")
    [(instance, kind)] = desk.running("aws:autoscaling:groupName", "plain")
    assert instance["InstanceType"] in desk.preview(new["InstanceRequirements"]) and size(kind)[0] >= 2
    desk.aws("autoscaling", "set-desired-capacity", "--auto-scaling-group-name", "plain", "--desired-capacity", "0")
    _, findings = desk.check("--rule", "type-list", "--rule", "few-types")
    assert {finding["resource"].split("/")[-1] for finding in findings["findings"]} == {"own"}
    assert "nothing to change" in desk.ironbird(*plan, "--yes", check=True).stdout
    blocks = (desk.folder / "blocks.tf").read_text()
    assert 'resource "aws_launch_template" "app"' in blocks and "update_default_version" in blocks
    desk.ironbird("apply", "attribute-selection", "--revert", done["backup"], "--yes", check=True)
    assert state() == before


def test_apply_goes_on_with_a_launch_template_where_it_was_stopped(desk):
    desk.template("app", InstanceType="m5.large")
    desk.group("latest", "app", distribution={**SPOT, "SpotAllocationStrategy": "price-capacity-optimized"})
    desk.aws("autoscaling", "create-auto-scaling-group", "--auto-scaling-group-name", "pinned", "--min-size", "0", "--max-size", "1",
             "--availability-zones", *ZONES, "--launch-template", "LaunchTemplateName=app,Version=1")
    plan = ["apply", "attribute-selection", "--template", "app"]
    assert "made version 2" in desk.ironbird(*plan, "--yes", check=True).stdout
    # As if it had been stopped right after the version was made.
    desk.aws("autoscaling", "update-auto-scaling-group", "--auto-scaling-group-name", "pinned", "--launch-template",
             "LaunchTemplateName=app,Version=1")
    done = desk.ironbird(*plan, "--yes", check=True).stdout
    assert "changed group pinned" in done and "made version" not in done, done
    assert desk.groups()["pinned"]["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]["Version"] == "2"
    # Somebody else has come to rely on it.
    desk.aws("autoscaling", "create-auto-scaling-group", "--auto-scaling-group-name", "late", "--min-size", "0", "--max-size", "1",
             "--availability-zones", *ZONES, "--mixed-instances-policy", json.dumps({"LaunchTemplate": {
                 "LaunchTemplateSpecification": {"LaunchTemplateName": "app", "Version": "2"}}}))
    revert = ["apply", "attribute-selection", "--revert", "ironbird-attribute-selection-backup.json", "--yes"]
    left = desk.ironbird(*revert)
    assert left.returncode == 1 and "group late launches from version 2" in left.stderr
    assert desk.groups()["late"]["MixedInstancesPolicy"] and "restored group pinned" in left.stdout
    desk.aws("autoscaling", "delete-auto-scaling-group", "--auto-scaling-group-name", "late")
    desk.ironbird(*revert, check=True)
    assert desk.groups()["pinned"]["LaunchTemplate"]["Version"] == "1"
    versions = desk.aws("ec2", "describe-launch-template-versions", "--launch-template-name", "app")["LaunchTemplateVersions"]
    assert [version["VersionNumber"] for version in versions] == [1]


def test_apply_leaves_launch_templates_that_others_need(desk):
    def told(name):
        return desk.ironbird("apply", "attribute-selection", "--template", name, "--dry-run", check=True).stdout

    desk.template("nobodys", InstanceType="m5.large")
    assert "no group or fleet takes its types from it" in told("nobodys")
    desk.template("mixed", InstanceType="m5.large")
    desk.group("mixed", "mixed")
    desk.aws("ec2", "run-instances", "--launch-template", "LaunchTemplateName=mixed", "--count", "1")
    assert "came from it by RunInstances" in told("mixed")
    desk.template("bound", InstanceType="m5.large", CpuOptions={"CoreCount": 1, "ThreadsPerCore": 2})
    desk.group("bound", "bound")
    assert "it sets CpuOptions" in told("bound")
    desk.template("two", InstanceType="m5.large")
    desk.aws("ec2", "create-launch-template-version", "--launch-template-name", "two", "--source-version", "1",
             "--launch-template-data", '{"InstanceType": "m5.xlarge"}')
    desk.group("latest", "two")
    desk.aws("autoscaling", "create-auto-scaling-group", "--auto-scaling-group-name", "first", "--min-size", "0", "--max-size", "1",
             "--availability-zones", *ZONES, "--launch-template", "LaunchTemplateName=two")
    assert "its users take versions 1 and 2" in told("two")
    # A template that has attributes already gets others only where its owner names what to give up.
    desk.template("few", InstanceRequirements=CPU_BOUND)
    desk.group("few", "few")
    assert "--template changes them there" in desk.ironbird("apply", "attribute-selection", "--group", "few", "--relax",
                                                            "CpuManufacturers", "--dry-run", check=True).stdout
    assert "--relax" in told("few")
    relax = [word for name in ("CpuManufacturers", "MemoryMiB.Max", "VCpuCount.Max") for word in ("--relax", name)]
    desk.ironbird("apply", "attribute-selection", "--template", "few", *relax, "--yes", check=True)
    status, findings = desk.check("--rule", "few-types")
    assert (status, findings["findings"]) == (0, [])


def test_apply_modifies_a_spot_fleet_that_launches_from_a_template(desk):
    desk.template("app", InstanceType="m5.large")
    fleet = desk.spot_fleet(LaunchTemplateConfigs=[{
        "LaunchTemplateSpecification": {"LaunchTemplateName": "app", "Version": "$Latest"},
        "Overrides": [{"InstanceType": name, "AvailabilityZone": zone} for zone in ZONES for name in ("r5.large", "r5a.large")]}])
    before = desk.spot_fleet_config(fleet)
    plan = json.loads(desk.ironbird("apply", "attribute-selection", "--dry-run", "--json", check=True).stdout)["plan"]
    [change] = plan["spot_fleets"]
    assert change["fleet"] == fleet and change["types"][0]["before"] == ["r5.large", "r5a.large"]
    assert desk.spot_fleet_config(fleet) == before
    done = desk.ironbird("apply", "attribute-selection", "--fleet", fleet, "--yes", "--terraform", "blocks.tf", check=True).stdout
    assert f"changed Spot Fleet {fleet}" in done
    status, findings = desk.check()
    assert (status, findings["findings"]) == (0, [])
    [config] = desk.spot_fleet_config(fleet)["LaunchTemplateConfigs"]
    assert [one["AvailabilityZone"] for one in config["Overrides"]] == ZONES
    assert all("InstanceRequirements" in one and "InstanceType" not in one for one in config["Overrides"])
    # The call of the plan is what the AWS CLI takes, and the block has the provider's names.
    assert desk.aws("ec2", "modify-spot-fleet-request", "--cli-input-json", json.dumps(change["ModifySpotFleetRequest"]))["Return"]
    block = (desk.folder / "blocks.tf").read_text()
    assert 'resource "aws_spot_fleet_request"' in block and block.count("overrides {") == 3
    assert "nothing to change" in desk.ironbird("apply", "attribute-selection", "--yes", check=True).stdout
    revert = ["apply", "attribute-selection", "--revert", "ironbird-attribute-selection-backup.json", "--yes"]
    desk.aws("ec2", "modify-spot-fleet-request", "--cli-input-json", json.dumps({
        "SpotFleetRequestId": fleet, "LaunchTemplateConfigs": [{**config, "LaunchTemplateSpecification": {
            "LaunchTemplateName": "app", "Version": "1"}}]}))
    left = desk.ironbird(*revert)
    assert left.returncode == 1 and "was changed since" in left.stderr
    desk.ironbird(*revert, "--force", check=True)
    assert desk.spot_fleet_config(fleet)["LaunchTemplateConfigs"] == before["LaunchTemplateConfigs"]


def test_apply_says_what_to_request_in_the_place_of_a_spot_fleet(desk):
    image = desk.image()
    old = desk.spot_fleet(AllocationStrategy="lowestPrice", SpotMaintenanceStrategies={}, LaunchSpecifications=[
        {"ImageId": image, "InstanceType": name} for name in ("m5.large", "m5a.large")])
    weighted = desk.spot_fleet(LaunchSpecifications=[
        {"ImageId": image, "InstanceType": name, "WeightedCapacity": weight} for name, weight in (("r5.large", 2), ("r5.xlarge", 4))])
    before = desk.spot_fleet_config(old)
    done = desk.ironbird("apply", "attribute-selection", "--yes", check=True).stdout
    assert "nothing to change" in done and desk.spot_fleet_config(old) == before
    assert f"Spot Fleet {weighted} stays as it is: its capacity is weighted" in done
    [line] = [line for line in done.splitlines() if "its launch specifications cannot be modified" in line]
    config = json.loads(line.split("SpotFleetRequestConfig: ")[1])
    assert len(config["LaunchSpecifications"]) == 1 and config["AllocationStrategy"] == "priceCapacityOptimized"
    new = desk.aws("ec2", "request-spot-fleet", "--spot-fleet-request-config", json.dumps(config))["SpotFleetRequestId"]
    members = desk.running("aws:ec2spot:fleet-request-id", new)
    assert len(members) == 2 and {instance["ImageId"] for instance, _ in members} == {image}
    _, findings = desk.check()
    assert {finding["resource"] for finding in findings["findings"]} == {old, weighted}


# ----- rehearse


def rehearse(folder, *options):
    return subprocess.run([binary(), "rehearse", "attribute-selection", *options], env=shell_environment("us-east-1"), cwd=folder,
                          capture_output=True, timeout=300)


def test_the_rehearsal_holds_and_is_the_same_twice(tmp_path):
    runs = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        text = rehearse(folder, "--seed", "7")
        assert text.returncode == 0, text.stderr
        report = rehearse(folder, "--seed", "7", "--json").stdout
        runs.append((text.stdout, report, (folder / "ironbird-attribute-selection.html").read_bytes()))
    assert runs[0] == runs[1]
    outcomes = {one["variant"]: one["outcome"] for one in json.loads(runs[0][1])["summary"]["outcomes"]}
    assert outcomes["list"] == "does-not-hold"
    assert outcomes["attributes"] == outcomes["both-architectures"] == "holds"


def test_the_rehearsal_takes_an_experiment_seeds_and_a_scenario(tmp_path):
    template = {
        "description": "reboot", "roleArn": "arn:aws:iam::123456789012:role/experiments", "stopConditions": [{"source": "none"}],
        "targets": {"some": {"resourceType": "aws:ec2:instance", "resourceTags": {"chaos": "yes"}, "selectionMode": "COUNT(3)"}},
        "actions": {"end": {"actionId": "aws:ec2:terminate-instances", "targets": {"Instances": "some"}}},
    }
    (tmp_path / "template.json").write_text(json.dumps(template))
    small = ["--instances", "8", "--experiment", "template.json", "--json"]
    report = json.loads(rehearse(tmp_path, *small).stdout)
    [action] = [one for one in report["experiment"]["injections"] if one["action"].startswith("aws:")]
    assert action["action"] == "aws:ec2:terminate-instances (completed)" and action["target"] == "3 of aws:ec2:instance"
    assert json.loads(report["experiment"]["template"])["actions"] == template["actions"]
    together = json.loads(rehearse(tmp_path, *small, "--seeds", "2").stdout)
    assert together["seeds"]["count"] == 2
    (tmp_path / "bad.toml").write_text("types = ['m5.gigantic']\n")
    done = rehearse(tmp_path, "--scenario", "bad.toml")
    assert done.returncode == 2 and b"types: \"m5.gigantic\" is no instance type" in done.stderr
