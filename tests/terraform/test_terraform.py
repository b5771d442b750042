"""Terraform with the real AWS provider, on configurations of our own: apply, plan again with no difference, destroy.

Wants `terraform` on the path, and the provider where Terraform finds it: in a mirror that TF_CLI_CONFIG_FILE names, in
the folder that IRONBIRD_TF_PLUGINS names (/opt/tf-plugins), or at the registry.
"""

import datetime
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from accounts import document, statement
from conftest import binary, eventually
from identity_provider import OidcProvider

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
    # What an account has from the start is left, and gateways that are gone are still shown for a while.
    assert [it["IsDefault"] for it in ec2.describe_vpcs()["Vpcs"]] == [True]
    assert len(ec2.describe_internet_gateways()["InternetGateways"]) == 1
    assert {it["State"] for it in ec2.describe_nat_gateways()["NatGateways"]} == {"deleted"}
    assert {it["State"] for it in ec2.describe_vpn_gateways()["VpnGateways"]} == {"deleted"}
    lists = [{"Name": "owner-id", "Values": [ACCOUNT]}]
    left = {
        "addresses": ec2.describe_addresses()["Addresses"],
        "interfaces": ec2.describe_network_interfaces()["NetworkInterfaces"],
        "endpoints": ec2.describe_vpc_endpoints()["VpcEndpoints"],
        "prefix lists": ec2.describe_managed_prefix_lists(Filters=lists)["PrefixLists"],
        "gateways": ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"],
        "volumes": ec2.describe_volumes()["Volumes"],
        "snapshots": ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"],
        "images": ec2.describe_images(Owners=["self"])["Images"],
    }
    assert {name: found for name, found in left.items() if found} == {}


def test_load_balancers(terraform):
    rig, run = terraform("balancers")
    run("apply", "-no-color", "-auto-approve")
    elb = rig.client("elbv2")
    group = json.loads(run("output", "-json"))["web"]["value"]
    health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [(it["Target"]["Port"], it["TargetHealth"]["State"]) for it in health] == [(8080, "healthy")]
    run("plan", "-no-color", "-detailed-exitcode")
    run("destroy", "-no-color", "-auto-approve")
    assert elb.describe_load_balancers()["LoadBalancers"] == elb.describe_target_groups()["TargetGroups"] == []


