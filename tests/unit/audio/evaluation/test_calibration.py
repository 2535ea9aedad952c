"""Calibration: torchmetrics' error, the temperature that was planted, and no change unless it is asked for."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import metrics
from torchmetrics.functional import classification as others

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.store import ClipStore
from audio.config import EvaluateConfig, ExportConfig, PreprocessConfig, TrainConfig
from audio.errors import CheckpointError, ConfigError
from audio.evaluation.evaluate import evaluate
from audio.export.export import export
from audio.inference.predictor import Predictor
from audio.metrics.calibration import Calibration
from audio.metrics.figures import Answers
from audio.metrics.objective import loss_of
from audio.metrics.reliability import (
    calibration_error,
    chances_of,
    fitted,
    reliability,
    temperature_of,
    thresholds_of,
)
from audio.predict import main as predict_command
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train
from tests.conftest import DATA
from tests.unit.audio import clip_stores
from tests.unit.audio.clip_stores import Sound, noise
from tests.unit.audio.conftest import ignore

FEW = settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def drawn(clips: int, classes: int, hot: float, seed: int, several: bool = False):
    """Logits `hot` times those that the labels were drawn by, and the labels."""
    dice = np.random.default_rng(seed)
    true = dice.normal(0, 2, (clips, classes)).astype(np.float32)
    chance = chances_of(true, several)
    if several:
        return hot * true, (dice.random(chance.shape) < chance).astype(np.float32)
    label = np.array([dice.choice(classes, p=row / row.sum()) for row in chance.astype(float)])
    return hot * true, np.eye(classes, dtype=np.float32)[label]


def answered(logits, targets, several=False):
    names = [str(i) for i in range(logits.shape[1])]
    return Answers(targets > 0.5, chances_of(logits, several), several, names)


@given(st.integers(1, 300), st.integers(2, 8), st.integers(0, 2**31), st.booleans())
@FEW
def test_the_calibration_error_is_torchmetrics(clips, classes, seed, several):
    logits, targets = drawn(clips, classes, 3.0, seed, several)
    answers = answered(logits, targets, several)
    chance = torch.from_numpy(answers.probabilities)
    if several:
        theirs = others.binary_calibration_error(
            chance.flatten(), torch.from_numpy(targets).int().flatten(), 15
        )
    else:
        theirs = others.multiclass_calibration_error(chance, torch.from_numpy(targets).argmax(1), classes, 15)
    assert calibration_error(answers) == pytest.approx(float(theirs), abs=1e-5)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("hot", [0.5, 1.0, 4.0])
def test_the_temperature_that_was_planted_is_found(hot, several):
    logits, targets = drawn(4000, 5, hot, 1, several)
    assert temperature_of(logits, targets, several) == pytest.approx(hot, rel=0.06)


def test_no_other_temperature_has_less_loss_and_no_answer_changes():
    logits, targets = drawn(200, 6, 3.0, 2)
    found = temperature_of(logits, targets, False)

    def loss(temperature):
        return float(loss_of(torch.from_numpy(logits / temperature), torch.from_numpy(targets), False).mean())

    assert all(loss(found) <= loss(other) + 1e-6 for other in np.geomspace(0.1, 10, 60))
    assert (chances_of(logits, False).argmax(1) == chances_of(logits / found, False).argmax(1)).all()


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_a_model_that_is_always_right_or_always_wrong_has_a_temperature_all_the_same(right):
    targets = np.eye(4, dtype=np.float32)[[0, 1, 2, 3] * 3]
    logits = 5 * (targets if right else np.roll(targets, 1, axis=1))
    assert 0.04 < temperature_of(logits, targets, False) < 21


@pytest.mark.parametrize("several", [False, True])
def test_what_is_fitted_on_some_recordings_comes_true_on_others(several):
    """An overconfident model on five folds: fitted on four parts, each time judged on the fifth."""
    logits, targets = drawn(500, 6, 4.0, 3, several)
    fold = np.arange(500) % 5
    before, after = [], []
    for held in range(5):
        rest = fold != held
        found = fitted(logits[rest], targets[rest], several, [*"abcdef"], 400)
        before.append(calibration_error(answered(logits[~rest], targets[~rest], several)))
        after.append(calibration_error(answered(found.logits(logits[~rest]), targets[~rest], several)))
    assert np.mean(after) < 0.7 * np.mean(before) and all(a < b for a, b in zip(after, before, strict=True))


def test_thresholds_are_those_with_the_best_f1_and_a_half_where_too_few_clips_tell():
    logits, targets = drawn(400, 4, 1.0, 5, several=True)
    targets[:, 3], logits[:, 2] = (
        0,
        logits[:, 2] - 2.5,
    )  # a label that nobody has, and one that is hardly believed
    targets[:2, 3] = 1
    answers = answered(logits, targets, several=True)
    found = thresholds_of(answers)
    assert found[3] == 0.5 and found[2] < 0.3
    for place in range(3):
        chance, truth = answers.probabilities[:, place], answers.targets[:, place]
        best = max(metrics.f1_score(truth, chance > edge) for edge in np.linspace(0, 1, 400))
        assert metrics.f1_score(truth, chance > found[place]) >= best - 1e-9


def test_bins_of_the_diagram_hold_every_answer_once():
    logits, targets = drawn(300, 3, 2.0, 8)
    table = reliability(answered(logits, targets))
    assert table["answers"].sum() == 300 and (table["from"] < table["confidence"]).all()
    assert (table["confidence"] <= table["to"]).all() and (table["share low"] <= table["share"]).all()
    sure = reliability(answered(np.array([[90.0, 0.0]]), np.array([[1.0, 0.0]])))
    assert list(sure["to"]) == [1.0] and list(sure["share"]) == [1.0]


@pytest.fixture(scope="module")
def development(store, tmp_path_factory):
    config = TrainConfig(
        epochs=3,
        n_fft=256,
        win_length=256,
        n_mels=16,
        crop_seconds=1.0,
        speeds=[1.0],
        validation="development",
    )
    return train(
        config, store, checkpoint_dir=tmp_path_factory.mktemp("calibrated"), progress=ignore
    ).model_path


def test_a_training_with_development_clips_keeps_their_temperature(store, development):
    kept = checkpoints.calibration_of(checkpoints.load(development))
    told = evaluate(development, store, EvaluateConfig(split="development"))
    assert kept.clips == len(told.clips) and kept.recordings == told.recordings
    assert kept.temperature == pytest.approx(
        temperature_of(told.logits, store.targets(store.index.loc[list(told.judged.index)]), False), rel=0.02
    )
    assert kept.ece == pytest.approx(told.ece, abs=0.02) and kept.thresholds == []


def test_the_temperature_is_that_of_the_weights_that_were_chosen(store, tiny, tmp_path):
    config = dataclasses.replace(tiny, epochs=4, validation="development", select="best", learning_rate=0.05)
    path = train(config, store, checkpoint_dir=tmp_path, progress=ignore).model_path
    told = evaluate(path, store, EvaluateConfig(split="development"))
    targets = store.targets(store.index.loc[list(told.judged.index)])
    kept = checkpoints.calibration_of(checkpoints.load(path))
    assert kept.temperature == pytest.approx(temperature_of(told.logits, targets, False), rel=0.02)


def test_a_training_that_only_watches_held_out_clips_fits_nothing_on_them(store, tiny, tmp_path):
    path = train(tiny, store, checkpoint_dir=tmp_path, progress=ignore).model_path
    assert checkpoints.calibration_of(checkpoints.load(path)) is None
    with pytest.raises(ConfigError, match="validation=development"):
        evaluate(path, store, EvaluateConfig(calibrated=True))
    with pytest.raises(ConfigError, match="no calibration"):
        Predictor(path, calibrated=True)
    assert evaluate(path, store, EvaluateConfig()).at_its_temperature() is None


def test_nothing_changes_unless_calibrated_is_asked_for(store, development):
    plain = evaluate(development, store, EvaluateConfig())
    calibrated = evaluate(development, store, EvaluateConfig(calibrated=True))
    temperature = plain.calibration.temperature
    np.testing.assert_allclose(calibrated.logits, plain.logits / temperature, rtol=1e-5)
    assert plain.accuracy == calibrated.accuracy and plain.loss != calibrated.loss
    foreseen = plain.at_its_temperature()
    np.testing.assert_allclose(foreseen.probabilities, calibrated.answers.probabilities, rtol=1e-4)
    assert "calibrated" not in plain.text() and "calibrated" in calibrated.text()
    assert calibrated.at_its_temperature() is None


def test_a_file_is_heard_at_the_temperature_by_torch_and_onnx_alike(store, development, tmp_path):
    pytest.importorskip("onnxruntime")
    export(development, tmp_path, store, ExportConfig(formats=["onnx"], check_clips=8))
    wave, rate = store.waveform(store.index["clip"].iloc[0]), store.sample_rate
    plain = Predictor(development).sound(wave, rate).probabilities
    heard = [
        Predictor(path, calibrated=True).sound(wave, rate).probabilities
        for path in (development, tmp_path / "model.onnx")
    ]
    np.testing.assert_allclose(heard[0], heard[1], atol=1e-4)
    kept = Predictor(tmp_path / "model.onnx").calibration
    expected = plain ** (1 / kept.temperature)  # of one window
    np.testing.assert_allclose(heard[0], expected / expected.sum(), atol=1e-4)
    assert np.abs(heard[0] - plain).max() > 1e-3
    from soundyard import Predictor as Public

    public = Public(tmp_path / "model.onnx", calibrated=True)(wave, rate)
    np.testing.assert_allclose(public.probabilities, heard[1])
    assert public.labels == [public.label]


def test_the_command_says_what_is_missing_and_does_what_is_asked(store, tiny, development, tmp_path, capsys):
    import soundfile

    file = tmp_path / "é:%.wav"
    soundfile.write(file, store.waveform(store.index["clip"].iloc[0]), store.sample_rate)
    assert predict_command([str(development), str(file), "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert predict_command([str(development), str(file), "--json", "--calibrated"]) == 0
    assert json.loads(capsys.readouterr().out) != plain
    without = train(tiny, store, checkpoint_dir=tmp_path, progress=ignore).model_path
    assert predict_command([str(without), str(file), "--calibrated"]) == 1
    assert "error: The model has no calibration" in capsys.readouterr().err


@pytest.mark.parametrize("state", [{"temperature": 0.0}, {"warmth": 1.0}, {"temperature": float("nan")}])
def test_a_damaged_calibration_is_refused(state, development, tmp_path):
    kept = checkpoints.load(development)
    checkpoints.save({**kept, "calibration": state}, tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match="calibration can't be used"):
        Predictor(tmp_path / "model.pt")


def test_several_labels_are_given_by_the_thresholds_of_their_classes(tiny, tmp_path):
    sounds = [
        Sound("|".join(name for j, name in enumerate("abc") if (i >> j) % 2), noise(1600, i), fold=i % 3 + 1)
        for i in range(48)
    ]
    store = clip_stores.write(tmp_path / "several", sounds, multi_label=True)
    config = dataclasses.replace(
        tiny, model="tutorial-cnn", validation="development", threads=1, speeds=[1.0], crop_seconds=None
    )
    path = train(config, store, checkpoint_dir=tmp_path / "run", progress=ignore).model_path
    found = evaluate(path, store, EvaluateConfig(calibrated=True))
    limits = np.array(found.calibration.thresholds)
    assert len(limits) == 3 and (found.answers.given == (found.answers.probabilities > limits)).all()
    matrix = np.diag(found.confusion)
    assert list(matrix) == found.counted["hits"]
    heard = Predictor(path, calibrated=True).sound(store.waveform("0.wav"), store.sample_rate)
    assert heard.labels == [c for c, p, t in zip("abc", heard.probabilities, limits, strict=True) if p > t]
    plain = Predictor(path).sound(store.waveform("0.wav"), store.sample_rate)
    assert plain.labels == [c for c, p in zip("abc", plain.probabilities, strict=True) if p > 0.5]


def test_an_unknown_calibration_is_none_and_a_known_one_comes_back():
    one = Calibration(1.7, [0.2, 0.5], 40, 12, 0.1, 0.05)
    assert Calibration.told(json.loads(json.dumps(one.state()))) == one
    assert Calibration.told(None) is None and "1.7" in one.text() and "threshold" in one.text()


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings in {DATA} (SOUNDYARD_DATA)")
def test_calibration_lowers_the_error_on_held_out_folds_of_real_recordings(tmp_path):
    preprocess(PreprocessConfig(dataset="esc10", data=str(DATA)), tmp_path / "store", progress=ignore)
    store = ClipStore.open(tmp_path / "store")
    before, after, folds = [], [], []
    for fold in store.folds:
        config = TrainConfig(epochs=25, fold=fold, validation="development", threads=1, debug_samples_every=0)
        path = train(config, store, checkpoint_dir=tmp_path / str(fold), progress=ignore).model_path
        found = evaluate(path, store, EvaluateConfig(resamples=0))
        before.append(found.answers)
        after.append(found.at_its_temperature())
        folds.append((found.ece, calibration_error(after[-1])))
    together = [
        dataclasses.replace(
            some[0],
            targets=np.concatenate([one.targets for one in some]),
            probabilities=np.concatenate([one.probabilities for one in some]),
        )
        for some in (before, after)
    ]
    assert len(together[0].targets) == 400
    assert calibration_error(together[1]) < 0.75 * calibration_error(together[0]), folds
    assert np.mean([a for _, a in folds]) < np.mean([b for b, _ in folds]), folds
