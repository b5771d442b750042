"""Accounts and Regions never see each other's things: every operation there is, asked by a stranger who knows all names.

One account makes something of every kind. A stranger then asks every operation with the names and ids of what that account
has, wherever the operation takes a value of that name. No answer may tell it more than it gave, and nothing may have changed.
"""

import json
import re
import subprocess

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from conftest import ACCOUNT, Rig, binary, image_of

OWNER, STRANGER, NOBODY = ACCOUNT, "210987654321", "333344445555"

#: Ids, ARNs of the owner and its own names: what is nobody else's business.
PRIVATE = re.compile(rf"^[a-z]+-[0-9a-f]{{8,}}$|:{OWNER}:(?!root)|^private-")

#: One for all Regions: the same account sees the same there.
GLOBAL = {"ce", "iam", "organizations"}


def operations():
    """(service, operation) of all that work, to whether it writes."""
    listed = subprocess.run([binary(), "coverage", "--json"], capture_output=True, text=True, check=True).stdout
    return {(service["name"], operation["name"]): operation["writes"]
            for service in json.loads(listed) for operation in service["operations"]}


ALL = operations()
SERVICES = sorted({service for service, _ in ALL})


def clients(rig, account, region="us-east-1"):
    return {service: rig.client(service, key=account, region=region) for service in SERVICES}


def texts(value, name=""):
    """The texts in an answer, each with the name of the member that has it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "ResponseMetadata":
                yield from texts(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, name)
    elif isinstance(value, str):
        yield name, value


def singular(name):
    """A member's name as its value alone would have it, in small letters without the type in front: `InstanceIds` is `instanceid`."""
    lowered = name.lower()
    return lowered[:-1] if lowered.endswith("s") and not lowered.endswith("ss") else lowered


class Known:
    """What is known of an account: texts by the names that they have."""

    def __init__(self):
        self.by_name = {}

    def learn(self, answer):
        for name, text in texts(answer):
            self.by_name.setdefault(singular(name), set()).add(text)

    def of(self, name):
        """What a parameter of that name may be: values of members with that name, or of those that end like it."""
        wanted = singular(name)
        exact = self.by_name.get(wanted, set())
        ending = {text for key, found in self.by_name.items() if len(wanted) > 3 and key.endswith(wanted) for text in found}
        return sorted(text for text in exact or ending if text)

    def everything(self):
        return set().union(*self.by_name.values()) if self.by_name else set()


def filled(shape, known, given, optional, depth=0):
    """A value of a shape, from what is known; `given` collects what was taken. None where there is nothing to say."""
    kind = shape.type_name
    if kind == "structure":
        value = {}
        for name, member in shape.members.items():
            if name in ("DryRun", "NextToken", "MaxResults", "MaxRecords"):
                continue
            needed = name in shape.required_members
            if needed or (optional and depth == 0 and member.type_name in ("string", "list") and known.of(name)):
                found = filled_member(name, member, known, given, optional, depth)
                if found is not None:
                    value[name] = found
        return value
    return None


def filled_member(name, member, known, given, optional, depth):
    kind = member.type_name
    if kind == "string":
        found = known.of(name)[:1]
        given.update(found)
        if member.enum:
            return member.enum[0]
        return found[0] if found else "private-guess"
    if kind == "list":
        if member.member.type_name == "string":
            found = known.of(name)[:20]
            given.update(found)
            return found or ["private-guess"]
        inner = filled_element(name, member.member, known, given, optional, depth)
        return [] if inner is None else [inner]
    if kind == "structure":
        return filled(member, known, given, optional, depth + 1)
    if kind in ("integer", "long", "float", "double"):
        return 1
    if kind == "boolean":
        return False
    if kind == "timestamp":
        return "2026-01-01T00:00:00Z"
    if kind == "blob":
        return b""
    if kind == "map":
        return {}
    return None


def filled_element(name, element, known, given, optional, depth):
    return filled_member(name, element, known, given, optional, depth + 1) if element.type_name != "list" else []


