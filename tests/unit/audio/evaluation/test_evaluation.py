"""Evaluation: figures by hand, the table of clips, refusals."""

import base64
import dataclasses
import json

import pytest
import torch

from audio.config import EvaluateConfig
from audio.errors import CheckpointError, StoreError
from audio.evaluation.evaluate import evaluate, summarise
from audio.reporting.figures import mel_figure, waveform_figure
from audio.training.train import train
from tests.unit.audio.conftest import ignore

COLUMNS = [
    "clip", "split", "fold", "label", "prediction", "confidence", "top", "loss", "duration", "sample_rate",
    "loudness", "peaks",
]  # fmt: skip


@pytest.fixture(scope="module")
def trained(store, tmp_path_factory):
    from audio.config import TrainConfig

    config = TrainConfig(
        epochs=1, n_fft=256, win_length=256, n_mels=16, crop_seconds=1.0, speeds=[1.0], fold=2
    )
    return train(config, store, checkpoint_dir=tmp_path_factory.mktemp("trained"), progress=ignore).model_path


def test_figures_follow_from_the_predictions(store):
    rows = store.index.iloc[[0, 1, 60, 61]]  # two classes
    a, b = (store.classes.index(rows["label"].iloc[i]) for i in (0, 2))
    chance = torch.zeros(4, len(store.classes))
    for i, answer in enumerate([a, b, b, b]):
        chance[i, answer] = 1.0
    found = summarise(store, rows, 5 * chance, {})
    assert found.accuracy == 0.75
    assert found.confusion[a, a] == 1 and found.confusion[a, b] == 1 and found.confusion[b, b] == 2
    assert found.per_class.loc[store.classes[b], "precision"] == pytest.approx(2 / 3)
    assert found.per_class.loc[store.classes[a], "recall"] == 0.5
    assert found.macro_f1 == pytest.approx((2 / 3 + 0.8) / 2)
    assert found.clips["clip"].iloc[0] == rows["clip"].iloc[1]  # the worst loss comes first


def test_the_table_has_every_held_out_clip_and_column(store, trained):
    found = evaluate(trained, store, EvaluateConfig())
    assert list(found.clips.columns) == COLUMNS
    assert set(found.clips["clip"]) == set(store.select(fold=2)["clip"])
    row = found.clips.iloc[0]
    top = json.loads(row["top"])
    assert top[0] == [row["prediction"], row["confidence"]] and len(top) == 5
    assert len(base64.b64decode(row["peaks"])) == 200
    assert found.confusion.sum() == len(found.clips)
    assert found.accuracy == pytest.approx((found.clips["label"] == found.clips["prediction"]).mean())
    assert len(found.waveform(row["clip"])) == round(row["duration"] * row["sample_rate"])


def test_averaging_over_speeds_gives_probabilities(store, trained):
    found = evaluate(trained, store, EvaluateConfig(speeds=[0.9, 1.0, 1.1]))
    assert found.clips["confidence"].between(0, 1).all()


def test_a_model_of_other_classes_or_rate_is_refused(store, trained):
    other = dataclasses.replace(store, classes=["x", "y"])
    with pytest.raises(CheckpointError, match="only one of them has"):
        evaluate(trained, other, EvaluateConfig())
    with pytest.raises(CheckpointError, match="8000 Hz"):
        evaluate(trained, dataclasses.replace(store, sample_rate=16000), EvaluateConfig())


def test_a_fold_without_clips_is_refused(store, trained):
    with pytest.raises(StoreError, match="fold 9"):
        evaluate(trained, store, EvaluateConfig(fold=9))


def test_figures_are_drawn_with_titles_and_axes(store):
    wave = store.waveform(store.index["clip"].iloc[0])
    assert waveform_figure(wave, store.sample_rate, "here").axes[0].get_title() == "here"
    figure = mel_figure(wave, 22050, "there")
    figure.canvas.draw()
    assert figure.axes[0].get_xlabel() == "s"


def test_the_loss_is_the_cross_entropy_of_one_label_and_the_binary_one_of_several(store):
    rows = store.index.iloc[[0, 1, 60, 61]]
    logits, targets = torch.randn(4, len(store.classes)), torch.from_numpy(store.targets(rows))
    functional = torch.nn.functional
    one = functional.cross_entropy(logits, targets.argmax(1))
    assert summarise(store, rows, logits, {}).loss == pytest.approx(float(one), rel=1e-5)
    several = dataclasses.replace(store, multi_label=True)
    binary = functional.binary_cross_entropy_with_logits(logits, targets)
    assert summarise(several, rows, logits, {}).loss == pytest.approx(float(binary), rel=1e-5)
