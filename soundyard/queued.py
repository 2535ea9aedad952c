"""A task with the parameters of a command line, put on a queue: a clone of its template, brought up to this code."""

from collections.abc import Sequence
from typing import Any

from soundyard.tracked import acting, cloning
from soundyard.tracked.client import connect
from soundyard.tracked.finding import task as found_task
from soundyard.tracked.watching import watch
from tasks import register
from tasks.arguments import command, parameters
from tasks.client import connection
from tasks.code import carried
from tasks.running.session import check


def enqueue(task: str, words: Sequence[str], queue: str, *, name: str | None, watched: bool) -> int:
    """Gives the exit status: of the task itself when it is watched.

    Raises:
        NotRunnable, NothingThere, BadParameter: an agent could not run this, a thing that it names is not there.
    """
    config: type[Any] = register.record(task)
    about = (config.__doc__ or task).strip().splitlines()[0]
    given = command.with_plugins(config, words, prog=f"soundyard run {task}", about=about)
    server = connect()
    wanted = acting.queue_of(queue)
    if server.is_local:  # else what it names may be where the agents are
        check(given.record)
    made = _made(task, given.record, server, name or task)
    done = acting.enqueue({"id": made}, wanted)
    page = f"{server.web_server.rstrip('/')}/projects/*/tasks/{made}"
    print(f"{name or task} ({made}) {done}: {page}")
    return watch([made]) if watched else 0


def _made(task: str, record: object, server: connection.Connection, name: str) -> str:
    """The id of a draft with these parameters. Raises NotRunnable."""
    given = getattr(record, carried.NAME, [])
    templates = register.register(server, given if register.is_plugins(task) else None)
    template = found_task(templates[task], cloning.FIELDS)
    there = template["hyperparams"]
    for own, text in parameters.to_texts(record).items():
        there[parameters.SECTION].setdefault(
            own, {"section": parameters.SECTION, "name": own, **text._asdict()}
        )
        there[parameters.SECTION][own]["value"] = text.value
    made = cloning.clone(template, there, name, template["project"]["id"])
    if given:
        from clearml import Task

        carried.write_to(Task.get_task(task_id=made), given)
    return made
