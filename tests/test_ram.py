"""Sharing between accounts as boto3 sees it: shares, invitations, and Capacity Reservations that others use."""

import uuid
from datetime import timedelta

import pytest
from conftest import error, eventually, fresh_account, image_of


class Account:
    """Clients of an account of its own."""

    def __init__(self, rig):
        self.id = fresh_account()
        self.rig = rig
        self.ram = rig.client("ram", self.id)
        self.ec2 = rig.client("ec2", self.id)

    def reserve(self, count=3, **options):
        options = {"InstanceType": "m5.large", "InstancePlatform": "Linux/UNIX", "AvailabilityZone": "us-east-1a",
                   "InstanceMatchCriteria": "open", **options}
        made = self.ec2.create_capacity_reservation(InstanceCount=count, **options)["CapacityReservation"]
        return made["CapacityReservationId"], made["CapacityReservationArn"]

    def share(self, name="capacity", **options):
        return self.ram.create_resource_share(name=name, **options)["resourceShare"]["resourceShareArn"]

    def invitations(self):
        return self.ram.get_resource_share_invitations()["resourceShareInvitations"]

    def accept(self):
        [pending] = [it for it in self.invitations() if it["status"] == "PENDING"]
        return self.ram.accept_resource_share_invitation(
            resourceShareInvitationArn=pending["resourceShareInvitationArn"])["resourceShareInvitation"]

    def statuses(self, kind):
        found = self.ram.get_resource_share_associations(associationType=kind)["resourceShareAssociations"]
        return {it["associatedEntity"]: it["status"] for it in found}

    def sees(self):
        return [it["CapacityReservationId"] for it in self.ec2.describe_capacity_reservations()["CapacityReservations"]]

    def run(self, count=1, **options):
        options = {"Placement": {"AvailabilityZone": "us-east-1a"}, **options}
        made = self.ec2.run_instances(ImageId=image_of(self.ec2), InstanceType="m5.large", MinCount=count, MaxCount=count,
                                      **options)["Instances"]
        return [it["InstanceId"] for it in made], [it.get("CapacityReservationId") for it in made]

    def within(self, instance):
        [found] = self.ec2.describe_instances(InstanceIds=[instance])["Reservations"]
        return found["Instances"][0].get("CapacityReservationId")

    def usage(self, reservation):
        found = self.ec2.get_capacity_reservation_usage(CapacityReservationId=reservation)
        return {it["AccountId"]: it["UsedInstanceCount"] for it in found["InstanceUsages"]}


@pytest.fixture
def rig(start):
    """A rig on which a change takes its time, as on AWS."""
    return start("--transitions", "realistic")


@pytest.fixture
def owner(rig):
    return Account(rig)


@pytest.fixture
def consumer(rig):
    return Account(rig)


