"""Policies decide: `--auth enforce` as boto3 meets it, and what `--auth soft` says of it."""

import json

import pytest
from accounts import Account, Organization, denied, document, statement, trust
from conftest import eventually, image_of


@pytest.fixture
def account(enforcing):
    return Account(enforcing)


# Users.


def test_a_user_may_what_a_policy_allows(account):
    anna = account.user("anna", statement("Allow", "ec2:Describe*"), Path="/team/")
    assert anna("sts").get_caller_identity()["Arn"] == account.arn("user/team/anna")
    assert anna("ec2").describe_vpcs()["Vpcs"]
    assert denied(anna("ec2").create_vpc, CidrBlock="10.0.0.0/16")[:2] == (403, "UnauthorizedOperation")
    status, code, message = denied(anna("iam").list_users)
    assert (status, code) == (403, "AccessDenied")
    assert message == (f"User: {account.arn('user/team/anna')} is not authorized to perform: iam:ListUsers "
                       "because no identity-based policy allows the iam:ListUsers action")
    # A denied call leaves nothing.
    assert len(account.client("ec2").describe_vpcs()["Vpcs"]) == 1


@pytest.mark.parametrize(
    "service, call, code, status",
    [
        ("ec2", "describe_instances", "UnauthorizedOperation", 403),
        ("autoscaling", "describe_auto_scaling_groups", "AccessDenied", 403),
        ("elbv2", "describe_load_balancers", "AccessDenied", 403),
        ("iam", "list_roles", "AccessDenied", 403),
        ("pricing", "describe_services", "AccessDeniedException", 400),
        ("organizations", "describe_organization", "AccessDeniedException", 400),
        ("fis", "list_experiments", "AccessDeniedException", 403),
        ("resource-groups", "list_groups", "AccessDeniedException", 403),
    ],
)
def test_each_family_has_its_error(enforcing, service, call, code, status):
    nobody = Account(enforcing).user("nobody")
    found = denied(getattr(nobody(service), call))
    assert found[:2] == (status, code)
    assert "is not authorized to perform: " in found[2]


def test_denials_say_why(account):
    anna = account.user("anna", statement("Allow", "*"), statement("Deny", "ec2:TerminateInstances"))
    ec2 = anna("ec2")
    status, code, message = denied(ec2.terminate_instances, InstanceIds=["i-0123456789abcdef0"])
    instance = f"arn:aws:ec2:us-east-1:{account.id}:instance/i-0123456789abcdef0"
    assert message.startswith(
        f"You are not authorized to perform this operation. User: {account.arn('user/anna')} is not authorized to perform: "
        f"ec2:TerminateInstances on resource: {instance} with an explicit deny in an identity-based policy"
    )
    sealed = message.split("Encoded authorization failure message: ")[1]
    decoded = json.loads(anna("sts").decode_authorization_message(EncodedMessage=sealed)["DecodedMessage"])
    assert decoded["explicitDeny"] and not decoded["allowed"]
    assert decoded["context"]["principal"]["arn"] == account.arn("user/anna")
    assert (decoded["context"]["action"], decoded["context"]["resource"]) == ("ec2:TerminateInstances", instance)
    keys = {item["key"] for item in decoded["context"]["conditions"]["items"]}
    assert {"aws:SourceIp", "aws:CurrentTime", "aws:PrincipalArn"} <= keys
    broken = sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB")
    assert denied(anna("sts").decode_authorization_message, EncodedMessage=broken)[1] == "InvalidAuthorizationMessageException"


