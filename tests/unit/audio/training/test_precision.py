"""Which precision is computed in: measured for training, single precision for answers, the same in every file."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.config import EvaluateConfig
from audio.devices import computing
from audio.evaluation.evaluate import evaluate
from audio.inference.predictor import Predictor
from audio.models import build
from audio.training import precision
from audio.training.train import train
from tests.unit.audio.conftest import ignore

CPU = torch.device("cpu")


@pytest.fixture
def quick(tiny):
    return dataclasses.replace(
        tiny, model="tutorial-cnn", epochs=1, validation="none", threads=1, speeds=[1.0]
    )


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A state folder of its own, on a processor that says it has bfloat16."""
    monkeypatch.setenv("SOUNDYARD_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(precision, "has_fast_bf16", lambda device: True)
    return tmp_path / "state" / "precision.json"


def measured(monkeypatch, **times):
    asked = []
    monkeypatch.setattr(precision, "measure", lambda *_: asked.append(1) or times)
    return asked


def test_the_faster_precision_is_measured_once_for_a_kind_of_model_and_remembered(state, quick, monkeypatch):
    model, features = build(quick, 8000, 4), torch.randn(4, 1, 16, 40)
    asked = measured(monkeypatch, fp32=0.010, bf16=0.008)
    told, note = precision.choose(quick, model, features, CPU)
    assert told == "bf16" and "8 ms in bf16 and 10 ms in fp32" in note
    asked.extend(measured(monkeypatch, fp32=0.001, bf16=0.5))
    assert precision.choose(quick, model, features, CPU) == ("bf16", "") and len(asked) == 1
    other = dataclasses.replace(quick, model="crnn")
    assert precision.choose(other, model, features, CPU)[0] == "fp32"
    kept = json.loads(state.read_text())
    assert [one["precision"] for one in kept.values()] == ["bf16", "fp32"]
    assert all(torch.__version__ in key for key in kept)


def test_a_flag_alone_chooses_nothing_and_what_is_asked_for_is_not_measured(state, quick, monkeypatch):
    model, features = build(quick, 8000, 4), torch.randn(4, 1, 16, 40)
    measured(monkeypatch, fp32=0.010, bf16=0.0099)
    assert precision.choose(quick, model, features, CPU)[0] == "fp32"  # half the digits for nothing
    asked = measured(monkeypatch, fp32=1.0, bf16=0.1)
    for name in ("fp32", "bf16", "fp16"):
        assert precision.choose(dataclasses.replace(quick, precision=name), model, features, CPU) == (
            name,
            "",
        )
    assert not asked


@pytest.mark.parametrize("name", ["auto", "bf16"])
@pytest.mark.parametrize(("model", "members"), [("resnet18", 1), ("cnn6", 1), ("resnet18", 2)])
def test_filters_over_a_single_row_or_column_are_trained_in_single_precision(
    state, quick, monkeypatch, name, model, members
):
    """A CPU's gradient of them in bfloat16 holds what was in the memory before, now and then NaN."""
    measured(monkeypatch, fp32=2.0, bf16=1.0)
    config = dataclasses.replace(quick, model=model, members=members, image_size=0, precision=name)
    network = build(config, 8000, 4)
    kept = {k: v.clone() for k, v in network.state_dict().items()}
    told, note = precision.choose(config, network, torch.randn(4, 1, 16, 1), CPU)
    assert told == "fp32" and "a single row or column" in note
    assert all(torch.equal(v, network.state_dict()[k]) for k, v in kept.items()) and network.training
    wide = torch.randn(1, 1, 16 if model == "cnn6" else 256, 256)
    assert precision.choose(config, network, wide, CPU)[0] == "bf16"
    few = dataclasses.replace(config, precision="fp16")
    assert precision.choose(few, network, torch.randn(4, 1, 16, 1), CPU) == ("fp16", "")


def test_a_state_folder_that_is_damaged_or_can_t_be_written_costs_a_measurement(state, quick, monkeypatch):
    model, features = build(quick, 8000, 4), torch.randn(4, 1, 16, 40)
    state.parent.mkdir()
    state.write_text("{")
    measured(monkeypatch, fp32=2.0, bf16=1.0)
    assert precision.choose(quick, model, features, CPU)[0] == "bf16" and json.loads(state.read_text())
    monkeypatch.setenv("SOUNDYARD_STATE", "/dev/null/nowhere")
    assert precision.choose(quick, model, features, CPU)[0] == "bf16"


def test_measuring_leaves_the_model_and_the_random_numbers_as_they_were(quick):
    model, features = build(quick, 8000, 4), torch.randn(4, 1, 16, 40)
    before, drawn = {k: v.clone() for k, v in model.state_dict().items()}, torch.random.get_rng_state()
    times = precision.measure(model, features, CPU)
    assert set(times) == {"fp32", "bf16"} and all(seconds > 0 for seconds in times.values())
    assert all(torch.equal(v, model.state_dict()[k]) for k, v in before.items())
    assert torch.equal(drawn, torch.random.get_rng_state())
    assert all(p.grad is None for p in model.parameters())


def test_a_resumed_training_keeps_the_precision_it_began_with(state, store, quick, tmp_path, monkeypatch):
    config = dataclasses.replace(quick, epochs=2)
    measured(monkeypatch, fp32=2.0, bf16=1.0)
    whole = train(config, store, checkpoint_dir=tmp_path / "whole", progress=ignore)
    steps = iter(range(100))
    part = train(
        config, store, checkpoint_dir=tmp_path / "part", progress=ignore, should_stop=lambda: next(steps) == 5
    )
    assert part.epochs == 1 and checkpoints.load(part.last_path)["precision"] == "bf16"
    state.unlink()
    measured(monkeypatch, fp32=1.0, bf16=2.0)  # another machine
    again = train(
        config, store, checkpoint_dir=tmp_path / "part", resume_from=part.last_path, progress=ignore
    )
    ours, theirs = (checkpoints.load(result.model_path)["weights"] for result in (again, whole))
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())


def test_answers_are_in_single_precision_unless_asked_whatever_the_training_was_in(store, quick, tmp_path):
    result = train(
        dataclasses.replace(quick, precision="bf16"), store, checkpoint_dir=tmp_path, progress=ignore
    )
    exact, half = (
        evaluate(result.model_path, store, EvaluateConfig(precision=name)).clips.set_index("clip")
        for name in ("fp32", "bf16")
    )
    clips = list(exact.index)
    waves = np.stack([store.waveform(clip)[:4000] for clip in clips])
    with torch.no_grad():
        logits = {
            name: Predictor(result.model_path, "cpu", precision=name).waveforms(waves)
            for name in ("fp32", "bf16")
        }
        single = torch.softmax(
            checkpoints.model_of(checkpoints.load(result.model_path))(torch.from_numpy(waves)), 1
        )
    np.testing.assert_allclose(logits["fp32"], single.numpy(), atol=1e-6)
    assert np.abs(logits["bf16"] - single.numpy()).max() > 1e-5
    assert (exact["loss"] - half.loc[clips, "loss"]).abs().max() > 1e-5


def test_single_precision_is_single_precision_in_a_gpus_convolutions_too():
    assert torch.backends.cudnn.allow_tf32
    with computing(CPU, "fp32"):
        assert not torch.backends.cudnn.allow_tf32
    with computing(CPU, "bf16"):
        assert torch.backends.cudnn.allow_tf32 and torch.is_autocast_enabled("cpu")
    assert torch.backends.cudnn.allow_tf32
