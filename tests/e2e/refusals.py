"""Runs command lines of tasks one after another in one process, each of which is to be refused before a task is made.

Reads a JSON list of `[task, word, …]` from stdin, and prints a line of JSON for each: its exit status, as the shell
would see it, and what it said. A process for each would import torch a hundred times.
"""

import contextlib
import importlib
import io
import json
import sys

from audio.errors import AudioError
from tasks.errors import SoundyardError


def refused(task: str, words: list[str]) -> tuple[int | str, str]:
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            importlib.import_module(f"tasks.{task}").main(words)
        except SystemExit as end:
            return end.code or 0, said.getvalue()
        except (
            SoundyardError,
            AudioError,
        ) as fault:  # which `tasks.running.session` shows as their message, with status 1
            return 1, str(fault)
        except Exception as fault:
            return "Traceback", repr(fault)
    return 0, said.getvalue()


if __name__ == "__main__":
    for task, *words in json.load(sys.stdin):
        print("\n" + json.dumps(refused(task, words)), flush=True)
