"""Which Python a task was recorded with, and where this machine has it."""

import sys
from pathlib import Path

import pytest

from agents.environments import pythons


@pytest.mark.parametrize(
    ("binary", "version"),
    [
        ("python3.10", "3.10"), ("/usr/bin/python3.9.7", "3.9"), ("python3", ""), ("python", ""), (" ", ""),
        ("python2.7", "2.7"), ("pythonw", ""), ("python3-dbg", ""), ("/bin/bash", None), ("ipython", None),
    ],
)  # fmt: skip
def test_the_version_is_in_the_name_of_the_binary(binary, version):
    assert pythons.recorded(binary) == version


def fake(place, version):
    """An interpreter of that version; of none, one that does not start."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\necho {version}\n" if version else "#!/bin/sh\nexit 1\n")
    place.chmod(0o755)
    return place


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Nothing on the path, no pyenv, no uv."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'a'}::{tmp_path / 'b'}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr(pythons, "find_uv", lambda: None)
    return tmp_path


def test_without_a_version_it_is_the_one_that_runs():
    here = Path(getattr(sys, "_base_executable", sys.executable))
    assert pythons.find("") == pythons.find(pythons.running()) == here


def test_the_path_is_looked_through_in_its_order_and_shims_that_do_not_start_are_passed(machine):
    assert pythons.find("3.1") is None
    fake(machine / "a" / "python3.1", "")
    second = fake(machine / "b" / "python3.1", "3.1")
    assert pythons.find("3.1") == second
    assert pythons.find("3.1") == second and fake(machine / "a" / "python3.1", "3.1") == pythons.find("3.1")


def test_of_pyenvs_versions_the_newest_that_starts_is_taken(machine):
    for patch, version in (("3.1.2", "3.1"), ("3.1.4", "3.1"), ("3.1.5", "")):
        fake(machine / "pyenv" / "versions" / patch / "bin" / "python3.1", version)
    assert pythons.find("3.1").parts[-3] == "3.1.4"


def test_uv_is_asked_last(machine, monkeypatch):
    kept = fake(machine / "kept" / "python3.1", "3.1")
    uv = fake(machine / "uv", str(kept))
    monkeypatch.setattr(pythons, "find_uv", lambda: uv)
    assert pythons.find("3.1") == kept
    fake(uv, "")
    assert pythons.find("3.1") is None


def test_an_interpreter_of_another_version_is_none(machine):
    assert not pythons.starts(fake(machine / "x", "3.11"), "3.1")
    assert pythons.starts(fake(machine / "x", "3.1"), "3") and not pythons.starts(machine / "none", "3.1")


def test_the_installed_ones_are_listed_in_order(machine):
    for minor in ("3.9", "3.7"):
        fake(machine / "b" / f"python{minor}", minor)
    assert pythons.installed() == sorted({"3.7", "3.9", pythons.running()}, key=lambda one: int(one[2:]))


def test_uv_is_found_on_the_path_and_else_beside_the_python(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "on"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "beside" / "python"))
    assert pythons.find_uv() is None
    beside = fake(tmp_path / "beside" / "uv", "x")
    assert pythons.find_uv() == beside
    assert fake(tmp_path / "on" / "uv", "x") == pythons.find_uv()


def test_of_pyenvs_versions_the_highest_is_first_whatever_the_order_they_lie_in(machine):
    for patch in ("3.1.1", "3.1.9", "3.1.5", "3.1.3"):
        fake(machine / "pyenv" / "versions" / patch / "bin" / "python3.1", "3.1")
    assert [one.parts[-3] for one in pythons._candidates("3.1")] == ["3.1.9", "3.1.5", "3.1.3", "3.1.1"]


def test_pyenv_is_at_home_unless_it_is_said_to_be_elsewhere(machine, monkeypatch):
    home = machine / "home é"
    kept = fake(home / ".pyenv" / "versions" / "3.1.2" / "bin" / "python3.1", "3.1")
    monkeypatch.setenv("HOME", str(home))
    assert pythons.find("3.1") is None
    for variable in ("", None):
        monkeypatch.setenv("PYENV_ROOT", "") if variable == "" else monkeypatch.delenv("PYENV_ROOT")
        assert pythons.find("3.1") == kept
    monkeypatch.delenv("PATH")
    assert pythons.find("3.1") == kept


@pytest.mark.parametrize(
    ("answer", "found"), [("echo '  KEPT '", True), ("echo", False), ("echo KEPT; exit 2", False)]
)
def test_uv_is_asked_for_what_is_installed_and_downloads_nothing(machine, monkeypatch, answer, found):
    kept = fake(machine / "kept é" / "python3.1", "3.1")
    uv = machine / "uv"
    uv.write_text(f'#!/bin/sh\necho "$PWD" "$@" > "{machine}/asked"\n{answer.replace("KEPT", str(kept))}\n')
    uv.chmod(0o755)
    monkeypatch.setattr(pythons, "find_uv", lambda: uv)
    assert pythons.find("3.1") == (kept if found else None)
    asked = "/ python find --no-cache --no-python-downloads --no-project 3.1\n"
    assert (machine / "asked").read_text() == asked


def test_what_never_starts_is_none(machine, monkeypatch):
    slow = machine / "slow"
    slow.write_text("#!/bin/sh\nexec /bin/sleep 30\n")
    slow.chmod(0o755)
    run, given = pythons.subprocess.run, {}

    def hurried(command, **how):
        given.update(how)
        return run(command, **{**how, "timeout": 0.2})

    monkeypatch.setattr(pythons.subprocess, "run", hurried)
    assert not pythons.starts(slow, "3.1") and given["timeout"] == 30 and given["cwd"] == "/"
    said = machine / "said"
    said.write_text("#!/bin/sh\necho 3.1; exit 1\n")
    said.chmod(0o755)
    assert not pythons.starts(said, "3.1")


def test_versions_from_3_7_to_3_15_are_looked_for(machine):
    for minor in range(5, 18):
        fake(machine / "a" / f"python3.{minor}", f"3.{minor}")
    assert pythons.installed() == [f"3.{minor}" for minor in range(7, 16)]
