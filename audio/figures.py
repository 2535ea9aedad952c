"""Pictures of sound and of results, as matplotlib figures drawn without a display.

Every function returns a new `matplotlib.figure.Figure`; it belongs to the caller and holds no global
state (it is not registered with pyplot, so nothing has to be closed).
"""

from typing import Any

import numpy as np
from matplotlib.figure import Figure


def waveform_figure(waveform: np.ndarray, sample_rate: int, title: str = "") -> Figure:
    """Amplitude over seconds. `waveform`: int16 or float in -1..1, `(frames,)`."""
    raise NotImplementedError


def mel_figure(
    waveform: np.ndarray, sample_rate: int, title: str = "", frontend: dict[str, Any] | None = None
) -> Figure:
    """Log-mel spectrogram over seconds and Hz, with the settings of `frontend` (`describe()`), or the
    defaults.
    """
    raise NotImplementedError


def confusion_figure(confusion: np.ndarray, classes: list[str], title: str = "") -> Figure:
    """Counts, true class down, predicted class across, shaded by share of the true class."""
    raise NotImplementedError
