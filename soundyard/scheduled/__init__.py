"""Schedules and triggers at a shell: `soundyard schedule add`, `on`, `list`, `pause`, `resume`, …."""
