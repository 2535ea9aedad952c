"""Steps of the optimiser: accumulation, clipping, half precision, determinism, and losses that are no number."""

import copy
import dataclasses

import pytest
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.distributed import SingleProcess
from audio.errors import ConfigError, NonFiniteLoss
from audio.models import build
from audio.training.loss_watch import LossWatch
from audio.training.stepper import Stepper
from audio.training.train import train
from tests.unit.audio.conftest import ignore

CPU = SingleProcess(torch.device("cpu"))


def stepper(config, seed=0):
    torch.manual_seed(seed)
    model = build(dataclasses.replace(config, model="tutorial-cnn", dropout=0.0), 8000, 4)
    return Stepper(config, model.eval(), CPU, torch.eye(4), multi_label=False)


def plain(tiny, **changes):
    """Without what makes two half batches differ from a whole one: batch norm is in evaluation mode."""
    return dataclasses.replace(tiny, precision="fp32", optimizer="sgd", ema=0.0, clip_norm=None, **changes)


def test_two_accumulated_batches_make_the_step_of_one_twice_as_large(tiny):
    features, targets = torch.randn(8, 1, 16, 20), torch.eye(4).repeat(2, 1)
    whole, halves = stepper(plain(tiny)), stepper(plain(tiny, accumulate=2))
    whole.train_step(features, targets, 0.1, last=False)
    halves.train_step(features[:4], targets[:4], 0.1, last=False)
    before = [p.clone() for p in halves.model.parameters()]
    halves.train_step(features[4:], targets[4:], 0.1, last=False)
    for a, b, c in zip(whole.model.parameters(), halves.model.parameters(), before, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)
        assert not torch.equal(b, c)


def test_the_last_batch_of_an_epoch_steps_with_what_was_gathered(tiny):
    one = stepper(plain(tiny, accumulate=10))
    before = one.model.head.weight.clone()
    one.train_step(torch.randn(4, 1, 16, 20), torch.eye(4), 0.1, last=True)
    assert one.waiting == 0 and not torch.equal(before, one.model.head.weight)


def test_clipping_bounds_the_step(tiny):
    one = stepper(plain(dataclasses.replace(tiny, momentum=0.0, weight_decay=0.0)))
    one.config.clip_norm = 0.01
    before = torch.cat([p.detach().flatten() for p in one.model.parameters()]).clone()
    one.train_step(torch.randn(4, 1, 16, 20) * 50, torch.eye(4), 1.0, last=True)
    after = torch.cat([p.detach().flatten() for p in one.model.parameters()])
    assert (after - before).norm() == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_half_precisions_train_and_resume_exactly(store, tiny, tmp_path, precision):
    config = dataclasses.replace(
        tiny, model="tutorial-cnn", speeds=[1.0], precision=precision, accumulate=3, threads=1
    )
    whole = train(config, store, checkpoint_dir=tmp_path / "whole", progress=ignore)
    steps = iter(range(100))
    first = train(
        config, store, checkpoint_dir=tmp_path / "part", progress=ignore, should_stop=lambda: next(steps) == 5
    )
    assert first.epochs == 1
    second = train(
        config, store, checkpoint_dir=tmp_path / "part", resume_from=first.last_path, progress=ignore
    )
    kept, again = (checkpoints.load(r.last_path)["weights"] for r in (whole, second))
    assert all(torch.equal(tensor, again[name]) for name, tensor in kept.items())
    assert all(torch.isfinite(tensor.float()).all() for tensor in kept.values())


def test_deterministic_runs_with_one_seed_agree_and_with_another_do_not(store, tiny, tmp_path):
    config = dataclasses.replace(tiny, deterministic=True, epochs=1, threads=1)
    try:
        runs = [
            train(
                dataclasses.replace(config, seed=seed),
                store,
                checkpoint_dir=tmp_path / str(i),
                progress=ignore,
            )
            for i, seed in enumerate((3, 3, 4))
        ]
    finally:
        torch.use_deterministic_algorithms(False)
    first, again, other = (run.history[0]["loss/train"] for run in runs)
    assert first == again != other


