"""Sounds, pictures and tables as ClearML shows them. What is drawn comes from `audio.reporting.figures`."""

import io
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from audio.metrics.intervals import Judged

QUIET = 2.0**-6  # of full scale: below this peak, 16 bits would leave too few steps


def report_audio(
    logger: Any, title: str, series: str, waveform: np.ndarray, rate: int, iteration: int = 0
) -> None:
    """A sound as a debug sample, lossless: `waveform` float32 `(num_samples,)` in -1..1; `rate` in Hz."""
    import soundfile

    quiet = float(np.abs(waveform).max(initial=0.0)) < QUIET
    bits, kept = (24, np.int32) if quiet else (16, np.int16)
    full = 2.0 ** (31 if quiet else 15)
    samples = np.clip(np.round(waveform * full), -full, full - 2.0 ** (8 if quiet else 0)).astype(kept)
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, format="FLAC", subtype=f"PCM_{bits}")
    stream.seek(0)
    logger.report_media(title, series, iteration=iteration, stream=stream, file_extension=".flac")


def report_figure(logger: Any, title: str, series: str, figure: Any, iteration: int = 0) -> None:
    """A matplotlib figure as an image among the debug samples."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    logger.report_image(title, series, iteration=iteration, image=np.ascontiguousarray(pixels))


def report_counts(logger: Any, title: str, series: str, counts: Mapping[Any, int], axis: str) -> None:
    """A bar for each key. `axis` names what the keys are."""
    logger.report_histogram(
        title,
        series,
        values=list(counts.values()),
        iteration=0,
        labels=[series],
        xlabels=[str(key) for key in counts],
        xaxis=axis,
        yaxis="clips",
    )


def report_distribution(
    logger: Any, title: str, series: str, values: np.ndarray, unit: str, bins: int = 40
) -> None:
    """How often values occur, in equal bins; a single value gets one bar."""
    counts, edges = np.histogram(values, bins=bins if np.ptp(values) > 0 else 1)
    centres = [f"{(a + b) / 2:.3g}" for a, b in pairwise(edges)]
    report_counts(logger, title, series, dict(zip(centres, counts.tolist(), strict=True)), unit)


def figures_table(measured: "Judged") -> pd.DataFrame:
    """A row for each figure: its value, the bounds of its interval, and what it is."""
    from audio.metrics.scores import FIGURES

    rows = [(name, one.value, one.low, one.high, FIGURES[name]) for name, one in measured.figures.items()]
    return pd.DataFrame(rows, columns=["figure", "value", "from", "to", "what it is"]).round(4)


def report_rows(logger: Any, title: str, series: str, rows: pd.DataFrame) -> None:
    """A table; one without rows says so."""
    logger.report_table(
        title, series, iteration=0, table_plot=rows if len(rows) else pd.DataFrame({series: ["none"]})
    )