def test_groups_boundaries_and_managed_policies(account):
    anna = account.user("anna")
    account.iam.create_group(GroupName="readers")
    account.iam.attach_group_policy(GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert denied(anna("ec2").describe_vpcs)[1] == "UnauthorizedOperation"
    account.iam.add_user_to_group(GroupName="readers", UserName="anna")
    assert anna("ec2").describe_vpcs()["Vpcs"]
    own = account.iam.create_policy(PolicyName="own", PolicyDocument=document(statement("Allow", "iam:*")))["Policy"]["Arn"]
    account.iam.put_user_permissions_boundary(UserName="anna", PermissionsBoundary=own)
    assert "because no permissions boundary allows" in denied(anna("ec2").describe_vpcs)[2]
    assert anna("iam").list_users()["Users"]
    # A new version of the policy holds at once.
    account.iam.create_policy_version(
        PolicyArn=own, PolicyDocument=document(statement("Allow", "ec2:*")), SetAsDefault=True
    )
    assert anna("ec2").describe_vpcs()["Vpcs"]
    account.iam.delete_user_permissions_boundary(UserName="anna")
    account.iam.remove_user_from_group(GroupName="readers", UserName="anna")
    assert denied(anna("ec2").describe_vpcs)[1] == "UnauthorizedOperation"


def test_resources_are_told_apart(account):
    ec2 = account.client("ec2")
    mine, other = (ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] for _ in range(2))
    anna = account.user("anna", statement("Allow", "ec2:DeleteVpc", f"arn:aws:ec2:*:*:vpc/{mine}"))
    assert denied(anna("ec2").delete_vpc, VpcId=other)[1] == "UnauthorizedOperation"
    anna("ec2").delete_vpc(VpcId=mine)
    # Users are found with their paths, and whoever is left out is the one that calls.
    bert = account.user("bert", statement("Allow", "iam:*AccessKey*", account.arn("user/ops/*")), Path="/ops/")
    assert len(bert("iam").list_access_keys()["AccessKeyMetadata"]) == 1
    assert denied(bert("iam").list_access_keys, UserName="anna")[1] == "AccessDenied"


def test_conditions_see_the_request(account):
    only = statement("Allow", "ec2:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})
    anna = account.user("anna", only)
    assert anna("ec2", "eu-west-1").describe_vpcs()["Vpcs"]
    assert denied(anna("ec2").describe_vpcs)[1] == "UnauthorizedOperation"
    account.allow("anna", statement("Allow", "ec2:CreateVpc", Condition={"StringEquals": {"aws:RequestTag/team": "a"}}),
                  statement("Allow", "ec2:CreateTags"))
    tagged = lambda team: [{"ResourceType": "vpc", "Tags": [{"Key": "team", "Value": team}]}]
    assert denied(anna("ec2").create_vpc, CidrBlock="10.0.0.0/16", TagSpecifications=tagged("b"))[1] == "UnauthorizedOperation"
    vpc = anna("ec2").create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("a"))["Vpc"]["VpcId"]
    account.allow("anna", statement("Allow", "ec2:DeleteVpc", Condition={"StringEquals": {"aws:ResourceTag/team": "${aws:username}"}}))
    assert denied(anna("ec2").delete_vpc, VpcId=vpc)[1] == "UnauthorizedOperation"
    account.client("ec2").create_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "anna"}])
    anna("ec2").delete_vpc(VpcId=vpc)


def test_tags_count_of_what_goes_by_its_name(account):
    tags = lambda kind: [{"ResourceType": kind, "Tags": [{"Key": "team", "Value": "anna"}]}]
    ec2 = account.client("ec2")
    ec2.create_placement_group(GroupName="hers", Strategy="cluster", TagSpecifications=tags("placement-group"))
    ec2.create_placement_group(GroupName="others", Strategy="cluster")
    ec2.create_key_pair(KeyName="hers", TagSpecifications=tags("key-pair"))
    ec2.create_key_pair(KeyName="others")
    own = {"StringEquals": {"aws:ResourceTag/team": "anna"}}
    anna = account.user("anna", statement("Allow", ["ec2:DeletePlacementGroup", "ec2:DeleteKeyPair"], Condition=own))("ec2")
    assert denied(anna.delete_placement_group, GroupName="others")[1] == "UnauthorizedOperation"
    assert denied(anna.delete_key_pair, KeyName="others")[1] == "UnauthorizedOperation"
    anna.delete_placement_group(GroupName="hers")
    anna.delete_key_pair(KeyName="hers")
    assert [it["GroupName"] for it in ec2.describe_placement_groups()["PlacementGroups"]] == ["others"]
    assert [it["KeyName"] for it in ec2.describe_key_pairs()["KeyPairs"]] == ["others"]


