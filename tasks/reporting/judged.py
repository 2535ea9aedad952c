"""How an evaluation is shown: its figures, the reliability diagram, and what its parts are compared by."""

import math
from typing import TYPE_CHECKING, Any

from tasks.reporting import reports

if TYPE_CHECKING:
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
