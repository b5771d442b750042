"""The post's walkthrough with the AWS CLI, and check on what its reader leaves."""

import json
import subprocess

import pytest
from conftest import Shell, binary, rules, shell_environment

REGION = "us-east-1"
ZONE = "us-east-1a"


class Desk(Shell):
    """A user's shell with what the post's reader makes in it."""

    practice = "dedicated-hosts"

    def allocate(self, name, *options, zone=ZONE):
        made = self.aws("ec2", "allocate-hosts", "--availability-zone", zone, "--instance-type", name, "--quantity", "1", *options)
        return made["HostIds"][0]

    def host(self, host):
        return self.aws("ec2", "describe-hosts", "--host-ids", host)["Hosts"][0]

    def run(self, name, host, count=1, image=None, affinity="host", check=True):
        made = self.aws("ec2", "run-instances", "--image-id", image or self.image(), "--instance-type", name,
                        "--count", str(count), "--placement", f"Tenancy=host,HostId={host},Affinity={affinity}", check=check)
        return [instance["InstanceId"] for instance in made["Instances"]] if check else made.stderr

    def instance(self, instance):
        return self.aws("ec2", "describe-instances", "--instance-ids", instance)["Reservations"][0]["Instances"][0]

    def stop(self, *instances):
        self.aws("ec2", "stop-instances", "--instance-ids", *instances)
        self.rig.advance(120)

    def refused_release(self, host):
        return self.aws("ec2", "release-hosts", "--host-ids", host)["Unsuccessful"][0]["Error"]["Message"]

    def mac(self):
        images = self.aws("ec2", "describe-images", "--owners", "amazon", "--filters",
                          "Name=architecture,Values=x86_64_mac", "Name=name,Values=amzn-ec2-macos-*")["Images"]
        return images[0]["ImageId"]


@pytest.fixture
def desk(start, tmp_path):
    return Desk(start("--transitions", "realistic"), tmp_path, REGION)


def about(findings, resource):
    """Rule and severity of what was found about a resource."""
    found = [each for each in findings["findings"] if each["resource"].endswith(resource)]
    return {each["rule"].split("/")[1]: each["severity"] for each in found}


# ----- the post, with its own values


@pytest.mark.parametrize("size, count", [("xlarge", 32), ("8xlarge", 4), ("metal", 1)])
def test_an_m6i_host_has_two_sockets_64_cores_and_room_for_so_many(desk, size, count):
    host = desk.allocate(f"m6i.{size}", "--host-recovery", "on")
    shown = desk.host(host)
    assert (shown["State"], shown["HostProperties"]["Sockets"], shown["HostProperties"]["Cores"]) == ("available", 2, 64)
    assert shown["AvailableCapacity"]["AvailableInstanceCapacity"][0]["TotalCapacity"] == count
    desk.run(f"m6i.{size}", host, count)
    assert "InsufficientCapacityOnHost" in desk.run(f"m6i.{size}", host, check=False)
    assert desk.check()[0] == 0


def test_a_host_is_released_when_its_instances_are_stopped_and_moved(desk):
    first = desk.allocate("m5.large", "--host-recovery", "on")
    instance, = desk.run("m5.large", first)
    desk.rig.advance(120)
    assert "occupied" in desk.refused_release(first).lower()
    desk.stop(instance)
    second = desk.allocate("m5.large", "--host-recovery", "on")
    desk.aws("ec2", "modify-instance-placement", "--instance-id", instance, "--host-id", second)
    desk.aws("ec2", "start-instances", "--instance-ids", instance)
    assert about(desk.check()[1], first) == {"idle-host": "warning"}
    assert desk.aws("ec2", "release-hosts", "--host-ids", first)["Successful"] == [first]
    assert desk.host(first)["State"] == "released"
    assert desk.instance(instance)["Placement"]["HostId"] == second
    assert desk.check()[0] == 0


def test_a_mac_is_kept_for_24_hours_and_scrubbed_for_up_to_50_minutes(desk):
    host = desk.allocate("mac1.metal", "--host-recovery", "on", zone="us-east-1b")
    instance, = desk.run("mac1.metal", host, image=desk.mac())
    desk.rig.advance(600)
    desk.stop(instance)
    assert desk.host(host)["State"] == "pending"
    status, findings = desk.check()
    assert status == 1 and rules(findings) == ["mac-minimum", "stranded-instance"], findings["findings"]
    assert about(findings, instance) == {"stranded-instance": "warning"}
    desk.rig.advance(50 * 60)
    assert desk.host(host)["State"] == "available"
    assert "at least 24 hour(s)" in desk.refused_release(host)
    desk.rig.advance(24 * 3600)
    assert about(desk.check()[1], host) == {"idle-host": "note"}
    assert desk.aws("ec2", "release-hosts", "--host-ids", host)["Successful"] == [host]