def test_groups_are_told_apart_by_name_and_tag(account):
    ec2, scaling = account.client("ec2"), account.client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName="one", ImageId=image_of(ec2), InstanceType="t3.micro")
    for name in ("red", "blue"):
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=name, LaunchConfigurationName="one", MinSize=1, MaxSize=2, AvailabilityZones=["us-east-1a"],
            Tags=[{"Key": "color", "Value": name}])
    instances = lambda name: [it["InstanceId"] for it in scaling.describe_auto_scaling_groups(
        AutoScalingGroupNames=[name])["AutoScalingGroups"][0]["Instances"]]
    eventually(lambda: len(instances("red") + instances("blue")), 2)
    named = f"arn:aws:autoscaling:*:{account.id}:autoScalingGroup:*:autoScalingGroupName/red"
    by_tag = {"StringEquals": {"autoscaling:ResourceTag/color": "red"}}
    for allowed in (statement("Allow", "autoscaling:*", named), statement("Allow", "autoscaling:*", Condition=by_tag)):
        anna = account.user(f"anna-{bool(allowed.get('Condition'))}", allowed)("autoscaling")
        anna.set_desired_capacity(AutoScalingGroupName="red", DesiredCapacity=1)
        assert denied(anna.set_desired_capacity, AutoScalingGroupName="blue", DesiredCapacity=1)[1] == "AccessDenied"
        # An instance is its group's.
        anna.set_instance_health(InstanceId=instances("red")[0], HealthStatus="Healthy")
        blue = {"InstanceId": instances("blue")[0], "HealthStatus": "Healthy"}
        assert denied(anna.set_instance_health, **blue)[1] == "AccessDenied"


def test_public_parameters_are_nobodys(account):
    own = statement("Allow", "ssm:GetParameter", f"arn:aws:ssm:*:{account.id}:parameter/*")
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    anna = account.user("anna", own)
    assert denied(anna("ssm").get_parameter, Name=name)[1] == "AccessDeniedException"
    account.allow("anna", statement("Allow", "ssm:GetParameter", "arn:aws:ssm:*::parameter/aws/service/*"))
    assert anna("ssm").get_parameter(Name=name)["Parameter"]["Value"].startswith("ami-")


def test_roles_have_to_be_passed(account):
    role = account.role("fis", trust(Service="fis.amazonaws.com"))
    anna = account.user("anna", statement("Allow", "fis:*"))
    template = {
        "clientToken": "a", "description": "d", "stopConditions": [{"source": "none"}], "roleArn": role, "targets": {},
        "actions": {"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}}, "tags": {},
    }
    assert "iam:PassRole" in denied(anna("fis").create_experiment_template, **template)[2]
    to_fis = {"StringEquals": {"iam:PassedToService": "fis.amazonaws.com"}}
    account.allow("anna", statement("Allow", "fis:*"), statement("Allow", "iam:PassRole", role, Condition=to_fis))
    assert anna("fis").create_experiment_template(**template)["experimentTemplate"]["roleArn"] == role


def test_instances_have_the_role_of_their_profile(account):
    ec2, image = account.client("ec2"), image_of(account.client("ec2"))
    role = account.role("web", trust(Service="ec2.amazonaws.com"), statement("Allow", "ec2:Describe*"))
    anna = account.user("anna", statement("Allow", "ec2:*"))
    launch = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "IamInstanceProfile": {"Name": "front"}}
    status, code, message = denied(ec2.run_instances, **launch)
    assert (status, code) == (400, "InvalidParameterValue")
    assert message == "Value (front) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
    profile = account.iam.create_instance_profile(InstanceProfileName="front", Path="/p/")["InstanceProfile"]
    account.iam.add_role_to_instance_profile(InstanceProfileName="front", RoleName="web")
    assert "iam:PassRole" in denied(anna("ec2").run_instances, **launch)[2]
    bare = ec2.run_instances(**{name: value for name, value in launch.items() if name != "IamInstanceProfile"})
    given = {"InstanceId": bare["Instances"][0]["InstanceId"], "IamInstanceProfile": {"Arn": profile["Arn"]}}
    assert "iam:PassRole" in denied(anna("ec2").associate_iam_instance_profile, **given)[2]
    account.allow("anna", statement("Allow", "ec2:*"), statement("Allow", "iam:PassRole", role))
    ec2.get_waiter("instance_running").wait(InstanceIds=[given["InstanceId"]])
    anna("ec2").associate_iam_instance_profile(**given)
    [instance] = anna("ec2").run_instances(**launch)["Instances"]
    assert instance["IamInstanceProfile"] == {"Arn": profile["Arn"], "Id": profile["InstanceProfileId"]}


