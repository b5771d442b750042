"""The post's walkthrough with the AWS CLI, and check and apply on what it leaves, over the wire."""

import json
import subprocess
import time

import pytest
from conftest import ACCOUNT, Shell, binary, rules, shell_environment, what_it_is

REGION = "eu-west-1"

# The post's instanceTypeSpecification.json: 1.6 TiB of r6i by weight.
SPECIFICATION = [
    {"InstanceType": f"r6i.{size}", "InstancePlatform": "Linux/UNIX", "Weight": weight,
     "AvailabilityZone": "eu-west-1a", "EbsOptimized": True, "Priority": priority}
    for size, weight, priority in [("2xlarge", 1, 3), ("4xlarge", 2, 2), ("8xlarge", 4, 1)]
]
FUTURE = "2099-05-31T00:00:00.000Z"
PUBLISHED = "2022-05-31T00:00:00.000Z"

# "A minimum of 8 vCPUs, 64 GiB of memory, and a RAM/CPU ratio of 8 (just like r6i.2xlarge instances)."
ATTRIBUTES = {
    "VCpuCount": {"Min": 8},
    "MemoryMiB": {"Min": 65536},
    "MemoryGiBPerVCpu": {"Min": 8, "Max": 8},
}

class Desk(Shell):
    """A user's shell with what the post's reader makes in it."""

    practice = "capacity-flexibility"

    def template(self):
        super().template("app", InstanceType="r6i.2xlarge")

    def one_type_group(self, name="app", zones=("eu-west-1a",), desired=0):
        subnets = self.subnets()
        self.aws("autoscaling", "create-auto-scaling-group", "--auto-scaling-group-name", name,
                 "--launch-template", "LaunchTemplateName=app,Version=$Latest", "--min-size", "0", "--max-size", "40",
                 "--desired-capacity", str(desired),
                 "--vpc-zone-identifier", ",".join(subnets[zone] for zone in zones))

    def reserve(self, end, check=True):
        (self.folder / "instanceTypeSpecification.json").write_text(json.dumps(SPECIFICATION))
        return self.aws("ec2", "create-capacity-reservation-fleet", "--total-target-capacity", "25",
                        "--allocation-strategy", "prioritized", "--instance-match-criteria", "open", "--tenancy",
                        "default", "--end-date", end, "--instance-type-specifications",
                        "file://instanceTypeSpecification.json", check=check)


@pytest.fixture
def desk(start, tmp_path):
    return Desk(start("--transitions", "instant"), tmp_path, REGION)


# ----- the post, with its own commands


def test_the_preview_gives_the_types_with_the_posts_attributes(desk):
    types = desk.aws("ec2", "get-instance-types-from-instance-requirements", "--architecture-types", "x86_64",
                     "--virtualization-types", "hvm", "--instance-requirements", json.dumps(ATTRIBUTES))
    names = {found["InstanceType"] for found in types["InstanceTypes"]}
    assert len(names) > 73 and {"r6i.2xlarge", "r5.2xlarge"} <= names
    assert not any(name.startswith("r6g") for name in names)


def test_a_flexible_group_gets_its_capacity_where_a_narrow_one_does_not(desk):
    desk.template()
    subnets = desk.subnets()
    for zone in subnets:
        desk.rig.run("capacity", "set", "--zone", zone, "--type", "r6i.2xlarge", "--free", "0")
    desk.one_type_group("narrow", tuple(subnets), desired=6)
    policy = {"LaunchTemplate": {
        "LaunchTemplateSpecification": {"LaunchTemplateName": "app", "Version": "$Latest"},
        "Overrides": [{"InstanceRequirements": ATTRIBUTES}]}}
    desk.aws("autoscaling", "create-auto-scaling-group", "--auto-scaling-group-name", "wide", "--mixed-instances-policy",
             json.dumps(policy), "--min-size", "0", "--max-size", "40", "--desired-capacity", "6",
             "--vpc-zone-identifier", ",".join(subnets.values()))
    desk.rig.advance(900)
    groups = desk.groups()
    assert groups["narrow"]["Instances"] == []
    assert len(groups["wide"]["Instances"]) == 6
    assert len({instance["AvailabilityZone"] for instance in groups["wide"]["Instances"]}) == 3
    activities = desk.aws("autoscaling", "describe-scaling-activities", "--auto-scaling-group-name", "narrow")
    assert {activity["StatusCode"] for activity in activities["Activities"]} == {"Failed"}
    status, findings = desk.check("--rule", "launch-failures")
    assert status == 1 and rules(findings) == ["launch-failures"]


