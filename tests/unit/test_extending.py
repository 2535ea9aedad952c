"""docs/extending.md: each of its files, written outside the repository, does what is said there."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from audio import plugins, registry
from audio.config import EvaluateConfig, ExportConfig, PreprocessConfig, TrainConfig
from tests.conftest import ROOT
from tests.documented import within
from tests.e2e.conftest import write_sounds
from tests.plugins import DOCUMENT, examples, undone, write_examples

KINDS = ("model", "dataset", "frontend", "augmentation", "metric", "preset", "task")


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with undone():
        yield {name: str(path) for name, path in write_examples(tmp_path_factory.mktemp("outside")).items()}


def test_there_is_an_example_of_each_kind_in_one_file_and_short():
    assert set(examples()) == {f"my_{kind}.py" for kind in KINDS}
    assert all(len(text.splitlines()) <= 40 for text in examples().values())
    told = {words for words in within(DOCUMENT.read_text()) if "--plugins" in words}
    assert {word for words in told for word in words if word.endswith(".py")} >= set(examples()) - {
        "my_frontend.py"
    }


@pytest.fixture(scope="module")
def store(paths: dict[str, str], tmp_path_factory: pytest.TempPathFactory):
    """A clip store that the data set of the document read."""
    from audio.clips.store import ClipStore
    from audio.preprocessing.preprocess import preprocess

    folder = tmp_path_factory.mktemp("sounds")
    for sound in write_sounds(folder / "by-class", each=10).rglob("*.wav"):
        sound.rename(folder / f"{sound.parent.name}_{sound.name}")
    config = PreprocessConfig(
        plugins=[paths["dataset"]], dataset="by-prefix", data=str(folder), sample_rate=16000
    )
    preprocess(config, folder / "store", progress=lambda *_: None, workers=1)
    return ClipStore.open(folder / "store")


def test_the_data_set_is_read(store):
    assert store.classes == ["high", "low"] and len(store.index) == 20
    assert store.manifest["dataset"]["title"] == "Sounds named LABEL_anything.wav"


@pytest.fixture(scope="module")
def trained(store, paths: dict[str, str], tmp_path_factory: pytest.TempPathFactory):
    """Model, front end, augmentation and metric of the document together."""
    from audio.training.train import train

    config = TrainConfig(
        plugins=[paths[kind] for kind in ("model", "frontend", "augmentation", "metric")],
        model="mean-pool", frontend="crossings", augmentations=["dropout-samples"], metrics=["calibration", "top3"],
        epochs=6, learning_rate=0.02, precision="fp32", threads=1, debug_samples_every=6, debug_samples=1,
    )  # fmt: skip
    return train(config, store, checkpoint_dir=tmp_path_factory.mktemp("run"), progress=lambda *_: None)


def test_model_front_end_augmentation_and_metric_are_trained_with(trained):
    last = trained.history[-1]
    assert last["accuracy/validation"] > 0.9, "high sounds cross zero more often than low ones"
    assert 0 <= last["calibration/validation"] <= 0.6 and last["top3/validation"] == 1.0
    assert trained.frontend["name"] == "crossings" and trained.frontend["std"] > 0


def test_what_was_trained_is_evaluated_heard_and_described_the_same(trained, store, paths):
    import torch

    from audio.checkpoints import checkpoint
    from audio.evaluation.evaluate import evaluate
    from audio.features.registry import from_description
    from audio.inference.predictor import Predictor

    found = evaluate(trained.model_path, store, EvaluateConfig(metrics=["calibration"]))
    assert found.accuracy == pytest.approx(trained.metrics["accuracy/validation"])
    assert found.figures["calibration"] == pytest.approx(trained.metrics["calibration/validation"], abs=1e-5)
    assert "calibration" in found.text()
    assert Predictor(trained.model_path).runtime.model.frontend.describe() == trained.frontend
    model = checkpoint.model_of(checkpoint.load(trained.model_path))
    waves = torch.randn(2, 16000, generator=torch.Generator().manual_seed(0))
    layer = from_description(trained.frontend)
    torch.testing.assert_close(layer.normalise(layer(waves)), model.frontend.normalise(model.frontend(waves)))


@pytest.mark.parametrize("form", ["torchscript", "onnx"])
def test_what_was_trained_is_exported_with_its_front_end(trained, store, form, tmp_path):
    from audio.export.export import export

    (made,) = export(trained.model_path, tmp_path, store, ExportConfig(formats=[form]))
    assert made.difference < 1e-3 and made.agreement == 1


def test_the_augmentation_changes_what_is_trained_on_the_same_way_for_the_same_draw(paths):
    import torch

    from audio.augment.chain import Augment

    plugins.load([paths["augmentation"]])
    config = TrainConfig(augmentations=["dropout-samples"])
    waves = torch.ones(4, 10_000)
    one, same, other = (
        Augment(config, None).on_waveforms(waves, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert 0.005 < float((one == 0).float().mean()) < 0.02
    assert config.changes_waveforms() and not dataclasses.replace(config, augment=False).changes_waveforms()


def test_the_preset_is_listed_and_makes_configurations(paths):
    from audio import presets

    plugins.load([paths["preset"]])
    assert "ours" in presets.names()
    assert presets.find("ours").train_config().model == "cnn-wide"
    assert presets.find("ours").preprocess_config().sample_rate == 16000


def run(*words: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60)


def test_the_task_has_a_command_line_of_its_own_from_any_folder(paths):
    folder = Path(paths["task"]).parent
    told = run("tasks.run", "loudness", "--plugins", "my_task.py", "--help", cwd=folder)
    assert told.returncode == 0, told.stderr
    assert "How loud the clips of a dataset are." in told.stdout and "--quiet_db FLOAT" in told.stdout
    assert "(dB; -120 to 0; default: -40.0)" in " ".join(told.stdout.split())
    listed = run("tasks.run", "--plugins", "my_task.py", cwd=folder)
    assert "loudness" in listed.stdout and "crossvalidate" in listed.stdout
    wrong = run("tasks.run", "loudness", "--plugins", "my_task.py", "--quiet_db", "3", cwd=folder)
    assert wrong.returncode == 2 and "quiet_db is 3.0; it must be between -120 and 0" in wrong.stderr
    missing = run("tasks.run", "loudness", cwd=folder)
    assert missing.returncode == 2 and "There is no task 'loudness'" in missing.stderr


def test_the_task_is_registered_with_its_type_parameters_and_start(paths):
    from tasks import registry as tasks

    plugins.load([paths["task"]])
    assert tasks.kind("loudness") == "data_processing"
    assert tasks.entry_point("loudness") == "-m tasks.run loudness"
    assert tasks.record("loudness")().quiet_db == -40.0
    assert plugins.origin(registry.Registry.entry(tasks.tasks, "loudness")).name == "my_task.py"