def test_roles_of_profiles_are_passed_however_instances_are_asked_for(account):
    ec2, image = account.client("ec2"), image_of(account.client("ec2"))
    role = account.role("web", trust(Service="ec2.amazonaws.com"))
    account.iam.create_instance_profile(InstanceProfileName="front")
    account.iam.add_role_to_instance_profile(InstanceProfileName="front", RoleName="web")
    fleet_role = account.role("fleet", trust(Service="spotfleet.amazonaws.com"))
    what = {"ImageId": image, "InstanceType": "m5.large"}
    with_role = {**what, "IamInstanceProfile": {"Name": "front"}}
    ec2.create_launch_template(LaunchTemplateName="front", LaunchTemplateData=with_role)
    ec2.create_launch_template(LaunchTemplateName="plain", LaunchTemplateData=what)

    def fleet(name):
        template = {"LaunchTemplateName": name, "Version": "$Latest"}
        return {"LaunchTemplateConfigs": [{"LaunchTemplateSpecification": template}], "Type": "instant",
                "TargetCapacitySpecification": {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "on-demand"}}

    def spot_fleet(launch):
        return {"SpotFleetRequestConfig": {"IamFleetRole": fleet_role, "TargetCapacity": 1, "LaunchSpecifications": [launch]}}

    def asks(who):
        return [
            (who.run_instances, {"LaunchTemplate": {"LaunchTemplateName": "front"}, "MinCount": 1, "MaxCount": 1}),
            (who.request_spot_instances, {"LaunchSpecification": with_role}),
            (who.create_fleet, fleet("front")),
            (who.request_spot_fleet, spot_fleet(with_role)),
        ]

    to_fleets = {"StringEquals": {"iam:PassedToService": "spotfleet.amazonaws.com"}}
    may_fleet = statement("Allow", "iam:PassRole", fleet_role, Condition=to_fleets)
    anna = account.user("anna", statement("Allow", "ec2:*"), may_fleet)
    for call, given in asks(anna("ec2")):
        assert "iam:PassRole" in denied(call, **given)[2]
    anna("ec2").run_instances(LaunchTemplate={"LaunchTemplateName": "plain"}, MinCount=1, MaxCount=1)
    anna("ec2").create_fleet(**fleet("plain"))
    anna("ec2").request_spot_fleet(**spot_fleet(what))
    ben = account.user("ben", statement("Allow", "ec2:*"), statement("Allow", "iam:PassRole", role), )
    assert "iam:PassRole" in denied(ben("ec2").request_spot_fleet, **spot_fleet(what))[2]
    account.allow("anna", statement("Allow", "ec2:*"), may_fleet, statement("Allow", "iam:PassRole", role))
    for call, given in asks(anna("ec2")):
        call(**given)


# Roles.


def test_what_a_launch_template_says_has_to_be_allowed(account):
    ec2 = account.client("ec2")
    image = image_of(ec2)
    [first, second] = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"][:2]]
    data = {"ImageId": image, "InstanceType": "t3.micro", "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": first}],
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "blue"}]}]}
    made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)["LaunchTemplate"]["LaunchTemplateId"]
    launch = {"LaunchTemplate": {"LaunchTemplateName": "web"}, "MinCount": 1, "MaxCount": 1}
    small = {"StringEquals": {"ec2:InstanceType": "t3.micro"}}
    of_template = {"ArnLike": {"ec2:LaunchTemplate": f"arn:aws:ec2:*:*:launch-template/{made}"}}
    parts = [f"arn:aws:ec2:*:*:{kind}/*" for kind in ("network-interface", "security-group", "volume", "launch-template")]
    parts += ["arn:aws:ec2:*::image/*", f"arn:aws:ec2:*:*:subnet/{first}"]
    tags = statement("Allow", "ec2:CreateTags", "arn:aws:ec2:*:*:instance/*", Condition={"StringEquals": {"aws:RequestTag/team": "blue"}})
    may = (statement("Allow", "ec2:RunInstances", "arn:aws:ec2:*:*:instance/*", Condition={**small, **of_template}),
           statement("Allow", "ec2:RunInstances", parts))
    anna = account.user("anna", *may)("ec2")
    assert "ec2:CreateTags" in denied(anna.run_instances, **launch)[2]
    account.allow("anna", *may, tags)
    [instance] = anna.run_instances(**launch)["Instances"]
    assert (instance["InstanceType"], instance["SubnetId"]) == ("t3.micro", first)
    # The request goes over the template, and without it the instance is from no template.
    assert "instance/*" in denied(anna.run_instances, **launch, InstanceType="t3.small")[2]
    elsewhere = [{"DeviceIndex": 0, "SubnetId": second}]
    assert f"subnet/{second}" in denied(anna.run_instances, **launch, NetworkInterfaces=elsewhere)[2]
    bare = {"ImageId": image, "InstanceType": "t3.micro", "SubnetId": first, "MinCount": 1, "MaxCount": 1}
    assert "instance/*" in denied(anna.run_instances, **bare)[2]
    # Nor may the template's next version be more than is allowed.
    larger = ec2.create_launch_template_version(
        LaunchTemplateId=made, SourceVersion="1", LaunchTemplateData={"InstanceType": "m5.large"})["LaunchTemplateVersion"]
    assert "instance/*" in denied(
        anna.run_instances, **{**launch, "LaunchTemplate": {"LaunchTemplateId": made, "Version": str(larger["VersionNumber"])}})[2]
    missing = denied(anna.run_instances, **{**launch, "LaunchTemplate": {"LaunchTemplateName": "none"}})
    assert missing[1] == "UnauthorizedOperation", "who may not launch does not learn which templates there are"


