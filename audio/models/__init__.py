"""Models by name: `build(config, sample_rate, classes)` gives a Classifier, from waveform to logits."""

from audio.features.contract import FrontEnd
from audio.models.classifier import Classifier
from audio.models.ensemble import Ensemble
from audio.models.registry import build, check, find, names

__all__ = ["Classifier", "Ensemble", "FrontEnd", "build", "check", "find", "names"]
