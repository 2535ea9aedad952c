"""Everything that the SDK reports, with numbers that aren't finite in it. Prints the task's id."""

import math
import tempfile

import numpy as np
import pandas as pd
from clearml import Logger, Task
from torch.utils.tensorboard import SummaryWriter

NAN, INF = math.nan, math.inf
FIGURE = {"data": [{"type": "scatter", "y": [1, NAN, INF, 2]}], "layout": {}}
task = Task.init("not finite", "every kind", auto_connect_frameworks={"tensorboard": True})
logger = task.get_logger()
task.connect({"nan": NAN, "inf": INF, "minus": -INF, "list": [1.0, NAN]}, name="Args")
task.connect({"deep": {"nan": NAN}}, name="General")
task.connect_configuration({"threshold": NAN}, name="config")
for step, value in enumerate((0.5, NAN, INF, -INF, 0.25)):
    logger.report_scalar("loss", "logger", value, step)
Logger.set_reporting_nan_value(NAN)  # by itself the SDK reports 0 for it
Logger.set_reporting_inf_value(INF)
for step, value in enumerate((0.5, NAN, INF, -INF, 0.25)):
    logger.report_scalar("gaps", "logger", value, step)
logger.report_scalar("all nan", "logger", NAN, 0)
logger.report_single_value("single nan", NAN)
logger.report_single_value("single", 0.5)
writer = SummaryWriter(tempfile.mkdtemp())
for step, value in enumerate((0.5, NAN, INF, 0.25)):
    writer.add_scalar("board/train", value, step)
writer.close()
odd = np.array([0.1, NAN, INF, -INF, 0.9])
logger.report_histogram("histogram", "odd", values=odd, iteration=0, xlabels=list("abcde"))
logger.report_vector("vector", "odd", values=odd, iteration=0)
logger.report_scatter2d(
    "scatter2d", "odd", scatter=np.stack([odd, odd], 1), iteration=0, mode="lines+markers"
)
logger.report_scatter3d("scatter3d", "odd", scatter=np.stack([odd, odd, odd], 1), iteration=0)
matrix = np.array([[1.0, NAN], [INF, 0.5]])
logger.report_confusion_matrix("matrix", "odd", matrix=matrix, iteration=0)
logger.report_surface("surface", "odd", matrix=matrix, iteration=0)
frame = pd.DataFrame({"name": ["a", "b", None], "value": [0.5, NAN, INF]})
logger.report_table("table", "odd", iteration=0, table_plot=frame)
logger.report_plotly("plotly", "odd", iteration=0, figure=FIGURE)
task.upload_artifact("frame", frame)
task.upload_artifact("numbers", {"nan": NAN, "inf": INF})
task.upload_artifact("array", odd)
task.set_user_properties(score=NAN)
task.flush(wait_for_uploads=True)
task.close()
print("task", task.id)
