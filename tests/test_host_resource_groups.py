"""Host resource groups: hosts that EC2 allocates and releases for what is launched into a group."""

from conftest import error, eventually, image_of
from test_resource_groups import Account, hosts


class Managed(Account):
    """An account with a host resource group."""

    def __init__(self, rig, **settings):
        super().__init__(rig)
        self.configuration = hosts(**settings)
        made = self.groups.create_group(Name="managed", Configuration=self.configuration)
        self.group = made["Group"]["GroupArn"]
        self.image = image_of(self.ec2)

    def run(self, count=1, kind="c5.large", image=None, zone=None, **place):
        place = {"HostResourceGroupArn": self.group, **({"AvailabilityZone": zone} if zone else {}), **place}
        launched = self.ec2.run_instances(ImageId=image or self.image, InstanceType=kind, MinCount=count, MaxCount=count,
                                          Placement={name: value for name, value in place.items() if value})
        return [instance["InstanceId"] for instance in launched["Instances"]]

    def hosts(self, *ids):
        found = self.ec2.describe_hosts(**({"HostIds": list(ids)} if ids else {}))["Hosts"]
        return {host["HostId"]: host for host in found if ids or not host["State"].startswith("released")}

    def grouped(self):
        """The hosts that know that they are in a group."""
        return {host for host, shown in self.hosts().items() if shown["MemberOfServiceLinkedResourceGroup"]}

    def host_of(self, instance):
        [it] = self.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
        return it["Placement"].get("HostId")


def test_hosts_are_allocated_and_released_as_a_group_says(shared):
    account = Managed(shared, auto_allocate_host="true", auto_release_host="true", allowed_host_families="c5")
    assert account.hosts() == {}
    [first] = account.run()
    [(host, shown)] = account.hosts().items()
    assert shown["HostProperties"]["InstanceFamily"] == "c5" and shown["AutoPlacement"] == "off"
    assert shown["MemberOfServiceLinkedResourceGroup"] and shown["HostRecovery"] == "off"
    assert account.members("managed") == [account.arn("dedicated-host", host)]
    [it] = account.ec2.describe_instances(InstanceIds=[first])["Reservations"][0]["Instances"]
    assert it["Placement"]["HostResourceGroupArn"] == account.group
    assert (it["Placement"]["Tenancy"], it["Placement"]["HostId"]) == ("host", host)
    # The host is filled before there is another one.
    [second] = account.run(kind="c5.xlarge", zone=shown["AvailabilityZone"])
    assert account.host_of(second) == host
    third = account.run(count=2, kind="c5.18xlarge", zone=shown["AvailabilityZone"])
    assert len(account.hosts()) == 3 and len({account.host_of(instance) for instance in third}) == 2
    assert error(account.run, kind="m5.large")[0] == "InvalidParameterValue"
    account.ec2.terminate_instances(InstanceIds=third)
    eventually(lambda: list(account.hosts()), [host])
    account.ec2.terminate_instances(InstanceIds=[first])
    assert list(account.hosts()) == [host]
    account.ec2.terminate_instances(InstanceIds=[second])
    eventually(lambda: (account.hosts(), account.members("managed")), ({}, []))
    account.groups.delete_group(Group="managed")
    assert error(account.run)[0] == "InvalidParameterValue"


def test_hosts_of_a_group_take_only_what_is_launched_into_it(shared):
    account = Managed(shared)
    zone = "us-east-1a"
    assert error(account.run)[0] == "InsufficientCapacityOnHost"
    [host, free] = account.ec2.allocate_hosts(
        InstanceFamily="c5", AvailabilityZone=zone, Quantity=2, AutoPlacement="on")["HostIds"]
    arn = account.arn("dedicated-host", host)
    account.groups.group_resources(Group="managed", ResourceArns=[arn])
    eventually(account.grouped, {host})
    [inside] = account.run()
    assert account.host_of(inside) == host
    for _ in range(2):
        [outside] = account.run(HostResourceGroupArn=None, Tenancy="host", zone=zone)
        assert account.host_of(outside) == free
    directly = {"HostResourceGroupArn": None, "Tenancy": "host", "HostId": host, "zone": zone}
    assert error(account.run, **directly)[0] == "InvalidParameterCombination"
    assert error(account.run, HostId=host)[0] == "InvalidParameterCombination"
    assert error(account.run, Tenancy="dedicated")[0] == "InvalidParameterCombination"
    # Nothing is released by itself here, and a host that leaves the group keeps its instances.
    account.ec2.terminate_instances(InstanceIds=[inside])
    assert set(account.hosts()) == {host, free}
    [inside] = account.run()
    account.groups.ungroup_resources(Group="managed", ResourceArns=[arn])
    eventually(account.grouped, set())
    assert account.host_of(inside) == host
    # A stopped instance is aimed at a group, and starts on a host of it.
    account.groups.group_resources(Group="managed", ResourceArns=[arn])
    eventually(account.grouped, {host})
    account.ec2.stop_instances(InstanceIds=[outside])
    account.ec2.modify_instance_placement(InstanceId=outside, HostResourceGroupArn=account.group)
    account.ec2.start_instances(InstanceIds=[outside])
    assert account.host_of(outside) == host


def test_a_group_decides_whether_its_hosts_recover(start):
    rig = start("--transitions", "realistic")
    account = Managed(rig, auto_allocate_host="true", auto_host_recovery="true")
    [instance] = account.run()
    [(host, shown)] = account.hosts().items()
    assert shown["HostRecovery"] == "on"
    [member] = account.groups.list_group_resources(Group="managed")["Resources"]
    assert "Status" not in member
    rig.advance(300)
    rig.run("lever", "pull", "--account", account.id, "ec2.fail-host", f"host={host}")
    rig.advance(900)
    [(new, shown)] = account.hosts().items()
    assert new != host and account.host_of(instance) == new and shown["MemberOfServiceLinkedResourceGroup"]
    assert account.members("managed") == [account.arn("dedicated-host", new)]


def test_a_template_launches_into_a_host_resource_group(shared):
    account = Managed(shared, auto_allocate_host="true")
    data = {"ImageId": account.image, "InstanceType": "c5.large", "Placement": {"HostResourceGroupArn": account.group}}
    account.ec2.create_launch_template(LaunchTemplateName="hosted", LaunchTemplateData=data)
    autoscaling = shared.client("autoscaling", account.id)
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="g", LaunchTemplate={"LaunchTemplateName": "hosted"}, MinSize=2, MaxSize=2,
        AvailabilityZones=["us-east-1a"])

    def hosts_of_group():
        [group] = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        return [account.host_of(it["InstanceId"]) for it in group["Instances"]]

    eventually(lambda: len(hosts_of_group()), 2)
    assert hosts_of_group() == list(account.hosts()) * 2
