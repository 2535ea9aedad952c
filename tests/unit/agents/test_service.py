"""A service of systemd is written, started and taken away, with a systemctl on the path that notes what it is told."""

import os
import pwd
import sys
from pathlib import Path

import pytest

from agents import install
from agents.install import Service


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine on which systemd runs, for a person; `told` is what systemctl was told."""
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path / "é"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(install, "_systemd_runs", lambda: True)
    monkeypatch.setattr(install.connection, "use", lambda: None)
    systemctl(tmp_path, "")
    return tmp_path


def systemctl(folder, fails):
    (folder / "systemctl").write_text(f'#!/bin/sh\necho "$*" >> "{folder}/told"\n{fails}\n')
    (folder / "systemctl").chmod(0o755)


def told(folder):
    return (folder / "told").read_text().splitlines() if (folder / "told").exists() else []


def test_it_is_written_read_enabled_and_started_with_its_new_options(machine, capsys):
    assert install.main(["--cpu-only", "--unit", "gpus.service"]) == 0
    file = machine / "config" / "systemd" / "user" / "gpus.service"
    assert "--cpu-only --wait" in file.read_text() and sorted(file.parent.iterdir()) == [file]
    words = ["daemon-reload", "enable gpus", "restart gpus"]
    assert told(machine) == [f"--user {one}" for one in words]
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [f"written: {file}", "service gpus runs; its log: journalctl --user -u gpus"]
    assert said[2].startswith("To have it run while ") and said[2].endswith("loginctl enable-linger")


def test_it_is_stopped_and_taken_away(machine, capsys):
    install.main(["--cpu-only"])
    (machine / "told").unlink()
    file = machine / "config" / "systemd" / "user" / "soundyard-agent.service"
    capsys.readouterr()
    assert install.main(["--remove"]) == 0 and not file.exists()
    assert told(machine) == ["--user disable --now soundyard-agent"]
    assert capsys.readouterr().out == "service soundyard-agent taken away\n"


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ("echo ' no bus: é ' >&2; echo out; exit 1", "no bus: é"),
        ("echo ' told here '; exit 1", "told here"),
        ("exit 4", "status 4"),
    ],
)
def test_what_systemd_does_not_do_is_told_in_its_words(machine, capsys, fails, said):
    systemctl(machine, fails)
    assert install.main(["--cpu-only"]) == 1
    assert capsys.readouterr().err == f"error: systemctl --user daemon-reload: {said}\n"
    assert told(machine) == ["--user daemon-reload"], "nothing is done after it"


def test_a_service_of_the_machine_is_another_file_and_another_command():
    mine, machines = Service("x", system=False), Service("x", system=True)
    assert machines.file == Path("/etc/systemd/system/x.service")
    assert machines.systemctl("enable", "x") == ["systemctl", "enable", "x"]
    assert mine.systemctl("enable", "x") == ["systemctl", "--user", "enable", "x"]


@pytest.mark.parametrize("variable", ["", None])
def test_without_a_folder_for_configuration_it_is_at_home(tmp_path, monkeypatch, variable):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    if variable is not None:
        monkeypatch.setenv("XDG_CONFIG_HOME", variable)
    assert Service("x", False).file == tmp_path / ".config" / "systemd" / "user" / "x.service"


def test_the_machines_service_needs_no_lingering(machine, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    file = machine / "root" / "x.service"
    monkeypatch.setattr(Service, "file", file)
    assert install.main(["--cpu-only", "--unit", "x"]) == 0
    said = capsys.readouterr().out
    assert said.endswith("service x runs; its log: journalctl -u x\n") and "linger" not in said
    assert told(machine)[0] == "daemon-reload" and "WantedBy=multi-user.target" in file.read_text()


def test_a_unit_that_can_not_be_written_says_why_and_what_to_do(machine, capsys):
    (machine / "config").write_text("a file")
    assert install.main(["--cpu-only"]) == 1
    said = capsys.readouterr().err
    assert "soundyard-agent.service can't be written: " in said and said.endswith("--print shows the unit.\n")
    assert told(machine) == []


def test_systemd_runs_where_its_command_and_its_folder_are(tmp_path, monkeypatch):
    there = {"/run/systemd/system"}
    monkeypatch.setattr(Path, "is_dir", lambda self: str(self) in there)
    monkeypatch.setattr(install.shutil, "which", lambda name: f"/bin/{name}" if name == "systemctl" else None)
    assert install._systemd_runs() is True
    there.clear()
    assert install._systemd_runs() is False
    there.add("/run/systemd/system")
    monkeypatch.setattr(install.shutil, "which", lambda name: None)
    assert install._systemd_runs() is False


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([], ["--wait"]),
        (["--unit", "x", "--cpu-only"], ["--cpu-only", "--wait"]),
        (["--unit=x", "--cpu-only"], ["--cpu-only", "--wait"]),
        (["--print", "--remove", "--queue", "print"], ["--queue", "print", "--wait"]),
        (["--queue", "unit", "remove", "--wait", "5"], ["--queue", "unit", "remove", "--wait", "5"]),
        (["--wait=5"], ["--wait=5"]),
    ],
)
def test_what_is_the_agents_goes_on_as_it_was_written(given, kept):
    assert install.started_with(given) == kept


def test_what_stands_in_the_arguments_is_taken_when_none_are_given(machine, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["install", "--cpu-only", "--queue", "é", "--print"])
    assert install.main() == 0
    said = capsys.readouterr().out
    assert '--cpu-only --queue "é" --wait\n' in said and told(machine) == []


def test_the_unit_is_whole(machine, monkeypatch):
    monkeypatch.delenv("CLEARML_CONFIG_FILE", raising=False)
    text = install.unit(["--x"], ["a", "50%"], 12.4, system=False)
    lines = text.splitlines()
    assert text.endswith("target\n") and lines[0] == "[Unit]" and "" in lines
    assert [line for line in lines if line.startswith("[")] == ["[Unit]", "[Service]", "[Install]"]
    expected = {
        "Description=Soundyard agent on a, 50%%",
        "After=network-online.target",
        "Wants=network-online.target",
        f"WorkingDirectory=-{machine}/é/agents",
        f"Environment=PATH={machine}",
        "Restart=always",
        "RestartSec=5",
        "KillMode=mixed",
        "TimeoutStopSec=42",
        "WantedBy=default.target",
    }
    assert expected <= set(lines) and not any("CLEARML_CONFIG_FILE" in line for line in lines)
    monkeypatch.delenv("PATH")
    assert f"Environment=PATH={os.defpath}" in install.unit([], ["a"], 0, system=False).splitlines()
    monkeypatch.setenv("HOME", str(machine))
    monkeypatch.setenv("CLEARML_CONFIG_FILE", "~/my.conf")
    assert (
        f"Environment=CLEARML_CONFIG_FILE={machine}/my.conf" in install.unit([], ["a"], 0, False).splitlines()
    )


def test_a_folder_that_is_not_there_yet_belongs_to_whom_the_one_above_it_belongs(tmp_path):
    os.chown(tmp_path, 65534, -1) if os.getuid() == 0 else None
    expected = pwd.getpwuid(tmp_path.stat().st_uid).pw_name
    assert install._owner(tmp_path / "a" / "b") == install._owner(tmp_path) == expected
    text = install.unit([], ["a"], 0, system=True)
    assert "User=" in text and "User=" not in install.unit([], ["a"], 0, system=False)


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("a-b", "a-b"),
        ("a b", '"a b"'),
        ('a"b', '"a\\"b"'),
        ("a\\b", '"a\\\\b"'),
        ("a\nb", '"a\\nb"'),
        ("5%", "5%%"),
        ("", '""'),
    ],
)
def test_a_word_is_quoted_where_systemd_would_take_it_apart(word, quoted):
    assert install._word(word) == quoted
