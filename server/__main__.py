"""`python -m server`: see `server.cli`."""

import os
import signal
import sys


def start() -> int:
    """The command line; what Ctrl-C ends, in the middle of an import too, says so in one word."""
    os.umask(0o077)  # whatever this writes is its owner's alone
    try:
        from server.cli import main

        return main()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr, flush=True)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's loop ends with what the signal has ended
        os.kill(os.getpid(), signal.SIGINT)
        return 130


if __name__ == "__main__":
    sys.exit(start())
