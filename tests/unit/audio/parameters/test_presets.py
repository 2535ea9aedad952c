"""Presets: every one makes sense, says where it is from, and trains."""

import dataclasses

import pytest

from audio import models, presets
from audio.clips.splits import divide
from audio.clips.store import ClipStore
from audio.datasets.registry import names as dataset_names
from audio.errors import ConfigError
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train
from tests.unit.audio import encoders
from tests.unit.audio.conftest import ignore, write_tree

SMALLER = {  # what makes any of them a matter of seconds; the rest is the preset's own
    "pretrained": False,
    "epochs": 1,
    "warmup_epochs": 0,
    "batch_size": 4,
    "early_stop": 0,
    "debug_samples_every": 0,
    "threads": 1,
    "feature_cache": "off",
}


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """A folder of classes, ten clips each."""
    return write_tree(tmp_path_factory.mktemp("sounds") / "tree", {"high": 2000.0, "low": 200.0}, clips=10)


@pytest.fixture(scope="module")
def encoder_folders(tmp_path_factory):
    return encoders.write(tmp_path_factory.mktemp("encoders"))


DEAR = ("gtzan-wav2vec2-as-written", "gtzan-whisper-as-written", "gtzan-ast-as-written")


def _dear(name: str) -> object:
    """The encoders of the tutorials take half a minute each, of which the probe of one is enough."""
    return pytest.param(name, marks=[pytest.mark.slow] if name in DEAR else [])


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_is_a_configuration_of_things_that_exist(name):
    preset = presets.find(name)
    assert preset.preprocess_config().dataset in dataset_names()
    assert preset.train_config().model in models.names()
    assert preset.about.endswith(".") and preset.source


@pytest.mark.parametrize("name", [_dear(name) for name in presets.names()])
def test_every_preset_trains(name, sounds, encoder_folders, tmp_path):
    preset = presets.find(name)
    settings = preset.preprocess_config(dataset="folder", data=str(sounds), where="", label_pattern="")
    preprocess(settings, tmp_path / "store", progress=ignore)
    store = ClipStore.open(tmp_path / "store")
    config = dataclasses.replace(preset.train_config(), **SMALLER)
    if config.image_size:  # the networks themselves are tested in test_models.py
        config = dataclasses.replace(config, model="resnet18", image_size=64)
    if config.model in encoder_folders:
        config = dataclasses.replace(config, encoder=encoder_folders[config.model])
    if config.fold not in store.folds:  # folds are drawn here whatever the set's own are
        config = dataclasses.replace(config, fold=1)
    result = train(config, store, checkpoint_dir=tmp_path / "out", progress=ignore)
    assert result.epochs == 1 and result.model_path.exists()


def test_fine_tuning_trains_on_eight_tenths(sounds, tmp_path):
    preset = presets.find("gtzan-ast")
    preprocess(
        preset.preprocess_config(dataset="folder", data=str(sounds)), tmp_path / "store", progress=ignore
    )
    store = ClipStore.open(tmp_path / "store")
    assert store.folds == list(range(1, 11))
    training, development = divide(preset.train_config(), store)
    assert len(training) == 16 and len(development) == 2


def test_an_unknown_preset_lists_those_that_exist():
    with pytest.raises(ConfigError, match=r"Did you mean 'gtzan-ast'\?.*nsynth-resnet18"):
        presets.find("gtzan_ast")