def test_a_role_is_assumed_by_whom_it_trusts(account):
    anna = account.user("anna")
    role = account.role("Deploy", trust(AWS=account.arn("user/anna")), statement("Allow", "ec2:Describe*"), Path="/ci/")
    session = anna("sts").assume_role(RoleArn=role, RoleSessionName="one")
    assert session["AssumedRoleUser"]["AssumedRoleId"].startswith(account.iam.get_role(RoleName="Deploy")["Role"]["RoleId"])
    ec2 = account.rig.session(session["Credentials"], "ec2")
    assert ec2.describe_vpcs()["Vpcs"]
    message = denied(ec2.create_vpc, CidrBlock="10.0.0.0/16")[2]
    assert f"User: arn:aws:sts::{account.id}:assumed-role/Deploy/one is not authorized" in message
    # Taken away while the session goes on.
    account.iam.delete_role_policy(RoleName="Deploy", PolicyName="inline")
    assert denied(ec2.describe_vpcs)[1] == "UnauthorizedOperation"
    bert = account.user("bert", statement("Allow", "sts:*"))
    assert denied(bert("sts").assume_role, RoleArn=role, RoleSessionName="one") == (
        403, "AccessDenied", f"User: {account.arn('user/bert')} is not authorized to perform: sts:AssumeRole on resource: {role} "
        "because no role trust policy allows the sts:AssumeRole action")
    missing = account.arn("role/missing")
    assert denied(bert("sts").assume_role, RoleArn=missing, RoleSessionName="one")[1] == "AccessDenied"
    assert denied(account.client("sts").assume_role, RoleArn=role, RoleSessionName="one") == (
        403, "AccessDenied", "Roles may not be assumed by root accounts.")


def test_both_accounts_have_to_agree(enforcing):
    ours, theirs = Account(enforcing), Account(enforcing)
    external = {"StringEquals": {"sts:ExternalId": "agreed"}}
    trusts = {"Effect": "Allow", "Principal": {"AWS": ours.id}, "Action": "sts:AssumeRole", "Condition": external}
    role = theirs.role("Audit", document(trusts), statement("Allow", "iam:List*"))
    anna = ours.user("anna")
    given = {"RoleArn": role, "RoleSessionName": "audit", "ExternalId": "agreed"}
    message = denied(anna("sts").assume_role, **given)[2]
    assert message == f"User: {ours.arn('user/anna')} is not authorized to perform: sts:AssumeRole on resource: {role}"
    ours.allow("anna", statement("Allow", "sts:AssumeRole", role))
    assert denied(anna("sts").assume_role, **{**given, "ExternalId": "guessed"})[1] == "AccessDenied"
    session = anna("sts").assume_role(**given)["Credentials"]
    assert [found["RoleName"] for found in enforcing.session(session, "iam").list_roles()["Roles"]] == ["Audit"]


