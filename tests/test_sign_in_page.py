"""The sign-in page in a real browser, with real tools on the other side: whoever has a name and a password gets credentials of
roles in two accounts. Without Chromium and its driver only the pages' bytes are looked at, without version 2 of the AWS CLI the
tests do what its `aws sso login` does."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.parse
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from test_console import chromium  # noqa: F401
from test_sign_in import PASSWORD, REDIRECT, SCOPES, Proof, Workforce, asked

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def workforce(start):
    return Workforce(start("--transitions", "instant"))


class Browser:
    """Chromium at the sign-in page, as somebody sees it."""

    def __init__(self, driver, workforce):
        self.driver, self.workforce = driver, workforce
        driver.get(workforce.rig.endpoint + "/_ironbird/sign-in/style.css")
        driver.delete_all_cookies()
        driver.get_log("browser")

    def go(self, url):
        self.driver.get(url)

    def until(self, look):
        return WebDriverWait(self.driver, 20, 0.05, ignored_exceptions=(Exception,)).until(lambda _: look())

    def says(self, words):
        self.until(lambda: words in self.driver.find_element(By.TAG_NAME, "body").text)

    def heading(self):
        return self.driver.find_element(By.TAG_NAME, "h1").text

    def fill(self, **fields):
        for name, value in fields.items():
            field = self.driver.find_element(By.NAME, name)
            field.clear()
            field.send_keys(value)

    def press(self, label):
        self.driver.find_element(By.XPATH, f"//button[text()='{label}']").click()

    def sign_in(self, password=PASSWORD):
        self.until(lambda: self.heading() == "Sign in")
        self.fill(user_name="ann", password=password)
        self.press("Sign in")

    def complaints(self):
        """What the browser wrote to its console of the rig's pages, but for their statuses."""
        said = [it["message"] for it in self.driver.get_log("browser")]
        return [it for it in said if it.startswith(self.workforce.rig.endpoint) and "responded with a status" not in it]


@pytest.fixture
def browser(chromium, workforce):  # noqa: F811
    browser = Browser(chromium, workforce)
    yield browser
    assert browser.complaints() == []
    chromium.get("about:blank")


