"""The post's walkthrough with real git: a branch is checked, reorganized, and a fault is hunted in it."""

import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from conftest import ROOT, binary

WHY = "\n\nReaders asked for it, because the old output\nnamed no file and they had to guess."
SETTLED = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{role}_NAME": "Ada" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "ada@example.com" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_DATE": "2026-03-02T09:00:00Z" for role in ("AUTHOR", "COMMITTER")},
}


class Desk:
    """A repository, and the two programs that work on it."""

    def __init__(self, folder):
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")

    def _run(self, *command):
        hidden = self.folder / ".git"
        environment = {**os.environ, **SETTLED, "XDG_CACHE_HOME": str(hidden / "cache"), "TMPDIR": str(hidden)}
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300)

    def git(self, *arguments):
        done = self._run("git", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, message, **files):
        for name, text in files.items():
            (self.folder / name.replace("__", "/").replace("_dot_", ".")).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def ironbird(self, verb, *options):
        done = self._run(str(binary()), verb, "commit-story", *options)
        return done.returncode, done.stdout, done.stderr

    def check(self, *options):
        status, out, _ = self.ironbird("check", "--json", *options)
        return status, json.loads(out)

    def subjects(self, revisions):
        return self.git("log", "--reverse", "--format=%s", revisions).splitlines()


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def post(desk):
    """The history that the post shows with `git blame` and `git log --oneline`."""
    desk.commit("oldname.py: create printout script", oldname_dot_py='import re\n\nprint("Hello world")\n')
    desk.commit("test.py: commonize test setup", test_dot_py="def setup():\n    pass\n")
    desk.git("mv", "oldname.py", "my-file.py")
    desk.commit("my-file.py: rename from oldname.py")
    text = 'import os\nimport re\n\nprint("Hello world")\nprint(os.stat("README"))\n'
    (desk.folder / "my-file.py").write_text(text)
    (desk.folder / "README").write_text("Title\n")
    desk.commit("my-file.py: add README stat printout")
    desk.commit("README.md: update project title", README="A better title\n")
    return desk


def figures(findings):
    return {figure["label"]: figure["value"] for figure in findings["figures"]}


def test_the_posts_history_is_told_by_blame_and_log_and_loses_nothing(post):
    named = [line.split()[0] for line in post.git("blame", "-s", "my-file.py").splitlines()]
    assert [name == named[0] for name in named] == [True, False, False, False, True]
    assert len(post.git("log", "--oneline", "--follow", "my-file.py").splitlines()) == 3
    status, findings = post.check()
    assert (status, findings["findings"]) == (0, [])
    assert figures(findings)["score"] == 100


def messy(desk):
    """The branch that the post warns of."""
    desk.commit("Begin", a_dot_py="def a():\n    pass\n", b_dot_py="def b():\n    pass\n")
    desk.git("branch", "base")
    lines = "".join(f"    print({number})\n" for number in range(10))
    desk.commit("a: print numbers" + WHY, a_dot_py="def a():\n" + lines)
    desk.commit("b: print letters" + WHY, b_dot_py="def b():\n" + lines.replace("print(", "letter("))
    desk.commit("Fix typo", a_dot_py="def a():\n" + lines.replace("print(3)", "print(33)"))
    desk.commit("update", b_dot_py="def b():\n" + lines.replace("print(", "letter(") + "    done()\n")
    return desk


def test_every_format_tells_the_same_and_the_exit_status_is_by_findings_or_score(desk):
    messy(desk)
    status, findings = desk.check("--range", "base..HEAD")
    rules = sorted(finding["rule"] for finding in findings["findings"])
    assert (status, rules) == (1, ["commit-story/fixup", "commit-story/subject"])
    lost = sum(finding["figure"]["value"] for finding in findings["findings"])
    assert figures(findings)["score"] == pytest.approx(100 - lost / 4)

    def written(form):
        return desk.ironbird("check", "--range", "base..HEAD", form)[1]

    assert "Fold it into" in desk.ironbird("check", "--range", "base..HEAD")[1]
    results = json.loads(written("--sarif"))["runs"][0]["results"]
    assert {result["ruleId"] for result in results} == set(rules)
    suite = ElementTree.fromstring(written("--junit")).find("testsuite")
    assert suite.get("failures") == "2"
    annotations = written("--github").splitlines()
    assert annotations[0].startswith("::error file=a.py,line=5,title=commit-story/fixup::")
    assert {row["check_name"] for row in json.loads(written("--gitlab"))} == set(rules)
    assert desk.check("--range", "base..HEAD", "--least-score", "80")[0] == 0
    assert desk.check("--range", "base..HEAD", "--least-score", "99")[0] == 1
    assert desk.check("--ratchet", "base")[0] == 1
    assert desk.check("--ratchet", "HEAD")[0] == 0
    assert desk.ironbird("check", "--range", "nobody..HEAD")[0] == 2


