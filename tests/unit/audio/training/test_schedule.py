"""Schedules in epochs against torch's, optimisers against Adam and SGD, and what best and early stopping follow."""

import dataclasses
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from audio.config import TrainConfig
from audio.errors import ConfigError
from audio.training.optimizer import build_optimizer, rate_at
from audio.training.train import train
from audio.training.trainer import Training
from tests.unit.audio.conftest import ignore

STEPS = 7  # of an epoch


@pytest.mark.parametrize("warmup", [0, 1, 5])
@pytest.mark.parametrize(("size", "gamma"), [(10, 0.1), (3, 0.5)])
def test_steps_in_epochs_after_a_warm_up_in_epochs_are_torchs(warmup, size, gamma):
    config = TrainConfig(
        epochs=30, learning_rate=1e-4, schedule="step", warmup=0.0, warmup_epochs=warmup,
        step_epochs=size, step_factor=gamma,
    )  # fmt: skip
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1e-4)
    theirs = lr_scheduler.StepLR(optimizer, size, gamma)
    if warmup:
        rise = lr_scheduler.LambdaLR(optimizer, lambda epoch: (epoch + 1) / warmup)
        theirs = lr_scheduler.SequentialLR(
            optimizer, [rise, lr_scheduler.StepLR(optimizer, size, gamma)], milestones=[warmup]
        )
    for epoch in range(30):
        for step in range(STEPS):  # the rate is one through an epoch
            rate = rate_at(config, epoch * STEPS + step, 30 * STEPS)
            assert rate == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step()


def steps_of(optimizer, weights):
    torch.manual_seed(0)
    for _ in range(5):
        for weight in weights:
            weight.grad = torch.randn_like(weight)
        optimizer.step()
    return [weight.detach().clone() for weight in weights]


@pytest.mark.parametrize(
    ("settings", "reference"),
    [
        ({"weight_decay": 0.0}, lambda w: torch.optim.Adam(w, 0.01)),
        ({"weight_decay": 0.01, "decay_all": True}, lambda w: torch.optim.AdamW(w, 0.01, weight_decay=0.01)),
        (
            {"optimizer": "sgd", "nesterov": False, "weight_decay": 0.0},
            lambda w: torch.optim.SGD(w, 0.01, momentum=0.9),
        ),
    ],
)
def test_the_optimisers_of_the_tutorials_are_torchs(settings, reference):
    layers = [nn.Linear(4, 3) for _ in range(2)]
    layers[1].load_state_dict(layers[0].state_dict())
    ours = build_optimizer(TrainConfig(learning_rate=0.01, **settings), layers[0])
    found = steps_of(ours, list(layers[0].parameters()))
    expected = steps_of(reference(layers[1].parameters()), list(layers[1].parameters()))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


def followed(figures, **settings):
    """Epochs whose model was kept, and the epoch after which a training with these figures stops (0: never)."""
    config = TrainConfig(validation="development", select="best", **settings)
    run = SimpleNamespace(
        config=config, best=float("inf"), since_best=0, chosen=None, engine=SimpleNamespace(rank=0)
    )
    kept = []
    for epoch, (loss, accuracy) in enumerate(figures, 1):
        run.state = lambda epoch=epoch: kept.append(epoch)
        Training._note_best(run, {"loss/validation": loss, "accuracy/validation": accuracy})
        if Training.exhausted(run):
            return kept, epoch
    return kept, 0


FIGURES = [(1.0, 0.5), (0.9, 0.6), (1.2, 0.605), (1.3, 0.609), (1.4, 0.608), (0.8, 0.9)]


@pytest.mark.parametrize(
    ("settings", "kept", "end"),
    [
        ({}, [1, 2, 6], 0),
        ({"best_by": "accuracy"}, [1, 2, 3, 4, 6], 0),
        ({"best_by": "accuracy", "early_stop": 3, "min_gain": 0.01}, [1, 2, 3, 4], 5),
        ({"best_by": "accuracy", "early_stop": 3}, [1, 2, 3, 4, 6], 0),
        ({"early_stop": 3}, [1, 2], 5),
    ],
)
def test_best_and_early_stopping_follow_the_figure_that_is_asked_for(settings, kept, end):
    assert followed(FIGURES, **settings) == (kept, end)


def test_early_stopping_with_a_gain_is_that_of_hugging_face():
    from transformers import EarlyStoppingCallback, TrainerState, TrainingArguments
    from transformers.trainer_callback import TrainerControl

    callback = EarlyStoppingCallback(3, 0.01)
    arguments = SimpleNamespace(metric_for_best_model="accuracy", greater_is_better=True)
    state, control = TrainerState(), TrainerControl()
    assert TrainingArguments  # the callback reads two of its fields
    end = 0
    for epoch, (_, accuracy) in enumerate(FIGURES, 1):
        callback.on_evaluate(arguments, state, control, {"eval_accuracy": accuracy})
        state.best_metric = max(accuracy, state.best_metric or 0.0)
        if control.should_training_stop:
            end = epoch
            break
    assert followed(FIGURES, best_by="accuracy", early_stop=3, min_gain=0.01)[1] == end == 5


def test_a_training_keeps_the_epoch_with_the_best_accuracy(store, tmp_path):
    config = TrainConfig(
        model="tutorial-cnn", epochs=4, n_mels=16, validation="development", select="best", best_by="accuracy",
        schedule="step", warmup_epochs=1, step_epochs=2, debug_samples_every=0, threads=1,
    )  # fmt: skip
    result = train(config, store, checkpoint_dir=tmp_path, progress=ignore)
    accuracies = [one["accuracy/validation"] for one in result.history]
    assert result.chosen_epoch == 1 + accuracies.index(max(accuracies))
    rates = [one["learning_rate/train"] for one in result.history]
    assert rates == pytest.approx([0.003, 0.003, 0.003, 0.0003])


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"schedule": "one-cycle"}, "its own share"), ({"epochs": 5}, "leaves none of 5 epochs")],
)
def test_a_warm_up_that_can_not_be_is_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        dataclasses.replace(TrainConfig(), warmup_epochs=5, **settings)
