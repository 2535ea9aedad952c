"""Clips of any length, with any options: a training ends with a model that can be used, or is refused beforehand.

Cases are drawn from the grid of lengths, shapes of data sets, models, front ends and options, each by its number.
"""

import dataclasses
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.store import ClipStore
from audio.clips.waves import Waves
from audio.config import EvaluateConfig, ExportConfig, TrainConfig
from audio.errors import ConfigError
from audio.evaluation.evaluate import evaluate
from audio.export import check as exporting
from audio.export.export import export
from audio.inference.predictor import Predictor
from audio.metrics.objective import probabilities
from audio.models import build, names
from audio.training.train import train
from audio.training.trial import refuse_untrainable
from tests.unit.audio import clip_stores, encoders, onnx_encoders
from tests.unit.audio.clip_stores import Sound, noise
from tests.unit.audio.conftest import ignore

RATE, N_FFT, HOP = 16000, 512, 128
LENGTHS = (1, 2, HOP - 1, N_FFT // 2, N_FFT // 2 + 1, N_FFT - 1, RATE // 100, RATE // 2)
SOUNDS = (*LENGTHS, "mixed", "one with half a minute", "silent", "constant")
SETS = ("three classes", "one clip a class", "one class", "one clip", "several labels")
SMALL = ("cnn", "crnn", "transformer", "tutorial-cnn", "wav2vec2", "ast", "whisper", "mobilenet_v3_small")
LARGE = {"resnext101_32x8d", "resnet50", "efficientnet_v2_s", "convnext_tiny", "cnn14", "resnet34"}
FAST, ALL = 16, 320  # cases
SMALLEST: dict[str, Any] = {
    "n_fft": N_FFT, "win_length": N_FFT, "hop_length": HOP, "n_mels": 16, "precision": "fp32", "debug_samples_every": 0,
}  # fmt: skip


def sound(kind: int | str, number: int) -> np.ndarray:
    """A clip of that kind; `number` tells those of one set apart."""
    if kind == "silent":
        return np.zeros((1, 4000)[number % 2], np.int16)
    if kind == "constant":
        return np.full(3000, 5000, np.int16)
    if kind == "mixed":
        return noise((1, 2, 37, 400, RATE)[number % 5], number)
    if kind == "one with half a minute":
        return noise((400, 30 * RATE)[number == 1], number)  # beside single samples it is a million windows
    return noise(int(kind), number)


def store_of(folder: Path, kind: int | str, shape: str) -> ClipStore:
    labels = {
        "three classes": [*"abc"] * 6,
        "one clip a class": [*"abcd"],
        "one class": ["a"] * 6,
        "one clip": ["a", "a"],
        "several labels": ["a", "b", "a|b", ""] * 4,
    }[shape]
    half = len(labels) // 2
    sounds = [Sound(label, sound(kind, i), fold=1 + (i >= half)) for i, label in enumerate(labels)]
    return clip_stores.write(folder, sounds, RATE, multi_label=shape == "several labels")


def draw(dice: random.Random, models: tuple[str, ...], background: str) -> dict[str, Any]:
    """Options of one training."""
    frontend = dice.choice(["logmel", "stft", "pcen", "mfcc", "logmel+pcen"])
    options: dict[str, Any] = {
        "model": dice.choice(models),
        "frontend": frontend,
        "members": 2 if "+" in frontend else dice.choice([1, 1, 2]),
        "deltas": dice.random() < 0.3,
        "win_length": dice.choice([N_FFT, 400]),
        "hop_length": dice.choice([HOP, HOP, 1000]),
        "image_size": dice.choice([0, 48]),
        "clip_seconds": dice.choice([None, None, 0.05, 1.0]),
        "crop_seconds": dice.choice([None, 0.05, 3.0]),
        "fill": dice.choice(["loop", "zero"]),
        "batch_size": dice.choice([1, 2, 8]),
        "accumulate": dice.choice([1, 3]),
        "feature_cache": dice.choice(["auto", "off"]),
        "store_on_device": dice.choice(["auto", "on"]),
        "precision": dice.choice(["fp32", "bf16", "auto"]),
        "optimizer": dice.choice(["adamw", "sgd"]),
        "class_weights": dice.choice(["none", "balanced"]),
        "debug_samples_every": dice.choice([0, 1]),
    }
    if dice.random() < 0.5:
        options |= {"flip_time": 0.5, "flip_frequency": 0.5, "mixup": 0.5, "cutmix": 0.5}
    if dice.random() < 0.4:
        options |= {"stretch": 0.2, "pitch": 2.0, "noise": 0.5, "background": background}
    return options


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any-length")


@pytest.fixture(scope="module")
def encoder_folders(folder: Path) -> dict[str, str]:
    return {**encoders.write(folder / "encoders"), "onnx": onnx_encoders.at_rate(folder, RATE)}


@pytest.fixture(scope="module")
def background(folder: Path) -> str:
    (folder / "background").mkdir()
    soundfile.write(folder / "background" / "short.wav", noise(100), RATE)
    return str(folder / "background")


def trains_or_is_refused(config: TrainConfig, store: ClipStore, place: Path) -> str:
    """`refused`, or `trained` after everything that is done with a model was done with it."""
    try:
        result = train(config, store, checkpoint_dir=place, progress=ignore)
    except ConfigError as error:
        assert not (place / "last.pt").exists(), "refused after training had begun"
        assert len(str(error)) > 40
        return "refused"
    assert all(np.isfinite(value) for epoch in result.history for value in epoch.values())
    found = evaluate(result.model_path, store, EvaluateConfig(speeds=[0.8, 1.0, 1.25]), progress=ignore)
    assert np.isfinite(found.loss) and 0 <= found.accuracy <= 1
    checkpoints.model_of(checkpoints.load(result.model_path))
    chances = Predictor(result.model_path).waveforms(np.zeros((2, 1), np.float32))
    assert np.isfinite(chances).all()
    hears_files_as_clips(result.model_path, store, place)
    return "trained"


def hears_files_as_clips(model: Path, store: ClipStore, place: Path) -> None:
    """Evaluation's answers to the first, the shortest and the longest clip are inference's to files of their sound."""
    judged = evaluate(model, store, EvaluateConfig(), progress=ignore).clips
    rows = judged.iloc[[0, judged["duration"].argmin(), judged["duration"].argmax()]]
    predictor = Predictor(model, "cpu")
    for clip, top in dict(zip(rows["clip"], rows["top"], strict=True)).items():
        (place / clip).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(place / clip, store.waveform(clip), store.sample_rate, subtype="FLOAT")
        heard = dict(predictor.file(place / clip).top(len(store.classes)))
        for label, chance in json.loads(top):
            assert heard[label] == pytest.approx(chance, abs=1e-4), clip


@pytest.mark.parametrize(
    "number", [n if n < FAST else pytest.param(n, marks=pytest.mark.slow) for n in range(ALL)]
)
def test_any_clips_with_any_options_train_or_are_refused(number, encoder_folders, background, tmp_path):
    dice = random.Random(number)
    models = SMALL if number % 2 or number < FAST else tuple(sorted(set(names()) - LARGE))
    options = draw(dice, models, background)
    config = TrainConfig(
        encoder=encoder_folders.get(options["model"], ""), epochs=1, threads=1, n_fft=N_FFT, n_mels=16, n_mfcc=8,
        **options,
    )  # fmt: skip
    store = store_of(tmp_path / "store", dice.choice(SOUNDS), dice.choice(SETS))
    trains_or_is_refused(config, store, tmp_path / "training")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(1, 5))