def test_an_instant_fleet_takes_what_other_pools_have(desk):
    desk.template()
    for zone in desk.subnets():
        desk.rig.run("capacity", "set", "--zone", zone, "--type", "r6i.2xlarge", "--free", "0")
    configs = [{"LaunchTemplateSpecification": {"LaunchTemplateName": "app", "Version": "$Latest"},
                "Overrides": [{"InstanceType": name} for name in ("r6i.2xlarge", "r5.2xlarge")]}]
    fleet = desk.aws("ec2", "create-fleet", "--type", "instant", "--launch-template-configs", json.dumps(configs),
                     "--target-capacity-specification", "TotalTargetCapacity=3,DefaultTargetCapacityType=on-demand")
    started = [name for part in fleet["Instances"] for name in part["InstanceIds"]]
    assert len(started) == 3 and {part["InstanceType"] for part in fleet["Instances"]} == {"r5.2xlarge"}


def test_the_reservation_fleet_covers_its_units_and_ends_by_itself(desk):
    made = desk.reserve(FUTURE)
    assert made["TotalTargetCapacity"] == 25
    fleet = desk.aws("ec2", "describe-capacity-reservation-fleets")["CapacityReservationFleets"][0]
    assert fleet["State"] == "active" and 25 <= fleet["TotalFulfilledCapacity"] < 29
    assert fleet["InstanceTypeSpecifications"][0]["InstanceType"] == "r6i.8xlarge"


def test_the_published_date_is_past_and_refused(desk):
    refused = desk.reserve(PUBLISHED, check=False)
    assert refused.returncode != 0 and "InvalidParameter" in refused.stderr, refused.stderr
    assert desk.aws("ec2", "describe-capacity-reservation-fleets")["CapacityReservationFleets"] == []


# ----- check


def test_check_finds_what_falls_short_and_apply_makes_it_clean(desk):
    desk.template()
    desk.one_type_group()
    before = what_it_is(desk.groups()["app"])
    status, findings = desk.check()
    assert status == 1, findings["unread"]
    assert rules(findings) == ["narrow-types", "unused-zones"]
    assert findings["target"]["account"] == ACCOUNT and findings["unread"] == []

    plan = desk.ironbird("apply", "capacity-flexibility", "--dry-run")
    assert plan.returncode == 0 and "~ group app" in plan.stdout, plan.stderr
    assert what_it_is(desk.groups()["app"]) == before, "a dry run changes nothing"

    applied = desk.ironbird("apply", "capacity-flexibility", "--yes", check=True)
    assert "changed group app" in applied.stdout
    wide = desk.groups()["app"]
    assert len(wide["AvailabilityZones"]) == 3
    override = wide["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"][0]["InstanceRequirements"]
    assert (override["VCpuCount"], override["MemoryMiB"]) == ({"Min": 8, "Max": 16}, {"Min": 65536, "Max": 131072})
    assert (wide["MinSize"], wide["MaxSize"], wide["DesiredCapacity"]) == (0, 40, 0)
    status, findings = desk.check()
    assert (status, findings["findings"], findings["unread"]) == (0, [], [])

    again = desk.ironbird("apply", "capacity-flexibility", "--yes", check=True)
    assert "nothing to change" in again.stdout
    assert what_it_is(desk.groups()["app"]) == what_it_is(wide)

    backup = "ironbird-capacity-flexibility-backup.json"
    assert json.loads((desk.folder / backup).read_text())["state"] == "applied"
    desk.ironbird("apply", "capacity-flexibility", "--revert", backup, "--yes", check=True)
    assert what_it_is(desk.groups()["app"]) == before