def test_a_host_that_fails_is_replaced_where_recovery_is_on(desk):
    host = desk.allocate("m6i.xlarge", "--host-recovery", "on")
    running, stopped = desk.run("m6i.xlarge", host, 2)
    desk.rig.advance(600)
    desk.stop(stopped)
    desk.rig.run("lever", "pull", "ec2.fail-host", f"host={host}")
    assert desk.host(host)["State"] == "under-assessment"
    assert about(desk.check()[1], host) == {"failed-host": "error"}
    desk.rig.advance(900)
    assert desk.host(host)["State"] == "released-permanent-failure"
    moved = desk.instance(running)
    assert moved["State"]["Name"] == "running" and moved["Placement"]["HostId"] != host
    # What was stopped still aims at the host that is gone.
    assert about(desk.check()[1], stopped) == {"stranded-instance": "error"}
    assert desk.aws("ec2", "start-instances", "--instance-ids", stopped, check=False).returncode != 0


def test_what_does_not_support_recovery_leaves_a_permanent_failure(desk):
    host = desk.allocate("m5d.large", "--host-recovery", "on")
    desk.run("m5d.large", host)
    desk.rig.advance(600)
    assert about(desk.check()[1], host) == {"cannot-recover": "warning"}
    desk.rig.run("lever", "pull", "ec2.fail-host", f"host={host}")
    desk.rig.advance(900)
    assert desk.host(host)["State"] == "permanent-failure"
    assert about(desk.check()[1], host) == {"cannot-recover": "warning", "failed-host": "error"}


# ----- check


def test_recovery_is_off_unless_it_is_asked_for(desk):
    host = desk.allocate("m6i.xlarge")
    desk.run("m6i.xlarge", host)
    status, findings = desk.check()
    assert status == 1 and about(findings, host) == {"recovery-off": "error"}
    done = desk.ironbird("check", "--json", "--rule", "recovery-off")
    assert done.returncode == 1 and rules(json.loads(done.stdout)) == ["recovery-off"]
    desk.aws("ec2", "modify-hosts", "--host-ids", host, "--host-recovery", "on")
    assert desk.check()[0] == 0


def test_licences_are_counted_by_socket_core_and_machine(desk):
    desk.run("m6i.8xlarge", desk.allocate("m6i.8xlarge", "--host-recovery", "on"), 3)
    assert desk.check("--licensed-sockets", "2", "--licensed-cores", "64", "--licensed-vms", "3")[0] == 0
    status, findings = desk.check("--licensed-sockets", "1", "--licensed-cores", "48", "--licensed-vms", "2")
    assert status == 1 and rules(findings) == ["too-few-licences"] and len(findings["findings"]) == 3


# ----- apply


def test_apply_turns_recovery_on_aims_what_is_stranded_and_goes_back(desk):
    host = desk.allocate("m6i.xlarge", "--host-recovery", "on")
    running, stopped = desk.run("m6i.xlarge", host, 2)
    desk.rig.advance(600)
    desk.stop(stopped)
    desk.rig.run("lever", "pull", "ec2.fail-host", f"host={host}")
    desk.rig.advance(900)
    plain = desk.allocate("m6i.xlarge")
    assert "recovery off → on" in desk.ironbird("apply", "dedicated-hosts", "--dry-run", check=True).stdout
    assert desk.host(plain)["HostRecovery"] == "off"
    desk.ironbird("apply", "dedicated-hosts", "--yes", check=True)
    assert desk.host(plain)["HostRecovery"] == "on"
    replacement = desk.instance(running)["Placement"]["HostId"]
    assert desk.instance(stopped)["Placement"]["HostId"] == replacement, "the fullest with room"
    assert "nothing to change" in desk.ironbird("apply", "dedicated-hosts", "--yes", check=True).stdout
    desk.aws("ec2", "start-instances", "--instance-ids", stopped)
    done = desk.ironbird("apply", "dedicated-hosts", "--revert", "ironbird-dedicated-hosts-backup.json", "--yes")
    assert done.returncode == 1 and f"instance {stopped} is not stopped" in done.stderr, done.stderr
    assert desk.host(plain)["HostRecovery"] == "off"


# ----- rehearse


def rehearse(folder, *options):
    return subprocess.run([binary(), "rehearse", "dedicated-hosts", *options], env=shell_environment("us-east-1"), cwd=folder,
                          capture_output=True, timeout=300)


def test_the_rehearsal_holds_and_is_the_same_twice(tmp_path):
    runs = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        text = rehearse(folder, "--seed", "7")
        assert text.returncode == 0, text.stderr
        report = rehearse(folder, "--seed", "7", "--json").stdout
        runs.append((text.stdout, report, (folder / "ironbird-dedicated-hosts.html").read_bytes()))
    assert runs[0] == runs[1]
    outcomes = {one["variant"]: one["outcome"] for one in json.loads(runs[0][1])["summary"]["outcomes"]}
    assert outcomes == {"defaults": "does-not-hold", "local-disks": "does-not-hold", "recovery": "does-not-hold",
                        "looked-after": "holds"}


def test_the_rehearsal_of_many_seeds_and_its_scenario(tmp_path):
    together = json.loads(rehearse(tmp_path, "--hosts", "2", "--instances", "4", "--seeds", "3", "--json").stdout)
    assert together["seeds"]["count"] == 3
    assert together["replay"] == "ironbird rehearse dedicated-hosts --seed 1 --seeds 3 --hosts 2 --instances 4"
    (tmp_path / "bad.toml").write_text("[failure]\nat = 0\n")
    done = rehearse(tmp_path, "--scenario", "bad.toml")
    assert done.returncode == 2 and b"failure.at: 0 is not between 1 and" in done.stderr
