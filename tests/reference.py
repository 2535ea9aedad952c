"""docs/parameters.md and docs/options.md: every parameter of every task, and every option of every command.

    python -m tests.reference      writes both (`make tree`)

`tests/unit/test_reference.py` holds them against the declarations and the parsers.
"""

import argparse
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from audio.parameters.parameter import Declared, Kind, declarations, defaults, kinds
from pipelines.main_job import MainJobParameters
from soundyard import programs
from tasks import register
from tasks.arguments.parameters import write
from tests.tree import ROOT

FILE = ROOT / "docs" / "parameters.md"
OPTIONS = ROOT / "docs" / "options.md"
PARAMETERS = {"demo", "pipeline", "export"}  # commands whose options are parameters of docs/parameters.md
ABOUT_OPTIONS = """# Every command and its options

Made from the programs' own parsers by `tests/reference.py`; not to be edited here. Installed, a command is
`soundyard NAME`; in a checkout `python -m soundyard` and NAME. What a task takes (`soundyard run TASK`, and `demo`,
`pipeline`, `export`) is in [Parameters](parameters.md).
"""
INTRODUCTION = """# Every parameter of every task

Made from the declarations in the code by `tests/reference.py`; not to be edited here. A parameter is an option of
the task's command (`--learning_rate 0.001`), an entry of `Args` on the server, and a field of the form that clones a
task. `none` is written as an empty text or as `none`; a list as `[1, 2]` or `1, 2`.
"""


def reference() -> str:
    """The whole page."""
    records = [(f"tasks.{name}", register.record(name)) for name in register.known()]
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
    if names and callable(declared.known):
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


def options() -> str:
    """The page of the commands."""
    lines = [ABOUT_OPTIONS]
    for program in programs.PROGRAMS.values():
        lines += [f"## {program.name}\n", f"{_capital(program.about)}.\n"]
        if program.name not in PARAMETERS:
            lines += _options(program.parser(), program.name)
    return "\n".join(lines)


def _options(parser: argparse.ArgumentParser, name: str) -> Iterator[str]:
    rows = [row for action in parser._actions if (row := _option(action))]
    if rows:
        yield "| argument | what it is |\n|---|---|"
        yield from rows
        yield ""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            about = {one.dest: one.help or "" for one in action._choices_actions}
            for word, below in action.choices.items():
                yield f"### {name} {word}\n"
                yield f"{_capital(about[word])}.\n"
                yield from _options(below, f"{name} {word}")


def _option(action: argparse.Action) -> str:
    """Empty for `--help`, and for what stands by itself further down."""
    if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
        return ""
    value = action.metavar or (action.dest.upper() if action.option_strings else action.dest)
    shown = ", ".join(action.option_strings) or str(value)
    if action.option_strings and action.nargs != 0:
        shown += f" {'|'.join(map(str, action.choices)) if action.choices else value}"
    text = (action.help or "").replace("%%", "%").replace("%(default)s", str(action.default))
    return f"| `{_celled(shown)}` | {_celled(' '.join(text.split()))} |"


def _celled(text: str) -> str:
    return text.replace("|", chr(92) + "|")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    FILE.write_text(reference())
    OPTIONS.write_text(options())
