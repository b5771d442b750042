"""Resource groups as boto3 and the AWS CLI make them, and what EC2 does with them."""

import json

import pytest
from conftest import Shell, error, eventually, fresh_account, image_of

GENERIC = "AWS::ResourceGroups::Generic"
POOL = "AWS::EC2::CapacityReservationPool"
HOSTS = "AWS::EC2::HostManagement"


def parameter(name, *values):
    return {"Name": name, "Values": list(values)}


def pool():
    """The configuration of a pool of Capacity Reservations, as the EC2 user guide has it."""
    allowed = parameter("allowed-resource-types", "AWS::EC2::CapacityReservation")
    return [{"Type": POOL}, {"Type": GENERIC, "Parameters": [allowed]}]


def hosts(**settings):
    """The configuration of a host resource group with such settings."""
    settings = {"instance-launch-option": ["LICENSE_CONFIGURATION_NOT_REQUIRED"],
                **{name.replace("_", "-"): value if isinstance(value, list) else [value] for name, value in settings.items()}}
    generic = [parameter("allowed-resource-types", "AWS::EC2::Host"), parameter("deletion-protection", "UNLESS_EMPTY")]
    return [{"Type": HOSTS, "Parameters": [parameter(name, *values) for name, values in settings.items()]},
            {"Type": GENERIC, "Parameters": generic}]


def tagged(*kinds, **tags):
    """A query for what has such tags."""
    filters = [{"Key": key, "Values": values} for key, values in tags.items()]
    text = json.dumps({"ResourceTypeFilters": list(kinds) or ["AWS::AllSupported"], "TagFilters": filters})
    return {"Type": "TAG_FILTERS_1_0", "Query": text}


class Account:
    """Clients of an account of its own."""

    def __init__(self, rig):
        self.id = fresh_account()
        self.groups = rig.client("resource-groups", self.id)
        self.ec2 = rig.client("ec2", self.id)

    def arn(self, kind, identifier):
        return f"arn:aws:ec2:us-east-1:{self.id}:{kind}/{identifier}"

    def reserve(self, count=2, **options):
        options = {"InstanceType": "m5.large", "InstancePlatform": "Linux/UNIX", "AvailabilityZone": "us-east-1a",
                   "InstanceMatchCriteria": "targeted", **options}
        made = self.ec2.create_capacity_reservation(InstanceCount=count, **options)["CapacityReservation"]
        return made["CapacityReservationId"], made["CapacityReservationArn"]

    def members(self, group):
        return [it["ResourceArn"] for it in self.groups.list_group_resources(Group=group)["ResourceIdentifiers"]]


@pytest.fixture
def account(shared):
    return Account(shared)


def test_a_group_with_a_query_has_what_the_query_finds(account):
    subnets = [it["SubnetId"] for it in account.ec2.describe_subnets()["Subnets"]][:3]
    account.ec2.create_tags(Resources=subnets[:2], Tags=[{"Key": "stage", "Value": "red"}])
    account.ec2.create_tags(Resources=subnets[2:], Tags=[{"Key": "stage", "Value": "blue"}])
    made = account.groups.create_group(Name="reds", Description="what is red", ResourceQuery=tagged(stage=["red"]),
                                       Tags={"stage": "red", "team": "a"})
    arn = f"arn:aws:resource-groups:us-east-1:{account.id}:group/reds"
    assert made["Group"] == {"GroupArn": arn, "Name": "reds", "Description": "what is red"}
    assert made["Tags"] == {"stage": "red", "team": "a"} and made["ResourceQuery"] == tagged(stage=["red"])
    found = account.groups.list_group_resources(Group="reds")
    assert set(account.members("reds")) == {arn, *(account.arn("subnet", subnet) for subnet in subnets[:2])}
    assert all("Status" not in it for it in found["Resources"]) and found["QueryErrors"] == []
    kind = [{"Name": "resource-type", "Values": ["AWS::EC2::Subnet"]}]
    pages = account.groups.get_paginator("list_group_resources").paginate(
        Group=arn, Filters=kind, PaginationConfig={"PageSize": 1})
    assert [len(page["ResourceIdentifiers"]) for page in pages] == [1, 1]
    # The query can be changed, and stands for what is there when it is asked.
    account.groups.update_group_query(Group="reds", ResourceQuery=tagged("AWS::EC2::Subnet", stage=[]))
    assert account.groups.get_group_query(Group=arn)["GroupQuery"] == {
        "GroupName": "reds", "ResourceQuery": tagged("AWS::EC2::Subnet", stage=[])}
    assert len(account.members("reds")) == 3
    account.ec2.delete_tags(Resources=subnets, Tags=[{"Key": "stage"}])
    assert account.members("reds") == []


