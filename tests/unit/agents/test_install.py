"""An agent as a service of systemd: the unit says what was given, and systemd reads it as it was meant."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agents import install
from audio.command_line import CommandLine
from tests.conftest import ROOT

AWKWARD = 'é: 50% $HOME "x" \\y'


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path / "state é %"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)  # a service of one's own, wherever the tests run
    return tmp_path


def words(line: str) -> list[str]:
    """A line of a unit as systemd takes it apart (systemd.service(5), systemd.syntax(7))."""
    found = [a or b for a, b in re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line)]
    plain = [re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), one) for one in found]
    return [one.replace("%%", "%").replace("$$", "$") for one in plain]


def printed(capsys: pytest.CaptureFixture[str], *given: str) -> str:
    assert install.main([*given, "--print"]) == 0
    return capsys.readouterr().out


def value(unit: str, name: str) -> list[str]:
    return [line.partition("=")[2] for line in unit.splitlines() if line.startswith(f"{name}=")]


def test_the_unit_starts_what_was_given_and_waits_for_the_server(capsys):
    unit = printed(capsys, "--queue", "urgent", "audio", "--cpu-only", "--drain", "90", "--unit", "gpus")
    assert words(value(unit, "ExecStart")[0]) == [
        sys.executable, "-m", "agents.start", "--queue", "urgent", "audio", "--cpu-only", "--drain", "90", "--wait",
    ]  # fmt: skip
    assert value(unit, "TimeoutStopSec") == ["120"] and value(unit, "KillMode") == ["mixed"]
    assert value(unit, "WantedBy") == ["default.target"] and not value(unit, "User")
    assert value(unit, "Description") == ["Soundyard agent on urgent, audio"]


def test_a_limit_for_the_wait_and_an_equals_sign_stay_as_they_were_written(capsys):
    unit = printed(capsys, "--unit=x", "--queue=a", "--cpu-only", "--wait=5")
    assert words(value(unit, "ExecStart")[0])[3:] == ["--queue=a", "--cpu-only", "--wait=5"]


def test_names_with_anything_in_them_reach_the_agent_and_the_environment(capsys, own_folders):
    unit = printed(capsys, "--cpu-only", "--queue", AWKWARD)
    assert words(value(unit, "ExecStart")[0])[3:] == ["--cpu-only", "--queue", AWKWARD, "--wait"]
    variables = dict(words(one)[0].split("=", 1) for one in value(unit, "Environment"))
    assert variables["SOUNDYARD_STATE"] == str(own_folders / "state é %")
    assert variables["PYTHONPATH"] == str(ROOT)


def test_the_configuration_that_is_used_here_is_the_services_from_any_folder(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEARML_CONFIG_FILE", "my clearml.conf")
    variables = [words(one)[0] for one in value(printed(capsys, "--cpu-only"), "Environment")]
    assert f"CLEARML_CONFIG_FILE={tmp_path / 'my clearml.conf'}" in variables


def test_the_machines_service_runs_as_whom_the_folders_belong_to(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    unit = printed(capsys, "--cpu-only")
    assert value(unit, "WantedBy") == ["multi-user.target"]
    assert value(unit, "User") == [Path.cwd().owner() if os.getuid() else "root"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing")
@pytest.mark.parametrize("queue", ["audio", AWKWARD])
def test_systemd_finds_no_fault_in_it(capsys, tmp_path, queue):
    file = tmp_path / "soundyard-agent.service"
    file.write_text(printed(capsys, "--cpu-only", "--queue", queue))
    said = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, timeout=60)
    assert [line for line in said.stderr.splitlines() if "soundyard-agent" in line] == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--detached"], "nothing to watch"),
        (["--unit", "a/b"], "systemd takes letters"),
        (["--quue", "a"], "--queue"),
    ],
)
def test_a_typing_mistake_is_refused(capsys, given, message):
    with pytest.raises(SystemExit) as ended:
        install.main([*given, "--print"])
    assert ended.value.code == 2 and message in capsys.readouterr().err


def test_options_that_the_agent_would_refuse_for_ever_are_refused_now(capsys):
    assert install.main(["--workers", "3", "--print"]) == 1
    assert "--cpu-only" in capsys.readouterr().err


def test_what_is_not_installed_is_not_taken_away(capsys, own_folders):
    assert install.main(["--remove"]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_where_systemd_does_not_run_the_unit_is_written_and_the_next_command_said(
    capsys, own_folders, monkeypatch
):
    monkeypatch.setattr(install.connection, "use", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert install.main(["--cpu-only"]) == 1
    file = own_folders / "config" / "systemd" / "user" / "soundyard-agent.service"
    assert "agents.start" in file.read_text() and [*file.parent.iterdir()] == [file]
    assert "systemctl --user enable --now soundyard-agent" in capsys.readouterr().err
    assert install.main(["--remove"]) == 0 and not file.exists()


def test_every_option_of_an_agent_can_be_given():
    def options(of: CommandLine) -> set[str]:
        return {name for action in of._actions for name in action.option_strings}

    assert options(install.parser()) - options(install.start.parser()) == {"--unit", "--print", "--remove"}


def test_what_the_unit_runs_as_systemd_would_ends_at_sigterm(capsys, tmp_path):
    """Without a server it waits; the environment and the folder are the unit's alone."""
    unit = printed(capsys, "--cpu-only", "--queue", "audio")
    environment = dict(words(one)[0].split("=", 1) for one in value(unit, "Environment"))
    environment |= {"HOME": str(tmp_path), "CLEARML_CONFIG_FILE": str(tmp_path / "none.conf")}
    with subprocess.Popen(
        words(value(unit, "ExecStart")[0]), env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        assert "waiting up to 300 s" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (-signal.SIGTERM, 0, 143)
