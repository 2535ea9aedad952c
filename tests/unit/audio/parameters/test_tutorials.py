"""The presets as written, field by field against the numbers of the tutorials, which stand here by hand."""

from dataclasses import fields

import pytest

from audio import presets
from audio.clips.store import ClipStore
from audio.config import TrainConfig
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train
from tests.unit.audio.conftest import ignore, write_tree

GTZAN = {"dataset": "gtzan-random", "split": "8:2", "seed": 42}
RAW_MEL = {
    "frontend": "melpower",
    "n_fft": 2048,
    "hop_length": 640,
    "n_mels": 128,
    "standardise": False,
    "repeat": 3,
}
IMAGES = {
    **RAW_MEL,
    "pretrained": True,
    "resize": "pooled",
    "batch_size": 16,
    "learning_rate": 1e-4,
    "weight_decay": 0.0,
}
TENTHS = {"dataset": "gtzan-random", "split": "8:1:1", "seed": 42, "sample_rate": 16000}
TUNED = {
    "pretrained": True, "augment": True, "copies": ["noise", "shift", "gain"], "copy_noise": 0.005, "copy_shift": 0.1,
    "copy_gain": 0.2, "mixup": 0.0, "time_masks": 0, "speeds": [1.0], "epochs": 10, "batch_size": 8,
    "learning_rate": 3e-5, "warmup": 0.1,
    "precision": "fp16", "select": "best", "best_by": "accuracy", "validation": "development", "clip_seconds": 30.0,
    "checkpoint_every": 1, "freeze": "none", "seed": 42,
}  # fmt: skip
MEL16K = {
    "n_fft": 1024, "hop_length": 512, "n_mels": 64, "frontend": "logmel", "log_offset": 1e-6, "optimizer": "adamw",
    "weight_decay": 0.01, "decay_all": True, "schedule": "cosine", "class_weights": "balanced", "noise": 0.5,
    "snr_low_db": 5.0, "snr_high_db": 20.0, "stretch": 0.2, "mask_least": 5, "time_mask_frames": 15,
    "frequency_mask_bands": 15, "mask_probability": 0.5, "flip_time": 0.5, "mixup": 0.0, "gain_db": 0.0,
}  # fmt: skip
TABLE = {
    "yesno": ({"dataset": "yesno", "sample_rate": 20050, "trim_silence": False}, {"frontend": "logmel"}),
    "urbansound8k-resnet18": (
        {"dataset": "urbansound8k", "fill": "zero"},
        {
            "model": "resnet18", "pretrained": True, "optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.9,
            "nesterov": False, "schedule": "step", "step_epochs": 3, "step_factor": 0.1, "warmup": 0.0, "batch_size": 4,
            "epochs": 10, "fold": 10, "frontend": "melpower", "augment": False,
        },
    ),
    "gtzan-resnet18": (
        GTZAN,
        {**IMAGES, "model": "resnet18", "image_size": 224, "epochs": 20, "augment": False, "schedule": "constant"},
    ),
    "gtzan-resnext101": (
        GTZAN,
        {
            **IMAGES, "model": "resnext101_32x8d", "image_size": 512, "epochs": 30, "augment": True, "schedule": "step",
            "warmup_epochs": 5, "step_epochs": 10, "step_factor": 0.1, "time_masks": 1, "time_mask_frames": 20,
            "frequency_masks": 1, "frequency_mask_bands": 20, "power_noise": 0.01, "power_noise_probability": 0.5,
            "power_gain": 0.2, "power_gain_probability": 0.5, "seed": 42, "deterministic": True,
        },
    ),
    "gtzan-wav2vec2": (TENTHS, {**TUNED, "model": "wav2vec2", "encoder": "facebook/wav2vec2-base"}),
    "gtzan-ast": (TENTHS, {**TUNED, "model": "ast", "encoder": "MIT/ast-finetuned-audioset-10-10-0.4593"}),
    "gtzan-whisper": (TENTHS, {**TUNED, "model": "whisper", "encoder": "openai/whisper-small"}),
    "gtzan-wav2vec2-head": (
        TENTHS,
        {
            **TUNED, "model": "wav2vec2", "encoder": "facebook/wav2vec2-base",
            "freeze": "backbone",
            "schedule": "cosine", "batch_size": 4, "accumulate": 4, "early_stop": 3,
            "min_gain": 0.01,
        },
    ),
    "mel16k-cnn": ({"sample_rate": 16000}, {**MEL16K, "model": "tutorial16k-cnn"}),
    "mel16k-crnn": ({"sample_rate": 16000}, {**MEL16K, "model": "tutorial16k-crnn"}),
    "mel16k-transformer": ({"sample_rate": 16000}, {**MEL16K, "model": "tutorial16k-transformer"}),
    "nsynth-resnet18": (
        {
            "dataset": "nsynth", "where": "instrument_source=acoustic", "label_pattern": r"(\w+)_\w+_\d+-\d+-\d+",
            "sample_rate": 16000, "split": "own",
        },
        {
            "model": "resnet18", "pretrained": True, "fold": 0, "frontend": "meldb", "n_fft": 1024, "hop_length": 256,
            "n_mels": 40, "f_min": 20.0, "f_max": 8000.0, "repeat": 1, "schedule": "one-cycle", "epochs": 3,
            "augment": False,
        },
    ),
}  # fmt: skip

