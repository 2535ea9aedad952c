"""What a task's agent finds on its path and in its variables: the right Python, uv or poetry, our `sitecustomize`."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.environments import decision, pythons

ROOT = Path(__file__).resolve().parents[2]
HOOKS = ROOT / "agents" / "hooks"
OUTER_TEMPORARY = "SOUNDYARD_OUTER_TMPDIR"  # what TMPDIR was before the agent got a folder of its own

UV = """\
#!/bin/sh
# uv, but for a lock file that does not fit its pyproject.toml: the agent would go on without it, and say nothing.
if [ "$1" = sync ] && [ -f uv.lock ]; then
    case " $* " in
        *" --locked "*) ;;
        *) echo "error: uv.lock does not fit pyproject.toml, or can't be installed here (see above): uv lock, commit"
           exit 2 ;;
    esac
fi
exec {real} "$@"
"""
POETRY = """\
#!/bin/sh
# poetry; when it can't install the lock file, the agent that asked for it ends: it would go on without it.
{real} "$@"
status=$?
if [ "$1" = install ] && [ $status -ne 0 ]; then
    echo "clearml_agent: ERROR: poetry.lock can't be installed here (see above)"
    kill -KILL $PPID
fi
exit $status
"""


def variables(chosen: decision.Environment, home: Path, script: Mapping[str, Any]) -> dict[str, str]:
    """The environment variables of the agent that runs one task. `script`: the task's."""
    result = dict(os.environ)
    result.pop("PYTHONHOME", None)
    result.update(PYTHONPATH=str(HOOKS), PYTHONFAULTHANDLER="1")
    if chosen.kind == decision.INSTALLED:
        result["CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL"] = "1"
        return result
    result.pop("CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL", None)
    python = pythons.find(chosen.python)
    assert python is not None, "refused before"
    folder = home / "tools" / (chosen.python or "any")
    folder.mkdir(parents=True, exist_ok=True)
    _link(folder / "python3", python)
    _link(folder / f"python{chosen.python or pythons.running()}", python)
    paths = [str(folder)]
    if chosen.private:  # else the agent would give it to any other code with the same requirements
        code = "\n".join(
            str(script.get(part) or "") for part in ("repository", "version_num", "branch", "diff")
        )
        result["CLEARML_AGENT_VENV_CACHE_PATH"] = str(home / "environments" / f"of-{_digest(code)}")
    if chosen.manager == "uv":
        result.update(_uv(folder, home, python, chosen))
    elif chosen.manager == "poetry":
        paths[:0] = _poetry(home, python, chosen.python or pythons.running())
        result.update(CLEARML_AGENT_FORCE_POETRY="1", POETRY_CACHE_DIR=str(home / "packages" / "poetry"))
        result["POETRY_VIRTUALENVS_IN_PROJECT"] = "true"
    result["PATH"] = os.pathsep.join([*paths, result.get("PATH", os.defpath)])
    return result


def _uv(folder: Path, home: Path, python: Path, chosen: decision.Environment) -> dict[str, str]:
    real = pythons.find_uv()
    if real is None:
        raise decision.Refused(
            "The repository is locked with uv, and uv is not installed here: pip install uv"
        )
    _script(folder / "uv", UV, real)
    more = {"CLEARML_AGENT_FORCE_UV": "1", "UV_CACHE_DIR": str(home / "packages" / "uv")}
    if chosen.python:
        more["UV_PYTHON"] = str(python)
    return more


def _poetry(home: Path, python: Path, version: str) -> list[str]:
    """Poetry in an environment of its own, made once: the agent would install it into the interpreter it runs with."""
    environment = home / "tools" / f"poetry-{version}"
    made = environment / "made"
    if not made.exists():
        print("making an environment for poetry", flush=True)
        _made(environment, python)
        made.touch()
    wrapped = home / "tools" / f"poetry-{version}-wrapped"
    wrapped.mkdir(exist_ok=True)
    _script(wrapped / "poetry", POETRY, environment / "bin" / "poetry")
    return [str(wrapped), str(environment / "bin")]


def _made(environment: Path, python: Path) -> None:
    uv = pythons.find_uv()
    inside = str(environment / "bin" / "python")
    make = [str(uv), "venv", "--seed", "-q", "--python", str(python)] if uv else [str(python), "-m", "venv"]
    install = (
        [str(uv), "pip", "install", "-q", "--python", inside]
        if uv
        else [inside, "-m", "pip", "install", "-q"]
    )
    for command in ([*make, "--clear", str(environment)], [*install, "poetry"]):
        if subprocess.run(command, cwd="/").returncode:
            raise decision.Refused(
                "The repository is locked with poetry, and poetry can't be installed here."
            )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def _script(file: Path, text: str, real: Path) -> None:
    scratch = file.with_name(f"{file.name}.{os.getpid()}")
    scratch.write_text(text.format(real="'" + str(real).replace("'", "'\\''") + "'"))
    scratch.chmod(0o755)
    scratch.replace(file)


def _link(link: Path, target: Path) -> None:
    scratch = link.with_name(f"{link.name}.{os.getpid()}")
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(target)
    scratch.replace(link)
