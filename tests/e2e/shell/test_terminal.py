"""At a terminal: every command that the documents tell people to type, its bars, its questions, and Ctrl-C."""

import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests import documented, plugins
from tests.conftest import DATA, ROOT, ServerProcess, until
from tests.e2e import at_a_terminal
from tests.e2e.at_a_terminal import LEFT_OUT, SLOW, Here
from tests.terminal import Terminal

TYPED = [words for words in documented.commands() if documented.program(words) not in LEFT_OUT]
MEASURES = [words for words in TYPED if documented.program(words).startswith("benchmarks.")]
OTHERS = [words for words in TYPED if words not in MEASURES]
TRACES = ("Traceback", "Exception ignored", "Error in atexit")


LONG = {
    "--augmentations", "--metrics", "--preset", "--processes", "torchrun", "--robustness", "--slices", "--validation",
    "tasks.pretrain",
}  # fmt: skip


def marked(words: tuple[str, ...]) -> object:
    long = "--help" not in words and (documented.program(words) in SLOW or LONG & set(words))
    return pytest.param(words, marks=[pytest.mark.slow] if long else [], id=" ".join(words))


@pytest.fixture(scope="session")
def trained(server: ServerProcess, prepare: Callable[[ServerProcess], dict[str, str]]) -> tuple[str, str]:
    """A dataset and a model of it on the shared server, as ids."""
    dataset = prepare(server)["dataset"]
    done = server.run("-m", "tasks.train", "--dataset_id", dataset, "--epochs", "1", "--debug_samples", "1")
    assert done.returncode == 0, done.stderr
    return dataset, done.stdout.split("model ")[-1].split()[0]


