"""Folders of Hugging Face: read by the library alone, in a process of its own, they answer as the model does."""

import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.store import ClipStore
from audio.config import ExportConfig, PreprocessConfig, TrainConfig
from audio.export.export import ExportError, export
from audio.models import build
from audio.preprocessing.preprocess import preprocess
from audio.training.train import train
from tests.unit.audio import encoders
from tests.unit.audio.conftest import ignore, write_tree

RATE = 16000
LIBRARY_ALONE = """
import json, sys
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification, pipeline
assert not any(name.split(".")[0] in ("audio", "tasks") for name in sys.modules)
folder, file = sys.argv[1:]
AutoModelForAudioClassification.from_pretrained(folder), AutoFeatureExtractor.from_pretrained(folder)
heard = pipeline("audio-classification", model=folder)
import soundfile
sound, rate = soundfile.read(file, dtype="float32")
print(json.dumps({"rate": rate, "array": heard({"raw": sound, "sampling_rate": rate}, top_k=None)}))
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return encoders.write(tmp_path_factory.mktemp("encoders"))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    tree = write_tree(folder / "tree", {"é: high": 2000.0, "low": 200.0}, clips=10)
    preprocess(
        PreprocessConfig(dataset="folder", data=str(tree), sample_rate=RATE, workers=1),
        folder / "store",
        progress=ignore,
    )
    return ClipStore.open(folder / "store")


def trained(store, folders, kind, folder, **settings):
    config = TrainConfig(
        model=kind, encoder=folders[kind], epochs=2, batch_size=4, learning_rate=1e-3, augment=False,
        validation="none", threads=1, precision="fp32", debug_samples_every=0, **{"clip_seconds": 0.6, **settings},
    )  # fmt: skip
    return train(config, store, checkpoint_dir=folder, progress=ignore).model_path


@pytest.mark.parametrize("kind", ["wav2vec2", "ast"])
def test_the_library_alone_hears_in_a_file_what_the_model_hears(kind, store, folders, tmp_path):
    path = trained(store, folders, kind, tmp_path)
    folder = tmp_path / "é 50% out"
    (made,) = export(path, folder, store, ExportConfig(formats=["huggingface"], check_clips=4))
    assert made.path == folder / "model-huggingface" and made.difference < 1e-4 and made.agreement == 1.0
    assert made.megabytes > 0.01
    state = checkpoints.load(path)
    wave = np.random.default_rng(0).standard_normal(state["clip_frames"]).astype(np.float32) * 0.1
    soundfile.write(tmp_path / "one.wav", wave, RATE, subtype="FLOAT")
    with torch.no_grad():
        logits = checkpoints.model_of(state)(torch.from_numpy(wave)[None])[0]
    expected = dict(zip(store.classes, logits.softmax(0).tolist(), strict=True))
    done = subprocess.run(
        [sys.executable, "-c", LIBRARY_ALONE, str(made.path), str(tmp_path / "one.wav")],
        cwd=tmp_path, env={**os.environ, "HF_HUB_OFFLINE": "1"}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])["array"]
    assert [one["label"] for one in told] == sorted(expected, key=lambda name: -expected[name])
    assert {one["label"]: one["score"] for one in told} == pytest.approx(expected, abs=1e-4)
    about = json.loads((made.path / "soundyard.json").read_text())
    assert about["classes"] == store.classes and about["sample_rate"] == RATE


def test_of_a_long_clip_the_library_s_ast_hears_the_beginning_and_the_table_says_so(store, folders, tmp_path):
    """The tiny one hears 64 frames. Its logits are held against the model's of that part."""
    path = trained(store, folders, "ast", tmp_path, clip_seconds=3.0)
    (made,) = export(path, tmp_path / "out", store, ExportConfig(formats=["huggingface"], check_clips=4))
    assert made.difference < 1e-4 and made.note.endswith("hears the first 0.7 s alone")
    other = trained(store, folders, "wav2vec2", tmp_path / "other", clip_seconds=3.0)
    (whole,) = export(other, tmp_path / "more", store, ExportConfig(formats=["huggingface"], check_clips=4))
    assert whole.difference < 1e-4 and "hears" not in whole.note


def test_the_folder_is_an_encoder_to_start_from(store, folders, tmp_path):
    path = trained(store, folders, "ast", tmp_path)
    (made,) = export(path, tmp_path / "out", store, ExportConfig(formats=["huggingface"], check_clips=4))
    again = build(TrainConfig(model="ast", encoder=str(made.path), pretrained=True), RATE, 3)
    kept = checkpoints.model_of(checkpoints.load(path))
    ours, theirs = again.backbone.state_dict(), kept.backbone.state_dict()
    same = [name for name in theirs if not name.startswith("head.linear")]
    assert any(name.startswith("head.norm") for name in same)
    assert all(torch.equal(ours[name], theirs[name]) for name in same)
    assert ours["head.linear.weight"].shape[0] == 3


@pytest.mark.parametrize("kind", ["whisper", "cnn"])
def test_a_network_that_the_library_has_no_equal_of_is_refused_with_the_reason(
    kind, store, folders, tmp_path
):
    known = {**folders, "cnn": ""}
    path = trained(store, known, kind, tmp_path)
    with pytest.raises(ExportError, match="can't be exported to huggingface: only wav2vec2 and ast"):
        export(path, tmp_path / "out", store, ExportConfig(formats=["huggingface"], check_clips=4))


def test_a_checkpoint_of_before_has_a_head_without_a_norm_and_says_so(store, folders, tmp_path):
    """It opens and answers as it did; the library's classifier has a norm."""
    path = trained(store, folders, "ast", tmp_path)
    state = torch.load(path, weights_only=True)
    state["architecture"].pop("head_norm")
    state["weights"] = {name: one for name, one in state["weights"].items() if ".head.norm." not in name}
    torch.save(state, tmp_path / "before.pt")
    old = checkpoints.model_of(checkpoints.load(tmp_path / "before.pt"))
    assert isinstance(old.backbone.head.norm, torch.nn.Identity)
    assert old(torch.zeros(1, state["clip_frames"])).shape == (1, 2)
    with pytest.raises(ExportError, match="trained by an older version"):
        export(
            tmp_path / "before.pt",
            tmp_path / "out",
            store,
            ExportConfig(formats=["huggingface"], check_clips=4),
        )


def test_the_default_is_what_every_model_can_be_exported_to():
    assert "huggingface" not in ExportConfig().formats
    assert dataclasses.replace(ExportConfig(), formats=["huggingface"]).formats == ["huggingface"]