def asked(client, operation, known, optional):
    """What an operation answers, and what it was given; nothing where it cannot be asked or refuses."""
    given = set()
    model = client.meta.service_model.operation_model(operation)
    parameters = filled(model.input_shape, known, given, optional) if model.input_shape else {}
    method = next(name for name, api in client.meta.method_to_api_mapping.items() if api == operation)
    try:
        return getattr(client, method)(**parameters), given, None
    except ParamValidationError as refused:
        return None, given, str(refused)
    except ClientError as refused:
        response = refused.response
        assert response["ResponseMetadata"]["HTTPStatusCode"] < 500, f"{operation}: {response['Error']}"
        return response["Error"], given, response["Error"]["Code"]


def look(all_clients, known=None):
    """What an account sees of itself: the answers of all that can be asked without parameters."""
    seen = {}
    for service, operation in ALL:
        model = all_clients[service].meta.service_model.operation_model(operation)
        needs = model.input_shape.required_members if model.input_shape else []
        if needs or not operation.startswith(("Describe", "List", "Get")) or (service, operation) in NOISY:
            continue
        answer, _, refused = asked(all_clients[service], operation, Known(), optional=False)
        if refused is None:
            seen[service, operation] = sorted({text for _, text in texts(answer)})
            if known is not None:
                known.learn(answer)
    return seen


#: Catalogues that are the same for everybody, and what tells of the calls themselves.
NOISY = {
    ("ec2", "DescribeImages"), ("ec2", "DescribeInstanceTypes"), ("ec2", "DescribeInstanceTypeOfferings"),
    ("ec2", "DescribeSpotPriceHistory"), ("cloudtrail", "LookupEvents"), ("pricing", "DescribeServices"),
    ("pricing", "GetProducts"), ("sts", "GetSessionToken"),
}


