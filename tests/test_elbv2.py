"""Elastic Load Balancing v2 through boto3: load balancers, target groups, listeners, rules, and the health of targets."""

import pytest
from conftest import error, eventually, fresh_account, image_of, worded


class Place:
    """An account of its own with its default VPC, and clients for it."""

    def __init__(self, rig):
        account = fresh_account()
        self.rig, self.account = rig, account
        self.ec2, self.elb = rig.client("ec2", key=account), rig.client("elbv2", key=account)
        self.vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        found = self.ec2.describe_subnets()["Subnets"]
        self.subnets = {it["AvailabilityZone"]: it["SubnetId"] for it in found}

    def two(self):
        return [self.subnets["us-east-1a"], self.subnets["us-east-1b"]]

    def load_balancer(self, name="web", **more):
        return self.elb.create_load_balancer(**{"Name": name, "Subnets": self.two(), **more})["LoadBalancers"][0]

    def group(self, name="web", protocol="HTTP", port=80, **more):
        more = {"Name": name, "Protocol": protocol, "Port": port, "VpcId": self.vpc, **more}
        return self.elb.create_target_group(**more)["TargetGroups"][0]["TargetGroupArn"]

    def listener(self, load_balancer, group, protocol="HTTP", port=80, **more):
        action = {"Type": "forward", "TargetGroupArn": group}
        return self.elb.create_listener(
            LoadBalancerArn=load_balancer, Protocol=protocol, Port=port, DefaultActions=[action], **more
        )["Listeners"][0]

    def instance(self, zone="us-east-1a"):
        made = self.ec2.run_instances(
            ImageId=image_of(self.ec2), InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=self.subnets[zone]
        )
        return made["Instances"][0]["InstanceId"]

    def health(self, group, *targets):
        """State and reason of each target, by id."""
        named = {"Targets": [{"Id": target} for target in targets]} if targets else {}
        found = self.elb.describe_target_health(TargetGroupArn=group, **named)["TargetHealthDescriptions"]
        return {it["Target"]["Id"]: (it["TargetHealth"]["State"], it["TargetHealth"].get("Reason")) for it in found}


@pytest.fixture
def place(shared):
    """On a rig where what is asked for is there at once."""
    return Place(shared)


@pytest.fixture
def slow(start):
    """On a rig where everything takes its time."""
    return Place(start("--transitions", "realistic"))


def of(answer):
    return {it["Key"]: it["Value"] for it in answer["Attributes"]}


def test_a_load_balancer_is_made_described_and_deleted(place):
    elb = place.elb
    made = place.load_balancer(Tags=[{"Key": "stage", "Value": "test"}])
    arn = made["LoadBalancerArn"]
    assert arn.startswith(f"arn:aws:elasticloadbalancing:us-east-1:{place.account}:loadbalancer/app/web/")
    assert made["State"] == {"Code": "provisioning"}
    assert made["DNSName"].startswith("web-") and made["DNSName"].endswith(".us-east-1.elb.amazonaws.com")
    assert (made["Type"], made["Scheme"], made["IpAddressType"]) == ("application", "internet-facing", "ipv4")
    assert made["CanonicalHostedZoneId"] == "Z35SXDOTRQ7X7K"
    zones = [(it["ZoneName"], it["SubnetId"]) for it in made["AvailabilityZones"]]
    assert zones == [("us-east-1a", place.two()[0]), ("us-east-1b", place.two()[1])]
    group = place.ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"][0]["GroupId"]
    assert made["SecurityGroups"] == [group]
    # The same again is the same; another under its name is not.
    assert place.load_balancer(Tags=[{"Key": "stage", "Value": "test"}])["LoadBalancerArn"] == arn
    assert worded(place.load_balancer, Scheme="internal") == (
        "DuplicateLoadBalancerName", "A load balancer with the same name 'web' exists, but with different settings")
    elb.get_waiter("load_balancer_exists").wait(Names=["web"])
    elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn], WaiterConfig={"Delay": 1})
    tags = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    assert tags == [{"ResourceArn": arn, "Tags": [{"Key": "stage", "Value": "test"}]}]
    elb.delete_load_balancer(LoadBalancerArn=arn)
    elb.delete_load_balancer(LoadBalancerArn=arn)
    elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn], WaiterConfig={"Delay": 1})
    assert error(elb.describe_load_balancers, LoadBalancerArns=[arn]) == (
        "LoadBalancerNotFound", "One or more load balancers not found", 400)
    assert worded(elb.describe_load_balancers, Names=["web"]) == (
        "LoadBalancerNotFound", "Load balancers '[web]' not found")


