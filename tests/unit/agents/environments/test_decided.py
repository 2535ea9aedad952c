"""Each branch of the decision on an environment, and each form in which requirements are recorded."""

import dataclasses
import os
import sys
from importlib import metadata
from pathlib import Path

import pytest

from agents.environments import decision, pythons, satisfied
from agents.environments.repository import Top

NUMPY = metadata.version("numpy")
BARE = Top(".", "", None, False)
HERE = pythons.running()


@pytest.fixture(autouse=True)
def no_option(monkeypatch):
    monkeypatch.delenv(decision.OPTION, raising=False)


def decided(top=BARE, forced="", **script):
    return decision.decide({"binary": "python3", "entry_point": "a.py", **script}, top, forced)


@pytest.mark.parametrize(
    ("top", "script", "kind", "why"),
    [
        (BARE, {}, "installed", f"No requirements are recorded (Python {HERE})."),
        (
            BARE,
            {"requirements": {"pip": "numpy\nsix>0"}},
            "installed",
            f"It satisfies the 2 recorded requirements (Python {HERE}).",
        ),
        (
            dataclasses.replace(BARE, requirements="numpy"),
            {},
            "installed",
            f"It satisfies the 1 recorded requirements (Python {HERE}).",
        ),
        (
            None,
            {},
            "own",
            "No requirements are recorded, and the repository could not be looked into.",
        ),
        (
            None,
            {"requirements": {"pip": "numpy"}},
            "installed",
            f"It satisfies the 1 recorded requirements (Python {HERE}).",
        ),
        (
            dataclasses.replace(BARE, packaged=True),
            {},
            "own",
            "No requirements are recorded; the repository is a package that names its own.",
        ),
        (Top(".", "poetry", None, True), {}, "own", "The repository has a lock file for poetry."),
        (BARE, {"requirements": {"conda": "x"}}, "own", "Requirements of conda are recorded."),
        (
            BARE,
            {"requirements": {"conda": "x", "pip": "numpy"}},
            "installed",
            f"It satisfies the 1 recorded requirements (Python {HERE}).",
        ),
        (
            BARE,
            {"requirements": {"pip": "a1\na2\na3\na4\na5"}},
            "own",
            "The installed one differs from what is recorded: a1 is not installed; a2 is not installed; "
            "a3 is not installed, and 2 more.",
        ),
        (
            BARE,
            {"requirements": {"pip": "a1\na2\na3"}},
            "own",
            "The installed one differs from what is recorded: a1 is not installed; a2 is not installed; "
            "a3 is not installed.",
        ),
    ],
)
def test_the_environment_says_why_it_is_this_one(top, script, kind, why):
    found = decided(top, **script)
    assert (found.kind, found.why) == (kind, why)
    what = "the installed one" if kind == "installed" else f"one of its own, made by {found.manager}"
    assert found.told == f"environment: {what}. {why}"


def test_another_python_is_a_reason_of_its_own_and_kept(monkeypatch):
    monkeypatch.setattr(pythons, "find", lambda version: Path(sys.executable))
    found = decided(binary="/usr/bin/python3.7", requirements={"pip": "numpy"})
    assert (found.kind, found.python) == ("own", "3.7")
    assert found.why == f"Python 3.7 is recorded, {HERE} is installed."
    assert decided(binary=f"python{HERE}").python == HERE
    assert decided(forced="installed", binary="python3.7").python == "3.7"
    assert decided(binary="").kind == "installed", "any Python 3"


def test_who_has_asked_for_it_is_said(monkeypatch):
    asked = decided(forced="installed", requirements={"pip": "nothing-here"})
    assert asked.why == "Asked for by the task; what is recorded was not looked at."
    assert decided(forced="own").why == "Asked for by the task."
    monkeypatch.setenv(decision.OPTION, "own")
    assert decided().why == "Asked for by the agent."
    monkeypatch.setenv(decision.OPTION, "installed")
    assert decided().why == "Asked for by the agent; what is recorded was not looked at."
    monkeypatch.setenv(decision.OPTION, "mine")
    with pytest.raises(decision.Refused, match=r"^\$SOUNDYARD_ENVIRONMENT is 'mine': it can be"):
        decided()
    assert decided(forced="auto").kind == "installed", "the agent is not asked then"


