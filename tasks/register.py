"""Template drafts on the server: one for every task, ready to be cloned, edited and enqueued.

    python -m tasks.register
    python -m tasks.register --preset all          # besides, the presets of audio.presets, each in its own project

Running it again brings the templates up to this checkout's code and defaults; edit a clone, not a template. They are
drafts without a command line: one that was recorded would beat the parameters that are edited in a clone.
"""

import importlib
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, cast

from audio import presets
from audio.command_line import CommandLine
from tasks import connection, names, parameters, schema, source
from tasks.errors import NothingThere, SoundyardError

PARAMETERS = {
    "preprocess": ("tasks.preprocess", "PreprocessParameters"),
    "train": ("tasks.train", "TrainParameters"),
    "evaluate": ("tasks.evaluate", "EvaluateParameters"),
    "crossvalidate": ("tasks.crossvalidate", "CrossvalidateParameters"),
    "search": ("tasks.search", "SearchParameters"),
    "export": ("tasks.export", "ExportParameters"),
    "predict": ("tasks.predict", "PredictParameters"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments).preset
    try:
        server = connection.use()
        made = register(server)
        for preset in presets.names() if chosen == "all" else filter(None, [chosen]):
            made |= register_preset(server, preset)
        for name, task_id in made.items():
            print(f"{name}: {task_id}")
    except SoundyardError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    return 0


def _parser() -> CommandLine:
    parser = CommandLine(
        prog="python -m tasks.register",
        description="Put the task templates on the server, or bring them up to date.",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        choices=["all", *presets.names()],
        help=f"also the templates of a preset, in a project of its own: all, {', '.join(presets.names())}",
    )
    return parser


def register(server: connection.Connection) -> dict[str, str]:
    """Create or update the template of every task; gives their ids by name.

    Raises:
        NotRunnable: agents of this server could not run the checkout as it stands.
    """
    code = source.describe(server)
    if code.added:
        print(f"note: files that git does not know yet travel with the tasks: {', '.join(code.added)}")
    return {name: _register(name, code, names.project()) for name in names.TEMPLATES}


def register_preset(server: connection.Connection, name: str) -> dict[str, str]:
    """Create or update the templates of a preset, in the project `PROJECT/NAME`; gives ids. Raises NotRunnable."""
    preset, project = presets.find(name), f"{names.project()}/{name}"
    settings = {"preprocess": preset.preprocess, "train": preset.train, "evaluate": {}}
    code, about = source.describe(server), f"{preset.about} Source: {preset.source}."
    return {
        f"{name}/{task}": _register(task, code, project, changed, about) for task, changed in settings.items()
    }


def defaults(name: str, changed: Mapping[str, Any] | None = None) -> Any:
    """The parameters of a task with their defaults, some of them changed."""
    return record(name)(**(changed or {}))


def record(name: str) -> type:
    """The class of a task's parameters."""
    module, found = PARAMETERS[name]
    return cast(type, getattr(importlib.import_module(module), found))


def template(name: str) -> str:
    """The id of a template. Raises NothingThere."""
    found = _templates(name, names.project())
    if not found:
        raise NothingThere(
            f"Project {names.project()} has no template {name}. Put the templates there: python -m tasks.register"
        )
    return found[0]


def _templates(name: str, project: str) -> list[str]:
    """Ids of the templates of that name, newest first: drafts with our tag. A clone has it too, but also a parent."""
    from clearml.backend_api.session.client import APIClient

    client: Any = APIClient()
    projects = client.projects.get_all(name=f"^{re.escape(project)}$", only_fields=["id"])
    if not projects:
        return []
    found = client.tasks.get_all(
        project=[one.id for one in projects],
        name=f"^{name}$",
        tags=[names.TEMPLATE_TAG],
        status=["created"],
        system_tags=["-archived"],
        order_by=["-last_update"],
        only_fields=["id", "parent"],
    )
    return [str(one.id) for one in found if not one.data.parent]


def _register(
    name: str, code: source.Source, project: str, changed: Mapping[str, Any] | None = None, about: str = ""
) -> str:
    """One template with some parameters changed; `about` becomes its description."""
    from clearml import Task

    found = _templates(name, project)
    task: Any
    if found:
        task = Task.get_task(task_id=found[0])
    else:
        task = Task.create(
            project_name=project,
            task_name=name,
            task_type=names.TEMPLATES[name],
            module=f"tasks.{name}",
            add_task_init_call=False,
            detect_repository=False,
        )
        task.set_tags([names.TEMPLATE_TAG])
    task.update_task({"script": code.script(f"-m tasks.{name}")})
    if about:
        task.set_comment(about)
    parameters.write_to(task, defaults(name, changed))
    schema.write_to(task, record(name))
    return str(task.id)


if __name__ == "__main__":
    sys.exit(main())
