"""The edges of what is read from a console: how far back, how far apart, which of several, and where it is cut."""

import signal

import pytest

from agents.told import ending

STARTED = f"{ending.STARTED}\n"
HEAD = "Traceback (most recent call last):\n"
GROUP = f"  + Exception Group {HEAD}  | ExceptionGroup: two (2)\n  +------\n"


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (128, "exit status 128: x"),
        (128 + signal.SIGHUP, "ended by SIGHUP"),
        (128 + 64, "ended by SIGRTMAX"),
        (128 + 65, "exit status 193: x"),
        (-64, "ended by SIGRTMAX"),
        (2, "exit status 2: x"),
    ],
)
def test_a_status_above_128_is_a_signal_as_far_as_there_are_signals(status, told):
    assert ending.reason(status, f"{STARTED}x\n") == told


@pytest.mark.parametrize("name", ["KILL", "SEGV", "BUS", "ABRT", "FPE", "ILL", "TERM", "INT", "XCPU"])
def test_each_signal_that_people_meet_is_told_in_words_and_by_its_name(name):
    told = ending.by_signal(signal.Signals[f"SIG{name}"], "")
    assert f"SIG{name}" in told and not told.startswith(
        "ended by SIG" if name != "TERM" else "ended by signal"
    )


@pytest.mark.parametrize("error", [f"{HEAD}ValueError: x\n", GROUP])
def test_an_error_counts_as_the_end_as_long_as_little_is_said_after_it(error):
    why = "ValueError: x" if error.startswith(HEAD) else "ExceptionGroup: two (2)"
    assert ending.reason(1, f"{STARTED}{error}" + "went on\n" * 24) == why
    assert ending.reason(1, f"{STARTED}{error}" + "went on\n" * 25) == "exit status 1: went on"


def test_a_traceback_that_was_broken_off_or_is_followed_by_no_error_tells_nothing():
    assert ending.last_error(HEAD + '  File "a.py", line 1, in f\n') == ""
    assert ending.last_error(HEAD + "!! not an error\nValueError: of something else\n") == ""
    assert ending.last_error(f"Exception in thread T:\n{HEAD}ValueError: x\n") == ""
    assert ending.last_error(f"said\n{HEAD}\nlib.Error\n") == "lib.Error", "an error may have no message"


def test_a_program_that_is_no_python_ends_with_an_error_only_by_its_status():
    said = f"{STARTED}File x\nSyntaxError: invalid\n"
    assert ending.reason(1, said) == "SyntaxError: invalid"
    assert ending.reason(2, said) == "exit status 2: SyntaxError: invalid"
    assert ending.reason(1, f"{STARTED}MyError\n") == "MyError"
    assert ending.reason(1, f"{STARTED}MyErrors: 3\n") == "exit status 1: MyErrors: 3"


def test_the_last_that_is_said_is_the_programs_own():
    noise = (
        "ClearML Task: created\nclearml.Task - ERROR\n2026-01-01 00:00:00,1 - clearml.Task - INFO - bye\n\n"
    )
    assert ending.last_line(f"before\n{STARTED}  mine  \n{noise}") == "mine"
    assert ending.last_line(f"before\n{STARTED}{noise}") == ""
    assert ending.last_line("no start\nmine\n") == "mine"


def test_a_long_console_is_the_codes_own_though_its_start_is_cut_off():
    assert ending.ours("x" * ending.TAIL) and not ending.ours("x" * (ending.TAIL - 1))
    assert ending.ours("é" * (ending.TAIL // 2)), "bytes are counted"
    assert ending.ours(STARTED)


def test_as_much_of_a_console_is_read_as_is_looked_at(tmp_path):
    file = tmp_path / "console"
    file.write_bytes(b"a" + b"b" * ending.TAIL)
    assert ending.tail(file) == "b" * ending.TAIL
    file.write_bytes(b"a" * 10)
    assert ending.tail(file) == "a" * 10
    assert ending.tail(tmp_path) == "", "a folder says nothing"
    file.write_bytes("é\n".encode()[1:])
    assert ending.tail(file).endswith("\n")


def test_a_reason_is_cut_where_it_is_too_long_and_no_sooner():
    assert ending.cut("x" * ending.LONGEST) == "x" * ending.LONGEST
    cut = ending.cut("x" * ending.LONGEST + "y")
    assert cut == "x" * (ending.LONGEST - 1) + "…"
    name = "T" * 600
    assert len(ending.thread_error(f"Exception in thread {name}:\n{HEAD}E: x\n")) == ending.LONGEST


def test_a_threads_error_is_the_first_one_and_has_to_follow_at_once():
    said = f"Exception in thread A:\n{HEAD}  File x\nKeyError: 1\nException in thread B:\n{HEAD}KeyError: 2\n"
    assert ending.thread_error(said) == "KeyError: 1 (in thread A, which ended)"
    assert ending.thread_error(f"Exception in thread A:\nsaid\n{HEAD}KeyError: 1\n") == ""
    assert ending.thread_error("Exception in thread A:\n") == ""
    assert ending.thread_error(f"Exception in thread A:\n{HEAD}  File x\n") == ""
    assert ending.thread_error(
        f"Exception in thread A:\nno\nException in thread B:\n{HEAD}E: 2\n"
    ).startswith("E: 2 (in thread B")


def test_of_the_agents_own_errors_the_last_counts_with_the_line_that_explains_it():
    one = "1 clearml_agent: ERROR: first\n1 clearml_agent: ERROR: last\n\n\n  explained\n"
    assert ending.before_the_code(one, 1) == "the code was not run: last explained"
    assert (
        ending.before_the_code("clearml_agent: ERROR: last\n\n\n\ntoo far\n", 1)
        == "the code was not run: last"
    )
    pip = "pip: ERROR: of another\nodd\n"
    assert ending.before_the_code(pip, 4) == "the code was not run, the agent ended with status 4: odd"


def test_what_a_tool_called_an_error_explains_a_command_that_failed_the_last_first():
    said = "fatal: first\nerror: last (from versions: 1, 2)\nERROR: x, requirements.txt: y\n"
    failed = "clearml_agent: ERROR: Command '…' returned non-zero exit status 1\n"
    assert ending.before_the_code(said + failed, 1) == "the code was not run: last"
    assert (
        ending.before_the_code(said + "clearml_agent: ERROR: another\n", 1) == "the code was not run: another"
    )
    assert ending.before_the_code(failed, 1).endswith("returned non-zero exit status 1")
    assert ending.before_the_code("ERROR: a (from -r /x)\n" + failed, 1) == "the code was not run: a"


def test_an_agent_that_breaks_or_says_nothing_is_told_by_its_status():
    broken = f"{HEAD}  File x\nOSError: disk\n and more\n"
    assert ending.before_the_code(broken, 1) == (
        "the code was not run, the agent ended with status 1: OSError: disk"
    )
    assert ending.before_the_code("", 5) == "the code was not run, the agent ended with status 5"


def test_a_crash_is_placed_by_its_function_file_and_line():
    place = 'Fatal Python error: Bus error\n\nCurrent thread 0x1 (x):\n  File "/é/a b.py", line 7 in f\n'
    assert ending.by_signal(60, place) == "ended by signal 60, in f, a b.py line 7"
