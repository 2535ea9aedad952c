"""What a task's agent finds on its path: the right Python, and uv and poetry that do not go on without a lock file."""

import os
import subprocess
import sys

import pytest

from agents.environments import decision, pythons, tools
from agents.environments.decision import INSTALLED, OWN, Environment


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    monkeypatch.setenv("CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL", "0")


def script(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n" + text)
    (folder / name).chmod(0o755)
    return folder / name


def test_the_installed_environment_is_left_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    found = tools.variables(Environment(INSTALLED, ""), tmp_path, {})
    assert found["CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL"] == "1" and "PYTHONHOME" not in found
    assert (found["PYTHONPATH"], found["PYTHONFAULTHANDLER"]) == (str(tools.HOOKS), "1")
    assert found["PATH"] == os.environ["PATH"] and not (tmp_path / "tools").exists()


@pytest.mark.parametrize("asked", ["", pythons.running()])
def test_an_environment_of_its_own_starts_with_the_python_asked_for(tmp_path, asked):
    for _ in range(2):
        found = tools.variables(Environment(OWN, "", asked), tmp_path, {})
    folder = tmp_path / "tools" / (asked or "any")
    assert found["PATH"].split(os.pathsep)[0] == str(folder) and found["PATH"].endswith(os.environ["PATH"])
    assert "CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL" not in found
    assert not {
        "CLEARML_AGENT_VENV_CACHE_PATH",
        "CLEARML_AGENT_FORCE_UV",
        "CLEARML_AGENT_FORCE_POETRY",
    } & set(found)
    names = sorted(one.name for one in folder.iterdir())
    assert names == ["python3", f"python{pythons.running()}"]
    for name in names:
        assert pythons.starts(folder / name, pythons.running())


def test_what_holds_the_repositorys_own_code_is_kept_apart_by_that_code(tmp_path):
    private = Environment(OWN, "", private=True)
    code = {"repository": "r", "version_num": "1", "branch": "b", "diff": "d"}
    paths = {tools.variables(private, tmp_path, code)["CLEARML_AGENT_VENV_CACHE_PATH"]}
    assert (
        tools.variables(private, tmp_path, {**code, "entry_point": "x"})["CLEARML_AGENT_VENV_CACHE_PATH"]
        in paths
    )
    for name in code:
        paths.add(
            tools.variables(private, tmp_path, {**code, name: "other"})["CLEARML_AGENT_VENV_CACHE_PATH"]
        )
        paths.add(tools.variables(private, tmp_path, {**code, name: None})["CLEARML_AGENT_VENV_CACHE_PATH"])
    assert len(paths) == 9 and all(one.startswith(str(tmp_path / "environments")) for one in paths)


def test_uv_refuses_to_go_on_without_a_lock_that_fits(tmp_path, monkeypatch):
    real = script(tmp_path / "it's real", "uv", 'echo "real $*"')
    monkeypatch.setattr(pythons, "find_uv", lambda: real)
    found = tools.variables(Environment(OWN, "", pythons.running(), "uv"), tmp_path, {})
    assert (found["CLEARML_AGENT_FORCE_UV"], found["UV_CACHE_DIR"]) == (
        "1",
        str(tmp_path / "packages" / "uv"),
    )
    assert found["UV_PYTHON"] == str(pythons.find(""))
    assert "UV_PYTHON" not in tools.variables(Environment(OWN, "", "", "uv"), tmp_path, {})
    work = tmp_path / "work"
    work.mkdir()

    def uv(*arguments):
        command = [tmp_path / "tools" / pythons.running() / "uv", *arguments]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True)
        return done.returncode, done.stdout

    assert uv("sync") == (0, "real sync\n")
    (work / "uv.lock").write_text("")
    assert uv("sync", "--locked", "x") == (0, "real sync --locked x\n") and uv("pip") == (0, "real pip\n")
    status, said = uv("sync", "--frozen")
    assert status == 2 and said.startswith("error: uv.lock does not fit")
    monkeypatch.setattr(pythons, "find_uv", lambda: None)
    with pytest.raises(decision.Refused, match="pip install uv"):
        tools.variables(Environment(OWN, "", "", "uv"), tmp_path, {})


def test_poetry_ends_the_agent_when_it_can_not_install_the_lock_file(tmp_path):
    version = pythons.running()
    environment = tmp_path / "tools" / f"poetry-{version}"
    (environment / "bin").mkdir(parents=True)
    script(environment / "bin", "poetry", 'echo "real $*"; [ "$1" != install ] && [ "$1" != bad ] || exit 3')
    (environment / "made").touch()
    found = tools.variables(Environment(OWN, "", "", "poetry"), tmp_path, {})
    assert (found["CLEARML_AGENT_FORCE_POETRY"], found["POETRY_VIRTUALENVS_IN_PROJECT"]) == ("1", "true")
    assert found["POETRY_CACHE_DIR"] == str(tmp_path / "packages" / "poetry")
    first, second = found["PATH"].split(os.pathsep)[:2]
    assert first.endswith("-wrapped") and second == str(environment / "bin")

    def poetry(*arguments):
        program = f"import subprocess, sys; sys.exit(subprocess.run({[f'{first}/poetry', *arguments]!r}).returncode)"
        return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (poetry("show").returncode, poetry("bad").returncode) == (0, 3)
    killed = poetry("install")
    assert killed.returncode == -9 and "ERROR: poetry.lock can't be installed here" in killed.stdout


def test_an_environment_for_poetry_that_can_not_be_made_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pythons, "find_uv", lambda: None)
    monkeypatch.setattr(pythons, "find", lambda version: script(tmp_path / "bin", "python", "exit 1"))
    with pytest.raises(decision.Refused, match="poetry can't be installed here"):
        tools.variables(Environment(OWN, "", "", "poetry"), tmp_path, {})
    assert not (tmp_path / "tools" / f"poetry-{pythons.running()}" / "made").exists()
    assert "making an environment for poetry" in capsys.readouterr().out


def test_each_python_has_a_poetry_of_its_own(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(pythons, "find", lambda version: asked.append(version) or tmp_path / "python")
    monkeypatch.setattr(tools, "_poetry", lambda home, python, version: [version])
    found = tools.variables(Environment(OWN, "", "3.1", "poetry"), tmp_path, {})
    assert (asked, found["PATH"].split(os.pathsep)[:2]) == (["3.1"], ["3.1", str(tmp_path / "tools" / "3.1")])