def test_a_share_is_made_shown_changed_and_deleted(owner, rig):
    reservation, arn = owner.reserve()
    made = owner.ram.create_resource_share(name="a", tags=[{"key": "stage", "value": "red"}], clientToken="t")
    share = made["resourceShare"]
    assert share["resourceShareArn"].startswith(f"arn:aws:ram:us-east-1:{owner.id}:resource-share/")
    assert (share["status"], share["allowExternalPrincipals"], share["owningAccountId"]) == ("ACTIVE", True, owner.id)
    assert made["clientToken"] == "t"
    again = owner.ram.create_resource_share(name="a", tags=[{"key": "stage", "value": "red"}], clientToken="t")
    assert again["resourceShare"]["resourceShareArn"] == share["resourceShareArn"]
    assert error(owner.ram.create_resource_share, name="b", clientToken="t")[0] == "IdempotentParameterMismatchException"

    begun = owner.ram.associate_resource_share(resourceShareArn=share["resourceShareArn"], resourceArns=[arn])
    [association] = begun["resourceShareAssociations"]
    assert (association["associatedEntity"], association["associationType"], association["status"],
            association["external"]) == (arn, "RESOURCE", "ASSOCIATING", False)
    rig.advance(10)
    eventually(lambda: owner.statuses("RESOURCE"), {arn: "ASSOCIATED"})
    [resource] = owner.ram.list_resources(resourceOwner="SELF")["resources"]
    assert (resource["arn"], resource["type"], resource["status"], resource["resourceRegionScope"]) == (
        arn, "ec2:CapacityReservation", "AVAILABLE", "REGIONAL")
    [permission] = owner.ram.list_resource_share_permissions(resourceShareArn=share["resourceShareArn"])["permissions"]
    assert permission["arn"] == "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionCapacityReservation"

    def named(**filters):
        return [it["name"] for it in owner.ram.get_resource_shares(resourceOwner="SELF", **filters)["resourceShares"]]

    other = owner.share("b")
    assert sorted(named()) == ["a", "b"]
    assert named(tagFilters=[{"tagKey": "stage", "tagValues": ["red"]}]) == ["a"]
    assert named(permissionArn=permission["arn"]) == ["a"]
    assert named(name="b") == ["b"] and named(resourceShareArns=[other]) == ["b"]
    pages = owner.ram.get_paginator("get_resource_shares").paginate(resourceOwner="SELF", PaginationConfig={"PageSize": 1})
    assert [len(page["resourceShares"]) for page in pages] == [1, 1]

    owner.ram.tag_resource(resourceShareArn=other, tags=[{"key": "stage", "value": "blue"}, {"key": "x", "value": ""}])
    owner.ram.untag_resource(resourceShareArn=other, tagKeys=["stage", "none"])
    assert owner.ram.get_resource_shares(resourceOwner="SELF", name="b")["resourceShares"][0]["tags"] == [
        {"key": "x", "value": ""}]
    assert error(owner.ram.tag_resource, resourceShareArn=other, tags=[{"key": "aws:x", "value": ""}])[0] == \
        "TagPolicyViolationException"
    changed = owner.ram.update_resource_share(resourceShareArn=other, name="c", allowExternalPrincipals=False)
    assert (changed["resourceShare"]["name"], changed["resourceShare"]["allowExternalPrincipals"]) == ("c", False)

    assert owner.ram.delete_resource_share(resourceShareArn=share["resourceShareArn"])["returnValue"] is True
    rig.advance(10)
    eventually(lambda: named(resourceShareStatus="DELETED"), ["a"])
    assert owner.statuses("RESOURCE") == {arn: "DISASSOCIATED"}
    assert owner.sees() == [reservation]


def test_what_cannot_be_shared_is_refused(owner, consumer):
    share = owner.share()
    _, theirs = consumer.reserve()
    _, dedicated = owner.reserve(1, Tenancy="dedicated")
    ended, arn = owner.reserve(1)
    owner.ec2.cancel_capacity_reservation(CapacityReservationId=ended)
    prefix = f"arn:aws:ec2:us-east-1:{owner.id}"

    def refused(**entities):
        return error(owner.ram.associate_resource_share, resourceShareArn=share, **entities)[:2]

    assert refused(resourceArns=["nonsense"]) == (
        "MalformedArnException", "The specified resource ARN nonsense is not valid. Verify the ARN and try again.")
    assert refused(resourceArns=[f"{prefix}:instance/i-0123456789abcdef0"]) == (
        "MalformedArnException", "You cannot share the selected resource type.")
    missing = f"{prefix}:capacity-reservation/cr-0123456789abcdef0"
    assert refused(resourceArns=[missing]) == ("UnknownResourceException", f"Resource {missing} could not be found.")
    assert refused(resourceArns=[theirs])[0] == "OperationNotPermittedException"
    assert refused(resourceArns=[dedicated])[0] == refused(resourceArns=[arn])[0] == "InvalidParameterException"
    code, message = refused(resourceArns=[f"{prefix}:subnet/subnet-0123456789abcdef0"])
    assert code == "InvalidParameterException" and "only be shared within your AWS Organization" in message
    code, message = refused(resourceArns=[f"{prefix}:transit-gateway/tgw-0123456789abcdef0"])
    assert code == "UnsupportedOperation" and "transit-gateway" in message
    assert refused(principals=["12345"]) == (
        "InvalidParameterException", "Principal ID 12345 is malformed. Verify the ID and try again.")
    assert refused(principals=[f"arn:aws:organizations::{owner.id}:organization/o-1234567890"]) == (
        "UnknownResourceException", "Organization o-1234567890 could not be found.")
    assert refused(principals=[f"arn:aws:iam::{consumer.id}:role/admin"])[0] == "InvalidParameterException"
    assert owner.statuses("RESOURCE") == owner.statuses("PRINCIPAL") == {}

    inner = owner.share("inner", allowExternalPrincipals=False)
    code, message, _ = error(owner.ram.associate_resource_share, resourceShareArn=inner, principals=[consumer.id])
    assert code == "OperationNotPermittedException" and "only be shared within your AWS Organization" in message
    code, message, _ = error(owner.ram.enable_sharing_with_aws_organization)
    assert code == "OperationNotPermittedException" and "not a member of an organization" in message
    assert error(owner.ram.list_resources, resourceOwner="SELF", resourceType="ec2:Nothing")[0] == \
        "InvalidResourceTypeException"
    assert error(owner.ram.list_resources, resourceOwner="SELF", nextToken="x")[0] == "InvalidNextTokenException"
    gone = share.rsplit("/", 1)[0] + "/" + str(uuid.uuid4())
    for call in (owner.ram.delete_resource_share, owner.ram.list_resource_share_permissions):
        assert error(call, resourceShareArn=gone)[:2] == (
            "UnknownResourceException", f"ResourceShare {gone} could not be found.")
        # Nor is there anything of another account's.
    assert error(consumer.ram.delete_resource_share, resourceShareArn=share)[0] == "UnknownResourceException"
    assert error(consumer.ram.get_resource_shares, resourceOwner="OTHER-ACCOUNTS", resourceShareArns=[share])[0] == \
        "UnknownResourceException"


