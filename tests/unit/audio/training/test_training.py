"""Training: it learns, resumes exactly, stops cleanly, reports what was promised, refuses nonsense."""

import dataclasses
import math

import pytest
import torch
from torch.utils.tensorboard import SummaryWriter

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.splits import divide
from audio.clips.waves import clip_frames
from audio.config import EvaluateConfig, TrainConfig
from audio.distributed import build_engine
from audio.errors import CheckpointError, ConfigError, NonFiniteLoss
from audio.evaluation.evaluate import evaluate
from audio.reporting.writers import NullWriter
from audio.training.train import train
from audio.training.trainer import Training
from tests.unit.audio.conftest import ignore

TAGS = {f"{q}/{s}" for q in ("loss", "accuracy") for s in ("train", "validation")}
TAGS |= {"learning_rate/train", "clips_per_second/train"}


class Notebook:
    """A writer that keeps what it is told."""

    def __init__(self):
        self.scalars, self.sounds, self.figures = [], [], []

    def add_scalar(self, tag, value, step):
        self.scalars.append((tag, step, value))

    def add_audio(self, tag, sound, step, sample_rate):
        self.sounds.append((tag, step, sound.shape, sample_rate))

    def add_figure(self, tag, figure, step, close):
        self.figures.append((tag, step, figure.axes[0].get_title()))

    def flush(self):
        pass


def test_it_learns_synthetic_sounds_well_above_chance(store, tiny, tmp_path):
    result = train(dataclasses.replace(tiny, epochs=12), store, checkpoint_dir=tmp_path, progress=ignore)
    found = evaluate(result.model_path, store, EvaluateConfig())
    assert found.accuracy > 0.6 and found.accuracy == pytest.approx(
        result.metrics["accuracy/validation"], abs=0.04
    )


def test_each_epoch_reports_every_scalar(store, tiny, tmp_path):
    notebook = Notebook()
    train(tiny, store, writer=notebook, checkpoint_dir=tmp_path, progress=ignore)
    assert {(tag, step) for tag, step, _ in notebook.scalars} == {(t, e) for t in TAGS for e in (1, 2)}
    assert all(math.isfinite(value) for _, _, value in notebook.scalars)


def test_samples_keep_their_tag_and_show_label_and_prediction(store, tiny, tmp_path):
    notebook = Notebook()
    config = dataclasses.replace(tiny, debug_samples_every=1, debug_samples=8)
    train(config, store, writer=notebook, checkpoint_dir=tmp_path, progress=ignore)
    notebook.sounds, notebook.figures = (
        [entry for entry in kept if not entry[0].startswith(("augmentation/", "batch/"))]
        for kept in (notebook.sounds, notebook.figures)
    )
    assert len(notebook.sounds) == len(notebook.figures) == 16
    assert len({tag for tag, *_ in notebook.sounds}) == 8  # the same clips in both epochs
    assert {shape[0] for _, _, shape, _ in notebook.sounds} == {1}
    labels = {tag.split("/")[1].split(" · ")[0] for tag, *_ in notebook.figures}
    assert labels == set(store.classes)
    assert all(" → " in title for _, _, title in notebook.figures)


def test_a_summary_writer_takes_it_all(store, tiny, tmp_path):
    with SummaryWriter(str(tmp_path / "runs")) as writer:
        config = dataclasses.replace(tiny, epochs=1, debug_samples_every=1, debug_samples=2)
        train(config, store, writer=writer, checkpoint_dir=tmp_path, progress=ignore)
    assert sum(f.stat().st_size for f in (tmp_path / "runs").iterdir()) > 50_000


