-- Far pages of a table that is sorted by a metric are counted along one index, which has the task's project, too; and what
-- the files of each project take is kept, not summed.

ALTER TABLE last_metrics ADD COLUMN project TEXT;    -- of the task ("" where it is in none); NULL for a model's metrics
UPDATE last_metrics SET project = (SELECT coalesce(t.project, '') FROM tasks t WHERE t.id = last_metrics.task);

DROP INDEX last_metrics_by_value;
DROP INDEX last_metrics_by_min;
DROP INDEX last_metrics_by_max;
CREATE INDEX last_metrics_by_value ON last_metrics(metric_hash, variant_hash, value, task, project);
CREATE INDEX last_metrics_by_min ON last_metrics(metric_hash, variant_hash, min_value, task, project);
CREATE INDEX last_metrics_by_max ON last_metrics(metric_hash, variant_hash, max_value, task, project);

CREATE TRIGGER last_metrics_new AFTER INSERT ON last_metrics BEGIN
    UPDATE last_metrics SET project = (SELECT coalesce(t.project, '') FROM tasks t WHERE t.id = new.task)
    WHERE task = new.task AND metric_hash = new.metric_hash AND variant_hash = new.variant_hash;
END;

CREATE TABLE project_files (
    project TEXT PRIMARY KEY,            -- "": of tasks in none, of tasks that are gone, of no task
    files INTEGER NOT NULL, bytes INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO project_files(project, files, bytes)
    SELECT coalesce(t.project, ''), count(*), sum(f.size) FROM files f LEFT JOIN tasks t ON t.id = f.task GROUP BY 1;

CREATE TRIGGER files_new AFTER INSERT ON files BEGIN
    INSERT INTO project_files(project, files, bytes)
        VALUES (coalesce((SELECT t.project FROM tasks t WHERE t.id = new.task), ''), 1, new.size)
        ON CONFLICT(project) DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER files_gone AFTER DELETE ON files BEGIN
    UPDATE project_files SET files = files - 1, bytes = bytes - old.size
    WHERE project = coalesce((SELECT t.project FROM tasks t WHERE t.id = old.task), '');
END;
CREATE TRIGGER files_replaced AFTER UPDATE OF size ON files WHEN old.size <> new.size BEGIN
    UPDATE project_files SET bytes = bytes - old.size + new.size
    WHERE project = coalesce((SELECT t.project FROM tasks t WHERE t.id = new.task), '');
END;

-- A task that comes, goes or moves takes its files and metrics with it. (One without files changes no sum.)
CREATE TRIGGER tasks_new AFTER INSERT ON tasks BEGIN
    UPDATE last_metrics SET project = coalesce(new.project, '') WHERE task = new.id;
    INSERT INTO project_files(project, files, bytes)
        SELECT coalesce(new.project, ''), count(*), sum(size) FROM files WHERE task = new.id HAVING count(*) > 0
        ON CONFLICT(project) DO UPDATE SET files = files + excluded.files, bytes = bytes + excluded.bytes;
    UPDATE project_files SET files = files - (SELECT count(*) FROM files WHERE task = new.id),
        bytes = bytes - (SELECT coalesce(sum(size), 0) FROM files WHERE task = new.id)
    WHERE project = '' AND EXISTS (SELECT 1 FROM files WHERE task = new.id);
END;
CREATE TRIGGER tasks_gone AFTER DELETE ON tasks WHEN EXISTS (SELECT 1 FROM files WHERE task = old.id) BEGIN
    UPDATE project_files SET files = files - (SELECT count(*) FROM files WHERE task = old.id),
        bytes = bytes - (SELECT coalesce(sum(size), 0) FROM files WHERE task = old.id)
    WHERE project = coalesce(old.project, '');
    INSERT INTO project_files(project, files, bytes) SELECT '', count(*), sum(size) FROM files WHERE task = old.id
        ON CONFLICT(project) DO UPDATE SET files = files + excluded.files, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER tasks_moved AFTER UPDATE OF project ON tasks WHEN old.project IS NOT new.project BEGIN
    UPDATE last_metrics SET project = coalesce(new.project, '') WHERE task = new.id;
    UPDATE project_files SET files = files - (SELECT count(*) FROM files WHERE task = old.id),
        bytes = bytes - (SELECT coalesce(sum(size), 0) FROM files WHERE task = old.id)
    WHERE project = coalesce(old.project, '');
    INSERT INTO project_files(project, files, bytes)
        SELECT coalesce(new.project, ''), count(*), sum(size) FROM files WHERE task = new.id HAVING count(*) > 0
        ON CONFLICT(project) DO UPDATE SET files = files + excluded.files, bytes = bytes + excluded.bytes;
END;
