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


def test_a_payer_sees_what_its_members_use(rig):
    organizations, costs = rig.client("organizations"), rig.client("ce")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(Email="member@example.com", AccountName="member")["CreateAccountStatus"]["Id"]
    rig.advance(60)
    member = organizations.describe_create_account_status(CreateAccountRequestId=made)["CreateAccountStatus"]["AccountId"]
    rig.client("ec2", key=member).run_instances(
        ImageId=images(rig)[0]["ImageId"], InstanceType="m5.large", MinCount=1, MaxCount=1)
    rig.advance(3600)
    answer = costs.get_cost_and_usage(
        TimePeriod={"Start": day(rig, 0), "End": day(rig, 1)}, Granularity="DAILY", Metrics=["UsageQuantity"],
        Filter=of_type("m5.large"), GroupBy=by("LINKED_ACCOUNT"))
    assert [group["Keys"] for group in answer["ResultsByTime"][0]["Groups"]] == [[member]]
    assert {"Value": member, "Attributes": {"description": "member"}} in answer["DimensionValueAttributes"]


@pytest.mark.parametrize("change, code", [
    ({"TimePeriod": {"Start": "2026-02-02", "End": "2026-02-01"}}, "ValidationException"),
    ({"TimePeriod": {"Start": "2010-02-02", "End": "2026-02-01"}}, "ValidationException"),
    ({"Metrics": ["Glory"]}, "ValidationException"),
    ({"Metrics": ["NormalizedUsageAmount"]}, "UnsupportedOperation"),
    ({"Filter": {}}, "ValidationException"),
    ({"Filter": {"Tags": {"Key": "team", "Values": ["a"]}}}, "UnsupportedOperation"),
    ({"GroupBy": [{"Type": "TAG", "Key": "team"}]}, "UnsupportedOperation"),
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
