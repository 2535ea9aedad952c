"""`soundyard.Predictor`: one answer from a checkpoint, ONNX and integers, however sound comes; no torch for ONNX."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

import soundyard
from audio.config import ExportConfig
from audio.errors import CheckpointError, ConfigError, DatasetError
from audio.export.export import export
from audio.io.reading import Undecodable
from tests.conftest import ROOT
from tests.unit.audio.heard import RATE, made_of

ALONE = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] not in sys.stdlib_module_names | {
            'audio', 'tasks', 'soundyard', 'numpy', 'soundfile', '_soundfile', '_soundfile_data', 'soxr', 'cffi',
            '_cffi_backend', 'onnxruntime', '__mp_main__', 'google', 'flatbuffers'}:
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
sys.meta_path.insert(0, Block())
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Awkward sounds, and a model as a checkpoint, as ONNX and in eight bits."""
    folder = tmp_path_factory.mktemp("models")
    root, store, checkpoint = made_of(folder, "as they are")
    config = ExportConfig(formats=["onnx", "onnx-int8"], check_clips=8, int8_tolerance=100)
    made = {one.format: one.path for one in export(checkpoint, folder / "exported", store, config)}
    sounds = root / "test"
    rate, dice = 8000, np.random.default_rng(1)
    minute = np.concatenate([0.4 * np.sin(np.arange(rate * 30) * 0.3), 0.1 * dice.standard_normal(rate * 30)])
    soundfile.write(sounds / "a minute.flac", minute, rate)
    soundfile.write(sounds / "float at -60 dB.wav", 1e-3 * minute[:rate], rate, subtype="FLOAT")
    whole = (sounds / "longer.wav").read_bytes()
    (sounds / "trailing junk.wav").write_bytes(whole + b"LIST junk \xff" * 300)
    return sounds, {"checkpoint": checkpoint, **made}


def test_a_checkpoint_onnx_and_integers_give_one_answer_to_awkward_files(models):
    sounds, files = models
    first, *others = (soundyard.Predictor(path, "cpu") for path in files.values())
    heard = {one.path: one for one in first(sounds)}
    assert len(heard) == len(list(sounds.iterdir())) > 20
    for other, near in zip(others, (1e-4, 0.05), strict=True):
        for found in other(str(sounds)):
            mine = heard[found.path]
            np.testing.assert_allclose(found.by_window, mine.by_window, atol=near, err_msg=found.path.name)
            np.testing.assert_array_equal(found.starts, mine.starts)
            assert (found.notes, found.duration) == (mine.notes, mine.duration)
    spread = np.array([one.probabilities[0] for one in heard.values()])
    assert spread.std() > 0.05  # a model that says the same of everything would prove nothing


def test_bytes_an_open_file_an_array_and_blocks_are_heard_as_the_file_is(models):
    sounds, files = models
    predictor = soundyard.Predictor(files["onnx"])
    for name in ("stereo at 44100.wav", "surround at 16000.wav", "much longer.wav", "one sample.wav"):
        path = sounds / name
        expected = predictor(path).by_window
        samples, rate = soundfile.read(path, dtype="float32")
        with path.open("rb") as file:
            ways = [predictor(path.read_bytes()), predictor(file)]
        ways.append(predictor(samples, rate))
        ways.append(predictor((samples[at : at + 777] for at in range(0, len(samples), 777)), rate))
        for found in ways:
            np.testing.assert_allclose(found.by_window, expected, atol=1e-5, err_msg=name)


@pytest.mark.parametrize(("kind", "full"), [("int16", 2**15), ("int32", 2**31), ("float64", 1)])
def test_integers_are_taken_for_their_full_range(models, kind, full):
    predictor = soundyard.Predictor(models[1]["onnx"])
    wave = 0.5 * np.sin(np.arange(4000) * 0.3)
    expected = predictor(wave, RATE).probabilities
    np.testing.assert_allclose(predictor((wave * full).astype(kind), RATE).probabilities, expected, atol=1e-3)


def test_several_sounds_in_shared_batches_are_answered_as_one_by_one(models):
    sounds, files = models
    predictor = soundyard.Predictor(files["onnx"])
    paths = [sounds / name for name in ("a minute.flac", "one sample.wav", "silence.wav", "longer.wav")] * 3
    for path, found in zip(paths, predictor(paths), strict=True):
        assert found.path == path
        np.testing.assert_allclose(found.by_window, predictor(path).by_window, atol=1e-5)


def test_what_cannot_be_heard_is_told_in_its_turn_and_the_others_go_on(models, tmp_path):
    predictor = soundyard.Predictor(models[1]["onnx"])
    (tmp_path / "broken.wav").write_bytes(b"RIFF nothing")
    good = models[0] / "longer.wav"
    told: list[tuple[Path, str]] = []
    heard = predictor.several(
        [good, tmp_path / "broken.wav", good], failed=lambda sound, error: told.append((sound, str(error)))
    )
    assert [one.path for one in heard] == [good, good]
    assert told[0][0] == tmp_path / "broken.wav" and "broken.wav" in told[0][1]
    several = predictor([good, tmp_path / "broken.wav", good])
    assert next(several).path == good
    with pytest.raises(Undecodable, match=r"broken\.wav"):
        next(several)


