-- Far pages in the usual orders are counted along one index each, which has what tables are filtered by beside it; how
-- many tasks are alike is kept, not counted; a parameter's index has the task's project, as a metric's has.

DROP INDEX tasks_by_project;
DROP INDEX tasks_by_update;
DROP INDEX tasks_in_name_order;
CREATE INDEX tasks_by_project ON tasks(project, last_update, id, type, status, system_tags, tags);
CREATE INDEX tasks_by_update ON tasks(last_update, id, project, type, status, system_tags, tags);
CREATE INDEX tasks_in_name_order ON tasks(name COLLATE NOCASE, id, project, type, status, system_tags, tags);
CREATE INDEX tasks_in_order_of_creation ON tasks(created, id, project, type, status, system_tags, tags);

DROP INDEX tasks_for_statistics;
CREATE INDEX tasks_for_statistics ON tasks(
    project, status, type, system_tags, started, completed, active_duration
);
CREATE INDEX tasks_by_completion ON tasks(completed) WHERE completed IS NOT NULL;
CREATE INDEX tasks_by_user ON tasks(user, project, started, completed, status, active_duration);
CREATE INDEX tasks_of_datasets ON tasks(project, created) WHERE instr(system_tags, '"dataset"') > 0;
DROP INDEX tasks_by_parent;
CREATE INDEX tasks_by_parent ON tasks(parent, project, system_tags) WHERE parent IS NOT NULL;
CREATE INDEX models_for_statistics ON models(project, system_tags, user);
CREATE INDEX models_by_user ON models(user, project);

CREATE TABLE task_counts (               -- tasks that are alike: how many, and how long they ran together (s)
    project TEXT, type TEXT NOT NULL, status TEXT NOT NULL, system_tags TEXT NOT NULL, tags TEXT NOT NULL, user TEXT,
    n INTEGER NOT NULL, runtime INTEGER NOT NULL
);
CREATE INDEX task_counts_of ON task_counts(project, type, status, system_tags, tags, user);
INSERT INTO task_counts
    SELECT project, type, status, system_tags, tags, user, count(*), sum(coalesce(active_duration, 0)) FROM tasks
    GROUP BY 1, 2, 3, 4, 5, 6;

CREATE TRIGGER task_counts_new AFTER INSERT ON tasks BEGIN
    INSERT INTO task_counts SELECT new.project, new.type, new.status, new.system_tags, new.tags, new.user, 0, 0
        WHERE NOT EXISTS (SELECT 1 FROM task_counts c WHERE c.project IS new.project AND c.type = new.type
            AND c.status = new.status AND c.system_tags = new.system_tags AND c.tags = new.tags AND c.user IS new.user);
    UPDATE task_counts SET n = n + 1, runtime = runtime + coalesce(new.active_duration, 0)
        WHERE project IS new.project AND type = new.type AND status = new.status AND system_tags = new.system_tags
            AND tags = new.tags AND user IS new.user;
END;
CREATE TRIGGER task_counts_gone AFTER DELETE ON tasks BEGIN
    UPDATE task_counts SET n = n - 1, runtime = runtime - coalesce(old.active_duration, 0)
        WHERE project IS old.project AND type = old.type AND status = old.status AND system_tags = old.system_tags
            AND tags = old.tags AND user IS old.user;
    DELETE FROM task_counts WHERE n = 0 AND project IS old.project AND type = old.type AND status = old.status
        AND system_tags = old.system_tags AND tags = old.tags AND user IS old.user;
END;
CREATE TRIGGER task_counts_changed AFTER UPDATE OF project, type, status, system_tags, tags, user, active_duration ON tasks
WHEN old.project IS NOT new.project OR old.type <> new.type OR old.status <> new.status
    OR old.system_tags <> new.system_tags OR old.tags <> new.tags OR old.user IS NOT new.user
    OR old.active_duration IS NOT new.active_duration
BEGIN
    UPDATE task_counts SET n = n - 1, runtime = runtime - coalesce(old.active_duration, 0)
        WHERE project IS old.project AND type = old.type AND status = old.status AND system_tags = old.system_tags
            AND tags = old.tags AND user IS old.user;
    INSERT INTO task_counts SELECT new.project, new.type, new.status, new.system_tags, new.tags, new.user, 0, 0
        WHERE NOT EXISTS (SELECT 1 FROM task_counts c WHERE c.project IS new.project AND c.type = new.type
            AND c.status = new.status AND c.system_tags = new.system_tags AND c.tags = new.tags AND c.user IS new.user);
    UPDATE task_counts SET n = n + 1, runtime = runtime + coalesce(new.active_duration, 0)
        WHERE project IS new.project AND type = new.type AND status = new.status AND system_tags = new.system_tags
            AND tags = new.tags AND user IS new.user;
    DELETE FROM task_counts WHERE n = 0 AND project IS old.project AND type = old.type AND status = old.status
        AND system_tags = old.system_tags AND tags = old.tags AND user IS old.user;
END;

DROP INDEX task_params_by_value;
ALTER TABLE task_params ADD COLUMN project TEXT;     -- of the task; "": it is in none
UPDATE task_params SET project = (SELECT coalesce(t.project, '') FROM tasks t WHERE t.id = task_params.task);
CREATE INDEX task_params_by_value ON task_params(section, name, number, task, value, project);
CREATE TRIGGER task_params_new AFTER INSERT ON task_params WHEN new.project IS NULL BEGIN
    UPDATE task_params SET project = (SELECT coalesce(t.project, '') FROM tasks t WHERE t.id = new.task)
    WHERE task = new.task AND section = new.section AND name = new.name;
END;
CREATE TRIGGER task_params_moved AFTER UPDATE OF project ON tasks WHEN old.project IS NOT new.project BEGIN
    UPDATE task_params SET project = coalesce(new.project, '') WHERE task = new.id;
END;
