"""The configuration and the environment that an agent is started with.

Everything an agent writes stays in `.soundyard/agents/`: its configuration, repository cache, clones and logs, and a
git configuration of its own (the agent sets `safe.directory` in the global one). A person's own git settings apply, but
for those that would change files or differences on their way. Each task is started by `agents/launch.py`.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents import launch, unmodified
from agents.environments import decision, tools
from tasks.client import connection

GITCONFIG = """\
[include]
    path = ~/.config/git/config
    path = {personal}
[safe]
    directory = *
[advice]
    detachedHead = false
[core]
    autocrlf = false
    safecrlf = false
    attributesFile = /dev/null
    hooksPath = /dev/null
[apply]
    whitespace = nowarn
    ignoreWhitespace = no
[protocol "file"]
    allow = always
"""
GIT_PLACES = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
    "GIT_NAMESPACE",
}
KEPT_ENVIRONMENTS = 5  # built ones, for the next task with the same requirements
POLL_SECONDS = 0.5  # between looks at the queue, and at the task that runs


def folder() -> Path:
    """Where agents keep everything they write."""
    return connection.state() / "agents"


def prepare(server: connection.Connection, name: str, *, kind: str = decision.AUTO) -> dict[str, str]:
    """Write the agent's configuration; gives the environment it has to be started in.

    `kind`: in which environment its tasks run: `auto`, `installed` or `own` (`agents/environments/decision.py`).
    """
    home = folder()
    for one in ("clones", "temporary", "tools"):
        (home / one).mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)  # the daemon writes the keys into temporary files that others could read
    gitconfig = home / "gitconfig"
    gitconfig.write_text(GITCONFIG.format(personal=os.environ.get("GIT_CONFIG_GLOBAL") or "~/.gitconfig"))
    file = home / f"{name}.conf"
    file.touch(mode=0o600)
    settings = json.dumps(configuration(server, home), indent=1, ensure_ascii=False)
    file.write_text(
        settings, encoding="utf-8"
    )  # the agent reads no \u of JSON, and would make folders of that name
    environment = {name: value for name, value in os.environ.items() if name not in GIT_PLACES}
    environment.pop("PYTHONPATH", None)  # a task imports from its clone, not from here
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # it would compile its libraries at every start
    environment.pop("CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL", None)  # decided for each task
    environment.update(
        CLEARML_CONFIG_FILE=str(file),
        CLEARML_AGENT_QUEUE_POLL_FREQ_SEC=str(POLL_SECONDS),
        CLEARML_AGENT_TEMP_STDOUT_FILE_DIR=str(home / "temporary"),
        CLEARML_SUPPRESS_UPDATE_MESSAGE="1",
        GIT_CONFIG_GLOBAL=str(gitconfig),
        PYTHONUNBUFFERED="1",
        TMPDIR=str(home / "temporary"),
        **{
            tools.OUTER_TEMPORARY: os.environ.get("TMPDIR", ""),
            decision.OPTION: kind,
            unmodified.LAUNCHER: str(launch.launcher(home)),
        },
    )
    environment.setdefault(
        "OMP_WAIT_POLICY", "PASSIVE"
    )  # spinning threads on busy cores slow training tenfold
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
                "venvs_cache": {
                    "path": str(home / "environments"),
                    "max_entries": KEPT_ENVIRONMENTS,
                    "free_space_threshold_gb": 2.0,
                },
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
