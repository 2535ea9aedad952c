"""Plugins that travel with a task: their source is a configuration object of it, which clones take along.

An agent has the source that the task was made with, wherever it runs. What `Args/plugins` names besides, as in a clone
that was edited, has to be on the agent's machine.
"""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from audio import plugins
from audio.errors import PluginError
from audio.parameters.parameter import kinds
from audio.plugins import Plugin
from audio.plugins.source import joined, lines, unpack
from tasks.arguments.parameters import LIST_OF_PLACES, SECTION, read
from tasks.errors import NothingThere

NAME = "plugins"  # of the parameter, and of the configuration object
ABOUT = "source of the plugins that Args/plugins names"


def text_of(loaded: Sequence[Plugin]) -> str:
    """Plugins as they travel; empty when there is nothing to carry."""
    state = [
        {"given": one.given, "name": one.name, "digest": one.digest, "files": lines(one.files)}
        for one in loaded
        if one.files
    ]
    return json.dumps(state, ensure_ascii=False, indent=1) if state else ""


def write_to(task: Any, given: Sequence[str]) -> None:
    """Let the plugins that are loaded travel with a task, unless they do."""
    text = text_of(plugins.load(given))
    if text and task.get_configuration_object(NAME) != text:
        task.set_configuration_object(NAME, config_text=text, config_type="json", description=ABOUT)


def carries(task: Any) -> bool:
    """Whether a task uses plugins that travel with it."""
    return bool(_given(task) and task.get_configuration_object(NAME))


def configuration(given: Sequence[str]) -> dict[str, str]:
    """The configuration objects that a task made for these plugins needs."""
    text = text_of(plugins.load(given))
    return {NAME: text} if text else {}


def bring(task: Any, config: type) -> None:
    """Import what a task's parameters name. Raises PluginError."""
    if NAME not in kinds(config):
        return
    load(_given(task), task.get_configuration_object(NAME))


def load(given: Sequence[str], text: str | None) -> list[Plugin]:
    """Import plugins: with the source that travels in `text`, or from this machine. Raises PluginError."""
    places = {one["given"]: str(_unpacked(one)) for one in _kept(text)}
    return plugins.load(given, places)


def refuse_absent(given: Sequence[str], task: dict[str, Any], called: str) -> None:
    """Raises NothingThere when a task that is to be cloned does not use these plugins, as its clones won't either."""
    own = (task["hyperparams"].get(SECTION) or {}).get(NAME, {}).get("value") or ""
    absent = [one for one in map(plugins.named, given) if one not in read(str(own), LIST_OF_PLACES)]
    if absent:
        raise NothingThere(
            f"The task {task['name']} that is cloned does not use the plugin {', '.join(absent)}: its clones "
            f"lack it. Put it into the templates, python -m tasks.register --plugins {shlex.quote(absent[0])}, or give "
            f"a training that uses it: {called}=ID."
        )


def for_model(model: Any, path: Path) -> None:
    """Import what hearing a model takes, as its training carries it, where nothing of that name is here.

    For an agent's run: it runs what tasks of its server say anyway. At a shell a person names whose code to run.
    """
    from clearml import Task

    from audio.checkpoints import checkpoint

    needs = checkpoint.load(path).get("plugins") or []
    if not plugins.lacking(needs) or not model.task:
        return
    trained: Any = Task.get_task(task_id=model.task)
    own = _given(trained)
    given = [one["given"] for one in needs if one["given"] in own]
    print(f"note: the model's training {model.task} brings its plugins: {', '.join(given)}", flush=True)
    load(given, trained.get_configuration_object(NAME))


def _given(task: Any) -> list[str]:
    """The plugins that a task's parameter names."""
    named: list[str] = read(str(task.get_parameters().get(f"{SECTION}/{NAME}") or ""), LIST_OF_PLACES)
    return named


def _kept(text: str | None) -> list[dict[str, Any]]:
    try:
        found = json.loads(text or "[]")
        return [{**one, "files": joined(one["files"])} for one in found if one["given"] and one["name"]]
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise PluginError(
            f"The task's configuration object {NAME!r} was changed and can't be read: {fault}. Delete it there and "
            "give a file that is on the agent's machine, or make the task anew."
        ) from fault


def _unpacked(one: dict[str, Any]) -> Path:
    """The place of a plugin's copy on this machine, written if it is not there yet."""
    from clearml.config import get_cache_dir

    own = Plugin(one["given"], one["name"], one["files"])
    folder = Path(get_cache_dir()) / "plugins" / own.digest
    unpack(one["files"], folder)
    return folder / str(one["name"])