def test_a_search_finds_resources_of_all_services_here(account, shared):
    tag = {"Key": "of", "Value": "this-test"}
    shared.client("cloudwatch", account.id).put_metric_alarm(
        AlarmName="a", MetricName="m", Namespace="n", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold", Tags=[tag])
    account.groups.create_group(Name="g", Configuration=pool(), Tags={"of": "this-test"})
    reservation, _ = account.reserve(TagSpecifications=[{"ResourceType": "capacity-reservation", "Tags": [tag]}])
    found = account.groups.search_resources(ResourceQuery=tagged(of=["this-test"]))["ResourceIdentifiers"]
    assert {it["ResourceType"] for it in found} == {
        "AWS::CloudWatch::Alarm", "AWS::ResourceGroups::Group", "AWS::EC2::CapacityReservation"}
    only = account.groups.search_resources(ResourceQuery=tagged("AWS::EC2::CapacityReservation", of=["this-test"]))
    assert [it["ResourceArn"] for it in only["ResourceIdentifiers"]] == [
        account.arn("capacity-reservation", reservation)]
    stacks = {"Type": "CLOUDFORMATION_STACK_1_0", "Query": "{}"}
    assert error(account.groups.search_resources, ResourceQuery=stacks)[0] == "UnsupportedOperation"
    code, message, status = error(
        account.groups.search_resources, ResourceQuery={"Type": "TAG_FILTERS_1_0", "Query": "{"})
    assert (code, status) == ("BadRequestException", 400) and message.startswith("Query not valid")


def test_groups_are_listed_described_tagged_and_deleted(account):
    groups = account.groups
    groups.create_group(Name="capacity", Configuration=pool(), Owner="me", Criticality=3, DisplayName="Spare")
    groups.create_group(Name="red", ResourceQuery=tagged("AWS::EC2::Instance", stage=["red"]))
    assert error(groups.create_group, Name="red", ResourceQuery=tagged())[:2] == (
        "BadRequestException", "Cannot create group: group already exists")

    def listed(name, *values):
        found = groups.list_groups(Filters=[{"Name": name, "Values": list(values)}])
        assert [it["Name"] for it in found["Groups"]] == [it["GroupName"] for it in found["GroupIdentifiers"]]
        return [it["GroupName"] for it in found["GroupIdentifiers"]]

    assert listed("configuration-type", POOL) == ["capacity"]
    assert listed("resource-type", "AWS::EC2::Instance", "AWS::EC2::Volume") == ["red"]
    assert listed("resource-type", "AWS::EC2::CapacityReservation") == ["capacity"]
    assert listed("owner", "me") == listed("criticality", "3") == listed("display-name", "Spare") == ["capacity"]
    assert [len(page["Groups"]) for page in groups.get_paginator("list_groups").paginate(
        PaginationConfig={"PageSize": 1})] == [1, 1]

    groups.update_group(Group="capacity", Description="more")
    group = groups.get_group(Group="capacity")["Group"]
    assert (group["Description"], group["Owner"], group["Criticality"]) == ("more", "me", 3)
    arn = group["GroupArn"]
    assert groups.tag(Arn=arn, Tags={"a": "1", "b": ""})["Tags"] == {"a": "1", "b": ""}
    assert groups.untag(Arn=arn, Keys=["a", "none"])["Keys"] == ["a", "none"]
    assert groups.get_tags(Arn=arn)["Tags"] == {"b": ""}
    assert error(groups.tag, Arn=arn, Tags={"aws:x": "1"})[0] == "BadRequestException"

    # A group has a configuration or a query, and does not answer for the other.
    assert error(groups.get_group_query, Group="capacity")[0] == "BadRequestException"
    assert error(groups.get_group_configuration, Group="red")[0] == "BadRequestException"
    assert error(groups.put_group_configuration, Group="red", Configuration=pool())[0] == "BadRequestException"
    assert error(groups.group_resources, Group="red", ResourceArns=[account.arn("instance", "i-0")])[0] == (
        "BadRequestException")
    assert groups.delete_group(Group=arn)["Group"]["Name"] == "capacity"
    for call in (groups.get_group, groups.delete_group, groups.list_group_resources, groups.get_group_configuration):
        code, message, status = error(call, Group="capacity")
        assert (code, status) == ("NotFoundException", 404) and "capacity" in message


@pytest.mark.parametrize("configuration, code", [
    ([{"Type": POOL}], "BadRequestException"),
    ([{"Type": POOL, "Parameters": [parameter("unknown", "x")]}, pool()[1]], "BadRequestException"),
    ([{"Type": POOL, "Parameters": [parameter("reservation-type", "capacity-block")]}, pool()[1]],
     "UnsupportedOperation"),
    ([pool()[0], pool()[0]], "BadRequestException"),
    ([pool()[0], hosts()[1]], "BadRequestException"),
    ([hosts()[0]], "BadRequestException"),
    ([hosts()[0], pool()[1]], "BadRequestException"),
    ([{"Type": HOSTS}, hosts()[1]], "BadRequestException"),
    (hosts(auto_allocate_host="True"), "BadRequestException"),
    (hosts(auto_allocate_host=["true", "false"]), "BadRequestException"),
    (hosts(allowed_host_families=["c5", "z9"]), "BadRequestException"),
    (hosts(instance_launch_option="MAYBE"), "BadRequestException"),
    (hosts(allowed_host_based_license_configurations="arn:aws:license-manager:us-east-1:1:x"), "UnsupportedOperation"),
    ([{"Type": "AWS::EC2::Instance"}], "BadRequestException"),
    ([{"Type": "AWS::ResourceGroups::ApplicationGroup"}], "UnsupportedOperation"),
    ([{"Type": GENERIC}], "UnsupportedOperation"),
])
def test_configurations_that_are_not_valid_are_refused(account, configuration, code):
    assert error(account.groups.create_group, Name="g", Configuration=configuration)[0] == code
    assert account.groups.list_groups()["Groups"] == []


def test_reservations_are_put_into_a_pool(account):
    made = account.groups.create_group(Name="pool", Configuration=pool())["GroupConfiguration"]
    assert made["Status"] == "UPDATE_COMPLETE" and made["Configuration"][0] == {"Type": POOL, "Parameters": []}
    _, first = account.reserve()
    cancelled, second = account.reserve()
    account.ec2.cancel_capacity_reservation(CapacityReservationId=cancelled)
    strange = [account.arn("capacity-reservation", "cr-0123456789abcdef0"), account.arn("instance", "i-0123"),
               "arn:aws:ec2:us-east-1:999999999999:capacity-reservation/cr-0123456789abcdef0"]
    done = account.groups.group_resources(Group="pool", ResourceArns=[first, second, *strange])
    assert done["Succeeded"] == [first] and done["Pending"] == []
    assert [it["ResourceArn"] for it in done["Failed"]] == [second, *strange]
    assert done["Failed"][1]["ErrorCode"] == "InvalidCapacityReservationId.NotFound"
    assert all(it["ErrorCode"] and it["ErrorMessage"] for it in done["Failed"])
    assert account.members("pool") == [first]

    def attempts(*filters):
        found = account.groups.list_grouping_statuses(Group="pool", Filters=list(filters))["GroupingStatuses"]
        return {it["ResourceArn"]: (it["Action"], it["Status"]) for it in found}

    assert len(attempts()) == 5 and attempts()[first] == ("GROUP", "SUCCESS")
    assert set(attempts({"Name": "status", "Values": ["FAILED"]})) == {second, *strange}
    gone = account.groups.ungroup_resources(Group="pool", ResourceArns=[first, second])
    assert gone["Succeeded"] == [first] and [it["ResourceArn"] for it in gone["Failed"]] == [second]
    assert attempts({"Name": "resource-arn", "Values": [first]}) == {first: ("UNGROUP", "SUCCESS")}
    assert account.members("pool") == []


def test_hosts_become_members_of_one_host_resource_group(account, start):
    groups, ec2 = account.groups, account.ec2
    made = groups.create_group(Name="hosts", Configuration=hosts(allowed_host_families="c5"))
    assert made["ResponseMetadata"]["HTTPHeaders"]["x-ironbird-no-effect"] == (
        "CreateGroup.Configuration.instance-launch-option")
    groups.create_group(Name="others", Configuration=hosts())
    allocate = {"AvailabilityZone": "us-east-1a", "Quantity": 1}
    [host] = ec2.allocate_hosts(InstanceFamily="c5", **allocate)["HostIds"]
    [strange] = ec2.allocate_hosts(InstanceType="m5.large", **allocate)["HostIds"]
    host_arn, strange_arn = account.arn("dedicated-host", host), account.arn("dedicated-host", strange)
    done = groups.group_resources(Group="hosts", ResourceArns=[host_arn, strange_arn])
    assert done["Succeeded"] == [host_arn] and "c5" in done["Failed"][0]["ErrorMessage"]
    done = groups.group_resources(Group="others", ResourceArns=[host_arn, strange_arn])
    assert done["Succeeded"] == [strange_arn] and "hosts" in done["Failed"][0]["ErrorMessage"]
    # What is there must fit what is put, and keeps the group.
    assert error(groups.put_group_configuration, Group="hosts", Configuration=pool())[0] == "BadRequestException"
    narrower = hosts(allowed_host_families="r5")
    assert error(groups.put_group_configuration, Group="hosts", Configuration=narrower)[0] == "BadRequestException"
    groups.put_group_configuration(Group="hosts", Configuration=hosts(allowed_host_families=["C5", "r5"]))
    shown = groups.get_group_configuration(Group="hosts")["GroupConfiguration"]["Configuration"]
    assert shown == hosts(allowed_host_families=["C5", "r5"])
    assert error(groups.delete_group, Group="hosts")[0] == "BadRequestException"
    ec2.release_hosts(HostIds=[host])
    eventually(lambda: account.members("hosts"), [])
    groups.delete_group(Group="hosts")


def test_a_host_is_pending_for_a_minute_or_two(start):
    rig = start("--transitions", "realistic")
    account = Account(rig)
    account.groups.create_group(Name="hosts", Configuration=hosts())
    [host] = account.ec2.allocate_hosts(
        InstanceFamily="c5", AvailabilityZone="us-east-1a", Quantity=1)["HostIds"]
    arn = account.arn("dedicated-host", host)
    done = account.groups.group_resources(Group="hosts", ResourceArns=[arn])
    assert done["Pending"] == [{"ResourceArn": arn}] and done["Succeeded"] == []
    [member] = account.groups.list_group_resources(Group="hosts")["Resources"]
    assert member["Status"] == {"Name": "PENDING"}
    [attempt] = account.groups.list_grouping_statuses(Group="hosts")["GroupingStatuses"]
    assert attempt["Status"] == "IN_PROGRESS"
    rig.advance(120)
    [member] = account.groups.list_group_resources(Group="hosts")["Resources"]
    assert "Status" not in member
    [attempt] = account.groups.list_grouping_statuses(Group="hosts")["GroupingStatuses"]
    assert attempt["Status"] == "SUCCESS"


def test_the_commands_of_the_user_guide(start, tmp_path):
    """"Create a Capacity Reservation group" and "Add a Capacity Reservation to a group" in the EC2 user guide."""
    shell = Shell(start("--transitions", "instant"), tmp_path, "us-east-1")
    pool, generic = (json.dumps(item) for item in globals()["pool"]())
    shell.aws("resource-groups", "create-group", "--name", "MyCRGroup", "--configuration", pool, generic)
    made = shell.aws("ec2", "create-capacity-reservation", "--instance-type", "m5.large", "--instance-platform",
                     "Linux/UNIX", "--availability-zone", "us-east-1a", "--instance-count", "2")
    arn = made["CapacityReservation"]["CapacityReservationArn"]
    done = shell.aws("resource-groups", "group-resources", "--group", "MyCRGroup", "--resource-arns", arn)
    assert done == {"Succeeded": [arn], "Failed": [], "Pending": []}
    listed = shell.aws("resource-groups", "list-group-resources", "--group", "MyCRGroup")
    assert listed["ResourceIdentifiers"] == [{"ResourceArn": arn, "ResourceType": "AWS::EC2::CapacityReservation"}]
    done = shell.aws("resource-groups", "ungroup-resources", "--group", "MyCRGroup", "--resource-arns", arn)
    assert done["Succeeded"] == [arn]
    shell.aws("resource-groups", "delete-group", "--group", "MyCRGroup")
    assert shell.aws("resource-groups", "list-groups")["GroupIdentifiers"] == []


def aiming_at(group, **more):
    return {"CapacityReservationSpecification": {
        "CapacityReservationTarget": {"CapacityReservationResourceGroupArn": group}, **more}}


class Pool(Account):
    """An account with a pool that has one targeted reservation of two m5.large."""

    def __init__(self, rig):
        super().__init__(rig)
        self.group = self.groups.create_group(Name="pool", Configuration=pool())["Group"]["GroupArn"]
        self.image = image_of(self.ec2)
        self.reservation, self.reservation_arn = self.reserve()
        self.add(self.reservation_arn)

    def add(self, *arns):
        done = self.groups.group_resources(Group="pool", ResourceArns=list(arns))
        assert done["Failed"] == []

    def run(self, count=1, zone="us-east-1a", **more):
        place = {"Placement": {"AvailabilityZone": zone}} if zone else {}
        launched = self.ec2.run_instances(ImageId=self.image, InstanceType="m5.large", MinCount=count, MaxCount=count,
                                          **{**place, **aiming_at(self.group), **more})
        return [instance["InstanceId"] for instance in launched["Instances"]]

    def where(self, *instances):
        """The reservations in which instances run, by instance; none On-Demand."""
        found = self.ec2.describe_instances(InstanceIds=list(instances))["Reservations"]
        return {it["InstanceId"]: it.get("CapacityReservationId") for launch in found for it in launch["Instances"]}


@pytest.fixture
def reserved(shared):
    return Pool(shared)


def test_instances_run_in_the_group_they_aim_at_and_on_demand_beyond_it(reserved):
    inside = reserved.run(count=2)
    assert set(reserved.where(*inside).values()) == {reserved.reservation}
    [beyond] = reserved.run()
    assert reserved.where(beyond) == {beyond: None}
    [shown] = reserved.ec2.describe_instances(InstanceIds=[beyond])["Reservations"][0]["Instances"]
    assert shown["CapacityReservationSpecification"] == {
        "CapacityReservationTarget": {"CapacityReservationResourceGroupArn": reserved.group}}
    # Who says so does not run On-Demand, and other words do not go with a target.
    only = aiming_at(reserved.group, CapacityReservationPreference="capacity-reservations-only")
    assert error(reserved.run, **only)[0] == "ReservationCapacityExceeded"
    mixed = aiming_at(reserved.group, CapacityReservationPreference="open")
    assert error(reserved.run, **mixed)[0] == "InvalidParameterCombination"
    # Room that comes later is taken: more of the reservation, and another one in the group.
    reserved.ec2.modify_capacity_reservation(CapacityReservationId=reserved.reservation, InstanceCount=3)
    eventually(lambda: reserved.where(beyond), {beyond: reserved.reservation})
    [last] = reserved.run()
    assert reserved.where(last) == {last: None}
    other, other_arn = reserved.reserve(1, InstanceMatchCriteria="open")
    reserved.add(other_arn)
    eventually(lambda: reserved.where(last), {last: other})
    filters = [{"Name": "capacity-reservation-specification.capacity-reservation-target."
                        "capacity-reservation-resource-group-arn", "Values": [reserved.group]}]
    assert sum(len(it["Instances"]) for it in reserved.ec2.describe_instances(Filters=filters)["Reservations"]) == 4


def test_a_reservation_that_ends_leaves_its_instances_to_the_group(reserved):
    [instance] = reserved.run()
    other, other_arn = reserved.reserve()
    reserved.add(other_arn)
    assert reserved.where(instance) == {instance: reserved.reservation}
    reserved.ec2.cancel_capacity_reservation(CapacityReservationId=reserved.reservation)
    eventually(lambda: reserved.where(instance), {instance: other})
    # One that leaves the group keeps what runs in it, and so does one whose group is deleted.
    reserved.groups.ungroup_resources(Group="pool", ResourceArns=[other_arn])
    assert reserved.where(instance) == {instance: other}
    [beyond] = reserved.run()
    assert reserved.where(beyond) == {beyond: None}
    reserved.groups.delete_group(Group="pool")
    assert reserved.where(instance) == {instance: other}
    code, message = error(reserved.run)[:2]
    assert code == "InvalidParameterValue" and reserved.group in message


def test_only_groups_of_reservations_can_be_aimed_at(reserved):
    others = [reserved.groups.create_group(Name="hosts", Configuration=hosts())["Group"]["GroupArn"],
              reserved.groups.create_group(Name="reds", ResourceQuery=tagged(stage=["red"]))["Group"]["GroupArn"],
              reserved.group + "x"]
    for group in others:
        assert error(reserved.run, **aiming_at(group))[0] == "InvalidParameterValue"
    both = {"CapacityReservationTarget": {"CapacityReservationResourceGroupArn": reserved.group,
                                          "CapacityReservationId": reserved.reservation}}
    assert error(reserved.run, CapacityReservationSpecification=both)[0] == "InvalidParameterCombination"


def test_the_groups_of_a_reservation(reserved):
    groups = [reserved.group]
    for name in ("another", "third"):
        made = reserved.groups.create_group(Name=name, Configuration=pool())["Group"]["GroupArn"]
        groups.append(made)
    reserved.groups.group_resources(Group="another", ResourceArns=[reserved.reservation_arn])
    found = reserved.ec2.get_groups_for_capacity_reservation(CapacityReservationId=reserved.reservation)
    owned = [(it["GroupArn"], it["OwnerId"]) for it in found["CapacityReservationGroups"]]
    assert owned == [(group, reserved.id) for group in sorted(groups[:2])]
    pages = reserved.ec2.get_paginator("get_groups_for_capacity_reservation").paginate(
        CapacityReservationId=reserved.reservation, PaginationConfig={"PageSize": 1})
    assert [len(page["CapacityReservationGroups"]) for page in pages] == [1, 1]


def test_templates_fleets_and_stopped_instances_aim_at_groups(reserved):
    ec2 = reserved.ec2
    data = {"ImageId": reserved.image, "InstanceType": "m5.large", **aiming_at(reserved.group)}
    template = ec2.create_launch_template(LaunchTemplateName="aimed", LaunchTemplateData=data)["LaunchTemplate"]
    named = {"LaunchTemplateId": template["LaunchTemplateId"], "Version": "$Latest"}
    # A launch that names no zone goes where the reserved capacity is.
    launched = ec2.run_instances(LaunchTemplate=named, MinCount=1, MaxCount=1)["Instances"][0]
    assert launched["CapacityReservationId"] == reserved.reservation
    assert launched["Placement"]["AvailabilityZone"] == "us-east-1a"
    config = {"LaunchTemplateSpecification": named, "Overrides": [
        {"InstanceType": "m5.large", "AvailabilityZone": zone} for zone in ("us-east-1b", "us-east-1a")]}
    fleet = ec2.create_fleet(
        Type="instant", LaunchTemplateConfigs=[config],
        OnDemandOptions={"CapacityReservationOptions": {"UsageStrategy": "use-capacity-reservations-first"}},
        TargetCapacitySpecification={"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "on-demand"})
    [instance] = [it for made in fleet["Instances"] for it in made["InstanceIds"]]
    assert reserved.where(instance) == {instance: reserved.reservation}
    ec2.stop_instances(InstanceIds=[instance])
    ec2.modify_instance_capacity_reservation_attributes(
        InstanceId=instance, CapacityReservationSpecification={"CapacityReservationPreference": "none"})
    ec2.start_instances(InstanceIds=[instance])
    assert reserved.where(instance) == {instance: None}
    ec2.stop_instances(InstanceIds=[instance])
    ec2.modify_instance_capacity_reservation_attributes(InstanceId=instance, **aiming_at(reserved.group))
    ec2.start_instances(InstanceIds=[instance])
    assert reserved.where(instance) == {instance: reserved.reservation}


def test_a_group_of_instances_aims_at_a_group_of_reservations(reserved, shared):
    data = {"ImageId": reserved.image, "InstanceType": "m5.large", **aiming_at(reserved.group)}
    reserved.ec2.create_launch_template(LaunchTemplateName="aimed", LaunchTemplateData=data)
    autoscaling = shared.client("autoscaling", reserved.id)
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="g", LaunchTemplate={"LaunchTemplateName": "aimed"}, MinSize=3, MaxSize=3,
        AvailabilityZones=["us-east-1a"])

    def where():
        [group] = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        ids = [it["InstanceId"] for it in group["Instances"]]
        return sorted(reserved.where(*ids).values(), key=str) if ids else []

    eventually(where, [None, reserved.reservation, reserved.reservation])


def test_a_group_of_instances_names_the_group_of_reservations_itself(reserved, shared):
    data = {"ImageId": reserved.image, "InstanceType": "m5.large"}
    reserved.ec2.create_launch_template(LaunchTemplateName="plain", LaunchTemplateData=data)
    autoscaling = shared.client("autoscaling", reserved.id)

    def aim(preference, *groups):
        return {"CapacityReservationPreference": preference,
                "CapacityReservationTarget": {"CapacityReservationResourceGroupArns": list(groups)}}

    def create(name, specification):
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=name, LaunchTemplate={"LaunchTemplateName": "plain"}, MinSize=3, MaxSize=3,
            AvailabilityZones=["us-east-1a"], CapacityReservationSpecification=specification)

    def where(name):
        [group] = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
        ids = [it["InstanceId"] for it in group["Instances"]]
        return sorted(reserved.where(*ids).values(), key=str) if ids else []

    assert error(create, "none", aim("none", reserved.group))[0] == "ValidationError"
    two = aim("capacity-reservations-only", reserved.group, reserved.group)
    assert error(create, "two", two)[0] == "UnsupportedOperation"
    first = aim("capacity-reservations-first", reserved.group)
    create("first", first)
    eventually(lambda: where("first"), [None, reserved.reservation, reserved.reservation])
    [group] = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert group["CapacityReservationSpecification"] == first
    # Who wants reserved capacity only gets as much as there is.
    other, arn = reserved.reserve(3)
    reserved.groups.create_group(Name="other", Configuration=pool())
    reserved.groups.group_resources(Group="other", ResourceArns=[arn])
    create("only", aim("capacity-reservations-only", reserved.group.replace("/pool", "/other")))
    eventually(lambda: where("only"), [other] * 3)
    autoscaling.update_auto_scaling_group(AutoScalingGroupName="only", MaxSize=4, DesiredCapacity=4)

    def failures():
        found = autoscaling.describe_scaling_activities(AutoScalingGroupName="only")["Activities"]
        return {"reservation" in it["StatusMessage"] for it in found if it["StatusCode"] == "Failed"}

    eventually(failures, {True})
    assert where("only") == [other] * 3
