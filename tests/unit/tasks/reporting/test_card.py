"""What a card takes of an evaluation's report is what the evaluation has found."""

import json

import numpy as np
import pytest
import torch

from audio.clips.store import ClipStore
from audio.evaluation.evaluate import summarise
from tasks.reporting import card, report
from tests.unit.audio import clip_stores
from tests.unit.audio.clip_stores import Sound, noise

NAMES = ["é:/%", "a|b*[x](y)", "plain"]


@pytest.fixture
def told(tmp_path):
    sounds = [Sound(NAMES[i % 3], noise(800, i), fold=1, source=str(i // 2)) for i in range(12)]
    store: ClipStore = clip_stores.write(tmp_path / "store", sounds)
    logits = 4 * torch.from_numpy(store.targets(store.index))
    logits[0] = torch.tensor([0.0, 5.0, 0.0])
    result = summarise(store, store.index, logits, {})
    about = {"data set": "d1", "split": "test", "fold": "1"}
    parts = report.sections(result, about)
    whole = {"sections": [vars(part) for part in parts]}
    return result, card.evaluated(json.loads(json.dumps(whole, default=str)))


def test_figures_come_with_their_intervals(told):
    result, found = told
    figures = {one.name: one for one in found.figures}
    measured = {name: one for name, one in result.measured.figures.items() if np.isfinite(one.value)}
    assert figures.keys() == measured.keys()
    for name, one in measured.items():
        np.testing.assert_allclose(figures[name].value, one.value, atol=1e-4)
        if np.isfinite(one.low):
            np.testing.assert_allclose(
                [figures[name].low, figures[name].high], [one.low, one.high], atol=1e-4
            )
    assert found.what == "data set d1, split test, fold 1"


def test_classes_come_with_their_f1(told):
    result, found = told
    own = result.measured.per_class
    assert {one.name for one in found.classes} == set(NAMES)
    for one in found.classes:
        assert one.value == pytest.approx(own.loc[one.name, "f1"], abs=0.006)


def test_conditions_leave_out_the_undisturbed_clips():
    rows = [
        ["undisturbed", "", None, "", 0.9, 0.0],
        ["level", "level", -20.0, "dB", 0.8, 10.0],
        ["codec", "mp3", 64.0, "", 0.9, None],
    ]
    head = ["kind", "series", "degree", "unit", "accuracy", "lost"]
    found = card.evaluated({"sections": [{"title": "Robustness", "text": [], "head": head, "rows": rows}]})
    assert [(one.name, one.accuracy, one.lost) for one in found.robustness] == [
        ("level -20 dB", 0.8, 10.0),
        ("mp3 64", 0.9, 0.0),
    ]
    assert found.what == "clips that were not named" and not found.figures


def test_a_report_of_nothing_tells_nothing():
    found = card.evaluated({})
    assert not found.figures and not found.classes and not found.robustness and not found.remarks