def test_identities(terraform):
    rig, run = terraform("identity", "--auth", "enforce")
    run("apply", "-no-color", "-auto-approve")
    given = json.loads(run("output", "-json"))
    ann = rig.client("sts", given["key"]["value"], given["secret"]["value"]).get_caller_identity()
    assert ann["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/people/ann"
    iam = rig.client("iam")
    attached = iam.list_attached_role_policies(RoleName="web")["AttachedPolicies"]
    assert sorted(policy["PolicyName"] for policy in attached) == ["AmazonEC2RoleforSSM", "read"]
    # 2 would be a difference.
    run("plan", "-no-color", "-detailed-exitcode")
    run("apply", "-no-color", "-auto-approve", "-var", "description=writes")
    assert iam.get_role(RoleName="web")["Role"]["Description"] == "writes"
    run("destroy", "-no-color", "-auto-approve", "-var", "description=writes")
    assert iam.list_roles()["Roles"] == [] and iam.list_users()["Users"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_a_pipeline_with_a_token(terraform):
    rig, run = terraform("web-identity", "--auth", "enforce")
    idp = OidcProvider()
    iam = rig.client("iam")
    provider = iam.create_open_id_connect_provider(Url=idp.url, ClientIDList=["app"])["OpenIDConnectProviderArn"]
    rig.run("lever", "pull", "iam.oidc-keys", f"provider={provider}", f"keys={json.dumps(idp.keys())}")
    trust = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    role = iam.create_role(RoleName="Pipeline", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="Pipeline", PolicyName="users", PolicyDocument=document(statement("Allow", "iam:*User*")))
    # The token is all it has.
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del run.environment[name]
    given = ("-var", f"role={role}", "-var", f"token={idp.token(lasts=3600)}")
    run("apply", "-no-color", "-auto-approve", *given)
    caller = json.loads(run("output", "-json"))["caller"]["value"]
    assert caller == f"arn:aws:sts::{ACCOUNT}:assumed-role/Pipeline/pipeline"
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["made-by-a-pipeline"]
    run("destroy", "-no-color", "-auto-approve", *given)
    assert iam.list_users()["Users"] == []


def test_machines_by_their_attributes(terraform):
    rig, run = terraform("attributes")
    run("apply", "-no-color", "-auto-approve")
    ec2 = rig.client("ec2")

    def of(key, value):
        up = [{"Name": f"tag:{key}", "Values": [value]}, {"Name": "instance-state-name", "Values": ["running"]}]
        found = ec2.describe_instances(Filters=up)["Reservations"]
        return [instance for launch in found for instance in launch["Instances"]]

    def figures(instances):
        names = {instance["InstanceType"] for instance in instances}
        kinds = ec2.describe_instance_types(InstanceTypes=sorted(names))["InstanceTypes"]
        return [(it["VCpuInfo"]["DefaultVCpus"], it["MemoryInfo"]["SizeInMiB"] // 1024, it) for it in kinds]

    on_demand = of("aws:autoscaling:groupName", "on-demand")
    assert len(on_demand) == 1 and "InstanceLifecycle" not in on_demand[0]
    [(cpus, memory, kind)] = figures(on_demand)
    assert cpus >= 4 and memory >= 8 and kind["CurrentGeneration"]
    spot = of("aws:autoscaling:groupName", "spot")
    assert [instance["InstanceLifecycle"] for instance in spot] == ["spot"]
    assert all(memory == 4 * cpus and "GpuInfo" not in kind for cpus, memory, kind in figures(spot))
    fleet = json.loads(run("output", "-json"))["fleet"]["value"]
    members = of("aws:ec2:fleet-id", fleet)
    assert len(members) == 5 and {instance["InstanceLifecycle"] for instance in members} == {"spot"}
    for cpus, memory, kind in figures(members):
        assert 32 <= cpus <= 36 and 64 <= memory <= 72 and kind["InstanceStorageInfo"]["TotalSizeInGB"] >= 100
    mixed = of("aws:autoscaling:groupName", "mixed")
    assert sorted(instance.get("InstanceLifecycle", "on-demand") for instance in mixed) == ["on-demand"] * 2 + ["spot"] * 2
    assert all(instance["Architecture"] in kind["ProcessorInfo"]["SupportedArchitectures"]
               for _, _, kind in figures(mixed) for instance in mixed if instance["InstanceType"] == kind["InstanceType"])
    # A vcpu_count without a minimum is sent as 0, and the fleet leaves itself few types. Nothing else falls short.
    checked = subprocess.run([binary(), "check", "attribute-selection", "--json", "--region", "us-east-1"],
                             env=run.environment, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 1, checked.stderr
    found = {(finding["rule"].split("/")[1], finding["severity"]) for finding in json.loads(checked.stdout)["findings"]}
    assert found == {("no-minimum", "note"), ("few-types", "warning")}
    # 2 would be a difference.
    run("plan", "-no-color", "-detailed-exitcode")
    run("destroy", "-no-color", "-auto-approve")
    assert rig.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []
    # The fleet's instances stay: terminating them with it makes the provider wait for five minutes.
    left = ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["pending", "running"]}])["Reservations"]
    assert {it["InstanceId"] for each in left for it in each["Instances"]} == {it["InstanceId"] for it in members}
    assert ec2.describe_launch_templates()["LaunchTemplates"] == []


def practice(run, verb, *options, status=0):
    """The practice about attributes, on the rig that a configuration is for."""
    done = subprocess.run([binary(), verb, "attribute-selection", "--region", "us-east-1", *options], cwd=run.folder,
                          env=run.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("by_terraform", [False, True])
def test_attributes_in_the_place_of_lists(terraform, by_terraform):
    """The blocks that `apply` writes are what it does: either way there is no difference afterwards, and check is content."""
    rig, run = terraform("lists")
    run("apply", "-no-color", "-auto-approve")
    made = {name: given["value"] for name, given in json.loads(run("output", "-json")).items()}

    assert "type-list" in practice(run, "check", status=1)
    practice(run, "apply", "--terraform", "attributes_override.tf", "--dry-run" if by_terraform else "--yes")
    run("fmt", "-check", "attributes_override.tf")
    # The fleets have the name of the configuration, and the plain group a policy in the place of its template, as the notes say.
    blocks = run.folder / "attributes_override.tf"
    text = blocks.read_text()
    assert text.count("Take its launch_template block out") == 1
    for fleet in (made["fleet"], made["spot_fleet"]):
        text = text.replace(f'"{fleet}"', '"list"')
    blocks.write_text(text)
    main = run.folder / "main.tf"
    main.write_text(main.read_text().replace("""  launch_template {
    id = aws_launch_template.app.id
  }
""", ""))
    if by_terraform:
        run("apply", "-no-color", "-auto-approve")
    practice(run, "check")
    # 2 would be a difference.
    run("plan", "-no-color", "-detailed-exitcode")
    run("destroy", "-no-color", "-auto-approve")


@pytest.mark.parametrize("by_terraform", [False, True])
def test_attributes_in_a_launch_template(terraform, by_terraform):
    """The same of a template that groups take their types from, one of them by the number of its version."""
    rig, run = terraform("template")
    run("apply", "-no-color", "-auto-approve")
    practice(run, "apply", "--template", "app", "--terraform", "attributes_override.tf", "--dry-run" if by_terraform else "--yes")
    run("fmt", "-check", "attributes_override.tf")
    # What the notes of the blocks ask for: the type and the plain group's template out, and the new version by reference.
    blocks = run.folder / "attributes_override.tf"
    id_of = rig.client("ec2", region="us-east-1").describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
    named = f'launch_template_id = "{id_of}"\n'
    text = blocks.read_text()
    assert text.count(named) == 1 and "refer to the template's latest_version" in text, text
    blocks.write_text(text.replace(named, f"{named}version = aws_launch_template.app.latest_version\n"))
    main = run.folder / "main.tf"
    main.write_text(main.read_text().replace("""  instance_type = "m5.large"
""", "").replace("""  launch_template {
    id      = aws_launch_template.app.id
    version = aws_launch_template.app.latest_version
  }
""", ""))
    if by_terraform:
        run("apply", "-no-color", "-auto-approve")
    assert practice(run, "check", "--rule", "type-list")
    versions = rig.client("ec2", region="us-east-1").describe_launch_template_versions(LaunchTemplateName="app")
    assert [it["VersionNumber"] for it in versions["LaunchTemplateVersions"]] == [2, 1]
    # 2 would be a difference.
    run("plan", "-no-color", "-detailed-exitcode")
    run("destroy", "-no-color", "-auto-approve")


def test_prices(terraform):
    _, run = terraform("prices")
    run("apply", "-no-color", "-auto-approve")
    assert float(json.loads(run("output", "-json"))["hourly"]["value"]) == 0.194


def test_cost_allocation_tags(terraform):
    rig, run = terraform("costs")
    today = datetime.date.fromisoformat(rig.own("GET", "clock").json["now"][:10])
    period = json.dumps({"start": f"{today}", "end": f"{today + datetime.timedelta(days=2)}"})
    run("apply", "-no-color", "-auto-approve", "-var", f"period={period}")
    rig.advance(3600)
    run("apply", "-no-color", "-auto-approve", "-var", f"period={period}")
    outputs = json.loads(run("output", "-json"))
    assert outputs["type"]["value"] == "UserDefined" and "red" in outputs["teams"]["value"]
    run("plan", "-no-color", "-detailed-exitcode", "-var", f"period={period}")
    run("destroy", "-no-color", "-auto-approve", "-var", f"period={period}")
    [team] = rig.client("ce").list_cost_allocation_tags()["CostAllocationTags"]
    assert team["Status"] == "Inactive"


def test_groups_of_reservations_and_hosts(terraform):
    rig, run = terraform("groups")
    run("apply", "-no-color", "-auto-approve")
    groups = rig.client("resource-groups")

    def members(group):
        return [it["ResourceType"] for it in groups.list_group_resources(Group=group)["ResourceIdentifiers"]]

    assert members("reds") == members("pool") == ["AWS::EC2::CapacityReservation"]
    assert members("hosts") == ["AWS::EC2::Host"]
    run("plan", "-no-color", "-detailed-exitcode")
    # A configuration is changed in place.
    run("apply", "-no-color", "-auto-approve", "-var", "auto_release=true")
    [settings, _] = groups.get_group_configuration(Group="hosts")["GroupConfiguration"]["Configuration"]
    assert {"Name": "auto-release-host", "Values": ["true"]} in settings["Parameters"]
    run("destroy", "-no-color", "-auto-approve")
    assert groups.list_groups()["Groups"] == []


def test_placement_groups(terraform):
    rig, run = terraform("placement")
    run("apply", "-no-color", "-auto-approve")
    ec2 = rig.client("ec2", region="us-east-1")

    def placements(group):
        up = [{"Name": "placement-group-name", "Values": [group]}, {"Name": "instance-state-name", "Values": ["running"]}]
        found = ec2.describe_instances(Filters=up)["Reservations"]
        return [instance["Placement"] for launch in found for instance in launch["Instances"]]

    assert len({it["AvailabilityZone"] for it in placements("near")}) == 1 and len(placements("near")) == 2
    assert sorted(it["PartitionNumber"] for it in placements("parts")) == [2, 3]
    assert sorted(it["AvailabilityZone"] for it in placements("apart")) == ["us-east-1a", "us-east-1b"]
    # 2 would be a difference.
    run("plan", "-no-color", "-detailed-exitcode")
    run("apply", "-no-color", "-auto-approve", "-var", "team=red")
    [near] = ec2.describe_placement_groups(GroupNames=["near"])["PlacementGroups"]
    assert near["Tags"] == [{"Key": "team", "Value": "red"}]
    run("destroy", "-no-color", "-auto-approve", "-var", "team=red")
    assert ec2.describe_placement_groups()["PlacementGroups"] == []


def test_a_reservation_shared_between_accounts(terraform):
    rig, run = terraform("sharing")
    run("apply", "-no-color", "-auto-approve")
    shown = json.loads(run("output", "-json"))
    consumer = rig.client("ec2", "222222222222")
    eventually(lambda: len(consumer.describe_capacity_reservations()["CapacityReservations"]), 1)
    [seen] = consumer.describe_capacity_reservations()["CapacityReservations"]
    assert seen["OwnerId"] == shown["owner"]["value"] == ACCOUNT
    assert shown["resources"]["value"] == [seen["CapacityReservationArn"]]
    run("plan", "-no-color", "-detailed-exitcode")
    # The name of a share is changed in place.
    run("apply", "-no-color", "-auto-approve", "-var", "name=more")
    ram = rig.client("ram")
    [share] = ram.get_resource_shares(resourceOwner="SELF", resourceShareStatus="ACTIVE")["resourceShares"]
    assert share["name"] == "more"
    run("destroy", "-no-color", "-auto-approve", "-var", "name=more")
    assert ram.get_resource_shares(resourceOwner="SELF", resourceShareStatus="ACTIVE")["resourceShares"] == []
    assert consumer.describe_capacity_reservations()["CapacityReservations"] == []


def test_an_organization(terraform):
    rig, run = terraform("organization")
    run("apply", "-no-color", "-auto-approve")
    run("plan", "-no-color", "-detailed-exitcode")
    found = json.loads(run("output", "-json"))["found"]["value"]
    assert found["units"] == ["workloads"] and found["below"] == ["shop"]
    assert found["administrators"] == ["security"]
    assert (found["policies"], found["policy"]) == (2, "regions")
    assert set(found["accounts"]) >= {"security", "shop"}
    # Accounts that were created can be removed after four days only.
    rig.advance(5 * 24 * 3600)
    run("destroy", "-no-color", "-auto-approve")
    client = rig.client("organizations")
    with pytest.raises(client.exceptions.AWSOrganizationsNotInUseException):
        client.describe_organization()


def test_a_workforce(terraform):
    rig, run = terraform("workforce")
    organizations = rig.client("organizations")
    organizations.create_organization()
    enabled = rig.own("POST", "levers/sso-admin.enable", {"region": "eu-west-1", "given": {}}).json
    sso, people = rig.client("sso-admin", region="eu-west-1"), rig.client("identitystore", region="eu-west-1")
    run("apply", "-no-color", "-auto-approve")
    ann = json.loads(run("output", "-json"))["ann"]["value"]
    store, instance = enabled["identityStoreId"], enabled["instanceArn"]
    assert people.describe_user(IdentityStoreId=store, UserId=ann)["DisplayName"] == "Ann Doe"
    whom = {"InstanceArn": instance, "PrincipalType": "USER", "PrincipalId": ann}
    [assigned] = sso.list_account_assignments_for_principal(**whom)["AccountAssignments"]
    assert (assigned["AccountId"], assigned["PrincipalType"]) == (ACCOUNT, "GROUP")
    iam = rig.client("iam")
    reserved = lambda: iam.list_roles(PathPrefix="/aws-reserved/")["Roles"]
    [role] = reserved()
    assert role["Path"] == "/aws-reserved/sso.amazonaws.com/eu-west-1/"
    attached = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    assert f"arn:aws:iam::{ACCOUNT}:policy/teams/deploy" in [policy["PolicyArn"] for policy in attached]
    # 2 would be a difference.
    run("plan", "-no-color", "-detailed-exitcode")
    # What a permission set allows is changed in place, and the account follows.
    run("apply", "-no-color", "-auto-approve", "-var", "session=PT8H")
    target = {"InstanceArn": instance, "PermissionSetArn": assigned["PermissionSetArn"]}
    assert sso.describe_permission_set(**target)["PermissionSet"]["SessionDuration"] == "PT8H"
    latest = {"ProvisioningStatus": "LATEST_PERMISSION_SET_PROVISIONED"}
    assert sso.list_accounts_for_provisioned_permission_set(**target, **latest)["AccountIds"] == [ACCOUNT]
    run("destroy", "-no-color", "-auto-approve")
    assert sso.list_permission_sets(InstanceArn=instance)["PermissionSets"] == reserved() == []
    assert people.list_users(IdentityStoreId=store)["Users"] == people.list_groups(IdentityStoreId=store)["Groups"] == []
