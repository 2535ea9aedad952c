"""`events.*`: what tasks report, and all the ways to read it."""

from server.services.events import add, logs, plots, samples, scalars, tables

__all__ = ["add", "logs", "plots", "samples", "scalars", "tables"]
