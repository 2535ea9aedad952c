"""docs/parameters.md: every parameter of every task, in tables made from the declarations.

    python -m tests.reference      writes it (`make tree`)

`tests/unit/test_reference.py` holds it against the declarations.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from audio.parameter import Declared, Kind, declarations, defaults, kinds
from pipelines.main_job import MainJobParameters
from tasks import register
from tasks.parameters import write
from tests.tree import ROOT

FILE = ROOT / "docs" / "parameters.md"
INTRODUCTION = """# Every parameter of every task

Made from the declarations in the code by `tests/reference.py`; not to be edited here. A parameter is an option of
the task's command (`--learning_rate 0.001`), an entry of `Args` on the server, and a field of the form that clones a
task. `none` is written as an empty text or as `none`; a list as `[1, 2]` or `1, 2`.
"""


def reference() -> str:
    """The whole page."""
    records = [(f"tasks.{name}", register.record(name)) for name in register.PARAMETERS]
    records.append(("pipelines/main_job.py", MainJobParameters))
    return "\n".join([INTRODUCTION, *(line for name, record in records for line in table(name, record))])


def table(name: str, record: type) -> Iterator[str]:
    """The lines on one task, a table for each heading."""
    yield f"## {name}\n"
    yield f"{(record.__doc__ or '').splitlines()[0]}\n"
    values, of = defaults(record), kinds(record)
    rows = sorted(declarations(record).items(), key=lambda row: _first(record, row[1].group))
    for group, inside in groupby(rows, lambda row: row[1].group):
        yield f"### {group}\n"
        yield "| parameter | type | default | allowed | what it is |\n|---|---|---|---|---|"
        yield from (_row(name, declared, of[name], values[name]) for name, declared in inside)
        yield ""


def _first(record: type, group: str) -> int:
    """Where a heading comes first: a task's own parameters stand with those of their kind."""
    return [one.group for one in declarations(record).values()].index(group)


def _row(name: str, declared: Declared, kind: Kind, default: Any) -> str:
    type_name = f"list of {kind.base.__name__}" if kind.many else kind.name
    shown = write(default) or ("none" if kind.optional else "")
    allowed = [declared.unit, ("each " if kind.many and declared.allowed else "") + declared.allowed]
    names = declared.proposed()
    if names and isinstance(declared.known, str):
        allowed.append(f"there are {', '.join(names)}")
    elif names:
        allowed.append(f"such as {', '.join(names)}")
    cells = (
        f"`{name}`",
        type_name + (" or none" if kind.optional else ""),
        f"`{shown}`" if shown else "empty",
        "; ".join(filter(None, allowed)),
        declared.help,
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    FILE.write_text(reference())