def test_embeddings_are_those_of_the_checkpoint_or_plainly_refused(models):
    sounds, files = models
    path = sounds / "longer.wav"
    mine, onnx, integers = (soundyard.Predictor(one, "cpu")(path, embeddings=True) for one in files.values())
    assert mine.embedding.ndim == 1 and len(mine.embedding) > 8 and mine.embedding.std() > 0
    np.testing.assert_allclose(onnx.embedding, mine.embedding, atol=1e-3)
    assert np.corrcoef(integers.embedding, mine.embedding)[0, 1] > 0.98
    with pytest.raises(ConfigError, match="embeddings=True"):
        _ = soundyard.Predictor(files["onnx"])(path).embedding


def test_a_file_without_embeddings_says_so(models, tmp_path):
    onnx = pytest.importorskip("onnx")
    proto = onnx.load(models[1]["onnx"])
    del proto.graph.output[1]
    onnx.save(proto, tmp_path / "older.onnx")
    predictor, path = soundyard.Predictor(tmp_path / "older.onnx"), models[0] / "longer.wav"
    assert predictor(path).label in predictor.classes
    with pytest.raises(ConfigError, match="gives out no embeddings"):
        predictor(path, embeddings=True)


def test_what_is_no_model_or_no_sound_is_refused_for_what_it_is(models, tmp_path):
    onnx = pytest.importorskip("onnx")
    predictor = soundyard.Predictor(models[1]["onnx"])
    proto = onnx.load(models[1]["onnx"])
    del proto.metadata_props[:]
    onnx.save(proto, tmp_path / "foreign.onnx")
    (tmp_path / "text.onnx").write_text("hello")
    (tmp_path / "nothing").mkdir()
    for name, said in (("foreign", "metadata lacks classes"), ("text", "no ONNX model"), ("gone", "no file")):
        with pytest.raises(CheckpointError, match=said):
            soundyard.Predictor(tmp_path / f"{name}.onnx")
    with pytest.raises(ConfigError, match="bf16"):
        soundyard.Predictor(models[1]["onnx"], precision="bf16")
    for sound, rate, said in (
        (np.zeros(8), None, "sample rate"),
        (np.zeros(8), 0, "sample rate"),
        (np.zeros((2, 16000)), 16000, r"shape \(2, 16000\)"),
        (np.zeros(8, complex), 8000, "complex"),
        (3, None, "int"),
    ):
        with pytest.raises(ConfigError, match=said):
            predictor(sound, rate)
    with pytest.raises(Undecodable, match="no samples"):
        predictor(np.zeros(0), 8000)
    with pytest.raises(Undecodable, match="NaN"):
        predictor(np.full(800, np.nan), 8000)
    with pytest.raises(DatasetError, match="nothing"):
        predictor(tmp_path / "nothing")


def test_an_onnx_file_is_heard_where_nothing_else_is_installed(models):
    sounds, files = models
    script = f"""{ALONE}
import soundyard
heard = soundyard.Predictor({str(files["onnx"])!r})({str(sounds / "longer.wav")!r})
print(heard.label, *sorted({{one.partition('.')[0] for one in sys.modules}} & {{'torch', 'clearml', 'pandas'}}))
from soundyard.__main__ import main
sys.exit(main(['predict', {str(sounds / "longer.wav")!r}, '--model', {str(files["onnx"])!r}, '--json']))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    label, line = done.stdout.splitlines()
    expected = soundyard.Predictor(files["checkpoint"], "cpu")(sounds / "longer.wav")
    assert label == expected.label  # and no name of a heavy library behind it
    assert json.loads(line)["top"][0]["probability"] == pytest.approx(expected.top(1)[0][1], abs=1e-4)


def test_events_take_no_more_either_in_one_process_or_in_two(models, tmp_path):
    sounds, files = models
    for jobs in ("1", "2"):
        words = [
            "events",
            str(sounds),
            "--model",
            str(files["onnx"]),
            "--out",
            str(tmp_path / jobs),
            "--jobs",
            jobs,
        ]
        script = f"{ALONE}\nfrom soundyard.__main__ import main\nsys.exit(main({words!r}))"
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "1").read_text() == (tmp_path / "2").read_text()
    assert len((tmp_path / "1").read_text().splitlines()) > 20


def test_the_command_takes_the_model_first_or_by_its_option(models):
    from audio.predict import told

    path = str(models[0] / "longer.wav")
    first, named = told(["model.pt", path]), told([path, "--model", "model.pt"])
    assert (first.model, first.files) == (named.model, named.files)
    with pytest.raises(SystemExit):
        told(["model.pt"])


def test_a_second_of_sound_is_answered_in_less_than_a_tenth_of_one(models):
    predictor = soundyard.Predictor(models[1]["onnx"])
    second = (0.3 * np.sin(np.arange(RATE) * 0.3)).astype(np.float32)
    spent = []
    for _ in range(20):
        started = time.perf_counter()
        predictor(second, RATE)
        spent.append(time.perf_counter() - started)
    assert np.median(spent) < 0.1
