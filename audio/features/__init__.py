"""Front ends: waveform to the features that a model hears."""
