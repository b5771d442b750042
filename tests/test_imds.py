"""Instance metadata as SDKs inside an instance read it."""

import base64
import hashlib
import json
import os
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError
from conftest import ACCOUNT, eventually, image_of

PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/web"


@pytest.fixture
def rig(start):
    return start("--transitions", "instant")


def launch(rig, **more):
    ec2 = rig.client("ec2")
    images = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"]
    made = ec2.run_instances(ImageId=images[0]["ImageId"], InstanceType="m5.large", MinCount=1, MaxCount=1, **more)
    return made["Instances"][0]["InstanceId"]


class Inside:
    """An instance's own view, as 169.254.169.254 gives it."""

    def __init__(self, rig, instance, account=ACCOUNT):
        self.rig, self.base = rig, f"/_ironbird/imds/{account}/us-east-1/{instance}/"

    def ask(self, path, method="GET", **headers):
        return self.rig.send(method, self.base + path, headers=headers)

    def token(self, seconds=60):
        reply = self.ask("latest/api/token", "PUT", **{"X-aws-ec2-metadata-token-ttl-seconds": str(seconds)})
        assert reply.status == 200 and reply.headers["X-aws-ec2-metadata-token-ttl-seconds"] == str(seconds)
        return reply.text

    def get(self, path, token=None):
        headers = {"X-aws-ec2-metadata-token": token or self.token()}
        reply = self.ask(f"latest/{path}", **headers)
        return reply.text if reply.status == 200 else reply.status


def test_an_instance_reads_what_it_is(rig):
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "one"}]}]
    identity = launch(rig, UserData="#!/bin/sh\necho hello", TagSpecifications=tags,
                      MetadataOptions={"InstanceMetadataTags": "enabled"})
    shown = rig.client("ec2").describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]
    inside = Inside(rig, identity)
    assert inside.get("meta-data/instance-id") == identity
    assert inside.get("meta-data/local-ipv4") == shown["PrivateIpAddress"]
    assert inside.get("meta-data/placement/availability-zone") == shown["Placement"]["AvailabilityZone"]
    assert inside.get("meta-data/instance-life-cycle") == "on-demand"
    assert inside.get("meta-data/tags/instance/Name") == "one"
    assert inside.get("user-data") == "#!/bin/sh\necho hello"
    listing = inside.get("meta-data/").split("\n")
    assert {"instance-id", "placement/", "network/", "tags/"} <= set(listing) and "spot/" not in listing
    mac = inside.get("meta-data/mac")
    assert inside.get("meta-data/network/interfaces/macs/") == f"{mac}/"
    assert inside.get(f"meta-data/network/interfaces/macs/{mac}/subnet-id") == shown["SubnetId"]
    document = json.loads(inside.get("dynamic/instance-identity/document"))
    assert (document["accountId"], document["instanceId"], document["region"]) == (ACCOUNT, identity, "us-east-1")
    assert inside.get("dynamic/").split("\n") == ["fws/", "instance-identity/"]
    assert inside.get("dynamic/fws/instance-monitoring") == "disabled"
    rig.client("ec2").monitor_instances(InstanceIds=[identity])
    assert inside.get("dynamic/fws/instance-monitoring") == "enabled"
    assert inside.get("meta-data/spot/instance-action") == 404
    assert inside.get("meta-data/iam/info") == 404


def test_an_instance_finds_its_devices_and_keys(rig):
    ec2 = rig.client("ec2")
    key = ec2.create_key_pair(KeyName="mine", KeyType="ed25519")
    identity = launch(rig, KeyName="mine", BlockDeviceMappings=[
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 8}}, {"DeviceName": "/dev/sdg", "Ebs": {"VolumeSize": 8}}])
    shown = ec2.describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]
    inside, root = Inside(rig, identity), shown["RootDeviceName"]
    devices = "meta-data/block-device-mapping"
    assert inside.get(f"{devices}/").split("\n") == ["ami", "ebs1", "ebs2", "root"]
    assert [inside.get(f"{devices}/{name}") for name in ["ami", "ebs1", "ebs2", "root"]] == [root, "sdf", "sdg", root]
    # What is attached later is told once the instance has been started anew.
    rig.advance(1)
    volume = ec2.create_volume(AvailabilityZone=shown["Placement"]["AvailabilityZone"], Size=1)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=identity, Device="/dev/sdh")
    assert inside.get(f"{devices}/ebs3") == 404
    ec2.stop_instances(InstanceIds=[identity])
    rig.advance(1)
    ec2.start_instances(InstanceIds=[identity])
    assert inside.get(f"{devices}/ebs3") == "sdh"

    # A key outlives its pair.
    ec2.delete_key_pair(KeyName="mine")
    assert inside.get("meta-data/public-keys/") == "0=mine"
    assert inside.get("meta-data/public-keys/0/") == "openssh-key"
    kind, body, name = inside.get("meta-data/public-keys/0/openssh-key").split(" ")
    assert (kind, name) == ("ssh-ed25519", "mine")
    digest = base64.b64encode(hashlib.sha256(base64.b64decode(body)).digest()).decode()
    assert digest == key["KeyFingerprint"]
    assert Inside(rig, launch(rig)).get("meta-data/public-keys/") == 404

    assert inside.get("meta-data/events/") == "maintenance/"
    assert inside.get("meta-data/events/maintenance/history") == "[]"
    assert inside.get("meta-data/events/maintenance/scheduled") == "[]"


