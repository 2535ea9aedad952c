"""Where schedules and triggers stand on the server: configuration objects of one task, by the SDK's own names.

They are the truth, edited there by the command, by the page, or by hand; the scheduler reads them again every few
seconds. What the scheduler itself knows (next and last runs) is in one more, which nobody else writes.
"""

NAME = "schedules"  # the task
KIND = "service"  # its type
ENTRY_POINT = "-m pipelines.scheduler"
TIMES = "schedule"  # what `clearml.automation.TaskScheduler` calls its section
EVENTS = ("datasets", "models", "tasks")  # those of `TriggerScheduler`
SECTIONS = (TIMES, *EVENTS)
STATE = "state"  # of the scheduler, by the entries' names
HANDED = {
    "datasets": "${dataset.id}",
    "models": "${model.id}",
    "tasks": "${task.id}",
}  # in a parameter: its id
