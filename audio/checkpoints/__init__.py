"""Checkpoints: a model with its settings, its clips and where its training stood."""