def test_what_any_options_have_trained_is_exported_with_its_answers(
    number, encoder_folders, tmp_path, monkeypatch
):
    """Every file is run beside the model on the held-out clips, and refused where a logit differs."""
    monkeypatch.setattr(
        exporting, "latency", lambda *_: exporting.Latency(1.0, 1.0)
    )  # what is timed elsewhere
    dice = random.Random(10_000 + number)
    options = draw(dice, SMALL, "") | {"background": "", "precision": "fp32", "debug_samples_every": 0}
    config = TrainConfig(
        encoder=encoder_folders.get(options["model"], ""), epochs=1, threads=1, n_fft=N_FFT, n_mels=16, n_mfcc=8,
        **options,
    )  # fmt: skip
    store = store_of(tmp_path / "store", dice.choice(SOUNDS), dice.choice(SETS))
    try:
        model = train(config, store, checkpoint_dir=tmp_path, progress=ignore).model_path
    except ConfigError:
        return
    judged = evaluate(model, store, EvaluateConfig(), progress=ignore).clips
    made = export(model, tmp_path, store, ExportConfig(formats=["torchscript", "onnx"], check_clips=6))
    state = checkpoints.load(model)
    waves = Waves(
        store, store.index.loc[judged["clip"]], state["clip_frames"], config.fill, torch.device("cpu")
    )
    short = (~torch.from_numpy(waves.is_long())).nonzero()[:, 0]  # which one window holds
    for one in made if len(short) else []:
        logits = torch.from_numpy(exporting.runner(one.path, one.format)(waves.gather(short).numpy()))
        chances = probabilities(logits, store.multi_label)
        for i, chance in zip(short.tolist(), chances, strict=True):
            told = dict(json.loads(judged["top"].iloc[i]))
            found = {label: float(chance[store.classes.index(label)]) for label in told}
            assert found == pytest.approx(told, abs=1e-3), (one.format, judged["clip"].iloc[i])