def test_an_instance_finds_its_networks(rig):
    ec2, identity = rig.client("ec2"), launch(rig)
    shown = ec2.describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]
    inside = Inside(rig, identity)
    mac = inside.get("meta-data/mac")
    about = lambda name: inside.get(f"meta-data/network/interfaces/macs/{mac}/{name}")
    subnet = ec2.describe_subnets(SubnetIds=[shown["SubnetId"]])["Subnets"][0]
    vpc = ec2.describe_vpcs(VpcIds=[shown["VpcId"]])["Vpcs"][0]
    assert (about("subnet-ipv4-cidr-block"), about("vpc-ipv4-cidr-block")) == (subnet["CidrBlock"], vpc["CidrBlock"])
    assert about("vpc-ipv4-cidr-blocks") == vpc["CidrBlock"]
    assert about("security-groups") == "default" and about("network-card-index") == "0"
    public = inside.get("meta-data/public-ipv4")
    assert about("public-ipv4s") == public and about(f"ipv4-associations/{public}") == shown["PrivateIpAddress"]


def test_others_can_tell_that_an_identity_document_is_genuine(rig, tmp_path):
    """As "Verify instance identity document" of the EC2 user guide has it, with this world's certificates."""
    identity = launch(rig)
    inside = Inside(rig, identity)
    about = lambda name: inside.get(f"dynamic/instance-identity/{name}")
    assert about("").split("\n") == ["document", "pkcs7", "rsa2048", "signature"]
    document = about("document")
    assert json.loads(document)["instanceId"] == identity
    given = rig.own("POST", "levers/ec2.identity-certificates", {"given": {}})
    certificates = json.loads(given.text)
    for kind in ["dsa", "rsa"]:
        (tmp_path / f"{kind}.pem").write_text(certificates[kind] + "\n")

    def openssl(*command):
        return subprocess.run(["openssl", *command], cwd=tmp_path, capture_output=True, text=True)

    for name, kind in [("pkcs7", "dsa"), ("rsa2048", "rsa")]:
        (tmp_path / name).write_text(f"-----BEGIN PKCS7-----\n{about(name)}\n-----END PKCS7-----\n")
        verify = ["smime", "-verify", "-in", name, "-inform", "PEM", "-noverify", "-certfile"]
        done = openssl(*verify, f"{kind}.pem")
        assert done.returncode == 0 and done.stdout == document, done.stderr
        assert openssl(*verify, "rsa.pem" if kind == "dsa" else "dsa.pem").returncode != 0
    (tmp_path / "document").write_text(document)
    (tmp_path / "signature").write_bytes(base64.b64decode(about("signature")))
    (tmp_path / "key").write_text(openssl("x509", "-pubkey", "-noout", "-in", "rsa.pem").stdout)
    check = ["dgst", "-sha256", "-verify", "key", "-signature", "signature", "document"]
    assert openssl(*check).returncode == 0
    (tmp_path / "document").write_text(document.replace(identity, "i-0123456789abcdef0"))
    assert openssl(*check).returncode != 0
    # A Region has its own keys, which all of its accounts share.
    there = rig.own("POST", "levers/ec2.identity-certificates", {"given": {}, "account": "111122223333"})
    assert json.loads(there.text) == certificates
    elsewhere = rig.own("POST", "levers/ec2.identity-certificates", {"given": {}, "region": "eu-west-1"})
    assert json.loads(elsewhere.text) != certificates


