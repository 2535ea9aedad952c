"""Names that people give to tasks, projects, artifacts, samples: what is uploaded is fetched, and deleted."""

import sys
import tempfile
from pathlib import Path

import numpy as np
from clearml import Dataset, InputModel, OutputModel, StorageManager, Task

NAMES = [
    'train: größer lr #1 50% ?&\\"x"', "a/b", "..", "%2e%2e", "%", "100%25", "🎧 emoji", "x" * 200, "dot.", "space ",
    "e\u0301 decomposed", "训练" * 64,
]  # fmt: skip
faults: list[str] = []
folder = Path(tempfile.mkdtemp())


def attempt(name: str) -> None:
    (folder / "größer w.bin").write_bytes(name.encode())
    project = f"awkward/{name}" if name not in ("..", "a/b") else "awkward"
    key = name[:20]  # the SDK makes a file here of an artifact's quoted name
    task = Task.init(project, name, output_uri=True, auto_connect_frameworks=False, reuse_last_task_id=False,
                     auto_resource_monitoring=False)  # fmt: skip
    model = OutputModel(task=task, name=name)
    model.update_weights(str(folder / "größer w.bin"), async_enable=False, auto_delete_file=False)
    task.upload_artifact(key, {"name": name}, wait_on_upload=True)
    task.upload_artifact(f"file {key}", str(folder / "größer w.bin"), wait_on_upload=True)
    task.get_logger().report_image(name, name, iteration=0, image=np.zeros((2, 2, 3), np.uint8))
    task.flush(wait_for_uploads=True)
    task.close()
    got = InputModel(model.id).get_weights(force_download=True, raise_on_error=True)
    assert Path(got).read_bytes() == name.encode(), "the model has other bytes"
    found = Task.get_task(task.id)
    assert found.artifacts[key].get(force_download=True) == {"name": name}, "the artifact is another"
    copy = found.artifacts[f"file {key}"].get_local_copy(force_download=True)
    assert copy and Path(copy).read_bytes() == name.encode(), "the artifact's file is another"
    samples = found.get_debug_samples(name, name)
    assert samples and all(StorageManager.get_local_copy(one["url"], force_download=True) for one in samples)
    assert found.delete(raise_on_error=True), "it was not deleted"


def versions(name: str) -> None:
    (folder / name.replace("/", " ")).write_text("clip")
    first = Dataset.create(dataset_name=name, dataset_project="awkward sets")
    first.add_files(str(folder / name.replace("/", " ")))
    first.upload(show_progress=False)
    first.finalize()
    second = Dataset.create(dataset_name=name, dataset_project="awkward sets", parent_datasets=[first.id])
    second.add_files(__file__)
    second.upload(show_progress=False)
    second.finalize()
    files = {one.name for one in Path(Dataset.get(second.id).get_local_copy()).iterdir()}
    assert {name.replace("/", " "), Path(__file__).name} <= files, files


for one in NAMES:
    for what in (attempt, versions):
        if what is versions and one not in (NAMES[0], "100%25"):
            continue
        try:
            what(one)
        except Exception as fault:
            faults.append(f"{what.__name__} {one!r}: {type(fault).__name__}: {fault}")
            if Task.current_task():
                Task.current_task().close()
print("\n".join(faults) or "all is well")
sys.exit(bool(faults))
