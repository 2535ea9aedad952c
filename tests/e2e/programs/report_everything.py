"""Reports with every `Logger.report_*`, every TensorBoard kind that ClearML picks up, and matplotlib.

Run by tests/e2e/clients/test_reporting.py as a client's own program. Prints the task's id at the end.
"""

import io
import wave
from argparse import ArgumentParser
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from clearml import Task
from clearml.utilities.plotly_reporter import SeriesInfo
from torch.utils.tensorboard import SummaryWriter

parser = ArgumentParser()
parser.add_argument("--folder", type=Path, required=True)
folder = parser.parse_args().folder

task = Task.init(project_name="Reporting", task_name="everything", reuse_last_task_id=False)
logger = task.get_logger()
noise = np.random.default_rng(0)


def sound(seconds: float = 0.1, rate: int = 8000) -> np.ndarray:
    return np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate).astype(np.float32)


def wav() -> io.BytesIO:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(8000)
        file.writeframes((sound() * 32767).astype("<i2").tobytes())
    stream.seek(0)
    return stream


for i in range(10):
    logger.report_scalar("logger scalar", "a/b.c d", value=1 / (i + 1), iteration=i)
logger.report_scalar("логгер", "ряд", value=2.5, iteration=3)
logger.report_single_value("accuracy %", 0.875)
logger.report_text("a line of the logger")
print("a line of print")
logger.report_vector("vector", "v", values=[1, 2, 3], iteration=1)
logger.report_histogram("histogram", "h", values=[1, 4, 2], iteration=1, xlabels=["a", "b", "c"])
logger.report_table(
    "table", "t", iteration=0, table_plot=pd.DataFrame({"label": ["dog", "rain"], "count": [4, 7]})
)
series = [SeriesInfo(name="s", data=np.array([[0, 1], [1, 3], [2, 2]]))]
logger.report_line_plot("line", series=series, iteration=0, xaxis="x", yaxis="y")
logger.report_scatter2d("scatter2d", "s", scatter=noise.random((9, 2)), iteration=0, mode="lines+markers")
logger.report_scatter3d("scatter3d", "s", scatter=noise.random((9, 3)), iteration=0)
logger.report_confusion_matrix(
    "confusion", "c", matrix=np.eye(3) * 5, iteration=2, xlabels=["a", "b", "c"], ylabels=["a", "b", "c"]
)
logger.report_matrix("matrix", "m", matrix=noise.random((3, 4)), iteration=0)
logger.report_surface("surface", "s", matrix=noise.random((5, 5)), iteration=0)
logger.report_plotly(
    "plotly", "p", iteration=0, figure={"data": [{"type": "bar", "y": [3, 1]}], "layout": {}}
)
logger.report_image("image", "i", iteration=0, image=(noise.random((8, 8, 3)) * 255).astype(np.uint8))
for i in range(3):
    logger.report_media("media", "sound", iteration=i, stream=wav(), file_extension="wav")
logger.report_media("media", "page", iteration=0, stream=io.StringIO("<b>hello</b>"), file_extension="html")
local = folder / "notes #1.txt"
local.write_text("notes")
logger.report_media("media", "text file", iteration=0, local_path=str(local))

figure = plt.figure()
plt.plot([1, 2, 4])
logger.report_matplotlib_figure("matplotlib reported", "f", iteration=0, figure=figure)
shown = plt.figure()
plt.plot([4, 2, 1])
plt.title("matplotlib shown")
plt.show()
plt.close(shown)

with SummaryWriter(str(folder / "tensorboard")) as writer:
    for i in range(5):
        writer.add_scalar("tb_loss/train", 1 / (i + 1), i)
        writer.add_scalar("tb_loss/validation", 2 / (i + 1), i)
        writer.add_scalars("tb_many", {"x": i, "y": -i}, i)
        writer.add_histogram("tb_histogram/weights", noise.normal(size=50), i)
        writer.add_audio("tb_audio/clip", torch.from_numpy(sound())[None], i, sample_rate=8000)
    writer.add_image("tb_image/mel", torch.rand(3, 8, 8), 1)
    writer.add_images("tb_images/batch", torch.rand(2, 3, 8, 8), 1)
    writer.add_figure("tb_figure/curve", figure, 1)
    writer.add_text("tb_text/note", "some **text**", 1)
    writer.add_hparams({"learning_rate": 0.1, "model": "cnn"}, {"hparam/accuracy": 0.5})

task.flush(wait_for_uploads=True)
task.close()
print("TASK", task.id)
