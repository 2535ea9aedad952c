"""Pictures of sound and of results, as matplotlib figures drawn without a display.

Every function returns a new `matplotlib.figure.Figure`; it belongs to the caller and holds no global state (it is
not registered with pyplot, so nothing has to be closed).
"""

import math
import textwrap
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from audio.features.logmel import LogMel
from audio.features.registry import from_description

LINES = 1200  # most points drawn of a waveform, as minimum and maximum


class _Figure(Figure):
    """Its titles are names of files and labels, in any script: what the font lacks is a box, without a warning."""

    def draw(self, renderer: Any) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            super().draw(renderer)


def _figure(width: float, height: float) -> Figure:
    figure = _Figure(figsize=(width, height), dpi=90, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _as_float(waveform: np.ndarray) -> np.ndarray:
    return waveform.astype(np.float32) / 32768.0 if waveform.dtype == np.int16 else waveform


def _draw_waveform(axes: Axes, waveform: np.ndarray, sample_rate: int) -> None:
    """The envelope: minimum and maximum of each stretch, so that no peak is lost."""
    wave = _as_float(waveform)
    step = max(1, len(wave) // LINES)
    cut = wave[: len(wave) // step * step].reshape(-1, step)
    seconds = np.arange(len(cut)) * step / sample_rate
    axes.fill_between(seconds, cut.min(1), cut.max(1), linewidth=0.3, color="#2b6cb0", edgecolor="#2b6cb0")
    axes.set(xlim=(0, len(wave) / sample_rate), ylim=(-1, 1), ylabel="amplitude")


def _draw_mel(axes: Axes, mel: np.ndarray, frontend: dict[str, Any]) -> None:
    """`mel`: `(mel, frame)` natural log power."""
    seconds = mel.shape[1] * frontend["hop_length"] / frontend["sample_rate"]
    top = float(mel.max())
    axes.imshow(
        mel, origin="lower", aspect="auto", cmap="magma", vmin=max(float(mel.min()), top - 18.4), vmax=top,
        extent=(0, seconds, 0, len(mel)), interpolation="nearest",
    )  # fmt: skip
    axes.set(xlabel="s", ylabel="mel band")


def waveform_figure(waveform: np.ndarray, sample_rate: int, title: str = "") -> Figure:
    """Amplitude over seconds. `waveform`: int16 or float in -1..1, `(frames,)`."""
    figure = _figure(7, 2)
    axes = figure.subplots()
    _draw_waveform(axes, waveform, sample_rate)
    axes.set(title=title, xlabel="s")
    return figure


def mel_figure(
    waveform: np.ndarray, sample_rate: int, title: str = "", frontend: dict[str, Any] | None = None
) -> Figure:
    """Log-mel spectrogram over seconds, with the settings of `frontend` (`describe()`), or the defaults.

    80 dB below the loudest are shown.
    """
    layer = from_description(frontend) if frontend else LogMel(sample_rate)
    mel = layer(torch.from_numpy(_as_float(waveform))[None])[0, 0].numpy()
    figure = _figure(7, 2.6)
    axes = figure.subplots()
    _draw_mel(axes, mel, layer.describe())
    axes.set(title=title)
    return figure


def sample_figure(waveform: np.ndarray, mel: np.ndarray, frontend: dict[str, Any], title: str = "") -> Figure:
    """Waveform above the model's own view of it, on one time axis. `mel`: `(mel, frame)` natural log power."""
    figure = _figure(7, 3.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
    _draw_waveform(above, waveform, frontend["sample_rate"])
    _draw_mel(below, mel, frontend)
    above.set(title=title)
    return figure


def before_after_figure(
    before: np.ndarray, after: np.ndarray, frontend: dict[str, Any], title: str
) -> Figure:
    """Features before and after an augmentation, side by side in one scale. Both `(band, frame)` log power."""
    figure = _figure(7, 2.6)
    left, right = figure.subplots(1, 2, sharey=True)
    _draw_mel(left, before, frontend)
    _draw_mel(right, after, frontend)
    left.set(title="before")
    right.set(title=title, ylabel="")
    return figure


def batch_figure(tiles: Sequence[np.ndarray], titles: Sequence[str], frontend: dict[str, Any]) -> Figure:
    """A grid of what a network is given, in one scale: `(band, frame)` normalised features, or `(time,)` waveforms."""
    columns = math.ceil(math.sqrt(len(tiles)))
    rows = math.ceil(len(tiles) / columns)
    figure = _figure(3.2 * columns, 2.1 * rows)
    values = np.concatenate([tile.ravel() for tile in tiles])
    low, high = float(values.min()), float(values.max())
    for axes, tile, title in zip(
        figure.subplots(rows, columns, squeeze=False).flat, tiles, titles, strict=False
    ):
        if tile.ndim == 1:
            _draw_waveform(axes, tile, frontend["sample_rate"])
            axes.set(ylim=(min(low, -high), max(high, -low)))
        else:
            seconds = tile.shape[1] * frontend["hop_length"] / frontend["sample_rate"]
            axes.imshow(
                tile, origin="lower", aspect="auto", cmap="magma", vmin=low, vmax=high,
                extent=(0, seconds, 0, len(tile)), interpolation="nearest",
            )  # fmt: skip
        axes.set_title(textwrap.fill(title, 34, max_lines=2, placeholder=" …"), fontsize="small")
    for axes in list(figure.axes)[len(tiles) :]:
        axes.set_axis_off()
    return figure
