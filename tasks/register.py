"""Template drafts on the server: preprocess, train and evaluate, ready to be cloned, edited and enqueued.

    python -m tasks.register

Running it again brings the templates up to this checkout's code and defaults; edit a clone, not a template. They are
drafts without a command line: one that was recorded would beat the parameters that are edited in a clone.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from tasks import connection, names, parameters, source
from tasks.errors import NothingThere, SoundyardError

PARAMETERS = {
    "preprocess": ("tasks.preprocess", "PreprocessParameters"),
    "train": ("tasks.train", "TrainParameters"),
    "evaluate": ("tasks.evaluate", "EvaluateParameters"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    argparse.ArgumentParser(
        prog="python -m tasks.register",
        description="Put the task templates on the server, or bring them up to date.",
    ).parse_args(arguments)
    try:
        for name, task_id in register(connection.use()).items():
            print(f"{name}: {task_id}")
    except SoundyardError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    return 0


def register(server: connection.Connection) -> dict[str, str]:
    """Create or update the template of every task; gives their ids by name.

    Raises:
        NotRunnable: agents of this server could not run the checkout as it stands.
    """
    code = source.describe(server)
    if code.added:
        print(f"note: files that git does not know yet travel with the tasks: {', '.join(code.added)}")
    return {name: _register(name, code) for name in names.TEMPLATES}


def defaults(name: str) -> Any:
    """The parameters of a task, with their defaults."""
    module, record = PARAMETERS[name]
    return getattr(importlib.import_module(module), record)()


def template(name: str) -> str:
    """The id of a template. Raises NothingThere."""
    found = _templates(name)
    if not found:
        raise NothingThere(
            f"Project {names.project()} has no template {name}. Put the templates there: python -m tasks.register"
        )
    return found[0]


def _templates(name: str) -> list[str]:
    """Ids of the templates of that name, newest first: drafts with our tag. A clone has it too, but also a parent."""
    from clearml import Task

    found: Any = Task.query_tasks(
        project_name=names.project(),
        task_name=f"^{name}$",
        tags=[names.TEMPLATE_TAG],
        task_filter={"status": ["created"], "order_by": ["-last_update"], "system_tags": ["-archived"]},
        additional_return_fields=["parent"],
    )
    return [one["id"] for one in found if not one.get("parent")]


def _register(name: str, code: source.Source) -> str:
    from clearml import Task

    found = _templates(name)
    task: Any
    if found:
        task = Task.get_task(task_id=found[0])
    else:
        task = Task.create(
            project_name=names.project(),
            task_name=name,
            task_type=names.TEMPLATES[name],
            module=f"tasks.{name}",
            add_task_init_call=False,
            detect_repository=False,
        )
        task.set_tags([names.TEMPLATE_TAG])
    task.update_task({"script": code.script(f"-m tasks.{name}")})
    parameters.write_to(task, defaults(name))
    return str(task.id)


if __name__ == "__main__":
    sys.exit(main())