OFF = {  # what a setting is when the tutorial has nothing of the kind
    "copies": [], "speeds": [1.0], "roll": False, "gain_db": 0.0, "eq_db": 0.0, "flip_time": 0.0, "flip_frequency": 0.0,
    "stretch": 0.0, "pitch": 0.0, "noise": 0.0, "spectral_noise": 0.0, "background": "", "mixup": 0.0, "cutmix": 0.0,
    "time_masks": 0, "frequency_masks": 0, "power_gain": 0.0, "power_noise": 0.0, "augmentations": [],
}  # fmt: skip
PLAIN = {  # a training as the libraries have it where nothing is said
    "members": 1, "label_smoothing": 0.0, "class_weights": "none", "ema": 0.0, "accumulate": 1, "early_stop": 0,
    "min_gain": 0.0, "clip_norm": None, "weight_decay": 0.0, "warmup": 0.0, "warmup_epochs": 0, "dropout": 0.0,
    "crop_seconds": None, "freeze": "none", "deltas": False, "loudness": None, "teacher": [], "prune": 0.0,
    "weights": "", "objective": "labels", "final_rate": 0.0, "mel_scale": "htk", "mel_norm": "none",
    "optimizer": "adamw", "validation": "held-out", "select": "last", "fill": "zero",
}  # fmt: skip
OURS = {  # what a tutorial does not state and its library has, or what its words come to here
    "yesno": None,  # it trains nothing
    "urbansound8k-resnet18": {},
    "gtzan-resnet18": {"clip_seconds": 30.0},
    "gtzan-resnext101": {"clip_seconds": 30.0, "mask_fill": "silence"},
    **{name: {"clip_norm": 1.0, "schedule": "linear"} for name in TABLE if TABLE[name][0] == TENTHS},
    **{name: {"time_masks": 1, "frequency_masks": 1} for name in TABLE if name.startswith("mel16k")},
    "nsynth-resnet18": {"weight_decay": 0.01, "warmup": 0.3, "batch_size": 64, "learning_rate": 3e-3},
}


@pytest.mark.parametrize("name", TABLE)
def test_nothing_that_a_tutorial_does_not_have_is_added_to_it(name):
    if OURS[name] is None:
        pytest.skip("the tutorial trains nothing")
    config, stated = presets.find(f"{name}-as-written").train_config(), TABLE[name][1]
    wanted = {**PLAIN, **(OFF if config.augment else {}), **OURS[name], **stated}
    assert {key: getattr(config, key) for key in wanted} == wanted


@pytest.mark.parametrize("name", TABLE)
def test_every_setting_that_a_preset_as_written_changes_is_accounted_for(name):
    """By the tutorial's own numbers, by nothing being added to them, or by name as a choice of ours."""
    if OURS[name] is None:
        pytest.skip("the tutorial trains nothing")
    config, usual = presets.find(f"{name}-as-written").train_config(), TrainConfig()
    changed = {
        field.name
        for field in fields(TrainConfig)
        if getattr(config, field.name) != getattr(usual, field.name)
    }
    how = {
        "note",
        "feature_cache",
        "precision",
        "debug_samples_every",
        "win_length",
        "log_offset",
        "time_mask_share",
    }
    left = changed - how - set(TABLE[name][1]) - set(PLAIN) - set(OFF) - set(OURS[name])
    assert left <= {
        "epochs",
        "batch_size",
        "learning_rate",
        "f_min",
        "fold",
        "standardise",
        "seed",
        "dropout",
    }, left
    unsaid = {"epochs", "batch_size", "learning_rate"} & (left | set(OURS[name]))
    assert all(
        {"epochs": "epochs", "batch_size": "batches of", "learning_rate": "rate"}[one] in config.note
        for one in unsaid
    )
    assert config.win_length == config.n_fft or config.model in ("wav2vec2", "ast", "whisper")


def test_every_preset_as_written_is_in_the_table():
    assert {f"{name}-as-written" for name in TABLE} == {
        n for n in presets.names() if n.endswith("-as-written")
    }


@pytest.mark.parametrize("name", TABLE)
def test_a_preset_as_written_has_the_numbers_of_its_tutorial(name):
    preset = presets.find(f"{name}-as-written")
    for config, expected in zip(
        (preset.preprocess_config(), preset.train_config()), TABLE[name], strict=True
    ):
        assert {key: getattr(config, key) for key in expected} == expected
        assert config.note.startswith("AS WRITTEN") and config.note in preset.about


@pytest.mark.parametrize("name", [n for n in TABLE if n.startswith("gtzan")])
def test_what_flatters_is_said_aloud(name):
    assert (
        presets.find(f"{name}-as-written")
        .train_config()
        .note.startswith("AS WRITTEN, AND FLATTERING: one random split")
    )


@pytest.mark.parametrize("name", TABLE)
def test_beside_it_stands_the_same_as_it_should_be(name):
    preset = presets.find(name)
    config = preset.train_config()
    assert preset.preprocess_config().split == "own" and config.standardise and not config.note
    assert config.frontend == "logmel"
    assert config.select == "last" or config.validation == "development"


def test_a_run_says_it_at_its_start(tmp_path, capsys):
    preset = presets.find("mel16k-cnn-as-written")
    tree = write_tree(tmp_path / "tree", {"high": 2000.0, "low": 200.0}, clips=6)
    preprocess(preset.preprocess_config(data=str(tree)), tmp_path / "store", progress=ignore)
    assert capsys.readouterr().out.startswith("note: AS WRITTEN: the accuracies that the tutorial claims")
    config = preset.train_config(epochs=1, threads=1, debug_samples_every=0)
    train(config, ClipStore.open(tmp_path / "store"), checkpoint_dir=tmp_path / "out", progress=ignore)
    assert "note: AS WRITTEN: the accuracies that the tutorial claims" in capsys.readouterr().out