def test_the_formats_are_what_they_say(desk):
    desk.template()
    desk.one_type_group()
    sarif = json.loads(desk.ironbird("check", "capacity-flexibility", "--sarif").stdout)
    assert sarif["version"] == "2.1.0" and len(sarif["runs"][0]["results"]) == 2
    assert desk.ironbird("check", "capacity-flexibility", "--junit").stdout.startswith("<?xml")
    text = desk.ironbird("check")
    assert text.returncode == 1 and "narrow-types" in text.stdout
    assert desk.ironbird("check", "--rule", "no-such-rule").returncode == 2
    quiet = desk.ironbird("check", "--fail-on", "error", "--rule", "uncovered-baseline")
    assert quiet.returncode == 0, quiet.stdout + quiet.stderr


def test_a_launch_that_nobody_retried_is_found_in_the_audit_log(desk):
    desk.template()
    for zone in desk.subnets():
        desk.rig.run("capacity", "set", "--zone", zone, "--type", "r6i.2xlarge", "--free", "0")
    refused = desk.aws("ec2", "run-instances", "--launch-template", "LaunchTemplateName=app", "--count", "1", check=False)
    assert "InsufficientInstanceCapacity" in refused.stderr, refused.stderr
    status, findings = desk.check("--rule", "unretried-launches")
    assert (status, rules(findings)) == (1, ["unretried-launches"]), findings


def test_the_audit_log_is_read_by_the_clock_of_the_rig(desk):
    desk.template()
    desk.rig.run("clock", "advance", "30d")
    for zone in desk.subnets():
        desk.rig.run("capacity", "set", "--zone", zone, "--type", "r6i.2xlarge", "--free", "0")
    desk.aws("ec2", "run-instances", "--launch-template", "LaunchTemplateName=app", "--count", "1", check=False)
    assert desk.check("--rule", "unretried-launches")[0] == 1
    desk.rig.run("clock", "advance", "15d")
    assert desk.check("--rule", "unretried-launches")[0] == 0, "two weeks later it is past"


def test_nobody_at_the_endpoint_is_no_pass(desk):
    done = desk.ironbird("check", "--endpoint-url", "http://127.0.0.1:9")
    assert done.returncode == 2 and "cannot reach" in done.stderr and done.stdout == ""


# ----- apply


def test_apply_reserves_once_and_revert_cancels(desk):
    (desk.folder / "spec.json").write_text(json.dumps(SPECIFICATION))
    reserve = ("apply", "capacity-flexibility", "--yes", "--reserve", "spec.json", "--target-capacity", "25", "--end-date")
    refused = desk.ironbird(*reserve, PUBLISHED)
    assert refused.returncode == 2 and "Capacity Reservation Fleet" in refused.stderr, refused.stderr
    for _ in range(2):
        desk.ironbird(*reserve, FUTURE, check=True)
        fleets = desk.aws("ec2", "describe-capacity-reservation-fleets")["CapacityReservationFleets"]
        assert [fleet["State"] for fleet in fleets] == ["active"]
    backup = "ironbird-capacity-flexibility-backup.json"
    desk.ironbird("apply", "capacity-flexibility", "--revert", backup, "--yes", check=True)
    fleets = desk.aws("ec2", "describe-capacity-reservation-fleets")["CapacityReservationFleets"]
    assert [fleet["State"] for fleet in fleets] == ["cancelled"]


def test_apply_asks_where_nobody_can_answer(desk):
    desk.template()
    desk.one_type_group()
    before = what_it_is(desk.groups()["app"])
    asked = desk.ironbird("apply", "capacity-flexibility")
    assert asked.returncode == 2 and "--yes" in asked.stderr
    assert what_it_is(desk.groups()["app"]) == before


@pytest.mark.parametrize("operation", ["UpdateAutoScalingGroup", "CreateCapacityReservationFleet"])
def test_apply_goes_on_after_a_failed_call(desk, operation):
    desk.template()
    desk.one_type_group()
    before = what_it_is(desk.groups()["app"])
    (desk.folder / "spec.json").write_text(json.dumps(SPECIFICATION))
    command = ("apply", "capacity-flexibility", "--yes", "--reserve", "spec.json", "--target-capacity", "25",
               "--end-date", FUTURE)
    service = "autoscaling" if operation.startswith("Update") else "ec2"
    desk.rig.run("fault", "add", "stop", "--service", service, "--operation", operation, "--code", "AccessDenied",
                 "--message", "as the test says", "--status", "403")
    stopped = desk.ironbird(*command)
    assert stopped.returncode == 2 and "as the test says" in stopped.stderr
    desk.rig.run("fault", "remove", "stop")
    desk.ironbird(*command, check=True)
    assert len(desk.groups()["app"]["AvailabilityZones"]) == 3
    desk.ironbird("apply", "capacity-flexibility", "--revert", "ironbird-capacity-flexibility-backup.json", "--yes", check=True)
    assert what_it_is(desk.groups()["app"]) == before
    fleets = desk.aws("ec2", "describe-capacity-reservation-fleets")["CapacityReservationFleets"]
    assert [fleet["State"] for fleet in fleets] == ["cancelled"]