def test_an_invitation_is_answered_once(owner, consumer, rig):
    _, arn = owner.reserve()
    share = owner.share(resourceArns=[arn], principals=[consumer.id])
    rig.advance(10)
    assert owner.statuses("PRINCIPAL") == {consumer.id: "ASSOCIATING"}
    [invitation] = consumer.invitations()
    name = invitation["resourceShareInvitationArn"]
    assert name.startswith(f"arn:aws:ram:us-east-1:{owner.id}:resource-share-invitation/")
    assert (invitation["senderAccountId"], invitation["receiverAccountId"], invitation["status"],
            invitation["resourceShareArn"]) == (owner.id, consumer.id, "PENDING", share)
    pending = consumer.ram.list_pending_invitation_resources(resourceShareInvitationArn=name)["resources"]
    assert [it["arn"] for it in pending] == [arn]
    assert owner.invitations() == []
    assert error(owner.ram.accept_resource_share_invitation, resourceShareInvitationArn=name)[0] == \
        "ResourceShareInvitationArnNotFoundException"
    assert error(consumer.ram.accept_resource_share_invitation, resourceShareInvitationArn=share)[0] == \
        "MalformedArnException"

    rejected = consumer.ram.reject_resource_share_invitation(resourceShareInvitationArn=name)
    assert rejected["resourceShareInvitation"]["status"] == "REJECTED"
    assert error(consumer.ram.accept_resource_share_invitation, resourceShareInvitationArn=name)[0] == \
        "ResourceShareInvitationAlreadyRejectedException"
    assert owner.statuses("PRINCIPAL") == {consumer.id: "DISASSOCIATED"}

    # The owner asks again, and this time the answer is yes.
    owner.ram.associate_resource_share(resourceShareArn=share, principals=[consumer.id])
    assert consumer.accept()["status"] == "ACCEPTED"
    [accepted] = [it for it in consumer.invitations() if it["status"] == "ACCEPTED"]
    assert error(consumer.ram.reject_resource_share_invitation,
                 resourceShareInvitationArn=accepted["resourceShareInvitationArn"])[0] == \
        "ResourceShareInvitationAlreadyAcceptedException"
    assert owner.statuses("PRINCIPAL") == {consumer.id: "ASSOCIATED"}
    [seen] = consumer.ram.get_resource_shares(resourceOwner="OTHER-ACCOUNTS")["resourceShares"]
    assert (seen["resourceShareArn"], seen["owningAccountId"]) == (share, owner.id)
    assert [it["id"] for it in owner.ram.list_principals(resourceOwner="SELF")["principals"]] == [consumer.id]
    assert [it["id"] for it in consumer.ram.list_principals(resourceOwner="OTHER-ACCOUNTS")["principals"]] == [owner.id]
    assert consumer.ram.list_principals(resourceOwner="SELF")["principals"] == []


