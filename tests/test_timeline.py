"""The timeline of a world, read through the rig's own interface."""

import datetime
import urllib.parse

import pytest
from conftest import image_of


@pytest.fixture
def rig(start):
    return start("--transitions", "instant")


def ask(rig, **query):
    reply = rig.own("GET", f"timeline?{urllib.parse.urlencode(query)}")
    assert reply.status == 200, reply.text
    return reply.json


def run(rig, zone="us-east-1a", count=1):
    ec2 = rig.client("ec2")
    made = ec2.run_instances(ImageId=image_of(ec2), InstanceType="m5.large", MinCount=count, MaxCount=count,
                             Placement={"AvailabilityZone": zone})
    return [instance["InstanceId"] for instance in made["Instances"]]


def test_a_new_world_has_a_timeline_without_anything(rig):
    found = ask(rig)
    assert found["begin"] is None
    assert found["events"] == {"lanes": [], "keeps": 5000, "forgotten": 0, "since": None}
    assert found["pools"] == {"count": 0, "shown": []}
    assert found["costs"] == {"kinds": [], "total": "0.000000000", "unpriced": []}
    assert found["span_seconds"] == 0.5  # A minute is the shortest time, in 120 spans.


def test_it_tells_what_happened_how_pools_went_and_what_it_cost(rig):
    instances = run(rig, count=3)
    rig.advance(3600)
    assert rig.own("PUT", "capacity", {"zone": "us-east-1a", "instance_type": "m5.large", "free": 0}).status == 200
    rig.advance(3600)
    rig.client("ec2").terminate_instances(InstanceIds=instances[1:])
    rig.advance(2 * 3600)
    found = ask(rig, spans=4)
    assert found["span_seconds"] == pytest.approx(3600, abs=5)

    lanes = {lane["detail_type"]: lane["counts"] for lane in found["events"]["lanes"]}
    states = lanes["EC2 Instance State-change Notification"]
    assert len(states) == 4 and states[0] >= 3 and states[2] >= 2 and states[3] == 0

    [pool] = found["pools"]["shown"]
    assert (pool["now"]["zone"], pool["now"]["instance_type"]) == ("us-east-1a", "m5.large")
    assert pool["used"][0] == 3 and pool["used"][-1] == 1
    assert pool["least_free"][0] > 0 and pool["least_free"][1:] == [0, 0, 2]
    assert pool["size"][-1] == 3

    kinds = {one["kind"]: one for one in found["costs"]["kinds"]}
    assert kinds["On-Demand Instances"]["hourly"] == pytest.approx([3 * 0.096] * 2 + [0.096] * 2, rel=0.01)
    bill = rig.own("GET", "bill").json
    assert float(found["costs"]["total"]) == pytest.approx(float(bill["total"]), rel=1e-3)


def test_a_part_of_the_time_can_be_looked_at(rig):
    run(rig)
    begin = datetime.datetime.fromisoformat(rig.own("GET", "clock").json["now"])
    rig.advance(7200)
    whole = ask(rig)
    part = ask(rig, **{"from": (begin + datetime.timedelta(hours=1)).isoformat().replace("+00:00", "Z"), "spans": 1})
    assert sum(sum(lane["counts"]) for lane in whole["events"]["lanes"]) > 0
    assert sum(sum(lane["counts"]) for lane in part["events"]["lanes"]) == 0
    assert float(part["costs"]["total"]) == pytest.approx(float(whole["costs"]["total"]) / 2, rel=0.01)
    assert part["pools"]["shown"][0]["used"] == [1]


def test_pools_are_chosen_by_words_and_the_fullest_come_first(rig):
    run(rig, "us-east-1a")
    run(rig, "us-east-1b")
    assert rig.own("PUT", "capacity", {"zone": "us-east-1b", "instance_type": "m5.large", "free": 0}).status == 200
    zones = [pool["now"]["zone"] for pool in ask(rig)["pools"]["shown"]]
    assert zones == ["us-east-1b", "us-east-1a"]
    few = ask(rig, pools=1)["pools"]
    assert (few["count"], len(few["shown"])) == (2, 1)
    named = ask(rig, pool="M5 1a")["pools"]
    assert [pool["now"]["zone"] for pool in named["shown"]] == ["us-east-1a"]


def test_events_that_were_let_go_are_counted(start):
    rig = start("--transitions", "instant", "--events", "4")
    run(rig, count=5)
    rig.advance(60)
    found = ask(rig)["events"]
    assert found["forgotten"] > 0 and found["since"] is not None
    assert sum(sum(lane["counts"]) for lane in found["lanes"]) == 4


@pytest.mark.parametrize(("query", "message"), [
    ("spans=0", "spans `0` is not a number from 1 to 500"),
    ("spans=many", "spans `many` is not a number from 1 to 500"),
    ("pools=1001", "pools `1001` is not a number from 0 to 1000"),
    ("from=yesterday", "from `yesterday` is not a time such as"),
    ("from=2030-01-01T00:00:00Z&until=2029-01-01T00:00:00Z", "ends at 2029-01-01T00:00:00.000Z before it begins"),
    ("span=3", "unknown field `span`"),
])
def test_what_cannot_be_asked_is_refused(shared, query, message):
    reply = shared.own("GET", f"timeline?{query}")
    assert reply.status == 400
    assert message in reply.json["error"]["message"]
