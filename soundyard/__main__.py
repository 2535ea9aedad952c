"""The command `soundyard`, also `python -m soundyard`."""

import sys
from collections.abc import Sequence

from audio import interruption
from tasks.errors import without_traceback


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status. Ctrl-C ends it as the signal does; errors made for people are one sentence."""
    interruption.watch()
    sys.excepthook = without_traceback(sys.excepthook)
    from soundyard.command import run

    return run(sys.argv[1:] if arguments is None else list(arguments))


if __name__ == "__main__":
    sys.exit(main())