def test_a_shared_reservation_is_used_and_counted(owner, consumer, rig):
    stranger = Account(rig)
    reservation, arn = owner.reserve(4)
    share = owner.share(resourceArns=[arn], principals=[consumer.id])
    consumer.accept()
    rig.advance(10)
    eventually(consumer.sees, [reservation])
    [seen] = consumer.ec2.describe_capacity_reservations(CapacityReservationIds=[reservation])["CapacityReservations"]
    assert (seen["OwnerId"], seen["CapacityReservationArn"]) == (owner.id, arn)
    by_owner = [{"Name": "owner-id", "Values": [owner.id]}]
    assert len(consumer.ec2.describe_capacity_reservations(Filters=by_owner)["CapacityReservations"]) == 1
    mine, _ = consumer.reserve(1, InstanceMatchCriteria="targeted")
    pages = consumer.ec2.get_paginator("describe_capacity_reservations").paginate(PaginationConfig={"PageSize": 1})
    assert [it["CapacityReservationId"] for page in pages for it in page["CapacityReservations"]] == sorted(
        [mine, reservation])

    [instance], within = consumer.run()
    assert within == [reservation]
    assert owner.run()[1] == [reservation]
    assert stranger.run()[1] == [None] and stranger.sees() == []
    assert owner.usage(reservation) == {owner.id: 1, consumer.id: 1}
    assert consumer.usage(reservation) == {consumer.id: 1}
    assert error(stranger.ec2.get_capacity_reservation_usage, CapacityReservationId=reservation)[0] == \
        "InvalidCapacityReservationId.NotFound"
    # By id, too, and only who it is shared with.
    target = {"CapacityReservationSpecification": {"CapacityReservationTarget": {"CapacityReservationId": reservation}}}
    assert consumer.run(2, **target)[1] == [reservation] * 2
    assert error(stranger.run, **target)[0] == "InvalidCapacityReservationId.NotFound"
    assert error(consumer.run, **target)[0] == "ReservationCapacityExceeded"
    as_own = arn.replace(owner.id, consumer.id)
    assert error(consumer.share, resourceArns=[as_own])[0] == "UnknownResourceException"
    for call in (consumer.ec2.cancel_capacity_reservation, consumer.ec2.modify_capacity_reservation):
        assert error(call, CapacityReservationId=reservation)[0] == "OperationNotPermitted"

    owner.ram.disassociate_resource_share(resourceShareArn=share, resourceArns=[arn])
    assert owner.statuses("RESOURCE") == {arn: "DISASSOCIATING"}
    rig.advance(10)
    eventually(consumer.sees, [mine])
    assert consumer.within(instance) is None
    assert owner.usage(reservation) == {owner.id: 1}
    [left] = owner.ec2.describe_capacity_reservations()["CapacityReservations"]
    assert (left["TotalInstanceCount"], left["AvailableInstanceCount"]) == (4, 3)
    assert consumer.run()[1] == [None]


def test_a_consumer_can_leave(owner, consumer, rig):
    reservation, arn = owner.reserve()
    share = owner.share(resourceArns=[arn], principals=[consumer.id])
    consumer.accept()
    rig.advance(10)
    eventually(consumer.sees, [reservation])
    leave = consumer.ram.disassociate_resource_share
    assert error(leave, resourceShareArn=share, resourceArns=[arn])[0] == "OperationNotPermittedException"
    assert leave(resourceShareArn=share, principals=[consumer.id])["resourceShareAssociations"][0]["status"] == \
        "DISASSOCIATING"
    rig.advance(10)
    eventually(consumer.sees, [])
    assert error(leave, resourceShareArn=share, principals=[consumer.id])[0] == "UnknownResourceException"


def test_a_shared_reservation_is_in_a_group_while_it_is_shared(owner, consumer, rig):
    reservation, arn = owner.reserve(2, InstanceMatchCriteria="targeted")
    groups = consumer.rig.client("resource-groups", consumer.id)
    allowed = [{"Name": "allowed-resource-types", "Values": ["AWS::EC2::CapacityReservation"]}]
    group = groups.create_group(Name="pool", Configuration=[
        {"Type": "AWS::EC2::CapacityReservationPool"},
        {"Type": "AWS::ResourceGroups::Generic", "Parameters": allowed}])["Group"]["GroupArn"]
    assert groups.group_resources(Group="pool", ResourceArns=[arn])["Failed"][0]["ErrorCode"] == \
        "InvalidCapacityReservationId.NotFound"
    share = owner.share(resourceArns=[arn], principals=[consumer.id])
    consumer.accept()
    rig.advance(10)
    eventually(consumer.sees, [reservation])
    assert groups.group_resources(Group="pool", ResourceArns=[arn])["Succeeded"] == [arn]
    found = consumer.ec2.get_groups_for_capacity_reservation(CapacityReservationId=reservation)
    assert [it["GroupArn"] for it in found["CapacityReservationGroups"]] == [group]
    target = {"CapacityReservationTarget": {"CapacityReservationResourceGroupArn": group}}
    [instance], within = consumer.run(CapacityReservationSpecification=target)
    assert within == [reservation]
    owner.ram.delete_resource_share(resourceShareArn=share)
    rig.advance(10)
    eventually(consumer.sees, [])
    eventually(lambda: groups.list_group_resources(Group="pool")["ResourceIdentifiers"], [])
    assert consumer.within(instance) is None


