"""The trainings of a search as the server has them: what became of each, why, and that none runs on."""

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from tasks.errors import NoResult
from tasks.lookup import FINISHED

OPEN = ("queued", "in_progress")
FIELDS = [
    *(
        "id",
        "name",
        "status",
        "status_reason",
        "status_message",
        "last_metrics",
        "hyperparams",
        "models.output",
        "created",
        "started",
        "completed",
        "status_changed",
    ),
]
DATES = ("created", "started", "completed", "status_changed")
PAGE = 500
PATIENCE = 60.0  # s that trials which were told to stop have, before the search ends without them
CHARACTERS = 300  # of a reason


@dataclass(frozen=True)
class Trial:
    """One training of a search."""

    id: str
    status: str
    reason: str  # why it has ended, as the server says; empty where it says nothing
    values: dict[str, float]  # last value of each scalar, as quantity/split
    parameters: dict[str, str] = field(default_factory=dict)
    model: str = ""  # id of its output model
    marks: dict[str, str] = field(default_factory=dict)  # its user properties: of which study and trial it is
    dates: dict[str, float] = field(default_factory=dict)  # created, started, … in s since 1970

    @property
    def finished(self) -> bool:
        return self.status in FINISHED


def of(search: str, **more: Any) -> list[Trial]:
    """All trials of a search, archived ones too; `more` narrows them, as the server's tasks.get_all takes it."""
    return [_trial(found) for found in _children(search, FIELDS, **more)]


def _children(search: str, only: Sequence[str], **more: Any) -> list[dict[str, Any]]:
    from clearml.backend_api.session.client import APIClient

    client, found = APIClient(), list[dict[str, Any]]()
    while True:
        page = client.tasks.get_all(
            parent=search,
            only_fields=list(only),
            page=len(found) // PAGE,
            page_size=PAGE,
            order_by=["created"],
            **more,
        )
        found += [one.data.to_dict() for one in page]
        if len(page) < PAGE:
            return found


def _trial(found: dict[str, Any]) -> Trial:
    scalars = [one for variants in (found.get("last_metrics") or {}).values() for one in variants.values()]
    sections = found.get("hyperparams") or {}
    arguments, marks = sections.get("Args", {}), sections.get("properties", {})
    models = (found.get("models") or {}).get("output") or []
    return Trial(
        id=found["id"],
        status=str(found["status"]),
        reason=str(found.get("status_reason") or found.get("status_message") or "").strip(),
        values={
            f"{one['metric']}/{one['variant']}": float(one["value"]) for one in scalars if _is_number(one)
        },
        parameters={name: str(one.get("value", "")) for name, one in arguments.items()},
        model=str(models[-1]["model"]) if models else "",
        marks={name: str(one.get("value", "")) for name, one in marks.items()},
        dates={name: when for name in DATES if (when := _seconds(found.get(name))) is not None},
    )


def _seconds(date: Any) -> float | None:
    """A date of the server, which the SDK gives as it likes, in s since 1970."""
    if not date:
        return None
    found = date if isinstance(date, datetime) else datetime.fromisoformat(str(date))
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()


def _is_number(scalar: dict[str, Any]) -> bool:
    value = scalar.get("value")
    return isinstance(value, int | float) and math.isfinite(value)


def refuse_no_result(trials: Sequence[Trial], objective: str) -> None:
    """Raise NoResult when no trial finished with the objective, with what became of them and why."""
    if not trials:
        raise NoResult("No trial was started.")
    finished = [one for one in trials if one.finished]
    if not finished:
        count = f"None of {len(trials)} trials" if len(trials) > 1 else "The only trial has not"
        raise NoResult(f"{count} finished: {ends(trials)}.{_reasons(trials)}")
    if not any(objective in one.values for one in finished):
        reported = sorted({name for one in finished for name in one.values})
        raise NoResult(
            f"No trial has reported the objective {objective!r}. They report: {', '.join(reported) or 'nothing'}."
        )


def ends(trials: Sequence[Trial]) -> str:
    """How many ended how: `2 failed, 1 was aborted`."""
    counts = Counter(one.status for one in trials if not one.finished)
    words = {
        "failed": "failed",
        "stopped": "aborted",
        "created": "taken off the queue",
        "queued": "never started",
    }
    return ", ".join(f"{count} {words.get(status, status)}" for status, count in counts.most_common())


def _reasons(trials: Sequence[Trial]) -> str:
    """The commonest reasons, each with an example to look at."""
    told = [(reason(one), one.id) for one in trials if one.status in ("failed", "stopped")]
    examples = dict(reversed(told))
    counts = Counter(text for text, _ in told)
    return "".join(
        f" {count} of them: {text.rstrip('.')} (task {examples[text]})."
        for text, count in counts.most_common(3)
    )


def reason(trial: Trial) -> str:
    """Why a trial has ended: what the server says, or the last of its console."""
    said = trial.reason
    if trial.status == "failed" and (not said or "exit code" in said):
        said = _last_words(trial.id) or said
    return said[:CHARACTERS] or "no reason was given"


def _last_words(task: str) -> str:
    """The last line of a console that speaks of an error, else the last line; empty when there is none."""
    from clearml import Task

    output: Any = Task.get_task(task_id=task).get_reported_console_output(number_of_reports=5)
    lines = [line.strip() for part in output for line in part.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return str((errors or lines or [""])[-1])


def stop(task: str, why: str) -> None:
    """Take it off its queue, or ask its agent to end it; what has ended already is left."""
    from clearml.backend_api.session.client import APIClient, APIError

    try:
        APIClient().tasks.stop(task=task, status_reason=why, status_message=why)
    except APIError as fault:
        if fault.code not in (400, 404):  # ended, reset or deleted in the meantime
            raise


def curve(task: str, objective: str) -> dict[int, float]:
    """The values of a scalar so far, by iteration."""
    from clearml import Task

    quantity, _, split = objective.partition("/")
    reported: Any = Task.get_task(task_id=task).get_reported_scalars()
    line = (reported.get(quantity) or {}).get(split) or {}
    points = zip(line.get("x") or [], line.get("y") or [], strict=True)
    return {int(step): float(value) for step, value in points if math.isfinite(float(value))}


def stop_all(search: str, why: str) -> int:
    """Stop every trial that waits or runs; gives how many there were."""
    running = _children(search, ["id"], status=list(OPEN))
    for one in running:
        stop(one["id"], why)
    return len(running)


def wait_until_stopped(search: str, seconds: float = PATIENCE) -> int:
    """Wait until none waits or runs any more; gives how many still do."""
    deadline = time.monotonic() + seconds
    while running := len(_children(search, ["id"], status=list(OPEN))):
        if time.monotonic() > deadline:
            return running
        time.sleep(1)
    return 0
