"""What is printed: tables that fit the terminal, whole lines where there is none, JSON for scripts."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from audio.named import one_line
from soundyard.tracked.rows import DATES, moment

COLOURS = {
    "completed": "green",
    "published": "green",
    "failed": "red",
    "aborted": "yellow",
    "running": "cyan",
}
SHORT = 8  # characters of an id that are shown
LEAST = {"id": SHORT, "status": 9, **dict.fromkeys(DATES, 10)}  # columns of the terminal that a column keeps
NO_END = 100_000  # columns, where no terminal is looked at


def console() -> Console:
    """As wide as the terminal; without one, as wide as it takes: what is piped is not cut."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=NO_END)


def print_json(content: Any) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=str))


def plain(text: object) -> str:
    """Without what would move a terminal's cursor or change its colours."""
    return one_line(str(text))


def cell(name: str, value: Any, now: datetime | None = None) -> Text:
    """A value as a person reads it."""
    if value is None or value == "" or value == []:
        return Text("")
    if name == "status":
        return Text(str(value), style=COLOURS.get(str(value), ""))
    if name == "id":
        return Text(str(value)[:SHORT] if sys.stdout.isatty() else str(value))
    if name in DATES:
        return Text(ago(moment(str(value)), now or datetime.now(timezone.utc)))
    if isinstance(value, float):
        return Text(f"{value:.4g}")
    return Text(plain(", ".join(map(str, value)) if isinstance(value, list) else value))


def ago(then: datetime | None, now: datetime) -> str:
    """`5 min ago`; older than a day: the date, in local time."""
    if then is None:
        return ""
    seconds = (now - then).total_seconds()
    if seconds >= 86_400:
        return then.astimezone().strftime("%Y-%m-%d %H:%M")
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return "now" if seconds < 10 else f"{seconds:.0f} s ago"


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    """Rows with these columns; names give way first where the terminal is narrow."""
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        number = any(isinstance(one.get(name), int | float) for one in rows)
        made.add_column(
            Text(plain(name)), no_wrap=True, overflow="ellipsis", justify="right" if number else "left",
            min_width=LEAST.get(name),
        )  # fmt: skip
    for one in rows:
        made.add_row(*(cell(name, one.get(name)) for name in columns))
    return made


def pairs(title: str, values: Mapping[str, Any]) -> None:
    """A heading and a line for each value; nothing where there is none."""
    if not values:
        return
    shown = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    shown.add_column(no_wrap=True)
    shown.add_column(overflow="fold")
    for name, value in values.items():
        shown.add_row(Text(f"  {plain(name)}"), cell("", value))
    there = console()
    there.print(Text(title, style="bold"))
    there.print(shown)
