"""Which environment a task runs in: the installed one, if it is what the task recorded, or one of its own.

Asked in this order: the task's user property `environment`, the agent's option `--environment`, and what is recorded
with the task. `auto` reuses the installed environment for code whose Python version and requirements it satisfies.
"""

import os
from dataclasses import dataclass, replace
from typing import Any

from agents.environments import pythons, satisfied
from agents.environments.repository import Top

NOT_STORED = "# WARNING! git diff too large to store"  # what the SDK records in place of a large difference
INSTALLED, OWN, AUTO = "installed", "own", "auto"
OPTION = "SOUNDYARD_ENVIRONMENT"  # the agent's option, for the launcher
SYNONYMS = {"build": OWN, "new": OWN, "reuse": INSTALLED, "system": INSTALLED, "default": AUTO, "": ""}


class Refused(Exception):
    """The task can't run here; the message says why and what to do."""


@dataclass(frozen=True)
class Environment:
    """What a task runs in, and why."""

    kind: str  # INSTALLED or OWN
    why: str  # for people
    python: str = ""  # version asked for; empty: any
    manager: str = "pip"  # for OWN: pip, uv or poetry
    folder: str = "."  # of the lock file, in the repository
    requirements: str | None = None  # for OWN with pip: what is to be written to the task before
    private: bool = False  # for OWN with pip: it is of no use to other code with the same requirements

    @property
    def told(self) -> str:
        what = "the installed one" if self.kind == INSTALLED else f"one of its own, made by {self.manager}"
        return f"environment: {what}. {self.why}"


def decide(script: dict[str, Any], top: Top | None, forced: str) -> Environment:
    """`forced`: the task's user property. `top`: None when the repository could not be looked into.

    Raises:
        Refused: there is no code, or not all of it; the Python it was recorded with is not on this machine; or the
            property can't be read.
    """
    _check_code(script)
    version = pythons.recorded(str(script.get("binary") or ""))
    if version is None:
        return _of_a_shell(str(script.get("binary")))
    wanted = _choice(forced, "the task's user property `environment`")
    by = "the task"
    if wanted in ("", AUTO) and not (wanted == AUTO and forced):
        wanted, by = _choice(os.environ.get(OPTION, AUTO), f"${OPTION}"), "the agent"
    if wanted == INSTALLED:
        return Environment(INSTALLED, f"Asked for by {by}; what is recorded was not looked at.", version)
    own = _own(script, top, version)
    if wanted == OWN:
        return _with_python(own, f"Asked for by {by}.")
    lacking = _lacking(script, top, version)
    if not lacking:
        return Environment(INSTALLED, _satisfied(script, top), version)
    return _with_python(own, lacking)


def _check_code(script: dict[str, Any]) -> None:
    """The agent would run a file that is not there; or, without a word, the code without its changes."""
    if not any(str(script.get(part) or "").strip() for part in ("repository", "entry_point", "diff")):
        raise Refused("The task has no code: neither a repository nor a script.")
    if str(script.get("diff") or "").lstrip().startswith(NOT_STORED):
        raise Refused(
            "The task's uncommitted changes were too large to be recorded, and the code was not run without them. "
            "Commit them and run it again, or clear the task's uncommitted changes."
        )


def _of_a_shell(binary: str) -> Environment:
    if binary.split("/")[-1] in pythons.SHELLS:
        return Environment(INSTALLED, f"The code is run by {binary}.")
    raise Refused(
        f"The task's `binary` is {binary}, and agents run Python and {', '.join(pythons.SHELLS)}; the agent would "
        "have run it with Python. Set `binary` to python3, or start the program from a Python file."
    )


def _choice(text: str, where: str) -> str:
    chosen = SYNONYMS.get(text, text)
    if chosen not in ("", AUTO, INSTALLED, OWN):
        raise Refused(f"{where} is {text!r}: it can be {AUTO}, {INSTALLED} or {OWN}.")
    return chosen


def _lacking(script: dict[str, Any], top: Top | None, version: str) -> str:
    """Why the installed environment won't do; empty when it will."""
    if version not in ("", pythons.running()):
        return f"Python {version} is recorded, {pythons.running()} is installed."
    if top is not None and top.manager:
        return f"The repository has a lock file for {top.manager}."
    recorded = _conda(script)
    if recorded:
        return recorded
    text = _requirements(script, top)
    if text is None:
        if top is None:
            return "No requirements are recorded, and the repository could not be looked into."
        return (
            "No requirements are recorded; the repository is a package that names its own."
            if top.packaged
            else ""
        )
    unmet = satisfied.unmet(text)
    more = f", and {len(unmet) - 3} more" if len(unmet) > 3 else ""
    return f"The installed one differs from what is recorded: {'; '.join(unmet[:3])}{more}." if unmet else ""


def _conda(script: dict[str, Any]) -> str:
    found = script.get("requirements")
    only = isinstance(found, dict) and found.get("conda") and not found.get("pip")
    return "Requirements of conda are recorded." if only else ""


def _requirements(script: dict[str, Any], top: Top | None) -> str | None:
    """What is asked for, recorded or in requirements.txt; None when neither says anything."""
    text = satisfied.asked(script.get("requirements"))
    if text.strip():
        return text
    return top.requirements if top is not None else None


def _satisfied(script: dict[str, Any], top: Top | None) -> str:
    number = len(list(satisfied.lines(_requirements(script, top) or "")))
    told = f"It satisfies the {number} recorded requirements" if number else "No requirements are recorded"
    return f"{told} (Python {pythons.running()})."


def _own(script: dict[str, Any], top: Top | None, version: str) -> Environment:
    if top is not None and top.manager:
        return Environment(OWN, "", version, top.manager, top.folder)
    found = script.get("requirements")
    pip = found.get("pip") if isinstance(found, dict) else ""
    asked = satisfied.asked(found)
    if str(pip or "").startswith(satisfied.REUSED):
        return Environment(OWN, "", version, requirements=asked, private=satisfied.is_local(asked))
    if not asked.strip() and top is not None and top.requirements is None and top.packaged:
        return Environment(OWN, "", version, requirements=satisfied.ITSELF, private=True)
    text = asked if asked.strip() else (top.requirements if top is not None else None) or ""
    return Environment(OWN, "", version, private=satisfied.is_local(text))


def _with_python(own: Environment, why: str) -> Environment:
    if pythons.find(own.python) is None:
        there = ", ".join(pythons.installed())
        raise Refused(
            f"The task was recorded with Python {own.python}, and this machine has none that starts; it has {there}. "
            f"Install it (for example `uv python install {own.python}`), or set the task's `binary` to python3."
        )
    return replace(own, why=why)
