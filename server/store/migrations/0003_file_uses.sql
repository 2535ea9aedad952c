-- A file lives as long as something names it. FILE_KEY, FILE_KEYS and FILE_KEYS_IN are `server.store.addresses`: an
-- address has many spellings, a file one key.

CREATE TABLE file_uses (
    file TEXT NOT NULL,                  -- the key of a file
    kind TEXT NOT NULL,                  -- by what it is named: artifacts, inputs, uri, samples, plots, chunks, or a text's field
    owner TEXT NOT NULL,                 -- whose that is: a task's id, a model's, a project's
    PRIMARY KEY (file, kind, owner)
) WITHOUT ROWID;
CREATE INDEX file_uses_by_owner ON file_uses(owner, kind);

CREATE TABLE dataset_parents (           -- versions of datasets, each with those whose files it shows as its own
    parent TEXT NOT NULL, child TEXT NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
    PRIMARY KEY (parent, child)
) WITHOUT ROWID;
CREATE INDEX dataset_parents_by_child ON dataset_parents(child);

CREATE TABLE file_releases (             -- files that go once nothing names them any more
    path TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    freed TEXT                           -- when that was; NULL: not yet
) WITHOUT ROWID;
CREATE INDEX file_releases_by_key ON file_releases(key);
CREATE INDEX file_releases_waiting ON file_releases(path) WHERE freed IS NULL;

ALTER TABLE files ADD COLUMN key TEXT NOT NULL DEFAULT '';
UPDATE files SET key = FILE_KEY(path);
CREATE INDEX files_by_key ON files(key);

INSERT OR IGNORE INTO file_uses(file, kind, owner)
    SELECT k.value, iif(json_extract(a.value, '$.mode') = 'input', 'inputs', 'artifacts'), d.id
    FROM task_documents d, json_each(d.execution, '$.artifacts') a,
        json_each(FILE_KEYS(json_extract(a.value, '$.uri'))) k;
INSERT OR IGNORE INTO file_uses(file, kind, owner)
    SELECT k.value, 'hyperparams', d.id FROM task_documents d, json_each(FILE_KEYS_IN(d.hyperparams)) k;
INSERT OR IGNORE INTO file_uses(file, kind, owner)
    SELECT k.value, 'configuration', d.id FROM task_documents d, json_each(FILE_KEYS_IN(d.configuration)) k;
INSERT OR IGNORE INTO file_uses(file, kind, owner)
    SELECT k.value, 'comment', t.id FROM tasks t, json_each(FILE_KEYS_IN(t.comment)) k;
INSERT OR IGNORE INTO file_uses(file, kind, owner)
    SELECT k.value, 'report', t.id FROM tasks t, json_each(FILE_KEYS_IN(t.report)) k;
INSERT OR IGNORE INTO file_uses(file, kind, owner)
    SELECT k.value, 'report_assets', t.id FROM tasks t, json_each(FILE_KEYS_IN(t.report_assets)) k;
INSERT OR IGNORE INTO file_uses(file, kind, owner)
    SELECT k.value, 'uri', m.id FROM models m, json_each(FILE_KEYS(m.uri)) k;
INSERT OR IGNORE INTO file_uses(file, kind, owner)
    SELECT k.value, 'metadata', m.id FROM models m, json_each(FILE_KEYS_IN(m.metadata)) k;
INSERT OR IGNORE INTO file_uses(file, kind, owner)
    SELECT k.value, 'comment', m.id FROM models m, json_each(FILE_KEYS_IN(m.comment)) k;
INSERT OR IGNORE INTO file_uses(file, kind, owner)
    SELECT k.value, 'description', p.id FROM projects p, json_each(FILE_KEYS_IN(p.description)) k;
INSERT OR IGNORE INTO file_uses(file, kind, owner)
    SELECT k.value, 'samples', s.task FROM series s JOIN rich_events e ON e.series = s.id, json_each(FILE_KEYS(e.body)) k
    WHERE s.kind = 'image';
INSERT OR IGNORE INTO file_uses(file, kind, owner)
    SELECT k.value, 'plots', s.task FROM series s JOIN rich_events e ON e.series = s.id, json_each(FILE_KEYS_IN(e.body)) k
    WHERE s.kind = 'plot';

INSERT OR IGNORE INTO dataset_parents(parent, child)
    SELECT parent.value, d.id FROM task_documents d, json_each(DATASET_PARENTS(d.id, d.configuration)) parent;
