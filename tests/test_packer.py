"""Packer builds an image, as far as it can without a guest: it launches, stops and copies, and logs in nowhere.

Wants `packer` on the path: Debian's (1.6) has its Amazon builders built in.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ACCOUNT

TEMPLATE = Path(__file__).parent / "packer" / "image.json"


def test_an_image_is_built_and_nothing_is_left_behind(start, tmp_path):
    if not shutil.which("packer"):
        pytest.skip("packer is not installed")
    rig = start("--transitions", "instant")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"CHECKPOINT_DISABLE": "1", "PACKER_CACHE_DIR": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(
        ["packer", "build", "-color=false", "-var", f"endpoint={rig.endpoint}", "-var", f"account={ACCOUNT}", str(TEMPLATE)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    ec2 = rig.client("ec2")
    [image] = ec2.describe_images(Owners=["self"])["Images"]
    assert image["State"] == "available" and image["Tags"] == [{"Key": "Project", "Value": "ironbird"}]
    [root] = [device["Ebs"] for device in image["BlockDeviceMappings"] if device["DeviceName"] == image["RootDeviceName"]]
    assert root["VolumeSize"] == 20
    [snapshot] = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert snapshot["SnapshotId"] == root["SnapshotId"] and snapshot["Tags"] == image["Tags"]
    states = [one["State"]["Name"] for launch in ec2.describe_instances()["Reservations"] for one in launch["Instances"]]
    assert states == ["terminated"]
    assert ec2.describe_key_pairs()["KeyPairs"] == [] and ec2.describe_volumes()["Volumes"] == []
    assert [group["GroupName"] for group in ec2.describe_security_groups()["SecurityGroups"]] == ["default"]
    # What was built can be launched.
    made = ec2.run_instances(ImageId=image["ImageId"], InstanceType="m5.large", MinCount=1, MaxCount=1)["Instances"]
    assert made[0]["ImageId"] == image["ImageId"]
