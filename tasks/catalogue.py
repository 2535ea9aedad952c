"""The tasks that come along: a line for each, and a file of that name."""

from audio.registry import Lazy
from tasks.registry import tasks

for name, kind in {  # task → its ClearML type
    "preprocess": "data_processing",
    "train": "training",
    "pretrain": "custom",
    "probe": "training",
    "evaluate": "testing",
    "crossvalidate": "testing",
    "search": "optimizer",
    "compare": "qc",
    "export": "custom",
    "publish": "custom",
    "predict": "inference",
    "events": "inference",
    "drift": "monitor",
}.items():
    tasks.register(
        name,
        Lazy(f"tasks.{name}:main"),
        kind=kind,
        parameters=Lazy(f"tasks.{name}:{name.capitalize()}Parameters"),
    )