@pytest.mark.slow
@pytest.mark.parametrize("kind", SOUNDS, ids=str)
@pytest.mark.parametrize("name", sorted(set(names()) - LARGE))
def test_every_model_takes_every_length(name, kind, encoder_folders, tmp_path):
    config = TrainConfig(
        model=name, encoder=encoder_folders.get(name, ""), epochs=1, threads=1, n_fft=N_FFT, win_length=N_FFT,
        hop_length=HOP, n_mels=16, debug_samples_every=0, precision="fp32", image_size=48,
    )  # fmt: skip
    store = store_of(tmp_path / "store", kind, "three classes")
    assert trains_or_is_refused(config, store, tmp_path / "training") == "trained"


@pytest.mark.parametrize("frames", [1, 2, 3, 40])
@pytest.mark.parametrize("model", ["cnn", "transformer", "resnet18", "mobilenet_v3_small"])
def test_bfloat16_gives_the_answers_of_single_precision_however_few_the_frames(model, frames):
    """Strided convolutions that left one column took what lay about in memory instead."""
    torch.manual_seed(0)
    network = build(TrainConfig(model=model, dropout=0.0), RATE, 3).eval()
    features = torch.randn(4, 1, 64, frames)
    answers, gradients = [], []
    for enabled in (False, True):
        network.zero_grad()
        litter = [torch.full((size,), float("nan")) for size in (1000, 20_000, 200_000)]
        del litter
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
            answers.append(network.classify(features))
        answers[-1].square().sum().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None]))
    torch.testing.assert_close(*answers, rtol=0.1, atol=0.1 * float(answers[0].detach().abs().max()))
    assert gradients[1].isfinite().all()
    assert 0.5 < gradients[1].norm() / gradients[0].norm() < 2


def test_a_batch_of_one_clip_is_refused_with_what_to_set_where_batch_norm_can_t_learn(tmp_path):
    store = store_of(tmp_path / "store", 1, "three classes")
    config = TrainConfig(model="tutorial-cnn", n_mels=4, batch_size=1, epochs=1, debug_samples_every=0)
    with pytest.raises(ConfigError, match=r"A batch is 1 clip with 1 frame.*batch norm.*batch_size=2"):
        train(config, store, checkpoint_dir=tmp_path, progress=ignore)
    enough = dataclasses.replace(config, batch_size=2)
    assert train(enough, store, checkpoint_dir=tmp_path, progress=ignore).epochs == 1


