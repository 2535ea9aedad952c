"""Ctrl-C ends a program with one word, in real processes: in an import, where Python drops it, and as another error."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

READY = "import os, signal, time; press = lambda: os.kill(os.getpid(), signal.SIGINT)"
IN_A_DESTRUCTOR = """
class Dropped:
    def __del__(self):
        press()
        time.sleep(0.01)

one = Dropped()
del one
time.sleep(20)
print("went on")
"""
AS_ANOTHER_ERROR = """
with interruption.recognised():
    try:
        press()
        time.sleep(20)
    except KeyboardInterrupt as dropped:
        raise TypeError("could not convert") from dropped
"""
TWICE = """
import atexit

class Again:
    def __del__(self):
        press()
        time.sleep(0.01)

atexit.register(lambda: (Again(), time.sleep(20)))
press()
time.sleep(20)
"""


def run(*command: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    "program",
    [
        "press()\ntime.sleep(20)",
        IN_A_DESTRUCTOR,
        AS_ANOTHER_ERROR,
        TWICE,
    ],
)
def test_it_ends_with_one_word_whatever_is_struck(program):
    done = run("-c", f"from audio import interruption\ninterruption.watch()\n{READY}\n{program}")
    assert done.returncode in (130, -signal.SIGINT)  # both are 130 to a shell
    assert (done.stdout, done.stderr) == ("", "interrupted\n")


@pytest.mark.parametrize("room", ["audio", "tasks", "agents", "pipelines", "benchmarks"])
def test_an_import_of_a_program_is_interrupted_with_one_word(room, tmp_path):
    """The module that is to be run is one that is interrupted as it is imported."""
    (tmp_path / "slow.py").write_text(f"{READY}\npress()\ntime.sleep(20)\n")
    start = (
        f"import sys; sys.argv = ['-m']; import {room}; sys.path.insert(0, {str(tmp_path)!r}); import slow"
    )
    done = run("-c", start)
    assert done.returncode in (130, -signal.SIGINT)
    assert done.stderr == "interrupted\n"


def test_the_servers_import_is_interrupted_with_one_word(tmp_path):
    (tmp_path / "uvicorn.py").write_text(f"{READY}\npress()\ntime.sleep(20)\n")
    done = run(
        "-c",
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from server.__main__ import start; sys.exit(start())",
    )
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_an_error_is_still_an_error_and_an_import_watches_nothing():
    done = run("-c", "from audio import interruption\ninterruption.watch()\n1 / 0")
    assert "ZeroDivisionError" in done.stderr
    done = run(
        "-c", "import signal, tasks; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    )
    assert done.stdout == "True\n"


def test_what_is_to_ignore_it_ignores_it():
    ignoring = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{READY}\n"
    done = run(
        "-c", f"{ignoring}from audio import interruption\ninterruption.watch()\npress()\nprint('went on')"
    )
    assert done.stdout == "went on\n"
