"""The environment that a worker has said its tasks run in, and whether it is what a task has recorded.

Agents of this project say it (`agents/environments/telling.py`) and decide (`agents/environments/satisfied.py`); of
other workers nothing is known, and what isn't known is taken for good. Only what is certain counts here: a package that
is missing, or another version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

PROPERTY = "environment"
"""Runtime property of a worker, and user property of a task."""
INSTALLED = "installed"
"""The mode in which nothing is built: every task runs in what is there."""
SHOWN = ("mode", "python", "pythons", "fingerprint")
_REUSED = "# The environment that was installed on the agent's machine, as it was:"
_VERSIONED = re.compile(r"^python(\d+\.\d+)")


@dataclass(frozen=True)
class Environment:
    """What a worker says. `packages`: canonical name → version."""

    mode: str
    python: str
    packages: Mapping[str, str]


def _property(worker: Mapping[str, Any]) -> dict[str, Any]:
    text = ((worker.get("runtime_properties") or {}).get(PROPERTY) or {}).get("value")
    try:
        said = orjson.loads(text or "null")
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def shown(worker: Mapping[str, Any]) -> dict[str, Any] | None:
    """For people: mode, Pythons, how many packages and their fingerprint. None: it has said nothing."""
    said = _property(worker)
    if not said:
        return None
    return {**{name: said.get(name) for name in SHOWN}, "packages": len(_packages(said))}


def of(worker: Mapping[str, Any]) -> Environment | None:
    said = _property(worker)
    if not said:
        return None
    return Environment(str(said.get("mode") or ""), str(said.get("python") or ""), _packages(said))


def _packages(said: Mapping[str, Any]) -> dict[str, str]:
    pairs = (line.partition("==") for line in str(said.get("packages") or "").splitlines())
    return {canonicalize_name(name): version for name, equal, version in pairs if equal}


def differs(environment: Environment, script: Mapping[str, Any], forced: str) -> str:
    """Why a task would run in something else than it has recorded; empty when it would not, or nobody can tell.

    `forced`: the task's own user property, which goes before the worker's mode.
    """
    mode = forced if forced in (INSTALLED, "own", "auto") else environment.mode
    if mode != INSTALLED:
        return ""  # what differs is built
    version = _VERSIONED.match(str(script.get("binary") or "").rsplit("/", 1)[-1])
    here = ".".join(environment.python.split(".")[:2])
    if version and here and version[1] != here:
        return f"Python {version[1]} is recorded, {here} is installed"
    unmet = [why for line in _lines(script.get("requirements")) if (why := _unmet(line, environment))]
    return "; ".join(unmet[:3]) + (f", and {len(unmet) - 3} more" if len(unmet) > 3 else "")


def _lines(requirements: Any) -> Iterator[str]:
    """What was asked for; of a run in an installed environment that is kept beside what was there."""
    if not isinstance(requirements, dict):
        return
    pip, asked = _text(requirements.get("pip")), _text(requirements.get("org_pip"))
    for line in (asked if pip.startswith(_REUSED) else pip).splitlines():
        bare = re.sub(r"(^|\s)#.*$", "", line).strip()
        if bare and not bare.startswith("-"):
            yield bare


def _text(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _unmet(line: str, environment: Environment) -> str:
    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        return ""  # an option, a link, a path: nobody can tell
    python = {"python_full_version": environment.python, "extra": ""}
    python["python_version"] = ".".join(environment.python.split(".")[:2])
    if wanted.url or (wanted.marker and not wanted.marker.evaluate(python)):
        return ""
    found = environment.packages.get(canonicalize_name(wanted.name))
    if found is None:
        return f"{wanted.name} is not installed"
    if not wanted.specifier.contains(found, prereleases=True):
        return f"{wanted.name}{wanted.specifier} is recorded, {found} is installed"
    return ""