def test_trying_the_model_changes_nothing(tmp_path):
    """Neither running statistics nor what is drawn later."""
    torch.manual_seed(0)
    model = build(TrainConfig(), RATE, 3).eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    drawn = torch.random.get_rng_state()
    refuse_untrainable(model, torch.randn(2, 1, 64, 40, generator=torch.Generator().manual_seed(0)))
    assert not model.training and torch.equal(torch.random.get_rng_state(), drawn)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_more_processes_than_clips_are_refused(tmp_path):
    store = store_of(tmp_path / "store", 400, "one clip")
    with pytest.raises(ConfigError, match=r"1 clips to train on, fewer than processes=2"):
        train(TrainConfig(processes=2, epochs=1), store, checkpoint_dir=tmp_path, progress=ignore)


@pytest.mark.slow
@pytest.mark.parametrize("kind", (1, N_FFT // 2, "mixed", "silent"), ids=str)
def test_two_processes_take_any_length(kind, tmp_path):
    store = store_of(tmp_path / "store", kind, "three classes")
    config = TrainConfig(
        processes=2, epochs=1, batch_size=4, device="cpu", precision="fp32", n_fft=N_FFT, win_length=N_FFT,
        hop_length=HOP, n_mels=16, debug_samples_every=0,
    )  # fmt: skip
    assert trains_or_is_refused(config, store, tmp_path / "training") == "trained"


def test_clips_that_are_held_out_have_no_say_in_what_a_model_looks_like(tmp_path):
    """Not in the length of a clip, and so not in any weight."""

    def model_of(frames: int) -> dict[str, Any]:
        held_out = [Sound(label, noise(frames, 10 + i), fold=1) for i, label in enumerate("abcabc")]
        trained_on = [Sound(label, noise(4000, 50 + i), fold=2) for i, label in enumerate("abcabc")]
        store = clip_stores.write(tmp_path / f"{frames}", [*held_out, *trained_on], RATE)
        config = TrainConfig(
            epochs=1, n_fft=N_FFT, win_length=N_FFT, hop_length=HOP, n_mels=16, precision="fp32", threads=1
        )
        return checkpoints.load(train(config, store, checkpoint_dir=tmp_path, progress=ignore).model_path)

    short, long = model_of(1000), model_of(10 * RATE)
    assert short["clip_frames"] == long["clip_frames"] == 4000
    assert all(torch.equal(tensor, long["weights"][name]) for name, tensor in short["weights"].items())


def test_a_training_goes_on_with_clips_as_long_as_an_older_version_chose_them(tmp_path):
    sounds = [Sound(label, noise(4000, i), fold=1 + i % 2) for i, label in enumerate("aabbaabb")]
    store = clip_stores.write(tmp_path / "store", sounds, RATE)
    config = TrainConfig(
        epochs=2, n_fft=N_FFT, win_length=N_FFT, hop_length=HOP, n_mels=16, precision="fp32", threads=1
    )
    began = dataclasses.replace(config, epochs=1)
    last = train(began, store, checkpoint_dir=tmp_path / "a", progress=ignore).last_path
    checkpoints.save({**checkpoints.load(last), "clip_frames": 5000}, last)  # by all clips, then
    result = train(config, store, checkpoint_dir=tmp_path / "a", resume_from=last, progress=ignore)
    assert result.epochs == 2 and checkpoints.load(result.model_path)["clip_frames"] == 5000
    own = dataclasses.replace(config, clip_seconds=0.5, epochs=3)
    again = train(own, store, checkpoint_dir=tmp_path / "a", resume_from=last, progress=ignore)
    assert checkpoints.load(again.model_path)["clip_frames"] == RATE // 2
