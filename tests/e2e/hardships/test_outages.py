"""The server goes away while a task runs: the work goes on, and in the end everything is there. Real kills."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, ServerProcess, until
from tests.e2e.hardships.test_interrupted_runs import epochs_on_the_curve

SAMPLES = ("--debug_samples_every", "10", "--debug_samples", "2", "--debug_augmentations", "false")


class Training:
    """`python -m tasks.train` from a shell, and what it prints."""

    def __init__(self, server: ServerProcess, folder: Path, *options: str, **environment: str) -> None:
        self.log = folder / "train.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "-m", "tasks.train", "--checkpoint_seconds", "0.5", *options],
                cwd=ROOT,
                env=server.environment(**environment),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.server = server

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def epoch(self) -> int:
        return max(map(int, re.findall(r"^epoch (\d+)/", self.said, re.MULTILINE)), default=0)

    def reaches(self, epoch: int) -> None:
        def there() -> bool:
            assert self.process.poll() is None, self.said
            return self.epoch >= epoch

        until(there, 120, f"epoch {epoch} of\n{self.said}")

    def ends(self, seconds: float = 120) -> int:
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"still running after {seconds:g} s:\n{self.said}") from None


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that the tests kill and start again."""
    server = ServerProcess(tmp_path_factory.mktemp("victim"))
    yield server
    server.stop()


@pytest.fixture
def away(victim, prepare) -> tuple[ServerProcess, dict[str, str]]:
    """A server that the test may kill, and the ids of what is on it."""
    if victim.process.poll() is not None:
        victim.start()
    return victim, prepare(victim)


@pytest.fixture
def begin(away, tmp_path) -> Iterator[Callable[..., Training]]:
    """Starts a training; it is ended with the test."""
    begun: list[Training] = []

    def start(*options: str, **environment: str) -> Training:
        begun.append(Training(away[0], tmp_path, *options, **environment))
        return begun[-1]

    yield start
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def newest_training(server: ServerProcess) -> str:
    found = server.call("tasks.get_all", type=["training"], order_by=["-created"], system_tags=["-archived"])
    return str(next(one["id"] for one in found["tasks"] if one["status"] != "created"))


def samples(server: ServerProcess, task: str) -> set[tuple[str, str, int]]:
    found = server.call(
        "events.get_task_events", task=task, event_type="training_debug_image", batch_size=5000
    )["events"]
    return {(one["metric"], one["variant"], int(one["iter"])) for one in found}


def whole(server: ServerProcess, task: str, epochs: int) -> None:
    """Everything of a finished training is on the server."""
    done = server.task(task)
    assert done["status"] == "completed", done["status_reason"]
    assert epochs_on_the_curve(server, task) == list(range(1, epochs + 1))
    assert epochs_on_validation(server, task) == list(range(1, epochs + 1))
    shown = samples(server, task)
    for epoch in range(10, epochs + 1, 10):
        assert len([one for one in shown if one[2] == epoch]) == 4, (epoch, shown)  # two sounds, two pictures
    assert done["models"]["output"]
    model = server.call("models.get_by_id", model=done["models"]["output"][0]["model"])["model"]
    assert "/models/" in model["uri"]


def epochs_on_validation(server: ServerProcess, task: str) -> list[Any]:
    return list(server.scalars(task)["accuracy"]["validation"]["x"])


@pytest.mark.timeout(300)
def test_a_training_goes_on_without_its_server_and_everything_is_there_afterwards(away, begin):
    server, ids = away
    training = begin("--dataset_id", ids["dataset"], "--epochs", "250", *SAMPLES)
    training.reaches(5)
    task = newest_training(server)
    server.kill()
    until(lambda: "The work goes on" in training.said, 60, "a word is said")
    training.reaches(min(training.epoch + 20, 250))
    server.start()
    assert training.ends() == 0, training.said
    whole(server, task, 250)


@pytest.mark.timeout(300)
def test_a_training_that_ends_without_its_server_waits_for_it(away, begin):
    server, ids = away
    training = begin("--dataset_id", ids["dataset"], "--epochs", "60", *SAMPLES)
    training.reaches(5)
    task = newest_training(server)
    server.kill()
    until(lambda: "its model waits" in training.said, 120, "the training has ended")
    assert "up to 24 h" in training.said
    server.start()
    assert training.ends() == 0, training.said
    whole(server, task, 60)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_waiting_has_a_limit_and_the_task_goes_on_from_what_is_kept_here(away, begin, new_agent):
    server, ids = away
    training = begin(
        *("--dataset_id", ids["dataset"], "--epochs", "60", *SAMPLES),
        SOUNDYARD_OUTAGE_HOURS="0.001",
    )
    training.reaches(5)
    task = newest_training(server)
    server.kill()
    assert training.ends() == 1
    assert "put the task on a queue" in training.said.splitlines()[-1]
    server.start()
    uploaded = server.task(task)
    assert uploaded["status"] == "in_progress"
    server.call("tasks.stop", task=task, force=True)
    server.wait_for(task, "stopped")
    new_agent(server)
    server.enqueue(task)
    server.wait_for(task, "completed")
    whole(server, task, 60)
    assert not re.findall(r"^epoch 6/", server.console(task), re.MULTILINE)  # all were trained the first time


@pytest.mark.timeout(200)
def test_an_interrupt_ends_a_training_whose_server_is_away(away, begin):
    server, ids = away
    training = begin("--dataset_id", ids["dataset"], "--epochs", "2000")
    training.reaches(5)
    server.kill()
    time.sleep(1)
    training.process.send_signal(signal.SIGINT)
    assert training.ends(30) == -signal.SIGINT
    assert "interrupted" in training.said and "kept in" in training.said


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_training_of_minutes_outlives_an_outage_of_150_seconds(away, begin):
    server, ids = away
    training = begin("--dataset_id", ids["dataset"], "--epochs", "3000", *SAMPLES)
    training.reaches(5)
    task = newest_training(server)
    server.kill()
    time.sleep(150)
    server.start()
    assert training.ends(600) == 0, training.said
    whole(server, task, 3000)
