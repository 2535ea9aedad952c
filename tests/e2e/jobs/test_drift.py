"""A drift report as a task: kept requests beside the clips that the model has not seen, on the task's own page."""

from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile

from audio.inference.predictor import Predictor
from audio.serving.watching.keeping import Keeper
from tests.conftest import ServerProcess
from tests.e2e.conftest import RATE, write_sounds
from tests.e2e.jobs.test_more_tasks import SMALL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def kept(folder: Path, sounds: Path, predictor: Predictor, gain: float) -> Path:
    """What an endpoint keeps that was asked about these sounds."""
    keeper = Keeper(folder, 100)
    for path in np.random.default_rng(0).permutation(sorted(map(str, sounds.rglob("*.wav")))):
        copy = folder.parent / "sound.wav"
        soundfile.write(copy, gain * soundfile.read(path)[0], RATE)
        assert keeper.keep(copy, predictor.file(copy), "digest") == "kept"
    keeper.close()
    return folder


def test_requests_that_are_softer_are_told_and_those_that_are_alike_are_not(
    server: ServerProcess, tmp_path: Path
):
    sounds = write_sounds(tmp_path / "sounds", each=75)
    done = server.run(
        *("-m", "tasks.preprocess", "--dataset", "folder", "--data", str(sounds), "--sample_rate", str(RATE)),
        *("--examples", "0", "--audio_limit", "0", "--workers", "1"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    dataset = done.stdout.split("dataset ")[-1].split()[0]
    done = server.run("-m", "tasks.train", "--dataset_id", dataset, "--epochs", "2", *SMALL)
    assert done.returncode == 0, done.stderr
    model = done.stdout.split("model ")[-1].split()[0]
    uri = server.call("models.get_by_id", model=model)["model"]["uri"]
    (tmp_path / "model.pt").write_bytes(requests.get(uri, headers=server.authorization(), timeout=60).content)
    predictor = Predictor(tmp_path / "model.pt", "cpu")
    fresh = tmp_path / "fresh"
    write_sounds(fresh / "a", each=30)
    for number, path in enumerate(sorted(fresh.rglob("*.wav"))):  # other noise than the data set's
        sound, _ = soundfile.read(path)
        soundfile.write(path, sound + 0.02 * np.random.default_rng(number).standard_normal(len(sound)), RATE)
    alike = kept(tmp_path / "é:%", sounds, predictor, 1.0)
    softer = kept(tmp_path / "softer", fresh, predictor, 0.02)
    told = {}
    for folder in (alike, softer):
        done = server.run("-m", "tasks.drift", "--model_id", model, "--kept", str(folder), "--most", "60")
        assert done.returncode == 0, done.stdout + done.stderr
        task = next(
            one
            for one in server.call("tasks.get_all", name="^drift$", order_by=["-created"])["tasks"]
            if one["status"] == "completed"
        )
        told[folder], artifacts = task["comment"], [one["key"] for one in task["execution"]["artifacts"]]
        assert {"report", "report.md"} <= set(artifacts)
    assert told[alike].startswith("no drift: 60 requests beside 30 clips")
    assert told[softer].startswith("drift in ") and "loudness" in told[softer]


def test_what_is_no_folder_of_requests_is_refused_before_there_is_a_task(
    server: ServerProcess, tmp_path: Path
):
    done = server.run("-m", "tasks.drift", "--kept", str(tmp_path))
    assert done.returncode == 1 and "has no manifest.csv" in done.stdout + done.stderr
    (tmp_path / "manifest.csv").write_text("path,label,score,at,model\ngone.wav,x,1,never,m\n")
    done = server.run("-m", "tasks.drift", "--kept", str(tmp_path))
    assert done.returncode == 1 and "lists no sound" in done.stdout + done.stderr
