"""Rigs to test against, each a process of its own, and clients that talk to them as any tool would."""

import http.client
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parent.parent
ACCOUNT = "123456789012"
SECRET = "ironbird"


_accounts = itertools.count(700000000000)


def fresh_account():
    """An account that no other test uses."""
    return str(next(_accounts))


def image_of(ec2, architecture="x86_64", name="al2023-ami-2*"):
    """The newest image of Amazon's with such a name."""
    images = ec2.describe_images(Owners=["amazon"], Filters=[
        {"Name": "architecture", "Values": [architecture]}, {"Name": "name", "Values": [name]}])["Images"]
    return sorted(images, key=lambda image: image["CreationDate"])[-1]["ImageId"]


def error(call, *arguments, **named):
    """Code, message and status of the error that a call must end with."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    response = caught.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def worded(call, *arguments, **named):
    """The same without the status."""
    return error(call, *arguments, **named)[:2]


def binary():
    """The rig to test: IRONBIRD_BIN, or IRONBIRD as `cargo xtask test` sets it, or the debug build."""
    named = os.environ.get("IRONBIRD_BIN") or os.environ.get("IRONBIRD")
    return Path(named) if named else ROOT / "target" / "debug" / "ironbird"


def shell_environment(region):
    """The variables of a user's shell in the tests' account."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "IRONBIRD_E"))},
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


class Shell:
    """A user's shell in a folder of its own, with a rig of its own, in which a practice is tried."""

    practice = None

    def __init__(self, rig, folder, region):
        self.rig, self.folder, self.region = rig, folder, region
        # Credentials in the place of the tests' account's.
        self.credentials = {}

    def _run(self, command, check=True):
        environment = {**shell_environment(self.region), "AWS_ENDPOINT_URL": self.rig.endpoint, **self.credentials}
        done = subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=120)
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done

    def aws(self, *command, check=True):
        program = Path(sys.executable).with_name("aws")
        done = self._run([program if program.exists() else "aws", *command, "--output", "json"], check)
        return json.loads(done.stdout) if check and done.stdout.strip() else done

    def ironbird(self, *command, check=False):
        return self._run([binary(), *command], check)

    def check(self, *options):
        done = self.ironbird("check", self.practice, "--json", *options)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def groups(self):
        groups = self.aws("autoscaling", "describe-auto-scaling-groups")["AutoScalingGroups"]
        return {group["AutoScalingGroupName"]: group for group in groups}

    def subnets(self):
        found = self.aws("ec2", "describe-subnets")["Subnets"]
        return {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in found}

    def image(self, architecture="x86_64"):
        return self.aws("ec2", "describe-images", "--owners", "amazon", "--filters",
                        f"Name=architecture,Values={architecture}", "Name=name,Values=al2023-ami-2*")["Images"][0]["ImageId"]

    def template(self, name, architecture="x86_64", **data):
        self.aws("ec2", "create-launch-template", "--launch-template-name", name, "--launch-template-data",
                 json.dumps({"ImageId": self.image(architecture), **data}))


def eventually(look, expected, seconds=10):
    """Looks until it is as expected: what one service hears of another, it hears right after the answer."""
    end = time.monotonic() + seconds
    while (found := look()) != expected and time.monotonic() < end:
        time.sleep(0.02)
    assert found == expected


def rules(findings):
    """The rules that found something, without the practice's name."""
    return sorted({finding["rule"].split("/")[1] for finding in findings["findings"]})


def what_it_is(group):
    """What a group launches and where, without what changes by itself."""
    return {name: value for name, value in group.items() if name not in ("Instances",)}


class Reply:
    """An answer, as it came."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The error code, whichever form the answer has."""
        if self.headers.get("x-amzn-errortype"):
            return self.headers["x-amzn-errortype"]
        if self.body[:1] == b"{":
            return self.json.get("__type") or self.json["error"]["code"]
        found = re.search(r"<Code>(.*?)</Code>", self.text)
        return found and found.group(1)

    @property
    def message(self):
        if self.body[:1] == b"{":
            return self.json.get("message") or self.json.get("Message") or self.json["error"]["message"]
        return re.search(r"<Message>(.*?)</Message>", self.text, re.S).group(1)


