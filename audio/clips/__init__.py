"""The clip store and its parts: samples, table, fingerprint, folds and splits, waveforms for a batch."""
