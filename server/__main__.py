"""`python -m server`: see `server.cli`."""

import sys


def start() -> int:
    """The command line; what Ctrl-C ends, in the middle of an import too, says so in one word."""
    try:
        from server.cli import main

        return main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(start())
