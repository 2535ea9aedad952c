"""Watch a pipeline: its steps, their epochs and newest figures. A live table on a terminal, lines in a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from tasks.client.connection import Connection

POLL_SECONDS = 1.0
QUIET_SECONDS = 15.0  # at most, between lines about a running step in a log
ENDED = ("completed", "failed", "stopped", "published", "closed")
WORDS = {"created": "draft", "queued": "waiting", "in_progress": "running", "stopped": "aborted"}
COLOURS = {"completed": "green", "failed": "red", "stopped": "yellow", "in_progress": "cyan"}
FIGURES = ("loss/train", "accuracy/validation", "accuracy/test", "macro_f1/test", "Summary/clips")
MOST = 3  # figures of a task that has none of these
FIELDS = [
    *("id", "name", "status", "status_reason", "last_iteration", "last_metrics", "started", "completed"),
    *("created", "hyperparams.Args.epochs.value", "runtime"),
]


@dataclass
class Step:
    """A task as it stands now."""

    id: str
    name: str
    status: str
    reason: str = ""
    epoch: int = 0
    epochs: int = 0
    seconds: float = 0.0  # since it was started
    figures: dict[str, float] = field(default_factory=dict)
    percent: str = ""  # as the task itself has told

    @property
    def progress(self) -> str:
        if self.epochs and self.status in ("in_progress", "completed", "stopped"):
            return f"epoch {self.epoch}/{self.epochs}"
        return f"{self.percent} %" if self.percent and self.status == "in_progress" else ""

    @property
    def newest(self) -> str:
        return "  ".join(f"{tag} {value:.3f}" for tag, value in self.figures.items())


def follow(controller: str, server: Connection, console: Console | None = None) -> bool:
    """Show a pipeline until it has ended; True when it completed."""
    console = console or Console()
    console.print(
        f"pipeline {controller}: {server.web_server}/projects/*/tasks/{controller}/output/log", soft_wrap=True
    )
    with display(console) as show:
        while True:
            pipeline, steps = look(controller)
            show(steps)
            if pipeline.status in ENDED:
                break
            time.sleep(POLL_SECONDS)
    for step in [pipeline, *steps]:
        if step.status in ("failed", "stopped"):
            console.print(
                f"[red]{step.name} {WORDS.get(step.status, step.status)}[/red]: {step.reason}", soft_wrap=True
            )
            console.print(tail(step.id), style="dim", markup=False, highlight=False, soft_wrap=True)
    return pipeline.status == "completed"


def look(controller: str) -> tuple[Step, list[Step]]:
    """The controller and its steps, oldest first, as the server has them."""
    tasks = _client().tasks
    own = tasks.get_all(id=[controller], only_fields=FIELDS, search_hidden=True)
    steps = tasks.get_all(parent=controller, only_fields=FIELDS, order_by=["created"], search_hidden=True)
    return _step(own[0]), [_step(one) for one in steps]


def steps(ids: list[str]) -> list[Step]:
    """Tasks by their ids, in that order; those that are not there are left out."""
    found = _client().tasks.get_all(id=ids, only_fields=FIELDS, search_hidden=True)
    return sorted(map(_step, found), key=lambda step: ids.index(step.id))


def tail(task: str, lines: int = 12) -> str:
    """The last lines of a task's console."""
    answer = _client().events.get_task_log(task=task, batch_size=lines, navigate_earlier=True)
    newest_first = [str(event.get("msg", "")).rstrip() for event in answer.events]
    return "\n".join(reversed(newest_first))


def _client() -> Any:
    from clearml.backend_api.session.client import APIClient

    return APIClient()


def _step(task: Any) -> Step:
    data = task.to_dict() if hasattr(task, "to_dict") else task.data.to_dict()
    latest = {
        f"{one['metric']}/{one['variant']}": float(one["value"])
        for variants in (data.get("last_metrics") or {}).values()
        for one in variants.values()
    }
    epochs = ((data.get("hyperparams") or {}).get("Args") or {}).get("epochs") or {}
    return Step(
        id=data["id"],
        name=data["name"],
        status=data["status"],
        reason=data.get("status_reason") or "",
        epoch=int(data.get("last_iteration") or 0),
        epochs=int(float(epochs.get("value") or 0)),
        seconds=_seconds(data.get("started"), data.get("completed")),
        figures={
            tag: latest[tag] for tag in [one for one in FIGURES if one in latest] or sorted(latest)[:MOST]
        },
        percent=str((data.get("runtime") or {}).get("progress") or ""),
    )


def _seconds(started: Any, completed: Any) -> float:
    if not started:
        return 0.0
    end = _moment(completed) if completed else datetime.now(timezone.utc)
    return max(0.0, (end - _moment(started)).total_seconds())


def _moment(value: Any) -> datetime:
    moment = (
        value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    )
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


@contextmanager
def display(console: Console) -> Iterator[Callable[[list[Step]], None]]:
    """Gives what shows the steps as they stand: a table that changes on a terminal, else lines."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Live(console=console, refresh_per_second=4) as live:
        yield lambda steps: live.update(_table(steps))


def _table(steps: list[Step]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("step", "status", "time", "progress", "newest"):
        table.add_column(heading)
    for step in steps:
        colour = COLOURS.get(step.status, "white")
        table.add_row(
            escape(step.name),
            f"[{colour}]{WORDS.get(step.status, step.status)}[/{colour}]",
            f"{step.seconds:.0f} s" if step.seconds else "",
            step.progress,
            escape(step.newest),
        )
    return table


class _Lines:
    """A line when a status changes, and now and then while a step runs."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._said: dict[str, tuple[str, int, float]] = {}  # id → status, epoch, when

    def __call__(self, steps: list[Step]) -> None:
        for step in steps:
            status, epoch, when = self._said.get(step.id, ("", -1, 0.0))
            moved = step.epoch != epoch and self._clock() - when >= QUIET_SECONDS
            if step.status != status or moved:
                self._said[step.id] = (step.status, step.epoch, self._clock())
                parts = [f"{step.name}: {WORDS.get(step.status, step.status)}", step.progress, step.newest]
                self._console.print(
                    "  ".join(part for part in parts if part), highlight=False, markup=False, soft_wrap=True
                )