# ----- rehearse


def rehearse(folder, *options):
    return subprocess.run([binary(), "rehearse", "capacity-flexibility", *options], env=shell_environment(REGION), cwd=folder,
                          capture_output=True, timeout=300)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    pages, reports = [], []
    for run in ("one", "two"):
        folder = tmp_path / run
        folder.mkdir()
        text = rehearse(folder, "--seed", "7", "--instances", "30")
        assert text.returncode in (0, 1), text.stderr
        pages.append((folder / "ironbird-capacity-flexibility.html").read_bytes())
        reports.append((text.stdout, rehearse(folder, "--seed", "7", "--instances", "30", "--json").stdout))
    assert pages[0] == pages[1] and reports[0] == reports[1]
    other = rehearse(tmp_path, "--seed", "8", "--instances", "30", "--json")
    assert other.stdout != reports[0][1]


def test_the_practice_holds_and_one_type_does_not(tmp_path):
    done = rehearse(tmp_path, "--json")
    assert done.returncode == 0 and done.stderr == b"", done.stderr
    summary = json.loads(done.stdout)["summary"]
    outcomes = {outcome["variant"]: outcome["outcome"] for outcome in summary["outcomes"]}
    assert outcomes["many-small"] == "holds"
    assert outcomes["one-big"] == outcomes["one-small"] == "does-not-hold"
    assert not list(tmp_path.iterdir()), "JSON writes no page unless asked to"


def test_many_seeds_give_the_same_whatever_runs_at_once_and_each_can_be_replayed(tmp_path):
    small = ["--seed", "3", "--instances", "24", "--hours", "4", "--json"]
    one, other = (rehearse(tmp_path, *small, "--seeds", "5", "--jobs", jobs).stdout for jobs in ("1", "4"))
    assert one == other
    together = json.loads(one)
    assert (together["seeds"]["first"], together["seeds"]["count"]) == (3, 5)
    measure = lambda report, name: next(one for one in report["measures"] if one["name"] == name)
    variants = [variant["id"] for variant in together["variants"]]
    for pick in together["seeds"]["picks"]:
        if (pick["measure"], pick["variant"]) == ("Shortfall", "one-big"):
            worst = pick["worst"]
    replayed = json.loads(rehearse(tmp_path, *small[2:], "--seed", str(worst["seed"])).stdout)
    assert measure(replayed, "Shortfall")["values"][variants.index("one-big")] == worst["value"]
    spread = measure(together, "Shortfall")["values"][variants.index("one-big")]["distribution"]
    assert spread["runs"] == 5 and spread["max"] == worst["value"]["single"]


def test_the_measures_of_many_seeds_are_a_parquet_file(tmp_path):
    small = ["--instances", "24", "--hours", "4", "--no-html"]
    for name in ("one", "two"):
        done = rehearse(tmp_path, *small, "--seeds", "3", "--parquet", name)
        assert done.returncode in (0, 1), done.stderr
    written = (tmp_path / "one").read_bytes()
    assert written[:4] == written[-4:] == b"PAR1" and written == (tmp_path / "two").read_bytes()
    assert rehearse(tmp_path, *small, "--parquet", "three").returncode == 2, "one seed is no distribution"


def test_measures_that_cannot_be_written_are_not_worked_for(tmp_path):
    began = time.monotonic()
    done = rehearse(tmp_path, "--seeds", "100000", "--parquet", "nowhere/measures.parquet")
    assert done.returncode == 2 and b"cannot write the measures to nowhere/measures.parquet" in done.stderr, done.stderr
    assert time.monotonic() - began < 30 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["nowhere/page.html", "."])
