"""`soundyard run TASK …`: a task here, or with `--queue` on a queue, where an agent takes it."""

import sys
from collections.abc import Sequence

from audio import plugins
from audio.command_line import CommandLine, call
from audio.named import printable
from soundyard import completion
from tasks.arguments.command import plugins_in
from tasks.errors import SoundyardError
from tasks.registry import entry_point, record, tasks

QUEUE = "--queue"
ABOUT = """Run a task here, or put it on a queue for an agent.

  soundyard run train --epochs 5                 here
  soundyard run --queue audio train --epochs 5   on the queue `audio`
  soundyard run train --help                     the task's own options
  soundyard run mine --plugins my_task.py        a task of your own

Tasks: {tasks}."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    own, task, rest = split(words)
    if completion.asked():
        return _complete(own, task)
    args = parser().parse_args(own)
    if not task:
        parser().error(f"which task? There are: {', '.join(tasks.names_in_order())}")
    try:
        plugins.load(plugins_in(rest))
        tasks.entry(task)
        queue, rest = (args.queue, rest) if args.queue or _has_a_queue(task) else taken(QUEUE, rest)
        if queue is None and args.watch:
            parser().error("--watch goes with --queue: a task that runs here is seen anyway")
        if queue is None:
            return here(task, rest)
        from soundyard.queued import enqueue

        return enqueue(task, rest, queue, name=args.name, watched=args.watch)
    except (SoundyardError, ValueError) as fault:
        print(f"error: {printable(str(fault))}", file=sys.stderr)
        return 1


def _complete(own: Sequence[str], task: str) -> int:
    """Tell a shell how the line goes on: with our options and the tasks, or with those of the task."""
    if task in tasks.names():
        completion.consumed(len(own) + 2)
        return here(task, [])
    asking = parser()
    asking.add_argument("task", choices=tasks.names_in_order())
    completion.answer(asking)
    return 0


def parser() -> CommandLine:
    import argparse

    made = CommandLine(
        prog="soundyard run",
        usage="soundyard run [--queue NAME [--watch] [--name NAME]] TASK [--parameter VALUE] ...",
        description=ABOUT.format(tasks=", ".join(tasks.names_in_order())),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    queue = made.add_argument(
        QUEUE,
        metavar="NAME",
        help="put it on this queue; also behind TASK, unless that has a parameter `queue`",
    )
    completion.by(queue, completion.queues)
    made.add_argument("--watch", action="store_true", help="and follow it until it has ended")
    made.add_argument("--name", metavar="NAME", help="of the task on the queue (the task's)")
    return made


def split(words: Sequence[str]) -> tuple[list[str], str, list[str]]:
    """What stands before the task, the task, what stands behind it."""
    position = 0
    while position < len(words) and words[position].startswith("-"):
        takes_a_value = words[position] in (QUEUE, "--name")
        position += 2 if takes_a_value else 1
    return [*words[:position]], next(iter(words[position : position + 1]), ""), [*words[position + 1 :]]


def taken(option: str, words: Sequence[str]) -> tuple[str | None, list[str]]:
    """An option's value, and the words without it."""
    for position, word in enumerate(words):
        if word.startswith(f"{option}="):
            return word.partition("=")[2], [*words[:position], *words[position + 1 :]]
        if word == option and position + 1 < len(words):
            return words[position + 1], [*words[:position], *words[position + 2 :]]
    return None, list(words)


def _has_a_queue(task: str) -> bool:
    from dataclasses import fields

    return any(one.name == "queue" for one in fields(record(task)))


def here(task: str, words: Sequence[str]) -> int:
    """Run a task in this process."""
    call(f"python {entry_point(task)}", f"soundyard run {task}")
    return int(tasks.find(task)(list(words)) or 0)
