"""Template drafts on the server: one for every task, ready to be cloned, edited and enqueued.

    python -m tasks.register
    python -m tasks.register --plugins my_models.py     # templates that know, and carry along, what a plugin adds
    python -m tasks.register --preset all          # besides, the presets of audio.presets, each in its own project

Running it again brings the templates up to this checkout's code and defaults; edit a clone, not a template. They are
drafts without a command line: one that was recorded would beat the parameters that are edited in a clone.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from audio import plugins, presets
from audio.command_line import CommandLine, print_anything
from audio.errors import PluginError
from audio.parameters.parameter import kinds
from tasks import registry as tasks
from tasks.arguments import command, parameters, schema
from tasks.client import connection, names
from tasks.code import carried, source
from tasks.errors import NothingThere, SoundyardError


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    print_anything()
    try:
        given = command.plugins_in(words)
        plugins.load(given)
        chosen = _parser().parse_args(words).preset
        server = connection.use()
        made = register(server, given)
        for preset in presets.names() if chosen == "all" else filter(None, [chosen]):
            made |= register_preset(server, preset, given)
        for name, task_id in made.items():
            print(f"{name}: {task_id}")
    except (SoundyardError, PluginError) as fault:
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
    parser.add_argument(
        f"--{carried.NAME}",
        metavar="FILE",
        action="append",
        help="plugin that the templates use and carry along; what it adds can be chosen in the browser",
    )
    return parser


def known() -> list[str]:
    """Names of all tasks, in their order."""
    return tasks.tasks.names_in_order()


def register(server: connection.Connection, given: Sequence[str] | None = None) -> dict[str, str]:
    """Create or update the template of every task; gives their ids by name.

    `given`: plugins that they use. None: nobody has said; templates that carry some keep their parameters with them.

    Raises:
        NotRunnable: agents of this server could not run the checkout as it stands.
    """
    code = source.describe(server)
    if code.added:
        print(f"note: files that git does not know yet travel with the tasks: {', '.join(code.added)}")
    here = [name for name in known() if given or not is_plugins(name)]
    return {name: _register(name, code, names.project(), used(name, given)) for name in here}


def is_plugins(name: str) -> bool:
    """Whether a task is that of a file of the user's, which its template has to carry."""
    own = plugins.origin(tasks.tasks.entry(name))
    return bool(own and own.files)


def used(name: str, given: Sequence[str] | None) -> dict[str, Any]:
    """The parameter of a task that names plugins, if it has it, and if something was said."""
    return {} if given is None or carried.NAME not in kinds(record(name)) else {carried.NAME: list(given)}


def register_preset(server: connection.Connection, name: str, given: Sequence[str] = ()) -> dict[str, str]:
    """Create or update the templates of a preset, in the project `PROJECT/NAME`; gives ids. Raises NotRunnable."""
    preset, project = presets.find(name), f"{names.project()}/{name}"
    settings = {"preprocess": preset.preprocess, "train": preset.train, "evaluate": {}}
    code, about = source.describe(server), f"{preset.about} Source: {preset.source}."
    return {
        f"{name}/{task}": _register(task, code, project, {**changed, **used(task, given)}, about)
        for task, changed in settings.items()
    }


def defaults(name: str, changed: Mapping[str, Any] | None = None) -> Any:
    """The parameters of a task with their defaults, some of them changed."""
    return record(name)(**(changed or {}))


def record(name: str) -> type:
    """The class of a task's parameters."""
    return tasks.record(name)


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
            task_type=tasks.kind(name),
            module=f"tasks.{name}",
            add_task_init_call=False,
            detect_repository=False,
        )
        task.set_tags([names.TEMPLATE_TAG])
    task.update_task({"script": code.script(tasks.entry_point(name))})
    if about:
        task.set_comment(about)
    if found and carried.NAME not in (changed or {}) and carried.carries(task):
        return str(task.id)
    own = defaults(name, changed)
    parameters.write_to(task, own)
    schema.write_to(task, record(name))
    carried.write_to(task, getattr(own, carried.NAME, []))
    return str(task.id)


if __name__ == "__main__":
    sys.exit(main())