@pytest.fixture(scope="session")
def checkpoint(
    server: ServerProcess, trained: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    import requests

    uri = server.call("models.get_by_id", model=trained[1])["model"]["uri"]
    file = tmp_path_factory.mktemp("checkpoint") / "model.pt"
    file.write_bytes(requests.get(uri, headers=server.authorization(), timeout=60).content)
    return file


@pytest.fixture
def here(
    server: ServerProcess, sounds: Path, trained: tuple[str, str], checkpoint: Path, tmp_path: Path
) -> Here:
    return Here(sounds, *trained, checkpoint, tmp_path, server.conf)


@pytest.fixture
def terminal(server: ServerProcess) -> Iterator[Callable[..., Terminal]]:
    """Types a command at a terminal in the checkout, as a client of the shared server."""
    with ExitStack() as stack:

        def start(*words: str, columns: int = 80, cwd: Path = ROOT, **more: str) -> Terminal:
            command = [sys.executable, *words] if words[0] == "-m" else list(words)
            made = Terminal(command, cwd=cwd, environment=server.environment(**more), columns=columns)
            stack.callback(made.close)
            return made

        yield start


def assert_it_ended_well(shown: Terminal, status: int) -> None:
    assert status == 0, shown.text
    assert not [word for word in TRACES if word in shown.text], shown.text
    until(lambda: not shown.left_over(), 20, "everything that it started has ended")


def test_every_documented_command_is_one_that_is_typed_here_or_told_why_not():
    """Fails for a new program in README.md or docs/ until somebody says what makes it brief, or why it is left out."""
    known = {documented.program(words) for words in documented.commands()}
    ours = re.compile(
        r"(tasks|server|audio|agents|pipelines|benchmarks|soundyard)\b.*|make (serve|stop|help)"
    )
    assert [one for one in known if one not in LEFT_OUT and not ours.fullmatch(one)] == []
    assert set(LEFT_OUT) <= known, "what is left out is not told of any more"
    assert len(TYPED) > 30


@pytest.fixture
def ready(server: ServerProcess, here: Here, kept: Path, request: pytest.FixtureRequest) -> Here:
    """With what a command needs to be there before: a server's folder with a user in it, a backup, agents."""
    words = request.getfixturevalue("words")
    if documented.program(words) == "server":
        shutil.copytree(kept / "server", here.folder / "server")
        data = ("--data", str(here.folder / "server"))
        if ("user" in words and "add" not in words) or "access" in words:
            assert server.run("-m", "server", "user", "add", "ann", "--no-password", *data).returncode == 0
        if "restore" in words or "--check" in words:
            assert server.run("-m", "server", "backup", str(here.folder / "all.tar"), *data).returncode == 0
    if set(words) & set(plugins.examples()):
        plugins.write_examples(here.folder)
        (here.folder / "prefixed").mkdir()
        for sound in here.sounds.rglob("*.wav"):
            shutil.copy(sound, here.folder / "prefixed" / f"{sound.parent.name}_{sound.name}")
    if documented.program(words) in ("tasks.search", "pipelines/main_job.py"):
        request.getfixturevalue("agents")
    return here


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server that has been stopped, with the project that the documents speak of."""
    folder = tmp_path_factory.mktemp("kept")
    server = ServerProcess(folder)
    for name in ("field work", "birds/secret"):
        server.call("projects.create", name=name, description="")
    server.stop()
    return folder


@pytest.mark.timeout(500)  # the first test trains the model that all need
@pytest.mark.parametrize("words", [marked(words) for words in OTHERS])
def test_a_documented_command_ends_well_at_a_terminal(words, ready, terminal):
    command = at_a_terminal.typed(words, ready, sys.executable)
    shown = terminal(*command.words, **command.environment)
    for question, answer in command.answers:
        shown.until(question, 60)
        shown.type(answer.encode() + b"\n")
    if command.serves:
        shown.until("Listening to queues" if "agents.start" in words else "server is ready", 90)
        shown.interrupt()
    status = shown.wait(240)
    if command.serves and words[0] == "make":
        assert status in (0, 128 + signal.SIGINT)  # make itself ends as the signal ends a program
        status = 0
    if "--detached" in words:
        assert status == 0 and shown.left_over(), shown.text  # the agent goes on until it is stopped
        stopping = terminal("-m", "agents.stop", **command.environment)
        assert stopping.wait(60) == 0 and "ended" in stopping.text, stopping.text
    assert_it_ended_well(shown, status)
    assert not [line for line in shown.lines if len(re.findall(r"%\|", line)) > 1], (
        shown.text
    )  # a bar in a bar


WORK = {  # program → options that give it long to do, and what it shows when it is in the middle of it
    "tasks.preprocess": (["--dataset", "synthetic", "--seed", "7"], "clips/s"),
    "tasks.train": (["--epochs", "5000"], "epoch"),
    "tasks.pretrain": (["--epochs", "5000"], "epoch"),
    "tasks.evaluate": (["--speeds", str([0.8 + n / 2000 for n in range(800)])], "output/log"),
    "tasks.crossvalidate": (["--epochs", "5000"], "output/log"),
    "tasks.search": (["--queue", "nobody-listens", "--trials", "2"], "output/log"),
    "tasks.export": ([], "output/log"),
    "tasks.events": (["--url", "long.wav", "--hop", "0.01"], "output/log"),
    "pipelines/main_job.py": (["--queue", "nobody-listens"], "output/log"),
}
QUICK = ("tasks.preprocess", "tasks.train")


def test_every_documented_task_is_interrupted_here():
    assert {one for one in map(documented.program, TYPED) if one.startswith(("tasks.", "pipelines"))} - {
        "tasks.register",  # makes drafts, and tasks.run is what it is told to run
        "tasks.run",
    } <= set(WORK)


@pytest.mark.timeout(500)
@pytest.mark.parametrize("keys", [1, 3])
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in WORK]
)
def test_ctrl_c_ends_a_task_in_a_word_and_the_server_knows(name, keys, here, terminal, server):
    options, words = WORK[name]
    if "--queue" in options:
        server.queue(options[options.index("--queue") + 1])
    if "long.wav" in options:
        recording = here.folder / "long.wav"
        soundfile.write(recording, np.random.default_rng(0).normal(0, 0.1, 16000 * 1200), 16000)
        options = [str(recording) if word == "long.wav" else word for word in options]
    shown = terminal(*(["-m", name] if "/" not in name else [sys.executable, name]), *options)
    shown.until(words, 120)
    shown.read(1.0)  # it is in the midst of something, whatever that is
    for _ in range(keys):
        shown.interrupt()
        shown.read(0.3)
    assert shown.wait(60) == 128 + signal.SIGINT, shown.text
    assert "interrupted" in shown.text
    assert not [word for word in TRACES if word in shown.text], shown.text
    until(lambda: not shown.left_over(), 20, "everything that it started has ended")
    task = server.wait_for(re.findall(r"tasks/(\w{32})", "".join(shown.lines))[0], "stopped")
    assert "Ctrl-C" in task["status_reason"]
    waiting = server.call(
        "tasks.get_all", parent=task["id"], status=["queued", "in_progress"], search_hidden=True
    )
    assert waiting["tasks"] == []


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("words", [pytest.param(words, id=" ".join(words)) for words in MEASURES])
def test_ctrl_c_ends_a_measurement_and_leaves_nothing_running(words, here, terminal):
    if "PATH" in words and not DATA.is_dir():
        pytest.skip(f"ESC-10 is not at {DATA}")
    shown = terminal(*at_a_terminal.measured(words, here, sys.executable))
    shown.read(6.0)
    shown.interrupt()
    assert shown.wait(60) == 128 + signal.SIGINT, shown.text
    assert not [word for word in TRACES if word in shown.text], shown.text
    until(lambda: not shown.left_over(), 20, "everything that it started has ended")


@pytest.mark.parametrize("columns", [80, 40])
def test_what_is_printed_stands_above_the_bar_at_any_width(columns, terminal):
    """A line that is printed while a bar is drawn is whole, and so is the bar."""
    program = (
        "import time; from tasks.running import progress\n"
        "progress.stand_above_bars(); say = progress.counted('clips')\n"
        "for done in range(1, 41):\n"
        "    say(done, 40); print('note: clip', done, 'of a long name', flush=done % 2); time.sleep(0.02)\n"
        "progress.leave_bars(); print('done')"
    )
    shown = terminal(sys.executable, "-c", program, columns=columns)
    assert shown.wait(60) == 0, shown.text
    lines = [line for line in shown.lines if line]
    assert [line for line in lines if line.startswith("note")] == [
        f"note: clip {n} of a long name" for n in range(1, 41)
    ]
    assert lines[-1] == "done"
    bars = [line for line in lines if "%|" in line]
    assert len(bars) == 1 and bars[0].startswith("100%") and len(bars[0]) <= columns
    assert len(lines) == 42


def test_a_broken_off_bar_is_left_on_a_line_of_its_own(terminal):
    program = (
        "from tasks.running import progress; progress.stand_above_bars(); say = progress.counted('clips')\n"
        "say(3, 40); print('half a line', end=''); progress.leave_bars(); print(' and its end')"
    )
    shown = terminal(sys.executable, "-c", program)
    assert shown.wait(60) == 0
    lines = [line for line in shown.lines if line]
    assert lines[1] == "half a line and its end" and "3/40" in lines[0]