def test_what_a_load_balancer_cannot_be_is_refused(place):
    a = place.subnets["us-east-1a"]
    assert worded(place.load_balancer, Subnets=[a]) == (
        "ValidationError", "At least two subnets in two different Availability Zones must be specified")
    assert worded(place.load_balancer, Subnets=[a, "subnet-0123"])[0] == "SubnetNotFound"
    assert worded(place.load_balancer, SecurityGroups=["sg-0123"]) == (
        "InvalidConfigurationRequest", "One or more security groups are invalid")
    assert worded(place.load_balancer, name="-web") == (
        "ValidationError", "Load balancer name '-web' cannot begin or end with '-'")
    other = place.ec2.create_subnet(VpcId=place.vpc, AvailabilityZone="us-east-1a", CidrBlock="172.31.240.0/24")
    assert worded(place.load_balancer, Subnets=[a, other["Subnet"]["SubnetId"]]) == (
        "InvalidConfigurationRequest",
        "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
    closed = place.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [place.ec2.create_subnet(VpcId=closed, AvailabilityZone=f"us-east-1{zone}", CidrBlock=block)["Subnet"]["SubnetId"]
               for zone, block in [("a", "10.9.1.0/24"), ("b", "10.9.2.0/24")]]
    assert worded(place.load_balancer, Subnets=subnets) == ("InvalidSubnet", f"VPC {closed} has no internet gateway")
    assert place.load_balancer(Subnets=subnets, Scheme="internal")["VpcId"] == closed


def test_load_balancers_hold_interfaces_and_groups(place):
    ec2, elb = place.ec2, place.elb
    group = ec2.create_security_group(GroupName="front", Description="d", VpcId=place.vpc)["GroupId"]
    arn = place.load_balancer(SecurityGroups=[group])["LoadBalancerArn"]
    path = arn.split(":loadbalancer/")[1]
    ours = lambda: ec2.describe_network_interfaces(
        Filters=[{"Name": "description", "Values": [f"ELB {path}"]}])["NetworkInterfaces"]
    assert {(it["SubnetId"], it["RequesterId"], it["RequesterManaged"], it["InterfaceType"]) for it in ours()} == {
        (subnet, "amazon-elb", True, "interface") for subnet in place.two()}
    assert error(ec2.delete_security_group, GroupId=group)[0] == "DependencyViolation"
    first = ours()[0]["NetworkInterfaceId"]
    assert error(ec2.delete_network_interface, NetworkInterfaceId=first)[0] == "OperationNotPermitted"
    three = [*place.two(), place.subnets["us-east-1c"]]
    zones = elb.set_subnets(LoadBalancerArn=arn, Subnets=three)["AvailabilityZones"]
    assert [it["ZoneName"] for it in zones] == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert len(ours()) == 3 and first in [it["NetworkInterfaceId"] for it in ours()]
    default = ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"][0]["GroupId"]
    assert elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[default])["SecurityGroupIds"] == [default]
    ec2.delete_security_group(GroupId=group)
    elb.delete_load_balancer(LoadBalancerArn=arn)
    assert ours() == []


def test_a_network_load_balancer_has_addresses_of_its_own(place):
    address = place.ec2.allocate_address(Domain="vpc")
    mapping = [{"SubnetId": place.two()[0], "AllocationId": address["AllocationId"]}]
    made = place.elb.create_load_balancer(Name="net", Type="network", SubnetMappings=mapping)["LoadBalancers"][0]
    assert made["AvailabilityZones"][0]["LoadBalancerAddresses"] == [
        {"IpAddress": address["PublicIp"], "AllocationId": address["AllocationId"]}]
    assert made["DNSName"].split(".")[1:] == ["elb", "us-east-1", "amazonaws", "com"]
    assert "SecurityGroups" not in made
    group = place.group("net", "TCP", 443)
    place.listener(made["LoadBalancerArn"], group, "TCP", 443)
    assert worded(place.listener, made["LoadBalancerArn"], group, "HTTP", 80) == (
        "ValidationError", "Listener protocol 'HTTP' must be one of 'TCP, TLS, UDP, TCP_UDP'")
    place.elb.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
    place.ec2.release_address(AllocationId=address["AllocationId"])


