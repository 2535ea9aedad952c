"""Ctrl-C ends a program with one word, in real processes: in an import, where Python drops it, and as another error;
and an error of the system is told in a line.
"""

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
time.sleep(90)
print("went on")
"""
AS_ANOTHER_ERROR = """
with interruption.recognised():
    try:
        press()
        time.sleep(90)
    except KeyboardInterrupt as dropped:
        raise TypeError("could not convert") from dropped
"""
TWICE = """
import atexit

class Again:
    def __del__(self):
        press()
        time.sleep(0.01)

atexit.register(lambda: (Again() and None, time.sleep(90)))
press()
time.sleep(90)
"""
TEXT_AT_THE_END = """
import atexit

atexit.register(lambda: exec("1"))
press()
time.sleep(90)
"""
SWALLOWED = """
try:
    press()
    time.sleep(90)
except BaseException:
    pass  # as a library does
for step in range(100):
    interruption.check()
    time.sleep(0.2)
print("went on")
"""
A_THREAD_THAT_NEVER_ENDS = """
import atexit, threading

atexit.register(print, "put away")
threading.Thread(target=time.sleep, args=(50,)).start()
press()
time.sleep(90)
"""
WHILE_PYTHON_ENDS = """
class Torn:
    def __del__(self, kill=os.kill, pid=os.getpid(), number=NUMBER):
        kill(pid, number)

signal.signal(signal.SIGTERM, interruption.interrupt)
torn = Torn()
print("done")
"""


def run(*command: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,  # no wait ends within it
    )


@pytest.mark.parametrize(
    "program",
    [
        "press()\ntime.sleep(90)",
        IN_A_DESTRUCTOR,
        AS_ANOTHER_ERROR,
        TWICE,
        TEXT_AT_THE_END,
        SWALLOWED,
    ],
)
def test_it_ends_with_one_word_and_at_once_whatever_is_struck(program):
    done = run("-c", f"from audio import interruption\ninterruption.watch()\n{READY}\n{program}")
    assert done.returncode == -signal.SIGINT  # by which a shell ends its loop
    assert (done.stdout, done.stderr) == ("", "interrupted\n")


def test_it_ends_although_a_thread_does_not():
    done = run(
        "-c", f"from audio import interruption\ninterruption.watch()\n{READY}\n{A_THREAD_THAT_NEVER_ENDS}"
    )
    assert done.returncode == -signal.SIGINT
    assert (done.stdout, done.stderr) == ("put away\n", "interrupted\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_has_ended_by_itself_is_not_ended_again_while_python_takes_its_libraries_down(number):
    program = WHILE_PYTHON_ENDS.replace("NUMBER", str(int(number)))
    done = run("-c", f"{READY}\nfrom audio import interruption\ninterruption.watch()\n{program}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


@pytest.mark.parametrize("room", ["audio", "tasks", "agents", "pipelines", "benchmarks"])
def test_an_import_of_a_program_is_interrupted_with_one_word(room, tmp_path):
    """The module that is to be run is one that is interrupted as it is imported."""
    (tmp_path / "slow.py").write_text(f"{READY}\npress()\ntime.sleep(90)\n")
    start = (
        f"import sys; sys.argv = ['-m']; import {room}; sys.path.insert(0, {str(tmp_path)!r}); import slow"
    )
    done = run("-c", start)
    assert done.returncode == -signal.SIGINT
    assert done.stderr == "interrupted\n"


def test_the_servers_import_is_interrupted_with_one_word(tmp_path):
    (tmp_path / "uvicorn.py").write_text(f"{READY}\npress()\ntime.sleep(90)\n")
    done = run(
        "-c",
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from server.__main__ import start; sys.exit(start())",
    )
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "interrupted\n")


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


WATCHED = "import os, signal, sys\nfrom audio import interruption\ninterruption.watch()\n"


def test_an_error_of_the_system_names_the_file_and_shows_no_traceback(tmp_path):
    odd = str(tmp_path / "é 50% #1")
    done = run("-c", f"{WATCHED}open({odd!r})")
    assert (done.returncode, done.stderr) == (1, f"error: {odd}: No such file or directory\n")
    done = run("-c", WATCHED + r"open(b'/no\xff')")
    assert done.stderr == "error: /no\\xff: No such file or directory\n"


def test_an_error_made_for_people_is_its_message_alone():
    done = run("-c", f"{WATCHED}from audio.errors import DatasetError\nraise DatasetError('empty: fill it')")
    assert (done.returncode, done.stderr) == (1, "error: empty: fill it\n")


def test_a_reader_that_has_gone_is_no_error():
    done = run("-c", f"{WATCHED}os.dup2(os.open('/dev/full', os.O_WRONLY), 1); raise BrokenPipeError")
    assert "Traceback" not in done.stderr


def test_a_terminal_that_is_closed_ends_it_as_ctrl_c_does():
    program = "os.kill(os.getpid(), signal.SIGHUP); time.sleep(90)"
    done = run("-c", f"{WATCHED}import time\ntry:\n    {program}\nfinally:\n    print('put away')")
    assert done.returncode == -signal.SIGINT
    assert (done.stdout, done.stderr) == ("put away\n", "interrupted\n")


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "audio.datasets.download", "fsdd", "/dev/null/there"],
        ["-m", "audio.datasets", "folder", "/dev/null/there"],
        ["-m", "audio.predict", "/dev/null/there", "x.wav"],
        ["-m", "tasks.register"],
        ["-m", "agents.stop"],
        ["-m", "pipelines.demo", "--stop"],
        ["-m", "server", "--data", "/dev/null/there"],
        ["-m", "server", "--client-conf", "/dev/null/there", "--data", "DATA", "--port", "0"],
    ],
)
def test_a_file_where_a_folder_is_expected_is_told_in_a_line(command, tmp_path, monkeypatch):
    monkeypatch.setenv("SOUNDYARD_STATE", "/dev/null/state")
    monkeypatch.setenv("HOME", "/no/home")
    monkeypatch.delenv("CLEARML_CONFIG_FILE", raising=False)
    done = run(*(str(tmp_path) if word == "DATA" else word for word in command))
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1), done.stderr
    assert done.returncode == 0 or done.stdout + done.stderr