def test_members_learn_under_sgd_what_each_would_alone(tiny):
    config = dataclasses.replace(
        tiny, model="tutorial-cnn", dropout=0.0, optimizer="sgd", clip_norm=0.3, ema=0.0, precision="fp32"
    )
    torch.manual_seed(1)
    pair = build(dataclasses.replace(config, members=2), 8000, 4)
    pair.backbone.networks[1].head.weight.data.mul_(30)  # whose gradient is clipped, not the other's
    alone = []
    for network in pair.backbone.networks:
        one = build(config, 8000, 4)
        one.backbone.load_state_dict(network.state_dict())
        alone.append(Stepper(config, one.train(), CPU, torch.eye(4), False))
    both = Stepper(dataclasses.replace(config, members=2), pair.train(), CPU, torch.eye(4), False)
    for _ in range(4):
        features, targets = torch.randn(6, 1, 16, 20), torch.eye(4)[torch.randint(4, (6,))]
        told, _ = both.train_step(features, targets, 0.1, last=True)
        each = [one.train_step(features, targets, 0.1, last=True)[0] for one in alone]
        assert float(told) == pytest.approx(float(sum(each)) / 2, rel=1e-4)
    for network, one in zip(pair.backbone.networks, alone, strict=True):
        for a, b in zip(network.parameters(), one.model.backbone.parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_each_optimiser_has_a_decay_that_suits_it(tiny):
    usual = {"adamw": 0.05, "sgd": 0.0005}
    for name, decay in usual.items():
        config = dataclasses.replace(tiny, optimizer=name)
        groups = stepper(config).optimizer.param_groups
        assert [group["weight_decay"] for group in groups] == [decay, 0.0]
        set_apart = stepper(dataclasses.replace(config, weight_decay=0.2)).optimizer.param_groups
        assert [group["weight_decay"] for group in set_apart] == [0.2, 0.0]


def test_class_weights_change_what_is_learned(store, tiny, tmp_path):
    rows = store.index.copy()
    few = (rows["label"] == "hum") & (rows["fold"] > 2)
    skewed = dataclasses.replace(store, index=rows[~few])
    losses = [
        train(
            dataclasses.replace(tiny, epochs=1, class_weights=weights, threads=1),
            skewed,
            checkpoint_dir=tmp_path / weights,
            progress=ignore,
        ).history[0]["loss/train"]
        for weights in ("none", "balanced")
    ]
    assert losses[0] != losses[1]


class Recorder:
    def __init__(self):
        self.sounds = []

    def add_audio(self, tag, sound, step, sample_rate):
        self.sounds.append((tag, step, sound.shape[0], sample_rate))

    def __getattr__(self, name):
        return ignore


def test_the_clips_of_a_loss_that_is_no_number_can_be_heard(store, tiny, tmp_path):
    recorder = Recorder()
    config = dataclasses.replace(tiny, optimizer="sgd", weight_decay=1e9, clip_norm=None, epochs=20)
    with pytest.raises(NonFiniteLoss) as caught:
        train(config, store, writer=recorder, checkpoint_dir=tmp_path, progress=ignore)
    heard = [tag for tag, *_ in recorder.sounds if tag.startswith("non-finite loss/")]
    names = {
        f"non-finite loss/{store.index.loc[c, 'label']} · {c.rsplit('/', 1)[-1]}" for c in caught.value.clips
    }
    assert set(heard) == names and caught.value.clips[0] in str(caught.value)


def test_the_watch_names_the_first_bad_batch_and_forgets_good_ones():
    watch = LossWatch([f"clip{i}" for i in range(10)])
    watch.add(torch.tensor(1.0), torch.tensor([0, 1]), 0)
    assert not watch.waiting
    with pytest.raises(NonFiniteLoss, match=r"inf in epoch 3.*clip7, clip2") as caught:
        watch.add(torch.tensor(float("inf")), torch.tensor([7, 2]), 2)
    assert caught.value.clips == ["clip7", "clip2"]
    watch.finish()


def test_more_processes_than_clips_of_a_batch_are_refused(tiny):
    with pytest.raises(ConfigError, match="gives each of 64 processes no clip"):
        dataclasses.replace(tiny, processes=64)


def test_a_gradient_that_is_not_finite_is_told_with_its_own_batch(tiny):
    one = stepper(plain(tiny))
    one.config.clip_norm = 5.0
    one.model.head.weight.register_hook(lambda grad: grad * float("inf"))
    loss, _ = one.train_step(torch.randn(4, 1, 16, 20), torch.eye(4), 0.1, last=True)
    assert torch.isnan(loss)


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_a_resumed_stepper_steps_as_the_first_one_would_have(tiny, ema):
    config = dataclasses.replace(plain(tiny), ema=ema)
    first, second = stepper(config), stepper(config, seed=1)
    features, targets = torch.randn(4, 1, 16, 20), torch.eye(4)
    first.train_step(features, targets, 0.1, last=True)
    kept = copy.deepcopy(first.state())
    assert kept["average_steps"] == (1 if ema else 0)
    second.resume(kept, copy.deepcopy(first.evaluated.state_dict()))
    for one in (first, second):
        one.train_step(features, targets, 0.1, last=True)
    for state in ("model", "evaluated"):
        pair = zip(*(getattr(one, state).state_dict().values() for one in (first, second)), strict=True)
        assert all(torch.equal(a, b) for a, b in pair), state
    assert (first.evaluated is first.model) == (not ema)