def test_a_gateway_load_balancer_listens_to_everything(place):
    made = place.load_balancer("gwy", Type="gateway")
    assert "DNSName" not in made and "Scheme" not in made
    group = place.group("gwy", "GENEVE", 6081)
    shown = place.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
    assert (shown["HealthCheckProtocol"], shown["HealthCheckPort"], shown["HealthCheckIntervalSeconds"]) == ("TCP", "80", 10)
    actions = [{"Type": "forward", "TargetGroupArn": group}]
    listener = place.elb.create_listener(LoadBalancerArn=made["LoadBalancerArn"], DefaultActions=actions)["Listeners"][0]
    assert "Port" not in listener and "Protocol" not in listener


def test_attributes_are_kept_and_deletion_protection_holds(place):
    elb = place.elb
    arn = place.load_balancer()["LoadBalancerArn"]
    default = of(elb.describe_load_balancer_attributes(LoadBalancerArn=arn))
    assert (default["idle_timeout.timeout_seconds"], default["deletion_protection.enabled"]) == ("60", "false")
    change = [{"Key": "deletion_protection.enabled", "Value": "true"}, {"Key": "idle_timeout.timeout_seconds", "Value": "90"}]
    changed = elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=change)
    assert of(changed)["idle_timeout.timeout_seconds"] == "90"
    told = changed["ResponseMetadata"]["HTTPHeaders"]["x-ironbird-no-effect"]
    assert told == "ModifyLoadBalancerAttributes.Attributes.idle_timeout.timeout_seconds"
    assert worded(elb.delete_load_balancer, LoadBalancerArn=arn) == (
        "OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled")
    wrong = [{"Key": "color", "Value": "red"}]
    assert worded(elb.modify_load_balancer_attributes, LoadBalancerArn=arn, Attributes=wrong) == (
        "ValidationError", "Load balancer attribute key 'color' is not recognized")
    group = place.group()
    wrong = [{"Key": "deregistration_delay.timeout_seconds", "Value": "3601"}]
    assert worded(elb.modify_target_group_attributes, TargetGroupArn=group, Attributes=wrong) == (
        "ValidationError", "'deregistration_delay.timeout_seconds' value '3601' must be between '0-3600' inclusive")


def test_target_groups_have_the_defaults_of_their_protocols(place):
    elb = place.elb
    arn = place.group()
    shown = elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]
    assert (shown["HealthCheckPath"], shown["Matcher"], shown["ProtocolVersion"]) == ("/", {"HttpCode": "200"}, "HTTP1")
    assert (shown["HealthyThresholdCount"], shown["UnhealthyThresholdCount"], shown["HealthCheckTimeoutSeconds"]) == (5, 2, 5)
    assert shown["LoadBalancerArns"] == [] and shown["TargetType"] == "instance"
    assert place.group() == arn
    assert worded(place.group, port=8080) == (
        "DuplicateTargetGroupName", "A target group with the same name 'web' exists, but with different settings")
    changed = elb.modify_target_group(TargetGroupArn=arn, HealthCheckPath="/health", HealthCheckIntervalSeconds=10)
    assert changed["TargetGroups"][0]["HealthCheckPath"] == "/health"
    assert worded(elb.modify_target_group, TargetGroupArn=arn, HealthCheckTimeoutSeconds=10) == (
        "ValidationError", "Health check timeout '10' must be smaller than the interval '10'")
    assert worded(place.group, "other", VpcId="vpc-0123") == ("ValidationError", "The VPC ID 'vpc-0123' is not found")
    assert worded(place.group, "other", TargetType="lambda")[0] == "UnsupportedOperation"
    for number in range(3):
        place.group(f"more-{number}")
    pages = elb.get_paginator("describe_target_groups").paginate(PaginationConfig={"PageSize": 3})
    names = [[it["TargetGroupName"] for it in page["TargetGroups"]] for page in pages]
    assert names == [["more-0", "more-1", "more-2"], ["web"]]
    elb.delete_target_group(TargetGroupArn=arn)
    assert worded(elb.describe_target_groups, Names=["web"]) == ("TargetGroupNotFound", "One or more target groups not found")


