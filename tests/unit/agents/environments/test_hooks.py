"""What runs first in every process of a task, in a Python of its own."""

import os
import signal
import subprocess
import sys

import pytest

from agents.environments.tools import HOOKS, OUTER_TEMPORARY

SDK = "import signal, types; sdk = types.ModuleType('clearml.task'); sdk.__dict__['signal'] = signal\n"


def run(program, path=(), **variables):
    clean = {name: value for name, value in os.environ.items() if name not in ("TMPDIR", "PYTHONPATH")}
    clean |= {"PYTHONPATH": os.pathsep.join([str(HOOKS), *map(str, path)]), **variables}
    return subprocess.run([sys.executable, "-c", program], env=clean, capture_output=True, text=True)


@pytest.mark.parametrize(("outer", "found"), [("/outer", "/outer"), ("", "None"), (None, "/inner")])
def test_a_task_gets_the_temporary_folder_of_outside_back(outer, found):
    variables = {"TMPDIR": "/inner", "CLEARML_TASK_ID": "1"} | (
        {} if outer is None else {OUTER_TEMPORARY: outer}
    )
    done = run(
        f"import os; print(os.environ.get('TMPDIR'), os.environ.get('{OUTER_TEMPORARY}'))", **variables
    )
    assert done.stdout.split() == [found, "None"], done.stderr
    del variables["CLEARML_TASK_ID"]
    assert run("import os; print(os.environ['TMPDIR'])", **variables).stdout.strip() == "/inner"


def test_the_sdk_can_not_keep_a_crash_alive_and_others_may_handle_it():
    fatal = "[signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT]"
    asked = SDK + f"for one in {fatal}: exec(f'signal.signal({{one:d}}, print)', sdk.__dict__)\n"
    kept = asked + f"print(*{{signal.getsignal(one) is print for one in {fatal}}})"
    assert run(kept, CLEARML_TASK_ID="1").stdout.strip() == "False"
    assert run(kept).stdout.strip() == "True"
    own = "import signal; signal.signal(signal.SIGSEGV, print); print(signal.getsignal(signal.SIGSEGV) is print)"
    assert run(own, CLEARML_TASK_ID="1").stdout.strip() == "True"
    other = SDK + "exec('signal.signal(signal.SIGUSR1, print)', sdk.__dict__)\n"
    assert (
        run(other + "print(signal.getsignal(signal.SIGUSR1) is print)", CLEARML_TASK_ID="1").stdout.strip()
        == "True"
    )


def test_a_task_that_is_asked_to_end_leaves_as_by_exit():
    asked = SDK + "exec('signal.signal(signal.SIGTERM, lambda *_: None)', sdk.__dict__)\n"
    end = "import os\ntry:\n    os.kill(os.getpid(), 15); import time; time.sleep(9)\nfinally:\n    print('kept')"
    done = run(asked + end, CLEARML_TASK_ID="1")
    assert (done.returncode, done.stdout.strip()) == (128 + signal.SIGTERM, "kept")
    own = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + asked + "os = __import__('os')\n"
    done = run(own + "os.kill(os.getpid(), 15); print('stays')", CLEARML_TASK_ID="1")
    assert (done.returncode, done.stdout.strip()) == (0, "stays")


def test_the_next_sitecustomize_on_the_path_runs_as_well(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("print('the next')")
    assert run("print('program')", [tmp_path]).stdout.split("\n")[:2] == ["the next", "program"]
