"""One file, one answer: store, evaluation, prediction, command line and exported files hear the same sound.

The exported files are fed by a preparation that is written anew here, from what their metadata says and nothing else.
"""

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
import torch

from audio import predict
from audio.checkpoints import checkpoint as checkpoints
from audio.clips.store import ClipStore
from audio.clips.waves import Waves
from audio.config import EvaluateConfig, ExportConfig
from audio.evaluation.evaluate import evaluate
from audio.export.export import export
from audio.inference.predictor import Predictor
from audio.io.preparation import Preparation
from audio.metrics.objective import probabilities
from tests.unit.audio.heard import PREPARATIONS, RATE, SOUNDS, made_of


@pytest.fixture(scope="module", params=list(PREPARATIONS))
def made(request, tmp_path_factory):
    """Sounds, the store that is made of them, and a model that was trained on its ordinary ones."""
    return made_of(tmp_path_factory.mktemp("made"), request.param)


def files(root: Path, store: ClipStore) -> dict[str, Path]:
    found = {clip: root / clip for clip in store.select(split="test")["clip"]}
    assert len(found) == len(SOUNDS)
    return found


def test_every_path_gives_one_answer(made, tmp_path):
    root, store, model = made
    judged = evaluate(model, store, EvaluateConfig(batch_size=5)).clips.set_index("clip")
    predictor = Predictor(model, "cpu")
    predict.main([str(model), str(root / "test"), "--csv", str(tmp_path / "heard.csv")])
    with (tmp_path / "heard.csv").open() as table:
        rows = list(csv.DictReader(table))
    for clip, path in files(root, store).items():
        answer = dict(json.loads(judged.loc[clip, "top"]))["high"]
        heard = predictor.file(path)
        assert heard.probabilities[heard.classes.index("high")] == pytest.approx(answer, abs=2e-5), clip
        written = [float(row["high"]) for row in rows if row["file"] == str(path)]
        assert len(written) == len(heard.starts) and np.mean(written) == pytest.approx(answer, abs=2e-5), clip
        assert in_memory(store, model, clip) == pytest.approx(answer, abs=2e-5), clip
    answers = judged["top"].map(lambda top: dict(json.loads(top))["high"])
    assert answers.std() > 0.01  # a model that says the same of everything would prove nothing


def in_memory(store: ClipStore, model: Path, clip: str) -> float:
    """The stored samples through the model, all windows at once."""
    state = checkpoints.load(model)
    how = Preparation.of(state)
    waves = Waves(store, store.index.loc[[clip]], how.frames, how.fill, torch.device("cpu"))
    with torch.no_grad():
        logits = checkpoints.model_of(state)(torch.from_numpy(np.stack(list(waves.windows(0)))))
    return float(probabilities(logits, state["multi_label"]).mean(0)[state["classes"].index("high")])


def mono(path: Path, say: dict) -> np.ndarray:
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if sound.shape[1] == 6:
        assert "BS.775" in say["channels"]
        weights = np.array([0.5, 0.5, 0.5**0.5, 0, 0.5**1.5, 0.5**1.5], np.float32)
        sound = sound @ (weights / weights.sum())
    else:
        assert say["channels"].startswith("mean")
        sound = sound.mean(1)
    assert say["resampling"] == "soxr HQ"
    return sound if rate == say["sample_rate"] else soxr.resample(sound, rate, say["sample_rate"], "HQ")


def filled(sound: np.ndarray, size: int, fill: str) -> np.ndarray:
    if fill == "loop":
        return np.resize(sound, size) if len(sound) < size else sound[:size]
    return np.pad(sound, (0, max(0, size - len(sound))))[:size]


