"""What is no model is refused for what it is, wherever a file of torch's is read; nothing is loaded unsafely."""

import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import nn

from audio.checkpoints import checkpoint as checkpoints
from audio.config import TrainConfig
from audio.errors import AudioError, CheckpointError, ConfigError
from audio.models import build
from audio.models.pretrained.weights import read as read_weights


class Evil:
    """Runs code where it is unpickled carelessly."""

    def __reduce__(self):
        return (open, ("loaded-unsafely", "w"))


def saved(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def scripted() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), buffer)
    return buffer.getvalue()


def sound() -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(100), 8000, format="FLAC")
    return buffer.getvalue()


def archive(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, text in files.items():
            target.writestr(name, text)
    return buffer.getvalue()


WEIGHTS = saved({"weights": {"layer.weight": torch.zeros(3, 3)}})
UNREADABLE = {
    "empty": (b"", "empty"),
    "text": (b"hello, this is my model\n", "a text file"),
    "text in another language": ("é".encode() * 400, "a text file"),
    "json": (b'{"a": 1}', "a text file"),
    "a web page": (b"<!DOCTYPE html><html>404</html>", "a web page"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture"),
    "a sound": (sound(), "a sound"),
    "noise": (np.random.default_rng(0).bytes(4000), "torch has not saved it"),
    "a pickle": (pickle.dumps({"a": np.float64(1)}), "Python objects"),
    "evil": (pickle.dumps(Evil()), "Python objects"),
    "evil in an archive": (saved({"format": checkpoints.FORMAT, "x": Evil()}), "Python objects"),
    "a whole network": (saved(nn.Linear(2, 2)), "Python objects"),
    "cut short": (WEIGHTS[: len(WEIGHTS) // 2], "breaks off"),
    "TorchScript": (scripted(), "exported model"),
    "another archive": (archive(**{"a.txt": "a"}), "zip archive without weights"),
    "safetensors": (struct.pack("<Q", 200) + b"{}", "safetensors"),
    "numpy": (b"\x93NUMPY\x01\x00" + bytes(80), "numpy array"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_torch_did_not_save_is_told_by_what_it_is(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content, expected = UNREADABLE[name]
    file = tmp_path / "model.pt"
    file.write_bytes(content)
    for load, error in ((checkpoints.load, CheckpointError), (lambda p: read_weights(str(p)), ConfigError)):
        said = refusal(load, file, error)
        assert expected in said and str(file) in said
    assert not (tmp_path / "loaded-unsafely").exists()


def refusal(load, path: Path, error: type[AudioError]) -> str:
    """The message, which is one line, names no torch function and gives no advice to load unsafely."""
    with pytest.raises(error) as caught:
        load(path)
    said = str(caught.value)
    assert "\n" not in said
    assert not any(word in said for word in ("weights_only", "torch.load", "safe_globals", "untrusted"))
    return said


def test_a_place_without_a_file_is_told(tmp_path):
    assert "no checkpoint at" in refusal(checkpoints.load, tmp_path / "nowhere.pt", CheckpointError)
    assert "no file of weights at" in refusal(lambda p: read_weights(str(p)), tmp_path / "x.pt", ConfigError)
    (tmp_path / "model.pt").touch()
    assert "is a folder" in refusal(checkpoints.load, tmp_path, CheckpointError)
    assert "model.pt" in refusal(checkpoints.load, tmp_path, CheckpointError)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"conv1.weight": torch.zeros(1)}, "weights=FILE"),
        ({"state_dict": {"a": torch.zeros(1)}, "epoch": 3}, "weights=FILE"),
        ({"a": 1}, "no Soundyard checkpoint"),
        (torch.zeros(3), "holds a Tensor"),
        ([1, 2], "holds a list"),
        ({"format": checkpoints.FORMAT, "version": 99}, "reads up to"),
        ({"format": checkpoints.FORMAT}, "version None"),
        ({"format": checkpoints.FORMAT, "version": 1, "classes": []}, "lacks config"),
    ],
)
def test_a_torch_file_that_is_no_checkpoint_is_told_by_what_it_holds(content, expected, tmp_path):
    torch.save(content, tmp_path / "model.pt")
    assert expected in refusal(checkpoints.load, tmp_path / "model.pt", CheckpointError)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"weights": {"backbone.conv1.weight": torch.zeros(1)}}, "do not fit the model 'cnn'"),
        ({"weights": [1]}, "do not fit"),
        ({"config": {"epochs": -1}}, "epochs is -1"),
        ({"config": {"epochs": "many"}}, "can't be used"),
        ({"config": None}, "can't be used"),
    ],
)
def test_a_checkpoint_whose_parts_do_not_fit_is_refused(change, expected):
    config = TrainConfig(n_fft=256, win_length=256, hop_length=128, n_mels=16)
    model = build(config, 8000, 2)
    state = {
        "config": vars(config),
        "classes": ["a", "b"],
        "sample_rate": 8000,
        "weights": model.state_dict(),
    }
    with pytest.raises(CheckpointError, match=expected):
        checkpoints.model_of({**state, **change})
