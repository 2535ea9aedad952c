"""An endpoint with the newest published model of a real server: another one that is published takes its place."""

import shutil
import uuid

from audio.serving.config import ServeConfig
from audio.serving.models import Models
from soundyard.hearing import options as common
from soundyard.hearing import serve_model
from soundyard.predictor import LATEST
from tests.unit.conftest import client as client

from .test_lifetime import another


def test_the_model_that_is_published_last_answers(client, onnx, made, tmp_path, monkeypatch):
    name = f"é/{uuid.uuid4().hex}"
    project = client.call("projects.create", name=name, description="")["id"]
    monkeypatch.setattr("tasks.client.names.project", lambda: name)

    def publish(file, framework="PyTorch"):  # type: ignore[no-untyped-def]
        fields = {
            "name": file.name,
            "uri": file.as_uri(),
            "framework": framework,
            "project": project,
            "ready": False,
        }
        model = client.call("models.create", **fields)["id"]
        client.call("models.set_ready", model=model, publish_task=False)

    first = tmp_path / "first.onnx"
    shutil.copy(onnx, first)
    publish(first)
    args = serve_model.parser().parse_args(["--model", LATEST])
    loaded: list[str] = []
    models = Models(
        serve_model.found(LATEST, common.model_of(args)),
        ServeConfig(),
        loaded=lambda how, _: loaded.append(how),
    )
    with models.use() as before:
        assert before.file.read_bytes() == first.read_bytes()
    assert not models.look() and not models.look()
    second = another(onnx, tmp_path / "second.onnx")
    publish(second, "ONNX")  # as tasks.export makes it
    assert not models.look()  # it might still be written
    assert models.look()
    with models.use() as now:
        assert now.file.read_bytes() == second.read_bytes() and now.digest != before.digest
    assert loaded == ["good", "good"] and before.retired and not now.retired