def test_tokens_are_needed_where_asked_for_and_end(rig):
    identity = launch(rig, MetadataOptions={"HttpTokens": "required"})
    inside = Inside(rig, identity)
    assert inside.ask("latest/meta-data/instance-id").status == 401
    token = inside.token(60)
    assert inside.get("meta-data/instance-id", token) == identity
    other = Inside(rig, launch(rig))
    assert other.get("meta-data/instance-id", token) == 401
    assert inside.get("meta-data/instance-id", token[:-1] + ("0" if token[-1] != "0" else "1")) == 401
    rig.advance(61)
    assert inside.get("meta-data/instance-id", token) == 401
    for ttl in ["0", "21601", "soon", "-1"]:
        assert inside.ask("latest/api/token", "PUT", **{"X-aws-ec2-metadata-token-ttl-seconds": ttl}).status == 400
    assert inside.ask("latest/api/token", "PUT").status == 400
    assert inside.ask("latest/meta-data/", "POST").status == 405
    forwarded = {"X-Forwarded-For": "10.0.0.1", "X-aws-ec2-metadata-token-ttl-seconds": "60"}
    assert inside.ask("latest/api/token", "PUT", **forwarded).status == 403


def test_the_first_version_answers_where_it_may(rig):
    identity = launch(rig, MetadataOptions={"HttpTokens": "optional"})
    assert Inside(rig, identity).ask("latest/meta-data/instance-id").text == identity
    off = launch(rig, MetadataOptions={"HttpEndpoint": "disabled"})
    assert Inside(rig, off).ask("latest/meta-data/instance-id").status == 403


def test_options_change_while_an_instance_runs(rig):
    ec2 = rig.client("ec2")
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "one"}]}]
    identity = launch(rig, TagSpecifications=tags, MetadataOptions={"HttpTokens": "optional"})
    sibling = launch(rig, MetadataOptions={"HttpTokens": "optional"})
    inside = Inside(rig, identity)
    assert inside.ask("latest/meta-data/tags/instance/Name").status == 404
    answer = ec2.modify_instance_metadata_options(InstanceId=identity, HttpTokens="required",
                                                  InstanceMetadataTags="enabled")
    assert "x-ironbird-no-effect" not in answer["ResponseMetadata"]["HTTPHeaders"]
    options = {"State": "pending", "HttpTokens": "required", "HttpPutResponseHopLimit": 2, "HttpEndpoint": "enabled",
               "HttpProtocolIpv6": "disabled", "InstanceMetadataTags": "enabled"}
    assert (answer["InstanceId"], answer["InstanceMetadataOptions"]) == (identity, options)
    assert inside.ask("latest/meta-data/instance-id").status == 401
    assert inside.get("meta-data/tags/instance/Name") == "one"
    assert Inside(rig, sibling).ask("latest/meta-data/instance-id").status == 200
    # What is not given stays.
    answer = ec2.modify_instance_metadata_options(InstanceId=identity, HttpPutResponseHopLimit=3)
    told = answer["ResponseMetadata"]["HTTPHeaders"]["x-ironbird-no-effect"]
    assert told == "ModifyInstanceMetadataOptions.HttpPutResponseHopLimit"
    shown = ec2.describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]["MetadataOptions"]
    assert shown == {**options, "State": "applied", "HttpPutResponseHopLimit": 3}
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        ec2.modify_instance_metadata_options(InstanceId=identity, HttpPutResponseHopLimit=65)
    ec2.modify_instance_metadata_options(InstanceId=identity, HttpEndpoint="disabled")
    assert inside.ask("latest/meta-data/instance-id").status == 403
    ec2.terminate_instances(InstanceIds=[identity])
    with pytest.raises(ClientError, match="IncorrectInstanceState"):
        ec2.modify_instance_metadata_options(InstanceId=identity, HttpEndpoint="enabled")


