"""The plots of a search: parallel coordinates of its trials, and how much each parameter matters (fANOVA)."""

from collections.abc import Sequence
from typing import Any

from tasks.study.optimizer import Study
from tasks.study.repeats import Setting

CHARACTERS = 24  # of a word on an axis


def report(
    logger: Any,
    ranked: Sequence[Setting],
    objectives: Sequence[str],
    signs: Sequence[str],
    searched: Sequence[str],
    study: Study,
) -> None:
    """Report what can be drawn of these trials, all of which have their figures."""
    if len(ranked) > 1:
        logger.report_plotly(
            "parallel coordinates", objectives[0], parallel(ranked, objectives, signs, searched), iteration=0
        )
    for name, shares in zip(objectives, study.importance(), strict=False):
        logger.report_plotly("importance", name, importance(shares, name), iteration=0)


def parallel(
    ranked: Sequence[Setting], objectives: Sequence[str], signs: Sequence[str], searched: Sequence[str]
) -> dict[str, Any]:
    """A line for each trial over its values, coloured by the first objective: the better, the lighter."""
    shown = [name for name in searched if len({one.parameters.get(name) for one in ranked}) > 1]
    axes = [axis(name, [one.parameters.get(name, "") for one in ranked]) for name in shown]
    figures = [{"label": name, "values": [one.mean(name) for one in ranked]} for name in objectives]
    line = {
        "color": figures[0]["values"],
        "colorscale": "Viridis",
        "showscale": True,
        "reversescale": signs[0] == "min",
    }
    return {
        "data": [{"type": "parcoords", "line": line, "dimensions": [*axes, *figures]}],
        "layout": {"margin": {"t": 60, "l": 60, "r": 60, "b": 30}},
    }


def axis(label: str, values: Sequence[str]) -> dict[str, Any]:
    """Numbers as they are, their logarithm where they span more than 1:30; words as numbered ticks."""
    from math import log10

    try:
        numbers = [float(one) for one in values]
    except ValueError:
        words = sorted(set(values))
        return {
            "label": label,
            "values": [words.index(one) for one in values],
            "tickvals": list(range(len(words))),
            "ticktext": [one[:CHARACTERS] or "none" for one in words],
        }
    if min(numbers) > 0 and max(numbers) / min(numbers) > 30:
        return {"label": f"{label}, log10", "values": [log10(one) for one in numbers]}
    return {"label": label, "values": numbers}


def importance(shares: dict[str, float], objective: str) -> dict[str, Any]:
    """A bar for each parameter: the share of the objective's variance that it explains, the largest on top."""
    names = sorted(shares, key=lambda name: shares[name])
    return {
        "data": [{"type": "bar", "orientation": "h", "x": [shares[name] for name in names], "y": names}],
        "layout": {
            "xaxis": {"title": {"text": f"share of the variance of {objective}"}, "range": [0, 1]},
            "yaxis": {"automargin": True},
        },
    }
