"""A pytest plugin that writes a JSON line for each case: its name, how it ended, and how many requests it sent.

    pytest -p probe --probe-out FILE …

A case that sends none tests nothing of the server, and does not count.
"""

import json

import pytest
import requests
from botocore.httpsession import URLLib3Session

sent = 0


def counted(send):
    def counting(self, request, *rest, **named):
        global sent
        if "/moto-api/" not in request.url:
            sent += 1
        return send(self, request, *rest, **named)

    return counting


URLLib3Session.send = counted(URLLib3Session.send)
requests.Session.send = counted(requests.Session.send)


def pytest_addoption(parser):
    parser.addoption("--probe-out", required=True)


def pytest_configure(config):
    config.stash[OUT] = open(config.getoption("--probe-out"), "w", encoding="utf-8")


OUT = pytest.StashKey()
FAILED = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    ended = item.stash.get(FAILED, "passed")
    if report.outcome != "passed" and ended == "passed":
        item.stash[FAILED] = report.outcome
        item.stash[WHY] = str(call.excinfo.value)[:300] if call.excinfo else ""


WHY = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    global sent
    sent = 0
    yield
    line = {"case": item.nodeid, "outcome": item.stash.get(FAILED, "passed"), "requests": sent}
    line["why"] = item.stash.get(WHY, "")
    print(json.dumps(line), file=item.config.stash[OUT], flush=True)
