"""Change the code a little, one change at a time, and see whether the tests that run the line notice.

    python -m tests.mutants --sample 30 --seed 1                        of all rooms, 30 changes drawn with a seed
    python -m tests.mutants --rooms agents pipelines --tests tests/unit  of some rooms, and only these tests
    python -m tests.mutants --changed main                              of the files that differ from a commit

Everything happens in a copy of the checkout. A first run records which tests execute which lines (kept in `.soundyard`
as long as neither code nor tests change). Of the survivors some are the same program written differently: read them.
Why not mutmut or cosmic-ray: neither draws a sample with a seed over all rooms and runs only the tests of its lines.
"""

import argparse
import ast
import hashlib
import json
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.mutants import checkout
from tests.mutants.changes import Mutant, mutants

ROOMS = ("agents", "audio", "pipelines", "server", "soundyard", "tasks")
TABLES = "tests/unit/test_reference.py"  # options and parameters with their defaults, as they are documented
TESTS = {  # what is run unless --tests says otherwise: the tests beside a room
    "agents": ["tests/unit/agents", TABLES],
    "audio": ["tests/unit/audio", TABLES],
    "pipelines": ["tests/unit/pipelines", TABLES],
    "server": ["tests/unit/server", "tests/contract"],
    "soundyard": [
        *(f"tests/unit/test_front_door{name}.py" for name in ("", "_hearing", "_served", "_tasks")),
        *(f"tests/unit/audio/{room}" for room in ("events", "inference", "serving")),
        TABLES,
    ],
    "tasks": ["tests/unit/tasks", "tests/unit/pipelines", TABLES],
}


@dataclass
class Outcome:
    """What became of one mutant. `by`: the test that noticed; empty for none."""

    mutant: Mutant
    by: str
    tests: int


def main(arguments: list[str] | None = None) -> int:
    options = _options().parse_args(arguments)
    root = Path(options.root).resolve()
    chosen = draw(root, options)
    if not chosen:
        print("nothing to change there")
        return 2
    wanted = options.tests or sorted({one for room in options.rooms for one in TESTS.get(room, ["tests"])})
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = checkout.copied(root, Path(folder) / "checkout")
        record = recorded(root, copy, options.rooms, wanted)
        outcomes = []
        for number, one in enumerate(chosen, 1):
            outcomes.append(tried(copy, one, record, options.timeout))
            print(f"{number}/{len(chosen)} {line(root, outcomes[-1])}", flush=True)
    print(table(outcomes, options.seed))
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sample", type=int, default=20, help="changes (20)")
    parser.add_argument("--seed", type=int, default=0, help="that they are drawn with (0)")
    parser.add_argument("--rooms", nargs="+", default=list(ROOMS), help="folders or files (all rooms)")
    parser.add_argument("--changed", metavar="COMMIT", help="only files that differ from it")
    parser.add_argument(
        "--tests", nargs="+", help="folders, files or tests that may notice (those of the rooms)"
    )
    parser.add_argument("--timeout", type=float, default=120, help="seconds for the tests of a change (120)")
    parser.add_argument("--root", default=str(Path(__file__).resolve().parents[2]), help="another checkout")
    return parser


def draw(root: Path, options: argparse.Namespace) -> list[Mutant]:
    """A sample with a seed: kinds first, so that no kind with many places crowds out the rare ones."""
    names = [name for name in checkout.files(root) if name.endswith(".py") and _within(name, options.rooms)]
    if options.changed:
        names = [name for name in names if name in checkout.changed(root, options.changed)]
    kinds: dict[str, list[Mutant]] = {}
    for name in names:
        for one in mutants(name, (root / name).read_bytes()):
            kinds.setdefault(one.kind, []).append(one)
    dice, drawn = random.Random(options.seed), []
    while kinds and len(drawn) < options.sample:
        kind = dice.choice(sorted(kinds))
        drawn.append(kinds[kind].pop(dice.randrange(len(kinds[kind]))))
        if not kinds[kind]:
            del kinds[kind]
    return drawn


def _within(name: str, rooms: list[str]) -> bool:
    return any(name == room or name.startswith(room.rstrip("/") + "/") for room in rooms)


def recorded(root: Path, copy: Path, rooms: list[str], tests: list[str]) -> dict[str, dict]:
    """`lines`: file → line → tests; `seconds`: test → how long it takes. Kept while nothing changes."""
    tops = sorted({room.split("/")[0] for room in rooms})
    content = hashlib.sha256(json.dumps([tops, tests]).encode())
    for name in checkout.files(root):
        if name.endswith(".py"):
            content.update(name.encode() + (root / name).read_bytes())
    kept = root / ".soundyard" / "mutants" / f"{content.hexdigest()[:16]}.json"
    if not kept.exists():
        print(f"recording which of {', '.join(tests)} run which lines", flush=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(checkout.record(copy, tops, tests))
    return dict(json.loads(kept.read_text()))


def tried(copy: Path, mutant: Mutant, record: dict[str, dict], timeout: float) -> Outcome:
    """Make the change, run its tests, undo it."""
    lines = record["lines"].get(mutant.path, {})
    every = sorted({test for some in lines.values() for test in some})
    of_line = [] if at_import((copy / mutant.path).read_bytes(), mutant.line) else lines.get(str(mutant.line))
    tests = of_line or every
    tests = sorted(tests, key=record["seconds"].__getitem__)
    file = copy / mutant.path
    before = file.read_bytes()
    checkout.write(file, mutant.of(before))
    try:
        return Outcome(mutant, checkout.failing(copy, tests, timeout) if tests else "", len(tests))
    finally:
        checkout.write(file, before)


def at_import(source: bytes, line: int) -> bool:
    """Whether a line runs once, when its module is imported: the record has it of the first test that did so."""
    functions = (
        one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return not any(one.body[0].lineno <= line <= (one.end_lineno or 0) for one in functions)


def line(root: Path, one: Outcome) -> str:
    mutant = one.mutant
    where = f"{mutant.path}:{mutant.line} {mutant.kind}"
    if one.by:
        return f"noticed  {where}, by {one.by}"
    shown = mutant.shown((root / mutant.path).read_bytes()).replace("\n", "\n      ")
    return f"SURVIVED {where}, {one.tests} tests\n      {shown}"


def table(outcomes: list[Outcome], seed: int) -> str:
    """Shares by room."""

    def room(path: str) -> str:
        parts = path.split("/")
        return "/".join(parts[:2]) if parts[0] == "server" and len(parts) > 2 else parts[0]

    all_of = Counter(room(one.mutant.path) for one in outcomes)
    noticed = Counter(room(one.mutant.path) for one in outcomes if one.by)
    rows = [(name, noticed[name], count) for name, count in sorted(all_of.items())]
    rows.append((f"all, seed {seed}", sum(noticed.values()), len(outcomes)))
    return "\n".join(
        f"{name:<18} {some:>4} of {count:>4}  {some / count:>6.1%}" for name, some, count in rows
    )


if __name__ == "__main__":
    sys.exit(main())
