"""CloudWatch as boto3 and raw requests see it, on a clock that is moved."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def rig(start):
    return start("--transitions", "instant")


@pytest.fixture
def cloudwatch(rig):
    return rig.client("cloudwatch")


def now(rig):
    shown = rig.own("GET", "clock").json
    return datetime.datetime.fromisoformat(shown["now"].replace("Z", "+00:00"))


def put(cloudwatch, *values, name="load", **more):
    data = [{"MetricName": name, "Value": value, "Dimensions": [{"Name": "of", "Value": "web"}], **more} for value in values]
    cloudwatch.put_metric_data(Namespace="test", MetricData=data)


def alarm(cloudwatch, **settings):
    settings = {"AlarmName": "busy", "Namespace": "test", "MetricName": "load", "Statistic": "Average", "Period": 60,
                "Dimensions": [{"Name": "of", "Value": "web"}], "EvaluationPeriods": 1, "Threshold": 70,
                "ComparisonOperator": "GreaterThanThreshold", **settings}
    return cloudwatch.put_metric_alarm(**settings)


def state(cloudwatch, name="busy"):
    return cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]


def test_what_is_put_is_told_in_statistics_and_queries(rig, cloudwatch):
    put(cloudwatch, 1, 2, 3, 10, Unit="Percent")
    span = {"StartTime": now(rig) - datetime.timedelta(minutes=5), "EndTime": now(rig) + datetime.timedelta(minutes=5)}
    named = {"Namespace": "test", "MetricName": "load", "Dimensions": [{"Name": "of", "Value": "web"}]}
    points = cloudwatch.get_metric_statistics(
        **named, **span, Period=600, Statistics=["Sum", "Average", "Maximum"], Unit="Percent")["Datapoints"]
    assert sum(point["Sum"] for point in points) == 16 and points[0]["Unit"] == "Percent"
    told = cloudwatch.get_metric_statistics(**named, **span, Period=600, ExtendedStatistics=["p50"])["Datapoints"]
    assert told[0]["ExtendedStatistics"] == {"p50": 2.0}
    answer = cloudwatch.get_metric_data(**span, MetricDataQueries=[
        {"Id": "m", "MetricStat": {"Metric": named, "Period": 600, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "e", "Expression": "m * 2", "Label": "twice"}])
    assert [(one["Label"], sum(one["Values"])) for one in answer["MetricDataResults"]] == [("twice", 32.0)]
    listed = cloudwatch.list_metrics(Namespace="test", Dimensions=[{"Name": "of"}])["Metrics"]
    assert [metric["MetricName"] for metric in listed] == ["load"]


def test_three_protocols_give_the_same_answer(rig, cloudwatch):
    put(cloudwatch, 1)
    query = rig.query("monitoring", "2010-08-01", "ListMetrics", Namespace="test")
    assert query.status == 200 and "<MetricName>load</MetricName>" in query.text
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801.ListMetrics"}
    plain = rig.signed("monitoring", body=json.dumps({"Namespace": "test"}).encode(), headers=headers)
    assert plain.json["Metrics"][0]["MetricName"] == "load"


def test_an_alarm_goes_off_and_calms_down_and_its_history_says_so(rig, cloudwatch):
    alarm(cloudwatch, EvaluationPeriods=3, DatapointsToAlarm=2)
    assert state(cloudwatch) == "INSUFFICIENT_DATA"
    for _ in range(3):
        put(cloudwatch, 90)
        rig.advance(60)
    rig.advance(60)
    shown = cloudwatch.describe_alarms_for_metric(
        Namespace="test", MetricName="load", Dimensions=[{"Name": "of", "Value": "web"}])["MetricAlarms"][0]
    assert shown["StateValue"] == "ALARM" and shown["StateReason"].startswith("Threshold Crossed: ")
    assert json.loads(shown["StateReasonData"])["threshold"] == 70.0
    for _ in range(4):
        put(cloudwatch, 10)
        rig.advance(60)
    assert state(cloudwatch) == "OK"
    rig.advance(3600)
    assert state(cloudwatch) == "INSUFFICIENT_DATA"
    lines = cloudwatch.describe_alarm_history(AlarmName="busy", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert [line["HistorySummary"] for line in lines] == [
        "Alarm updated from OK to INSUFFICIENT_DATA", "Alarm updated from ALARM to OK",
        "Alarm updated from INSUFFICIENT_DATA to ALARM"]
    assert lines[0]["Timestamp"].second == 0, "evaluated at the end of a minute"


def test_what_cannot_be_sent_is_recorded_as_not_sent(rig, cloudwatch):
    answer = alarm(cloudwatch, AlarmActions=["arn:aws:sns:us-east-1:123456789012:ops"])
    assert "AlarmActions" in answer["ResponseMetadata"]["HTTPHeaders"]["x-ironbird-no-effect"]
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="trying")
    lines = cloudwatch.describe_alarm_history(AlarmName="busy", HistoryItemType="Action")["AlarmHistoryItems"]
    assert "not sent" in lines[0]["HistorySummary"]
    cloudwatch.disable_alarm_actions(AlarmNames=["busy"])
    assert not cloudwatch.describe_alarms()["MetricAlarms"][0]["ActionsEnabled"]


def test_an_alarm_stops_an_instance(rig, cloudwatch):
    ec2 = rig.client("ec2")
    image = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"][0]
    made = ec2.run_instances(ImageId=image["ImageId"], InstanceType="m5.large", MinCount=1, MaxCount=1)["Instances"][0]
    alarm(cloudwatch, Dimensions=[{"Name": "InstanceId", "Value": made["InstanceId"]}],
          AlarmActions=["arn:aws:automate:us-east-1:ec2:stop"])
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="idle")
    shown = ec2.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"][0]["Instances"][0]
    assert shown["State"]["Name"] == "stopped"


def test_tags_and_deletion(rig, cloudwatch):
    alarm(cloudwatch, Tags=[{"Key": "team", "Value": "a"}])
    arn = cloudwatch.describe_alarms()["MetricAlarms"][0]["AlarmArn"]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "tier", "Value": "b"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "tier", "Value": "b"}]
    cloudwatch.delete_alarms(AlarmNames=["busy"])
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    with pytest.raises(ClientError) as caught:
        cloudwatch.list_tags_for_resource(ResourceARN=arn)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize(("settings", "code"), [
    ({"Period": 7}, "InvalidParameterValue"),
    ({"ExtendedStatistic": "p90"}, "InvalidParameterCombination"),
    ({"EvaluationPeriods": 2, "DatapointsToAlarm": 3}, "ValidationError"),
    ({"TreatMissingData": "later"}, "ValidationError"),
    ({"EvaluationPeriods": 2000}, "ValidationError"),
    ({"AlarmActions": ["mail"]}, "ValidationError"),
    ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "UnsupportedOperation"),
])
def test_alarms_that_make_no_sense_are_refused(cloudwatch, settings, code):
    with pytest.raises(ClientError) as caught:
        alarm(cloudwatch, **settings)
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("datum", [
    {"Value": 1, "Values": [1]},
    {"Values": [1, 2], "Counts": [1]},
    {"Value": 1, "StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}},
    {"Value": float("nan")},
    {"Value": 1, "Timestamp": datetime.datetime(2001, 1, 1)},
    {},
])
def test_data_that_makes_no_sense_is_refused(cloudwatch, datum):
    with pytest.raises(ClientError) as caught:
        cloudwatch.put_metric_data(Namespace="test", MetricData=[{"MetricName": "load", **datum}])
    assert caught.value.response["Error"]["Code"].startswith("InvalidParameter")
    assert cloudwatch.list_metrics(Namespace="test")["Metrics"] == []