def test_listeners_tie_groups_to_one_load_balancer(place):
    elb = place.elb
    one, two = (place.load_balancer(name)["LoadBalancerArn"] for name in ("one", "two"))
    group = place.group()
    listener = place.listener(one, group)
    assert listener["DefaultActions"] == [{"Type": "forward", "TargetGroupArn": group, "ForwardConfig": {
        "TargetGroups": [{"TargetGroupArn": group, "Weight": 1}], "TargetGroupStickinessConfig": {"Enabled": False}}}]
    assert place.listener(one, group)["ListenerArn"] == listener["ListenerArn"]
    assert elb.describe_target_groups(LoadBalancerArn=one)["TargetGroups"][0]["LoadBalancerArns"] == [one]
    assert worded(place.listener, two, group) == (
        "TargetGroupAssociationLimit",
        f"The following target groups cannot be associated with more than one load balancer: {group}")
    redirect = [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}]
    assert worded(elb.create_listener, LoadBalancerArn=one, Protocol="HTTP", Port=80, DefaultActions=redirect) == (
        "DuplicateListener", f"A listener already exists on this port for this load balancer '{one}'")
    loop = [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTP", "StatusCode": "HTTP_301"}}]
    assert worded(elb.create_listener, LoadBalancerArn=one, Protocol="HTTP", Port=81, DefaultActions=loop) == (
        "InvalidLoadBalancerAction", "The redirect configuration is not valid because it creates a loop.")
    tcp = place.group("tcp", "TCP")
    assert worded(place.listener, one, tcp, port=82)[0] == "IncompatibleProtocols"
    assert worded(place.listener, one, group + "0", port=82) == (
        "TargetGroupNotFound", f"Target group '{group}0' not found")
    assert worded(elb.delete_target_group, TargetGroupArn=group) == (
        "ResourceInUse", f"Target group '{group}' is currently in use by a listener or a rule")
    changed = elb.modify_listener(ListenerArn=listener["ListenerArn"], Port=8080, DefaultActions=redirect)["Listeners"][0]
    assert changed["Port"] == 8080 and changed["DefaultActions"][0]["RedirectConfig"]["Path"] == "/#{path}"
    elb.delete_target_group(TargetGroupArn=group)
    elb.delete_load_balancer(LoadBalancerArn=one)
    assert worded(elb.describe_listeners, ListenerArns=[listener["ListenerArn"]]) == (
        "ListenerNotFound", "One or more listeners not found")
    assert worded(elb.describe_listeners, LoadBalancerArn="one") == (
        "ValidationError", "'one' is not a valid load balancer ARN")


def test_tls_listeners_keep_a_certificate_and_a_policy(place):
    arn = place.load_balancer()["LoadBalancerArn"]
    group = place.group()
    certificate = f"arn:aws:acm:us-east-1:{place.account}:certificate/12345678-1234-1234-1234-123456789012"
    listener = place.listener(arn, group, "HTTPS", 443, Certificates=[{"CertificateArn": certificate}])
    assert listener["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    named = {"ListenerArn": listener["ListenerArn"]}
    assert place.elb.describe_listener_certificates(**named)["Certificates"] == [
        {"CertificateArn": certificate, "IsDefault": True}]
    assert "routing.http.response.server.enabled" in of(place.elb.describe_listener_attributes(**named))
    plain = place.elb.modify_listener(**named, Protocol="HTTP", Port=80)["Listeners"][0]
    assert "Certificates" not in plain and "SslPolicy" not in plain
    assert worded(place.elb.modify_listener, **named, SslPolicy="ELBSecurityPolicy-2016-08") == (
        "ValidationError", "An SSL policy cannot be specified for HTTP listeners")


def test_rules_have_an_order(place):
    elb = place.elb
    listener = place.listener(place.load_balancer()["LoadBalancerArn"], place.group())["ListenerArn"]
    answer = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]

    def rule(priority, path):
        condition = [{"Field": "path-pattern", "Values": [path]}]
        return elb.create_rule(ListenerArn=listener, Priority=priority, Conditions=condition, Actions=answer)["Rules"][0]

    ten, five = rule(10, "/a/*")["RuleArn"], rule(5, "/b/*")["RuleArn"]
    assert worded(rule, 10, "/c") == ("PriorityInUse", "Priority '10' is currently in use")
    shown = elb.describe_rules(ListenerArn=listener)["Rules"]
    assert [(it["Priority"], it["IsDefault"]) for it in shown] == [("5", False), ("10", False), ("default", True)]
    assert shown[0]["Conditions"] == [
        {"Field": "path-pattern", "Values": ["/b/*"], "PathPatternConfig": {"Values": ["/b/*"]}}]
    pages = elb.get_paginator("describe_rules").paginate(ListenerArn=listener, PaginationConfig={"PageSize": 2})
    assert [len(page["Rules"]) for page in pages] == [2, 1]
    # Two rules may change places; one may not take the place of another that stays.
    elb.set_rule_priorities(RulePriorities=[{"RuleArn": ten, "Priority": 5}, {"RuleArn": five, "Priority": 10}])
    assert [it["RuleArn"] for it in elb.describe_rules(ListenerArn=listener)["Rules"]][:2] == [ten, five]
    assert worded(elb.set_rule_priorities, RulePriorities=[{"RuleArn": ten, "Priority": 10}])[0] == "PriorityInUse"
    default = shown[2]["RuleArn"]
    assert error(elb.delete_rule, RuleArn=default)[0] == "OperationNotPermitted"
    assert elb.describe_rules(RuleArns=[default])["Rules"][0]["IsDefault"]
    elb.add_tags(ResourceArns=[ten, listener], Tags=[{"Key": "k", "Value": "v"}])
    elb.remove_tags(ResourceArns=[listener], TagKeys=["k"])
    found = elb.describe_tags(ResourceArns=[ten, listener])["TagDescriptions"]
    assert [it["Tags"] for it in found] == [[{"Key": "k", "Value": "v"}], []]
    elb.delete_rule(RuleArn=ten)
    assert worded(elb.describe_rules, RuleArns=[ten]) == ("RuleNotFound", "One or more rules not found")


def test_targets_are_instances_that_run_in_the_vpc(place):
    elb = place.elb
    group = place.group()
    one = place.instance()
    stopped = place.instance()
    place.ec2.stop_instances(InstanceIds=[stopped])
    assert worded(elb.register_targets, TargetGroupArn=group, Targets=[{"Id": one}, {"Id": stopped}]) == (
        "InvalidTarget", f"The following targets are not in a running state and cannot be registered: '{stopped}'")
    assert worded(elb.register_targets, TargetGroupArn=group, Targets=[{"Id": "i-0123456789abcdef0"}])[0] == "InvalidTarget"
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": one}])
    assert place.health(group) == {one: ("unused", "Target.NotInUse")}
    listener = place.listener(place.load_balancer()["LoadBalancerArn"], group)
    elb.get_waiter("target_in_service").wait(TargetGroupArn=group, WaiterConfig={"Delay": 1})
    assert place.health(group) == {one: ("healthy", None)}
    place.ec2.stop_instances(InstanceIds=[one])
    eventually(lambda: place.health(group), {one: ("unused", "Target.InvalidState")})
    place.ec2.start_instances(InstanceIds=[one])
    eventually(lambda: place.health(group), {one: ("healthy", None)})
    elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": one}])
    elb.get_waiter("target_deregistered").wait(TargetGroupArn=group, Targets=[{"Id": one}], WaiterConfig={"Delay": 1})
    assert place.health(group, one) == {one: ("unused", "Target.NotRegistered")}
    far = place.instance("us-east-1d")
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": far}])
    assert place.health(group) == {far: ("unused", "Target.NotInUse")}
    elb.delete_listener(ListenerArn=listener["ListenerArn"])
    elb.delete_target_group(TargetGroupArn=group)


def test_addresses_are_targets_too(place):
    elb = place.elb
    group = place.group("ip", TargetType="ip")
    place.listener(place.load_balancer()["LoadBalancerArn"], group)
    one = place.instance()
    found = place.ec2.describe_instances(InstanceIds=[one])["Reservations"][0]["Instances"][0]
    address = found["PrivateIpAddress"]
    node = place.ec2.describe_network_interfaces(
        Filters=[{"Name": "requester-id", "Values": ["amazon-elb"]}])["NetworkInterfaces"][0]["PrivateIpAddress"]
    targets = [{"Id": address}, {"Id": "192.168.7.7", "AvailabilityZone": "all"}, {"Id": "172.31.0.200"}, {"Id": node}]
    elb.register_targets(TargetGroupArn=group, Targets=targets)
    eventually(lambda: place.health(group), {
        address: ("healthy", None), "192.168.7.7": ("healthy", None), "172.31.0.200": ("unhealthy", "Target.Timeout"),
        node: ("unused", "Target.IpUnusable")})
    assert worded(elb.register_targets, TargetGroupArn=group, Targets=[{"Id": "8.8.8.8"}])[0] == "InvalidTarget"
    place.ec2.stop_instances(InstanceIds=[one])
    eventually(lambda: place.health(group)[address], ("unhealthy", "Target.Timeout"))


def test_health_takes_as_long_as_its_checks(slow):
    elb, rig = slow.elb, slow.rig
    arn = slow.load_balancer()["LoadBalancerArn"]
    state = lambda: elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]["State"]["Code"]
    group = slow.group(HealthCheckIntervalSeconds=10, HealthyThresholdCount=3, UnhealthyThresholdCount=2)
    slow.listener(arn, group)
    one = slow.instance()
    rig.advance(30)
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": one}])
    assert (state(), slow.health(group)[one]) == ("provisioning", ("unused", "Target.NotInUse"))
    rig.advance(180)
    assert (state(), slow.health(group)[one]) == ("active", ("healthy", None))
    two = slow.instance("us-east-1b")
    rig.advance(30)
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": two}])
    assert slow.health(group)[two] == ("initial", "Elb.RegistrationInProgress")
    rig.advance(6)
    assert slow.health(group)[two] == ("healthy", None)
    elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": two}])
    assert slow.health(group)[two] == ("draining", "Target.DeregistrationInProgress")
    rig.advance(290)
    assert slow.health(group)[two][0] == "draining"
    rig.advance(15)
    assert two not in slow.health(group)


