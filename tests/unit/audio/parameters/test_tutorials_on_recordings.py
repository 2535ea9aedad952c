"""The presets as written on real recordings, laid out as the sets of the tutorials are."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from audio import presets
from audio.clips.splits import divide, held_out
from audio.clips.store import ClipStore
from audio.config import EvaluateConfig
from audio.evaluation.evaluate import evaluate
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train
from benchmarks.tutorials import layouts
from tests.conftest import DATA
from tests.unit.audio import encoders
from tests.unit.audio.conftest import ignore

CLIPS = 10  # of each class
KINDS = ("gtzan", "urbansound8k", "nsynth")
LESS = {"pretrained": False, "epochs": 2, "warmup_epochs": 0, "threads": 1}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings in {DATA} (SOUNDYARD_DATA)"),
]


@pytest.fixture(scope="module")
def encoder_folders(tmp_path_factory):
    return encoders.write(tmp_path_factory.mktemp("encoders"))


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    """The folder of each layout, made when it is first asked for."""
    made: dict[str, Path] = {}

    def folder(kind: str) -> Path:
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp(kind) / "é: 50%"
            layouts.LAYOUTS[kind](made[kind], layouts.recordings(DATA, CLIPS))
        return made[kind]

    return folder


@pytest.mark.parametrize("name", [name for name in presets.names() if name.endswith("-as-written")])
def test_a_tutorial_as_written_learns_from_real_recordings_in_its_layout(
    name, laid_out, encoder_folders, tmp_path, capsys
):
    preset = presets.find(name)
    kind = next((k for k in KINDS if preset.preprocess_config().dataset.startswith(k)), "urbansound8k")
    settings = preset.preprocess_config(data=str(laid_out(kind)))
    if kind not in settings.dataset:  # the tutorial's own words name no set
        settings = dataclasses.replace(settings, dataset=kind)
    preprocess(settings, tmp_path / "store", progress=ignore)
    store = ClipStore.open(tmp_path / "store")
    assert len(store.index) == 10 * CLIPS and len(store.classes) == 10
    config = dataclasses.replace(preset.train_config(), **LESS)
    if config.clip_seconds:  # as long as the set's own; these are shorter
        config = dataclasses.replace(config, clip_seconds=5.0)
    if config.image_size:
        config = dataclasses.replace(config, model="resnet18", image_size=64)
    if config.model in encoder_folders:
        config = dataclasses.replace(config, encoder=encoder_folders[config.model], precision="fp32")
    training, _ = divide(config, store)
    tested = held_out(store, config.fold)
    assert not set(training.index) & set(tested.index) and len(training) == 10 * {"8:2": 8, "8:1:1": 8}.get(
        settings.split, 8 if kind == "nsynth" else 9
    )
    result = train(config, store, checkpoint_dir=tmp_path / "out", progress=ignore)
    assert result.epochs == 2 and all(np.isfinite(v) for epoch in result.history for v in epoch.values())
    assert preset.train_config().note in capsys.readouterr().out
    found = evaluate(result.model_path, store, EvaluateConfig(), progress=ignore)
    assert len(found.clips) == len(tested) and np.isfinite(found.loss)
