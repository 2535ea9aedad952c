"""All the ways a program reports with the unmodified SDK, and what can be read back of it, by the SDK and raw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests

from tests.conftest import ROOT, ServerProcess
from tests.e2e.writers import headers

PROGRAM = ROOT / "tests" / "e2e" / "programs" / "report_everything.py"


@pytest.fixture(scope="module")
def task(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A task that has reported everything."""
    folder = tmp_path_factory.mktemp("reports")
    done = server.run(str(PROGRAM), "--folder", str(folder), timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split("TASK ")[-1].strip()


@pytest.fixture(scope="module")
def scalars(server: ServerProcess, task: str) -> dict:
    return server.scalars(task)


@pytest.fixture(scope="module")
def plots(server: ServerProcess, task: str) -> dict[str, dict]:
    """The Plotly object of each metric's newest plot."""
    found = server.call("events.get_task_plots", task=task)["plots"]
    return {plot["metric"]: json.loads(plot["plot_str"]) for plot in found}


@pytest.fixture(scope="module")
def samples(server: ServerProcess, task: str) -> dict[str, list[dict]]:
    """Debug samples by metric, newest first."""
    found: dict[str, list[dict]] = {}
    page = server.call("events.debug_images", metrics=[{"task": task}], iters=100)
    for iteration in page["metrics"][0]["iterations"]:
        for event in iteration["events"]:
            found.setdefault(event["metric"], []).append(event)
    return found


def test_the_task_ends_completed_and_knows_its_last_iteration(server: ServerProcess, task: str) -> None:
    found = server.task(task)
    assert (found["status"], found["last_iteration"]) == ("completed", 9)


def test_scalars_of_the_logger_and_of_tensorboard_are_curves(scalars: dict) -> None:
    assert scalars["logger scalar"]["a/b.c d"]["x"] == list(range(10))
    assert scalars["логгер"]["ряд"] == {"name": "ряд", "x": [3], "y": [2.5]}
    assert set(scalars["tb_loss"]) == {"train", "validation"}
    assert scalars["tb_loss"]["train"]["y"] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5])
    assert scalars["tb_many"]["y"]["y"] == [0, -1, -2, -3, -4]


def test_a_single_value_is_no_curve(server: ServerProcess, task: str, scalars: dict) -> None:
    (found,) = server.call("events.get_task_single_value_metrics", tasks=[task])["tasks"]
    assert {one["variant"]: one["value"] for one in found["values"]} == {"accuracy %": 0.875}
    assert "Summary" not in scalars


@pytest.mark.parametrize(
    "metric",
    [
        "vector", "histogram", "table", "line", "scatter2d", "scatter3d", "confusion", "matrix", "surface", "plotly",
        "tb_histogram",
    ],
)  # fmt: skip
def test_every_kind_of_plot_arrives_as_plotly(plots: dict, metric: str) -> None:
    assert plots[metric]["data"], sorted(plots)


def test_the_numbers_of_a_confusion_matrix_are_what_was_reported(plots: dict) -> None:
    (trace,) = plots["confusion"]["data"]
    assert [list(map(float, row)) for row in trace["z"]] == [[5, 0, 0], [0, 5, 0], [0, 0, 5]]


def test_a_table_holds_its_cells(plots: dict) -> None:
    (trace,) = plots["table"]["data"]
    assert [list(column) for column in trace["cells"]["values"]] == [["dog", "rain"], [4, 7]]


def test_figures_of_matplotlib_arrive_reported_and_shown(plots: dict, samples: dict) -> None:
    arrived = set(plots) | set(samples)
    assert {"matplotlib reported", "matplotlib shown", "tb_figure"} <= arrived, arrived


@pytest.mark.parametrize(
    ("metric", "suffix", "count"),
    [
        ("image", ".jpeg", 1),
        ("media", ".wav", 3),
        ("media", ".html", 1),
        ("media", ".txt", 1),
        ("tb_audio", ".wav", 5),
        ("tb_image", ".jpeg", 1),
        ("tb_images", ".jpeg", 1),
    ],
)
def test_debug_samples_are_listed_and_their_files_are_there(
    server: ServerProcess, samples: dict, metric: str, suffix: str, count: int
) -> None:
    found = [one for one in samples[metric] if one["url"].endswith(suffix)]
    assert len(found) == count, samples[metric]
    for one in found:
        answer = requests.get(one["url"], headers=headers(server), timeout=30)
        assert answer.status_code == 200 and answer.content
        if suffix == ".wav":
            assert answer.content[:4] == b"RIFF" and answer.headers["Content-Type"] == "audio/wav"


def test_each_iteration_of_a_sound_has_a_file_of_its_own(samples: dict) -> None:
    sounds = samples["tb_audio"]
    assert [one["iter"] for one in sounds] == [4, 3, 2, 1, 0]
    assert len({one["url"] for one in sounds}) == 5


def test_text_of_the_logger_and_of_print_is_in_the_console(server: ServerProcess, task: str) -> None:
    console = server.console(task)
    assert "a line of the logger" in console and "a line of print" in console


def test_tensorboards_hyperparameters_become_the_tasks(server: ServerProcess, task: str) -> None:
    section = server.task(task)["hyperparams"]["TB_hparams"]
    values = {name: one["value"] for name, one in section.items()}
    assert "cnn" in values.values() and "0.1" in values.values()


READ_BACK = """
import json, sys
from clearml import Task
task = Task.get_task(task_id=sys.argv[1])
samples = task.get_debug_samples("tb_audio", "clip")
print(json.dumps({
    "scalars": task.get_reported_scalars(max_samples=5)["logger scalar"]["a/b.c d"]["x"],
    "all": sum(len(v["x"]) for m in task.get_all_reported_scalars().values() for v in m.values()),
    "single": task.get_reported_single_values(),
    "plots": sorted({plot["metric"] for plot in task.get_reported_plots()}),
    "samples": [one["iter"] for one in samples],
    "console": task.get_reported_console_output(number_of_reports=50),
    "last": {m: {v: one["last"] for v, one in vs.items()} for m, vs in task.get_last_scalar_metrics().items()},
}))
"""


def test_the_sdk_reads_back_what_it_reported(
    server: ServerProcess, task: str, tmp_path: Path, scalars: dict, plots: dict
) -> None:
    program = tmp_path / "read_back.py"
    program.write_text(READ_BACK)
    done = server.run(str(program), task)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert found["scalars"][0] == 0 and found["scalars"][-1] == 9 and len(found["scalars"]) <= 5
    assert found["all"] >= sum(len(line["x"]) for metric in scalars.values() for line in metric.values())
    assert found["single"] == {"accuracy %": 0.875}
    assert found["plots"] == sorted(plots)
    assert found["samples"] == [4, 3, 2, 1, 0]
    assert any("a line of print" in text for text in found["console"])
    assert found["last"]["tb_loss"]["train"] == pytest.approx(0.2)
