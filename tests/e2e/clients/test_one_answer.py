"""A model's answer by `tasks.predict`, through SDK and server, is the one that its files are given without them."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from audio.inference.predictor import Predictor
from tests.conftest import ROOT, ServerProcess
from tests.contract.files import FileClient
from tests.unit.audio.heard import PREPARATIONS, made_of

SOME = (
    "an event in silence.wav", "one sample.wav", "much longer.wav", "surround at 16000.wav", "eight bits.wav",
    "stereo at 96000, one side silent.wav",
)  # fmt: skip
EACH = "import json, sys; from tasks import predict; [predict.main(words) for words in json.load(sys.stdin)]"


@pytest.mark.parametrize(
    "name",
    [
        "several front ends, with slopes",
        pytest.param("long clips in several windows", marks=pytest.mark.slow),
        pytest.param("several labels", marks=pytest.mark.slow),
    ],
)
def test_a_file_gets_the_answer_that_it_gets_without_a_server(name, server: ServerProcess, tmp_path):
    root, _, path = made_of(tmp_path, name)
    files, place = FileClient(server), f"one answer/{list(PREPARATIONS).index(name)}"
    assert files.upload(f"{place}/model.pt", path.read_bytes()).ok
    model = server.call("models.create", name=f"heard {name}", uri=files.url(f"{place}/model.pt"))["id"]
    sounds = {str(root / "test" / sound): root / "test" / sound for sound in SOME}
    for sound in SOME[:2]:  # as the page gives them: on the file server
        assert files.upload(f"{place}/é #%?, {sound}", (root / "test" / sound).read_bytes()).ok
        sounds[files.url(f"{place}/é #%?, {sound}")] = root / "test" / sound
    said = predicted(server, model, list(sounds))
    predictor = Predictor(path, "cpu")
    for url, file in sounds.items():
        heard, (values, windows) = predictor.file(file), said[url]
        assert values == pytest.approx(dict(heard.top()), abs=2e-5), url
        pd.testing.assert_frame_equal(windows, heard.table(), atol=2e-5, check_dtype=False)


def predicted(
    server: ServerProcess, model: str, urls: list[str]
) -> dict[str, tuple[dict[str, float], pd.DataFrame]]:
    """What the tasks that hear these sounds, one after the other in one process, have reported: values and windows."""
    commands = [["--url", url, "--model_id", model, "--device", "cpu"] for url in urls]
    done = subprocess.run(
        [sys.executable, "-c", EACH], cwd=ROOT, env=server.environment(), input=json.dumps(commands),
        capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = server.call("tasks.get_all", name="^predict$", type=["inference"], status=["completed"])["tasks"]
    asked = {
        one["hyperparams"]["Args"]["url"]["value"]: one
        for one in found
        if one["hyperparams"]["Args"]["model_id"]["value"] == model
    }
    return {url: (values_of(server, asked[url]["id"]), windows_of(server, asked[url])) for url in urls}


def values_of(server: ServerProcess, task: str) -> dict[str, float]:
    answer = server.call("events.get_task_single_value_metrics", tasks=[task])["tasks"]
    return {one["variant"]: one["value"] for one in answer[0]["values"]}


def windows_of(server: ServerProcess, task: dict) -> pd.DataFrame:
    (artifact,) = (one for one in task["execution"]["artifacts"] if one["key"] == "windows")
    files = FileClient(server)
    content = files.get(str(Path(artifact["uri"].removeprefix(files.root)))).content
    return pd.read_csv(io.BytesIO(content), compression="gzip", index_col=0)
