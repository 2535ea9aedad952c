"""Figures of parts of the clips: by any column that the data set or the store has, a row for each value."""

import json
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from audio.errors import ConfigError
from audio.evaluation.result import EvaluationResult
from audio.metrics.intervals import Judged, judged

COLUMNS = ["column", "value", "clips", "recordings", "accuracy", "from", "to", "macro_f1", "loss"]
MEASURED = ("duration", "loudness")  # columns that every evaluation has
OWN = ("fold", "split", "label", "source", "notes")  # of a store
FEW = 12  # values that a column has at most, to be shown without being asked for
MOST = 30  # values that are shown; the rarest others are put together
PARTS = 4  # of the clips, for numbers of many values
OTHERS, MISSING = "(others)", "(none)"


def slices(result: EvaluationResult, wanted: Sequence[str] = ()) -> pd.DataFrame:
    """A row for each value of the `wanted` columns; none wanted: those with few values, duration and loudness.

    Numbers of many values are cut in quarters. `from` and `to`: the accuracy's interval by recordings; `loss` is the
    mean.
    """
    about = columns_of(result)
    chosen = list(wanted) or [
        name for name in about if name in MEASURED or (name != "label" and 1 < about[name].nunique() <= FEW)
    ]
    loss = result.clips.set_index("clip")["loss"].loc[list(about.index)].to_numpy()
    of = result.judged["recording"].to_numpy()
    rows = []
    for name in chosen:
        values = _grouped(about[name])
        for value in _in_order(values):
            inside = (values == value).to_numpy()
            answers = result.answers.of(inside)
            found: Judged = judged(answers, list(of[inside]), resamples=1)  # shares of clips draw nothing
            share = found.figures["accuracy"]
            figures = (share.value, share.low, share.high, found.figures["macro_f1"].value)
            rows.append((name, value, found.clips, found.recordings, *figures, float(loss[inside].mean())))
    return pd.DataFrame(rows, columns=COLUMNS)


def columns_of(result: EvaluationResult) -> pd.DataFrame:
    """What is known of each clip, a row each in the order of the answers."""
    index = result.store.index.loc[list(result.judged.index)]
    measured = result.clips.set_index("clip")[list(MEASURED)].loc[list(index.index)]
    told = _told(index)
    return pd.concat([told, measured.drop(columns=told.columns, errors="ignore")], axis=1).rename_axis(None)


def refuse_unknown(wanted: Sequence[str], rows: pd.DataFrame) -> None:
    """Raises ConfigError: a column that the clips, rows of a store, do not have; says which they have."""
    known = [*_told(rows), *MEASURED]
    if unknown := [name for name in wanted if name not in known]:
        raise ConfigError(
            f"slices: there is no column {', '.join(map(repr, unknown))}; the clips have: {', '.join(known)}. Columns "
            "of a data set's own table are in stores that this version has preprocessed."
        )


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    """What the store and the data set say of each clip."""
    own = rows[[name for name in OWN if name in rows]]
    told = pd.DataFrame([json.loads(text) for text in rows["columns"]], index=rows.index)
    return pd.concat([own, told.drop(columns=own.columns, errors="ignore")], axis=1)


def _grouped(values: pd.Series) -> pd.Series:
    """Values as words; numbers of many values by the quarter that they lie in, rare words put together."""
    blank = values.isna() | (values.astype(str) == "")
    numbers = pd.to_numeric(values.where(~blank), errors="coerce")
    if numbers.notna().sum() == (~blank).sum() and numbers.nunique() > FEW:
        edges = np.unique(np.nanquantile(numbers, np.linspace(0, 1, PARTS + 1)))
        names = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
        part = np.clip(np.searchsorted(edges, numbers, "left") - 1, 0, len(names) - 1)
        return pd.Series([MISSING if b else names[p] for b, p in zip(blank, part, strict=True)], values.index)
    words = values.astype(str).where(~blank, MISSING)
    common = words.value_counts().index[:MOST]
    return words.where(words.isin(common), OTHERS) if words.nunique() > MOST + 1 else words


def _in_order(values: pd.Series) -> list[str]:
    """Numbers ascending, words as words, what is put together at the end."""

    def place(value: str) -> tuple[int, float, str]:
        if value in (OTHERS, MISSING):
            return (2, 0.0, value)
        try:
            return (0, float(value.split(" to ")[0]), value)
        except ValueError:
            return (1, 0.0, value)

    return sorted(values.unique(), key=place)
