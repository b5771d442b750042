"""Terraform with the real AWS provider, on configurations of our own: apply, plan again with no difference, destroy.

Wants `terraform` on the path, and the provider where Terraform finds it: in a mirror that TF_CLI_CONFIG_FILE names, in
the folder that IRONBIRD_TF_PLUGINS names (/opt/tf-plugins), or at the registry.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ACCOUNT = "123456789012"
MIRROR = Path(os.environ.get("IRONBIRD_TF_PLUGINS", "/opt/tf-plugins"))


class Terraform:
    """A configuration in a folder of its own, pointed at a rig."""

    def __init__(self, rig, folder):
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": rig.endpoint,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "ironbird",
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
        }
        named = os.environ.get("TF_CLI_CONFIG_FILE")
        if MIRROR.is_dir() and not (named and Path(named).is_file()):
            settings = folder / "terraformrc"
            settings.write_text(f'provider_installation {{ filesystem_mirror {{ path = "{MIRROR}" }} }}\n')
            self.environment["TF_CLI_CONFIG_FILE"] = str(settings)

    def __call__(self, *arguments, status=(0,)):
        done = subprocess.run(
            ["terraform", *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=900
        )
        assert done.returncode in status, f"terraform {arguments[0]}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def terraform(start, tmp_path):
    """Makes a configuration of this folder ready to be applied."""
    if not shutil.which("terraform"):
        pytest.skip("terraform is not installed")

    def make(name, *options):
        rig = start("--transitions", "instant", *options)
        shutil.copytree(HERE / name, tmp_path, dirs_exist_ok=True)
        run = Terraform(rig, tmp_path)
        ready = subprocess.run(
            ["terraform", "init", "-no-color"], cwd=tmp_path, env=run.environment, capture_output=True, text=True,
            timeout=300,
        )
        if "Failed to query available provider packages" in ready.stderr:
            pytest.skip(f"the AWS provider is not installed for terraform (IRONBIRD_TF_PLUGINS names {MIRROR})")
        assert ready.returncode == 0, ready.stderr
        return rig, run

    return make


def test_a_network(terraform):
    rig, run = terraform("network")
    run("apply", "-no-color", "-auto-approve")
    vpc = json.loads(run("output", "-json"))["vpc"]["value"]
    ec2 = rig.client("ec2", region="eu-west-1")
    here = [{"Name": "vpc-id", "Values": [vpc]}]
    assert len(ec2.describe_subnets(Filters=here)["Subnets"]) == 9
    gateways = ec2.describe_nat_gateways(Filter=here)["NatGateways"]
    assert sorted(it["ConnectivityType"] for it in gateways) == ["private", "public", "public", "public"]
    tables = ec2.describe_route_tables(Filters=here)["RouteTables"]
    states = {route["State"] for table in tables for route in table["Routes"]}
    assert len(tables) == 6 and states == {"active"}
    # 2 would be a difference.
    run("plan", "-no-color", "-detailed-exitcode")
    run("destroy", "-no-color", "-auto-approve")
    # What an account has from the start is left, and NAT gateways that are gone are still shown.
    assert [it["IsDefault"] for it in ec2.describe_vpcs()["Vpcs"]] == [True]
    assert len(ec2.describe_internet_gateways()["InternetGateways"]) == 1
    assert {it["State"] for it in ec2.describe_nat_gateways()["NatGateways"]} == {"deleted"}
    lists = [{"Name": "owner-id", "Values": [ACCOUNT]}]
    left = {
        "addresses": ec2.describe_addresses()["Addresses"],
        "interfaces": ec2.describe_network_interfaces()["NetworkInterfaces"],
        "endpoints": ec2.describe_vpc_endpoints()["VpcEndpoints"],
        "prefix lists": ec2.describe_managed_prefix_lists(Filters=lists)["PrefixLists"],
        "gateways": ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"],
        "VPN gateways": ec2.describe_vpn_gateways()["VpnGateways"],
        "volumes": ec2.describe_volumes()["Volumes"],
        "snapshots": ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"],
        "images": ec2.describe_images(Owners=["self"])["Images"],
    }
    assert {name: found for name, found in left.items() if found} == {}
