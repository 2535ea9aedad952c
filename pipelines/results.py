"""What an evaluation found, for a terminal: figures, the commonest confusions, the worst mistakes."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from tasks.client.connection import Connection


@dataclass
class Results:
    """An evaluate task's figures and its table of clips."""

    task: str
    accuracy: float
    macro_f1: float
    clips: pd.DataFrame


def newest(controller: str) -> Results:
    """The results of a pipeline's evaluate step."""
    from clearml import Task

    tasks: Any = Task.get_tasks(
        task_name="^evaluate$", task_filter={"parent": controller, "order_by": ["-created"]}
    )
    task = tasks[0]
    values = task.get_reported_single_values()
    clips = task.artifacts["clips"].get()
    return Results(task.id, values["accuracy"], values["macro_f1"], clips)


def confusions(clips: pd.DataFrame, most: int = 5) -> list[tuple[str, str, int]]:
    """(true, predicted, clips) of the commonest mistakes."""
    wrong = clips[clips["label"] != clips["prediction"]]
    counts = wrong.groupby(["label", "prediction"]).size().sort_values(ascending=False, kind="stable")
    return [(str(true), str(predicted), int(count)) for (true, predicted), count in counts.head(most).items()]


def show(results: Results, server: Connection, console: Console) -> None:
    """Print the results and where to look at them."""
    classes = results.clips["label"].nunique()
    console.print(
        f"\n[bold]accuracy {results.accuracy:.1%}[/bold], macro-F1 {results.macro_f1:.1%} on "
        f"{len(results.clips)} held-out clips of {classes} classes (chance {1 / max(classes, 1):.0%})",
        highlight=False,
    )
    found = confusions(results.clips)
    if found:
        table = Table("true", "taken for", "clips", box=None, padding=(0, 2, 0, 0), header_style="dim")
        for true, predicted, count in found:
            table.add_row(true, predicted, str(count))
        console.print(table)
    web = server.web_server.rstrip("/")
    console.print(
        f"curves, sounds, spectrograms, confusion matrix: [link]{web}[/link]", highlight=False, soft_wrap=True
    )
    console.print(
        f"listen to what it got wrong: {web}/projects/*/tasks/{results.task}/output/audio",
        highlight=False,
        soft_wrap=True,
    )
