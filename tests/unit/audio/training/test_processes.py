"""Several processes that train one model: real ones, on this machine's CPU."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from audio.augment.chain import Augment, Group
from audio.checkpoints import checkpoint as checkpoints
from audio.distributed import SingleProcess
from audio.training.launch import ROOT, ReplicaDied
from audio.training.train import train
from tests.unit.audio.conftest import ignore


@pytest.fixture
def config(tiny):
    """Plain enough that two processes do what one does: no batch norm, dropout or augmentation."""
    return dataclasses.replace(
        tiny,
        model="transformer",
        dropout=0.0,
        augment=False,
        learning_rate=3e-4,
        precision="fp32",
        device="cpu",
        threads=1,
    )


def test_two_processes_learn_what_one_does_report_once_and_leave_nothing(store, config, tmp_path):
    seen = []
    pair = train(
        dataclasses.replace(config, processes=2),
        store,
        checkpoint_dir=tmp_path / "two",
        progress=lambda *now: seen.append(now[0]),
    )
    alone = train(config, store, checkpoint_dir=tmp_path / "one", progress=ignore)
    assert seen == [1, 2]
    for ours, theirs in zip(pair.history, alone.history, strict=True):
        assert ours["loss/train"] == pytest.approx(theirs["loss/train"], rel=1e-3)
        assert ours["loss/validation"] == pytest.approx(theirs["loss/validation"], rel=1e-3)
    two, one = (checkpoints.load(result.model_path)["weights"] for result in (pair, alone))
    torch.testing.assert_close(two, one, rtol=1e-2, atol=1e-3)
    assert "RANK" not in os.environ and not torch.distributed.is_initialized()


@pytest.mark.slow
def test_three_processes_with_uneven_parts_and_mixed_clips_learn_what_one_does(store, config, tmp_path):
    mixing = dataclasses.replace(
        config, batch_size=10, augment=True, speeds=[1.0], roll=False, crop_seconds=None, gain_db=0.0, eq_db=0.0,
        time_masks=0, frequency_masks=0, mixup=0.7, cutmix=0.5, epochs=1, optimizer="sgd", learning_rate=0.02,
    )  # fmt: skip
    three = train(
        dataclasses.replace(mixing, processes=3), store, checkpoint_dir=tmp_path / "three", progress=ignore
    )
    alone = train(mixing, store, checkpoint_dir=tmp_path / "one", progress=ignore)
    for name in ("loss/train", "accuracy/train", "loss/validation"):
        assert three.history[0][name] == pytest.approx(alone.history[0][name], rel=1e-4), name
    ours, theirs = (checkpoints.load(result.model_path)["weights"] for result in (three, alone))
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


class Third(SingleProcess):
    """The last of three processes of a batch of seven, whose parts are 3, 2 and 2 clips."""

    def __init__(self, batch: torch.Tensor):
        super().__init__(torch.device("cpu"), rank=2, size=3)
        self.batch = batch

    def shard(self, batch):
        return batch[2::3]

    def whole(self, part, clips):
        assert clips == 7 and len(part) == 2
        return self.batch if part.ndim > 2 else torch.eye(7)


def test_partners_of_mixup_come_from_the_whole_batch(tiny):
    features = torch.arange(7.0)[:, None, None, None].expand(7, 1, 4, 6) * 3
    config = dataclasses.replace(
        tiny,
        mixup=1.0,
        crop_seconds=None,
        roll=False,
        gain_db=0.0,
        eq_db=0.0,
        time_masks=0,
        frequency_masks=0,
    )
    augment, partners = Augment(config, None), set()
    for seed in range(30):
        group = Group(Third(features), 7, torch.Generator().manual_seed(seed))
        mixed, targets = augment(
            features[2::3], torch.eye(7)[2::3], torch.zeros(()), torch.Generator(), group
        )
        assert mixed.shape == (2, 1, 4, 6) and torch.allclose(targets.sum(1), torch.ones(2))
        partners |= set(targets.nonzero()[:, 1].tolist())
    assert partners == set(range(7))


def test_a_group_of_one_is_the_plain_thing():
    alone = SingleProcess(torch.device("cpu"))
    batch = torch.arange(5)
    assert alone.shard(batch) is batch and alone.whole(batch, 5) is batch and alone.mean(batch) is batch
    assert alone.agree(True, 3) and not alone.agree(False, 8) and alone.broadcast("x") == "x"


SCRIPT = """
import json, sys
from audio.config import TrainConfig
from audio.clips.store import ClipStore
from audio.training.train import train
result = train(
    TrainConfig(**json.loads(sys.argv[2])), ClipStore.open(sys.argv[1]), checkpoint_dir=sys.argv[3], progress=print
)
"""


@pytest.mark.slow
def test_torchrun_starts_a_training_on_two_processes(store, config, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        str(script),
    ]
    settings = json.dumps({**dataclasses.asdict(config), "threads": 1})
    done = subprocess.run(
        [*command, str(store.folder), settings, str(tmp_path / "out")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert checkpoints.load(Path(tmp_path / "out" / "model.pt"))["epoch"] == 2


@pytest.mark.slow
def test_a_loss_that_is_no_number_ends_all_processes_with_its_clips(store, config, tmp_path):
    from audio.errors import NonFiniteLoss

    wild = dataclasses.replace(
        config, processes=2, optimizer="sgd", weight_decay=1e9, clip_norm=None, epochs=20, ema=0.0
    )
    with pytest.raises(NonFiniteLoss) as caught:
        train(wild, store, checkpoint_dir=tmp_path, progress=ignore)
    assert len(caught.value.clips) == 32


def test_a_process_that_can_t_start_is_an_error_with_its_last_words(store, config, tmp_path, monkeypatch):
    (tmp_path / "torch.py").write_text("raise ImportError('no torch for you')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ReplicaDied, match="no torch for you"):
        train(
            dataclasses.replace(config, processes=2), store, checkpoint_dir=tmp_path / "out", progress=ignore
        )
    assert "RANK" not in os.environ
