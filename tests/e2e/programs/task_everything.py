"""A task with everything a script connects, uploads and looks up: parameters, configurations, artifacts of every kind,
models in and out, queries, a run that is continued, and one that was recorded offline."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from clearml import InputModel, OutputModel, Task
from PIL import Image

folder = Path(sys.argv.pop())
PROJECT = "Everything/of the SDK"


@dataclass
class Settings:
    rate: float = 0.5
    name: str = "cnn"


class Plain:
    def __init__(self) -> None:
        self.depth = 3


parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--layers", type=int, nargs="+", default=[1, 2])
parser.add_argument("--name", default=None)
commands = parser.add_subparsers(dest="command")
commands.add_parser("train").add_argument("--quick", action="store_true")


def connected() -> Task:
    task = Task.init(PROJECT, "first", tags=["one", "two"], reuse_last_task_id=False, output_uri=True)
    parser.parse_args(["--epochs", "5", "train", "--quick"])
    task.connect({"deep": {"er": 1, "list": [1, 2]}, "text": "ä/b.c $d"}, name="settings")
    task.connect(Settings())
    task.connect(Plain(), name="plain")
    task.set_parameter("General/added", 7)
    task.connect_configuration({"n_mels": 64, "window": {"length": 400}}, name="frontend", description="mel")
    (folder / "model.yaml").write_text("layers: 3\n")
    task.connect_configuration(folder / "model.yaml", name="file")
    task.set_configuration_object("text", config_text="a = 1")
    task.set_user_properties(reviewed="no", stars=4)
    task.add_tags(["three"])
    task.set_comment("what it was for")
    task.connect_label_enumeration({"dog": 0, "rain": 1})
    return task


def uploaded(task: Task) -> None:
    (folder / "file.bin").write_bytes(b"bytes" * 100)
    (folder / "tree" / "deep").mkdir(parents=True)
    (folder / "tree" / "deep" / "leaf.txt").write_text("leaf")
    frame = pd.DataFrame({"clip": ["a", "b"], "loss": [0.1, 0.2]})
    for name, content in {
        "dict": {"a": [1, 2]}, "array": np.arange(6.0).reshape(2, 3), "frame": frame,
        "image": Image.new("RGB", (4, 4), "red"), "text": "some text", "file": str(folder / "file.bin"),
        "folder": str(folder / "tree"), "object": {1, 2, 3},
    }.items():  # fmt: skip
        assert task.upload_artifact(name, content, wait_on_upload=True), name
    task.register_artifact("kept up", frame.copy())
    (folder / "net.pt").write_bytes(b"weights")
    model = OutputModel(task, name="net", framework="PyTorch", tags=["best"])
    model.update_weights(str(folder / "net.pt"), auto_delete_file=False)
    model.set_metadata("rate", "16000", "int")
    task.flush(wait_for_uploads=True)


def read_back(id: str) -> None:
    task = Task.get_task(task_id=id)
    assert task.get_status() == "completed" and task.comment == "what it was for"
    parameters = task.get_parameters(cast=True)
    assert (
        parameters["Args/epochs"] == 5
        and "train" in parameters["Args/command"]
        and parameters["Args/quick"] is True
    ), parameters
    assert parameters["settings/deep/er"] == 1 and parameters["settings/text"] == "ä/b.c $d"
    assert parameters["General/rate"] == 0.5 and parameters["plain/depth"] == 3
    assert parameters["General/added"] == 7
    assert task.get_configuration_object_as_dict("frontend")["window"] == {"length": 400}
    assert "layers: 3" in task.get_configuration_object("file")
    assert task.get_configuration_object("text") == "a = 1"
    assert task.get_user_properties(value_only=True) == {"reviewed": "no", "stars": "4"}
    assert task.get_labels_enumeration() == {"dog": 0, "rain": 1}
    got = task.artifacts
    assert got["dict"].get() == {"a": [1, 2]} and got["object"].get() == {1, 2, 3}
    assert got["array"].get().shape == (2, 3) and list(got["frame"].get()["loss"]) == [0.1, 0.2]
    assert got["image"].get().size == (4, 4) and got["text"].get() == "some text"
    assert Path(got["file"].get_local_copy()).read_bytes() == b"bytes" * 100
    assert (Path(got["folder"].get_local_copy()) / "deep" / "leaf.txt").read_text() == "leaf"
    assert "kept up" in got
    (model,) = task.models["output"]
    assert model.tags == ["best"] and model.get_metadata("rate") == "16000"
    assert Path(model.get_local_copy()).read_bytes() == b"weights"


def used_model(id: str) -> None:
    model = Task.get_task(task_id=id).models["output"][0]
    task = Task.init(PROJECT, "second", reuse_last_task_id=False, auto_connect_arg_parser=False)
    task.connect(InputModel(model.id))
    task.get_logger().report_scalar("loss", "train", 1.0, 0)
    task.get_logger().report_scalar("loss", "train", 0.5, 1)
    task.close()
    kept = Task.get_task(task_id=task.id)
    assert [one.id for one in kept.models["input"]] == [model.id]
    again = Task.init(PROJECT, "second", continue_last_task=task.id, auto_connect_arg_parser=False)
    assert again.id == task.id and again.get_initial_iteration() == 2, again.get_initial_iteration()
    again.get_logger().report_scalar("loss", "train", 0.25, 0)
    again.close()
    curve = Task.get_task(task_id=task.id).get_reported_scalars()["loss"]["train"]
    assert list(curve["x"]) == [0, 1, 2] and list(curve["y"]) == [1.0, 0.5, 0.25], curve


def looked_up(id: str) -> None:
    def names(**query: object) -> list[str]:
        return sorted(one.name for one in Task.get_tasks(project_name=PROJECT, **query))

    assert names() == ["first", "second"] and names(task_name="^fir") == ["first"]
    assert names(tags=["one", "-nine"]) == ["first"] and names(tags=["__$all", "one", "__$not", "two"]) == []
    assert names(task_filter={"status": ["completed"], "order_by": ["-last_update"]}) == ["first", "second"]
    assert Task.query_tasks(project_name=PROJECT, task_name="first") == [id]
    found = Task.query_tasks(project_name=PROJECT, additional_return_fields=["name", "last_metrics"])
    assert {one["name"] for one in found} == {"first", "second"}
    assert Task.get_task(project_name=PROJECT, task_name="first").id == id
    assert Task.get_project_id(PROJECT) and PROJECT in [one.name for one in Task.get_projects()]


def recorded_offline() -> None:
    Task.set_offline(True)
    task = Task.init(PROJECT, "offline", auto_connect_arg_parser=False, auto_connect_frameworks=False)
    task.connect({"rate": 2})
    task.get_logger().report_scalar("loss", "train", 3.0, 1)
    task.upload_artifact("dict", {"a": 1})
    session = task.get_offline_mode_folder()
    task.close()
    Task.set_offline(False)
    imported = Task.get_task(task_id=Task.import_offline_session(f"{session}.zip"))
    assert imported.name == "offline" and imported.get_parameters()["General/rate"] == "2"
    assert imported.get_reported_scalars()["loss"]["train"]["y"] == [3.0]
    assert imported.artifacts["dict"].get() == {"a": 1}


task = connected()
uploaded(task)
task.close()
read_back(task.id)
used_model(task.id)
looked_up(task.id)
recorded_offline()
clone = Task.clone(task, name="clone")
clone.set_parameter("Args/epochs", 9)
assert Task.get_task(task_id=clone.id).get_parameter("Args/epochs") == "9"
assert clone.delete() and task.id not in Task.query_tasks(project_name=PROJECT, task_name="^clone$")
print("all is well")
