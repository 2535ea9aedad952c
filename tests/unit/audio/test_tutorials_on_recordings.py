"""The presets as written on real recordings, laid out as the sets of the tutorials are."""

import csv
import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from audio import presets
from audio.clips.splits import divide, held_out
from audio.clips.store import ClipStore
from audio.config import EvaluateConfig
from audio.datasets.public.gtzan import GENRES
from audio.evaluation.evaluate import evaluate
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train
from tests.conftest import DATA

from . import encoders
from .conftest import ignore

CLIPS = 10  # of each class
FAMILIES = ("bass", "brass", "flute", "guitar", "keyboard", "mallet", "organ", "reed", "string", "vocal")
LESS = {"pretrained": False, "epochs": 2, "warmup_epochs": 0, "threads": 1}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings in {DATA} (SOUNDYARD_DATA)"),
]


@pytest.fixture(scope="module")
def recordings() -> list[list[Path]]:
    """Ten classes of so many recordings."""
    classes = [folder for folder in sorted(DATA.iterdir()) if folder.is_dir()]
    assert len(classes) == 10
    return [sorted(folder.glob("*.ogg"))[:CLIPS] for folder in classes]


@pytest.fixture(scope="module")
def encoder_folders(tmp_path_factory):
    return encoders.write(tmp_path_factory.mktemp("encoders"))


def as_gtzan(root: Path, recordings: list[list[Path]]) -> Path:
    for genre, files in zip(sorted(GENRES), recordings, strict=True):
        (root / "genres_original" / genre).mkdir(parents=True)
        for number, file in enumerate(files):
            shutil.copy(file, root / "genres_original" / genre / f"{genre}.{number:05}.ogg")
    return root


def as_urbansound8k(root: Path, recordings: list[list[Path]]) -> Path:
    (root / "metadata").mkdir(parents=True)
    with (root / "metadata" / "UrbanSound8K.csv").open("w", newline="") as table:
        rows = csv.writer(table)
        rows.writerow(["slice_file_name", "fsID", "start", "end", "salience", "fold", "classID", "class"])
        for label, files in enumerate(recordings):
            for number, file in enumerate(files):
                folder = root / "audio" / f"fold{number + 1}"
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, folder / file.name)
                rows.writerow(
                    [file.name, 1000 * label + number, 0, 5, 1, number + 1, label, f"class_{label}"]
                )
    return root


def as_nsynth(root: Path, recordings: list[list[Path]]) -> Path:
    """Eight notes to train on, one of validation, one of the test; electronic ones beside them."""
    for family, files in zip(FAMILIES, recordings, strict=True):
        for number, file in enumerate(files):
            split = "train" if number < 8 else "valid" if number == 8 else "test"
            folder = root / f"nsynth-{split}" / "audio"
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder / f"{family}_acoustic_{number:03}-060-100.ogg")
            shutil.copy(file, folder / f"{family}_electronic_{number:03}-060-100.ogg")
    return root


LAYOUTS = {"gtzan": as_gtzan, "urbansound8k": as_urbansound8k, "nsynth": as_nsynth}


@pytest.fixture(scope="module")
def laid_out(recordings, tmp_path_factory):
    """The folder of each layout, made when it is first asked for."""
    made: dict[str, Path] = {}

    def folder(kind: str) -> Path:
        if kind not in made:
            made[kind] = LAYOUTS[kind](tmp_path_factory.mktemp(kind) / "é: 50%", recordings)
        return made[kind]

    return folder


@pytest.mark.parametrize("name", [name for name in presets.names() if name.endswith("-as-written")])
def test_a_tutorial_as_written_learns_from_real_recordings_in_its_layout(
    name, laid_out, encoder_folders, tmp_path, capsys
):
    preset = presets.find(name)
    kind = next((k for k in LAYOUTS if preset.preprocess_config().dataset.startswith(k)), "urbansound8k")
    settings = preset.preprocess_config(data=str(laid_out(kind)))
    if kind not in settings.dataset:  # the tutorial's own words name no set
        settings = dataclasses.replace(settings, dataset=kind)
    preprocess(settings, tmp_path / "store", progress=ignore)
    store = ClipStore.open(tmp_path / "store")
    assert len(store.index) == 10 * CLIPS and len(store.classes) == 10
    config = dataclasses.replace(preset.train_config(), **LESS)
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
