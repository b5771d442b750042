"""What of an instance's launch can be changed afterwards, and found by."""

import re

import pytest
from conftest import error, image_of, worded


@pytest.fixture
def rig(start):
    return start("--transitions", "instant")


@pytest.fixture
def ec2(rig):
    return rig.client("ec2")


@pytest.fixture
def documented_filters(ec2):
    """The names of an operation's filters, as its model's documentation lists them."""
    def names(operation):
        members = ec2.meta.service_model.operation_model(operation).input_shape.members
        items = re.findall(r"<li>(.*?)</li>", members["Filters"].documentation, re.S)
        found = [re.search(r"<code>(.*?)</code>", item) for item in items]
        return sorted({"tag:any" if it.group(1).split(":")[0] == "tag" else it.group(1) for it in found if it})

    return names


def launch(ec2, kind="m5.large", **more):
    made = ec2.run_instances(ImageId=image_of(ec2), InstanceType=kind, MinCount=1, MaxCount=1, **more)
    return made["Instances"][0]["InstanceId"]


def shown(ec2, identity):
    return ec2.describe_instances(InstanceIds=[identity])["Reservations"][0]["Instances"][0]


def untold(answer):
    return answer["ResponseMetadata"]["HTTPHeaders"].get("x-ironbird-no-effect")


def test_monitoring_is_switched(ec2):
    one, two = launch(ec2), launch(ec2)
    assert ec2.monitor_instances(InstanceIds=[one, two])["InstanceMonitorings"] == [
        {"InstanceId": identity, "Monitoring": {"State": "pending"}} for identity in (one, two)]
    ec2.unmonitor_instances(InstanceIds=[two])
    assert [shown(ec2, identity)["Monitoring"]["State"] for identity in (one, two)] == ["enabled", "disabled"]
    assert untold(ec2.monitor_instances(InstanceIds=[one])) == "MonitorInstances.InstanceIds"
    assert error(ec2.monitor_instances, InstanceIds=["i-0123456789abcdef0"])[0] == "InvalidInstanceID.NotFound"
    assert error(ec2.monitor_instances, InstanceIds=[one], DryRun=True)[0] == "DryRunOperation"


def test_credits_are_set_instance_by_instance(ec2):
    old, new, other = launch(ec2, "t2.micro"), launch(ec2, "t3.micro"), launch(ec2)
    credits = lambda *ids: {it["InstanceId"]: it["CpuCredits"] for it in ec2.describe_instance_credit_specifications(
        InstanceIds=list(ids))["InstanceCreditSpecifications"]}
    assert credits(old, new, other) == {old: "standard", new: "unlimited"}
    unknown = "i-0123456789abcdef0"
    answer = ec2.modify_instance_credit_specification(InstanceCreditSpecifications=[
        {"InstanceId": identity, "CpuCredits": "standard"} for identity in (new, other, unknown)])
    assert answer["SuccessfulInstanceCreditSpecifications"] == [{"InstanceId": new}]
    assert [(it["InstanceId"], it["Error"]["Code"]) for it in answer["UnsuccessfulInstanceCreditSpecifications"]] == [
        (other, "InstanceCreditSpecification.NotSupported"), (unknown, "InvalidInstanceID.NotFound")]
    assert credits(new) == {new: "standard"}
    # A default is for launches to come.
    assert ec2.get_default_credit_specification(InstanceFamily="t3")["InstanceFamilyCreditSpecification"] == {
        "InstanceFamily": "t3", "CpuCredits": "unlimited"}
    before = launch(ec2, "t3.micro")
    ec2.modify_default_credit_specification(InstanceFamily="t3", CpuCredits="standard")
    assert credits(before, launch(ec2, "t3.micro"))[before] == "unlimited"
    after = launch(ec2, "t3.micro")
    assert credits(after) == {after: "standard"}
    own = launch(ec2, "t3.micro", CreditSpecification={"CpuCredits": "unlimited"})
    assert credits(own) == {own: "unlimited"}
    assert error(ec2.modify_default_credit_specification, InstanceFamily="m5", CpuCredits="standard")[0] == "InvalidParameterValue"


def test_maintenance_options_change(ec2):
    identity = launch(ec2, MaintenanceOptions={"AutoRecovery": "disabled"})
    assert shown(ec2, identity)["MaintenanceOptions"] == {"AutoRecovery": "disabled", "RebootMigration": "default"}
    answer = ec2.modify_instance_maintenance_options(InstanceId=identity, RebootMigration="disabled")
    assert (answer["AutoRecovery"], answer["RebootMigration"]) == ("disabled", "disabled")
    assert untold(answer) == "ModifyInstanceMaintenanceOptions.RebootMigration"
    ec2.modify_instance_maintenance_options(InstanceId=identity, AutoRecovery="default")
    assert shown(ec2, identity)["MaintenanceOptions"] == {"AutoRecovery": "default", "RebootMigration": "disabled"}
    assert error(ec2.modify_instance_maintenance_options, InstanceId=identity, AutoRecovery="on")[0] == "InvalidParameterValue"


