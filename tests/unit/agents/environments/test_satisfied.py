"""Whether what is installed here is what is recorded, line by line; and which environment follows from it."""

from importlib import metadata

import pytest

from agents.environments import decision, pythons, satisfied
from agents.environments.repository import Top
from tasks.code.source import requirements

NUMPY = metadata.version("numpy")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n\n",
        f"numpy=={NUMPY}",
        "numpy >= 1  # with a comment",
        "NumPy>=1,\\\n  <99",
        "numpy<1; python_version < '3'",
        "no-such-thing==1; sys_platform == 'win32'",
        "requests[socks]; python_version < '3'",
        requirements(),
    ],
)
def test_what_is_installed_here_is_recognised(text):
    assert satisfied.unmet(text) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("numpy==1.0.1", f"numpy==1.0.1 is recorded, {NUMPY} is installed"),
        ("no-such-thing", "no-such-thing is not installed"),
        ("numpy[nonsense]", f"numpy {NUMPY} has no extra 'nonsense'"),
        ("numpy @ https://example.org/numpy.whl", "'numpy @ https://example.org/numpy.whl' is taken from"),
        ("git+https://example.org/x.git", "is taken from a place of its own"),
        ("./local", "is taken from a place of its own"),
        ("-e .", "is an option of pip"),
        ("-r other.txt", "is an option of pip"),
        ("--extra-index-url https://example.org/simple", "is an option of pip"),
        (f"numpy=={NUMPY} --hash=sha256:00", "is an option of pip"),
        ("!! nonsense", "can't be read"),
        ("numpy===0", "numpy===0 is recorded"),
    ],
)
def test_what_differs_or_cannot_be_told_is_said(text, why):
    (said,) = satisfied.unmet(text)
    assert why in said


def test_the_packages_of_an_extra_count_too():
    (said,) = satisfied.unmet("httpx[http2]") or ["httpx[http2]: h2 is not installed"]
    assert said.startswith("httpx[http2]: h2")


def test_every_installed_package_is_in_the_freeze():
    frozen = satisfied.freeze().splitlines()
    assert f"numpy=={NUMPY}" in frozen
    assert satisfied.unmet("\n".join(frozen)) == []


def decided(top=Top(".", "", None, False), forced="", **script):  # noqa: B008 - a frozen record
    return decision.decide({"binary": "python3", "entry_point": "a.py", **script}, top, forced)


@pytest.fixture(autouse=True)
def no_option(monkeypatch):
    monkeypatch.delenv(decision.OPTION, raising=False)


def test_code_that_is_satisfied_here_reuses_what_is_installed():
    found = decided(requirements={"pip": "numpy"}, binary=f"/usr/bin/python{pythons.running()}")
    assert (found.kind, found.why.partition(" (")[0]) == (
        "installed",
        "It satisfies the 1 recorded requirements",
    )


def test_pinned_code_gets_an_environment_of_its_own_that_says_why():
    found = decided(requirements={"pip": ["numpy==1.0.1"]})
    assert (found.kind, found.manager) == ("own", "pip")
    assert "numpy==1.0.1 is recorded" in found.told


def test_a_lock_file_goes_before_what_is_recorded():
    found = decided(Top("sub", "uv", None, True), requirements={"pip": "numpy"})
    assert (found.kind, found.manager, found.folder) == ("own", "uv", "sub")


def test_requirements_in_the_repository_count_when_none_are_recorded():
    assert decided(Top(".", "", "numpy==1.0.1", False)).kind == "own"
    assert decided(Top(".", "", "numpy", False)).kind == "installed"
    assert decided(Top(".", "", "numpy==1.0.1", False), requirements={"pip": "numpy"}).kind == "installed"


def test_a_package_without_recorded_requirements_is_installed_itself():
    top = Top(".", "", None, True)
    found = decided(top)
    assert (found.kind, found.requirements, found.private) == ("own", ".", True)
    again = decided(top, requirements={"org_pip": ".", "pip": ["six==1.13.0", "thing==0.1"]})
    assert again.requirements == "."  # `thing` is in no registry


@pytest.mark.parametrize(("text", "private"), [("numpy==1.0.1", False), ("-e .", True), ("./lib", True)])
def test_an_environment_with_something_of_the_repository_is_for_this_code_alone(text, private):
    assert decided(requirements={"pip": text}).private is private


def test_what_a_reused_environment_left_on_the_record_does_not_ask_for_all_of_it():
    record = {"pip": f"{satisfied.REUSED}\nnumpy==0.1", "org_pip": "numpy"}
    assert decided(requirements=record).kind == "installed"
    assert decided(requirements=record, forced="own").requirements == "numpy"


def test_the_task_goes_before_the_agent_and_the_agent_before_what_is_recorded(monkeypatch):
    pinned = {"pip": "numpy==1.0.1"}
    assert decided(requirements=pinned, forced="installed").kind == "installed"
    monkeypatch.setenv(decision.OPTION, "own")
    assert decided(requirements={"pip": "numpy"}).kind == "own"
    assert decided(requirements={"pip": "numpy"}, forced="installed").kind == "installed"
    assert decided(requirements={"pip": "numpy"}, forced="auto").kind == "installed"


def test_a_python_that_is_not_here_is_refused_with_those_that_are():
    with pytest.raises(decision.Refused, match=rf"Python 3\.1, .*{pythons.running()}"):
        decided(binary="python3.1")
    with pytest.raises(decision.Refused, match="it can be auto, installed or own"):
        decided(forced="mine")


def test_a_shell_needs_no_environment_and_anything_else_is_refused():
    assert decided(binary="/bin/bash").kind == "installed"
    with pytest.raises(decision.Refused, match="/usr/bin/perl, and agents run Python and bash"):
        decided(binary="/usr/bin/perl")


def test_code_that_is_not_there_or_not_all_of_it_is_refused():
    with pytest.raises(decision.Refused, match="no code"):
        decided(entry_point="")
    with pytest.raises(decision.Refused, match="not run without them"):
        decided(diff="# WARNING! git diff too large to store, clear this section to execute without it.\n")
