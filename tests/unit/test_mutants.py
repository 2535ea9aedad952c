"""The tool that changes the code: its changes, and what it says of tests that notice some of them."""

import subprocess
from pathlib import Path

import pytest

from tests.mutants import __main__ as tool
from tests.mutants.changes import mutants

CODE = '''"""A room."""


def larger(a, b):
    """The docstring == stays."""
    if a > b:
        return a
    return b


def named(name=None):
    return name or "nobody"
'''
TESTS = """
import subprocess
import sys
from room.sums import larger, named

def test_larger():
    assert larger(1, 2) == larger(2, 1) == 2

def test_named():
    assert named("me") == "me"

def test_by_a_process():
    program = "from room.sums import named; assert named('a' * 2) == 'aa'"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0

def test_that_fails_anyway():
    assert named() is None
"""


def changed(code: str) -> set[tuple[str, str]]:
    """(kind, the line as it becomes) of every change."""
    source = code.encode()
    return {(one.kind, one.shown(source).split("\n+ ")[1]) for one in mutants("x.py", source)}


@pytest.mark.parametrize(
    ("code", "kind", "line"),
    [
        ("x = a or b", "fallback dropped", "x = a"),
        ("x = a or b", "fallback taken", "x = b"),
        ("if a or b: pass", "and/or swapped", "if a and b: pass"),
        ("x = a and b", "and/or swapped", "x = (a or b)"),
        ("x = not a", "not dropped", "x = (a)"),
        ("x = True", "flag flipped", "x = False"),
        ("x = é < 2  # é", "comparison changed", "x = é <= 2  # é"),
        ("x = a in b", "comparison changed", "x = a not in b"),
        ("x = 3", "number changed", "x = 4"),
        ("x = 'one'", "string changed", "x = 'one_'"),
        ("a.b(1)", "call removed", "pass"),
        ("try: f()\nexcept E as e: g()", "handler removed", "except () as e: g()"),
        ("def f(): return 1", "return value dropped", "def f(): return None"),
        ("x = sorted(a, key=b)", "order dropped", "x = list(a)"),
        ("x = f(a, b=1, c=2)", "keyword removed", "x = f(a, c=2)"),
    ],
)
def test_each_kind_of_change_is_made(code, kind, line):
    found = {
        (one.kind, one.of(code.encode()).decode().splitlines()[-1]) for one in mutants("x.py", code.encode())
    }
    assert (kind, line) in found


def test_what_no_test_could_tell_is_left_alone():
    code = '"""One."""\nfrom a import b\nx: int\nif TYPE_CHECKING:\n    y = 1\nf(flush=True)\nraise E("so sorry", 1)\n'
    assert {kind for kind, _ in changed(code)} == {"call removed", "number changed"}
    assert list(mutants("x.py", b"")) == []


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, text in {"room/sums.py": CODE, "room/__init__.py": "", "tests/test_sums.py": TESTS}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_what_tests_notice_and_what_survives_is_told(checkout, capsys, monkeypatch):
    wanted = {"comparison changed", "fallback dropped", "fallback taken"}
    chosen = [one for one in mutants("room/sums.py", CODE.encode()) if one.kind in wanted]
    monkeypatch.setattr(tool, "draw", lambda root, options: chosen)
    monkeypatch.setenv("PYTEST_ADDOPTS", "")
    before = (checkout / "room/sums.py").read_text()
    assert tool.main(["--root", str(checkout), "--rooms", "room", "--tests", "tests", "--seed", "5"]) == 0
    said = capsys.readouterr().out
    assert "test_that_fails_anyway" in said.partition("1/3")[0], "it fails without a change, and notices none"
    assert "1/3 SURVIVED room/sums.py:6 comparison changed, 1 tests" in said
    assert "- if a > b:" in said and "+ if a >= b:" in said
    assert "2/3 SURVIVED room/sums.py:12 fallback dropped, 2 tests" in said
    assert "3/3 noticed  room/sums.py:12 fallback taken, by tests/test_sums.py::test_" in said
    assert said.splitlines()[-1].split() == ["all,", "seed", "5", "1", "of", "3", "33.3%"]
    assert (checkout / "room/sums.py").read_text() == before, "a copy is changed, never the checkout"


def test_a_seed_draws_the_same_changes_and_changed_files_alone_if_that_is_asked(checkout):
    def drawn(*arguments):
        options = tool._options().parse_args(["--rooms", "room", "--sample", "4", *arguments])
        return tool.draw(checkout, options)

    assert drawn("--seed", "1") == drawn("--seed", "1") != drawn("--seed", "2")
    assert len(set(drawn("--sample", "99"))) == len(list(mutants("", CODE.encode())))
    (checkout / "room/more.py").write_text("x = 1\n")
    assert drawn("--changed", "HEAD") == [] and tool.main(["--root", str(checkout), "--rooms", "none"]) == 2
    (checkout / "room/sums.py").write_text("x = 1\n")
    assert {one.path for one in drawn("--changed", "HEAD")} == {"room/sums.py"}


@pytest.mark.parametrize(
    ("line", "once"),
    [(1, True), (4, True), (5, False), (6, False), (7, True), (9, True), (10, False), (12, False)],
)
def test_a_line_outside_of_functions_is_of_every_test_of_its_file(line, once):
    source = "A = 1\n\n@cached\ndef one(a=1):\n    b = a\n    return b\n\nclass C:\n    X = 1\n"
    source = source.replace("\n\nclass", "\nY = 2\nclass")  # line 7
    source += "    def two(self): return (\n        self,\n        1)\n"
    assert tool.at_import(source.encode(), line) is once
