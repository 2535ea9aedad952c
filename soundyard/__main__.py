"""The command `soundyard`, also `python -m soundyard`."""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from audio import interruption


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status. Ctrl-C ends it as the signal does; errors made for people are one sentence."""
    interruption.watch()
    sys.excepthook = _in_a_sentence(sys.excepthook)
    from soundyard.command import run

    return run(sys.argv[1:] if arguments is None else list(arguments))


def _in_a_sentence(hook: Any) -> Any:
    def show(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> Any:
        from tasks.errors import SoundyardError

        if issubclass(kind, SoundyardError):
            print(f"error: {fault}", file=sys.stderr)
        else:
            hook(kind, fault, trace)

    return show


if __name__ == "__main__":
    sys.exit(main())
