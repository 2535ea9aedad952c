-- Work that was lost with its worker is handed on: how often, and who may no longer speak for a task.

-- The logins of programs (agents, the SDK in a task) that have run a task. `lost` is when their run was given up:
-- what they say of the task after that is not taken.
CREATE TABLE task_runs (
    task TEXT NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
    login TEXT NOT NULL,
    lost TEXT,
    PRIMARY KEY (task, login)
) WITHOUT ROWID;
CREATE INDEX task_runs_lost ON task_runs(login) WHERE lost IS NOT NULL;

-- How often a task was lost since a person enqueued it.
CREATE TABLE task_losses (
    task TEXT PRIMARY KEY REFERENCES tasks(id) ON DELETE CASCADE,
    count INTEGER NOT NULL
) WITHOUT ROWID;