def test_a_group_replaces_what_its_target_group_finds_unhealthy(slow):
    autoscaling = slow.rig.client("autoscaling", key=slow.account)
    arn = slow.group(HealthCheckIntervalSeconds=10)
    slow.listener(slow.load_balancer()["LoadBalancerArn"], arn)
    slow.rig.advance(240)
    slow.ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={
        "ImageId": image_of(slow.ec2), "InstanceType": "t3.micro"})
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web", MinSize=2, MaxSize=2, LaunchTemplate={"LaunchTemplateName": "web"},
        VPCZoneIdentifier=",".join(slow.two()), TargetGroupARNs=[arn], HealthCheckType="ELB", HealthCheckGracePeriod=60)
    slow.rig.advance(60)
    sources = autoscaling.describe_traffic_sources(AutoScalingGroupName="web")["TrafficSources"]
    assert [(it["Identifier"], it["Type"], it["State"]) for it in sources] == [(arn, "elbv2", "InService")]
    one, two = slow.health(arn)
    body = {"account": slow.account, "given": {"target": one, "code": 503}}
    assert slow.rig.own("POST", "levers/elbv2.fail-target", body).status == 200
    slow.rig.advance(25)
    assert slow.health(arn)[one] == ("unhealthy", "Target.ResponseCodeMismatch")
    slow.rig.advance(120)
    health = slow.health(arn)
    assert health[one] == ("draining", "Target.DeregistrationInProgress") and health[two] == ("healthy", None)
    assert sorted(state for state, _ in health.values()) == ["draining", "healthy", "healthy"]
    activities = autoscaling.describe_scaling_activities(AutoScalingGroupName="web")["Activities"]
    [ended] = [it for it in activities if it["Description"] == f"Terminating EC2 instance: {one}"]
    assert ended["Cause"].endswith("an instance was taken out of service in response to an ELB system health check failure.")


def test_account_limits_are_told_in_pages(place):
    limits = {it["Name"]: it["Max"] for it in place.elb.describe_account_limits()["Limits"]}
    assert limits["application-load-balancers"] == "50" and limits["targets-per-target-group"] == "1000"
    pages = place.elb.get_paginator("describe_account_limits").paginate(PaginationConfig={"PageSize": 10})
    assert sum(len(page["Limits"]) for page in pages) == len(limits)


def test_classic_load_balancers_are_refused_by_their_version(shared):
    code, message, status = error(shared.client("elb").describe_load_balancers)
    assert (code, status) == ("NotImplemented", 501) and "`elb`" in message
