"""`python -m server`: see `server.cli`."""

import os
import sys


def start() -> int:
    """The command line; what Ctrl-C ends, in the middle of an import too, says so in one word."""
    os.umask(0o077)  # whatever this writes is its owner's alone
    try:
        from server.cli import main

        return main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(start())
