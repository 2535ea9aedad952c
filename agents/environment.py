"""The configuration and the environment that an agent is started with.

Everything an agent writes stays in `.soundyard/agents/`: its configuration, repository cache, clones and logs, and a
git configuration of its own (the agent sets `safe.directory` in the global one). Tasks run in the environment that is
installed here, because building one for each task takes longer than the task.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks import connection

GITCONFIG = """\
[include]
    path = ~/.gitconfig
[safe]
    directory = *
[advice]
    detachedHead = false
"""
POLL_SECONDS = 0.5  # between looks at the queue, and at the task that runs


def folder() -> Path:
    """Where agents keep everything they write."""
    return connection.state() / "agents"


def prepare(server: connection.Connection, name: str, *, build: bool) -> dict[str, str]:
    """Write the agent's configuration; gives the environment it has to be started in.

    `build`: make a virtual environment for each task from its recorded packages, rather than use this one.
    """
    home = folder()
    for one in ("clones", "temporary"):
        (home / one).mkdir(parents=True, exist_ok=True)
    gitconfig = home / "gitconfig"
    gitconfig.write_text(GITCONFIG)
    file = home / f"{name}.conf"
    file.touch(mode=0o600)
    file.write_text(json.dumps(configuration(server, home), indent=1))
    environment = dict(os.environ)
    environment.pop("PYTHONPATH", None)  # a task imports from its clone, not from here
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # it would compile its libraries at every start
    environment.update(
        CLEARML_CONFIG_FILE=str(file),
        CLEARML_AGENT_QUEUE_POLL_FREQ_SEC=str(POLL_SECONDS),
        CLEARML_AGENT_TEMP_STDOUT_FILE_DIR=str(home / "temporary"),
        CLEARML_SUPPRESS_UPDATE_MESSAGE="1",
        GIT_CONFIG_GLOBAL=str(gitconfig),
        PYTHONUNBUFFERED="1",
    )
    environment.setdefault(
        "OMP_WAIT_POLICY", "PASSIVE"
    )  # spinning threads on busy cores slow training tenfold
    if not build:
        environment["CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL"] = "1"
    return environment


def configuration(server: connection.Connection, home: Path) -> dict[str, Any]:
    """The settings that were found for this checkout, with what an agent needs on top."""
    return merged(
        server.settings,
        {
            "api": {
                "api_server": server.api_server,
                "web_server": server.web_server,
                "files_server": server.files_server,
                "credentials": {"access_key": server.access_key, "secret_key": server.secret_key},
                "http": {"retries": {"backoff_factor": 0.2, "backoff_max": 2.0}},
            },
            "sdk": {
                "development": {
                    "report_use_subprocess": False
                },  # a forked reporter can hang the end of a task
                "storage": {"cache": {"default_base_dir": _cache(server)}},
            },
            "agent": {
                "venvs_dir": str(home / "clones"),
                "vcs_cache": {
                    "enabled": True,
                    "path": str(home / "repositories"),
                    "clone_on_pull_fail": True,
                },
                "venvs_cache": {"path": str(home / "environments")},
                "pip_download_cache": {"path": str(home / "packages")},
                "docker_pip_cache": str(
                    home / "packages"
                ),  # made by every agent, used by those in containers
                "docker_apt_cache": str(home / "packages"),
                "package_manager": {"pytorch_resolve": "none"},
                "force_git_root_python_path": True,
                "disable_agent_update_check": True,  # no network at run time
                "reload_config": False,
            },
        },
    )


def _cache(server: connection.Connection) -> str:
    found = connection.setting(server.settings, "sdk", "storage", "cache", "default_base_dir")
    return str(found or connection.state() / "cache")


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `more` over it, dict by dict."""
    result = dict(base)
    for key, value in more.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result
