"""Any task by its name, those of plugins too.

python -m tasks.run loudness --plugins my_task.py
python -m tasks.run train --epochs 5
python -m tasks.run                     # lists them
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from audio import plugins
from audio.command_line import print_anything
from audio.errors import AudioError
from tasks import registry
from tasks.arguments import command
from tasks.client import connection, names
from tasks.code import carried
from tasks.errors import SoundyardError
from tasks.running.session import Job, session, under_an_agent
from tasks.task import Parameters

ABOUT = (
    "Run a task by its name. --plugins FILE brings those of your own; NAME --help tells of its parameters."
)


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    print_anything()
    try:
        if under_an_agent():
            _bring()
            words = words or _only_one()
        else:
            plugins.load(command.plugins_in(words))
        if not words or words[0].startswith("-"):
            print(f"{ABOUT}\n\n{listed()}")
            return 0 if words[:1] in ([], ["--help"], ["-h"]) else 2
        start = registry.tasks.find(words[0])
    except AudioError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 2
    return int(start(words[1:]) or 0)


def listed() -> str:
    """A line on each task."""
    lines = []
    for name in registry.tasks.names_in_order():
        about = (registry.record(name).__doc__ or "").strip().partition("\n")[0]
        lines.append(f"  {name:14} {about}")
    return "\n".join(lines)


def _only_one() -> list[str]:
    """The task of the plugins that are loaded, where they add just one: a server may have cut the name off."""
    own = [one.name for one in registry.tasks.entries.values() if plugins.origin(one)]
    return own if len(own) == 1 else []


def _bring() -> None:
    """What the agent's task carries, before its name can mean anything. A fault is the task's reason to fail."""
    from clearml import Task

    connection.use(patient=True)
    try:
        carried.bring(Task.get_task(task_id=os.environ["CLEARML_TASK_ID"]), Parameters)
    except (AudioError, SoundyardError):
        told = Job("task", "custom", "-m tasks.run", names.project())
        with suppress(AudioError, SoundyardError), session(told, Parameters):
            pass
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