def inhabit(rig, account, region):
    """Makes something of every kind that is easily made."""
    own = clients(rig, account, region)
    ec2, scaling, zone = own["ec2"], own["autoscaling"], f"{region}a"
    image = image_of(ec2)
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="private-group", Description="private-words", VpcId=vpc)["GroupId"]
    ec2.create_key_pair(KeyName="private-key")
    ec2.create_placement_group(GroupName="private-placement", Strategy="cluster")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    ec2.create_route_table(VpcId=vpc)
    ec2.create_network_acl(VpcId=vpc)
    ec2.create_network_interface(SubnetId=subnet, Groups=[group])
    ec2.create_managed_prefix_list(PrefixListName="private-list", MaxEntries=2, AddressFamily="IPv4")
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{region}.s3")
    instance = ec2.run_instances(ImageId=image, InstanceType="m5.large", MinCount=1, MaxCount=1, SubnetId=subnet,
                                 SecurityGroupIds=[group], KeyName="private-key")["Instances"][0]["InstanceId"]
    ec2.create_tags(Resources=[instance], Tags=[{"Key": "private-tag", "Value": "private-value"}])
    ec2.request_spot_instances(InstanceCount=1, LaunchSpecification={
        "ImageId": image, "InstanceType": "m5.large", "SubnetId": subnet})
    volume = ec2.create_volume(AvailabilityZone=zone, Size=8)["VolumeId"]
    ec2.create_snapshot(VolumeId=volume)
    ec2.create_image(InstanceId=instance, Name="private-image")
    ec2.create_capacity_reservation(InstanceType="m5.large", InstancePlatform="Linux/UNIX", AvailabilityZone=zone,
                                    InstanceCount=1, InstanceMatchCriteria="targeted")
    ec2.allocate_hosts(InstanceType="m5.large", AvailabilityZone=zone, Quantity=1)
    ec2.create_launch_template(LaunchTemplateName="private-template", LaunchTemplateData={
        "ImageId": image, "InstanceType": "m5.large"})
    ec2.create_fleet(Type="maintain", TargetCapacitySpecification={
        "TotalTargetCapacity": 1, "DefaultTargetCapacityType": "on-demand"}, LaunchTemplateConfigs=[{
            "LaunchTemplateSpecification": {"LaunchTemplateName": "private-template", "Version": "1"}}])
    scaling.create_auto_scaling_group(AutoScalingGroupName="private-asg", MinSize=1, MaxSize=2, VPCZoneIdentifier=subnet,
                                      LaunchTemplate={"LaunchTemplateName": "private-template"})
    scaling.put_scaling_policy(AutoScalingGroupName="private-asg", PolicyName="private-policy",
                               AdjustmentType="ChangeInCapacity", ScalingAdjustment=1)
    scaling.put_lifecycle_hook(AutoScalingGroupName="private-asg", LifecycleHookName="private-hook",
                               LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING")
    own["cloudwatch"].put_metric_data(Namespace="private-space", MetricData=[{"MetricName": "private-metric", "Value": 1}])
    own["cloudwatch"].put_metric_alarm(
        AlarmName="private-alarm", Namespace="private-space", MetricName="private-metric", Statistic="Average", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold")
    own["fis"].create_experiment_template(
        clientToken="private-token", description="private-words", roleArn=f"arn:aws:iam::{account}:role/experiments",
        stopConditions=[{"source": "none"}], actions={"stop": {
            "actionId": "aws:ec2:stop-instances", "targets": {"Instances": "some"}}},
        targets={"some": {"resourceType": "aws:ec2:instance", "resourceArns": [
            f"arn:aws:ec2:{region}:{account}:instance/{instance}"], "selectionMode": "ALL"}})
    own["resource-groups"].create_group(Name="private-resources", ResourceQuery={
        "Type": "TAG_FILTERS_1_0", "Query": '{"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": []}'})
    employ(rig, own)
    own["ram"].create_resource_share(name="private-share")
    own["elbv2"].create_load_balancer(Name="private-balancer", Type="network", Scheme="internal", Subnets=[subnet])
    targets = own["elbv2"].create_target_group(Name="private-targets", Protocol="TCP", Port=80, VpcId=vpc)["TargetGroups"][0]
    own["elbv2"].register_targets(TargetGroupArn=targets["TargetGroupArn"], Targets=[{"Id": instance}])
    own["organizations"].create_organization(FeatureSet="ALL")
    root = own["organizations"].list_roots()["Roots"][0]["Id"]
    own["organizations"].create_organizational_unit(ParentId=root, Name="private-unit")
    own["organizations"].create_account(Email="private@example.com", AccountName="private-account")
    own["iam"].create_user(UserName="private-user")
    own["iam"].create_access_key(UserName="private-user")
    own["iam"].create_role(RoleName="private-role", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}))
    rig.advance(900)
    return own


def employ(rig, own):
    """A workforce: an instance of Identity Center, somebody in a group, and an application."""
    sso, people = own["sso-admin"], own["identitystore"]
    instance = sso.create_instance(Name="private-center")["InstanceArn"]
    rig.advance(1)
    store = sso.describe_instance(InstanceArn=instance)["IdentityStoreId"]
    user = people.create_user(IdentityStoreId=store, UserName="private-user", DisplayName="private-words",
                              Name={"GivenName": "private-given", "FamilyName": "private-family"})["UserId"]
    group = people.create_group(IdentityStoreId=store, DisplayName="private-group")["GroupId"]
    people.create_group_membership(IdentityStoreId=store, GroupId=group, MemberId={"UserId": user})
    provider = "arn:aws:sso::aws:applicationProvider/custom"
    app = sso.create_application(InstanceArn=instance, ApplicationProviderArn=provider, Name="private-app")["ApplicationArn"]
    sso.create_application_assignment(ApplicationArn=app, PrincipalType="GROUP", PrincipalId=group)
    sso.create_trusted_token_issuer(
        InstanceArn=instance, Name="private-issuer", TrustedTokenIssuerType="OIDC_JWT", TrustedTokenIssuerConfiguration={
            "OidcJwtConfiguration": {"IssuerUrl": "https://private.example.com", "ClaimAttributePath": "email",
                                     "IdentityStoreAttributePath": "emails.value", "JwksRetrievalOption": "OPEN_ID_DISCOVERY"}})


