"""Pipelines of plain functions, each step a task that an agent runs: to be copied and changed."""
