"""`soundyard schedule add`, `on` and `edit`: what is run, where, and when. Checked before anything is made."""

import argparse
from datetime import datetime, timezone
from typing import Any

from pipelines.schedules import cron, sections
from soundyard import completion
from soundyard.scheduled.kept import Entry, Scheduler
from soundyard.tracked import acting, cloning, finding
from soundyard.tracked.client import connect
from soundyard.tracked.output import plain
from tasks.client.names import TEMPLATE_TAG
from tasks.errors import BadParameter

KINDS = {"dataset": "datasets", "model": "models", "tag": "tasks"}
OF = {"task": "tasks", "dataset": "datasets", "model": "models"}


def _add_run(parser: argparse.ArgumentParser, required: bool = True) -> None:
    task = parser.add_argument(
        "--task", required=required, metavar="TASK", help="that is cloned: id or name; a pipeline too"
    )
    queue = parser.add_argument("--queue", required=required, metavar="NAME", help="that its runs are put on")
    completion.by(task, completion.tasks)
    completion.by(queue, completion.queues)
    parser.add_argument(
        "edits", nargs="*", metavar="NAME=VALUE", help="parameters of the runs; see tasks clone"
    )
    parser.add_argument("--new", action="store_true", help="let an edit add a parameter")
    parser.add_argument("--single", action="store_true", help="skip a run while the one before it goes on")


class Add:
    NAME, ABOUT = "add", "run a task on a schedule"

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = cron.FORMS
        parser.add_argument("name", help="of the schedule, and of its runs")
        parser.add_argument("--cron", required=True, metavar='"M H D M W"', help="when, in UTC; see below")
        _add_run(parser)

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        when = cron.read(args.cron)
        now = datetime.now(timezone.utc)
        timing = {**when.job(now), "recurring": True}
        return _make(args, sections.TIMES, timing, f"next run {when.after(now):%Y-%m-%d %H:%M} UTC")


class On:
    NAME, ABOUT = "on", "run a task by a trigger: a new dataset version, a published model, a new tag"

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "event", choices=[*KINDS], help="a version completed; a model published; a tag set"
        )
        parser.add_argument("name", help="of the trigger, and of its runs")
        completion.by(
            parser.add_argument("--project", metavar="NAME", help="in which it has to happen (any)"),
            completion.projects,
        )
        parser.add_argument(
            "--match", metavar="REGEX", help="that the dataset's, model's or task's name matches"
        )
        parser.add_argument(
            "--tag", action="append", default=[], metavar="TAG", help="that it has; again: all of them"
        )
        parser.add_argument("--of", choices=[*OF], default="task", help="whose tag, for `on tag` (task)")
        _add_run(parser)

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        section = OF[args.of] if args.event == "tag" else KINDS[args.event]
        if args.event == "tag" and not args.tag:
            raise BadParameter("on tag: which one? --tag TAG")
        connect()
        event: dict[str, Any] = {
            "on": args.event,
            "project": finding.project(args.project) if args.project else "",
            "match_name": args.match or "",
            "tags": args.tag,
            "since": datetime.now(timezone.utc).isoformat(),
        }
        if args.event == "model":
            event["on_publish"] = True
        return _make(args, section, event, f"{sections.HANDED[section]} in a parameter is its id")


class Edit:
    NAME, ABOUT = "edit", "change a schedule: when, what, where, with which parameters"

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        completion.by(parser.add_argument("name", help="of the schedule or trigger"), names)
        parser.add_argument("--cron", metavar='"M H D M W"', help="when, in UTC")
        _add_run(parser, required=False)

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        when = cron.read(args.cron) if args.cron else None
        connect()
        scheduler = Scheduler()
        entry = scheduler.entry(args.name)
        if when and entry.section != sections.TIMES:
            raise BadParameter(f"{args.name!r} is a trigger, which has no time: --cron is for schedules.")
        job = entry.job
        if args.task or args.edits:
            found = finding.task(args.task or job["base_task_id"], cloning.FIELDS, template=True)
            kept = job["task_parameters"] if found["id"] == job["base_task_id"] else {}
            given = cloning.changes(found, args.edits, new=args.new)
            job |= {**_base(found, job.get("tags") or []), "task_parameters": {**kept, **given}}
        if args.queue:
            job["queue"] = acting.queue_of(args.queue).id
        job["single_instance"] = args.single or job["single_instance"]
        if when:
            job |= when.job(datetime.now(timezone.utc))
        scheduler.put(entry)
        print(f"{plain(args.name)} is changed")
        scheduler.note()
        return 0


def names(**_: Any) -> list[str]:
    """Of all entries, for a shell; none without a server."""
    from tasks.errors import SoundyardError

    try:
        connect()
        return [one.job["name"] for one in Scheduler().entries()]
    except SoundyardError:
        return []


def _make(args: argparse.Namespace, section: str, when: dict[str, Any], told: str) -> int:
    server = connect()
    scheduler = Scheduler()
    name = scheduler.free(args.name)
    found = finding.task(args.task, cloning.FIELDS, template=True)
    parameters = cloning.changes(found, args.edits, new=args.new)
    base = _base(found, when.get("tags", []))
    queue = acting.queue_of(args.queue)
    scheduler.prepare(server)
    job = {
        "name": name,
        "queue": queue.id,
        **base,
        "task_parameters": parameters,
        "clone_task": True,
        "single_instance": args.single,
        "paused": False,
        "run_now": "",
        **when,
    }
    scheduler.put(Entry(section, job, {}))
    print(f"{plain(name)} runs {plain(found['name'])} on queue {plain(queue.name)}; {told}")
    print(f"the scheduler {scheduler.start()}")
    return 0


def _base(found: dict[str, Any], starts: list[str]) -> dict[str, Any]:
    """What is cloned, and without which of its tags: a run is no template. Raises BadParameter."""
    tags = [one for one in found.get("tags") or [] if one != TEMPLATE_TAG]
    if starts and set(starts) <= set(tags):
        raise BadParameter(
            f"{found['name']!r} has the tag itself that is to start it: each of its runs would start another. "
            "Take the tag from it, or run another task."
        )
    return {"base_task_id": found["id"], "base_task": found["name"], "task_overrides": {"tags": tags}}
