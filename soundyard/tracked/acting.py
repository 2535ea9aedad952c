"""`soundyard tasks enqueue` and `abort`: what is done with several tasks, each told of by itself."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from soundyard import completion
from soundyard.tracked.client import Refused, call, connect
from soundyard.tracked.finding import tasks
from soundyard.tracked.output import console, plain, print_json
from soundyard.tracked.rows import WORDS
from tasks.client import identify, names

OURS = (names.QUEUE, names.SERVICES_QUEUE, names.PREDICT_QUEUE)
FIELDS = ["id", "name", "status", "execution.queue.id", "execution.queue.name"]


def add_tasks(parser: argparse.ArgumentParser) -> None:
    completion.takes_tasks(parser, "ids, the beginnings of some, or names", nargs="+")
    parser.add_argument("--json", action="store_true", help="what became of each, as JSON")


class Enqueue:
    """Put tasks on a queue."""

    NAME, ABOUT = "enqueue", "put drafts, or what was aborted or has failed, on a queue"

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        add_tasks(parser)
        completion.by(
            parser.add_argument("--queue", metavar="NAME", help=f"its last one, or {names.QUEUE}"),
            completion.queues,
        )

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        connect()
        chosen = queue_of(args.queue) if args.queue else None
        return each(tasks(args.task, FIELDS), lambda one: enqueue(one, chosen), args.json)


class Abort:
    """End tasks that run, and take those that wait from their queue."""

    NAME, ABOUT = "abort", "end what runs; take what waits from its queue"

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        add_tasks(parser)
        parser.add_argument("--reason", default="", metavar="TEXT", help="kept on the task")

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        connect()
        return each(tasks(args.task, FIELDS), lambda one: abort(one, args.reason), args.json)


@dataclass(frozen=True)
class Queue:
    """Where tasks wait."""

    id: str
    name: str


def queue_of(name: str) -> Queue:
    """A queue by its name; one of ours is made when it is not there yet. Raises NothingThere."""
    if name in OURS and not call("queues.get_all", name=f"^{name}$", only_fields=["id"])["queues"]:
        return Queue(call("queues.create", name=name)["id"], name)
    return Queue(identify.queue(name), name)


def enqueue(one: dict[str, Any], queue: Queue | None) -> str:
    """Put a task on a queue, its last one if None; gives what was done. Raises Refused, NothingThere."""
    last = (one.get("execution") or {}).get("queue") or {}
    if queue is None:
        queue = Queue(last["id"], last.get("name") or last["id"]) if last.get("id") else queue_of(names.QUEUE)
    answer = call("tasks.enqueue", task=one["id"], queue=queue.id)
    if answer.get("note"):
        print(f"note: {one['name']}: {answer['note']}", file=sys.stderr)
    if not identify.listeners(queue.id):
        print(
            f"note: no agent listens on queue {queue.name}: soundyard agent --queue {queue.name}",
            file=sys.stderr,
        )
    return f"is on queue {queue.name}"


def abort(one: dict[str, Any], reason: str) -> str:
    """End a task; gives what was done. Raises Refused: there is nothing to end."""
    if one["status"] == "queued":
        call("tasks.dequeue", task=one["id"], status_reason=reason)
        return "was taken from its queue, and is a draft"
    if one["status"] != "in_progress":
        raise Refused(f"is {WORDS.get(one['status'], one['status'])}: there is nothing to abort")
    call("tasks.stop", task=one["id"], status_reason=reason)
    now = call("tasks.get_by_id", task=one["id"])["task"]["status"]
    return "is being aborted" if now == "in_progress" else "is aborted"


def each(found: Sequence[dict[str, Any]], do: Callable[[dict[str, Any]], str], as_json: bool) -> int:
    """Do something with every task and tell of each; the exit status is 1 when one was refused."""
    told = []
    for one in found:
        try:
            told.append({"id": one["id"], "name": one["name"], "done": do(one), "error": None})
        except Refused as refused:
            told.append({"id": one["id"], "name": one["name"], "done": None, "error": str(refused)})
    if as_json:
        print_json(told)
    for one in told:
        if one["error"]:
            print(f"error: {plain(one['name'])} ({one['id']}) {one['error']}", file=sys.stderr)
        elif not as_json:
            console().print(f"{plain(one['name'])} ({one['id']}) {one['done']}", markup=False, soft_wrap=True)
    return int(any(one["error"] for one in told))
