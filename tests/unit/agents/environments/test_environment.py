"""What an agent is started with."""

import dataclasses
import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from agents.environments import decision, environment
from tasks.client.connection import Connection

SETTINGS = {
    "api": {"api_server": "http://h/api", "http": {"retries": {"backoff_factor": 9.0}}},
    "sdk": {"development": {"report_period_sec": 1}},
    "agent": {"git_user": "me", "package_manager": {"type": "pip"}},
}
SERVER = Connection("test", None, "http://h/api", "http://h", "http://h/files", "key", "secret", SETTINGS)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path))


def test_the_configuration_keeps_the_users_settings_and_adds_what_agents_need(tmp_path):
    made = environment.configuration(SERVER, tmp_path)
    assert made["agent"]["git_user"] == "me"
    assert made["agent"]["package_manager"] == {"type": "pip", "pytorch_resolve": "none"}
    assert made["sdk"]["development"] == {"report_period_sec": 1, "report_use_subprocess": False}
    assert made["api"]["http"]["retries"] == {"backoff_factor": 0.2, "backoff_max": 2.0}
    assert made["api"]["credentials"] == {"access_key": "key", "secret_key": "secret"}
    assert SETTINGS["api"]["http"]["retries"] == {"backoff_factor": 9.0}


def test_everything_an_agent_writes_stays_in_its_folder(tmp_path):
    agent = environment.configuration(SERVER, tmp_path)["agent"]
    folders = [
        agent["venvs_dir"],
        *(agent[key]["path"] for key in ("vcs_cache", "venvs_cache", "pip_download_cache")),
    ]
    assert agent["docker_pip_cache"] == agent["docker_apt_cache"] == agent["pip_download_cache"]["path"]
    assert all(Path(folder).is_relative_to(tmp_path) for folder in folders)


def test_the_file_with_the_secret_is_readable_by_its_owner_alone(tmp_path):
    variables = environment.prepare(SERVER, "audio-cpu")
    file = Path(variables["CLEARML_CONFIG_FILE"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["api"]["credentials"]["secret_key"] == "secret"


def test_the_agent_reads_folders_whatever_letters_they_have(tmp_path, monkeypatch):
    """Its own parser of configurations takes the escapes of JSON as they stand."""
    from clearml_agent.external.pyhocon import ConfigFactory

    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path / "state-é声%"))
    file = environment.prepare(SERVER, "audio-cpu")["CLEARML_CONFIG_FILE"]
    read = ConfigFactory.parse_file(file)
    assert read["agent.venvs_dir"] == str(tmp_path / "state-é声%" / "agents" / "clones")


def test_the_daemon_decides_nothing_about_environments_for_all_of_its_tasks(monkeypatch):
    monkeypatch.setenv("CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL", "1")
    variables = environment.prepare(SERVER, "a", kind="own")
    assert "CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL" not in variables
    assert variables[decision.OPTION] == "own"
    assert os.access(variables["SOUNDYARD_LAUNCHER"], os.X_OK)


