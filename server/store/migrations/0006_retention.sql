-- What retention has done with a task as it was then, so that a round looks at what has changed since, not at everything.

CREATE TABLE retention_done (
    task TEXT NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
    rule TEXT NOT NULL,
    last_update TEXT NOT NULL,           -- the task's own, at that time
    PRIMARY KEY (task, rule)
) WITHOUT ROWID;
