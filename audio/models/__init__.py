"""Models by name: `build("cnn", config, …)` gives a Classifier, from waveform to logits."""

from audio.models.classifier import Classifier
from audio.models.registry import build, names

__all__ = ["Classifier", "build", "names"]
