"""For the tests with the real SDK and the real agent: agents that listen, templates, and a few sounds."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.conftest import ServerProcess
from tests.main_job import start_agents

RATE = 16000


def write_sounds(folder: Path, each: int = 10, classes: tuple[str, ...] = ("high", "low")) -> Path:
    """Second-long WAVs in a folder for each class: a tone in noise."""
    random = np.random.default_rng(0)
    time = np.arange(RATE) / RATE
    for position, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            tone = np.sin(2 * np.pi * (300 + 2000 * position + random.uniform(0, 200)) * time)
            noisy = 0.4 * tone + 0.05 * random.standard_normal(RATE)
            soundfile.write(folder / name / f"{number}.wav", noisy, RATE)
    return folder


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sounds(tmp_path_factory.mktemp("sounds"))


@pytest.fixture(scope="session")
def agents(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory, opened: ExitStack) -> None:
    """An agent on `audio`, and one in services mode, on the shared server."""
    start_agents(server, tmp_path_factory.mktemp("agents"), opened)


Prepare = Callable[[ServerProcess], dict[str, str]]


@pytest.fixture(scope="session")
def prepare(sounds: Path) -> Prepare:
    """Puts the templates and a small dataset on a server; gives ids by name (templates, and `dataset`)."""
    known: dict[str, dict[str, str]] = {}

    def prepared(server: ServerProcess) -> dict[str, str]:
        if server.url not in known:
            registered = server.run("-m", "tasks.register")
            assert registered.returncode == 0, registered.stderr
            ids = dict(line.split(": ") for line in registered.stdout.split("\n") if line.count(": ") == 1)
            done = server.run(
                *("-m", "tasks.preprocess", "--dataset", "folder", "--data", str(sounds)),
                *("--sample_rate", "16000", "--examples", "1", "--workers", "1"),
            )
            assert done.returncode == 0, done.stdout + done.stderr
            ids["dataset"] = done.stdout.split("dataset ")[-1].split()[0]
            known[server.url] = ids
        return known[server.url]

    return prepared
