-- Who did what that others may want to know of: see server/domain/audit.py.
CREATE TABLE audit(
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    action TEXT NOT NULL,
    failed INTEGER NOT NULL DEFAULT 0,
    user TEXT NOT NULL,
    user_name TEXT NOT NULL,
    client TEXT NOT NULL,
    request TEXT NOT NULL,
    what TEXT NOT NULL,       -- JSON: [{id, name}, …]
    details TEXT NOT NULL     -- JSON
);
CREATE INDEX audit_by_kind ON audit(kind, failed, id);
CREATE INDEX audit_by_time ON audit(at);
