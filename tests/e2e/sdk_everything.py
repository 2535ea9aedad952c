"""What people leave on a server, made with the real SDK; run as a process of its own. Prints the ids as JSON."""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from clearml import Dataset, OutputModel, Task

folder = Path(tempfile.mkdtemp())


def dataset(name: str, parents: list[str], **files: str) -> str:
    made = Dataset.create(dataset_project="sounds", dataset_name=name, parent_datasets=parents or None)
    for file, text in files.items():
        (folder / file).write_text(text)
        made.add_files(str(folder / file))
    made.upload(show_progress=False)
    made.finalize()
    return made.id


def training() -> tuple[str, str]:
    task = Task.init("sounds/training", "train", reuse_last_task_id=False, output_uri=True)
    task.connect({"learning_rate": 0.5, "layers": [1, 2]}, name="model")
    task.connect_configuration({"n_mels": 64}, name="frontend")
    logger = task.get_logger()
    for step in range(20):
        logger.report_scalar("loss", "train", 1 / (step + 1), step)
    logger.report_single_value("accuracy", 0.75)
    logger.report_histogram("weights", "layer", np.arange(10.0), iteration=1)
    logger.report_image("spectrogram", "clip", iteration=1, image=np.zeros((8, 8, 3), np.uint8))
    logger.report_text("a line for the console")
    task.upload_artifact("table", {"rows": [1, 2, 3]}, wait_on_upload=True)
    (folder / "net.pt").write_bytes(b"weights" * 100)
    model = OutputModel(task, name="net", framework="PyTorch", label_enumeration={"dog": 0})
    model.update_weights(str(folder / "net.pt"), auto_delete_file=False)
    model.set_metadata("sample_rate", "32000", "int")
    task.close()
    return task.id, model.id


if __name__ == "__main__":
    first = dataset("clips", [], a="bark")
    second = dataset("more clips", [first], b="meow")
    task, model = training()
    json.dump({"first": first, "second": second, "task": task, "model": model}, sys.stdout)
