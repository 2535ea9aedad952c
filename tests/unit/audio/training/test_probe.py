"""A linear probe: fitted in seconds to kept embeddings, few shots, and a model as of any training."""

import dataclasses
import json
import time

import numpy as np
import pytest
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.splits import recordings
from audio.config import EvaluateConfig, ProbeConfig, TrainConfig
from audio.errors import CheckpointError, ConfigError
from audio.evaluation.evaluate import evaluate
from audio.training.probing.logistic import best_strength, fit
from audio.training.probing.probe import few, probe, training_of
from audio.training.train import train
from tests.unit.audio import clip_stores, onnx_encoders
from tests.unit.audio.conftest import ignore


@pytest.fixture(scope="module")
def trained(store, tmp_path_factory):
    config = TrainConfig(
        epochs=6, n_fft=256, win_length=256, hop_length=128, n_mels=16, crop_seconds=1.0, speeds=[1.0],
        frequency_mask_bands=2, time_mask_frames=4, debug_samples_every=0,
    )  # fmt: skip
    return train(config, store, checkpoint_dir=tmp_path_factory.mktemp("trained"), progress=ignore).model_path


def test_a_probe_of_a_trained_network_is_a_model_and_the_second_one_needs_no_embeddings(
    store, trained, tmp_path
):
    config = ProbeConfig(weights=str(trained))
    first = probe(config, store, tmp_path / "é:%")
    assert not first.known and first.size == 128 and first.learned_from == 128
    found = evaluate(first.result.model_path, store, EvaluateConfig())
    assert found.accuracy == pytest.approx(first.accuracy.value, abs=0.001)
    assert found.accuracy >= evaluate(trained, store, EvaluateConfig()).accuracy - 0.1
    began = time.monotonic()
    again = probe(dataclasses.replace(config, shots=5, strengths=[0.1]), store, tmp_path / "again")
    assert again.known and again.learned_from == 5 * len(store.classes) and time.monotonic() - began < 10
    assert "kept from before" in again.text() and "accuracy" in again.text()
    kept, before = (checkpoints.load(p)["weights"] for p in (again.result.model_path, trained))
    same = {name for name in kept if torch.equal(kept[name], before[name])}
    assert set(kept) - same == {"backbone.head.weight", "backbone.head.bias"}


def test_other_weights_and_other_lengths_are_other_embeddings(store, trained, tmp_path):
    assert not probe(ProbeConfig(weights=str(trained), clip_seconds=0.5), store, tmp_path).known
    settings = ["n_fft=256", "win_length=256", "hop_length=128", "n_mels=16"]
    one = probe(ProbeConfig(model="cnn", settings=settings, seed=1), store, tmp_path)
    other = probe(ProbeConfig(model="cnn", settings=settings, seed=2), store, tmp_path)
    assert not one.known and not other.known
    assert probe(ProbeConfig(model="cnn", settings=settings, seed=1), store, tmp_path).known


def test_a_pre_trained_network_is_probed_and_what_has_heard_the_held_out_clips_is_refused(
    store, tiny, tmp_path
):
    config = dataclasses.replace(tiny, objective="byol", validation="none", epochs=1)
    start = train(config, store, checkpoint_dir=tmp_path / "a", progress=ignore).model_path
    found = probe(ProbeConfig(weights=str(start)), store, tmp_path / "b")
    assert evaluate(found.result.model_path, store, EvaluateConfig()).accuracy == pytest.approx(
        found.accuracy.value, abs=0.001
    )
    with pytest.raises(ConfigError, match="was trained on"):
        probe(ProbeConfig(weights=str(start), fold=2), store, tmp_path / "c")


def test_an_onnx_encoder_is_probed(store, tmp_path):
    file = onnx_encoders.windowed(tmp_path / "encoder.onnx")
    file.with_suffix(".json").write_text(json.dumps({"sample_rate": 8000}))
    found = probe(ProbeConfig(encoder=str(file)), store, tmp_path / "run")
    assert found.accuracy.value > 0.35 and found.size == onnx_encoders.SIZE
    file.unlink()
    assert evaluate(found.result.model_path, store, EvaluateConfig()).accuracy == pytest.approx(
        found.accuracy.value, abs=0.001
    )


