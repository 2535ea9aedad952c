"""List the data sets, or hold a folder against what was published.

    python -m audio.datasets
    python -m audio.datasets urbansound8k FOLDER

The check opens every file's header without decoding it; problems are listed and the exit status is 1.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from audio.command_line import CommandLine
from audio.datasets import find, names
from audio.datasets.validation import validate
from audio.errors import DatasetError

MOST = 20  # problems that are printed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = CommandLine(
        prog="python -m audio.datasets",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dataset", nargs="?", help="name in the registry; none: list them all")
    parser.add_argument("folder", nargs="?", type=Path, help="folder of the recordings")
    args = parser.parse_args(arguments)
    if not args.dataset or not args.folder:
        for dataset in (find(name) for name in names()):
            print(f"{dataset.name:16} {dataset.title:28} {dataset.layout}")
        return 0
    try:
        problems = validate(find(args.dataset), args.folder)
    except DatasetError as error:
        problems = [str(error)]
    for problem in problems[:MOST]:
        print(problem)
    if len(problems) > MOST:
        print(f"and {len(problems) - MOST} more")
    print(f"{len(problems)} problems" if problems else "as published")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