def test_what_the_metadata_service_heeds_has_an_effect(rig):
    ec2 = rig.client("ec2")
    image = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"][0]
    more = {"ImageId": image["ImageId"], "InstanceType": "m5.large", "UserData": "aGVsbG8=",
            "IamInstanceProfile": {"Arn": PROFILE}}

    def without(answer):
        return answer["ResponseMetadata"]["HTTPHeaders"].get("x-ironbird-no-effect")

    options = {"HttpTokens": "required", "HttpEndpoint": "enabled", "InstanceMetadataTags": "enabled"}
    made = ec2.run_instances(MinCount=1, MaxCount=1, MetadataOptions=options, **{**more, "UserData": "hello"})
    assert without(made) is None
    assert without(ec2.request_spot_instances(LaunchSpecification=more)) is None
    far = ec2.run_instances(MinCount=1, MaxCount=1, MetadataOptions={**options, "HttpPutResponseHopLimit": 3}, **more)
    assert without(far) == "RunInstances.MetadataOptions.HttpPutResponseHopLimit"


def test_nobody_is_there_for_strangers_and_the_dead(rig):
    identity = launch(rig)
    assert Inside(rig, identity, "999999999999").ask("latest/meta-data/").status == 404
    assert Inside(rig, "i-0123456789abcdef0").ask("latest/meta-data/").status == 404
    assert rig.send("GET", "/_ironbird/imds/x/y/z").status == 404
    rig.client("ec2").terminate_instances(InstanceIds=[identity])
    rig.advance(1)
    assert Inside(rig, identity).ask("latest/meta-data/").status == 404


def test_an_sdk_inside_finds_its_credentials(rig):
    identity = launch(rig, IamInstanceProfile={"Arn": PROFILE})
    assert Inside(rig, identity).get("meta-data/iam/security-credentials/") == "web"
    first = Inside(rig, identity).get("meta-data/iam/security-credentials/web")
    assert Inside(rig, identity).get("meta-data/iam/security-credentials/web") == first
    assert json.loads(first)["Type"] == "AWS-HMAC"
    variables = json.loads(rig.run("env", "--instance", identity, "--json").stdout)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    who = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    done = subprocess.run([sys.executable, "-c", who], env={**environment, **variables}, capture_output=True, text=True)
    assert done.stdout.strip() == f"arn:aws:sts::{ACCOUNT}:assumed-role/web/{identity}", done.stderr
    rig.advance(21_600 - 299)
    assert Inside(rig, identity).get("meta-data/iam/security-credentials/web") != first


def test_a_profile_comes_and_goes_while_an_instance_runs(rig):
    ec2, identity = rig.client("ec2"), launch(rig)
    inside = Inside(rig, identity)

    def associations(**wanted):
        return ec2.describe_iam_instance_profile_associations(**wanted)["IamInstanceProfileAssociations"]

    def refused(call, **wanted):
        with pytest.raises(ClientError) as caught:
            call(**wanted)
        return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]

    assert associations() == [] and inside.get("meta-data/iam/info") == 404
    made = ec2.associate_iam_instance_profile(InstanceId=identity, IamInstanceProfile={"Name": "web"})
    made = made["IamInstanceProfileAssociation"]
    assert (made["State"], made["InstanceId"]) == ("associating", identity)
    assert made["IamInstanceProfile"]["Arn"] == PROFILE
    of_instance = [{"Name": "instance-id", "Values": [identity]}]
    assert associations(Filters=of_instance) == [{**made, "State": "associated"}]
    assert associations(AssociationIds=[made["AssociationId"]], Filters=[{"Name": "state", "Values": ["associating"]}]) == []
    first = json.loads(inside.get("meta-data/iam/security-credentials/web"))
    assert refused(ec2.associate_iam_instance_profile, InstanceId=identity, IamInstanceProfile={"Name": "web"}) == (
        "IncorrectState", f"There is an existing association for instance {identity}")

    other = ec2.replace_iam_instance_profile_association(AssociationId=made["AssociationId"],
                                                         IamInstanceProfile={"Name": "other"})
    other = other["IamInstanceProfileAssociation"]
    assert other["AssociationId"] != made["AssociationId"] and other["State"] == "associating"
    second = json.loads(inside.get("meta-data/iam/security-credentials/other"))
    assert second["AccessKeyId"] != first["AccessKeyId"]
    assert inside.get("meta-data/iam/security-credentials/web") == 404
    shown = ec2.describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]
    assert shown["IamInstanceProfile"] == other["IamInstanceProfile"]
    assert refused(ec2.disassociate_iam_instance_profile, AssociationId=made["AssociationId"]) == (
        "InvalidAssociationID.NotFound", f"An invalid association-id of '{made['AssociationId']}' was given")
    assert refused(ec2.disassociate_iam_instance_profile, AssociationId=identity)[0] == "InvalidParameterValue"

    ec2.stop_instances(InstanceIds=[identity])
    assert refused(ec2.replace_iam_instance_profile_association, AssociationId=other["AssociationId"],
                   IamInstanceProfile={"Name": "web"})[0] == "IncorrectState"
    gone = ec2.disassociate_iam_instance_profile(AssociationId=other["AssociationId"])["IamInstanceProfileAssociation"]
    assert gone == {**other, "State": "disassociating"} and associations() == []
    assert "IamInstanceProfile" not in ec2.describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]
    ec2.terminate_instances(InstanceIds=[identity])
    assert refused(ec2.associate_iam_instance_profile, InstanceId=identity, IamInstanceProfile={"Name": "web"}) == (
        "IncorrectInstanceState", f"The instance '{identity}' is not in the 'running' or 'stopped' states.")


