"""Training: a clip store and a configuration to a checkpoint, in one process or several."""