@pytest.fixture(scope="module")
def world():
    rig = Rig("--transitions", "instant")
    assert rig.own("POST", "clock/rate", {"rate": 0}).status == 200
    own = inhabit(rig, OWNER, "us-east-1")
    known = Known()
    look(own, known)
    # What somebody sees who has nothing is no secret.
    shared = Known()
    nobody = clients(rig, NOBODY)
    look(nobody, shared)
    shared.learn(nobody["ec2"].describe_images())
    secrets = {text for text in known.everything() - shared.everything() if PRIVATE.search(text)}
    assert len(secrets) > 100, sorted(secrets)
    yield rig, own, known, secrets
    rig.stop()


def strangers(rig):
    """Another account, and the same one in another Region."""
    return {"another account": clients(rig, STRANGER), "another Region": clients(rig, OWNER, "eu-west-1")}


@pytest.mark.parametrize("stranger", ["another account", "another Region"])
def test_a_stranger_who_knows_all_names_learns_and_changes_nothing(world, stranger):
    rig, own, known, secrets = world
    before = look(own)
    theirs = strangers(rig)[stranger]
    reached, told, said, asked_of = 0, [], set(), set()
    # Whoever makes something with a name of the owner's reads that name again: so what only reads comes first.
    for service, operation in sorted(ALL, key=ALL.get):
        if service in GLOBAL and stranger == "another Region":
            continue
        for optional in (False, True):
            answer, given, refused = asked(theirs[service], operation, known, optional)
            if answer is None:
                continue
            reached += 1
            asked_of |= given
            if ALL[service, operation]:
                said |= given
            elif (service, operation) == ("cloudtrail", "LookupEvents"):
                given = asked_of  # Its own calls, with what it asked for.
            answered = set(dict(texts(answer)).values()) if refused else {text for _, text in texts(answer)}
            # An ARN that was given may be named again, with all that is in it.
            unsaid = {secret for secret in secrets if not any(secret in text for text in given | said)}
            leaked = {secret for secret in unsaid if any(secret in text for text in answered)}
            if leaked:
                told.append((service, operation, sorted(leaked)[:3]))
    assert not told, told
    assert reached > len(ALL), "most operations take what they are given"
    after = look(own)
    changed = {key: sorted(set(before[key]) ^ set(after[key]))[:5] for key in before if before[key] != after.get(key)}
    assert changed == {}


#: What needs no permission, or is asked without a signature and so of nobody.
FREE = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
UNSIGNED = {"sso", "sso-oidc"}

#: How a service says that policies do not let somebody.
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


def test_a_user_whom_no_policy_allows_learns_and_changes_nothing():
    rig = Rig("--transitions", "instant", "--auth", "enforce")
    try:
        assert rig.own("POST", "clock/rate", {"rate": 0}).status == 200
        own = inhabit(rig, OWNER, "us-east-1")
        own["iam"].create_user(UserName="private-guest")
        key = own["iam"].create_access_key(UserName="private-guest")["AccessKey"]
        known = Known()
        look(own, known)
        before, denials, other = look(own), 0, []
        for service, operation in sorted(ALL):
            if service in UNSIGNED or (service, operation) in FREE:
                continue
            client = rig.client(service, key["AccessKeyId"], key["SecretAccessKey"])
            for optional in (False, True):
                answer, given, refused = asked(client, operation, known, optional)
                if refused in DENIED:
                    denials += 1
                    told = {text for text in known.everything() if PRIVATE.search(text) and text in answer["Message"]}
                    # Who is denied reads its own name and what it asked for.
                    unsaid = {text for text in told if "private-guest" not in text and not any(it in text or text in it for it in given)}
                    assert not unsaid, (service, operation, unsaid)
                elif refused is None:
                    other.append((service, operation, "was allowed"))
        assert other == []
        assert denials > len(ALL), "most operations get as far as being denied"
        after = look(own)
        assert {key for key in before if before[key] != after.get(key)} == set()
    finally:
        rig.stop()
