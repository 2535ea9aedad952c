-- Documents: one row an object, one column a top-level field of ClearML's schema. Scalars are native, everything
-- deeper is JSON text. Times are ISO 8601 in UTC with microseconds, so that text order is time order.

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    given_name TEXT, family_name TEXT, avatar TEXT, email TEXT,
    role TEXT NOT NULL,
    company TEXT NOT NULL,
    password TEXT,                       -- argon2 hash; NULL: can't sign in with a password
    preferences TEXT NOT NULL DEFAULT '{}',
    created TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE credentials (
    access_key TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL,           -- SHA-256; the secret is 256 random bits, so no slow hash is needed
    user TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    label TEXT,
    created TEXT NOT NULL,
    last_used TEXT, last_used_from TEXT
) WITHOUT ROWID;

CREATE TABLE sessions (                  -- a signed-in browser; its token names the session
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    created TEXT NOT NULL,
    expires TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,                  -- the whole path, "a/b/c"
    basename TEXT NOT NULL,
    parent TEXT,
    path TEXT NOT NULL DEFAULT '[]',     -- ids from the root to the parent
    description TEXT, user TEXT, company TEXT,
    created TEXT, last_update TEXT,
    tags TEXT NOT NULL DEFAULT '[]', system_tags TEXT NOT NULL DEFAULT '[]',
    default_output_destination TEXT,
    featured INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX projects_by_name ON projects(name);
CREATE INDEX projects_by_parent ON projects(parent);

CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'created',
    project TEXT, parent TEXT, user TEXT, company TEXT, comment TEXT,
    status_reason TEXT, status_message TEXT, status_changed TEXT,
    created TEXT, started TEXT, completed TEXT, published TEXT,
    last_update TEXT, last_change TEXT, last_changed_by TEXT,
    last_worker TEXT, last_worker_report TEXT, last_iteration INTEGER NOT NULL DEFAULT 0,
    active_duration INTEGER, enqueue_status TEXT, report TEXT,
    tags TEXT NOT NULL DEFAULT '[]', system_tags TEXT NOT NULL DEFAULT '[]',
    runtime TEXT NOT NULL DEFAULT '{}', container TEXT NOT NULL DEFAULT '{}',
    models TEXT NOT NULL DEFAULT '{}', output TEXT NOT NULL DEFAULT '{}', report_assets TEXT
);