def test_few_clips_are_of_as_many_recordings_as_there_are(store):
    rows = store.index.assign(source=[f"{label}{i % 3}" for i, label in enumerate(store.index["label"])])
    rows = rows.assign(content=rows["source"])
    for shots in (1, 3, 5):
        drawn = few(rows, shots, 0)
        assert set(drawn["label"].value_counts()) == {shots}
        for label, some in drawn.groupby("label"):
            there = recordings(rows[rows["label"] == label]).nunique()
            assert recordings(some).nunique() == min(shots, there)
    assert not few(rows, 3, 0).index.equals(few(rows, 3, 1).index) and few(rows, 0, 0) is rows


def test_the_layer_takes_the_numbers_as_they_are_and_never_tells_a_class_without_clips():
    random = np.random.default_rng(0)
    given = np.concatenate([random.normal(100, 3, (30, 4)), random.normal(110, 3, (30, 4))]).astype(
        np.float32
    )
    targets = np.zeros((60, 3), bool)
    targets[:30, 0] = targets[30:, 2] = True
    weight, bias = fit(given, targets, 1.0, False)
    answers = (given @ weight.T + bias).argmax(1)
    assert (answers == targets.argmax(1)).mean() > 0.9 and 1 not in answers
    several, logits = np.stack([targets[:, 0], np.ones(60, bool), np.zeros(60, bool)], 1), None
    weight, bias = fit(given, several, 1.0, True)
    logits = given @ weight.T + bias
    assert ((logits > 0) == several).mean() > 0.95
    with pytest.raises(ConfigError, match="a single class"):
        fit(given, np.ones((60, 1), bool), 1.0, False)


def test_the_strength_is_chosen_on_recordings_that_it_has_not_seen():
    random = np.random.default_rng(0)
    targets = np.eye(2, dtype=bool)[np.arange(40) % 2]
    given = random.normal(0, 1, (40, 60)) + 0.6 * targets[:, :1]
    groups = np.arange(40) // 4
    assert best_strength(given, targets, groups, [0.001, 100.0], False) == 0.001
    assert best_strength(given, targets, groups, [100.0], False) == 100.0
    assert best_strength(given, targets, np.zeros(40), [1.0, 0.1, 10.0], False) == 1.0


def test_several_labels_are_probed(tmp_path):
    random = np.random.default_rng(0)
    sounds = []
    for number in range(60):
        labels = [name for name, bit in (("low", 1), ("high", 2)) if number % 4 & bit]
        time_ = np.arange(8000) / 8000
        wave = random.normal(0, 300, 8000) + sum(
            6000 * np.sin(2 * np.pi * (300 if name == "low" else 2500) * time_) for name in labels
        )
        sounds.append(clip_stores.Sound("|".join(labels), wave.astype(np.int16), fold=1 + number % 5))
    several = clip_stores.write(tmp_path / "store", sounds, multi_label=True)
    file = onnx_encoders.windowed(tmp_path / "encoder.onnx")
    file.with_suffix(".json").write_text(json.dumps({"sample_rate": 8000}))
    found = probe(ProbeConfig(encoder=str(file)), several, tmp_path / "run")
    assert found.accuracy.value > 0.9


def test_what_can_not_be_probed_says_why(store, tiny, trained, tmp_path):
    with pytest.raises(ConfigError, match="settings of the network"):
        training_of(ProbeConfig(model="cnn", settings=["hop"]))
    with pytest.raises(ConfigError, match="hop_length takes int"):
        training_of(ProbeConfig(model="cnn", settings=["hop_length=x"]))
    with pytest.raises(ConfigError, match="n_mels is 2"):
        training_of(ProbeConfig(model="cnn", settings=["n_mels=2"]))
    with pytest.raises(ConfigError, match="strengths is empty"):
        ProbeConfig(strengths=[])
    many = train(
        dataclasses.replace(tiny, members=2, epochs=1), store, checkpoint_dir=tmp_path / "m", progress=ignore
    )
    with pytest.raises(ConfigError, match="holds 2 networks"):
        probe(ProbeConfig(weights=str(many.model_path)), store, tmp_path)
    with pytest.raises((ConfigError, CheckpointError), match="There is no"):
        probe(ProbeConfig(weights=str(tmp_path / "none.pt")), store, tmp_path)
