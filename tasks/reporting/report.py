"""The report of an evaluation: one page of everything, as sections that the page draws and as Markdown.

A section has a title, sentences, a table and a plot (Plotly's JSON), each if there is one. A row of a table may lead to
its clips in the page's clip browser: `links` has for each row what the browser is asked for.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tasks.reporting import judged, reports

if TYPE_CHECKING:
    import pandas as pd

    from audio.evaluation.result import EvaluationResult

ARTIFACT, MARKDOWN = "report", "report.md"
FEW_CLASSES = 60  # of which a matrix is drawn


@dataclass
class Section:
    """A part of a report."""

    title: str
    text: list[str] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)  # of each row, if they lead somewhere
    plots: list[dict[str, Any]] = field(default_factory=list)


def sections(result: "EvaluationResult", about: dict[str, str]) -> list[Section]:
    """The report's parts; `about` says what was evaluated on what."""
    measured = result.measured
    first = Section("What was found", [result.text()], *table(reports.figures_table(measured)))
    if result.note:
        first.text.append(f"Note: {result.note}.")
    intervals = f"Intervals are of 95 %, over {measured.recordings} recordings."
    first.text.append(intervals if measured.resamples else "There are no intervals.")
    classes = measured.per_class.reset_index().sort_values("f1", kind="stable")
    found = [
        first,
        *_confusions(result),
        Section("Classes", ["The hardest first; with 95 % intervals."], *table(_together(classes))),
        _calibration(result),
    ]
    if result.robustness is not None:
        kept = ["kind", "series", "degree", "unit", "accuracy", "from", "to", "lost", "lost from", "lost to"]
        figures = judged.robustness_figures({"": result.robustness})
        told = [
            f"On {int(result.robustness['clips'].iloc[0])} clips; `lost` is in points of accuracy, on the same clips."
        ]
        found.append(
            Section("Robustness", told, *table(result.robustness[kept]), plots=list(figures.values()))
        )
    if len(result.slices):
        found.append(Section("Parts of the clips", [], *table(result.slices)))
    found.append(Section("How it was made", [f"{name}: {value}" for name, value in about.items() if value]))
    return found


def _together(classes: "pd.DataFrame") -> "pd.DataFrame":
    """Each figure with its interval in one cell."""
    shown = classes[["class", "support"]].copy()
    for name in (one for one in classes if f"{one} low" in classes):
        bounds = zip(classes[name], classes[f"{name} low"], classes[f"{name} high"], strict=True)
        shown[name] = [
            "" if math.isnan(value) else f"{value:.2f} ({low:.2f} to {high:.2f})".replace(" (nan to nan)", "")
            for value, low, high in bounds
        ]
    return shown if len(shown.columns) > 2 else classes


def _confusions(result: "EvaluationResult") -> list[Section]:
    """The matrix, the pairs that are confused, and the clips that it is most wrong about."""
    from audio.evaluation.confused import most_confused, top_losses

    matrix = Section("Confusion matrix", ["Rows are labels, columns predictions."])
    if len(result.classes) <= FEW_CLASSES:
        matrix.plots.append(confusion_figure(result))
    else:
        matrix.text.append(
            f"{len(result.classes)} classes are too many to be drawn; the clip browser has it."
        )
    pairs, worst = most_confused(result.confusion, result.classes), top_losses(result)
    confused = Section("Most confused", ["A row leads to its clips."], *table(pairs))
    confused.links = [
        {"label": label, "prediction": prediction}
        for label, prediction in zip(pairs["label"], pairs["prediction"], strict=True)
    ]
    if not len(pairs):
        confused.text = ["No clip was taken for another class."]
    losses = Section("Top losses", ["Where the right answer was least believed."], *table(worst))
    losses.links = [{"clip": clip} for clip in worst["clip"]]
    return [matrix, confused, losses]


def _calibration(result: "EvaluationResult") -> Section:
    kind = "calibrated" if result.calibrated else "as they are"
    drawn = {kind: result.answers}
    text = [f"Expected calibration error, {kind}: {result.ece:.3f}."]
    if (calibrated := result.at_its_temperature()) is not None:
        from audio.metrics.reliability import calibration_error

        drawn["calibrated"] = calibrated
        text.append(f"Calibrated: {calibration_error(calibrated):.3f}.")
    if result.calibration is None:
        text.append("The model keeps no calibration: it had no development clips (validation=development).")
    else:
        text.append(f"The model's: {result.calibration.text()}.")
    return Section("Calibration", text, plots=[judged.reliability_figure(drawn)])


def confusion_figure(result: "EvaluationResult") -> dict[str, Any]:
    """A heatmap of counts."""
    trace = {
        "type": "heatmap",
        "x": result.classes,
        "y": result.classes,
        "z": result.confusion.tolist(),
        "text": result.confusion.tolist(),
        "texttemplate": "%{text}",
    }
    axes = {
        "xaxis": {"title": {"text": "predicted"}},
        "yaxis": {"title": {"text": "label"}, "autorange": "reversed"},
    }
    return {"data": [trace], "layout": axes}


def table(found: "pd.DataFrame") -> tuple[list[str], list[list[Any]]]:
    """Head and rows; what is no number is null."""
    rows = [[_cell(value) for value in row] for row in found.astype(object).to_numpy().tolist()]
    return [str(name) for name in found.columns], rows


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def markdown(title: str, parts: Sequence[Section], clips: str) -> str:
    """The report without its plots; `clips` is the address of the clip browser, empty: rows lead nowhere."""
    lines = [f"# {title}", ""]
    for part in parts:
        lines += [f"## {part.title}", "", *(f"{text}  " for text in part.text), ""]
        if part.plots:
            lines += ["(The plots are on the task's page.)", ""]
        if part.rows:
            lines += [_row(part.head), _row(["---"] * len(part.head))]
            for place, row in enumerate(part.rows):
                link = part.links[place] if clips and part.links else None
                words = [_written(cell) for cell in row]
                if link is not None:
                    words[0] = f"[{words[0]}]({clips}?{urlencode(link)})"
                lines.append(_row(words))
            lines.append("")
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _written(cell: Any) -> str:
    text = "" if cell is None else f"{cell:.4g}" if isinstance(cell, float) else str(cell)
    for sign in "\\|[]<>*_`":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")


def write(task: Any, folder: Path, result: "EvaluationResult", about: dict[str, str]) -> dict[str, Any]:
    """Upload the report of a task twice: as what the page draws, which it gives back, and as Markdown."""
    return keep(task, folder, sections(result, about))


def keep(task: Any, folder: Path, parts: list[Section]) -> dict[str, Any]:
    """Upload parts as the report of a task, twice."""
    whole = {"version": 1, "title": task.name, "sections": [asdict(part) for part in parts]}
    drawn, written = folder / "report.json", folder / MARKDOWN
    drawn.write_text(json.dumps(whole, ensure_ascii=False, allow_nan=False), "utf-8", "surrogateescape")
    address = task.get_output_log_web_page() or ""
    clips = address.removesuffix("/log") + "/audio" if address.endswith("/output/log") else ""
    written.write_text(markdown(task.name, parts, clips), "utf-8", "surrogateescape")
    task.upload_artifact(ARTIFACT, drawn, wait_on_upload=True)
    task.upload_artifact(MARKDOWN, written, wait_on_upload=True)
    return whole
