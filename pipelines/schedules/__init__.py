"""Schedules and triggers: when which task is run, by the SDK's own schedulers in a task on the services queue."""
