"""What happens to a training around it: a full disk, damaged checkpoints, killed processes; each with real ones."""

import dataclasses
import os
import resource
import signal
import threading
from contextlib import contextmanager

import pytest
import torch

from audio.checkpoints import generations
from audio.errors import CheckpointError, NonFiniteLoss
from audio.preprocessing.workers import Prepared, Undecodable, Worker
from audio.training import train as training
from audio.training.loss_watch import LossWatch
from audio.training.train import train
from tests.unit.audio.conftest import ignore, write_tree

FULL = 100_000  # bytes of a file that a full disk still takes; a checkpoint is larger


def fill() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, resource.RLIM_INFINITY))


def free() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def mended():
    try:
        yield
    finally:
        free()


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_disk_that_is_full_for_a_while_costs_checkpoints_and_nothing_else(store, tiny, tmp_path, capsys):
    kept = []

    def progress(epoch, *_):
        kept.append(generations.epoch_of(tmp_path / "last.pt"))
        {1: fill, 3: free}.get(epoch, ignore)()

    with mended():
        result = train(dataclasses.replace(tiny, epochs=5), store, checkpoint_dir=tmp_path, progress=progress)
    assert kept == [1, 1, 1, 4, 5] and result.epochs == 5
    said = capsys.readouterr().out
    assert said.count("Is the disk full?") == 1 and "room again; epoch 4" in said
    assert generations.load(tmp_path / "model.pt")["epoch"] == 5


def test_a_finished_training_waits_for_room_for_its_model(store, tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(generations, "PAUSE", 0.1)

    def progress(epoch, *_):
        if epoch == 2:
            fill()
            threading.Timer(1.0, free).start()

    with mended():
        result = train(tiny, store, checkpoint_dir=tmp_path, progress=progress)
    assert "Waiting for room" in capsys.readouterr().out and result.model_path.exists()


def test_a_disk_that_stays_full_is_an_error_and_the_training_can_go_on_later(
    store, tiny, tmp_path, monkeypatch
):
    monkeypatch.setattr(training, "DISK_PATIENCE", 0.0)
    with mended(), pytest.raises(CheckpointError, match="disk full"):
        train(tiny, store, checkpoint_dir=tmp_path, progress=lambda epoch, *_: fill() if epoch == 1 else None)
    assert not (tmp_path / "model.pt").exists()
    again = train(tiny, store, checkpoint_dir=tmp_path, resume_from=tmp_path / "last.pt", progress=ignore)
    assert again.epochs == 2 and len(again.history) == 2 and again.model_path.exists()


def test_a_damaged_checkpoint_falls_back_to_the_one_before_and_ends_the_same(store, tiny, tmp_path, capsys):
    config = dataclasses.replace(tiny, epochs=4, threads=1)
    whole = train(config, store, checkpoint_dir=tmp_path / "whole", progress=ignore)
    train(dataclasses.replace(config, epochs=4), store, checkpoint_dir=tmp_path / "part", progress=ignore)
    last = tmp_path / "part" / "last.pt"
    damage(last)
    again = train(config, store, checkpoint_dir=tmp_path / "part", resume_from=last, progress=ignore)
    assert "last.before.pt" in capsys.readouterr().out
    one, other = (generations.load(result.last_path) for result in (whole, again))
    assert all(torch.equal(tensor, other["weights"][name]) for name, tensor in one["weights"].items())
    damage(last)
    damage(generations.before(last))
    with pytest.raises(CheckpointError, match="damaged"):
        train(config, store, checkpoint_dir=tmp_path / "part", resume_from=last, progress=ignore)


def test_weights_that_are_no_numbers_are_not_saved(store, tiny, tmp_path):
    network, watch = torch.nn.Linear(2, 2), LossWatch(["a.wav", "b.wav"])
    watch.add(torch.tensor(0.5), torch.tensor([1]), 3)
    watch.refuse_spoiled(network, 3)
    torch.nn.init.constant_(network.weight, float("inf"))
    with pytest.raises(NonFiniteLoss, match=r"epoch 4.*Lower learning_rate") as caught:
        watch.refuse_spoiled(network, 3)
    assert caught.value.clips == ["b.wav"]
    wild = dataclasses.replace(tiny, optimizer="sgd", weight_decay=1e9, clip_norm=None, epochs=20)
    with pytest.raises(NonFiniteLoss):
        train(wild, store, checkpoint_dir=tmp_path, progress=ignore)
    last = generations.load(tmp_path / "last.pt")
    assert all(t.isfinite().all() for t in last["weights"].values())
    tamed = dataclasses.replace(wild, weight_decay=0.0, learning_rate=0.001, epochs=last["epoch"] + 1)
    assert train(
        tamed, store, checkpoint_dir=tmp_path, resume_from=tmp_path / "last.pt", progress=ignore
    ).epochs


def test_a_decoder_that_was_killed_from_outside_costs_no_clip(tmp_path):
    tree = write_tree(tmp_path / "tree", {"high": 2000.0}, clips=1)
    worker = Worker()
    try:
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
        answer = worker.prepare({"path": str(tree / "high" / "0.wav"), "sample_rate": 8000})
        assert isinstance(answer, Prepared)
    finally:
        worker.close()


def test_a_recording_that_ends_the_decoder_again_is_told(tmp_path, monkeypatch):
    worker = Worker()
    monkeypatch.setattr(worker, "_start", lambda: dead)
    dead = worker.process
    try:
        dead.kill()
        answer = worker.prepare({"path": "x.wav", "sample_rate": 8000})
        assert isinstance(answer, Undecodable) and "-9" in str(answer)
    finally:
        worker.close()
