-- What a project's statistics count lies in one index, so that a page of projects doesn't read every task; and
-- tasks are listed by the time they were made without sorting all of them.

CREATE INDEX tasks_for_statistics ON tasks(
    project, status, type, system_tags, active_duration, completed, started
);
CREATE INDEX tasks_by_creation ON tasks(project, created);