CREATE TABLE task_documents (            -- the wide fields of a task, apart so that lists of tasks read little
    id TEXT PRIMARY KEY REFERENCES tasks(id) ON DELETE CASCADE,
    script TEXT NOT NULL DEFAULT '{}', execution TEXT NOT NULL DEFAULT '{}',
    hyperparams TEXT NOT NULL DEFAULT '{}', configuration TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX tasks_by_project ON tasks(project, last_update);
CREATE INDEX tasks_by_status ON tasks(status, last_update);
CREATE INDEX tasks_by_parent ON tasks(parent);
CREATE INDEX tasks_by_update ON tasks(last_update);
CREATE INDEX tasks_by_name ON tasks(name);
CREATE INDEX tasks_in_name_order ON tasks(name COLLATE NOCASE);

-- What tables are filtered and sorted by, drawn out of the documents.
CREATE TABLE task_params (
    task TEXT NOT NULL REFERENCES tasks(id) ON DELETE CASCADE,
    section TEXT NOT NULL, name TEXT NOT NULL, value TEXT,
    number NUMERIC AS (value) STORED,    -- sorts as a number where it is one, as text where not
    PRIMARY KEY (task, section, name)
) WITHOUT ROWID;
CREATE INDEX task_params_by_value ON task_params(section, name, number, task, value);

CREATE TABLE task_models (               -- which tasks name a model
    model TEXT NOT NULL, task TEXT NOT NULL REFERENCES tasks(id) ON DELETE CASCADE, side TEXT NOT NULL,
    PRIMARY KEY (model, task, side)
) WITHOUT ROWID;
CREATE INDEX task_models_by_task ON task_models(task);

CREATE TABLE last_metrics (
    task TEXT NOT NULL,                  -- a task's id, or a model's
    metric_hash TEXT NOT NULL, variant_hash TEXT NOT NULL,   -- md5 of the names, as in `last_metrics.<md5>.<md5>`
    metric TEXT NOT NULL, variant TEXT NOT NULL,
    value REAL, iter INTEGER, timestamp INTEGER, count INTEGER NOT NULL DEFAULT 0,
    min_value REAL, min_value_iteration INTEGER,
    max_value REAL, max_value_iteration INTEGER,
    first_value REAL, first_value_iteration INTEGER,
    PRIMARY KEY (task, metric_hash, variant_hash)
) WITHOUT ROWID;
CREATE INDEX last_metrics_by_value ON last_metrics(metric_hash, variant_hash, value, task);
CREATE INDEX last_metrics_by_min ON last_metrics(metric_hash, variant_hash, min_value, task);
CREATE INDEX last_metrics_by_max ON last_metrics(metric_hash, variant_hash, max_value, task);

CREATE TABLE models (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL, uri TEXT, framework TEXT, comment TEXT, project TEXT, parent TEXT, task TEXT,
    user TEXT, company TEXT, ready INTEGER NOT NULL DEFAULT 0,
    created TEXT, last_update TEXT, last_change TEXT, last_changed_by TEXT, last_iteration INTEGER,
    tags TEXT NOT NULL DEFAULT '[]', system_tags TEXT NOT NULL DEFAULT '[]',
    design TEXT, labels TEXT, ui_cache TEXT, metadata TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX models_by_project ON models(project, last_update);
CREATE INDEX models_by_task ON models(task);
CREATE INDEX models_by_uri ON models(uri);

CREATE TABLE queues (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL, display_name TEXT, user TEXT, company TEXT,
    created TEXT, last_update TEXT,
    tags TEXT NOT NULL DEFAULT '[]', system_tags TEXT NOT NULL DEFAULT '[]', metadata TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
CREATE UNIQUE INDEX queues_by_name ON queues(name);

CREATE TABLE queue_entries (
    queue TEXT NOT NULL REFERENCES queues(id) ON DELETE CASCADE,
    position REAL NOT NULL,
    task TEXT NOT NULL UNIQUE,           -- a task waits in one queue at most
    added TEXT NOT NULL,
    PRIMARY KEY (queue, position)
) WITHOUT ROWID;

CREATE TABLE queue_handouts (             -- handed to an agent, not yet started by it
    task TEXT PRIMARY KEY,
    queue TEXT NOT NULL, added TEXT NOT NULL, handed TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    user TEXT, company TEXT, ip TEXT,
    register_time TEXT, register_timeout INTEGER, last_activity_time TEXT, last_report_time TEXT,
    task TEXT, queue TEXT,
    gone TEXT,                           -- how it left: signed off | silent; NULL while it is here
    local INTEGER NOT NULL DEFAULT 0,    -- runs on this server's own machine
    queues TEXT NOT NULL DEFAULT '[]', tags TEXT NOT NULL DEFAULT '[]', system_tags TEXT NOT NULL DEFAULT '[]',
    runtime_properties TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;

CREATE TABLE worker_stats (
    worker TEXT NOT NULL, timestamp INTEGER NOT NULL,        -- milliseconds
    metric TEXT NOT NULL, variant TEXT NOT NULL, value REAL,
    task TEXT,
    PRIMARY KEY (worker, metric, variant, timestamp)
) WITHOUT ROWID;

CREATE TABLE queue_stats (
    queue TEXT NOT NULL, timestamp INTEGER NOT NULL,         -- seconds
    length INTEGER NOT NULL, waiting REAL NOT NULL,          -- entries; their mean waiting time in seconds
    PRIMARY KEY (queue, timestamp)
) WITHOUT ROWID;

CREATE TABLE serving_containers (        -- a process that serves a model
    id TEXT PRIMARY KEY,
    endpoint_url TEXT,                   -- NULL: it is still loading
    registered TEXT NOT NULL, last_update TEXT NOT NULL, timeout INTEGER NOT NULL,
    report TEXT NOT NULL                 -- what it said last: JSON
) WITHOUT ROWID;

CREATE TABLE serving_stats (
    container TEXT NOT NULL, metric TEXT NOT NULL, timestamp INTEGER NOT NULL,    -- seconds
    endpoint_url TEXT NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (container, metric, timestamp)
) WITHOUT ROWID;
CREATE INDEX serving_stats_by_endpoint ON serving_stats(endpoint_url, metric, timestamp);

-- Events are real rows. A curve has a number, so that its rows are small and lie together.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL, kind TEXT NOT NULL,                  -- scalar | vector | plot | image
    metric TEXT NOT NULL, variant TEXT NOT NULL,
    UNIQUE (task, kind, metric, variant)
);

CREATE TABLE scalars (
    series INTEGER NOT NULL, iter INTEGER NOT NULL,
    value REAL, timestamp INTEGER NOT NULL,
    PRIMARY KEY (series, iter)
) WITHOUT ROWID;

CREATE TABLE scalar_tiles (                                  -- overview of long curves, see store/events/tiles.py
    series INTEGER NOT NULL, stop INTEGER NOT NULL,
    by_32 BLOB NOT NULL, by_128 BLOB NOT NULL, by_512 BLOB NOT NULL, by_2048 BLOB NOT NULL,
    UNIQUE (series, stop)
);

CREATE TABLE rich_events (                                   -- vectors, plots and debug samples: upserted like scalars
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL, iter INTEGER NOT NULL,
    timestamp INTEGER NOT NULL, worker TEXT,
    body TEXT NOT NULL,                                      -- the values as JSON, plot_str, or the URL of a sample
    key TEXT,
    UNIQUE (series, iter)
);

CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    task TEXT NOT NULL, timestamp INTEGER NOT NULL,
    level TEXT, worker TEXT, metric TEXT, variant TEXT, msg TEXT NOT NULL
);
CREATE INDEX logs_by_task ON logs(task, timestamp, id);
CREATE INDEX logs_by_metric ON logs(task, metric, variant) WHERE metric IS NOT NULL;   -- few clients give one

CREATE TABLE files (                                         -- what lies in the files folder: who owns it, how large it is
    path TEXT PRIMARY KEY,
    task TEXT,                           -- whose id ends the name of one of its folders
    size INTEGER NOT NULL,
    created TEXT NOT NULL,
    user TEXT
) WITHOUT ROWID;
CREATE INDEX files_by_task ON files(task);

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