def test_a_page_that_cannot_be_written_is_not_worked_for(tmp_path, place):
    began = time.monotonic()
    done = rehearse(tmp_path, "--instances", "100000", "--hours", "168", "--html", place)
    assert done.returncode == 2 and f"cannot write the page to {place}".encode() in done.stderr, done.stderr
    assert time.monotonic() - began < 30 and not list(tmp_path.iterdir())


def test_seeds_that_are_not_there_are_refused(tmp_path):
    assert rehearse(tmp_path, "--seeds", "0").returncode == 2
    done = rehearse(tmp_path, "--seed", str(2**64 - 2), "--seeds", "9")
    assert done.returncode == 2 and b"the last seed is" in done.stderr


def test_a_scenario_that_makes_no_sense_says_what_where_and_what_to_do(tmp_path):
    (tmp_path / "bad.toml").write_text("seed = 1\n[shortage]\neverywhere_after = 5\n")
    done = rehearse(tmp_path, "--scenario", "bad.toml")
    assert done.returncode == 2 and done.stdout == b""
    assert b"shortage.everywhere_after" in done.stderr and b"let the first zone run dry first" in done.stderr
    assert rehearse(tmp_path, "--instances", "0").returncode == 2
    assert rehearse(tmp_path, "--scenario", "missing.toml").returncode == 2


# A zone without capacity for groups that are marked for experiments, in the form that AWS takes.
ZONE_WITHOUT_CAPACITY = {
    "description": "No capacity in one zone",
    "roleArn": f"arn:aws:iam::{ACCOUNT}:role/experiments",
    "stopConditions": [{"source": "none"}],
    "targets": {"groups": {"resourceType": "aws:ec2:autoscaling-group", "resourceTags": {"chaos": "yes"},
                           "selectionMode": "ALL"}},
    "actions": {"no-capacity": {
        "actionId": "aws:ec2:asg-insufficient-instance-capacity-error",
        "parameters": {"duration": "PT2H", "availabilityZoneIdentifiers": "eu-west-1a"},
        "targets": {"AutoScalingGroups": "groups"},
    }},
}


def test_an_account_s_experiment_template_is_rehearsed(desk):
    (desk.folder / "given.json").write_text(json.dumps(ZONE_WITHOUT_CAPACITY))
    made = desk.aws("fis", "create-experiment-template", "--cli-input-json", "file://given.json")["experimentTemplate"]
    described = desk.aws("fis", "get-experiment-template", "--id", made["id"])
    (desk.folder / "template.json").write_text(json.dumps(described))
    reports = [json.loads(rehearse(desk.folder, "--experiment", name, "--json").stdout) for name in ("given.json", "template.json")]
    assert reports[0].pop("replay") == "ironbird rehearse capacity-flexibility --experiment given.json --seed 1"
    assert reports[1].pop("replay").endswith("--experiment template.json --seed 1")
    for report in reports:
        assert json.loads(report["experiment"].pop("template"))["actions"] == ZONE_WITHOUT_CAPACITY["actions"]
    assert reports[0] == reports[1]
    [injection] = reports[0]["experiment"]["injections"]
    assert injection["action"] == "aws:ec2:asg-insufficient-instance-capacity-error (completed)"
    assert injection["until"] - injection["at"] == 2 * 3600


@pytest.mark.parametrize(("change", "said"), [
    ({"targets": {"groups": {**ZONE_WITHOUT_CAPACITY["targets"]["groups"], "resourceArns": ["arn:aws:ec2:x"]}}}, b"resourceTags"),
    ({"action": {}}, b"action is no member of an experiment template"),
    ({"stopConditions": []}, b"stop condition"),
    ({"actions": {"reboot": {"actionId": "aws:rds:reboot-db-instances"}}}, b"does not support action aws:rds:reboot-db-instances"),
])
def test_an_experiment_that_cannot_be_rehearsed_says_why(tmp_path, change, said):
    (tmp_path / "bad.json").write_text(json.dumps({**ZONE_WITHOUT_CAPACITY, **change}))
    done = rehearse(tmp_path, "--experiment", "bad.json")
    assert done.returncode == 2 and said in done.stderr and done.stdout == b"", done.stderr
