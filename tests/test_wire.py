"""Bad input of every protocol: AWS's error in the protocol's own form, nothing changed, and the rig goes on."""

import gzip
import json
import socket
import subprocess

import pytest
from botocore.exceptions import ClientError

STS = "2011-06-15"
EC2 = "2016-11-15"
ROLE = "arn:aws:iam::999999999999:role/Deploy"
JSON = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.DescribeTable"}
CBOR = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def alive(rig):
    return rig.client("sts").get_caller_identity()["Account"] == "123456789012"


def state(rig):
    return rig.own("GET", "state").json["hash"]


def test_every_answer_has_one_date_and_a_request_id(shared):
    for reply in (shared.query("sts", STS, "GetCallerIdentity"), shared.query("sts", STS, "Nothing")):
        assert len(reply.headers.get_all("date")) == 1
        assert len(reply.headers["x-amzn-requestid"]) == 36
        assert reply.headers["x-amzn-requestid"] in reply.text
        assert "server" not in reply.headers


# What is not there.


def test_unknown_operations(shared):
    reply = shared.query("sts", STS, "Nothing")
    assert (reply.status, reply.code) == (400, "InvalidAction")
    assert reply.message == "Could not find operation Nothing for version 2011-06-15"
    reply = shared.query("ec2", EC2, "Nothing")
    assert (reply.status, reply.code) == (400, "InvalidAction")
    assert reply.message == "The action Nothing is not valid for this web service."
    reply = shared.signed("dynamodb", body=b"{}", headers={**JSON, "X-Amz-Target": "DynamoDB_20120810.Nothing"})
    assert (reply.status, reply.code) == (400, "UnknownOperationException")
    reply = shared.signed("lambda", "GET", "/2015-03-31/nothing")
    assert (reply.status, reply.code) == (404, "UnknownOperationException")
    reply = shared.signed("s3", "PATCH", "/bucket?nothing")
    assert reply.status == 404
    path = "/service/GraniteServiceVersion20100801/operation/Nothing"
    reply = shared.signed("monitoring", path=path, headers=CBOR)
    assert reply.status == 404


def test_unknown_services_and_marks(shared):
    reply = shared.signed("nothing")
    assert (reply.status, reply.code) == (501, "NotImplemented")
    assert "`nothing`" in reply.message
    reply = shared.send("GET", "/")
    assert (reply.status, reply.code) == (400, "UnknownService")
    reply = shared.send("POST", "/", b"{}", {"Content-Type": "application/json"})
    assert reply.json["__type"] == "UnknownService"


def test_unknown_regions(shared):
    for service, code, status in (
        ("sts", "SignatureDoesNotMatch", 403),
        ("ec2", "AuthFailure", 401),
        ("dynamodb", "InvalidSignatureException", 400),
    ):
        with pytest.raises(ClientError) as caught:
            client = shared.client(service, region="mars-north-1")
            operation = {"sts": "get_caller_identity", "ec2": "describe_regions", "dynamodb": "list_tables"}[service]
            getattr(client, operation)()
        answer = caught.value.response
        assert answer["Error"]["Code"] == code
        assert "mars-north-1" in answer["Error"]["Message"]
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == status


def test_operations_nobody_wrote_are_validated_first(shared):
    reply = shared.signed("dynamodb", body=b"{}", headers=JSON)
    assert (reply.status, reply.code) == (400, "ValidationException")
    reply = shared.signed("dynamodb", body=b'{"TableName":"music"}', headers=JSON)
    assert (reply.status, reply.code) == (501, "NotImplemented")
    reply = shared.query("ec2", EC2, "CreateFpgaImage")
    assert (reply.code, reply.message) == (
        "MissingParameter",
        "The request must contain the parameter InputStorageLocation",
    )
    reply = shared.query("ec2", EC2, "CreateFpgaImage", **{"InputStorageLocation.Bucket": "a"})
    assert (reply.status, reply.code) == (501, "NotImplemented")


def test_refused_calls_are_audited(start):
    rig = start()
    rig.signed("dynamodb", body=b'{"TableName":"music"}', headers=JSON)
    call = rig.own("GET", "audit").json["calls"][0]
    assert (call["service"], call["operation"], call["error_code"]) == ("dynamodb", "DescribeTable", "NotImplemented")
    assert call["request"] == {"tableName": "music"}


