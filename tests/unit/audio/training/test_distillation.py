"""A teacher: its answers are learned besides the labels, of the same augmented sound, and the gain is told."""

import dataclasses
import math

import pytest
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.splits import held_out
from audio.clips.waves import Waves
from audio.config import TrainConfig
from audio.distributed import SingleProcess
from audio.errors import ConfigError
from audio.metrics.objective import distance
from audio.models import build
from audio.training.companions.teacher import Teachers
from audio.training.stepper import Stepper
from audio.training.train import train
from tests.unit.audio.conftest import ignore

CPU = SingleProcess(torch.device("cpu"))


@pytest.fixture(scope="module")
def teacher(store, tmp_path_factory):
    """A larger network trained for a few epochs on all folds but the first."""
    config = TrainConfig(
        model="cnn-wide", epochs=8, n_fft=256, win_length=256, hop_length=128, n_mels=16, crop_seconds=1.0,
        speeds=[1.0], frequency_mask_bands=2, time_mask_frames=4, debug_samples_every=0,
    )  # fmt: skip
    return train(config, store, checkpoint_dir=tmp_path_factory.mktemp("teacher"), progress=ignore).model_path


def test_the_distance_is_none_for_the_same_answer_and_keeps_its_gradient_at_any_temperature():
    logits = torch.tensor([[2.0, 0.0, -1.0]], requires_grad=True)
    for temperature in (1.0, 4.0):
        same = torch.softmax(logits.detach() / temperature, dim=1)
        assert float(distance(logits, same, False, temperature).detach()) == pytest.approx(0, abs=1e-5)
    several = torch.sigmoid(logits.detach() / 2)
    assert float(distance(logits, several, True, 2.0).detach()) == pytest.approx(0, abs=1e-5)
    assert float(distance(logits, torch.tensor([[0.0, 1.0, 0.0]]), True, 1.0).detach()) > 0.5
    sizes = []
    for temperature in (8.0, 64.0):
        flat = torch.softmax(torch.tensor([[0.0, 1.0, 0.0]]) / temperature, dim=1)
        logits.grad = None
        distance(logits, flat, False, temperature).sum().backward()
        sizes.append(float(logits.grad.norm()))
    assert sizes[0] == pytest.approx(sizes[1], rel=0.2)


def test_a_student_comes_to_answer_as_its_teacher_does(store, tiny, teacher, tmp_path, capsys):
    config = dataclasses.replace(tiny, epochs=12, teacher=[str(teacher)], teacher_weight=1.0)
    result = train(config, store, checkpoint_dir=tmp_path / "taught", progress=ignore)
    alone = train(
        dataclasses.replace(tiny, epochs=12), store, checkpoint_dir=tmp_path / "alone", progress=ignore
    )
    theirs = checkpoints.model_of(checkpoints.load(teacher))
    waves = Waves(store, held_out(store, 1), 8000, "loop", CPU.device).gather(torch.arange(12))
    apart = []
    for path in (result.model_path, alone.model_path):
        with torch.no_grad():
            model = checkpoints.model_of(checkpoints.load(path))
            softened = torch.softmax(theirs(waves), dim=1)
            apart.append(float(distance(model(waves), softened, False, 1.0).mean()))
    assert apart[0] < apart[1]  # of sound that neither of them has heard
    said = capsys.readouterr().out
    assert "hears what is trained on, augmented" in said and "times as many" in said
    rows = result.gain
    assert list(rows["network"]) == [f"teacher {teacher}", "this network"] and alone.gain is None
    assert rows["parameters"][0] > 3 * rows["parameters"][1]
    assert rows["accuracy"][1] == pytest.approx(result.metrics["accuracy/validation"], abs=0.05)
    assert (rows["low"] <= rows["accuracy"]).all() and (rows["accuracy"] <= rows["high"]).all()
    assert (rows["p50 ms"] > 0).all() and (rows["p95 ms"] >= rows["p50 ms"]).all()