def test_who_runs_an_instance_pays_for_it_and_the_owner_for_the_rest(owner, consumer, rig):
    reservation, arn = owner.reserve(2)
    owner.share(resourceArns=[arn], principals=[consumer.id])
    consumer.accept()
    rig.advance(10)
    eventually(consumer.sees, [reservation])
    consumer.run()
    rig.advance(10 * 3600)

    def hours(account):
        ce = rig.client("ce", account.id)
        today = account.ec2.describe_capacity_reservations()["CapacityReservations"][0]["CreateDate"]
        period = {"Start": f"{today:%Y-%m-%d}", "End": f"{today + timedelta(days=2):%Y-%m-%d}"}
        found = ce.get_cost_and_usage(TimePeriod=period, Granularity="MONTHLY", Metrics=["UsageQuantity"],
                                      GroupBy=[{"Type": "DIMENSION", "Key": "USAGE_TYPE"}])["ResultsByTime"]
        used = {}
        for group in [group for time in found for group in time["Groups"]]:
            kind = group["Keys"][0]
            used[kind] = used.get(kind, 0) + float(group["Metrics"]["UsageQuantity"]["Amount"])
        return {kind: round(amount) for kind, amount in used.items() if "m5.large" in kind}

    assert hours(owner) == {"UnusedBox:m5.large": 10, "Reservation:m5.large": 20}
    assert hours(consumer) == {"BoxUsage:m5.large": 10}


class Tenant(Account):
    """An account with Dedicated Hosts, or with instances on those of others."""

    def allocate(self, **options):
        options = {"InstanceType": "m5.large", "AvailabilityZone": "us-east-1a", "AutoPlacement": "on", **options}
        [host] = self.ec2.allocate_hosts(Quantity=1, **options)["HostIds"]
        return host, f"arn:aws:ec2:us-east-1:{self.id}:dedicated-host/{host}"

    def host(self, host):
        [found] = self.ec2.describe_hosts(HostIds=[host])["Hosts"]
        return found

    def hosts(self):
        return [it["HostId"] for it in self.ec2.describe_hosts()["Hosts"]]

    def on(self, **placement):
        [instance], _ = self.run(Placement={"Tenancy": "host", **placement})
        return instance

    def where(self, instance):
        [found] = self.ec2.describe_instances(InstanceIds=[instance])["Reservations"]
        return found["Instances"][0]["Placement"].get("HostId")


@pytest.fixture
def landlord(rig):
    return Tenant(rig)


@pytest.fixture
def tenant(rig):
    return Tenant(rig)


def let(landlord, tenant, rig, **options):
    """A host of the landlord's that the tenant may use, and the share."""
    host, arn = landlord.allocate(**options)
    share = landlord.share(resourceArns=[arn], principals=[tenant.id])
    tenant.accept()
    rig.advance(10)
    eventually(tenant.hosts, [host])
    return host, arn, share


