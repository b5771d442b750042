"""Costs as boto3 and the AWS CLI ask Cost Explorer for them."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

COMPUTE = "Amazon Elastic Compute Cloud - Compute"


@pytest.fixture
def rig(start):
    rig = start("--transitions", "instant")
    # The clock starts where a day does, so that hours and days are whole.
    now = datetime.datetime.fromisoformat(rig.own("GET", "clock").json["now"].replace("Z", "+00:00"))
    midnight = (now + datetime.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    rig.advance((midnight - now).total_seconds())
    rig.midnight = midnight
    return rig


def images(rig):
    return rig.client("ec2").describe_images(
        Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"]


def launch(rig, instance_type, count):
    ec2 = rig.client("ec2")
    made = ec2.run_instances(ImageId=images(rig)[0]["ImageId"], InstanceType=instance_type, MinCount=count, MaxCount=count)
    return [instance["InstanceId"] for instance in made["Instances"]]


def day(rig, offset):
    return (rig.midnight + datetime.timedelta(days=offset)).strftime("%Y-%m-%d")


def ask(rig, days=1, granularity="DAILY", metrics=("UnblendedCost", "UsageQuantity"), **more):
    period = {"Start": day(rig, 0), "End": day(rig, days)}
    return rig.client("ce").get_cost_and_usage(
        TimePeriod=period, Granularity=granularity, Metrics=list(metrics), **more)["ResultsByTime"]


def of_type(*types):
    return {"Dimensions": {"Key": "INSTANCE_TYPE", "Values": list(types)}}


def by(*keys):
    return [{"Type": "DIMENSION", "Key": key} for key in keys]


def test_costs_are_those_of_the_bill(rig):
    ids = launch(rig, "m5.large", 2)
    rig.advance(3600)
    rig.client("ec2").terminate_instances(InstanceIds=ids)
    rig.advance(3600)
    [result] = ask(rig, Filter=of_type("m5.large"), GroupBy=by("USAGE_TYPE", "SERVICE"))
    assert result["TimePeriod"] == {"Start": day(rig, 0), "End": day(rig, 1)} and result["Estimated"]
    [group] = result["Groups"]
    assert group["Keys"] == ["BoxUsage:m5.large", COMPUTE] and result["Total"] == {}
    quantity = group["Metrics"]["UsageQuantity"]
    assert quantity["Unit"] == "Hrs" and abs(float(quantity["Amount"]) - 2) < 0.01
    lines = rig.own("GET", "bill").json["lines"]
    [line] = [line for line in lines if line["usage_type"] == "BoxUsage:m5.large"]
    cost = group["Metrics"]["UnblendedCost"]
    assert cost["Unit"] == "USD" and float(cost["Amount"]) == pytest.approx(float(line["cost"]), abs=1e-9)


def test_storage_is_billed_by_the_month_that_it_is_priced_by(rig):
    ec2 = rig.client("ec2")
    ec2.create_volume(AvailabilityZone="us-east-1a", Size=100, VolumeType="gp3")
    rig.advance(73 * 3600)
    volumes = {"Dimensions": {"Key": "USAGE_TYPE", "Values": ["EBS:VolumeUsage.gp3"]}}
    days = [one["Total"] for one in ask(rig, 5, Filter=volumes)]
    assert {day["UsageQuantity"]["Unit"] for day in days if float(day["UsageQuantity"]["Amount"])} == {"GB-Mo"}
    used = sum(float(day["UsageQuantity"]["Amount"]) for day in days)
    assert used == pytest.approx(10, rel=1e-3), "a tenth of a month of 730 hours"
    [line] = [line for line in rig.own("GET", "bill").json["lines"] if line["usage_type"] == "EBS:VolumeUsage.gp3"]
    assert line["unit"] == "GB-Mo" and line["quantity"] == pytest.approx(used, rel=1e-3)
    assert float(line["cost"]) == pytest.approx(line["quantity"] * 0.08, rel=1e-4)


def test_spans_follow_one_another(rig):
    launch(rig, "m5.large", 1)
    rig.advance(36 * 3600)
    daily = ask(rig, 3, Filter=of_type("m5.large"))
    hours = [round(float(one["Total"]["UsageQuantity"]["Amount"])) for one in daily]
    assert hours == [24, 12, 0]
    assert [one["Estimated"] for one in daily] == [False, True, True]
    monthly = ask(rig, 3, "MONTHLY", Filter=of_type("m5.large"))
    assert round(sum(float(one["Total"]["UsageQuantity"]["Amount"]) for one in monthly)) == 36
    period = {"Start": f"{day(rig, 0)}T00:00:00Z", "End": f"{day(rig, 0)}T05:00:00Z"}
    hourly = rig.client("ce").get_cost_and_usage(TimePeriod=period, Granularity="HOURLY", Metrics=["UsageQuantity"],
                                                 Filter=of_type("m5.large"))["ResultsByTime"]
    assert len(hourly) == 5 and hourly[1]["TimePeriod"]["Start"] == f"{day(rig, 0)}T01:00:00Z"


def test_filters_say_which_costs(rig):
    launch(rig, "m5.large", 1)
    launch(rig, "c5.large", 1)
    rig.advance(3600)
    types = lambda **more: {group["Keys"][0] for group in ask(rig, GroupBy=by("INSTANCE_TYPE"), **more)[0]["Groups"]}
    compute = {"Dimensions": {"Key": "SERVICE", "Values": [COMPUTE]}}
    assert types(Filter=compute) == {"m5.large", "c5.large"}
    assert types(Filter={"And": [compute, {"Not": of_type("m5.large")}]}) == {"c5.large"}
    assert types(Filter={"Or": [of_type("m5.large"), of_type("c5.large")]}) == {"m5.large", "c5.large"}
    starts = {"Dimensions": {"Key": "INSTANCE_TYPE", "Values": ["m5"], "MatchOptions": ["STARTS_WITH"]}}
    assert types(Filter=starts) == {"m5.large"}
    other = rig.client("ce", key="999999999999")
    mine = other.get_cost_and_usage(TimePeriod={"Start": day(rig, 0), "End": day(rig, 1)}, Granularity="DAILY",
                                    Metrics=["BLENDED_COST"])["ResultsByTime"][0]["Total"]
    assert mine == {"BlendedCost": {"Amount": "0.0000000000", "Unit": "USD"}}


def test_the_bill_knows_the_tags_of_the_time_of_use(rig):
    [instance] = launch(rig, "m5.large", 1)
    ec2 = rig.client("ec2")
    for team in ("a", "b", None):
        rig.advance(3600)
        if team:
            ec2.create_tags(Resources=[instance], Tags=[{"Key": "team", "Value": team}])
        else:
            ec2.delete_tags(Resources=[instance], Tags=[{"Key": "team"}])
    rig.advance(3600)
    lines = rig.own("GET", "bill?by=tag:team").json["lines"]
    hours = {line.get("tag"): line["quantity"] for line in lines if line["usage_type"] == "BoxUsage:m5.large"}
    assert {team: round(spent) for team, spent in hours.items()} == {None: 2, "a": 1, "b": 1}
    [whole] = [line for line in rig.own("GET", "bill").json["lines"] if line["usage_type"] == "BoxUsage:m5.large"]
    split = [float(line["cost"]) for line in lines if line["usage_type"] == "BoxUsage:m5.large"]
    assert sum(split) == pytest.approx(float(whole["cost"]), rel=1e-6)
    assert "team" in rig.run("bill", "--by", "tag:team").stdout
    assert rig.own("GET", "bill?by=team").status == 400


def by_tag(key):
    return [{"Type": "TAG", "Key": key}]


def hours_by(results):
    """Unit-hours of the first result, by its groups that have any."""
    hours = {group["Keys"][0]: round(float(group["Metrics"]["UsageQuantity"]["Amount"])) for group in results[0]["Groups"]}
    return {key: spent for key, spent in hours.items() if spent}


def set_status(costs, **statuses):
    return costs.update_cost_allocation_tags_status(
        CostAllocationTagsStatus=[{"TagKey": key, "Status": status} for key, status in statuses.items()])["Errors"]


def tag(rig, instance, **tags):
    rig.client("ec2").create_tags(Resources=[instance], Tags=[{"Key": key, "Value": tags[key]} for key in tags])


def test_costs_carry_a_tag_from_when_it_is_activated(rig):
    costs = rig.client("ce")
    machines = of_type("m5.large")
    [red, plain] = launch(rig, "m5.large", 2)
    tag(rig, red, team="red")
    rig.advance(3600)
    assert hours_by(ask(rig, Filter=machines, GroupBy=by_tag("team"))) == {"team$": 2}, "not activated"
    assert set_status(costs, team="Active", nobody="Active") == [{
        "TagKey": "nobody", "Code": "TagKeysNotFoundException",
        "Message": "Failed to update Cost Allocation Tag: nobody"}]
    rig.advance(3600)
    assert hours_by(ask(rig, Filter=machines, GroupBy=by_tag("team"))) == {"team$": 3, "team$red": 1}
    tag(rig, plain, team="blue")
    rig.advance(3600)
    set_status(costs, team="Inactive")
    rig.advance(3600)
    groups = hours_by(ask(rig, Filter=machines, GroupBy=by_tag("team")))
    assert groups == {"team$": 5, "team$red": 2, "team$blue": 1}
    both = ask(rig, Filter=machines, GroupBy=by_tag("team") + by("INSTANCE_TYPE"))[0]["Groups"]
    assert [group["Keys"] for group in both] == [["team$", "m5.large"], ["team$blue", "m5.large"], ["team$red", "m5.large"]]
    hours = lambda tags: round(float(ask(rig, Filter={"And": [machines, tags]})[0]["Total"]["UsageQuantity"]["Amount"]))
    assert hours({"Tags": {"Key": "team", "Values": ["red"]}}) == 2
    assert hours({"Tags": {"Key": "team", "Values": ["red", "blue"]}}) == 3
    assert hours({"Tags": {"Key": "team", "Values": [""]}}) == 5
    assert hours({"Tags": {"Key": "team", "MatchOptions": ["ABSENT"]}}) == 5
    assert hours({"Tags": {"Key": "team"}}) == hours({"Tags": {}}) == 5
    assert hours({"Not": {"Tags": {"Key": "team", "Values": ["red"]}}}) == 6


def test_a_backfill_makes_the_past_as_the_present(start):
    rig = start("--transitions", "realistic")
    costs = rig.client("ce")
    now = lambda: datetime.datetime.fromisoformat(rig.own("GET", "clock").json["now"].replace("Z", "+00:00"))
    first = now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rig.midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    [instance] = launch(rig, "m5.large", 1)
    tag(rig, instance, team="red")
    rig.advance(2 * 3600)
    set_status(costs, team="Active")
    tagged = lambda: sum(float(day["Total"]["UsageQuantity"]["Amount"]) for day in ask(
        rig, 4, Filter={"And": [of_type("m5.large"), {"Tags": {"Key": "team", "Values": ["red"]}}]}))
    assert round(tagged()) == 0
    start_of = lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ")
    for wrong in (first + datetime.timedelta(days=1), first - datetime.timedelta(days=600),
                  (first + datetime.timedelta(days=40)).replace(day=1)):
        with pytest.raises(ClientError, match="ValidationException"):
            costs.start_cost_allocation_tag_backfill(BackfillFrom=start_of(wrong))
    asked = costs.start_cost_allocation_tag_backfill(BackfillFrom=start_of(first))["BackfillRequest"]
    assert asked["BackfillStatus"] == "PROCESSING" and asked["BackfillFrom"] == start_of(first)
    with pytest.raises(ClientError, match="BackfillLimitExceededException"):
        costs.start_cost_allocation_tag_backfill(BackfillFrom=start_of(first))
    rig.advance(24 * 3600)
    assert round(tagged()) == 26
    [done] = costs.list_cost_allocation_tag_backfill_history()["BackfillRequests"]
    assert done["BackfillStatus"] == "SUCCEEDED" and done["CompletedAt"] > done["RequestedAt"]
    costs.start_cost_allocation_tag_backfill(BackfillFrom=start_of(first))
    assert [one["BackfillStatus"] for one in costs.list_cost_allocation_tag_backfill_history()["BackfillRequests"]] == [
        "PROCESSING", "SUCCEEDED"]


def test_there_are_as_many_allocation_tags_as_keys_in_use(rig):
    costs = rig.client("ce")
    [instance] = launch(rig, "m5.large", 1)
    tag(rig, instance, team="red", stage="test")
    rig.client("autoscaling").create_launch_configuration(
        LaunchConfigurationName="plain", ImageId=images(rig)[0]["ImageId"], InstanceType="c5.large")
    rig.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web", LaunchConfigurationName="plain", MinSize=1, MaxSize=1, AvailabilityZones=["us-east-1a"])
    rig.advance(600)
    set_status(costs, team="Active")
    listed = lambda **which: {one["TagKey"]: one for one in costs.list_cost_allocation_tags(**which)["CostAllocationTags"]}
    assert set(listed()) == {"aws:autoscaling:groupName", "stage", "team"}
    assert set(listed(Type="AWSGenerated")) == {"aws:autoscaling:groupName"}
    assert set(listed(Status="Active")) == set(listed(TagKeys=["team", "none"])) == {"team"}
    month = rig.own("GET", "clock").json["now"][:7]
    assert listed()["team"]["LastUsedDate"] == f"{month}-01T00:00:00Z" and "LastUpdatedDate" in listed()["team"]
    assert "LastUpdatedDate" not in listed()["stage"]
    first = costs.list_cost_allocation_tags(MaxResults=2)
    rest = costs.list_cost_allocation_tags(MaxResults=2, NextToken=first["NextToken"])
    assert [len(page["CostAllocationTags"]) for page in (first, rest)] == [2, 1] and "NextToken" not in rest
    with pytest.raises(ClientError, match="InvalidNextTokenException"):
        costs.list_cost_allocation_tags(NextToken="x")


def test_values_to_group_and_filter_by(rig):
    costs = rig.client("ce")
    [red, _] = launch(rig, "m5.large", 2)
    [blue] = launch(rig, "c5.large", 1)
    tag(rig, red, team="red", stage="test")
    tag(rig, blue, team="blue")
    rig.advance(10)
    set_status(costs, team="Active", stage="Active")
    rig.advance(3600)
    period = {"Start": day(rig, 0), "End": day(rig, 1)}
    values = lambda **more: [one["Value"] for one in costs.get_dimension_values(TimePeriod=period, **more)["DimensionValues"]]
    assert values(Dimension="INSTANCE_TYPE") == ["NoInstanceType", "c5.large", "m5.large"]
    assert values(Dimension="INSTANCE_TYPE", SearchString="m5") == ["m5.large"]
    by_cost = [{"Key": "UnblendedCost", "SortOrder": "DESCENDING"}]
    assert values(Dimension="INSTANCE_TYPE", SortBy=by_cost, MaxResults=2) == ["m5.large", "c5.large"]
    assert values(Dimension="INSTANCE_TYPE", Filter={"Tags": {"Key": "team", "Values": ["blue"]}})[-1:] == ["c5.large"]
    tags = lambda **more: costs.get_tags(TimePeriod=period, **more)
    assert tags()["Tags"] == ["stage", "team"] and tags()["TotalSize"] == tags()["ReturnSize"] == 2
    assert tags(TagKey="team")["Tags"] == ["", "blue", "red"]
    assert tags(TagKey="team", SearchString="bl")["Tags"] == ["blue"]
    assert tags(TagKey="team", Filter=of_type("c5.large"), SortBy=by_cost)["Tags"] == ["blue", ""]
    ignored = costs.get_tags(TimePeriod=period, MaxResults=1)
    assert "GetTags.MaxResults" in ignored["ResponseMetadata"]["HTTPHeaders"]["x-ironbird-no-effect"]
    for wrong, code in [
        ({"SortBy": by_cost, "SearchString": "x"}, "ValidationException"),
        ({"SortBy": by_cost + by_cost}, "ValidationException"),
        ({"SortBy": [{"Key": "Glory"}]}, "ValidationException"),
        ({"NextPageToken": "x"}, "InvalidNextTokenException"),
        ({"TimePeriod": {"Start": day(rig, 1), "End": day(rig, 0)}}, "ValidationException"),
    ]:
        with pytest.raises(ClientError, match=code):
            costs.get_tags(**{"TimePeriod": period, **wrong})


def test_a_payer_sees_what_its_members_use_and_says_which_tags_count(rig):
    organizations, costs = rig.client("organizations"), rig.client("ce")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(Email="member@example.com", AccountName="member")["CreateAccountStatus"]["Id"]
    rig.advance(60)
    member = organizations.describe_create_account_status(CreateAccountRequestId=made)["CreateAccountStatus"]["AccountId"]
    launched = rig.client("ec2", key=member).run_instances(
        ImageId=images(rig)[0]["ImageId"], InstanceType="m5.large", MinCount=1, MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "red"}]}])
    assert launched["Instances"]
    own = rig.client("ce", key=member)
    for refused in (lambda: set_status(own, team="Active"), own.list_cost_allocation_tags):
        with pytest.raises(ClientError, match="AccessDeniedException.*Linked account doesn't have access to cost allocation tags."):
            refused()
    assert set_status(costs, team="Active") == []
    rig.advance(3600)
    asked = {"TimePeriod": {"Start": day(rig, 0), "End": day(rig, 1)}, "Granularity": "DAILY",
             "Metrics": ["UsageQuantity"], "Filter": of_type("m5.large")}
    answer = costs.get_cost_and_usage(**asked, GroupBy=by("LINKED_ACCOUNT"))
    assert hours_by(answer["ResultsByTime"]) == {member: 1}
    assert {"Value": member, "Attributes": {"description": "member"}} in answer["DimensionValueAttributes"]
    assert hours_by(costs.get_cost_and_usage(**asked, GroupBy=by_tag("team"))["ResultsByTime"]) == {"team$red": 1}
    assert hours_by(own.get_cost_and_usage(**asked, GroupBy=by_tag("team"))["ResultsByTime"]) == {"team$red": 1}
    assert {"Value": member, "Attributes": {"description": "member"}} in costs.get_dimension_values(
        TimePeriod=asked["TimePeriod"], Dimension="LINKED_ACCOUNT")["DimensionValues"]


@pytest.mark.parametrize("change, code", [
    ({"TimePeriod": {"Start": "2026-02-02", "End": "2026-02-01"}}, "ValidationException"),
    ({"TimePeriod": {"Start": "2010-02-02", "End": "2026-02-01"}}, "ValidationException"),
    ({"Metrics": ["Glory"]}, "ValidationException"),
    ({"Metrics": ["NormalizedUsageAmount"]}, "UnsupportedOperation"),
    ({"Filter": {}}, "ValidationException"),
    ({"Filter": {"Tags": {"Key": "team", "Values": ["a"], "MatchOptions": ["ABSENT"]}}}, "ValidationException"),
    ({"Filter": {"Tags": {"Values": ["a"]}}}, "ValidationException"),
    ({"Filter": {"Tags": {"Key": "team", "Values": ["a"], "MatchOptions": ["CONTAINS"]}}}, "UnsupportedOperation"),
    ({"GroupBy": [{"Type": "COST_CATEGORY", "Key": "team"}]}, "UnsupportedOperation"),
    ({"GroupBy": [{"Type": "TAG"}]}, "ValidationException"),
    ({"GroupBy": [{"Type": "DIMENSION", "Key": "AZ"}]}, "UnsupportedOperation"),
    ({"NextPageToken": "x"}, "ValidationException"),
])
def test_what_cannot_be_answered_is_refused(shared, change, code):
    given = {"TimePeriod": {"Start": "2026-02-01", "End": "2026-02-02"}, "Granularity": "DAILY",
             "Metrics": ["UnblendedCost"], **change}
    with pytest.raises(ClientError) as caught:
        shared.client("ce").get_cost_and_usage(**given)
    assert caught.value.response["Error"]["Code"] == code


def test_the_cli_asks_for_costs(rig):
    launch(rig, "m5.large", 1)
    rig.advance(3600)
    answer = json.loads(rig.aws("ce", "get-cost-and-usage", "--granularity", "MONTHLY", "--metrics", "UnblendedCost",
                                "--time-period", f"Start={day(rig, 0)},End={day(rig, 1)}",
                                "--group-by", "Type=DIMENSION,Key=SERVICE").stdout)
    groups = answer["ResultsByTime"][0]["Groups"]
    assert COMPUTE in [group["Keys"][0] for group in groups]