def test_settings_of_a_person_that_would_change_files_on_their_way_are_overruled(tmp_path, monkeypatch):
    personal = tmp_path / "personal"
    personal.write_text("[core]\n autocrlf = true\n[apply]\n whitespace = fix\n[user]\n name = me\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(personal))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    variables = environment.prepare(SERVER, "a")

    def told(key):
        asked = ["git", "config", "--get", key]
        return subprocess.run(
            asked, cwd=tmp_path, env=variables, capture_output=True, text=True
        ).stdout.strip()

    assert (told("core.autocrlf"), told("apply.whitespace"), told("user.name")) == ("false", "nowarn", "me")


def test_a_task_imports_from_its_clone_and_the_users_git_settings_are_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    variables = environment.prepare(SERVER, "a")
    assert "PYTHONPATH" not in variables
    assert Path(variables["GIT_CONFIG_GLOBAL"]).is_relative_to(tmp_path)


def test_where_tasks_keep_what_they_fetch_is_as_configured_or_beside_the_rest(tmp_path):
    def cache(settings):
        server = dataclasses.replace(SERVER, settings=settings)
        return environment.configuration(server, tmp_path)["sdk"]["storage"]["cache"]["default_base_dir"]

    assert cache({}) == cache({"sdk": {"storage": {}}}) == str(tmp_path / "cache")
    assert cache({"sdk": {"storage": {"cache": {"default_base_dir": "/mine"}}}}) == "/mine"


@pytest.mark.parametrize("outer", ["/outer", None])
def test_the_temporary_folder_is_the_agents_and_that_of_outside_is_remembered(tmp_path, monkeypatch, outer):
    for name in ("TMPDIR", "OMP_WAIT_POLICY", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    if outer:
        monkeypatch.setenv("TMPDIR", outer)
        monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/personal")
    variables = environment.prepare(SERVER, "a")
    assert variables["TMPDIR"] == variables["CLEARML_AGENT_TEMP_STDOUT_FILE_DIR"]
    assert (
        variables["TMPDIR"] == str(tmp_path / "agents" / "temporary") and Path(variables["TMPDIR"]).is_dir()
    )
    assert variables["SOUNDYARD_OUTER_TMPDIR"] == (outer or "")
    assert variables["OMP_WAIT_POLICY"] == ("ACTIVE" if outer else "PASSIVE")
    assert "PYTHONDONTWRITEBYTECODE" not in variables
    personal = "/personal" if outer else "~/.gitconfig"
    assert f"path = {personal}\n" in Path(variables["GIT_CONFIG_GLOBAL"]).read_text()
    assert stat.S_IMODE((tmp_path / "agents").stat().st_mode) == 0o700


def test_all_that_an_agent_is_configured_with(tmp_path):
    made = environment.configuration(dataclasses.replace(SERVER, settings={}), tmp_path)
    assert made["api"] == {
        "api_server": "http://h/api",
        "web_server": "http://h",
        "files_server": "http://h/files",
        "credentials": {"access_key": "key", "secret_key": "secret"},
        "http": {"retries": {"backoff_factor": 0.2, "backoff_max": 2.0}},
    }
    packages = str(tmp_path / "packages")
    assert made["agent"] == {
        "venvs_dir": str(tmp_path / "clones"),
        "vcs_cache": {"enabled": True, "path": str(tmp_path / "repositories"), "clone_on_pull_fail": True},
        "venvs_cache": {
            "path": str(tmp_path / "environments"),
            "max_entries": 5,
            "free_space_threshold_gb": 2.0,
        },
        "pip_download_cache": {"path": packages},
        "docker_pip_cache": packages,
        "docker_apt_cache": packages,
        "package_manager": {"pytorch_resolve": "none"},
        "force_git_root_python_path": True,
        "disable_agent_update_check": True,
        "reload_config": False,
    }


def test_all_that_an_agents_environment_says(tmp_path, monkeypatch):
    for name in (*environment.GIT_PLACES, "GIT_DIR"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("KEPT", "é")
    home = tmp_path / "agents"
    for _ in range(2):  # a second start finds it all there
        variables = environment.prepare(SERVER, "a")
    assert {name: variables.get(name) for name in sorted(environment.GIT_PLACES)} == dict.fromkeys(
        ("GIT_DIFF_OPTS", "GIT_DIR", "GIT_EXTERNAL_DIFF", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_WORK_TREE")
    )
    expected = {
        "KEPT": "é",
        "CLEARML_CONFIG_FILE": str(home / "a.conf"),
        "CLEARML_AGENT_QUEUE_POLL_FREQ_SEC": "0.5",
        "CLEARML_SUPPRESS_UPDATE_MESSAGE": "1",
        "PYTHONUNBUFFERED": "1",
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "SOUNDYARD_ENVIRONMENT": "auto",
        "SOUNDYARD_LAUNCHER": str(home / "launcher"),
    }
    assert expected.items() <= variables.items()
    assert sorted(one.name for one in home.iterdir() if one.is_dir()) == ["clones", "temporary", "tools"]


def test_settings_are_laid_over_each_other_and_neither_is_changed():
    base, more = {"a": {"b": 1, "c": 2}, "d": 3, "e": {"f": 1}}, {"a": {"c": 4}, "d": {"x": 1}, "e": 5}
    assert environment.merged(base, more) == {"a": {"b": 1, "c": 4}, "d": {"x": 1}, "e": 5}
    assert base["a"] == {"b": 1, "c": 2} and more["a"] == {"c": 4}
