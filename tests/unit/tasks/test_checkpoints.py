"""Which checkpoints are uploaded, and when."""

from pathlib import Path

from tasks.checkpoints import CheckpointKeeper


class Uploads:
    """Remembers what a task was given to upload."""

    def __init__(self, takes=lambda: None):
        self.epochs = []
        self.takes = takes

    def upload_artifact(self, name, **given):
        assert name == "checkpoint"
        assert given["wait_on_upload"]
        self.takes()
        self.epochs.append(given["metadata"]["epoch"])


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_the_first_checkpoint_goes_at_once_and_then_one_a_period():
    clock, uploads = Clock(), Uploads()
    keeper = CheckpointKeeper(uploads, 30, clock)
    for epoch in range(1, 11):
        clock.now += 10
        keeper(Path("last.pt"), epoch)
    assert uploads.epochs == [1, 4, 7, 10]


def test_at_the_end_the_newest_is_kept_once():
    clock, uploads = Clock(), Uploads()
    keeper = CheckpointKeeper(uploads, 1000, clock)
    keeper(Path("last.pt"), 1)
    keeper(Path("last.pt"), 2)
    assert keeper.keep() == 2
    assert keeper.keep() == 2
    assert uploads.epochs == [1, 2]


def test_a_slow_upload_is_repeated_less_often():
    clock = Clock()

    def slow():
        clock.now += 60

    uploads = Uploads(slow)
    keeper = CheckpointKeeper(uploads, 30, clock)
    for epoch in range(1, 62):
        clock.now += 10
        keeper(Path("last.pt"), epoch)
    assert uploads.epochs == [1, 61]


def test_nothing_trained_is_nothing_kept():
    uploads = Uploads()
    assert CheckpointKeeper(uploads, 30).keep() == 0
    assert uploads.epochs == []