def test_host_names_are_of_addresses_or_of_instances(ec2):
    named = launch(ec2, PrivateDnsNameOptions={"HostnameType": "resource-name", "EnableResourceNameDnsARecord": True})
    assert shown(ec2, named)["PrivateDnsName"] == f"{named}.ec2.internal"
    plain = launch(ec2)
    name = shown(ec2, plain)["PrivateDnsName"]
    assert name == "ip-" + shown(ec2, plain)["PrivateIpAddress"].replace(".", "-") + ".ec2.internal"
    kind = {"InstanceId": plain, "PrivateDnsHostnameType": "resource-name"}
    assert error(ec2.modify_private_dns_name_options, **kind)[0] == "IncorrectInstanceState"
    assert ec2.modify_private_dns_name_options(InstanceId=plain, EnableResourceNameDnsARecord=True)["Return"] is True
    ec2.stop_instances(InstanceIds=[plain])
    ec2.modify_private_dns_name_options(**kind)
    assert shown(ec2, plain)["PrivateDnsName"] == f"{plain}.ec2.internal"
    assert shown(ec2, plain)["PrivateDnsNameOptions"] == {
        "HostnameType": "resource-name", "EnableResourceNameDnsARecord": True, "EnableResourceNameDnsAAAARecord": False}
    # Where a launch says nothing, its subnet does.
    subnet = shown(ec2, plain)["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=subnet, PrivateDnsHostnameTypeOnLaunch="resource-name")
    inherits = launch(ec2, SubnetId=subnet)
    assert shown(ec2, inherits)["PrivateDnsName"] == f"{inherits}.ec2.internal"
    assert error(launch, ec2, PrivateDnsNameOptions={"HostnameType": "mine"})[0] == "InvalidParameterValue"


def test_cores_are_those_that_a_type_can_have(ec2):
    cpu = lambda cores, threads: {"CpuOptions": {"CoreCount": cores, "ThreadsPerCore": threads}}
    identity = launch(ec2, "m5.2xlarge", **cpu(2, 1))
    assert shown(ec2, identity)["CpuOptions"] == {"CoreCount": 2, "ThreadsPerCore": 1}
    for bad in [cpu(5, 2), cpu(4, 3), cpu(0, 1), cpu(-1, 1)]:
        assert error(launch, ec2, "m5.2xlarge", **bad)[0] == "InvalidParameterValue"
    assert error(launch, ec2, "m5.metal", **cpu(2, 1))[0] == "InvalidParameterCombination"
    both = ("MissingParameter", "When specifying CpuOptions you must specify both CoreCount and ThreadsPerCore.")
    assert worded(launch, ec2, "m5.2xlarge", CpuOptions={"CoreCount": 2}) == both
    change = {"InstanceId": identity, "CoreCount": 4, "ThreadsPerCore": 2}
    assert error(ec2.modify_instance_cpu_options, **change)[0] == "IncorrectInstanceState"
    ec2.stop_instances(InstanceIds=[identity])
    assert worded(ec2.modify_instance_cpu_options, InstanceId=identity, CoreCount=4) == both
    answer = ec2.modify_instance_cpu_options(**change)
    assert (answer["CoreCount"], answer["ThreadsPerCore"]) == (4, 2)
    assert shown(ec2, identity)["CpuOptions"] == {"CoreCount": 4, "ThreadsPerCore": 2}
    # Another type has its own.
    ec2.modify_instance_attribute(InstanceId=identity, InstanceType={"Value": "m5.large"})
    assert shown(ec2, identity)["CpuOptions"] == {"CoreCount": 1, "ThreadsPerCore": 2}


def test_an_account_has_defaults_for_metadata(ec2):
    level = lambda: ec2.get_instance_metadata_defaults()["AccountLevel"]
    assert level() == {"ManagedBy": "account"}
    ec2.modify_instance_metadata_defaults(HttpTokens="required", HttpPutResponseHopLimit=5, InstanceMetadataTags="enabled")
    assert level() == {"ManagedBy": "account", "HttpTokens": "required", "HttpPutResponseHopLimit": 5,
                       "InstanceMetadataTags": "enabled"}
    options = shown(ec2, launch(ec2, MetadataOptions={"HttpPutResponseHopLimit": 2}))["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"], options["InstanceMetadataTags"]) == ("required", 2, "enabled")
    ec2.modify_instance_metadata_defaults(HttpTokens="no-preference", HttpPutResponseHopLimit=-1)
    assert level() == {"ManagedBy": "account", "InstanceMetadataTags": "enabled"}
    assert error(ec2.modify_instance_metadata_defaults, HttpPutResponseHopLimit=65)[0] == "InvalidParameterValue"
    assert error(ec2.modify_instance_metadata_defaults, HttpTokensEnforced="enabled")[0] == "UnsupportedOperation"


