"""Model cards: every figure in one was recorded, and what was not is said to be missing."""

import json
import re
from pathlib import Path

import pytest
import torch

from audio.export.card import Card, Condition, Data, Evaluated, Figure
from audio.export.check import Exported, Latency

STATE = {
    "config": {"model": "cnn", "frontend": "logmel", "seed": 7},
    "classes": ["dog", "é|*x*"],
    "multi_label": False,
    "sample_rate": 16000,
    "clip_frames": 80000,
    "epoch": 12,
    "weights": {"a": torch.zeros(1000, 250)},
}
DATA = Data.of(
    {"dataset": {"title": "ESC-10", "licence": "CC BY 3.0", "homepage": "http://esc"}}, [5.0] * 720, 600
)
EVALUATED = Evaluated(
    "ESC-10, fold 1",
    [Figure("accuracy", 0.8125, 0.7, 0.9), Figure("loss", 0.61)],
    [Figure("dog", 0.9), Figure("é|*x*", 0.4)],
    [Condition("level, gain -20 dB", 0.8, 1.2), Condition("noise, white 0 dB", 0.3, 51.2)],
    ["Expected calibration error, as they are: 0.071."],
)
EXPORTED = Exported(
    path=Path("model.onnx"), format="onnx", megabytes=1.1, difference=1e-5, agreement=1.0, lost=0.0,
    latency=Latency(2.0, 3.0), model_latency=Latency(8.0, 9.0), model_megabytes=1.0,
)  # fmt: skip


def parts(text: str) -> dict[str, str]:
    return dict(re.findall(r"^## (.+)\n\n((?:(?!^## )[^\n]*\n)*)", text, re.M))


def test_a_card_tells_what_was_recorded():
    found = parts(Card("my cnn", STATE, DATA, "abc", [EVALUATED], [EXPORTED]).markdown())
    assert list(found) == [
        "What it is", "Data", "Figures", "Robustness", "Limits", "Files", "How to load it",
    ]  # fmt: skip
    assert "`cnn` on `logmel`, 0.25 million" in found["What it is"]
    assert "16000 Hz in windows of 5 s" in found["What it is"] and "seed 7" in found["What it is"]
    assert "CC BY 3.0" in found["Data"] and "720 clips, 1.00 hours; 600 of them" in found["Data"]
    assert "| accuracy | 0.812 (0.700 to 0.900) |" in found["Figures"]
    assert "| loss | 0.610 |" in found["Figures"], "without an interval none is made up"
    assert "| noise, white 0 dB | 0.300 | 51.2 |" in found["Robustness"]
    assert "noise, white 0 dB (51)" in found["Limits"] and "-20 dB" not in found["Limits"]
    assert r"é\|\*x\* 0.40, dog 0.90" in found["Limits"]
    assert "| model.onnx | 1.10 | 100.0% | 0.0 | 2.0 | 8.0 |" in found["Files"]
    assert 'soundyard.Predictor("model.onnx")' in found["How to load it"]
    assert 'soundyard.Predictor("abc")' in found["How to load it"]


def test_what_was_not_measured_is_said_and_no_figure_stands_in_its_place():
    text = Card("m", STATE, Data()).markdown()
    found = parts(text)
    assert found["Figures"].startswith("Not measured.") and found["Robustness"].startswith("Not measured.")
    assert "not recorded" in found["Data"] and "licence" in found["Data"].lower()
    assert "was not measured" in found["Limits"] and "none were made" in found["Files"]
    assert "model-index" not in text and "datasets:" not in text
    assert not re.search(r"0\.\d{3}", "".join(found[name] for name in ("Figures", "Robustness", "Limits")))


@pytest.mark.parametrize("name", ["plain", 'a "b" #c', "é: {x}", "- list\n---\nx"])
def test_the_front_matter_is_yaml_whatever_the_names(name: str):
    yaml = pytest.importorskip("yaml")
    text = Card(name, STATE, Data(title=name), "", [Evaluated(name, EVALUATED.figures)]).markdown()
    _, front, body = re.split(r"^---\n", text, maxsplit=2, flags=re.M)
    found = yaml.safe_load(front)
    assert found["datasets"] == [name] and found["model-index"][0]["name"] == name
    (result,) = found["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "accuracy", "value": 0.8125}] and result["dataset"]["name"] == name
    assert "\n# " in "\n" + body and json.dumps(found)