def test_a_resumed_run_ends_exactly_as_an_uninterrupted_one(store, tiny, tmp_path):
    config = dataclasses.replace(tiny, epochs=4, threads=1)
    whole = train(config, store, checkpoint_dir=tmp_path / "whole", progress=ignore)
    steps = iter(range(1000))
    # eight batches of 32 in 128 training clips make four an epoch: the stop comes in the third epoch
    first = train(
        config, store, checkpoint_dir=tmp_path / "part", progress=ignore, should_stop=lambda: next(steps) == 9
    )
    assert first.stopped and first.epochs == 2
    second = train(
        config, store, checkpoint_dir=tmp_path / "part", resume_from=first.last_path, progress=ignore
    )
    assert second.epochs == 4 and not second.stopped
    kept, again = (checkpoints.load(r.last_path) for r in (whole, second))
    for name, tensor in kept["training"]["weights"].items():
        assert torch.equal(tensor, again["training"]["weights"][name]), name
    for name, tensor in kept["weights"].items():
        assert torch.equal(tensor, again["weights"][name]), name
    assert [h["loss/train"] for h in whole.history] == [h["loss/train"] for h in second.history]


def test_a_checkpoint_reloads_to_identical_logits(store, tiny, tmp_path):
    run = Training(tiny, store, tmp_path, NullWriter(), build_engine("cpu"))
    run.run_epoch(lambda: False)
    run.keep_model(patience=0)
    state = checkpoints.load(tmp_path / "model.pt")
    again = checkpoints.model_of(state).to(memory_format=torch.channels_last)  # else other kernels add up
    wave = torch.randn(3, 8000)
    with torch.no_grad():
        assert torch.equal(again(wave), run.evaluated.eval()(wave))
    assert state["classes"] == store.classes and state["frontend"] == run.model.frontend.describe()


def test_the_validation_loss_is_that_of_the_model_that_is_kept(store, tiny, tmp_path):
    run = Training(tiny, store, tmp_path, NullWriter(), build_engine("cpu"))
    scalars = run.run_epoch(lambda: False)
    run.keep_model(patience=0)
    found = evaluate(tmp_path / "model.pt", store, EvaluateConfig())
    assert scalars["loss/validation"] == pytest.approx(found.loss, rel=1e-3)


def test_no_test_clip_is_trained_on_or_chosen_by(store):
    config = TrainConfig(fold=2, validation="development")
    training, development = divide(config, store)
    assert set(training["fold"]) == {1, 4, 5} and set(development["fold"]) == {3}
    training, watched = divide(TrainConfig(fold=2), store)
    assert set(training["fold"]) == {1, 3, 4, 5} and set(watched["fold"]) == {2}