@pytest.mark.parametrize(
    ("word", "kind"),
    [("build", "own"), ("new", "own"), ("own", "own"), ("reuse", "installed"), ("system", "installed"),
     ("installed", "installed"), ("default", "installed"), ("auto", "installed")],
)  # fmt: skip
def test_it_may_be_asked_for_by_words_of_other_programs(word, kind):
    assert decided(forced=word).kind == kind


@pytest.mark.parametrize("parts", [{"repository": "r"}, {"entry_point": "a"}, {"diff": "d"}])
def test_code_is_a_repository_a_script_or_a_difference(parts):
    script = {"repository": "", "entry_point": None, "diff": " \n", **parts}
    assert decision.decide({"binary": None, **script}, BARE, "").kind == "installed"
    with pytest.raises(decision.Refused, match="neither a repository nor a script"):
        decision.decide({"repository": "", "entry_point": None, "diff": " \n"}, BARE, "")


@pytest.mark.parametrize(
    ("binary", "shell"),
    [("bash", True), ("/bin/sh", True), ("/usr/bin/zsh", True), ("fish", False), ("/bash/x", False)],
)
def test_shells_are_run_and_say_so(binary, shell):
    if shell:
        assert decided(binary=binary).told == f"environment: the installed one. The code is run by {binary}."
    else:
        with pytest.raises(
            decision.Refused, match=f"`binary` is {binary}, and agents run Python and bash, sh, zsh;"
        ):
            decided(binary=binary)


def test_a_python_that_is_missing_is_named_with_how_to_install_it(monkeypatch):
    monkeypatch.setattr(pythons, "installed", lambda: ["3.7", "3.9"])
    with pytest.raises(decision.Refused, match=r"it has 3\.7, 3\.9\. .*`uv python install 3\.1`"):
        decided(binary="python3.1")


@pytest.mark.parametrize(
    ("top", "recorded", "written", "private"),
    [
        (BARE, {"pip": "a"}, None, False),
        (BARE, {"pip": "-e ."}, None, True),
        (BARE, None, None, False),
        (None, None, None, False),
        (dataclasses.replace(BARE, requirements="./lib\n"), None, None, True),
        (dataclasses.replace(BARE, requirements="./lib\n"), {"pip": "a"}, None, False),
        (dataclasses.replace(BARE, packaged=True), None, ".", True),
        (dataclasses.replace(BARE, packaged=True), {"pip": "a"}, None, False),
        (dataclasses.replace(BARE, packaged=True, requirements=""), None, None, False),
        (BARE, {"pip": f"{satisfied.REUSED}\nx==1", "org_pip": "./lib"}, "./lib", True),
        (BARE, {"pip": f"{satisfied.REUSED}\nx==1", "org_pip": "a"}, "a", False),
        (BARE, {"pip": f"{satisfied.REUSED}\nx==1"}, "", False),
    ],
)
def test_an_environment_of_its_own_is_written_and_kept_apart_where_it_has_to_be(
    top, recorded, written, private
):
    found = decided(top, "own", requirements=recorded)
    assert (found.kind, found.requirements, found.private) == ("own", written, private)
    assert (found.manager, found.folder) == ("pip", ".")


@pytest.mark.parametrize(
    ("recorded", "text"),
    [
        (None, ""),
        ("numpy", ""),
        ({}, ""),
        ({"pip": None}, ""),
        ({"pip": "a\nb"}, "a\nb"),
        ({"pip": ["a", "b"]}, "a\nb"),
        ({"pip": "a", "org_pip": "b"}, "a"),
        ({"pip": " . "}, ""),
        ({"pip": "a", "org_pip": [" ."]}, ""),
        ({"pip": f"{satisfied.REUSED}\na==1", "org_pip": ["b", "c"]}, "b\nc"),
        ({"pip": f"{satisfied.REUSED}\na==1"}, ""),
    ],
)
def test_what_is_asked_for_is_read_in_each_form_of_a_record(recorded, text):
    assert satisfied.asked(recorded) == text