class Rig:
    """A running `ironbird up`."""

    def __init__(self, *options):
        self.options = options
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "IRONBIRD"))}
        self.process = subprocess.Popen(
            [binary(), "up", "--port", "0", *options], stdout=subprocess.PIPE, text=True, env=environment
        )
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+?:(\d+)", line)
        assert found, f"the rig did not start: {line!r}"
        self.port = int(found.group(1))
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def client(self, service, key=ACCOUNT, secret=SECRET, token=None, region="us-east-1"):
        """A boto3 client that does not try again, so that tests see every answer."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30),
        )

    def session(self, credentials, service="sts", region="us-east-1"):
        """A client with credentials as STS hands them out."""
        return self.client(
            service, credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], region
        )

    def send(self, method="POST", path="/", body=b"", headers=None):
        """One request with exactly these headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def signed(self, service, method="POST", path="/", body=b"", headers=None, region="us-east-1", **credentials):
        """One request, signed for `service`."""
        request = AWSRequest(method, self.endpoint + path, headers=headers or {}, data=body)
        key = Credentials(
            credentials.get("key", ACCOUNT), credentials.get("secret", SECRET), credentials.get("token")
        )
        SigV4Auth(key, service, region).add_auth(request)
        return self.send(method, path, body, dict(request.headers))

    def query(self, service, version, action, headers=None, **parameters):
        """A signed query request, with parameters as they stand."""
        form = {"Action": action, "Version": version, **parameters}
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **(headers or {})}
        return self.signed(service, body=urllib.parse.urlencode(form).encode(), headers=headers)

    def own(self, method, path, body=None):
        """The rig's own interface."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        return self.send(method, f"/_ironbird/{path}", json.dumps(body) if body is not None else b"", headers)

    def advance(self, seconds):
        reply = self.own("POST", "clock/advance", {"seconds": seconds})
        assert reply.status == 200, reply.text
        return reply.json

    def run(self, *command, check=True):
        """The command line, talking to this rig."""
        environment = {**os.environ, "IRONBIRD_ENDPOINT": self.endpoint}
        return subprocess.run(
            [binary(), *command], env=environment, capture_output=True, text=True, check=check, timeout=60
        )

    def aws(self, *command, check=True):
        """The AWS CLI, pointed at this rig by what `ironbird env` prints."""
        variables = json.loads(self.run("env", "--json").stdout)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        program = Path(sys.executable).with_name("aws")
        return subprocess.run(
            [program if program.exists() else "aws", *command],
            env={**environment, **variables},
            capture_output=True,
            text=True,
            check=check,
            timeout=120,
        )

    def stop(self):
        """Ends it as Ctrl-C does; gives the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout=20)
        finally:
            self.process.kill()
            self.process.stdout.close()

    def kill(self):
        """Ends it as a power cut does."""
        self.process.kill()
        self.process.wait(timeout=20)
        self.process.stdout.close()


@pytest.fixture(scope="session")
def shared():
    """One rig for all tests that leave nothing behind that matters to others."""
    rig = Rig("--transitions", "instant")
    yield rig
    rig.stop()


@pytest.fixture(scope="session")
def still():
    """One rig whose clock stands still: nothing in it changes but by a call."""
    rig = Rig("--transitions", "instant")
    assert rig.own("POST", "clock/rate", {"rate": 0}).status == 200
    yield rig
    rig.stop()


@pytest.fixture(scope="session")
def enforcing():
    """One rig that verifies signatures."""
    rig = Rig("--auth", "enforce", "--transitions", "instant")
    yield rig
    rig.stop()


@pytest.fixture
def start():
    """Starts rigs with options; all are ended after the test."""
    rigs = []

    def make(*options):
        rigs.append(Rig(*options))
        return rigs[-1]

    yield make
    for rig in rigs:
        if rig.process.poll() is None:
            rig.kill()


@pytest.fixture
def ec2(shared):
    """A client of an account that nothing was done in yet."""
    return shared.client("ec2", key=fresh_account())