def test_launching_with_a_profile_makes_an_association(rig):
    ec2, identity = rig.client("ec2"), launch(rig, IamInstanceProfile={"Arn": PROFILE})
    [shown] = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    assert (shown["InstanceId"], shown["State"], shown["IamInstanceProfile"]["Arn"]) == (identity, "associated", PROFILE)
    ec2.terminate_instances(InstanceIds=[identity])
    assert ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"] == []


def test_an_instance_of_a_group_knows_where_it_is_going(rig):
    ec2, scaling = rig.client("ec2"), rig.client("autoscaling")
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={
        "ImageId": image_of(ec2), "InstanceType": "m5.large"})
    hook = {"LifecycleHookName": "hook", "HeartbeatTimeout": 300}
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web", MinSize=0, MaxSize=2, DesiredCapacity=1, LaunchTemplate={"LaunchTemplateName": "web"},
        AvailabilityZones=["us-east-1a"], LifecycleHookSpecificationList=[
            {**hook, "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"},
            {**hook, "LifecycleHookName": "bye", "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING"}])

    def members():
        rig.advance(1)
        return scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"][0]["Instances"]

    def proceed(name):
        scaling.complete_lifecycle_action(AutoScalingGroupName="web", LifecycleHookName=name, InstanceId=identity,
                                          LifecycleActionResult="CONTINUE")

    eventually(lambda: [member["LifecycleState"] for member in members()], ["Pending:Wait"])
    identity = members()[0]["InstanceId"]
    target = lambda: Inside(rig, identity).get("meta-data/autoscaling/target-lifecycle-state")
    assert target() == "InService"
    proceed("hook")
    eventually(lambda: [member["LifecycleState"] for member in members()], ["InService"])
    assert target() == "InService"
    scaling.enter_standby(AutoScalingGroupName="web", InstanceIds=[identity], ShouldDecrementDesiredCapacity=True)
    assert target() == "Standby"
    scaling.exit_standby(AutoScalingGroupName="web", InstanceIds=[identity])
    scaling.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=0)
    eventually(target, "Terminated")
    assert Inside(rig, launch(rig)).get("meta-data/autoscaling/target-lifecycle-state") == 404

    scaling.put_warm_pool(AutoScalingGroupName="web", PoolState="Running", MinSize=1)
    warm = lambda: [member for member in members() if member["LifecycleState"].startswith("Warmed:")]
    pool = lambda: scaling.describe_warm_pool(AutoScalingGroupName="web")["Instances"]
    eventually(lambda: warm() == [] and [member["LifecycleState"] for member in pool()], ["Warmed:Pending:Wait"] * 2)
    identity = pool()[0]["InstanceId"]
    assert target() == "Warmed:Running"


def test_a_spot_instance_is_told_before_it_goes(rig):
    identity = launch(rig, InstanceMarketOptions={"MarketType": "spot"})
    inside = Inside(rig, identity)
    assert inside.get("meta-data/instance-life-cycle") == "spot"
    pull = lambda name, **given: rig.own("POST", f"levers/{name}", {"given": {"instance": identity, **given}})
    assert pull("ec2.recommend-rebalance").status == 200
    assert "noticeTime" in json.loads(inside.get("meta-data/events/recommendations/rebalance"))
    assert inside.get("meta-data/spot/instance-action") == 404
    assert pull("ec2.interrupt-spot", seconds=120).status == 200
    rig.advance(1)
    action = json.loads(inside.get("meta-data/spot/instance-action"))
    assert action["action"] == "terminate" and action["time"].endswith("Z")
    assert inside.get("meta-data/spot/termination-time") == action["time"]
