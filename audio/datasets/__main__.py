"""List the data sets, or hold a folder against what was published.

    python -m audio.datasets
    python -m audio.datasets urbansound8k FOLDER

The check opens every file's header without decoding it; problems are listed and the exit status is 1.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from audio import plugins
from audio.command_line import CommandLine
from audio.datasets import find, names
from audio.datasets.validation import validate
from audio.errors import AudioError, DatasetError

MOST = 20  # problems that are printed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = CommandLine(
        prog="python -m audio.datasets",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    dataset = parser.add_argument("dataset", nargs="?", help="name in the registry; none: list them all")
    dataset.completer = lambda **_: names()  # type: ignore[attr-defined]  # what a shell proposes
    parser.add_argument("folder", nargs="?", type=Path, help="folder of the recordings")
    parser.add_argument("--json", action="store_true", help="as JSON, for scripts")
    parser.add_argument(
        "--plugins", action="append", default=[], help="file that adds one; may be given again"
    )
    args = parser.parse_args(arguments)
    try:
        plugins.load(args.plugins)
    except AudioError as error:
        parser.error(str(error))
    if not args.dataset or not args.folder:
        return _list(as_json=args.json)
    try:
        problems = validate(find(args.dataset), args.folder)
    except DatasetError as error:
        problems = [str(error)]
    if args.json:
        print(
            json.dumps({"dataset": args.dataset, "folder": str(args.folder), "problems": problems}, indent=2)
        )
        return 1 if problems else 0
    for problem in problems[:MOST]:
        print(problem)
    if len(problems) > MOST:
        print(f"and {len(problems) - MOST} more")
    print(f"{len(problems)} problems" if problems else "as published")
    return 1 if problems else 0


def _list(*, as_json: bool) -> int:
    known = [find(name) for name in names()]
    if as_json:
        rows = [{"name": one.name, "title": one.title, "layout": one.layout} for one in known]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    for one in known:
        print(f"{one.name:16} {one.title:28} {one.layout}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