def test_session_policies_and_tags(account):
    by_team = statement("Allow", "ec2:Describe*", Condition={"StringEquals": {"aws:PrincipalTag/team": "a"}})
    anna = account.user("anna")
    role = account.role("Deploy", trust(AWS=account.arn("user/anna")), by_team, statement("Allow", "iam:*"),
                        Tags=[{"Key": "team", "Value": "b"}])
    given = {"RoleArn": role, "RoleSessionName": "one"}
    session = lambda **more: account.rig.session(anna("sts").assume_role(**given, **more)["Credentials"], "ec2")
    assert denied(session().describe_vpcs)[1] == "UnauthorizedOperation"
    tagged = {"Tags": [{"Key": "team", "Value": "a"}]}
    assert session(**tagged).describe_vpcs()["Vpcs"]
    narrow = document(statement("Allow", "iam:*"))
    assert "because no session policy allows" in denied(session(Policy=narrow, **tagged).describe_vpcs)[2]
    managed = {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"}]}
    assert session(Policy=narrow, **managed, **tagged).describe_vpcs()["Vpcs"]
    account.iam.update_assume_role_policy(RoleName="Deploy", PolicyDocument=document(
        {"Effect": "Allow", "Principal": {"AWS": account.arn("user/anna")}, "Action": "sts:AssumeRole"}))
    assert "sts:TagSession" in denied(anna("sts").assume_role, **given, **tagged)[2]


def test_tags_and_identities_go_along_a_chain(account):
    anna = account.user("anna")
    whole = lambda arn: document({"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:*"})
    first = account.role("first", whole(account.arn("user/anna")), statement("Allow", "sts:*"))
    tagged = statement("Allow", "ec2:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "a", "aws:SourceIdentity": "anna"}})
    second = account.role("second", whole(first), tagged)
    session = anna("sts").assume_role(
        RoleArn=first, RoleSessionName="one", SourceIdentity="anna", TransitiveTagKeys=["team"],
        Tags=[{"Key": "team", "Value": "a"}, {"Key": "desk", "Value": "3"}])["Credentials"]
    sts = account.rig.session(session)
    assert denied(sts.assume_role, RoleArn=second, RoleSessionName="two", Tags=[{"Key": "team", "Value": "b"}])[1] == "InvalidParameterValue"
    assert denied(sts.assume_role, RoleArn=second, RoleSessionName="two", SourceIdentity="bert")[1] == "AccessDenied"
    assert denied(sts.assume_role, RoleArn=second, RoleSessionName="two", DurationSeconds=7200)[1] == "ValidationError"
    chained = sts.assume_role(RoleArn=second, RoleSessionName="two")
    assert chained["SourceIdentity"] == "anna"
    assert account.rig.session(chained["Credentials"], "ec2").describe_vpcs()["Vpcs"]


def test_sessions_of_roles_that_are_gone_may_nothing(account):
    anna = account.user("anna")
    role = account.role("Deploy", trust(AWS=account.arn("user/anna")), statement("Allow", "*"))
    session = anna("sts").assume_role(RoleArn=role, RoleSessionName="one")["Credentials"]
    ec2 = account.rig.session(session, "ec2")
    assert ec2.describe_vpcs()["Vpcs"]
    account.iam.delete_role_policy(RoleName="Deploy", PolicyName="inline")
    account.iam.delete_role(RoleName="Deploy")
    account.role("Deploy", trust(AWS=account.arn("user/anna")), statement("Allow", "*"))
    assert denied(ec2.describe_vpcs)[1] == "UnauthorizedOperation"


def test_federated_users_have_what_both_have(account):
    anna = account.user("anna", statement("Allow", ["ec2:Describe*", "sts:GetFederationToken"]))
    guest = anna("sts").get_federation_token(Name="guest", Policy=document(statement("Allow", "*")))["Credentials"]
    assert account.rig.session(guest, "ec2").describe_vpcs()["Vpcs"]
    assert denied(account.rig.session(guest, "ec2").create_vpc, CidrBlock="10.0.0.0/16")[1] == "UnauthorizedOperation"
    alone = anna("sts").get_federation_token(Name="guest")["Credentials"]
    assert denied(account.rig.session(alone, "ec2").describe_vpcs)[1] == "UnauthorizedOperation"


def test_a_session_of_oneself(account):
    anna = account.user("anna", statement("Allow", "ec2:Describe*"))
    session = anna("sts").get_session_token()["Credentials"]
    assert account.rig.session(session, "ec2").describe_vpcs()["Vpcs"]


# Organizations.


def test_service_control_policies_hold_for_members(enforcing):
    organization = Organization(enforcing, "SERVICE_CONTROL_POLICY")
    member, manager = organization.member, organization.manager
    assert member.client("ec2").describe_vpcs()["Vpcs"]
    deny = statement("Deny", "ec2:*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})
    policy = organization.attach(organization.root, deny)
    message = denied(member.client("ec2").describe_vpcs)[2]
    assert f"User: {member.arn('root')} is not authorized" in message
    assert "with an explicit deny in a service control policy" in message
    assert enforcing.client("ec2", member.id, region="eu-west-1").describe_vpcs()["Vpcs"]
    admin = member.user("admin", statement("Allow", "*"))
    assert denied(admin("ec2").describe_vpcs)[1] == "UnauthorizedOperation"
    assert manager.client("ec2").describe_vpcs()["Vpcs"]
    organization.client.detach_policy(PolicyId=policy, TargetId=organization.root)
    assert admin("ec2").describe_vpcs()["Vpcs"]


def test_the_management_account_gets_into_accounts_that_were_made(enforcing):
    manager = Account(enforcing)
    organizations = manager.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    names = {"usual": {}, "other": {"RoleName": "Breakglass"}}
    admin = manager.user("admin", statement("Allow", "*"))
    for name, more in names.items():
        email = f"{name}-{manager.id}@example.org"
        made = organizations.create_account(AccountName=name, Email=email, **more)["CreateAccountStatus"]["Id"]
        status = lambda: organizations.describe_create_account_status(CreateAccountRequestId=made)["CreateAccountStatus"]
        eventually(lambda: status()["State"], "SUCCEEDED")
        account = status()["AccountId"]
        role = f"arn:aws:iam::{account}:role/{more.get('RoleName', 'OrganizationAccountAccessRole')}"
        session = admin("sts").assume_role(RoleArn=role, RoleSessionName="admin")["Credentials"]
        roles = {it["RoleName"] for it in enforcing.session(session, "iam").list_roles()["Roles"]}
        assert roles == {role.rsplit("/")[-1], "AWSServiceRoleForOrganizations"}
        stranger = Account(enforcing).user("stranger", statement("Allow", "*"))
        assert denied(stranger("sts").assume_role, RoleArn=role, RoleSessionName="in")[1] == "AccessDenied"


def test_organizations_are_known_to_conditions(enforcing):
    organization = Organization(enforcing, "SERVICE_CONTROL_POLICY")
    id = organization.client.describe_organization()["Organization"]["Id"]
    inside = statement("Allow", "ec2:*", Condition={"StringEquals": {"aws:PrincipalOrgID": id}})
    anna, bert = organization.member.user("anna", inside), Account(enforcing).user("bert", inside)
    assert anna("ec2").describe_vpcs()["Vpcs"]
    assert denied(bert("ec2").describe_vpcs)[1] == "UnauthorizedOperation"


def test_resource_control_policies_hold_for_resources(enforcing):
    organization = Organization(enforcing, "RESOURCE_CONTROL_POLICY")
    member, outside = organization.member, Account(enforcing)
    role = member.role("Open", trust(AWS="*"))
    anna = outside.user("anna", statement("Allow", "sts:*"))
    assert anna("sts").assume_role(RoleArn=role, RoleSessionName="one")["Credentials"]
    inside = {"StringNotEquals": {"aws:PrincipalOrgID": organization.client.describe_organization()["Organization"]["Id"]}}
    organization.attach(organization.root, {**statement("Deny", "sts:AssumeRole", Condition=inside), "Principal": "*"})
    assert denied(anna("sts").assume_role, RoleArn=role, RoleSessionName="one")[1] == "AccessDenied"


# Only asked.


def test_soft_says_what_would_have_been_denied(shared):
    account = Account(shared)
    account.user("anna")
    key = account.iam.create_access_key(UserName="anna")["AccessKey"]
    ec2 = shared.client("ec2", key["AccessKeyId"], key["SecretAccessKey"])
    headers = ec2.describe_vpcs()["ResponseMetadata"]["HTTPHeaders"]
    assert "is not authorized to perform: ec2:DescribeVpcs" in headers["x-ironbird-would-deny"]
    account.allow("anna", statement("Allow", "ec2:*"))
    assert "x-ironbird-would-deny" not in ec2.describe_vpcs()["ResponseMetadata"]["HTTPHeaders"]
    calls = shared.own("GET", f"audit?account={account.id}").json["calls"]
    asked = [call["would_deny"] for call in calls if call["operation"] == "DescribeVpcs"]
    assert asked[0] is None and "ec2:DescribeVpcs" in asked[1]


def test_roots_and_services_are_not_asked(account):
    assert account.client("ec2").describe_vpcs()["Vpcs"]
    assert account.client("sts").get_caller_identity()["Arn"] == account.arn("root")
