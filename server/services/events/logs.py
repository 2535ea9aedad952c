"""The console: page by page, both ways; as a download; cleared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, Literal

import orjson
from pydantic import Field

from server.api.call import Call
from server.api.registry import Answer, endpoint
from server.api.request import Request
from server.domain import scroll
from server.domain.events import events
from server.domain.events.log_lines import formatted
from server.store.events.logs import Line


class TaskLog(Request):
    task: str
    batch_size: int | None = Field(default=None, ge=1, le=10_000)
    navigate_earlier: bool | None = None
    from_timestamp: float | None = None
    order: Literal["asc", "desc"] | None = None
    from_: Literal["head", "tail"] | None = Field(default=None, alias="from")
    """Before API 2.9: where to begin."""
    scroll_id: str | None = None


@endpoint("events.get_task_log", TaskLog, role="viewer")
def get_task_log(call: Call, request: TaskLog) -> dict[str, Any]:
    """Console lines before or after a time, or the newest. A page may exceed `batch_size` by lines of one
    millisecond, so that its last timestamp is where the next one starts."""
    events.require(call.store, [request.task])
    earlier = request.navigate_earlier if request.navigate_earlier is not None else request.from_ != "head"
    start = request.from_timestamp
    if request.scroll_id:
        start = scroll.unpack(request.scroll_id, dict).get("after")
    lines = call.store.events.logs.page(
        request.task, request.batch_size or 5000, earlier=earlier, start=start
    )
    position = lines[-1].timestamp if lines else start
    if (request.order or ("desc" if earlier else "asc")) != ("desc" if earlier else "asc"):
        lines.reverse()
    return {
        "events": [events.log(line) for line in lines],
        "returned": len(lines),
        "total": call.store.events.logs.count(request.task),
        "scroll_id": scroll.pack({"after": position}),
    }


class DownloadLog(Request):
    task: str
    line_type: Literal["json", "text"] | None = None
    line_format: str = "{asctime} {worker} {level} {msg}"


@endpoint("events.download_task_log", DownloadLog, role="viewer")
def download_task_log(call: Call, request: DownloadLog) -> Answer:
    """The whole console as a file: text lines, or one JSON object a line."""
    events.require(call.store, [request.task])
    as_json = request.line_type == "json"
    name = f"task_{request.task}.{'jsonl' if as_json else 'log'}"
    return Answer(
        _pieces(call, request, as_json),
        "application/json-lines" if as_json else "text/plain; charset=utf-8",
        (("Content-Disposition", f'attachment; filename="{name}"'),),
    )


def _pieces(call: Call, request: DownloadLog, as_json: bool) -> Iterator[bytes]:
    """Some hundred lines at a time, so that a console of any length needs no memory."""

    def line(one: Line) -> bytes:
        if as_json:
            return orjson.dumps(events.log(one)) + b"\n"
        return formatted(one, request.line_format).encode(errors="replace")

    lines = call.store.events.logs.all(request.task)
    while some := list(islice(lines, 500)):
        yield b"".join(map(line, some))


class ClearLog(Request):
    task: str
    allow_locked: bool | None = False
    threshold_sec: int | None = Field(default=None, ge=0)


@endpoint("events.clear_task_log", ClearLog)
def clear_task_log(call: Call, request: ClearLog) -> dict[str, Any]:
    """Remove a task's console, or what is older than `threshold_sec`."""
    with call.store.transaction():
        events.require_unlocked(call.store, request.task, model=False, allow_locked=request.allow_locked)
        before = None
        if request.threshold_sec:
            before = int((call.now - timedelta(seconds=request.threshold_sec)).timestamp() * 1000)
        deleted = call.store.events.logs.delete(request.task, before)
    return {"deleted": deleted}
