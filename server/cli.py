"""The command line: `python -m server` serves; its subcommands keep the data."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from server import settings as settings_module


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m server",
        description="Soundyard's embedded server: the ClearML API, the files and the web page, in one process "
        "and one folder.",
        epilog="Every option can also be given in the environment, as SOUNDYARD_<OPTION>.",
    )
    settings_module.add_arguments(parser)
    given = vars(parser.parse_args(arguments))
    try:
        settings = settings_module.from_sources(given, os.environ)
    except ValueError as fault:
        parser.error(str(fault))
    from server.app.process import CannotStart, serve, set_up_logging

    set_up_logging(settings.log_level)
    try:
        serve(settings)
    except CannotStart as fault:
        print(f"The server can't start: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0