def test_a_validation_split_is_watched_and_the_test_split_is_left_alone(store):
    index = store.index.assign(fold=0, split=["train", "validation", "test", "train"] * (len(store) // 4))
    own = dataclasses.replace(store, index=index)
    training, watched = divide(TrainConfig(), own)
    assert set(training["split"]) == {"train"} and set(watched["split"]) == {"validation"}
    two = dataclasses.replace(store, index=index.replace({"split": {"validation": "train"}}))
    assert set(divide(TrainConfig(), two)[1]["split"]) == {"test"}


def test_clips_are_cut_to_what_nine_in_ten_fit_in_and_never_to_more_than_half_a_minute(store):
    def seconds(*durations):
        index = store.index.iloc[: len(durations)].assign(duration=durations)
        return clip_frames(None, index, store.sample_rate) / store.sample_rate

    assert seconds(*[0.4] * 19, 600.0) == pytest.approx(0.4)
    assert seconds(1.0, 2.0, 2.0) == pytest.approx(2.0)
    assert seconds(600.0, 700.0) == pytest.approx(30.0)


@pytest.mark.parametrize(("clips", "size"), [(320, 32), (128, 32), (40, 10), (3, 4)])
def test_a_small_set_has_four_steps_in_an_epoch(store, tiny, tmp_path, clips, size):
    run = Training(tiny, store, tmp_path, NullWriter(), build_engine("cpu"))
    run.feed = range(clips)
    assert run.batch_size == size


def test_choosing_on_the_test_fold_is_refused():
    with pytest.raises(ConfigError, match="test fold"):
        TrainConfig(select="best")
    with pytest.raises(ConfigError, match="test fold"):
        TrainConfig(early_stop=3)


def test_early_stopping_and_best_weights_follow_the_development_fold(store, tiny, tmp_path):
    config = dataclasses.replace(
        tiny,
        epochs=30,
        validation="development",
        select="best",
        early_stop=1,
        learning_rate=0.3,
        warmup=0.0,
        ema=0.0,
    )
    result = train(config, store, checkpoint_dir=tmp_path, progress=ignore)
    losses = [h["loss/validation"] for h in result.history]
    assert (
        result.epochs < 30 and checkpoints.load(result.model_path)["epoch"] == losses.index(min(losses)) + 1
    )


def test_a_loss_that_is_not_finite_names_the_clips(store, tiny, tmp_path):
    config = dataclasses.replace(tiny, optimizer="sgd", weight_decay=1e9, clip_norm=None, epochs=20)
    with pytest.raises(NonFiniteLoss, match=r"loss became .* epoch") as caught:
        train(config, store, checkpoint_dir=tmp_path, progress=ignore)
    assert len(caught.value.clips) == 32 and caught.value.clips[0] in store.index.index


def test_a_fold_or_a_model_that_is_not_there_lists_what_is(store, tiny, tmp_path):
    with pytest.raises(ConfigError, match="1, 2, 3, 4, 5"):
        train(dataclasses.replace(tiny, fold=9), store, checkpoint_dir=tmp_path)
    with pytest.raises(ConfigError, match="Did you mean 'resnet18'"):
        train(dataclasses.replace(tiny, model="resnet-18"), store, checkpoint_dir=tmp_path)


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "x.pt").write_bytes(b"hello")
    with pytest.raises(CheckpointError, match="not a readable checkpoint"):
        checkpoints.load(tmp_path / "x.pt")
    torch.save({"a": 1}, tmp_path / "y.pt")
    with pytest.raises(CheckpointError, match="no Soundyard checkpoint"):
        checkpoints.load(tmp_path / "y.pt")


def test_a_checkpoint_that_would_run_code_is_not_loaded(tmp_path):
    torch.save({"format": "soundyard-checkpoint", "x": print}, tmp_path / "evil.pt")
    with pytest.raises(CheckpointError):
        checkpoints.load(tmp_path / "evil.pt")


def test_members_learn_apart_and_answer_together(store, tiny, tmp_path):
    config = dataclasses.replace(tiny, members=3)
    result = train(config, store, checkpoint_dir=tmp_path, progress=ignore)
    model = checkpoints.model_of(checkpoints.load(result.model_path))
    wave = torch.randn(4, 8000)
    answers = torch.stack(
        [network(model.frontend.normalise(model.features(wave))) for network in model.backbone.networks]
    )
    torch.testing.assert_close(model(wave), answers.mean(0))
    assert not torch.allclose(answers[0], answers[1])
    assert evaluate(result.model_path, store, EvaluateConfig()).accuracy > 0.2


def test_members_hear_several_front_ends_in_turn(store, tiny, tmp_path):
    config = dataclasses.replace(tiny, members=3, frontend="logmel+pcen", deltas=True)
    result = train(config, store, checkpoint_dir=tmp_path, progress=ignore)
    model = checkpoints.model_of(checkpoints.load(result.model_path))
    features = model.features(torch.randn(4, 8000))
    logmel, pcen = (features_of(model, features, channels) for channels in model.frontend.slices)
    first, second, third = model.backbone.networks
    answers = torch.stack([first(logmel), second(pcen), third(logmel)])
    torch.testing.assert_close(model.classify(features), answers.mean(0))
    assert not torch.allclose(logmel, pcen)


def features_of(model, features, channels):
    return model.frontend.normalise(features)[:, channels].contiguous(memory_format=torch.channels_last)


def test_members_from_one_set_of_weights_are_refused():
    with pytest.raises(ConfigError, match="members differ"):
        TrainConfig(members=2, pretrained=True)
