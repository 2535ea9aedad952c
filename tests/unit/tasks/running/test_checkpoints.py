"""Which checkpoints are uploaded, and when; which one an interrupted training goes on from."""

from pathlib import Path

import pytest
import torch

from audio.checkpoints import generations
from audio.checkpoints.checkpoint import FORMAT, NEEDED, VERSION
from audio.errors import CheckpointError
from tasks.running.checkpoints import ARTIFACT, BEFORE, CheckpointKeeper, claim, restore, sha256


class Line:
    """A line to a server that can be cut."""

    seconds = 10.0

    def __init__(self):
        self.up = True

    def there(self):
        return self.up

    def persist(self, what, action):
        return action()


class Box:
    """An outbox that sends at once."""

    def __init__(self):
        self.now = True
        self.kept = None

    def post_file(self, name, path, send):
        self.kept = lambda: send(path)
        if self.now:
            self.kept()

    def settle(self, seconds=None):
        return []


class Stored:
    """An artifact as the SDK gives it back."""

    def __init__(self, path: Path, metadata):
        self.url, self.metadata = str(path), metadata

    def get_local_copy(self, **_):
        return self.url if Path(self.url).exists() else None


class Task:
    """Keeps what it was given to upload in a folder, by the name of the file, as the file server does."""

    def __init__(self, folder: Path, takes=lambda: None):
        self.folder, self.takes = folder, takes
        self.artifacts, self.runtime, self.epochs = {}, {}, []

    def upload_artifact(self, name, artifact_object, metadata=None, **_):
        if name == BEFORE:
            self.artifacts[name] = Stored(Path(artifact_object), metadata)
            return
        self.takes()
        self.epochs.append(metadata["epoch"])
        stored = self.folder / Path(artifact_object).name
        stored.write_bytes(Path(artifact_object).read_bytes())
        self.artifacts[name] = Stored(stored, metadata)

    def _get_runtime_properties(self):
        return self.runtime

    def _set_runtime_properties(self, values):
        self.runtime.update(values)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def last(folder: Path, epoch: int) -> Path:
    """A file that is taken for a checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: {} for name in NEEDED} | {"format": FORMAT, "version": VERSION, "epoch": epoch}
    state["weights"] = {"w": torch.zeros(10_000)}
    generations.save(state, folder / "last.pt")
    return folder / "last.pt"


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture
def task(tmp_path):
    (tmp_path / "server").mkdir()
    return Task(tmp_path / "server")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def test_the_first_checkpoint_goes_at_once_and_then_one_a_period(task, folder):
    clock = Clock()
    keeper = CheckpointKeeper(task, Box(), 30, clock)
    path = last(folder, 0)
    for epoch in range(1, 11):
        clock.now += 10
        keeper(path, epoch)
    assert task.epochs == [1, 4, 7, 10]


def test_at_the_end_the_newest_is_kept_once(task, folder):
    keeper = CheckpointKeeper(task, Box(), 1000, Clock())
    path = last(folder, 0)
    keeper(path, 1)
    keeper(path, 2)
    assert keeper.keep() == 2
    assert keeper.keep() == 2
    assert task.epochs == [1, 2]


def test_a_slow_upload_is_repeated_less_often(tmp_path, task, folder):
    clock = Clock()

    def slow():
        clock.now += 60

    task.takes = slow
    keeper = CheckpointKeeper(task, Box(), 30, clock)
    path = last(folder, 0)
    for epoch in range(1, 62):
        clock.now += 10
        keeper(path, epoch)
    assert len(task.epochs) == 2  # 60 s are a tenth of ten minutes


def test_nothing_trained_is_nothing_kept(task):
    assert CheckpointKeeper(task, Box(), 30).keep() == 0
    assert task.epochs == []


def test_what_has_not_arrived_is_not_said_to_be_kept(task, folder):
    box = Box()
    box.now = False
    keeper = CheckpointKeeper(task, box, 30)
    keeper(last(folder, 1), 1)
    assert keeper.keep() == 0
    box.kept()
    assert keeper.arrived == 1


def test_two_generations_lie_on_the_server_and_a_damaged_one_falls_back_to_the_one_before(
    task, folder, capsys
):
    keeper = CheckpointKeeper(task, Box(), 0, Clock())
    for epoch in (1, 2, 3):
        keeper(last(folder, epoch), epoch)
    assert task.artifacts[ARTIFACT].metadata["epoch"] == 3 and task.artifacts[BEFORE].metadata["epoch"] == 2
    assert task.artifacts[ARTIFACT].url != task.artifacts[BEFORE].url
    for path in folder.glob("*.pt"):
        path.unlink()  # another machine
    assert generations.load(restore(task, folder, Line()))["epoch"] == 3
    damage(Path(task.artifacts[ARTIFACT].url))
    assert generations.load(restore(task, folder, Line()))["epoch"] == 2
    assert "damaged" in capsys.readouterr().out
    damage(Path(task.artifacts[BEFORE].url))
    with pytest.raises(CheckpointError, match="Reset the task"):
        restore(task, folder, Line())


def test_what_an_outage_kept_from_the_server_is_gone_on_from_on_this_machine(task, folder, capsys):
    keeper = CheckpointKeeper(task, Box(), 0, Clock())
    keeper(last(folder, 1), 1)
    last(folder, 2)
    last(folder, 3)
    assert restore(task, folder, Line()) == folder / "last.pt"
    damage(folder / "last.pt")
    assert generations.load(restore(task, folder, Line()))["epoch"] == 2
    assert "last.pt" in capsys.readouterr().out


def test_a_task_without_a_checkpoint_begins_anew(task, folder):
    assert restore(task, folder, Line()) is None


def test_a_reset_of_the_task_forgets_what_lies_on_this_machine(task, folder):
    claim(task, folder)
    last(folder, 5)
    claim(task, folder)  # resumed
    assert (folder / "last.pt").exists()
    task.runtime.clear()  # what a reset does
    claim(task, folder)
    assert not (folder / "last.pt").exists()


def test_the_hash_is_that_of_the_bytes(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert sha256(tmp_path / "x").startswith("ba7816bf8f01cfea")
