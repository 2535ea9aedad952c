"""Structured pruning: a network that is really smaller, trained on, kept in its checkpoint, and told by its gain."""

import dataclasses
import sys

import numpy as np
import pytest
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.config import EvaluateConfig, TrainConfig
from audio.errors import ConfigError
from audio.evaluation.evaluate import evaluate
from audio.models import build
from audio.models.pruning import PRUNED, prune, shrink
from audio.training.train import train
from tests.unit.audio.conftest import ignore


@pytest.fixture(scope="module")
def trained(store, tmp_path_factory):
    config = TrainConfig(
        epochs=8, n_fft=256, win_length=256, hop_length=128, n_mels=16, crop_seconds=1.0, speeds=[1.0],
        frequency_mask_bands=2, time_mask_frames=4, debug_samples_every=0,
    )  # fmt: skip
    return train(config, store, checkpoint_dir=tmp_path_factory.mktemp("trained"), progress=ignore).model_path


def parameters(model):
    return sum(p.numel() for p in model.backbone.parameters())


def test_half_of_the_channels_are_a_quarter_of_the_network_and_a_checkpoint_of_it_opens(
    store, tiny, trained, tmp_path, monkeypatch, capsys
):
    config = dataclasses.replace(tiny, weights=str(trained), prune=0.5, epochs=4)
    result = train(config, store, checkpoint_dir=tmp_path, progress=ignore)
    monkeypatch.setitem(sys.modules, "torch_pruning", None)  # whoever hears it need not have it
    before, after = (checkpoints.model_of(checkpoints.load(p)) for p in (trained, result.model_path))
    assert parameters(after) < 0.3 * parameters(before)
    assert evaluate(result.model_path, store, EvaluateConfig()).accuracy == pytest.approx(
        result.metrics["accuracy/validation"], abs=0.04
    )
    rows = result.gain
    assert list(rows["network"]) == ["before pruning", "this network"]
    assert list(rows["parameters"]) == [parameters(before), parameters(after)]
    assert rows["p50 ms"][1] < rows["p50 ms"][0]
    assert "before pruning" in capsys.readouterr().out


def test_a_pruned_network_that_was_stopped_goes_on_exactly_and_is_a_start_for_others(
    store, tiny, trained, tmp_path
):
    config = dataclasses.replace(tiny, weights=str(trained), prune=0.4, threads=1)
    whole = train(config, store, checkpoint_dir=tmp_path / "whole", progress=ignore)
    steps = iter(range(1000))
    first = train(
        config, store, checkpoint_dir=tmp_path / "part", progress=ignore, should_stop=lambda: next(steps) == 7
    )
    second = train(
        config, store, checkpoint_dir=tmp_path / "part", resume_from=first.last_path, progress=ignore
    )
    kept, again = (checkpoints.load(r.last_path)["weights"] for r in (whole, second))
    assert first.epochs == 1 and all(torch.equal(tensor, again[name]) for name, tensor in kept.items())

    start = build(dataclasses.replace(tiny, weights=str(whole.model_path)), 8000, 3)  # other classes
    kept = checkpoints.load(whole.model_path)
    own = start.backbone.state_dict()
    assert len(start.head.weight) == 3 and start.architecture == kept["architecture"]
    assert all(torch.equal(own[n], kept["weights"][f"backbone.{n}"]) for n in own if not n.startswith("head"))

    further = dataclasses.replace(tiny, weights=str(whole.model_path), prune=0.5, epochs=1)
    twice = train(further, store, checkpoint_dir=tmp_path / "twice", progress=ignore)
    smaller = checkpoints.model_of(checkpoints.load(twice.model_path))
    assert parameters(smaller) < 0.5 * parameters(checkpoints.model_of(kept))


@pytest.mark.parametrize(
    "name",
    ["cnn-large", "tutorial-cnn", "cnn6", "resnet18", "resnet50", "mobilenet_v3_small", "efficientnet_b0"],
)
def test_a_pruned_network_is_built_again_from_its_sizes_alone(name, tiny):
    config = dataclasses.replace(tiny, model=name, n_mels=32)
    torch.manual_seed(0)
    model, waves = build(config, 8000, 5).eval(), torch.randn(2, 8000)
    before = parameters(model)
    prune(model, 0.5, model.features(waves))
    assert parameters(model) < 0.4 * before
    sizes = model.architecture[PRUNED]
    again = build(config, 8000, 5, {PRUNED: {n: [*map(int, s)] for n, s in sizes.items()}})
    again.load_state_dict(model.state_dict())
    with torch.no_grad():
        np.testing.assert_allclose(again.eval()(waves), model(waves), atol=1e-5)


@pytest.mark.parametrize(("name", "layer"), [("crnn", "LSTM"), ("transformer", "MultiheadAttention")])
def test_networks_that_it_is_not_for_are_refused_by_their_layers(name, layer, tiny):
    model = build(dataclasses.replace(tiny, model=name), 8000, 5)
    with pytest.raises(ConfigError, match=layer):
        prune(model, 0.5, model.features(torch.randn(2, 8000)))


def test_what_can_not_be_pruned_says_why(store, tiny, trained, tmp_path):
    with pytest.raises(ConfigError, match=r"name its file \(weights=model.pt\)"):
        TrainConfig(prune=0.5)
    with pytest.raises(ConfigError, match="use freeze=none"):
        TrainConfig(prune=0.5, weights="x.pt", freeze="backbone")
    with pytest.raises(ConfigError, match="is of another model"):
        shrink(build(tiny, 8000, 5), {"layer1.0.conv1.weight": [8, 0, 0, 0]})
    alone = tmp_path / "alone.pt"
    torch.save(build(tiny, 8000, len(store.classes)).backbone.state_dict(), alone)
    with pytest.raises(Exception, match="no Soundyard checkpoint"):
        train(
            dataclasses.replace(tiny, weights=str(alone), prune=0.5),
            store,
            checkpoint_dir=tmp_path,
            progress=ignore,
        )
