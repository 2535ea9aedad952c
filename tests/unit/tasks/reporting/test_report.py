"""The report of an evaluation: all its parts, rows that lead to their clips, Markdown that no name can break."""

import json

import numpy as np
import pytest
import torch

from audio.clips.store import ClipStore
from audio.evaluation.confused import most_confused, top_losses
from audio.evaluation.evaluate import summarise
from audio.metrics.calibration import Calibration
from tasks.reporting import judged, report
from tests.unit.audio import clip_stores
from tests.unit.audio.clip_stores import Sound, noise

NAMES = ["é:/%", "a|b*[x](y)", "plain"]


@pytest.fixture
def store(tmp_path) -> ClipStore:
    sounds = [Sound(NAMES[i % 3], noise(800, i), fold=1, source=str(i // 2)) for i in range(12)]
    return clip_stores.write(tmp_path / "store", sounds)


@pytest.fixture
def result(store):
    logits = 4 * torch.from_numpy(store.targets(store.index))
    logits[0] = torch.tensor([0.0, 5.0, 0.0])  # classes are in the order of their names
    logits[3] = logits[0]
    return summarise(store, store.index, logits, {})


class Task:
    """What the report asks of a task."""

    name = "evaluate é"

    def __init__(self) -> None:
        self.artifacts: dict[str, str] = {}

    def get_output_log_web_page(self) -> str:
        return "http://127.0.0.1:1/projects/p/tasks/t/output/log"

    def upload_artifact(self, name, file, wait_on_upload) -> None:
        self.artifacts[name] = file.read_text("utf-8")


def written(result, tmp_path):
    task = Task()
    report.write(task, tmp_path, result, {"model": "m", "fold": ""})
    return json.loads(task.artifacts["report"]), task.artifacts["report.md"]


def test_a_report_has_all_its_parts_and_is_json_without_nan(result, tmp_path):
    whole, text = written(result, tmp_path)
    titles = [part["title"] for part in whole["sections"]]
    assert titles == [
        *("What was found", "Confusion matrix", "Most confused", "Top losses", "Classes", "Calibration"),
        "How it was made",
    ]
    assert all(f"## {title}" in text for title in titles)
    assert "NaN" not in json.dumps(whole) and "accuracy 83.33%" in text and "model: m" in text
    assert "fold:" not in text  # nothing is said of what is not known


def test_a_row_of_the_most_confused_leads_to_its_clips(result, tmp_path):
    whole, text = written(result, tmp_path)
    part = next(one for one in whole["sections"] if one["title"] == "Most confused")
    pair = part["links"][0]
    wrong = result.clips[result.clips["label"] != result.clips["prediction"]]
    assert part["rows"][0][:3] == [pair["label"], pair["prediction"], 2] and len(part["rows"]) == 1
    assert set(wrong["label"]) == {pair["label"]} and set(wrong["prediction"]) == {pair["prediction"]}
    assert "/projects/p/tasks/t/output/audio?label=" in text
    losses = next(one for one in whole["sections"] if one["title"] == "Top losses")
    assert losses["links"][0] == {"clip": result.clips["clip"].iloc[0]}


def test_names_break_neither_tables_nor_links_of_markdown(result, tmp_path):
    _, text = written(result, tmp_path)
    rows = [line for line in text.splitlines() if line.startswith("| ") and "a\\|b" in line]
    assert rows and all("a\\|b\\*\\[x\\](y)" in row for row in rows)
    link = next(line for line in text.splitlines() if "output/audio?label=" in line)
    assert " " not in link.split("](")[-1].split(")")[0]


def test_pairs_are_counted_the_commonest_first_and_of_equals_by_name():
    counts = np.array([[5, 1, 2], [2, 5, 0], [0, 1, 9]])
    found = most_confused(counts, ["a", "b", "c"])
    assert found[["label", "prediction", "clips"]].values.tolist() == [
        ["a", "c", 2],
        ["b", "a", 2],
        ["a", "b", 1],
        ["c", "b", 1],
    ]
    assert found["share"].iloc[0] == pytest.approx(2 / 8)
    assert len(most_confused(counts, ["a", "b", "c"], most=2)) == 2
    assert most_confused(np.diag([3, 4]), ["a", "b"]).empty


def test_a_model_without_a_mistake_says_so(store, tmp_path):
    perfect = summarise(store, store.index, 9 * torch.from_numpy(store.targets(store.index)), {})
    _, text = written(perfect, tmp_path)
    assert "No clip was taken for another class." in text
    assert len(top_losses(perfect, 3)) == 3


def test_reliability_shows_both_kinds_where_the_model_keeps_a_calibration(result, tmp_path):
    from dataclasses import replace

    told = replace(result, calibration=Calibration(2.0, [], 10, 5, 0.2, 0.1))
    whole, _ = written(told, tmp_path)
    part = next(one for one in whole["sections"] if one["title"] == "Calibration")
    assert [trace["name"].split(",")[0] for trace in part["plots"][0]["data"]] == [
        *("as promised", "as they are", "calibrated")
    ]
    assert any("temperature 2" in line for line in part["text"])


def test_every_kind_of_disturbance_has_a_picture_with_the_undisturbed_line():
    import pandas as pd

    from audio.evaluation.robustness import COLUMNS

    rows = [
        ("undisturbed", "undisturbed", np.nan, "", 0.9, 0.8, 1.0, 0.9, 0.0, 0.0, 0.0, 10),
        ("noise", "white noise", 20, "dB SNR", 0.8, 0.7, 0.9, 0.8, 10.0, 0.0, 20.0, 10),
        ("noise", "white noise", 10, "dB SNR", 0.5, 0.4, 0.6, 0.5, 40.0, 30.0, 50.0, 10),
        ("codec", "mp3", 0.5, "compression", 0.9, 0.8, 1.0, 0.9, 0.0, 0.0, 0.0, 10),
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    found = judged.robustness_figures({"new": table, "old": table})
    assert list(found) == ["noise", "codec"]
    names = [trace["name"] for trace in found["noise"]["data"]]
    assert names == ["white noise new", "undisturbed new", "white noise old", "undisturbed old"]
    assert found["noise"]["data"][0]["x"] == [20, 10] and found["codec"]["data"][0]["x"] == ["mp3 0.5"]
    json.dumps(found)
