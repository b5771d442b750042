"""`aws configure sso`, which asks its questions at a terminal, answered as a user answers them."""

import os
import pty
import re
import select
import signal
import time

import pytest
from test_sign_in import Workforce
from test_sign_in_page import Desk, cli_2


class Terminal:
    """A program at a terminal."""

    def __init__(self, program, *arguments, environment):
        self.seen = ""
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.execvpe(program, [program, *arguments], environment)

    def until(self, pattern, seconds=30):
        """Reads until something is there that matches, and gives it."""
        end = time.monotonic() + seconds
        while (found := re.search(pattern, self.seen)) is None:
            assert time.monotonic() < end, f"no {pattern!r} in {self.seen[-2000:]!r}"
            if select.select([self.end], [], [], 0.2)[0]:
                read = os.read(self.end, 65536).decode(errors="replace")
                if "\x1b[6n" in read:
                    # It asks where the cursor is, and waits for the answer.
                    os.write(self.end, b"\x1b[1;1R")
                self.seen += read
        self.seen = self.seen[found.end():]
        return found

    def answer(self, question, text):
        """Answers a question once the program listens for it."""
        self.until(question)
        time.sleep(0.3)
        os.write(self.end, text.encode() + b"\r")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.end)


@pytest.fixture
def workforce(start):
    return Workforce(start("--transitions", "instant"))


@pytest.mark.skipif(cli_2() is None, reason="needs version 2 of the AWS CLI")
def test_aws_configure_sso(workforce, tmp_path):
    desk = Desk(workforce, tmp_path)
    config = desk.home / ".aws" / "config"
    config.unlink()
    environment = {**desk.environment, "TERM": "xterm"}
    terminal = Terminal(cli_2(), "configure", "sso", "--no-browser", "--use-device-code", environment=environment)
    try:
        terminal.answer("session name", "office")
        terminal.answer("start URL", workforce.start_url)
        terminal.answer("[Rr]egion", "us-east-1")
        terminal.answer("scopes", "sso:account:access")
        code = terminal.until("[A-Z]{4}-[A-Z]{4}").group()
        workforce.pull("sso-oidc.answer-device", token=workforce.sign_in(), userCode=code, allow=True)
        # The first of the accounts that the portal lists, and the only role there.
        terminal.answer("accounts available", "")
        terminal.answer("[Rr]egion", "us-east-1")
        terminal.answer("output format", "json")
        terminal.answer("[Pp]rofile name", "mine")
        terminal.until("aws sts get-caller-identity --profile mine")
    finally:
        terminal.close()
    written = config.read_text()
    account = re.search(r"sso_account_id = (\d+)", written).group(1)
    assert account in (workforce.work, workforce.center.id) and "sso_role_name = Builder" in written
    caller = desk.aws("--profile", "mine", "sts", "get-caller-identity", program=cli_2())
    assert caller["Arn"].startswith(f"arn:aws:sts::{account}:assumed-role/AWSReservedSSO_Builder_")
