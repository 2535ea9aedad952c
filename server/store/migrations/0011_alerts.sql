-- Alerts: rules, where their messages go, what has happened, and what became of each message.

CREATE TABLE alert_channels (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,                  -- json | slack | discord | feishu | mail
    address TEXT NOT NULL                -- JSON, with secrets: never sent back whole
) WITHOUT ROWID;

CREATE TABLE alert_rules (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    kind TEXT NOT NULL,                  -- status | metric | queue | worker | disk
    condition TEXT NOT NULL,             -- JSON
    channels TEXT NOT NULL,              -- JSON: ids
    desktop INTEGER NOT NULL,            -- told by the page to who looks at it
    since TEXT NOT NULL                  -- what was before is none of its business
) WITHOUT ROWID;

CREATE TABLE alert_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rule TEXT NOT NULL REFERENCES alert_rules(id) ON DELETE CASCADE,
    key TEXT NOT NULL,                   -- what happened to what: told once
    at TEXT NOT NULL,
    project TEXT,
    title TEXT NOT NULL, text TEXT NOT NULL, path TEXT NOT NULL,
    desktop INTEGER NOT NULL,
    holds INTEGER NOT NULL DEFAULT 0,    -- a condition that has not ended yet
    UNIQUE (rule, key)
);

CREATE TABLE alert_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event INTEGER NOT NULL REFERENCES alert_events(id) ON DELETE CASCADE,
    channel TEXT NOT NULL REFERENCES alert_channels(id) ON DELETE CASCADE,
    state TEXT NOT NULL DEFAULT 'waiting',   -- waiting | sent | failed
    attempts INTEGER NOT NULL DEFAULT 0,
    due TEXT NOT NULL,
    tried TEXT, error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX alert_deliveries_due ON alert_deliveries(due) WHERE state = 'waiting';
CREATE INDEX alert_deliveries_by_event ON alert_deliveries(event);
CREATE INDEX alert_deliveries_by_channel ON alert_deliveries(channel);

-- Each change of a task's status while a rule asks for them, so that none is missed between two looks.
CREATE TABLE alert_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task TEXT NOT NULL, name TEXT NOT NULL, project TEXT, tags TEXT NOT NULL,
    status TEXT NOT NULL, at TEXT, why TEXT
);
CREATE TRIGGER tasks_change_status AFTER UPDATE OF status ON tasks
WHEN new.status IS NOT old.status AND EXISTS (SELECT 1 FROM alert_rules WHERE kind = 'status' AND enabled) BEGIN
    INSERT INTO alert_changes(task, name, project, tags, status, at, why)
    VALUES (new.id, new.name, new.project, new.tags, new.status, new.status_changed,
        coalesce(nullif(new.status_reason, ''), new.status_message, ''));
END;
