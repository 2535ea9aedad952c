"""Models with an ONNX export on a server, for the tests of what a browser answers by itself."""

from dataclasses import dataclass
from pathlib import Path

import requests

from audio.checkpoints import checkpoint as checkpoints
from audio.clips.store import ClipStore
from audio.config import ExportConfig
from audio.export.export import export
from tests.conftest import ServerProcess
from tests.unit.audio.heard import made_of


@dataclass
class Listening:
    """A checkpoint and its export, as models of a server and as files; and the sounds of its tests."""

    checkpoint: str  # model's id
    exported: str
    file: Path  # ONNX
    url: str
    sounds: Path  # folder


def listening(server: ServerProcess, folder: Path, preparation: str) -> Listening:
    """One of `tests.unit.audio.heard`, exported by a task of the server."""
    root, _, weights = made_of(folder, preparation)
    store = ClipStore.open(folder / "store")
    (made,) = export(weights, folder / "exported", store, ExportConfig(formats=["onnx"], check_clips=8))
    return published(server, weights, made.path, root / "test", f"é %, {preparation}")


def published(server: ServerProcess, weights: Path, onnx: Path, sounds: Path, name: str) -> Listening:
    """Both files in the server, the second as the output of a task that has read the first."""
    classes = checkpoints.load(weights)["classes"]
    labels = {label: number for number, label in enumerate(classes)}
    own = uploaded(server, f"{abs(hash(name))}/model.pt", weights)
    model = server.call("models.create", uri=own, name=name, framework="PyTorch", labels=labels)["id"]
    url = uploaded(server, f"{abs(hash(name))}/model.onnx", onnx)
    task = server.call("tasks.create", name=f"export of {name}", type="custom")["id"]
    server.call("tasks.add_or_update_model", task=task, name="m", model=model, type="input")
    made = server.call("models.create", uri=url, name=f"{name}, onnx", framework="ONNX", task=task)["id"]
    server.call("tasks.add_or_update_model", task=task, name="onnx", model=made, type="output")
    return Listening(str(model), str(made), onnx, url, sounds)


def uploaded(server: ServerProcess, name: str, file: Path) -> str:
    part = {name: (name, file.read_bytes())}
    answer = requests.post(f"{server.url}/files", files=part, headers=server.authorization(), timeout=60)
    assert answer.ok, answer.text
    return f"{server.url}/files/{name}"