def test_serial_consoles_passwords_and_attributes(ec2):
    status = lambda: ec2.get_serial_console_access_status()["SerialConsoleAccessEnabled"]
    assert status() is False
    assert ec2.enable_serial_console_access()["SerialConsoleAccessEnabled"] is True and status() is True
    assert ec2.disable_serial_console_access()["SerialConsoleAccessEnabled"] is False and status() is False
    identity = launch(ec2)
    assert ec2.get_password_data(InstanceId=identity)["PasswordData"] == ""
    ec2.modify_instance_attribute(InstanceId=identity, SourceDestCheck={"Value": False})
    ec2.reset_instance_attribute(InstanceId=identity, Attribute="sourceDestCheck")
    assert shown(ec2, identity)["SourceDestCheck"] is True
    assert error(ec2.reset_instance_attribute, InstanceId=identity, Attribute="kernel")[0] == "UnsupportedOperation"


def test_tokens_have_an_end(ec2):
    launch(ec2, ClientToken="a" * 64)
    code, message = worded(launch, ec2, ClientToken="a" * 65)
    assert code == "InvalidParameterValue" and message.startswith(f"Value ({'a' * 65}) for parameter clientToken is invalid.")
    assert error(ec2.allocate_hosts, ClientToken="é", InstanceType="m5.large", AvailabilityZone="us-east-1a",
                 Quantity=1)[0] == "InvalidParameterValue"


def test_instances_are_found_by_every_documented_filter(ec2, documented_filters):
    identity = launch(ec2, "t3.micro", MaintenanceOptions={"AutoRecovery": "disabled"}, TagSpecifications=[
        {"ResourceType": "network-interface", "Tags": [{"Key": "role", "Value": "front"}]}])
    ec2.stop_instances(InstanceIds=[launch(ec2)])

    def found(name, *values):
        answer = ec2.describe_instances(Filters=[{"Name": name, "Values": list(values)}])
        return [it["InstanceId"] for launched in answer["Reservations"] for it in launched["Instances"]]

    for name in documented_filters("DescribeInstances"):
        found(name, "nothing has this")
    assert found("maintenance-options.auto-recovery", "disabled") == [identity]
    assert found("network-interface.tag-key", "role") == found("network-interface.tag-value", "front") == [identity]
    assert identity in found("private-dns-name-options.hostname-type", "ip-name")
    assert identity in found("operator.managed", "false") and found("operator.managed", "true") == []
    assert identity not in found("reason", "User initiated (*")
    assert len(found("reason", "User initiated (*")) == 1
    assert identity in found("metadata-options.http-protocol-ipv4", "enabled")
    assert error(ec2.describe_instances, Filters=[{"Name": "colour", "Values": ["red"]}])[:2] == (
        "InvalidParameterValue", "The filter 'colour' is invalid")


# Filters on what is not known of anything here.
UNKNOWN = {"DescribeImages": {"free-tier-eligible"}, "DescribeSnapshots": {"transfer-type"}}


@pytest.mark.parametrize("operation", [
    "DescribeImages", "DescribeInstanceStatus", "DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeSnapshots",
    "DescribeSpotInstanceRequests", "DescribeSubnets", "DescribeVolumes", "DescribeVpcs"])
def test_documented_filters_are_taken(ec2, documented_filters, operation):
    call = {ec2.meta.method_to_api_mapping[name]: name for name in dir(ec2) if name in ec2.meta.method_to_api_mapping}[operation]
    launch(ec2)
    refused = set()
    for name in documented_filters(operation):
        try:
            answer = getattr(ec2, call)(Filters=[{"Name": name, "Values": ["nothing has this"]}])
            listed = next(value for key, value in answer.items() if isinstance(value, list))
            assert listed == [], name
        except ec2.exceptions.ClientError as caught:
            assert caught.response["Error"]["Message"] == f"The filter '{name}' is invalid"
            refused.add(name)
    assert refused == UNKNOWN.get(operation, set())