def test_a_shared_host_is_launched_onto_and_stays_its_owners(landlord, tenant, rig):
    host, arn, share = let(landlord, tenant, rig)
    [resource] = tenant.ram.list_resources(resourceOwner="OTHER-ACCOUNTS", resourceType="ec2:DedicatedHost")["resources"]
    assert resource["arn"] == arn
    mine, theirs = landlord.on(HostId=host), tenant.on(HostId=host)
    # Without a host it is found as an own one would be, after those.
    own, _ = tenant.allocate()
    assert tenant.where(tenant.on()) == own and tenant.where(theirs) == host
    tenant.ec2.modify_hosts(HostIds=[own], AutoPlacement="off")
    third = tenant.on()
    assert tenant.where(third) == host
    shown = tenant.host(host)
    assert shown["OwnerId"] == landlord.id and "Tags" not in shown
    assert {it["InstanceId"]: it["OwnerId"] for it in shown["Instances"]} == {theirs: tenant.id, third: tenant.id}
    assert {it["InstanceId"]: it["OwnerId"] for it in landlord.host(host)["Instances"]} == {
        mine: landlord.id, theirs: tenant.id, third: tenant.id}
    stranger = Tenant(rig)
    assert stranger.hosts() == []
    assert error(stranger.on, HostId=host)[0] == "InvalidHostID.NotFound"

    def refused(call, **options):
        [item] = call(HostIds=[host], **options)
        return item["Error"]["Code"]

    assert refused(lambda **given: tenant.ec2.modify_hosts(**given)["Unsuccessful"], AutoPlacement="off") == \
        "Client.OperationNotPermitted"
    assert refused(lambda **given: tenant.ec2.release_hosts(**given)["Unsuccessful"]) == "Client.OperationNotPermitted"
    landlord.ec2.terminate_instances(InstanceIds=[mine])
    rig.advance(60)
    assert refused(lambda **given: landlord.ec2.release_hosts(**given)["Unsuccessful"]) == "Client.InvalidHost.Occupied"
    # Who it is shared with cannot share it on.
    inner = tenant.share("inner")
    assert error(tenant.ram.associate_resource_share, resourceShareArn=inner, resourceArns=[arn])[0] == \
        "OperationNotPermittedException"
    as_own = arn.replace(landlord.id, tenant.id)
    assert error(tenant.ram.associate_resource_share, resourceShareArn=inner, resourceArns=[as_own])[0] == \
        "UnknownResourceException"


def test_instances_outlive_the_share_of_their_host(landlord, tenant, rig):
    host, arn, share = let(landlord, tenant, rig)
    stays, stops = tenant.on(HostId=host), tenant.on(HostId=host)
    rig.advance(60)
    landlord.ram.disassociate_resource_share(resourceShareArn=share, resourceArns=[arn])
    rig.advance(10)
    eventually(tenant.hosts, [])
    assert tenant.where(stays) == host and len(landlord.host(host)["Instances"]) == 2
    assert error(tenant.on, HostId=host)[0] == "InvalidHostID.NotFound"
    assert error(tenant.on)[0] == "UnavailableHostRequirements"
    tenant.ec2.stop_instances(InstanceIds=[stops])
    rig.advance(60)
    assert len(landlord.host(host)["Instances"]) == 1
    assert error(tenant.ec2.start_instances, InstanceIds=[stops])[0] == "InvalidHostID.NotFound"
    # It is shared again, and then not any more for good.
    landlord.ram.associate_resource_share(resourceShareArn=share, resourceArns=[arn])
    rig.advance(10)
    eventually(tenant.hosts, [host])
    tenant.ec2.start_instances(InstanceIds=[stops])
    rig.advance(60)
    landlord.ram.delete_resource_share(resourceShareArn=share)
    rig.advance(10)
    eventually(tenant.hosts, [])
    tenant.ec2.terminate_instances(InstanceIds=[stays, stops])
    rig.advance(60)
    assert landlord.host(host)["Instances"] == []
    assert landlord.ec2.release_hosts(HostIds=[host])["Successful"] == [host]


def test_a_host_that_recovers_is_shared_as_the_one_that_failed(landlord, tenant, rig):
    host, _, share = let(landlord, tenant, rig, HostRecovery="on")
    mine, theirs = landlord.on(HostId=host), tenant.on(HostId=host)
    rig.advance(300)
    rig.run("lever", "pull", "ec2.fail-host", f"host={host}", "--account", landlord.id)
    rig.advance(600)
    [new] = [it for it in landlord.hosts() if it != host]
    assert landlord.where(mine) == tenant.where(theirs) == new
    eventually(lambda: sorted(tenant.hosts()), sorted([host, new]))
    statuses = {it["arn"].split("/")[-1]: it["status"] for it in tenant.ram.list_resources(
        resourceOwner="OTHER-ACCOUNTS", resourceType="ec2:DedicatedHost")["resources"]}
    assert statuses == {host: "UNAVAILABLE", new: "AVAILABLE"}
    tenant.ec2.terminate_instances(InstanceIds=[theirs])
    rig.advance(60)
    assert [it["InstanceId"] for it in landlord.host(new)["Instances"]] == [mine]
    assert tenant.where(tenant.on()) == new
