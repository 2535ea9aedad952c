"""How an evaluation is shown: its figures, the reliability diagram, and what its parts are compared by."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tasks.reporting import reports

if TYPE_CHECKING:
    import pandas as pd

    from audio.evaluation.result import EvaluationResult
    from audio.metrics.figures import Answers


def report_figures(logger: Any, result: "EvaluationResult") -> None:
    """Every figure as a single value and a scalar, with its interval in a table; the classes in another."""
    measured = {name: one.value for name, one in result.measured.figures.items()}
    own = {"accuracy": result.accuracy, "macro_f1": result.macro_f1, "loss": result.loss}
    for name, value in {**measured, **result.figures, **own}.items():
        if math.isfinite(value):  # a figure of no clip says nothing
            logger.report_single_value(name, value)
            logger.report_scalar(name, "test", value, iteration=0)
    for name, value in zip(("accuracy, 95 % from", "accuracy, 95 % to"), result.interval, strict=True):
        logger.report_single_value(name, value)
    reports.report_rows(logger, "classes", "test", result.measured.per_class.reset_index().round(4))
    reports.report_rows(logger, "figures", "with 95 % intervals", reports.figures_table(result.measured))


def report_robustness(logger: Any, result: "EvaluationResult") -> None:
    """A curve for each kind of disturbance, and all conditions in a table."""
    if result.robustness is None:
        return
    for kind, figure in robustness_figures({"": result.robustness}).items():
        logger.report_plotly("robustness", kind, figure, iteration=0)
    reports.report_rows(logger, "robustness", "all conditions", result.robustness.round(4))


def robustness_figures(curves: dict[str, "pd.DataFrame"]) -> dict[str, dict[str, Any]]:
    """A figure for each kind of disturbance: accuracy over the degree, each curve of each of some models."""
    found: dict[str, dict[str, Any]] = {}
    for model, table in curves.items():
        undisturbed = float(table["accuracy"].iloc[0])
        for kind, rows in table.iloc[1:].groupby("kind", sort=False):
            figure = found.setdefault(
                str(kind), {"data": [], "layout": _axes(str(kind), rows["unit"].iloc[0])}
            )
            for series, some in rows.groupby("series", sort=False):
                figure["data"].append(_curve(f"{series} {model}".strip(), some, str(kind) == "codec"))
            xs = [x for trace in figure["data"] for x in trace["x"]]
            ends = [xs[0], xs[-1]] if str(kind) == "codec" else [min(xs), max(xs)]
            line = {"dash": "dot", "color": "gray"}
            name = f"undisturbed {model}".strip()
            figure["data"].append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": ends,
                    "y": [undisturbed] * 2,
                    "name": name,
                    "line": line,
                }
            )
    return found


def _curve(name: str, rows: "pd.DataFrame", words: bool) -> dict[str, Any]:
    """Degrees that are no quantity stand as words."""
    degrees = rows["degree"].tolist()
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [f"{rows['series'].iloc[0]} {degree:g}" for degree in degrees] if words else degrees,
        "y": rows["accuracy"].tolist(),
        "text": [f"lost {lost:.1f} points ({low:.1f} to {high:.1f})" for lost, low, high in _lost(rows)],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": (rows["to"] - rows["accuracy"]).tolist(),
            "arrayminus": (rows["accuracy"] - rows["from"]).tolist(),
            "thickness": 1,
        },
    }


def _lost(rows: "pd.DataFrame") -> Iterator[tuple[float, float, float]]:
    yield from zip(rows["lost"], rows["lost from"], rows["lost to"], strict=True)


def _axes(kind: str, unit: str) -> dict[str, Any]:
    title = kind if kind == "codec" else f"{kind}, {unit}"
    return {
        "xaxis": {
            "title": {"text": title},
            "type": "log"
            if kind in ("band", "reverberation")
            else "category"
            if kind == "codec"
            else "linear",
            "autorange": "reversed" if kind == "noise" else True,
        },
        "yaxis": {"title": {"text": "accuracy"}, "range": [0, 1.02]},
        "legend": {"orientation": "h"},
    }


def report_slices(logger: Any, result: "EvaluationResult") -> None:
    """A table of the parts of the clips that have figures of their own."""
    if len(result.slices):
        reports.report_rows(logger, "slices", "by column", result.slices.round(4))


def report_confusions(logger: Any, result: "EvaluationResult") -> None:
    """Which classes are taken for which, and the clips that the model is most wrong about."""
    from audio.evaluation.confused import most_confused, top_losses

    pairs = most_confused(result.confusion, result.classes)
    reports.report_rows(logger, "most confused", "pairs", pairs.round(4))
    reports.report_rows(logger, "top losses", "clips", top_losses(result).round(4))


def report_calibration(logger: Any, result: "EvaluationResult") -> None:
    """The expected calibration error and the reliability diagram, beside those at the checkpoint's temperature."""
    from audio.metrics.reliability import calibration_error

    name = "calibrated" if result.calibrated else "as they are"
    drawn = {name: result.answers}
    logger.report_single_value("ece", result.ece)
    if (calibrated := result.at_its_temperature()) is not None:
        drawn["calibrated"] = calibrated
        logger.report_single_value("ece, calibrated", calibration_error(calibrated))
    if result.calibration is not None:
        logger.report_single_value("temperature", result.calibration.temperature)
    logger.report_plotly("reliability", "test", reliability_figure(drawn), iteration=0)
    if result.calibration is not None and result.calibration.thresholds:
        _report_thresholds(logger, result)


def _report_thresholds(logger: Any, result: "EvaluationResult") -> None:
    """With several labels, what the development clips' thresholds make of the held-out clips."""
    import pandas as pd

    from audio.metrics.scores import scores

    assert result.calibration is not None
    rows = {"class": result.classes, "threshold": result.calibration.thresholds}
    reports.report_rows(logger, "thresholds", "of development clips", pd.DataFrame(rows).round(4))
    if (calibrated := result.at_its_temperature()) is not None:
        for name, value in scores(calibrated).items():
            if name in ("accuracy", "macro_f1", "micro_f1") and math.isfinite(value):
                logger.report_single_value(f"{name}, with thresholds", value)


def reliability_figure(drawn: dict[str, "Answers"]) -> dict[str, Any]:
    """Of each kind of answers: the share that came true over the confidence, with the interval of each bin."""
    from audio.metrics.reliability import calibration_error, reliability

    diagonal = {"type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "name": "as promised"}
    traces: list[dict[str, Any]] = [{**diagonal, "line": {"dash": "dot", "color": "gray"}}]
    for name, answers in drawn.items():
        table = reliability(answers)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": f"{name}, ECE {calibration_error(answers):.3f}",
                "x": table["confidence"].tolist(),
                "y": table["share"].tolist(),
                "text": [f"{count} answers" for count in table["answers"]],
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": (table["share high"] - table["share"]).tolist(),
                    "arrayminus": (table["share"] - table["share low"]).tolist(),
                    "thickness": 1,
                },
            }
        )
    return {
        "data": traces,
        "layout": {
            "xaxis": {"title": {"text": "confidence"}, "range": [0, 1.02]},
            "yaxis": {"title": {"text": "share that came true"}, "range": [0, 1.02]},
            "legend": {"orientation": "h"},
        },
    }