class Desk:
    """A user's machine: a configuration of two profiles, and a home of its own."""

    def __init__(self, workforce, home):
        self.workforce, self.home = workforce, Path(home)
        (self.home / ".aws").mkdir()
        profiles = "".join(f"[profile {name}]\nsso_session = office\nsso_account_id = {account}\nsso_role_name = Builder\n\n"
                           for name, account in [("work", workforce.work), ("main", workforce.center.id)])
        (self.home / ".aws" / "config").write_text(
            f"[sso-session office]\nsso_start_url = {workforce.start_url}\nsso_region = us-east-1\n"
            f"sso_registration_scopes = sso:account:access\n\n{profiles}")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "IRONBIRD_E"))}
        self.environment = {**kept, "HOME": str(self.home), "AWS_ENDPOINT_URL": workforce.rig.endpoint,
                            "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
                            "AWS_EC2_METADATA_DISABLED": "true", "PYTHONUNBUFFERED": "1"}

    def aws(self, *command, program=None, check=True):
        """The AWS CLI, without credentials but those of the sign-in."""
        beside = Path(sys.executable).with_name("aws")
        program = program or (beside if beside.exists() else "aws")
        done = subprocess.run([program, *command], env=self.environment, capture_output=True, text=True, timeout=120)
        assert not check or done.returncode == 0, done.stderr
        return json.loads(done.stdout) if check and done.stdout.strip() else done

    def keep(self, made, client):
        """Keeps tokens where the AWS CLI and the SDKs look for those of the session."""
        ends = lambda seconds: (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        kept = {"startUrl": self.workforce.start_url, "region": "us-east-1", "accessToken": made["accessToken"],
                "expiresAt": ends(made["expiresIn"]), "refreshToken": made["refreshToken"], **client,
                "registrationExpiresAt": ends(90 * 86_400)}
        cache = self.home / ".aws" / "sso" / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        (cache / (hashlib.sha1(b"office").hexdigest() + ".json")).write_text(json.dumps(kept))

    def is_ann_in_both_accounts(self, program=None):
        for profile, account in [("work", self.workforce.work), ("main", self.workforce.center.id)]:
            caller = self.aws("--profile", profile, "sts", "get-caller-identity", "--output", "json", program=program)
            pattern = f"arn:aws:sts::{account}:assumed-role/AWSReservedSSO_Builder_[0-9a-f]{{16}}/ann"
            assert re.fullmatch(pattern, caller["Arn"]), caller


@pytest.fixture
def desk(workforce, tmp_path):
    return Desk(workforce, tmp_path)


class Callback:
    """A tool that waits on its own machine for the browser to come back."""

    def __init__(self):
        seen = self.seen = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                where = urllib.parse.urlsplit(self.path)
                if where.path == "/oauth/callback":
                    seen.append(dict(urllib.parse.parse_qsl(where.query)))
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<title>Done</title><link rel=icon href='data:,'><h1>Done</h1>")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_port}/oauth/callback"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def callback():
    callback = Callback()
    yield callback
    callback.close()


def test_somebody_signs_in_and_out(browser, workforce):
    page = f"{workforce.rig.endpoint}/_ironbird/sign-in/{workforce.store}"
    browser.go(page)
    browser.sign_in("Correct-horse-2")
    browser.says("Wrong user name or password.")
    assert browser.driver.find_element(By.NAME, "user_name").get_attribute("value") == "ann"
    assert browser.driver.find_element(By.NAME, "password").get_attribute("value") == ""
    browser.sign_in()
    browser.says("Signed in as Ann")
    browser.says(f"work ({workforce.work}): Builder")
    assert browser.driver.current_url == page
    kept = {cookie["name"]: cookie for cookie in browser.driver.get_cookies()}["ironbird-sign-in"]
    assert kept["httpOnly"] and kept["sameSite"] == "Lax" and kept["path"] == "/_ironbird/sign-in"
    browser.press("Sign out")
    browser.until(lambda: browser.heading() == "Sign in")
    # The token is worth nothing any more, wherever it was copied to.
    assert workforce.lever("sso-oidc.who", token=kept["value"]).status == 401


def test_a_device_code_is_allowed(browser, workforce, desk):
    client = workforce.client(scopes=SCOPES)
    device = workforce.device(client)
    browser.go(device["verificationUriComplete"])
    browser.sign_in()
    browser.says(device["userCode"])
    assert browser.heading() == "Allow tool?"
    browser.press("Allow")
    browser.says("You can close this page.")
    desk.keep(workforce.redeem(client, device), client)
    desk.is_ann_in_both_accounts()
    # The same code is worth nothing twice.
    browser.go(device["verificationUriComplete"])
    browser.says("The code is wrong, was used, or has expired.")
    # One that is typed is as good, and can be denied.
    device = workforce.device(client)
    browser.go(device["verificationUri"])
    browser.fill(user_code=device["userCode"].lower())
    browser.press("Go on")
    browser.until(lambda: browser.heading() == "Allow tool?")
    browser.press("Deny")
    browser.says("The tool is told so.")


def test_a_tool_is_authorized(browser, workforce, desk, callback):
    client = workforce.client(grantTypes=["authorization_code", "refresh_token"], redirectUris=[REDIRECT], scopes=SCOPES,
                              issuerUrl=workforce.start_url)
    proof = Proof()
    query = urllib.parse.urlencode(asked(client, proof, redirect_uri=callback.uri))
    browser.go(f"{workforce.rig.endpoint}/authorize?{query}")
    browser.sign_in()
    browser.until(lambda: browser.heading() == "Allow tool?")
    browser.press("Deny")
    browser.until(lambda: browser.heading() == "Done")
    browser.go(f"{workforce.rig.endpoint}/authorize?{query}")
    browser.until(lambda: browser.heading() == "Allow tool?")
    browser.press("Allow")
    browser.until(lambda: browser.heading() == "Done")
    denied, allowed = callback.seen
    assert denied == {"error": "access_denied", "state": "a&b"} and allowed["state"] == "a&b"
    made = workforce.oidc.create_token(**client, grantType="authorization_code", code=allowed["code"],
                                       redirectUri=callback.uri, codeVerifier=proof.verifier)
    desk.keep(made, client)
    desk.is_ann_in_both_accounts()
    # Nobody is sent to an address that the client did not register.
    elsewhere = urllib.parse.urlencode(asked(client, proof, redirect_uri="http://example.com/oauth/callback"))
    browser.go(f"{workforce.rig.endpoint}/authorize?{elsewhere}")
    browser.says("The redirect URI is not one that the client registered.")


def cli_2():
    """Version 2 of the AWS CLI, which alone has `aws sso login`: AWS_CLI_2, or what is on the path."""
    program = os.environ.get("AWS_CLI_2") or shutil.which("aws")
    if program:
        version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
        found = re.match(r"aws-cli/2\.(\d+)", version)
        # Since 2.22 it redirects unless asked for a code.
        if found and int(found.group(1)) >= 22:
            return program
    return None


@pytest.mark.parametrize("flow", ["device", "redirect"])
def test_aws_sso_login(browser, workforce, desk, flow):
    program = cli_2()
    if program is None:
        pytest.skip("needs version 2 of the AWS CLI")
    options = ["--use-device-code"] if flow == "device" else []
    login = subprocess.Popen([program, "sso", "login", "--sso-session", "office", "--no-browser", *options], text=True,
                             env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wanted = "user_code=" if flow == "device" else "/authorize?"
        url = next(line.strip() for line in login.stdout if wanted in line)
        browser.go(url)
        browser.sign_in()
        browser.until(lambda: browser.heading() == "Allow botocore-client-office?")
        browser.press("Allow")
        rest = login.stdout.read()
        assert login.wait(timeout=60) == 0, rest
    finally:
        login.kill()
        login.stdout.close()
    assert "Successfully logged into Start URL" in rest
    desk.is_ann_in_both_accounts(program)
    desk.is_ann_in_both_accounts()
    desk.aws("sso", "logout", program=program, check=False)
    shutil.rmtree(desk.home / ".aws" / "cli", ignore_errors=True)
    refused = desk.aws("--profile", "work", "sts", "get-caller-identity", program=program, check=False)
    assert refused.returncode != 0


def test_a_token_is_refreshed_by_the_tools(workforce, desk):
    made, client = workforce.tokens()
    desk.keep({**made, "expiresIn": 60}, client)
    desk.is_ann_in_both_accounts()
    kept = json.loads((desk.home / ".aws" / "sso" / "cache" / (hashlib.sha1(b"office").hexdigest() + ".json")).read_text())
    assert kept["accessToken"] != made["accessToken"]


def test_nobody_else_sends_the_forms(workforce):
    rig, page = workforce.rig, f"/_ironbird/sign-in/{workforce.store}"
    shown = rig.send("GET", page)
    assert shown.status == 200 and shown.headers["content-type"] == "text/html; charset=utf-8"
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "script" not in policy
    assert (shown.headers["cache-control"], shown.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert "<script" not in shown.text and " style=" not in shown.text
    cookie = shown.headers["set-cookie"].split(";")[0]
    mark = re.search('name="mark" value="(.*?)"', shown.text).group(1)
    form = {"user_name": "ann", "password": PASSWORD, "mark": mark, "next": page}
    send = lambda fields, **headers: rig.send("POST", f"{page}/sign-in", urllib.parse.urlencode(fields).encode(), {**FORM, **headers})
    # Without the cookie, with another mark, from another site.
    assert send(form).status == 403
    assert send({**form, "mark": "guess"}, Cookie=cookie).status == 403
    assert send(form, Cookie=cookie, Origin="https://example.com").status == 403
    assert send(form, Cookie=cookie, **{"Content-Type": "application/json"}).status == 415
    signed_in = send(form, Cookie=cookie, Origin=rig.endpoint)
    assert (signed_in.status, signed_in.headers["location"]) == (303, page)
    assert "HttpOnly; SameSite=Lax" in signed_in.headers["set-cookie"]
    # Signing in leads to a page of ours only.
    away = send({**form, "next": "https://example.com/"}, Cookie=cookie)
    assert away.headers["location"] == "/_ironbird/sign-in"
    evil = rig.send("GET", f"{page}/device?user_code=%22%3E%3Cscript%3E")
    assert "<script" not in evil.text
    assert rig.send("GET", "/_ironbird/sign-in/a/b/c").status == 404
    # The rest of the rig's own interface takes no forms.
    refused = rig.send("POST", "/_ironbird/reset", b"a=b", FORM)
    assert refused.status == 400


def test_passwords_are_not_tried_out(workforce):
    rig, page = workforce.rig, f"/_ironbird/sign-in/{workforce.store}"
    shown = rig.send("GET", page)
    cookie = shown.headers["set-cookie"].split(";")[0]
    mark = re.search('name="mark" value="(.*?)"', shown.text).group(1)

    def send(password, name="ann"):
        form = {"user_name": name, "password": password, "mark": mark, "next": page}
        return rig.send("POST", f"{page}/sign-in", urllib.parse.urlencode(form).encode(), {**FORM, "Cookie": cookie}).status

    # A right one in between begins the count anew.
    assert [send("guess") for _ in range(4)] + [send(PASSWORD)] == [403] * 4 + [303]
    assert [send("guess") for _ in range(5)] == [send("guess", "nobody") for _ in range(5)] == [403] * 5
    refused = workforce.lever("sso-oidc.sign-in", identityStoreId=workforce.store, userName="ann", password=PASSWORD)
    assert send(PASSWORD) == 403 and refused.message == "Wrong user name or password."
    # To go on guessing makes it no longer.
    rig.advance(600)
    assert send("guess") == 403
    rig.advance(300)
    assert send(PASSWORD) == 303
    assert [send("guess") for _ in range(5)] + [send(PASSWORD)] == [403] * 6
    workforce.password("ann", PASSWORD)
    assert send(PASSWORD) == 303


def test_the_page_of_another_directory_knows_nobody(browser, workforce):
    other = Workforce(workforce.rig)
    browser.go(f"{workforce.rig.endpoint}/_ironbird/sign-in/{workforce.store}")
    browser.sign_in()
    browser.says("Signed in as Ann")
    browser.go(f"{workforce.rig.endpoint}/_ironbird/sign-in/{other.store}")
    browser.until(lambda: browser.heading() == "Sign in")
