"""Why a process ended, from its status and its console."""

import signal

import pytest

from agents.told import ending

STARTED = "…\nEnvironment setup completed successfully\n\nStarting Task Execution:\n\n"
TRACEBACK = """\
Traceback (most recent call last):
  File "a.py", line 3, in <module>
    f()
    ^^^
ValueError: boom: é
"""
GROUP = """\
  + Exception Group Traceback (most recent call last):
  |   File "a.py", line 2, in <module>
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "a.py", line 1, in f
    | ValueError: a
    +---------------- 2 ----------------
    | TypeError: b
    +------------------------------------
"""
IN_A_THREAD = "Exception in thread Thread-1 (f):\n" + TRACEBACK


@pytest.mark.parametrize(
    ("status", "said", "why"),
    [
        (3, "epoch 1\ngiving up\n", "exit status 3: giving up"),
        (7, "", "exit status 7"),
        (1, TRACEBACK, "ValueError: boom: é"),
        (1, TRACEBACK + "2026-01-01 00:00:00,1 - clearml.Task - INFO - bye\n", "ValueError: boom: é"),
        (1, TRACEBACK + "went on\n" * 40 + "no data\n", "exit status 1: no data"),
        (1, GROUP, "ExceptionGroup: two (2 sub-exceptions)"),
        (1, GROUP + TRACEBACK, "ValueError: boom: é"),
        (1, TRACEBACK + GROUP, "ExceptionGroup: two (2 sub-exceptions)"),
        (1, GROUP + "went on\n" * 40 + "no data\n", "exit status 1: no data"),
        (
            1,
            TRACEBACK + "\nDuring handling…\n\n" + TRACEBACK.replace("ValueError", "lib.Other"),
            "lib.Other: boom: é",
        ),
        (
            1,
            '  File "a.py", line 1\n    def (\n        ^\nSyntaxError: invalid syntax\n',
            "SyntaxError: invalid syntax",
        ),
        (1, IN_A_THREAD + "the worker is gone\n", "exit status 1: the worker is gone"),
        (3, TRACEBACK + "gave up\n", "exit status 3: gave up"),
        (-signal.SIGKILL, "x\n", "killed (SIGKILL), perhaps out of memory"),
        (128 + signal.SIGKILL, "x\n", "killed (SIGKILL), perhaps out of memory"),
        (-signal.SIGHUP, "x\n", "ended by SIGHUP"),
        (-60, "x\n", "ended by signal 60"),
    ],
)
def test_the_reason_is_what_the_end_was(status, said, why):
    assert ending.reason(status, STARTED + said) == why


def test_a_crash_is_placed_in_the_thread_that_crashed():
    said = (
        "Fatal Python error: Segmentation fault\n\nThread 0x1 (most recent call first):\n"
        '  File "/lib/threading.py", line 331 in wait\n\nCurrent thread 0x2 (most recent call first):\n'
        '  File "/code/native.py", line 5 in call\n'
    )
    assert ending.reason(-11, STARTED + said) == "segmentation fault (SIGSEGV), in call, native.py line 5"


def test_what_kept_the_code_from_starting_is_told_as_that():
    said = "Collecting six==99\nclearml_agent: ERROR: Could not install task requirements!\nCommand failed\n"
    assert (
        ending.reason(1, said) == "the code was not run: Could not install task requirements! Command failed"
    )
    pip = (
        "ERROR: No match for six==99 (from -r /tmp/x (line 1))\nERROR: installing failed, requirements.txt:\n"
    )
    said = pip + "clearml_agent: ERROR: Could not install!\nCommand '…' returned non-zero exit status 1.\n"
    assert ending.reason(1, said) == "the code was not run: No match for six==99"
    assert "do not apply" in ending.reason(1, "ERROR! Failed applying git diff, see diff above.\n")
    assert ending.reason(9, "odd\n") == "the code was not run, the agent ended with status 9: odd"


def test_a_thread_that_ended_in_an_exception_is_found_though_the_program_went_on():
    said = STARTED + IN_A_THREAD + "done\n"
    assert ending.thread_error(said) == "ValueError: boom: é (in thread Thread-1 (f), which ended)"
    assert ending.thread_error(STARTED + TRACEBACK) == ""


def test_a_reason_is_one_sentence_however_long_the_message_is():
    assert len(ending.reason(1, STARTED + TRACEBACK.replace("boom", "b" * 10_000))) == ending.LONGEST


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\x1b[1;31mgone\x1b[0m\n", "gone\n"),
        ("10%\r20%\r30%\ndone\r\n", "30%\ndone\n"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07 \x00\x07\x9b\ttab\n", "link \ttab\n"),
        ("é 低 🎧\n", "é 低 🎧\n"),
    ],
)
def test_what_a_terminal_would_do_is_not_read_as_text(tmp_path, written, read):
    (tmp_path / "console").write_bytes(written.encode())
    assert ending.tail(tmp_path / "console") == read


def test_a_console_that_is_not_there_says_nothing(tmp_path):
    assert ending.tail(None) == ending.tail(tmp_path / "none") == ""
    (tmp_path / "console").write_bytes(b"x" * 100_000 + b"\xffend")
    assert ending.tail(tmp_path / "console").endswith("end")