def test_unknown_parameters(shared):
    reply = shared.query("ec2", EC2, "CreateFpgaImage", **{"InputStorageLocation.Bucket": "a", "Color": "red"})
    assert (reply.status, reply.code) == (400, "UnknownParameter")
    assert "Color" in reply.message
    reply = shared.query("sts", STS, "GetCallerIdentity", Color="red")
    assert reply.status == 200
    assert reply.headers["x-ironbird-no-effect"] == "GetCallerIdentity.Color (unknown)"


# What is broken.


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b"\xff\xfe", b'{"TableName":7}', b'{"TableName":"x"}}', b'{"a":' * 5000]
)
def test_malformed_json(shared, body):
    reply = shared.signed("dynamodb", body=body, headers=JSON)
    assert reply.status in (400, 413)
    assert reply.code in ("SerializationException", "RequestEntityTooLarge")
    assert alive(shared)


@pytest.mark.parametrize("body", [b"\xff", b"\xa1", b"\x9f" * 5000, b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", b"{}"])
def test_malformed_cbor(shared, body):
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    reply = shared.signed("monitoring", path=path, body=body, headers=CBOR)
    assert reply.status in (400, 413), reply.body
    assert reply.headers["content-type"] == "application/cbor"
    assert reply.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert alive(shared)


@pytest.mark.parametrize("body", [b"<", b"<a>", b"<a></b>", b"\xff", b"<!DOCTYPE x [<!ENTITY a 'b'>]><a>&a;</a>"])
def test_malformed_xml(shared, body):
    reply = shared.signed("s3", "PUT", "/bucket?tagging", body=body)
    assert reply.status == 400, reply.body
    assert reply.code == "MalformedXML"


@pytest.mark.parametrize(
    "body",
    [
        b"Action=AssumeRole&Version=2011-06-15&RoleArn=%",
        b"Action=AssumeRole&Version=2011-06-15&RoleArn=\xff",
        b"Action=AssumeRole&Version=2011-06-15&DurationSeconds=many",
        b"Action=AssumeRole&Version=2011-06-15&DurationSeconds=99999999999999999999",
        b"Action=AssumeRole&Version=2011-06-15&Tags.member.99999999999999999999.Key=a",
        b"Action=AssumeRole&Version=2011-06-15&Tags.member.x.Key=a",
    ],
)
def test_malformed_forms(still, body):
    before = state(still)
    reply = still.signed("sts", body=body, headers=FORM)
    assert 400 <= reply.status < 500
    assert reply.code
    assert state(still) == before


def test_forms_without_an_action(shared):
    reply = shared.signed("sts", body=b"Version=2011-06-15", headers=FORM)
    assert (reply.status, reply.code) == (400, "MissingAction")


def test_absurd_numbers(shared):
    many = {f"PolicyArns.member.{number}.arn": "arn:aws:iam::aws:policy/A" for number in range(1, 3000)}
    reply = shared.query("sts", STS, "AssumeRole", RoleArn=ROLE, RoleSessionName="me", **many)
    assert (reply.status, reply.code) == (400, "ValidationError")
    reply = shared.query("ec2", EC2, "DescribeSpotFleetRequests", MaxResults="-1")
    assert reply.status in (400, 501)
    assert alive(shared)


def test_depth_is_bounded(shared):
    body = b'{"Item":' + b'{"a":{"M":' * 3000 + b"{}" + b"}}" * 3000 + b',"TableName":"t"}'
    reply = shared.signed("dynamodb", body=body, headers={**JSON, "X-Amz-Target": "DynamoDB_20120810.PutItem"})
    assert reply.status in (400, 413)
    assert alive(shared)


# What is too much.


def test_huge_bodies_are_refused(shared):
    reply = shared.signed("dynamodb", body=b" " * (17 * 1024 * 1024), headers=JSON)
    assert (reply.status, reply.code) == (413, "RequestEntityTooLarge")
    reply = shared.signed("sts", body=b"x" * (17 * 1024 * 1024), headers=FORM)
    assert (reply.status, reply.code) == (413, "RequestEntityTooLarge")
    assert alive(shared)


def test_announced_sizes_cost_nothing(shared):
    head = b"POST / HTTP/1.1\r\nHost: sts.localhost\r\nContent-Length: 99999999999999\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as connection:
        connection.sendall(head)
        assert b" 413 " in connection.recv(65536)


def test_compressed_bodies_are_bounded(shared):
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    reply = shared.signed("dynamodb", body=bomb, headers={**JSON, "Content-Encoding": "gzip"})
    assert (reply.status, reply.code) == (413, "RequestEntityTooLarge")
    reply = shared.signed("dynamodb", body=gzip.compress(b"{}"), headers={**JSON, "Content-Encoding": "gzip"})
    assert reply.code == "ValidationException"
    reply = shared.signed("dynamodb", body=b"{}", headers={**JSON, "Content-Encoding": "gzip"})
    assert reply.status == 415


def test_huge_heads_are_refused(shared):
    reply = shared.send("GET", "/" + "a" * 100_000)
    assert reply.status in (414, 431)
    reply = shared.send("POST", "/", b"", {f"X-{number}": "x" for number in range(150)})
    assert reply.status == 431
    assert alive(shared)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"GET",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nAction=AssumeRole",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 200,
    ],
)
def test_cut_connections_change_nothing(still, raw):
    before = state(still)
    with socket.create_connection(("127.0.0.1", still.port), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
    assert state(still) == before
    assert alive(still)


# Who calls.


def test_unsigned_calls_are_refused(shared):
    reply = shared.send("GET", f"/?Action=GetCallerIdentity&Version={STS}")
    assert (reply.status, reply.code) == (403, "MissingAuthenticationToken")
    reply = shared.send("GET", f"/?Action=DescribeRegions&Version={EC2}")
    assert (reply.status, reply.code) == (400, "MissingParameter")
    reply = shared.send("POST", "/", b"{}", JSON)
    assert (reply.status, reply.code) == (400, "MissingAuthenticationTokenException")


def test_no_question_is_asked_where_authorization_is_off(start):
    rig = start("--auth", "off")
    reply = rig.send("GET", f"/?Action=GetCallerIdentity&Version={STS}")
    assert reply.status == 200 and "arn:aws:iam::123456789012:root" in reply.text
    reply = rig.send("GET", f"/?Action=GetCallerIdentity&Version={STS}", headers={"Authorization": "nonsense"})
    assert reply.status == 200


@pytest.mark.parametrize(
    "header, status, code",
    [
        ("AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/sts", 400, "IncompleteSignature"),
        ("AWS4-HMAC-SHA256 nonsense", 400, "IncompleteSignature"),
        ("Bearer abc", 403, "MissingAuthenticationToken"),
    ],
)
def test_malformed_authorization(shared, header, status, code):
    reply = shared.send("GET", f"/?Action=GetCallerIdentity&Version={STS}", headers={"Authorization": header})
    assert (reply.status, reply.code) == (status, code)


def test_wrong_signatures(enforcing):
    reply = enforcing.signed("sts", body=b"Action=GetCallerIdentity&Version=2011-06-15", headers=FORM, secret="wrong")
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
    assert reply.message.startswith("The request signature we calculated does not match")
    reply = enforcing.signed("ec2", body=b"Action=DescribeRegions&Version=2016-11-15", headers=FORM, secret="wrong")
    assert (reply.status, reply.code) == (401, "AuthFailure")
    reply = enforcing.signed("dynamodb", body=b'{"TableName":"t"}', headers=JSON, secret="wrong")
    assert (reply.status, reply.code) == (400, "InvalidSignatureException")
    reply = enforcing.signed("sts", body=b"Action=GetCallerIdentity&Version=2011-06-15", headers=FORM)
    assert reply.status == 200


def test_the_body_is_signed(enforcing):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest("POST", enforcing.endpoint + "/", headers=FORM, data=body)
    SigV4Auth(Credentials("123456789012", "ironbird"), "sts", "us-east-1").add_auth(request)
    assert enforcing.send("POST", "/", body, dict(request.headers)).status == 200
    reply = enforcing.send("POST", "/", body + b"&x=y", dict(request.headers))
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")


def test_presigned_requests(enforcing):
    url = enforcing.client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
    path = url.removeprefix(enforcing.endpoint)
    assert enforcing.send("GET", path).status == 200
    reply = enforcing.send("GET", path.replace("Action=GetCallerIdentity", "Action=GetSessionToken"))
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")


# The rig's own interface.


@pytest.mark.parametrize(
    "method, path, body, part",
    [
        ("POST", "clock/advance", {"seconds": -1}, "only goes ahead"),
        ("POST", "clock/advance", {"seconds": 1e300}, "ten years"),
        ("POST", "clock/advance", {"minutes": 1}, "unknown field `minutes`"),
        ("POST", "clock/rate", {"rate": -1}, "rate -1"),
        ("PUT", "capacity", {"zone": "us-east-1", "instance_type": "m5.large", "free": 0}, "its zones are"),
        ("PUT", "capacity", {"zone": "us-east-1a", "instance_type": "m5.huge", "free": 0}, "no instance type"),
        ("PUT", "capacity", {"zone": "us-east-1a", "instance_type": "m5.large", "free": -1}, "invalid value"),
        ("PUT", "faults/x", {"service": "ec3", "code": "A"}, "no service ec3"),
        ("PUT", "faults/x", {"service": "ec2", "operation": "Nothing", "code": "A"}, "no operation Nothing"),
        ("PUT", "faults/x", {"code": "A", "share": 2.0}, "not between 0 and 1"),
        ("PUT", "faults/x", {"code": "A", "status": 200}, "400 to 599"),
        ("GET", "bill?from=yesterday", None, "is not a time"),
        ("GET", "audit?limit=0", None, "limit"),
    ],
)
def test_input_that_makes_no_sense(shared, method, path, body, part):
    reply = shared.own(method, path, body)
    assert reply.status == 400, reply.text
    assert part in reply.message


def test_the_interface_is_not_for_other_web_pages(shared):
    reply = shared.send("POST", "/_ironbird/reset", b"{}", {"Origin": "http://evil.example", "Content-Type": "text/plain"})
    assert reply.status == 403
    reply = shared.send("POST", "/_ironbird/clock/advance", b'{"seconds":1}', {"Content-Type": "text/plain"})
    assert reply.status == 400
    assert shared.own("GET", "nothing").status == 404
    assert shared.own("DELETE", "faults/nothing").status == 404


def test_faults(start):
    rig = start()
    rig.own("PUT", "faults/half", {"service": "sts", "operation": "GetCallerIdentity", "code": "Busy", "status": 503})
    with pytest.raises(ClientError, match="Busy"):
        rig.client("sts").get_caller_identity()
    rig.client("sts").get_session_token()
    rig.own("DELETE", "faults/half")
    assert alive(rig)
    rig.own("PUT", "faults/hour", {"code": "Busy", "for_seconds": 3600})
    with pytest.raises(ClientError, match="Busy"):
        rig.client("sts").get_caller_identity()
    rig.advance(3600)
    assert alive(rig)


def test_reset(start):
    rig = start()
    before = state(rig)
    credentials = rig.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    rig.advance(3600)
    assert state(rig) != before
    assert rig.run("reset").returncode == 0
    assert state(rig) == before
    again = rig.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    assert again["AccessKeyId"] == credentials["AccessKeyId"]


# The command line.


def test_exit_statuses_mean_something(start):
    rig = start()
    assert rig.run("clock").returncode == 0
    assert "2 h" in rig.run("clock", "advance", "2 h", check=False).stderr
    failed = rig.run("capacity", "set", "--zone", "nowhere", "--type", "m5.large", "--free", "0", check=False)
    assert failed.returncode == 2 and "there is no zone nowhere" in failed.stderr
    failed = rig.run("clock", "--endpoint", "http://127.0.0.1:1", check=False)
    assert failed.returncode == 2 and "start one with `ironbird up`" in failed.stderr
    failed = rig.run("up", "--port", str(rig.port), check=False)
    assert failed.returncode == 2 and "choose another with --port" in failed.stderr
    assert rig.stop() == 0


def test_env_is_for_shells_and_programs(shared):
    script = shared.run("env", "--account", "999999999999", "--region", "eu-west-1").stdout
    command = script + "\necho $AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID $AWS_REGION"
    shown = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout.split()
    assert shown == [shared.endpoint, "999999999999", "eu-west-1"]
    assert json.loads(shared.run("env", "--json").stdout)["AWS_SECRET_ACCESS_KEY"] == "ironbird"


def test_completions(shared):
    for shell in ("bash", "zsh", "fish", "powershell"):
        assert "capacity" in shared.run("completions", shell).stdout
