"""Learning without labels: embeddings that do not collapse, that tell sounds apart, and that a training starts from."""

import dataclasses

import pytest
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.splits import divide
from audio.config import EvaluateConfig, TrainConfig
from audio.errors import CheckpointError, ConfigError
from audio.evaluation.evaluate import evaluate
from audio.models import build
from audio.training.byol import apart, embed, spread
from audio.training.feed import TrainingFeed
from audio.training.train import train

from ..conftest import ignore
from .test_training import Notebook


@pytest.fixture
def unlabelled(tiny):
    return dataclasses.replace(
        tiny, objective="byol", validation="none", mixup=0.0, learning_rate=0.001, precision="fp32", threads=1
    )


def test_views_of_one_sound_are_no_distance_apart_and_equal_embeddings_have_no_spread():
    torch.manual_seed(0)
    some = torch.randn(64, 128)
    assert float(apart(some, 3 * some)) == pytest.approx(0, abs=1e-5)
    assert float(apart(some, -some)) == pytest.approx(2, abs=1e-5)
    assert float(spread(some)) == pytest.approx(1, abs=0.05)
    assert float(spread(some[:1].repeat(8, 1))) == pytest.approx(0, abs=1e-5)


def closeness(model, store, config):
    """How much nearer two augmented views of a clip are than views of two clips are: a difference of cosines."""
    rows = divide(config, store)[0]
    feed = TrainingFeed(config, store, rows, model, torch.device("cpu"))
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        views = [
            embed(model.eval(), feed.batch(torch.arange(len(feed)), random, random)[0]) for _ in range(2)
        ]
    one, other = (torch.nn.functional.normalize(view - view.mean(0), dim=1) for view in views)
    alike = one @ other.T
    return float(alike.diagonal().mean() - alike.mean())


def test_it_learns_to_know_a_sound_again_and_a_training_starts_from_it(store, tiny, unlabelled, tmp_path):
    notebook = Notebook()
    config = dataclasses.replace(unlabelled, epochs=20)
    result = train(config, store, writer=notebook, checkpoint_dir=tmp_path / "a", progress=ignore)
    losses = [value for tag, _, value in notebook.scalars if tag == "loss/train"]
    spreads = [value for tag, _, value in notebook.scalars if tag == "spread/train"]
    assert losses[-1] < 0.5 * losses[0] and min(spreads) > 0.2
    assert {tag for tag, *_ in notebook.scalars} == {
        "loss/train", "spread/train", "learning_rate/train", "clips_per_second/train"
    }  # fmt: skip
    started = build(dataclasses.replace(tiny, weights=str(result.model_path)), 8000, 3)
    kept, own = checkpoints.load(result.model_path)["weights"], started.backbone.state_dict()
    assert all(torch.equal(own[n], kept[f"backbone.{n}"]) for n in own if not n.startswith("head"))
    torch.manual_seed(0)
    before, after = (closeness(model, store, config) for model in (build(tiny, 8000, 3), started))
    assert after > before + 0.02
    tuned = dataclasses.replace(tiny, weights=str(result.model_path), epochs=6)
    assert (
        train(tuned, store, checkpoint_dir=tmp_path / "b", progress=ignore).metrics["accuracy/validation"]
        > 0.5
    )
    with pytest.raises(ConfigError, match="was trained on"):  # the held-out fold of another training
        train(dataclasses.replace(tuned, fold=2), store, checkpoint_dir=tmp_path / "c", progress=ignore)


def test_a_pre_training_that_was_stopped_goes_on_exactly(store, unlabelled, tmp_path):
    whole = train(unlabelled, store, checkpoint_dir=tmp_path / "whole", progress=ignore)
    steps = iter(range(1000))
    first = train(
        unlabelled,
        store,
        checkpoint_dir=tmp_path / "p",
        progress=ignore,
        should_stop=lambda: next(steps) == 7,
    )
    second = train(
        unlabelled, store, checkpoint_dir=tmp_path / "p", resume_from=first.last_path, progress=ignore
    )
    assert first.epochs == 1 and second.epochs == 2
    kept, again = (checkpoints.load(r.last_path) for r in (whole, second))
    for part in ("projector", "predictor", "target"):
        one, other = (state["training"]["byol"][part] for state in (kept, again))
        assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())
    assert all(torch.equal(tensor, again["weights"][name]) for name, tensor in kept["weights"].items())
    with pytest.raises(CheckpointError, match=r"of another model|with labels"):
        labelled = dataclasses.replace(unlabelled, objective="labels")
        train(labelled, store, checkpoint_dir=tmp_path / "l", resume_from=first.last_path, progress=ignore)


def test_what_has_no_labels_can_not_be_asked_for_them(store, unlabelled, tmp_path):
    result = train(dataclasses.replace(unlabelled, epochs=1), store, checkpoint_dir=tmp_path, progress=ignore)
    with pytest.raises(CheckpointError, match=r"Start a training from it: weights=model.pt"):
        evaluate(result.model_path, store, EvaluateConfig())
    with pytest.raises(ConfigError, match="use validation=none, members=1"):
        TrainConfig(objective="byol", members=3)


@pytest.mark.parametrize("model", ["crnn", "transformer", "resnet18", "tutorial-cnn"])
def test_other_networks_learn_so_too(model, store, unlabelled, tmp_path):
    config = dataclasses.replace(unlabelled, model=model, epochs=1, batch_size=16)
    result = train(config, store, checkpoint_dir=tmp_path, progress=ignore)
    assert 0 < result.metrics["loss/train"] < 2.5 and result.metrics["spread/train"] > 0.05