def test_a_branch_is_reorganized_on_a_new_branch_and_by_rebase_alike(desk):
    messy(desk)
    before = desk.git("rev-parse", "HEAD")
    status, todo, _ = desk.ironbird("apply", "--range", "base..HEAD", "--dry-run")
    assert (status, [line.split()[0] for line in todo.splitlines()]) == (0, ["pick", "fixup", "pick", "pick"])
    assert desk.git("branch", "--list", "main-story") == ""
    assert desk.ironbird("apply", "--range", "base..HEAD")[0] == 2, "nobody can be asked"
    assert desk.ironbird("apply", "--range", "base..HEAD", "--yes")[0] == 0
    told = ["a: print numbers", "b: print letters", "update"]
    assert (desk.subjects("base..main-story"), desk.git("diff", "main", "main-story")) == (told, "")
    assert (desk.git("rev-parse", "HEAD"), desk.git("status", "--porcelain")) == (before, "")
    (desk.folder / ".git" / "todo").write_text(todo)
    desk.git("-c", f"sequence.editor=cp '{desk.folder}/.git/todo'", "rebase", "--interactive", "base")
    assert desk.subjects("base..main") == told
    assert desk.git("rev-parse", "main^{tree}") == desk.git("rev-parse", "main-story^{tree}")


def test_commits_that_do_not_build_are_found_in_their_own_trees(desk):
    desk.commit("Begin", test_dot_sh="exit 0\n")
    desk.commit("Break it", test_dot_sh="echo broken; exit 1\n")
    desk.commit("Mend it again", test_dot_sh="exit 0\n")
    status, findings = desk.check("--build", "sh test.sh")
    assert status == 1
    [found] = findings["findings"]
    assert found["rule"] == "commit-story/builds" and found["resource"].endswith("Break it")


def project(desk, parts):
    desk.commit("Begin", test_dot_sh="for part in part_*.py; do python3 $part | grep -q well || exit 1; done\n",
                part_first_dot_py="print('all is well')\n")
    for number in range(parts):
        desk.commit(f"Bring part {number}", **{f"part_{number}_dot_py": f"answer_{number} = 'all is well'\nprint(answer_{number})\n"})
    return desk


def test_a_fault_is_hunted_by_hand_in_as_many_tests_as_halving_takes(desk):
    project(desk, 12)
    culprit = desk.commit("Greet otherwise", part_5_dot_py="print('ill')\n")
    for number in range(12, 15):
        desk.commit(f"Bring part {number}", **{f"part_{number}_dot_py": f"print('all is well, {number}')\n"})
    desk.git("bisect", "start", "HEAD", "HEAD~15")
    said = desk.git("bisect", "run", "sh", "./test.sh")
    assert f"{culprit} is the first bad commit" in said
    log = desk.git("bisect", "log")
    assert sum(line.startswith(("git bisect good", "git bisect bad")) for line in log.splitlines()) <= 4


def test_a_rehearsal_holds_repeats_to_the_byte_and_leaves_the_repository_alone(desk):
    project(desk, 10)
    refs = desk.git("for-each-ref")
    page = desk.folder / ".git" / "page.html"
    bare = ["--test", "sh ./test.sh", "--faults", "3", "--seed", "7", "--squash", "5"]
    options = [*bare, "--json", "--html", str(page)]
    status, out, said = desk.ironbird("rehearse", *options)
    first_page = page.read_bytes()
    verdict = json.loads(out)
    assert status == 0, said
    assert "is run on commits of the repository" in said
    assert [variant["id"] for variant in verdict["variants"]] == ["squashed", "gaps", "fine"]
    assert verdict["summary"]["outcomes"][2]["outcome"] == "holds"
    assert desk.ironbird("rehearse", *options)[1] == out
    assert page.read_bytes() == first_page
    _, _, said = desk.ironbird("rehearse", *bare)
    unasked = desk.folder / ".git" / "ironbird-commit-story.html"
    assert f"page with plots: {unasked}" in said and unasked.read_bytes() == first_page
    assert desk.git("for-each-ref") == refs and desk.git("status", "--porcelain") == ""
    assert desk.ironbird("rehearse", "--test", "false", "--faults", "1")[0] == 2


def test_this_projects_own_history_scores_at_the_top():
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone")
    command = [str(binary()), "check", "commit-story", "--repo", str(ROOT), "--allow-shallow", "--json", "--least-score", "95"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, Path(ROOT).name + done.stderr
    grave = [finding for finding in json.loads(done.stdout)["findings"] if finding["severity"] == "error"]
    assert grave == []