def test_comments_go_and_continued_lines_are_one():
    text = "a  # why\n#all\n\n  b\\\r\n==1\\\n ,<2\nc#1\n"
    assert list(satisfied.lines(text)) == ["a", "b ==1  ,<2", "c#1"]


@pytest.mark.parametrize(
    ("text", "local"),
    [("a", False), ("-e x", True), (".", True), ("/x", True), ("~/x", True), ("file:x", True),
     ("a @ file:///x", True), ("a @ https://x", False), ("# -e .", False), ("a\n./b", True)],
)  # fmt: skip
def test_what_lies_in_the_repository_is_recognised(text, local):
    assert satisfied.is_local(text) is local


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("~/x", "'~/x' is taken from a place of its own"),
        ("/x", "'/x' is taken from a place of its own"),
        ("numpy @ file:x", "'numpy @ file:x' is taken from a place of its own"),
        ("numpy@file:x", "numpy is taken from a place of its own"),
        ("numpy --pre", "'numpy --pre' is an option of pip"),
        ("numpy[b,a]", f"numpy {NUMPY} has no extra 'a'"),
    ],
)
def test_each_way_to_say_where_a_package_is_from_is_told(line, why):
    assert satisfied.unmet(f"six\n{line}") == [why]


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Gives a function that installs a distribution that is nothing but its metadata."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name, *lines):
        folder = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        folder.mkdir()
        text = "\n".join([f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0", *lines])
        (folder / "METADATA").write_text(text + "\n")

    return install


def test_extras_are_followed_once_each_whatever_their_case(site):
    site("One-A", "Provides-Extra: All", "Requires-Dist: one-a[all]; extra == 'all'", "Requires-Dist: absent")
    assert satisfied.unmet("one_a[ALL]") == [], "what it needs in any case was installed with it"
    site(
        "two-a",
        "Provides-Extra: x",
        "Requires-Dist: absent; extra == 'x'",
        "Requires-Dist: gone; extra == 'y'",
    )
    assert satisfied.unmet("two-a[x]") == ["two-a[x]: absent is not installed"]
    site("three-a", "Provides-Extra: x", "Requires-Dist: two-a[x]>0; extra == 'x'")
    assert satisfied.unmet("three-a[x]") == ["three-a[x]: two-a[x]: absent is not installed"]
    site("four-a", "Provides-Extra: x", "Requires-Dist: absent; extra == 'x' and python_version < '3'")
    assert satisfied.unmet("four-a[x]") == []


def test_versions_before_a_release_count_as_they_are(site, tmp_path):
    site("early-a")
    file = tmp_path / "early_a-1.0.dist-info" / "METADATA"
    file.write_text(file.read_text().replace("1.0", "2.0rc1"))
    assert satisfied.unmet("early-a>1") == []
    assert satisfied.unmet("early-a>=2") == ["early-a>=2 is recorded, 2.0rc1 is installed"]


def test_the_freeze_is_in_the_order_of_names_whatever_their_case(site):
    site("zz-a")
    site("Aa_b")
    (nameless := Path(sys.path[0]) / "no-1.dist-info").mkdir()
    (nameless / "METADATA").write_text("Metadata-Version: 2.1\n")
    frozen = satisfied.freeze().splitlines()
    names = [line.partition("==")[0] for line in frozen]
    canonical = [name.lower().replace("_", "-").replace(".", "-") for name in names]
    assert canonical == sorted(canonical) and len(set(canonical)) == len(canonical)
    assert "Aa_b==1.0" in frozen and "zz-a==1.0" in frozen


def test_a_recorded_binary_without_a_name_is_any_python():
    assert pythons.recorded("") == pythons.recorded("python3.") == ""
    assert pythons.recorded("/a b/python3.12.1") == "3.12" and pythons.recorded("Rscript") is None
    assert pythons.recorded("python2") == "2" and os.path.sep in str(pythons.find(""))