def test_the_teacher_hears_the_very_batch_that_the_student_hears(store, tiny, teacher):
    config = dataclasses.replace(tiny, model="tutorial-cnn", dropout=0.0, teacher=[str(teacher)], ema=0.0)
    config = dataclasses.replace(config, teacher_weight=1.0, precision="fp32")
    student = build(config, 8000, len(store.classes)).eval()
    teachers = Teachers(config, store, student, CPU.device)
    stepper = Stepper(config, student, CPU, torch.eye(len(store.classes)), False, "fp32", teachers)
    features, labels = torch.randn(6, 1, 16, 30), torch.eye(len(store.classes))[:6].repeat(2, 1)[:6]
    own = teachers.all[0].model
    with torch.no_grad():
        expected = distance(
            student.classify(features), torch.softmax(own.classify(features) / 2.0, dim=1), False, 2.0
        ).mean()
    loss, _ = stepper.train_step(features, labels, 0.0, last=True)
    assert float(loss) == pytest.approx(float(expected), rel=1e-4)
    assert not any(p.requires_grad for p in own.parameters()) and not own.training


def test_a_teacher_of_other_features_answers_to_whole_clips_mixed_as_the_labels_are(
    store, tiny, teacher, tmp_path, capsys
):
    config = dataclasses.replace(tiny, n_mels=24, teacher=[str(teacher)], epochs=3, mixup=1.0)
    result = train(config, store, checkpoint_dir=tmp_path, progress=ignore)
    assert "heard each clip once, as it is" in capsys.readouterr().out
    assert math.isfinite(result.metrics["loss/train"]) and len(result.gain) == 2


def test_several_teachers_of_both_kinds_are_averaged_and_a_taught_run_resumes_exactly(
    store, tiny, teacher, tmp_path
):
    other = train(
        dataclasses.replace(tiny, n_mels=24, members=2), store, checkpoint_dir=tmp_path / "o", progress=ignore
    )
    config = dataclasses.replace(tiny, members=2, teacher=[str(teacher), str(other.model_path)], threads=1)
    whole = train(config, store, checkpoint_dir=tmp_path / "whole", progress=ignore)
    steps = iter(range(1000))
    first = train(
        config, store, checkpoint_dir=tmp_path / "part", progress=ignore, should_stop=lambda: next(steps) == 7
    )
    assert first.epochs == 1 and first.gain is None
    second = train(
        config, store, checkpoint_dir=tmp_path / "part", resume_from=first.last_path, progress=ignore
    )
    assert len(second.gain) == 3
    kept, again = (checkpoints.load(r.last_path)["weights"] for r in (whole, second))
    assert all(torch.equal(tensor, again[name]) for name, tensor in kept.items())


def test_a_teacher_that_has_heard_what_is_held_out_is_refused(store, tiny, teacher, tmp_path):
    with pytest.raises(ConfigError, match=r"which `teacher` names, was trained on .* held-out clips"):
        train(
            dataclasses.replace(tiny, fold=2, teacher=[str(teacher)]),
            store,
            checkpoint_dir=tmp_path,
            progress=ignore,
        )


def test_a_teacher_of_other_classes_or_another_rate_is_refused_by_name(store, tiny, teacher, tmp_path):
    state = checkpoints.load(teacher)
    for changed, said in (
        ({"classes": ["a", *state["classes"][1:]]}, "does not know 1 of the"),
        ({"sample_rate": 16000}, "hears sound at 16000 Hz, the clip store is at 8000 Hz"),
        ({"multi_label": True}, "gives several labels to a clip"),
    ):
        checkpoints.save({**state, **changed}, tmp_path / "é:% teacher.pt")
        with pytest.raises(ConfigError, match=said):
            Teachers(
                dataclasses.replace(tiny, teacher=[str(tmp_path / "é:% teacher.pt")]),
                store,
                build(tiny, 8000, 4),
                CPU.device,
            )
    with pytest.raises(ConfigError, match="There is no teacher at"):
        train(
            dataclasses.replace(tiny, teacher=[str(tmp_path / "none.pt")]),
            store,
            checkpoint_dir=tmp_path,
            progress=ignore,
        )
