"""The first batch, shown before anything is learned: it is what the network is then given, and changes nothing."""

import dataclasses

import numpy as np
import pytest
import torch

from audio.clips.store import ClipStore
from audio.config import PreprocessConfig
from audio.preprocessing.preprocess import preprocess
from audio.reporting.batch import label_of
from audio.reporting.figures import batch_figure
from audio.training.stepper import Stepper
from audio.training.train import train
from tests.unit.audio import encoders
from tests.unit.audio.conftest import ignore
from tests.unit.audio.training.test_training import Notebook

AUGMENTED = {
    "augment": True,
    "speeds": [0.9, 1.0, 1.1],
    "mixup": 0.4,
    "time_masks": 1,
    "frequency_masks": 1,
    "noise": 0.5,
}
NO_MASKS = {"time_masks": 0, "frequency_masks": 0}


class Drawn(Notebook):
    """Keeps the figures themselves, and the sounds."""

    def add_figure(self, tag, figure, step, close):
        self.figures.append((tag, figure))

    def add_audio(self, tag, sound, step, sample_rate):
        self.sounds.append((tag, sound))

    def of_the_batch(self):
        return [figure for tag, figure in self.figures if tag.startswith("batch/")]

    def heard(self):
        return [(tag, sound) for tag, sound in self.sounds if tag.startswith("batch/")]


@pytest.fixture
def given(monkeypatch):
    """What the network is given, batch by batch: normalised features and targets."""
    kept = []
    step = Stepper.train_step

    def noted(self, features, targets, *others, **more):
        with torch.no_grad():
            kept.append((self.model.frontend.normalise(features)[:, 0].clone(), targets.clone()))
        return step(self, features, targets, *others, **more)

    monkeypatch.setattr(Stepper, "train_step", noted)
    return kept


def shown(tiny, store, folder, **settings):
    notebook = Drawn()
    changed = {"debug_samples_every": 1, "debug_augmentations": False, "epochs": 1, **settings}
    result = train(
        dataclasses.replace(tiny, **changed), store, writer=notebook, checkpoint_dir=folder, progress=ignore
    )
    return notebook, result


@pytest.mark.parametrize(
    "settings", [{}, AUGMENTED, {"feature_cache": "off", **AUGMENTED}, {"frontend": "melpower"}]
)
def test_the_tiles_are_the_clips_that_are_then_trained_on(settings, store, tiny, tmp_path, given):
    notebook, _ = shown(tiny, store, tmp_path, **settings)
    (figure,) = notebook.of_the_batch()
    features, targets = given[0]
    drawn = [axes for axes in figure.axes if axes.images]
    assert len(drawn) == 9
    for axes, feature, target in zip(drawn, features, targets, strict=False):
        assert np.allclose(axes.images[0].get_array(), feature.numpy(), atol=1e-5)
        assert axes.get_title().replace("\n", " ") == label_of(target, store.classes)


def test_every_tile_can_be_heard_under_its_label(store, tiny, tmp_path, given):
    notebook, _ = shown(tiny, store, tmp_path)
    heard = notebook.heard()
    assert len(heard) == 9 == len({tag for tag, _ in heard})
    for number, ((tag, sound), target) in enumerate(zip(heard, given[0][1], strict=False), 1):
        assert tag.startswith(f"batch/{number} {label_of(target, store.classes)} · ")
        assert sound.shape[0] == 1 and sound.abs().max() <= 1 and sound.std() > 1e-4


def test_a_network_that_hears_the_waveform_is_shown_and_played_as_one(tree, tiny, tmp_path, given):
    preprocess(
        PreprocessConfig(dataset="folder", data=str(tree), sample_rate=16000),
        tmp_path / "store",
        progress=ignore,
    )
    store = ClipStore.open(tmp_path / "store")
    folder = encoders.write(tmp_path / "encoders")["wav2vec2"]
    notebook, _ = shown(tiny, store, tmp_path, model="wav2vec2", encoder=folder, **NO_MASKS)
    (figure,) = notebook.of_the_batch()
    waves = [axes for axes in figure.axes if axes.collections]
    assert len(waves) == len(notebook.heard()) == 4 and not any(axes.images for axes in waves)
    for (_, sound), wave in zip(notebook.heard(), given[0][0][:, 0], strict=False):
        alike = np.corrcoef(sound[0].numpy(), wave.numpy())[0, 1]
        assert alike > 0.9999, "the very clip, before its level is made that of all"


def test_what_is_learned_is_the_same_whether_it_is_shown_or_not(store, tiny, tmp_path):
    _, one = shown(tiny, store, tmp_path / "a", **AUGMENTED)
    _, other = shown(tiny, store, tmp_path / "b", debug_batch=0, **AUGMENTED)
    assert one.metrics["loss/train"] == other.metrics["loss/train"]


@pytest.mark.parametrize("settings", [{"debug_batch": 0}, {"debug_samples_every": 0}])
def test_nothing_is_shown_where_nothing_was_asked_for(settings, store, tiny, tmp_path):
    notebook, _ = shown(tiny, store, tmp_path, **settings)
    assert not notebook.of_the_batch() and not notebook.heard()


def test_a_training_that_goes_on_does_not_show_it_again(store, tiny, tmp_path):
    shown(tiny, store, tmp_path)
    notebook = Drawn()
    config = dataclasses.replace(tiny, epochs=2, debug_samples_every=1)
    train(
        config,
        store,
        writer=notebook,
        checkpoint_dir=tmp_path,
        resume_from=tmp_path / "last.pt",
        progress=ignore,
    )
    assert notebook.figures and not notebook.of_the_batch()


def test_a_batch_of_fewer_clips_is_shown_whole(store, tiny, tmp_path):
    notebook, _ = shown(tiny, store, tmp_path, batch_size=4)
    assert len(notebook.heard()) == 4
    (figure,) = notebook.of_the_batch()
    assert sum(bool(axes.images) for axes in figure.axes) == 4


@pytest.mark.parametrize(
    "answer, told",
    [
        ([0, 1, 0], "é:/%"),
        ([0.3, 0.7, 0], "é:/% 70% + dog 30%"),
        ([1, 0, 1], "dog + rain"),
        ([0, 0, 0], "no label"),
        ([0.001, 0.999, 0], "é:/%"),
    ],
)
def test_a_label_tells_of_what_a_clip_was_mixed(answer, told):
    assert label_of(torch.tensor(answer, dtype=torch.float32), ["dog", "é:/%", "rain"]) == told


@pytest.mark.parametrize("count", [1, 2, 3, 9, 10])
def test_a_grid_holds_any_number_of_tiles(count):
    figure = batch_figure(
        [np.random.default_rng(i).normal(size=(8, 5)) for i in range(count)],
        ["$x^ 犬 é:/%"] * count,
        {"hop_length": 512, "sample_rate": 22050},
    )
    figure.canvas.draw()
    assert sum(bool(axes.images) for axes in figure.axes) == count
