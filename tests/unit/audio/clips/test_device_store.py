"""Clips gathered on the device by index: the same sound as from the memory map."""

import dataclasses

import pytest
import torch

from audio.clips.device_waves import DeviceWaves, fraction, wanted
from audio.clips.waves import Waves
from audio.training.train import train
from tests.unit.audio.conftest import ignore

CPU = torch.device("cpu")


def both(store, frames, fill):
    rows = store.index.iloc[::3]
    return Waves(store, rows, frames, fill, CPU), DeviceWaves(store, rows, frames, fill, CPU)


@pytest.mark.parametrize("fill", ["loop", "zero"])
@pytest.mark.parametrize("frames", [4000, 16000, 40000])
def test_a_batch_is_the_same_as_from_the_memory_map(store, frames, fill):
    mapped, held = both(store, frames, fill)
    indices = torch.tensor([5, 0, 7, 5])
    assert torch.equal(mapped.gather(indices), held.gather(indices))


@pytest.mark.parametrize("speed", [0.8, 0.87, 1.16, 1.25])
def test_speeds_sound_as_soxr_makes_them(store, speed):
    mapped, held = both(store, 12000, "zero")
    indices = torch.arange(len(mapped))
    theirs, ours = (waves.gather(indices, speed)[:, 200:-200] for waves in (mapped, held))
    error = (ours - theirs).square().mean(1) / theirs.square().mean(1)
    assert error.median() < 1e-3  # noise above the filters' edge differs


def test_speeds_are_small_fractions():
    assert [fraction(s) for s in (1.0, 0.8, 0.87, 1.25)] == [(1, 1), (4, 5), (87, 100), (5, 4)]


def test_auto_keeps_the_memory_map_on_a_cpu(tiny):
    assert not wanted(tiny, CPU, 100)
    assert wanted(dataclasses.replace(tiny, store_on_device="on"), CPU, 100)


def test_training_from_the_device_learns_the_same_from_whole_clips(store, tiny, tmp_path):
    config = dataclasses.replace(tiny, feature_cache="off", speeds=[1.0], epochs=1)
    results = [
        train(
            dataclasses.replace(config, store_on_device=where),
            store,
            checkpoint_dir=tmp_path / where,
            progress=ignore,
        )
        for where in ("on", "off")
    ]
    assert results[0].history[0]["loss/train"] == results[1].history[0]["loss/train"]
