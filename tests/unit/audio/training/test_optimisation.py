"""Schedules, optimiser groups, averaged weights and class weights, each against its definition."""

import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from audio.config import TrainConfig
from audio.metrics.objective import balanced, loss_of
from audio.training.optimizer import ModelEma, build_optimizer, rate_at

STEPS = 200


def rates(**settings: object) -> list[float]:
    config = TrainConfig(learning_rate=0.1, **settings)  # type: ignore[arg-type]
    return [rate_at(config, step, STEPS) for step in range(STEPS)]


def test_warm_up_rises_in_a_line_to_the_peak():
    found = rates(warmup=0.1, schedule="constant")
    assert found[20:] == [0.1] * 180
    steps = [b - a for a, b in pairwise(found[:21])]
    assert found[0] > 0 and max(steps) == pytest.approx(min(steps))


def test_cosine_falls_to_its_final_rate():
    found = rates(warmup=0.0, schedule="cosine", final_rate=0.1)
    assert found[0] == pytest.approx(0.1) and found[-1] == pytest.approx(0.01, rel=0.02)
    assert found[100] == pytest.approx(0.055) and found == sorted(found, reverse=True)


def test_steps_fall_at_thirds_or_every_so_many_epochs():
    assert sorted({round(r, 9) for r in rates(warmup=0.0, schedule="step")}) == [0.001, 0.01, 0.1]
    found = rates(warmup=0.0, schedule="step", epochs=10, step_epochs=4, step_factor=0.5)
    assert [found[i] for i in (0, 79, 80, 159, 160, 199)] == pytest.approx(
        [0.1, 0.1, 0.05, 0.05, 0.025, 0.025]
    )


def test_one_cycle_is_torch_s():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=STEPS, pct_start=0.3)
    for step, ours in enumerate(rates(schedule="one-cycle", warmup=0.3)):
        assert ours == pytest.approx(theirs.get_last_lr()[0], rel=1e-6), step
        optimizer.step()
        theirs.step()


def test_every_schedule_stays_positive_and_below_the_peak():
    for schedule in ("cosine", "step", "one-cycle", "constant"):
        for warmup in (0.0, 0.1, 0.5):
            for steps in (1, 2, 7):
                config = TrainConfig(schedule=schedule, warmup=warmup, learning_rate=0.1)
                found = [rate_at(config, step, steps) for step in range(steps)]
                assert all(math.isfinite(r) and 0 <= r <= 0.1 + 1e-12 for r in found), (
                    schedule,
                    warmup,
                    steps,
                )


def test_norms_and_biases_are_not_decayed_and_frozen_weights_are_left_out():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(2, 2))
    model[2].requires_grad_(False)
    decayed, rest = build_optimizer(TrainConfig(weight_decay=0.3), model).param_groups
    assert [p.ndim for p in decayed["params"]] == [4] and decayed["weight_decay"] == 0.3
    assert (
        all(p.ndim == 1 for p in rest["params"]) and rest["weight_decay"] == 0.0 and len(rest["params"]) == 3
    )


def test_sgd_takes_its_momentum():
    optimizer = build_optimizer(TrainConfig(optimizer="sgd", momentum=0.8), nn.Linear(2, 2))
    assert isinstance(optimizer, torch.optim.SGD) and optimizer.param_groups[0]["momentum"] == 0.8
    build_optimizer(TrainConfig(optimizer="sgd", momentum=0.0), nn.Linear(2, 2))


def test_averaged_weights_follow_and_integer_buffers_are_copied():
    model = nn.BatchNorm1d(3)
    average = ModelEma(model, 0.9)
    with torch.no_grad():
        model.weight.fill_(5.0)
    model(torch.randn(4, 3))
    for _ in range(200):
        average.update(model)
    torch.testing.assert_close(average.model.weight, model.weight)
    assert average.model.num_batches_tracked == 1 and not average.model.weight.requires_grad


def test_balanced_classes_weigh_the_same_in_all():
    targets = torch.eye(3)[torch.tensor([0] * 8 + [1] * 2 + [2] * 2)]
    weights = balanced(targets)
    sums = (targets * weights).sum(0)
    torch.testing.assert_close(sums, torch.full((3,), 4.0))
    assert balanced(torch.eye(4)[torch.tensor([0, 1])])[2:].tolist() == [0.0, 0.0]


def test_weighted_loss_is_torch_s_weighted_cross_entropy():
    logits, labels = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 1])
    weights, targets = torch.tensor([0.5, 2.0, 1.0]), torch.eye(3)[labels]
    theirs = nn.functional.cross_entropy(logits, labels, weights, reduction="none", label_smoothing=0.1)
    torch.testing.assert_close(loss_of(logits, targets, False, 0.1, weights), theirs)


def test_weighted_loss_of_several_labels_weighs_found_and_left_out_as_torch_does():
    logits, targets = torch.randn(6, 3), torch.randint(2, (6, 3)).float()
    without, with_it = torch.tensor([[0.5, 1.0, 0.9], [3.0, 1.0, 1.4]])
    weights = torch.where(targets > 0, with_it, without)
    theirs = nn.functional.binary_cross_entropy_with_logits(logits, targets, weights, reduction="none").mean(
        1
    )
    found = loss_of(logits, targets, True, 0.0, torch.stack([without, with_it]))
    torch.testing.assert_close(found, theirs)


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_an_optimiser_starts_at_the_configured_rate(name):
    config = TrainConfig(optimizer=name, learning_rate=0.3)
    assert [group["lr"] for group in build_optimizer(config, nn.Linear(2, 2)).param_groups] == [0.3, 0.3]
