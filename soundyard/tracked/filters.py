"""Which tasks are listed, and in which order: the page's filters, as options, in the server's query language."""

import argparse
import re
from datetime import datetime, timedelta, timezone
from typing import Any

from soundyard import completion
from soundyard.tracked.client import call
from soundyard.tracked.finding import project, task, unknown
from soundyard.tracked.rows import STATUSES
from tasks.client.names import TEMPLATE_TAG
from tasks.errors import BadParameter, NothingThere

KINDS = ("runs", "templates", "all")
SPANS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SORTS = {
    **{name: name for name in ("name", "status", "type", "created", "started", "completed", "id")},
    "project": "project.name",
    "user": "user.name",
    "updated": "last_update",
    "iteration": "last_iteration",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_argument_group("which tasks")
    project = chosen.add_argument("--project", metavar="NAME", help="of this project and those below it")
    completion.by(project, completion.projects)
    chosen.add_argument(
        "--kind",
        choices=KINDS,
        default="runs",
        help="what has run or will (runs), what is cloned (templates), or all",
    )
    chosen.add_argument(
        "--status",
        action="append",
        choices=sorted(STATUSES),
        metavar="STATUS",
        help=", ".join(sorted(STATUSES)),
    )
    chosen.add_argument(
        "--type", action="append", metavar="TYPE", help="training, testing, data_processing, …"
    )
    chosen.add_argument("--user", action="append", metavar="NAME", help="who made it")
    chosen.add_argument(
        "--tag", action="append", metavar="TAG", help="with all of these tags; --tag=-TAG: without it"
    )
    chosen.add_argument("--parent", metavar="TASK", help="clones, steps and trials of this task")
    chosen.add_argument("--search", metavar="TEXT", help="in the name, the id, the description or a tag")
    chosen.add_argument("--regex", action="store_true", help="TEXT is a regular expression")
    chosen.add_argument(
        "--param",
        action="append",
        metavar="NAME=VALUE",
        help="Args/model=cnn; given twice for a name: either value",
    )
    chosen.add_argument(
        "--metric",
        action="append",
        metavar="NAME=LOW..HIGH",
        help="accuracy/test=0.9.. ; either end may be open",
    )
    chosen.add_argument("--since", metavar="SPAN", help="with news within 30m, 12h, 7d, 4w")
    chosen.add_argument("--archived", action="store_true", help="those that were archived, and no others")
    chosen.add_argument(
        "--sort", action="append", metavar="COLUMN",
        help="ascending; --sort=-COLUMN: descending; a metric or a parameter by its name (the newest news come first)",
    )  # fmt: skip


def query(args: argparse.Namespace) -> dict[str, Any]:
    """The body of `tasks.get_all_ex`. Raises NothingThere, BadParameter."""
    body: dict[str, Any] = {
        "system_tags": ["archived" if args.archived else "-archived"],
        "search_hidden": True,
    }
    if args.kind == "runs":
        body["system_tags"] += ["-pipeline", "-dataset"]
    if args.project:
        body |= {"project": [project(args.project)], "include_subprojects": True}
    if args.status:
        body["status"] = [STATUSES[one] for one in args.status]
    if args.type:
        body["type"] = args.type
    if args.user:
        body["user"] = [_user(one) for one in args.user]
    if tags := _tags(args.tag or [], args.kind):
        body["tags"] = tags
    if args.parent:
        body["parent"] = task(args.parent, ["id", "name", "status"])["id"]
    if args.search:
        pattern = args.search if args.regex else re.escape(args.search)
        body["_any_"] = {"pattern": pattern, "fields": ["name", "id", "comment", "tags"]}
    if args.since:
        body["last_update"] = [f">={_before(args.since, datetime.now(timezone.utc))}"]
    for name, values in _params(args.param or []).items():
        body[_path(name)] = values
    for name, low, high in map(_range, args.metric or []):
        body[_metric(name)] = [low, high]
    return body | {"order_by": [_sorted(one) for one in args.sort or []] or ["-last_update"]}


def _tags(tags: list[str], kind: str) -> list[str]:
    """ClearML's language for lists; templates stand apart, unless their tag is asked for."""
    if kind == "templates":
        tags = [*tags, TEMPLATE_TAG]
    elif kind == "runs" and TEMPLATE_TAG not in tags:
        tags = [*tags, f"-{TEMPLATE_TAG}"]
    wanted = [one for one in tags if not one.startswith("-")]
    unwanted = [one[1:] for one in tags if one.startswith("-")]
    return [*(["__$all", *wanted] if wanted else []), *(part for one in unwanted for part in ("__$not", one))]


def _user(name: str) -> str:
    users = {one["name"]: one["id"] for one in call("projects.get_user_names")["users"]}
    if name not in users:
        raise NothingThere(unknown("user", name, users))
    return str(users[name])


def _before(span: str, now: datetime) -> str:
    parts = re.fullmatch(r"(\d{1,6})([mhdw])", span)
    if not parts:
        raise BadParameter(f"--since is {span!r}; it must be a number and m, h, d or w: 30m, 12h, 7d, 4w")
    return (now - timedelta(**{SPANS[parts[2]]: int(parts[1])})).isoformat()


def _params(given: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or "/" not in name:
            raise BadParameter(f"--param is {one!r}; it must be SECTION/NAME=VALUE, such as Args/model=cnn")
        found.setdefault(name, []).append(value)
    return found


def _range(text: str) -> tuple[str, float | None, float | None]:
    """`accuracy/test=0.9..` as its name and its ends."""
    name, _, span = text.rpartition("=")
    low, dots, high = span.partition("..")
    try:
        if not name or not dots or not (low or high):
            raise ValueError
        return name, float(low) if low else None, float(high) if high else None
    except ValueError:
        raise BadParameter(
            f"--metric is {text!r}; it must be NAME=LOW..HIGH: accuracy/test=0.9.. , loss/test=..0.5"
        ) from None


def _metrics() -> dict[str, str]:
    found = call("projects.get_unique_metric_variants", include_subprojects=True)["metrics"]
    return {
        f"{one['metric']}/{one['variant']}": f"last_metrics.{one['metric_hash']}.{one['variant_hash']}.value"
        for one in found
    }


def _metric(name: str) -> str:
    known = _metrics()
    if name not in known:
        raise NothingThere(unknown("metric", name, known))
    return known[name]


def _path(parameter: str) -> str:
    section, _, name = parameter.partition("/")
    return f"hyperparams.{_dotted(section)}.{_dotted(name)}.value"


def _dotted(name: str) -> str:
    """A name as part of a path, as the server and the SDK write it."""
    return name.replace("%", "%25").replace(".", "%2E").replace("$", "%24")


def _sorted(column: str) -> str:
    down, name = ("-", column[1:]) if column.startswith("-") else ("", column)
    if name in SORTS:
        return down + SORTS[name]
    known = _metrics()
    if name in known:
        return down + known[name]
    parameters = [
        f"{one['section']}/{one['name']}"
        for one in call("projects.get_hyper_parameters", page_size=500)["parameters"]
    ]
    if name in parameters:
        return down + _path(name)
    raise NothingThere(unknown("column", name, [*SORTS, *known, *parameters]))