def windows_of(path: Path, say: dict) -> np.ndarray:
    """What a program that knows the metadata alone would feed the file with, `(window, time)`."""
    sound = mono(path, say)
    peak = float(np.abs(sound).max())
    scale = max(1.0, peak) if not 0 < peak < 2**-6 else 2.0 ** np.ceil(np.log2(peak))
    if say["trim_db"] is not None and peak:
        loud = np.flatnonzero(np.abs(sound) > peak * 10 ** (say["trim_db"] / 20))
        sound = sound[loud[0] : loud[-1] + 1]
    stored = np.round(sound * np.float32(32767 / scale)).astype(np.int16)
    if say["duration"] is not None:
        stored = filled(stored, round(say["duration"] * say["sample_rate"]), say["duration_fill"])
    sound, size = stored.astype(np.float32) * np.float32(scale / 32768), say["window"]
    if len(sound) <= size * (1 + say["window_slack"]):
        return filled(sound, size, say["window_fill"])[None]
    starts = [round(i * say["window_hop"]) for i in range(len(sound))]
    starts = [start for start in starts if start + size < len(sound)] + [len(sound) - size]
    return np.stack([sound[start : start + size] for start in starts])


def test_an_exported_file_s_metadata_is_enough_to_give_that_answer(made, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    root, store, model = made
    config = ExportConfig(formats=["torchscript", "onnx"], check_clips=2)
    files_made = {one.format: one.path for one in export(model, tmp_path, store, config)}
    extra = {"soundyard.json": ""}
    traced = torch.jit.load(str(files_made["torchscript"]), _extra_files=extra)
    session = onnxruntime.InferenceSession(str(files_made["onnx"]), providers=["CPUExecutionProvider"])
    told = session.get_modelmeta().custom_metadata_map
    say = json.loads(told["preparation"])
    assert json.loads(extra["soundyard.json"])["preparation"] == say
    predictor, classes = Predictor(model, "cpu"), json.loads(told["classes"])
    for clip, path in files(root, store).items():
        waves = windows_of(path, say)
        answer = predictor.file(path).probabilities
        for logits in (
            torch.cat([traced(torch.from_numpy(wave[None])) for wave in waves]),
            torch.from_numpy(session.run(None, {"waveform": waves})[0]),
        ):
            found = probabilities(logits.detach(), json.loads(told["multi_label"])).mean(0).numpy()
            np.testing.assert_allclose(found, answer, atol=1e-3, err_msg=clip)
    assert classes == predictor.classes


def test_a_model_whose_clips_were_cut_says_so_and_hears_all_when_asked(made):
    root, _, model = made
    path = root / "test" / "much longer.wav"
    cut = Preparation.of(checkpoints.load(model)).duration
    heard, whole = Predictor(model, "cpu").file(path), Predictor(model, "cpu", hop=0.2).file(path)
    assert heard.duration == whole.duration == pytest.approx(24000 / RATE + 18000 / RATE)
    assert whole.table()["end"].iloc[-1] >= 4.1 and len(whole.starts) > len(heard.starts)
    assert any("only the first" in note for note in heard.notes) == (cut is not None)
    assert not any("only the first" in note for note in whole.notes)


def test_windows_tell_when_in_the_file_they_are(made):
    root, _, model = made
    heard = Predictor(model, "cpu").file(root / "test" / "an event in silence.wav")
    trimmed = Preparation.of(checkpoints.load(model)).trim_db is not None
    assert heard.table()["start"].iloc[0] == pytest.approx(2.0 if trimmed else 0.0, abs=2e-3)


def test_an_old_checkpoint_hears_the_beginning_of_a_long_clip_as_it_did(made, tmp_path):
    root, store, model = made
    state = checkpoints.load(model)
    del state["windows"]
    checkpoints.save(state, tmp_path / "old.pt")
    judged = evaluate(tmp_path / "old.pt", store, EvaluateConfig()).clips.set_index("clip")
    whole = checkpoints.model_of(state)
    for clip in files(root, store):
        waves = Waves(
            store,
            store.index.loc[[clip]],
            state["clip_frames"],
            dataclasses.replace(checkpoints.config_of(state)).fill,
            torch.device("cpu"),
        )
        with torch.no_grad():
            answer = probabilities(whole(waves.gather(torch.tensor([0]))), state["multi_label"])[0]
        assert judged.loc[clip, "confidence"] == pytest.approx(float(answer.max()), abs=2e-5)
